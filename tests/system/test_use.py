"""use/: what a project may use, as the programs find it that read it natively."""
import json
import os
import signal
import stat
import subprocess
import time

import pytest

import readers
from mounting import wait_until

KEY = "sk-proj-0123456789"
ANOTHER = "sk-proj-abcdefghijklm"


@pytest.fixture
def runner(people):
    return people.user("runner")


@pytest.fixture
def place(mounts, people, runner):
    """A project with one runner; its accounts are made by the tests."""
    mount = mounts("[features]\nconnections = yes\n")
    mount.org("acme", admin=["user:" + people.user("ada")], member=["user:" + people.user("max")])
    mount.project("acme", "etl", runner=["user:" + runner],
                  maintainer=["user:" + people.user("mia")])
    mount.use = mount.path("use/acme/etl")
    return mount


def link(place, account, name=None):
    os.symlink("../../" + account, place.path("orgs/acme/projects/etl", name or account))


def unlink(place, name):
    os.unlink(place.path("orgs/acme/projects/etl", name))


def own(place, name, **fields):
    place.account("acme/projects/etl/" + name, **fields)
    return place.use + "/" + name


def names(people, user, path):
    return people.run(user, ["ls", "-1", path]).stdout.split()


def test_who_sees_and_reads_what(place, people, runner):
    place.account("acme/openai", api_key=KEY, api_base="https://llm.example/v1",
                  admin_key="sk-admin-1")
    link(place, "openai")
    path = place.use + "/openai"
    ada, max_, mia, eve = (people.user(name) for name in ("ada", "max", "mia", "eve"))
    assert names(people, runner, path) == ["api_base", "api_key", "env", "env.json", "provider"]
    assert names(people, mia, path) == names(people, runner, path)
    assert names(people, eve, path) == []
    assert "use" in os.listdir(place.root)
    for user, expected in ((runner, KEY), ("root", KEY), (ada, ""), (max_, ""), (mia, ""), (eve, "")):
        done = people.run(user, ["cat", path + "/api_key"])
        assert done.stdout == expected and ("denied" in done.stderr) == (not expected), user
    assert names(people, runner, place.path("use")) == ["acme"]
    assert names(people, eve, place.path("use")) == []
    # With more than one runner the files have a list, as in projects/.
    place.put("orgs/acme/projects/etl/roles/runner", "user:" + runner, "user:" + people.user("ron"))
    for user in (runner, people.user("ron"), ada, mia, "root"):
        assert people.run(user, ["cat", path + "/api_key"]).stdout == KEY, user
    for user in (max_, eve):
        assert "denied" in people.run(user, ["cat", path + "/api_key"]).stderr
    assert people.run(max_, ["cat", path + "/api_base"]).stdout == "https://llm.example/v1"


def test_files_are_plain_the_runners_and_of_their_size(place, people, runner):
    own(place, "openai", api_key=KEY)
    for name in ("env", "env.json", "openai/api_key", "openai/env", "openai/provider"):
        path = os.path.join(place.use, name)
        status = os.lstat(path)
        assert stat.S_ISREG(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o400
        assert status.st_uid == readers.uid(runner)
        with open(path, "rb") as file:
            assert len(file.read()) == status.st_size
    copy = people.run(runner, f"umask 077; d=$(mktemp -d) && cp -rL '{place.use}' $d/a && "
                              f"rsync -r '{place.use}/' $d/b/ && tar -C '{place.use}' -cf $d/t . && "
                              "cat $d/a/env $d/b/env && tar -xOf $d/t ./env; rm -rf $d")
    assert copy.stdout == f"OPENAI_API_KEY={KEY}\n" * 3, copy.stderr


def test_nothing_can_be_changed(place, people, runner):
    path = own(place, "openai", api_key=KEY)
    for user in (runner, "root"):
        for command in (f"echo x > {path}/api_key", f"echo x > {path}/new", f"rm -f {path}/api_key",
                        f"mkdir {path}/d", f"rmdir {path}", f"mv {path}/api_key {path}/k",
                        f"ln -s x {place.use}/l", f"ln {path}/api_key {path}/h",
                        f"truncate -s 0 {path}/env", f"chmod 600 {path}/api_key",
                        f"chown 0:0 {path}", f"setfacl -m u:root:r {path}/api_key",
                        f"mknod {path}/p p", f"rmdir {place.use}", f"mv {place.use} {place.use}2"):
            assert people.run(user, command).returncode != 0, (user, command)
    assert people.run(runner, ["cat", path + "/api_key"]).stdout == KEY


@pytest.mark.parametrize("reader", readers.ENVIRONMENTS)
def test_env_is_read_before_and_after_a_rotation(place, people, runner, reader):
    read = readers.ENVIRONMENTS[reader]
    own(place, "openai", api_key=KEY, api_base="https://llm.example/v1?a=b&c")
    place.account("acme/Prod DB", password="it's $HOME; two words #1")
    link(place, "Prod DB")
    expected = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "https://llm.example/v1?a=b&c"}
    found = read(people, runner, place.use + "/openai/env")
    assert {name: found.get(name) for name in expected} == expected
    # A value that not all of them would read alike leaves the file out, and the others stay.
    assert not os.path.exists(place.use + "/env")
    assert "absent: env: Prod DB/password" in place.get("use/acme/etl/.status")
    place.put("orgs/acme/Prod DB/password", "two words #1 \"$HOME\"")
    place.put("orgs/acme/projects/etl/openai/api_key", ANOTHER)
    found = read(people, runner, place.use + "/env")
    assert found["OPENAI_API_KEY"] == ANOTHER
    assert found["CREDFS_PROD_DB_PASSWORD"] == 'two words #1 "$HOME"'


def test_pydantic_reads_env_and_the_directory(place, people, runner):
    path = own(place, "openai", api_key=KEY)
    assert readers.pydantic(people, runner, path + "/env", "OPENAI_API_KEY") == {
        "OPENAI_API_KEY": KEY}
    code = ("import pydantic, sys\nclass S(pydantic.BaseSettings):\n    api_key: str\n"
            "print(S(_secrets_dir=sys.argv[1]).api_key)")
    assert people.run(runner, [*readers.PYTHON, code, path]).stdout == KEY + "\n"


def test_two_accounts_of_one_provider_have_their_own_environments(place, people, runner):
    own(place, "openai", api_key=KEY)
    place.account("acme/second", "openai", api_key=ANOTHER)
    assert os.path.exists(place.use + "/env")
    link(place, "second")
    assert names(people, runner, place.use) == ["openai", "second"]
    assert place.get("use/acme/etl/.status").splitlines()[0] == (
        "conflict: OPENAI_API_KEY: openai/api_key, second/api_key")
    for name, key in (("openai", KEY), ("second", ANOTHER)):
        assert readers.by_dash(people, runner, f"{place.use}/{name}/env")["OPENAI_API_KEY"] == key
    unlink(place, "second")
    assert readers.by_dash(people, runner, place.use + "/env")["OPENAI_API_KEY"] == KEY


ACCESS, SECRET = "AKIAABCDEFGHIJKLMNOP", "abcdefghijklmnopqrstuvwxyz0123456789+/AB"


def test_a_type_for_which_nothing_is_made_is_told(place):
    place.account("acme/login", username="u1", password="p1")
    connection = place.path("orgs/acme/connections/warehouse")
    os.mkdir(connection)
    os.symlink("../../login", connection + "/login")
    os.symlink("../../connections/warehouse", place.path("orgs/acme/projects/etl/warehouse"))
    for name, value, told in (("url", "postgres://db.example/sales", ""),
                              ("type", "postgre", "postgre"), ("type", "mariadb", ""),
                              ("type", "oracle", "oracle"), ("type", "postgresql", "")):
        place.put(f"orgs/acme/connections/warehouse/{name}", value)
        line = f"plain: warehouse: nothing is made for connections of type {told}\n"
        assert place.get("use/acme/etl/.status") == (line if told else "")
        assert ("PGUSER=u1" in place.get("use/acme/etl/env")) == (name == "url" or
                                                                   value == "postgresql")


def test_aws_reads_credentials_and_config(place, people, runner):
    path = own(place, "bedrock", access_key_id=ACCESS, secret_access_key=SECRET,
               region="eu-central-1")
    assert readers.aws(people, runner, path) == [ACCESS, SECRET, None, "eu-central-1"]
    command = f"AWS_SHARED_CREDENTIALS_FILE={path}/credentials AWS_CONFIG_FILE={path}/config " \
              "/usr/bin/aws configure list"
    shown = people.run(runner, command).stdout
    assert ACCESS[-4:] in shown and "eu-central-1" in shown
    place.put("orgs/acme/projects/etl/bedrock/session_token", "x" * 120 + "==")
    place.put("orgs/acme/projects/etl/bedrock/access_key_id", "ASIA" + ACCESS[4:])
    assert readers.aws(people, runner, path) == [
        "ASIA" + ACCESS[4:], SECRET, "x" * 120 + "==", "eu-central-1"]


PROCESS = """
import botocore.session, os, sys
os.environ["AWS_CONFIG_FILE"] = sys.argv[1]
os.environ["AWS_SHARED_CREDENTIALS_FILE"] = "/nonexistent"
keys = botocore.session.Session().get_credentials()
for line in sys.stdin:
    print(keys.get_frozen_credentials().secret_key, flush=True)
"""


def test_aws_refreshes_temporary_keys_from_credential_process(place, people, runner):
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 300))
    path = own(place, "bedrock", session_token="x" * 120, access_key_id="ASIA" + ACCESS[4:],
               secret_access_key=SECRET, expiration=soon)
    config = place.base + "/aws-config"
    with open(config, "w", encoding="utf-8") as file:
        file.write(f"[default]\ncredential_process = /bin/cat {path}/credential_process.json\n")
    os.chmod(config, 0o644)
    process = subprocess.Popen(["setpriv", f"--reuid={runner}", f"--regid={runner}",
                                "--init-groups", *readers.PYTHON, PROCESS, config],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/")
    try:
        def ask():
            process.stdin.write("\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        assert ask() == SECRET
        place.put("orgs/acme/projects/etl/bedrock/secret_access_key", SECRET[::-1])
        assert ask() == SECRET[::-1]
    finally:
        process.communicate(timeout=30)
    assert process.returncode == 0


def service_account(mail):
    key = subprocess.run(["openssl", "genrsa", "-traditional", "1024"], capture_output=True,
                         text=True, check=True).stdout
    return json.dumps({"type": "service_account", "client_email": mail, "private_key": key,
                       "private_key_id": "k-" + mail, "project_id": "p",
                       "token_uri": "https://oauth2.googleapis.com/token"}, indent=2)


def test_google_reads_the_service_account_that_the_environment_names(place, people, runner):
    path = own(place, "vertex", location="global", project="mine")
    for mail in ("a@example.com", "b@example.com"):
        place.put("orgs/acme/projects/etl/vertex/service_account.json", service_account(mail))
        found = readers.by_dash(people, runner, path + "/env")
        assert found["GOOGLE_APPLICATION_CREDENTIALS"] == path + "/service_account.json"
        assert found["GOOGLE_CLOUD_PROJECT"] == "mine"
        assert readers.google(people, runner, found["GOOGLE_APPLICATION_CREDENTIALS"]) == [
            mail, "k-" + mail]


def test_anthropic_gets_a_directory_that_its_library_takes(place, people, runner):
    path = own(place, "anthropic", auth_token="tok-1", organization_id="org-1") + "/config"
    assert names(people, runner, path) == ["active_config", "configs", "credentials"]
    assert people.run(runner, ["cat", path + "/active_config"]).stdout.strip() == "default"
    config = json.loads(people.run(runner, ["cat", path + "/configs/default.json"]).stdout)
    assert config == {"version": "1.0", "authentication": {"type": "user_oauth"},
                      "organization_id": "org-1"}
    secret = path + "/credentials/default.json"
    status = os.lstat(secret)
    # It takes no link, nothing outside of the directory, and nothing that others may read.
    assert stat.S_ISREG(status.st_mode) and not status.st_mode & 0o077
    assert os.path.realpath(secret) == os.path.join(os.path.realpath(path), "credentials/default.json")
    for token in ("tok-1", "tok-22"):
        place.put("orgs/acme/projects/etl/anthropic/auth_token", token)
        found = json.loads(people.run(runner, ["cat", secret]).stdout)
        assert found == {"version": "1.0", "type": "oauth_token", "access_token": token,
                         "expires_at": 0}
    os.unlink(place.path("orgs/acme/projects/etl/anthropic/auth_token"))
    assert not os.path.exists(path)


def test_libpq_reads_pgpass_and_service(place, people, runner):
    path = own(place, "postgresql", username="etl", password="a:b\\c", host="127.0.0.1", port="1",
               database="dwh")
    for password in ("a:b\\c", "#x 'y' \"z\" ü"):
        place.put("orgs/acme/projects/etl/postgresql/password", password)
        found, said = readers.libpq(people, runner, "host=127.0.0.1 port=1 dbname=dwh user=etl",
                                    PGPASSFILE=path + "/.pgpass")
        assert found == ["127.0.0.1", "1", "dwh", "etl", password] and not said
        found, said = readers.libpq(people, runner, "service=default",
                                    PGSERVICEFILE=path + "/pg_service.conf")
        assert found == ["127.0.0.1", "1", "dwh", "etl", password] and not said
    place.put("orgs/acme/projects/etl/postgresql/password", "two words")
    assert readers.by_dash(people, runner, path + "/env")["PGPASSWORD"] == "two words"
    # It takes no password from a file that others may read: that is why they belong to the runner.
    place.put("orgs/acme/projects/etl/roles/runner", "user:" + runner, "user:" + people.user("ron"))
    found, said = readers.libpq(people, runner, "host=127.0.0.1 port=1 dbname=dwh user=etl",
                                PGPASSFILE=path + "/.pgpass")
    assert found[4] == "" and "group or world access" in said


def test_a_connection_comes_with_its_login(place, people, runner):
    connection = place.path("orgs/acme/connections/warehouse")
    os.mkdir(connection)
    place.put("orgs/acme/connections/warehouse/url", "postgresql://db.example/sales")
    place.put("orgs/acme/connections/warehouse/host", "127.0.0.1")
    place.put("orgs/acme/connections/warehouse/port", "1")
    place.account("acme/warehouse-login", "login", username="etl", password="one")
    os.symlink("../../warehouse-login", connection + "/warehouse-login")
    link(place, "connections/warehouse", "dwh")
    path = place.use + "/dwh"
    for password in ("one", "an:other"):
        place.put("orgs/acme/warehouse-login/password", password)
        found, said = readers.libpq(people, runner, "host=127.0.0.1 port=1 dbname=d user=etl",
                                    PGPASSFILE=path + "/.pgpass")
        assert found == ["127.0.0.1", "1", "d", "etl", password] and not said
        assert readers.by_dash(people, runner, place.use + "/env")["PGPASSWORD"] == password
    os.unlink(connection + "/warehouse-login")
    assert not os.path.exists(path + "/.pgpass") and not os.path.exists(path + "/password")
    assert names(people, runner, path) == ["env", "env.json", "host", "port", "provider", "url"]


def test_mariadb_reads_the_option_file(place, people, runner):
    path = own(place, "mysql", username="etl", password="x", host="db.example", port="3306")
    for password in ("x", "#a\"b'c\\d\\n ;e[f]=g ü "):
        place.put("orgs/acme/projects/etl/mysql/password", password)
        assert readers.option_file(people, runner, path + "/my.cnf") == {
            "user": "etl", "password": password, "host": "db.example", "port": "3306"}


HOSTILE = ["'", '"', "'\"", "it's", 'say "x"', "#", "a #b", "a#b", ";", "a;b", "!include /etc/passwd",
           "\\", "a\\", "\\n", "a\\'b", "\\\\", " a", "a ", " ", "a b", "a:b", ":", "*", "[client]", "=",
           "a=b", "$HOME", "${HOME}", "$(id)", "`id`", "%s", "%(x)s", "a!b", "it's!", "~", "a&b|c>d",
           "Zürich €😀", "\u2028", "x" * 1000, "x" * 1013, "x" * 1014, "x" * 4076, "x" * 4077,
           "x" * 65536, '"' * 3000, "-", "null", "true", "1e3", "*:*:*:*:x", "ldap://x", "{}", "<x>"]


def test_hostile_values_are_read_back_whole_or_not_at_all(place, people, runner):
    postgres = own(place, "postgresql", username="etl", password="x")
    mysql = own(place, "mysql", username="etl", password="x")
    wrong, carried = [], dict.fromkeys([".pgpass", "pg_service.conf", "my.cnf"], 0)

    def check(file, value, path, read):
        if not os.path.exists(path):
            assert f"absent: {os.path.relpath(path, place.use)}: password cannot be written in it" \
                in place.get("use/acme/etl/.status")
            return
        carried[file] += 1
        found = read(path)
        if found != value:
            wrong.append((file, value[:40], len(value), found[:40]))

    for value in HOSTILE:
        for name in ("postgresql", "mysql"):
            place.put(f"orgs/acme/projects/etl/{name}/password", value)
        check(".pgpass", value, postgres + "/.pgpass", lambda path: readers.libpq(
            people, runner, "host=127.0.0.1 port=1 dbname=d user=etl", PGPASSFILE=path)[0][4])
        check("pg_service.conf", value, postgres + "/pg_service.conf", lambda path: readers.libpq(
            people, runner, "service=default host=127.0.0.1 port=1 dbname=d", PGSERVICEFILE=path)[0][4])
        check("my.cnf", value, mysql + "/my.cnf", lambda path: readers.option_file(
            people, runner, path)["password"])
    assert not wrong
    assert min(carried.values()) > len(HOSTILE) * 3 // 4, carried


@pytest.mark.parametrize("reader", readers.ENVIRONMENTS)
def test_hostile_values_of_the_environment(place, people, runner, reader):
    """All that can be carried at once, a field each; what cannot must leave the file out."""
    fields = {f"f{i}": value for i, value in enumerate(HOSTILE)}
    path = own(place, "any")
    carried = {}
    for name, value in fields.items():
        field = place.path("orgs/acme/projects/etl/any", name)
        with open(field, "w", encoding="utf-8") as file:
            file.write(value)
        if os.path.exists(path + "/env"):
            carried["CREDFS_ANY_" + name.upper()] = value
        else:
            os.unlink(field)
    assert len(carried) > len(HOSTILE) // 2
    # Whatever a process may be given, one string of it is not longer than 128 KiB, and all are not
    # longer than 2 MiB.
    found = readers.ENVIRONMENTS[reader](people, runner, path + "/env")
    assert {name: found.get(name) for name in carried} == carried
    parsed = json.loads(people.run(runner, ["cat", path + "/env.json"]).stdout)
    assert parsed == carried


def test_lines_are_carried_by_json_alone(place):
    path = own(place, "any")
    value = "a\nLD_PRELOAD=/tmp/x.so\n'b\tc\n"
    with open(place.path("orgs/acme/projects/etl/any/text"), "w", encoding="utf-8") as file:
        file.write(value)
    assert not os.path.exists(path + "/env") and not os.path.exists(place.use + "/env")
    with open(path + "/env.json", encoding="utf-8") as file:
        assert json.load(file) == {"CREDFS_ANY_TEXT": value}
    with open(path + "/text", encoding="utf-8", newline="") as file:
        assert file.read() == value


def test_every_change_is_seen_at_once(place):
    """Whatever the kernel remembers of names, sizes and contents."""
    path = own(place, "openai", api_key=KEY)
    place.account("acme/xai", api_key="xai-1")
    files = [place.use + "/env", place.use + "/env.json", path + "/env", path + "/api_key"]
    for number in range(40):
        value = f"sk-proj-{number}" + "x" * number
        place.put("orgs/acme/projects/etl/openai/api_key", value)
        for file in files:
            size = os.stat(file).st_size
            with open(file, encoding="utf-8") as opened:
                text = opened.read()
            assert value in text and len(text) == size == os.stat(file).st_size
    for _ in range(5):
        link(place, "xai", "grok")
        assert "XAI_API_KEY=xai-1\n" in place.get("use/acme/etl/env")
        assert place.get("use/acme/etl/grok/api_key") == "xai-1"
        os.rename(place.path("orgs/acme/projects/etl/grok"), place.path("orgs/acme/projects/etl/x"))
        assert not os.path.exists(place.use + "/grok") and os.path.exists(place.use + "/x/env")
        unlink(place, "x")
        assert not os.path.exists(place.use + "/x/api_key")
        assert "XAI" not in place.get("use/acme/etl/env")
    os.rename(place.path("orgs/acme/projects/etl"), place.path("orgs/acme/projects/load"))
    place.project("acme", "etl")
    assert os.listdir(place.use) == ["env", "env.json"] or sorted(os.listdir(place.use)) == [
        "env", "env.json"]
    assert KEY[:8] in place.get("use/acme/load/env")


def read_after(path, barrier):
    """Opens, reads a byte, waits until the other side is done, and reads on."""
    fd = os.open(path, os.O_RDONLY)
    os.read(fd, 1)
    os.write(barrier[0], b"x")
    os.read(barrier[1], 1)
    try:
        os.read(fd, 10)
    except OSError as error:
        return error.errno
    return 0


@pytest.mark.parametrize("file", ["xai/api_key", "xai/env", "env"])
def test_a_link_that_goes_takes_open_files_with_it(place, people, runner, file):
    own(place, "openai", api_key=KEY)
    place.account("acme/xai", api_key="xai-1")
    link(place, "xai")
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.read(ready[0], 1)
        os.unlink(place.path("orgs/acme/projects/etl/xai"))
        os.write(go[1], b"x")
        os._exit(0)
    outcome = people.call(runner, read_after, os.path.join(place.use, file), (ready[1], go[0]))
    os.waitpid(child, 0)
    for fd in ready + go:
        os.close(fd)
    assert outcome == ("ok", 13)


CONTAINER = """
mount --bind "$1" "$2" && umount -l "$3" && cd / || exit 1
exec setpriv --reuid="$4" --regid="$4" --init-groups sh -c '
    set -a; . "$0/env"; echo "$OPENAI_API_KEY"
    read -r _; . "$0/env"; echo "$OPENAI_API_KEY"; cat "$0/openai/api_key"; echo
    read -r _; cat "$0/openai/api_key" 2>&1; ls "$0"' "$2"
"""


def test_a_job_runs_where_only_its_project_is_seen(place, runner):
    place.account("acme/openai", api_key=KEY)
    link(place, "openai")
    seen = place.base + "/seen"
    os.mkdir(seen)
    job = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", CONTAINER,
                            "sh", place.use, seen, place.root, runner], stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert job.stdout.readline() == KEY + "\n"
        place.put("orgs/acme/openai/api_key", ANOTHER)
        job.stdin.write("\n")
        job.stdin.flush()
        assert [job.stdout.readline(), job.stdout.readline()] == [ANOTHER + "\n"] * 2
        unlink(place, "openai")
    finally:
        rest = job.communicate("\n", timeout=30)[0]
    os.rmdir(seen)
    assert "No such file" in rest or "denied" in rest
    assert rest.splitlines()[-2:] == ["env", "env.json"]


def test_open_files_outlive_a_worker(place, people, runner):
    own(place, "openai", api_key=KEY)
    before = os.stat(place.use + "/env")
    fds = {name: os.open(os.path.join(place.use, name), os.O_RDONLY)
           for name in ("env", "openai/env.json", "openai/api_key")}
    worker = place.worker()
    place.allow_in_log("takes over")
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: place.worker() not in (None, worker), 20, "another worker")
    after = os.stat(place.use + "/env")
    assert (before.st_ino, before.st_size, before.st_uid) == (after.st_ino, after.st_size, after.st_uid)
    place.put("orgs/acme/projects/etl/openai/api_key", ANOTHER)
    for name, fd in fds.items():
        assert ANOTHER.encode() in os.pread(fd, 4096, 0), name
        os.close(fd)
    assert people.run(runner, ["cat", place.use + "/env"]).stdout == f"OPENAI_API_KEY={ANOTHER}\n"


def lines_of(place, before=0):
    with open(place.path("orgs/acme/audit.log"), encoding="utf-8") as log:
        return [json.loads(line) for line in log][before:]


def test_reading_a_file_is_one_line_that_names_its_fields(place, people, runner):
    place.account("acme/openai", api_key=KEY, api_base="https://llm.example/v1")
    link(place, "openai", "gpt")
    own(place, "xai", api_key="xai-1")
    before = len(lines_of(place))
    for name in ("env", "gpt/env.json", "gpt/api_key", "gpt/provider", ".status"):
        assert people.run(runner, ["cat", os.path.join(place.use, name)]).returncode == 0
    found = [(line["path"], line.get("fields"), line.get("version"), line["user"])
             for line in lines_of(place, before)]
    assert found == [
        ("use/acme/etl/env", ["gpt/api_base:1", "gpt/api_key:1", "xai/api_key:1"], None, runner),
        ("use/acme/etl/gpt/env.json", ["api_base:1", "api_key:1"], None, runner),
        ("use/acme/etl/gpt/api_key", None, 1, runner)]
    text = json.dumps(lines_of(place))
    assert KEY not in text and "xai-1" not in text


def test_what_another_account_has_of_the_same_name_is_another_value(place):
    place.account("acme/first", "openai", api_key=KEY)
    place.account("acme/second", "openai", api_key=ANOTHER)
    link(place, "first", "openai")
    begun, whole = (os.open(place.use + "/env", os.O_RDONLY) for _ in range(2))
    try:
        assert os.read(begun, 15) == os.read(whole, 15) == b"OPENAI_API_KEY="
        before = len(lines_of(place))
        subprocess.run(["ln", "-sfn", "../../second",
                        place.path("orgs/acme/projects/etl/openai")], check=True)
        with pytest.raises(PermissionError):
            os.read(begun, 100)
        assert os.pread(whole, 100, 0) == f"OPENAI_API_KEY={ANOTHER}\n".encode()
    finally:
        os.close(begun)
        os.close(whole)
    found = [line for line in lines_of(place, before) if line["operation"] == "read"]
    assert [(line["path"], line["result"]) for line in found] == [
        ("use/acme/etl/env", "EACCES"), ("use/acme/etl/env", "ok")]
    assert found[1]["fields"] == ["openai/api_key:1"]


def test_a_field_that_takes_the_place_of_another_has_a_number_of_its_own(mounts, people):
    mount = mounts("[history]\nkeep = 0\n")
    mount.org("acme")
    mount.project("acme", "etl", runner=["user:" + people.user("runner")])
    mount.account("acme/own", a="one", b="two")
    link(mount, "own")
    mount.put("orgs/acme/own/b", "three")
    reader = os.open(mount.path("use/acme/etl/own/b"), os.O_RDONLY)
    try:
        assert os.read(reader, 10) == b"three"
        before = len(lines_of(mount))
        os.rename(mount.path("orgs/acme/own/a"), mount.path("orgs/acme/own/b"))
        assert os.pread(reader, 10, 0) == b"one"
    finally:
        os.close(reader)
    found = [line for line in lines_of(mount, before) if line["operation"] == "read"]
    assert [(line["path"], line["version"]) for line in found] == [("use/acme/etl/own/b", 3)]


def test_the_catalogue_says_which_files_there_are(place):
    shown = place.get("providers/bedrock")
    assert "\nfile: credentials\nformat: aws\ngroup: default\n" in shown
    assert "\nput: AccessKeyId = access_key_id\n" in shown


def test_a_provider_of_the_hosts_own_makes_files(mounts):
    mount = mounts(start=False)
    os.mkdir(mount.base + "/providers.d")
    with open(mount.base + "/providers.d/acme.conf", "w", encoding="utf-8") as file:
        file.write("[wiki]\n[wiki/token]\n[wiki:wiki.ini]\nformat = aws\ngroup = login\n"
                   "put token = token\nput host = \"wiki.example\"\n")
    mount.start()
    mount.org("acme")
    mount.project("acme", "etl")
    mount.account("acme/projects/etl/wiki", token="t")
    assert mount.get("use/acme/etl/wiki/wiki.ini") == "[login]\ntoken = t\nhost = wiki.example\n"
