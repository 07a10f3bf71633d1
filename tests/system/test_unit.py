"""credfs as a service of systemd, as far as that shows without one."""
import os
import socket
import subprocess

from mounting import ENVIRONMENT, wait_until

UNIT = os.path.join(os.path.dirname(__file__), "..", "..", "scripts", "credfs@.service.in")


def test_systemd_is_told_when_the_mount_answers(mounts):
    mount = mounts(start=False)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(mount.base + "/notify")
        manager.settimeout(20)
        mount.environment["NOTIFY_SOCKET"] = mount.base + "/notify"
        mount.start()
        assert manager.recv(4096) == b"READY=1"
        mount.get(".status")
        mount.umount()
        manager.setblocking(False)
        try:
            said = manager.recv(4096)
        except BlockingIOError:
            said = b""
        assert said == b"", "nobody but the supervisor speaks to it, and once"


def test_a_mount_that_fails_is_not_announced(mounts):
    mount = mounts(start=False)
    os.unlink(mount.identity)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(mount.base + "/notify")
        manager.setblocking(False)
        done = subprocess.run(mount.argv("mount", "-f", mount.root), timeout=60,
                              env=dict(ENVIRONMENT, NOTIFY_SOCKET=mount.base + "/notify"),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == 5, done
        try:
            said = manager.recv(4096)
        except BlockingIOError:
            said = b""
        assert said == b""
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
