"""inotify, as the tests need it: what happened to a file or a directory since one last looked."""
import ctypes
import os
import select
import struct
import time

LIBC = ctypes.CDLL(None, use_errno=True)
NAMES = {0x1: "ACCESS", 0x2: "MODIFY", 0x4: "ATTRIB", 0x8: "CLOSE_WRITE", 0x10: "CLOSE_NOWRITE",
         0x20: "OPEN", 0x40: "MOVED_FROM", 0x80: "MOVED_TO", 0x100: "CREATE", 0x200: "DELETE",
         0x400: "DELETE_SELF", 0x800: "MOVE_SELF", 0x2000: "UNMOUNT", 0x8000: "IGNORED"}


class Watch:
    """Watches one path from the moment it is made."""

    def __init__(self, path):
        self.fd = LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if LIBC.inotify_add_watch(self.fd, os.fsencode(path), 0xfff) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)

    def close(self):
        os.close(self.fd)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def drain(self, seconds=0.0):
        """[(event, name)] of what there is, and of what comes within the time."""
        events = []
        end = time.monotonic() + seconds
        while select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
            data = os.read(self.fd, 65536)
            while data:
                _, mask, _, length = struct.unpack_from("iIII", data)
                name = data[16:16 + length].rstrip(b"\0").decode()
                events += [(text, name) for bit, text in NAMES.items() if mask & bit]
                data = data[16 + length:]
        return events

    def until(self, event, seconds=5.0):
        """Everything up to an event that must come."""
        events = []
        end = time.monotonic() + seconds
        while event not in [text for text, _ in events]:
            if time.monotonic() > end:
                raise AssertionError(f"no {event} within {seconds} s, only {events}")
            events += self.drain(0.02)
        return events + self.drain()
