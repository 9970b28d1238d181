#!/usr/bin/env python3
"""Writes the golden vectors beside this file, with nothing but Python's standard library.

It shares no line with the TypeScript: the trees are the recursive definitions of RFC 6962 section 2.1, Keccak-256 is the
permutation written out, the payout tree is OpenZeppelin's "standard-v1" layout in ten lines, Avro, EIP-712 and secp256k1 are
written from their specifications. Only schemas/avro is read, as any other implementation would.

    python3 test/vectors/make_vectors.py           writes
    python3 test/vectors/make_vectors.py --check   exits 1 and names the file when one would change or has no maker
"""

import json
import pathlib
import sys

sys.dont_write_bytecode = True  # before the imports below: no __pycache__ beside the vectors

from attribution_vectors import (
    dense_vectors,
    exact_vectors,
    factored_vectors,
    gradient_dot_vectors,
    knn_vectors,
    trak_vectors,
)
from ledger_vectors import canonical_vectors, content_vectors, entry_vectors, log_vectors
from manifest_vectors import manifest_vectors
from note_vectors import note_vectors
from receipt_vectors import receipt_vectors
from record_vectors import record_vectors
from settlement_vectors import apportion_vectors, line_vectors, payout_vectors
from signature_vectors import signature_vectors
from text_vectors import text_vectors
from wire_vectors import wire_vectors

HERE = pathlib.Path(__file__).parent
FILES = {
    "ledger-entry.json": entry_vectors,
    "ledger-content.json": content_vectors,
    "ledger-log.json": log_vectors,
    "log-notes.json": note_vectors,
    "canonical-json.json": canonical_vectors,
    "settlement-lines.json": line_vectors,
    "payout-tree.json": payout_vectors,
    "apportion.json": apportion_vectors,
    "wire.json": wire_vectors,
    "records.json": record_vectors,
    "signatures.json": signature_vectors,
    "manifest.json": manifest_vectors,
    "receipts.json": receipt_vectors,
    "text.json": text_vectors,
    "attribution/influence-factored-2.json": factored_vectors,
    "attribution/influence-dense-1.json": dense_vectors,
    "attribution/influence-exact-1.json": exact_vectors,
    "attribution/trak-ensemble-1.json": trak_vectors,
    "attribution/knn-shapley-1.json": knn_vectors,
    "attribution/gradient-dot-1.json": gradient_dot_vectors,
}

# By another implementation: test/interop/make_golden.py.
MADE_ELSEWHERE = {"fastavro.json"}

if __name__ == "__main__":
    check = sys.argv[1:] == ["--check"]
    for stray in sorted({file.relative_to(HERE).as_posix() for file in HERE.rglob("*.json")} - FILES.keys() - MADE_ELSEWHERE):
        sys.exit(f"{stray} is a vector that make_vectors.py does not compute")
    for name, make in FILES.items():
        text = json.dumps(make(), indent=1, ensure_ascii=True) + "\n"
        if not check:
            (HERE / name).write_text(text, encoding="ascii")
        elif not (HERE / name).exists() or (HERE / name).read_text(encoding="ascii") != text:
            sys.exit(f"{name} is not what make_vectors.py computes")
