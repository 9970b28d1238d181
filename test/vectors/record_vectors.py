"""Vectors of whole records, from their parts to the ledger's root: docs/formats.md#records and #leaf."""

from avro import tagged_body, wire
from fixtures import HOW
from ledger import content_hash, entry_bytes, header_bytes
from rfc6962 import leaf, mth
from wire_vectors import TYPICAL

TIME = "2026-01-01T00:00:00Z"
FIELD_INVALID, VALUE_MISSING, HEADER_INVALID, SIGNATURE_INVALID = 22, 2, 4, 103

# Event type, topic, message key as schemas/avro says ("Topic ..., key: ...").
PLACES = {
    "SchemaRegistered": ("tally.registry", "7"),
    "SourceRegistered": ("tally.registry", "urn:example:gateway"),
    "AssetRegistered": ("tally.registry", "digits"),
    "AssetTransferred": ("tally.registry", "digits"),
    "OfferPublished": ("tally.registry", "offer/1"),
    "OfferWithdrawn": ("tally.registry", "offer/1"),
    "OfferAccepted": ("tally.registry", "offer/1"),
    "PolicyPublished": ("tally.registry", "policy/1"),
    "FeatureMapPublished": ("tally.registry", "digits-net"),
    "TextMapPublished": ("tally.registry", "digits-net"),
    "PriceListPublished": ("tally.registry", "digits-net"),
    "LicenceGranted": ("tally.registry", "digits-net"),
    "LicenceRevoked": ("tally.registry", "digits-net"),
    "AdjustmentOrdered": ("tally.registry", "adjustment/1"),
    "ModelRetired": ("tally.registry", "digits-net"),
    "CorrectionRecorded": ("tally.inferences", "inference-1"),
    "VoucherPresented": ("tally.inferences", "0x" + TYPICAL["VoucherPresented"]["payer"].hex()),
    "ContributionCommitted": ("tally.contributions", "0x" + TYPICAL["ContributionCommitted"]["account"].hex()),
    "ContributionBatch": ("tally.contributions", "0x" + TYPICAL["ContributionBatch"]["account"].hex()),
    "ContributionWithdrawn": ("tally.contributions", "0x" + TYPICAL["ContributionWithdrawn"]["account"].hex()),
    "ErasureOrdered": ("tally.registry", "batch-1"),
    "ContributionFeatures": ("tally.contributions", "batch-1"),
    "ContributionText": ("tally.contributions", "batch-1"),
    "InferenceText": ("tally.inferences", "inference-1"),
    "InferenceRecorded": ("tally.inferences", "InferenceRecorded-1"),
    "InferenceFeatures": ("tally.inferences", "inference-1"),
    "TaskOutcome": ("tally.outcomes", "inference-1"),
    "AgentStep": ("tally.outcomes", "reader-bot"),
    "DisputeOpened": ("tally.disputes", "dispute/1"),
    "DisputeResolved": ("tally.disputes", "dispute/1"),
    "Deposited": ("tally.chain", "0x" + TYPICAL["Deposited"]["payer"].hex()),
    "SignatureChecked": ("tally.chain", "0x" + TYPICAL["SignatureChecked"]["account"].hex()),
}


def headers_of(event, record_id=None, source="urn:example:tests"):
    texts = [("ce_specversion", "1.0"), ("ce_id", record_id or f"{event}-1"), ("ce_source", source),
             ("ce_type", f"tallystick.{event}"), ("ce_time", TIME), ("content-type", "application/avro")]
    return [(name, text.encode("utf-8")) for name, text in texts]


def record(kind, **change):
    """What a producer writes and what is decided about it; event None: it cannot be read as one."""
    topic, key = PLACES[kind]
    plain = {"topic": topic, "key": key.encode(), "headers": headers_of(kind), "value": wire(kind, TYPICAL[kind]),
             "event": {"type": kind, "source": "urn:example:tests", "id": f"{kind}-1", "body": tagged_body(kind, TYPICAL[kind])}}
    produced = change.keys().isdisjoint(("key", "headers", "value"))
    return {**plain, "produced": produced, "outcome": "accepted", "reason": 0, **change}


def epochs():
    """Two epochs of records, each in leaf order: (topic, partition, offset), topics by their bytes."""
    event = record("InferenceRecorded")["event"]
    headers = headers_of("InferenceRecorded")
    traced = [("traceparent", b"00-01-02-03"), *headers[::-1], ("note", None), ("note", b""), ("größe", b"\x00\xff")]
    wide = headers_of("InferenceRecorded", "\U0001f9ee" * 64, "urn:größe")
    first = [record(e) for e in ("Deposited", "SignatureChecked", "ContributionCommitted", "ContributionBatch", "ContributionWithdrawn", "ContributionFeatures", "ContributionText", "DisputeOpened", "DisputeResolved", "InferenceRecorded", "InferenceFeatures", "InferenceText",
                                 "VoucherPresented", "CorrectionRecorded", "TaskOutcome", "AgentStep", "SchemaRegistered", "SourceRegistered", "AssetRegistered", "AssetTransferred", "OfferPublished", "OfferWithdrawn", "OfferAccepted", "PolicyPublished", "PriceListPublished", "LicenceGranted", "LicenceRevoked", "ErasureOrdered",
                                 "ModelRetired", "AdjustmentOrdered", "TextMapPublished", "FeatureMapPublished")]
    first.insert(1, record("Deposited", outcome="duplicate"))
    first[-1] |= {"outcome": "rejected", "reason": SIGNATURE_INVALID}
    second = [
        record("InferenceRecorded", key=None, headers=traced),
        record("InferenceRecorded", key=b"", headers=wide, event={**event, "id": "\U0001f9ee" * 64, "source": "urn:größe"}),
        record("InferenceRecorded", value=None, event=None, outcome="rejected", reason=VALUE_MISSING),
        record("InferenceRecorded", headers=headers + headers[1:2], event=None, outcome="rejected", reason=HEADER_INVALID),
        record("InferenceRecorded", value=wire("InferenceRecorded", {**TYPICAL["InferenceRecorded"], "model": ""}), event=None,
               outcome="rejected", reason=FIELD_INVALID),
    ]
    return first, second


def placed(records, offset, time_ms):
    """Offsets beyond 2^32 and 2^53; in each partition some are left out."""
    for index, each in enumerate(records):
        yield {**each, "partition": 3, "incarnation": 1, "offset": str(offset + index), "effectiveTimeMs": str(time_ms + index)}


def leaf_case(r):
    content = content_hash(r["key"], r["headers"], r["value"])
    entry = entry_bytes({**r, "content": content.hex()})
    hexed = lambda data: None if data is None else data.hex()
    return {**r, "key": hexed(r["key"]), "headers": [[name, hexed(value)] for name, value in r["headers"]], "value": hexed(r["value"]),
            "headerBytes": header_bytes(r["headers"]).hex(), "content": content.hex(), "entry": entry.hex(), "leafHash": leaf(entry).hex()}


def record_vectors():
    entries, found = [], []
    for number, (records, offset) in enumerate(zip(epochs(), (2 ** 32, 2 ** 53 + 1)), 1):
        leaves = [leaf_case(r) for r in placed(records, offset, 1_767_225_600_000 * number)]
        entries += [bytes.fromhex(each["entry"]) for each in leaves]
        found.append({"epoch": number, "treeSize": len(entries), "root": mth(entries).hex(), "records": leaves})
    return {
        "how": HOW + " A record's value, header bytes, content hash, entry and leaf hash, and the ledger's root after each epoch."
                     " produced: key and headers are the producer's own, as docs/formats.md has them. event: what it decodes to, or null.",
        "time": TIME,
        "epochs": found,
    }
