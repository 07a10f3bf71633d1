"""Programs that read the files of use/, run as a user: each returns what the program made of one.

They are the ones that people use, so that a file that they would misread is found here: the shells,
env(1), systemd, python-dotenv, pydantic, botocore, google-auth, libpq, MariaDB's own parser.
"""
import json
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile

PYTHON = ["/usr/bin/python3", "-EsBc"]
DUMP = "import json, os; print(json.dumps(dict(os.environ)))"

DOTENV = "import json, sys, dotenv; print(json.dumps(dotenv.dotenv_values(sys.argv[1])))"

PYDANTIC = """
import json, pydantic, sys
class Settings(pydantic.BaseSettings):
    value: str
    class Config:
        fields = {"value": {"env": sys.argv[2]}}
print(json.dumps({sys.argv[2]: Settings(_env_file=sys.argv[1]).value}))
"""

AWS = """
import botocore.session, json, os, sys
directory = sys.argv[1]
os.environ["AWS_SHARED_CREDENTIALS_FILE"] = directory + "/credentials"
os.environ["AWS_CONFIG_FILE"] = directory + "/config"
session = botocore.session.Session()
keys = session.get_credentials()
print(json.dumps([keys.access_key, keys.secret_key, keys.token, session.get_config_variable("region")]))
"""

GOOGLE = """
import json, sys
from google.oauth2 import service_account
keys = service_account.Credentials.from_service_account_file(sys.argv[1])
print(json.dumps([keys.service_account_email, keys.signer.key_id]))
"""

# What libpq would log in with: it looks all up before it connects, which it cannot here.
LIBPQ = """
import ctypes, json, os, sys
pq = ctypes.CDLL("libpq.so.5")
names = ["PQhost", "PQport", "PQdb", "PQuser", "PQpass"]
pq.PQconnectStart.restype = ctypes.c_void_p
connection = pq.PQconnectStart(sys.argv[1].encode())
found = []
for name in names:
    function = getattr(pq, name)
    function.restype, function.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
    found.append((function(connection) or b"").decode())
print(json.dumps(found))
"""


def python(people, user, code, *arguments, variables=None):
    argv = [*PYTHON, code, *arguments]
    if variables:
        argv = ["env", *(f"{name}={value}" for name, value in variables.items()), *argv]
    done = people.run(user, argv)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def shell(people, user, program, path):
    code = f"set -a; . {shlex.quote(path)} && exec {shlex.join([*PYTHON, DUMP])}"
    done = people.run(user, [program, "-c", code])
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def by_bash(people, user, path):
    return shell(people, user, "bash", path)


def by_dash(people, user, path):
    return shell(people, user, "dash", path)


def by_env(people, user, path):
    code = f'exec env -S "$(cat {shlex.quote(path)})" {shlex.join([*PYTHON, DUMP])}'
    done = people.run(user, code)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def by_dotenv(people, user, path):
    return python(people, user, DOTENV, path)[0]


UNIT = """
[Unit]
DefaultDependencies=no
SuccessAction=exit
FailureAction=exit
[Service]
Type=oneshot
EnvironmentFile={path}
ExecStart=/usr/bin/python3 -EsBc "{code}"
StandardOutput=file:{base}/out
"""


def by_systemd(_people, _user, path):
    """A service manager of its own, in a place where there could be one."""
    base = tempfile.mkdtemp(prefix="credfs-systemd-")
    try:
        os.makedirs(base + "/config/systemd/user")
        os.mkdir(base + "/run", 0o700)
        with open(base + "/config/systemd/user/job.service", "w", encoding="utf-8") as unit:
            unit.write(UNIT.format(path=path.replace(" ", "\\x20"), base=base, code=DUMP))
        start = ("mount -t tmpfs none /run && mkdir /run/systemd /run/systemd/system && "
                 "exec /lib/systemd/systemd --user --unit=job.service")
        subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", start],
                       env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": base + "/run",
                            "XDG_CONFIG_HOME": base + "/config", "HOME": base},
                       stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=True)
        with open(base + "/out", encoding="utf-8") as out:
            return json.load(out)
    finally:
        shutil.rmtree(base)


ENVIRONMENTS = {"bash": by_bash, "dash": by_dash, "env": by_env, "dotenv": by_dotenv,
                "systemd": by_systemd}


def pydantic(people, user, path, name):
    return python(people, user, PYDANTIC, path, name)[0]


def aws(people, user, directory):
    return python(people, user, AWS, directory)[0]


def google(people, user, path):
    return python(people, user, GOOGLE, path)[0]


def libpq(people, user, conninfo, **variables):
    """[host, port, database, user, password], and what it complained of."""
    return python(people, user, LIBPQ, conninfo, variables=variables)


def option_file(people, user, path):
    """{option: value} as MariaDB's programs read it."""
    done = people.run(user, ["my_print_defaults", "--defaults-file=" + path, "client"])
    assert done.returncode == 0, done.stderr
    return dict(line[2:].split("=", 1) for line in done.stdout.rstrip("\n").split("\n"))


def uid(user):
    return pwd.getpwnam(user).pw_uid
