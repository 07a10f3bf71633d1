"""A store in which a later version of credfs has written: it is told as that, and not as damage; and
what was altered is never told as that."""
import sqlite3

import pytest

from mounting import wait_until
from second_reader import CHANGE, ITEM, Store, v
from test_damage import read

WRONG, STORE_VERSION = 17, 9
LATER = "written by a later version of credfs"


class Later:
    """A program of a later version: it has the host's key, and appends to the log."""

    def __init__(self, mount):
        self.path = mount.db
        self.store = Store(mount.db, mount.identity, mount.pins)
        self.org = self.store.orgs["acme"]

    def append(self, rows=(), sealed=(), **altered):
        """One more entry, which changes items."""
        number, head = self.store.db.execute(
            "SELECT gen, hash FROM log WHERE org = ? ORDER BY gen DESC", (self.org.id,)).fetchone()
        whole = {**self.org.map, **{(ITEM, row["id"], 0): row for row in rows}}
        entry = v.entry(self.store.host, {
            "type": CHANGE, "org": self.org.id, "generation": number + 1, "previous": head,
            "time": 1, "root": v.map_root(list(whole.values())),
            "member_head": self.org.member_head, "rows": list(rows), **altered})
        with sqlite3.connect(self.path) as db:
            db.execute("INSERT INTO log (org, gen, hash, entry) VALUES (?, ?, ?, ?)",
                       (self.org.id, number + 1, v.blake2b(entry), entry))
            db.execute("UPDATE head SET gen = ? WHERE org = ?", (number + 1, self.org.id))
            for row, bytes in zip(rows, sealed):
                db.execute("INSERT INTO item (org, id, kind, ver, epoch, ct) "
                           "VALUES (?, ?, ?, ?, ?, ?)", (self.org.id, row["id"], row["kind"],
                                                         row["version"], row["epoch"], bytes))
        db.close()

    def append_record(self, payload):
        """One more account, in this form."""
        context = {"id": v.some("later", 16), "kind": 5, "version": 1, "epoch": 1}
        sealed = v.seal(self.org.keys[1], "item", {"org": self.org.id, **context},
                        v.some("nonce", 24), payload)
        digest = v.row_digest(self.org.id, ITEM, *context.values(), sealed)
        self.append([{"table": ITEM, "relations": v.relations(5, context["id"]),
                      "digest": digest, **context}], [sealed])


@pytest.fixture
def furnished(mount):
    """Mounted, with one organisation."""
    mount.org("acme")
    mount.account("acme/one", provider="generic", key="sk-one")
    mount.allow_in_log("error")
    return mount


def flip_format(mount):
    """Of the newest entry, behind everybody's back."""
    with sqlite3.connect(mount.db) as db:
        gen, entry = db.execute("SELECT gen, entry FROM log ORDER BY gen DESC").fetchone()
        entry = b"\2" + entry[1:]
        db.execute("UPDATE log SET entry = ?, hash = ? WHERE gen = ?",
                   (entry, v.blake2b(entry), gen))
    db.close()


def check(mount, expect):
    done = mount.credfs("check", "--store")
    assert done.returncode == expect, done
    return done.stdout + done.stderr


def test_a_log_that_goes_on_in_a_later_form(furnished):
    Later(furnished).append(format=2)
    wait_until(lambda: LATER in furnished.get(".status"), 5, "the daemon tells")
    assert furnished.get("orgs/acme/one/key") == "sk-one"
    said = check(furnished, STORE_VERSION)
    assert LATER in said and "damage" not in said and "do not verify" not in said
    furnished.umount()
    furnished.start()
    assert read(furnished, "orgs/acme/one/key") == "EIO"
    assert LATER in furnished.get(".status")
    furnished.umount()
    done = furnished.credfs("key", "list", "acme")
    assert done.returncode == STORE_VERSION and LATER in done.stderr


def test_a_log_that_was_altered_to_look_like_that(furnished):
    furnished.umount()
    flip_format(furnished)
    assert LATER not in check(furnished, WRONG)
    furnished.start()
    assert read(furnished, "orgs/acme/one/key") == "EIO"
    assert LATER not in furnished.get(".status")


def test_a_record_of_a_later_form(furnished):
    Later(furnished).append_record(b"\2whatever")
    wait_until(lambda: " damaged=0 of-a-later-version=1" in furnished.get(".status"), 5, "told")
    assert furnished.get("orgs/acme/one/key") == "sk-one"
    assert read(furnished, "orgs/acme/whatever/key") == "EIO"
    said = check(furnished, STORE_VERSION)
    assert LATER in said and ", 0 damaged, 1 of a later version" in said
    # damage beside it is what counts
    with sqlite3.connect(furnished.db) as db:
        db.execute("UPDATE value SET ct = zeroblob(length(ct))")
    db.close()
    assert LATER in check(furnished, WRONG)


def test_a_record_of_no_form_at_all(furnished):
    Later(furnished).append_record(b"\0whatever")
    wait_until(lambda: " damaged=1\n" in furnished.get(".status"), 5, "told")
    assert LATER not in check(furnished, WRONG)
