"""credfs list and status: for people, for scripts, and when something is wrong."""
import json
import os
import signal
import sqlite3
import time

import pytest

import mounting

OTHER = 1
KEY = "sk-proj-" + "c" * 40


def beside(*mounts):
    """Run credfs in a mount namespace where only these mounts are, in a pipeline as scripts do."""
    others = ('for dir in $(findmnt -rnt fuse.credfs -o TARGET | grep -vxF -e "$0" -e "$1"); do '
              'umount -l "$dir"; done; shift; set -o pipefail; "$@" | cat')
    roots = [mount.root for mount in mounts]
    return ("unshare", "--mount", "--propagation", "private", "bash", "-c", others, roots[0],
            roots[-1])


@pytest.fixture
def furnished(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    mount.account("acme/Prüfung 検証", provider="anthropic")
    mount.project("acme", "etl")
    mount.project("acme", "web")
    os.symlink("../../openai", mount.path("orgs/acme/projects/etl/openai"))
    os.symlink("../../openai", mount.path("orgs/acme/projects/web/openai"))
    return mount


def rows_of(done):
    return {row["account"]: row for row in json.loads(done.stdout)["accounts"]}


def test_names_are_shown_in_the_characters_of_the_locale(furnished):
    done = furnished.credfs("list", furnished.root)
    assert done.returncode == 0
    assert "acme/Prüfung 検証 " in done.stdout
    done = furnished.credfs("list", furnished.root, wrapper=("env", "LC_ALL=C"))
    assert done.returncode == 0
    assert done.stdout.isascii() and "acme/Pr\\xc3\\xbcfung" in done.stdout


def test_json_says_who_uses_an_account_nobody_or_unknown(furnished, people):
    rows = rows_of(furnished.credfs("list", "--json", furnished.root))
    assert len(rows["acme/openai"]["used-by"]) == 2
    assert rows["acme/Prüfung 検証"]["used-by"] == []
    assert rows["acme/openai"]["mount"] == furnished.root
    carol = people.user("carol")
    furnished.put("orgs/acme/roles/member", "user:" + carol)
    done = people.run(carol, furnished.argv("list", "--json", furnished.root))
    assert done.returncode == 0, done
    assert rows_of(done)["acme/openai"]["used-by"] is None


def test_the_state_says_what_is_missing_and_how_many_warnings(furnished, people):
    furnished.account("acme/cloud", provider="bedrock", access_key_id="AKIA" + "A" * 16)
    rows = rows_of(furnished.credfs("list", "--json", furnished.root))
    assert rows["acme/openai"]["state"] == "complete, 1 warning"
    assert rows["acme/openai"]["missing"] == []
    (warning,) = rows["acme/openai"]["warnings"]
    assert warning.startswith("api_key: ")
    assert rows["acme/cloud"]["state"] == "missing secret_access_key region"
    assert rows["acme/cloud"]["missing"] == ["secret_access_key", "region"]
    table = furnished.credfs("list", furnished.root).stdout
    assert "complete, 1 warning" in table and "missing secret_access_key region" in table
    carol = people.user("carol")
    furnished.put("orgs/acme/roles/member", "user:" + carol)
    done = people.run(carol, furnished.argv("list", "--json", furnished.root))
    assert rows_of(done)["acme/openai"]["warnings"] is None
    assert rows_of(done)["acme/openai"]["state"] == "complete"


@pytest.mark.parametrize("name", ["acme", "orgs/acme", "{root}/orgs/acme", "{root}/orgs/acme/"])
def test_one_organisation_is_listed_by_name_or_path(furnished, name):
    furnished.org("globex")
    furnished.account("globex/openai", api_key=KEY)
    done = furnished.credfs("list", "--json", name.format(root=furnished.root),
                            wrapper=beside(furnished))
    assert done.returncode == 0, done
    assert set(rows_of(done)) == {"acme/openai", "acme/Prüfung 検証"}


def test_an_organisation_is_listed_for_those_who_may_see_it(furnished, people):
    carol = people.user("carol")
    path = furnished.path("orgs/acme")
    done = people.run(carol, furnished.argv("list", path))
    assert (done.returncode, done.stdout) == (OTHER, "")
    assert done.stderr == f"credfs: {path}: Permission denied\n"
    furnished.put("orgs/acme/roles/member", "user:" + carol)
    done = people.run(carol, furnished.argv("list", path))
    assert done.returncode == 0 and "acme/openai" in done.stdout


@pytest.mark.parametrize("name,code,text", [
    ("initech", OTHER, "No such file or directory"),
    ("{root}/orgs/acme/openai", 2, "name an organisation or where credfs is mounted"),
    ("/usr/bin", OTHER, "no credfs is mounted there"),
])
def test_what_is_no_organisation_is_told(furnished, name, code, text):
    done = furnished.credfs("list", name.format(root=furnished.root), wrapper=beside(furnished))
    assert "credfs: " + name.format(root=furnished.root) + ": " + text in done.stderr
    alone = furnished.credfs_alone("list", name.format(root=furnished.root))
    assert alone.returncode == code


def test_an_organisation_that_several_mounts_have_is_named_by_path(furnished, mounts):
    other = mounts()
    other.org("acme")
    done = furnished.credfs("list", "acme", wrapper=beside(furnished, other))
    assert done.stderr == "credfs: acme: several mounts have it: name it by its path\n"
    done = furnished.credfs("list", other.root + "/orgs/acme", wrapper=beside(furnished, other))
    assert done.returncode == 0


# data connections

@pytest.fixture
def connected(mounts, people):
    """Two connections of a login: one of them with a member's own besides, and used by etl."""
    mount = mounts("[features]\nconnections = yes\n")
    mount.carol = people.user("carol")
    mount.ada = people.user("ada")
    mount.org("acme", member=["user:" + mount.carol], admin=["user:" + mount.ada])
    mount.project("acme", "etl")
    mount.account("acme/dwh login", provider="login", username="etl", password="p1")
    os.mkdir(mount.path("orgs/acme/connections/warehouse"))
    os.mkdir(mount.path("orgs/acme/connections/lake"))
    mount.put("orgs/acme/connections/warehouse/url", "jdbc:postgresql://db.example/sales")
    os.symlink("../../dwh login", mount.path("orgs/acme/connections/warehouse/login"))
    os.symlink("../../dwh login", mount.path("orgs/acme/connections/lake/main"))
    os.symlink("../../connections/warehouse", mount.path("orgs/acme/projects/etl/warehouse"))
    own = mount.path("orgs/acme/users", mount.carol)
    done = people.run(mount.carol, f"mkdir {own} {own}/mine && echo login > {own}/mine/provider && "
                      f"ln -s ../../users/{mount.carol}/mine "
                      f"{mount.path('orgs/acme/connections/warehouse')}/mine")
    assert done.returncode == 0, done
    return mount


def connections_of(done):
    assert done.returncode == 0, done
    return {row["connection"]: row for row in json.loads(done.stdout)["connections"]}


def test_connections_are_listed_with_what_they_have(connected, people):
    argv = connected.argv("list", "--json", connected.root)
    rows = connections_of(people.run(connected.ada, argv))
    warehouse, lake = rows["acme/connections/warehouse"], rows["acme/connections/lake"]
    assert set(warehouse) == {"mount", "connection", "type", "credentials", "created", "updated",
                              "state", "used-by", "missing", "warnings"}
    assert warehouse["type"] == "postgresql" and lake["type"] is None
    assert warehouse["credentials"] == ["login"] and lake["credentials"] == ["main"]
    assert (warehouse["state"], lake["state"]) == ("complete", "missing url")
    assert warehouse["used-by"] == ["etl"] and lake["used-by"] == []
    assert warehouse["created"] <= warehouse["updated"]
    connected.put("orgs/acme/connections/warehouse/type", "mysql")
    rows = connections_of(people.run(connected.ada, argv))
    assert rows["acme/connections/warehouse"]["type"] == "mysql"


def test_connections_are_a_table_of_their_own(connected):
    done = connected.credfs("list", connected.root)
    accounts, _, connections = done.stdout.partition("\n\n")
    assert accounts.split()[:2] == ["account", "provider"] and "acme/dwh login" in accounts
    head, *lines = connections.splitlines()
    assert head.split() == ["connection", "type", "credentials", "created", "updated", "state",
                            "used-by"]
    (line,) = [line for line in lines if line.startswith("acme/connections/warehouse ")]
    assert line.split()[1:3] == ["postgresql", "login"] and line.split()[-1] == "etl"
    assert lines[lines.index(line) + 1].strip() == "mine"  # root sees all that the host can


def test_who_lists_connections_sees_what_he_may(connected, people):
    argv = connected.argv("list", "--json", connected.root)
    rows = connections_of(people.run(connected.carol, argv))
    assert rows["acme/connections/warehouse"]["credentials"] == ["login", "mine"]
    assert rows["acme/connections/warehouse"]["used-by"] is None
    assert connections_of(people.run(people.user("dave"), argv)) == {}


def test_a_credential_that_is_gone_is_not_listed_with_its_connection(connected):
    assert connected.credfs("rm", "-f", connected.path("orgs/acme/dwh login")).returncode == 0
    rows = connections_of(connected.credfs("list", "--json", connected.root))
    assert rows["acme/connections/lake"]["credentials"] == []


def test_check_looks_at_connections_too(connected):
    connected.put("orgs/acme/connections/warehouse/type", "PG")
    done = connected.credfs("check", "--json", connected.root)
    found = [(finding["path"], finding["finding"], finding["detail"].split(":")[0])
             for finding in json.loads(done.stdout)["findings"]]
    assert ("acme/connections/lake", "missing", "url") in found
    assert ("acme/connections/warehouse", "warning", "type") in found


def test_each_of_several_mounts_is_named(furnished, mounts):
    other = mounts()
    other.org("globex")
    other.account("globex/openai", api_key=KEY)
    done = furnished.credfs("list", wrapper=beside(furnished, other))
    assert done.returncode == 0, done
    lines = {line.split()[1]: line.split()[0] for line in done.stdout.splitlines()[1:]
             if len(line.split()) > 3}
    assert done.stdout.split()[0] == "mount"
    assert lines["globex/openai"] == other.root
    assert lines["acme/openai"] == furnished.root
    alone = furnished.credfs("list", furnished.root).stdout
    assert alone.split()[0] == "account" and furnished.root not in alone


def test_status_is_for_scripts_too(furnished, people):
    (report,) = json.loads(furnished.credfs_alone("status", "--json").stdout)["mounts"]
    assert report["mount"] == furnished.root
    assert report["state"] == "answering"
    assert int(report["pid"]) in furnished.processes()
    (organisation,) = report["organisations"]
    assert organisation.startswith("acme fingerprint=")
    done = people.run(people.user("carol"), furnished.argv("status", "--json"))
    for report in json.loads(done.stdout)["mounts"]:
        assert report["organisations"] == [] and report["state"] != "answering"


def test_status_of_nothing_is_an_empty_list(mounts):
    done = mounts(start=False).credfs_alone("status", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"mounts": []})


# trouble

def test_an_organisation_that_cannot_be_read_is_named(mount):
    for org in ("acme", "globex"):
        mount.org(org)
        mount.account(org + "/openai", api_key=KEY)
    mount.umount()
    with sqlite3.connect(mount.db) as database:
        database.execute("UPDATE wrap SET ct = zeroblob(length(ct)) "
                         "WHERE org = (SELECT min(org) FROM wrap)")
    database.close()
    mount.allow_in_log("organisation .* cannot be read")
    mount.allow_in_log("cannot be read: ")
    mount.start()
    done = mount.credfs("list", "--json", mount.root)
    assert done.returncode == OTHER
    (account,) = rows_of(done)
    lost = {"acme": "globex", "globex": "acme"}[account.split("/")[0]]
    assert done.stderr == f"credfs: {mount.root}/orgs/{lost}: Input/output error\n"


def test_a_directory_that_is_no_credfs_is_told(mounts):
    mount = mounts(start=False)
    done = mount.credfs("list", mount.root)
    assert (done.returncode, done.stderr) == \
           (OTHER, f"credfs: {mount.root}: no credfs is mounted there; `credfs status` shows where\n")
    done = mount.credfs("list", mount.root + "/none")
    assert done.returncode == OTHER and "No such file or directory" in done.stderr


@pytest.fixture
def hung(mounts):
    """A mount whose daemon lives and does not answer."""
    mount = mounts()
    # The supervisor first: it is not to see to the others.
    stopped = sorted(mount.processes(), key=lambda pid: pid != mount.process.pid)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    yield mount
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("command,shown", [("list", "acme/openai"), ("status", "version: ")])
def test_a_daemon_that_hangs_holds_up_nobody_for_long(furnished, hung, command, shown):
    begin = time.monotonic()
    done = furnished.credfs(command, wrapper=beside(furnished, hung), timeout=30)
    assert time.monotonic() - begin < 15
    assert done.returncode == OTHER
    assert shown in done.stdout
    assert f"{hung.root}: its daemon does not answer" in done.stderr or \
           f"mount: {hung.root}\nstate: its daemon does not answer" in done.stdout


def test_mounting_where_a_daemon_hangs_says_that_it_is_mounted(hung):
    done = hung.credfs("mount", hung.root, timeout=30)
    assert done.returncode == 4
    assert "is mounted there already" in done.stderr


def test_status_of_a_daemon_that_is_gone_is_no_success(mount):
    mount.kill()
    done = mount.credfs_alone("status")
    mount.start()
    assert done.returncode == OTHER
    assert f"mount: {mount.root}\nstate: its daemon is gone" in done.stdout


@pytest.mark.parametrize("arguments", [
    ["list"], ["list", "--json"], ["status"], ["--help"], ["--version"], ["list", "--help"],
    ["status", "--json"],
])
def test_output_that_cannot_be_written_is_an_error(furnished, arguments):
    full = ("sh", "-c", 'exec "$@" > /dev/full', "sh")
    end = [furnished.root] if arguments[0] == "list" and "--help" not in arguments else []
    done = furnished.credfs(*arguments, *end, wrapper=full)
    assert done.returncode == OTHER
    assert "No space left on device" in done.stderr
