"""credfs check: what is wrong with the accounts, told to whom it may be told."""
import json
import os
import sqlite3

import pytest

OTHER, USAGE, WRONG = 1, 2, 17
KEY = "sk-proj-" + "c" * 60 + "T3BlbkFJ" + "c" * 40


@pytest.fixture
def tidy(mount):
    """Nothing is wrong with it."""
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    mount.project("acme", "etl")
    os.symlink("../../openai", mount.path("orgs/acme/projects/etl/openai"))
    return mount


def findings_of(done):
    assert done.stderr == "", done
    found = {(entry["path"], entry["finding"]): entry["detail"]
             for entry in json.loads(done.stdout)["findings"]}
    assert done.returncode == (WRONG if found else 0), done
    return found


def findings(mount):
    return findings_of(mount.credfs("check", "--json", mount.root))


def test_nothing_is_said_when_nothing_is_wrong(tidy):
    done = tidy.credfs("check", tidy.root)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert findings(tidy) == {}


def test_everything_that_is_wrong_is_said_once(tidy):
    tidy.account("acme/cloud", provider="bedrock", access_key_id="AKIA" + "A" * 16)
    tidy.account("acme/odd", provider="openai", api_key="sk-odd")
    tidy.account("acme/gone", provider="anthropic", api_key="sk-ant-api03-" + "a" * 93 + "AA")
    tidy.account("acme/projects/etl/own", provider="openai")
    for name in ("odd", "gone", "cloud"):
        os.symlink("../../" + name, tidy.path("orgs/acme/projects/etl", name))
    os.unlink(tidy.path("orgs/acme/gone/api_key"))
    os.rmdir(tidy.path("orgs/acme/gone"))
    os.unlink(tidy.path("orgs/acme/projects/etl/odd"))
    entries = json.loads(tidy.credfs("check", "--json", tidy.root).stdout)["findings"]
    assert sorted((e["path"], e["finding"], e["detail"]) for e in entries
                  if e["finding"] != "warning") == [
        ("acme/cloud", "missing", "region"),
        ("acme/cloud", "missing", "secret_access_key"),
        ("acme/odd", "unused", "no project or connection has it"),
        ("acme/projects/etl/gone", "broken-link", "leads to ../../.deleted/gone, which is not there"),
        ("acme/projects/etl/own", "missing", "api_key"),
    ]
    (warning,) = [e for e in entries if e["finding"] == "warning"]
    assert warning["path"] == "acme/odd" and warning["detail"].startswith("api_key: ")
    assert {e["mount"] for e in entries} == {tidy.root}


def test_the_table_is_for_people(tidy):
    tidy.account("acme/odd", provider="generic", key="value")
    done = tidy.credfs("check", tidy.root)
    assert done.returncode == WRONG
    heading, line = done.stdout.splitlines()
    assert heading.split() == ["path", "finding", "detail"]
    assert line.split(maxsplit=2) == ["acme/odd", "unused", "no project or connection has it"]


def test_an_organisation_is_checked_alone(tidy):
    tidy.org("globex")
    tidy.account("globex/openai", api_key=KEY)
    assert set(findings(tidy)) == {("globex/openai", "unused")}
    assert findings_of(tidy.credfs("check", "--json", tidy.path("orgs/acme"))) == {}
    assert findings_of(tidy.credfs("check", "--json", tidy.path("orgs/globex"))) != {}


def test_each_is_told_what_he_may_see(tidy, people):
    """A member sees what is missing; warnings and users are for those who manage; a stranger
    sees nothing."""
    tidy.account("acme/cloud", provider="bedrock", access_key_id="AKIA0")
    carol, manager, stranger = (people.user(name) for name in ("carol", "bob", "dave"))
    tidy.put("orgs/acme/roles/member", "user:" + carol)
    tidy.put("orgs/acme/roles/admin", "user:" + manager)

    def kinds(user):
        found = findings_of(people.run(user, tidy.argv("check", "--json", tidy.root)))
        return {kind for _, kind in found}

    assert kinds(carol) == {"missing"}
    assert kinds(manager) == {"missing", "warning", "unused"}
    assert kinds(stranger) == set()


def test_a_damaged_account_is_a_finding(tidy):
    tidy.account("acme/odd", provider="generic", key="value")
    tidy.umount()
    with sqlite3.connect(tidy.db) as database:
        database.execute("UPDATE wrap SET ct = zeroblob(length(ct))")
    database.close()
    tidy.allow_in_log("cannot be read")
    tidy.start()
    assert findings(tidy) == {("acme", "unreadable"): "Input/output error"}


def test_where_nothing_is_mounted_nothing_is_said_to_be_well(mounts):
    done = mounts(start=False).credfs_alone("check")
    assert (done.returncode, done.stdout) == (OTHER, "")
    assert done.stderr == "credfs: no credfs is mounted: there is nothing to check\n"


@pytest.mark.parametrize("arguments,code,text", [
    (["/usr/bin"], OTHER, "no credfs is mounted there"),
    (["/creds/no/such"], OTHER, "No such file or directory"),
    (["--store", "acme"], USAGE, "--store checks all of it"),
    (["acme", "globex"], USAGE, "Usage:"),
])
def test_what_cannot_be_checked_is_no_finding(mounts, arguments, code, text):
    done = mounts(start=False).credfs("check", *arguments)
    assert done.returncode == code and text in done.stderr, done


def test_output_that_cannot_be_written_is_an_error(tidy):
    tidy.account("acme/odd", provider="generic", key="value")
    for arguments in (["check", tidy.root], ["check", "--json", tidy.root]):
        done = tidy.credfs(*arguments, wrapper=("sh", "-c", 'exec "$@" > /dev/full', "sh"))
        assert done.returncode == OTHER and "No space left on device" in done.stderr
