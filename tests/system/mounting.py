"""A credfs of its own for a test: store, identity, configuration, mount, and its end.

Everything lies in one directory below /var/lib, not /tmp, where editors behave differently.
"""
import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

BINARY = os.environ.get("CREDFS_BINARY") or os.path.realpath(
    os.path.join(os.path.dirname(__file__), "..", "..", "build", "credfs"))
PLACE = "/var/lib"
PREFIX = f"credfs-test-{os.getpid():x}-"
OURS = re.compile(r"credfs-test-([0-9a-f]+)-")
TROUBLE = re.compile(r"error|Sanitizer|runtime error", re.IGNORECASE)
ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "ASAN_OPTIONS": "abort_on_error=1:detect_leaks=1:handle_segv=0:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


def is_mounted(path):
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        return any(line.split()[4] == path for line in mounts)


def processes_naming(text):
    """Ids of the processes that have the text in their arguments, zombies left out."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as cmdline:
                if text.encode() in cmdline.read():
                    found.append(int(entry))
        except OSError:
            continue
    return found


def arguments_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as cmdline:
            return cmdline.read().decode().split("\0")
    except OSError:
        return []


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as comm:
            return comm.read().strip()
    except OSError:
        return None


def wait_until(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.01)


def sweep():
    """Remove what a run that was killed has left."""
    for name in os.listdir(PLACE):
        match = OURS.match(name)
        if match and not os.path.exists(f"/proc/{int(match[1], 16)}"):
            discard(os.path.join(PLACE, name))


def discard(base):
    for pid in processes_naming(base + "/"):
        os.kill(pid, signal.SIGKILL)
    while is_mounted(base + "/creds"):
        subprocess.run(["umount", "-l", base + "/creds"], check=True)
    shutil.rmtree(base)


class Mount:
    """A store with its configuration; mounted between start() and umount()."""

    def __init__(self, settings=""):
        base = tempfile.mkdtemp(prefix=PREFIX, dir=PLACE)
        os.chmod(base, 0o711)
        self.base = base
        self.root = base + "/creds"
        self.private = base + "/private"
        self.conf = base + "/credfs.conf"
        self.db = self.private + "/store.db"
        self.identity = self.private + "/identity"
        self.pins = self.private + "/identity.pins"
        self.log = base + "/log"
        self.process = None
        self.allowed = []
        self.environment = dict(ENVIRONMENT)
        os.mkdir(self.root)
        os.mkdir(self.private, 0o700)
        with open(self.conf, "w", encoding="utf-8") as conf:
            conf.write(f"[store]\npath = {self.db}\nidentity = {self.identity}\n"
                       f"[providers]\ndirectory = {base}/providers.d\n{settings}")
        open(self.log, "w", encoding="utf-8").close()

    # The program

    def argv(self, *arguments):
        return [BINARY, "-c", self.conf, *arguments]

    def credfs(self, *arguments, timeout=60, wrapper=(), answers=""):
        """Run credfs with this configuration to its end; the answers are its stdin."""
        return subprocess.run([*wrapper, *self.argv(*arguments)], env=self.environment,
                              cwd="/", input=answers, capture_output=True, text=True,
                              timeout=timeout)

    def credfs_alone(self, *arguments):
        """The same where no other credfs is mounted: status and list look at all of a host."""
        others = ('for dir in $(findmnt -rnt fuse.credfs -o TARGET | grep -vxF -- "$0"); do '
                  'umount -l "$dir"; done; exec "$@"')
        return self.credfs(*arguments, wrapper=("unshare", "--mount", "--propagation", "private",
                                                "sh", "-c", others, self.root))

    def init(self):
        done = self.credfs("init", "--unconfirmed")
        assert done.returncode == 0, done.stderr
        return done

    def start(self, answers="", launcher=((), {})):
        """Mount in the foreground, the log in a file, and wait until the mount answers."""
        wrapper, options = launcher
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([*wrapper, *self.argv("mount", "-f", self.root)],
                                            env=self.environment, cwd="/",
                                            stdin=subprocess.PIPE, stdout=log, stderr=log,
                                            **options)
        self.process.stdin.write(answers.encode())
        self.process.stdin.close()
        wait_until(lambda: self.process.poll() is not None or is_mounted(self.root), 20,
                   "mounted, or given up")
        if self.process.poll() is not None:
            raise AssertionError(f"credfs mount ended with {self.process.returncode}:\n"
                                 + self.log_text())
        wait_until(self.answers, 20, "the mount answers")

    def answers(self):
        try:
            return "orgs" in os.listdir(self.root)
        except OSError:
            return False

    def umount(self):
        """Unmount as an operator does; the daemon must end by itself, and well."""
        done = subprocess.run(["umount", self.root], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        status = self.process.wait(timeout=30)
        self.process = None
        assert status == 0, f"the daemon ended with {status}:\n{self.log_text()}"
        wait_until(lambda: not self.processes(), 10, "no process of this mount is left")

    def remount(self):
        self.umount()
        self.start()

    def kill(self):
        """End every process of this mount at once, leaving the mount stale."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):  # it went with another one
                os.kill(pid, signal.SIGKILL)
        if self.process:
            self.process.wait(timeout=10)
            self.process = None

    def processes(self):
        # A worker names the place, and not always the configuration.
        workers = [pid for pid in processes_naming(self.root) if "worker" in arguments_of(pid)]
        return sorted({*processes_naming(self.conf), *workers})

    def worker(self):
        """The process that serves the mount; None while there is none."""
        for pid in self.processes():
            if "worker" in arguments_of(pid) and name_of(pid) != "credfs-toucher":
                return pid
        return None

    # The log

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def allow_in_log(self, expression):
        """The test provokes lines that match; they are no trouble."""
        self.allowed.append(re.compile(expression))

    def trouble(self):
        return [line for line in self.log_text().splitlines()
                if TROUBLE.search(line) and not any(one.search(line) for one in self.allowed)]

    # The tree

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def org(self, name, **roles):
        """Make an organisation: org("acme", admin=["user:alice"])."""
        os.mkdir(self.path("orgs", name))
        for role, principals in roles.items():
            self.put(f"orgs/{name}/roles/{role}", *principals)
        return self.path("orgs", name)

    def project(self, org, name, **roles):
        os.mkdir(self.path("orgs", org, "projects", name))
        for role, principals in roles.items():
            self.put(f"orgs/{org}/projects/{name}/roles/{role}", *principals)
        return self.path("orgs", org, "projects", name)

    def account(self, path, provider=None, **fields):
        """Make an account below orgs/: account("acme/openai", api_key="sk-...")."""
        os.mkdir(self.path("orgs", path))
        os.listdir(self.path("orgs", path))  # who made it sees no provider until he has looked
        if provider:
            self.put(f"orgs/{path}/provider", provider)
        for field, value in fields.items():
            self.put(f"orgs/{path}/{field}", value)
        return self.path("orgs", path)

    def put(self, path, *lines):
        with open(self.path(path), "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))

    def get(self, path):
        with open(self.path(path), encoding="utf-8") as file:
            return file.read()

    # The end

    def close(self):
        """Unmount and remove; returns what was wrong on the way."""
        wrong = []
        if self.process:
            try:
                self.umount()
            except (AssertionError, subprocess.TimeoutExpired) as error:
                wrong.append(f"unmounting: {error}")
        left = self.processes()
        if left:
            wrong.append(f"processes left behind: {left}")
        if is_mounted(self.root):
            wrong.append("still mounted")
        wrong += [f"in the log: {line}" for line in self.trouble()]
        discard(self.base)
        return wrong


class Watchdog:
    """Ends the daemons of a test that hangs, so that every call into their mounts returns.

    A process that waits for a file system cannot be interrupted in any other way.
    """

    def __init__(self, seconds, mounts):
        self.mounts = mounts
        self.fired = False
        self.timer = threading.Timer(seconds, self.fire)
        self.timer.daemon = True
        self.timer.start()

    def fire(self):
        self.fired = True
        for mount in self.mounts:
            for pid in mount.processes():
                os.kill(pid, signal.SIGKILL)

    def stop(self):
        self.timer.cancel()
