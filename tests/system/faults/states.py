"""What an edit does, step by step, and what everybody must see before and after each step."""
import os
import shutil

SCRATCH = ".tmp"


def audit_elsewhere(mount):
    """Where storage fails it is the store's: what cannot be recorded is not given out, which is what
    the tests of the audit log are about."""
    with open(mount.conf, "a", encoding="utf-8") as conf:
        conf.write(f"[audit]\ndirectory = {mount.base}/audit\n")
    return mount



def key(letter):
    return "sk-proj-" + letter * 40


def save(mount, path, text):
    """As a program does that looks at what close(2) answers."""
    fd = os.open(mount.path(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def furnish(mount):
    """What every edit begins with."""
    mount.org("acme", admin=["group:root"])
    mount.account("acme/openai", api_key=key("1"))
    save(mount, "orgs/acme/openai/api_key", key("2"))
    mount.account("acme/anthropic", api_key="sk-ant-" + "3" * 40)
    mount.account("acme/vault", provider="generic", first="one", second="two " * 4000)
    mount.project("acme", "etl", runner=["user:nobody"])
    os.symlink("../../openai", mount.path("orgs/acme/projects/etl/openai"))
    mount.org("globex")
    mount.account("globex/openai", api_key=key("4"))


# Each edit is a list of steps: single calls, or a save, that either happen or do not.
EDITS = {
    "create": [
        lambda m: os.mkdir(m.path("orgs/acme/mistral")),
        lambda m: save(m, "orgs/acme/mistral/api_key", "m" * 32 + "\n"),
    ],
    "rotate": [lambda m: save(m, "orgs/acme/openai/api_key", key("5"))],
    "replace": [
        lambda m: save(m, "orgs/acme/openai/api_key" + SCRATCH, key("6")),
        lambda m: os.rename(m.path("orgs/acme/openai/api_key" + SCRATCH),
                            m.path("orgs/acme/openai/api_key")),
    ],
    "long value": [lambda m: save(m, "orgs/acme/vault/second", "other " * 10000)],
    "rename": [lambda m: os.rename(m.path("orgs/acme/openai"), m.path("orgs/acme/main"))],
    "delete a field": [lambda m: os.unlink(m.path("orgs/acme/vault/first"))],
    "delete an account": [
        lambda m: os.unlink(m.path("orgs/acme/openai/api_key")),
        lambda m: os.rmdir(m.path("orgs/acme/openai")),
    ],
    "link": [
        lambda m: os.symlink("../../vault", m.path("orgs/acme/projects/etl/vault")),
        lambda m: os.unlink(m.path("orgs/acme/projects/etl/openai")),
    ],
    "role": [lambda m: save(m, "orgs/acme/roles/admin", "user:nobody\ngroup:root\n")],
    "provider": [lambda m: save(m, "orgs/acme/vault/provider", "generic\n"),
                 lambda m: os.mkdir(m.path("orgs/acme/spare")),
                 lambda m: save(m, "orgs/acme/spare/provider", "anthropic\n")],
    "project": [
        lambda m: os.mkdir(m.path("orgs/acme/projects/web")),
        lambda m: save(m, "orgs/acme/projects/web/roles/runner", "user:daemon\n"),
        lambda m: os.rmdir(m.path("orgs/acme/projects/web")),
    ],
    "organisation": [
        lambda m: os.mkdir(m.path("orgs/initech")),
        lambda m: os.rename(m.path("orgs/initech"), m.path("orgs/initrode")),
    ],
}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def history(path, name):
    """The versions of a field that can be read, with what they say."""
    found = {}
    for number in range(1, 10):
        try:
            found[number] = read(f"{path}/.history/{name}/{number}")
        except FileNotFoundError:
            continue
    return found


def snapshot(mount):
    """All there is to see for root: names, contents, earlier values and where links lead. The audit
    log is left out: looking changes it."""
    seen = {}
    for path, dirs, files in os.walk(mount.path("orgs")):
        below = os.path.relpath(path, mount.root)
        seen[below] = None
        for name in dirs + files:
            whole = os.path.join(path, name)
            if os.path.islink(whole):
                seen[f"{below}/{name}"] = "-> " + os.readlink(whole)
            elif name in files and name != "audit.log" and not name.endswith(SCRATCH):
                seen[f"{below}/{name}"] = (read(whole), history(path, name))
    return seen


def difference(one, other):
    """Which paths differ; never what is in them."""
    return sorted(path for path in one.keys() | other.keys()
                  if path not in one or path not in other or one[path] != other[path])


class Pristine:
    """A furnished store, unmounted, that can be had again and again; and what each edit yields."""

    def __init__(self, mount):
        self.mount = mount
        furnish(mount)
        mount.umount()
        self.copy = mount.base + "/pristine"
        shutil.copytree(mount.private, self.copy)

    def restore(self):
        shutil.rmtree(self.mount.private)
        shutil.copytree(self.copy, self.mount.private)

    def states(self, edit):
        """What is seen before the edit and after each of its steps, without any fault."""
        self.restore()
        self.mount.start()
        states = [snapshot(self.mount)]
        for step in EDITS[edit]:
            step(self.mount)
            states.append(snapshot(self.mount))
        self.mount.umount()
        return states
