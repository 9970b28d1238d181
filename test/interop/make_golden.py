#!/usr/bin/env python3
"""Writes test/vectors/fastavro.json: wire bytes made by fastavro, another implementation of Avro, and the bodies they are read as.

    python test/interop/make_golden.py           writes
    python test/interop/make_golden.py --check   exits 1 unless the file is what fastavro makes, and fastavro reads as the same
                                                 bodies what our encoder writes (test/vectors/wire.json)

Needs the packages of test/support/python/requirements.txt.
"""

import decimal
import io
import json
import pathlib
import struct
import sys

sys.dont_write_bytecode = True
VECTORS = pathlib.Path(__file__).parents[1] / "vectors"
sys.path.insert(0, str(VECTORS))

import fastavro

from avro import IDS, SCHEMAS, tagged_body, zigzag
from wire_vectors import AMOUNT_LIMIT, EXTREME, LONG_MAX, TYPICAL

TARGET = VECTORS / "fastavro.json"
DIGITS = decimal.Context(prec=60)
FOREIGN_ID = 100


def numbers(schema, value):
    """Amounts as fastavro wants them."""
    kind = schema["type"] if isinstance(schema, dict) else schema
    if isinstance(kind, dict):
        return numbers(kind, value)
    if kind == "record":
        return {field["name"]: numbers(field["type"], value[field["name"]]) for field in schema["fields"] if field["name"] in value}
    if kind == "array":
        return [numbers(schema["items"], item) for item in value]
    return DIGITS.create_decimal(value) if isinstance(value, int) and kind == "bytes" else value


def whole(value):
    """The reverse: decimals as integers."""
    if isinstance(value, dict):
        return {name: whole(each) for name, each in value.items()}
    if isinstance(value, list):
        return [whole(each) for each in value]
    return int(value) if isinstance(value, decimal.Decimal) else value


def write(schema, value):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(json.loads(json.dumps(schema)), {}), value)
    return out.getvalue()


def read(writer, data, reader=None):
    stream = io.BytesIO(data)
    parse = lambda schema: fastavro.parse_schema(json.loads(json.dumps(schema)), {})
    value = fastavro.schemaless_reader(stream, parse(writer), parse(reader) if reader else None)
    assert stream.read() == b""
    return whole(value)


def evolved(event, first=(), last=(), **types):
    """Our schema of the event with fields around it and other types of some fields."""
    own = SCHEMAS[event]
    kept = [{"name": field["name"], "type": types.get(field["name"], field["type"])} for field in own["fields"]]
    return {"type": "record", "name": event, "namespace": "com.example.producer", "fields": [*first, *kept, *last]}


def built_in():
    """What fastavro writes with our own schemas."""
    for event, body in TYPICAL.items():
        yield "typical", event, body
        yield "extreme", event, {**body, **EXTREME[event]}
    for amount in (-1, -128, -129, -(2 ** 95), 2 ** 53 + 1, AMOUNT_LIMIT, -AMOUNT_LIMIT):
        yield f"fee {amount}", "InferenceRecorded", {**TYPICAL["InferenceRecorded"], "fee": amount}


OWNER = {"type": "array", "items": "com.example.producer.Region"}
WIDER = [
    {"name": "region", "type": {"type": "enum", "name": "Region", "symbols": ["EU", "US"]}, "default": "EU"},
    {"name": "weight", "type": "double", "default": 0.25},
    {"name": "small", "type": "float", "default": -1.5},
    {"name": "is_test", "type": "boolean", "default": True},
]
WIDEST = [
    {"name": "regions", "type": OWNER, "default": []},
    {"name": "notes", "type": {"type": "map", "values": ["null", "string", "long"]}, "default": {}},
    {"name": "trace", "type": ["null", {"type": "fixed", "name": "Trace", "size": 16}], "default": None},
    {"name": "cost", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}, "default": 0},
    {"name": "inner", "type": {"type": "record", "name": "Inner", "fields": [{"name": "n", "type": ["int", "bytes"]}]}},
]
MORE = {"regions": ["US", "EU"], "notes": {"größe": "\U0001f9ee", "n": LONG_MAX, "none": None}, "trace": b"\x07" * 16,
        "cost": decimal.Decimal("-12.34"), "inner": {"n": b"\x00\xff"}}


def registered():
    """Producers with schemas of their own. Left out: what the body does not say is written from the schema's defaults."""
    use, deposit, source = TYPICAL["InferenceRecorded"], TYPICAL["Deposited"], TYPICAL["SourceRegistered"]
    yield "more fields, all from defaults", "InferenceRecorded", evolved("InferenceRecorded", first=WIDER), use, {}
    yield "more fields of every kind", "InferenceRecorded", evolved("InferenceRecorded", first=WIDER, last=WIDEST), use, MORE
    yield "a large fee", "InferenceRecorded", evolved("InferenceRecorded", last=WIDER), {**use, "fee": AMOUNT_LIMIT - 1}, {}
    yield "a negative fee", "InferenceRecorded", evolved("InferenceRecorded", last=WIDER), {**use, "fee": -(10 ** 28)}, {}
    yield "ints where we have longs", "Deposited", evolved("Deposited", chainId="int", blockNumber="int"), deposit, {}
    yield "text where we have bytes", "Deposited", evolved("Deposited", payer="string"), {**deposit, "payer": b"p" * 20}, {"payer": "p" * 20}
    yield "bytes where we have text", "SourceRegistered", evolved("SourceRegistered", source="bytes"), source, {"source": source["source"].encode()}
    yield "unions that we read all branches of", "SourceRegistered", evolved(
        "SourceRegistered", eventTypes={"type": "array", "items": ["string", "bytes"]}), source, {"eventTypes": ["InferenceRecorded", b"InferenceFeatures"]}
    reversed_fields = evolved("InferenceRecorded")
    reversed_fields["fields"].reverse()
    yield "fields in another order", "InferenceRecorded", reversed_fields, use, {}


def in_blocks(items, sizes):
    """Items of an array in blocks, each with its count negated and the bytes it takes."""
    data, at = b"", 0
    for size in sizes:
        block = b"".join(items[at:at + size])
        data, at = data + zigzag(-size) + zigzag(len(block)) + block, at + size
    assert at == len(items)
    return data + zigzag(0)


def blocks():
    """fastavro never writes blocks that tell their size; it reads them, as everybody must."""
    event, body = "SourceRegistered", TYPICAL["SourceRegistered"]
    types = ["Deposited", "InferenceRecorded", "InferenceFeatures"]
    body = {**body, "eventTypes": types}
    plain = write(SCHEMAS[event], body)
    encoded = [write("string", each) for each in types]
    array = zigzag(3) + b"".join(encoded) + zigzag(0)
    assert plain.count(array) == 1
    for sizes in ((3,), (1, 2), (1, 1, 1)):
        yield f"blocks of {sizes}", event, body, plain.replace(array, in_blocks(encoded, sizes))


def case(name, event, schema_id, schema, body, data):
    reader = SCHEMAS[event]
    assert read(schema or reader, data, reader) == body, (name, read(schema or reader, data, reader), body)
    wire = struct.pack(">BI", 0, schema_id) + data
    return {"name": name, "event": event, "schemaId": schema_id, "schema": schema, "body": tagged_body(event, body), "bytes": wire.hex()}


def golden():
    cases = [case(name, event, IDS[event], None, body, write(SCHEMAS[event], numbers(SCHEMAS[event], body))) for name, event, body in built_in()]
    for name, event, schema, body, change in registered():
        cases.append(case(name, event, FOREIGN_ID, schema, body, write(schema, {**numbers(SCHEMAS[event], body), **change})))
    cases += [case(name, event, IDS[event], None, body, data) for name, event, body, data in blocks()]
    return {"how": f"Written by fastavro {fastavro.__version__} (make_golden.py), and read by it as the bodies that stand here. schema: the"
                   " writer's when it is not ours. In bodies {$bytes} is hexadecimal, {$integer} a long or an amount.", "cases": cases}


def reads_ours():
    """What our encoder writes, fastavro reads as what it was."""
    for vector in json.loads((VECTORS / "wire.json").read_text())["cases"]:
        event = vector["event"]
        body = read(SCHEMAS[event], bytes.fromhex(vector["bytes"])[5:])
        if tagged_body(event, body) != vector["body"]:
            sys.exit(f"fastavro reads {event}, {vector['name']}, as {body}")


if __name__ == "__main__":
    text = json.dumps(golden(), indent=1, ensure_ascii=True) + "\n"
    if sys.argv[1:] != ["--check"]:
        TARGET.write_text(text, encoding="ascii")
    elif not TARGET.exists() or TARGET.read_text(encoding="ascii") != text:
        sys.exit(f"{TARGET.name} is not what fastavro makes")
    reads_ours()
