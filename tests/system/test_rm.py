"""credfs rm: what goes, who is asked, who may; and what is left of an organisation."""
import os
import pwd
import re
import shutil
import sqlite3

import pytest

import mounting
from terminal import Terminal
from test_key import Host

OTHER, USAGE, UNCONFIRMED = 1, 2, 18
KEY = "sk-proj-" + "c" * 60 + "T3BlbkFJ" + "c" * 40


@pytest.fixture
def furnished(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    mount.put("orgs/acme/openai/api_key", KEY[:-1] + "d")
    mount.account("acme/spare", provider="generic", key="value")
    for project in ("etl", "web"):
        mount.project("acme", project)
        os.symlink("../../openai", mount.path("orgs/acme/projects", project, "openai"))
    return mount


def answer(mount, text, *arguments, user="root"):
    """Run credfs rm on a terminal and type an answer: the exit code and what it showed."""
    argv = mount.argv("rm", *arguments)
    with Terminal(pwd.getpwnam(user).pw_name, argv, mounting.ENVIRONMENT) as terminal:
        terminal.wait_for(r"\[y/N\]|organisation's name:")
        shown = terminal.text()
        terminal.type(text + "\r")
        return terminal.finish(), shown


def names(mount, path):
    return set(os.listdir(mount.path(path)))


# accounts, projects, links

def test_who_uses_an_account_is_shown_before_it_goes(furnished):
    code, shown = answer(furnished, "y", furnished.path("orgs/acme/openai"))
    assert code == 0
    assert "acme/openai (openai)" in shown
    assert "used by etl" in shown and "used by web" in shown
    assert "openai" not in names(furnished, "orgs/acme")
    assert os.readlink(furnished.path("orgs/acme/projects/etl/openai")) == "../../.deleted/openai"


def test_that_nobody_uses_it_is_shown_too(furnished):
    code, shown = answer(furnished, "Y", furnished.path("orgs/acme/spare"))
    assert code == 0 and "nobody uses it" in shown
    assert "spare" not in names(furnished, "orgs/acme")


@pytest.mark.parametrize("text", ["", "n", "no", "spare", "yy"])
def test_anything_but_yes_leaves_everything(furnished, text):
    code, _ = answer(furnished, text, furnished.path("orgs/acme/spare"))
    assert code == UNCONFIRMED
    assert furnished.get("orgs/acme/spare/key") == "value"


@pytest.mark.parametrize("path", ["orgs/acme", "orgs/acme/spare", "orgs/acme/projects/etl",
                                  "orgs/acme/projects/etl/openai"])
def test_without_a_terminal_nothing_goes_unless_forced(furnished, path):
    done = furnished.credfs("rm", furnished.path(path))
    assert done.returncode == UNCONFIRMED
    assert "credfs: nothing was changed: say --force, or answer on a terminal\n" in done.stderr
    assert os.path.lexists(furnished.path(path))
    done = furnished.credfs("rm", "--force", furnished.path(path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not os.path.lexists(furnished.path(path))


def test_a_name_as_list_shows_it(furnished):
    done = furnished.credfs_alone("rm", "-f", "acme/spare")
    assert done.returncode == 0, done
    assert names(furnished, "orgs/acme") == {"audit.log", "openai", "projects", "roles"}


def test_of_a_link_only_the_use_goes(furnished):
    link = furnished.path("orgs/acme/projects/etl/openai")
    code, shown = answer(furnished, "y", link)
    assert code == 0 and "the link goes; what it leads to stays" in shown
    assert not os.path.lexists(link)
    assert furnished.get("orgs/acme/openai/api_key")
    assert furnished.get("orgs/acme/projects/web/openai/api_key")


def test_a_project_goes_with_its_accounts_and_roles(furnished, people):
    furnished.account("acme/projects/etl/own", provider="generic", key="value")
    furnished.put("orgs/acme/projects/etl/roles/runner", "user:" + people.user("carol"))
    done = furnished.credfs("rm", "-f", furnished.path("orgs/acme/projects/etl"))
    assert (done.returncode, done.stderr) == (0, "")
    assert names(furnished, "orgs/acme/projects") == {"web"}
    assert furnished.get("orgs/acme/openai/api_key")


def test_earlier_values_do_not_come_back_with_the_name(furnished):
    assert furnished.credfs("rm", "-f", furnished.path("orgs/acme/openai")).returncode == 0
    furnished.account("acme/openai")
    assert not os.path.exists(furnished.path("orgs/acme/openai/.history/api_key"))


@pytest.mark.parametrize("path,code,text", [
    ("orgs/acme/openai/api_key", USAGE, "is a file: rm(1) removes it"),
    ("orgs/acme/projects", USAGE, "name an account, project, connection or organisation"),
    ("orgs/acme/roles", USAGE, "name an account, project, connection or organisation"),
    ("orgs/acme/audit.log", USAGE, "name an account, project, connection or organisation"),
    ("orgs", USAGE, "name an account, project, connection or organisation"),
    ("", USAGE, "name an account, project, connection or organisation"),
    ("orgs/acme/none", OTHER, "No such file or directory"),
])
def test_what_cannot_go_is_told(furnished, path, code, text):
    done = furnished.credfs("rm", "-f", furnished.path(path).rstrip("/"))
    assert done.returncode == code and text in done.stderr
    assert furnished.get("orgs/acme/openai/api_key")


def test_who_may_not_is_not_even_asked(furnished, people):
    carol, stranger = people.user("carol"), people.user("dave")
    furnished.put("orgs/acme/roles/member", "user:" + carol)
    for user in (carol, stranger):
        for path in ("orgs/acme/spare", "orgs/acme"):
            for force in ([], ["-f"]):
                done = people.run(user, furnished.argv("rm", *force, furnished.path(path)))
                assert done.returncode == OTHER, done
                assert "Permission denied" in done.stderr
    assert furnished.get("orgs/acme/spare/key") == "value"


# organisations

def test_the_name_is_to_be_typed(furnished):
    path = furnished.path("orgs/acme")
    for text in ("y", "yes", "Acme", "acme/", ""):
        code, shown = answer(furnished, text, path)
        assert code == UNCONFIRMED
    assert "acme: 2 accounts" in shown
    assert "acme/openai (openai), used by 2" in shown and "acme/spare (generic)" in shown
    code, _ = answer(furnished, "acme", path)
    assert code == 0
    assert names(furnished, "orgs") == set()


def test_an_admin_may_not_delete_it_and_an_owner_may(furnished, people):
    admin, owner = people.user("bob"), people.user("alice")
    furnished.put("orgs/acme/roles/admin", "user:" + admin)
    furnished.put("orgs/acme/roles/owner", "user:root", "user:" + owner)
    path = furnished.path("orgs/acme")
    done = people.run(admin, furnished.argv("rm", "-f", path))
    assert done.returncode == OTHER
    assert done.stderr == f"credfs: {path}: not deleted: Permission denied: only its owner may\n"
    assert people.run(admin, f"echo acme > {path}/.delete").returncode != 0
    code, _ = answer(furnished, "acme", path, user=owner)
    assert code == 0
    assert names(furnished, "orgs") == set()
    assert people.run(owner, ["ls", furnished.path("orgs")]).stdout == ""


def test_nothing_is_left_and_the_name_is_free(furnished):
    path = furnished.path("orgs/acme")
    inside = os.open(path, os.O_RDONLY)
    value = os.open(path + "/openai/api_key", os.O_RDONLY)
    assert furnished.credfs("rm", "-f", path).returncode == 0
    for way in (lambda: os.listdir(inside), lambda: os.stat("openai", dir_fd=inside),
                lambda: os.mkdir("new", dir_fd=inside), lambda: os.listdir(path),
                lambda: os.pread(value, 100, 0)):
        with pytest.raises(OSError):
            way()
    os.close(inside)
    os.close(value)
    for remount in (False, True):
        if remount:
            furnished.remount()
        assert names(furnished, "orgs") == set()
        assert furnished.credfs("list", furnished.root).stdout == ""
        assert "acme" not in furnished.credfs_alone("status").stdout
    furnished.org("acme")
    furnished.account("acme/openai")
    assert names(furnished, "orgs/acme/openai") == {"provider"}
    assert not os.path.exists(furnished.path("orgs/acme/openai/api_key"))
    with sqlite3.connect(furnished.db) as database:
        (log,) = database.execute("SELECT count(DISTINCT org) FROM log").fetchone()
    database.close()
    assert log == 2  # the log of the former is the proof that it was deleted
    assert furnished.credfs("check", "--store").returncode == 0


def test_no_row_of_it_is_left_in_the_database(furnished):
    for i in range(30):
        furnished.account(f"acme/many{i}", provider="generic", **{f"k{n}": "x" for n in range(20)})
    assert furnished.credfs("rm", "-f", furnished.path("orgs/acme")).returncode == 0

    def rows():
        with sqlite3.connect(furnished.db) as database:
            counts = [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                      for table in ("item", "value")]
        database.close()
        return sum(counts)

    mounting.wait_until(lambda: rows() == 0, 20, "every row was removed")


def test_rm_r_ends_no_organisation(furnished, people):
    people.run("root", ["rm", "-rf", furnished.path("orgs/acme")])
    assert furnished.get("orgs/acme/openai/api_key")
    people.run("root", f"rm -rf {furnished.path('orgs/acme')}/.delete")
    people.run("root", f"mv {furnished.path('orgs/acme')}/.delete /tmp/; "
                       f"cp -r {furnished.path('orgs/acme')} {furnished.base}/copy")
    assert furnished.get("orgs/acme/openai/api_key")
    for text in ("", "\n", "globex", "acm", "acmee", "acme\\nacme"):
        people.run("root", f"printf '{text}' > {furnished.path('orgs/acme/.delete')}")
        assert furnished.get("orgs/acme/openai/api_key")


def test_deleting_is_in_the_audit_log_that_stays(furnished):
    assert furnished.credfs("rm", "-f", furnished.path("orgs/acme")).returncode == 0
    (retired,) = re.findall(r"its audit log is (\.deleted-[0-9a-f]+)'s", furnished.log_text())
    furnished.umount()
    done = furnished.credfs("audit", "--verify")
    assert done.returncode == 0, done
    assert retired in done.stdout


def test_a_backup_of_it_can_be_put_back(furnished):
    furnished.umount()
    backup = furnished.base + "/backup"
    assert furnished.credfs("backup", backup).returncode == 0
    furnished.start()
    assert furnished.credfs("rm", "-f", furnished.path("orgs/acme")).returncode == 0
    furnished.umount()
    done = furnished.credfs("restore", "--yes", backup)
    assert done.returncode == 0, done
    furnished.start()
    assert furnished.get("orgs/acme/spare/key") == "value"


def test_a_store_in_which_it_lives_again_is_found_out(furnished):
    furnished.umount()
    shutil.copyfile(furnished.db, furnished.base + "/old")
    furnished.start()
    assert furnished.credfs("rm", "-f", furnished.path("orgs/acme")).returncode == 0
    furnished.umount()
    shutil.copyfile(furnished.base + "/old", furnished.db)
    furnished.allow_in_log("was put back to an earlier state")
    furnished.start()
    mounting.wait_until(lambda: "was put back to an earlier state" in furnished.log_text(), 10,
                        "it is logged")
    assert names(furnished, "orgs") == set()


def test_other_hosts_learn_of_it(furnished, mounts):
    other = Host(mounts, furnished)
    furnished.credfs("key", "add", other.public, "--org", "acme", "--can", "read")
    fingerprint = re.search(r"fingerprint: (\S+)",
                            furnished.credfs("key", "list", "acme").stdout)[1]
    furnished.umount()
    other.run("key", "pin", "acme", fingerprint)
    furnished.start()
    assert furnished.credfs("rm", "-f", furnished.path("orgs/acme")).returncode == 0
    furnished.umount()
    other.mount.start()
    assert not os.path.exists(other.mount.path("orgs/acme"))
    mounting.wait_until(lambda: names(other.mount, "orgs") == set(), 10, "the name is gone")
    assert "organisation acme was deleted" in other.mount.log_text()


# connections

@pytest.fixture
def connected(mounts):
    """Two connections; `app` is used with both, `own` with one."""
    mount = mounts("[features]\nconnections = yes\n")
    mount.org("acme")
    for name in ("app", "own"):
        mount.account("acme/" + name, provider="login", username=name, password="secret")
    for name in ("warehouse", "lake"):
        os.mkdir(mount.path("orgs/acme/connections", name))
        mount.put(f"orgs/acme/connections/{name}/url", "postgresql://db.example/sales")
        os.symlink("../../app", mount.path("orgs/acme/connections", name, "app"))
    os.symlink("../../own", mount.path("orgs/acme/connections/lake/own"))
    return mount


def accounts(mount):
    return names(mount, "orgs/acme") & {"app", "own"}


def test_a_credential_that_other_connections_have_is_nobody_s_question(connected):
    code, shown = answer(connected, "y", connected.path("orgs/acme/connections/warehouse/app"))
    assert code == 0 and "nobody has it" not in shown
    assert names(connected, "orgs/acme/connections/warehouse") == {"url"}
    assert accounts(connected) == {"app", "own"}


@pytest.mark.parametrize("text,left", [("y", {"app"}), ("n", {"app", "own"})])
def test_with_its_last_connection_a_credential_goes_if_it_is_to(connected, text, left):
    argv = connected.argv("rm", connected.path("orgs/acme/connections/lake/own"))
    with Terminal("root", argv, mounting.ENVIRONMENT) as terminal:
        terminal.wait_for(r"End it\? \[y/N\]")
        terminal.type("y\r")
        terminal.wait_for(r"nobody has it any more\.\s+Delete it for good, too\? \[y/N\]")
        terminal.type(text + "\r")
        assert terminal.finish() == 0
    assert accounts(connected) == left
    assert names(connected, "orgs/acme/connections/lake") == {"app", "url"}


def test_a_script_is_told_of_what_is_nobody_s(connected):
    done = connected.credfs("rm", "-f", connected.path("orgs/acme/connections/lake"))
    own = connected.path("orgs/acme/own")
    assert (done.returncode, done.stderr) == \
           (0, f"{own}: nobody has it any more; `credfs rm` deletes it\n")
    assert names(connected, "orgs/acme/connections") == {"warehouse"}
    assert accounts(connected) == {"app", "own"}
    done = connected.credfs("check", "--json", connected.root)
    assert '"orphan"' in done.stdout and "acme/own" in done.stdout
