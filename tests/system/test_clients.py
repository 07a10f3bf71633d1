"""The clients of databases, at real ones, with what use/ has for them of a data connection: what a
project's user runs goes on running when the password is changed, and fails when the link is gone."""
import json
import os
import shlex

import pytest

# What the files' formats, the shell and SQL take for their own.
PASSWORDS = ["a:b\\c#d'e\"f g", "#'x' \\n::\"\\\\", "\"%s$HOME`id`;[client]\\"]


class Job:
    """A connection `warehouse` to a database, its login, a project that has it, and who runs it."""

    def __init__(self, mount, people, **fields):
        self.mount, self.people = mount, people
        self.admin, self.maintainer, self.runner = (people.user(name) for name in (
            "ada", "mia", "runner"))
        self.path = mount.path("use/acme/etl/warehouse")
        mount.org("acme", admin=["user:" + self.admin])
        mount.project("acme", "etl", runner=["user:" + self.runner],
                      maintainer=["user:" + self.maintainer])
        self.does(self.admin, "mkdir connections/warehouse app && echo login > app/provider && "
                  "echo app > app/username && ln -s ../../app connections/warehouse/")
        for field, value in fields.items():
            self.does(self.admin, f"echo {shlex.quote(value)} > connections/warehouse/{field}")

    def does(self, user, command):
        code = f"cd {self.mount.root}/orgs/acme && {command}"
        done = self.people.run(user, ["bash", "-c", code])
        assert (done.returncode, done.stderr) == (0, ""), (command, done)

    def save(self, password):
        self.does(self.admin, f"echo {shlex.quote(password)} > app/password")

    def link(self):
        self.does(self.maintainer, "ln -s ../../connections/warehouse projects/etl/warehouse")

    def unlink(self):
        self.does(self.maintainer, "rm projects/etl/warehouse")

    def run(self, command):
        return self.people.run(self.runner, command)

    def answers(self, command):
        done = self.run(command)
        assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", ""), (command, done)

    def fails(self, command, reason):
        done = self.run(command)
        assert done.returncode != 0 and done.stdout == "" and reason in done.stderr, (command, done)


@pytest.fixture
def job(mounts, people):
    return lambda **fields: Job(mounts("[features]\nconnections = yes\n"), people, **fields)


def by_passfile(job, database):
    return ["env", f"PGPASSFILE={job.path}/.pgpass", "psql", "-XAtwq", "-h", database.base, "-p",
            str(database.port), "-U", "app", "-d", "sales", "-c", "SELECT 1"]


def by_service(job, _database):
    return ["env", f"PGSERVICEFILE={job.path}/pg_service.conf", "PGSERVICE=default", "psql",
            "-XAtwq", "-c", "SELECT 1"]


def by_option_file(job, _database):
    return ["mariadb", f"--defaults-extra-file={job.path}/my.cnf", "--batch", "--skip-column-names",
            "-e", "SELECT 1", "sales"]


def outlives_rotations(job, database, command, rejected, without):
    job.link()
    for password in PASSWORDS:
        database.set_password(password)
        job.fails(command, rejected)
        job.save(password)
        job.answers(command)
    job.unlink()
    job.fails(command, without)
    job.link()
    job.answers(command)
    assert sorted(os.listdir(job.mount.path("orgs/acme/app"))) == [
        "password", "provider", "username"]


@pytest.mark.parametrize("client,without", [
    (by_passfile, "no password supplied"),
    (by_service, "pg_service.conf\" not found"),
])
def test_psql_goes_on_while_passwords_change(job, postgres, client, without):
    ours = job(type="postgresql", host=postgres.base, port=str(postgres.port), database="sales")
    ours.save("not yet")
    outlives_rotations(ours, postgres, client(ours, postgres), "password authentication failed",
                       without)


def test_mariadb_goes_on_while_passwords_change(job, mariadb):
    ours = job(type="mysql", socket=mariadb.socket)
    ours.save("not yet")
    outlives_rotations(ours, mariadb, by_option_file(ours, mariadb), "Access denied for user 'app'",
                       "my.cnf")


def test_psql_by_the_network(job, postgres):
    ours = job(type="postgresql", host="127.0.0.1", port=str(postgres.port), database="sales")
    ours.save("not yet")
    outlives_rotations(ours, postgres, by_service(ours, postgres), "password authentication failed",
                       "not found")


def test_mariadb_by_the_network(job, mariadb):
    ours = job(type="mariadb", host="127.0.0.1", port=str(mariadb.port))
    ours.save("not yet")
    outlives_rotations(ours, mariadb, by_option_file(ours, mariadb), "Access denied for user 'app'",
                       "my.cnf")


def test_a_url_is_enough_for_psql(job, postgres):
    ours = job(url=f"postgresql://127.0.0.1:{postgres.port}/sales")
    ours.save("not yet")
    outlives_rotations(ours, postgres, by_service(ours, postgres), "password authentication failed",
                       "not found")
    ours.does(ours.admin, f"echo 'postgresql:///sales?host={postgres.base}&port={postgres.port}' > "
              "connections/warehouse/url")
    for client in (by_service, by_passfile):
        ours.answers(client(ours, postgres))
    lines = [json.loads(line) for line in ours.mount.get("orgs/acme/audit.log").splitlines()]
    read = [line for line in lines if line["path"] == "use/acme/etl/warehouse/.pgpass"][-1]
    assert sorted(read["fields"]) == ["password:4", "url:2", "username:1"]


@pytest.mark.parametrize("form", ["mysql://127.0.0.1:{port}/sales", "mysql:///sales?socket={socket}",
                                  "jdbc:mariadb://127.0.0.1:{port}/sales?useSSL=false"])
def test_a_url_is_enough_for_mariadb(job, mariadb, form):
    ours = job(url=form.format(port=mariadb.port, socket=mariadb.socket))
    ours.save("not yet")
    outlives_rotations(ours, mariadb, by_option_file(ours, mariadb), "Access denied for user 'app'",
                       "my.cnf")
