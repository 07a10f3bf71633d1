"""Workers that die at marked points, and often. The fixtures are those of the system tests.

    scripts/test             builds a credfs that can be made to crash, and runs them with it
    CREDFS_BINARY=... /usr/bin/python3 -B -m pytest tests/system/crashes
"""
import signal

import pytest

import mounting
from load import working


def pytest_configure(config):
    del config
    with open(mounting.BINARY, "rb") as program:
        if b"CREDFS_CRASH_FILE" not in program.read():
            raise pytest.UsageError(f"{mounting.BINARY}: not built with -Dcrash_points=true")


class Crashes:
    """Where the workers of a mount are to die, and what they are to do without."""

    def __init__(self, mount):
        self.path = mount.base + "/crash"
        self.mount = mount
        self.missing = []
        with open(self.path, "w", encoding="utf-8"):
            pass
        mount.environment["CREDFS_CRASH_FILE"] = self.path
        mount.allow_in_log("another one takes over")

    def order(self, *lines):
        text = "".join(f"{line}\n" for line in [*self.missing, *lines])
        with open(self.path, "r+b", buffering=0) as file:  # workers have it open
            file.write(text.encode().ljust(500))

    def at(self, point, after, number=signal.SIGKILL):
        self.order(f"{point} {after} {int(number)}")

    def without(self, part):
        self.missing = [f"without {part}"]
        self.order()

    def nowhere(self):
        self.order()

    def count(self):
        return self.mount.log_text().count("another one takes over")


@pytest.fixture
def crashes(mounts):
    mount = mounts(start=False)
    crashes = Crashes(mount)
    mount.start()
    return crashes


@pytest.fixture
def crashing(crashes):
    """The load, on a mount that can be made to crash."""
    with working(crashes.mount) as load:
        yield load
