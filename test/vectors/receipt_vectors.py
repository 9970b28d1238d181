"""Vectors of whole documents: docs/formats.md#receipt, #event-receipt, #omission, #uploads, and the word on a log's key (#log).

One epoch of a ledger of seven records, two of them of an epoch before. All that stands in the documents follows from it.
"""

import base64
import hashlib
import struct

from eip712 import digest, hash_struct
from fixtures import HOW, address, seeded
from ledger import content_hash, entry_bytes
from note_vectors import b64, key_of, signed
from rfc6962 import mth, path
from rfc8785 import canonical
from secp256k1 import sign
from settlement_vectors import apportion, payout_leaf, payout_tree
from signature_vectors import DOMAIN, GENESIS, KEYS, LEDGER_ID

EPOCH, MODEL, POLICY = 7, "digits-net \U0001f9ee", "policy/1"
TOKEN = address("token")
ACCOUNTS = sorted(address(f"payee {n}") for n in range(4))
FEES, POOL, CARRIED_IN, D_BAR = 1_000, 900, 300, 1
S = [700, 200, -5]
LOG_KEY = key_of("tallystick/ledger/" + LEDGER_ID.hex(), 1, seeded("log key", 32))


def encoded(document):
    return canonical(document).encode("utf-8")


def hashed(data):
    return "0x" + hashlib.sha256(data).hexdigest()


def table(rows):
    return {"rows": len(rows), "root": "0x" + mth([encoded(row) for row in rows]).hex()}


def proof(index, rows):
    return ["0x" + node.hex() for node in path(index, rows)]


def signature(type_text, values):
    return "0x" + sign(KEYS["operator"], digest(DOMAIN, hash_struct(type_text, values))).hex()


# The log: seven records ------------------------------------------------------------------------------------------------

def record(n):
    headers = [("ce_id", b"use-%d" % n), ("ce_source", b"urn:example:app"), ("ce_type", b"tallystick.InferenceRecorded"), ("empty", None)]
    return {"key": None if n == 3 else b"key %d" % n, "headers": headers, "value": seeded(f"value {n}", 20 * n)}


RECORDS = [record(n) for n in range(7)]
OUTCOMES = [("accepted", 0, None)] * 4 + [("duplicate", 0, None), ("rejected", 101, "SOURCE_UNKNOWN"), ("accepted", 0, None)]
PLACE = {"incarnation": 0, "topic": "tally.inferences", "partition": 2}
CONTENTS = [content_hash(each["key"], each["headers"], each["value"]).hex() for each in RECORDS]
# Offset 5 is a hole: no record stands there.
OFFSETS = [0, 1, 2, 3, 4, 6, 7]
ENTRIES = [{**PLACE, "offset": str(offset), "effectiveTimeMs": str(1_767_225_600_000 + n), "outcome": outcome, "reason": code, "content": content}
           for n, (offset, (outcome, code, _), content) in enumerate(zip(OFFSETS, OUTCOMES, CONTENTS))]
LEAVES = [entry_bytes(entry) for entry in ENTRIES]


def entry_document(n):
    return {**ENTRIES[n], "reason": OUTCOMES[n][2], "content": "0x" + CONTENTS[n]}


# The money: one period that carried something in ------------------------------------------------------------------------

OWN = POOL - CARRIED_IN
PAYABLE = min(POOL, OWN + OWN // 9)
SUM_POSITIVE = sum(max(0, s) for s in S)
DENOMINATOR = max(SUM_POSITIVE, D_BAR * FEES)
PAY = apportion(PAYABLE, [max(0, s) for s in S] + [DENOMINATOR - SUM_POSITIVE])[:-1]
CARRIED = min(POOL - sum(PAY), max(OWN, CARRIED_IN))
# A tenth of each share is held back; the fourth account earns less than the minimum, and was never paid.
HOLD_BACK, MINIMUM = 100_000, 51
HELD_BACK = [share * HOLD_BACK // 1_000_000 for share in PAY]
NET = [share - held for share, held in zip(PAY, HELD_BACK)]


def settlement_line(account, kind, asset, amount):
    return {"account": account, "amount": str(amount), "asset": asset, "epoch": EPOCH, "kind": kind, "token": TOKEN}


LINES = sorted([settlement_line(ACCOUNTS[0], "model", MODEL, 250), settlement_line(ACCOUNTS[3], "treasury", POLICY, 50),
                *(settlement_line(account, "data", MODEL, pay) for account, pay in zip(ACCOUNTS, NET) if pay > 0)],
               key=lambda line: (line["account"], line["kind"]))
SCORES = [{"account": account, "duplicates": n, "heldBack": str(held), "items": 5 - n, "model": MODEL, "pay": str(pay), "s": str(s), "token": TOKEN}
          for n, (account, s, pay, held) in enumerate(zip(ACCOUNTS, S, NET, HELD_BACK))]


def lines_of(account):
    return [line for line in LINES if line["account"] == account]


def account_row(account, before, small):
    lines = lines_of(account)
    earned, disputed = sum(int(line["amount"]) for line in lines), DISPUTED.get(account, 0)
    netted = NETTED if account == ACCOUNTS[0] else 0
    due = small + earned - netted - disputed
    paid = due if due >= MINIMUM else 0
    return {"account": account, "before": str(before), "cumulative": str(before + paid), "disputed": str(disputed), "earned": str(earned), "lines": len(lines),
            "linesRoot": table(lines)["root"], "netted": str(netted), "small": str(due - paid), "smallBefore": str(small), "token": TOKEN}


SMALL_BEFORE = [20, 0, 3, 0]
DISPUTED = {ACCOUNTS[0]: 7}  # taken for a dispute of another epoch's line
NETTED = 3  # of what the first account earned, for what it owed
ROWS = [account_row(account, before, small) for account, before, small in zip(ACCOUNTS, [10 ** 20, 0, 3, 0], SMALL_BEFORE)]
SMALL = sum(int(row["small"]) for row in ROWS)


def leaf_of(row):
    return payout_leaf(GENESIS["chainId"], GENESIS["distributor"], row["account"], TOKEN, int(row["cumulative"]))


PAYOUTS = [leaf_of(row) for row in ROWS if row["cumulative"] != "0"]
PAYOUT_TREE = payout_tree(PAYOUTS)


def payout_proof(own):
    at, nodes = PAYOUT_TREE.index(own), []
    while at:
        nodes.append("0x" + PAYOUT_TREE[at + 1 if at % 2 else at - 1].hex())
        at = (at - 1) // 2
    return nodes


def manifest():
    cumulative = sum(int(row["cumulative"]) for row in ROWS)
    out = sum(int(row["cumulative"]) - int(row["before"]) for row in ROWS)
    held_in, held_out = CARRIED_IN + sum(SMALL_BEFORE), CARRIED + sum(HELD_BACK) + SMALL + NETTED + sum(DISPUTED.values())
    return {
        "format": "tallystick-manifest/1", "ledger": "0x" + LEDGER_ID.hex(), "epoch": EPOCH, "attempt": 1, "vetoed": [], "engine": "tallystick/0.1.0",
        "previous": hashed(b"the manifest before"),
        "cut": {"timeMs": "1767229200000", "partitions": [{**PLACE, "from": "2", "to": "8"}]},
        "holes": [{"topic": PLACE["topic"], "partition": PLACE["partition"], "from": "5", "to": "6"}], "gaps": [],
        "counts": {"accepted": 3, "duplicate": 1, "late": 0, "rejected": 1, "reasons": {"SOURCE_UNKNOWN": 1}},
        "tree": {"size": "7", "root": "0x" + mth(LEAVES).hex(), "previousSize": "2"}, "policy": POLICY,
        "periods": [{
            "model": MODEL, "token": TOKEN, "featureMap": "digits-net/1", "method": "influence/factored@2", "state": "paid", "firstEpoch": EPOCH,
            "epochs": 1, "events": 3, "items": 12, "duplicates": 3, "effectiveEvents": "2", "fees": str(FEES), "pool": str(POOL),
            "carriedIn": str(CARRIED_IN), "paid": str(sum(NET)), "holdBackParts": HOLD_BACK, "heldBack": str(sum(HELD_BACK)), "carried": str(CARRIED), "unattributed": str(POOL - sum(PAY) - CARRIED),
            "feeShift": 0, "lambda": "17", "lambdaRetries": 0, "exponent": -3, "vExponent": 21, "dBar": str(D_BAR), "dBarNext": str(D_BAR),
            "sumPositive": str(SUM_POSITIVE), "denominator": str(DENOMINATOR), "vHash": hashed(struct.pack(">2i", 1, -2)),
            "xHash": hashed(struct.pack(">2d", 1.0, -2.0)), "vErrorNano": "12",
        }],
        "conservation": [{"token": TOKEN, "funded": str(out + held_out - held_in), "outside": "0", "released": "0", "refunded": "0", "unfunded": "0", "reported": "0", "sold": "0", "bonds": "0", "bondsReturned": "0", "heldIn": str(held_in), "out": str(out),
                          "heldOut": str(held_out), "unattributed": "0", "owed": "0", "owing": "0", "minimumPayout": str(MINIMUM)}],
        "payout": {"chainId": GENESIS["chainId"], "distributor": GENESIS["distributor"], "root": "0x" + PAYOUT_TREE[0].hex(), "leaves": len(PAYOUTS),
                   "totals": [{"token": TOKEN, "cumulative": str(cumulative), "reserved": str(held_out), "total": str(cumulative + held_out)}]},
        "adjustments": [],
        "tables": {"accounts": table(ROWS), "adjustments": table([]), "disputes": table([]), "lines": table(LINES), "sales": table([]), "scores": table(SCORES)},
        "carryIn": hashed(b"state before"), "carryOut": hashed(b"state after"),
    }


MANIFEST = manifest()


def log_key(sequence, from_size):
    values = [LOG_KEY["verifier"], sequence, from_size]
    return {"format": "tallystick-log-key/1", "genesis": GENESIS, "key": LOG_KEY["verifier"], "sequence": sequence, "fromSize": str(from_size),
            "signature": signature("LogKey(string key,uint32 sequence,uint64 fromSize)", values)}


def checkpoint():
    origin = LOG_KEY["name"]
    text = f"{origin}\n7\n{b64(mth(LEAVES))}\ntallystick/manifest {EPOCH} {hashed(encoded(MANIFEST))}\n"
    return {"key": LOG_KEY["verifier"], "note": f"{text}\n{signed(LOG_KEY, text)}", "endorsement": log_key(1, 0)}


def payout_receipt(account, shown):
    index = ACCOUNTS.index(account)
    row, lines = ROWS[index], [encoded(line) for line in lines_of(account)]
    parts = [{"index": n, "line": lines_of(account)[n], "proof": proof(n, lines)} for n in shown]
    scores = [SCORES.index(next(score for score in SCORES if score["account"] == account)) for part in parts if part["line"]["kind"] == "data"]
    items = [{"batch": {"source": "urn:example:uploads", "id": "batch-1"}, "index": 3, "model": MODEL, "value": "-12345678901234567890"}]
    return {
        "format": "tallystick-receipt/1", "account": account, "token": TOKEN, "manifest": MANIFEST,
        "payout": None if row["cumulative"] == "0" else {
            "chainId": GENESIS["chainId"], "distributor": GENESIS["distributor"], "account": account, "token": TOKEN,
            "cumulative": row["cumulative"], "proof": payout_proof(leaf_of(row))},
        "row": row, "rowIndex": index, "rowProof": proof(index, [encoded(each) for each in ROWS]), "lines": parts,
        "scores": [{"index": n, "row": SCORES[n], "proof": proof(n, [encoded(each) for each in SCORES])} for n in scores],
        "checkpoint": checkpoint(), "influenceNotPayment": {"items": items, "checksum": hashed(encoded(items))},
    }


def text_of(data):
    return None if data is None else base64.b64encode(data).decode()


def event_receipt(n, with_record):
    shown = RECORDS[n]
    whole = {"key": text_of(shown["key"]), "headers": [[name, text_of(value)] for name, value in shown["headers"]], "value": text_of(shown["value"])}
    return {"format": "tallystick-event-receipt/1", "manifest": MANIFEST, "entry": entry_document(n), "index": n, "proof": proof(n, LEAVES),
            "record": whole if with_record else None, "checkpoint": checkpoint()}


def upload_receipt(places):
    """The operator's promise that `content` stands at each offset."""
    items = [{**PLACE, "offset": str(offset), "content": "0x" + content} for offset, content in places]
    topic = PLACE["topic"].encode("utf-8")
    leaves = [struct.pack(">BIH", 1, 0, len(topic)) + topic + struct.pack(">IQ", PLACE["partition"], offset) + bytes.fromhex(content)
              for offset, content in places]
    return {"format": "tallystick-upload-receipt/1", "genesis": GENESIS, "items": items,
            "signature": signature("UploadReceipt(bytes32 itemsRoot,uint32 count)", [mth(leaves), len(leaves)])}


def omission(item, leaf):
    upload = upload_receipt([(3, CONTENTS[3]), (4, "0d" * 32), (5, "0e" * 32)])
    shown = None if leaf is None else {"entry": entry_document(leaf), "index": leaf, "proof": proof(leaf, LEAVES)}
    return {"format": "tallystick-omission/1", "upload": upload, "item": item, "manifest": MANIFEST, "leaf": shown, "checkpoint": checkpoint()}


def receipt_vectors():
    return {
        "how": HOW + " Whole documents that hold. The log's key and the operator's are public (signatures.json has the operator's).",
        "logKey": {"signing": LOG_KEY["signing"], "documents": [log_key(1, 0), log_key(2, 7)]},
        "payoutReceipts": [{"name": "all lines", "document": payout_receipt(ACCOUNTS[0], [0, 1])},
                           {"name": "one line of two", "document": payout_receipt(ACCOUNTS[0], [1])},
                           {"name": "one line, carried, never paid", "document": payout_receipt(ACCOUNTS[3], [0])},
                           {"name": "nothing earned in the epoch, and still too little", "document": payout_receipt(ACCOUNTS[2], [])}],
        "eventReceipts": [{"name": "an accepted record of an epoch before", "document": event_receipt(1, True)},
                          {"name": "a record without a key", "document": event_receipt(3, True)},
                          {"name": "a rejected record, not shown", "document": event_receipt(5, False)}],
        "uploadReceipts": [{"name": "two records", "document": upload_receipt([(3, CONTENTS[3]), (4, CONTENTS[4])])}],
        "omissions": [{"name": "another record is there", "document": omission(1, 4)}, {"name": "a hole is there", "document": omission(2, None)}],
    }
