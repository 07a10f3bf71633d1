"""The mount outlives the process that serves it: what is open stays open, who waits goes on."""
import errno
import os
import random
import signal
import subprocess
import time

import pytest

import mounting
from load import working

KEY = "sk-proj-" + "k" * 40
OTHER = "sk-proj-" + "o" * 40
LISTED = ["audit.log", "projects", "roles"]


def kill(mount):
    """Kill the worker, and wait until another one serves."""
    former = mount.worker()
    mount.allow_in_log("another one takes over")
    os.kill(former, signal.SIGKILL)
    mounting.wait_until(lambda: mount.worker() not in (None, former), 10, "another worker")
    return former


def test_names_and_values_outlive_the_worker(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    path = mount.path("orgs/acme/openai/api_key")
    before = os.stat(path)
    kill(mount)
    assert mount.get("orgs/acme/openai/api_key") == KEY
    after = os.stat(path)
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_an_open_file_reads_on(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    with open(mount.path("orgs/acme/openai/api_key"), "rb", buffering=0) as file:
        assert file.read(10) == KEY[:10].encode()
        mount.put("orgs/acme/openai/api_key", OTHER)
        kill(mount)
        assert file.read() == KEY[10:].encode()
        file.seek(0)
        assert file.read() == OTHER.encode()


def test_what_was_written_is_saved_by_the_successor(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    path = mount.path("orgs/acme/openai/api_key")
    with open(path, "wb", buffering=0) as file:
        file.write(OTHER[:20].encode())
        kill(mount)
        assert mount.get("orgs/acme/openai/api_key") == KEY
        file.write(OTHER[20:].encode())
        kill(mount)
    assert mount.get("orgs/acme/openai/api_key") == OTHER


def test_a_file_that_was_created_is_saved_by_the_successor(mount):
    mount.org("acme")
    mount.account("acme/openai")
    path = mount.path("orgs/acme/openai/api_key")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    kill(mount)
    os.write(descriptor, KEY.encode())
    os.close(descriptor)
    assert mount.get("orgs/acme/openai/api_key") == KEY


def test_scratch_files_outlive_the_worker(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    directory = mount.path("orgs/acme/openai")
    with open(directory + "/api_key.tmp", "wb", buffering=0) as file:
        file.write(OTHER[:20].encode())
        kill(mount)
        file.write(OTHER[20:].encode())
    os.symlink("somewhere", directory + "/.#api_key")
    kill(mount)
    assert os.readlink(directory + "/.#api_key") == "somewhere"
    os.unlink(directory + "/.#api_key")
    os.rename(directory + "/api_key.tmp", directory + "/api_key")
    assert mount.get("orgs/acme/openai/api_key") == OTHER
    kill(mount)
    assert sorted(os.listdir(directory)) == ["api_key", "provider"]


# under load

@pytest.fixture
def load(mount):
    with working(mount) as load:
        yield load


def test_no_operation_fails_however_often_the_worker_is_killed(mount, load):
    for _ in range(20):
        time.sleep(random.uniform(0.02, 0.3))
        kill(mount)
    before = load.count
    mounting.wait_until(lambda: load.count > before + 100, 20, "the clients go on")
    assert load.wrong == []


# upgrades

def upgrade(mount):
    former = mount.worker()
    mount.process.send_signal(signal.SIGHUP)
    mounting.wait_until(lambda: former not in mount.processes() and mount.worker(), 20,
                        "the next version serves")


def test_no_operation_fails_while_the_daemon_is_upgraded(mount, load):
    for _ in range(5):
        time.sleep(random.uniform(0.1, 0.4))
        upgrade(mount)
    before = load.count
    mounting.wait_until(lambda: load.count > before + 100, 20, "the clients go on")
    assert load.wrong == []
    assert "another one takes over" not in mount.log_text(), "nobody died"


def test_the_old_version_goes_on_when_the_new_one_cannot_begin(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    mount.allow_in_log("cannot begin")
    former = mount.worker()
    with open(mount.conf, "a", encoding="utf-8") as conf:
        conf.write("\n[nonsense]\n")
    mount.process.send_signal(signal.SIGHUP)
    mounting.wait_until(lambda: "the old one goes on" in mount.log_text(), 20, "it was tried")
    assert mount.worker() == former
    assert mount.get("orgs/acme/openai/api_key") == KEY


# the end

def test_a_worker_that_hangs_is_replaced(mounts):
    mount = mounts("[daemon]\nwatchdog = 2\n")
    mount.allow_in_log("hangs|takes over")
    mount.org("acme")
    former = mount.worker()
    os.kill(former, signal.SIGSTOP)
    assert sorted(os.listdir(mount.path("orgs/acme"))) == LISTED
    assert mount.worker() != former


def test_a_mount_whose_workers_cannot_begin_ends(mount):
    """Better told that there is nobody than kept waiting for ever."""
    mount.allow_in_log("the mount ends|takes over|store.db")
    os.rename(mount.db, mount.db + ".away")
    os.kill(mount.worker(), signal.SIGKILL)
    with pytest.raises(OSError) as error:
        os.listdir(mount.path("orgs"))
    assert error.value.errno in (errno.ENOTCONN, errno.ECONNABORTED)
    assert mount.process.wait(timeout=30) == 8
    mount.process = None
    subprocess.run(["umount", mount.root], check=True, timeout=30)


def test_status_tells_of_workers_and_why_they_died(mount):
    kill(mount)
    status = mount.credfs_alone("status").stdout
    assert "workers: 2\nworkers-died: 1\nlast-death: killed by signal 9 (KILL)\n" in status


# The configuration was broken while the mount was served

def break_it(mount, text):
    with open(mount.conf, encoding="utf-8") as file:
        former = file.read()
    if text is None:
        os.unlink(mount.conf)
    else:
        with open(mount.conf, "w", encoding="utf-8") as file:
            file.write(former + text)
    return former


@pytest.mark.parametrize("text", ["[store]\nnonsense = 1\n", "[daemon]\nuser = nobody-of-that-name\n",
                                  "[memory]\nlimit = 1000000G\n", None])
def test_the_mount_goes_on_with_the_settings_it_had(mounts, text):
    mount = mounts(settings="[history]\nkeep = 3\n")
    mount.allow_in_log("error|no worker can begin|credfs.conf:|memory cannot be locked|user:")
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    former = break_it(mount, text)
    for value in (OTHER, KEY):
        kill(mount)
        mount.put("orgs/acme/openai/api_key", value)
        assert mount.get("orgs/acme/openai/api_key") == value
    said = f"with {mount.conf} and the providers' files as they are now no worker can begin"
    assert mount.log_text().count(said) == 2
    with open(mount.conf, "w", encoding="utf-8") as file:
        file.write(former)
    kill(mount)
    assert mount.get("orgs/acme/openai/api_key") == KEY
    assert mount.log_text().count(said) == 2


def test_the_mount_goes_on_with_the_providers_it_had(mounts):
    mount = mounts()
    mount.allow_in_log("no worker can begin|site.conf:")
    mount.org("acme")
    directory = os.path.join(os.path.dirname(mount.conf), "providers.d")
    site = os.path.join(directory, "site.conf")
    os.makedirs(directory, exist_ok=True)
    with open(site, "w", encoding="utf-8") as file:
        file.write("[site]\ntitle = Site\n[site/token]\ninherit = no\n")
    kill(mount)
    mount.account("acme/ours", provider="site", token=KEY)
    with open(site, "a", encoding="utf-8") as file:
        file.write("[nonsense\n")
    for value in (OTHER, KEY):
        kill(mount)
        assert "site" in os.listdir(mount.path("providers"))
        mount.put("orgs/acme/ours/token", value)
        assert mount.get("orgs/acme/ours/token") == value
    assert mount.log_text().count("no worker can begin") == 2
    os.unlink(site)
    kill(mount)
    assert "site" not in os.listdir(mount.path("providers"))


def test_providers_that_were_copied_stand_for_no_other_directory(mounts):
    mount = mounts()
    mount.org("acme")
    base = os.path.dirname(mount.conf)
    for name in ("providers.d", "others.d"):
        os.makedirs(os.path.join(base, name), exist_ok=True)
        with open(os.path.join(base, name, "site.conf"), "w", encoding="utf-8") as file:
            file.write(f"[{name[:-2]}-site]\ntitle = Site\n")
    with open(mount.conf, encoding="utf-8") as file:
        text = file.read()
    with open(mount.conf, "w", encoding="utf-8") as file:
        file.write(text.replace("providers.d", "others.d"))
    kill(mount)
    assert "others-site" in os.listdir(mount.path("providers"))
    mount.allow_in_log("no worker can begin|credfs.conf:")
    break_it(mount, "nonsense\n")
    kill(mount)
    assert "others-site" in os.listdir(mount.path("providers"))
    assert "providers-site" not in os.listdir(mount.path("providers"))


def test_what_was_changed_and_taken_over_is_what_it_goes_on_with(mount):
    mount.allow_in_log("no worker can begin|credfs.conf:")
    mount.org("acme")
    break_it(mount, "[features]\nconnections = yes\n")
    kill(mount)
    assert "connections" in os.listdir(mount.path("orgs/acme"))
    break_it(mount, "nonsense\n")
    kill(mount)
    assert "connections" in os.listdir(mount.path("orgs/acme"))
