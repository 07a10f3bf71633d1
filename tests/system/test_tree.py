"""The tree: names, making, moving, removing, linking, looking, as on a disk, or the errno that a
disk would give."""
import ctypes
import errno
import os
import stat
import tempfile
import time

import pytest

KEY = "sk-proj-" + "7" * 40
RENAME_NOREPLACE, RENAME_EXCHANGE = 1, 2


@pytest.fixture
def acme(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    mount.account("acme/Production Anthropic", provider="anthropic", api_key="sk-ant-1")
    mount.project("acme", "etl")
    return mount


def outcome(function, *arguments):
    try:
        function(*arguments)
        return "ok"
    except OSError as error:
        return errno.errorcode[error.errno]


def sh(mount, people, command):
    done = people.run("root", f"cd {mount.root}/orgs/acme && {command}")
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


# Names

@pytest.mark.parametrize("name, expected", [
    ("a", "ok"), ("Production OpenAI 2", "ok"), ("Käse 漢字", "ok"), ("x" * 255, "ok"),
    ("-", "ok"), ("a\\b'\"$;", "ok"),
    ("x" * 256, "ENAMETOOLONG"), ("ä" * 128, "ENAMETOOLONG"),
    ("a\nb", "EINVAL"), ("a\tb", "EINVAL"), ("a\x7f", "EINVAL"), ("a\x1b[2J", "EINVAL"),
    (b"a\xff", "EINVAL"), (b"\xc0\x80", "EINVAL"), (b"\xed\xa0\x80", "EINVAL"),
    (".hidden", "EINVAL"), ("x~", "EINVAL"), ("x.tmp", "EINVAL"), ("4913", "EINVAL"),
    ("#x#", "EINVAL"),
    ("orgs", "EINVAL"), ("connections", "EINVAL"), ("users", "EINVAL"), ("use", "EINVAL"),
    ("audit.log", "EEXIST"), ("roles", "EEXIST"), ("projects", "EEXIST"), ("openai", "EEXIST"),
])
def test_names_of_accounts(acme, name, expected):
    base = os.fsencode(acme.path("orgs/acme"))
    path = base + b"/" + os.fsencode(name)
    assert outcome(os.mkdir, path) == expected
    if expected == "ok":
        assert os.fsencode(name) in os.listdir(base)
        acme.remount()
        assert os.fsencode(name) in os.listdir(base)
        os.rmdir(path)
        assert os.fsencode(name) not in os.listdir(base)


@pytest.mark.parametrize("where", ["orgs", "orgs/acme/projects", "orgs/acme/projects/etl"])
@pytest.mark.parametrize("name, expected", [
    ("new", "ok"), ("two words", "ok"), ("x" * 256, "ENAMETOOLONG"), ("a\nb", "EINVAL"),
    (b"\xff", "EINVAL"), (".x", "EINVAL"), ("x~", "EINVAL"),
])
def test_names_elsewhere(acme, where, name, expected):
    path = os.fsencode(acme.path(where)) + b"/" + os.fsencode(name)
    assert outcome(os.mkdir, path) == expected


# What cannot be made, and where

@pytest.mark.parametrize("where", ["", "providers", "orgs/acme/openai", "orgs/acme/roles",
                                   "orgs/acme/projects/etl/roles", "orgs/acme/openai/.history"])
def test_directories_are_made_only_where_they_mean_something(acme, where):
    assert outcome(os.mkdir, acme.path(where, "new")) in ("EPERM", "EACCES")


@pytest.mark.parametrize("where", ["", "orgs", "orgs/acme", "orgs/acme/projects",
                                   "orgs/acme/projects/etl", "providers"])
def test_files_are_made_only_in_accounts(acme, where):
    assert outcome(os.open, acme.path(where, "new"), os.O_WRONLY | os.O_CREAT) in ("EPERM", "EACCES",
                                                                                   "EINVAL")


@pytest.mark.parametrize("where", ["orgs/acme/openai", "orgs/acme", "orgs/acme/projects/etl"])
@pytest.mark.parametrize("make", ["fifo", "socket", "device", "hard link"])
def test_only_files_and_directories_and_links_exist(acme, where, make):
    path = acme.path(where, "api_base")
    kinds = {"fifo": stat.S_IFIFO, "socket": stat.S_IFSOCK, "device": stat.S_IFCHR}
    if make == "hard link":
        assert outcome(os.link, acme.path("orgs/acme/openai/api_key"), path) == "EPERM"
    else:
        assert outcome(os.mknod, path, kinds[make] | 0o600, os.makedev(1, 3)) == "EPERM"


# Moving

def test_an_account_is_renamed_and_its_links_follow(acme, people):
    sh(acme, people, "ln -s ../../openai projects/etl/openai && mv openai 'Team OpenAI'")
    assert os.readlink(acme.path("orgs/acme/projects/etl/openai")) == "../../Team OpenAI"
    assert acme.get("orgs/acme/projects/etl/openai/api_key") == KEY
    assert "openai" not in os.listdir(acme.path("orgs/acme"))
    assert acme.get("orgs/acme/Team OpenAI/provider") == "openai"
    acme.remount()
    assert acme.get("orgs/acme/projects/etl/openai/api_key") == KEY


@pytest.mark.parametrize("target, expected", [
    ("orgs/globex/openai", "EPERM"), ("orgs/acme/projects/etl/openai", "EPERM"),
    ("orgs/acme/projects/openai", "EPERM"), ("orgs/openai", "EPERM"), ("openai", "EPERM"),
    ("orgs/acme/.x", "EINVAL"), ("orgs/acme/users", "EPERM"), ("orgs/acme/roles", "EPERM"),
    ("orgs/acme/Production Anthropic", "ENOTEMPTY"),
])
def test_an_account_moves_nowhere_else(acme, target, expected):
    acme.org("globex")
    assert outcome(os.rename, acme.path("orgs/acme/openai"), acme.path(target)) == expected
    assert acme.get("orgs/acme/openai/api_key") == KEY


def renameat2(source, target, flags):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(-100, os.fsencode(source), -100, os.fsencode(target), flags) != 0:
        raise OSError(ctypes.get_errno(), "renameat2")


def test_rename_with_flags(acme):
    openai, other = acme.path("orgs/acme/openai"), acme.path("orgs/acme/Production Anthropic")
    assert outcome(renameat2, openai, other, RENAME_EXCHANGE) == "EINVAL"
    assert outcome(renameat2, openai, other, RENAME_NOREPLACE) == "EEXIST"
    assert outcome(renameat2, openai, acme.path("orgs/acme/new"), RENAME_NOREPLACE) == "ok"
    assert acme.get("orgs/acme/new/api_key") == KEY


def test_a_field_moves_to_another_account_of_the_provider(acme, people):
    sh(acme, people, "mkdir two && echo openai > two/provider && mv openai/api_key two/api_key")
    assert acme.get("orgs/acme/two/api_key") == KEY
    assert not os.path.exists(acme.path("orgs/acme/openai/api_key"))


def test_a_field_that_would_be_refused_does_not_move(acme, people):
    source = acme.path("orgs/acme/openai/api_key")
    target = acme.path("orgs/acme/Production Anthropic/api_key")
    assert outcome(os.rename, source, target) == "EKEYREJECTED"
    assert acme.get("orgs/acme/openai/api_key") == KEY
    assert acme.get("orgs/acme/Production Anthropic/api_key") == "sk-ant-1"


def test_projects_and_organisations_are_renamed(acme, people):
    sh(acme, people, "ln -s ../../openai projects/etl/openai && mv projects/etl projects/nightly")
    assert acme.get("orgs/acme/projects/nightly/openai/api_key") == KEY
    os.rename(acme.path("orgs/acme"), acme.path("orgs/acme inc"))
    acme.remount()
    assert os.listdir(acme.path("orgs")) == ["acme inc"]
    assert acme.get("orgs/acme inc/projects/nightly/openai/api_key") == KEY


# Removing

def test_rm_r_of_an_account_deletes_it_for_good(acme, people):
    sh(acme, people, "ln -s ../../openai projects/etl/openai && rm -r openai")
    assert sorted(os.listdir(acme.path("orgs/acme"))) == ["Production Anthropic", "audit.log",
                                                          "projects", "roles"]
    link = acme.path("orgs/acme/projects/etl/openai")
    assert os.readlink(link) == "../../.deleted/openai"
    assert outcome(os.stat, link) == "ENOENT"
    acme.account("acme/openai", api_key=KEY)
    assert outcome(os.stat, link) == "ENOENT", "a new account must not take the link over"
    assert outcome(os.stat, acme.path("orgs/acme/openai/.history/api_key/1")) == "ENOENT"
    os.unlink(link)


def test_rm_of_a_field_keeps_its_history(acme):
    acme.put("orgs/acme/openai/api_key", "sk-second")
    os.unlink(acme.path("orgs/acme/openai/api_key"))
    assert os.listdir(acme.path("orgs/acme/openai")) == ["provider"]
    assert acme.get("orgs/acme/openai/.history/api_key/1") == KEY
    assert acme.get("orgs/acme/openai/.history/api_key/2") == "sk-second"


def test_rm_r_of_a_project_takes_its_own_accounts_and_leaves_the_organisation_s(acme, people):
    sh(acme, people, "ln -s ../../openai projects/etl/openai && mkdir projects/etl/xai && "
                     "echo xai-1 > projects/etl/xai/api_key && rm -r projects/etl")
    assert os.listdir(acme.path("orgs/acme/projects")) == []
    assert acme.get("orgs/acme/openai/api_key") == KEY


def test_rm_r_of_an_organisation_stops_before_it_harms(acme, people):
    done = people.run("root", f"rm -r {acme.path('orgs/acme')} < /dev/null")
    assert done.returncode != 0
    assert acme.get("orgs/acme/openai/api_key") == KEY
    assert acme.get("orgs/acme/roles/owner") == "user:root\n"


@pytest.mark.parametrize("path, remove, expected", [
    ("orgs/acme", os.rmdir, "EPERM"), ("orgs/acme/roles", os.rmdir, "EPERM"),
    ("orgs/acme/projects", os.rmdir, "EPERM"), ("orgs", os.rmdir, "EPERM"),
    ("providers", os.rmdir, "EPERM"), ("providers/openai", os.unlink, "EPERM"),
    ("orgs/acme/openai", os.rmdir, "ENOTEMPTY"),
    ("orgs/acme/openai/.info", os.unlink, "EPERM"),
    ("orgs/acme/openai/.status", os.unlink, "EPERM"),
    ("orgs/acme/openai/.history", os.rmdir, "EPERM"),
    ("orgs/acme/openai/api_base", os.unlink, "ENOENT"),
])
def test_what_cannot_be_removed(acme, path, remove, expected):
    assert outcome(remove, acme.path(path)) == expected


# Links

@pytest.mark.parametrize("target, expected", [
    ("../../openai", "ok"), ("../../Production Anthropic", "ok"), ("../../openai/", "ok"),
    ("../../nothing", "EINVAL"), ("../openai", "EINVAL"), ("openai", "EINVAL"),
    ("/etc/passwd", "EINVAL"), ("../../../globex/openai", "EINVAL"), ("../..", "EINVAL"),
    ("../../openai/api_key", "EINVAL"), ("../../roles", "EINVAL"), ("../../projects", "EINVAL"),
    ("../../.deleted/openai", "EINVAL"), ("../../../acme/openai", "ok"),
])
def test_a_link_inherits_an_account_of_the_same_organisation(acme, target, expected):
    acme.org("globex")
    acme.account("globex/openai", api_key=KEY)
    link = acme.path("orgs/acme/projects/etl/mine")
    assert outcome(os.symlink, target, link) == expected
    assert os.path.lexists(link) == (expected == "ok")


def test_a_link_given_with_the_mount_s_own_path_is_understood(acme):
    link = acme.path("orgs/acme/projects/etl/mine")
    os.symlink(acme.path("orgs/acme/openai"), link)
    assert os.readlink(link) == "../../openai"


@pytest.mark.parametrize("where", ["orgs/acme", "orgs/acme/openai", "orgs", "orgs/acme/projects"])
def test_links_are_made_in_projects_only(acme, where):
    assert outcome(os.symlink, "../../openai", acme.path(where, "link")) in ("EPERM", "EINVAL",
                                                                              "EACCES")


def test_a_link_and_an_account_of_one_name_exclude_each_other(acme):
    os.symlink("../../openai", acme.path("orgs/acme/projects/etl/openai"))
    assert outcome(os.mkdir, acme.path("orgs/acme/projects/etl/openai")) == "EEXIST"
    os.mkdir(acme.path("orgs/acme/projects/etl/xai"))
    assert outcome(os.symlink, "../../openai", acme.path("orgs/acme/projects/etl/xai")) == "EEXIST"


def test_ln_sfn_exchanges_the_inheritance(acme, people):
    sh(acme, people, "ln -s ../../openai projects/etl/llm && "
                     "ln -sfn '../../Production Anthropic' projects/etl/llm")
    assert acme.get("orgs/acme/projects/etl/llm/api_key") == "sk-ant-1"
    assert os.listdir(acme.path("orgs/acme/projects/etl")).count("llm") == 1
    assert "used-by: etl" not in acme.get("orgs/acme/openai/.status")
    assert "used-by: etl" in acme.get("orgs/acme/Production Anthropic/.status")


def test_a_link_is_renamed(acme, people):
    sh(acme, people, "ln -s ../../openai projects/etl/openai && mv projects/etl/openai projects/etl/llm")
    assert os.readlink(acme.path("orgs/acme/projects/etl/llm")) == "../../openai"
    assert sorted(os.listdir(acme.path("orgs/acme/projects/etl"))) == ["llm", "roles"]


# Looking

def test_cp_r_copies_an_account(acme, people):
    """cp sorts a directory by inode number. The key is one that is taken only by this provider and
    beside this base, so that the order matters; ten accounts, because numbers are random."""
    for number in range(10):
        name = f"team {number}"
        acme.account(f"acme/{name}", provider="openai", api_base="https://proxy.example.com/v1",
                     api_key="proxy-key", organization="org-1")
        sh(acme, people, f"cp -r '{name}' 'copy of {name}'")
        copy = f"orgs/acme/copy of {name}"
        assert sorted(os.listdir(acme.path(copy))) == ["api_base", "api_key", "organization",
                                                       "provider"]
        assert acme.get(copy + "/provider") == "openai"
        assert acme.get(copy + "/api_key") == "proxy-key"
        assert acme.get(copy + "/api_base") == "https://proxy.example.com/v1"


def test_rsync_copies_an_account_to_a_disk_and_back(acme, people):
    """Names of its temporary files, and times of directories, are no trouble."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as out:
        sh(acme, people, f"rsync -a --no-owner --no-group openai {out}/ && "
                         f"rsync -a --no-owner --no-group openai/ again")
        sh(acme, people, f"echo sk-proj-from-rsync > {out}/openai/api_key && "
                         f"rsync -a --no-owner --no-group --no-times {out}/openai/ again")
        with open(out + "/openai/provider", encoding="utf-8") as file:
            assert file.read() == "openai"
    assert sorted(os.listdir(acme.path("orgs/acme/again"))) == ["api_key", "provider"]
    assert acme.get("orgs/acme/again/provider") == "openai"
    assert acme.get("orgs/acme/again/api_key") == "sk-proj-from-rsync"
    assert acme.get("orgs/acme/openai/api_key") == KEY


def test_an_account_copied_to_a_disk_and_back(acme, people):
    out = acme.base + "/out"
    sh(acme, people, f"cp -r openai {out} && mkdir again && cp {out}/provider again/provider && "
                     f"cp {out}/api_key again/api_key")
    assert acme.get("orgs/acme/again/api_key") == KEY


ARCHIVERS = {
    "tar": "tar c -C {src} . | tar x --no-same-owner -C {dst}",
    "tar of the directory": "tar c -C {parent} {name} | tar x --no-same-owner -C {above}",
    "tar, unlinking first": "tar c -C {src} . | tar x -U --no-same-owner -C {dst}",
    "cp -r": "rmdir {dst} && cp -r {src} {dst}",
    "rsync": "rsync -r {src}/ {dst}/",
}


# A key that comes before its provider is refused where the account's name says another one: rsync
# sorts by name, and a disk has an order of its own.
@pytest.mark.parametrize("how, name, place", [
    (how, name, place) for how in ARCHIVERS for name in ("team", "anthropic")
    for place in ("from the mount", "from a disk")
    if name == "team" or (how != "rsync" and place == "from the mount")])
def test_a_whole_account_is_copied(acme, people, how, place, name):
    """Also into an account that is of another provider by its name. The manager is no root: who is
    would have tar set owners and modes too, and hear that they come from roles."""
    source = acme.account("acme/source", provider="openai", api_key=KEY, organization="org-1")
    if place == "from a disk":
        source = acme.base + "/disk"
        sh(acme, people, f"cp -r source {source} && chmod -R a+rX {source}")
    target = acme.path("orgs/acme", name)
    if how == "tar of the directory":
        above = acme.base + "/above"
        sh(acme, people, f"mkdir {above} && cp -r {source} {above}/{name} && "
                         f"chmod -R a+rX {above}")
        source = f"{above}/{name}"
    else:
        sh(acme, people, f"mkdir {name}")
    manager = people.user("manager")
    acme.put("orgs/acme/roles/admin", "user:" + manager)
    done = people.run(manager, "umask 0; timeout 20 sh -c '" + ARCHIVERS[how].format(
        src=source, dst=target, parent=os.path.dirname(source), above=os.path.dirname(target),
        name=name) + "'")
    assert "exist" not in done.stderr, done
    got = {field: people.run("root", ["cat", f"{target}/{field}"]).stdout
           for field in ("provider", "api_key", "organization")}
    assert got == {"provider": "openai", "api_key": KEY, "organization": "org-1"}


PROVIDER_SAVES = {
    "mv": "cp {file} {file}.new && mv {file}.new {path}",
    "install": "install {file} {path}",
    "cp --remove-destination": "cp --remove-destination {file} {path}",
    "tar": "tar c -C {base} provider | tar x -C {dir}",
    "noclobber": "rm {path}; set -C; cat {file} > {path}",
    "cp": "cp {file} {path}",
}


@pytest.mark.parametrize("how", PROVIDER_SAVES)
def test_a_provider_is_replaced_as_any_other_file(acme, people, how):
    """With what other users know of it in the kernel's memory meanwhile."""
    path = acme.path("orgs/acme/box/provider")
    acme.account("acme/box")
    with open(acme.base + "/provider", "w", encoding="utf-8") as file:
        file.write("mistral\n")
    people.run(people.user("reader"), ["cat", path])
    people.run("root", ["cat", path])
    done = people.run("root", "timeout 20 sh -c '" + PROVIDER_SAVES[how].format(
        file=acme.base + "/provider", path=path, dir=os.path.dirname(path), base=acme.base) + "'")
    assert "exists" not in done.stderr
    assert people.run("root", ["cat", path]).stdout == "mistral"
    assert os.listdir(acme.path("orgs/acme/box")) == ["provider"]


def test_a_provider_that_is_refused_leaves_the_old_one(acme, people):
    with open(acme.base + "/provider", "w", encoding="utf-8") as file:
        file.write("no-such-provider\n")
    path = acme.path("orgs/acme/openai/provider")
    for command in (f"install {acme.base}/provider {path}", f"install /dev/null {path}"):
        people.run("root", command)
        assert people.run("root", ["cat", path]).stdout == "openai"


def test_a_provider_that_was_removed_comes_back_as_generic(acme, people):
    path = acme.path("orgs/acme/box/provider")
    acme.account("acme/box", provider="mistral")
    os.unlink(path)
    assert not os.path.exists(path)
    assert os.listdir(os.path.dirname(path)) == []
    reader = people.user("reader")
    acme.put("orgs/acme/roles/member", "user:" + reader)
    assert people.run(reader, ["cat", path]).stdout == "generic"
    assert people.run(reader, ["ls", os.path.dirname(path)]).stdout == "provider\n"
    deadline = time.monotonic() + 15
    while not os.path.exists(path) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert acme.get("orgs/acme/box/provider") == "generic"


def test_find_and_grep_walk_the_tree_and_no_control_files(acme, people):
    found = sh(acme, people, "find . -type f | sort").split("\n")
    assert "./openai/api_key" in found and "./roles/owner" in found
    assert not any("/." in path[1:] for path in found)
    assert sh(acme, people, f"grep -rl {KEY} .") == "./openai/api_key\n"


def test_sizes_are_exact_everywhere(acme, people):
    for path in sh(acme, people, "find . -type f").split("\n")[:-1] + ["./openai/.info",
                                                                     "./openai/.status"]:
        name = acme.path("orgs/acme", path)
        with open(name, "rb") as file:
            assert os.fstat(file.fileno()).st_size == len(file.read()), path
        assert os.lstat(name).st_size == os.path.getsize(name), path


def test_ls_l_stat_and_df(acme, people):
    listing = sh(acme, people, "ls -l openai")
    assert "api_key" in listing
    assert f" {len(KEY)} " in listing
    assert "credfs" in people.run("root", f"df -T {acme.root}").stdout
    assert sh(acme, people, "stat -c %F openai/api_key openai projects/etl") == \
        "regular file\ndirectory\ndirectory\n"


def test_inode_numbers_are_unique_and_the_same_after_a_remount(acme, people):
    command = r"find . -printf '%i %p\n' | sort"
    before = sh(acme, people, command)
    numbers = [line.split()[0] for line in before.splitlines()]
    assert len(set(numbers)) == len(numbers)
    acme.remount()
    assert sh(acme, people, command) == before


def test_readdir_gives_the_provider_and_the_base_first(acme):
    acme.account("acme/z", provider="openai", api_base="https://a.example.com", api_key="k")
    acme.put("orgs/acme/z/organization", "org-1")
    assert os.listdir(acme.path("orgs/acme/z"))[:2] == ["provider", "api_base"]


def test_providers_tell_their_fields_to_everybody(mount, people):
    eve = people.user("eve")
    done = people.run(eve, f"cat {mount.root}/providers/openai; ls {mount.root}/providers")
    assert done.returncode == 0, done
    assert "api_key" in done.stdout and "OPENAI_API_KEY" in done.stdout


def test_info_tells_what_an_account_is(acme):
    info = dict(line.split(": ", 1) for line in
                acme.get("orgs/acme/openai/.info").splitlines())
    assert info["name"] == "openai" and info["provider"] == "openai"
    assert info["complete"] == "yes"
    os.mkdir(acme.path("orgs/acme/xai"))
    info = dict(line.split(": ", 1) for line in acme.get("orgs/acme/xai/.info").splitlines())
    assert info["complete"] == "no" and info["missing"] == "api_key"
