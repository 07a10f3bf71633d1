"""A store that credfs wrote is read by a program that knows its description alone."""
import os

import pytest

from second_reader import ACCOUNT, FIELD, LINK, PROJECT, ROLE, Store, read_audit, read_segments
from mounting import wait_until
from test_key import FIRST, Host, add, key, listed, status


def furnish(mount):
    mount.org("acme", admin=["user:root", "group:daemon"])
    mount.account("acme/openai", api_key="sk-proj-first")
    mount.put("orgs/acme/openai/api_key", "sk-proj-second")
    mount.account("acme/anthropic", api_key="sk-ant-" + "a" * 40)
    mount.account("acme/Büro 日本", provider="generic", long="line\n" * 3000, short="s")
    mount.project("acme", "etl", runner=["user:nobody"])
    mount.account("acme/projects/etl/own", "openai", api_key="sk-proj-own")
    os.symlink("../../openai", mount.path("orgs/acme/projects/etl/ai"))
    os.unlink(mount.path("orgs/acme/Büro 日本/short"))
    os.rename(mount.path("orgs/acme/anthropic"), mount.path("orgs/acme/claude"))
    mount.org("globex")
    mount.account("globex/openai", api_key="sk-proj-globex")


def seen_in_the_mount(mount, org):
    """Paths below the organisation: what stands in roles, fields and their history, where links lead."""
    seen = {}
    top = mount.path("orgs", org)
    for path, _, files in os.walk(top):
        for name in files:
            whole = os.path.join(path, name)
            below = os.path.relpath(whole, top)
            if below == "audit.log" or name == "provider" or os.path.islink(whole):
                continue
            with open(whole, encoding="utf-8") as file:
                seen[below] = file.read()
        for name in os.listdir(path):
            if os.path.islink(os.path.join(path, name)):
                seen[os.path.relpath(os.path.join(path, name), top)] = os.path.basename(
                    os.readlink(os.path.join(path, name)))
    return seen


def path_of(records, id):
    record = records[id]
    folder = {ROLE: "roles/", PROJECT: "projects/"}.get(record["kind"], "")
    above = path_of(records, record["parent"]) + "/" if any(record["parent"]) else ""
    return above + folder + record["name"]


def seen_in_the_store(org):
    records, seen = org.records(), {}
    for id, record in records.items():
        if record["kind"] == ROLE and record["text"]:
            seen[path_of(records, id)] = record["text"]
        elif record["kind"] == LINK:
            seen[path_of(records, id)] = records[record["target"]]["name"]
        elif record["kind"] == FIELD and record.get("value_version"):
            time, value = org.values(id)[record["value_version"]]
            assert len(value) == record["value_size"]
            assert record["created"] <= time <= record["updated"] + 10**9
            seen[path_of(records, id)] = value.decode()
    return seen


def segments_of(mount, org, host):
    return read_segments(os.path.join(mount.db + ".audit", org.hex()), org, host)


@pytest.mark.parametrize("rotated", [False, True], ids=["as it was made", "after a rotation"])
def test_a_second_reader_finds_what_the_mount_shows(mounts, rotated):
    mount = mounts()
    furnish(mount)
    if rotated:
        key(mount, "rotate", "acme")
        mount.put("orgs/acme/openai/api_key", "sk-proj-third")
    shown = {org: seen_in_the_mount(mount, org) for org in ("acme", "globex")}
    history = mount.get("orgs/acme/openai/.history/api_key/1")
    fingerprint = listed(mount)["fingerprint"]
    log = mount.get("orgs/acme/audit.log")
    mount.umount()
    store = Store(mount.db, mount.identity, mount.pins)
    assert set(store.orgs) == {"acme", "globex"}
    for name, org in store.orgs.items():
        found = seen_in_the_store(org)
        empty = {path for path, text in shown[name].items() if not text}
        assert found == {path: text for path, text in shown[name].items() if text}, empty
    acme = store.orgs["acme"]
    records = acme.records()
    field = next(id for id in records if path_of(records, id) == "openai/api_key")
    assert acme.values(field)[1][1].decode() == history
    assert sorted(acme.values(field)) == ([1, 2, 3] if rotated else [1, 2])
    assert acme.fingerprint.hex() == fingerprint
    assert {records[i]["text"] for i in records if records[i]["kind"] == ACCOUNT} == {
        "openai", "anthropic", "generic"}
    text = read_audit(segments_of(mount, acme.id, store.host))
    assert text.startswith(log) and log.count("\n") > 10


def test_who_was_removed_reads_no_audit_that_is_written_later(mounts):
    """Who holds the present key reads all of it, back to the first line; who holds the former one
    and every key that it gave him reads what he could, and nothing of what came then."""
    mount = mounts()
    mount.org("acme")
    mount.account("acme/openai", api_key=FIRST)
    host = Host(mounts, mount)
    add(mount, host, "read")
    mount.umount()
    store = Store(mount.db, mount.identity, mount.pins)
    org = store.orgs["acme"].id
    former = store.orgs["acme"].keys[1]
    early = segments_of(mount, org, store.host)
    noted = [segment.key_of_epoch(former) for segment in early]
    text = read_audit(early)
    assert text.count("\n") >= 3

    mount.start()
    assert mount.get("orgs/acme/openai/api_key") == FIRST
    key(mount, "remove", host.id, "--org", "acme")
    wait_until(lambda: " epoch=2 " in status(mount), 5, "the daemon has followed")
    assert mount.get("orgs/acme/openai/api_key") == FIRST
    assert mount.get("orgs/acme/audit.log").startswith(text)
    mount.umount()
    done = mount.credfs("audit", "--verify", "acme")
    assert done.returncode == 0, done.stderr

    store = Store(mount.db, mount.identity, mount.pins)
    present = store.orgs["acme"].keys
    assert set(present) == {2}
    late = segments_of(mount, org, store.host)
    assert len(late) == len(early) + 1 and {segment.epoch for segment in late} == {2}
    whole = read_audit(late, lambda segment: segment.key_of_epoch(present[2]))
    assert whole.startswith(text) and "api_key" in whole[len(text):]
    for number, segment in enumerate(segments_of(mount, org, store.host)):
        with pytest.raises(AssertionError):
            segment.key_of_epoch(former)
        keys = noted if number >= len(early) else []
        for one in keys:
            with pytest.raises(AssertionError):
                segment.records(one)
    # what he could read he can: no new key takes it back
    again = segments_of(mount, org, store.host)[:len(early)]
    could = read_audit(again, lambda segment: noted[again.index(segment)])
    assert could.startswith(text) and whole.startswith(could) and len(could) < len(whole)
