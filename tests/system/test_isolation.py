"""Two organisations, four users: who can list, stat, read, write, make, link and remove what.

alice  admin of acme
bob    runner of acme's project etl, which inherits openai and not anthropic; through a group that
       is none of his own
carol  admin of globex
dave   member of acme, maintainer of globex's project web, which inherits openai and not mistral
"""
import errno
import multiprocessing
import os

import pytest

VALUES = {
    "acme/openai": "sk-proj-" + "a" * 40,
    "acme/anthropic": "sk-ant-" + "b" * 40,
    "globex/openai": "sk-proj-" + "c" * 40,
    "globex/mistral": "d" * 32,
}
USERS = ["alice", "bob", "carol", "dave"]

# What is done, and how it is undone by the same user.


def do_list(path):
    os.listdir(path)


def do_names(path):
    return " ".join(sorted(os.listdir(path))) or "nothing"


def do_stat(path):
    os.lstat(path)


def do_read(path):
    with open(path, "rb", buffering=0) as file:
        assert file.read() != b"", "read nothing"


def do_write(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def do_make(path):
    os.mkdir(path)
    os.rmdir(path)


def do_link(path, target):
    os.symlink(target, path)
    os.unlink(path)


def do_move(path, target):
    os.rename(path, target)
    os.rename(target, path)


# operation, path below orgs/, what the operation needs besides | alice bob carol dave
EXPECTED = """
names    .                                                  | acme   acme   globex acme+globex

stat     acme                                               | yes    yes    yes    yes
list     acme                                               | yes    EACCES EACCES yes
make     acme/mistral                                       | yes    EACCES EACCES EACCES
move     acme/anthropic acme/claude                         | yes    EACCES EACCES EACCES
stat     acme/openai                                        | yes    yes    EACCES yes
list     acme/openai                                        | yes    yes    EACCES yes
stat     acme/openai/api_key                                | yes    yes    EACCES yes
read     acme/openai/api_key                                | yes    yes    EACCES EACCES
write    acme/openai/api_key                                | yes    EACCES EACCES EACCES
read     acme/openai/.history/api_key/1                     | yes    EACCES EACCES EACCES
read     acme/openai/provider                               | yes    yes    EACCES yes
write    acme/openai/provider openai                        | yes    EACCES EACCES EACCES
read     acme/openai/.info                                  | yes    yes    EACCES yes
read     acme/openai/.status                                | yes    EACCES EACCES EACCES
stat     acme/anthropic                                     | yes    yes    EACCES yes
list     acme/anthropic                                     | yes    EACCES EACCES yes
stat     acme/anthropic/api_key                             | yes    EACCES EACCES yes
read     acme/anthropic/api_key                             | yes    EACCES EACCES EACCES
write    acme/anthropic/api_key                             | yes    EACCES EACCES EACCES
read     acme/roles/admin                                   | yes    EACCES EACCES yes
write    acme/roles/admin user:alice                        | EACCES EACCES EACCES EACCES
list     acme/projects                                      | yes    EACCES EACCES yes
list     acme/projects/etl                                  | yes    yes    EACCES yes
make     acme/projects/web                                  | yes    EACCES EACCES EACCES
link     acme/projects/etl/claude ../../anthropic           | yes    EACCES EACCES EACCES
link     acme/projects/etl/theirs ../../../globex/mistral   | EINVAL EACCES EACCES EACCES
read     acme/projects/etl/openai/api_key                   | yes    yes    EACCES EACCES
read     acme/projects/etl/roles/runner                     | yes    yes    EACCES yes
write    acme/projects/etl/roles/runner group:etl           | yes    EACCES EACCES EACCES

stat     globex                                             | yes    yes    yes    yes
list     globex                                             | EACCES EACCES yes    EACCES
make     globex/xai                                         | EACCES EACCES yes    EACCES
stat     globex/openai                                      | EACCES EACCES yes    yes
list     globex/openai                                      | EACCES EACCES yes    yes
stat     globex/openai/api_key                              | EACCES EACCES yes    yes
read     globex/openai/api_key                              | EACCES EACCES yes    yes
write    globex/openai/api_key                              | EACCES EACCES yes    EACCES
read     globex/openai/.history/api_key/1                   | EACCES EACCES yes    EACCES
read     globex/openai/.status                              | EACCES EACCES yes    EACCES
list     globex/mistral                                     | EACCES EACCES yes    EACCES
read     globex/mistral/api_key                             | EACCES EACCES yes    EACCES
write    globex/mistral/api_key                             | EACCES EACCES yes    EACCES
read     globex/roles/owner                                 | EACCES EACCES yes    EACCES
list     globex/projects/web                                | EACCES EACCES yes    yes
link     globex/projects/web/mistral ../../mistral          | EACCES EACCES yes    yes
link     globex/projects/web/theirs ../../../acme/anthropic | EACCES EACCES EINVAL EINVAL
make     globex/projects/web/xai                            | EACCES EACCES yes    yes
read     globex/projects/web/openai/api_key                 | EACCES EACCES yes    yes
write    globex/projects/web/roles/maintainer user:dave     | EACCES EACCES yes    EACCES
"""


def furnish(mount, people):
    mount.org("acme", admin=["user:" + people.user("alice")],
              member=["user:" + people.user("dave")])
    mount.org("globex", admin=["user:" + people.user("carol")])
    people.user("bob", "etl")
    for path, value in VALUES.items():
        mount.account(path, api_key="sk-ant-old" if "anthropic" in path else "sk-old")
        mount.put(f"orgs/{path}/api_key", value)
    mount.project("acme", "etl", runner=["group:" + people.group("etl")])
    mount.project("globex", "web", maintainer=["user:" + people.user("dave")])
    for org, project in (("acme", "etl"), ("globex", "web")):
        os.symlink("../../openai", mount.path("orgs", org, "projects", project, "openai"))


def attempt(mount, people, user, operation, path, more):
    """The cell of one user: yes, what he saw, or the errno."""
    arguments = [mount.path("orgs", path)]
    if operation == "move":
        arguments.append(mount.path("orgs", more))
    elif operation == "link":
        arguments.append(more)
    elif operation == "write":
        kind, _, short = more.partition(":")
        written = f"{kind}:{people.name(short)}" if short else more
        arguments.append((written or VALUES[os.path.dirname(path)]) + "\n")
    functions = {"list": do_list, "names": do_names, "stat": do_stat, "read": do_read,
                 "write": do_write, "make": do_make, "link": do_link, "move": do_move}
    outcome, value = people.call(people.name(user), functions[operation], *arguments)
    if outcome == "ok":
        return value.replace(" ", "+") if value else "yes"
    return outcome


def test_who_can_do_what_in_two_organisations(mount, people, capsys):
    furnish(mount, people)
    expected, found = [], []
    for line in EXPECTED.splitlines():
        what, _, cells = line.partition("|")
        if not cells:
            expected.append(line)
            found.append(line)
            continue
        operation, path, more = (what.split() + [""])[:3]
        row = [attempt(mount, people, user, operation, path, more) for user in USERS]
        expected.append(what + "| " + " ".join(f"{cell:6}" for cell in cells.split()).rstrip())
        found.append(what + "| " + " ".join(f"{cell:6}" for cell in row).rstrip())
    with capsys.disabled():
        print(f"\n{'':59}| " + " ".join(f"{user:6}" for user in USERS) + "\n".join(found))
    assert found == expected


def test_a_value_that_nobody_may_change_has_not_changed(mount, people):
    furnish(mount, people)
    for user in ("bob", "dave"):
        for path in VALUES:
            for operation in (do_remove, do_replace):
                arguments = [mount.path("orgs", path, "api_key")]
                outcome, _ = people.call(people.name(user), operation, *arguments)
                assert outcome in ("EACCES", "EPERM"), (user, path, operation.__name__)
    for path, value in VALUES.items():
        assert mount.get(f"orgs/{path}/api_key") == value


def do_remove(path):
    os.unlink(path)


def do_replace(path):
    """As an editor or install does that may not write the file: by a name beside it."""
    beside = os.path.join(os.path.dirname(path), "api_base")
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.close(fd)


def test_a_table_row_names_every_user():
    for line in EXPECTED.splitlines():
        if "|" in line:
            assert len(line.partition("|")[2].split()) == len(USERS), line


def hold_refused_drafts(path, how, ready, done):
    """Open the field until that is refused, each handle with a draft that is too much."""
    fds = []
    try:
        while len(fds) < 200:
            fds.append(os.open(path, os.O_WRONLY))
            try:
                how(fds[-1])
            except OSError as error:
                assert error.errno in (errno.EKEYREJECTED, errno.EDQUOT), error
    except OSError as error:
        assert error.errno == errno.EDQUOT, error
    ready.set()
    assert done.wait(30)


@pytest.mark.parametrize("how", [lambda fd: os.ftruncate(fd, 65536),
                                 lambda fd: os.write(fd, b"\xff" * 65536)],
                         ids=["ftruncate", "write"])
def test_what_was_refused_is_charged_to_who_wrote_it(mounts, people, how):
    mount = mounts("[memory]\nlimit = 8M\n")
    alice, bob = people.user("alice"), people.user("bob")
    mount.org("acme", admin=[f"user:{alice}"])
    mount.org("globex", admin=[f"user:{bob}"])
    field = mount.account("acme/generic", field="a value") + "/field"
    long = "x" * 50_000
    other = mount.account("globex/generic", field=long) + "/field"
    context = multiprocessing.get_context("fork")
    ready, done = context.Event(), context.Event()
    holder = context.Process(target=lambda: os._exit(
        people.call(alice, hold_refused_drafts, field, how, ready, done)[0] != "ok"))
    holder.start()
    try:
        assert ready.wait(20)
        assert people.run(bob, ["cat", other]).stdout == long
    finally:
        done.set()
        holder.join(30)
    assert holder.exitcode == 0
