"""What the processes of a mount may do, whose its files are, and what root does beside it."""
import os
import pwd
import re
import shutil
import signal
import subprocess

import pytest

from mounting import BINARY, wait_until

NUMBER = 65523  # serves where there is no user credfs


def owner():
    """Whom a daemon works as that is not told otherwise."""
    try:
        return pwd.getpwnam("credfs").pw_uid
    except KeyError:
        return NUMBER


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)


def descriptors(pid):
    """Where each descriptor of a process leads, without numbers of sockets."""
    found = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        found[int(name)] = re.sub(r":\[\d+\]", "", os.readlink(f"/proc/{pid}/fd/{name}"))
    return found


def toucher(mount):
    worker = mount.worker()
    for pid in mount.processes():
        if status_of(pid)["PPid"] == str(worker):
            return pid
    return None


def owners(mount):
    """Who owns what lies in the store's directory, by name; "." is the directory."""
    found = {".": os.stat(mount.private).st_uid}
    for directory, directories, files in os.walk(mount.private):
        for name in directories + files:
            path = os.path.join(directory, name)
            found[os.path.relpath(path, mount.private)] = os.lstat(path).st_uid
    return found


def others_than(mount, uid):
    """What belongs to anybody else; the identity is root's."""
    found = owners(mount)
    assert found.pop("identity") == 0
    return {name: who for name, who in found.items() if who != uid}


def test_the_worker_has_no_privilege(mount):
    mount.org("acme")
    for pid in (mount.worker(), toucher(mount)):
        status = status_of(pid)
        assert status["Uid"].split() == [str(owner())] * 4
        assert status["Gid"].split() == [str(os.stat(mount.root).st_gid)] * 4
        assert status["Groups"].split() == []
        for which in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            assert int(status[which], 16) == 0, which
    status = status_of(mount.worker())
    assert int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    for task in os.listdir(f"/proc/{mount.worker()}/task"):
        assert status_of(f"{mount.worker()}/task/{task}")["Seccomp"] == "2"


def test_status_says_what_the_worker_may_do(mount):
    done = mount.credfs_alone("status")
    line = next(line for line in done.stdout.splitlines() if line.startswith("worker: "))
    assert re.fullmatch(r"worker: (user credfs|number 65523, for there is no user credfs); "
                        r"no capabilities; system calls filtered; Landlock \d+", line), line


def test_each_process_has_the_descriptors_it_needs(mount):
    mount.org("acme")
    supervisor = mount.process.pid
    log = {1: mount.log, 2: mount.log}
    state = "/memfd:credfs-state (deleted)"
    held = descriptors(supervisor)
    del held[0]  # whatever it was started with
    assert {number: held.pop(number) for number in (1, 2)} == log
    assert sorted(held.values()) == sorted(
        ["/dev/fuse", state, "/memfd:credfs-fence (deleted)",
         "/memfd:credfs-configuration (deleted)",
         "/memfd:credfs-providers (deleted)", mount.identity, os.path.realpath(BINARY),
         "anon_inode:[signalfd]", "anon_inode:[pidfd]", "socket"])
    held = descriptors(mount.worker())
    del held[0]  # whatever it was started with
    assert {number: held.pop(number) for number in (1, 2)} == log
    assert held.pop(3) == "socket"
    assert held.pop(4) == "/dev/fuse"
    assert held.pop(5) == state
    left = [path for path in held.values() if not path.startswith(mount.db)]
    # the toucher's, and the programs of who has asked
    assert [path for path in left if not re.fullmatch(r"socket|/proc/\d+/comm", path)] == []
    assert set(descriptors(toucher(mount)).values()) == {"/dev/null", "socket"}


def test_the_files_are_the_daemons_and_the_identity_is_roots(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key="sk-proj-" + "a" * 40)
    mount.get("orgs/acme/openai/api_key")
    assert others_than(mount, owner()) == {}
    assert os.stat(mount.private).st_mode & 0o7777 == 0o700
    assert os.stat(mount.identity).st_mode & 0o7777 == 0o400


def test_what_root_does_beside_the_mount_harms_nobody(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key="sk-proj-" + "a" * 40)
    os.mkdir(mount.base + "/archive", 0o700)
    for command in (["backup", mount.base + "/copy"], ["check", "--store"], ["key", "list"],
                    ["key", "rotate", "acme"], ["audit", "--verify"],
                    ["audit", "--archive", mount.base + "/archive"]):
        done = mount.credfs(*command)
        assert done.returncode == 0, (command, done.stderr)
    assert others_than(mount, owner()) == {}
    assert os.stat(mount.base + "/copy").st_uid == 0
    mount.account("acme/later", provider="generic", field="value")
    mount.umount()
    # nobody has it open: what is made now is made by root alone
    for command in (["key", "rotate", "acme"], ["backup", mount.base + "/second"],
                    ["check", "--store"], ["restore", "--yes", mount.base + "/copy"]):
        done = mount.credfs(*command)
        assert done.returncode == 0, (command, done.stderr)
    assert others_than(mount, owner()) == {}
    mount.start()
    assert mount.get("orgs/acme/openai/api_key") == "sk-proj-" + "a" * 40
    os.mkdir(mount.path("orgs/acme/more"))


def test_a_store_that_was_roots_is_handed_over(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key="sk-proj-" + "a" * 40)
    mount.umount()
    for directory, directories, files in os.walk(mount.private):
        for name in directories + files:
            os.chown(os.path.join(directory, name), 0, 0)
    os.chown(mount.private, 0, 0)
    mount.start()
    assert mount.get("orgs/acme/openai/api_key") == "sk-proj-" + "a" * 40
    assert others_than(mount, owner()) == {}


def test_a_store_of_a_user_of_its_own(mounts, people):
    keeper = people.user("keeper")
    mount = mounts(f"[daemon]\nuser = {keeper}\n")
    uid = pwd.getpwnam(keeper).pw_uid
    mount.org("acme")
    assert status_of(mount.worker())["Uid"].split() == [str(uid)] * 4
    assert others_than(mount, uid) == {}
    assert f"worker: user {keeper};" in mount.get(".status")


def test_a_directory_with_other_things_is_left_and_said(mounts):
    mount = mounts(start=False)
    with open(mount.private + "/diary", "w", encoding="utf-8") as file:
        file.write("not the store's\n")
    for form in (["mount", mount.root], ["mount", "-f", mount.root]):
        done = mount.credfs(*form)
        assert done.returncode == 1, done
        assert mount.db in done.stderr and "directory" in done.stderr
    assert os.stat(mount.private).st_uid == 0
    os.unlink(mount.private + "/diary")
    mount.start()


def test_a_store_of_somebody_else_is_left_and_said(mounts, people):
    mount = mounts(start=False)
    shutil.chown(mount.db, people.user("eve"))
    done = mount.credfs("mount", mount.root)
    assert done.returncode == 1 and mount.db in done.stderr, done
    assert os.stat(mount.db).st_uid == pwd.getpwnam(people.user("eve")).pw_uid
    wait_until(lambda: not mount.processes(), 10, "nothing is left of it")


def test_a_worker_after_a_death_has_no_privilege_either(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key="sk-proj-" + "a" * 40)
    for _ in range(3):
        before = mount.worker()
        os.kill(before, signal.SIGKILL)
        assert mount.get("orgs/acme/openai/api_key") == "sk-proj-" + "a" * 40
        wait_until(lambda: mount.worker() not in (None, before), 10, "another worker")
        status = status_of(mount.worker())
        assert status["Uid"].split() == [str(owner())] * 4
        assert (int(status["CapBnd"], 16), status["Seccomp"]) == (0, "2")


@pytest.mark.parametrize("fill", [b"\xff", b"\0", b"\x01"])
def test_the_supervisor_survives_whatever_a_worker_writes(mount, fill):
    """The memory that outlives workers is theirs to write; what is in it must not end the
    supervisor, whose end would be the mount's."""
    mount.allow_in_log("error|cannot|ended")
    mount.org("acme")
    supervisor = mount.process.pid
    (shared,) = [number for number, path in descriptors(supervisor).items()
                 if "credfs-state" in path]
    with open(f"/proc/{supervisor}/fd/{shared}", "r+b", buffering=0) as memory:
        with pytest.raises(OSError):
            memory.truncate(0)
        memory.write(fill * 4096)
    worker = mount.worker()
    os.kill(worker, signal.SIGKILL)
    # it may serve on, or end in order, as long as it is not killed by it
    try:
        code = mount.process.wait(timeout=3)
    except subprocess.TimeoutExpired:
        mount.kill()
    else:
        assert code >= 0, f"killed by signal {-code}"
        mount.process = None
    subprocess.run(["umount", "-l", mount.root], check=False, capture_output=True, timeout=30)


def test_groups_are_found_although_the_daemon_is_not_root(mount, people):
    """Deciding by group takes looking into /proc, which other users' processes allow."""
    alice = people.user("alice", "ops")
    mount.org("acme", admin=[f"group:{people.group('ops')}"])
    done = people.run(alice, f"mkdir {mount.path('orgs/acme/made')}")
    assert done.returncode == 0, done.stderr
    assert '"program":"mkdir"' in mount.get("orgs/acme/audit.log").replace(" ", "")
