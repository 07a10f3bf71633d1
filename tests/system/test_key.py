"""More than one host on a store: members, capabilities, keys that are rotated, and credfs key."""
import errno
import os
import signal
import subprocess
import threading
import time

import pytest

from mounting import wait_until

FIRST, SECOND = "sk-proj-first-value", "sk-proj-second-value"


class Host:
    """Another identity on the store of a mount, with its own configuration and mount."""

    def __init__(self, mounts, first):
        self.mount = mounts(init=False)
        # What a host logs is its own.
        audit = f"[audit]\ndirectory = {self.mount.private}/audit\n"
        with open(self.mount.conf, encoding="utf-8") as conf:
            text = conf.read().replace(f"path = {self.mount.db}", f"path = {first.db}")
        with open(self.mount.conf, "w", encoding="utf-8") as conf:
            conf.write(text + audit)
        self.run("init", "--join", "--no-recovery")
        self.public, self.id = (line.removeprefix("id ")
                                for line in self.run("key", "show").splitlines())

    def run(self, *arguments, expect=0):
        done = self.mount.credfs(*arguments)
        assert done.returncode == expect, (arguments, done)
        return done.stdout


def key(mount, *arguments, expect=0):
    done = mount.credfs("key", *arguments)
    assert done.returncode == expect, (arguments, done)
    return done.stdout


def listed(mount, org="acme"):
    return dict(line.split(": ", 1) for line in key(mount, "list", org).splitlines()
                if not line.startswith("member"))


def members(mount, org="acme"):
    found = {}
    for line in key(mount, "list", org).splitlines():
        if line.startswith("member: "):
            words = line.split()
            found[words[1]] = words[2].removeprefix("can=")
    return found


def own_id(mount):
    return key(mount, "show").splitlines()[1].removeprefix("id ")


def status(mount):
    return mount.get(".status")


@pytest.fixture
def acme(mounts):
    """A mounted store with one account, and a second identity that is no member yet."""
    mount = mounts()
    mount.org("acme")
    mount.account("acme/openai", api_key=FIRST)
    return mount, Host(mounts, mount)


def add(mount, host, can):
    key(mount, "add", host.public, "--org", "acme", "--can", can)


def hand_over(mount, host):
    """Unmount the one and mount the other, who pins what he was told."""
    fingerprint = listed(mount)["fingerprint"]
    mount.umount()
    host.run("key", "pin", "acme", fingerprint)
    host.mount.start()


@pytest.mark.parametrize("can,write,manage", [("read", False, False), ("write", True, False),
                                              ("manage", True, True)])
def test_a_host_does_what_its_capability_allows(acme, can, write, manage):
    mount, host = acme
    add(mount, host, can)
    assert members(mount)[host.id] == can
    hand_over(mount, host)
    other = host.mount
    other.allow_in_log("change not written")
    assert other.get("orgs/acme/openai/api_key") == FIRST
    assert f" can={can} " in status(other)

    def attempt(call, allowed):
        if allowed:
            call()
            return
        with pytest.raises(OSError) as error:
            call()
        assert error.value.errno == errno.EROFS

    attempt(lambda: other.put("orgs/acme/openai/api_key", SECOND), write)
    attempt(lambda: os.mkdir(other.path("orgs/acme/anthropic")), write)
    attempt(lambda: os.rename(other.path("orgs/acme/openai"), other.path("orgs/acme/moved")),
            write)
    attempt(lambda: os.mkdir(other.path("orgs/acme/projects/etl")), manage)
    attempt(lambda: other.put("orgs/acme/roles/member", "user:root"), manage)
    account = "moved" if write else "openai"
    attempt(lambda: os.unlink(other.path("orgs/acme", account, "api_key")), write)
    expected = [] if manage else ["add", host.public, "--org", "acme", "--can", "manage"]
    if expected:
        host.run("key", *expected, expect=19)
        host.run("key", "rotate", "acme", expect=19)


def test_a_stranger_pins_nothing_and_a_wrong_fingerprint_is_refused(acme):
    mount, host = acme
    fingerprint = listed(mount)["fingerprint"]
    host.run("key", "pin", "acme", fingerprint, expect=15)  # while it is mounted
    mount.umount()
    host.run("key", "pin", "acme", fingerprint, expect=19)
    host.run("key", "pin", "acme", "0" * 64, expect=21)
    host.run("key", "pin", "acme", "12", expect=2)


def test_a_removed_host_reads_nothing_that_is_written_later(acme):
    mount, host = acme
    add(mount, host, "read")
    hand_over(mount, host)
    assert host.mount.get("orgs/acme/openai/api_key") == FIRST
    host.mount.umount()
    mount.start()
    key(mount, "remove", host.id, "--org", "acme")
    assert host.id not in members(mount)
    assert listed(mount)["epoch"] == "2"
    assert "to-reseal" not in listed(mount)  # the former key is retired
    mount.put("orgs/acme/openai/api_key", SECOND)
    assert mount.get("orgs/acme/openai/api_key") == SECOND
    mount.umount()
    host.mount.allow_in_log("cannot be read: Key was rejected")
    host.mount.start()
    with pytest.raises(OSError) as error:
        host.mount.get("orgs/acme/openai/api_key")
    assert error.value.errno == errno.EIO


def test_exposure_names_what_a_host_could_read_and_has_not_been_rotated(acme):
    mount, host = acme
    mount.project("acme", "etl")
    mount.account("acme/projects/etl/own", "openai", api_key=FIRST)
    key(mount, "exposure", host.public, expect=22)
    add(mount, host, "read")
    both = {"acme/openai/api_key", "acme/projects/etl/own/api_key"}
    assert {line.split(" ")[0] for line in key(mount, "exposure", host.id).splitlines()} == both
    key(mount, "remove", host.public, "--org", "acme")
    assert {line.split(" ")[0] for line in key(mount, "exposure", host.id).splitlines()} == both
    mount.put("orgs/acme/openai/api_key", SECOND)
    assert {line.split(" ")[0] for line in key(mount, "exposure", host.id).splitlines()} == {
        "acme/projects/etl/own/api_key"}


def test_exposure_names_what_connections_and_users_have_by_their_paths(mounts, people):
    mount = mounts("[features]\nconnections = yes\n")
    carol = people.user("carol")
    mount.org("acme", member=["user:" + carol])
    own = mount.path("orgs/acme/users", carol)
    assert people.run(carol, f"mkdir {own} {own}/mine && echo p1 > {own}/mine/note").returncode == 0
    os.mkdir(mount.path("orgs/acme/connections/warehouse"))
    mount.put("orgs/acme/connections/warehouse/host", "db.example")
    mount.account("acme/dwh", provider="login", username="etl", password="p1")
    os.symlink("../../dwh", mount.path("orgs/acme/connections/warehouse/dwh"))
    host = own_id(mount)
    lines = set(key(mount, "exposure", host).splitlines())
    # An account is named once, where it is, not by the connections that have it.
    assert lines == {f"acme/users/{carol}/mine/note", "acme/dwh/password",
                     "acme/dwh/username (not secret)",
                     "acme/connections/warehouse/host (not secret)"}
    # What is named is where it lies.
    for line in lines:
        assert mount.get("orgs/" + line.removesuffix(" (not secret)"))


def test_the_mount_sees_what_the_command_does(acme):
    mount, host = acme
    assert mount.get("orgs/acme/openai/api_key") == FIRST
    assert " members=2 epoch=1 " in status(mount)
    add(mount, host, "write")
    wait_until(lambda: " members=3 epoch=1 " in status(mount), 2, "the new member is seen")
    key(mount, "rotate", "acme")
    wait_until(lambda: " members=3 epoch=2 " in status(mount), 2, "the new epoch is seen")
    mount.put("orgs/acme/openai/api_key", SECOND)
    assert mount.get("orgs/acme/openai/api_key") == SECOND
    mount.remount()
    assert mount.get("orgs/acme/openai/api_key") == SECOND
    assert " epoch=2 " in status(mount) or "not-loaded" in status(mount)


def test_a_save_right_after_the_command_is_not_lost(acme):
    mount, host = acme
    for n in range(5):
        add(mount, host, ("read", "write", "manage")[n % 3])
        mount.put("orgs/acme/openai/api_key", f"sk-proj-after-{n}")
        assert mount.get("orgs/acme/openai/api_key") == f"sk-proj-after-{n}"


def test_readers_never_fail_while_keys_are_rotated(acme):
    mount, _ = acme
    for n in range(20):
        mount.account(f"acme/a{n}", "openai", api_key=f"sk-proj-{n}")
    wrong, reads, end = [], [0], threading.Event()

    def read():
        n = 0
        while not end.is_set():
            n = (n + 1) % 20
            try:
                value = mount.get(f"orgs/acme/a{n}/api_key")
                if value != f"sk-proj-{n}":
                    wrong.append(value)
            except OSError as error:
                wrong.append(error)
            reads[0] += 1

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(4):
        key(mount, "rotate", "acme")
        mount.put("orgs/acme/openai/api_key", SECOND)
    end.set()
    for reader in readers:
        reader.join()
    assert not wrong, wrong[:3]
    assert reads[0] > 20
    assert listed(mount)["epoch"] == "5"


def test_a_rotation_that_is_killed_goes_on(acme):
    mount, _ = acme
    for n in range(150):
        mount.account(f"acme/a{n}", "openai", api_key=f"sk-proj-{n}")
    mount.umount()
    for delay in (0.02, 0.05, 0.08, 0.12, 0.2):
        rotating = subprocess.Popen(mount.argv("key", "rotate", "acme"), env=mount.environment,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
        time.sleep(delay)
        rotating.send_signal(signal.SIGKILL)
        rotating.wait(timeout=10)
    mount.start()
    assert mount.get("orgs/acme/a0/api_key") == "sk-proj-0"
    wait_until(lambda: "to-reseal" not in listed(mount), 30, "the daemon has gone on to the end")
    for n in range(150):
        assert mount.get(f"orgs/acme/a{n}/api_key") == f"sk-proj-{n}"


def test_what_makes_no_sense_has_its_exit_code(acme):
    mount, host = acme
    for arguments, code in (
            ((), 2), (("nothing",), 2), (("add", host.public), 2),
            (("add", "credfsr1xyz", "--org", "acme", "--can", "read"), 2),
            (("add", host.public, "--org", "acme", "--can", "everything"), 2),
            (("add", host.public, "--org", "nobody", "--can", "read"), 21),
            (("remove", host.id, "--org", "acme"), 22), (("remove", "x", "--org", "acme"), 2),
            (("rotate", "nobody"), 21), (("list", "nobody"), 21), (("exposure", "x"), 2)):
        assert mount.credfs("key", *arguments).returncode == code, arguments
    recovery = next(id for id in members(mount) if id != own_id(mount))
    key(mount, "add", host.public, "--org", "acme", "--can", "read")
    key(mount, "add", host.public, "--org", "acme", "--can", "read", expect=12)
    key(mount, "remove", recovery, "--org", "acme")
    key(mount, "remove", own_id(mount), "--org", "acme", expect=20)
    assert members(mount) == {own_id(mount): "manage", host.id: "read"}
