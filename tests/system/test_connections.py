"""Data connections: the life of a data credential, from the making of it to its removal, and users'
own accounts, which nobody else sees."""
import errno
import json
import os
import subprocess

import pytest

ON = "[features]\nconnections = yes\n"
URL = "postgresql://db.example:5432/sales"
ROLES = ["owner", "admin", "member", "auditor", "maintainer", "runner", "nobody"]
IN_PROJECT = {"maintainer", "runner"}


@pytest.fixture
def acme(mounts, people):
    """An organisation with somebody in each role, and a project."""
    mount = mounts(ON)
    mount.org("acme")
    mount.project("acme", "etl")
    for role in ROLES[:-1]:
        where = "projects/etl/roles" if role in IN_PROJECT else "roles"
        with open(mount.path(f"orgs/acme/{where}/{role}"), "a", encoding="utf-8") as file:
            file.write(f"user:{people.user('c-' + role)}\n")
    people.user("c-nobody")
    return mount


def who(people, role):
    return people.name("c-" + role)


def sh(mount, people, command, role="admin"):
    """Run in the organisation's directory; what it says on stdout, or its whole result."""
    user = role if role == "root" else who(people, role)
    return people.run(user, f"cd {mount.root}/orgs/acme && {{ {command}; }}")


def does(mount, people, command, role="admin"):
    done = sh(mount, people, command, role)
    assert (done.returncode, done.stderr) == (0, ""), (command, role, done)
    return done.stdout


def fails(mount, people, command, reason, role="admin"):
    done = sh(mount, people, command, role)
    assert done.returncode != 0 and reason in done.stderr, (command, role, done)


def looks(mount, people, path, role="admin"):
    """ls -l, without what differs from run to run: type and mode, name, where a link leads."""
    lines = does(mount, people, f"ls -l --time-style=+ '{path}'", role).splitlines()[1:]
    return [" ".join([line.split()[0], *line.split()[5:]]) for line in lines]


def status(mount, path):
    return mount.get(f"orgs/acme/{path}/.status").splitlines()


def seen(mount, path, people, role):
    """What a role reads there: the text, or why not."""
    def read(name):
        with open(name, encoding="utf-8") as file:
            return file.read()
    outcome, text = people.call(who(people, role), read, mount.path("orgs/acme", path))
    return text if outcome == "ok" else outcome


def furnish(mount, people):
    """The recipe of the manual: a connection, a credential, the one associated with the other."""
    does(mount, people, "mkdir connections/warehouse warehouse-login")
    does(mount, people, f"echo {URL} > connections/warehouse/url")
    does(mount, people, "echo login > warehouse-login/provider")
    does(mount, people, "echo etl > warehouse-login/username")
    does(mount, people, "echo 'p#1 \\one' > warehouse-login/password")
    does(mount, people, "ln -s ../../warehouse-login connections/warehouse/")


WAREHOUSE = ["-rw-rw----+ url", "lrwxrwxrwx warehouse-login -> ../../warehouse-login"]


def test_the_life_of_a_data_credential(acme, people):
    """Each step with what ls -l shows before and after it."""
    password = "projects/etl/warehouse/warehouse-login/password"

    assert looks(acme, people, "connections") == []
    does(acme, people, "mkdir connections/warehouse")
    assert looks(acme, people, "connections") == ["drwxrwx---+ warehouse"]
    does(acme, people, f"echo {URL} > connections/warehouse/url")
    assert looks(acme, people, "connections/warehouse") == WAREHOUSE[:1]

    # Made while the connection is set up, and associated with it.
    does(acme, people, "mkdir warehouse-login; echo login > warehouse-login/provider; "
         "echo etl > warehouse-login/username; echo 'p#1 \\one' > warehouse-login/password")
    assert looks(acme, people, "warehouse-login") == \
        ["-rw-rw----+ password", "-rw-rw----+ provider", "-rw-rw----+ username"]
    assert looks(acme, people, "connections/warehouse") == WAREHOUSE[:1]
    does(acme, people, "ln -s ../../warehouse-login connections/warehouse/")
    assert looks(acme, people, "connections/warehouse") == WAREHOUSE
    assert status(acme, "warehouse-login") == ["used-by: connections/warehouse"]

    # Used by a project, from the moment of its link.
    assert looks(acme, people, "projects/etl", "runner") == ["drwxrwx---+ roles"]
    assert seen(acme, "connections/warehouse/url", people, "runner") == "EACCES"
    assert seen(acme, "warehouse-login/password", people, "runner") == "EACCES"
    does(acme, people, "ln -s ../../connections/warehouse projects/etl/warehouse", "maintainer")
    assert looks(acme, people, "projects/etl", "runner")[-1] == \
        "lrwxrwxrwx warehouse -> ../../connections/warehouse"
    assert seen(acme, "projects/etl/warehouse/url", people, "runner") == URL
    assert seen(acme, password, people, "runner") == "p#1 \\one"
    assert status(acme, "warehouse-login") == ["used-by: etl", "used-by: connections/warehouse"]
    assert status(acme, "connections/warehouse") == ["used-by: etl"]

    # An edit is seen by all connections.
    does(acme, people, "mkdir connections/lake; ln -s ../../warehouse-login connections/lake/login")
    assert looks(acme, people, "connections/lake") == \
        ["lrwxrwxrwx login -> ../../warehouse-login"]
    does(acme, people, "echo p2 > warehouse-login/password")
    assert seen(acme, password, people, "runner") == "p2"
    assert acme.get("orgs/acme/connections/lake/login/password") == "p2"

    # A second credential: first the project says which it means.
    does(acme, people, "mkdir second; echo login > second/provider; echo s1 > second/password")
    fails(acme, people, "ln -s ../../second connections/warehouse/", "busy")
    assert looks(acme, people, "connections/warehouse") == WAREHOUSE
    does(acme, people, "ln -sfn ../../connections/warehouse/warehouse-login projects/etl/warehouse",
         "maintainer")
    does(acme, people, "ln -s ../../second connections/warehouse/")
    assert looks(acme, people, "connections/warehouse") == \
        ["lrwxrwxrwx second -> ../../second", *WAREHOUSE]
    assert seen(acme, "projects/etl/warehouse/password", people, "runner") == "p2"
    assert seen(acme, "second/password", people, "runner") == "EACCES"
    fails(acme, people, "ln -s ../../connections/warehouse projects/etl/other", "Invalid argument",
          "maintainer")
    does(acme, people, "ln -sfn ../../connections/warehouse/second projects/etl/warehouse",
         "maintainer")
    assert looks(acme, people, "projects/etl", "runner")[-1] == \
        "lrwxrwxrwx warehouse -> ../../connections/warehouse/second"
    assert seen(acme, "projects/etl/warehouse/password", people, "runner") == "s1"
    assert seen(acme, "warehouse-login/password", people, "runner") == "EACCES"
    assert seen(acme, "connections/warehouse/url", people, "runner") == URL

    # Dissociated: the credential stays, and is an orphan after the last time.
    does(acme, people, "rm connections/warehouse/warehouse-login")
    assert looks(acme, people, "connections/warehouse") == \
        ["lrwxrwxrwx second -> ../../second", WAREHOUSE[0]]
    assert status(acme, "warehouse-login")[-1] == "used-by: connections/lake"
    does(acme, people, "rm connections/lake/login")
    assert looks(acme, people, "connections/lake") == []
    assert status(acme, "warehouse-login")[-1].startswith("orphan: since 20")
    assert acme.get("orgs/acme/warehouse-login/password") == "p2"

    # Renamed: everything follows. Deleted: links dangle, and stay so.
    does(acme, people, "mv connections/warehouse connections/dwh; mv second third")
    assert looks(acme, people, "connections/dwh")[0] == "lrwxrwxrwx second -> ../../third"
    assert looks(acme, people, "projects/etl", "runner")[-1] == \
        "lrwxrwxrwx warehouse -> ../../connections/dwh/second"
    assert seen(acme, "projects/etl/warehouse/password", people, "runner") == "s1"
    does(acme, people, "rm -r warehouse-login third")
    assert looks(acme, people, "connections/dwh")[0] == "lrwxrwxrwx second -> ../../.deleted/third"
    assert seen(acme, "projects/etl/warehouse/password", people, "runner") == "ENOENT"
    does(acme, people, "rm -r connections/dwh connections/lake")
    assert looks(acme, people, "connections") == []
    assert looks(acme, people, "projects/etl", "runner")[-1] == \
        "lrwxrwxrwx warehouse -> ../../.deleted/second"


# node | owner admin member auditor maintainer runner nobody
TABLE = """
connections                                | rwx rwx r-x r-x --x --x ---
connections/warehouse                      | rwx rwx rwx rwx r-x r-x ---
connections/warehouse/url                  | rw- rw- r-- r-- r-- r-- ---
connections/warehouse/.info                | r-- r-- r-- r-- r-- r-- ---
connections/warehouse/.status              | r-- r-- --- --- --- --- ---
connections/warehouse/warehouse-login/password | rw- rw- --- --- r-- r-- ---
connections/warehouse/warehouse-login/username | rw- rw- r-- r-- r-- r-- ---
projects/etl/warehouse/url                 | rw- rw- r-- r-- r-- r-- ---
"""


def what_the_kernel_allows(paths):
    return ["".join(letter if os.access(path, mode) else "-"
                    for letter, mode in (("r", os.R_OK), ("w", os.W_OK), ("x", os.X_OK)))
            for path in paths]


def test_every_role_has_its_rights(acme, people):
    furnish(acme, people)
    does(acme, people, "ln -s ../../connections/warehouse projects/etl/warehouse", "maintainer")
    rows = [line.partition("|") for line in TABLE.strip().splitlines()]
    paths = [acme.path("orgs/acme", path.strip()) for path, _, _ in rows]
    found = [people.call(who(people, role), what_the_kernel_allows, paths)[1] for role in ROLES]
    for index, (path, _, cells) in enumerate(rows):
        assert [column[index] for column in found] == cells.split(), path


def test_who_may_make_and_associate(acme, people):
    furnish(acme, people)
    does(acme, people, "mkdir second")
    for role in ("member", "auditor", "maintainer", "runner"):
        fails(acme, people, "mkdir connections/x", "Permission denied", role)
        fails(acme, people, "echo x > connections/warehouse/host", "Permission denied", role)
        fails(acme, people, "ln -s ../../second connections/warehouse/", "Permission denied", role)
        fails(acme, people, "rm connections/warehouse/warehouse-login", "Permission denied", role)
        fails(acme, people, "mv connections/warehouse connections/x", "Permission denied", role)
        fails(acme, people, "rmdir connections/warehouse", "Permission denied", role)
    fails(acme, people, "ls connections", "cd to", "nobody")
    does(acme, people, "ln -s ../../second connections/warehouse/; rm connections/warehouse/second",
         "owner")


@pytest.mark.parametrize("way", ["the link", "the association", "the role"])
def test_what_is_taken_back_is_gone_at_once_for_open_files_too(acme, people, way):
    furnish(acme, people)
    does(acme, people, "ln -s ../../connections/warehouse projects/etl/warehouse", "maintainer")
    take = {"the link": "rm projects/etl/warehouse",
            "the association": "rm connections/warehouse/warehouse-login",
            "the role": "echo > projects/etl/roles/runner"}[way]
    path = acme.path("orgs/acme/projects/etl/warehouse/warehouse-login/password")
    program = ("import os,sys\nf = os.open(sys.argv[1], os.O_RDONLY)\nprint(os.read(f, 99), flush=True)\n"
               "sys.stdin.readline()\nos.lseek(f, 0, 0)\ntry: print(os.read(f, 99))\n"
               "except OSError as e: print(e.errno)\n"
               "try: open(sys.argv[1]); print('opened')\nexcept OSError as e: print(e.errno)")
    holder = subprocess.Popen(
        ["setpriv", f"--reuid={who(people, 'runner')}", "--clear-groups", "python3", "-c", program,
         path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "b'p#1 \\\\one'\n"
    does(acme, people, take)
    out, _ = holder.communicate("\n", timeout=30)
    first, second = out.split()
    assert first == str(errno.EACCES)
    assert second in (str(errno.EACCES), str(errno.ENOENT))


def test_the_audit_log_names_the_way(acme, people):
    furnish(acme, people)
    does(acme, people, "ln -s ../../connections/warehouse projects/etl/warehouse; "
         "ln -s ../../connections/warehouse/warehouse-login projects/etl/login")
    for path in ("projects/etl/warehouse/url", "projects/etl/warehouse/warehouse-login/password",
                 "projects/etl/login/password"):
        does(acme, people, f"cat {path}", "runner")
    does(acme, people, "cat connections/warehouse/warehouse-login/password")
    does(acme, people, "rm connections/warehouse/warehouse-login")
    lines = [json.loads(line) for line in acme.get("orgs/acme/audit.log").splitlines()]
    assert [line["path"] for line in lines if line["operation"] == "read"] == [
        "orgs/acme/projects/etl/warehouse/url",
        "orgs/acme/projects/etl/warehouse/warehouse-login/password",
        "orgs/acme/projects/etl/login/password",
        "orgs/acme/connections/warehouse/warehouse-login/password"]
    last = lines[-1]
    assert (last["operation"], last["path"]) == \
        ("unlink", "orgs/acme/connections/warehouse/warehouse-login")


@pytest.mark.parametrize("command", [
    "echo mysql://db.example/x > connections/warehouse/url",
    "printf 'mysql://db.example/x\\n' > connections/warehouse/url.tmp && "
    "mv connections/warehouse/url.tmp connections/warehouse/url",
    "sed -i 's,.*,mysql://db.example/x,' connections/warehouse/url",
    "vim -i NONE -u NONE -es -c '%s,.*,mysql://db.example/x,' -c wq connections/warehouse/url",
])
def test_fields_of_a_connection_are_edited_as_any_file(acme, people, command):
    furnish(acme, people)
    does(acme, people, command)
    assert acme.get("orgs/acme/connections/warehouse/url") == "mysql://db.example/x"
    assert looks(acme, people, "connections/warehouse") == WAREHOUSE
    assert acme.get("orgs/acme/connections/warehouse/.history/url/1") == URL


def test_another_credential_takes_the_place_of_one(acme, people):
    furnish(acme, people)
    does(acme, people, "ln -s ../../connections/warehouse/warehouse-login projects/etl/login; "
         "mkdir second; echo s1 > second/password; "
         "ln -sfn ../../second connections/warehouse/warehouse-login")
    assert looks(acme, people, "connections/warehouse")[-1] == \
        "lrwxrwxrwx warehouse-login -> ../../second"
    assert seen(acme, "projects/etl/login/password", people, "runner") == "s1"
    assert seen(acme, "warehouse-login/password", people, "runner") == "EACCES"


def test_a_users_own_accounts_are_his_alone(acme, people):
    furnish(acme, people)
    me = who(people, "member")
    does(acme, people, f"mkdir users/{me} users/{me}/mine; echo m1 > users/{me}/mine/password; "
         f"ln -s ../../users/{me}/mine connections/warehouse/", "member")
    assert looks(acme, people, "users", "member") == [f"drwxrwx---+ {me}"]
    assert looks(acme, people, "connections/warehouse", "member") == \
        [f"lrwxrwxrwx mine -> ../../users/{me}/mine", *WAREHOUSE]
    assert does(acme, people, "cat connections/warehouse/mine/password", "member") == "m1"
    for role in set(ROLES) - {"member"}:
        assert seen(acme, f"users/{me}/mine/password", people, role) == "EACCES"
        assert seen(acme, "connections/warehouse/mine/password", people, role) in \
            ("ENOENT", "EACCES")
        fails(acme, people, f"ls users/{me}", "", role)
        fails(acme, people, f"rmdir users/{me}/mine", "", role)
    for role in ("owner", "admin", "auditor"):
        assert looks(acme, people, "users", role) == []
        assert looks(acme, people, "connections/warehouse", role) == WAREHOUSE
        fails(acme, people, f"mkdir users/{me}x", "Permission denied", role)
    fails(acme, people, f"mv users/{me}/mine mine", "not permitted", "root")
    fails(acme, people, f"mv warehouse-login users/{me}/x", "not permitted", "root")
    # Root passes, here as everywhere.
    assert acme.get(f"orgs/acme/users/{me}/mine/password") == "m1"
    does(acme, people, f"rm -r users/{me}", "member")
    assert looks(acme, people, "users", "member") == []
    assert looks(acme, people, "connections/warehouse", "member") == WAREHOUSE


def test_what_somebody_who_left_has_left_is_for_root_to_remove(acme, people):
    furnish(acme, people)
    me = who(people, "member")
    does(acme, people, f"mkdir users/{me} users/{me}/mine; echo m1 > users/{me}/mine/password; "
         f"ln -s ../../users/{me}/mine connections/warehouse/", "member")
    acme.put("orgs/acme/roles/member", "user:" + who(people, "nobody"))
    for role in ("owner", "admin"):
        fails(acme, people, f"rm -r users/{me}", "Permission denied", role)
    assert looks(acme, people, "users", "root") == [f"drwx------ {me}"]
    does(acme, people, f"rm -r users/{me}", "root")
    assert looks(acme, people, "users", "root") == []
    assert looks(acme, people, "connections/warehouse", "root") == WAREHOUSE


def test_who_is_no_member_any_more_has_no_accounts_of_his_own(acme, people):
    me = who(people, "member")
    does(acme, people, f"mkdir users/{me} users/{me}/mine; echo m1 > users/{me}/mine/password",
         "member")
    acme.put("orgs/acme/roles/member", "user:" + who(people, "nobody"))
    assert seen(acme, f"users/{me}/mine/password", people, "member") == "EACCES"
    acme.put("orgs/acme/roles/member", "user:" + me)
    assert seen(acme, f"users/{me}/mine/password", people, "member") == "m1"


def test_without_the_feature_there_is_nothing_and_what_was_there_stays(mounts, people):
    mount = mounts()
    mount.org("acme")
    assert sorted(os.listdir(mount.path("orgs/acme"))) == ["audit.log", "projects", "roles"]
    for name in ("connections", "users"):
        with pytest.raises(OSError) as caught:
            os.mkdir(mount.path("orgs/acme", name))
        assert caught.value.errno == errno.EINVAL
    assert "login" not in os.listdir(mount.path("providers"))
    mount.umount()
    with open(mount.conf, "a", encoding="utf-8") as conf:
        conf.write(ON)
    mount.start()
    os.mkdir(mount.path("orgs/acme/connections/warehouse"))
    mount.account("acme/login", provider="login", username="u", password="p")
    os.symlink("../../login", mount.path("orgs/acme/connections/warehouse/login"))
    mount.umount()
    with open(mount.conf, encoding="utf-8") as conf:
        text = conf.read()
    with open(mount.conf, "w", encoding="utf-8") as conf:
        conf.write(text.replace("connections = yes", "connections = no"))
    mount.start()
    assert not os.path.exists(mount.path("orgs/acme/connections"))
    assert mount.get("orgs/acme/login/password") == "p"
    assert mount.get("orgs/acme/login/provider") == "login"
    mount.umount()
    with open(mount.conf, "w", encoding="utf-8") as conf:
        conf.write(text)
    mount.start()
    assert mount.get("orgs/acme/connections/warehouse/login/password") == "p"
