"""The commands: help, mounting in the background, ending, recovering, status and list."""
import json
import os
import re
import signal
import subprocess

import pytest

import mounting

USAGE = 2
COMMANDS = ["init", "mount", "status", "list", "check", "exec", "rm", "test"]
KEY = "sk-proj-" + "c" * 40


def credfs(*arguments):
    return subprocess.run([mounting.BINARY, *arguments], env=mounting.ENVIRONMENT,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)


@pytest.fixture
def background(mounts):
    """A store mounted as an operator does: the command returns, the daemon stays."""
    mount = mounts(start=False)
    done = mount.credfs("mount", mount.root)
    assert done.returncode == 0, done
    assert done.stdout == ""
    yield mount
    if mounting.is_mounted(mount.root):
        subprocess.run(["umount", mount.root], check=True)
    mounting.wait_until(lambda: not mount.processes(), 10, "the daemon has ended")


# help

def test_help_names_every_command():
    done = credfs("--help")
    assert done.returncode == 0
    assert done.stderr == ""
    for command in COMMANDS:
        assert f" {command}" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command):
    done = credfs(command, "--help")
    assert done.returncode == 0
    assert f"credfs {command}" in done.stdout


def test_version_is_the_build_s():
    done = credfs("--version")
    assert done.returncode == 0
    assert done.stdout.split()[0] == "credfs"
    assert done.stdout.split()[1][0].isdigit()


@pytest.mark.parametrize("arguments", [
    [], ["fly"], ["--fly"], ["mount"], ["mount", "/a", "/b"], ["mount", "--fly", "/a"],
    ["init", "more"], ["status", "--fly"], ["-c"],
])
def test_wrong_usage_is_told_on_stderr(arguments):
    done = credfs(*arguments)
    assert done.returncode == USAGE, done
    assert done.stdout == ""
    assert re.match(r"(\S*credfs( \w+)?: |Usage: )", done.stderr), done


# mounting and ending

def test_mount_returns_when_the_mount_answers(background):
    assert "orgs" in os.listdir(background.root)
    background.org("acme")
    background.account("acme/openai", api_key=KEY)
    assert background.get("orgs/acme/openai/api_key") == KEY


def test_the_daemon_keeps_no_descriptor_of_its_starter(mounts):
    """A script that captures the output of `credfs mount` must not wait for the daemon's end."""
    mount = mounts(start=False)
    done = subprocess.run(["sh", "-c", f'out=$("$@"); echo "[$out]"', "sh",
                           *mount.argv("mount", mount.root)],
                          env=mounting.ENVIRONMENT, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done
    subprocess.run(["umount", mount.root], check=True)
    mounting.wait_until(lambda: not mount.processes(), 10, "the daemon has ended")


def test_umount_ends_the_daemon(background):
    assert background.processes()
    subprocess.run(["umount", background.root], check=True)
    mounting.wait_until(lambda: not background.processes(), 10, "the daemon has ended")
    assert os.listdir(background.root) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_unmounts(mount, number):
    mount.process.send_signal(number)
    assert mount.process.wait(timeout=20) == 0
    mount.process = None
    assert not mounting.is_mounted(mount.root)
    mounting.wait_until(lambda: not mount.processes(), 10, "the daemon has ended")


def test_the_mount_is_nosuid_nodev_noexec(mount):
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        (line,) = [line.split() for line in mounts if line.split()[4] == mount.root]
    assert {"nosuid", "nodev", "noexec"} <= set(line[5].split(","))


def test_a_stale_mount_is_recovered_by_mounting_again(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    mount.kill()
    with pytest.raises(OSError):
        os.listdir(mount.root)
    mount.start()
    assert mount.get("orgs/acme/openai/api_key") == KEY
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        assert sum(line.split()[4] == mount.root for line in mounts) == 1


def test_what_was_written_is_there_after_a_remount(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    mount.project("acme", "etl")
    os.symlink("../../openai", mount.path("orgs/acme/projects/etl/openai"))
    before = os.stat(mount.path("orgs/acme/openai/api_key"))
    mount.remount()
    after = os.stat(mount.path("orgs/acme/openai/api_key"))
    assert mount.get("orgs/acme/projects/etl/openai/api_key") == KEY
    assert (before.st_ino, before.st_mtime_ns, before.st_size) == \
           (after.st_ino, after.st_mtime_ns, after.st_size)


# looking

@pytest.fixture
def furnished(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY)
    mount.account("acme/Production Anthropic", provider="anthropic")
    mount.project("acme", "etl")
    os.symlink("../../openai", mount.path("orgs/acme/projects/etl/openai"))
    mount.org("globex")
    mount.account("globex/openai", api_key=KEY)
    return mount


def test_list_shows_each_account_and_who_uses_it(furnished):
    done = furnished.credfs_alone("list")
    assert done.returncode == 0, done
    rows = [line for line in done.stdout.splitlines() if "acme" in line or "globex" in line]
    assert len(rows) == 3, done.stdout
    (openai,) = [row for row in rows if "acme/openai" in row]
    assert "etl" in openai
    (anthropic,) = [row for row in rows if "Production Anthropic" in row]
    assert "anthropic" in anthropic
    assert KEY not in done.stdout + done.stderr


def test_list_as_json_is_for_scripts(furnished):
    done = furnished.credfs_alone("list", "--json")
    assert done.returncode == 0, done
    accounts = {row["account"]: row for row in json.loads(done.stdout)["accounts"]}
    assert sorted(accounts) == ["acme/Production Anthropic", "acme/openai", "globex/openai"]
    assert "etl" in accounts["acme/openai"]["used-by"]
    assert accounts["acme/openai"]["state"] == "complete, 1 warning"
    assert accounts["acme/Production Anthropic"]["provider"] == "anthropic"
    assert KEY not in done.stdout


def test_status_shows_mount_and_organisations(furnished):
    done = furnished.credfs_alone("status")
    assert done.returncode == 0, done
    for word in (furnished.root, "acme", "globex", "sqlite"):
        assert word in done.stdout
    assert KEY not in done.stdout


def test_status_says_that_nothing_is_mounted(mounts):
    done = mounts(start=False).credfs_alone("status")
    assert (done.returncode, done.stdout, done.stderr) == (0, "not mounted\n", "")


def test_list_of_one_mount_shows_what_the_caller_may_see(furnished, people):
    """carol has a role in one organisation, and no right to see who uses what."""
    carol = people.user("carol")
    furnished.put("orgs/globex/roles/member", "user:" + carol)
    done = people.run(carol, furnished.argv("list", "--json", furnished.root))
    rows = json.loads(done.stdout)["accounts"]
    assert [row["account"] for row in rows] == ["globex/openai"]
    assert rows[0]["used-by"] is None
