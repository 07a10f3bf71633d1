"""Memory that runs out: who asks is told so, the daemon goes on, and nobody ever gets wrong bytes.
Memory that cannot be locked: there is no daemon."""
import errno
import random
import signal
import subprocess

import pytest

from memory import Memory
from mounting import wait_until
from states import EDITS, Pristine, audit_elsewhere, difference, snapshot

# Memory is the disk of scratch files.
REFUSALS = {errno.ENOMEM, errno.EIO, errno.ENOSPC}
FOREVER = 2**31


@pytest.fixture
def mount(mounts):
    mount = audit_elsewhere(mounts(init=False))
    mount.init()
    mount.start()
    mount.allow_in_log("error|cannot|memory")
    return mount


@pytest.fixture
def pristine(mount):
    pristine = Pristine(mount)
    mount.memory = Memory(mount)
    return pristine


def run_steps(mount, steps):
    for number, step in enumerate(steps):
        try:
            step(mount)
        except OSError as error:
            return number, error.errno
    return len(steps), None


@pytest.mark.limit(1500)
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_for_which_there_is_no_memory_is_whole_or_absent(pristine, edit, sample):
    mount = pristine.mount
    states = pristine.states(edit)
    pristine.restore()
    mount.start()
    snapshot(mount)
    mount.memory.arm(0)
    run_steps(mount, EDITS[edit])
    count = mount.memory.count
    mount.umount()
    assert count
    for number, width in sample([(number, width) for number in range(1, count + 1)
                                 for width in (1, 3, FOREVER)], 8):
        pristine.restore()
        mount.start()
        snapshot(mount)
        mount.memory.arm(number, width)
        done, error = run_steps(mount, EDITS[edit])
        where = f"{edit}, allocation {number}, {width} fail, {done} steps done"
        mount.memory.disarm()
        assert error is None or error in REFUSALS, f"{where}: {errno.errorcode[error]}"
        assert mount.process.poll() is None, f"{where}: the daemon has ended"
        # what was durable before memory ran out is told as a failure and seen all the same
        allowed = states[done:done + 2] if error else [states[done]]
        seen = snapshot(mount)
        assert seen in allowed, f"{where}: {difference(seen, states[done])}"
        mount.remount()
        again = snapshot(mount)
        assert again == seen, f"{where}, mounted anew: {difference(seen, again)}"
        mount.umount()


def look(mount, expected):
    """Whatever can be seen is true; returns how much could not be."""
    missing = 0
    for path, value in expected.items():
        if not isinstance(value, tuple):
            continue
        try:
            with open(mount.path(path), encoding="utf-8") as file:
                assert file.read() == value[0], path
        except OSError as error:
            assert error.errno in REFUSALS, f"{path}: {error}"
            missing += 1
    return missing


@pytest.mark.limit(1500)
def test_what_is_read_without_memory_is_true_or_refused(pristine, sample):
    mount = pristine.mount
    pristine.restore()
    mount.start()
    expected = snapshot(mount)
    mount.umount()
    mount.start()
    mount.memory.arm(0)
    look(mount, expected)
    count = mount.memory.count
    mount.umount()
    refused = 0
    for number in sample(range(1, count + 1), 60):
        mount.start()
        mount.memory.arm(number, 2)
        refused += look(mount, expected)
        mount.memory.disarm()
        assert mount.process.poll() is None, f"allocation {number}: the daemon has ended"
        seen = snapshot(mount)
        assert seen == expected, f"allocation {number}: {difference(seen, expected)}"
        mount.umount()
    assert refused, "no allocation that failed was noticed"


@pytest.mark.limit(1500)
def test_a_daemon_without_memory_to_start_says_so(pristine, sample):
    mount = pristine.mount
    mount.memory.arm(0)
    mount.start()
    count = mount.memory.count
    mount.umount()
    # of those that load the catalogue tests/faults/starved.c makes every single one fail
    step = max(1, count // 1000)
    for number in sample(range(random.randint(1, step), count + 1, step), 40):
        mount.memory.arm(number)
        try:
            mount.start()
        except AssertionError:
            assert mount.process.returncode not in (-signal.SIGSEGV, -signal.SIGABRT), number
            mount.process = None
        else:
            mount.umount()
        mount.memory.disarm()


@pytest.mark.limit(1500)
def test_a_worker_without_memory_to_confine_itself_comes_to_an_end(pristine):
    """A library that never comes to an end without memory is not waited for."""
    mount = pristine.mount
    mount.environment["FAULT_SECCOMP"] = "1"
    mount.memory.arm(0)
    mount.start()
    count = mount.memory.count
    assert count > 100
    mount.umount()
    for number in range(random.randint(1, 9), count + 1, max(1, count // 40)):
        mount.memory.arm(number)
        try:
            mount.start()
        except AssertionError:
            assert mount.process.wait(timeout=10) > 0, number
            mount.process = None
        else:
            mount.umount()
        assert mount.memory.fired, number
        mount.memory.disarm()
    mount.start()


@pytest.mark.parametrize("limit", [0, 4096, 65536, 4 << 20])
def test_memory_that_cannot_be_locked_stops_the_start_and_names_the_limit(mounts, limit):
    mount = mounts(start=False)
    # root's own right to lock more than the limit is taken away with the capability
    wrapper = ("prlimit", f"--memlock={limit}:{limit}", "setpriv", "--inh-caps=-ipc_lock",
               "--bounding-set=-ipc_lock", "--")
    done = mount.credfs("mount", mount.root, wrapper=wrapper)
    assert done.returncode == 11, done.stderr
    assert "ulimit -l" in done.stderr
    wait_until(lambda: not mount.processes(), 10, "nothing is left of it")
    mount.start()


HOLD = """
import os, sys
held = []
try:
    while len(held) < 500:
        held.append(os.open(sys.argv[1], os.O_RDWR))
        os.pwrite(held[-1], b"y" * 60000, 0)
except OSError as error:
    print(error.errno, len(held), flush=True)
sys.stdin.readline()
for handle in held:
    os.ftruncate(handle, 0)
"""


def test_who_takes_all_memory_is_refused_and_the_others_are_served(mounts, people):
    """The smallest limit there is: one user's share ends, and closing gives it back."""
    mount = mounts("[memory]\nlimit = 4M\n")
    alice, bob = people.user("alice"), people.user("bob")
    mount.org("acme", admin=[f"user:{alice}", f"user:{bob}"])
    mount.account("acme/vault", provider="generic", long="x" * 60000, short="s1")
    with subprocess.Popen(["setpriv", f"--reuid={bob}", "--init-groups", "--inh-caps=-all", "--",
                           "/usr/bin/python3", "-c", HOLD, mount.path("orgs/acme/vault/long")],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as greedy:
        code, count = map(int, greedy.stdout.readline().split())
        assert code == errno.EDQUOT and count >= 2
        path = mount.path("orgs/acme/vault/short")
        assert people.run(alice, ["cat", path]).stdout == "s1"
        assert people.run(alice, f"echo s2 > {path}").returncode == 0
        greedy.communicate("\n", timeout=30)
    assert mount.get("orgs/acme/vault/short") == "s2"
    assert mount.get("orgs/acme/vault/long") == "x" * 60000
