"""What is told of refusals where a shell tells nothing: .status of the account and the log."""
import os
import time

import pytest

KEY = "sk-proj-" + "7" * 40


@pytest.fixture
def acme(mount, people):
    mount.org("acme", admin=["user:" + people.user("admin")], member=["user:" + people.user("reader")])
    mount.account("acme/openai", api_key=KEY)
    mount.project("acme", "etl")
    return mount


def last_errors(mount):
    return [line for line in mount.get("orgs/acme/openai/.status").splitlines()
            if line.startswith("last-error:")]


REFUSALS = {
    "echo x > {account}/nonsense": "not created: the provider does not know this field (nonsense, ",
    ": > {account}/api_key": "truncated without a value, old value kept (api_key, ",
    "cp /dev/null {account}/api_key": "truncated without a value, old value kept (api_key, ",
    "rm -f {account}/.info": "not removed: it goes with the account (.info, ",
    "echo x > {account}/x~; mv {account}/x~ {account}/nonsense": "not created: the provider does",
    "echo sk-ant-1 > {account}/x~; mv {account}/x~ {account}/api_key": "begins with another vendor",
    ": > {account}/provider": "truncated without a provider, the old one kept (provider, ",
}


@pytest.mark.parametrize("command", REFUSALS)
def test_a_refusal_stands_in_the_status_once_for_each_user(acme, people, command):
    admin = people.user("admin")
    people.run(admin, command.format(account=acme.path("orgs/acme/openai")))
    (line,) = last_errors(acme)
    assert REFUSALS[command] in line and admin in line
    reader = people.user("reader")
    people.run(reader, f"rm -f {acme.path('orgs/acme/openai/api_key')}")
    assert len(last_errors(acme)) == 2
    assert "not removed: not permitted (api_key, by " + reader in "\n".join(last_errors(acme))
    assert acme.get("orgs/acme/openai/api_key") == KEY
    assert KEY not in acme.get("orgs/acme/openai/.status") + acme.log_text()


def test_truncating_a_list_of_holders_changes_nothing_and_is_told(acme, people):
    path = acme.path("orgs/acme/roles/member")
    before = acme.get("orgs/acme/roles/member")
    people.run("root", f": > {path}; truncate -s 0 {path}; cp /dev/null {path}")
    assert acme.get("orgs/acme/roles/member") == before != ""
    assert "truncated without a list, the old one kept" in acme.log_text()
    people.run("root", f"echo > {path}")
    assert acme.get("orgs/acme/roles/member") == ""


def test_a_project_changes_when_a_link_is_made_or_removed(acme, people):
    project = acme.path("orgs/acme/projects/etl")
    times = [os.stat(project).st_mtime_ns]
    for command in ("ln -s ../../openai openai", "ln -sfn ../../openai openai", "mv openai llm",
                    "rm llm"):
        time.sleep(0.01)
        assert people.run("root", f"cd {project} && {command}").returncode == 0
        times.append(os.stat(project).st_mtime_ns)
    assert times == sorted(set(times))
