#!/usr/bin/env python3
"""The test vectors of the store's formats, made by a second implementation.

This file shares nothing with the C code: primitives are written from their specifications (RFC
7748, 7539, 8032, 7693 through hashlib, draft-irtf-cfrg-xchacha, NaCl), formats from README.md. It
needs Python 3 alone and writes the *.json files beside it; running it again changes nothing.
"""

import base64
import hashlib
import json
import os
import struct

# Primitives


def blake2b(data, size=32, key=b""):
    return hashlib.blake2b(data, digest_size=size, key=key).digest()


def kdf(key, context, number, size=32):
    assert len(context) == 8
    return hashlib.blake2b(b"", digest_size=size, key=key, person=context.ljust(16, b"\0"),
                           salt=struct.pack("<QQ", number, 0)).digest()


P = 2**255 - 19


def x25519(scalar, point):
    k = bytearray(scalar)
    k[0] &= 248
    k[31] = k[31] & 127 | 64
    k = int.from_bytes(k, "little")
    x1 = int.from_bytes(point, "little") & (2**255 - 1)
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        e = aa - bb
        x3, z3 = (da + cb)**2 % P, x1 * (da - cb)**2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


X25519_BASE = (9).to_bytes(32, "little")

L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def point_add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_multiply(s, p):
    q = (0, 1, 1, 0)
    while s > 0:
        if s & 1:
            q = point_add(q, p)
        p = point_add(p, p)
        s >>= 1
    return q


def point_compress(p):
    inverse = pow(p[2], P - 2, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def ed25519_base():
    y = 4 * pow(5, P - 2, P) % P
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x & 1:
        x = P - x
    return (x, y, 1, x * y % P)


ED25519_BASE = ed25519_base()


def ed25519_expand(seed):
    h = hashlib.sha512(seed).digest()
    a = int.from_bytes(h[:32], "little") & (1 << 254) - 8 | 1 << 254
    return a, h[32:]


def ed25519_public(seed):
    return point_compress(point_multiply(ed25519_expand(seed)[0], ED25519_BASE))


def ed25519ph_sign(seed, message):
    a, prefix = ed25519_expand(seed)
    public = ed25519_public(seed)
    domain = b"SigEd25519 no Ed25519 collisions" + b"\x01\x00"
    hashed = hashlib.sha512(message).digest()
    r = int.from_bytes(hashlib.sha512(domain + prefix + hashed).digest(), "little") % L
    point = point_compress(point_multiply(r, ED25519_BASE))
    h = int.from_bytes(hashlib.sha512(domain + point + public + hashed).digest(), "little") % L
    return point + ((r + h * a) % L).to_bytes(32, "little")


MASK = 0xffffffff


def rotate(value, bits):
    return (value << bits | value >> 32 - bits) & MASK


def chacha_rounds(state):
    x = list(state)

    def quarter(a, b, c, d):
        x[a] = x[a] + x[b] & MASK
        x[d] = rotate(x[d] ^ x[a], 16)
        x[c] = x[c] + x[d] & MASK
        x[b] = rotate(x[b] ^ x[c], 12)
        x[a] = x[a] + x[b] & MASK
        x[d] = rotate(x[d] ^ x[a], 8)
        x[c] = x[c] + x[d] & MASK
        x[b] = rotate(x[b] ^ x[c], 7)

    for _ in range(10):
        for i in range(4):
            quarter(i, i + 4, i + 8, i + 12)
        for i in range(4):
            quarter(i, (i + 1) % 4 + 4, (i + 2) % 4 + 8, (i + 3) % 4 + 12)
    return x


SIGMA = struct.unpack("<4I", b"expand 32-byte k")


def chacha20(key, nonce, counter, data):
    out = b""
    for i in range(0, len(data), 64):
        state = SIGMA + struct.unpack("<8I", key) + (counter + i // 64,)
        state += struct.unpack("<3I", nonce)
        block = [a + b & MASK for a, b in zip(chacha_rounds(state), state)]
        stream = struct.pack("<16I", *block)
        out += bytes(a ^ b for a, b in zip(data[i:i + 64], stream))
    return out


def hchacha20(key, nonce):
    x = chacha_rounds(SIGMA + struct.unpack("<8I", key) + struct.unpack("<4I", nonce))
    return struct.pack("<8I", *x[:4], *x[12:])


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    total = 0
    for i in range(0, len(message), 16):
        total = (total + int.from_bytes(message[i:i + 16] + b"\x01", "little")) * r % (2**130 - 5)
    return (total + int.from_bytes(key[16:], "little") & 2**128 - 1).to_bytes(16, "little")


def xchacha20poly1305(key, nonce, plain, data):
    key, nonce = hchacha20(key, nonce[:16]), bytes(4) + nonce[16:]
    cipher = chacha20(key, nonce, 1, plain)
    message = data + bytes(-len(data) % 16) + cipher + bytes(-len(cipher) % 16)
    message += struct.pack("<QQ", len(data), len(cipher))
    return cipher + poly1305(chacha20(key, nonce, 0, bytes(32)), message)


def salsa_rounds(state):
    x = list(state)

    def quarter(a, b, c, d):
        x[b] ^= rotate(x[a] + x[d] & MASK, 7)
        x[c] ^= rotate(x[b] + x[a] & MASK, 9)
        x[d] ^= rotate(x[c] + x[b] & MASK, 13)
        x[a] ^= rotate(x[d] + x[c] & MASK, 18)

    for _ in range(10):
        for a, b, c, d in (0, 4, 8, 12), (5, 9, 13, 1), (10, 14, 2, 6), (15, 3, 7, 11):
            quarter(a, b, c, d)
        for a, b, c, d in (0, 1, 2, 3), (5, 6, 7, 4), (10, 11, 8, 9), (15, 12, 13, 14):
            quarter(a, b, c, d)
    return x


def salsa_state(key, middle):
    k, n = struct.unpack("<8I", key), struct.unpack("<4I", middle)
    return (SIGMA[0], *k[:4], SIGMA[1], *n, SIGMA[2], *k[4:], SIGMA[3])


def hsalsa20(key, nonce):
    x = salsa_rounds(salsa_state(key, nonce))
    return struct.pack("<8I", *(x[i] for i in (0, 5, 10, 15, 6, 7, 8, 9)))


def xsalsa20poly1305(key, nonce, plain):
    key, stream = hsalsa20(key, nonce[:16]), b""
    for i in range((len(plain) + 32 + 63) // 64):
        state = salsa_state(key, nonce[16:] + struct.pack("<Q", i))
        stream += struct.pack("<16I", *(a + b & MASK for a, b in zip(salsa_rounds(state), state)))
    cipher = bytes(a ^ b for a, b in zip(plain, stream[32:]))
    return poly1305(stream[:32], cipher) + cipher


# Formats


class Recipient:
    def __init__(self, seed):
        self.seed = seed
        self.box_private = hashlib.sha512(kdf(seed, b"crfsrcpt", 1)).digest()[:32]
        self.sign_seed = kdf(seed, b"crfsrcpt", 2)
        self.box = x25519(self.box_private, X25519_BASE)
        self.sign = ed25519_public(self.sign_seed)
        self.id = blake2b(b"credfs recipient v1" + self.box + self.sign, 16)
        self.host_key = kdf(seed, b"crfshost", 1)

    def text(self, checksum=None):
        coded = self.box + self.sign + (checksum or self.id[:4])
        return "credfsr1" + base64.urlsafe_b64encode(coded).decode().rstrip("=")

    def phrase(self, checksum=None):
        digits = (self.seed + (checksum or self.id[:4])).hex()
        return " ".join(digits[i:i + 4] for i in range(0, len(digits), 4))


def seal_key(recipient, key, ephemeral):
    """crypto_box_seal with a chosen ephemeral private key."""
    public = x25519(ephemeral, X25519_BASE)
    shared = hsalsa20(x25519(ephemeral, recipient.box), bytes(16))
    return public + xsalsa20poly1305(shared, blake2b(public + recipient.box, 24), key)


def commitment(key, epoch):
    return blake2b(b"credfs dek commit v1" + struct.pack("<I", epoch), key=key)


CONTEXTS = {"item": b"crfsitem", "value": b"crfsvalu", "audit": b"crfsaudt"}
BLOCKS = {"item": 64, "value": 256}


def associated_data(domain, org, id, kind, version, epoch):
    name = b"credfs " + domain.encode() + b" v1"
    return name + org + id + struct.pack("<IQI", kind, version, epoch)


def seal(key, domain, context, nonce, plain, padding=None):
    if padding is None:
        padding = b"\x80" + bytes(-(len(plain) + 1) % BLOCKS[domain])
    subkey = kdf(key, CONTEXTS[domain], 1)
    data = associated_data(domain, **context)
    return nonce + xchacha20poly1305(subkey, nonce, plain + padding, data)


def row_digest(org, table, id, kind, version, epoch, sealed):
    return blake2b(b"credfs row v1" + struct.pack("<B", table) + org + id +
                   struct.pack("<IQIQ", kind, version, epoch, len(sealed)) + sealed)


def map_root(rows):
    buckets = []
    for first in range(256):
        own = sorted((r for r in rows if r["id"][0] == first),
                     key=lambda r: (r["table"], r["id"], r["version"]))
        buckets.append(blake2b(b"credfs bucket v1" + b"".join(
            struct.pack("<B16sQII16s32s", r["table"], r["id"], r["version"], r["kind"], r["epoch"],
                        r["relations"], r["digest"]) for r in own)))
    return blake2b(b"credfs root v1" + b"".join(buckets))


TAGS = (("parent", 1), ("target", 2), ("name", 3), ("text", 4), ("created", 5), ("updated", 6),
        ("value_version", 7), ("value_last", 8), ("value_size", 9), ("secret", 10), ("salt", 11),
        ("orphaned", 12))


def tag(number, value):
    return struct.pack("<BI", number, len(value)) + value


def record(**members):
    out = b"\x01"
    for name, number in TAGS:
        value = members.pop(name, None)
        if not value:
            continue
        if value is True:
            value = b"\x01"
        elif isinstance(value, int):
            value = struct.pack("<Q", value)
        elif isinstance(value, str):
            value = value.encode()
        out += tag(number, value)
    out += members.pop("unknown", b"")
    assert not members
    return out


def relations(kind, id, parent=bytes(16), target=bytes(16), secret=False, salt=bytes(16)):
    return blake2b(b"credfs relations v1" + salt + struct.pack("<I", kind) + id + parent + target +
                   bytes([secret]), 16)


TYPES = {"genesis": 1, "add": 2, "remove": 3, "epoch": 4, "change": 5, "recover": 6, "retire": 7}
MEMBERSHIP = ("genesis", "add", "remove", "epoch", "retire")


def wrapset(wraps):
    return blake2b(b"credfs wraps v1" + b"".join(id + sealed for id, sealed in sorted(wraps)))


def entry_body(e):
    out = b""
    if e["type"] in MEMBERSHIP:
        out += struct.pack("<B16sI", e.get("suite", 1), e["nonce"],
                           e.get("epoch_count", len(e["epochs"])))
        for p in e["epochs"]:
            out += struct.pack("<I32s32s", p["epoch"], p["commitment"], p["wrapset"])
        out += struct.pack("<I", e.get("member_count", len(e["members"])))
        for m in e["members"]:
            out += struct.pack("<B32s32s", m["can"], m["box"], m["sign"])
    if e["type"] == "recover":
        out += struct.pack("<Q32s", e["abandoned_generation"], e["abandoned"])
    out += struct.pack("<I", e.get("row_count", len(e["rows"])))
    for r in e["rows"]:
        out += struct.pack("<BI16sQI16s32s", r["table"], r["kind"], r["id"], r["version"],
                           r["epoch"], r["relations"], r["digest"])
    return out + e.get("extra", b"")


def entry(signer, e):
    body = entry_body(e)
    out = struct.pack("<BB16sQ32sQ16s32s32sI", e.get("format", 1), TYPES.get(e["type"], e["type"]),
                      e["org"], e["generation"], e["previous"], e["time"], signer.id, e["root"],
                      e["member_head"], e.get("length", len(body))) + body
    return out + ed25519ph_sign(signer.sign_seed, b"credfs log v1" + out)


# Vectors


def some(name, size=32):
    """Bytes that look random and are the same each time."""
    return blake2b(b"credfs vector " + name.encode(), size)


def flip(data, index, bit=1):
    data = bytearray(data)
    data[index] ^= bit
    return bytes(data)


HOST = Recipient(some("host"))
OTHER = Recipient(some("other"))
ORG = some("org", 16)
KEY = some("epoch key")


def recipient_vectors():
    cases = []
    for r in HOST, OTHER, Recipient(bytes(32)), Recipient(b"\xff" * 32):
        cases.append({"seed": r.seed, "box": r.box, "sign": r.sign, "id": r.id, "text": r.text(),
                      "phrase": r.phrase(), "host_key": r.host_key})
    signature = ed25519ph_sign(HOST.sign_seed, b"credfs vector v1" + b"message")
    text, phrase = HOST.text(), HOST.phrase()
    low = Recipient(HOST.seed)
    low.box = bytes(32)
    low.id = blake2b(b"credfs recipient v1" + low.box + low.sign, 16)
    unsound = Recipient(HOST.seed)
    unsound.sign = b"\x01" + bytes(31)
    unsound.id = blake2b(b"credfs recipient v1" + unsound.box + unsound.sign, 16)
    return {
        "cases": cases,
        "signature": {"seed": HOST.seed, "domain": "credfs vector v1", "message": b"message",
                      "signature": signature},
        "phrases_read": [
            {"why": "upper case", "phrase": phrase.upper(), "seed": HOST.seed},
            {"why": "dashes", "phrase": phrase.replace(" ", "-"), "seed": HOST.seed},
            {"why": "no blanks", "phrase": phrase.replace(" ", ""), "seed": HOST.seed},
            {"why": "other groups, lines", "seed": HOST.seed,
             "phrase": " " + phrase.replace(" ", "\n\t").replace("a", "A ") + "\n"},
        ],
        "texts_refused": [
            {"why": "checksum", "text": HOST.text(flip(HOST.id[:4], 0))},
            {"why": "a digit", "text": text[:20] + ("A" if text[20] != "A" else "B") + text[21:]},
            {"why": "prefix", "text": "credfsr2" + text[8:]},
            {"why": "case of the prefix", "text": "Credfsr1" + text[8:]},
            {"why": "one short", "text": text[:-1]},
            {"why": "one long", "text": text + "A"},
            {"why": "padding", "text": text[:-1] + "="},
            {"why": "the other alphabet", "text": text[:30] + "+" + text[31:]},
            {"why": "a blank", "text": text[:30] + " " + text[31:]},
            {"why": "bits behind the end", "text": text[:-1] + chr(ord(text[-1]) + 1)},
            {"why": "empty", "text": ""},
            {"why": "X25519 key of low order", "text": low.text()},
            {"why": "Ed25519 key of low order", "text": unsound.text()},
        ],
        "phrases_refused": [
            {"why": "checksum", "phrase": HOST.phrase(flip(HOST.id[:4], 3))},
            {"why": "a digit", "phrase": ("0" if phrase[0] != "0" else "1") + phrase[1:]},
            {"why": "two groups exchanged", "phrase": phrase[5:10] + phrase[0:5] + phrase[10:]},
            {"why": "not a digit", "phrase": "g" + phrase[1:]},
            {"why": "one short", "phrase": phrase[:-1]},
            {"why": "one long", "phrase": phrase + "0"},
            {"why": "a group short", "phrase": phrase[:-5]},
            {"why": "empty", "phrase": ""},
        ],
    }


def key_vectors():
    sealed = seal_key(HOST, KEY, some("ephemeral"))
    good = {"recipient": HOST.seed, "epoch": 7, "sealed": sealed, "commitment": commitment(KEY, 7)}
    return {
        "case": {**good, "key": KEY, "ephemeral": some("ephemeral"),
                 "subkeys": {use: kdf(KEY, context, 1) for use, context in CONTEXTS.items()}},
        "refused": [
            {**good, "why": "another recipient", "recipient": OTHER.seed},
            {**good, "why": "another epoch", "epoch": 8},
            {**good, "why": "another commitment", "commitment": flip(good["commitment"], 31)},
            {**good, "why": "a key put in its place",
             "sealed": seal_key(HOST, some("another key"), some("ephemeral"))},
            {**good, "why": "altered ephemeral key", "sealed": flip(sealed, 0)},
            {**good, "why": "altered tag", "sealed": flip(sealed, 32)},
            {**good, "why": "altered key", "sealed": flip(sealed, 79)},
            {**good, "why": "zeros", "sealed": bytes(80)},
        ],
    }


def seal_vectors():
    cases, refused = [], []
    key = {"key": KEY, "key_epoch": 7, "commitment": commitment(KEY, 7)}
    another = {"key": some("another key"), "commitment": commitment(some("another key"), 7)}
    context = {"org": ORG, "id": some("record", 16), "kind": 6, "version": 0x0102030405060708,
               "epoch": 7}
    for domain in BLOCKS:
        for plain in b"", b"sk-a-value", bytes(BLOCKS[domain] - 1), some("block", 64) * 4:
            nonce = some("nonce " + domain + str(len(plain)), 24)
            cases.append({"domain": domain, **key, **context, "nonce": nonce, "plain": plain,
                          "associated_data": associated_data(domain, **context),
                          "sealed": seal(KEY, domain, context, nonce, plain)})
        good = {"domain": domain, **key, **context, "sealed": cases[-3]["sealed"]}
        sealed = good["sealed"]
        for name, value in (("org", flip(ORG, 15)), ("id", flip(context["id"], 0)), ("kind", 5),
                            ("version", context["version"] + 1), ("epoch", 8)):
            refused.append({**good, "why": "another " + name, name: value})
        # An epoch that differs is refused before the tag is looked at; sealed for another, under
        # this key, the tag alone refuses it.
        refused += [
            {**good, "why": "the epoch in the associated data",
             "sealed": seal(KEY, domain, {**context, "epoch": 8}, sealed[:24], b"sk-a-value")},
            {**good, "why": "another domain", "domain": "value" if domain == "item" else "item"},
            {**good, "why": "another domain, of a size that both have",
             "domain": "value" if domain == "item" else "item",
             "sealed": seal(KEY, domain, context, sealed[:24], bytes(255))},
            {**good, **another, "why": "another key"},
            {**good, "why": "altered nonce", "sealed": flip(sealed, 0)},
            {**good, "why": "altered ciphertext", "sealed": flip(sealed, 24)},
            {**good, "why": "altered tag", "sealed": flip(sealed, len(sealed) - 1)},
            {**good, "why": "a byte short", "sealed": sealed[:-1]},
            {**good, "why": "a byte long", "sealed": sealed + b"\0"},
            {**good, "why": "a block short", "sealed": sealed[:-BLOCKS[domain]]},
            {**good, "why": "nonce and tag alone", "sealed": sealed[:40]},
            {**good, "why": "empty", "sealed": b""},
            {**good, "why": "no padding",
             "sealed": seal(KEY, domain, context, sealed[:24], bytes(BLOCKS[domain]), b"")},
            {**good, "why": "padding that does not end in zeros",
             "sealed": seal(KEY, domain, context, sealed[:24], b"",
                            b"\x80" + bytes(BLOCKS[domain] - 2) + b"\1")},
            {**good, "why": "no plaintext and no padding, under a good tag",
             "sealed": seal(KEY, domain, context, sealed[:24], b"", b"")},
        ]
    return {"cases": cases, "refused": refused}


def row_vectors():
    cases = []
    for table, kind, version, sealed in ((1, 6, 1, some("row", 64)), (2, 6, 2**40, b"\0" * 296),
                                         (3, 0, 0, some("wrap", 40) * 2), (1, 0xffffffff, 3, b"")):
        row = {"org": ORG, "table": table, "id": some("record", 16), "kind": kind,
               "version": version, "epoch": 7, "sealed": sealed}
        cases.append({**row, "digest": row_digest(**row)})
    return {"cases": cases}


def record_vectors():
    project, account, field = some("project", 16), some("account", 16), some("field", 16)
    times = {"created": 1700000000123456789, "updated": 1700000001000000000}
    later = tag(200, b"later") + tag(0, b"") + tag(200, b"again")
    cases = [
        {"kind": 1, "name": "acme", **times},
        {"kind": 2, "parent": project, "name": "runner", "text": "user:alice\ngroup:ops\n",
         **times},
        {"kind": 3, "name": "etl", **times},
        {"kind": 4, "parent": project, "target": account, "name": "openai", **times},
        {"kind": 4, "parent": project, "target": account, "name": "openai",
         "text": "Production OpenAI", **times},
        {"kind": 5, "name": "Production OpenAI", "text": "openai", **times},
        {"kind": 5, "parent": project, "name": "日本 \u0041\u030a", "text": "generic", **times},
        {"kind": 6, "parent": account, "name": "api_key", "secret": True, "value_version": 3,
         "value_last": 4, "value_size": 51, **times},
        {"kind": 6, "parent": field, "name": "unset"},
        {"kind": 6},
        {"kind": 3, "name": "a later version's", "unknown": later, **times},
        {"kind": 3, "name": "n" * 255, "text": "t" * 300},
        {"kind": 5, "name": "warehouse-login", "text": "login", "orphaned": 1700000002000000000,
         **times},
        {"kind": 7, "name": "alice", **times},
        {"kind": 8, "name": "warehouse", **times},
        {"kind": 9, "parent": project, "target": account, "name": "warehouse-login", **times},
        {"kind": 6, "parent": account, "name": "api_key", "secret": True, "salt": some("salt", 16)},
        {"kind": 4, "parent": project, "target": account, "name": "ai", "salt": some("salt 2", 16)},
    ]
    cases = [{**c, "payload": record(**{k: v for k, v in c.items() if k != "kind"}), "id": field,
              "relations": relations(c["kind"], field, **{
                  k: c[k] for k in ("parent", "target", "secret", "salt") if k in c})}
             for c in cases]
    whole = record(parent=project, name="api_key", secret=True, created=1)
    name = tag(3, b"name")
    refused = [
        {"why": "empty", "payload": b""},
        {"why": "format 0", "payload": b"\0" + name},
        {"why": "format 2", "payload": b"\2" + name},
        {"why": "a length that is too long", "payload": b"\1" + struct.pack("<BI", 3, 5) + b"name"},
        {"why": "the longest length",
         "payload": b"\1" + struct.pack("<BI", 200, 0xffffffff) + b"x"},
        {"why": "NUL in the name", "payload": b"\1" + tag(3, b"na\0me")},
        {"why": "NUL at the end of the text", "payload": b"\1" + tag(4, b"text\0")},
        {"why": "a name of 256 bytes", "payload": b"\1" + tag(3, b"n" * 256)},
        {"why": "bool 2", "payload": b"\1" + tag(10, b"\2")},
        {"why": "a bool of two bytes", "payload": b"\1" + tag(10, b"\1\0")},
        {"why": "an empty bool", "payload": b"\1" + tag(10, b"")},
        {"why": "a tag without its length", "payload": b"\1" + name + b"\3"},
    ]
    for number, size in ((1, 16), (2, 16), (11, 16), (5, 8), (6, 8), (7, 8), (8, 8), (9, 8)):
        for why, length in (("short", size - 1), ("long", size + 1)):
            refused.append({"why": f"tag {number} {why}",
                            "payload": b"\1" + tag(number, bytes(length))})
    for number, value in ((1, bytes(16)), (2, bytes(16)), (3, b""), (4, b"t"), (5, bytes(8)),
                          (6, bytes(8)), (7, bytes(8)), (8, bytes(8)), (9, bytes(8)), (10, b"\0"), (11, bytes(16))):
        refused.append({"why": f"tag {number} twice", "payload": b"\1" + tag(number, value) * 2})
    # Cut between two tags it would be well formed again.
    ends = {1, 22, 34, 47, 53}
    assert len(whole) in ends
    refused += [{"why": f"cut at {i}", "payload": whole[:i]}
                for i in range(len(whole)) if i not in ends]
    for case in refused:
        case["error"] = "EPROTONOSUPPORT" if case["why"] == "format 2" else "EBADMSG"
    return {"cases": cases, "refused": refused}


def map_rows(count):
    rows = []
    for i in range(count):
        table = 1 + i % 2
        id = some(f"id {i // 3 * 3}" if table == 2 else f"id {i}", 16)
        rows.append({"table": table, "id": id, "kind": 6 if table == 2 else 1 + i % 6,
                     "version": 1 + i, "epoch": 1 + i % 3,
                     "relations": some(f"relations {i}", 16) if table == 1 else bytes(16),
                     "digest": some(f"digest {i}")})
    return rows


def map_vectors():
    one_bucket = [{"table": 2, "id": bytes(16), "kind": 6, "version": v, "epoch": 1,
                   "relations": bytes(16), "digest": some(f"version {v}")} for v in (256, 1, 2, 255)]
    cases = [[], map_rows(1), map_rows(2), map_rows(40), map_rows(200), one_bucket]
    return {"cases": [{"rows": rows, "root": map_root(rows)} for rows in cases]}


class Log:
    """An organisation as its log makes it: what the next entry must say."""

    def __init__(self):
        self.org, self.previous, self.head = bytes(16), bytes(32), bytes(32)
        self.rows, self.members, self.epochs, self.entries = [], {}, [], []

    def fold(self, changed):
        rows = self.rows
        for row in changed:
            key = (row["table"], row["id"], row["version"] if row["table"] == 2 else 0)
            rows = [r for r in rows
                    if (r["table"], r["id"], r["version"] if r["table"] == 2 else 0) != key]
            if any(row["digest"]):
                rows = rows + [row]
        return rows

    def wraps(self, epoch, members):
        return [(r.id, seal_key(r, some(f"key {epoch}"), some(f"ephemeral {epoch}")))
                for r in members]

    def epoch(self, number, members):
        return {"epoch": number, "commitment": commitment(some(f"key {number}"), number),
                "wrapset": wrapset(self.wraps(number, members))}

    def make(self, type, members=None, epochs=None, changed=(), **altered):
        """The next entry: members by recipient, epochs by number, or as before."""
        i = len(self.entries)
        e = {"type": type, "org": self.org, "generation": i + 1, "previous": self.previous,
             "time": 1700000000000000000 + i, "root": map_root(self.fold(changed)),
             "member_head": self.head, "rows": list(changed)}
        if type in MEMBERSHIP:
            members = self.members if members is None else members
            epochs = self.epochs if epochs is None else epochs
            e.update({"nonce": some(f"nonce {i}", 16),
                      "epochs": [self.epoch(n, members) for n in epochs],
                      "members": [{"can": can, "box": r.box, "sign": r.sign}
                                  for r, can in members.items()]})
        if type == "recover":
            e.update({"abandoned_generation": i + 8, "abandoned": some(f"abandoned {i}")})
        return {**e, **altered}

    def add(self, signer, type, members=None, epochs=None, changed=()):
        e = self.make(type, members, epochs, changed)
        coded = entry(signer, e)
        self.previous, self.rows = blake2b(coded), self.fold(changed)
        if type in MEMBERSHIP:
            self.head = self.previous
            self.members = self.members if members is None else members
            self.epochs = self.epochs if epochs is None else epochs
        self.org = self.org if self.entries else self.previous[:16]
        self.entries.append({**e, "seed": signer.seed, "signer": signer.id, "bytes": coded,
                             "digest": self.previous})

    def until(self, count):
        """The same log when it had so many entries."""
        log = Log()
        for e in self.entries[:count]:
            who = {r: m["can"] for m in e.get("members", []) for r in PEOPLE if r.box == m["box"]}
            log.add(next(r for r in PEOPLE if r.seed == e["seed"]), e["type"],
                    who if "members" in e else None,
                    [p["epoch"] for p in e["epochs"]] if "epochs" in e else None, e["rows"])
        assert [e["bytes"] for e in log.entries] == [e["bytes"] for e in self.entries[:count]]
        return log


READER, WRITER, STRANGER = (Recipient(some(name)) for name in ("reader", "writer", "stranger"))
PEOPLE = (HOST, OTHER, READER, WRITER, STRANGER)
READ, WRITE, MANAGE = 1, 2, 3


def a_row(name, kind, epoch, version=1, **altered):
    return {"table": 1, "kind": kind, "id": some(name, 16), "version": version, "epoch": epoch,
            "relations": relations(kind, some(name, 16), salt=some("salt of " + name, 16)),
            "digest": some(f"{name} {version} {epoch}"), **altered}


def a_value(name, epoch, version=1, **altered):
    return {**a_row(name, 6, epoch, version), "table": 2, "relations": bytes(16), **altered}


def removal(row):
    return {**row, "relations": bytes(16), "digest": bytes(32)}


def entry_log():
    """An organisation's log with an entry of each type, as it might come about."""
    log = Log()
    founders = {HOST: MANAGE, OTHER: MANAGE}
    four = {**founders, READER: READ, WRITER: WRITE}
    three = {**founders, WRITER: WRITE}

    def all_rows(epoch):
        return [a_row("account", 5, epoch, 2), a_row("field", 6, epoch), a_row("role", 2, epoch),
                a_row("link", 4, epoch), a_value("field", epoch), a_value("field", epoch, 2)]

    log.add(HOST, "genesis", founders, [1])
    log.add(HOST, "change", changed=[a_row("account", 5, 1), *all_rows(1)[1:]])
    log.add(HOST, "add", four)
    log.add(WRITER, "change", changed=[a_row("account", 5, 1, 2)])
    log.add(OTHER, "remove", three, [1, 2])
    log.add(HOST, "change", changed=all_rows(2))
    log.add(HOST, "epoch", epochs=[1, 2, 3])
    log.add(HOST, "change", changed=all_rows(3))
    log.add(HOST, "retire", epochs=[3])
    log.add(WRITER, "change", changed=[removal(a_row("account", 5, 3)), a_row("new", 5, 3)])
    log.add(HOST, "add", {**founders, WRITER: READ})
    log.add(OTHER, "recover")
    log.add(HOST, "change", changed=[a_row("account", 5, 3, 3)])
    return log


def chain_vectors():
    log = entry_log()
    founders = {HOST: MANAGE, OTHER: MANAGE}
    four = {**founders, READER: READ, WRITER: WRITE}
    three = {**founders, WRITER: WRITE}
    low = Recipient(some("low"))
    low.box = bytes(32)
    low.id = blake2b(b"credfs recipient v1" + low.box + low.sign, 16)
    states = [log.until(i) for i in range(len(log.entries) + 1)]
    refused = []

    def refuse(why, after, signer, type, error="EBADMSG", claims=None, **what):
        e = states[after].make(type, **what)
        coded = entry(claims or signer, e)
        if claims:
            coded = coded[:-64] + ed25519ph_sign(signer.sign_seed, b"credfs log v1" + coded[:-64])
        refused.append({"why": why, "after": after, "error": error, "bytes": coded})

    account, role = a_row("account", 5, 1, 3), a_row("role", 2, 1, 2)
    good = {"changed": [account]}
    # The next one, of this organisation.
    refuse("a generation too high", 4, HOST, "change", **good, generation=6)
    refuse("a generation again", 4, HOST, "change", **good, generation=4)
    refuse("another predecessor", 4, HOST, "change", **good, previous=log.entries[2]["digest"])
    refuse("another organisation", 4, HOST, "change", **good, org=ORG)
    refuse("another member head", 4, HOST, "change", **good, member_head=log.entries[0]["digest"])
    refuse("another genesis", 0, HOST, "genesis", members={HOST: MANAGE}, epochs=[1])
    refuse("genesis once more", 4, HOST, "genesis", members=founders, epochs=[1], generation=1,
           previous=bytes(32), org=bytes(16), member_head=bytes(32), root=map_root([]))
    # A member then, who may, and who signed.
    refuse("a stranger", 4, STRANGER, "change", **good)
    refuse("before it was a member", 2, WRITER, "change", changed=[a_row("account", 5, 1, 2)])
    refuse("a reader", 4, READER, "change", **good)
    refuse("a removed member", 5, READER, "change", changed=[a_row("account", 5, 2, 3)])
    refuse("a writer that is a reader now", 11, WRITER, "change", changed=[a_row("new", 5, 3, 2)])
    refuse("in a manager's name", 4, WRITER, "change", **good, claims=HOST)
    # What only a manager may change.
    for what, row in (("a role", role), ("a new role", a_row("more", 2, 1)),
                      ("a link", a_row("link", 4, 1, 2)), ("a project", a_row("more", 3, 1)),
                      ("the organisation", a_row("more", 1, 1)), ("no role any more", removal(role)),
                      ("a user", a_row("more", 7, 1)), ("an association", a_row("more", 9, 1)),
                      ("no link any more", removal(a_row("link", 4, 1))),
                      ("no role, called an account", removal({**role, "kind": 5})),
                      ("a role turned into an account", {**role, "kind": 5}),
                      ("an account turned into a role", {**account, "kind": 2}),
                      ("an account turned into a field", {**account, "kind": 6}),
                      ("other relations", {**account, "relations": some("others", 16)}),
                      ("no relations", {**account, "relations": bytes(16)})):
        refuse("a writer: " + what, 4, WRITER, "change", changed=[row])
    refuse("a writer: removed and written anew", 4, WRITER, "change",
           changed=[removal(account), account])
    refuse("a writer: written anew, after it was removed", 10, WRITER, "change",
           changed=[a_row("account", 5, 3)])
    refuse("a writer: one of the managers' among his own", 4, WRITER, "change",
           changed=[account, a_row("field", 6, 1, 2), role])
    # Rows that cannot be there.
    refuse("another root", 4, HOST, "change", **good, root=some("root"))
    refuse("a row under a former epoch", 5, HOST, "change", **good)
    refuse("a row under an epoch to come", 5, HOST, "change", changed=[a_row("account", 5, 3, 3)])
    refuse("a removal of nothing", 4, HOST, "change", changed=[removal(a_row("more", 5, 1))])
    refuse("a value of an account", 4, HOST, "change", changed=[a_value("field", 1, 3, kind=5)])
    refuse("a kind of a later version", 4, HOST, "change", "EPROTONOSUPPORT",
           changed=[a_row("more", 10, 1)])
    # Membership: a manager alone, and nothing but what the type says.
    for type, what in (("add", {"members": {**four, STRANGER: READ}}),
                       ("remove", {"members": three, "epochs": [1, 2]}),
                       ("epoch", {"epochs": [1, 2]})):
        for who, name in (WRITER, "a writer"), (READER, "a reader"), (STRANGER, "a stranger"):
            refuse(f"{type} by {name}", 4, who, type, **what)
    refuse("add by a member that was removed", 5, READER, "add", members=four)
    refuse("retire by a writer", 8, WRITER, "retire", epochs=[3])
    for why, type, what in (
            ("add of nobody", "add", {}),
            ("add that removes", "add", {"members": {**three, STRANGER: READ}}),
            ("add that begins an epoch", "add", {"members": {**four, STRANGER: READ},
                                                 "epochs": [1, 2]}),
            ("add with a row", "add", {"members": {**four, STRANGER: READ}, **good}),
            ("add of a key of low order", "add", {"members": {**four, low: READ}}),
            ("remove of nobody", "remove", {"epochs": [1, 2]}),
            ("remove without an epoch", "remove", {"members": three}),
            ("remove that adds", "remove", {"members": {**three, STRANGER: READ},
                                            "epochs": [1, 2]}),
            ("remove that raises", "remove", {"members": {**three, WRITER: MANAGE},
                                              "epochs": [1, 2]}),
            ("remove of all managers", "remove", {"members": {READER: READ, WRITER: WRITE},
                                                  "epochs": [1, 2]}),
            ("all managers lowered", "add", {"members": dict.fromkeys(four, WRITE)}),
            ("epoch that begins none", "epoch", {}),
            ("epoch that skips one", "epoch", {"epochs": [1, 3]}),
            ("epoch that begins two", "epoch", {"epochs": [1, 2, 3]}),
            ("epoch that ends one", "epoch", {"epochs": [2]}),
            ("epoch that raises", "epoch", {"epochs": [1, 2], "members": {**four, READER: WRITE}}),
            ("epoch that removes", "epoch", {"epochs": [1, 2], "members": three}),
            ("retire of nothing", "retire", {})):
        refuse(why, 4, HOST, type, **what)
    twice = states[4].make("add", {**four, STRANGER: READ})["members"]
    refused.append({"why": "a member twice", "after": 4, "error": "EBADMSG",
                    "bytes": entry(HOST, {**states[4].make("add"),
                                          "members": twice + twice[-1:]})})
    other = states[4].make("add", {**four, STRANGER: READ})
    refused.append({"why": "another key for an epoch", "after": 4, "error": "EBADMSG",
                    "bytes": entry(HOST, {**other, "epochs": [
                        {**other["epochs"][0], "commitment": some("commitment")}]})})
    refuse("retire while rows are left", 7, HOST, "retire", epochs=[3])
    refuse("retire while some rows are left", 6, HOST, "retire", epochs=[1])
    refuse("retire that begins one", 8, HOST, "retire", epochs=[3, 4])
    refuse("retire that removes", 8, HOST, "retire", epochs=[3], members=founders)
    refuse("retire of the newest", 8, HOST, "retire", epochs=[1, 2])
    # Recover.
    refuse("recover by a writer", 4, WRITER, "recover")
    refuse("recover by a reader", 4, READER, "recover")
    refuse("recover by a stranger", 4, STRANGER, "recover")
    refuse("recover in a manager's name", 4, WRITER, "recover", claims=HOST)
    refuse("recover that changes a row", 4, HOST, "recover", changed=[account])
    refuse("recover by a member that was removed", 5, READER, "recover")
    refuse("recover by a writer that is a reader now", 11, WRITER, "recover")
    refuse("recover before there is a log", 0, HOST, "recover")
    refuse("recover of a generation too high", 4, HOST, "recover", generation=6)
    refuse("recover of a generation again", 4, HOST, "recover", generation=4)
    refuse("recover behind another predecessor", 4, HOST, "recover",
           previous=log.entries[2]["digest"])
    refuse("recover of another organisation", 4, HOST, "recover", org=ORG)
    refuse("recover with another member head", 4, HOST, "recover",
           member_head=log.entries[0]["digest"])
    refuse("recover with another root", 4, HOST, "recover", root=some("root"))
    refuse("recover that abandons the first entry", 4, HOST, "recover", abandoned_generation=1)
    refuse("recover that abandons nothing", 4, HOST, "recover", abandoned_generation=0)
    refuse("recover that abandons what no engine can count", 4, HOST, "recover",
           abandoned_generation=2**63)
    refuse("recover with a byte behind its rows", 4, HOST, "recover", extra=b"\0")
    refuse("recover with a membership part", 4, HOST, "recover",
           extra=entry_body(states[4].make("add")))
    return {"log": [{k: e[k] for k in ("type", "bytes", "digest", "root")} for e in log.entries],
            "refused": refused, "marks": mark_vectors(log)}


def judge(entries, mark):
    """What a host says to a log, which has seen this much of it."""
    if any((e["generation"], e["digest"]) == mark for e in entries):
        return "ok"
    generation, head = mark
    for e in entries:
        if e["type"] != "recover":
            continue
        if (generation, head) == (e["abandoned_generation"], e["abandoned"]):
            return "ok"
        if e["generation"] <= generation < e["abandoned_generation"]:
            return "ok"
    return "ESTALE" if generation > len(entries) else "ENOTUNIQ"


def mark_vectors(log):
    (at, recover), = ((i + 1, e) for i, e in enumerate(log.entries) if e["type"] == "recover")
    end, whole, other = recover["abandoned_generation"], len(log.entries), some("other")
    assert at < whole < end
    cases = [("an entry of the log", whole, e["generation"], e["digest"]) for e in log.entries]
    cases += [
        ("another entry there", whole, at - 1, other),
        ("another first entry", whole, 1, other),
        ("the abandoned end", whole, end, recover["abandoned"]),
        ("another end of that generation", whole, end, other),
        ("the abandoned end, a generation later", whole, end + 1, recover["abandoned"]),
        ("on the way to the abandoned end, where recover stands", whole, at, other),
        ("on the way to the abandoned end, where the log ends", whole, whole, other),
        ("on the way to the abandoned end, behind the log", whole, whole + 1, other),
        ("right before the abandoned end", whole, end - 1, other),
        ("the end, before it is abandoned", at - 1, end, recover["abandoned"]),
        ("on the way to it, before it is abandoned", at - 1, at, other),
        ("an entry that was taken off", at - 1, at, log.entries[at - 1]["digest"]),
    ]
    return [{"why": why, "entries": count, "generation": generation, "head": head,
             "verdict": judge(log.entries[:count], (generation, head))}
            for why, count, generation, head in cases]


def entry_vectors():
    log = entry_log()
    log = log.entries
    genesis, change, add, recover = (
        {k: v for k, v in log[i].items() if k not in ("bytes", "digest", "seed", "signer")}
        for i in (0, 1, 2, 11))
    row = change["rows"][0]
    member = add["members"][0]
    epoch = add["epochs"][0]

    def refuse(why, error, e, **altered):
        return {"why": why, "error": error, "bytes": entry(HOST, {**e, **altered})}

    def one_row(**altered):
        return {"rows": [{**row, **altered}]}

    bad, later = "EBADMSG", "EPROTONOSUPPORT"
    decode = [
        refuse("format 0", later, change, format=0), refuse("format 2", later, change, format=2),
        refuse("type 0", later, change, type=0), refuse("type 8", later, change, type=8),
        refuse("type 255", later, change, type=255),
        refuse("suite 0", later, add, suite=0), refuse("suite 2", later, add, suite=2),
        refuse("a length too short", bad, change, length=len(entry_body(change)) - 1),
        refuse("a length too long", bad, change, length=len(entry_body(change)) + 1),
        refuse("the longest length", bad, change, length=0xffffffff),
        refuse("a byte behind the rows", bad, change, extra=b"\0"),
        refuse("a row that is not there", bad, change, row_count=7),
        refuse("a row that is not counted", bad, change, row_count=5),
        refuse("more rows than any entry has", bad, change, row_count=0xffffffff),
        refuse("a member that is not there", bad, add, member_count=5),
        refuse("a member that is not counted", bad, add, member_count=3),
        refuse("more members than any entry has", bad, add, member_count=0xffffffff),
        refuse("an epoch that is not there", bad, add, epoch_count=2),
        refuse("an epoch that is not counted", bad, add, epoch_count=0),
        refuse("more epochs than any entry has", bad, add, epoch_count=0xffffffff),
        refuse("no epoch", bad, add, epochs=[]),
        refuse("epoch 0", bad, add, epochs=[{**epoch, "epoch": 0}]),
        refuse("an epoch twice", bad, add, epochs=[epoch, epoch]),
        refuse("epochs that descend", bad, add, epochs=[{**epoch, "epoch": 2}, epoch]),
        refuse("a value with relations", bad, change, **one_row(table=2, kind=6)),
        refuse("a removal with relations", bad, change, **one_row(digest=bytes(32))),
        refuse("the first entry abandoned", bad, recover, abandoned_generation=1),
        refuse("generation 0 abandoned", bad, recover, abandoned_generation=0),
        refuse("a generation of 64 bits abandoned", bad, recover, abandoned_generation=2**63),
        refuse("no capability", bad, add, members=[{**member, "can": 0}]),
        refuse("capability 4", bad, add, members=[{**member, "can": 4}]),
        refuse("table 0", bad, change, **one_row(table=0)),
        refuse("a wrap among the rows", bad, change, **one_row(table=3)),
        refuse("table 4", bad, change, **one_row(table=4)),
        refuse("a version of 64 bits", bad, change, **one_row(version=2**63)),
        refuse("a generation of 64 bits", bad, change, generation=2**63),
        refuse("generation 0", bad, change, generation=0),
        refuse("generation 1 that is not genesis", bad, change, generation=1),
        refuse("genesis that is not first", bad, genesis, generation=2),
        refuse("genesis of an organisation", bad, genesis, org=ORG),
        refuse("genesis with a predecessor", bad, genesis, previous=some("previous")),
        refuse("genesis with a member head", bad, genesis, member_head=some("previous")),
        refuse("genesis with rows", bad, genesis, rows=[row]),
    ]
    coded = log[1]["bytes"]
    verify = [{"why": f"byte {i} altered", "seed": HOST.seed, "bytes": flip(coded, i)}
              for i in (0, 1, 2, 18, 26, 58, 66, 82, 114, 146, 150, 200, len(coded) - 64,
                        len(coded) - 1)]
    verify += [
        {"why": "another signer", "seed": OTHER.seed, "bytes": coded},
        {"why": "no domain", "seed": HOST.seed,
         "bytes": coded[:-64] + ed25519ph_sign(HOST.sign_seed, coded[:-64])},
        {"why": "signature of zeros", "seed": HOST.seed, "bytes": coded[:-64] + bytes(64)},
        {"why": "signature alone", "seed": HOST.seed, "bytes": coded[-64:]},
        {"why": "empty", "seed": HOST.seed, "bytes": b""},
    ]
    wraps = [{"recipient": r.id, "sealed": seal_key(r, KEY, some("ephemeral"))} for r in
             (HOST, OTHER, Recipient(some("third")))]
    return {"log": log, "decode_refused": decode, "verify_refused": verify,
            "wrapsets": [{"wraps": wraps[:n],
                          "digest": wrapset([(w["recipient"], w["sealed"]) for w in wraps[:n]])}
                         for n in range(4)]}


def audit_segment(host, org, first, previous, text, lines, headed):
    """A segment of an audit log; `headed`: after how many records a head stands."""
    key = some(f"audit key {first}")
    committed = blake2b(b"credfs audit commit v1", key=key)
    header = (b"credfs audit v1\n" + org + host.id + struct.pack("<Q", first) + previous
              + struct.pack("<QQ", 1000, text) + committed)
    digest = blake2b(header)
    data = (b"credfs audit key v1" + org + host.id + struct.pack("<Q", first) + committed
            + struct.pack("<I", 7))
    nonce = some(f"audit wrap {first}", 24)
    segment = (header + digest + b"credfs audit key" + seal_key(host, key, some("ephemeral"))
               + struct.pack("<I", 7) + nonce
               + xchacha20poly1305(kdf(KEY, CONTEXTS["audit"], 1), nonce, key, data))
    for number, line in enumerate(lines):
        seq = first + number
        clear = b"\1" + host.id + struct.pack("<Q", seq) + digest + struct.pack("<Q", 2000 + seq)
        plain = struct.pack("<Q", text) + line + b"\x80"
        nonce = some(f"audit record {seq}", 24)
        body = clear + nonce + xchacha20poly1305(key, nonce, plain + bytes(-len(plain) % 64),
                                                 b"credfs audit v1" + org + clear)
        digest = blake2b(b"credfs audit record v1" + org + body)
        segment += struct.pack("<I", len(body) + 32) + body + digest
        text += len(line)
        if number + 1 == headed:
            place = host.id + struct.pack("<Q", seq) + digest
            head = b"\2" + place + ed25519ph_sign(host.sign_seed,
                                                  b"credfs audit head v1" + org + place)
            segment += struct.pack("<I", len(head)) + head
    return segment, digest, text


def audit_vectors():
    lines = [b'{"line":%d,"pad":"%s"}\n' % (number, b"x" * (number * 37 % 150))
             for number in range(1, 8)]
    first, digest, text = audit_segment(HOST, ORG, 1, bytes(32), 0, lines[:4], 4)
    second, _, _ = audit_segment(HOST, ORG, 5, digest, text, lines[4:], 2)
    return {"case": {"seed": HOST.seed, "org": ORG, "epoch_key": KEY, "epoch": 7,
                     "segments": [first, second], "text": b"".join(lines), "records": 7,
                     "proven": 6}}


def main():
    folder = os.path.dirname(os.path.abspath(__file__))
    for name, make in (("recipient", recipient_vectors), ("key", key_vectors),
                       ("seal", seal_vectors), ("row", row_vectors), ("record", record_vectors),
                       ("map", map_vectors), ("entry", entry_vectors), ("chain", chain_vectors),
                       ("audit", audit_vectors)):
        with open(os.path.join(folder, name + ".json"), "w", encoding="utf-8") as out:
            json.dump(make(), out, indent=1, default=bytes.hex)
            out.write("\n")


if __name__ == "__main__":
    main()
