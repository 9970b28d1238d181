#!/usr/bin/env python3
"""Writes the golden vectors beside this file, with nothing but Python's standard library.

It shares no line with the TypeScript: the trees are the recursive definitions of RFC 6962 section 2.1, Keccak-256 is the
permutation written out, and the payout tree is OpenZeppelin's "standard-v1" layout in ten lines.

    python3 test/vectors/make_vectors.py           writes
    python3 test/vectors/make_vectors.py --check   exits 1 and names the file when one would change
"""

import hashlib
import json
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).parent
HOW = "Computed by make_vectors.py (Python standard library only), independently of the code under test."


# Ledger entry and content -------------------------------------------------------------------------------------------

OUTCOMES = {"accepted": 0, "duplicate": 1, "rejected": 2, "gap": 3}


def entry_bytes(e):
    topic = e["topic"].encode("utf-8")
    return (struct.pack(">BIH", 1, e["incarnation"], len(topic)) + topic
            + struct.pack(">IQQBH", e["partition"], int(e["offset"]), int(e["effectiveTimeMs"]), OUTCOMES[e["outcome"]], e["reason"])
            + bytes.fromhex(e["content"]))


def field(value):
    return b"\xff\xff\xff\xff" if value is None else struct.pack(">I", len(value)) + value


def content_hash(key, headers, value):
    data = field(key) + struct.pack(">I", len(headers))
    for name, header in headers:
        data += field(name.encode("utf-8")) + field(header)
    return hashlib.sha256(data + field(value)).digest()


# RFC 6962 -----------------------------------------------------------------------------------------------------------

def leaf(data):
    return hashlib.sha256(b"\x00" + data).digest()


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(n):
    return 1 << ((n - 1).bit_length() - 1)


def mth(d):
    if len(d) == 0:
        return hashlib.sha256(b"").digest()
    if len(d) == 1:
        return leaf(d[0])
    k = split(len(d))
    return node(mth(d[:k]), mth(d[k:]))


def path(m, d):
    if len(d) == 1:
        return []
    k = split(len(d))
    return path(m, d[:k]) + [mth(d[k:])] if m < k else path(m - k, d[k:]) + [mth(d[:k])]


def subproof(m, d, b):
    if m == len(d):
        return [] if b else [mth(d)]
    k = split(len(d))
    return subproof(m, d[:k], b) + [mth(d[k:])] if m <= k else subproof(m - k, d[k:], False) + [mth(d[:k])]


# Keccak-256 and OpenZeppelin standard-v1 ----------------------------------------------------------------------------

MASK = (1 << 64) - 1


def rol(x, n):
    return ((x << n) | (x >> (64 - n))) & MASK if n else x


def round_constants():
    lfsr = 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if lfsr & 1:
                constant |= 1 << ((1 << j) - 1)
            lfsr = (lfsr << 1) ^ (0x171 if lfsr & 0x80 else 0)
        yield constant


def permute(a):
    for constant in round_constants():
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        a = [a[i] ^ c[(i - 1) % 5] ^ rol(c[(i + 1) % 5], 1) for i in range(25)]
        b = list(a)
        x, y = 1, 0
        for t in range(24):
            source = a[x + 5 * y]
            x, y = y, (2 * x + 3 * y) % 5
            b[x + 5 * y] = rol(source, ((t + 1) * (t + 2) // 2) % 64)
        a = [b[i] ^ (~b[5 * (i // 5) + (i + 1) % 5] & MASK & b[5 * (i // 5) + (i + 2) % 5]) for i in range(25)]
        a[0] ^= constant
    return a


def keccak256(data):
    rate = 136
    padded = bytearray(data + b"\x01" + b"\x00" * ((-len(data) - 1) % rate))
    padded[-1] |= 0x80
    state = [0] * 25
    for at in range(0, len(padded), rate):
        for i, word in enumerate(struct.unpack("<17Q", padded[at:at + rate])):
            state[i] ^= word
        state = permute(state)
    return struct.pack("<4Q", *state[:4])


assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
assert keccak256(b"abc").hex() == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"


def payout_leaf(chain_id, distributor, account, token, cumulative):
    words = [int(x, 16) for x in (distributor, account, token)]
    encoded = b"".join(word.to_bytes(32, "big") for word in (chain_id, *words, cumulative))
    return keccak256(keccak256(encoded))


def payout_tree(leaves):
    tree = [b""] * (len(leaves) - 1) + sorted(leaves, reverse=True)
    for i in range(len(leaves) - 2, -1, -1):
        tree[i] = keccak256(b"".join(sorted((tree[2 * i + 1], tree[2 * i + 2]))))
    return tree


# Cases --------------------------------------------------------------------------------------------------------------

def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


ENTRIES = [
    {"incarnation": 0, "topic": "tally.inferences", "partition": 0, "offset": "0", "effectiveTimeMs": "1767225600000",
     "outcome": "accepted", "reason": 0, "content": digest("first")},
    {"incarnation": 1, "topic": "tally.registry", "partition": 7, "offset": "9007199254740993", "effectiveTimeMs": "1767225600001",
     "outcome": "duplicate", "reason": 1, "content": digest("second")},
    {"incarnation": 0, "topic": "t", "partition": 4294967295, "offset": "18446744073709551615",
     "effectiveTimeMs": "18446744073709551615", "outcome": "rejected", "reason": 65535, "content": "ff" * 32},
    {"incarnation": 4294967295, "topic": "zähler.π.🧮", "partition": 258, "offset": "72623859790382856", "effectiveTimeMs": "0",
     "outcome": "gap", "reason": 772, "content": "00" * 32},
]

CONTENTS = [
    {"key": None, "headers": [], "value": None},
    {"key": "", "headers": [], "value": ""},
    {"key": None, "headers": [], "value": ""},
    {"key": "", "headers": [], "value": None},
    {"key": "6b", "headers": [["ce_id", "31"], ["ce_id", "31"], ["ce_source", None], ["", ""]], "value": "000102ff"},
    {"key": "6b", "headers": [["ce_source", None], ["ce_id", "31"], ["ce_id", "31"], ["", ""]], "value": "000102ff"},
    {"key": "6b", "headers": [["größe", "e29c93"]], "value": "7b7d"},
    {"key": "", "headers": [["", ""]], "value": None},
    {"key": "ff" * 300, "headers": [[str(i), "%02x" % i] for i in range(20)], "value": "ab" * 20000},
]


def unhex(value):
    return None if value is None else bytes.fromhex(value)


def entry_vectors():
    return {
        "how": HOW + " struct.pack big-endian; leafHash = SHA-256(0x00 || entry).",
        "cases": [{"entry": e, "bytes": entry_bytes(e).hex(), "leafHash": leaf(entry_bytes(e)).hex()} for e in ENTRIES],
    }


def content_vectors():
    return {
        "how": HOW + " One SHA-256 over field(key), u32 count, field(name) field(value) of each header, field(value).",
        "cases": [{**c, "hash": content_hash(unhex(c["key"]), [(n, unhex(v)) for n, v in c["headers"]], unhex(c["value"])).hex()}
                  for c in CONTENTS],
    }


def log_vectors():
    sizes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65, 100]
    data = [b"" if i == 0 else bytes([i]) * (i % 5) + i.to_bytes(2, "big") for i in range(max(sizes))]
    inclusion, consistency = [], []
    for size in (1, 2, 3, 5, 7, 8, 11, 33):
        for index in sorted({0, 1, size // 2, size - 2, size - 1}):
            if 0 <= index < size:
                inclusion.append({"index": index, "treeSize": size, "proof": [h.hex() for h in path(index, data[:size])]})
    for new in (1, 2, 3, 6, 7, 8, 13, 33):
        for old in sorted({1, 2, 3, 4, 6, 8, new - 1, new}):
            if 1 <= old <= new:
                proof = subproof(old, data[:new], True)
                consistency.append({"oldSize": old, "newSize": new, "proof": [h.hex() for h in proof]})
    return {
        "how": HOW + " Recursive definitions of RFC 6962 section 2.1 (MTH, PATH, SUBPROOF) over SHA-256.",
        "entries": [d.hex() for d in data],
        "roots": [{"size": size, "root": mth(data[:size]).hex()} for size in sizes],
        "inclusion": inclusion,
        "consistency": consistency,
    }


def canonical(value):
    """RFC 8785 for values without fractions: keys by UTF-16 code units, Python's escapes rewritten to the RFC's."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda k: k.encode("utf-16-be"))
        return "{" + ",".join(canonical(k) + ":" + canonical(value[k]) for k in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def canonical_vectors():
    values = [
        None, True, False, 0, -1, 9007199254740991, -9007199254740991, "", "a\"b\\c/d", "\b\t\n\f\r\u0000\u001f\u007f\u2028",
        [], {}, [1, [2, [3]], {}], {"b": 1, "a": 2, "A": 3, "": 4},
        # RFC 8785 section 3.2.3: sorted by UTF-16 code units, so the emoji (a surrogate pair) comes before U+FB33.
        {"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
         "\U0001f600": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"},
        {"account": "0x00000000000000000000000000000000000000aa", "amount": "79228162514264337593543950335", "epoch": 12,
         "lines": [{"cause": "data", "shares": [1, 2, 3]}, {"cause": "upstream", "shares": []}]},
        {"10": 1, "9": 2, "1": 3}, {"constructor": 1, "toJSON": "text", "prototype": None},
    ]
    return {
        "how": HOW + " value is escaped JSON text to parse; canonical is the hexadecimal of its RFC 8785 bytes.",
        "cases": [{"value": json.dumps(v), "canonical": canonical(v).encode("utf-8").hex()} for v in values],
    }


def line_vectors():
    lines = [canonical({"amount": str(10 ** (i % 27)), "cause": "data", "line": i}).encode() for i in range(13)]
    return {
        "how": HOW + " The tree of RFC 6962 section 2.1 over the canonical JSON bytes of each line.",
        "lines": [line.decode() for line in lines],
        "roots": [{"size": n, "root": mth(lines[:n]).hex()} for n in (0, 1, 2, 3, 7, 8, 13)],
        "proofs": [{"index": i, "proof": [h.hex() for h in path(i, lines)]} for i in range(13)],
    }


def payout_vectors():
    chain_id, distributor = 31337, "0x" + "d1" * 20
    amounts = [0, 1, 10 ** 18, 2 ** 53 + 1, 2 ** 64, 2 ** 96 - 1, 2 ** 128 + 5, 2 ** 256 - 1]
    payouts = []
    for i in range(33):
        account = "0x" + keccak256(b"account %d" % (i // 2)).hex()[:40]
        token = "0x" + keccak256(b"token %d" % (i % 2)).hex()[:40]
        payouts.append((account, token, amounts[i % len(amounts)]))
    leaves = [payout_leaf(chain_id, distributor, *p) for p in payouts]
    roots = []
    for size in (1, 2, 3, 4, 5, 6, 7, 8, 13, 16, 17, 33):
        tree = payout_tree(leaves[:size])
        proofs = []
        for own in leaves[:size]:
            at, proof = tree.index(own), []
            while at:
                proof.append("0x" + tree[at + 1 if at % 2 else at - 1].hex())
                at = (at - 1) // 2
            proofs.append(proof)
        roots.append({"size": size, "root": "0x" + tree[0].hex(), **({"proofs": proofs} if size in (1, 7, 13) else {})})
    return {
        "how": HOW + " Keccak-256 written out, OpenZeppelin standard-v1 layout; the test holds the same roots against @openzeppelin/merkle-tree.",
        "chainId": str(chain_id),
        "distributor": distributor,
        "payouts": [{"account": a, "token": t, "cumulative": str(c), "leafHash": "0x" + h.hex()} for (a, t, c), h in zip(payouts, leaves)],
        "roots": roots,
    }


FILES = {
    "ledger-entry.json": entry_vectors,
    "ledger-content.json": content_vectors,
    "ledger-log.json": log_vectors,
    "canonical-json.json": canonical_vectors,
    "settlement-lines.json": line_vectors,
    "payout-tree.json": payout_vectors,
}

if __name__ == "__main__":
    check = sys.argv[1:] == ["--check"]
    for name, make in FILES.items():
        text = json.dumps(make(), indent=1, ensure_ascii=True) + "\n"
        if not check:
            (HERE / name).write_text(text, encoding="ascii")
        elif (HERE / name).read_text(encoding="ascii") != text:
            sys.exit(f"{name} is not what make_vectors.py computes")
