"""The first session of the README, word for word, with names and mount of its own."""
import os
import re

import pytest

KEY = "sk-proj-abc123"

# command, exit status, what standard output and standard error look like
SESSION = [
    ("mkdir {creds}/orgs/acme", 0, "", ""),
    ("mkdir {creds}/orgs/acme/openai && echo sk-proj-abc123 > {creds}/orgs/acme/openai/api_key",
     0, "", ""),
    ("echo group:{ml_admins} > {creds}/orgs/acme/roles/admin", 0, "", ""),
    ("mkdir {creds}/orgs/acme/projects/etl && "
     "echo user:{runner} > {creds}/orgs/acme/projects/etl/roles/runner", 0, "", ""),
    ("ln -s ../../openai {creds}/orgs/acme/projects/etl/openai", 0, "", ""),
    ("su {runner} -c 'cat {creds}/orgs/acme/projects/etl/openai/api_key'", 0, KEY, ""),
    ("su {stranger} -c 'ls {creds}/orgs'", 0, "", ""),
    ("getfacl {creds}/orgs/acme/openai/api_key", 0,
     r"(?s).*^user:{runner}:r--$.*^group:{ml_admins}:rw-$.*^other::---$.*",
     r"getfacl: Removing leading '/' from absolute path names\n"),
    ("rm {creds}/orgs/acme/projects/etl/openai", 0, "", ""),
    ("su {runner} -c 'cat {creds}/orgs/acme/openai/api_key'", 1, "",
     r"cat: .*: Permission denied\n"),
]
# what the README says before it, and after it in a comment
USERS = "useradd runner; useradd stranger; groupadd ml-admins"
AFTER = ("su {runner} -c 'cat {creds}/orgs/acme/projects/etl/openai/api_key'", 1, "",
         r"cat: .*: No such file or directory\n")


@pytest.fixture
def names(people, mount):
    return {
        "runner": people.user("runner"),
        "stranger": people.user("stranger"),
        "ml_admins": people.group("ml-admins"),
        "creds": mount.root,
    }


def expect(people, names, row):
    command, status, stdout, stderr = row
    command = command.format(**names)
    done = people.run("root", ["bash", "-c", command])
    assert done.returncode == status, f"{command}: {done}"
    for pattern, text in ((stdout, done.stdout), (stderr, done.stderr)):
        pattern = pattern.format(**names) if "{" in pattern else pattern
        assert re.fullmatch(pattern, text, re.MULTILINE), f"{command}: {done}"


def test_the_session_works_word_for_word(people, names):
    for row in [*SESSION, AFTER]:
        expect(people, names, row)


def test_the_session_works_again_after_a_remount(people, names, mount):
    """What was made before is there, and the revocation holds."""
    for row in SESSION[:6]:
        expect(people, names, row)
    mount.remount()
    for row in [*SESSION[5:], AFTER]:
        expect(people, names, row)


def test_the_readme_shows_this_session():
    readme = os.path.join(os.path.dirname(__file__), "..", "..", "README.md")
    with open(readme, encoding="utf-8") as file:
        lines = [line.split("  #")[0].strip() for line in file]
    names = {"runner": "runner", "stranger": "stranger", "ml_admins": "ml-admins",
             "creds": "/creds"}
    shown = [USERS] + [command.format(**names) for command, *_ in SESSION]
    assert [command for command in shown if command not in lines] == []
