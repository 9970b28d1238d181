"""Vectors of signed notes, checkpoints and tiles: c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles."""

import base64
import hashlib

from ed25519 import public_key, sign
from fixtures import HOW
from rfc6962 import mth

DASH = "\u2014 "


def b64(data):
    return base64.b64encode(data).decode()


def key_of(name, kind, seed):
    public = public_key(seed)
    key_id = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]
    return {"name": name, "kind": kind, "seed": seed, "id": key_id,
            "verifier": f"{name}+{key_id.hex()}+{b64(bytes([kind]) + public)}",
            "signing": f"PRIVATE+KEY+{name}+{key_id.hex()}+{b64(bytes([kind]) + seed)}"}


def line(key, signature):
    return f"{DASH}{key['name']} {b64(key['id'] + signature)}\n"


def signed(key, text, time=None):
    if key["kind"] == 1:
        return line(key, sign(key["seed"], text.encode()))
    message = f"cosignature/v1\ntime {time}\n{text}".encode()
    return line(key, time.to_bytes(8, "big") + sign(key["seed"], message))


def place(index, width):
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03d}")
    return "/".join(groups) + ("" if width == 256 else f".p/{width}")


def tiles(entries):
    """Every tile of the tree by the definition of tlog-tiles: MTH over ranges of the leaves."""
    files, level = {}, 0
    while len(entries) // 256**level > 0:
        size = len(entries) // 256**level
        hashes = [mth(entries[i * 256**level:(i + 1) * 256**level]) for i in range(size)]
        for first in range(0, size, 256):
            part = hashes[first:first + 256]
            files[f"tile/{level}/{place(first // 256, len(part))}"] = b"".join(part)
        level += 1
    for first in range(0, len(entries), 256):
        part = entries[first:first + 256]
        bundle = b"".join(len(entry).to_bytes(2, "big") + entry for entry in part)
        files[f"tile/entries/{place(first // 256, len(part))}"] = bundle
    return files


def note_vectors():
    origin = "tallystick/ledger/" + "5a" * 32
    log = key_of(origin, 1, bytes(range(32)))
    witness = key_of("witness.example/w1", 4, bytes(range(32, 64)))
    root = mth([b"first", b"second", b"third"])
    text = f"{origin}\n3\n{b64(root)}\n"
    plain = "This is an example message.\n\nIt has an empty line.\n"
    entries = [b"entry %d" % n for n in range(600)]
    sizes = []
    for size in (0, 1, 255, 256, 257, 600):
        files = tiles(entries[:size])
        sizes.append({"size": size, "root": mth(entries[:size]).hex(),
                      "files": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}})
    places = [(0, 1), (0, 256), (999, 256), (1000, 255), (1234067, 256), (35184372088831, 12)]
    return {
        "how": HOW + " Ed25519 by the reference code of RFC 8032; SHA-256 of each file of a log with the entries 'entry 0', 'entry 1', …",
        "keys": [{"seed": key["seed"].hex(), "signing": key["signing"], "verifier": key["verifier"]} for key in (log, witness)],
        "notes": [
            {"what": "text", "keys": [log["verifier"]], "text": plain, "note": f"{plain}\n{signed(log, plain)}"},
            {"what": "checkpoint", "keys": [log["verifier"]], "text": text, "note": f"{text}\n{signed(log, text)}"},
            {"what": "cosigned checkpoint", "keys": [log["verifier"], witness["verifier"]], "text": text, "time": 1767225600,
             "note": f"{text}\n{signed(log, text)}{signed(witness, text, 1767225600)}"},
        ],
        "places": [{"index": index, "width": width, "place": place(index, width)} for index, width in places],
        "trees": sizes,
    }
