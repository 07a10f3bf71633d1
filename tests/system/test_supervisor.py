"""The mount outlives its supervisor, too, while somebody keeps what it is made of."""
import ast
import os
import signal
import subprocess
import time

import pytest

import mounting
from holder import Holder
from load import Apart

KEY = "sk-proj-" + "k" * 40
OTHER = "sk-proj-" + "o" * 40


class Kept:
    def __init__(self, mount):
        self.mount = mount
        self.holder = Holder(mount.base + "/notify")
        mount.environment["NOTIFY_SOCKET"] = self.holder.path
        self.start()

    def start(self):
        self.mount.start(launcher=self.holder.launcher())
        mounting.wait_until(self.holder.is_ready, 20, "it says that it is ready")

    def restart(self):
        self.holder.take()
        self.mount.kill()
        self.start()

    def kill_supervisor(self):
        """The worker ends with it."""
        worker = self.mount.worker()
        self.mount.process.kill()
        self.mount.process.wait(timeout=10)
        mounting.wait_until(lambda: worker not in self.mount.processes(), 10, "the worker ends")
        self.holder.take()
        self.start()


@pytest.fixture
def kept(mounts):
    kept = Kept(mounts(start=False))
    yield kept
    if kept.mount.process:
        kept.mount.umount()
    kept.holder.close()


class Client:
    """A program that has files of the mount open, for whoever starts daemons (load.Apart)."""

    PROGRAM = "import os, sys\nfor line in sys.stdin: print(repr(eval(line)), flush=True)"

    def __init__(self):
        self.process = subprocess.Popen(["/usr/bin/python3", "-EsBc", self.PROGRAM],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, expression):
        self.process.stdin.write(expression + "\n")
        self.process.stdin.flush()
        return ast.literal_eval(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=20)


@pytest.fixture
def client():
    client = Client()
    yield client
    client.close()


def test_no_operation_fails_when_supervisor_and_worker_are_killed(kept):
    load = Apart(kept.mount)
    done = 0
    for end in [kept.restart] * 5 + [kept.kill_supervisor] * 3 + [lambda: None]:
        mounting.wait_until(lambda: load.ask()[0] > done + 50 or load.ask()[1], 30, "they work")
        done, wrong = load.ask()
        assert wrong == []
        end()
    assert load.end() == []


def test_a_supervisor_that_was_restarted_replaces_and_upgrades_workers(kept, client):
    mount = kept.mount
    mount.allow_in_log("another one takes over")
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    file = client(f"os.open({mount.path('orgs/acme/openai/api_key')!r}, os.O_RDONLY)")
    kept.restart()
    former = mount.worker()
    os.kill(former, signal.SIGKILL)
    assert client(f"os.read({file}, 1000)") == KEY.encode()
    mounting.wait_until(lambda: mount.worker() not in (None, former), 20, "another worker")
    former = mount.worker()
    mount.process.send_signal(signal.SIGHUP)
    mounting.wait_until(lambda: mount.worker() not in (None, former), 20, "the next version")
    assert client(f"os.pread({file}, 1000, 0)") == KEY.encode()


def test_what_is_kept_tells_no_value(kept, client):
    mount = kept.mount
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    path = mount.path("orgs/acme/openai/api_key")
    file = client(f"os.open({path!r}, os.O_WRONLY | os.O_TRUNC)")
    scratch = client(f"os.open({path + '.tmp'!r}, os.O_WRONLY | os.O_CREAT)")
    for number in file, scratch:
        client(f"os.write({number}, {OTHER.encode()!r})")
    kept.holder.take()
    assert set(kept.holder.kept) == {"device", "state", "fence"}
    state = kept.holder.kept["state"]
    head = os.pread(state, 1 << 20, 0) + os.pread(state, 1 << 20, 1 << 30)  # both halves
    assert b"api_key.tmp" in head, "the state is there"
    assert KEY.encode() not in head and OTHER.encode() not in head
    kept.restart()
    for number in file, scratch:
        client(f"os.close({number})")
    assert mount.get("orgs/acme/openai/api_key.tmp") == OTHER
    assert mount.get("orgs/acme/openai/api_key") == OTHER


def test_nothing_is_kept_of_a_mount_that_was_unmounted(kept):
    kept.mount.umount()
    kept.holder.take()
    assert kept.holder.kept == {}


def test_without_anybody_who_keeps_it_the_mount_ends_and_is_recovered(mount):
    mount.org("acme")
    mount.kill()
    with pytest.raises(OSError):
        os.listdir(mount.root)
    mount.start()
    assert os.listdir(mount.path("orgs")) == ["acme"]


# mounts of the mount

READ = """
import os, sys, time
path, end = sys.argv[1:]
count = 0
while not os.path.exists(end):
    with open(path, encoding="utf-8") as file:
        assert file.read().startswith("sk-proj-")
    count += 1
print(count)
"""


@pytest.fixture
def shared(mounts):
    """A mount below a directory whose mounts others see, too."""
    mount = mounts(start=False)
    subprocess.run(["mount", "--bind", mount.base, mount.base], check=True, timeout=10)
    subprocess.run(["mount", "--make-shared", mount.base], check=True, timeout=10)
    mount.start()
    yield mount
    if mount.process:
        mount.umount()
    subprocess.run(["umount", "-l", mount.base], check=True, timeout=10)


def in_namespace(mount, script, *arguments):
    """A program in a mount namespace of its own, where the parent directory is bound (rslave)."""
    other = mount.base + "-other"
    os.makedirs(other, exist_ok=True)
    prepare = f'mount --rbind {mount.base} {other} && mount --make-rslave {other} && exec "$@"'
    return subprocess.Popen(["unshare", "--mount", "--propagation", "slave", "sh", "-c", prepare,
                             "sh", "/usr/bin/python3", "-EsBc", script, *arguments],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def replace(mount, end):
    former = mount.worker()
    end(former)
    mounting.wait_until(lambda: mount.worker() not in (None, former), 20, "another worker")
    time.sleep(0.1)


def test_mounts_of_the_mount_go_on(shared):
    mount = shared
    mount.allow_in_log("another one takes over")
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    end, bound = mount.base + "/end", mount.base + "/bound"
    os.mkdir(bound)
    subprocess.run(["mount", "--bind", mount.root, bound], check=True, timeout=10)
    try:
        path = "orgs/acme/openai/api_key"
        readers = [subprocess.Popen(["/usr/bin/python3", "-EsBc", READ, f"{bound}/{path}", end],
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True),
                   in_namespace(mount, READ, f"{mount.base}-other/creds/{path}", end)]
        time.sleep(0.5)
        for _ in range(5):
            replace(mount, lambda worker: os.kill(worker, signal.SIGKILL))
        for _ in range(3):
            replace(mount, lambda worker: mount.process.send_signal(signal.SIGHUP))
        with open(end, "w", encoding="utf-8"):
            pass
        for reader in readers:
            said, _ = reader.communicate(timeout=20)
            assert reader.returncode == 0 and int(said) > 10, said
    finally:
        subprocess.run(["umount", "-l", bound], check=True, timeout=10)
        os.rmdir(mount.base + "-other")


LOOK = """
import os, sys, time
for line in sys.stdin:
    try:
        print(os.listdir(sys.argv[1]), flush=True)
    except OSError as error:
        print(type(error).__name__, flush=True)
"""


def test_a_mount_that_is_recovered_is_seen_where_the_parent_is_bound(shared):
    mount = shared
    mount.org("acme")
    other = mount.base + "-other"
    os.makedirs(other, exist_ok=True)
    prepare = f'mount --rbind {mount.base} {other} && mount --make-rslave {other} && exec "$@"'
    with subprocess.Popen(["unshare", "--mount", "--propagation", "slave", "sh", "-c", prepare, "sh",
                           "/usr/bin/python3", "-EsBc", LOOK, other + "/creds/orgs"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as looker:
        def look():
            looker.stdin.write("\n")
            looker.stdin.flush()
            return looker.stdout.readline().strip()
        assert look() == "['acme']"
        mount.kill()
        assert look() in ("OSError", "ConnectionAbortedError"), "nobody is there"
        mount.start()
        assert look() == "['acme']"
        looker.stdin.close()
    os.rmdir(other)
