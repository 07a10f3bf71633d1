"""credfs backup and credfs restore: a copy of a live store, and putting it back."""
import os
import stat
import threading

EXISTS, OTHER, NO_STORE = 12, 1, 8


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
