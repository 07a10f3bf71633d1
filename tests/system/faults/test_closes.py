"""Storage that fails while several closes are made durable together: each is acknowledged and there,
or refused and as before, whatever becomes of the others; in the running daemon and in the next."""
import errno
import os

import pytest

from states import audit_elsewhere
from storage import Action, Storage
from together import close_together

WRITERS = 4
PATHS = [f"orgs/acme/w{number}/key" for number in range(WRITERS)] + ["orgs/globex/w0/key"]
REFUSALS = {errno.EIO, errno.ENOSPC}


class Office:
    """A mount that can be begun with again and again."""

    def __init__(self, mount):
        self.mount = mount
        self.storage = Storage(mount)
        self.round = 0
        self.expected = {}
        mount.org("acme")
        mount.org("globex")
        for path in PATHS:
            mount.account(os.path.dirname(path)[len("orgs/"):], key="round-0")
            self.expected[path] = ["round-0"]
        mount.remount()

    def history(self, path):
        """All values that it had and has, in order."""
        directory, name = os.path.split(path)
        versions = []
        while os.path.exists(self.mount.path(f"{directory}/.history/{name}/{len(versions) + 1}")):
            versions.append(self.mount.get(f"{directory}/.history/{name}/{len(versions) + 1}"))
        return versions[-5:] + [self.mount.get(path)]

    def save_all(self):
        self.round += 1
        return close_together(self.mount, {path: f"round-{self.round}" for path in PATHS})

    def compare(self, results, where, unsure=False):
        """What was acknowledged is there, what was refused is not; of what a disk that failed for
        good did not confirm either may be found by the next daemon."""
        for path, error in results.items():
            assert error is None or error in REFUSALS, f"{where}: {errno.errorcode[error]}"
            saved = self.expected[path] + [f"round-{self.round}"]
            seen = self.history(path)
            allowed = [saved] if error is None else [self.expected[path]]
            if error and unsure:
                allowed.append(saved)
            assert seen in [one[-len(seen):] for one in allowed], f"{where}: {path}"
            if not error or seen == saved[-len(seen):]:
                self.expected[path] = saved[-5:]


@pytest.fixture
def office(mounts):
    mount = audit_elsewhere(mounts("[history]\nkeep = 4\n", init=False))
    mount.init()
    mount.start()
    mount.allow_in_log("error|cannot|No space|takes over")
    return Office(mount)


def count_calls(office):
    office.storage.count_calls()
    results = office.save_all()
    count = office.storage.count
    office.storage.disarm()
    office.compare(results, "without a fault")
    assert set(results.values()) == {None} and count > 0
    return count


@pytest.mark.limit(600)
@pytest.mark.parametrize("action", [Action.EIO, Action.ENOSPC, Action.SHORT_WRITE, Action.KILL,
                                    Action.KILL_HALF])
def test_each_of_those_that_close_together_is_saved_or_as_before(office, action, sample):
    fired = 0
    for call in sample(range(1, count_calls(office) + 3), 6):
        office.storage.arm(action, call)
        results = office.save_all()
        fired += bool(office.storage.fired)
        where = f"{action.name} at call {call} ({office.storage.what})"
        office.storage.disarm()
        office.compare(results, where)
        office.mount.kill()
        office.mount.start()
        expected = dict(office.expected)
        for path in PATHS:
            seen = office.history(path)
            assert seen == expected[path][-len(seen):], f"{where}, mounted anew: {path}"
        count_calls(office)
    assert fired


@pytest.mark.limit(600)
def test_storage_that_fails_for_good_refuses_all_of_them(office, sample):
    for call in sample(range(1, count_calls(office) + 1), 4):
        office.storage.arm(Action.STICKY_EIO, call)
        results = office.save_all()
        where = f"failing from call {call} ({office.storage.what})"
        for path, error in results.items():
            assert error in (None, errno.EIO), where
            latest = f"round-{office.round}" if error is None else office.expected[path][-1]
            assert office.mount.get(path) == latest, f"{where}: {path}"
        office.mount.kill()
        office.storage.disarm()
        office.mount.start()
        office.compare(results, where + ", mounted anew", unsure=True)
        count_calls(office)
