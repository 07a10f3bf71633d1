"""Allocations that fail: the other end of tests/faults/memory.c."""
import mmap
import os
import struct

import mounting

LIBRARY = os.path.join(os.path.dirname(mounting.BINARY), "tests", "faults", "fault_memory.so")
LAYOUT = struct.Struct("=IIII")


class Memory:
    """Makes the allocations of one mount fail; attached before the mount is started."""

    def __init__(self, mount):
        path = mount.base + "/faults"
        with open(path, "wb") as file:
            file.write(bytes(LAYOUT.size))
        with open(path, "r+b") as file:
            self.control = mmap.mmap(file.fileno(), LAYOUT.size)
        mount.environment.update(LD_PRELOAD=LIBRARY, FAULT_CONTROL=path)

    def arm(self, at, width=1):
        """Count from 0; `width` allocations from the one with the number `at` on fail."""
        self.disarm()
        LAYOUT.pack_into(self.control, 0, at, width, 0, 0)

    def disarm(self):
        self.control[0:4] = bytes(4)

    @property
    def count(self):
        return LAYOUT.unpack(self.control)[2]

    @property
    def fired(self):
        return LAYOUT.unpack(self.control)[3]
