"""Whole-system cases: they mount for real, as root, with real users and real programs.

    scripts/test                                     builds and runs them
    /usr/bin/python3 -B -m pytest tests/system       runs them alone, with build/credfs
    CREDFS_BINARY=/path/to/credfs ...                with another build

Fixtures: `people` (users and groups, and running things as them), `mounts` (a factory) and `mount`
(one, mounted); `postgres` and `mariadb` (real ones). Whatever a test does, its mounts are
unmounted, its daemons have ended and their logs are free of errors and of sanitizers' findings, or
the test fails.
"""
import os

import pytest

import databases
import mounting
import people as people_module

LIMIT = 300  # seconds a test may take before its daemons are ended


def pytest_configure(config):
    config.addinivalue_line("markers", "limit(seconds): a test that may take longer than usual")
    if os.geteuid() != 0:
        raise pytest.UsageError("the system tests mount and make users: run them as root")
    if not os.access(mounting.BINARY, os.X_OK):
        raise pytest.UsageError(f"no program {mounting.BINARY}: build it, or set CREDFS_BINARY")
    mounting.sweep()


@pytest.fixture(scope="session")
def people():
    everybody = people_module.People()
    yield everybody
    everybody.close()


@pytest.fixture
def mounts(request):
    """A factory: mounts() is mounted, mounts(start=False) has a store, mounts(init=False) not."""
    made = []
    limit = request.node.get_closest_marker("limit")
    watchdog = mounting.Watchdog(limit.args[0] if limit else LIMIT, made)

    def make(settings="", init=True, start=True):
        mount = mounting.Mount(settings)
        made.append(mount)
        if init:
            mount.init()
            if start:
                mount.start()
        return mount

    yield make
    watchdog.stop()
    wrong = ["the test took too long; its daemons were ended"] if watchdog.fired else []
    for mount in made:
        wrong += mount.close()
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


@pytest.fixture
def mount(mounts):
    return mounts()


@pytest.fixture(scope="module")
def postgres():
    database = databases.Postgres()
    yield database
    database.close()


@pytest.fixture(scope="module")
def mariadb():
    database = databases.Mariadb()
    yield database
    database.close()
