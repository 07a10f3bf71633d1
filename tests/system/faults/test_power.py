"""The power fails: at any moment, with any part lost of what was not synced. What was acknowledged
before that moment is there afterwards, and nothing is damaged."""
import os
import random
import shutil
import subprocess

import pytest

from conftest import LONG
from power import Disk, Garbage, Lost, Random, read_tape
from states import audit_elsewhere, furnish, key, save, snapshot
from storage import Storage


def edits():
    """Each is one step: it is acknowledged as a whole."""
    for number, letter in enumerate("abcdef"):
        yield lambda m, l=letter: save(m, "orgs/acme/openai/api_key", key(l))
        yield lambda m, n=number: os.mkdir(m.path(f"orgs/acme/account {n}"))
        yield lambda m, n=number: save(m, f"orgs/acme/account {n}/field", f"value {n}" * 100 * n)
    yield lambda m: save(m, "orgs/acme/vault/second", "second " * 9000)
    yield lambda m: os.rename(m.path("orgs/acme/account 1"), m.path("orgs/acme/renamed"))
    yield lambda m: os.unlink(m.path("orgs/acme/account 2/field"))
    yield lambda m: os.rmdir(m.path("orgs/acme/account 2"))
    yield lambda m: os.symlink("../../vault", m.path("orgs/acme/projects/etl/vault"))
    yield lambda m: os.mkdir(m.path("orgs/initech"))
    yield lambda m: os.mkdir(m.path("orgs/initech/anthropic"))
    yield lambda m: save(m, "orgs/initech/anthropic/api_key", "sk-ant-" + "7" * 40)
    yield lambda m: os.rename(m.path("orgs/initech"), m.path("orgs/initrode"))
    yield lambda m: save(m, "orgs/acme/roles/admin", "user:nobody\n")
    yield lambda m: os.unlink(m.path("orgs/acme/projects/etl/openai"))
    for letter in "ghijk":
        yield lambda m, l=letter: save(m, "orgs/globex/openai/api_key", key(l))


class Recording:
    """What a daemon did, when it acknowledged what, and what was to be seen then."""

    def __init__(self, mount):
        self.directory = mount.private
        self.before = mount.base + "/before"
        self.tape = mount.base + "/tape"
        furnish(mount)
        mount.umount()
        shutil.copytree(mount.private, self.before)
        open(self.tape, "w", encoding="utf-8").close()
        os.chmod(self.tape, 0o666)  # who serves is nobody special, and opens it once more
        Storage(mount)
        mount.environment["FAULT_TAPE"] = self.tape
        mount.start()
        self.states = [snapshot(mount)]
        self.acknowledged = []  # how long the tape was then
        for step in edits():
            step(mount)
            self.acknowledged.append(os.stat(self.tape).st_size)
            self.states.append(snapshot(mount))
        mount.umount()
        for name in ("FAULT_TAPE", "LD_PRELOAD"):
            del mount.environment[name]
        self.events = read_tape(self.tape)


def restore(mount, files):
    shutil.rmtree(mount.private)
    os.mkdir(mount.private, 0o700)
    for name, content in files.items():
        path = os.path.join(mount.private, name)
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, 0o400 if name == "identity" else 0o600)


def violation(mount, files, allowed):
    """Start a daemon on these files; what is wrong with what it shows, or None."""
    restore(mount, files)
    try:
        mount.start()
        seen = snapshot(mount)
    except (AssertionError, OSError) as error:
        seen, wrong = None, f"{type(error).__name__} {error}"
    if seen is not None:
        wrong = None if seen in allowed else "neither the last acknowledged state nor the next one"
    mount.kill()
    return wrong


def moments(recording, share, syncing):
    """At some of the moments, the disk then and the states that may be seen after it."""
    disk = Disk(recording.directory, recording.before, syncing)
    chance = random.Random(os.getpid())
    position, done = 0, 0
    for number, event in enumerate(recording.events):
        disk.play(event)
        position += 24 + len(event.data)
        while done < len(recording.acknowledged) and recording.acknowledged[done] <= position:
            done += 1
        if chance.random() < share:
            yield number, disk, recording.states[done:done + 2]


@pytest.fixture
def mount(mounts):
    mount = audit_elsewhere(mounts(init=False))
    mount.init()
    mount.start()
    mount.allow_in_log("error|damaged|cannot")
    return mount


@pytest.fixture
def recording(mount):
    return Recording(mount)


@pytest.mark.limit(1500)
def test_what_was_acknowledged_survives_a_loss_of_power(mount, recording):
    assert len(recording.events) > 300
    tried = 0
    for number, disk, allowed in moments(recording, 1 if LONG else 40 / len(recording.events), True):
        for keep in (Lost(), Random(number), Garbage(number), Garbage(-number)):
            wrong = violation(mount, disk.after(keep), allowed)
            assert wrong is None, f"event {number}, {type(keep).__name__}: {wrong}"
            tried += 1
    assert tried >= 60
    mount.start()
    mount.umount()


@pytest.mark.limit(1500)
def test_a_disk_that_does_not_sync_is_noticed(mount, recording):
    """What the test above finds when there is something to be found."""
    found = sum(violation(mount, disk.after(Lost()), allowed) is not None
                for _, disk, allowed in moments(recording, 20 / len(recording.events), False))
    assert found >= 10
    restore(mount, {})
    subprocess.run(["umount", "-l", mount.root], check=True, timeout=30)
