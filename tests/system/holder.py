"""Who keeps descriptors while a daemon is restarted, as systemd's descriptor store does: it takes what
the daemon sends to NOTIFY_SOCKET, and hands it to the next one (LISTEN_FDS)."""
import array
import os
import socket

LAUNCH = """
import os, sys
names, program = sys.argv[1].split(":") if sys.argv[1] else [], sys.argv[2:]
for place, number in enumerate(range(100, 100 + len(names))):
    os.dup2(number, 3 + place)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(names)),
                  LISTEN_FDNAMES=":".join(names))
os.execv(program[0], program)
"""


class Holder:
    def __init__(self, path):
        self.path = path
        self.kept = {}
        self.lines = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.setblocking(False)

    def take(self):
        """What was sent since."""
        while True:
            try:
                data, ancillary, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(64))
            except BlockingIOError:
                return
            words = dict(line.split("=", 1) for line in data.decode().splitlines())
            self.lines.append(words)
            numbers = array.array("i")
            for level, kind, sent in ancillary:
                assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
                numbers.frombytes(sent)
            if words.get("FDSTORE"):
                assert len(numbers) == 1
                assert words["FDPOLL"] == "0", "who kept it would be woken by each request"
                self.kept[words["FDNAME"]] = numbers[0]
            elif words.get("FDSTOREREMOVE") and words["FDNAME"] in self.kept:
                os.close(self.kept.pop(words["FDNAME"]))

    def is_ready(self):
        self.take()
        return any(words.get("READY") for words in self.lines)

    def launcher(self):
        """How the next daemon is started: arguments in front of its own, and what Popen needs."""
        names = list(self.kept)
        for place, name in enumerate(names):
            os.dup2(self.kept[name], 100 + place)
        self.lines = []
        return (["/usr/bin/python3", "-EsBc", LAUNCH, ":".join(names)],
                {"pass_fds": range(100, 100 + len(names))})

    def close(self):
        for number in self.kept.values():
            os.close(number)
        for place in range(len(self.kept)):
            try:
                os.close(100 + place)
            except OSError:
                pass
        self.socket.close()
