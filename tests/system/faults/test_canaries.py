"""Where values may lie. Each has a mark of its own that is searched for: in the daemon's memory, by
root, and in every file that the daemon or a tool could have left. While a value is in use it lies in
memory that is locked and left out of core dumps; afterwards it lies nowhere."""
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import time

import pytest

from mounting import wait_until
from states import save

TOKEN_SIZE = 40
PLACES = ("/tmp", "/var/tmp", "/run", "/dev/shm", "/var/log", "/var/crash")
REGION = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S+)")


def mark():
    return secrets.token_hex(TOKEN_SIZE // 2)


def regions(pid):
    """(start, end, flags, name) of what is mapped and can be read."""
    found = []
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as smaps:
        for line in smaps:
            match = REGION.match(line)
            if match:
                found.append([int(match[1], 16), int(match[2], 16), (), line.split()[-1]])
                readable = match[3].startswith("r")
            elif line.startswith("VmFlags:"):
                if readable:
                    found[-1][2] = tuple(line.split()[1:])
                else:
                    found.pop()
    return found


def contents(mount):
    """(bytes, flags, name) of every region of the memory of the mount's processes."""
    for pid in mount.processes():
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for start, end, flags, name in regions(pid):
                if name in ("[vvar]", "[vsyscall]"):
                    continue
                try:
                    memory.seek(start)
                    yield memory.read(end - start), flags, name
                except OSError:
                    continue


def in_memory(mount, marks):
    """(mark, flags of the region, its name) of every place where one of them lies, or a part."""
    return [(one, flags, name) for data, flags, name in contents(mount) for one in marks
            if one[:16].encode() in data or one[-16:].encode() in data]


def in_files(mount, marks):
    found = []
    ours = (mount.base, *(place for place in PLACES if os.path.isdir(place)))
    for place in ours:
        for path, dirs, files in os.walk(place):
            dirs[:] = [name for name in dirs if not os.path.ismount(os.path.join(path, name))]
            for name in files:
                whole = os.path.join(path, name)
                if not os.path.isfile(whole) or os.stat(whole).st_size > 64 << 20:
                    continue
                try:
                    with open(whole, "rb") as file:
                        data = file.read()
                except OSError:
                    continue
                found += [whole for one in marks if one.encode() in data]
    return found


def certificate(one):
    return json.dumps({"type": "service_account", "project_id": "p", "private_key_id": one,
                       "client_email": "a@b.iam.gserviceaccount.com", "private_key": one,
                       "token_uri": "https://oauth2.googleapis.com/token"})


class Marks(dict):
    """A new mark by each name that is asked for."""

    def __missing__(self, name):
        self[name] = mark()
        return self[name]


def tool(*argv, text=None):
    subprocess.run(argv, input=text, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   text=True, check=False, timeout=60)


def use(mount, marks):
    """Save, read, replace, refuse, roll back and remove values in every way there is."""
    mount.org("acme")
    account = mount.account("acme/openai")
    path = account + "/api_key"
    save(mount, "orgs/acme/openai/api_key", "sk-proj-" + marks["saved"])
    tool("cat", path)
    save(mount, "orgs/acme/openai/api_key", "sk-proj-" + marks["rotated"])
    tool("dd", "of=" + path, "bs=7", text="sk-proj-" + marks["written in pieces"])
    tool("cp", account + "/.history/api_key/1", path)
    tool("sh", "-c", 'cat > "$0.tmp" && mv "$0.tmp" "$0"', path,
         text="sk-proj-" + marks["renamed"])
    tool("tee", path, text="sk-ant-" + marks["refused at once"])
    tool("tee", path, text="sk-proj-" + marks["refused"] + "\nanother line\n")
    tool("tee", account + "/.secret.swp", text=marks["scratch"])
    tool("rm", account + "/.secret.swp")
    mount.account("acme/vertex")
    for name in ("credentials_json", "service_account_json", "service_account", "credentials"):
        tool("tee", f"{mount.path('orgs/acme/vertex')}/{name}", text=certificate(marks["json"]))
        tool("tee", f"{mount.path('orgs/acme/vertex')}/{name}",
             text=certificate(marks["broken json"])[:-1])
    mount.account("acme/vault", provider="generic", text=marks["text"] * 1500)
    tool("cat", mount.path("orgs/acme/vault/text"))
    tool("grep", "-r", "nothing", account)
    mount.account("acme/gone", provider="generic", field=marks["removed"])
    tool("rm", "-r", mount.path("orgs/acme/gone"))
    with open(path, "rb") as reader:
        reader.read()
        tool("tee", path, text="sk-proj-" + marks["renewed"])
        reader.seek(0)
        reader.read()
    tool("rm", path)


def test_values_in_use_lie_in_locked_memory_only(mount):
    marks = Marks()
    mount.org("acme")
    mount.account("acme/openai", api_key="sk-proj-" + marks["read"])
    path = mount.path("orgs/acme/openai/api_key")
    with open(path, "rb") as reader:
        reader.read()
        writer = os.open(path, os.O_WRONLY)
        os.write(writer, b"sk-proj-" + marks["written"].encode())
        save(mount, "orgs/acme/openai/.secret.swp", marks["scratch"])
        found = in_memory(mount, marks.values())
        assert {one for one, _, _ in found} == set(marks.values()), "the search is blind"
        for one, flags, name in found:
            assert "lo" in flags and "dd" in flags, f"{name}: {flags}"
        os.close(writer)


def test_values_that_were_used_lie_nowhere_afterwards(mount):
    marks = Marks()
    use(mount, marks)
    assert len(marks) >= 12
    names = {one: name for name, one in marks.items()}

    def left():
        return [(names[one], name) for one, _, name in in_memory(mount, names)]

    time.sleep(1)
    wait_until(lambda: not left(), 20, f"forgotten: {left()}")
    assert in_files(mount, names) == []
    assert in_memory(mount, names) == []
    mount.umount()
    assert in_files(mount, names) == []


def test_keys_lie_in_locked_memory_only(mount):
    """The host's seed, as its file spells it and as bytes."""
    mount.org("acme")
    mount.account("acme/openai", api_key="sk-proj-abc")
    with open(mount.identity, encoding="utf-8") as file:
        text = file.read()
    phrase = re.search(r"^host (.*)$", text, re.MULTILINE)[1]
    seed = bytes.fromhex(phrase.replace(" ", ""))[:32]
    found = [(flags, name) for data, flags, name in contents(mount)
             if seed[:16] in data or seed[16:] in data or phrase[:19].encode() in data]
    for flags, name in found:
        assert "lo" in flags and "dd" in flags, f"{name}: {flags}"


def test_a_daemon_that_is_aborted_leaves_no_core(mount):
    """Not by the limit, nor because it may be dumped: then its files in /proc are its user's."""
    mount.allow_in_log("killed|worker|ended")
    mount.org("acme")
    mount.account("acme/openai", api_key="sk-proj-" + mark())
    pids = mount.processes()
    for pid in pids:
        with open(f"/proc/{pid}/limits", encoding="utf-8") as limits:
            (line,) = [line for line in limits if line.startswith("Max core file size")]
        assert line.split()[4] == "0"
        assert os.stat(f"/proc/{pid}/mem").st_uid == 0
    worker = mount.worker()
    places = [os.readlink(f"/proc/{worker}/cwd"), "/", mount.base, mount.private]
    os.kill(worker, signal.SIGABRT)
    wait_until(lambda: not os.path.exists(f"/proc/{worker}/exe"), 10, "the worker has ended")
    for place in places:
        assert not [name for name in os.listdir(place) if re.match(r"core(\.|$)", name)], place
    mount.kill()
    mount.start()


def test_nobody_but_root_may_look_into_the_daemon(mount, people):
    alice = people.user("alice")
    for name in ("mem", "maps", "environ", "fd/0"):
        for pid in mount.processes():
            done = people.run(alice, ["cat", f"/proc/{pid}/{name}"])
            assert done.returncode != 0 and done.stdout == ""


def test_init_keeps_the_recovery_phrase_nowhere(mounts):
    mount = mounts(init=False)
    phrase = re.search(r"^ +([0-9a-f]{4}( [0-9a-f]{4})+)$", mount.init().stdout, re.MULTILINE)[1]
    assert in_files(mount, [phrase, phrase.replace(" ", "")]) == []
    seed = bytes.fromhex(phrase.replace(" ", ""))
    for path, _, files in os.walk(mount.private):
        for name in files:
            with open(os.path.join(path, name), "rb") as file:
                assert seed[:16] not in file.read()
    shutil.rmtree(mount.private)
    os.mkdir(mount.private, 0o700)
