"""Roles are permissions: every role on every kind of node, whoever holds it in whatever way; lists
of many; and rights that end at once."""
import os
import pwd
import threading
import time

import pytest

KEY = "sk-proj-" + "5" * 40

# What a role shows of itself in the kernel's answers: r read or list, w write, x pass.
# node | owner admin member auditor maintainer runner nobody
TABLE = """
orgs/acme                              | rwx rwx r-x r-x --x --x ---
orgs/acme/roles                        | rwx rwx r-x r-x --- --- ---
orgs/acme/roles/owner                  | rw- r-- r-- r-- --- --- ---
orgs/acme/roles/admin                  | rw- r-- r-- r-- --- --- ---
orgs/acme/projects                     | rwx rwx r-x r-x --x --x ---
orgs/acme/projects/etl                 | rwx rwx r-x r-x rwx r-x ---
orgs/acme/projects/etl/roles           | rwx rwx r-x r-x r-x r-x ---
orgs/acme/projects/etl/roles/runner    | rw- rw- r-- r-- r-- r-- ---
orgs/acme/projects/etl/own             | rwx rwx rwx rwx rwx rwx ---
orgs/acme/projects/etl/own/provider    | rw- rw- r-- r-- rw- r-- ---
orgs/acme/projects/etl/own/api_base    | rw- rw- r-- r-- rw- r-- ---
orgs/acme/projects/etl/own/api_key     | rw- rw- --- --- rw- r-- ---
orgs/acme/projects/etl/own/.info       | r-- r-- r-- r-- r-- r-- ---
orgs/acme/projects/etl/own/.status     | r-- r-- --- --- r-- --- ---
orgs/acme/openai                       | rwx rwx rwx rwx rwx rwx ---
orgs/acme/openai/provider              | rw- rw- r-- r-- r-- r-- ---
orgs/acme/openai/api_base              | rw- rw- r-- r-- r-- r-- ---
orgs/acme/openai/api_key               | rw- rw- --- --- r-- r-- ---
orgs/acme/openai/admin_key             | rw- rw- --- --- --- --- ---
orgs/acme/openai/.info                 | r-- r-- r-- r-- r-- r-- ---
orgs/acme/openai/.status               | r-- r-- --- --- --- --- ---
orgs/acme/openai/.history/api_key/1    | r-- r-- --- --- --- --- ---
orgs/acme/unlinked                     | rwx rwx rwx rwx --- --- ---
orgs/acme/unlinked/provider            | rw- rw- r-- r-- --- --- ---
orgs/acme/unlinked/api_key             | rw- rw- --- --- --- --- ---
orgs/acme/unlinked/.info               | r-- r-- r-- r-- --- --- ---
"""
ROLES = ["owner", "admin", "member", "auditor", "maintainer", "runner", "nobody"]
IN_PROJECT = {"maintainer", "runner"}


def furnish(mount):
    mount.org("acme")
    for path in ("acme/openai", "acme/unlinked", "acme/projects/etl/own"):
        if "etl" in path:
            mount.project("acme", "etl")
        mount.account(path, provider="openai", api_key="sk-old")
        mount.put(f"orgs/{path}/api_base", "https://proxy.example.com/v1")
        mount.put(f"orgs/{path}/api_key", KEY)
    mount.put("orgs/acme/openai/admin_key", "sk-admin-1")
    os.symlink("../../openai", mount.path("orgs/acme/projects/etl/openai"))


def role_path(role):
    return f"orgs/acme/projects/etl/roles/{role}" if role in IN_PROJECT else f"orgs/acme/roles/{role}"


def give(mount, role, principal):
    if role != "nobody":
        with open(mount.path(role_path(role)), "a", encoding="utf-8") as file:
            file.write(principal + "\n")


def what_the_kernel_allows(paths):
    """access(2) as the caller, for read, write, and on directories pass."""
    rows = []
    for path in paths:
        cell = ""
        for letter, mode in (("r", os.R_OK), ("w", os.W_OK), ("x", os.X_OK)):
            cell += letter if os.access(path, mode) else "-"
        rows.append(cell)
    return rows


def rows():
    for line in TABLE.strip().splitlines():
        path, _, cells = line.partition("|")
        yield path.strip(), cells.split()


@pytest.mark.parametrize("way", ["as a user", "through a group of his own",
                                 "through a supplementary group only"])
def test_every_role_has_its_rights_on_every_node(mount, people, way):
    furnish(mount)
    users = {}
    for role in ROLES:
        if way == "as a user":
            users[role] = people.user(f"r-{role}")
            principal = "user:" + users[role]
        elif way == "through a group of his own":
            users[role] = people.user(f"r-{role}")
            principal = "group:" + users[role]
        else:
            users[role] = people.user(f"s-{role}", f"sup-{role}")
            principal = "group:" + people.group(f"sup-{role}")
        give(mount, role, principal)
    expected = dict(rows())
    paths = [mount.path(path) for path in expected]
    found = {path: [] for path in expected}
    for role in ROLES:
        outcome, cells = people.call(users[role], what_the_kernel_allows, paths)
        assert outcome == "ok"
        for path, cell in zip(expected, cells):
            found[path].append(cell)
    assert found == expected


def test_two_roles_are_worth_the_sum_of_both(mount, people):
    """By name in one and by group in the other: the kernel would judge a named user by his own
    entry alone."""
    furnish(mount)
    both = people.user("both", "sup-both")
    give(mount, "runner", "user:" + both)
    give(mount, "member", "group:" + people.group("sup-both"))
    paths = [mount.path(path) for path in ("orgs/acme", "orgs/acme/openai/api_key")]
    assert people.call(both, what_the_kernel_allows, paths) == ("ok", ["r-x", "r--"])
    give(mount, "admin", "group:" + people.group("sup-both"))
    assert people.call(both, what_the_kernel_allows, paths) == ("ok", ["rwx", "rw-"])


def test_a_group_beside_a_weaker_name_counts_in_full(mount, people):
    furnish(mount)
    user = people.user("both", "sup-both")
    give(mount, "admin", "group:" + people.group("sup-both"))
    give(mount, "auditor", "user:" + user)
    path = mount.path("orgs/acme/openai/api_key")
    assert people.call(user, what_the_kernel_allows, [path]) == ("ok", ["rw-"])


def test_a_name_that_exists_on_no_host_is_kept_and_matches_nobody(mount, people):
    furnish(mount)
    mount.put("orgs/acme/roles/member", "user:ct-is-nowhere", "group:ct-are-nowhere",
              "user:" + people.user("here"))
    assert mount.get("orgs/acme/roles/member") == \
        f"user:ct-is-nowhere\ngroup:ct-are-nowhere\nuser:{people.name('here')}\n"
    acl = people.run("root", ["getfacl", "-pn", mount.path("orgs/acme")]).stdout
    assert sum(line.startswith(("user:", "group:")) and "::" not in line
               for line in acl.splitlines()) == 1
    assert people.call(people.name("here"), os.listdir, mount.path("orgs/acme"))[0] == "ok"


def test_a_user_who_is_made_later_gets_what_his_name_was_given(mount, people):
    furnish(mount)
    mount.put("orgs/acme/roles/member", "user:" + people.name("later"))
    later = people.user("later")
    end = time.monotonic() + 10
    while people.call(later, os.listdir, mount.path("orgs/acme"))[0] != "ok":
        assert time.monotonic() < end, "not even after ten seconds"
        time.sleep(0.2)


def test_root_passes_without_a_role(mount, people):
    furnish(mount)
    mount.put("orgs/acme/roles/owner", "user:" + people.user("boss"))
    assert mount.get("orgs/acme/openai/api_key") == KEY
    mount.put("orgs/acme/openai/api_key", "sk-new")


# Lists

@pytest.mark.parametrize("text", [
    "alice\n", "user:\n", "user: alice\n", "users:alice\n", "group\n", "user:a b\n", "user:a/b\n",
    "user:root\nnonsense\n", "user:a\x01\n", "user:root;group:root\n", "\x00\n", "user:\xff\n",
])
def test_a_line_that_names_nobody_is_refused_and_the_list_kept(mount, text):
    mount.org("acme", admin=["user:daemon"])
    path = mount.path("orgs/acme/roles/admin")
    fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
    with pytest.raises(OSError) as refusal:
        try:
            os.write(fd, text.encode("latin-1"))
        finally:
            os.close(fd)
    assert refusal.value.errno == 22
    assert mount.get("orgs/acme/roles/admin") == "user:daemon\n"


def test_lists_are_appended_to_and_cleaned(mount, people):
    mount.org("acme")
    path = mount.path("orgs/acme/roles/member")
    done = people.run("root", f"echo user:daemon >> {path}; echo group:daemon >> {path}; "
                              f"printf '\\nuser:bin\\nuser:daemon\\n' >> {path}")
    assert (done.returncode, done.stderr) == (0, "")
    assert mount.get("orgs/acme/roles/member") == "user:daemon\ngroup:daemon\nuser:bin\n"


def test_an_organisation_keeps_an_owner_who_exists(mount, people):
    mount.org("acme")
    path = mount.path("orgs/acme/roles/owner")
    for text in ("user:ct-is-nowhere", "group:" + people.group("empty")):
        done = people.run("root", ["bash", "-c", f"echo {text} > {path}"])
        assert done.returncode == 1 and "busy" in done.stderr, done
        assert mount.get("orgs/acme/roles/owner") == "user:root\n"
    people.user("member", "full")
    assert people.run("root", f"echo group:{people.name('full')} > {path}").returncode == 0


def test_507_names_hold_and_the_508th_is_refused(mount):
    """What a list of the kernel holds; beyond it every access would fail."""
    mount.org("acme")
    names = [f"user:ct-many-{number}" for number in range(507)]  # root needs no place
    mount.put("orgs/acme/roles/member", *names)
    with pytest.raises(OSError) as refusal:
        mount.put("orgs/acme/roles/member", *names, "user:ct-many-507")
    assert refusal.value.errno == 7  # E2BIG
    with pytest.raises(OSError) as refusal:
        mount.put("orgs/acme/roles/admin", "group:ct-many-507")
    assert refusal.value.errno == 7
    assert mount.get("orgs/acme/roles/member").count("\n") == 507
    assert mount.get("orgs/acme/roles/admin") == ""


def test_507_users_who_exist_all_have_their_rights(mount, people):
    """The longest list that there can be, with real ids: the kernel takes it."""
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    everybody = [entry.pw_name for entry in pwd.getpwall() if entry.pw_uid != 0
                 and not entry.pw_name.startswith("ct-")]
    last = people.user("last")
    fill = [f"user:ct-many-{number}" for number in range(507 - len(everybody) - 1)]
    mount.put("orgs/acme/roles/admin", *[f"user:{name}" for name in everybody], *fill,
              "user:" + last)
    for name in (everybody[0], everybody[-1], last):
        assert people.call(name, what_the_kernel_allows,
                           [mount.path("orgs/acme/openai/api_key")]) == ("ok", ["rw-"]), name


def test_projects_take_at_most_400_names_of_an_account(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    mount.project("acme", "one", runner=[f"user:ct-one-{number}" for number in range(300)])
    mount.project("acme", "two", runner=[f"user:ct-two-{number}" for number in range(101)])
    os.symlink("../../openai", mount.path("orgs/acme/projects/one/openai"))
    with pytest.raises(OSError) as refusal:
        os.symlink("../../openai", mount.path("orgs/acme/projects/two/openai"))
    assert refusal.value.errno == 7
    mount.put("orgs/acme/projects/two/roles/runner",
              *[f"user:ct-two-{number}" for number in range(100)])
    os.symlink("../../openai", mount.path("orgs/acme/projects/two/openai"))
    with pytest.raises(OSError) as refusal:
        mount.put("orgs/acme/projects/two/roles/runner",
                  *[f"user:ct-two-{number}" for number in range(101)])
    assert refusal.value.errno == 7


def test_more_names_than_fit_may_be_in_a_group(mount, people):
    mount.org("acme")
    mount.put("orgs/acme/roles/member", "group:" + people.group("many"))
    user = people.user("one-of-many", "many")
    assert people.call(user, os.listdir, mount.path("orgs/acme"))[0] == "ok"


# The end of a right

def read_twice(path, between):
    """Read with one descriptor before and after something happens elsewhere."""
    fd = os.open(path, os.O_RDONLY)
    try:
        before = os.read(fd, 4096).decode()
        between()
        os.lseek(fd, 0, os.SEEK_SET)
        try:
            return [before, os.read(fd, 4096).decode()]
        except OSError as error:
            return [before, error.errno]
    finally:
        os.close(fd)


@pytest.mark.parametrize("end", ["the line", "the link", "the account"])
def test_a_right_ends_at_once_for_new_opens_and_for_old_handles(mount, people, end):
    furnish(mount)
    runner = people.user("runner")
    give(mount, "runner", "user:" + runner)
    path = mount.path("orgs/acme/openai/api_key")
    (ready, tell_ready), (go, tell_go) = os.pipe(), os.pipe()

    def wait():
        os.write(tell_ready, b"x")
        os.read(go, 1)

    def act():
        os.read(ready, 1)
        if end == "the line":
            os.unlink(mount.path(role_path("runner")))
        elif end == "the link":
            os.unlink(mount.path("orgs/acme/projects/etl/openai"))
        else:
            people.run("root", ["rm", "-r", mount.path("orgs/acme/openai")])
        os.write(tell_go, b"x")

    actor = threading.Thread(target=act)
    actor.start()
    outcome, answer = people.call(runner, read_twice, path, wait)
    actor.join()
    for fd in (ready, tell_ready, go, tell_go):
        os.close(fd)
    assert outcome == "ok"
    assert answer[0] == KEY
    assert answer[1] in ((13,) if end != "the account" else (13, 2)), answer
    assert people.call(runner, os.open, path, os.O_RDONLY)[0] in ("EACCES", "ENOENT")


def test_an_open_that_raced_with_the_revocation_is_refused(mount, people):
    """A loop of opens while the link goes: once it is gone, not one succeeds."""
    furnish(mount)
    runner = people.user("runner")
    give(mount, "runner", "user:" + runner)
    path = mount.path("orgs/acme/openai/api_key")
    link = mount.path("orgs/acme/projects/etl/openai")
    for _ in range(20):
        assert people.call(runner, os.access, path, os.R_OK) == ("ok", True)
        os.unlink(link)
        assert people.call(runner, os.open, path, os.O_RDONLY)[0] == "EACCES"
        os.symlink("../../openai", link)


def test_a_right_that_is_also_held_otherwise_stays(mount, people):
    furnish(mount)
    user = people.user("twice", "sup-twice")
    give(mount, "runner", "user:" + user)
    give(mount, "runner", "group:" + people.group("sup-twice"))
    mount.put(role_path("runner"), "group:" + people.group("sup-twice"))
    path = mount.path("orgs/acme/openai/api_key")
    assert people.call(user, what_the_kernel_allows, [path]) == ("ok", ["r--"])


def test_who_may_make_organisations_is_configured(mounts, people):
    founder = people.user("founder")
    mount = mounts("")
    assert people.call(founder, os.mkdir, mount.path("orgs/mine"))[0] == "EACCES"
    with open(mount.conf, encoding="utf-8") as conf:
        text = conf.read()
    with open(mount.conf, "w", encoding="utf-8") as conf:
        conf.write(text.replace("[store]\n", f"[store]\nadmins = user:root, user:{founder}\n"))
    mount.remount()
    assert people.call(founder, os.mkdir, mount.path("orgs/mine"))[0] == "ok"
    assert mount.get("orgs/mine/roles/owner") == f"user:{founder}\n"


def test_a_role_of_the_configuration_is_a_role(mounts, people):
    mount = mounts("[role operator]\nscope = organisation\npermissions = manage\n")
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    user = people.user("operator")
    mount.put("orgs/acme/roles/operator", "user:" + user)
    path = mount.path("orgs/acme/openai/api_key")
    assert people.call(user, what_the_kernel_allows, [path]) == ("ok", ["rw-"])


def test_lists_of_organisations_are_the_caller_s_own(mount, people):
    mount.org("acme", member=["user:" + people.user("one")])
    mount.org("globex", member=["user:" + people.user("two")])
    for user, expected in (("one", ["acme"]), ("two", ["globex"]), ("three", [])):
        name = people.user(user)
        assert people.call(name, os.listdir, mount.path("orgs")) == ("ok", expected)
    # whoever asks after another is not told what that one was told
    assert people.call(people.name("three"), os.listdir, mount.path("orgs")) == ("ok", [])
