"""A store that was damaged behind the daemon's back: what is damaged is an error for those who ask
for it, never wrong bytes and never as if it had not been there; the rest is served."""
import errno
import os
import sqlite3

import pytest

VALUES = {name: f"sk-{name}-" + "0" * 40 for name in ("one", "two", "three")}


@pytest.fixture
def furnished(mount):
    """Unmounted, with three accounts in one organisation and one in another."""
    mount.org("acme")
    for name, value in VALUES.items():
        mount.account(f"acme/{name}", provider="generic", key=value)
    mount.org("globex")
    mount.account("globex/four", provider="generic", key="sk-four")
    mount.umount()
    mount.allow_in_log("error")
    return mount


def tables_with_blobs(database, least):
    """(table, column, rowids) of the long binary values."""
    for (table,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'"):
        for column in [row[1] for row in database.execute(f"PRAGMA table_info({table})")]:
            rows = [key for (key,) in database.execute(
                f"SELECT {column} FROM {table} WHERE typeof({column}) = 'blob' "
                f"AND length({column}) >= {least}")]
            if rows:
                yield table, column, rows


def flip(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1:]


def replace_blob(path, table, column, old, new):
    with sqlite3.connect(path) as database:
        database.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (new, old))
    database.close()


def long_blobs(path, least=100):
    with sqlite3.connect(path) as database:
        found = [(table, column, row) for table, column, rows in tables_with_blobs(database, least)
                 for row in rows]
    database.close()
    return found


def read(mount, path):
    """The value, or the errno of the failure."""
    try:
        return mount.get(path)
    except OSError as error:
        return errno.errorcode[error.errno]


def start_or_refuse(mount):
    """Some damage is found at the start: then the mount is refused, as test_refusals checks."""
    try:
        mount.start()
        return True
    except AssertionError:
        mount.process = None
        return False


def outcomes(mount):
    return {name: read(mount, f"orgs/acme/{name}/key") for name in VALUES}


def test_a_flipped_bit_in_any_row_gives_eio_or_the_true_value(furnished):
    """Every long value in the database in turn: sealed rows, and entries of the log."""
    blobs = long_blobs(furnished.db)
    assert len(blobs) >= 8
    unnoticed = []
    for table, column, blob in blobs:
        replace_blob(furnished.db, table, column, blob, flip(blob))
        if start_or_refuse(furnished):
            seen = outcomes(furnished)
            assert all(seen[name] in (VALUES[name], "EIO") for name in VALUES), (table, seen)
            other = read(furnished, "orgs/globex/four/key")
            assert other in ("sk-four", "EIO")
            owners = [read(furnished, f"orgs/{org}/roles/owner") for org in ("acme", "globex")]
            assert all(owner in ("user:root\n", "EIO") for owner in owners), owners
            told = "damaged=1" in read(furnished, ".status")
            if "EIO" not in (*seen.values(), other, *owners) and not told:
                unnoticed.append((table, len(blob)))
            furnished.umount()
        replace_blob(furnished.db, table, column, flip(blob), blob)
    assert unnoticed == []
    furnished.start()
    assert outcomes(furnished) == VALUES


def test_a_damaged_value_harms_its_own_file_only(furnished):
    """Values are sealed to a multiple of 256 bytes, records to one of 64."""
    values = [(table, column, blob) for table, column, blob in long_blobs(furnished.db, 256)
              if (len(blob) - 40) % 256 == 0]
    assert len(values) >= 4
    table, column, blob = values[0]
    replace_blob(furnished.db, table, column, blob, flip(blob))
    furnished.start()
    everything = {**outcomes(furnished), "four": read(furnished, "orgs/globex/four/key")}
    assert sorted(everything.values()).count("EIO") == 1, everything
    (lost,) = [name for name, value in everything.items() if value == "EIO"]
    org = "globex" if lost == "four" else "acme"
    assert "key" in os.listdir(furnished.path("orgs", org, lost))
    assert os.stat(furnished.path("orgs", org, lost, "key")).st_size > 0
    # writing it anew mends it
    furnished.put(f"orgs/{org}/{lost}/key", "sk-new")
    assert read(furnished, f"orgs/{org}/{lost}/key") == "sk-new"


def test_two_sealed_values_that_change_places_open_nowhere(furnished):
    values = [(table, column, blob) for table, column, blob in long_blobs(furnished.db, 256)
              if (len(blob) - 40) % 256 == 0]
    (table, column, first), (_, _, second) = values[:2]
    replace_blob(furnished.db, table, column, first, b"place")
    replace_blob(furnished.db, table, column, second, first)
    replace_blob(furnished.db, table, column, b"place", second)
    furnished.start()
    everything = {**outcomes(furnished), "four": read(furnished, "orgs/globex/four/key")}
    assert sorted(everything.values()).count("EIO") == 2, everything


def test_a_removed_row_is_an_error_and_not_an_absence(furnished):
    values = [(table, column, blob) for table, column, blob in long_blobs(furnished.db, 256)
              if (len(blob) - 40) % 256 == 0]
    table, column, blob = values[0]
    with sqlite3.connect(furnished.db) as database:
        database.execute(f"DELETE FROM {table} WHERE {column} = ?", (blob,))
    database.close()
    furnished.start()
    everything = {**outcomes(furnished), "four": read(furnished, "orgs/globex/four/key")}
    assert sorted(everything.values()).count("EIO") == 1, everything


def test_an_organisation_that_was_removed_from_the_store_is_an_error(furnished):
    """The host has pinned it: an engine cannot make it disappear."""
    with sqlite3.connect(furnished.db) as database:
        ((gone,),) = database.execute("SELECT org FROM head LIMIT 1").fetchall()
        for table in ("audit", "head", "item", "log", "value", "wrap"):
            database.execute(f"DELETE FROM {table} WHERE org = ?", (gone,))
    database.close()
    furnished.start()
    assert sorted(os.listdir(furnished.path("orgs"))) == ["acme", "globex"]
    ours, other = outcomes(furnished), read(furnished, "orgs/globex/four/key")
    assert (ours, other) in (({name: "EIO" for name in VALUES}, "sk-four"), (VALUES, "EIO"))
    assert "its log was removed from the store" in furnished.log_text()
