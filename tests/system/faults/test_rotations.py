"""The key of an organisation is rotated, or a member removed, and storage fails or the command, or
the daemon that goes on with it, is killed: at every call. What was acknowledged has happened; what
was not has happened or has not; whoever comes next goes on to the end. There nothing is sealed under
a former key, nobody's wrap of it is left, and every value is what it was."""
import os
import shutil
import signal
import sqlite3
import subprocess

import pytest

from mounting import wait_until
from states import Pristine, audit_elsewhere, difference, snapshot
from storage import Action, Storage
from test_beginnings import start_anyhow
from test_key import Host, listed, members

FAULTS = (Action.KILL, Action.KILL_HALF, Action.EIO, Action.ENOSPC, Action.SHORT_WRITE,
          Action.STICKY_EIO)
# Exit codes: failure, damaged identity, no store, damaged store, mismatch.
REFUSED = {1, 7, 8, 10, 16}
# Three batches of rows, and some more.
FIELDS = 130


class Rotating:
    """A store, unmounted, that can be had again and again, whose organisation another host may read;
    and what is to be seen of it before and after."""

    def __init__(self, mounts):
        self.mount = mount = audit_elsewhere(mounts(init=False))
        mount.init()
        mount.start()
        mount.allow_in_log("error|cannot|No space|damaged")
        self.pristine = Pristine(mount)
        mount.start()
        mount.account("acme/wide", provider="generic",
                      **{f"field_{n}": f"value {n}" for n in range(FIELDS)})
        self.host = Host(mounts, mount)
        assert mount.credfs("key", "add", self.host.public, "--org", "acme", "--can",
                            "read").returncode == 0
        self.org = bytes.fromhex(listed(mount)["fingerprint"][:32])
        self.seen = snapshot(mount)
        mount.umount()
        mount.storage = Storage(mount)
        self.keep()

    def keep(self):
        """Whatever there is now is what restore() brings back."""
        shutil.rmtree(self.pristine.copy)
        shutil.copytree(self.mount.private, self.pristine.copy)

    def restore(self):
        self.pristine.restore()

    def argv(self, what):
        return ("key", "rotate", "acme") if what == "rotate" else (
            "key", "remove", self.host.id, "--org", "acme")

    def run(self, what):
        return self.mount.credfs(*self.argv(what))

    def count_calls(self, what):
        self.restore()
        self.mount.storage.count_calls()
        assert self.run(what).returncode == 0
        calls = self.mount.storage.count
        self.mount.storage.disarm()
        assert calls
        return calls

    def epochs(self, table):
        """How many rows of the organisation are there under each epoch."""
        with sqlite3.connect(f"file:{self.mount.db}?mode=ro", uri=True) as db:
            return dict(db.execute(f"SELECT epoch, count(*) FROM {table} WHERE org = ? "
                                   "GROUP BY epoch", (self.org,)))

    def is_done(self):
        return "to-reseal" not in listed(self.mount)

    def expect_end(self, where):
        """The mounted daemon goes on by itself, and at the end nothing is of a former epoch."""
        mount = self.mount
        seen = snapshot(mount)
        assert seen == self.seen, f"{where}: {difference(seen, self.seen)}"
        wait_until(self.is_done, 30, where + ": sealed anew")
        seen = snapshot(mount)
        assert seen == self.seen, f"{where}, at the end: {difference(seen, self.seen)}"
        epoch = int(listed(mount)["epoch"])
        wraps = len(members(mount))
        mount.umount()
        assert set(self.epochs("item")) == {epoch}, where
        assert set(self.epochs("value")) == {epoch}, where
        assert self.epochs("wrap") == {epoch: wraps}, where
        check = mount.credfs("check", "--store")
        assert check.returncode == 0, f"{where}: {check.stdout}"
        return epoch


@pytest.fixture
def rotating(mounts):
    return Rotating(mounts)


def points(calls, sample, least):
    """Killed at every call; of the other faults each call has one, another in each run."""
    others, shift = FAULTS[1:], os.getpid()
    return sample([(action, call) for call in range(1, calls + 1)
                   for action in (Action.KILL, others[(call + shift) % len(others)])], least)


def fail(rotating, what, action, call):
    """Run the command with that fault: the epoch that there is then, and where it was."""
    mount = rotating.mount
    mount.storage.arm(action, call)
    done = rotating.run(what)
    fired = mount.storage.fired
    where = f"{what}, {action.name} at call {call} ({mount.storage.what}): {done.returncode}"
    mount.storage.disarm()
    if not fired:
        assert done.returncode == 0, f"{where} {done.stderr}"
    assert done.returncode in REFUSED | {0, -signal.SIGKILL}, f"{where} {done.stderr}"
    return done.returncode, where


@pytest.mark.limit(2400)
@pytest.mark.parametrize("what", ["rotate", "remove"])
def test_a_rotation_that_fails_anywhere_is_gone_on_with(rotating, what, sample):
    mount = rotating.mount
    for action, call in points(rotating.count_calls(what), sample, 10):
        rotating.restore()
        status, where = fail(rotating, what, action, call)
        epoch = int(listed(mount)["epoch"])
        assert epoch == 2 if status == 0 else epoch in (1, 2), where
        assert (rotating.host.id in members(mount)) == (what == "rotate" or epoch == 1), where
        mount.start()
        assert rotating.expect_end(where) == epoch, where


@pytest.mark.limit(2400)
def test_a_rotation_that_is_killed_twice_is_gone_on_with(rotating, sample):
    """Once anywhere, and what was begun anew once more."""
    mount = rotating.mount
    calls = rotating.count_calls("rotate")
    pairs = [(one, (one * 7) % calls + 1) for one in range(1, calls + 1)]
    for one, other in sample(pairs, 5):
        rotating.restore()
        _, first = fail(rotating, "rotate", Action.KILL, one)
        between = int(listed(mount)["epoch"])
        _, second = fail(rotating, "rotate", Action.KILL_HALF, other)
        epoch = int(listed(mount)["epoch"])
        where = f"{first}, then {second}"
        assert between in (1, 2) and epoch in (between, between + 1), where
        mount.start()
        assert rotating.expect_end(where) == epoch, where


def begin(rotating):
    """A rotation that was killed when the first batch of rows was under way."""
    mount = rotating.mount
    for call in range(1, rotating.count_calls("rotate") + 1):
        rotating.restore()
        fail(rotating, "rotate", Action.KILL, call)
        if listed(mount)["epoch"] == "2" and rotating.epochs("value").get(2):
            break
    assert 0 < rotating.epochs("value")[2] < FIELDS
    rotating.keep()


def go_on(rotating):
    """Mount, whatever becomes of it, and have the organisation loaded; None when it is mounted."""
    status = start_anyhow(rotating.mount)
    if status is None:
        try:
            os.listdir(rotating.mount.path("orgs/acme/wide"))
        except OSError:
            pass  # it may fail now, and not for ever
    return status


@pytest.mark.limit(2400)
def test_a_daemon_that_fails_while_it_goes_on_is_followed_by_one_that_does_not(rotating, sample):
    mount = rotating.mount
    begin(rotating)
    mount.storage.count_calls()
    assert go_on(rotating) is None
    wait_until(rotating.is_done, 30, "sealed anew")
    calls = mount.storage.count
    mount.storage.disarm()
    mount.umount()
    assert calls
    for action, call in points(calls, sample, 8):
        rotating.restore()
        mount.storage.arm(action, call)
        status = go_on(rotating)
        if status is None:
            wait_until(lambda: mount.storage.fired or rotating_is_done(rotating), 30,
                       f"{action.name} at call {call}")
        where = f"{action.name} at call {call} ({mount.storage.what}), {status}"
        mount.storage.disarm()
        mount.kill()
        mount.start()
        assert rotating.expect_end(where) == 2, where


def rotating_is_done(rotating):
    """As the file says; the command would count as a call."""
    return set(rotating.epochs("wrap")) == {2}


@pytest.mark.limit(600)
@pytest.mark.parametrize("mounted", [False, True], ids=["alone", "beside a daemon"])
def test_two_rotations_at_once_share_the_work(rotating, mounted):
    mount = rotating.mount
    if mounted:
        mount.start()
        snapshot(mount)
    both = [subprocess.Popen(mount.argv("key", "rotate", "acme"), env=mount.environment,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True) for _ in range(2)]
    texts = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], texts
    if not mounted:
        mount.start()
    assert rotating.expect_end("two at once") == 3
