"""Limits of the host: a full disk, no descriptors left, crowds, two daemons for one store."""
import errno
import multiprocessing
import os
import re
import subprocess
import time

import pytest

import mounting
from mounting import wait_until
from conftest import LONG
from states import audit_elsewhere, key, save


def errno_of(function, *arguments):
    try:
        function(*arguments)
    except OSError as error:
        return error.errno
    return 0


# A full disk

@pytest.fixture
def small(mounts):
    """A mount whose store lies on a disk of 512 KiB, and its audit log elsewhere: what cannot be
    recorded is not given out."""
    mount = audit_elsewhere(mounts(init=False))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs", mount.private],
                   check=True, timeout=30)
    mount.allow_in_log("No space")
    try:
        mount.init()
        mount.start()
        yield mount
    finally:
        if mount.process:
            mount.umount()
        subprocess.run(["umount", mount.private], check=True, timeout=30)


def test_a_full_disk_refuses_what_is_new_and_serves_what_is_there(small):
    mount = small
    mount.org("acme")
    kept, refused = {}, 0
    for number in range(200):
        path, value = f"orgs/acme/account {number}", f"value {number} " * 300
        code = errno_of(os.mkdir, mount.path(path)) or errno_of(save, mount, path + "/field", value)
        if code == 0:
            kept[path + "/field"] = value
        else:
            assert code == errno.ENOSPC, errno.errorcode[code]
            refused += 1
    assert len(kept) >= 5 and refused >= 50
    # a rotation that does not fit leaves the old value
    path = next(iter(kept))
    assert errno_of(save, mount, path, "z" * 65000) == errno.ENOSPC
    for path, value in kept.items():
        assert mount.get(path) == value
    # so it is for the next daemon, and room makes all well, without a restart too
    mount.remount()
    for path, value in kept.items():
        assert mount.get(path) == value
    subprocess.run(["mount", "-o", "remount,size=8m", mount.private], check=True, timeout=30)
    for path in kept:
        save(mount, path, "new")
        kept[path] = "new"
    os.mkdir(mount.path("orgs/acme/later"))
    mount.remount()
    for path, value in kept.items():
        assert mount.get(path) == value


# Descriptors

def limit_descriptors(pid, count):
    """As the user of the process, which takes no privilege; returns the limit before."""
    who = os.stat(f"/proc/{pid}/task").st_uid or int(
        re.search(r"^Uid:\s+(\d+)", open(f"/proc/{pid}/status").read(), re.M)[1])
    argv = ["setpriv", f"--reuid={who}", f"--regid={who}", "--clear-groups", "prlimit",
            f"--pid={pid}"]
    before = subprocess.run([*argv, "--nofile", "--output=SOFT", "--noheadings"], check=True,
                            capture_output=True, text=True, timeout=30).stdout
    subprocess.run([*argv, f"--nofile={count}:"], check=True, timeout=30)
    return int(before)


def test_a_daemon_without_descriptors_recovers(mount):
    mount.allow_in_log("Too many open files|error")
    mount.org("acme")
    mount.account("acme/openai", api_key=key("1"))
    mount.remount()
    pid = mount.worker()
    used = len(os.listdir(f"/proc/{pid}/fd"))
    before = limit_descriptors(pid, used)
    path = "orgs/acme/openai/api_key"
    codes = [errno_of(mount.get, path), errno_of(save, mount, path, key("2")),
             errno_of(os.mkdir, mount.path("orgs/globex"))]
    assert set(codes) <= {0, errno.EMFILE, errno.ENFILE, errno.EIO, errno.EACCES}, codes
    assert codes[2] != 0, "what must open a file was done without one"
    assert os.listdir(mount.path("orgs")) == ["acme"]
    limit_descriptors(pid, before)
    assert mount.get(path) == key("2" if codes[1] == 0 else "1")
    save(mount, path, key("3"))
    os.mkdir(mount.path("orgs/globex"))
    mount.remount()
    assert mount.get(path) == key("3")
    assert sorted(os.listdir(mount.path("orgs"))) == ["acme", "globex"]


def test_a_client_without_descriptors_is_told_and_harms_nobody(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=key("1"))
    script = ("import os, resource, sys\n"
              "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
              "held = []\n"
              "try:\n"
              "    while True: held.append(os.open(sys.argv[1], os.O_RDWR))\n"
              "except OSError as error: print(error.errno, len(held))\n")
    path = mount.path("orgs/acme/openai/api_key")
    for _ in range(5):
        done = subprocess.run(["/usr/bin/python3", "-c", script, path], capture_output=True,
                              text=True, timeout=60)
        code, count = map(int, done.stdout.split())
        assert code == errno.EMFILE and count >= 50
    assert mount.get("orgs/acme/openai/api_key") == key("1")


# Two daemons

def test_a_second_daemon_on_one_store_is_refused(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=key("1"))
    other = mount.base + "/other"
    os.mkdir(other)
    for _ in range(3):
        done = mount.credfs("mount", other)
        assert done.returncode == 15, done.stderr
        assert "another daemon" in done.stderr
        assert not mounting.is_mounted(other)
    save(mount, "orgs/acme/openai/api_key", key("2"))
    assert mount.get("orgs/acme/openai/api_key") == key("2")
    # the first one gone by force, the next one may have it
    mount.kill()
    mount.start()
    assert mount.get("orgs/acme/openai/api_key") == key("2")


# Crowds

def read_on(path, valid, until, results):
    reads, wrong = 0, []
    while time.monotonic() < until:
        try:
            with open(path, "rb") as file:
                value = file.read()
            if value not in valid:
                wrong.append(f"{path}: {len(value)} bytes that nobody has saved")
        except OSError as error:
            wrong.append(f"{path}: {error}")
        reads += 1
    results.put((reads, wrong[:3]))


def write_on(path, values, until, results):
    writes, wrong = 0, []
    while time.monotonic() < until:
        try:
            with open(path, "wb") as file:
                file.write(values[writes % len(values)])
        except OSError as error:
            wrong.append(f"{path}: {error}")
        writes += 1
        time.sleep(0.02)
    results.put((writes, wrong[:3]))


def connection(mount):
    device = os.stat(mount.root).st_dev
    return f"/sys/fs/fuse/connections/{os.minor(device)}"


def waiting(mount):
    with open(connection(mount) + "/waiting", encoding="utf-8") as file:
        return int(file.read())


@pytest.mark.limit(600)
def test_a_crowd_of_readers_and_writers_meets_no_error(mounts):
    """With little memory, of which handles that are closed must not keep any for long."""
    readers, seconds, memory = (1000, 180, "16M") if LONG else (200, 12, "4M")
    mount = mounts(f"[memory]\nlimit = {memory}\n")
    mount.org("acme")
    values = [b"sk-proj-" + bytes([ord("a") + n]) * 200 for n in range(5)]
    paths = []
    for number in range(10):
        mount.account(f"acme/account {number}", provider="openai", api_key=values[0].decode())
        paths.append(mount.path(f"orgs/acme/account {number}/api_key"))
    if not os.path.exists(connection(mount)):
        subprocess.run(["mount", "-t", "fusectl", "fusectl", "/sys/fs/fuse/connections"],
                       check=True, timeout=30)
    results = multiprocessing.Queue()
    until = time.monotonic() + seconds
    crowd = [multiprocessing.Process(target=write_on, args=(path, values, until, results))
             for path in paths]
    crowd += [multiprocessing.Process(target=read_on,
                                      args=(paths[n % len(paths)], set(values), until, results))
              for n in range(readers)]
    for process in crowd:
        process.start()
    counts = [results.get(timeout=seconds + 120) for _ in crowd]
    for process in crowd:
        process.join(30)
    assert [wrong for _, wrong in counts if wrong] == []
    assert sum(count for count, _ in counts) > 1000
    wait_until(lambda: waiting(mount) == 0, 10, "no request is waiting")
