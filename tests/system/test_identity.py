"""Where a host's identity comes from: a passphrase, a credential of systemd, the recovery phrase."""
import contextlib
import os
import re
import shutil
import signal
import subprocess

import pytest

from mounting import is_mounted, wait_until
from terminal import CONTROL, ENTER, Terminal

NO_IDENTITY, IDENTITY_OPEN, DAMAGED, MEMORY = 5, 6, 7, 11
CONFIGURATION, UNCONFIRMED, PASSPHRASE_WRONG = 3, 18, 23
PASSPHRASE, OTHER = "correct horse battery", "staple of another one"
PHRASE = re.compile(r"^ +((?:[0-9a-f]{4} ){17}[0-9a-f]{4})$", re.MULTILINE)
VALUE = "sk-proj-first-value"


@pytest.fixture
def bare(mounts):
    return mounts(init=False)


@pytest.fixture
def sealed(bare):
    """A store whose identity takes a passphrase, not mounted."""
    done = bare.credfs("init", "--passphrase", "--no-recovery", answers=PASSPHRASE + "\n")
    assert done.returncode == 0, done.stderr
    assert PASSPHRASE not in done.stdout + done.stderr
    return bare


def everything(directory):
    return sorted(os.path.join(base, name) for base, directories, files in os.walk(directory)
                  for name in directories + files)


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def put_text(path, text):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w",
              encoding="utf-8") as file:
        file.write(text)


def at_terminal(mount, *arguments):
    return Terminal("root", mount.argv(*arguments), mount.environment)


# A passphrase

def test_the_identity_holds_no_seed_and_the_usual_cost(sealed):
    lines = text_of(sealed.identity).splitlines()
    assert lines[:2] == ["credfs identity 2", "recovery none"]
    assert re.fullmatch(r"argon2id 3 256 [0-9a-f]{32}", lines[2])
    assert re.fullmatch(r"seed [0-9a-f]{144}", lines[3])
    assert os.stat(sealed.identity).st_mode & 0o777 == 0o400


def test_a_mount_asks_for_the_passphrase_once_and_workers_come_and_go(sealed):
    sealed.start(answers=PASSPHRASE + "\n")
    sealed.org("acme")
    sealed.account("acme/openai", api_key=VALUE)
    former = sealed.worker()
    sealed.allow_in_log("takes over")
    os.kill(former, signal.SIGKILL)
    wait_until(lambda: sealed.worker() not in (None, former), 10, "another worker")
    assert sealed.get("orgs/acme/openai/api_key") == VALUE
    sealed.put("orgs/acme/openai/api_key", VALUE + "-2")
    sealed.umount()
    sealed.start(answers=PASSPHRASE + "\n")
    assert sealed.get("orgs/acme/openai/api_key") == VALUE + "-2"


@pytest.mark.parametrize("answers,says", [("", "nobody gave one"), ("\n", "does not open"),
                                          (OTHER + "\n", "does not open")])
@pytest.mark.parametrize("arguments", [["mount"], ["key", "show"], ["check", "--store"],
                                       ["restore", "--yes"], ["audit", "--verify"]])
def test_without_the_right_passphrase_nothing_opens(sealed, arguments, answers, says):
    arguments = [*arguments, sealed.root] if arguments == ["mount"] else arguments
    done = sealed.credfs(*arguments, answers=answers)
    assert done.returncode == PASSPHRASE_WRONG, done
    assert says in done.stderr and sealed.identity in done.stderr
    assert not is_mounted(sealed.root)
    assert not sealed.processes()


def test_every_command_takes_the_passphrase_from_a_line_of_stdin(sealed):
    for arguments in (["key", "show"], ["key", "list"], ["check", "--store"], ["restore"],
                      ["audit", "--verify"], ["mount", sealed.root]):
        done = sealed.credfs(*arguments, answers=PASSPHRASE + "\n")
        assert done.returncode == 0, (arguments, done)
    assert is_mounted(sealed.root)
    subprocess.run(["umount", sealed.root], check=True, timeout=30)
    wait_until(lambda: not sealed.processes(), 10, "no process is left")
    # also without a newline at the end
    assert sealed.credfs("key", "show", answers=PASSPHRASE).returncode == 0


def test_a_terminal_is_asked_without_echo_and_again_when_it_was_wrong(sealed):
    with at_terminal(sealed, "mount", sealed.root) as terminal:
        terminal.wait_for("Passphrase of this host's identity:")
        terminal.type(OTHER, ENTER)
        terminal.wait_for("That is not it")
        terminal.wait_for(r"(?s)not it.*identity:")
        terminal.type(PASSPHRASE, ENTER)
        assert terminal.finish() == 0
        shown = terminal.text()
    assert OTHER not in shown and PASSPHRASE not in shown
    assert is_mounted(sealed.root)
    subprocess.run(["umount", sealed.root], check=True, timeout=30)
    wait_until(lambda: not sealed.processes(), 10, "no process is left")


def test_init_asks_a_terminal_twice(bare):
    with at_terminal(bare, "init", "--passphrase", "--no-recovery") as terminal:
        terminal.wait_for("New passphrase:")
        terminal.type(PASSPHRASE, ENTER)
        terminal.wait_for("once more:")
        terminal.type(OTHER, ENTER)
        terminal.wait_for("two different ones")
        assert terminal.finish() == PASSPHRASE_WRONG
    assert everything(bare.private) == []
    with at_terminal(bare, "init", "--passphrase", "--no-recovery") as terminal:
        terminal.wait_for("New passphrase:")
        terminal.type(PASSPHRASE, ENTER)
        terminal.wait_for("once more:")
        terminal.type(PASSPHRASE, ENTER)
        assert terminal.finish() == 0
        assert PASSPHRASE not in terminal.text()
    assert bare.credfs("key", "show", answers=PASSPHRASE + "\n").returncode == 0


def test_a_passphrase_that_is_too_short_or_missing_makes_nothing(bare):
    for answers in ("", "\n", "1234567\n", "x" * 1025 + "\n"):
        done = bare.credfs("init", "--passphrase", "--no-recovery", answers=answers)
        assert done.returncode in (1, PASSPHRASE_WRONG), done
        assert everything(bare.private) == []
    assert bare.credfs("init", "--passphrase", "--no-recovery",
                       answers="x" * 1024 + "\n").returncode == 0
    assert bare.credfs("key", "show", answers="x" * 1024 + "\n").returncode == 0


@pytest.mark.parametrize("press,ends", [(CONTROL["c"], -signal.SIGINT), (CONTROL["d"], None)])
def test_who_breaks_off_has_his_terminal_back(sealed, press, ends):
    """What is typed afterwards is shown again."""
    script = 'trap : INT; "$@"; echo "ended $?"; read line; exit 0'
    argv = ["sh", "-c", script, "sh", *sealed.argv("key", "show")]
    with Terminal("root", argv, sealed.environment) as terminal:
        terminal.wait_for("identity:")
        terminal.type("half of it")
        if ends is None:
            terminal.type(CONTROL["u"])
        terminal.type(press)
        code = terminal.wait_for(r"ended (\d+)", 10)[1]
        assert int(code) == (128 + signal.SIGINT if ends else PASSPHRASE_WRONG)
        terminal.type("seen again")
        terminal.wait_for("seen again", 10)
        terminal.type(ENTER)
        assert terminal.finish() == 0
        assert "half of it" not in terminal.text()


def test_one_that_is_stopped_asks_again_when_it_goes_on(sealed):
    argv = ["bash", "--norc", "-i"]
    with Terminal("root", argv, {**sealed.environment, "PS1": "ready> "}) as terminal:
        terminal.wait_for("ready>")
        terminal.type(" ".join(sealed.argv("key", "show")), ENTER)
        terminal.wait_for("identity:")
        terminal.type(CONTROL["z"])
        terminal.wait_for("Stopped")
        terminal.type("echo visible", ENTER)
        terminal.wait_for(r"\nvisible")
        terminal.type("fg", ENTER)
        terminal.wait_for(r"(?s)fg.*identity:$")
        terminal.type(PASSPHRASE, ENTER)
        terminal.wait_for("credfsr1")
        assert PASSPHRASE not in terminal.text()
        terminal.type("exit", ENTER)
        terminal.finish()


@pytest.mark.parametrize("former,other,says", [
    ("argon2id 3 256", "argon2id 2 256", "less or more"),
    ("argon2id 3 256", "argon2id 3 32", "less or more"),
    ("argon2id 3 256", "argon2id 3 4096", "less or more"),
    ("argon2id 3 256", "argon2id 999 256", "less or more"),
    ("argon2id", "argon2i", "damaged"), ("identity 2", "identity 4", "damaged")])
def test_an_identity_with_another_cost_is_refused_before_anybody_is_asked(sealed, former, other,
                                                                          says):
    put_text(sealed.identity, text_of(sealed.identity).replace(former, other))
    for arguments in (["key", "show"], ["mount", sealed.root]):
        done = sealed.credfs(*arguments)
        assert done.returncode == DAMAGED, done
        assert says in done.stderr


def test_what_altered_the_recovery_recipient_is_found_out(bare, mounts):
    done = bare.credfs("init", "--passphrase", "--unconfirmed", answers=PASSPHRASE + "\n")
    assert done.returncode == 0
    mine = re.search(r"recovery (\S+)", text_of(bare.identity))[1]
    stranger = mounts(start=False)
    theirs = re.search(r"recovery (\S+)", text_of(stranger.identity))[1]
    put_text(bare.identity, text_of(bare.identity).replace(mine, theirs))
    done = bare.credfs("key", "show", answers=PASSPHRASE + "\n")
    assert done.returncode == PASSPHRASE_WRONG


# A credential

def credential_of(mount, name="credfs-identity"):
    """From now on the identity is a credential, which nobody has handed over yet; where it lies."""
    text = text_of(mount.conf).replace(f"identity = {mount.identity}",
                                       f"identity = credential:{name}")
    with open(mount.conf, "w", encoding="utf-8") as conf:
        conf.write(text)
    return mount.identity


@contextlib.contextmanager
def credentials(mount, name, text):
    """A directory as systemd makes it for a service: in memory, closed, read-only."""
    directory = mount.base + "/credentials"
    os.mkdir(directory)
    subprocess.run(["mount", "-t", "ramfs", "-o", "mode=0700,nosuid,nodev,noexec", "ramfs",
                    directory], check=True, timeout=30)
    try:
        put_text(f"{directory}/{name}", text)
        os.chmod(directory, 0o500)
        subprocess.run(["mount", "-o", "remount,ro", directory], check=True, timeout=30)
        mount.environment["CREDENTIALS_DIRECTORY"] = directory
        yield directory
    finally:
        mount.environment.pop("CREDENTIALS_DIRECTORY", None)
        subprocess.run(["umount", "-l", directory], check=True, timeout=30)


def test_an_identity_that_is_a_credential_mounts(mounts):
    mount = mounts(start=False)
    text = text_of(credential_of(mount))
    os.unlink(mount.identity)
    with credentials(mount, "credfs-identity", text):
        mount.start()
        mount.org("acme")
        mount.account("acme/openai", api_key=VALUE)
        former = mount.worker()
        mount.allow_in_log("takes over")
        os.kill(former, signal.SIGKILL)
        wait_until(lambda: mount.worker() not in (None, former), 10, "another worker")
        assert mount.get("orgs/acme/openai/api_key") == VALUE
        assert mount.credfs("key", "list", "acme").returncode == 0
        mount.umount()


def test_a_credential_may_take_a_passphrase_as_well(sealed):
    text = text_of(credential_of(sealed))
    os.unlink(sealed.identity)
    with credentials(sealed, "credfs-identity", text):
        assert sealed.credfs("key", "show").returncode == PASSPHRASE_WRONG
        sealed.start(answers=PASSPHRASE + "\n")
        sealed.umount()


def test_a_credential_that_cannot_be_had_is_told(mounts):
    mount = mounts(start=False)
    text = text_of(credential_of(mount))
    for arguments in (["key", "show"], ["mount", mount.root]):
        done = mount.credfs(*arguments)
        assert done.returncode == NO_IDENTITY
        assert "$CREDENTIALS_DIRECTORY is not set" in done.stderr
        assert "LoadCredential=" in done.stderr
    with credentials(mount, "another", text):
        done = mount.credfs("key", "show")
        assert done.returncode == NO_IDENTITY
        assert "no credential of this name" in done.stderr
    assert not mount.processes()


def test_a_credential_that_others_can_come_at_is_refused(mounts):
    mount = mounts(start=False)
    text = text_of(credential_of(mount))
    directory = mount.base + "/credentials"
    mount.environment["CREDENTIALS_DIRECTORY"] = directory
    os.mkdir(directory, 0o700)
    put_text(directory + "/credfs-identity", text)
    assert mount.credfs("key", "show").returncode == 0
    for path, mode in ((directory, 0o777), (directory + "/credfs-identity", 0o440)):
        former = os.stat(path).st_mode
        os.chmod(path, mode)
        done = mount.credfs("key", "show")
        assert done.returncode == IDENTITY_OPEN
        assert "others can come at this credential" in done.stderr
        os.chmod(path, former)
    put_text(directory + "/credfs-identity", "sk-proj-something-else\n")
    assert mount.credfs("key", "show").returncode == DAMAGED


def test_init_makes_a_file_and_no_credential(bare):
    credential_of(bare)
    done = bare.credfs("init", "--no-recovery")
    assert done.returncode == CONFIGURATION
    assert "an identity is made in a file" in done.stderr
    assert everything(bare.private) == []


def test_a_credential_encrypted_by_systemd_opens(mounts):
    """systemd-creds encrypts what init has made, and decrypts what the service is handed."""
    creds = shutil.which("systemd-creds")
    assert creds, "systemd-creds is part of systemd: install it"
    mount = mounts(start=False)
    text = text_of(credential_of(mount))
    # a key of the test's own: the host's may not be there, and is none of ours
    sealed = mount.base + "/sealed"
    done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c",
                           'mkdir -p /var/lib/systemd && mount -t tmpfs tmpfs /var/lib/systemd && '
                           'systemd-creds --with-key=host --name=credfs-identity encrypt "$0" '
                           '"$1" >&2 && systemd-creds --name=credfs-identity decrypt "$1" -',
                           mount.identity, sealed],
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert text.encode() not in open(sealed, "rb").read()
    os.unlink(mount.identity)
    with credentials(mount, "credfs-identity", done.stdout.decode()):
        mount.start()
        mount.org("acme")
        mount.umount()


# The recovery phrase, at init

def phrase_in(text):
    return PHRASE.search(text)[1]


def test_a_terminal_types_the_phrase_back(bare):
    with at_terminal(bare, "init") as terminal:
        terminal.wait_for("Type it to show that you have it:")
        phrase = phrase_in(terminal.text())
        terminal.type("0000 1111", ENTER)
        terminal.wait_for(r"(?s)not it.*you have it:$")
        terminal.type(phrase.upper().replace(" ", "-"), ENTER)
        terminal.wait_for("created")
        assert terminal.finish() == 0
    assert everything(bare.private) == sorted([bare.db, bare.identity, bare.pins])


def test_a_phrase_that_is_not_typed_back_makes_no_store(bare):
    before = everything(bare.base)
    with at_terminal(bare, "init") as terminal:
        for number, wrong in enumerate(("no", "0" * 72, "")):
            terminal.wait_for(r"(?s)(you have it:.*){%d}" % (number + 1), 10)
            terminal.type(wrong, ENTER)
        terminal.wait_for("was not typed back")
        assert terminal.finish() == UNCONFIRMED
    assert everything(bare.base) == before


def test_without_a_terminal_a_program_has_to_pass_it_back(bare):
    before = everything(bare.base)
    done = bare.credfs("init")
    assert done.returncode == UNCONFIRMED
    assert "--unconfirmed does without" in done.stderr
    assert everything(bare.base) == before
    with subprocess.Popen(bare.argv("init"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env=bare.environment, text=True) as program:
        shown = ""
        while not PHRASE.search(shown):
            shown += program.stdout.readline()
        program.communicate(phrase_in(shown) + "\n", timeout=30)
    assert program.returncode == 0
    assert everything(bare.private) == sorted([bare.db, bare.identity, bare.pins])


def test_two_hosts_have_one_phrase(bare, mounts):
    first = mounts(init=False)
    phrase = phrase_in(first.init().stdout)
    done = bare.credfs("init", "--recovery", answers=phrase + "\n")
    assert done.returncode == 0
    assert not PHRASE.search(done.stdout)
    recovery = [re.search(r"recovery (\S+)", text_of(mount.identity))[1]
                for mount in (first, bare)]
    assert recovery[0] == recovery[1]


@pytest.mark.parametrize("answers", ["", "\n", "0" * 72 + "\n", "abc\n"])
def test_a_phrase_that_is_none_makes_no_store(bare, answers):
    done = bare.credfs("init", "--recovery", answers=answers)
    assert done.returncode == PASSPHRASE_WRONG, done
    assert everything(bare.private) == []


def test_a_phrase_and_none_exclude_each_other(bare):
    assert bare.credfs("init", "--recovery", "--no-recovery").returncode == 2
