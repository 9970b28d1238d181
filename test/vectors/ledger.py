"""Record content and ledger entries, docs/formats.md#leaf."""

import hashlib
import struct

OUTCOMES = {"accepted": 0, "duplicate": 1, "rejected": 2, "gap": 3}


def entry_bytes(e):
    topic = e["topic"].encode("utf-8")
    return (struct.pack(">BIH", 1, e["incarnation"], len(topic)) + topic
            + struct.pack(">IQQBH", e["partition"], int(e["offset"]), int(e["effectiveTimeMs"]), OUTCOMES[e["outcome"]], e["reason"])
            + bytes.fromhex(e["content"]))


def field(value):
    return b"\xff\xff\xff\xff" if value is None else struct.pack(">I", len(value)) + value


def header_bytes(headers):
    data = struct.pack(">I", len(headers))
    for name, value in headers:
        data += field(name.encode("utf-8")) + field(value)
    return data


def content_hash(key, headers, value):
    return hashlib.sha256(field(key) + header_bytes(headers) + field(value)).digest()
