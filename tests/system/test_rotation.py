"""A reader never sees anything but a whole value that was written, however often it changes.

The values differ in length and repeat their number, so that a torn one, an empty one and a mixed
one are all recognised.
"""
import os
import select
import threading

import pytest

ROTATIONS = 10_000


def value(number):
    return b"sk-proj-" + b"%06d" % number * (3 + number % 40)


def is_value(data):
    return data[:8] == b"sk-proj-" and data[8:14].isdigit() and data == value(int(data[8:14]))


def read_at_once(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.read(fd, 65536)
    finally:
        os.close(fd)


def read_in_pieces(path):
    """As `bash read` does, and as a program with a small buffer does."""
    fd = os.open(path, os.O_RDONLY)
    try:
        pieces = []
        while piece := os.read(fd, 7):
            pieces.append(piece)
        return b"".join(pieces)
    finally:
        os.close(fd)


def read_on_and_on(path, kept={}):
    """With one descriptor that is rewound, as a program that keeps its key file open."""
    if path not in kept:
        kept[path] = os.open(path, os.O_RDONLY)
    os.lseek(kept[path], 0, os.SEEK_SET)
    return os.read(kept[path], 65536)


def write_in_place(path, data):
    fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
    try:
        assert os.write(fd, data) == len(data)
    finally:
        os.close(fd)


def write_in_pieces(path, data):
    fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
    try:
        for start in range(0, len(data), 16):
            assert os.write(fd, data[start:start + 16]) == len(data[start:start + 16])
    finally:
        os.close(fd)


class Reader:
    """A process that reads in a tight loop until the other end of a pipe is closed."""

    def __init__(self, path, read, stop):
        self.result, result = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(stop[1])
                os.set_blocking(stop[0], False)
                os.write(result, self.loop(path, read, stop[0]).encode())
            finally:
                os._exit(0)
        os.close(result)

    @staticmethod
    def ended(stop):
        try:
            return os.read(stop, 1) == b""
        except BlockingIOError:
            return False

    @classmethod
    def loop(cls, path, read, stop):
        reads, seen, newest = 0, 0, -1
        while not cls.ended(stop):
            data = read(path)
            if not is_value(data):
                return f"no value: {data[:40]!r}, {len(data)} bytes, after {reads} reads"
            number = int(data[8:14])
            if number < newest:
                return f"{number} after {newest}: an older value came back"
            seen += number != newest
            newest = number
            reads += 1
        return f"ok {reads} {seen} {newest}"

    def finish(self):
        with open(self.result, encoding="utf-8") as result:
            text = result.read()
        os.waitpid(self.pid, 0)
        return text


def rotate(path, write, count):
    for number in range(1, count + 1):
        write(path, value(number))


def watched(path, write, readers, count):
    """What the readers say of `count` rotations."""
    write_in_place(path, value(0))
    stop = os.pipe()
    started = [Reader(path, read, stop) for read in readers]
    try:
        rotate(path, write, count)
    finally:
        os.close(stop[1])
    texts = [reader.finish() for reader in started]
    os.close(stop[0])
    for text in texts:
        assert text.startswith("ok "), text
    return [[int(number) for number in text.split()[1:]] for text in texts]


@pytest.fixture
def field(mount):
    mount.org("acme")
    return mount.account("acme/openai", api_key="sk-first") + "/api_key"


@pytest.mark.limit(600)
def test_a_reader_in_a_tight_loop_sees_only_whole_values(field):
    ((reads, seen, newest),) = watched(field, write_in_place, [read_at_once], ROTATIONS)
    assert seen > ROTATIONS // 100 and newest <= ROTATIONS, "the reader saw no rotation"
    print(f"{ROTATIONS} rotations, {reads} reads, {seen} different values seen")
    assert read_at_once(field) == value(ROTATIONS)


def test_several_readers_of_every_kind_see_only_whole_values(field):
    kinds = [read_at_once, read_in_pieces, read_on_and_on, read_at_once]
    for reads, seen, _ in watched(field, write_in_pieces, kinds, 1000):
        assert reads > 0 and seen > 1
    assert read_at_once(field) == value(1000)


def test_two_writers_lose_nothing_and_mix_nothing(field):
    """Both commit; whoever is last wins, whole."""
    write_in_place(field, value(0))
    failures = []

    def write(numbers):
        try:
            for number in numbers:
                write_in_place(field, value(number))
        except (OSError, AssertionError) as error:
            failures.append(error)

    writers = [threading.Thread(target=write, args=(range(start, 400, 2),)) for start in (0, 1)]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        data = read_at_once(field)
        assert is_value(data)
        seen.add(data)
    for writer in writers:
        writer.join()
    assert failures == []
    assert read_at_once(field) in (value(398), value(399))


CHANGED = select.POLLPRI | select.POLLERR


def test_who_waits_for_a_change_is_woken_by_every_kind_of_save(field):
    """As the attributes of sysfs: once for each change, and not before it was read."""
    saves = {
        "in place": lambda: write_in_place(field, value(1)),
        "by rename": lambda: os.rename(made(field + ".tmp", value(2)), field),
        "removed and made": lambda: (os.unlink(field), made(field, value(3))),
    }
    fd = os.open(field, os.O_RDONLY)
    try:
        waiting = select.poll()
        waiting.register(fd, select.POLLPRI)
        for name, save in saves.items():
            assert is_value(os.pread(fd, 65536, 0)) or name == "in place"
            assert waiting.poll(200) == [], name
            threading.Timer(0.2, save).start()
            assert waiting.poll(30_000) == [(fd, CHANGED)], name
            assert waiting.poll(0) == [(fd, CHANGED)], "until it is read"
        readable = select.poll()
        readable.register(fd, select.POLLIN)
        assert readable.poll(0)[0][1] & select.POLLIN, "a file can always be read"
        assert os.pread(fd, 65536, 0) == value(3)
    finally:
        os.close(fd)


def test_who_waits_is_not_woken_by_what_changes_nothing(field):
    write_in_place(field, value(0))
    fd = os.open(field, os.O_RDONLY)
    try:
        waiting = select.poll()
        waiting.register(fd, select.POLLPRI)
        os.pread(fd, 65536, 0)
        write_in_place(field, value(0))  # the same
        with pytest.raises(OSError):
            write_in_place(field, b"sk-ant-refused\n")
        made(field + ".tmp", value(1))
        assert waiting.poll(1000) == []
    finally:
        os.close(fd)


def made(path, data):
    """Make a file; its name."""
    with open(path, "xb") as file:
        file.write(data)
    return path
