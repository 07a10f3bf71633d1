"""Storage that rots: a bit in every column of every table, bits anywhere in the file, files that
end too soon. What is served is what was saved, or an error; never anything else."""
import errno
import os
import random
import shutil
import sqlite3
import subprocess

import pytest

from conftest import LONG
from mounting import is_mounted
from states import furnish, snapshot

# What `credfs mount` may say of a store or a list that is not as it was: another failure, no
# identity, a damaged one, no store, another version, damaged, mismatch.
REFUSED = {1, 5, 6, 7, 8, 9, 10, 16}
# What a file or a directory may say. ENOENT only where a whole organisation is not listed.
ERRORS = {errno.EIO}


class Rotting:
    """A store as it was, and what was to be seen in it."""

    def __init__(self, mount):
        self.mount = mount
        furnish(mount)
        mount.remount()
        self.expected = snapshot(mount)
        mount.umount()
        self.copy = mount.base + "/whole"
        shutil.copytree(mount.private, self.copy)
        mount.allow_in_log(".")

    def restore(self):
        shutil.rmtree(self.mount.private)
        shutil.copytree(self.copy, self.mount.private)

    def verdict(self, where):
        """Mount what there is now: "refused", "told" when something is an error, or "true"."""
        mount = self.mount
        try:
            mount.start()
        except AssertionError:
            assert mount.process.returncode in REFUSED, \
                f"{where}: ended with {mount.process.returncode}"
            mount.process = None
            return "refused"
        told = 0
        for path, value in self.expected.items():
            told += self.look(path, value, where)
            if isinstance(value, tuple):
                directory, name = os.path.split(path)
                for number, former in value[1].items():
                    told += self.look(f"{directory}/.history/{name}/{number}", (former,), where)
        status = mount.get(".status")
        assert mount.process.poll() is None, f"{where}: the daemon has ended"
        self.nothing_new(where)
        mount.umount()
        return "told" if told or "damaged=1" in status else "true"

    def look(self, path, value, where):
        """1 when what was to be seen there is an error, 0 when it is as it was."""
        whole = self.mount.path(path)
        try:
            if value is None:
                os.listdir(whole)
            elif isinstance(value, str):
                assert "-> " + os.readlink(whole) == value, f"{where}: {path} leads elsewhere"
            else:
                with open(whole, "rb") as file:
                    assert file.read() == value[0].encode(), f"{where}: {path} has other bytes"
        except OSError as error:
            assert error.errno in ERRORS, f"{where}: {path}: {error}"
            return 1
        return 0

    def nothing_new(self, where):
        """No name that was not there."""
        for path, dirs, files in os.walk(self.mount.path("orgs")):
            below = os.path.relpath(path, self.mount.root)
            for name in set(dirs + files) - {"audit.log"}:
                assert f"{below}/{name}" in self.expected, f"{where}: {below} has a new name"


@pytest.fixture
def rotting(mount):
    return Rotting(mount)


def cells(path):
    """(table, key columns, keys, column, value) of everything in the database."""
    with sqlite3.connect(path) as database:
        tables = [name for (name,) in database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            columns = database.execute(f"PRAGMA table_info({table})").fetchall()
            keys = [column[1] for column in columns if column[5]]
            for row in database.execute(f"SELECT * FROM {table}").fetchall():
                named = dict(zip([column[1] for column in columns], row))
                for column, value in named.items():
                    yield table, {key: named[key] for key in keys}, column, value
    database.close()


def flipped(value, chance):
    if isinstance(value, int):
        return value ^ 1 << chance.randrange(0, 8)
    data = bytearray(value if isinstance(value, bytes) else value.encode())
    bit = chance.randrange(len(data) * 8)
    data[bit // 8] ^= 1 << bit % 8
    return bytes(data) if isinstance(value, bytes) else data.decode("latin-1")


def change_cell(path, table, keys, column, value):
    """False when the database itself refuses it: another row has that key."""
    where = " AND ".join(f"{key} = ?" for key in keys)
    try:
        with sqlite3.connect(path) as database:
            done = database.execute(f"UPDATE {table} SET {column} = ? WHERE {where}",
                                    (value, *keys.values()))
            assert done.rowcount == 1
    except sqlite3.IntegrityError:
        return False
    finally:
        database.close()
    return True


# What nobody reads after it was written, or only as a hint: the rest is served as it was. And keys
# that are sealed to other recipients, which a daemon has no use for.
UNREAD = {("head", "gen"), ("head", "org"), ("meta", "k"), ("meta", "v"),
          ("wrap", "org"), ("wrap", "epoch"), ("wrap", "rid"), ("wrap", "ct")}


@pytest.mark.limit(1500)
def test_a_bit_in_any_column_is_noticed(rotting, sample):
    chance = random.Random(os.getpid())
    everything = list(cells(rotting.mount.db))
    columns = {(table, column) for table, _, column, _ in everything}
    assert len(columns) >= 18
    chosen = sample(everything, 60)
    # every column at least once, in the short form too
    for wanted in sorted(columns):
        chosen.append(next(cell for cell in everything if (cell[0], cell[2]) == wanted))
    unnoticed = set()
    for table, keys, column, value in chosen:
        rotting.restore()
        if not change_cell(rotting.mount.db, table, keys, column, flipped(value, chance)):
            continue
        if rotting.verdict(f"{table}.{column}") == "true":
            unnoticed.add((table, column))
    assert unnoticed <= UNREAD


@pytest.mark.limit(1500)
@pytest.mark.parametrize("name", ["store.db", "identity.pins", "identity"])
def test_a_bit_anywhere_in_a_file_serves_nothing_wrong(rotting, name):
    chance = random.Random(os.getpid())
    rounds = (600 if name == "store.db" else 100) if LONG else (60 if name == "store.db" else 10)
    verdicts = []
    for _ in range(rounds):
        rotting.restore()
        path = os.path.join(rotting.mount.private, name)
        bit = chance.randrange(os.stat(path).st_size * 8)
        os.chmod(path, 0o600)
        with open(path, "r+b") as file:
            file.seek(bit // 8)
            byte = file.read(1)[0]
            file.seek(bit // 8)
            file.write(bytes([byte ^ 1 << bit % 8]))
        verdicts.append(rotting.verdict(f"bit {bit} of {name}"))
    assert set(verdicts) != {"true"}
    if name != "store.db":
        assert "told" not in verdicts


@pytest.mark.limit(1500)
@pytest.mark.parametrize("name", ["store.db", "identity.pins", "identity"])
def test_a_file_that_ends_too_soon_serves_nothing_wrong(rotting, name):
    chance = random.Random(os.getpid())
    verdicts = []
    for number in range(100 if LONG else 12):
        rotting.restore()
        path = os.path.join(rotting.mount.private, name)
        size = chance.randrange(os.stat(path).st_size) if number else 0
        os.chmod(path, 0o600)
        os.truncate(path, size)
        verdicts.append(rotting.verdict(f"{name} of {size} bytes"))
    # the last page may hold nothing that is ever read
    assert verdicts.count("true") <= (len(verdicts) / 4 if name == "store.db" else 0)


def test_the_whole_store_is_true(rotting):
    """What the others find is not found where nothing is wrong."""
    rotting.restore()
    assert rotting.verdict("nothing was changed") == "true"
    assert not is_mounted(rotting.mount.root)
