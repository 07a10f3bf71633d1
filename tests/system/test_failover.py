"""The mount outlives the process that serves it: what is open stays open, who waits goes on."""
import itertools
import os
import random
import signal
import threading
import time

import pytest

import mounting

KEY = "sk-proj-" + "k" * 40
OTHER = "sk-proj-" + "o" * 40


def kill(mount):
    """Kill the worker, and wait until another one serves."""
    former = mount.worker()
    mount.allow_in_log("takes over")
    os.kill(former, signal.SIGKILL)
    mounting.wait_until(lambda: mount.worker() not in (None, former), 10, "another worker")
    return former


def test_names_and_values_outlive_the_worker(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    path = mount.path("orgs/acme/openai/api_key")
    before = os.stat(path)
    kill(mount)
    assert mount.get("orgs/acme/openai/api_key") == KEY
    after = os.stat(path)
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_an_open_file_reads_on(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    with open(mount.path("orgs/acme/openai/api_key"), "rb", buffering=0) as file:
        assert file.read(10) == KEY[:10].encode()
        mount.put("orgs/acme/openai/api_key", OTHER)
        kill(mount)
        assert file.read() == KEY[10:].encode()
        file.seek(0)
        assert file.read() == OTHER.encode()


def test_what_was_written_is_saved_by_the_successor(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    path = mount.path("orgs/acme/openai/api_key")
    with open(path, "wb", buffering=0) as file:
        file.write(OTHER[:20].encode())
        kill(mount)
        assert mount.get("orgs/acme/openai/api_key") == KEY
        file.write(OTHER[20:].encode())
        kill(mount)
    assert mount.get("orgs/acme/openai/api_key") == OTHER


def test_a_file_that_was_created_is_saved_by_the_successor(mount):
    mount.org("acme")
    mount.account("acme/openai")
    path = mount.path("orgs/acme/openai/api_key")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    kill(mount)
    os.write(descriptor, KEY.encode())
    os.close(descriptor)
    assert mount.get("orgs/acme/openai/api_key") == KEY


def test_scratch_files_outlive_the_worker(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    directory = mount.path("orgs/acme/openai")
    with open(directory + "/api_key.tmp", "wb", buffering=0) as file:
        file.write(OTHER[:20].encode())
        kill(mount)
        file.write(OTHER[20:].encode())
    os.symlink("somewhere", directory + "/.#api_key")
    kill(mount)
    assert os.readlink(directory + "/.#api_key") == "somewhere"
    os.unlink(directory + "/.#api_key")
    os.rename(directory + "/api_key.tmp", directory + "/api_key")
    assert mount.get("orgs/acme/openai/api_key") == OTHER
    kill(mount)
    assert sorted(os.listdir(directory)) == ["api_key", "provider"]


# under load

KILLS = int(os.environ.get("CREDFS_KILLS", "20"))


def value(number):
    """A value that says by itself whether it is whole."""
    return f"sk-proj-{number:08d}-" + f"{number * 7919 % 100000000:08d}" * 8


def is_value(text):
    return text.startswith("sk-proj-") and text == value(int(text[8:16]))


class Load:
    """Clients that work on the mount until they are told to end, and note whatever goes wrong."""

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
                    self.wrong.append(f"{work.__name__}: {error!r}")
                    step = work(*arguments)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.threads.append(thread)

    def end(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(timeout=60)
            assert not thread.is_alive(), "a client hangs"

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


@pytest.fixture
def load(mount):
    mount.org("acme")
    mount.account("acme/openai", provider="generic", api_key=value(0))
    path = mount.path("orgs/acme/openai/api_key")
    load = Load(mount)
    for _ in range(4):
        load.client(load.reader, path)
    load.client(load.writer, path)
    for name in "first", "second":
        load.client(load.namer, mount.path("orgs/acme"), name)
    load.client(load.keeper, path)
    yield load
    load.end()
    assert load.wrong == []


def test_no_operation_fails_however_often_the_worker_is_killed(mount, load):
    for _ in range(KILLS):
        time.sleep(random.uniform(0.02, 0.3))
        kill(mount)
    before = load.count
    mounting.wait_until(lambda: load.count > before + 100, 20, "the clients go on")
    assert load.wrong == []
