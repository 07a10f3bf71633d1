"""What goes wrong: storage that fails, power, memory, clocks, damage, crowds. The fixtures are those
of the system tests.

    scripts/test             the short form: of what can be counted, a sample
    scripts/test --faults    all of it, which takes up to half an hour

Run by hand, CREDFS_FAULTS=all asks for the long form.
"""
import os
import random

import pytest

LONG = os.environ.get("CREDFS_FAULTS") == "all"


@pytest.fixture(scope="session")
def long_form():
    return LONG


@pytest.fixture
def sample():
    """sample(things, least): all of them in the long form, in the short one some."""
    chance = random.Random(os.getpid())

    def choose(things, least):
        things = list(things)
        if LONG or len(things) <= least:
            return things
        return sorted(chance.sample(things, least), key=things.index)

    return choose
