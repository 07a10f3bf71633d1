"""Scratch files are bounded: whoever reaches a limit is refused, loses nothing, and nobody else
is."""
import os

import pytest

OLD = "sk-proj-" + "0" * 40
NEW = "sk-proj-" + "1" * 40
MEBIBYTE = 1 << 20
FILES = 64  # of one user in one directory
SHARE = 4   # files of a mebibyte: a quarter of all


@pytest.fixture
def alice(people):
    return people.user("alice", "admins")


@pytest.fixture
def bob(people):
    return people.user("bob", "admins")


@pytest.fixture
def acme(mount, people):
    mount.org("acme", admin=["group:" + people.group("admins")])
    mount.account("acme/openai", api_key=OLD)
    mount.account("acme/other", provider="openai", api_key=OLD)
    return mount


FIELD = "orgs/acme/openai/api_key"


def make(directory, count, size=0):
    """How many files were made before one was refused, and the errno's name."""
    import errno
    for number in range(count):
        try:
            fd = os.open(f"{directory}/f{number}.tmp", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            return [number, errno.errorcode[error.errno]]
        try:
            for start in range(0, size, 65536):
                os.write(fd, b"x" * min(65536, size - start))
        except OSError as error:
            return [number, errno.errorcode[error.errno]]
        finally:
            os.close(fd)
    return [count, ""]


def remove(directory, count):
    for number in range(count):
        os.unlink(f"{directory}/f{number}.tmp")


def test_a_user_has_so_many_files_in_a_directory(acme, people, alice, bob):
    directory = acme.path("orgs/acme/openai")
    assert people.call(alice, make, directory, FILES + 1)[1] == [FILES, "ENOSPC"]
    assert people.call(alice, make, acme.path("orgs/acme/other"), 1)[1] == [1, ""]
    assert people.call(bob, make, directory, FILES)[1] == [FILES, ""]
    done = people.run(alice, f"sed -i 's/.*/{NEW}/' {acme.path(FIELD)}")
    assert done.returncode == 4 and "No space left on device" in done.stderr
    assert acme.get(FIELD) == OLD
    done = people.run(alice, f"echo {NEW} > {acme.path(FIELD)}")
    assert (done.returncode, acme.get(FIELD)) == (0, NEW), "a save in place needs no such file"
    people.call(alice, remove, directory, FILES)
    done = people.run(alice, f"sed -i 's/.*/{OLD}/' {acme.path(FIELD)}")
    assert (done.returncode, acme.get(FIELD)) == (0, OLD)


@pytest.mark.parametrize("size, answer", [(MEBIBYTE, [1, ""]), (MEBIBYTE + 1, [0, "EFBIG"])])
def test_a_file_is_a_mebibyte_at_most(acme, people, alice, size, answer):
    assert people.call(alice, make, acme.path("orgs/acme/openai"), 1, size)[1] == answer


def test_a_user_has_a_share_of_the_memory(acme, people, alice, bob):
    directory, other = acme.path("orgs/acme/openai"), acme.path("orgs/acme/other")
    assert people.call(alice, make, directory, SHARE + 1, MEBIBYTE)[1] == [SHARE, "ENOSPC"]
    assert people.call(alice, make, other, 1, MEBIBYTE)[1] == [0, "ENOSPC"]
    assert people.call(bob, make, other, SHARE, MEBIBYTE)[1] == [SHARE, ""]
    done = people.run(alice, f"cp --no-preserve=all {acme.path(FIELD)} {acme.path(FIELD)}.new")
    assert done.returncode == 1 and "No space left on device" in done.stderr
    for user, value in ((alice, NEW), (bob, OLD)):
        done = people.run(user, f"echo {value} > {acme.path(FIELD)}")
        assert (done.returncode, acme.get(FIELD)) == (0, value), done
    people.call(alice, remove, directory, SHARE)
    people.call(alice, remove, other, 1)
    assert people.call(alice, make, other, 1, MEBIBYTE)[1] == [1, ""]


@pytest.mark.parametrize("name", ["x.tmp", "x~", "4913", "#x#", ".x.swp", "XXabcdef"])
def test_a_file_is_its_makers_alone(acme, people, alice, bob, name):
    """Each has names of his own; nobody opens another's, who manages the account neither."""
    path = acme.path("orgs/acme/openai", name)
    for user, text in ((alice, "alice's"), (bob, "bob's")):
        done = people.run(user, f"umask 0; echo \"{text}\" > '{path}'")
        assert done.returncode == 0, done
    for user, text in ((alice, "alice's"), (bob, "bob's")):
        assert people.run(user, ["cat", path]).stdout == text + "\n"
        assert people.run(user, ["stat", "-c", "%U %a", path]).stdout == f"{user} 600\n"
    assert people.run(alice, ["rm", path]).returncode == 0
    assert people.run(alice, ["cat", path]).returncode == 1
    assert people.run(bob, ["cat", path]).stdout == "bob's\n"
    assert not os.path.lexists(path), "not the owner of the organisation's either"


def test_they_are_never_stored(acme, people, alice):
    path = acme.path("orgs/acme/openai/x.tmp")
    assert people.run(alice, f"echo canary-in-scratch > {path}").returncode == 0
    for place, _, names in os.walk(acme.private):
        for name in names:
            with open(os.path.join(place, name), "rb") as file:
                assert b"canary-in-scratch" not in file.read()
    acme.remount()
    assert people.run(alice, ["cat", path]).returncode == 1
