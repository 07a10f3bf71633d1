"""Who asks: rights that end while a file is open, user namespaces, callers whom the daemon cannot
see. In doubt there is no right."""
import errno
import os
import subprocess
import time

import pytest

from states import key, save

HOLD = """
import os, sys
def answer(call, *arguments):
    try:
        call(*arguments)
        print("ok", flush=True)
    except OSError as error:
        print(error.errno, flush=True)
reader = os.open(sys.argv[1], os.O_RDONLY)
writer = os.open(sys.argv[1], os.O_WRONLY) if sys.argv[2] == "w" else None
os.pread(reader, 100, 0)
if writer is not None:
    os.pwrite(writer, sys.argv[3].encode(), 0)
print("open", flush=True)
for line in sys.stdin:
    if line == "read\\n":
        answer(os.pread, reader, 100, 0)
    elif line == "save\\n":
        answer(os.close, writer)
    elif line == "open\\n":
        answer(os.open, sys.argv[1], os.O_RDONLY)
"""


class Holder:
    """A process of a user that has a file open and does what it is told."""

    def __init__(self, user, path, writes=False):
        self.process = subprocess.Popen(
            ["setpriv", f"--reuid={user}", "--regid=nogroup", "--init-groups", "--inh-caps=-all",
             "--", "/usr/bin/python3", "-c", HOLD, path, "w" if writes else "r", key("9")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "open\n"

    def ask(self, what):
        """0, or the errno."""
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        return 0 if answer == "ok" else int(answer)

    def close(self):
        self.process.communicate(timeout=30)


@pytest.fixture
def hold():
    holders = []

    def make(*arguments, **options):
        holders.append(Holder(*arguments, **options))
        return holders[-1]

    yield make
    for holder in holders:
        holder.close()


def test_a_reader_whose_role_ends_reads_no_more(mount, people, hold):
    runner = people.user("runner")
    mount.org("acme")
    mount.account("acme/openai", api_key=key("1"))
    mount.project("acme", "etl", runner=[f"user:{runner}"])
    os.symlink("../../openai", mount.path("orgs/acme/projects/etl/openai"))
    holder = hold(runner, mount.path("orgs/acme/projects/etl/openai/api_key"))
    assert holder.ask("read") == 0
    # the role
    mount.put("orgs/acme/projects/etl/roles/runner", "user:root")
    assert holder.ask("read") == errno.EACCES
    assert holder.ask("open") == errno.EACCES
    mount.put("orgs/acme/projects/etl/roles/runner", f"user:{runner}")
    assert holder.ask("open") == 0
    # the link
    os.unlink(mount.path("orgs/acme/projects/etl/openai"))
    assert holder.ask("read") == errno.EACCES


def test_a_writer_whose_role_ends_saves_nothing(mount, people, hold):
    admin = people.user("admin")
    mount.allow_in_log("permitted|denied|commit")
    mount.org("acme", admin=[f"user:{admin}"])
    mount.account("acme/openai", api_key=key("1"))
    path = mount.path("orgs/acme/openai/api_key")
    refused, allowed = hold(admin, path, writes=True), hold(admin, path, writes=True)
    mount.put("orgs/acme/roles/admin", "user:root")
    assert refused.ask("save") in (errno.EACCES, errno.EPERM)
    assert mount.get("orgs/acme/openai/api_key") == key("1")
    mount.put("orgs/acme/roles/admin", f"user:{admin}")
    assert allowed.ask("save") == 0
    assert mount.get("orgs/acme/openai/api_key") == key("9")


def test_a_group_that_is_left_gives_nothing_to_a_new_process(mount, people):
    user = people.user("grouped", "ops")
    mount.org("acme", admin=[f"group:{people.group('ops')}"])
    mount.account("acme/openai", api_key=key("1"))
    path = mount.path("orgs/acme/openai/api_key")
    assert people.run(user, ["cat", path]).stdout == key("1")
    assert "Permission denied" in people.run(user, ["cat", path], groups=[]).stderr


def in_namespace(user, *argv, mapping):
    """Run as the user in a user namespace of his own."""
    return subprocess.run(["setpriv", f"--reuid={user}", "--regid=nogroup", "--init-groups",
                           "--inh-caps=-all", "--", "unshare", *mapping, *argv], cwd="/",
                          capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("mapping", [["-Ur"], ["-U"]], ids=["as root there", "unmapped there"])
def test_root_of_a_user_namespace_is_whom_he_was(mount, people, mapping):
    """For the host he is the user that made it, whatever he is called in there."""
    alice, stranger = people.user("alice"), people.user("stranger")
    mount.org("acme", admin=[f"user:{alice}"])
    mount.account("acme/openai", api_key=key("1"))
    path = mount.path("orgs/acme/openai/api_key")
    done = in_namespace(stranger, "cat", path, mapping=mapping)
    assert done.returncode != 0 and done.stdout == ""
    assert "Permission denied" in done.stderr
    for command in (f"echo {key('3')} > {path}", f"mkdir {mount.path('orgs/mine')}",
                    f"rm {path}", f"mv {path} {path}.tmp", f"setfacl -m o:r {path}"):
        done = in_namespace(stranger, "sh", "-c", command, mapping=mapping)
        assert done.returncode != 0, command
    assert mount.get("orgs/acme/openai/api_key") == key("1")
    # who may outside either may inside or is refused: never more, never an error of another kind
    done = in_namespace(alice, "cat", path, mapping=mapping)
    assert done.stdout == key("1") or "Permission denied" in done.stderr


def test_a_caller_of_another_pid_namespace_is_judged_by_his_own_groups(mount, people):
    """The daemon finds his groups by his process id as the host knows it."""
    user = people.user("grouped", "ops")
    stranger = people.user("stranger")
    mount.org("acme", admin=[f"group:{people.group('ops')}"])
    mount.account("acme/openai", api_key=key("1"))
    path = mount.path("orgs/acme/openai/api_key")
    for who, allowed in ((user, True), (stranger, False)):
        done = subprocess.run(["unshare", "--pid", "--fork", "setpriv", f"--reuid={who}",
                               "--regid=nogroup", "--init-groups", "--inh-caps=-all", "--", "sh",
                               "-c", f"cat {path} && echo {key('2')} > {path}"],
                              capture_output=True, text=True, timeout=60)
        assert (done.returncode == 0) == allowed, done.stderr
        assert (done.stdout == "") != allowed


def test_a_daemon_that_cannot_see_its_callers_gives_them_nothing(mounts, people):
    """In a pid namespace of its own it is told that they have no process: what depends on their
    groups is refused, what needs none is not."""
    mount = mounts(start=False)
    mount.allow_in_log(".")
    user = people.user("grouped", "ops")
    mount.start()
    mount.org("acme", admin=[f"group:{people.group('ops')}"])
    mount.account("acme/openai", api_key=key("1"))
    path = mount.path("orgs/acme/openai/api_key")
    assert people.run(user, f"echo {key('2')} > {path}").returncode == 0
    mount.umount()
    original = mount.argv
    mount.argv = lambda *arguments: ["unshare", "--pid", "--fork", "--kill-child",
                                     *original(*arguments)]
    mount.start()
    done = people.run(user, f"echo {key('3')} > {path}")
    assert done.returncode != 0
    assert mount.get("orgs/acme/openai/api_key") == key("2")
    mount.kill()
    mount.argv = original
    mount.start()
    assert people.run(user, ["cat", path]).stdout == key("2")


@pytest.mark.parametrize("command", ["-10y", "+10y"])
def test_a_clock_that_is_wrong_by_ten_years_harms_nothing(mounts, command):
    mount = mounts()
    mount.org("acme")
    mount.account("acme/openai", api_key=key("1"))
    mount.umount()
    original = mount.argv
    mount.argv = lambda *arguments: ["faketime", "-f", command, *original(*arguments)]
    mount.start()
    assert mount.get("orgs/acme/openai/api_key") == key("1")
    save(mount, "orgs/acme/openai/api_key", key("2"))
    os.mkdir(mount.path("orgs/acme/anthropic"))
    assert mount.get("orgs/acme/openai/.history/api_key/1") == key("1")
    mount.umount()
    mount.argv = original
    mount.start()
    assert mount.get("orgs/acme/openai/api_key") == key("2")
    save(mount, "orgs/acme/openai/api_key", key("3"))
    mount.remount()
    assert mount.get("orgs/acme/openai/api_key") == key("3")


def test_a_clock_that_steps_moves_no_deadline(mounts, request):
    """Scratch files and what was just removed are kept by the time that passes."""
    mount = mounts("[scratch]\nexpire = 8\n")
    mount.org("acme")
    mount.account("acme/openai", api_key=key("1"))
    mount.umount()
    clock = f"/run/credfs-test-clock-{os.getpid()}"  # the worker reads no file but there
    request.addfinalizer(lambda: os.unlink(clock))

    def set_clock(text):
        with open(clock, "w", encoding="utf-8") as file:
            file.write(text + "\n")

    set_clock("+0")
    original = mount.argv
    mount.argv = lambda *arguments: ["faketime", "-f", "+0", "env", "-u", "FAKETIME",
                                     f"FAKETIME_TIMESTAMP_FILE={clock}", "FAKETIME_NO_CACHE=1",
                                     "FAKETIME_DONT_FAKE_MONOTONIC=1", *original(*arguments)]
    mount.start()
    account = mount.path("orgs/acme/openai")
    for step in ("+10y", "-10y"):
        save(mount, "orgs/acme/openai/note.tmp", "scratch")
        os.unlink(account + "/api_key")
        began = time.monotonic()
        set_clock(step)
        time.sleep(2)
        # neither has gone: the file is there, and a refused save brings the value back
        assert mount.get("orgs/acme/openai/note.tmp") == "scratch"
        with pytest.raises(OSError):
            save(mount, "orgs/acme/openai/api_key", "not a key")
        assert mount.get("orgs/acme/openai/api_key") == key("1")
        # a change is dated by the clock, and nothing is wrong with it
        os.mkdir(f"{account}{step}")
        years = (os.stat(f"{account}{step}").st_mtime - time.time()) / (365 * 86400)
        assert abs(years - (10 if step == "+10y" else -10)) < 1
        while os.path.exists(account + "/note.tmp"):
            assert time.monotonic() - began < 30, "kept for ever"
            time.sleep(0.5)
        assert time.monotonic() - began > 6
        set_clock("+0")
    mount.argv = original
    mount.remount()
    assert mount.get("orgs/acme/openai/api_key") == key("1")
