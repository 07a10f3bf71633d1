"""credfs exec: what a project may use is in the environment of a program, and nothing else is."""
import os
import signal
import subprocess

import pytest

import mounting

USAGE, NOT_RUN, CANNOT_RUN, NO_PROGRAM = 2, 125, 126, 127
KEY = "sk-proj-" + "c" * 60 + "T3BlbkFJ" + "c" * 40


@pytest.fixture
def etl(mount, people):
    """The project etl of acme inherits an account; its runner is `mount.runner`."""
    mount.runner = people.user("carol")
    mount.org("acme")
    mount.account("acme/openai", api_key=KEY, api_base="https://gateway.example/v1")
    mount.project("acme", "etl", runner=["user:" + mount.runner])
    os.symlink("../../openai", mount.path("orgs/acme/projects/etl/openai"))
    return mount


def run_as(mount, people, user, *argv):
    return people.run(user, mount.argv("exec", mount.path("use/acme/etl"), "--", *argv))


def variables(text):
    return dict(entry.split("=", 1) for entry in text.split("\0") if entry)


def test_the_variables_are_the_project_s_and_the_caller_s(etl, people):
    done = run_as(etl, people, etl.runner, "env", "-0")
    assert (done.returncode, done.stderr) == (0, "")
    before = variables(people.run(etl.runner, ["env", "-0"]).stdout)
    added = {name: value for name, value in variables(done.stdout).items() if name not in before}
    assert added == {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "https://gateway.example/v1",
                     "OPENAI_API_BASE": "https://gateway.example/v1"}
    assert {name: variables(done.stdout)[name] for name in before} == before


def test_of_the_caller_s_own_nothing_of_the_same_providers_is_left(etl, people):
    """Half of one credential and half of another is none, and a password goes to no other host."""
    etl.account("acme/bedrock", access_key_id="AKIA" + "A" * 16, secret_access_key="b" * 40)
    etl.account("acme/gemini", api_key="AIza" + "a" * 35)
    for name in ("bedrock", "gemini"):
        os.symlink("../../" + name, etl.path("orgs/acme/projects/etl", name))
    own = {"AWS_SESSION_TOKEN": "theirs", "AWS_PROFILE": "theirs", "GOOGLE_API_KEY": "theirs",
           "OPENAI_ORG_ID": "theirs", "AWS_ENDPOINT_URL": "theirs",
           "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "theirs", "AWS_ACCESS_KEY_ID": "theirs", "HF_TOKEN": "stays",
           "XAI_API_KEY": "stays"}
    done = people.run(etl.runner, ["env", *(f"{name}={value}" for name, value in own.items()),
                                   *etl.argv("exec", etl.path("use/acme/etl"), "env", "-0")])
    found = variables(done.stdout)
    assert "theirs" not in done.stdout and found["AWS_ACCESS_KEY_ID"] == "AKIA" + "A" * 16
    assert (found["HF_TOKEN"], found["XAI_API_KEY"]) == ("stays", "stays")
    # A provider of one's own, as its file says.
    os.makedirs(etl.base + "/providers.d")
    with open(etl.base + "/providers.d/acme.conf", "w", encoding="utf-8") as file:
        file.write("[acme]\n[acme/key]\nenvironment = ACME_KEY\nenvironment_clear = ACME_OLD\n")
    etl.remount()
    etl.account("acme/projects/etl/acme", key="k1")
    done = people.run(etl.runner, ["env", "ACME_OLD=theirs", *etl.argv(
        "exec", etl.path("use/acme/etl"), "env", "-0")])
    found = variables(done.stdout)
    assert found["ACME_KEY"] == "k1" and "ACME_OLD" not in found


ELSEWHERE = """
mount --bind "$1" "$2" && umount -l "$3" && cd "$2" || exit 1
program=$4; shift 4
for name in "$PWD" . ./; do
    "$program" exec "$name" -- sh -c '
        echo "$GOOGLE_APPLICATION_CREDENTIALS"; cat "$GOOGLE_APPLICATION_CREDENTIALS"'
done
"""


def test_paths_lead_to_where_the_project_is_seen(etl):
    """In a container, that has the project's directory in another place and no configuration."""
    text = '{"type": "service_account"}'
    etl.account("acme/vertex", **{"service_account.json": text, "project": "p1"})
    os.symlink("../../vertex", etl.path("orgs/acme/projects/etl/vertex"))
    for name in ("acme/etl", etl.path("use/acme/etl")):
        done = etl.credfs_alone("exec", name, "printenv", "GOOGLE_APPLICATION_CREDENTIALS")
        assert done.stdout == etl.path("use/acme/etl/vertex/service_account.json\n"), done
    seen = etl.base + "/seen"
    os.mkdir(seen)
    done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", ELSEWHERE,
                           "sh", etl.path("use/acme/etl"), seen, etl.root, mounting.BINARY],
                          env=etl.environment, capture_output=True, text=True, timeout=60)
    os.rmdir(seen)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{seen}/vertex/service_account.json\n{text}\n" * 3


def test_one_account_of_a_project_is_named_behind_it(etl):
    """So that two that set one variable can both be used."""
    etl.account("acme/other", provider="openai", api_key=KEY + "2")
    os.symlink("../../other", etl.path("orgs/acme/projects/etl/other"))
    etl.environment["OPENAI_ORG_ID"] = "theirs"
    for account, key in (("openai", KEY), ("other", KEY + "2")):
        done = etl.credfs_alone("exec", "acme/etl/" + account, "--", "env", "-0")
        assert variables(done.stdout)["OPENAI_API_KEY"] == key
        assert "theirs" not in done.stdout


def test_a_project_is_named_as_it_is_called(etl):
    for name in ("acme/etl", "use/acme/etl"):
        done = etl.credfs_alone("exec", name, "printenv", "OPENAI_API_KEY")
        assert (done.returncode, done.stdout) == (0, KEY + "\n"), done


def test_options_behind_the_program_are_the_program_s(etl):
    done = etl.credfs("exec", etl.path("use/acme/etl"), "sh", "-c", "echo $0-$1", "--help", "-x")
    assert (done.returncode, done.stdout) == (0, "--help--x\n")


@pytest.mark.parametrize("status", [0, 1, 3, 125, 255])
def test_the_exit_status_is_the_program_s(etl, status):
    done = etl.credfs("exec", etl.path("use/acme/etl"), "--", "sh", "-c", f"exit {status}")
    assert done.returncode == status


def test_the_program_is_the_process_itself(etl):
    """So that what is sent to it reaches it, and nothing of ours waits beside it."""
    process = subprocess.Popen(etl.argv("exec", etl.path("use/acme/etl"), "--", "sh", "-c",
                                        "echo $$; exec sleep 60"),
                               env=etl.environment, stdout=subprocess.PIPE, text=True)
    with process:
        assert int(process.stdout.readline()) == process.pid
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == -signal.SIGTERM


def test_the_value_is_in_no_argument(etl):
    done = etl.credfs("exec", etl.path("use/acme/etl"), "--", "cat", "/proc/self/cmdline")
    assert done.returncode == 0 and KEY not in done.stdout


def test_who_may_not_use_the_project_runs_nothing(etl, people):
    stranger, member = people.user("dave"), people.user("bob")
    etl.put("orgs/acme/roles/member", "user:" + member)
    for user in (stranger, member):
        done = run_as(etl, people, user, "echo", "ran")
        assert (done.returncode, done.stdout) == (NOT_RUN, ""), done
        assert done.stderr
    os.unlink(etl.path("orgs/acme/projects/etl/roles/runner"))
    assert run_as(etl, people, etl.runner, "echo", "ran").returncode == NOT_RUN


def test_two_accounts_of_one_variable_are_both_named(etl, people):
    etl.account("acme/other", provider="openai", api_key=KEY)
    os.symlink("../../other", etl.path("orgs/acme/projects/etl/other"))
    done = run_as(etl, people, etl.runner, "echo", "ran")
    assert (done.returncode, done.stdout) == (NOT_RUN, ""), done
    assert "OPENAI_API_KEY" in done.stderr and "openai" in done.stderr and "other" in done.stderr
    os.unlink(etl.path("orgs/acme/projects/etl/other"))
    assert run_as(etl, people, etl.runner, "echo", "ran").stdout == "ran\n"


@pytest.mark.parametrize("arguments,code,text", [
    (["acme/none", "--", "true"], NOT_RUN, "No such file or directory"),
    (["/usr/bin", "true"], NOT_RUN, "no credfs is mounted there"),
    (["acme/etl", "--", "/no/such/program"], NO_PROGRAM, "cannot run /no/such/program"),
    (["acme/etl", "--", "/etc/passwd"], CANNOT_RUN, "Permission denied"),
    (["acme/etl"], USAGE, "a program"),
    ([], USAGE, "a program"),
])
def test_what_cannot_be_run_is_told(etl, arguments, code, text):
    done = etl.credfs_alone("exec", *arguments)
    assert done.returncode == code and text in done.stderr, done
