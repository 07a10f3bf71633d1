"""The manual pages and the completion say what the program does: neither less nor more."""

import pathlib
import re
import subprocess

import pytest

from mounting import BINARY

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ["fs/credfs.1", "fs/credfs-tree.7", "conf/credfs.conf.5", "conf/credfs-providers.5"]


def page(name):
    """What a reader sees, without formatting, words not broken."""
    text = subprocess.run(
        ["mandoc", "-T", "utf8", "-O", "width=400", ROOT / name], stdout=subprocess.PIPE, check=True
    ).stdout.decode()
    return re.sub(r".\x08", "", text)


def source(name):
    return (ROOT / name).read_text()


def help_of(*command):
    return subprocess.run(
        [BINARY, *command, "--help"], stdout=subprocess.PIPE, check=True, text=True
    ).stdout


def commands():
    return re.findall(r"^  ([a-z]+)  +\S", help_of().split("Commands:")[1], re.M)


def entries(text, pattern):
    """What a source's table lists: it must be found, or the test would see nothing."""
    found = re.findall(pattern, text, re.M)
    assert found
    return found


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_well_formed(name):
    lint = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning", ROOT / name], stdout=subprocess.PIPE, text=True
    )
    assert lint.stdout == ""
    assert lint.returncode == 0


def settings():
    """(section, key, default or None) of each line of the table."""
    text = source("conf/settings.c")
    macro = re.search(r"#define SCRATCH_PATTERNS(.*?)\n\n", text, re.S).group(1)
    patterns = "".join(re.findall(r'"(.*?)"', macro))
    table = text.split("} table[] = {\n")[1].split("\n};")[0]
    rows = re.findall(r'\{"(\w+)", "(\w+)", \w+,\s+offsetof\(.*?\),\s+(".*?"|\w+),', table)
    assert len(rows) == table.count("offsetof(")
    words = {"NULL": None, "SCRATCH_PATTERNS": patterns}
    return [(section, key, words.get(word, word.strip('"'))) for section, key, word in rows]


@pytest.mark.parametrize("section, key, default", settings())
def test_a_setting_stands_in_the_manual_with_its_default(section, key, default):
    part = page("conf/credfs.conf.5").split(f"[{section}]\n")[1].split("\n   [")[0]
    line = key if default is None else f"{key} = {default}"
    assert re.search(rf"^ +{re.escape(line)}( |$)", part, re.M)


def test_the_manual_has_no_setting_that_there_is_not():
    there = {(section, key) for section, key, _ in settings()}
    for section in entries(source("conf/credfs.conf.5"), r"^\.Ss \[(\w+)\]"):
        part = source("conf/credfs.conf.5").split(f".Ss [{section}]\n")[1].split("\n.Ss ")[0]
        # Lists within the list are of values.
        part = re.sub(r"\.Bl -tag -width \w+ -compact.*?\.El", "", part, flags=re.S)
        for key in entries(part, r"^\.It Cm (\w+)"):
            assert (section, key) in there


def test_every_key_of_the_catalogue_stands_in_the_manual():
    text = source("conf/credfs-providers.5")
    for key in entries(source("conf/provider_keys.c"), r'^\t\{"(\w+)", '):
        assert re.search(rf"^\.It Cm (\w+ , Cm )?{key}\b", text, re.M), key


@pytest.mark.parametrize("keys", ["conf/rendering.c", "conf/trial.c"])
def test_every_key_of_files_and_trials_stands_in_the_manual(keys):
    text = source("conf/credfs-providers.5")
    for key in entries(source(keys), r'\{"(\w+)",\s+set_\w+\}'):
        assert re.search(rf"^\.(It )?Cm (\w+ , Cm )?{key}\b", text, re.M), key


def test_every_format_of_a_file_stands_in_the_manual():
    text = source("conf/credfs-providers.5")
    for word in entries(source("conf/render.c"), r'\[RENDER_\w+\] = \{"(\w+)"'):
        assert re.search(rf"^\.Cm .*\b{word}\b", text, re.M), word


def test_every_type_of_a_field_stands_in_the_manual():
    for word in entries(source("conf/field.c"), r'\[FIELD_\w+\] = \{\.name = "(\w+)"'):
        assert re.search(rf"^\.It Cm {word}$", source("conf/credfs-providers.5"), re.M), word


def test_every_exit_code_stands_in_the_manual():
    codes = entries(source("fs/exit.h"), r"^\tEXIT_\w+ = (\d+),")
    assert entries(source("fs/credfs.1"), r"^\.It (\d+)$") == codes


def options(command):
    """(short or "", long) of each, but those that every command has."""
    found = re.findall(r"^ +(?:-(\w), |    )--([a-z-]+)", help_of(command), re.M)
    return [pair for pair in found if pair[1] not in ("help", "usage", "version")]


@pytest.mark.parametrize("command", commands())
def test_a_command_stands_in_the_manual_with_its_options(command):
    heads = re.findall(rf"^ {{5}}{command}\b.*(?:\n {{13}}\[.*)?", page("fs/credfs.1"), re.M)
    assert heads
    heads = "\n".join(heads)
    for short, name in options(command):
        assert f"--{name}" in heads or (short and re.search(rf"-\w*{short}", heads)), name


def complete(*words):
    script = r"""
        . /usr/share/bash-completion/bash_completion && . "$1" && shift
        compopt() { :; }  # which there is only while one types
        PATH=$(dirname "$1"):$PATH
        COMP_WORDS=(credfs "${@:2}") COMP_CWORD=$(($# - 1))
        COMP_LINE="${COMP_WORDS[*]}" COMP_POINT=${#COMP_LINE}
        _credfs credfs
        printf '%s\n' "${COMPREPLY[@]}"
    """
    done = subprocess.run(
        ["bash", "-c", script, "bash", ROOT / "scripts/credfs.bash-completion", BINARY, *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30,
    )
    assert done.stderr == ""
    return set(done.stdout.split())


def test_commands_and_options_are_completed():
    assert complete("") == {"-c", *commands()}
    assert complete("-c", "/etc/hosts", "moun") == {"mount"}
    assert complete("status", "--j") == {"--json"}
    assert "rotate" in complete("key", "")
    assert complete("key", "add", "x", "--can", "re") == {"read"}
    assert complete("key", "passphrase", "--rem") == {"--remove"}
    assert complete("backup", "/etc/host") >= {"/etc/hosts"}


def test_what_is_mounted_is_completed(mount):
    mount.org("acme")
    mount.account("acme/openai", api_key="sk-1")
    mount.account("acme/other", provider="generic")
    mount.project("acme", "etl")
    assert "acme/" in complete("list", "ac")
    assert complete("rm", "acme/o") == {"acme/openai/", "acme/other/"}
    assert complete("test", "acme/op") == {"acme/openai/"}
    assert "acme/etl/" in complete("exec", "acme/e")
    assert complete("exec", "acme/etl", "findmn") == {"findmnt"}
    assert complete("exec", "acme/etl", "--", "findmn") == {"findmnt"}
    assert complete("exec", "acme/etl", "--", "cat", "/etc/host") >= {"/etc/hosts"}
    assert complete("rm", "acme/nothing") == set()
