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
