"""Saving a value: the programs that must save, what is refused and with which errno, and that the
old value is kept on every refusal."""
import os
import subprocess
import tempfile

import pytest

from mounting import wait_until

OLD = "sk-proj-" + "0" * 40
NEW = "sk-proj-" + "1" * 40
FIELD = "orgs/acme/openai/api_key"


@pytest.fixture
def alice(people):
    return people.user("alice", "admins")


@pytest.fixture
def acme(mount, people, alice):
    """alice manages acme through a group that is not her own."""
    mount.org("acme", admin=["group:" + people.group("admins")])
    mount.account("acme/openai", api_key=OLD)
    mount.account("acme/anthropic", api_key="sk-ant-" + "0" * 40)
    mount.account("acme/box", note="old")  # generic
    files = mount.base + "/files"
    os.mkdir(files)
    with open(files + "/new", "w", encoding="utf-8") as file:
        file.write(NEW + "\n")
    return mount


def earlier(mount, field=FIELD):
    """The numbers of the earlier values, from .status."""
    account, name = os.path.split(field)
    for line in mount.get(account + "/.status").splitlines():
        if line.startswith(f"history: {name}:"):
            return [int(number) for number in line.split()[2:]]
    return []


def last_errors(mount, account="orgs/acme/openai"):
    return [line for line in mount.get(account + "/.status").splitlines()
            if line.startswith("last-error:")]


# Programs

SAVES = {
    "echo": "echo {new} > {field}",
    "bash echo": "bash -c 'echo {new} > {field}'",
    "printf": "printf %s {new} > {field}",
    "printf with CR LF": r"printf '%s\r\n' {new} > {field}",
    "tee": "echo {new} | tee {field} > /dev/null",
    "cp": "cp {file} {field}",
    "cp from another account": "cp {other} {field}",
    "cat": "cat {file} > {field}",
    "dd": "dd if={file} of={field} status=none",
    "dd byte by byte": "dd if={file} of={field} bs=1 status=none",
    "dd over what is there": "dd if={file} of={field} conv=notrunc status=none",
    "python": "/usr/bin/python3 -c 'import sys; open(sys.argv[1], \"w\").write(sys.argv[2])'"
              " {field} {new}",
    "a group of commands": "(printf sk-proj-; printf %s {digits}; echo) > {field}",
    "a pipe of two": "{{ printf sk-proj-; echo {digits} | cat; }} | cat > {field}",
}


@pytest.mark.parametrize("what", SAVES)
@pytest.mark.parametrize("there", ["over a value", "where there is none"])
def test_a_program_saves(acme, people, alice, what, there):
    acme.account("acme/other", provider="openai", api_key=NEW)
    path = acme.path(FIELD)
    if there == "where there is none":
        os.unlink(path)
        if "over what is there" in what:
            there = "the file is made all the same"
    command = SAVES[what].format(new=NEW, digits=NEW[8:], field=path,
                                 file=acme.base + "/files/new",
                                 other=acme.path("orgs/acme/other/api_key"))
    done = people.run(alice, command)
    assert (done.returncode, done.stderr) == (0, "")
    assert acme.get(FIELD) == NEW
    assert os.stat(path).st_size == len(NEW)
    assert earlier(acme) == [1], "one save is one version"
    assert acme.get("orgs/acme/openai/.history/api_key/1") == OLD
    assert sorted(os.listdir(acme.path("orgs/acme/openai"))) == ["api_key", "provider"]
    acme.remount()
    assert acme.get(FIELD) == NEW


def test_the_value_that_is_there_is_no_change(acme, people, alice):
    before = os.stat(acme.path(FIELD))
    done = people.run(alice, f"echo {OLD} > {acme.path(FIELD)}; touch {acme.path(FIELD)}")
    after = os.stat(acme.path(FIELD))
    assert (before.st_mtime_ns, before.st_ctime_ns) == (after.st_mtime_ns, after.st_ctime_ns), done
    assert earlier(acme) == []


def test_a_change_moves_the_time_and_keeps_the_inode(acme, people, alice):
    before = os.stat(acme.path(FIELD))
    people.run(alice, f"echo {NEW} > {acme.path(FIELD)}")
    after = os.stat(acme.path(FIELD))
    assert after.st_ino == before.st_ino
    assert after.st_mtime_ns > before.st_mtime_ns


def test_readers_see_the_old_value_until_the_writer_closes(acme):
    fd = os.open(acme.path(FIELD), os.O_WRONLY | os.O_TRUNC)
    assert acme.get(FIELD) == OLD
    os.write(fd, NEW[:20].encode())
    assert acme.get(FIELD) == OLD
    os.write(fd, NEW[20:].encode())
    os.fsync(fd)
    assert acme.get(FIELD) == OLD
    os.close(fd)
    assert acme.get(FIELD) == NEW


def test_an_earlier_value_can_be_copied_back(acme, people, alice):
    people.run(alice, f"echo {NEW} > {acme.path(FIELD)}")
    history = acme.path("orgs/acme/openai/.history/api_key/1")
    done = people.run(alice, f"cp {history} {acme.path(FIELD)}")
    assert done.returncode == 0, done
    assert acme.get(FIELD) == OLD


@pytest.mark.parametrize("keep", [0, 1, 3])
def test_as_many_earlier_values_stay_as_the_configuration_says(mounts, keep):
    mount = mounts(f"[history]\nkeep = {keep}\n")
    mount.org("acme")
    mount.account("acme/openai", api_key=OLD)
    for number in range(1, 6):
        mount.put(FIELD, f"sk-proj-{number}")
    assert earlier(mount) == list(range(6 - keep, 6))
    for version in range(1, 6 - keep):
        assert not os.path.exists(mount.path(f"orgs/acme/openai/.history/api_key/{version}"))
    for version in range(6 - keep, 6):
        text = mount.get(f"orgs/acme/openai/.history/api_key/{version}")
        assert text == (OLD if version == 1 else f"sk-proj-{version - 1}")


def test_a_writer_that_is_killed_publishes_nothing(acme, people, alice):
    script = f"(printf sk-proj-half; sleep 60) > {acme.path(FIELD)}"
    writer = subprocess.Popen(["sh", "-c", f"exec setsid sh -c '{script}'"])
    try:
        # until the half value is written nothing else can be seen of it from outside
        subprocess.run(["sleep", "0.5"], check=True)
    finally:
        os.killpg(writer.pid, 9)
        writer.wait()
    subprocess.run(["sleep", "0.2"], check=True)
    assert acme.get(FIELD) == OLD
    assert earlier(acme) == []


def test_a_process_that_executes_another_program_closes_its_file_so(acme, alice):
    """The kernel closes it holding a lock on the process, which the daemon must not wait for."""
    program = ("import os, sys\n"
               "fd = os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)\n"
               "os.write(fd, b'sk-executed')\n"
               "os.execv('/bin/true', ['true'])\n")
    subprocess.run(["/usr/bin/python3", "-c", program, acme.path(FIELD)], check=True, timeout=20)
    assert acme.get(FIELD) == "sk-executed"


# Newlines

@pytest.mark.parametrize("field, written, kept", [
    ("openai/api_key", b"sk-a\n", b"sk-a"),
    ("openai/api_key", b"sk-a\r\n", b"sk-a"),
    ("openai/api_key", b"sk-a", b"sk-a"),
    ("box/note", b"one line\n", b"one line"),
    ("box/note", b"one\ntwo\n", b"one\ntwo\n"),
    ("box/note", b"one\ntwo", b"one\ntwo"),
    ("box/note", b" blanks stay \n", b" blanks stay "),
    ("vertex/service_account.json", b'{\n "type": "service_account"\n}\n',
     b'{\n "type": "service_account"\n}\n'),
])
def test_only_the_newline_that_a_shell_adds_is_dropped(acme, field, written, kept):
    account = field.split("/")[0]
    if account == "vertex":
        acme.account("acme/vertex", provider="vertex")
    path = acme.path("orgs/acme", field)
    with open(path, "wb") as file:
        file.write(written)
    with open(path, "rb") as file:
        assert file.read() == kept
    assert os.stat(path).st_size == len(kept)


# Refusals

def save(path, data, flags=os.O_WRONLY | os.O_TRUNC, chunk=None):
    """Where and with which errno it is refused: ("write", "EKEYREJECTED")."""
    import errno
    stage = "open"
    fd = -1
    try:
        fd = os.open(path, flags, 0o600)
        stage = "write"
        for start in range(0, len(data), chunk or max(len(data), 1)):
            os.write(fd, bytes(data[start:start + (chunk or len(data))]))
        stage = "close"
        closing, fd = fd, -1
        os.close(closing)
        return ["saved", ""]
    except OSError as error:
        return [stage, errno.errorcode[error.errno]]
    finally:
        if fd >= 0:
            try:
                os.close(fd)
            except OSError:
                pass


REJECTED = "EKEYREJECTED"
# field, bytes, where it is refused at the latest that a shell still reports, errno
REFUSED = [
    ("openai/api_key", b"\n", "write", REJECTED),
    ("openai/api_key", b"   \n", "write", REJECTED),
    ("openai/api_key", b"sk-a b\n", "write", REJECTED),
    ("openai/api_key", b"sk-a\tb\n", "write", REJECTED),
    ("openai/api_key", b"sk-a\nsk-b\n", "write", REJECTED),
    ("openai/api_key", b"sk-a\x00b\n", "write", REJECTED),
    ("openai/api_key", b"sk-a\x1b[31m\n", "write", REJECTED),
    ("openai/api_key", b"sk-a\x7f\n", "write", REJECTED),
    ("openai/api_key", b"sk-\xff\n", "write", REJECTED),
    ("openai/api_key", b"sk-\xc0\x80\n", "write", REJECTED),
    ("openai/api_key", b"sk-\xed\xa0\x80\n", "write", REJECTED),
    ("openai/api_key", b"sk-\xc3", "close", REJECTED),
    ("openai/api_key", b"key-1234\n", "write", REJECTED),
    ("openai/api_key", b"s\n", "write", REJECTED),
    ("openai/api_key", b"s", "close", REJECTED),
    ("openai/api_key", b"sk-ant-api03-1234\n", "write", REJECTED),
    ("openai/api_key", b"sk-" + b"x" * 70000, "write", "EFBIG"),
    ("anthropic/api_key", b"sk-proj-1234\n", "write", REJECTED),
    ("anthropic/api_key", b"sk-an\n", "write", REJECTED),
    ("openai/api_base", b"api.openai.com\n", "write", REJECTED),
    ("openai/api_base", b"ftp://api.openai.com\n", "write", REJECTED),
    ("openai/api_base", b"https://\n", "write", REJECTED),
    ("openai/api_base", b"https://a b/\n", "write", REJECTED),
    ("box/note", b"a\x00b\n", "write", REJECTED),
    ("box/note", b"a\x07b\n", "write", REJECTED),
    ("box/note", b"\xfe\n", "write", REJECTED),
    ("box/note", b"x" * 65537, "write", "EFBIG"),
    ("vertex/service_account.json", b"{\"type\": \n", "close", REJECTED),
    ("vertex/service_account.json", b"[1]\n", "close", REJECTED),
    ("vertex/service_account.json", b"no json\n", "close", REJECTED),
    ("vertex/service_account.json", b"{} {}\n", "close", REJECTED),
]
STAGES = ["open", "write", "close"]


def existing(acme, field):
    """The account and its old value, made where it is not there."""
    account, name = field.split("/")
    if account == "vertex":
        acme.account("acme/vertex", provider="vertex")
        acme.put("orgs/acme/vertex/service_account.json", '{"type": "service_account"}')
    elif name == "api_base":
        acme.put(f"orgs/acme/{field}", "https://old.example.com/v1")
    return acme.get(f"orgs/acme/{field}")


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: f"{row[0]} {row[1][:20]!r}")
@pytest.mark.parametrize("chunk", [None, 1, 4096])
def test_a_bad_value_is_refused_and_the_old_one_kept(acme, people, alice, row, chunk):
    field, data, latest, name = row
    if chunk == 1 and len(data) > 1000:
        chunk = 1000
    old = existing(acme, field)
    path = acme.path("orgs/acme", field)
    outcome, answer = people.call(alice, save, path, data, os.O_WRONLY | os.O_TRUNC, chunk)
    assert outcome == "ok"
    stage, error = answer
    assert error == name
    assert STAGES.index(stage) <= STAGES.index(latest), "a shell would not have reported it"
    assert acme.get(f"orgs/acme/{field}") == old
    assert earlier(acme, f"orgs/acme/{field}") == []
    (line,) = last_errors(acme, os.path.dirname(f"orgs/acme/{field}"))
    assert os.path.basename(field) in line and alice in line
    for piece in (data.strip()[:40], data.strip()[-40:]):
        if len(piece) > 5:
            assert piece.decode("utf-8", "replace") not in line
            assert piece.decode("utf-8", "replace") not in acme.log_text()


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: f"{row[0]} {row[1][:20]!r}")
def test_a_bad_first_value_leaves_no_file(acme, people, alice, row):
    field, data, _, name = row
    existing(acme, field)
    path = acme.path("orgs/acme", field)
    os.unlink(path)
    outcome, answer = people.call(alice, save, path, data,
                                  os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    assert (outcome, answer[1]) == ("ok", name)
    assert not os.path.exists(path)
    assert os.path.basename(field) not in os.listdir(os.path.dirname(path))


def test_a_shell_is_told(acme, people, alice):
    done = people.run(alice, f"bash -c 'echo sk-ant-123456 > {acme.path(FIELD)}'")
    assert done.returncode == 1
    assert "Key was rejected by service" in done.stderr
    assert "sk-ant-123456" not in done.stderr


@pytest.mark.parametrize("program", ["cp {file} {field}", "tee {field} < {file}",
                                     "dd if={file} of={field}", "cat {file} > {field}"])
def test_a_program_is_told(acme, people, alice, program):
    with open(acme.base + "/files/bad", "w", encoding="utf-8") as file:
        file.write("sk-ant-123456\n")
    done = people.run(alice, program.format(file=acme.base + "/files/bad", field=acme.path(FIELD)))
    assert done.returncode != 0
    assert "Key was rejected by service" in done.stderr
    assert acme.get(FIELD) == OLD


@pytest.mark.parametrize("command", [": > {field}", "cp /dev/null {field}",
                                     "dd if=/dev/null of={field} status=none"])
def test_truncation_without_a_value_keeps_the_old_one(acme, people, alice, command):
    done = people.run(alice, command.format(field=acme.path(FIELD)))
    assert done.returncode == 0, done
    assert acme.get(FIELD) == OLD
    (line,) = last_errors(acme)
    assert "truncated without a value, old value kept" in line


@pytest.mark.parametrize("command, status", [
    ("cp --remove-destination /dev/null {field}", 0),
    ("install -m 600 /dev/null {field}", 1),  # it cannot set the mode
    ("touch {own} && mv {own} {field}", 0),
    # killed while it waits for what it is to write
    ("mkfifo {own} && (exec 3<> {own}; exec timeout -s KILL 2 install {own} {field})", 137),
])
def test_a_replacement_that_gets_nothing_keeps_the_old_value(acme, people, alice, command, status):
    """These remove the file, and make one that is empty."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as own:
        os.chmod(own, 0o777)
        done = people.run(alice, command.format(field=acme.path(FIELD), own=own + "/file"))
    assert done.returncode == status, done
    # timeout kills itself too, and does not wait
    wait_until(lambda: os.path.exists(acme.path(FIELD)), 10, "the old value is back")
    assert acme.get(FIELD) == OLD
    assert earlier(acme) == []
    if status != 137:
        (line,) = last_errors(acme)
        assert "truncated without a value, old value kept" in line


def test_what_was_removed_does_not_come_back_by_touching_it(acme, people, alice):
    field = acme.path(FIELD)
    assert people.run(alice, f"rm {field} && touch {field}").returncode == 0
    assert not os.path.exists(field)
    assert len(earlier(acme)) == 1


def test_a_saved_value_takes_back_the_last_error(acme, people, alice):
    people.run(alice, f"echo sk-ant-1 > {acme.path(FIELD)}")
    assert last_errors(acme)
    people.run(alice, f"echo {NEW} > {acme.path(FIELD)}")
    assert last_errors(acme) == []


@pytest.mark.parametrize("size", [0, 3, 1000])
def test_truncate_by_path_is_refused(acme, people, alice, size):
    outcome, _ = people.call(alice, os.truncate, acme.path(FIELD), size)
    assert outcome == REJECTED
    assert acme.get(FIELD) == OLD


def test_appending_to_a_value_of_one_line_is_refused(acme, people, alice):
    append = os.O_WRONLY | os.O_APPEND
    for field, old in ((FIELD, OLD), ("orgs/acme/box/note", "old")):
        outcome, answer = people.call(alice, save, acme.path(field), b"more\n", append)
        assert (outcome, answer) == ("ok", ["write", REJECTED])
        assert acme.get(field) == old


def test_appending_to_lines_and_to_nothing_works(acme, people, alice):
    note = acme.path("orgs/acme/box/note")
    people.run(alice, f"printf 'one\\ntwo\\n' > {note}; echo three >> {note}")
    assert acme.get("orgs/acme/box/note") == "one\ntwo\nthree\n"
    os.unlink(acme.path(FIELD))
    assert people.run(alice, f"echo {NEW} >> {acme.path(FIELD)}").returncode == 0
    assert acme.get(FIELD) == NEW


def test_another_vendor_s_key_is_taken_where_a_proxy_is_named(acme, people, alice):
    people.run(alice, f"echo https://proxy.example.com/v1 > {acme.path('orgs/acme/openai/api_base')}")
    done = people.run(alice, f"echo my-proxy-key-1 > {acme.path(FIELD)}")
    assert done.returncode == 0, done
    assert acme.get(FIELD) == "my-proxy-key-1"


@pytest.mark.parametrize("name", ["organisation", "api-key", "password", "Api_key", "x"])
def test_a_field_that_the_provider_does_not_know_is_refused(acme, people, alice, name):
    outcome, answer = people.call(alice, save, acme.path("orgs/acme/openai", name), b"x\n",
                                  os.O_WRONLY | os.O_CREAT)
    assert (outcome, answer) == ("ok", ["open", "EINVAL"])


@pytest.mark.parametrize("name, outcome", [
    ("user", "saved"), ("_x", "saved"), ("A.b-c_1", "saved"), ("x" * 255, "saved"),
    ("1x", "EINVAL"), ("a b", "EINVAL"), ("käse", "EINVAL"), ("x:y", "EINVAL"),
    ("x" * 256, "ENAMETOOLONG"),
])
def test_generic_takes_fields_whose_names_are_identifiers(acme, people, alice, name, outcome):
    _, answer = people.call(alice, save, acme.path("orgs/acme/box", name), b"x\n",
                            os.O_WRONLY | os.O_CREAT)
    assert outcome in answer


# The provider of an account

def test_the_provider_follows_from_the_name_or_is_generic(acme, people):
    """Read by another process than the one that made the accounts: from that one a `provider` that
    is not set is hidden for a while, so that cp -r can make one."""
    for name, provider in (("openai", "openai"), ("anthropic", "anthropic"), ("box", "generic")):
        done = people.run("root", ["cat", acme.path("orgs/acme", name, "provider")])
        assert (done.stdout, done.returncode) == (provider, 0)


def test_a_provider_that_does_not_fit_the_fields_is_refused_and_says_which(acme, people, alice):
    path = acme.path("orgs/acme/box/provider")
    for provider in ("openai", "nonsense"):
        outcome, answer = people.call(alice, save, path, provider.encode() + b"\n")
        assert (outcome, answer) == ("ok", ["write", "EINVAL"])
        assert acme.get("orgs/acme/box/provider") == "generic"
    people.call(alice, save, path, b"openai\n")
    (line,) = last_errors(acme, "orgs/acme/box")
    assert "note" in line


def test_unlinking_the_provider_makes_it_generic(acme, people, alice):
    assert people.run(alice, ["rm", acme.path("orgs/acme/openai/provider")]).returncode == 0
    assert acme.get("orgs/acme/openai/provider") == "generic"
    assert people.run(alice, f"echo openai > {acme.path('orgs/acme/openai/provider')}").returncode == 0
    assert acme.get(FIELD) == OLD


# Attributes

@pytest.mark.parametrize("command, status", [
    ("chmod 600 {field}", 1), ("chown daemon {field}", 1), ("setfacl -m u:daemon:r {field}", 1),
    ("chmod --reference={field} {field}", 0),
])
def test_attributes_come_from_roles_alone(acme, people, command, status):
    """As root, who alone gets past the kernel's own refusal."""
    before = people.run("root", f"getfacl -p {acme.path(FIELD)}").stdout
    done = people.run("root", command.format(field=acme.path(FIELD)))
    assert done.returncode == status, done
    if status:
        assert "Operation not permitted" in done.stderr
    assert people.run("root", f"getfacl -p {acme.path(FIELD)}").stdout == before
