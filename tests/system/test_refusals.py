"""What credfs refuses to start on: each with its own exit code and a clear message, and nothing
mounted."""
import os
import re
import shutil
import sqlite3
import subprocess

import pytest

import mounting

CONFIGURATION, MOUNTED, NO_IDENTITY, IDENTITY_OPEN, IDENTITY_DAMAGED = 3, 4, 5, 6, 7
NO_STORE, STORE_VERSION, STORE_DAMAGED, MEMORY, EXISTS, NOT_ROOT = 8, 9, 10, 11, 12, 13
CANNOT_MOUNT, STORE_BUSY, MISMATCH = 14, 15, 16


def refused(mount, code, *words, command=("mount",), wrapper=()):
    """Both forms of mounting, or the command given, are refused with the code and the words."""
    forms = [command] if command != ("mount",) else [("mount", mount.root),
                                                     ("mount", "-f", mount.root)]
    for form in forms:
        done = mount.credfs(*form, wrapper=wrapper)
        assert done.returncode == code, f"{form}: {done}"
        assert done.stdout == ""
        assert done.stderr.startswith("credfs: "), done.stderr
        for word in words:
            assert word in done.stderr, done.stderr
    assert not mounting.is_mounted(mount.root)
    mounting.wait_until(lambda: mount.processes() == [], 5, "nothing is left running")


@pytest.fixture
def made(mounts):
    """A store that is not mounted."""
    return mounts(start=False)


def in_database(path, statement):
    with sqlite3.connect(path) as database:
        database.executescript(statement)
    database.close()


def overwrite(path, offset, data):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(data)


def writable(path):
    os.chmod(path, 0o600)


# init

def test_init_prints_a_recovery_phrase_and_makes_closed_files(mounts):
    mount = mounts(init=False)
    done = mount.credfs("init", "--unconfirmed")
    assert done.returncode == 0, done.stderr
    assert re.search(r"([0-9a-f]{4} ){17}[0-9a-f]{4}", done.stdout)
    for path in (mount.db, mount.identity, mount.pins):
        assert os.stat(path).st_mode & 0o077 == 0, path
    assert os.stat(mount.identity).st_mode & 0o777 == 0o400


def test_init_without_recovery_prints_no_phrase(mounts):
    mount = mounts(init=False)
    done = mount.credfs("init", "--no-recovery")
    assert done.returncode == 0, done.stderr
    assert not re.search(r"([0-9a-f]{4} ){3}", done.stdout + done.stderr)
    mount.start()


@pytest.mark.parametrize("left", ["db", "identity", "pins", "all"])
def test_init_overwrites_nothing(made, left):
    files = {"db": made.db, "identity": made.identity, "pins": made.pins}
    for name, path in files.items():
        if left not in (name, "all"):
            os.unlink(path)
    kept = {path: open(path, "rb").read() for path in files.values() if os.path.exists(path)}
    refused(made, EXISTS, command=("init", "--unconfirmed"))
    found = {path: open(path, "rb").read() for path in files.values() if os.path.exists(path)}
    assert found == kept, "init changed or left files"


# the configuration

@pytest.mark.parametrize("text, line", [
    ("[store]\npath = /x\nidentity = /y\ncolour = red\n", 4),
    ("[stor]\npath = /x\n", 1),
    ("path = /x\n", 1),
    ("[store]\npath = /x\npath = /y\n", 3),
    ("[store\npath = /x\n", 1),
    ("[store]\npath\n", 2),
    ("[history]\nkeep = many\n", 2),
    ("[history]\nkeep = 1001\n", 2),
    ("[memory]\nlimit = 1M\n", 2),
    ("[store]\nadmins = root\n", 2),
    ("[role operator]\nscope = organisation\npermissions = fly\n", 3),
])
def test_a_fault_of_the_configuration_is_named_with_file_and_line(made, text, line):
    with open(made.conf, "w", encoding="utf-8") as conf:
        conf.write(text)
    refused(made, CONFIGURATION, f"{made.conf}:{line}:")
    refused(made, CONFIGURATION, f"{made.conf}:{line}:", command=("init", "--unconfirmed"))


def test_a_fault_of_the_catalogue_is_named_with_file_and_line(made):
    directory = made.base + "/providers.d"
    os.mkdir(directory)
    with open(directory + "/mine.conf", "w", encoding="utf-8") as conf:
        conf.write("[mine]\ntitle = Mine\nshape = round\n")
    refused(made, CONFIGURATION, f"{directory}/mine.conf:3:")


def test_a_missing_configuration_that_was_named_is_refused(made):
    os.unlink(made.conf)
    refused(made, CONFIGURATION, made.conf)


# the identity

def test_a_missing_identity(made):
    os.unlink(made.identity)
    refused(made, NO_IDENTITY, made.identity)


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o420, 0o402, 0o644])
def test_an_identity_open_to_others(made, mode):
    os.chmod(made.identity, mode)
    refused(made, IDENTITY_OPEN, made.identity)


def test_an_identity_of_somebody_else(made, people):
    shutil.chown(made.identity, people.user("eve"))
    refused(made, IDENTITY_OPEN, made.identity)


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "longer", "another"])
def test_a_damaged_identity(made, damage):
    writable(made.identity)
    size = os.path.getsize(made.identity)
    if damage == "empty":
        os.truncate(made.identity, 0)
    elif damage == "cut":
        os.truncate(made.identity, size - 1)
    elif damage == "flipped":
        with open(made.identity, "rb") as file:
            byte = file.read()[size // 2]
        overwrite(made.identity, size // 2, bytes([byte ^ 1]))
    elif damage == "longer":
        overwrite(made.identity, size, b"x")
    else:
        overwrite(made.identity, 0, b"#!/bin/sh\n")
    os.chmod(made.identity, 0o400)
    refused(made, IDENTITY_DAMAGED, made.identity)


def test_the_identity_of_another_store(made, mounts):
    other = mounts(start=False)
    shutil.copy2(other.identity, made.identity)
    refused(made, MISMATCH)


def test_missing_pins(made):
    os.unlink(made.pins)
    refused(made, MISMATCH, made.pins)


@pytest.mark.parametrize("what", ["link", "directory", "others' text"])
def test_pins_that_cannot_be_read_are_named(made, what):
    os.rename(made.pins, made.base + "/pins")
    if what == "link":
        os.symlink(made.base + "/pins", made.pins)
    elif what == "directory":
        os.mkdir(made.pins)
    else:
        with open(made.pins, "w", encoding="utf-8") as file:
            file.write("credfs pins\n")
    refused(made, MISMATCH, made.pins)


# the store

@pytest.mark.parametrize("empty", [False, True])
def test_the_store_of_another_installation(mounts, empty):
    """Its organisations are not those that this host knows: no I/O errors are to be found inside."""
    first, second = mounts(), mounts()
    first.org("acme")
    if not empty:
        second.org("globex")
    first.umount()
    second.umount()
    shutil.copy2(second.db, first.db)
    refused(first, MISMATCH, first.db, "none of the organisations")


def test_a_missing_store(made):
    os.unlink(made.db)
    refused(made, NO_STORE, made.db)


@pytest.mark.parametrize("version", [0, 2, 99])
def test_a_store_of_another_version(made, version):
    in_database(made.db, f"PRAGMA user_version = {version}")
    refused(made, STORE_VERSION, made.db)


@pytest.mark.parametrize("damage", [
    "empty", "text", "half", "first page", "a database of something else", "another application",
    "a table more", "a table less", "a trigger",
])
def test_a_damaged_store(made, damage):
    size = os.path.getsize(made.db)
    if damage == "empty":
        os.truncate(made.db, 0)
    elif damage == "text":
        with open(made.db, "w", encoding="utf-8") as file:
            file.write("this is no database\n" * 1000)
    elif damage == "half":
        os.truncate(made.db, size // 2)
    elif damage == "first page":
        overwrite(made.db, 100, b"\xff" * 1000)
    elif damage == "a database of something else":
        os.unlink(made.db)
        in_database(made.db, "CREATE TABLE t (x); PRAGMA user_version = 1")
    elif damage == "another application":
        in_database(made.db, "PRAGMA application_id = 1")
    elif damage == "a table more":
        in_database(made.db, "CREATE TABLE more (x)")
    elif damage == "a table less":
        in_database(made.db, f"DROP TABLE {first_table(made.db)}")
    elif damage == "a trigger":
        table = first_table(made.db)
        in_database(made.db, f"CREATE TRIGGER steal AFTER INSERT ON {table} BEGIN "
                             f"DELETE FROM {table}; END")
    refused(made, STORE_DAMAGED, made.db)


def first_table(path):
    with sqlite3.connect(path) as database:
        (name,) = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchone()
    database.close()
    return name


def test_a_store_that_another_daemon_has_open(mounts):
    first = mounts()
    second = mounts(init=False)
    with open(first.conf, encoding="utf-8") as conf:
        settings = conf.read()
    with open(second.conf, "w", encoding="utf-8") as conf:
        conf.write(settings)
    refused(second, STORE_BUSY, first.db)
    first.org("acme")
    assert "acme" in os.listdir(first.path("orgs"))


# the machine

@pytest.mark.parametrize("limit", [0, 4096, 65536, 1 << 20])
def test_memory_that_cannot_be_locked(made, limit):
    """Found before anything is mounted, also when it is enough to begin with."""
    limits = ("prlimit", f"--memlock={limit}:{limit}", "setpriv",
              "--inh-caps=-ipc_lock,-sys_resource", "--bounding-set=-ipc_lock,-sys_resource")
    refused(made, MEMORY, "limit", "ulimit -l", wrapper=limits)


def test_not_root(made, people):
    done = people.run(people.user("eve"), made.argv("mount", made.root))
    assert done.returncode == NOT_ROOT, done
    assert "root" in done.stderr
    assert not mounting.is_mounted(made.root)


def test_a_missing_directory(made):
    os.rmdir(made.root)
    refused(made, CANNOT_MOUNT, made.root)
    os.mkdir(made.root)


def test_a_file_in_place_of_the_directory(made):
    os.rmdir(made.root)
    open(made.root, "w", encoding="utf-8").close()
    refused(made, CANNOT_MOUNT, made.root)
    os.unlink(made.root)
    os.mkdir(made.root)


def test_a_directory_that_is_mounted_already(mount, mounts):
    """Both by the same store and by another; the first mount goes on."""
    other = mounts(start=False)
    for conf in (mount.conf, other.conf):
        done = subprocess.run([mounting.BINARY, "-c", conf, "mount", mount.root],
                              env=mounting.ENVIRONMENT, capture_output=True, text=True, timeout=30)
        assert done.returncode == MOUNTED, done
        assert mount.root in done.stderr
    assert os.listdir(mount.path("orgs")) == []
    assert other.processes() == []
