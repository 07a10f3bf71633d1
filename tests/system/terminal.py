"""A program driven through a terminal, by what stands on its screen.

    with Terminal(user, ["nano", path], environment) as terminal:
        terminal.wait_for("api_key")
        terminal.type("text", CONTROL["x"])
        status = terminal.finish()
"""
import contextlib
import fcntl
import os
import pty
import pwd
import re
import select
import signal
import struct
import termios
import time

import pyte

LINES, COLUMNS = 40, 220
ESCAPE = "\x1b"
ENTER = "\r"
CONTROL = {letter: chr(ord(letter) - ord("a") + 1) for letter in "abcdefghijklmnopqrstuvwxyz"}


def as_user(user, argv):
    """The argument vector that runs another as a user, with the groups of the database."""
    entry = pwd.getpwnam(user)
    return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--init-groups",
            "--inh-caps=-all", "--", *argv]


class Ended(AssertionError):
    """The program has ended, and will not show what was waited for."""


class Terminal:
    """Its own session and a screen of 40 lines; ended with everything in it at the end."""

    def __init__(self, user, argv, environment):
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.ByteStream(self.screen)
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # As from a login, also where the tests were begun in the background of a script.
            for number in (signal.SIGINT, signal.SIGQUIT):
                signal.signal(number, signal.SIG_DFL)
            with contextlib.suppress(OSError):
                os.chdir("/")
                os.fchown(0, pwd.getpwnam(user).pw_uid, -1)
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", LINES, COLUMNS, 0, 0))
                os.execvpe("setpriv", as_user(user, argv), {**environment, "TERM": "linux"})
            os._exit(127)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        os.close(self.fd)

    def text(self):
        """The lines of the screen that are not empty."""
        return "\n".join(line.rstrip() for line in self.screen.display if line.strip())

    def pump(self, seconds):
        """Show what the program writes within this time; whether there was anything."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # EIO: nobody has the other end any more
            return False
        self.stream.feed(data)
        return bool(data)

    def shows(self, expression, seconds):
        """The match as soon as the screen shows it; None when it does not within this time."""
        end = time.monotonic() + seconds
        while not (match := re.search(expression, self.text())):
            if self.pump(0.05):
                continue
            if self.ended():
                raise Ended(f"it has ended and shows no {expression!r}:\n{self.text()}")
            if time.monotonic() > end:
                break
        return match

    def wait_for(self, expression, seconds=90):
        """Until the screen shows it; returns the match."""
        match = self.shows(expression, seconds)
        assert match, f"no {expression!r} on the screen:\n{self.text()}"
        return match

    def type(self, *keys):
        """Press keys; what the program writes meanwhile is shown."""
        for key in keys:
            os.write(self.fd, key.encode())
            while self.pump(0.01):
                pass

    def ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def finish(self, seconds=90):
        """Wait for the end of the program; its exit status."""
        end = time.monotonic() + seconds
        while not self.ended():
            assert time.monotonic() < end, f"still running:\n{self.text()}"
            self.pump(0.02)
        return self.status

    def kill(self):
        """SIGKILL for everything in the session."""
        if not self.ended():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self.finish()
