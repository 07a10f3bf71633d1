"""A host's key is lost, and the recovery phrase is at hand."""
import os
import re

import pytest

from mounting import wait_until
from test_identity import PASSPHRASE, PHRASE, everything, text_of

UNCONFIRMED, NO_ORGANISATION, PASSPHRASE_WRONG = 18, 21, 23
FIRST, SECOND = "sk-proj-first-value", "sk-proj-second-value"


@pytest.fixture
def lost(mounts):
    """A store with two organisations, whose host has lost its key; the phrase, and the lost id."""
    mount = mounts(init=False)
    mount.phrase = PHRASE.search(mount.init().stdout)[1] + "\n"
    mount.start()
    for name in ("acme", "other"):
        mount.org(name)
        mount.account(f"{name}/openai", api_key=FIRST)
    mount.umount()
    mount.lost_id = key(mount, "show").splitlines()[1].removeprefix("id ")
    os.unlink(mount.identity)
    return mount


def key(mount, *arguments, answers="", expect=0):
    done = mount.credfs("key", *arguments, answers=answers)
    assert done.returncode == expect, (arguments, done)
    return done.stdout


def members(text):
    return dict(re.findall(r"^member: (\S+) can=(\w+)", text, re.MULTILINE))


def test_another_key_takes_the_place_of_the_lost_one(lost):
    """As README.md says it, line by line."""
    os.rename(lost.pins, lost.pins + ".lost")
    os.rename(lost.db + ".audit", lost.db + ".audit.lost")
    done = lost.credfs("init", "--join", "--recovery", answers=lost.phrase)
    assert done.returncode == 0, done
    text = key(lost, "list", "--recovery", answers=lost.phrase)
    assert sorted(re.findall(r"^organisation: (\w+)$", text, re.MULTILINE)) == ["acme", "other"]
    assert members(text)[lost.lost_id] == "manage"
    assert text.count(" this-phrase") == 2 and " this-host" not in text
    public, own_id = key(lost, "show").splitlines()
    for name in ("acme", "other"):
        key(lost, "add", public, "--org", name, "--can", "manage", "--recovery",
            answers=lost.phrase)
    done = lost.credfs("restore")
    assert done.returncode == UNCONFIRMED
    assert "acme" in done.stdout and "is new here and will be trusted" in done.stdout
    assert lost.credfs("restore", "--yes").returncode == 0
    lost.start()
    for name in ("acme", "other"):
        assert lost.get(f"orgs/{name}/openai/api_key") == FIRST
        lost.put(f"orgs/{name}/openai/api_key", SECOND)
    key(lost, "remove", lost.lost_id, "--org", "acme")
    remaining = members(key(lost, "list", "acme"))
    assert lost.lost_id not in remaining
    assert remaining[own_id.removeprefix("id ")] == "manage"
    assert lost.lost_id in members(key(lost, "list", "other"))
    assert lost.get("orgs/acme/openai/api_key") == SECOND
    # the next ones are sealed to the same phrase
    lost.org("third")
    lost.umount()
    text = key(lost, "list", "--recovery", answers=lost.phrase)
    assert set(re.findall(r"^organisation: (\w+)$", text, re.MULTILINE)) == {"acme", "other",
                                                                             "third"}
    assert lost.credfs("check", "--store").returncode == 0


@pytest.mark.parametrize("answers,says", [("", "nobody gave the recovery phrase"),
                                          ("0123 4567\n", "this is no recovery phrase")])
def test_without_the_phrase_nothing_opens(lost, answers, says):
    done = lost.credfs("key", "list", "--recovery", answers=answers)
    assert done.returncode == PASSPHRASE_WRONG
    assert says in done.stderr


def test_a_phrase_of_another_store_opens_nothing(lost, mounts):
    stranger = mounts(init=False)
    phrase = PHRASE.search(stranger.init().stdout)[1]
    before = everything(lost.private)
    done = lost.credfs("key", "list", "--recovery", answers=phrase + "\n")
    assert done.returncode == PASSPHRASE_WRONG
    assert "for this recovery phrase" in done.stderr
    assert everything(lost.private) == before


def test_the_phrase_stands_for_an_identity_where_one_is_not_needed_alone(lost):
    for arguments in (["show"], ["pin", "acme", "0" * 64], ["passphrase"]):
        key(lost, *arguments, "--recovery", answers=lost.phrase, expect=2)
    key(lost, "list", "nobody", "--recovery", answers=lost.phrase, expect=NO_ORGANISATION)


def test_the_phrase_works_beside_a_mount(mounts):
    mount = mounts(init=False)
    phrase = PHRASE.search(mount.init().stdout)[1] + "\n"
    mount.start()
    mount.org("acme")
    mount.account("acme/openai", api_key=FIRST)
    key(mount, "rotate", "acme", "--recovery", answers=phrase)
    wait_until(lambda: " epoch=2 " in mount.get(".status"), 5, "the new epoch is seen")
    assert mount.get("orgs/acme/openai/api_key") == FIRST


def test_a_passphrase_is_set_and_changed_and_the_key_stays(mounts):
    mount = mounts(start=False)
    shown = key(mount, "show")
    plain = text_of(mount.identity)
    key(mount, "passphrase", expect=PASSPHRASE_WRONG)
    assert text_of(mount.identity) == plain
    key(mount, "passphrase", answers=PASSPHRASE + "\n")
    assert key(mount, "show", answers=PASSPHRASE + "\n") == shown
    key(mount, "passphrase", answers="wrong one\nanother one\n", expect=PASSPHRASE_WRONG)
    key(mount, "passphrase", answers=PASSPHRASE + "\nanother one\n")
    key(mount, "show", answers=PASSPHRASE + "\n", expect=PASSPHRASE_WRONG)
    assert key(mount, "show", answers="another one\n") == shown
    assert os.stat(mount.identity).st_mode & 0o777 == 0o400
    mount.start(answers="another one\n")
    mount.org("acme")


def test_a_passphrase_is_taken_away_by_who_knows_it(mounts):
    mount = mounts(start=False)
    shown = key(mount, "show")
    plain = text_of(mount.identity)
    done = mount.credfs("key", "passphrase", "--remove", answers=PASSPHRASE + "\n")
    assert done.returncode == 1 and "takes no passphrase" in done.stderr
    key(mount, "passphrase", answers=PASSPHRASE + "\n")
    sealed = text_of(mount.identity)
    for answers in ("", "wrong one\n"):
        key(mount, "passphrase", "--remove", answers=answers, expect=PASSPHRASE_WRONG)
        assert text_of(mount.identity) == sealed
    done = mount.credfs("key", "passphrase", "--remove", answers=PASSPHRASE + "\n")
    assert done.returncode == 0
    assert "whoever has this file, or a copy of it, has the key" in done.stderr
    assert text_of(mount.identity) == plain
    assert os.stat(mount.identity).st_mode & 0o777 == 0o400
    assert key(mount, "show") == shown
    mount.start()
    mount.org("acme")


def test_only_a_passphrase_is_taken_away_so(mounts):
    mount = mounts(start=False)
    for arguments in (["show"], ["list"], ["remove", "0" * 32, "--org", "acme"]):
        key(mount, *arguments, "--remove", expect=2)
    os.rename(mount.identity, mount.identity + ".lost")
    key(mount, "passphrase", "--remove", answers="\n", expect=5)
