"""The audit log: who reads it, what is in it, and what happens when it cannot be written."""
import json
import os
import pwd
import signal
import subprocess
import threading
import time

import pytest

KEY = "sk-proj-0123456789abcdef"
OTHER = "sk-proj-fedcba9876543210"


def sh(people, user, command, **kwargs):
    return people.run(user, command, **kwargs)


def lines(mount, org="acme"):
    with open(mount.path("orgs", org, "audit.log"), encoding="utf-8") as log:
        return [json.loads(line) for line in log]


class Tail:
    """What comes to be in the log from now on."""

    def __init__(self, mount):
        self.mount = mount
        self.seen = len(lines(mount))

    def new(self):
        everything = lines(self.mount)
        found, self.seen = everything[self.seen:], len(everything)
        return found


@pytest.fixture
def acme(mount, people):
    alice, rita, etl = people.user("alice"), people.user("rita"), people.user("etl")
    mount.org("acme", admin=[f"user:{alice}"], auditor=[f"user:{rita}"],
              member=[f"user:{people.user('mel')}"])
    mount.account("acme/openai", api_key=KEY)
    mount.project("acme", "etl", runner=[f"user:{etl}"],
                  maintainer=[f"user:{people.user('mia')}"])
    os.symlink("../../openai", mount.path("orgs/acme/projects/etl/openai"))
    return mount


@pytest.mark.parametrize("who, may", [
    ("alice", True), ("rita", True), ("mel", False), ("mia", False), ("etl", False),
    ("stranger", False)])
def test_who_reads_it(acme, people, who, may):
    user = people.user(who)
    log = acme.path("orgs/acme/audit.log")
    done = sh(people, user, ["cat", log])
    assert (done.returncode == 0) == may, done.stderr
    if may:
        assert json.loads(done.stdout.splitlines()[0])["operation"] == "mkdir"
    else:
        assert "Permission denied" in done.stderr
    listed = sh(people, user, ["ls", acme.path("orgs/acme")])
    assert ("audit.log" in listed.stdout) == may
    for command in (f"echo x > {log}", f"echo x >> {log}", f"rm -f {log}", f"mv {log} {log}.1",
                    f": > {log}"):
        assert sh(people, user, command).returncode != 0, command


def test_programs_that_read_files_read_it(acme, people):
    log = acme.path("orgs/acme/audit.log")
    for _ in range(400):
        acme.get("orgs/acme/openai/api_key")
    size = os.stat(log).st_size
    with open(log, "rb") as file:
        content = file.read()
    assert len(content) == size > 65536, "reading it adds nothing"
    assert content.count(b"\n") == len(lines(acme))

    def output(command):
        done = sh(people, "root", command)
        assert done.returncode == 0, done.stderr
        return done.stdout
    assert int(output(f"wc -c < {log}")) == size
    assert int(output(f"wc -l < {log}")) == content.count(b"\n")
    assert int(output(f"grep -c '\"operation\":\"read\"' {log}")) == 400
    assert output(f"tail -n 3 {log}").encode() == b"".join(content.splitlines(True)[-3:])
    assert output(f"head -n 3 {log}").encode() == b"".join(content.splitlines(True)[:3])
    assert output(f"tail -c 1000 {log}").encode() == content[-1000:]
    assert output(f"dd if={log} bs=777 skip=50 count=10 2>/dev/null").encode() == \
        content[777 * 50:777 * 60]
    assert output(f"LESS= less -E {log} | cat").encode() == content
    assert output(f"jq -r .operation {log}").split().count("read") == 400
    assert os.stat(log).st_size == size


@pytest.mark.parametrize("option", ["-f", "-F"])
def test_tail_sees_a_read_within_a_second(acme, people, option):
    log = acme.path("orgs/acme/audit.log")
    tail = subprocess.Popen(["tail", "-n", "0", option, "-s", "0.1", log], text=True, bufsize=1,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        time.sleep(0.5)
        began = time.monotonic()
        assert sh(people, people.user("alice"), ["cat", acme.path("orgs/acme/openai/api_key")]
                  ).stdout == KEY
        line = json.loads(tail.stdout.readline())
        assert time.monotonic() - began < 1.5
        assert (line["operation"], line["user"], line["program"]) == (
            "read", people.user("alice"), "cat")
        acme.get("orgs/acme/openai/api_key")
        assert json.loads(tail.stdout.readline())["user"] == "root"
    finally:
        tail.kill()
        assert tail.communicate()[1] == ""


# One command, and the one line it makes: operation, path, result, and what else must be there.
OPERATIONS = [
    ("cat {o}/openai/api_key", "read", "openai/api_key", "ok", {"program": "cat", "version": 1}),
    ("cat {o}/openai/.history/api_key/1", "read", "openai/.history/api_key/1", "ok",
     {"version": 1}),
    ("echo " + OTHER + " > {o}/openai/api_key", "save", "openai/api_key", "ok",
     {"program": "sh", "version": 3}),
    ("cp /proc/self/comm {o}/openai/organization", "create", "openai/organization", "ok",
     {"program": "cp", "version": 1}),
    ("mv {o}/openai/organization {o}/openai/project", "rename", "openai/organization", "ok",
     {"program": "mv", "to": "orgs/acme/openai/project"}),
    ("rm {o}/openai/project", "delete", "openai/project", "ok", {"program": "rm"}),
    ("mkdir {o}/spare", "mkdir", "spare", "ok", {"program": "mkdir"}),
    ("echo anthropic > {o}/spare/provider", "provider", "spare/provider", "ok", {}),
    ("mv {o}/spare '{o}/a \"b\"'", "rename", "spare", "ok", {"to": 'orgs/acme/a "b"'}),
    ("rmdir '{o}/a \"b\"'", "rmdir", 'a "b"', "ok", {"program": "rmdir"}),
    ("mkdir {o}/projects/ml", "mkdir", "projects/ml", "ok", {}),
    ("ln -s ../../openai {o}/projects/ml/ai", "link", "projects/ml/ai", "ok", {"program": "ln"}),
    ("rm {o}/projects/ml/ai", "unlink", "projects/ml/ai", "ok", {}),
    ("echo user:root > {o}/projects/ml/roles/runner", "role", "projects/ml/roles/runner", "ok", {}),
    ("rm {o}/projects/ml/roles/runner", "role", "projects/ml/roles/runner", "ok", {}),
    ("rmdir {o}/projects/ml", "rmdir", "projects/ml", "ok", {}),
    ("echo sk-ant-api03-x > {o}/openai/api_key", "save", "openai/api_key", "EKEYREJECTED", {}),
    ("printf 'a\\nb\\n' > {o}/openai/api_key", "save", "openai/api_key", "EKEYREJECTED", {}),
    ("echo x > {o}/openai/no_such_field", "create", "openai/no_such_field", "EINVAL", {}),
    ("truncate -s 3 {o}/openai/api_key", "save", "openai/api_key", "EKEYREJECTED", {}),
    ("mkdir {o}/x~", "mkdir", "x~", "EINVAL", {}),
    ("mkfifo {o}/openai/fifo", "create", "openai/fifo", "EPERM", {"program": "mkfifo"}),
    ("ln -s /etc/passwd {o}/projects/etl/x", "link", "projects/etl/x", "EINVAL", {}),
    ("ln -s ../../openai {o}/link", "link", "link", "EPERM", {}),
    ("rm -f {o}/audit.log", "delete", "audit.log", "EPERM", {}),
    ("echo nonsense > {o}/projects/etl/roles/runner", "role", "projects/etl/roles/runner",
     "EINVAL", {}),
    # by a temporary file and a rename: one save
    ("echo " + KEY + "9 > {o}/openai/k.tmp && mv -f {o}/openai/k.tmp {o}/openai/api_key", "save",
     "openai/api_key", "ok", {"program": "mv"}),
    ("ln -sfn ../../openai {o}/projects/etl/openai2", "link", "projects/etl/openai2", "ok", {}),
    # a backup hands out the value
    ("mv {o}/openai/api_key {o}/openai/api_key~", "rename", "openai/api_key", "ok",
     {"to": "orgs/acme/openai/api_key~"}),
]


def test_each_operation_is_one_line_of_who_did_it(acme, people):
    alice = people.user("alice")
    acme.put("orgs/acme/openai/api_key", OTHER + "1")
    wrong = []
    for command, operation, path, result, more in OPERATIONS:
        if operation == "save" and "EKEYREJECTED" not in result and "mv" not in command:
            acme.put("orgs/acme/openai/api_key", KEY)
            os.unlink(acme.path("orgs/acme/openai/api_key"))
            acme.put("orgs/acme/openai/api_key", KEY)
            version = lines(acme)[-1]["version"]
            more = {**more, "version": version + 1}
        if "version" in more and operation == "read":
            more = {key: value for key, value in more.items() if key != "version"}
        tail = Tail(acme)
        done = sh(people, alice, command.format(o=acme.path("orgs/acme")))
        found = tail.new()
        expected = {"operation": operation, "path": "orgs/acme/" + path, "result": result,
                    "user": alice, **more}
        if len(found) != 1 or not expected.items() <= found[0].items():
            wrong.append((command, done.stderr, expected, found))
    assert not wrong, json.dumps(wrong, indent=1)


def test_a_line_tells_when_where_and_by_which_process(acme, people):
    tail = Tail(acme)
    before = time.time_ns()
    done = sh(people, people.user("alice"),
              f"echo $$; exec cat {acme.path('orgs/acme/openai/api_key')}")
    after = time.time_ns()
    (line,) = tail.new()
    pid, value = done.stdout.split("\n")
    assert value == KEY
    assert list(line) == ["time", "host", "uid", "user", "pid", "program", "operation", "path",
                          "result", "version"]
    assert line["pid"] == int(pid) and line["program"] == "cat"
    assert line["host"] == os.uname().nodename
    seconds, rest = line["time"][:-1].split(".")
    told = int(subprocess.run(["date", "-u", "-d", seconds + "Z", "+%s"], capture_output=True,
                              text=True, check=True).stdout) * 10**9 + int(rest)
    assert before <= told <= after


def test_a_runner_is_told_by_the_link_he_came_through(acme, people):
    etl = people.user("etl")
    project = acme.path("orgs/acme/projects/etl/openai/api_key")
    direct = acme.path("orgs/acme/openai/api_key")
    tail = Tail(acme)
    for path in (project, direct, project, project, direct):
        assert sh(people, etl, ["cat", path]).stdout == KEY
    assert [line["path"] for line in tail.new()] == [
        f"orgs/acme/{'projects/etl/' if path == project else ''}openai/api_key"
        for path in (project, direct, project, project, direct)]


def test_a_descriptor_that_was_passed_on_counts_as_its_openers(acme, people):
    key = acme.path("orgs/acme/openai/api_key")
    descriptor = os.open(key, os.O_RDONLY)
    assert os.read(descriptor, 99) == KEY.encode()
    os.lseek(descriptor, 0, os.SEEK_SET)
    tail = Tail(acme)
    acme.put("orgs/acme/openai/api_key", OTHER)
    done = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", "cat"], stdin=descriptor,
                          capture_output=True, text=True, check=True)
    os.close(descriptor)
    assert done.stdout == OTHER
    reads = [line for line in tail.new() if line["operation"] == "read"]
    assert reads[-1]["uid"] == 0 and reads[-1]["pid"] == os.getpid()


def test_a_right_that_was_taken_away_shows_at_the_next_read(acme, people):
    etl = people.user("etl")
    path = acme.path("orgs/acme/projects/etl/openai/api_key")
    entry = pwd.getpwnam(etl)
    script = ("import os,sys\nfd=os.open(sys.argv[1],os.O_RDONLY)\nos.read(fd,99)\n"
              "print('ready',flush=True)\nsys.stdin.readline()\nos.lseek(fd,0,0)\n"
              "try: os.read(fd,99)\nexcept OSError as e: print(e.errno)\n")
    with subprocess.Popen(["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}",
                           "--init-groups", "python3", "-c", script, path], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdout.readline() == "ready\n"
        os.unlink(acme.path("orgs/acme/projects/etl/openai"))
        tail = Tail(acme)
        out, _ = reader.communicate("\n", timeout=20)
    assert out == "13\n"
    (line,) = tail.new()
    assert (line["operation"], line["result"], line["user"]) == ("read", "EACCES", etl)


def test_it_survives_a_restart_and_goes_on(acme, people):
    before = lines(acme)
    acme.remount()
    assert lines(acme) == before
    acme.get("orgs/acme/openai/api_key")
    acme.umount()
    acme.start()
    assert lines(acme)[:-1] == before
    assert lines(acme)[-1]["operation"] == "read"


# When it cannot be written

def with_spool(mounts, people, size, settings=""):
    """A mount whose log lies on a file system of its own, of this size."""
    mount = mounts(settings, start=False)
    os.mkdir(mount.db + ".audit", 0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs",
                    mount.db + ".audit"], check=True)
    mount.start()
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    return mount


@pytest.fixture
def spools(mounts, people):
    made = []

    def make(size, settings=""):
        made.append(with_spool(mounts, people, size, settings))
        return made[-1]
    yield make
    for mount in made:
        if mount.process:
            mount.umount()
        subprocess.run(["umount", "-l", mount.db + ".audit"], check=True)


def fill(mount):
    ballast = os.open(mount.db + ".audit/ballast", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        while True:
            os.write(ballast, bytes(4096))
    except OSError:
        os.close(ballast)


def outcome(function, *arguments):
    try:
        function(*arguments)
        return "ok"
    except OSError as error:
        return os.strerror(error.errno)


@pytest.mark.parametrize("mode", ["required", "sync"])
def test_a_full_disk_refuses_what_cannot_be_recorded_and_loses_nothing(spools, mode):
    mount = spools("2m", f"[audit]\nmode = {mode}\n")
    mount.allow_in_log("cannot be written")
    fill(mount)
    results = [outcome(mount.get, "orgs/acme/openai/api_key") for _ in range(400)]
    assert results[-1] == "Input/output error"
    given = results.count("ok")
    assert outcome(mount.put, "orgs/acme/openai/api_key", OTHER) == "Input/output error"
    assert outcome(os.mkdir, mount.path("orgs/acme/spare")) == "Input/output error"
    assert not os.path.exists(mount.path("orgs/acme/spare"))
    assert os.listdir(mount.path("orgs/acme/openai")), "looking around goes on"
    status = mount.credfs_alone("status").stdout
    assert 'audit: acme state="cannot be written: No space left on device"' in status
    assert "audit: cannot be written: No space left on device\n" in mount.get(
        "orgs/acme/openai/.status")
    assert os.stat(mount.path("orgs/acme/openai/.status")).st_size == len(
        mount.get("orgs/acme/openai/.status").encode())

    os.unlink(mount.db + ".audit/ballast")
    assert mount.get("orgs/acme/openai/api_key") == KEY
    assert "audit: acme state=written" in mount.credfs_alone("status").stdout
    assert "audit:" not in mount.get("orgs/acme/openai/.status")
    log = lines(mount)
    # That one was refused may have had room still.
    reads = [line["result"] for line in log if line["operation"] == "read"]
    assert reads.count("ok") == given + 1 and set(reads) <= {"ok", "EIO"}
    assert not [line for line in log if line["operation"] == "lost"]


def test_in_best_effort_values_are_given_and_losses_counted(spools):
    mount = spools("2m", "[audit]\nmode = best-effort\n")
    mount.allow_in_log("cannot be written")
    fill(mount)
    for _ in range(400):
        assert mount.get("orgs/acme/openai/api_key") == KEY
    status = mount.credfs_alone("status").stdout
    lost = int(status.split(" lost=")[1].split()[0])
    assert lost > 0
    os.unlink(mount.db + ".audit/ballast")
    assert mount.get("orgs/acme/openai/api_key") == KEY
    log = lines(mount)
    told = [line["count"] for line in log if line["operation"] == "lost"]
    assert told == [lost]
    assert len([line for line in log if line["operation"] == "read"]) + lost == 401


# A value that was given out is in the log

def test_what_was_read_before_the_daemon_was_killed_is_in_the_log(acme):
    key = acme.path("orgs/acme/openai/api_key")
    got, ends = [], threading.Event()

    def read():
        count = 0
        while not ends.is_set():
            try:
                with open(key, "rb", buffering=0) as file:
                    assert file.read() == KEY.encode()
                count += 1
            except OSError:
                if ends.is_set():
                    break
                time.sleep(0.01)
        got.append(count)
    for _ in range(3):
        before = len(lines(acme))
        got.clear()
        ends.clear()
        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        time.sleep(0.7)
        for pid in acme.processes():
            os.kill(pid, signal.SIGKILL)
        ends.set()
        for reader in readers:
            reader.join()
        acme.process.wait(timeout=10)
        acme.process = None
        acme.start()
        reads = [line for line in lines(acme)[before:] if line["operation"] == "read"]
        assert len(reads) >= sum(got) > 0
        assert all(line["result"] == "ok" for line in reads)


# The command

def audit(mount, *arguments, **kwargs):
    return mount.credfs_alone("audit", *arguments, **kwargs)


def test_the_command_shows_a_table_or_the_lines(acme, people):
    alice = people.user("alice")
    sh(people, alice, ["cat", acme.path("orgs/acme/openai/api_key")])
    done = audit(acme)
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()
    assert rows[0].split() == ["time", "user", "pid", "program", "operation", "path", "result",
                               "version"]
    assert len(rows) - 1 == len(lines(acme))
    assert rows[-1].split()[1:] == [alice, rows[-1].split()[2], "cat", "read",
                                    "orgs/acme/openai/api_key", "ok", "1"]
    done = audit(acme, "acme", "--json")
    assert [json.loads(line) for line in done.stdout.splitlines()] == lines(acme)


@pytest.mark.parametrize("options, expected", [
    (["--op", "read"], ["cat"]),
    (["--user", "{alice}"], ["cat", "cp"]),
    (["--result", "refused"], ["cp"]),
    (["--result", "EKEYREJECTED"], ["cp"]),
    (["--path", "*/api_key", "--user", "{alice}"], ["cat", "cp"]),
    (["--path", "orgs/other/*"], []),
    (["--since", "2h", "--op", "read"], ["cat"]),
    (["--since", "2100-01-01"], []),
])
def test_the_command_filters(acme, people, options, expected):
    alice = people.user("alice")
    key = acme.path("orgs/acme/openai/api_key")
    sh(people, alice, ["cat", key])
    bad = acme.base + "/bad"
    with open(bad, "w", encoding="utf-8") as file:
        file.write("sk-ant-api03-x")
    assert sh(people, alice, ["cp", bad, key]).returncode == 1
    done = audit(acme, "acme", "--json", *[option.format(alice=alice) for option in options])
    assert [json.loads(line)["program"] for line in done.stdout.splitlines()] == expected


def test_the_command_has_its_callers_rights(acme, people):
    for who, may in (("rita", True), ("mel", False), ("etl", False)):
        done = sh(people, people.user(who), acme.argv("audit", "--json"))
        mine = [line for line in done.stdout.splitlines()
                if json.loads(line)["path"].startswith("orgs/acme")]
        assert bool(mine) == may
    done = audit(acme, "nowhere")
    assert done.returncode == 1
    assert "the audit log of nowhere cannot be read: No such file or directory" in done.stderr


def test_the_command_follows(acme, people):
    follower = subprocess.Popen(acme.argv("audit", "acme", "--json", "--follow", "--op", "read"),
                                stdout=subprocess.PIPE, text=True, bufsize=1)
    try:
        for count in range(3):
            began = time.monotonic()
            acme.get("orgs/acme/openai/api_key")
            line = json.loads(follower.stdout.readline())
            assert (line["operation"], line["program"]) == ("read", "python3"), count
            assert time.monotonic() - began < 2
    finally:
        follower.kill()
        follower.wait()


def test_a_table_can_be_followed_as_well(acme):
    follower = subprocess.Popen(acme.argv("audit", "acme", "--follow", "--op", "read"),
                                stdout=subprocess.PIPE, text=True, bufsize=1)
    try:
        acme.get("orgs/acme/openai/api_key")
        assert follower.stdout.readline().split()[0] == "time"
        assert follower.stdout.readline().split()[-3:] == ["orgs/acme/openai/api_key", "ok", "1"]
        acme.get("orgs/acme/openai/api_key")
        assert follower.stdout.readline().split()[-1] == "1"
    finally:
        follower.kill()
        follower.wait()


def segments(mount):
    found = []
    for place, _, names in os.walk(mount.db + ".audit"):
        found += [os.path.join(place, name) for name in names]
    return sorted(found)


def test_the_log_is_proven_also_while_it_is_written(acme, people):
    acme.get("orgs/acme/openai/api_key")
    count = len(lines(acme))
    time.sleep(0.5)
    done = acme.credfs("audit", "--verify")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"acme: records 1 to {count}; proven to record {count} of 20")
    acme.umount()
    assert acme.credfs("audit", "acme", "--verify").stdout == done.stdout
    done = people.run(people.user("rita"), acme.argv("audit", "--verify"))
    assert done.returncode in (3, 13), "not root"
    assert acme.credfs("audit", "--verify", "nowhere").returncode == 1


@pytest.mark.parametrize("what", ["altered", "cut", "removed"])
def test_what_was_done_to_the_files_is_found(acme, what):
    for _ in range(20):
        acme.get("orgs/acme/openai/api_key")
    count = len(lines(acme))
    acme.umount()
    (path,) = segments(acme)
    with open(path, "rb") as file:
        content = file.read()
    starts, at = [], 168 + 172
    while at < len(content):
        starts.append(at)
        at += 4 + int.from_bytes(content[at:at + 4], "little")
    third = starts[3]
    changed = {
        "altered": content[:third + 150] + bytes([content[third + 150] ^ 1])
        + content[third + 151:],
        "removed": content[:third] + content[starts[4]:],
        "cut": content[:starts[-2]],
    }[what]
    with open(path, "wb") as file:
        file.write(changed)
    done = acme.credfs("audit", "--verify")
    if what == "cut":
        assert done.returncode == 0
        assert f"proven to record {count} " not in done.stdout, "the end can be cut, not forged"
        return
    assert done.returncode == 17, done.stdout
    assert ("was altered" if what == "altered" else "are missing") in done.stdout
    assert f"proven to record {count} " not in done.stdout
    acme.start()
    with open(acme.path("orgs/acme/audit.log"), encoding="utf-8") as log:
        texts = log.read().splitlines()
    assert [json.loads(text) for text in texts if text.strip()], "the others are still shown"


@pytest.mark.limit(600)
def test_when_its_room_is_used_up_archiving_makes_some(mounts):
    mount = mounts("[audit]\nspool = 4M\n")
    mount.allow_in_log("cannot be written")
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    key = mount.path("orgs/acme/openai/api_key")
    given = 0
    with pytest.raises(OSError, match="Input/output error"):
        while given < 40000:
            os.close(os.open(key, os.O_RDONLY))
            given += 1
    assert given > 5000
    assert sum(os.stat(path).st_size for path in segments(mount)) <= 4 << 20
    assert "[audit] spool) is used up" in mount.credfs_alone("status").stdout
    archive = mount.base + "/archive"
    os.mkdir(archive)
    done = mount.credfs("audit", "--archive", archive)
    assert done.returncode == 0, done.stderr
    assert mount.get("orgs/acme/openai/api_key") == KEY
    assert "audit: acme state=written" in mount.credfs_alone("status").stdout
    kept = lines(mount)
    assert kept[-1]["operation"] == "read"
    first = mount.credfs("audit", "--verify", "--directory", archive)
    second = mount.credfs("audit", "--verify")
    assert first.returncode == second.returncode == 0, first.stdout + second.stdout
    moved = int(first.stdout.split(" to ")[1].split(";")[0])
    assert f"acme: records {moved + 1} to " in second.stdout
    assert moved + len(kept) == given + 3 + 1
    assert "nothing is proven" not in first.stdout
    mount.remount()
    assert lines(mount) == kept
