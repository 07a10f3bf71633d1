"""credfs init: what it makes, and that it leaves nothing behind when it cannot."""
import os
import re
import subprocess

import pytest

import mounting

OTHER, EXISTS = 1, 12


@pytest.fixture
def bare(mounts):
    return mounts(init=False)


def everything(directory):
    return sorted(os.path.join(base, name) for base, directories, files in os.walk(directory)
                  for name in directories + files)


def test_init_makes_three_files_and_shows_a_phrase(bare):
    done = bare.credfs("init", "--unconfirmed")
    assert done.returncode == 0
    assert re.search(r"Recovery phrase.*\n    \S", done.stdout, re.DOTALL)
    assert everything(bare.private) == sorted([bare.db, bare.identity, bare.pins])


def test_a_directory_is_made_for_the_store(bare):
    os.rmdir(bare.private)
    assert bare.credfs("init", "--unconfirmed").returncode == 0
    assert os.stat(bare.private).st_mode & 0o777 == 0o700


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("arguments", [[], ["--no-recovery"]])
def test_output_that_cannot_be_written_leaves_nothing_behind(bare, there, arguments):
    """The phrase would be lost: so must be the store that it opens."""
    if not there:
        os.rmdir(bare.private)
    before = everything(bare.base)
    done = bare.credfs("init", "--unconfirmed", *arguments,
                       wrapper=("sh", "-c", 'exec "$@" > /dev/full', "sh"))
    assert done.returncode == OTHER
    assert "No space left on device" in done.stderr
    assert everything(bare.base) == before
    assert bare.credfs("init", "--unconfirmed").returncode == 0


def test_a_disk_that_fills_leaves_nothing_behind(bare):
    """However far it comes: whatever has room on the disk before it is full."""
    script = ('mount -t tmpfs -o size=$((4096 * $1)),nr_inodes=$2 none "$0"; shift 2; "$@" 2>&1; '
              'echo "$?"; ls -A "$0"; umount "$0"')
    results = []
    for pages in [1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 18, 20, 64]:
        for inodes in [2, 3, 4, 5, 6, 99]:
            done = subprocess.run(
                ["unshare", "--mount", "--propagation", "private", "sh", "-c", script,
                 bare.private, str(pages), str(inodes), *bare.argv("init", "--no-recovery")],
                env=mounting.ENVIRONMENT, capture_output=True, text=True, timeout=60, check=True)
            said, status, *left = done.stdout.splitlines()
            results.append(status)
            if status == "0":
                assert left == ["identity", "identity.pins", "store.db"]
            else:
                assert (status, left) == ("1", []), (pages, inodes, done)
                assert said.startswith(f"credfs: cannot create {bare.private}/"), said
    assert {"0", "1"} == set(results)


@pytest.mark.parametrize("which", ["path", "identity"])
def test_a_directory_that_is_not_there_is_named(bare, which):
    setting = {"path": bare.db, "identity": bare.identity}[which]
    with open(bare.conf, encoding="utf-8") as file:
        text = file.read()
    with open(bare.conf, "w", encoding="utf-8") as file:
        file.write(text.replace(f"{which} = {setting}", f"{which} = {bare.base}/no/such/file"))
    before = everything(bare.base)
    done = bare.credfs("init", "--unconfirmed")
    assert done.returncode == OTHER
    assert done.stderr == (f"credfs: cannot create {bare.base}/no/such: "
                           "No such file or directory\n")
    assert everything(bare.base) == before


def test_a_directory_that_cannot_be_written_is_named_by_the_file(bare):
    os.rmdir(bare.private)
    os.symlink("/proc/self/fdinfo", bare.private)
    done = bare.credfs("init", "--unconfirmed")
    os.unlink(bare.private)
    os.mkdir(bare.private)
    assert done.returncode == OTHER
    assert done.stderr.startswith(f"credfs: cannot create {bare.identity}: ")


@pytest.mark.parametrize("which", ["db", "identity", "pins"])
def test_what_is_there_stays(bare, which):
    path = getattr(bare, which)
    with open(path, "w", encoding="utf-8") as file:
        file.write("mine")
    done = bare.credfs("init", "--unconfirmed")
    assert (done.returncode, done.stdout) == (EXISTS, "")
    assert path in done.stderr
    assert everything(bare.private) == [path]
    with open(path, encoding="utf-8") as file:
        assert file.read() == "mine"
