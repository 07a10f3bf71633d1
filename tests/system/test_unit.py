"""credfs as a service of systemd, as far as that shows without one."""
import os
import socket
import subprocess

from mounting import ENVIRONMENT, wait_until

UNIT = os.path.join(os.path.dirname(__file__), "..", "..", "scripts", "credfs@.service.in")


def said(manager):
    """What the manager was told until now, but for descriptors to keep or to drop."""
    messages = []
    try:
        while True:
            messages.append(manager.recv(4096, socket.MSG_DONTWAIT))
    except BlockingIOError:
        return [message for message in messages if not message.startswith(b"FDSTORE")]


def test_systemd_is_told_when_the_mount_answers(mounts):
    mount = mounts(start=False)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(mount.base + "/notify")
        mount.environment["NOTIFY_SOCKET"] = mount.base + "/notify"
        mount.start()
        told = []
        wait_until(lambda: told.extend(said(manager)) or told, 20, "it is said")
        assert told == [b"READY=1"]
        mount.get(".status")
        mount.umount()
        assert said(manager) == [], "nobody but the supervisor speaks to it, and once"


def test_a_mount_that_fails_is_not_announced(mounts):
    mount = mounts(start=False)
    os.unlink(mount.identity)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(mount.base + "/notify")
        done = subprocess.run(mount.argv("mount", "-f", mount.root), timeout=60,
                              env=dict(ENVIRONMENT, NOTIFY_SOCKET=mount.base + "/notify"),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == 5, done
        assert said(manager) == []
    wait_until(lambda: not mount.processes(), 10, "nothing is left of it")


def test_the_unit_gives_the_mount_no_namespace_of_its_own():
    """A mount in one would be seen by nobody else."""
    with open(UNIT, encoding="utf-8") as unit:
        settings = [line.split("=")[0] for line in unit if "=" in line and line[0] not in "#["]
    for name in ("ProtectSystem", "ProtectHome", "PrivateTmp", "PrivateDevices", "ProtectProc",
                 "ProcSubset", "ProtectHostname", "ProtectKernelTunables", "ProtectKernelModules",
                 "ProtectKernelLogs", "ProtectControlGroups", "PrivateMounts", "PrivateIPC",
                 "PrivateUsers", "ReadOnlyPaths", "ReadWritePaths", "InaccessiblePaths",
                 "BindPaths", "TemporaryFileSystem", "RootDirectory", "MountFlags", "PrivatePIDs"):
        assert name not in settings
