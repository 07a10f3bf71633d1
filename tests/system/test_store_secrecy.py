"""Who holds the files of a store and not its identity learns no name, no value and no principal;
and what was deleted is gone from the files."""
import base64
import glob
import os
import shutil
import sqlite3
import subprocess
import time

import pytest

CANARIES = {
    "organisation": "canaryorganisation",
    "account": "Canary Account",
    "generic account": "canaryvault",
    "project": "canaryproject",
    "link": "canarylink",
    "field": "canary_field",
    "user": "canaryuser",
    "group": "canarygroup",
    "provider": "deepseek",
    "value": "sk-canaryvalue0123456789abcdef",
    "old value": "sk-canaryolder0123456789abcdef",
    "refused value": "sk-ant-canaryrefused0123456789",
    "text value": "canary text, more than one word",
    "url": "https://canary.example.com/v1",
}


def forms(text):
    """The ways in which a name might lie in a file."""
    data = text.encode()
    yield data
    yield data.lower()
    yield data.hex().encode()
    yield data.hex().upper().encode()
    yield text.encode("utf-16-le")
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + data)
        yield coded[(shift * 8 + 5) // 6:-4]


def files_of(mount):
    """Everything the daemon keeps or writes: database, WAL, shared memory, locks, pins, log."""
    found = glob.glob(mount.private + "/**", recursive=True, include_hidden=True) + [mount.log]
    return [path for path in found if os.path.isfile(path)]


def contents(mount):
    found = {}
    for path in files_of(mount):
        with open(path, "rb") as file:
            found[os.path.relpath(path, mount.base)] = file.read()
    return found


def leaks(mount):
    return [f"{what} in {name}" for name, data in contents(mount).items()
            for what, text in CANARIES.items() if any(form in data for form in forms(text))]


def fill(mount):
    c = CANARIES
    org = mount.org(c["organisation"], admin=["user:" + c["user"], "group:" + c["group"]])
    mount.account(f"{c['organisation']}/{c['account']}", provider=c["provider"],
                  api_key=c["old value"])
    mount.put(f"orgs/{c['organisation']}/{c['account']}/api_key", c["value"])
    mount.account(f"{c['organisation']}/openai", api_base=c["url"], api_key=c["value"])
    mount.account(f"{c['organisation']}/{c['generic account']}", **{c["field"]: c["text value"]})
    mount.project(c["organisation"], c["project"], runner=["user:" + c["user"]])
    os.symlink(f"../../{c['account']}", f"{org}/projects/{c['project']}/{c['link']}")
    with pytest.raises(OSError):
        mount.put(f"orgs/{c['organisation']}/{c['account']}/api_key", c["refused value"])
    with pytest.raises(OSError):
        mount.put(f"orgs/{c['organisation']}/roles/admin", "nobody:" + c["user"])
    # read everything once, as programs do
    subprocess.run(["grep", "-r", "x", org], capture_output=True, timeout=60)
    subprocess.run(["ls", "-lR", org], capture_output=True, timeout=60)
    return org


def test_the_search_finds_what_lies_open(mount):
    """A search that finds nothing anywhere would prove nothing."""
    with open(mount.private + "/open", "wb") as file:
        for text in CANARIES.values():
            file.write(b"..." + base64.b64encode(b".." + text.encode() + b"...."))
    assert len(leaks(mount)) == len(CANARIES)


def test_no_file_shows_a_name_a_value_or_a_principal(mount):
    fill(mount)
    names = set(contents(mount))
    assert {"private/store.db", "private/store.db-wal", "private/identity.pins", "log"} <= names
    assert leaks(mount) == []
    mount.remount()
    assert leaks(mount) == []
    mount.umount()
    assert leaks(mount) == []


def test_the_commands_show_no_value(mount):
    fill(mount)
    for command in (["list"], ["list", "--json"], ["status"]):
        done = mount.credfs_alone(*command)
        for what in ("value", "old value", "refused value", "text value"):
            assert CANARIES[what] not in done.stdout + done.stderr


def test_the_control_files_show_no_value(mount):
    org = fill(mount)
    for path in glob.glob(org + "/*/"):
        for name in (".info", ".status"):
            if os.path.exists(path + name):
                with open(path + name, encoding="utf-8") as file:
                    text = file.read()
                for what in ("value", "old value", "refused value", "text value"):
                    assert CANARIES[what] not in text


# Deleting

def blobs(mount):
    """Every long binary value in the database, read from a copy beside the daemon's back."""
    copy = mount.base + "/copy"
    os.mkdir(copy)
    for path in filter(os.path.isfile, glob.glob(mount.db + "*")):
        shutil.copy(path, copy)
    found = set()
    with sqlite3.connect(copy + "/store.db") as database:
        tables = [name for (name,) in database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            for row in database.execute(f"SELECT * FROM {table}"):
                found.update(cell for cell in row if isinstance(cell, bytes) and len(cell) >= 100)
    database.close()
    shutil.rmtree(copy)
    return found


def traces(mount, sealed):
    """Of sealed bytes that are no longer rows: the pieces that still lie in a file."""
    data = [(name, text) for name, text in contents(mount).items() if "store.db" in name]
    return [name for name, text in data for blob in sealed
            for start in range(0, len(blob) - 32, 32) if blob[start:start + 32] in text]


def gone(mount, sealed, seconds=15):
    """Whether nothing is left, at once or after the daemon has tidied up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not traces(mount, sealed):
            return True
        time.sleep(0.1)
    return False


def remove_account(mount):
    subprocess.run(["rm", "-r", mount.path("orgs/acme/openai")], check=True, timeout=60)

def rotate_past_the_history(mount):
    for number in range(6):
        mount.put("orgs/acme/openai/api_key", f"sk-proj-{number:040d}")

@pytest.mark.parametrize("erase", [remove_account, rotate_past_the_history])
def test_sealed_bytes_of_what_was_deleted_leave_the_files(mounts, erase):
    mount = mounts("[history]\nkeep = 2\n")
    mount.org("acme")
    mount.account("acme/openai", api_key="sk-proj-" + "1" * 40)
    mount.put("orgs/acme/openai/api_key", "sk-proj-" + "2" * 40)
    mount.account("acme/anthropic", api_key="sk-ant-" + "3" * 40)
    before = blobs(mount)
    erase(mount)
    sealed = before - blobs(mount)
    assert len(sealed) >= 2, "nothing was deleted"
    assert gone(mount, sealed), f"still in {set(traces(mount, sealed))}"
    assert mount.get("orgs/acme/anthropic/api_key") == "sk-ant-" + "3" * 40
    mount.umount()
    assert traces(mount, sealed) == []
