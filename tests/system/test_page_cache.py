"""Reads that go through the kernel's page cache: sendfile, splice, private mappings, copy_file_range.

The cache is one for all who have a file open, so that nothing may enter it that one of them should
not see, or that is a part of one value beside a part of another.
"""
import errno
import json
import mmap
import os
import pwd
import subprocess
import threading

import pytest

from mounting import wait_until

LONG = 50_000  # bytes, more than a page


def value(number, size):
    return (b"%07d " % number * (size // 8 + 1))[:size].rstrip() + b"."


def through_a_pipe(size, move):
    """What `move` puts into a pipe, asked for what is left from where it is until it has no more."""
    end, start = os.pipe()
    try:
        data = b""
        while len(data) < size:
            moved = move(start, len(data), min(4096, size - len(data)))
            if not moved:
                break
            data += os.read(end, moved)
        return data
    finally:
        os.close(end)
        os.close(start)


def by_sendfile(fd, size):
    return through_a_pipe(size, lambda pipe, at, left: os.sendfile(pipe, fd, at, left))


def by_splice(fd, size):
    return through_a_pipe(size, lambda pipe, at, left: os.splice(fd, pipe, size - at,
                                                                 offset_src=at))


def by_mapping(fd, size):
    """By write(2) from the mapped pages: EFAULT where one cannot be had, not a bus error."""
    def move(pipe, at, left):
        with memoryview(mapped)[at:at + left] as piece:
            return os.write(pipe, piece)

    with mmap.mmap(fd, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ) as mapped:
        return through_a_pipe(size, move)


def by_copying(fd, size):
    copy = os.memfd_create("copy")
    try:
        done = 0
        while done < size:
            count = os.copy_file_range(fd, copy, size - done, done, done)
            if not count:
                break
            done += count
        return os.pread(copy, size + 1, 0)
    finally:
        os.close(copy)


WAYS = [by_sendfile, by_splice, by_mapping, by_copying]
REFUSED = (errno.EIO, errno.EFAULT, errno.EXDEV, errno.EACCES)


@pytest.fixture
def field(mount):
    mount.org("acme")
    mount.account("acme/box", provider="generic", secret="first")
    return mount.path("orgs/acme/box/secret")


def put(path, data):
    fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
    try:
        assert os.write(fd, data) == len(data)
    finally:
        os.close(fd)


def take(path, way, size):
    fd = os.open(path, os.O_RDONLY)
    try:
        return way(fd, size)
    finally:
        os.close(fd)


@pytest.mark.parametrize("size", [10, 4095, 4096, 4097, LONG, 65535])
@pytest.mark.parametrize("way", [by_splice, by_mapping])
def test_a_value_that_rests_is_read_whole(field, way, size):
    put(field, value(1, size))
    assert take(field, way, os.stat(field).st_size) == value(1, size)
    put(field, value(2, size))
    assert take(field, way, os.stat(field).st_size) == value(2, size)


@pytest.mark.parametrize("way", WAYS)
def test_nobody_sees_parts_of_two_values(field, way):
    """Whoever is overtaken by a change is refused; values of one page are always to be had."""
    put(field, value(0, LONG))
    ended = threading.Event()

    def rotate():
        number = 0
        while not ended.is_set():
            number += 1
            put(field, value(number, LONG))

    thread = threading.Thread(target=rotate)
    thread.start()
    torn, whole = [], 0
    try:
        for _ in range(400):
            try:
                data = take(field, way, LONG)
            except OSError as error:
                assert error.errno in REFUSED, error
                continue
            whole += 1
            if data != value(int(data[:7]), LONG):
                torn.append(sorted({data[i:i + 7] for i in range(0, LONG - 8, 8)}))
    finally:
        ended.set()
        thread.join()
    if way is not by_mapping:  # a mapping follows the file, as on a disk
        assert not torn
    put(field, value(1, 100))
    try:
        assert take(field, way, os.stat(field).st_size) == value(1, 100)
    except OSError as error:
        assert way is by_copying and error.errno == errno.EXDEV


@pytest.mark.parametrize("way", WAYS)
def test_a_draft_is_nobody_elses(field, way):
    put(field, b"committed")
    writer = os.open(field, os.O_RDWR)
    try:
        os.write(writer, b"DRAFTDRAF")
        if way is not by_mapping:  # Python maps a duplicate, whose closing saves
            with pytest.raises(OSError) as caught:
                way(writer, 9)
            assert caught.value.errno in REFUSED
        try:
            assert take(field, way, 9) == b"committed"
        except OSError as error:
            assert way is by_copying and error.errno == errno.EXDEV
    finally:
        os.close(writer)


def test_who_lost_the_right_is_refused_also_what_lies_in_the_cache(field, mount, people):
    alice = people.user("alice")
    mount.put("orgs/acme/roles/admin", f"user:{alice}")

    uid = pwd.getpwnam(alice).pw_uid
    # Somebody else keeps the pages in the cache.
    root = os.open(field, os.O_RDONLY)
    result, write = os.pipe()
    ask, asked = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(uid)
            fd = os.open(field, os.O_RDONLY)
            os.write(write, by_splice(fd, 5) + b" ")
            os.read(ask, 1)
            try:
                os.write(write, by_splice(fd, 5))
            except OSError as error:
                os.write(write, errno.errorcode[error.errno].encode())
        finally:
            os._exit(0)
    os.close(write)
    try:
        assert os.read(result, 6) == b"first "
        assert by_splice(root, 5) == b"first"
        with open(mount.path("orgs/acme/roles/admin"), "w", encoding="utf-8") as file:
            file.write("\n")
        wait_until(lambda: pages(field) == 0, 10, "the pages are dropped")
        os.write(asked, b"x")
        assert os.read(result, 16) in (b"EIO", b"EACCES")
    finally:
        os.close(asked)
        os.waitpid(pid, 0)
        os.close(root)
        os.close(result)
        os.close(ask)


def pages(path):
    done = subprocess.run(["fincore", "-n", "-o", "PAGES", path], capture_output=True, text=True,
                          timeout=30, check=True)
    return int(done.stdout)


def test_what_lies_in_the_cache_does_not_stay_there(field):
    put(field, value(1, LONG))
    take(field, by_splice, LONG)
    wait_until(lambda: pages(field) == 0, 10, "the pages are dropped")


def lines_of(mount, user, operation="read"):
    with open(mount.path("orgs/acme/audit.log"), encoding="utf-8") as log:
        lines = [json.loads(line) for line in log]
    return [line.get("version") for line in lines
            if line["user"] == user and line["operation"] == operation
            and line.get("result", "ok") == "ok"]


def opened_by(user, path, asked, ask, answer):
    """Open the file; then splice from that descriptor each time something is asked."""
    uid = pwd.getpwnam(user).pw_uid
    pid = os.fork()
    if pid == 0:
        try:
            os.close(asked)
            os.setgroups([])
            os.setgid(65534)
            os.setuid(uid)
            fd = os.open(path, os.O_RDONLY)
            os.write(answer, b"open")
            while os.read(ask, 1):
                try:
                    os.write(answer, by_splice(fd, 9))
                except OSError as error:
                    os.write(answer, errno.errorcode[error.errno].encode())
        finally:
            os._exit(0)
    return pid


def test_what_others_read_is_not_cached_for_who_lost_the_right(field, mount, people):
    alice = people.user("alice")
    mount.put("orgs/acme/roles/admin", f"user:{alice}")
    ask, asked = os.pipe()
    answer, answered = os.pipe()
    pid = opened_by(alice, field, asked, ask, answered)
    os.close(ask)
    os.close(answered)
    root = os.open(field, os.O_RDONLY)
    try:
        assert os.read(answer, 9) == b"open"
        put(field, b"second123")
        # While she may, what others bring into the cache is hers to find, and counts as read.
        assert by_splice(root, 9) == b"second123"
        seen = lines_of(mount, alice)
        assert len(seen) == 2
        os.write(asked, b"x")
        assert os.read(answer, 9) == b"second123"
        assert lines_of(mount, alice) == seen
        with open(mount.path("orgs/acme/roles/admin"), "w", encoding="utf-8") as file:
            file.write("\n")
        put(field, b"third1234")
        with pytest.raises(OSError) as caught:
            by_splice(root, 9)
        assert caught.value.errno == errno.EIO
        os.write(asked, b"x")
        assert os.read(answer, 9) in (b"EIO", b"EACCES")
        assert os.pread(root, 9, 0) == b"third1234"
    finally:
        os.close(asked)
        os.waitpid(pid, 0)
    assert by_splice(root, 9) == b"third1234"
    os.close(root)
