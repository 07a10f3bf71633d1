"""inotify: who watches a field is told of every change, once, and goes on to be told when the field
is saved by renaming."""
import os
import signal

import pytest

import mounting
from watching import Watch

KEYS = ["sk-proj-" + f"{number:02}" * 20 for number in range(12)]
ACCOUNT = "orgs/acme/openai"
FIELD = ACCOUNT + "/api_key"


@pytest.fixture
def acme(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=KEYS[0])
    return mount


def written(events, name=""):
    return [event for event in events if event == ("CLOSE_WRITE", name)]


def sh(people, command):
    return people.run("root", ["bash", "-c", command])


def toucher(mount):
    for pid in mount.processes():
        with open(f"/proc/{pid}/comm", encoding="utf-8") as comm:
            if comm.read() == "credfs-toucher\n":
                return pid
    return None


def test_each_of_ten_rotations_in_place_is_seen_once(acme, people):
    path = acme.path(FIELD)
    with Watch(path) as watch, Watch(acme.path(ACCOUNT)) as directory:
        for key in KEYS[1:11]:
            sh(people, f"echo {key} > {path}")
            assert len(written(watch.drain(0.2))) == 1
            assert len(written(directory.drain(), "api_key")) == 1
            assert acme.get(FIELD) == key
            watch.drain(0.05), directory.drain(0.05)


SAVES_BY_RENAME = {
    "mv": "echo {key} > {path}~ && mv {path}~ {path}",
    "sed -i": "sed -i s/.*/{key}/ {path}",
    "os.replace": "/usr/bin/python3 -c 'import os, sys; open(sys.argv[1] + \".tmp\", \"w\").write("
                  "sys.argv[2]); os.replace(sys.argv[1] + \".tmp\", sys.argv[1])' {path} {key}",
}


@pytest.mark.parametrize("how", SAVES_BY_RENAME)
def test_a_watch_lives_on_when_the_field_is_saved_by_renaming(acme, people, how):
    path = acme.path(FIELD)
    with Watch(path) as watch, Watch(acme.path(ACCOUNT)) as directory:
        for key in KEYS[1:4]:
            assert sh(people, SAVES_BY_RENAME[how].format(key=key, path=path)).returncode == 0
            assert ("MOVED_TO", "api_key") in directory.until("MOVED_TO")
            events = [event for event, _ in watch.until("ATTRIB")]
            assert not {"DELETE_SELF", "IGNORED"} & set(events), "as a file with another name"
        # Nobody has looked at it since, and another renames over it at once.
        sh(people, "; ".join(SAVES_BY_RENAME[how].format(key=key, path=path) for key in KEYS[4:7]))
        assert "IGNORED" not in [event for event, _ in watch.drain(0.3)]
        sh(people, f"echo {KEYS[7]} > {path}")
        assert len(written(watch.until("CLOSE_WRITE"))) == 1
        assert acme.get(FIELD) == KEYS[7]


def test_a_watch_ends_when_the_field_is_removed_as_on_a_disk(acme, people):
    path = acme.path(FIELD)
    with Watch(path) as watch, Watch(acme.path(ACCOUNT)) as directory:
        sh(people, f"rm {path}")
        assert "DELETE_SELF" in [event for event, _ in watch.until("IGNORED")]
        sh(people, f"echo {KEYS[1]} > {path}")
        assert len(written(directory.until("CLOSE_WRITE"), "api_key")) == 1


def test_a_field_has_one_link(acme, people):
    """Tools treat files with more of them in ways of their own: cp -a removes them first."""
    path = acme.path(FIELD)
    for command in (f"stat {path}", f"mv {path}~ {path} && stat {path}", f"ls -l {path}"):
        people.run("root", f"echo {KEYS[1]} > {path}~; {command}")
        assert os.stat(path).st_nlink == 1


@pytest.mark.parametrize("command", ["echo sk-ant-refused > {path}", ": > {path}",
                                     "install /dev/null {path}"])
def test_a_value_that_is_put_back_is_announced(acme, people, command):
    """Everybody else's word: the writer of the refused value has closed the file before."""
    path = acme.path(FIELD)
    with Watch(acme.path(ACCOUNT)) as directory:
        sh(people, f"rm {path}")
        directory.until("DELETE")
        sh(people, command.format(path=path))
        events = directory.until("MODIFY")
        events += directory.drain(0.3)
        after = events[events.index(("MODIFY", "api_key")):]
        assert written(after, "api_key") == [("CLOSE_WRITE", "api_key")]
        assert acme.get(FIELD) == KEYS[0]


def test_a_provider_that_is_put_back_is_announced(acme, people):
    path = acme.path(ACCOUNT, "provider")
    with Watch(acme.path(ACCOUNT)) as directory:
        sh(people, f"install /dev/null {path}")
        directory.until("MODIFY")
        assert people.run("root", ["cat", path]).stdout == "openai"


def test_the_toucher_is_nobody(acme, people):
    """Its user may do what it does, and no more; without it the mount goes on."""
    pid = toucher(acme)
    uid = os.stat(f"/proc/{pid}").st_uid
    assert uid == os.stat(acme.path(FIELD)).st_uid != 0
    as_owner = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--inh-caps=-all"]
    assert people.run("root", [*as_owner, "cat", acme.path(FIELD)]).returncode == 1
    for command in (f"echo sk-proj-stolen > {acme.path(FIELD)}",
                    f"echo sk-proj-stolen >> {acme.path(FIELD)}",
                    f"echo sk-proj-stolen 1<> {acme.path(FIELD)} >&1",
                    f"printf x | dd of={acme.path(FIELD)} conv=notrunc status=none",
                    f"rm -f {acme.path(FIELD)}", f"mv {acme.path(FIELD)} {acme.path(FIELD)}2",
                    f"truncate -s 3 {acme.path(FIELD)}"):
        people.run("root", [*as_owner, "sh", "-c", command])
        assert acme.get(FIELD) == KEYS[0], command
    acme.remount()
    assert acme.get(FIELD) == KEYS[0]
    assert "history" not in acme.get(ACCOUNT + "/.status")


def test_without_the_toucher_the_mount_goes_on(acme, people):
    os.kill(toucher(acme), signal.SIGKILL)
    path = acme.path(FIELD)
    sh(people, f"rm {path}; : > {path}; rm {path}; : > {path}")
    assert acme.get(FIELD) == KEYS[0]
    mounting.wait_until(lambda: "no longer told" in acme.log_text(), 5, "the log says so")


def test_unmounting_is_not_held_up(acme, people):
    """Announcements up to the last moment, and the toucher ends with the mount."""
    path = acme.path(FIELD)
    for _ in range(5):
        sh(people, f"rm {path}; : > {path}")
    mounting.wait_until(lambda: os.waitstatus_to_exitcode(
        os.system(f"umount {acme.root} 2>/dev/null")) == 0, 5, "unmounted")
    acme.process.wait(timeout=20)
    acme.process = None
    mounting.wait_until(lambda: not acme.processes(), 10, "no process of this mount is left")
