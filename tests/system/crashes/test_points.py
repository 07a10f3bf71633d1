"""A worker may die at any point: nobody notices. Without what makes it so, many do."""
import contextlib
import errno
import os
import signal
import threading

import pytest

import mounting
from load import Load, value, working
from test_key import FIRST, SECOND, Host, add, key

# The point, how often it is passed before the worker dies there, and how many are to die there.
POINTS = [("received", 20, 15), ("intended", 5, 15), ("committed", 5, 15), ("unpublished", 20, 15),
          ("unanswered", 20, 15), ("answered", 20, 15), ("written-anew", 1, 2)]
LISTED = ["audit.log", "projects", "roles"]


def die(crashes, load, point, after, deaths):
    before = crashes.count()
    crashes.at(point, after)
    mounting.wait_until(lambda: crashes.count() >= before + deaths or load.wrong, 100, "deaths")
    crashes.nowhere()


def go_on(load, steps=100):
    before = load.count
    mounting.wait_until(lambda: load.count > before + steps or load.wrong, 60,
                        "the clients go on")
    assert load.wrong == []


@pytest.mark.parametrize("point, after, deaths", POINTS)
def test_nothing_fails_wherever_a_worker_dies(crashes, crashing, point, after, deaths):
    die(crashes, crashing, point, after, deaths)
    go_on(crashing)


# Several closes are one transaction: it is durable, and none, or some, of those who wait were told.
TOGETHER = [("committed-together", 5, 10), ("settled", 5, 10), ("settled", 8, 10)]


@pytest.mark.parametrize("point, after, deaths", TOGETHER)
def test_nothing_fails_when_a_worker_dies_that_has_saved_several_at_once(crashes, point, after,
                                                                        deaths):
    mount = crashes.mount
    mount.org("acme")
    load = Load(mount)
    for number in range(6):
        mount.account(f"acme/w{number}", provider="generic", key=value(0))
        load.client(load.saver, mount.path(f"orgs/acme/w{number}/key"))
    die(crashes, load, point, after, deaths)
    go_on(load)
    load.end()
    assert load.wrong == []


def test_nothing_fails_when_workers_die_at_their_beginning(crashes, crashing):
    die(crashes, crashing, "received", 20, 2)
    go_on(crashing)
    crashes.at("restored", 1)
    os.kill(crashes.mount.worker(), signal.SIGKILL)
    mounting.wait_until(lambda: crashes.count() > 5, 60, "deaths at the beginning")
    crashes.nowhere()
    go_on(crashing)


# controls: what the tests above see when the mechanism is missing

@pytest.mark.parametrize("point", ["committed", "unanswered"])
def test_without_the_answers_that_are_kept_operations_fail(crashes, point):
    crashes.without("answers")
    with working(crashes.mount) as load:
        die(crashes, load, point, 7, 1000)
        load.end()
        assert load.wrong, "operations are carried out twice, and nobody notices"
        load.wrong.clear()


def test_without_sending_again_who_waits_waits_for_ever(crashes):
    mount = crashes.mount
    mount.org("acme")
    crashes.without("resend")
    seen = []
    thread = threading.Thread(target=lambda: seen.append(os.listdir(mount.path("orgs"))))
    crashes.at("received", 1)
    thread.start()
    mounting.wait_until(lambda: crashes.count() == 1, 30, "a worker dies")
    crashes.nowhere()
    thread.join(timeout=3)
    assert thread.is_alive() and not seen
    assert sorted(os.listdir(mount.path("orgs/acme"))) == LISTED, "others are served"
    crashes.missing = []
    crashes.nowhere()
    os.kill(mount.worker(), signal.SIGKILL)
    thread.join(timeout=30)
    assert seen == [["acme"]]


# requests that are to blame

def test_a_request_that_kills_each_worker_is_answered_with_an_error(crashes):
    mount = crashes.mount
    mount.allow_in_log("workers die of one request")
    mount.org("acme")
    crashes.at("received", 1, signal.SIGSEGV)
    with pytest.raises(OSError) as error:
        os.stat(mount.path("orgs/acme/nobody"))
    crashes.nowhere()
    assert error.value.errno == errno.EIO
    assert crashes.count() == 3
    assert sorted(os.listdir(mount.path("orgs/acme"))) == LISTED
    with pytest.raises(FileNotFoundError):
        os.stat(mount.path("orgs/acme/nobody"))


def test_a_request_is_not_to_blame_when_somebody_kills_the_workers(crashes):
    mount = crashes.mount
    mount.org("acme")
    crashes.at("received", 1)
    seen = []
    thread = threading.Thread(target=lambda: seen.append(os.listdir(mount.path("orgs"))))
    thread.start()
    mounting.wait_until(lambda: crashes.count() > 5, 30, "workers die")
    crashes.nowhere()
    thread.join(timeout=30)
    assert seen == [["acme"]]


# what is in the store, and not by the worker that died

def is_stopped(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()[0] == "T"


@contextlib.contextmanager
def saving(crashes, value):
    """A worker is stopped when it is about to save a value, and killed at the end; what the one who
    saves was told is in the list then."""
    mount, told = crashes.mount, []

    def save():
        try:
            mount.put("orgs/acme/openai/api_key", value)
            told.append(0)
        except OSError as error:
            told.append(error.errno)

    crashes.at("intended", 1, signal.SIGSTOP)
    thread = threading.Thread(target=save)
    thread.start()
    worker = mount.worker()
    mounting.wait_until(lambda: is_stopped(worker), 30, "a worker is about to save")
    crashes.nowhere()
    yield told
    os.kill(worker, signal.SIGKILL)
    thread.join(timeout=30)
    assert not thread.is_alive() and crashes.count() == 1


def test_what_another_process_wrote_does_not_keep_a_value_from_being_saved(crashes):
    mount = crashes.mount
    mount.org("acme")
    mount.account("acme/openai", api_key=FIRST)
    with saving(crashes, SECOND) as told:
        key(mount, "rotate", "acme")
    assert told == [0]
    assert mount.get("orgs/acme/openai/api_key") == SECOND


def test_what_another_process_wrote_is_not_taken_for_what_was_to_be_saved(crashes, mounts):
    """It wrote that this host may not write any more."""
    mount = crashes.mount
    mount.org("acme")
    mount.account("acme/openai", api_key=FIRST)
    mount.allow_in_log("change not written")
    other = Host(mounts, mount)
    with saving(crashes, SECOND) as told:
        add(mount, other, "manage")
        key(mount, "add", key(mount, "show").split()[0], "--org", "acme", "--can", "read")
    assert told not in ([], [0])
    assert mount.get("orgs/acme/openai/api_key") == FIRST
