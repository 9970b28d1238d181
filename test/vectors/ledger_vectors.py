"""Vectors of the ledger's leaves, its tree, and canonical JSON."""

import hashlib
import json

from fixtures import HOW
from ledger import content_hash, entry_bytes
from rfc6962 import leaf, mth, path, subproof
from rfc8785 import canonical


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
