"""A PostgreSQL and a MariaDB of a test's own, with a user `app` whose password is PASSWORD. Both ask
for it on their Unix sockets, too."""
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PASSWORD = "p'a ss\"w\\örd"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def quoted(password):
    return "'" + password.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Database:
    """Runs as `user` in a directory of its own until close()."""

    def __init__(self, user):
        self.user = user
        self.port = free_port()
        self.base = tempfile.mkdtemp(prefix="credfs-database-", dir="/var/tmp")
        self.data = self.base + "/data"
        entry = pwd.getpwnam(user)
        os.chown(self.base, entry.pw_uid, entry.pw_gid)
        os.chmod(self.base, 0o755)
        self.process = None

    def argv(self, *arguments):
        entry = pwd.getpwnam(self.user)
        return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups",
                "--", *arguments]

    def run(self, *arguments, stdin=None):
        subprocess.run(self.argv(*arguments), check=True, capture_output=True, cwd=self.base,
                       timeout=120, input=stdin, text=True)

    def start(self, *arguments):
        log = open(self.base + "/log", "w", encoding="utf-8")
        with log:
            self.process = subprocess.Popen(self.argv(*arguments), stdout=log, stderr=log,
                                            cwd=self.base)

    def wait(self, *arguments):
        end = time.monotonic() + 60
        while True:
            done = subprocess.run(self.argv(*arguments), capture_output=True, cwd=self.base,
                                  timeout=60)
            if done.returncode == 0:
                return
            if time.monotonic() > end or self.process.poll() is not None:
                with open(self.base + "/log", encoding="utf-8", errors="replace") as log:
                    raise AssertionError("the database does not start: " + log.read()[-2000:])
            time.sleep(0.1)

    def close(self):
        if self.process:
            self.process.send_signal(signal.SIGINT if self.user == "postgres" else signal.SIGTERM)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.base)


class Postgres(Database):
    def __init__(self):
        super().__init__("postgres")
        (programs,) = glob.glob("/usr/lib/postgresql/*/bin")[-1:]
        try:
            self.run(programs + "/initdb", "-D", self.data, "-U", "postgres", "-E", "UTF8",
                     "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=scram-sha-256",
                     "--no-sync")
            self.ask_app_for_his_password()
            self.start(programs + "/postgres", "-D", self.data, "-p", str(self.port), "-k",
                       self.base, "-h", "127.0.0.1", "-F")
            self.client = (programs + "/psql", "-h", self.base, "-p", str(self.port), "-U",
                           "postgres", "-v", "ON_ERROR_STOP=1")
            self.wait(*self.client, "-c", "SELECT 1")
            self.query("CREATE DATABASE sales;\nCREATE USER app;\n")
            self.set_password(PASSWORD)
        except BaseException:
            self.close()
            raise

    def ask_app_for_his_password(self):
        rules = self.data + "/pg_hba.conf"
        with open(rules, encoding="utf-8") as file:
            others = file.read()
        with open(rules, "w", encoding="utf-8") as file:
            file.write("local all app scram-sha-256\n" + others)

    def query(self, text):
        self.run(*self.client, "-f", "-", stdin=text)

    def set_password(self, password):
        self.query(f"ALTER USER app PASSWORD E{quoted(password)};\n")


class Mariadb(Database):
    def __init__(self):
        super().__init__("mysql")
        self.socket = self.base + "/socket"
        try:
            self.run("mariadb-install-db", "--no-defaults", "--datadir=" + self.data,
                     "--auth-root-authentication-method=normal", "--skip-test-db")
            self.start("mariadbd", "--no-defaults", "--datadir=" + self.data,
                       "--socket=" + self.socket, f"--port={self.port}",
                       "--bind-address=127.0.0.1", "--pid-file=" + self.base + "/pid",
                       "--skip-name-resolve")
            self.client = ("mariadb", "--no-defaults", "--user=root", "--socket=" + self.socket,
                           "--default-character-set=utf8mb4")
            self.wait(*self.client, "-e", "SELECT 1")
            self.query("CREATE DATABASE sales; "
                       "CREATE USER app@'127.0.0.1'; GRANT ALL ON sales.* TO app@'127.0.0.1'; "
                       "CREATE USER app@localhost; GRANT ALL ON sales.* TO app@localhost;")
            self.set_password(PASSWORD)
        except BaseException:
            self.close()
            raise

    def query(self, text):
        self.run(*self.client, stdin=text)

    def set_password(self, password):
        self.query(f"ALTER USER app@'127.0.0.1' IDENTIFIED BY {quoted(password)}, "
                   f"app@localhost IDENTIFIED BY {quoted(password)};")
