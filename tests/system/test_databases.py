"""credfs test of logins, at a real PostgreSQL and a real MariaDB."""
import os
import re

import pytest

import databases
import servers
from test_test import try_it

PASSWORD = databases.PASSWORD


@pytest.fixture
def login(mount):
    """login(url, ...) makes an account that has one: its directory below orgs."""
    mount.org("acme")
    count = iter(range(100))

    def make(url, username="app", password=PASSWORD):
        path = f"acme/login{next(count)}"
        mount.account(path, provider="generic", url=url, username=username, password=password)
        return path

    make.mount = mount
    return make


def verdict(login, *arguments):
    report = try_it(login.mount, login(*arguments))
    return report["verdict"], report["detail"]


def test_postgresql_takes_it_or_not(login, postgres):
    url = f"postgresql://127.0.0.1:{postgres.port}/sales"
    assert verdict(login, url) == ("accepted", "it answers SELECT 1")
    assert verdict(login, url, "app", "wrong") == \
           ("rejected", "wrong user name or password (28P01)")
    assert verdict(login, url, "nobody", PASSWORD)[0] == "rejected"
    assert verdict(login, url.replace("sales", "none")) == \
           ("unreachable", "the login was taken, but there is no such database (3D000)")


@pytest.mark.parametrize("form", [
    "postgres://localhost:{port}/sales?connect_timeout=5", "jdbc:postgresql://127.0.0.1:{port}/sales",
    "jdbc:postgresql://127.0.0.1:{port}/sales?ssl=false&currentSchema=x",
    "postgresql:///sales?host={base}&port={port}", "postgresql://127.0.0.1:{port}/sales?sslmode=disable",
])
def test_postgresql_s_urls(login, postgres, form):
    url = form.format(port=postgres.port, base=postgres.base)
    assert verdict(login, url)[0] == "accepted"


def test_what_is_set_in_the_caller_s_environment_is_nothing_to_it(login, postgres, tmp_path):
    """libpq would take the password, the service and the host from there."""
    login.mount.environment.update(PGPASSWORD=PASSWORD, PGHOST="127.0.0.1", PGUSER="app",
                                   PGOPTIONS="-c none=1", PGSERVICE="none")
    url = f"postgresql://127.0.0.1:{postgres.port}/sales"
    assert verdict(login, url)[0] == "accepted"
    assert verdict(login, url, "app", "wrong")[0] == "rejected"


def test_mariadb_takes_it_or_not(login, mariadb):
    url = f"mariadb://127.0.0.1:{mariadb.port}/sales"
    assert verdict(login, url) == ("accepted", "it answers SELECT 1")
    assert verdict(login, url, "app", "wrong") == \
           ("rejected", "wrong user name or password (1045)")
    assert verdict(login, url, "nobody", PASSWORD)[0] == "rejected"
    assert verdict(login, url.replace("sales", "mysql"))[0] == "rejected"


@pytest.mark.parametrize("form", [
    "mysql://127.0.0.1:{port}/sales", "mysql://127.0.0.1:{port}", "jdbc:mariadb://127.0.0.1:{port}/sales",
    "jdbc:mysql://127.0.0.1:{port}/sales?useSSL=false", "mysql://localhost/sales?socket={socket}",
])
def test_mysql_s_urls(login, mariadb, form):
    url = form.format(port=mariadb.port, socket=mariadb.socket)
    assert verdict(login, url)[0] == "accepted"


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
@pytest.mark.parametrize("serve", [servers.hang, servers.hang_up])
def test_what_is_no_database_is_given_up(login, scheme, serve):
    server = servers.Raw(serve)
    try:
        path = login(f"{scheme}://127.0.0.1:{server.port}/sales")
        assert try_it(login.mount, path, "--timeout", "1")["verdict"] == "unreachable"
    finally:
        server.close()


@pytest.mark.parametrize("url,why", [
    ("jdbc:sqlserver://db.example;databaseName=sales", "of no database that can be asked"),
    ("oracle://db.example/sales", "of no database that can be asked"),
    ("postgresql://127.0.0.1:99999999/sales", ""),
])
def test_other_urls_are_told(login, url, why):
    report = try_it(login.mount, login(url))
    assert report["verdict"] in ("untried", "unreachable") and why in report["detail"]


def test_an_encrypted_connection_is_asked_for_where_it_leaves_this_host(login, postgres, mariadb):
    """By an address that is not known to be this host's: neither server has a certificate."""
    for scheme, port in (("postgresql", postgres.port), ("mysql", mariadb.port)):
        outcome, detail = verdict(login, f"{scheme}://0.0.0.0:{port}/sales")
        assert outcome == "unreachable" and re.search("SSL|TLS", detail), detail
    url = f"postgresql://0.0.0.0:{postgres.port}/sales?sslmode=disable"
    assert verdict(login, url)[0] == "accepted"


@pytest.fixture
def connected(mounts):
    """connected(fields, ...) makes a connection with a login: the path of the login in it."""
    mount = mounts("[features]\nconnections = yes\n")
    mount.org("acme")
    os.mkdir(mount.path("orgs/acme/connections/warehouse"))
    mount.account("acme/app", provider="login", username="app", password=PASSWORD)
    os.symlink("../../app", mount.path("orgs/acme/connections/warehouse/app"))

    def make(**fields):
        for field, value in fields.items():
            mount.put("orgs/acme/connections/warehouse/" + field, value)
        return "acme/connections/warehouse/app"

    make.mount = mount
    return make


def test_a_login_is_tried_where_its_connection_leads(connected, postgres, mariadb):
    path = connected(url=f"postgresql://127.0.0.1:{postgres.port}/sales")
    assert try_it(connected.mount, path)["verdict"] == "accepted"
    connected(url=f"jdbc:mariadb://127.0.0.1:{mariadb.port}/sales")
    assert try_it(connected.mount, path)["verdict"] == "accepted"
    connected.mount.put("orgs/acme/app/password", "wrong")
    assert try_it(connected.mount, path)["verdict"] == "rejected"
    alone = try_it(connected.mount, "acme/app")
    assert alone["verdict"] == "untried" and "through its connection" in alone["detail"]


def test_a_connection_may_be_described_by_its_parts(connected, postgres, mariadb):
    path = connected(type="postgresql", host="127.0.0.1", port=str(postgres.port), database="sales")
    assert try_it(connected.mount, path)["verdict"] == "accepted"
    connected(type="mysql", port=str(mariadb.port))
    assert try_it(connected.mount, path)["verdict"] == "accepted"
