"""A store on a disk that is full: who saves with a shell hears of it at write(2), the
old value stays, and everything goes on as soon as there is room."""
import os
import subprocess
import time

import pytest

OLD = "sk-proj-" + "0" * 40
NEW = "sk-proj-" + "1" * 40
FIELD = "orgs/acme/openai/api_key"


@pytest.fixture
def small(mounts):
    """A mount whose store lies on a disk of two megabytes."""
    mount = mounts(init=False)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "none", mount.private],
                   check=True)
    try:
        mount.init()
        mount.start()
        mount.org("acme")
        mount.account("acme/openai", api_key=OLD)
        mount.allow_in_log("cannot be written|not written")
        yield mount
        mount.umount()
    finally:
        mount.kill()
        if os.path.ismount(mount.root):
            subprocess.run(["umount", "-l", mount.root], check=True)
        subprocess.run(["umount", mount.private], check=True)


def fill(mount):
    with open(mount.private + "/filler", "ab", buffering=0) as filler:
        size = 1 << 16
        while size:
            try:
                filler.write(b"x" * size)
            except OSError:
                size //= 2
    assert os.statvfs(mount.private).f_bfree == 0


def remount(mount, options):
    subprocess.run(["mount", "-o", "remount," + options, mount.private], check=True)


def save(mount, people, value, path=FIELD):
    done = people.run("root", ["bash", "-c", f"echo {value} > {mount.path(path)}"])
    return done.returncode == 0, done.stderr


def status(mount):
    return mount.get("orgs/acme/openai/.status")


def test_a_shell_hears_that_the_disk_is_full(small, people):
    fill(small)
    time.sleep(1.1)
    for _ in range(3):
        saved, said = save(small, people, NEW)
        assert not saved and "No space left on device" in said
        assert small.get(FIELD) == OLD
    assert "last-error: not saved, the store cannot be written: No space left" in status(small)
    for path, line in (("orgs/acme/openai/provider", "openai"), ("orgs/acme/roles/admin", "user:root")):
        saved, said = save(small, people, line, path)
        assert not saved and "No space left on device" in said
    remount(small, "size=4m")
    time.sleep(1.1)
    assert save(small, people, NEW) == (True, "")
    assert small.get(FIELD) == NEW
    assert "(api_key, by" not in status(small)
    small.remount()
    assert small.get(FIELD) == NEW


def test_room_that_somebody_else_makes_is_used_at_once(small, people):
    fill(small)
    time.sleep(1.1)
    assert not save(small, people, NEW)[0]
    os.unlink(small.private + "/filler")
    end = time.monotonic() + 2
    while not save(small, people, NEW)[0]:
        assert time.monotonic() < end
        time.sleep(0.2)
    assert small.get(FIELD) == NEW


def test_what_needs_no_room_goes_on(small, people):
    fill(small)
    time.sleep(1.1)
    assert not save(small, people, NEW)[0]
    scratch = small.path("orgs/acme/openai/api_key~")
    assert people.run("root", f"echo draft > {scratch} && cat {scratch}").stdout == "draft\n"
    done = people.run("root", f"mv {scratch} {small.path(FIELD)}")
    assert done.returncode != 0 and small.get(FIELD) == OLD
    done = people.run("root", f"rm {small.path(FIELD)}")
    assert "No space left on device" in done.stderr and small.get(FIELD) == OLD
