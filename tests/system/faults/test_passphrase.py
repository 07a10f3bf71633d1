"""argon2id without the memory that it costs: there is no key, and never one that was cheaper."""
import signal
import subprocess

import pytest

from memory import Memory

PASSPHRASE = "correct horse battery\n"
OTHER, MEMORY = 1, 11


@pytest.fixture
def sealed(mounts):
    mount = mounts(init=False)
    done = mount.credfs("init", "--passphrase", "--no-recovery", answers=PASSPHRASE)
    assert done.returncode == 0, done.stderr
    return mount


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def address_space(mebibytes):
    return ("prlimit", f"--as={mebibytes << 20}", "--")


@pytest.mark.parametrize("mebibytes", [100, 200, 256])
@pytest.mark.parametrize("arguments", [["key", "show"], ["mount"]])
def test_an_identity_does_not_open_without_memory_and_does_with_it(sealed, arguments, mebibytes):
    arguments = ["mount", sealed.root] if arguments == ["mount"] else arguments
    before = text_of(sealed.identity)
    done = sealed.credfs(*arguments, wrapper=address_space(mebibytes), answers=PASSPHRASE)
    assert done.returncode == MEMORY, done
    assert "not enough memory" in done.stderr
    assert done.stdout == "" and not sealed.processes()
    assert text_of(sealed.identity) == before
    assert sealed.credfs("key", "show", wrapper=address_space(1024),
                         answers=PASSPHRASE).returncode == 0


@pytest.mark.parametrize("mebibytes", [100, 200, 256])
def test_init_and_a_change_make_nothing_cheaper(mounts, sealed, mebibytes):
    bare = mounts(init=False)
    done = bare.credfs("init", "--passphrase", "--no-recovery", wrapper=address_space(mebibytes),
                       answers=PASSPHRASE)
    assert done.returncode == MEMORY, done
    assert "not enough memory" in done.stderr
    plain = mounts(start=False)
    before = text_of(plain.identity)
    done = plain.credfs("key", "passphrase", wrapper=address_space(mebibytes), answers=PASSPHRASE)
    assert done.returncode == MEMORY, done
    assert text_of(plain.identity) == before
    assert " 3 256 " in text_of(sealed.identity)


@pytest.mark.parametrize("limit", [0, 4096, 65536])
def test_an_identity_does_not_open_where_memory_cannot_be_locked(sealed, limit):
    wrapper = ("prlimit", f"--memlock={limit}:{limit}", "setpriv", "--inh-caps=-ipc_lock",
               "--bounding-set=-ipc_lock", "--")
    for arguments in (["key", "show"], ["mount", sealed.root]):
        done = sealed.credfs(*arguments, wrapper=wrapper, answers=PASSPHRASE)
        assert done.returncode == MEMORY, done
        assert "ulimit -l" in done.stderr
    assert not sealed.processes()


@pytest.mark.limit(600)
def test_whichever_allocation_fails_the_identity_opens_or_says_why(sealed, sample):
    """None of them ends in a signal, nor in a key that is another one."""
    shown = sealed.credfs("key", "show", answers=PASSPHRASE).stdout
    memory = Memory(sealed)
    memory.arm(0)
    assert sealed.credfs("key", "show", answers=PASSPHRASE).stdout == shown
    count = memory.count
    assert count
    failed = 0
    for number in sample(range(1, count + 1), 40):
        memory.arm(number)
        done = sealed.credfs("key", "show", answers=PASSPHRASE)
        memory.disarm()
        assert done.returncode not in (-signal.SIGSEGV, -signal.SIGABRT), (number, done)
        if done.returncode == 0:
            assert done.stdout == shown, number
        else:
            assert done.stdout == "" and done.stderr, (number, done)
            failed += 1
    assert failed, "no allocation that failed was noticed"


def test_a_child_that_is_killed_over_its_memory_mounts_nothing(sealed):
    """As the kernel does when a service reaches its limit."""
    with subprocess.Popen(sealed.argv("mount", sealed.root), stdin=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=sealed.environment, text=True) as program:
        children = []
        while not children:
            with open(f"/proc/{program.pid}/task/{program.pid}/children",
                      encoding="utf-8") as file:
                children = file.read().split()
        subprocess.run(["kill", "-KILL", *children], check=True, timeout=10)
        _, said = program.communicate(timeout=30)
    assert program.returncode == MEMORY
    assert "was killed" in said
    assert not sealed.processes()
