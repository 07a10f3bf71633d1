"""credfs backup and credfs restore: a copy of a live store, and putting it back."""
import errno
import os
import pty
import re
import shutil
import sqlite3
import stat
import threading

import pytest

import mounting

OTHER, NO_STORE, STORE_DAMAGED, EXISTS, STORE_BUSY, MISMATCH = 1, 8, 10, 12, 15, 16
WRONG, UNCONFIRMED = 17, 18


def furnish(mount):
    mount.org("acme")
    mount.account("acme/app", provider="generic", key="value-0")
    mount.org("globex")
    mount.account("globex/app", provider="generic", key="sk-globex")


def backup(mount, name="backup.db", **more):
    path = f"{mount.base}/{name}"
    done = mount.credfs("backup", path, **more)
    assert done.returncode == 0, done
    assert done.stdout == done.stderr == "", "says something without a terminal"
    return path


class Writer:
    """Saves one value after the other; `saved` is the last one that was acknowledged."""

    def __init__(self, mount, path):
        self.mount, self.path, self.saved, self.go_on = mount, path, 0, True
        self.thread = threading.Thread(target=self.write)
        self.thread.start()

    def write(self):
        while self.go_on:
            self.mount.put(self.path, f"value-{self.saved + 1}")
            self.saved += 1

    def stop(self):
        self.go_on = False
        self.thread.join(timeout=60)


def test_a_backup_is_made_while_the_store_is_mounted(mount):
    furnish(mount)
    path = backup(mount)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert sorted(os.listdir(mount.base)) == ["backup.db", "credfs.conf", "creds", "log", "private"]
    assert mount.get("orgs/acme/app/key") == "value-0"


def test_a_backup_overwrites_nothing(mount):
    path = f"{mount.base}/mine"
    with open(path, "w", encoding="utf-8") as file:
        file.write("mine")
    done = mount.credfs("backup", path)
    assert done.returncode == EXISTS and "exists already" in done.stderr
    with open(path, encoding="utf-8") as file:
        assert file.read() == "mine"
    done = mount.credfs("backup", mount.base + "/no/such/directory/backup")
    assert done.returncode == OTHER and "No such file or directory" in done.stderr


def test_a_backup_needs_a_store(mounts):
    mount = mounts(init=False)
    assert mount.credfs("backup", mount.base + "/backup").returncode == NO_STORE
    assert not os.path.exists(mount.base + "/backup")


# restore

def copy_store(mount, name="old.db"):
    """As whoever can read the file does it, while the store is not mounted."""
    path = f"{mount.base}/{name}"
    shutil.copy(mount.db, path)
    return path


def put_back(mount, path):
    shutil.copy(path, mount.db)


def go_on(mount, count, path="orgs/acme/app/key"):
    for number in range(1, count + 1):
        mount.put(path, f"value-{number}")


@pytest.fixture
def put_behind(mount):
    """Unmounted; the database is an older copy of what this host has seen."""
    furnish(mount)
    mount.umount()
    old = copy_store(mount)
    mount.start()
    go_on(mount, 3)
    mount.umount()
    put_back(mount, old)
    mount.allow_in_log("was put back to an earlier state|is not the one that was seen|was removed")
    return mount


def on_terminal(mount, answer, *arguments):
    """Run credfs restore on a terminal and answer its question: the exit code, what it showed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(mounting.BINARY, mount.argv("restore", *arguments), mounting.ENVIRONMENT)
    shown = b""
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
        if answer and b"Type yes" in shown:
            os.write(terminal, answer)
            answer = b""
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_an_older_copy_of_the_store_is_refused(put_behind):
    put_behind.start()
    assert "was put back to an earlier state: it is at generation" in put_behind.log_text()
    with pytest.raises(OSError) as failure:
        put_behind.get("orgs/acme/app/key")
    assert failure.value.errno == errno.EIO
    assert put_behind.get("orgs/globex/app/key") == "sk-globex", "others go on"
    status = put_behind.get(".status")
    assert re.search(r'organisation: acme .*error="its log was put back to an earlier state', status)
    assert os.listdir(put_behind.path("orgs")) != [], "root sees that it is there"


def test_marks_are_written_while_mounted(mount):
    """What was seen before a daemon died is remembered, but for its last second."""
    furnish(mount)
    mount.umount()
    old = copy_store(mount)
    mount.start()
    before = os.stat(mount.pins).st_ino
    go_on(mount, 1)
    mounting.wait_until(lambda: os.stat(mount.pins).st_ino != before, 10, "the marks are written")
    mount.kill()
    put_back(mount, old)
    for suffix in ("-wal", "-shm"):
        os.unlink(mount.db + suffix)
    mount.allow_in_log("was put back to an earlier state")
    mount.start()
    with pytest.raises(OSError) as failure:
        mount.get("orgs/acme/app/key")
    assert failure.value.errno == errno.EIO
    assert mount.get("orgs/globex/app/key") == "sk-globex"


def test_restore_without_a_file_asks_and_accepts_what_there_is(put_behind):
    done = put_behind.credfs("restore")
    assert done.returncode == UNCONFIRMED and "--yes" in done.stderr
    assert re.search(r"^acme \([0-9a-f]{16}\) goes back to generation \d+ of 20.*, seen here: "
                     r"generation \d+ of 20.*; generations \d+ to \d+ are lost$", done.stdout,
                     re.MULTILINE)
    assert re.search(r"^globex \([0-9a-f]{16}\) holds, at generation", done.stdout, re.MULTILINE)

    code, shown = on_terminal(put_behind, b"no\n")
    assert code == UNCONFIRMED and "goes back" in shown
    code, shown = on_terminal(put_behind, b"yes\n")
    assert code == 0, shown
    put_behind.start()
    assert put_behind.get("orgs/acme/app/key") == "value-0"
    put_behind.put("orgs/acme/app/key", "value-after")
    put_behind.remount()
    assert put_behind.get("orgs/acme/app/key") == "value-after"
    assert "error=" not in put_behind.get(".status")


def test_the_abandoned_branch_does_not_come_back(put_behind):
    """Once accepted, the state that was given up is what is refused."""
    furthest = put_behind.base + "/old.db"
    assert put_behind.credfs("restore", "--yes").returncode == 0
    put_back(put_behind, furthest)
    put_behind.start()
    with pytest.raises(OSError):
        put_behind.get("orgs/acme/app/key")
    put_behind.umount()


def test_a_store_that_was_seen_as_it_is_needs_no_restore(mount):
    furnish(mount)
    mount.umount()
    done = mount.credfs("restore")
    assert done.returncode == 0 and "Nothing to restore" in done.stdout, done


def test_restore_refuses_a_mounted_store(mount):
    furnish(mount)
    path = backup(mount)
    for arguments in ((), (path,)):
        done = mount.credfs("restore", "--yes", *arguments)
        assert done.returncode == STORE_BUSY, done
    assert mount.get("orgs/acme/app/key") == "value-0"


def test_a_missing_list_is_made_anew_by_restore_alone(mount):
    furnish(mount)
    mount.umount()
    os.unlink(mount.pins)
    done = mount.credfs("mount", mount.root)
    assert done.returncode == MISMATCH and "credfs restore" in done.stderr
    done = mount.credfs("restore")
    assert done.returncode == UNCONFIRMED and "is new here and will be trusted" in done.stdout
    assert not os.path.exists(mount.pins)
    assert mount.credfs("restore", "--yes").returncode == 0
    mount.start()
    assert mount.get("orgs/acme/app/key") == "value-0"
    assert mount.get("orgs/globex/app/key") == "sk-globex"


def test_restore_of_a_backup_tells_what_is_lost(mount):
    furnish(mount)
    path = backup(mount)
    go_on(mount, 3)
    mount.org("late")
    mount.umount()
    done = mount.credfs("restore", path)
    assert done.returncode == UNCONFIRMED
    assert re.search(r"^acme .* goes back to .*; 3 changes are lost: generations \d+ to \d+, of 20",
                     done.stdout, re.MULTILINE), done.stdout
    assert re.search(r"^late .* is missing and will be forgotten", done.stdout, re.MULTILINE)
    mount.start()
    assert mount.get("orgs/acme/app/key") == "value-3", "nothing has happened yet"
    mount.umount()

    done = mount.credfs("restore", "--yes", path)
    assert done.returncode == 0, done
    kept = re.search(r"kept as (\S+)\.$", done.stdout, re.MULTILINE)[1]
    mount.start()
    assert mount.get("orgs/acme/app/key") == "value-0"
    assert sorted(os.listdir(mount.path("orgs"))) == ["acme", "globex"]
    mount.umount()
    assert stat.S_IMODE(os.stat(kept).st_mode) == 0o600

    # And back again: the former store is a backup too.
    done = mount.credfs("restore", "--yes", kept)
    assert done.returncode == 0, done
    assert "is another branch" in done.stdout and "late" in done.stdout
    mount.start()
    assert mount.get("orgs/acme/app/key") == "value-3"
    assert "late" in os.listdir(mount.path("orgs"))


def test_a_backup_of_a_busy_store_restored_elsewhere_has_all_that_was_acknowledged(mount, mounts):
    furnish(mount)
    for number in range(20):
        mount.account(f"acme/many{number}", provider="generic", key=f"many-{number}")
    writer = Writer(mount, "orgs/acme/app/key")
    try:
        mounting.wait_until(lambda: writer.saved > 20, 30, "the writer writes")
        acknowledged = writer.saved
        path = backup(mount)
        after = writer.saved
    finally:
        writer.stop()
    assert after >= acknowledged

    elsewhere = mounts(init=False)
    shutil.copy(mount.identity, elsewhere.identity)
    os.chmod(elsewhere.identity, 0o400)
    done = elsewhere.credfs("restore", "--yes", path)
    assert done.returncode == 0, done
    elsewhere.start()
    number = int(elsewhere.get("orgs/acme/app/key").removeprefix("value-"))
    assert acknowledged <= number <= after + 1
    for number in range(20):
        assert elsewhere.get(f"orgs/acme/many{number}/key") == f"many-{number}"
    assert elsewhere.get("orgs/globex/app/key") == "sk-globex"


def test_restore_takes_the_place_of_a_store_that_cannot_be_opened(mount):
    furnish(mount)
    path = backup(mount)
    mount.umount()
    with open(mount.db, "r+b") as file:
        file.write(b"no database at all")
    assert mount.credfs("mount", mount.root).returncode == STORE_DAMAGED
    assert mount.credfs("restore", "--yes", path).returncode == 0
    mount.start()
    assert mount.get("orgs/acme/app/key") == "value-0"


def test_restore_needs_the_identity_that_the_backup_is_for(mount, mounts):
    furnish(mount)
    path = backup(mount)
    other = mounts(start=False)
    done = other.credfs("restore", "--yes", path)
    assert done.returncode == MISMATCH, done
    assert not os.path.exists(other.db + ".restoring")


def test_restore_refuses_what_is_no_backup(mount):
    furnish(mount)
    mount.umount()
    before = sorted(os.listdir(mount.private))
    assert mount.credfs("restore", "--yes", mount.base + "/nothing").returncode == NO_STORE
    assert mount.credfs("restore", "--yes", mount.conf).returncode == STORE_DAMAGED
    assert mount.credfs("restore", "--yes", mount.base).returncode in (OTHER, STORE_DAMAGED)
    assert sorted(os.listdir(mount.private)) == before
    mount.start()
    assert mount.get("orgs/acme/app/key") == "value-0"


def test_a_damaged_backup_is_restored_only_when_told(mount):
    furnish(mount)
    path = backup(mount)
    mount.umount()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE value SET ct = zeroblob(length(ct))")
    database.close()
    done = mount.credfs("restore", "--yes", path)
    assert done.returncode == STORE_DAMAGED and "--damaged" in done.stderr
    assert re.search(r"^damage: acme: app/key version 1: was altered$", done.stdout, re.MULTILINE)
    done = mount.credfs("restore", "--yes", "--damaged", path)
    assert done.returncode == 0, done
    mount.start()
    mount.allow_in_log("error")
    with pytest.raises(OSError) as failure:
        mount.get("orgs/acme/app/key")
    assert failure.value.errno == errno.EIO
