"""What others can see of a save while it happens: a reader, the directory, and the disk.

Reader     a process that reads the file in a tight loop
Names      every name that has ever been in a directory, those that are not listed included
Disk       where on the machine's real file systems something secret has been written: all that a
           user writes is looked at as it is written, so that a file that is removed again is seen
           too, and all that is newer than the beginning is searched at the end
"""
import contextlib
import ctypes
import json
import os
import pwd
import re
import select
import struct
import subprocess
import threading
import time

from people import ENVIRONMENT
from terminal import as_user

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.fanotify_mark.argtypes = [ctypes.c_int, ctypes.c_uint, ctypes.c_uint64, ctypes.c_int,
                               ctypes.c_char_p]
LIBC.inotify_add_watch.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32]


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


class Reader:
    """Reads a file as a user until it is finished; what it has seen, in order, changes only.

    A value is its text, an error the name of its errno.
    """

    LOOP = """
import errno, json, os, sys
path, seen = sys.argv[1], []
os.set_blocking(0, False)
def look():
    try:
        fd = os.open(path, os.O_RDONLY)
        try:
            return os.read(fd, 131072).decode()
        finally:
            os.close(fd)
    except OSError as error:
        return errno.errorcode[error.errno]
def ended():
    try:
        return os.read(0, 1) == b""
    except BlockingIOError:
        return False
last = False
while True:
    now = look()
    if not seen or seen[-1] != now:
        seen.append(now)
        if len(seen) == 1:
            os.write(1, b" ")
    if last:
        break
    last = ended()
os.write(1, json.dumps(seen).encode())
"""

    def __init__(self, user, path):
        self.process = subprocess.Popen(
            as_user(user, ["/usr/bin/python3", "-ISc", self.LOOP, path]), env=ENVIRONMENT, cwd="/",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        assert self.process.stdout.read(1) == b" "

    def finish(self):
        answer, _ = self.process.communicate(timeout=30)
        return json.loads(answer)


class Names:
    """Every name that something in a directory has had since the beginning."""

    MODIFY, OPEN, MOVED, CREATE = 0x2, 0x20, 0xC0, 0x100

    def __init__(self, directory):
        self.names = set()
        self.modified = False
        self.fd = checked(LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        try:
            checked(LIBC.inotify_add_watch(self.fd, directory.encode(),
                                           self.MODIFY | self.OPEN | self.MOVED | self.CREATE))
        except OSError:
            os.close(self.fd)
            raise

    def look(self):
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.fd, 65536):
                while data:
                    _, mask, _, length = struct.unpack_from("iIII", data)
                    self.modified = self.modified or bool(mask & self.MODIFY)
                    self.names.add(data[16:16 + length].rstrip(b"\0").decode())
                    data = data[16 + length:]

    def wait_for_a_write(self, seconds):
        """Until something in the directory has been written to; whether it has."""
        end = time.monotonic() + seconds
        while not self.modified and time.monotonic() < end:
            select.select([self.fd], [], [], 0.05)
            self.look()
        return self.modified

    def finish(self):
        self.look()
        os.close(self.fd)
        return self.names - {""}


ON_DISK = ["ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "bcachefs", "overlay"]


def real_file_systems():
    """Mount points of what lies on a disk, the first of each file system."""
    found = {}
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        for line in mounts:
            fields = line.split()
            kind = fields[fields.index("-") + 1]
            if kind in ON_DISK:
                found.setdefault(fields[2], fields[4])
    return list(found.values())


class Disk:
    """Where a text that matches has been written, from the beginning to finish()."""

    MODIFY, CLOSE_WRITE = 0x2, 0x8
    BYTES_MAX = 8 << 20

    def __init__(self, expression, users):
        self.expression = re.compile(expression)
        self.uids = {pwd.getpwnam(user).pw_uid for user in users}
        self.began = time.time() - 1
        self.found = {}  # what matched: the files it was in
        self.watched = real_file_systems()
        assert self.watched, "no file system on a disk is known: extend ON_DISK"
        self.fd = checked(LIBC.fanotify_init(0x10 | 0x1, os.O_RDONLY | os.O_CLOEXEC))  # unlimited
        for point in self.watched:
            checked(LIBC.fanotify_mark(self.fd, 0x1 | 0x100, self.MODIFY | self.CLOSE_WRITE, -100,
                                       point.encode()))
        self.stop, self.stopping = os.pipe()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        """Look into each file as it is changed, also one that has no name."""
        while True:
            ready, _, _ = select.select([self.fd, self.stop], [], [])
            if self.fd not in ready:
                return
            data = os.read(self.fd, 65536)
            while data:
                length, _, _, _, _, fd, _ = struct.unpack_from("IBBHQii", data)
                data = data[length:]
                if fd >= 0:
                    try:
                        self.look(fd)
                    finally:
                        os.close(fd)

    def look(self, fd):
        if os.fstat(fd).st_uid not in self.uids:
            return
        self.search(os.readlink(f"/proc/self/fd/{fd}"), os.pread(fd, self.BYTES_MAX, 0))

    def search(self, path, data):
        for match in self.expression.finditer(data):
            self.found.setdefault(match[0], set()).add(path)

    def close(self):
        if self.stopping is not None:
            os.close(self.stopping)
            self.thread.join()
            os.close(self.stop)
            os.close(self.fd)
            self.stopping = None

    def newer(self):
        """All files whose inode has changed since the beginning, whatever their mtime says."""
        listed = subprocess.run(["find", *self.watched, "-xdev", "-type", "f", "-size", "+0",
                                 "-newerct", f"@{self.began}", "-print0"],
                                capture_output=True, env={"PATH": "/usr/bin:/bin"})
        return [path for path in listed.stdout.split(b"\0") if path]

    def finish(self):
        """What matched: the sorted paths where it was."""
        self.close()
        for path in self.newer():
            with contextlib.suppress(OSError):
                with open(path, "rb") as file:
                    tail = b""
                    while data := file.read(self.BYTES_MAX):
                        self.search(os.fsdecode(path), tail + data)
                        tail = data[-256:]
        return {match.decode(): sorted(paths) for match, paths in self.found.items()}
