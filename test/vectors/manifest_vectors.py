"""Vectors of what an epoch publishes: lines, table roots, state.json, V and x, manifest.json and its hash.

Two epochs of a ledger so small that its sums can be followed by hand. Scores and features are made up: how they come about is
docs/attribution.md's matter, how they are written is this file's.
"""

import hashlib
import struct

from fixtures import HOW, address
from rfc6962 import mth
from rfc8785 import canonical
from settlement_vectors import apportion, payout_leaf, payout_tree
from signature_vectors import GENESIS, LEDGER_ID

ENGINE = "tallystick/0.1.0"
MODEL, POLICY, FEATURE_MAP = "digits-net \U0001f9ee", "policy/1", "digits-net/1"
TOKEN, OTHER_TOKEN = sorted((address("token"), address("other token")))
ACCOUNTS = sorted(address(f"payee {n}") for n in range(4))
PAYER = address("payer")
FEES, PARTS = 1_000_003, [600_000, 250_000, 100_000, 50_000]
V = [0, 1, -1, 2 ** 24 - 1, 1 - 2 ** 24, 256, -2, 65_536]
X = [0.0, -0.0, 1.0, -1.5, 1 / 3, 5e-324, 1.7976931348623157e308, -2.5e-7]


def hashed(data):
    return "0x" + hashlib.sha256(data).hexdigest()


def encoded(document):
    return canonical(document).encode("utf-8")


def table(rows):
    return {"rows": len(rows), "root": "0x" + mth([encoded(row) for row in rows]).hex()}


def by_bytes(row, *names):
    return [row[name].encode("utf-8") for name in names]


# Epoch 1 takes a deposit and nothing else; epoch 2 pays ----------------------------------------------------------------

EMPTY_STATE = {"format": "tallystick-state/1", "epoch": 0, "balances": [], "channels": [], "outside": [], "periods": [], "reserves": [],
               "unattributed": [], "waiting": [], "outcomes": [], "disputes": [], "recoveries": [], "owed": [], "retired": []}
STATE_1 = {**EMPTY_STATE, "epoch": 1, "balances": [{"payer": PAYER, "token": TOKEN, "amount": str(2 ** 96 - 1)}]}
DATA, MODEL_PART, INFRASTRUCTURE_PART, TREASURY_PART = apportion(FEES, PARTS)
WAITING, RATED = 9, 4  # of what waits, what waits for ratings
NETTED = 5  # of what the second account earned, for what it owes
OUTSIDE = 2 ** 64 + 1
PRICE = 2 ** 64 + 1  # of a share that the payer bought
LICENCE_PRICE = 1_000  # of a licence that it bought, which two owners share
BOND, DISPUTED = 11, 5  # of a dispute that the payer opened, and what it holds so far
SHARES = apportion(DATA, [700, 200, 100])[:2]
CARRIED = DATA - sum(SHARES)
# Of each share a part is held back, and the fourth account earns less than the minimum.
HOLD_BACK = 70_001
HELD_BACK = [share * HOLD_BACK // 1_000_000 for share in SHARES]
MINIMUM = 2 * TREASURY_PART
STATE_2 = {
    "format": "tallystick-state/1", "epoch": 2,
    "balances": [{"payer": PAYER, "token": TOKEN, "amount": str(2 ** 96 - 1 - FEES - 7 - WAITING - PRICE - LICENCE_PRICE - BOND)}],
    "channels": [{"payer": PAYER, "model": "\ufb33", "token": TOKEN, "cumulative": str(2 ** 96 - 1), "sequence": str(2 ** 63 - 1), "spent": "0"},
                 {"payer": PAYER, "model": "\U0001f9ee", "token": TOKEN, "cumulative": str(FEES + 7 + WAITING), "sequence": "1",
                  "spent": str(FEES + 7 + WAITING)}],
    "outside": [{"epoch": 2, "model": "\ufb33", "payer": PAYER, "token": OTHER_TOKEN, "until": 2 ** 31, "fees": str(OUTSIDE - 1)},
                {"epoch": 2, "model": "\U0001f9ee", "payer": PAYER, "token": OTHER_TOKEN, "until": 3, "fees": "1"}],
    "periods": [{"model": MODEL, "token": TOKEN, "epochs": [], "pool": str(CARRIED), "carriedIn": str(CARRIED), "dBarFixed": str(2 ** 128 + 1)},
                {"model": "other", "token": OTHER_TOKEN, "epochs": [2], "pool": "0", "carriedIn": "0", "dBarFixed": None}],
    "reserves": [{"epoch": 1, "model": "\ufb33", "token": OTHER_TOKEN, "until": 3, "amount": "1"},
                 {"epoch": 1, "model": "\U0001f9ee", "token": OTHER_TOKEN, "until": 101, "amount": str(2 ** 96 - 1)},
                 {"epoch": 2, "model": MODEL, "token": TOKEN, "until": 6, "amount": str(sum(HELD_BACK))}],
    "unattributed": [{"token": TOKEN, "amount": "7"}],
    "waiting": [{"epoch": 2, "model": "\ufb33", "token": TOKEN, "until": 4, "part": str(WAITING - RATED), "fees": str(WAITING), "retrieved": False, "taken": "0"},
                {"epoch": 2, "model": "\U0001f9ee", "token": OTHER_TOKEN, "until": 2 ** 31, "part": "0", "fees": "1", "retrieved": True, "taken": "0"}],
    "outcomes": [{"epoch": 2, "payer": PAYER, "token": TOKEN, "until": 2 ** 31, "part": str(RATED)}],
    "recoveries": [{"token": TOKEN, "amount": str(NETTED)}],
    "owed": sorted([{"account": ACCOUNTS[1], "token": TOKEN, "model": "", "amount": "-1"},
             {"account": ACCOUNTS[1], "token": TOKEN, "model": "\U0001f9ee", "amount": str(-2 ** 96)},
             {"account": ACCOUNTS[2], "token": OTHER_TOKEN, "model": MODEL, "amount": str(2 ** 96 - 1)},
             {"account": PAYER, "token": OTHER_TOKEN, "model": "other", "amount": "1"}], key=lambda row: by_bytes(row, "account", "token", "model")),
    "retired": ["\ufb33", "\U0001f9ee"],
    "disputes": [{"dispute": "dispute/1", "opener": PAYER, "account": ACCOUNTS[1], "token": TOKEN, "kind": "model", "asset": MODEL, "lineEpoch": 1, "epoch": 2,
                  "until": 2 ** 31, "bond": str(BOND), "wanted": str(2 ** 96 - 1), "held": str(DISPUTED)},
                 {"dispute": "\U0001f9ee", "opener": ACCOUNTS[2], "account": ACCOUNTS[2], "token": OTHER_TOKEN, "kind": "data", "asset": "\ufb33", "lineEpoch": 1,
                  "epoch": 2, "until": 3, "bond": "0", "wanted": "0", "held": "0"}],
}


def settlement_lines():
    """In no order. Two assets of one kind differ in UTF-8 order from UTF-16 order."""
    data = [share - held for share, held in zip(SHARES, HELD_BACK)]
    model = apportion(MODEL_PART, [333_333, 666_667])
    line = lambda account, kind, asset, amount: {"account": account, "token": TOKEN, "kind": kind, "asset": asset, "amount": amount}
    return [
        line(ACCOUNTS[3], "treasury", POLICY, TREASURY_PART),
        line(ACCOUNTS[1], "model", MODEL, model[1]),
        line(ACCOUNTS[0], "data", MODEL, data[0]),
        line(ACCOUNTS[1], "data", MODEL, data[1]),
        line(ACCOUNTS[0], "model", MODEL, model[0]),
        line(ACCOUNTS[1], "infrastructure", "\U0001f9ee", INFRASTRUCTURE_PART - 1),
        line(ACCOUNTS[1], "infrastructure", "\ufb33", 1),
        line(ACCOUNTS[1], "sale", MODEL, PRICE),
        *(line(account, "licence", MODEL, amount) for account, amount in zip(ACCOUNTS, apportion(LICENCE_PRICE, [333_333, 666_667]))),
    ]


LINES = [{**line, "amount": str(line["amount"]), "epoch": 2}
         for line in sorted(settlement_lines(), key=lambda line: by_bytes(line, "account", "token", "kind", "asset"))]


def lines_of(account):
    return [line for line in LINES if line["account"] == account]


def account_rows():
    """The second account had earned before; the third earned nothing now, and its lines are none; the fourth earned too little."""
    before, small_before = {ACCOUNTS[1]: 10 ** 20, ACCOUNTS[2]: 1}, {ACCOUNTS[0]: 3, ACCOUNTS[3]: 1}
    for account in ACCOUNTS:
        earned, had, small = sum(int(line["amount"]) for line in lines_of(account)), before.get(account, 0), small_before.get(account, 0)
        disputed = DISPUTED if account == ACCOUNTS[1] else 0
        netted = NETTED if account == ACCOUNTS[1] else 0
        due = small + earned - netted - disputed
        paid = due if due >= MINIMUM else 0
        yield {"account": account, "before": str(had), "cumulative": str(had + paid), "disputed": str(disputed), "earned": str(earned),
               "lines": len(lines_of(account)), "linesRoot": table(lines_of(account))["root"], "netted": str(netted), "small": str(due - paid), "smallBefore": str(small),
               "token": TOKEN}


ACCOUNT_ROWS = list(account_rows())
SALES = [
    {"asset": MODEL, "buyer": ACCOUNTS[3], "id": "acceptance-1", "kind": "share", "offer": "offer/1", "parts": 250_000, "price": str(PRICE), "seller": ACCOUNTS[1],
     "source": "urn:example:market", "status": "unfunded", "token": TOKEN},
    {"asset": MODEL, "buyer": PAYER, "id": "\U0001f9ee", "kind": "share", "offer": "offer/1", "parts": 250_000, "price": str(PRICE), "seller": ACCOUNTS[1],
     "source": "urn:example:market", "status": "settled", "token": TOKEN},
    {"asset": MODEL, "buyer": ACCOUNTS[2], "id": "acceptance-1", "kind": "share", "offer": "offer/1", "parts": 250_000, "price": str(PRICE), "seller": ACCOUNTS[1],
     "source": "urn:größe", "status": "taken", "token": TOKEN},
    {"asset": MODEL, "buyer": PAYER, "id": "acceptance-2", "kind": "licence", "offer": "offer/2", "parts": 0, "price": str(LICENCE_PRICE),
     "seller": ACCOUNTS[1], "source": "urn:example:market", "status": "settled", "token": TOKEN},
    {"asset": MODEL, "buyer": PAYER, "id": "acceptance-3", "kind": "licence", "offer": "offer/3", "parts": 0, "price": "1", "seller": ACCOUNTS[3],
     "source": "urn:example:market", "status": "lapsed", "token": OTHER_TOKEN},
]
REFUSED = {"wanted": "0", "held": "0", "award": "0"}
DISPUTES = [
    {**STATE_2["disputes"][0], "source": "urn:example:portal", "id": "dispute-1", "claim": "other", "award": "0", "status": "open"},
    {**STATE_2["disputes"][0], **REFUSED, "dispute": "dispute/2", "source": "urn:größe", "id": "dispute-1", "claim": "settlement", "status": "unfunded"},
    {**STATE_2["disputes"][1], "source": "urn:example:portal", "id": "\U0001f9ee", "claim": "features", "award": "0", "status": "open"},
]
# Two adjustments of epoch 1; of the second nothing came.
ADJUSTMENTS = sorted([
    {"account": ACCOUNTS[1], "adjustment": "\ufb33", "asset": MODEL, "delta": str(-2 ** 96 - 6), "epoch": 1, "forfeited": "7", "kind": "data", "token": TOKEN},
    {"account": PAYER, "adjustment": "\ufb33", "asset": "other", "delta": "1", "epoch": 1, "forfeited": "0", "kind": "refund", "token": OTHER_TOKEN},
], key=lambda row: by_bytes(row, "adjustment", "account", "token", "kind", "asset"))
SCORES = [
    {"account": ACCOUNTS[0], "duplicates": 1, "items": 5, "heldBack": str(HELD_BACK[0]), "model": MODEL, "pay": lines_of(ACCOUNTS[0])[0]["amount"],
     "s": str(2 ** 70), "token": TOKEN},
    {"account": ACCOUNTS[1], "duplicates": 0, "items": 3, "heldBack": str(HELD_BACK[1]), "model": MODEL, "pay": lines_of(ACCOUNTS[1])[0]["amount"],
     "s": str(-2 ** 65), "token": TOKEN},
    {"account": ACCOUNTS[2], "duplicates": 0, "items": 2, "heldBack": "0", "model": MODEL, "pay": "0", "s": "0", "token": TOKEN},
]


def int32(values):
    return struct.pack(f">{len(values)}i", *values)


def float64(values):
    return struct.pack(f">{len(values)}d", *values)


def payout_root(rows):
    leaves = [payout_leaf(GENESIS["chainId"], GENESIS["distributor"], row["account"], row["token"], int(row["cumulative"]))
              for row in rows if row["cumulative"] != "0"]
    return {"root": "0x" + (payout_tree(leaves)[0].hex() if leaves else "00" * 32), "leaves": len(leaves)}


def partitions(ends):
    topics = ("tally.chain", "tally.contributions", "tally.inferences", "tally.registry")
    return [{"topic": topic, "partition": 0, "incarnation": 0, "from": str(start), "to": str(end)}
            for topic, (start, end) in zip(topics, ends)]


def manifest_1():
    none = table([])
    return {
        "format": "tallystick-manifest/1", "ledger": "0x" + LEDGER_ID.hex(), "epoch": 1, "attempt": 1, "vetoed": [], "engine": ENGINE,
        "previous": None, "cut": {"timeMs": "1767225600000", "partitions": partitions([(0, 1), (0, 0), (0, 0), (0, 0)])},
        "holes": [], "gaps": [], "counts": {"accepted": 1, "duplicate": 0, "late": 0, "rejected": 0, "reasons": {}},
        "tree": {"size": "1", "root": "0x" + mth([b"the deposit"]).hex(), "previousSize": "0"}, "policy": None, "periods": [],
        "conservation": [],
        "payout": {"chainId": GENESIS["chainId"], "distributor": GENESIS["distributor"], **payout_root([]), "totals": []},
        "adjustments": [],
        "tables": {"accounts": none, "adjustments": none, "disputes": none, "lines": none, "sales": none, "scores": none},
        "carryIn": hashed(encoded(EMPTY_STATE)), "carryOut": hashed(encoded(STATE_1)),
    }


def paid_period():
    return {
        "model": MODEL, "token": TOKEN, "featureMap": FEATURE_MAP, "method": "influence/factored@2", "state": "paid", "firstEpoch": 2,
        "epochs": 1, "events": 3, "items": 10, "duplicates": 1, "effectiveEvents": "2", "fees": str(FEES), "pool": str(DATA), "carriedIn": "0",
        "paid": str(DATA - CARRIED - sum(HELD_BACK)), "holdBackParts": HOLD_BACK, "heldBack": str(sum(HELD_BACK)), "carried": str(CARRIED), "unattributed": "0", "feeShift": 0, "lambda": str(2 ** 60 + 1), "lambdaRetries": 0, "exponent": -3,
        "vExponent": 21, "dBar": str(2 ** 50), "dBarNext": str(2 ** 50), "sumPositive": str(2 ** 70), "denominator": str(2 ** 71),
        "vHash": hashed(int32(V)), "xHash": hashed(float64(X)), "vErrorNano": "12",
    }


def held_period():
    nulls = dict.fromkeys(("lambda", "lambdaRetries", "exponent", "vExponent", "dBar", "dBarNext", "sumPositive", "denominator", "vHash",
                           "xHash", "vErrorNano"))
    return {
        "model": "other", "token": OTHER_TOKEN, "featureMap": "other/1", "method": "influence/factored@2", "state": "held", "firstEpoch": 2,
        "epochs": 1, "events": 1, "items": 0, "duplicates": 0, "effectiveEvents": "0", "fees": "1", "pool": "0", "carriedIn": "0",
        "paid": "0", "holdBackParts": HOLD_BACK, "heldBack": "0", "carried": "0", "unattributed": "0", "feeShift": 0, **nulls,
    }


def manifest_2(previous):
    cumulative = sum(int(row["cumulative"]) for row in ACCOUNT_ROWS)
    sums = {name: sum(int(row[name]) for row in ACCOUNT_ROWS) for name in ("before", "cumulative", "small", "smallBefore")}
    out, held = sums["cumulative"] - sums["before"], CARRIED + WAITING + sum(HELD_BACK) + NETTED + sums["small"] + BOND + DISPUTED
    assert FEES + WAITING + 7 + PRICE + LICENCE_PRICE + BOND + sums["smallBefore"] == out + held + 7
    reserved, other = held + 7, 2 ** 96
    flow = lambda token, **amounts: {"token": token, **{name: str(amount) for name, amount in amounts.items()}}
    return {
        "format": "tallystick-manifest/1", "ledger": "0x" + LEDGER_ID.hex(), "epoch": 2, "attempt": 2, "engine": ENGINE,
        "vetoed": [{"attempt": 1, "engine": ENGINE, "manifestHash": "0x" + "ab" * 32, "reason": "Counted twice. \U0001f9ee"}],
        "previous": previous,
        "cut": {"timeMs": "1767312000000", "partitions": partitions([(1, 1), (0, 12), (0, 2 ** 53 + 1), (0, 9)])},
        "holes": [{"topic": "tally.inferences", "partition": 0, "from": "5", "to": "7"}],
        "gaps": [{"topic": "tally.registry", "partition": 0, "from": "2", "to": "4"}],
        "counts": {"accepted": 20, "duplicate": 2, "late": 7, "rejected": 3, "reasons": {"SIGNATURE_INVALID": 1, "AVRO_INVALID": 2}},
        "tree": {"size": str(2 ** 53 + 3), "root": "0x" + mth([b"the deposit", b"the rest"]).hex(), "previousSize": "1"}, "policy": POLICY,
        "periods": [paid_period(), held_period()],
        "conservation": [flow(TOKEN, funded=FEES + WAITING + 7, outside=0, released=0, refunded=0, unfunded=0, reported=3, sold=PRICE + LICENCE_PRICE, bonds=BOND, bondsReturned=0, heldIn=sums["smallBefore"], out=out,
                              heldOut=held, unattributed=7, owed=0, owing=2 ** 96 + 1, minimumPayout=MINIMUM),
                         flow(OTHER_TOKEN, funded=0, outside=OUTSIDE + 2, released=0, refunded=2, unfunded=2 ** 96 - 1, reported=0, sold=0, bonds=0, bondsReturned=0, heldIn=other, out=0,
                              heldOut=other + OUTSIDE, unattributed=0, owed=2 ** 96, owing=0, minimumPayout=0)],
        "payout": {"chainId": GENESIS["chainId"], "distributor": GENESIS["distributor"], **payout_root(ACCOUNT_ROWS),
                   "totals": [flow(TOKEN, cumulative=cumulative, reserved=reserved, total=cumulative + reserved),
                              flow(OTHER_TOKEN, cumulative=0, reserved=other + OUTSIDE, total=other + OUTSIDE)]},
        "adjustments": [{"adjustment": name, "fromEpoch": 1, "toEpoch": 1, "method": method} for name, method in (("\ufb33", ""), ("\U0001f9ee", "influence/factored@2"))],
        "tables": {"accounts": table(ACCOUNT_ROWS), "adjustments": table(ADJUSTMENTS), "disputes": table(DISPUTES), "lines": table(LINES), "sales": table(SALES), "scores": table(SCORES)},
        "carryIn": hashed(encoded(STATE_1)), "carryOut": hashed(encoded(STATE_2)),
    }


def document(name, value):
    return {"name": name, "document": value, "canonical": encoded(value).hex(), "sha256": hashed(encoded(value))}


def manifest_vectors():
    first = manifest_1()
    second = manifest_2(hashed(encoded(first)))
    files = {"files": {name: {"bytes": len(encoded(value)), "sha256": hashed(encoded(value))}
                       for name, value in (("manifest.json", second), ("genesis.json", GENESIS), ("state.json", STATE_2))}}
    return {
        "how": HOW + " canonical is the hexadecimal of a document's RFC 8785 bytes, sha256 their hash. Lines stand as they were summed;"
                     " rows are the canonical JSON of a table's rows in order, root their table root.",
        "manifests": [document("an epoch that pays nobody", first), document("an epoch that pays", second)],
        "states": [document("before epoch 1", EMPTY_STATE), document("after epoch 1", STATE_1), document("after epoch 2", STATE_2)],
        "files": document("files.json of three files", files),
        "lines": [{**line, "amount": str(line["amount"])} for line in settlement_lines()],
        "linesRoots": [{"account": row["account"], "token": row["token"], "size": len(lines_of(row["account"])), "root": row["linesRoot"]}
                       for row in ACCOUNT_ROWS],
        "tables": {name: {**table(rows), "documents": rows, "canonical": [encoded(row).hex() for row in rows]}
                   for name, rows in (("accounts", ACCOUNT_ROWS), ("adjustments", ADJUSTMENTS), ("disputes", DISPUTES), ("lines", LINES), ("sales", SALES), ("scores", SCORES))},
        "vectors": {"v": V, "vBytes": int32(V).hex(), "vHash": hashed(int32(V)),
                    "x": X, "xBytes": float64(X).hex(), "xHash": hashed(float64(X))},
    }
