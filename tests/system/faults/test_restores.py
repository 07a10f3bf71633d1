"""Storage that fails or dies at any call of a backup or a restore: a backup is whole or not there,
the store is the former one or the restored one, and the next attempt succeeds."""
import os
import shutil
import subprocess

import pytest

from storage import Action, Storage

FAULTS = (Action.KILL, Action.KILL_HALF, Action.EIO, Action.ENOSPC, Action.SHORT_WRITE,
          Action.STICKY_EIO)
FORMER, RESTORED = "value-3", "value-0"
UNCONFIRMED = 18


@pytest.fixture
def furnished(mounts):
    """Unmounted: a store that has gone on since its backup was made; both kept for the next fault."""
    mount = mounts()
    mount.org("acme")
    mount.account("acme/app", provider="generic", key=RESTORED)
    mount.backup = mount.base + "/backup.db"
    assert mount.credfs("backup", mount.backup).returncode == 0
    for number in (1, 2, 3):
        mount.put("orgs/acme/app/key", f"value-{number}")
    mount.umount()
    mount.copy = mount.base + "/copy"
    copy(mount.private, mount.copy)
    mount.storage = Storage(mount)
    mount.allow_in_log("error|cannot")
    return mount


def copy(source, target):
    """As an operator does, with the owners: the store is the daemon's."""
    subprocess.run(["cp", "-a", source, target], check=True, timeout=60)


def begin_anew(mount):
    shutil.rmtree(mount.private)
    copy(mount.copy, mount.private)


def value(mount):
    mount.start()
    try:
        return mount.get("orgs/acme/app/key")
    finally:
        mount.umount()


def points(calls, sample, least):
    return sample([(action, call) for call in range(1, calls + 1) for action in FAULTS], least)


def faults_of(mount, sample, least, *command):
    """Run the command with each fault: (where, what it did) each."""
    mount.storage.count_calls()
    assert mount.credfs(*command).returncode == 0
    calls = mount.storage.count
    assert calls > 10
    for action, call in points(calls, sample, least):
        begin_anew(mount)
        mount.storage.arm(action, call)
        done = mount.credfs(*command)
        what, fired = mount.storage.what, mount.storage.fired
        mount.storage.disarm()
        where = f"{action.name} at call {call} of {calls} ({what}): {done}"
        assert fired, where
        yield where, done


@pytest.mark.limit(1200)
def test_a_restore_that_fails_or_dies_leaves_the_former_store_or_the_restored_one(furnished, sample):
    mount = furnished
    for where, done in faults_of(mount, sample, 30, "restore", "--yes", mount.backup):
        seen = value(mount)
        assert seen in (FORMER, RESTORED), where
        assert done.returncode != 0 or seen == RESTORED, where
        again = mount.credfs("restore", "--yes", mount.backup)
        assert again.returncode == 0, f"{where}, then {again}"
        assert value(mount) == RESTORED, where
        assert not [name for name in os.listdir(mount.private) if "restoring" in name], where


@pytest.mark.limit(1200)
def test_a_backup_that_fails_or_dies_is_whole_or_not_there(furnished, sample):
    mount = furnished
    path = mount.private + "/another.db"
    for where, done in faults_of(mount, sample, 24, "backup", path):
        assert done.returncode != 0 or os.path.exists(path), where
        if done.returncode > 0 and os.path.exists(path):
            assert "another.db" in done.stderr, where
        if os.path.exists(path):
            whole = mount.credfs("restore", path)
            assert whole.returncode == UNCONFIRMED and "holds, at" in whole.stdout, (where, whole)
        assert value(mount) == FORMER, where
