"""Who closes at the same moment as others is saved with them: by one transaction of the store."""
import errno
import os
import random
import signal
import threading
import time

import pytest

import mounting
from together import close_together, generation

WRITERS = 6


def path_of(number, org="acme"):
    return f"orgs/{org}/w{number}/key"


@pytest.fixture
def office(mount):
    mount.org("acme")
    mount.org("globex")
    for number in range(WRITERS):
        mount.account(f"acme/w{number}", key=f"old-{number}")
    mount.account("globex/w0", key="old-globex")
    mount.account("acme/vertex")
    return mount


def test_those_who_close_together_are_one_entry_and_outlive_the_machine(office):
    values = {path_of(number): f"new-{number}" for number in range(WRITERS)}
    values[path_of(0, "globex")] = "new-globex"
    before = generation(office, "acme"), generation(office, "globex")
    assert set(close_together(office, values).values()) == {None}
    assert (generation(office, "acme"), generation(office, "globex")) == (before[0] + 1,
                                                                       before[1] + 1)
    office.kill()
    office.start()
    for path, text in values.items():
        assert office.get(path) == text


def test_what_is_refused_is_refused_alone(office):
    values = {path_of(number): f"new-{number}" for number in range(WRITERS)}
    values["orgs/acme/vertex/service_account.json"] = '{"type": "service_account", '
    results = close_together(office, values)
    assert results.pop("orgs/acme/vertex/service_account.json") == errno.EKEYREJECTED
    assert set(results.values()) == {None}
    assert not os.path.exists(office.path("orgs/acme/vertex/service_account.json"))
    for number in range(WRITERS):
        assert office.get(path_of(number)) == f"new-{number}"


def test_two_who_save_one_field_are_two_versions(office):
    descriptors = [os.open(office.path(path_of(0)), os.O_WRONLY | os.O_TRUNC) for _ in range(2)]
    for number, descriptor in enumerate(descriptors):
        os.write(descriptor, f"by-{number}".encode())
    threads = [threading.Thread(target=os.close, args=(one,)) for one in descriptors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    seen = {office.get(path_of(0)), office.get("orgs/acme/w0/.history/key/2")}
    assert seen == {"by-0", "by-1"}
    assert office.get("orgs/acme/w0/.history/key/1") == "old-0"


def test_all_of_them_are_in_the_audit_log(office):
    values = {path_of(number): f"new-{number}" for number in range(WRITERS)}
    close_together(office, values)
    log = office.get("orgs/acme/audit.log").splitlines()
    for number in range(WRITERS):
        lines = [line for line in log if f'"{path_of(number)}"' in line and '"save"' in line]
        assert len(lines) == 1 and '"version":2' in lines[0]


def test_readers_see_the_former_value_until_it_is_saved(office):
    """Whole values, which never go back."""
    ending, wrong = threading.Event(), []

    def read(number):
        last = 0
        while not ending.is_set():
            text = office.get(path_of(number))
            count = int(text.split("-")[1]) if text.startswith("round") else 0
            if count < last or (count and text != f"round-{count:04d}-{number}"):
                wrong.append(text)
            last = count

    readers = [threading.Thread(target=read, args=(number,)) for number in range(2)]
    for reader in readers:
        reader.start()
    for count in range(1, 30):
        values = {path_of(number): f"round-{count:04d}-{number}" for number in range(WRITERS)}
        assert set(close_together(office, values, len(readers)).values()) == {None}
        for path, text in values.items():
            assert office.get(path) == text
    ending.set()
    for reader in readers:
        reader.join(timeout=20)
    assert wrong == []


KILLS = int(os.environ.get("CREDFS_KILLS", "20"))


def test_every_save_that_was_acknowledged_is_there_however_often_the_worker_is_killed(office):
    """Each writer is told of each save, once; the successor finishes what waited."""
    ending, wrong, saved = threading.Event(), [], [0] * WRITERS

    def write(number):
        while not ending.is_set():
            text = f"kill-{saved[number] + 1:06d}-{number}"
            try:
                descriptor = os.open(office.path(path_of(number)), os.O_WRONLY | os.O_TRUNC)
                os.write(descriptor, text.encode())
                os.close(descriptor)
                saved[number] += 1
                if office.get(path_of(number)) != text:
                    wrong.append(f"lost: {text}")
            except OSError as error:
                wrong.append(f"{text}: {error}")

    office.allow_in_log("takes over")
    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for _ in range(KILLS):
        time.sleep(random.uniform(0.02, 0.2))
        former = office.worker()
        if former:
            os.kill(former, signal.SIGKILL)
        mounting.wait_until(lambda: office.worker() not in (None, former), 10, "another worker")
    ending.set()
    for writer in writers:
        writer.join(timeout=60)
        assert not writer.is_alive(), "a writer hangs"
    assert wrong == []
    assert min(saved) > 0
    office.kill()
    office.start()
    for number in range(WRITERS):
        assert office.get(path_of(number)) == f"kill-{saved[number]:06d}-{number}"
