"""A producer that knows nothing of Tallystick's code: confluent-kafka and fastavro. Reads one JSON document on stdin:

    { "brokers": "host:port", "schema": …, "schemaId": 7, "records": [{ "topic", "key", "headers": [[name, text]], "value": … }] }

In values {"$bytes": hex} stands for bytes and {"$decimal": digits} for a decimal.
"""

import decimal
import io
import json
import struct
import sys

import confluent_kafka
import fastavro


def plain(value):
    if "$bytes" in value:
        return bytes.fromhex(value["$bytes"])
    return decimal.Decimal(value["$decimal"]) if "$decimal" in value else value


order = json.load(sys.stdin, object_hook=plain)
schema = fastavro.parse_schema(order["schema"])
producer = confluent_kafka.Producer({"bootstrap.servers": order["brokers"], "enable.idempotence": True, "compression.type": "gzip"})
failures = []
for record in order["records"]:
    out = io.BytesIO(struct.pack(">bI", 0, order["schemaId"]))
    out.seek(5)
    fastavro.schemaless_writer(out, schema, record["value"])
    producer.produce(
        record["topic"],
        key=record["key"],
        value=out.getvalue(),
        headers=[(name, text.encode()) for name, text in record["headers"]],
        on_delivery=lambda error, _: failures.append(error) if error else None,
    )
producer.flush(30)
sys.exit("; ".join(map(str, failures)) if failures or len(producer) else 0)
