"""Clients that work on a mount while something happens to its daemon, and note whatever goes wrong."""
import contextlib
import itertools
import json
import os
import subprocess
import sys
import threading


def value(number):
    """A value that says by itself whether it is whole."""
    return f"sk-proj-{number:08d}-" + f"{number * 7919 % 100000000:08d}" * 8


def is_value(text):
    return text.startswith("sk-proj-") and text == value(int(text[8:16]))


class Load:
    """They work until they are told to end."""

    def __init__(self, mount):
        self.mount = mount
        self.ending = threading.Event()
        self.wrong = []
        self.count = 0
        self.saved = 0  # the last value of which the writer was told that it is saved
        self.threads = []

    def client(self, work, *arguments):
        def run():
            step = work(*arguments)
            while not self.ending.is_set():
                try:
                    next(step)
                    self.count += 1
                except StopIteration:
                    return
                except Exception as error:  # pylint: disable=broad-except
                    where = error.__traceback__.tb_next or error.__traceback__
                    self.wrong.append(f"{work.__name__}, line {where.tb_lineno}: {error!r}")
                    step = work(*arguments)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.threads.append(thread)

    def end(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(timeout=60)
            assert not thread.is_alive(), "a client hangs"

    def value_saved(self):
        return value(self.saved)

    # What they do

    def reader(self, path):
        while True:
            before = self.saved
            with open(path, encoding="utf-8") as file:
                text = file.read()
            if not is_value(text):
                raise AssertionError(f"not a value: {text!r}")
            if int(text[8:16]) < before:
                raise AssertionError(f"lost: {before}, there is {text[8:16]}")
            yield

    def writer(self, path):
        for number in itertools.count(self.saved + 1):
            text = value(number).encode()
            descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)
            try:
                os.write(descriptor, text[:30])
                os.write(descriptor, text[30:])
            finally:
                os.close(descriptor)
            self.saved = number
            yield

    def saver(self, path):
        """One who reads what he has saved."""
        for number in itertools.count(1):
            with open(path, "w", encoding="utf-8") as file:
                file.write(value(number))
            with open(path, encoding="utf-8") as file:
                assert file.read() == value(number)
            yield

    def namer(self, directory, name):
        """Make, rename and remove: accounts, fields and scratch files."""
        while True:
            account = os.path.join(directory, name)
            os.mkdir(account)
            yield
            with open(account + "/one", "x", encoding="utf-8") as file:
                file.write("1")
            yield
            with open(account + "/two.tmp", "x", encoding="utf-8") as file:
                file.write("2")
            os.rename(account + "/two.tmp", account + "/two")
            yield
            os.rename(account + "/one", account + "/three")
            assert sorted(os.listdir(account)) == ["provider", "three", "two"]
            yield
            os.rename(account, account + "-moved")
            os.unlink(account + "-moved/two")
            yield
            with open(account + "-moved/three", encoding="utf-8") as file:
                assert file.read() == "1"
            os.unlink(account + "-moved/three")
            os.rmdir(account + "-moved")
            assert not os.path.exists(account)
            yield

    def keeper(self, path):
        """Descriptors that are open all the time: one reads, one has written and not closed."""
        with open(path, "rb", buffering=0) as reading, open(path + ".bak", "w+b", 0) as writing:
            for number in itertools.count():
                assert is_value(os.pread(reading.fileno(), 1000, 0).decode())
                os.pwrite(writing.fileno(), value(number).encode(), 0)
                assert os.pread(writing.fileno(), 1000, 0) == value(number).encode()
                yield


def prepare(mount):
    mount.org("acme")
    mount.account("acme/openai", provider="generic", api_key=value(0))


def begin(mount):
    """Four readers and a writer of one value, two who make, rename and remove, and one whose
    descriptors are open all the time."""
    path = mount.path("orgs/acme/openai/api_key")
    load = Load(mount)
    for _ in range(4):
        load.client(load.reader, path)
    load.client(load.writer, path)
    for name in "first", "second":
        load.client(load.namer, mount.path("orgs/acme"), name)
    load.client(load.keeper, path)
    return load


@contextlib.contextmanager
def working(mount):
    """What went wrong fails the test."""
    prepare(mount)
    load = begin(mount)
    yield load
    load.end()
    assert load.wrong == []


class Apart:
    """The same in a process of its own: whoever starts a daemon must not have files of its mount
    open, since starting a program closes them, which waits for the daemon."""

    def __init__(self, mount):
        prepare(mount)
        self.process = subprocess.Popen(["/usr/bin/python3", "-EsB", __file__, mount.root],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self):
        """How many steps were done, and what went wrong."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        wrong = json.loads(self.process.stdout.readline())[1]
        self.process.stdout.close()
        self.process.wait(timeout=60)
        return wrong


class Place:
    """A mount as clients see it."""

    def __init__(self, root):
        self.root = root

    def path(self, *parts):
        return os.path.join(self.root, *parts)


def main():
    load = begin(Place(sys.argv[1]))
    for _ in sys.stdin:
        print(json.dumps([load.count, load.wrong[:5]]), flush=True)
    load.end()
    print(json.dumps([load.count, load.wrong[:5]]), flush=True)


if __name__ == "__main__":
    main()
