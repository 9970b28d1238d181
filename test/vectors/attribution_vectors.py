"""Vectors of attribution: one file a method, each with periods and all that they come to (attribution.py)."""

import hashlib
import struct

from attribution import METHODS
from fixtures import HOW, seeded


def numbers_of(label, count):
    """Whole numbers below 2^32 from SHA-256, for rows that nobody chose."""
    data = seeded(label, 4 * count)
    return [int.from_bytes(data[at:at + 4], "big") for at in range(0, len(data), 4)]


def row_of(label, rank, classes):
    """Factors, multiplier, thousandths that sum to 1,000, label."""
    drawn = numbers_of(label, rank + classes + 2)
    vector = [number % 127 - 63 for number in drawn[:rank]]
    cuts = sorted(number % 1001 for number in drawn[rank:rank + classes - 1])
    p = [high - low for low, high in zip([0, *cuts], [*cuts, 1000])]
    # Where the row has the model right, mostly: its likeliest class is its label three times of four.
    best = max(range(classes), key=lambda c: p[c])
    chosen = drawn[rank + classes - 1] % 4
    return vector, 2_000 + drawn[rank + classes] % 20_000, p, best if chosen else drawn[rank + classes + 1] % classes


def make_period(name, kind, rank, classes, accounts, items, events, **settings):
    period = {
        "seed": name, "kind": kind, "rank": rank, "classes": classes, "accounts": accounts,
        "dataParts": 500_000, "minEvents": 1, "dBarFixed": None, **settings,
    }
    period["items"] = []
    for i in range(items):
        a, ua, p, label = row_of(f"attribution {name} item {i}", rank, classes)
        item = {"account": i % accounts, "withdrawn": int(i % 11 == 10), "a": a, "ua": ua}
        if kind == "factored":
            item.update(p=p, label=label)
        elif "blocks" in settings:
            item["weight"] = p[0]
        period["items"].append(item)
    period["events"] = []
    for e in range(events):
        b, ub, p, label = row_of(f"attribution {name} event {e}", rank, classes)
        fee, p16 = numbers_of(f"attribution {name} pay {e}", 2)
        event = {"fee": (fee % settings.get("feeTop", 2**32) + 1) * settings.get("feeUnit", 1), "own": int(e % 7 == 6), "b": b, "ub": ub,
                 "p16": p16 % 65_536}
        if kind == "factored":
            event.update(p=p, label=label)
        period["events"].append(event)
    return period


def row_text(row):
    """Numbers of a list in one text, so that a row fits a line."""
    return " ".join(f"{key}={','.join(map(str, value)) if isinstance(value, list) else value}"
                    for key, value in row.items())


def digest(text):
    return "0x" + hashlib.sha256(text).hexdigest()


def case(method, name, period, in_full=True):
    result = METHODS[method](method, period)
    x, v = result.pop("x"), result.pop("v")
    outputs = {key: result[key] if result[key] is None or key in ("vExponent", "exponent", "lambdaRetries", "feeShift")
               else str(result[key]) for key in sorted(result) if key not in ("scores", "values", "parts")}
    lists = {key: result[key] for key in ("scores", "values", "parts")}
    outputs["vHash"] = digest(b"".join(struct.pack(">i", value) for value in v))
    outputs["xHash"] = digest(struct.pack(f">{len(x)}d", *x))
    for key, values in lists.items():
        text = None if values is None else ",".join(map(str, values))
        outputs[key] = text if in_full or text is None else digest(text.encode())
    rows = {key: [row_text(row) for row in period[key]] if in_full
            else digest("\n".join(row_text(row) for row in period[key]).encode()) for key in ("items", "events")}
    made = {} if in_full else {"made": {"name": period["seed"], "items": len(period["items"]), "events": len(period["events"])}}
    settings = {key: str(value) if key == "dBarFixed" and value is not None else value
                for key, value in period.items() if key not in ("items", "events", "feeUnit", "feeTop", "seed")}
    return {"name": name, **settings, **made, **rows, "outputs": outputs}


def vectors(method, *cases):
    return {
        "description": f"{HOW} {method}: periods and what they come to (docs/attribution.md, the method's page).",
        "method": method,
        "cases": list(cases),
    }


LARGE_FEES = 10**17


def factored_vectors():
    method = "influence/factored@2"
    first = make_period("first period", "factored", 4, 3, 5, 24, 16, feeUnit=LARGE_FEES)
    later = make_period("later period", "factored", 4, 3, 5, 24, 16, dataParts=300_000)
    known = METHODS[method](method, {**later, "dBarFixed": None})["dBarFixed"]
    later["dBarFixed"] = known * 3
    return vectors(
        method,
        case(method, "first period, fees near 2^88, four accounts withdrew something", first),
        case(method, "later period, a level three times as high", later),
        case(method, "held: too few effective events", {**later, "minEvents": 17}),
        case(method, "4a beyond 1,024 groups",
             make_period("4a beyond 1,024 groups", "factored", 2, 2, 1_500, 1_500, 12), in_full=False),
        case(method, "4b",
             make_period("4b", "factored", 2, 2, 16_500, 16_500, 12), in_full=False),
    )


def dense_vectors():
    method = "influence/dense@1"
    return vectors(
        method,
        case(method, "first period", make_period("dense", "dense", 5, 1, 4, 20, 15)),
        case(method, "4b", make_period("dense 4b", "dense", 3, 1, 16_500, 16_500, 10), in_full=False),
    )


def exact_vectors():
    method = "influence/exact@1"
    return vectors(
        method,
        case(method, "first period", make_period("exact", "dense", 6, 1, 4, 18, 15)),
        case(method, "ties: λ grows by 2", make_period("tie 29", "dense", 3, 1, 3, 9, 6, feeTop=20)),
    )


def trak_vectors():
    method = "trak/ensemble@1"
    return vectors(method, case(method, "two members", make_period("trak", "dense", 6, 1, 4, 22, 15, blocks=2)))


def knn_vectors():
    method = "knn-shapley@1"
    return vectors(
        method,
        case(method, "more contributions than neighbours", make_period("knn", "factored", 3, 3, 4, 23, 14)),
        case(method, "fewer contributions than neighbours", make_period("knn few", "factored", 3, 2, 3, 7, 9)),
    )


def gradient_dot_vectors():
    method = "gradient-dot@1"
    return vectors(
        method,
        case(method, "factored rows", make_period("gradient factored", "factored", 3, 3, 4, 20, 14)),
        case(method, "dense rows", make_period("gradient dense", "dense", 4, 1, 4, 20, 14)),
    )
