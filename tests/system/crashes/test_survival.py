"""The whole of it: a mount that is worked on, whose worker is killed at random and at every marked
point, and replaced by another version, again and again. No operation fails, nobody reads anything
but a whole value that was saved, and nothing that was saved is lost."""
import os
import random
import signal
import time

import mounting
from test_points import POINTS, die, go_on

KILLS, UPGRADES = 100, 20


def another_worker(mount, end):
    former = mount.worker()
    end(former)
    mounting.wait_until(lambda: mount.worker() not in (None, former), 30, "another worker")


def kill(mount):
    time.sleep(random.uniform(0.02, 0.25))
    another_worker(mount, lambda worker: os.kill(worker, signal.SIGKILL))


def upgrade(mount):
    time.sleep(random.uniform(0.05, 0.25))
    another_worker(mount, lambda worker: mount.process.send_signal(signal.SIGHUP))


def test_a_mount_survives_a_hundred_kills_and_twenty_upgrades(crashes, crashing):
    mount = crashes.mount
    mount.allow_in_log("the new version cannot begin")
    steps = [kill] * KILLS + [upgrade] * UPGRADES
    random.shuffle(steps)
    for step in steps:
        step(mount)
        assert crashing.wrong == []
    for point, after, deaths in POINTS:
        die(crashes, crashing, point, after, min(deaths, 5))
    go_on(crashing, 1000)
    crashing.end()
    assert crashing.wrong == []
    saved = mount.get("orgs/acme/openai/api_key")
    assert saved == crashing.value_saved()
    assert crashes.count() >= KILLS
    print(f"{crashing.count} operations, {crashes.count()} deaths, {UPGRADES} upgrades")
