"""Real users and groups, and running things as them.

Names carry the process id of the test run (ct-3f2a-alice), so that two runs on one machine do not
meet, and what a run that was killed has left is recognised and removed by the next.
"""
import contextlib
import errno
import grp
import json
import os
import pwd
import re
import signal
import subprocess
import time
from dataclasses import dataclass

PREFIX = f"ct-{os.getpid():x}-"
OURS = re.compile(r"ct-([0-9a-f]+)-")
ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}


@dataclass
class Result:
    returncode: int
    stdout: str
    stderr: str


def change_database(*argv):
    """useradd and its kin give up when another one holds the lock; try again for a minute."""
    end = time.monotonic() + 60
    while True:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60)
        if "cannot lock" not in done.stderr or time.monotonic() > end:
            break
        time.sleep(0.2)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr}")


def is_left_over(name):
    match = OURS.match(name)
    return bool(match) and not os.path.exists(f"/proc/{int(match[1], 16)}")


def remove(is_ours):
    for user in pwd.getpwall():
        if is_ours(user.pw_name):
            change_database("userdel", user.pw_name)
    for group in grp.getgrall():
        if is_ours(group.gr_name):
            change_database("groupdel", group.gr_name)


class People:
    """Users and groups of this run; `alice` is `ct-PID-alice` to the system."""

    def __init__(self):
        remove(is_left_over)

    def close(self):
        remove(lambda name: name.startswith(PREFIX))

    @staticmethod
    def name(short):
        return PREFIX + short

    def group(self, short):
        """The real name of a group, made when it is not there yet."""
        name = self.name(short)
        with contextlib.suppress(KeyError):
            return grp.getgrnam(name).gr_name
        change_database("groupadd", name)
        return name

    def user(self, short, *groups):
        """The real name of a user, made when he is not there yet, a member of the groups."""
        name = self.name(short)
        try:
            pwd.getpwnam(name)
        except KeyError:
            change_database("useradd", "--no-create-home", "--user-group", "--shell", "/bin/sh", name)
        for group in groups:
            change_database("usermod", "--append", "--groups", self.group(group), name)
        return name

    @staticmethod
    def run(user, command, timeout=30, groups=None, stdin=None):
        """Run an argument vector, or a string with sh, as a user of the system by his real name.

        `groups`: real names of his groups for this process, in place of those of the database.
        """
        argv = ["sh", "-c", command] if isinstance(command, str) else list(command)
        if user != "root" or groups is not None:
            entry = pwd.getpwnam(user)
            chosen = ["--init-groups"]
            if groups is not None:
                chosen = ["--groups", ",".join(groups)] if groups else ["--clear-groups"]
            argv = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", *chosen,
                    "--inh-caps=-all", "--", *argv]
        done = subprocess.run(argv, cwd="/", env=ENVIRONMENT, timeout=timeout, input=stdin,
                              stdin=subprocess.DEVNULL if stdin is None else None,
                              capture_output=True, text=True)
        return Result(done.returncode, done.stdout, done.stderr)

    @staticmethod
    def call(user, function, *arguments, groups=None, timeout=30):
        """Call a Python function in a child that has become the user.

        Returns ("ok", what it returned: anything JSON knows) or the name of the errno it failed
        with and None.
        """
        entry = pwd.getpwnam(user)
        gids = os.getgrouplist(user, entry.pw_gid)
        if groups is not None:
            gids = [grp.getgrnam(group).gr_gid for group in groups]
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            answer = ["exception", "no answer"]
            try:
                os.close(reader)
                os.chdir("/")
                os.setgroups(gids)
                os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
                os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)
                answer = ["ok", function(*arguments)]
            except OSError as error:
                answer = [errno.errorcode.get(error.errno, str(error.errno)), None]
            except BaseException as error:  # the child must not fall into pytest
                answer = ["exception", repr(error)]
            finally:
                os.write(writer, json.dumps(answer).encode())
                os._exit(0)
        os.close(writer)
        with open(reader, "rb") as pipe:
            with deadline(child, timeout):
                text = pipe.read()
        os.waitpid(child, 0)
        if not text:
            return ("killed", None)
        outcome, value = json.loads(text)
        if outcome == "exception":
            raise RuntimeError(value)
        return (outcome, value)


@contextlib.contextmanager
def deadline(pid, seconds):
    """Kill a child that takes longer."""
    watcher = subprocess.Popen(["sh", "-c", f"sleep {seconds}; kill -KILL {pid}"],
                               start_new_session=True)
    try:
        yield
    finally:
        os.killpg(watcher.pid, signal.SIGKILL)
        watcher.wait()
