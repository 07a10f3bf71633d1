"""Power that fails: from the tape of what a daemon did to its files, what a disk may hold after it.

A file is what was written before its last fsync, and of what was written since any part: nothing,
some sectors of it, or something else in their place. A name is what it was when its directory was
last synced, or what one of the later calls made it, in their order.
"""
import os
import random
import struct
from dataclasses import dataclass, field

RECORD = struct.Struct("=IiqQ")
OPEN, WRITE, TRUNCATE, SYNC, UNLINK, RENAME, LINK = range(7)
SECTOR = 512
# The index of the write-ahead log is shared memory, not storage.
VOLATILE = "-shm"


@dataclass
class Event:
    change: int
    fd: int
    offset: int
    data: bytes

    def paths(self):
        return [os.path.basename(path) for path in self.data.decode().split("\0")]


def read_tape(path):
    with open(path, "rb") as file:
        data = file.read()
    events, at = [], 0
    while at < len(data):
        change, fd, offset, size = RECORD.unpack_from(data, at)
        at += RECORD.size
        events.append(Event(change, fd, offset, data[at:at + size]))
        at += size
    return events


def apply(content, offset, data):
    """Write, as a file does: what was skipped is zeros. No data: cut or grow to this size."""
    if data is None:
        del content[offset:]
        content.extend(bytes(offset - len(content)))
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset:offset + len(data)] = data


@dataclass
class File:
    synced: bytearray = field(default_factory=bytearray)
    pending: list = field(default_factory=list)  # (offset, data, or None to truncate)

    def sync(self):
        for change in self.pending:
            apply(self.synced, *change)
        self.pending = []

    def after(self, keep):
        """What is left of it: `keep` says what becomes of each sector that waits to be written."""
        content = bytearray(self.synced)
        for offset, data in self.pending:
            if data is None:
                if keep.truncation():
                    apply(content, offset, None)
                continue
            while data:
                size = SECTOR - offset % SECTOR
                part = keep.sector(data[:size], offset >= len(self.synced))
                if part is not None:
                    apply(content, offset, part)
                offset, data = offset + size, data[size:]
        return bytes(content)


class Lost:
    """Nothing that was not synced is there."""

    def sector(self, data, new):
        return None

    def truncation(self):
        return False

    def names(self, count):
        return 0


class Random(Lost):
    """Any of it is."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.share = self.chance.random()

    def sector(self, data, new):
        return data if self.chance.random() < self.share else None

    def truncation(self):
        return self.chance.random() < self.share

    def names(self, count):
        return self.chance.randint(0, count)


class Garbage(Random):
    """And in the place of some, something else: the file has grown, what belongs there has not
    arrived. A sector that was there before is written or not."""

    def sector(self, data, new):
        if not new or self.chance.random() < self.share:
            return super().sector(data, new)
        return self.chance.choice([None, bytes(len(data)), self.chance.randbytes(len(data))])


class Disk:
    """The directory of a daemon, as far as its tape has been played; it began as a copy of it.

    With `syncing` false the disk only says that it has synced, which no software can survive: by
    this a test sees that it would notice.
    """

    def __init__(self, directory, copy, syncing=True):
        self.syncing = syncing
        self.names = {}       # what a reader sees now
        self.synced = {}      # what is on disk for certain
        self.pending = []     # later states of the names
        self.descriptors = {}
        self.directory = os.path.basename(directory)
        for name in os.listdir(copy):
            with open(os.path.join(copy, name), "rb") as file:
                self.names[name] = File(bytearray(file.read()))
        self.synced = dict(self.names)

    def renamed(self):
        self.pending.append(dict(self.names))

    def play(self, event):
        if event.change == OPEN:
            self.open(event)
        elif event.change in (UNLINK, RENAME, LINK):
            names = event.paths()
            file = self.names.get(names[0]) if event.change == LINK else self.names.pop(names[0])
            if event.change != UNLINK:
                self.names[names[1]] = file
            self.renamed()
        else:
            self.change(event)

    def open(self, event):
        (name,) = event.paths()
        if name == self.directory:
            self.descriptors[event.fd] = self
            return
        if name not in self.names:
            self.names[name] = File()
            self.renamed()
        self.descriptors[event.fd] = self.names[name]
        if event.offset & os.O_TRUNC:
            self.names[name].pending.append((0, None))

    def change(self, event):
        file = self.descriptors[event.fd]
        if event.change == SYNC:
            if self.syncing:
                file.sync()
        else:
            file.pending.append((event.offset, event.data if event.change == WRITE else None))

    def sync(self):
        """Of the directory itself: its names."""
        self.synced, self.pending = dict(self.names), []

    def after(self, keep):
        """The files after a loss of power."""
        count = keep.names(len(self.pending))
        names = self.pending[count - 1] if count else self.synced
        return {name: file.after(keep) for name, file in names.items()
                if not name.endswith(VOLATILE)}
