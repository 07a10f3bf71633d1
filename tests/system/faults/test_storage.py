"""Every call that an edit makes to storage, and the daemon's start and end, is made to fail: the
daemon is killed at it, or it answers with an error, or does half of its work. What was acknowledged
is there afterwards; what was refused has left everything as it was; there is no third outcome, in
the running daemon or in the next one."""
import errno
import os
import time

import pytest

from states import EDITS, Pristine, audit_elsewhere, difference, save, snapshot
from storage import Action, Storage

REFUSALS = {Action.EIO: {errno.EIO}, Action.STICKY_EIO: {errno.EIO},
            Action.ENOSPC: {errno.ENOSPC, errno.EIO}, Action.SHORT_WRITE: set()}
CALLS_MAX = 2000


@pytest.fixture
def mount(mounts):
    mount = audit_elsewhere(mounts(init=False))
    mount.init()
    mount.start()
    mount.allow_in_log("error|cannot|No space")
    return mount


@pytest.fixture
def pristine(mount):
    pristine = Pristine(mount)
    mount.storage = Storage(mount)
    return pristine


def run_steps(mount, steps):
    """How many steps were acknowledged, and the errno of the one that was not."""
    for number, step in enumerate(steps):
        try:
            step(mount)
        except OSError as error:
            return number, error.errno
    return len(steps), None


def count_calls(pristine, edit, reads=False):
    mount = pristine.mount
    pristine.restore()
    mount.start()
    mount.storage.count_calls(reads)
    run_steps(mount, EDITS[edit])
    count = mount.storage.count
    mount.storage.disarm()
    mount.umount()
    assert 0 < count < CALLS_MAX
    return count


def outcome_is(mount, states, allowed, where):
    """What is seen is one of the states with these numbers; which."""
    seen = snapshot(mount)
    for number in allowed:
        if seen == states[number]:
            return number
    raise AssertionError(f"{where}: a third state; differs from what was in "
                         f"{difference(seen, states[allowed[0]])}")


def killed_at(pristine, edit, states, action, call):
    """Kill the daemon at this call of the edit; whether it came to that."""
    mount = pristine.mount
    pristine.restore()
    mount.start()
    mount.storage.arm(action, call)
    done, error = run_steps(mount, EDITS[edit])
    fired = mount.storage.fired
    where = f"{edit}, {action.name} at call {call} ({mount.storage.what}), {done} steps done"
    mount.storage.disarm()
    if fired:
        # the last step may have been acknowledged before a call of the tidier killed the daemon
        assert error or done == len(EDITS[edit]), where
        mount.kill()
        mount.start()
        outcome_is(mount, states, [done, min(done + 1, len(states) - 1)], where)
    mount.umount()
    return fired


def failed_at(pristine, edit, states, action, call, reads=False):
    """Let one call of the edit fail; whether it came to that."""
    mount = pristine.mount
    pristine.restore()
    mount.start()
    mount.storage.arm(action, call, reads)
    done, error = run_steps(mount, EDITS[edit])
    fired = mount.storage.fired
    where = f"{edit}, {action.name} at call {call} ({mount.storage.what}), {done} steps done"
    mount.storage.disarm()
    if error:
        assert fired, where
        assert error in REFUSALS[action], f"{where}: {errno.errorcode[error]}"
    outcome_is(mount, states, [done], where)
    # without hands: what was refused succeeds now, or in the second in which a disk counts as full
    end = time.monotonic() + 5
    rest, error = run_steps(mount, EDITS[edit][done:])
    while error == errno.ENOSPC and time.monotonic() < end:
        time.sleep(0.2)
        more, error = run_steps(mount, EDITS[edit][done + rest:])
        rest += more
    assert error is None, f"{where}, again: {errno.errorcode[error]}"
    outcome_is(mount, states, [len(states) - 1], where + ", again")
    mount.remount()
    outcome_is(mount, states, [len(states) - 1], where + ", mounted anew")
    mount.umount()
    return fired


def failing_from(pristine, edit, states, call):
    """From this call on storage fails for good; then the machine is repaired and started anew."""
    mount = pristine.mount
    pristine.restore()
    mount.start()
    mount.storage.arm(Action.STICKY_EIO, call)
    done, error = run_steps(mount, EDITS[edit])
    where = f"{edit}, failing from call {call} ({mount.storage.what}), {done} steps done"
    if error:
        assert error == errno.EIO, f"{where}: {errno.errorcode[error]}"
    # reading goes on, from what was
    outcome_is(mount, states, [done], where)
    mount.kill()
    mount.storage.disarm()
    mount.start()
    # what the disk did not confirm it may have written all the same
    outcome_is(mount, states, [done, min(done + 1, len(states) - 1)], where + ", mounted anew")
    mount.umount()


@pytest.mark.limit(1200)
@pytest.mark.parametrize("edit", EDITS)
def test_killed_at_any_call_an_edit_is_whole_or_absent(pristine, edit, sample):
    states = pristine.states(edit)
    calls = count_calls(pristine, edit)
    points = [(action, call) for call in range(1, calls + 1)
              for action in (Action.KILL, Action.KILL_HALF)]
    fired = sum(bool(killed_at(pristine, edit, states, action, call))
                for action, call in sample(points, 8))
    assert fired


@pytest.mark.limit(1200)
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_that_storage_refuses_leaves_all_as_it_was(pristine, edit, sample):
    states = pristine.states(edit)
    calls = count_calls(pristine, edit)
    points = [(action, call) for call in range(1, calls + 1)
              for action in (Action.EIO, Action.ENOSPC, Action.SHORT_WRITE)]
    fired = sum(bool(failed_at(pristine, edit, states, action, call))
                for action, call in sample(points, 8))
    assert fired


@pytest.mark.limit(1200)
@pytest.mark.parametrize("edit", EDITS)
def test_storage_that_cannot_be_read_refuses_and_recovers(pristine, edit, sample):
    states = pristine.states(edit)
    calls = count_calls(pristine, edit, reads=True)
    for call in sample(range(1, calls + 1), 6):
        failed_at(pristine, edit, states, Action.EIO, call, reads=True)


@pytest.mark.limit(1200)
@pytest.mark.parametrize("edit", EDITS)
def test_storage_that_fails_for_good_is_read_on(pristine, edit, sample):
    states = pristine.states(edit)
    for call in sample(range(1, count_calls(pristine, edit) + 1), 4):
        failing_from(pristine, edit, states, call)
