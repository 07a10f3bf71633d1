"""Storage that fails at the n-th call: the other end of tests/faults/storage.c."""
import enum
import mmap
import os
import struct

import mounting

LIBRARY = os.path.join(os.path.dirname(mounting.BINARY), "tests", "faults", "fault_storage.so")
LAYOUT = struct.Struct("=IIIII28s")


class Action(enum.IntEnum):
    PASS = 0
    KILL = 1
    KILL_HALF = 2
    EIO = 3
    ENOSPC = 4
    SHORT_WRITE = 5
    STICKY_EIO = 6


class Storage:
    """Makes the storage of one mount fail; attached before the mount is started."""

    def __init__(self, mount):
        path = mount.base + "/faults"
        with open(path, "wb") as file:
            file.write(bytes(LAYOUT.size))
        with open(path, "r+b") as file:
            self.control = mmap.mmap(file.fileno(), LAYOUT.size)
        mount.environment.update(LD_PRELOAD=LIBRARY, FAULT_CONTROL=path, FAULT_DIR=mount.private)

    def arm(self, action, at, reads=False):
        """Count from 0; the call with the number `at` is the one."""
        self.disarm()
        LAYOUT.pack_into(self.control, 0, action, at, reads, 0, 0, b"")

    def count_calls(self, reads=False):
        """Let all calls pass and count them."""
        self.arm(Action.PASS, 0, reads)

    def disarm(self):
        self.control[0:4] = bytes(4)

    @property
    def count(self):
        return LAYOUT.unpack(self.control)[3]

    @property
    def fired(self):
        return LAYOUT.unpack(self.control)[4]

    @property
    def what(self):
        return LAYOUT.unpack(self.control)[5].rstrip(b"\0").decode()
