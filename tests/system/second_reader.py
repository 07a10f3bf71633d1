"""A second reader of the store: store/FORMAT.md and tests/data/vectors/README.md read as a program.
It shares nothing with the C code; primitives are those of the vectors' generator."""
import hashlib
import importlib.util
import os
import sqlite3
import struct

VECTORS = os.path.join(os.path.dirname(__file__), "..", "data", "vectors", "generate.py")
_spec = importlib.util.spec_from_file_location("vectors", VECTORS)
v = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(v)

ADD, REMOVE, CHANGE, RECOVER = 2, 3, 5, 6
ITEM, VALUE, WRAP = 1, 2, 3
ORG, ROLE, PROJECT, LINK, ACCOUNT, FIELD = range(1, 7)
READ, WRITE, MANAGE = 1, 2, 3


# Primitives the other way round

def open_aead(key, nonce, sealed, data):
    subkey, short = v.hchacha20(key, nonce[:16]), bytes(4) + nonce[16:]
    cipher, tag = sealed[:-16], sealed[-16:]
    plain = v.chacha20(subkey, short, 1, cipher)
    assert v.xchacha20poly1305(key, nonce, plain, data) == cipher + tag, "altered"
    return plain


def open_sealed_key(recipient, sealed):
    public, rest = sealed[:32], sealed[32:]
    shared = v.hsalsa20(v.x25519(recipient.box_private, public), bytes(16))
    nonce = v.blake2b(public + recipient.box, 24)
    # the stream is its own inverse
    plain = v.xsalsa20poly1305(shared, nonce, rest[16:])[16:]
    assert v.xsalsa20poly1305(shared, nonce, plain) == rest, "altered"
    return plain


def decompress(coded):
    y = int.from_bytes(coded, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    xx = (y * y - 1) * pow(v.D * y * y + 1, v.P - 2, v.P)
    x = pow(xx, (v.P + 3) // 8, v.P)
    if (x * x - xx) % v.P:
        x = x * pow(2, (v.P - 1) // 4, v.P) % v.P
    assert (x * x - xx) % v.P == 0
    if x & 1 != sign:
        x = v.P - x
    return (x, y, 1, x * y % v.P)


def verify(public, message, signature):
    domain = b"SigEd25519 no Ed25519 collisions" + b"\x01\x00"
    hashed = hashlib.sha512(message).digest()
    point, s = signature[:32], int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(domain + point + public + hashed).digest(), "little") % v.L
    left = v.point_multiply(s, v.ED25519_BASE)
    right = v.point_add(decompress(point), v.point_multiply(h, decompress(public)))
    assert s < v.L and v.point_compress(left) == v.point_compress(right), "signature"


def unpad(plain):
    stripped = plain.rstrip(b"\0")
    assert stripped.endswith(b"\x80")
    return stripped[:-1]


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        """What a struct of this form holds; the thing itself when it is one."""
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values if len(values) > 1 else values[0]

    def bytes(self, size):
        assert self.at + size <= len(self.data)
        self.at += size
        return self.data[self.at - size:self.at]

    def end(self):
        assert self.at == len(self.data)


# Parts

def read_identity(path):
    with open(path, encoding="ascii") as file:
        head, host, recovery = file.read().splitlines()
    assert head == "credfs identity 1" and recovery.startswith("recovery ")
    digits = bytes.fromhex(host.removeprefix("host ").replace(" ", ""))
    recipient = v.Recipient(digits[:32])
    assert digits[32:] == recipient.id[:4]
    return recipient


def read_pins(path, host):
    with open(path, "rb") as file:
        data = file.read()
    first = b"credfs pins 2\n"
    assert data.startswith(first)
    sealed = data[len(first):]
    reader = Reader(open_aead(host.host_key, sealed[:24], sealed[24:], first))
    pins = []
    for _ in range(reader.take("I")):
        fingerprint, generation, head, time, length = reader.take("32sQ32sQH")
        pins.append((fingerprint, generation, head, reader.bytes(length).decode()))
    reader.end()
    return pins


def read_membership(reader):
    suite, _ = reader.take("B16s")
    assert suite == 1
    epochs = [reader.take("I32s32s") for _ in range(reader.take("I"))]
    members = [reader.take("B32s32s") for _ in range(reader.take("I"))]
    return ({number: (commitment, wrapset) for number, commitment, wrapset in epochs},
            {v.blake2b(b"credfs recipient v1" + box + sign, 16): (can, sign)
             for can, box, sign in members})


def read_entry(data):
    reader = Reader(data[:-64])
    names = ("format", "type", "org", "generation", "previous", "time", "signer", "root",
             "member_head", "length")
    entry = dict(zip(names, reader.take("BB16sQ32sQ16s32s32sI")))
    assert entry["format"] == 1 and 1 <= entry["type"] <= 7
    if entry["type"] == RECOVER:
        reader.take("Q32s")
    elif entry["type"] != CHANGE:
        entry["epochs"], entry["members"] = read_membership(reader)
    names = ("table", "kind", "id", "version", "epoch", "relations", "digest")
    entry["rows"] = [dict(zip(names, reader.take("BI16sQI16s32s")))
                     for _ in range(reader.take("I"))]
    reader.end()
    return entry


def read_record(payload):
    reader = Reader(payload)
    assert reader.take("B") == 1
    names = {number: name for name, number in v.TAGS}
    record = {}
    while reader.at < len(payload):
        number, size = reader.take("BI")
        value, name = reader.bytes(size), names.get(number)
        if name in ("name", "text"):
            value = value.decode()
        elif name not in ("parent", "target", "salt"):
            value = int.from_bytes(value, "little")
        if name:
            record[name] = value
    return record


class Organisation:
    """As its log makes it: the map of its rows, members and epochs."""

    def __init__(self, db, host, pin):
        self.db, self.host = db, host
        self.fingerprint, generation, head, self.name = pin
        self.id = self.fingerprint[:16]
        self.map, self.members, self.epochs = {}, {}, {}
        previous = self.member_head = bytes(32)
        seen = not generation
        log = db.execute("SELECT gen, hash, entry FROM log WHERE org = ? ORDER BY gen",
                         (self.id,)).fetchall()
        for at, (number, digest, data) in enumerate(log, 1):
            assert number == at and digest == v.blake2b(data)
            assert at > 1 or digest == self.fingerprint
            self.follow(at, data, previous)
            previous = digest
            seen = seen or (number, digest) == (generation, head)
        assert seen, "the mark"
        self.keys = {number: self.open_key(number) for number in self.epochs}

    def follow(self, at, data, previous):
        entry = read_entry(data)
        assert entry["generation"] == at and entry["previous"] == previous
        assert entry["org"] == (self.id if at > 1 else bytes(16))
        assert entry["member_head"] == self.member_head
        judges = self.members if at > 1 else entry["members"]
        can, sign = judges[entry["signer"]]
        verify(sign, b"credfs log v1" + data[:-64], data[-64:])
        assert can >= (WRITE if entry["type"] == CHANGE else MANAGE)
        for row in entry["rows"]:
            key = row["table"], row["id"], row["version"] if row["table"] == VALUE else 0
            if any(row["digest"]):
                assert row["epoch"] == max(self.epochs)
                self.map[key] = row
            else:
                del self.map[key]
        if "members" in entry:
            self.members, self.epochs = entry["members"], entry["epochs"]
            self.member_head = v.blake2b(data)
        assert v.map_root(list(self.map.values())) == entry["root"]

    def open_key(self, number):
        commitment, wrapset = self.epochs[number]
        wraps = self.db.execute("SELECT rid, ct FROM wrap WHERE org = ? AND epoch = ?",
                                (self.id, number)).fetchall()
        assert v.wrapset(wraps) == wrapset
        key = open_sealed_key(self.host, dict(wraps)[self.host.id])
        assert v.commitment(key, number) == commitment
        return key

    def open_row(self, row, sealed):
        assert v.row_digest(self.id, row["table"], row["id"], row["kind"], row["version"],
                            row["epoch"], sealed) == row["digest"]
        domain = "item" if row["table"] == ITEM else "value"
        context = {name: row[name] for name in ("id", "kind", "version", "epoch")}
        return unpad(open_aead(v.kdf(self.keys[row["epoch"]], v.CONTEXTS[domain], 1), sealed[:24],
                               sealed[24:], v.associated_data(domain, org=self.id, **context)))

    def records(self):
        """All of them by id."""
        found = {}
        for (table, id, _), row in self.map.items():
            if table != ITEM:
                continue
            kind, version, epoch, sealed = self.db.execute(
                "SELECT kind, ver, epoch, ct FROM item WHERE org = ? AND id = ?",
                (self.id, id)).fetchone()
            assert (kind, version, epoch) == (row["kind"], row["version"], row["epoch"])
            record = read_record(self.open_row(row, sealed))
            known = {name: record[name] for name in ("parent", "target", "salt") if name in record}
            assert v.relations(kind, id, secret=bool(record.get("secret")),
                               **known) == row["relations"]
            found[id] = {"kind": kind, "parent": bytes(16), "text": "", **record}
        return found

    def values(self, field):
        """Of a field the versions that there are: when it was written, and what it is."""
        found = {}
        for (table, id, version), row in self.map.items():
            if table != VALUE or id != field:
                continue
            (sealed,) = self.db.execute(
                "SELECT ct FROM value WHERE org = ? AND id = ? AND ver = ?",
                (self.id, id, version)).fetchone()
            plain = self.open_row(row, sealed)
            found[version] = struct.unpack("<Q", plain[:8])[0], plain[8:]
        return found


class Store:
    def __init__(self, path, identity, pins):
        self.host = read_identity(identity)
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        assert self.db.execute("PRAGMA application_id").fetchone() == (1668441715,)
        assert self.db.execute("PRAGMA user_version").fetchone() == (1,)
        self.orgs = {pin[3]: Organisation(self.db, self.host, pin)
                     for pin in read_pins(pins, self.host)}


# The audit log

def read_frame(reader, key, org, host, hash, hashes):
    """The next frame: the hash behind it, and for a record its number, its place and its line. The
    hashes are those of the records before it, by number."""
    body = reader.bytes(reader.take("I"))
    if body[0] == 2:
        place, signature = body[1:57], body[57:]
        assert place[:16] == host.id
        assert place[24:] == hashes[struct.unpack("<Q", place[16:24])[0]]
        verify(host.sign, b"credfs audit head v1" + org + place, signature)
        return hash, None
    body, digest = body[:-32], body[-32:]
    assert body[0] == 1 and body[1:17] == host.id and body[25:57] == hash
    assert v.blake2b(b"credfs audit record v1" + org + body) == digest
    clear, nonce, sealed = body[:65], body[65:89], body[89:]
    plain = unpad(open_aead(key, nonce, sealed, b"credfs audit v1" + org + clear))
    return digest, (struct.unpack("<Q", clear[17:25])[0], struct.unpack("<Q", plain[:8])[0],
                    plain[8:])


class Segment:
    """One file of the log: its header verified, its key not opened yet."""

    def __init__(self, path, org, host):
        self.org, self.host = org, host
        with open(path, "rb") as file:
            self.reader = Reader(file.read())
        header = self.reader.bytes(16 + 16 + 16 + 8 + 32 + 8 + 8 + 32)
        magic, whose, by, self.first, self.previous, _, self.begins, self.commitment = (
            struct.unpack("<16s16s16sQ32sQQ32s", header))
        assert magic == b"credfs audit v1\n" and (whose, by) == (org, host.id)
        name = os.path.basename(path)
        assert int(name.removesuffix(".log")) == self.first and len(name) == 24
        self.hash = self.reader.bytes(32)
        assert self.hash == v.blake2b(header)
        assert self.reader.bytes(16) == b"credfs audit key"
        self.sealed = self.reader.bytes(80)
        self.epoch, self.nonce, self.wrapped = self.reader.take("I24s48s")

    def check(self, key):
        assert v.blake2b(b"credfs audit commit v1", key=key) == self.commitment
        return key

    def key_of_host(self):
        return self.check(open_sealed_key(self.host, self.sealed))

    def key_of_epoch(self, key):
        """With the organisation's key of an epoch."""
        data = (b"credfs audit key v1" + self.org + self.host.id + struct.pack("<Q", self.first)
                + self.commitment + struct.pack("<I", self.epoch))
        return self.check(open_aead(v.kdf(key, v.CONTEXTS["audit"], 1), self.nonce, self.wrapped,
                                    data))

    def records(self, key):
        """The number, place and line of each; the hash of the last stays behind."""
        found, hashes = [], {self.first - 1: self.previous}
        while self.reader.at < len(self.reader.data):
            self.hash, record = read_frame(self.reader, key, self.org, self.host, self.hash, hashes)
            if record:
                found.append(record)
                hashes[record[0]] = self.hash
        return found


def read_segments(directory, org, host):
    return [Segment(os.path.join(directory, name), org, host)
            for name in sorted(os.listdir(directory)) if name.endswith(".log")]


def read_audit(segments, open_key=Segment.key_of_host):
    """The text of an organisation's log, every segment and record of it verified."""
    text, hash, number = b"", bytes(32), 1
    for segment in segments:
        assert (segment.previous, segment.first, segment.begins) == (hash, number, len(text))
        for record in segment.records(open_key(segment)):
            assert record[:2] == (number, len(text))
            number, text = number + 1, text + record[2]
        hash = segment.hash
    return text.decode()
