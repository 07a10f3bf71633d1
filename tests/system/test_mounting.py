"""Mounting as scripts, mount(8) and fstab do it."""
import os
import signal
import subprocess
import time

import pytest

import mounting

CANNOT_MOUNT, MOUNTED, USAGE, BUSY = 14, 4, 2, 15


def end(mount):
    """Unmount a daemon that runs in the background, and wait for its end."""
    if mounting.is_mounted(mount.root):
        subprocess.run(["umount", mount.root], check=True, timeout=30)
    mounting.wait_until(lambda: not mount.processes(), 10, "the daemon has ended")


@pytest.fixture
def idle(mounts):
    """A store that is not mounted; what a test mounts in the background ends with it."""
    mount = mounts(start=False)
    yield mount
    end(mount)


def daemon_of(mount):
    """The process that has the store open."""
    return mount.worker()


# starting

def test_mounting_again_at_once_waits_for_the_daemon_that_ends(idle):
    assert idle.credfs("mount", idle.root).returncode == 0
    former = daemon_of(idle)
    os.kill(former, signal.SIGSTOP)
    try:
        subprocess.run(["umount", "-l", idle.root], check=True, timeout=30)
        mount = subprocess.Popen(idle.argv("mount", idle.root), env=mounting.ENVIRONMENT,
                                 stderr=subprocess.PIPE, text=True)
        time.sleep(0.5)
        assert mount.poll() is None
    finally:
        os.kill(former, signal.SIGCONT)
    assert (mount.communicate(timeout=30)[1], mount.returncode) == ("", 0)
    assert "orgs" in os.listdir(idle.root)


def test_a_store_in_use_is_not_waited_for_long(mount):
    elsewhere = mount.base + "/elsewhere"
    os.mkdir(elsewhere)
    done = mount.credfs("mount", elsewhere, timeout=20)
    assert done.returncode == BUSY
    assert "another daemon" in done.stderr


def test_mounts_without_standard_descriptors(idle):
    done = idle.credfs("mount", idle.root,
                       wrapper=("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"))
    assert done.returncode == 0
    assert "orgs" in os.listdir(idle.root)


def test_the_daemon_keeps_no_other_descriptor_of_its_starter(idle):
    with open(idle.base + "/callers", "w+", encoding="utf-8") as file:
        subprocess.run(idle.argv("mount", idle.root), env=mounting.ENVIRONMENT, check=True,
                       timeout=30, pass_fds=[file.fileno()])
        directory = f"/proc/{daemon_of(idle)}/fd"
        targets = [os.readlink(f"{directory}/{fd}") for fd in os.listdir(directory)]
    assert any("store.db" in target for target in targets)
    assert idle.base + "/callers" not in targets


# mount(8)

@pytest.fixture
def helped(idle):
    """Runs a script where mount.credfs lies in /sbin, in a mount namespace of its own; $0 is the
    mount point, $1 the fstab, $2 the configuration."""
    fstab = idle.base + "/fstab"

    def run(line, script):
        with open(fstab, "w", encoding="utf-8") as file:
            file.write(line + "\n")
        # /sbin may be a link to /usr/sbin; what the script needs lies in bin.
        setup = (f'set -e; mount -t tmpfs none "$(readlink -f /sbin)"; '
                 f'ln -s {mounting.BINARY} /sbin/mount.credfs; set +e; ')
        done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c",
                               setup + script, idle.root, fstab, idle.conf],
                              env=mounting.ENVIRONMENT, cwd="/", stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60)
        mounting.wait_until(lambda: not mounting.processes_naming(idle.base + "/"), 10,
                            "the daemon has ended")
        return done
    return run


def line(mount, options):
    return f"{mount.conf} {mount.root} credfs {options} 0 0"


@pytest.mark.parametrize("options", [
    "defaults,_netdev", "defaults", "rw,noauto,user,nofail", "noatime,nouser,comment=creds",
    "nosuid,nodev,noexec,relatime,x-systemd.automount",
])
def test_a_line_of_fstab_mounts_and_umount_ends_it(idle, helped, options):
    done = helped(line(idle, options), 'mount -T "$1" "$0" && ls "$0" && umount "$0" && ls "$0"')
    assert (done.returncode, done.stdout, done.stderr) == (0, "orgs\nproviders\nuse\n", "")


def test_mount_all_mounts_once(idle, helped):
    done = helped(line(idle, "defaults,_netdev"),
                  'mount -a -T "$1" && mount -a -T "$1" && grep -c "$0" /proc/mounts; umount "$0"')
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


def test_a_source_that_is_no_path_is_only_a_name(idle, helped):
    """Then the configuration is the usual one; here, one that is put in its place."""
    script = ('mkdir -p /sbin/etc/credfs && cp -a /etc/passwd /etc/group /etc/nsswitch.conf '
              '/sbin/etc/ && cp "$2" /sbin/etc/credfs/credfs.conf && cp "$1" /sbin/etc/ && '
              'mount --bind /sbin/etc /etc && mount -T /etc/fstab "$0" && grep "$0" /proc/mounts; '
              'umount "$0"')
    done = helped(f"credfs {idle.root} credfs defaults,_netdev 0 0", script)
    assert done.stdout.startswith(f"credfs {idle.root} fuse.credfs rw,nosuid,nodev,noexec"), done


def test_ro_is_read_only(idle, helped):
    assert idle.credfs("mount", idle.root).returncode == 0
    idle.org("acme")
    idle.account("acme/openai", api_key="sk-proj-" + "c" * 40)
    end(idle)
    done = helped(line(idle, "ro"), 'mount -T "$1" "$0"; cd "$0/orgs/acme/openai" && cat api_key; '
                  'echo sk-proj-1 > api_key; mkdir ../more; rm api_key; cd /; umount "$0"')
    assert done.stdout == "sk-proj-" + "c" * 40
    assert done.stderr.count("Read-only file system") == 3, done.stderr


@pytest.mark.parametrize("options,said", [
    ("remount,ro", "mount option remount: a mount cannot be changed"),
    ("exec", "always nosuid, nodev and noexec"),
    ("allow_other", "mount option allow_other: there is no such option"),
])
def test_options_that_cannot_be_had_are_named(idle, helped, options, said):
    done = helped("", f'mount.credfs "$2" "$0" -o {options}')
    assert done.returncode == USAGE
    assert said in done.stderr
    assert not mounting.is_mounted(idle.root)


@pytest.mark.parametrize("flags", [
    "-n -v -t credfs", "-s -o fancy", "-nv -o rw,_netdev",
])
def test_the_flags_of_mount_are_taken(helped, flags):
    done = helped("", f'mount.credfs "$2" "$0" {flags} && ls "$0"; umount "$0"')
    assert (done.stdout, done.stderr) == ("orgs\nproviders\nuse\n", "")


def test_fake_checks_and_mounts_nothing(idle, helped):
    done = helped("", 'mount.credfs "$2" "$0" -f; echo $?; mount.credfs "$2" "$0/none" -f; echo $?;'
                  ' mount.credfs "$2.none" "$0" -f; echo $?; ls "$0"')
    assert done.stdout == f"0\n{CANNOT_MOUNT}\n3\n", done
    assert done.stderr.count("No such file or directory") == 2


@pytest.mark.parametrize("arguments", ['', '"$2"', '"$2" "$0" more', '"$2" "$0" -N /proc/1/ns/mnt'])
def test_wrong_use_of_the_helper_is_told(helped, arguments):
    done = helped("", f"mount.credfs {arguments}")
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert "mount.credfs" in done.stderr
