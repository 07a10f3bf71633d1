"""credfs check --store: everything that is wrong with a store is named, and nothing is changed."""
import errno
import json
import os
import sqlite3

import pytest

WRONG, NO_IDENTITY, NO_STORE, STORE_DAMAGED = 17, 5, 8, 10
VALUES = {name: f"sk-{name}-" + "0" * 40 for name in ("one", "two")}


def furnish(mount):
    mount.org("acme")
    for name, value in VALUES.items():
        mount.account(f"acme/{name}", provider="generic", key=value)
    mount.project("acme", "etl", runner=["user:root"])
    os.symlink("../../one", mount.path("orgs/acme/projects/etl/one"))
    mount.account("acme/projects/etl/own", provider="generic", key="sk-own")
    mount.org("globex")
    mount.account("globex/app", provider="generic", key="sk-globex")


@pytest.fixture
def furnished(mount):
    """Not mounted."""
    furnish(mount)
    mount.umount()
    return mount


def findings(mount):
    """What check says in JSON: (organisation, record, reason) each; its exit code must fit."""
    done = mount.credfs("check", "--store", "--json")
    assert done.stderr == "", done
    found = [(entry["organisation"], entry["record"], entry["reason"])
             for entry in json.loads(done.stdout)["findings"]]
    assert done.returncode == (WRONG if found else 0), done
    return found


def change(mount, statement, *values):
    with sqlite3.connect(mount.db) as database:
        cursor = database.execute(statement, values)
        assert cursor.rowcount != 0, f"nothing was changed: {statement}"
    database.close()


def rows(mount, query):
    with sqlite3.connect(mount.db) as database:
        found = database.execute(query).fetchall()
    database.close()
    return found


def test_a_whole_store_is_said_to_be_whole_mounted_or_not(mount):
    furnish(mount)
    for _ in range(2):
        done = mount.credfs("check", "--store")
        assert done.returncode == 0 and done.stderr == "", done
        lines = done.stdout.splitlines()
        assert len(lines) == 2
        assert lines[0].startswith("acme: ") and " 3 values, 0 damaged" in lines[0]
        assert lines[1].startswith("globex: ") and " 0 damaged" in lines[1]
        assert findings(mount) == []
        if mount.process:
            mount.umount()


def test_nothing_is_changed(furnished):
    def content():
        return {name: open(path, "rb").read() for name in os.listdir(furnished.private)
                if os.path.isfile(path := f"{furnished.private}/{name}")}

    before = content()
    assert findings(furnished) == []
    after = content()
    assert after == before


def test_a_store_that_cannot_be_opened_is_told(mounts):
    mount = mounts(init=False)
    assert mount.credfs("check", "--store").returncode == NO_IDENTITY
    mount.init()
    os.unlink(mount.db)
    assert mount.credfs("check", "--store").returncode == NO_STORE
    with open(mount.db, "w", encoding="utf-8") as file:
        file.write("no database")
    assert mount.credfs("check", "--store").returncode == STORE_DAMAGED


def test_a_damaged_value_is_named_by_its_path(furnished):
    change(furnished, "UPDATE value SET ct = zeroblob(length(ct))")
    assert sorted(findings(furnished)) == [
        ("acme", "one/key version 1", "was altered"),
        ("acme", "projects/etl/own/key version 1", "was altered"),
        ("acme", "two/key version 1", "was altered"),
        ("globex", "app/key version 1", "was altered"),
    ]
    done = furnished.credfs("check", "--store")
    assert done.returncode == WRONG
    assert "projects/etl/own/key version 1 was altered" in " ".join(done.stdout.split())


def test_a_missing_value_is_named_by_its_path(furnished):
    change(furnished, "DELETE FROM value")
    assert ("acme", "two/key version 1", "is missing") in findings(furnished)


def test_a_damaged_record_is_named_by_kind_and_id(furnished):
    links = rows(furnished, "SELECT id FROM item WHERE kind = 4")
    change(furnished, "UPDATE item SET ct = zeroblob(length(ct)) WHERE kind = 4")
    assert findings(furnished) == [("acme", f"link {links[0][0].hex()}", "was altered")]
    change(furnished, "DELETE FROM item WHERE kind = 4")
    assert findings(furnished) == [("acme", f"link {links[0][0].hex()}", "is missing")]


def test_sealed_keys_and_unknown_rows_are_found(furnished):
    change(furnished, "INSERT INTO value SELECT org, id, 77, epoch, ct FROM value")
    found = findings(furnished)
    assert ("acme", None, "3 rows that its log does not speak of") in found
    assert ("globex", None, "1 rows that its log does not speak of") in found
    change(furnished, "DELETE FROM value WHERE ver = 77")
    assert findings(furnished) == []
    change(furnished, "DELETE FROM wrap WHERE rid = (SELECT min(rid) FROM wrap)")
    assert {entry[0] for entry in findings(furnished)} == {"acme", "globex"}


def test_a_log_that_does_not_verify_is_found_behind_the_mark_too(furnished):
    """Loading trusts what was verified once; check does not."""
    ((entry,),) = rows(furnished, "SELECT entry FROM log WHERE gen = 3 ORDER BY org LIMIT 1")
    altered = entry[:-1] + bytes([entry[-1] ^ 1])
    change(furnished, "UPDATE log SET entry = ? WHERE entry = ?", altered, entry)
    found = findings(furnished)
    assert len(found) == 1
    assert found[0][2].startswith("its log or its keys do not verify to the end: "
                                  "it is at generation 2, seen here was ")


def test_an_older_store_and_a_missing_list_are_found(furnished):
    change(furnished, "DELETE FROM log WHERE gen > 4 AND org = (SELECT org FROM log "
           "GROUP BY org ORDER BY count(*) DESC LIMIT 1)")
    reasons = [reason for org, _, reason in findings(furnished) if org == "acme"]
    assert any(reason.startswith("its log was put back: it is at generation 4, seen here was ")
               for reason in reasons), reasons
    os.unlink(furnished.pins)
    assert any(record == furnished.pins for _, record, _ in findings(furnished))


def columns(mount):
    for table in ("log", "item", "value", "wrap"):
        for (_, name, kind, *_) in rows(mount, f"PRAGMA table_info({table})"):
            yield table, name, kind


def flipped(value):
    if isinstance(value, int):
        return value ^ 1
    middle = len(value) // 2
    return value[:middle] + bytes([value[middle] ^ 1]) + value[middle + 1:]


def read(mount, path):
    try:
        return mount.get(path)
    except OSError as error:
        return errno.errorcode[error.errno]


def test_a_flipped_bit_in_any_column_is_found_and_gives_no_wrong_bytes(furnished):
    furnished.allow_in_log("error")
    every = list(columns(furnished))
    assert len(every) == 19
    for table, column, _ in every:
        key = {"log": "org, gen", "item": "org, id", "value": "org, id, ver",
               "wrap": "org, epoch, rid"}[table]
        (*keys, old) = rows(furnished, f"SELECT {key}, {column} FROM {table} LIMIT 1")[0]
        where = " AND ".join(f"{name} = ?" for name in key.split(", "))
        kept = open(furnished.db, "rb").read()
        try:
            change(furnished, f"UPDATE {table} SET {column} = ? WHERE {where}", flipped(old), *keys)
        except sqlite3.IntegrityError:
            continue  # the key of another row
        assert findings(furnished) != [], (table, column)
        furnished.start()
        seen = {name: read(furnished, f"orgs/acme/{name}/key") for name in VALUES}
        other = read(furnished, "orgs/globex/app/key")
        assert all(seen[name] in (VALUES[name], "EIO") for name in VALUES), (table, column, seen)
        assert other in ("sk-globex", "EIO"), (table, column, other)
        furnished.umount()
        with open(furnished.db, "wb") as file:
            file.write(kept)
    furnished.start()
    assert {name: read(furnished, f"orgs/acme/{name}/key") for name in VALUES} == VALUES
