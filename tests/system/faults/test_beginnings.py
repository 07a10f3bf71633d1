"""Storage that fails while a store is made, opened, closed, or rid of what was deleted: nothing that
was acknowledged is lost, a refusal says so by its exit code, and the next attempt succeeds."""
import os
import shutil
import signal
import subprocess
import time

import pytest

from mounting import is_mounted, wait_until
from states import Pristine, audit_elsewhere, difference, key, save, snapshot
from storage import Action, Storage

# Exit codes by which `credfs mount` may refuse what it could not read or write: failure, damaged
# identity, no store, damaged store, cannot mount, mismatch.
REFUSED = {1, 7, 8, 10, 14, 16}
FAULTS = (Action.KILL, Action.KILL_HALF, Action.EIO, Action.ENOSPC, Action.SHORT_WRITE,
          Action.STICKY_EIO)


@pytest.fixture
def mount(mounts):
    mount = audit_elsewhere(mounts(init=False))
    mount.init()
    mount.start()
    mount.allow_in_log("error|cannot|No space|damaged")
    return mount


@pytest.fixture
def pristine(mount):
    pristine = Pristine(mount)
    mount.storage = Storage(mount)
    return pristine


def points(calls, sample, least):
    return sample([(action, call) for call in range(1, calls + 1) for action in FAULTS], least)


def start_anyhow(mount):
    """Start; the exit code when it does not come to a mount."""
    with open(mount.log, "a", encoding="utf-8") as log:
        mount.process = subprocess.Popen(mount.argv("mount", "-f", mount.root),
                                         env=mount.environment, cwd="/",
                                         stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    wait_until(lambda: mount.process.poll() is not None or
               (is_mounted(mount.root) and mount.answers()), 20, "mounted, or given up")
    return mount.process.poll()


# Making

def nothing_is_left(mount):
    return not os.path.exists(mount.private) or not os.listdir(mount.private)


@pytest.mark.parametrize("flags", [True, False], ids=["here", "as on NFS"])
def test_a_store_that_could_not_be_made_leaves_nothing_or_says_what(mounts, sample, flags):
    mount = mounts(init=False)
    storage = Storage(mount)
    if not flags:
        mount.environment["FAULT_NO_RENAME_FLAGS"] = "1"
    storage.count_calls()
    assert mount.credfs("init", "--unconfirmed").returncode == 0
    calls = storage.count
    assert calls > 20
    for action, call in points(calls, sample, 24):
        shutil.rmtree(mount.private)
        os.mkdir(mount.private, 0o700)
        storage.arm(action, call)
        done = mount.credfs("init", "--unconfirmed")
        what, fired = storage.what, storage.fired
        storage.disarm()
        where = f"{action.name} at call {call} ({what}): {done.returncode} {done.stderr}"
        assert fired, where
        if done.returncode == 0:
            mount.start()
            mount.umount()
        elif done.returncode == 1 and action != Action.STICKY_EIO:
            # refused: what there is was taken away again, so that the next one succeeds
            assert nothing_is_left(mount), f"{where}: {os.listdir(mount.private)}"
            assert mount.credfs("init", "--unconfirmed").returncode == 0, where
        else:
            # ended in the middle: the next one finds what is there, harms nothing and names it
            assert done.returncode in (1, -signal.SIGKILL), where
            again = mount.credfs("init", "--unconfirmed")
            left = os.listdir(mount.private)
            assert again.returncode in (0, 12), f"{where}: {again.stderr} {left}"
            if again.returncode == 12:
                assert any(os.path.join(mount.private, name) in again.stderr for name in left)
                assert os.listdir(mount.private) == left


# Opening

@pytest.mark.limit(1200)
@pytest.mark.parametrize("reads", [False, True], ids=["writing", "reading"])
@pytest.mark.parametrize("crashed", [False, True], ids=["after an unmount", "after a crash"])
def test_a_store_that_cannot_be_opened_now_can_be_later(pristine, sample, crashed, reads):
    mount = pristine.mount
    mount.start()
    save(mount, "orgs/acme/openai/api_key", key("7"))
    state = snapshot(mount)
    if crashed:
        mount.kill()
    else:
        mount.umount()
    shutil.rmtree(pristine.copy)
    shutil.copytree(mount.private, pristine.copy)
    mount.storage.count_calls(reads)
    mount.start()
    calls = mount.storage.count
    mount.umount()
    assert calls
    for action, call in points(calls, sample, 12):
        pristine.restore()
        mount.storage.arm(action, call, reads)
        status = start_anyhow(mount)
        where = f"{action.name} at call {call} ({mount.storage.what}): {status}"
        mount.storage.disarm()
        if status is None:
            assert snapshot(mount) == state, where
            mount.umount()
        else:
            assert status in REFUSED | {-signal.SIGKILL}, where
            mount.process = None
        mount.start()
        seen = snapshot(mount)
        assert seen == state, f"{where}: {difference(seen, state)}"
        mount.umount()


# Closing

def remove_some(mount):
    os.unlink(mount.path("orgs/acme/vault/first"))
    subprocess.run(["rm", "-r", mount.path("orgs/acme/anthropic")], check=True, timeout=30)


@pytest.mark.limit(1200)
def test_an_end_that_fails_loses_nothing(pristine, sample):
    """At its end the daemon erases what was removed a moment before, and empties the log."""
    mount = pristine.mount
    mount.start()
    remove_some(mount)
    state = snapshot(mount)
    mount.storage.count_calls()
    mount.umount()
    calls = mount.storage.count
    assert calls
    for action, call in points(calls, sample, 16):
        pristine.restore()
        mount.start()
        remove_some(mount)
        mount.storage.arm(action, call)
        subprocess.run(["umount", mount.root], check=True, timeout=30)
        status = mount.process.wait(timeout=30)
        where = f"{action.name} at call {call} ({mount.storage.what}): {status}"
        mount.process = None
        mount.storage.disarm()
        assert status in (0, 1, -signal.SIGKILL), where
        mount.start()
        seen = snapshot(mount)
        assert seen == state, f"{where}: {difference(seen, state)}"
        mount.umount()


# Erasing

@pytest.mark.limit(1200)
def test_erasing_later_what_was_removed_harms_nothing_else(pristine, sample):
    """Ten seconds after a removal its row is erased, and the log emptied: by the daemon's timer."""
    mount = pristine.mount
    mount.start()
    mount.storage.count_calls()
    os.unlink(mount.path("orgs/acme/vault/first"))
    before = mount.storage.count
    state = snapshot(mount)
    time.sleep(13)
    calls = mount.storage.count - before
    assert calls, "nothing was erased"
    mount.umount()
    for action, call in points(calls, sample, 2):
        pristine.restore()
        mount.start()
        os.unlink(mount.path("orgs/acme/vault/first"))
        mount.storage.arm(action, call)
        wait_until(lambda: mount.storage.fired, 20, f"{action.name} at call {call}")
        mount.storage.disarm()
        where = f"{action.name} at call {call} ({mount.storage.what})"
        if action in (Action.KILL, Action.KILL_HALF):
            mount.kill()
            mount.start()
        assert snapshot(mount) == state, where
        mount.remount()
        assert snapshot(mount) == state, where
        mount.umount()
