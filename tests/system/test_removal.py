"""Removing a value and making another in its place: what is refused, or empty, puts the old one back
within ten seconds, also when the daemon died meanwhile; and what nobody can want back is erased."""
import sqlite3
import time

import pytest

OLD = "sk-proj-" + "0" * 40
NEW = "sk-proj-" + "1" * 40
FIELD = "orgs/acme/openai/api_key"
STATUS = "orgs/acme/openai/.status"


def furnish(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=OLD)
    return mount


@pytest.fixture
def acme(mount):
    return furnish(mount)


def current(mount):
    try:
        return mount.get(FIELD)
    except FileNotFoundError:
        return None


# What stands there after `rm FIELD` and the command, and what .status says.
MADE_ANEW = {
    ": > {field}": (OLD, "truncated without a value, old value kept"),
    "cp /dev/null {field}": (OLD, "truncated without a value, old value kept"),
    "install /dev/null {field}": (OLD, "truncated without a value, old value kept"),
    "true | tee {field}": (OLD, "truncated without a value, old value kept"),
    "echo sk-ant-refused > {field}": (OLD, "begins with another vendor's prefix"),
    "echo > {field}": (OLD, "is empty"),
    "touch {field}": (None, None),
    "touch {field}; echo {new} > {field}": (NEW, None),
    ": > {field}; echo {new} > {field}": (NEW, None),
    "echo {new} > {field}": (NEW, None),
}


@pytest.mark.parametrize("command", MADE_ANEW)
def test_a_field_made_anew_after_it_was_removed(acme, people, command):
    there, reason = MADE_ANEW[command]
    path = acme.path(FIELD)
    people.run("root", f"rm {path}; " + command.format(field=path, new=NEW))
    assert current(acme) == there
    errors = [line for line in acme.get(STATUS).splitlines() if line.startswith("last-error:")]
    if reason:
        (error,) = errors
        assert reason in error
    elif command.startswith("touch") or command.startswith("echo"):
        assert errors == []


def test_another_user_puts_nothing_back(acme, people):
    admin = people.user("admin")
    acme.put("orgs/acme/roles/admin", "user:" + admin)
    path = acme.path(FIELD)
    people.run("root", f"rm {path}")
    people.run(admin, f": > {path}; echo sk-ant-refused > {path}")
    assert current(acme) is None


def test_after_ten_seconds_nothing_comes_back(acme, people):
    path = acme.path(FIELD)
    people.run("root", f"rm {path}")
    time.sleep(10.5)
    people.run("root", f": > {path}; echo sk-ant-refused > {path}")
    assert current(acme) is None


@pytest.mark.parametrize("keep", [0, 10])
def test_a_value_is_put_back_after_the_daemon_died(mounts, people, keep):
    mount = furnish(mounts(f"[history]\nkeep = {keep}\n"))
    people.run("root", f"rm {mount.path(FIELD)}")
    mount.kill()
    mount.start()
    assert current(mount) is None
    people.run("root", f"cp /dev/null {mount.path(FIELD)}")
    assert current(mount) == OLD


def stored_values(mount):
    """How many values the store holds, as one sees who has the file."""
    with sqlite3.connect(f"file:{mount.db}?mode=ro", uri=True) as db:
        return db.execute("SELECT count(*) FROM value").fetchone()[0]


@pytest.mark.parametrize("keep, left", [(0, 0), (10, 1)])
def test_a_removed_value_is_erased_without_history(mounts, people, keep, left):
    mount = furnish(mounts(f"[history]\nkeep = {keep}\n"))
    people.run("root", f"rm {mount.path(FIELD)}")
    assert stored_values(mount) == 1
    mount.kill()
    mount.start()
    # Nobody touches the organisation any more.
    end = time.monotonic() + 14
    while stored_values(mount) != left and time.monotonic() < end:
        time.sleep(0.5)
    time.sleep(1 if left else 0)
    assert stored_values(mount) == left
    assert current(mount) is None
