"""Avro 1.11 binary encoding of what schemas/avro/*.avsc uses, and the Confluent wire format around it."""

import json
import pathlib
import struct

FOLDER = pathlib.Path(__file__).parents[2] / "schemas" / "avro"
IDS = {}
SCHEMAS = {}
for schema_id, file in json.loads((FOLDER / "ids.json").read_text()).items():
    schema = json.loads((FOLDER / file).read_text())
    IDS[schema["name"]] = int(schema_id)
    SCHEMAS[schema["name"]] = schema

WIDTHS = {"int": 32, "long": 64}


def zigzag(number):
    """Zig-zag, then seven bits a byte, lowest first."""
    number = number * 2 if number >= 0 else -number * 2 - 1
    groups = bytearray()
    while number > 127:
        groups.append(number & 127 | 128)
        number >>= 7
    return bytes(groups) + bytes([number])


def sized(data):
    return zigzag(len(data)) + data


def twos_complement(number):
    """As few bytes as hold the number and its sign, at least one."""
    magnitude = number if number >= 0 else ~number
    return number.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True)


def encode(schema, value):
    kind = schema["type"] if isinstance(schema, dict) else schema
    if isinstance(kind, dict):
        return encode(kind, value)
    if kind == "record":
        assert list(value) == [field["name"] for field in schema["fields"]], (schema["name"], list(value))
        return b"".join(encode(field["type"], value[field["name"]]) for field in schema["fields"])
    if kind == "array":
        block = zigzag(len(value)) + b"".join(encode(schema["items"], item) for item in value) if value else b""
        return block + zigzag(0)
    if kind == "enum":
        return zigzag(schema["symbols"].index(value))
    if kind == "string":
        return sized(value.encode("utf-8"))
    if kind == "boolean":
        return bytes([value])
    if kind == "bytes":
        return sized(twos_complement(value) if isinstance(schema, dict) and schema.get("logicalType") == "decimal" else value)
    assert -(1 << WIDTHS[kind] - 1) <= value < 1 << WIDTHS[kind] - 1, (kind, value)
    return zigzag(value)


def wire(event, body):
    return struct.pack(">BI", 0, IDS[event]) + encode(SCHEMAS[event], body)


def tagged(schema, value):
    """A value for a JSON file: bytes as {"$bytes": hex}, longs and amounts as {"$integer": decimal}, the rest as it is."""
    kind = schema["type"] if isinstance(schema, dict) else schema
    if isinstance(kind, dict):
        return tagged(kind, value)
    if kind == "record":
        return {field["name"]: tagged(field["type"], value[field["name"]]) for field in schema["fields"] if field["name"] in value}
    if kind == "array":
        return [tagged(schema["items"], item) for item in value]
    if kind == "bytes" and isinstance(value, bytes):
        return {"$bytes": value.hex()}
    return {"$integer": str(value)} if kind in ("bytes", "long") else value


def tagged_body(event, body):
    return tagged(SCHEMAS[event], body)


assert [zigzag(n).hex() for n in (0, -1, 1, -2, 2, -64, 64, 8192)] == ["00", "01", "02", "03", "04", "7f", "8001", "808001"]
assert [twos_complement(n).hex() for n in (0, 127, 128, -128, -129)] == ["00", "7f", "0080", "80", "ff7f"]
