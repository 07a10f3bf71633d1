"""One trial: a tool saves a value into a field of its own, or is killed while it does, with
witnesses beside it; and what they say of it, as cells of a table.

Values carry a mark of the run, the number of the trial and which value they are, so that a trace
anywhere says whose it is. What the tools read lies in memory (/dev/shm), not on the disk.
"""
import contextlib
import json
import os
import pwd
import re
import secrets
import signal
import subprocess
import time

from terminal import Ended, Terminal, as_user
from witnesses import Names, Reader

RUN = "cn" + secrets.token_hex(5)
MARK = rf"{RUN}(\d{{4}})(old|new)".encode()

# Names that tools make beside a file; what is random in them
RANDOM = [(r"^sed[A-Za-z0-9]{6}$", "sed??????"), (r"^XX[A-Za-z0-9_]{6}$", "XX??????"),
          (r"^tmp[a-z0-9_]{8}$", "tmp????????"), (r"^(\.FIELD)\.[A-Za-z0-9]{6}$", r"\1.??????"),
          (r"^(FIELD)\.[a-z0-9_]{8}\.tmp$", r"\1.????????.tmp")]
# Names that are there in any account
FIXED = ["provider", ".info", ".status", ".history"]
# Names that are tried even when nobody was seen to make them
KNOWN = ["4913", "5036", ".FIELD.swp", ".FIELD.swo", ".FIELD.swpx", "FIELD~", ".#FIELD", "#FIELD#",
         "FIELD.lock", "FIELD.tmp", "FIELD.bak", "FIELD.new", "FIELD.orig", "FIELD.save"]
# What a tool may say, as the table calls it
PHRASES = {
    "rejected": "Key was rejected by service",
    "not permitted": "Operation not permitted",
    "denied": "ermission denied",
    "I/O error": "I/O error",
    "error -129": "Unknown system error -129",
}


def present(directory, names):
    """What a user finds in a directory: what is listed, and what is there by name."""
    def is_there(name):
        return os.path.lexists(os.path.join(directory, name))
    return sorted(set(os.listdir(directory)) | set(filter(is_there, names)))


def content(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def secret(number, which):
    return f"{RUN}{number:04}{which}"


class Trial:
    def __init__(self, office, number, tool, subject, bad, user):
        self.office, self.number, self.tool, self.subject = office, number, tool, subject
        self.bad, self.user = bad, user
        self.account = f"orgs/acme/trial-{number}"
        self.directory = office.mount.path(self.account)
        self.path = os.path.join(self.directory, subject.field)
        self.old = subject.text(secret(number, "old"))
        self.new = (subject.bad if bad else subject.text)(secret(number, "new"))
        self.source = f"{office.sources}/{number}"
        office.mount.account(f"acme/trial-{number}", provider=subject.provider)
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(self.old)
        self.names = set()

    # Before

    def make_source(self):
        with open(self.source, "w", encoding="utf-8") as file:
            file.write(self.new if self.new.endswith("\n") else self.new + "\n")
        entry = pwd.getpwnam(self.user)
        os.chown(self.source, entry.pw_uid, entry.pw_gid)
        os.chmod(self.source, 0o600)

    def environment(self):
        bell = "\a" if "\a" in self.new else ""
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "SHELL": "/bin/sh",
                "HOME": pwd.getpwnam(self.user).pw_dir, "USER": self.user, "LOGNAME": self.user,
                "FIELD": self.path, "NEW": self.new, "SOURCE": self.source,
                "SECRET": secret(self.number, "new") + bell,
                **({"WRONG": "yes"} if self.bad else {})}

    # The tool, with witnesses

    @contextlib.contextmanager
    def witnessed(self):
        names = Names(self.directory)
        reader = Reader(self.office.bob, self.path)
        try:
            yield names
        finally:
            self.seen = reader.finish()
            self.names = names.finish()

    def run(self):
        self.make_source()
        with self.witnessed():
            if self.tool.drive:
                with self.terminal(["sh", "-c", self.tool.command]) as terminal:
                    self.output = self.tool.drive(terminal, self.path, self.new)
                    self.status = terminal.finish()
            else:
                with self.process(["sh", "-c", self.tool.command]) as process:
                    out, errors = process.communicate(timeout=120)
                    self.output = out + errors
                    self.status = process.returncode

    def terminal(self, argv):
        return Terminal(self.user, argv, self.environment())

    @contextlib.contextmanager
    def process(self, argv):
        """In a session of its own, which is killed at the end."""
        process = subprocess.Popen(as_user(self.user, argv), env=self.environment(),
                                   cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, start_new_session=True)
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate(timeout=60)

    # The tool, killed

    def kill(self, how):
        argv = ["sh", "-c", how.command or self.tool.command]
        if how.call:
            upon = [] if how.upon is None else ["-P", self.path + how.upon]
            argv = ["strace", "-f", "-q", "-o", self.source + ".trace", *upon, "-e",
                    f"inject={how.call}:signal=SIGKILL:when={how.when}", *argv]
            self.make_source()
        with self.witnessed() as names:
            if self.tool.drive:
                self.kill_editor(how, argv)
            elif how.call:
                self.kill_at_call(how, argv)
            else:
                self.kill_waiting(how, argv, names)

    def kill_editor(self, how, argv):
        with self.terminal(argv) as terminal:
            if how.drive:
                how.drive(terminal, self.path, self.new)
                terminal.kill()
                self.was_killed = terminal.status == -signal.SIGKILL
            else:
                with contextlib.suppress(Ended):
                    self.tool.drive(terminal, self.path, self.new)
                    terminal.finish()
                self.was_killed = self.traced_to_death(how)

    def kill_at_call(self, how, argv):
        with self.process(argv) as process:
            process.communicate(timeout=120)
        self.was_killed = self.traced_to_death(how)

    def traced_to_death(self, how):
        """Whether it was killed, and after it had written if it was to be."""
        with open(self.source + ".trace", encoding="utf-8", errors="replace") as trace:
            text = trace.read()
        wrote = re.search(r"\b(write|pwrite64|writev|ftruncate)\(", text)
        return "+++ killed by SIGKILL +++" in text and bool(wrote or not how.written)

    def kill_waiting(self, how, argv, names):
        with self.half_a_source(how):
            with self.process(argv) as process:
                half = names.wait_for_a_write(60) if how.writes else not time.sleep(1)
                os.killpg(process.pid, signal.SIGKILL)
                self.was_killed = process.wait(timeout=30) == -signal.SIGKILL and half

    @contextlib.contextmanager
    def half_a_source(self, how):
        if how.command and "SOURCE" not in how.command:
            yield
            return
        os.mkfifo(self.source)
        entry = pwd.getpwnam(self.user)
        os.chown(self.source, entry.pw_uid, entry.pw_gid)
        fd = os.open(self.source, os.O_RDWR)  # open for reading too: it does not wait for the tool
        try:
            os.write(fd, self.new[:-2].encode())
            yield
        finally:
            os.close(fd)

    # After, as bob sees it

    def saved(self):
        """What is there if the tool saves. jq writes in a form of its own."""
        text = self.tool.result(self.old, self.new)
        if "jq" in self.tool.name:
            text = json.dumps(json.loads(text), separators=(",", ":")) + "\n"
        return text

    def bob_reads(self, path):
        return self.office.people.call(self.office.bob, content, path)[1]

    def value(self):
        return self.bob_reads(self.path)

    def status_lines(self, kind):
        """What .status says of a kind."""
        return re.findall(rf"^{kind}: (.*)$", self.bob_reads(self.directory + "/.status"), re.M)

    def history(self):
        """How many earlier values there are, by .status and by opening them."""
        start = self.subject.field + ":"
        numbers = [number for line in self.status_lines("history") if line.startswith(start)
                   for number in line[len(start):].split()]
        for number in numbers:
            assert self.bob_reads(f"{self.directory}/.history/{self.subject.field}/{number}")
        return len(numbers)

    # Cells

    def says(self):
        found = [word for word, text in PHRASES.items() if text in self.output]
        found += re.findall(r"\b(E\d+): ", self.output) if self.tool.drive else []  # vim's
        unknown = self.output.replace("Newline appended\n", "").strip()  # ed, with nothing wrong
        if found or self.tool.drive or not unknown:
            return "+".join(found) or "-"
        return "? " + unknown.replace(self.directory, "DIR")

    def left(self):
        """What is beside the field, for who saves and for bob."""
        names = self.names | {name.replace("FIELD", self.subject.field) for name in KNOWN}
        texts = []
        for user in (self.user, self.office.bob):
            _, found = self.office.people.call(user, present, self.directory, sorted(names))
            found = {self.plain(name) for name in found} - {"FIELD", *FIXED}
            texts.append(" ".join(sorted(found)) or "-")
        return texts

    def plain(self, name):
        name = name.replace(self.subject.field, "FIELD")
        for expression, text in RANDOM:
            name = re.sub(expression, text, name)
        return name

    def reader(self, saved):
        """The old value and then the new one; where it is unlinked, maybe nothing in between."""
        seen = ["old" if text == self.old else "new" if text == saved else text
                for text in self.seen]
        if self.tool.absent:
            seen = [text for text in seen if text != "ENOENT"]
            seen = [text for i, text in enumerate(seen) if i == 0 or text != seen[i - 1]]
        return ",".join(seen)
