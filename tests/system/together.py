"""Writers that close at the same moment: so that the daemon finds all of their closes waiting."""
import contextlib
import os
import re
import signal
import threading

import mounting


def waiting(mount):
    """Requests that the kernel has for the daemon, and that are not answered."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if words[4] == mount.root:
                number = words[2].split(":")[1]
    with open(f"/sys/fs/fuse/connections/{number}/waiting", encoding="ascii") as file:
        return int(file.read())


def generation(mount, org):
    """How many entries the organisation's log has."""
    with open(mount.path(".status"), encoding="utf-8") as file:
        return int(re.search(rf"^.*\b{org}\b.* generation=(\d+) ", file.read(), re.MULTILINE)[1])


def is_stopped(pid):
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/stat", encoding="utf-8") as file:
            if file.read().rpartition(")")[2].split()[0] not in "Tt":
                return False
    return True


def stop(mount):
    """Stop the worker, whichever it is by then; its number, or None."""
    worker = mount.worker()
    with contextlib.suppress(ProcessLookupError, FileNotFoundError):
        if worker:
            os.kill(worker, signal.SIGSTOP)
            while not is_stopped(worker):
                pass
            return worker
    return None


@contextlib.contextmanager
def stopped(mount):
    """While nothing is answered."""
    workers = []
    mounting.wait_until(lambda: workers.append(stop(mount)) or workers[-1], 10, "it is stopped")
    try:
        yield
    finally:
        os.kill(workers[-1], signal.SIGCONT)


def close_together(mount, values, others=0):
    """Save {path: text}, all of which are closed at once while so many others read without pause;
    {path: None, or the errno of its close}."""
    results = {}

    def close(path, descriptor):
        try:
            os.close(descriptor)
            results[path] = None
        except OSError as error:
            results[path] = error.errno

    threads = []
    for path, text in values.items():
        descriptor = os.open(mount.path(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.write(descriptor, text.encode())
        threads.append(threading.Thread(target=close, args=(path, descriptor), daemon=True))
    with stopped(mount):
        for thread in threads:
            thread.start()
        mounting.wait_until(lambda: waiting(mount) >= len(values) + others, 10, "all closes wait")
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive(), "a close hangs"
    return results
