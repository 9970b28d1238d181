"""Vectors of record values: Confluent wire format around Avro binary, docs/formats.md#records."""

import struct

from avro import IDS, sized, tagged_body, wire, zigzag
from fixtures import HOW, seeded

LONG_MAX, LONG_MIN = 2 ** 63 - 1, -2 ** 63
INT_MAX, INT_MIN = 2 ** 31 - 1, -2 ** 31
AMOUNT_LIMIT = 2 ** 96
BUILT_IN_FROM = 0x54410000
LONG_TEXT = "é" * 256
WIDE_TEXT = "\U0001f9ee" * 128
DECIDED = ["SchemaRegistered", "SourceRegistered", "SignatureChecked", "AssetRegistered", "AssetTransferred", "OfferPublished", "OfferWithdrawn", "OfferAccepted", "PolicyPublished", "FeatureMapPublished", "PriceListPublished", "LicenceGranted", "LicenceRevoked", "Deposited", "ContributionCommitted",
           "ContributionBatch", "ContributionWithdrawn", "ErasureOrdered", "VoucherPresented", "InferenceRecorded", "ContributionFeatures", "InferenceFeatures", "TaskOutcome", "AgentStep", "AdjustmentOrdered",
           "DisputeOpened", "DisputeResolved"]

DECIDED += ["CorrectionRecorded", "ModelRetired"]
DECIDED += ["TextMapPublished", "ContributionText", "InferenceText"]


def signed_bytes(*values):
    return struct.pack(f">{len(values)}b", *values)


def item(n):
    return {"contentHash": seeded(f"content {n}", 32), "labelHash": seeded(f"label {n}", 32)}


def licence_terms(**change):
    return {"uses": ["commercial", "infer"], "fromMs": 0, "untilMs": 0, "durationMs": 2_592_000_000, "priceList": "digits-net/prices/1",
            "royaltyParts": 0, "coversFromEpoch": 1, "copies": 100, **change}


def parent(asset, parts):
    return {"asset": asset, "parts": parts, "signature": seeded(f"agreement of {asset}", 65)}


def near(batch, index, similarity, source="urn:example:uploads"):
    return {"batchSource": source, "batchId": batch, "index": index, "similarity": similarity}


def retrieved(batch, index, score, source="urn:example:uploads"):
    return {"batchSource": source, "batchId": batch, "index": index, "score": score}


def chain(model, *channels):
    return {"model": model, "channels": list(channels)}


def named(batch, index, source="urn:example:uploads"):
    return {"batchSource": source, "batchId": batch, "index": index}


def rule(unit, price, use="", from_quantity=0, from_ms=0, until_ms=0):
    return {"unit": unit, "use": use, "fromQuantity": from_quantity, "fromMs": from_ms, "untilMs": until_ms, "pricePerMillion": price}


def units(**quantities):
    return [{"unit": unit, "quantity": quantity} for unit, quantity in quantities.items()]


TYPICAL = {
    "SchemaRegistered": {"schemaId": 7, "eventType": "InferenceRecorded",
                         "schema": '{"type": "record", "name": "InferenceRecorded", "fields": []}', "signature": seeded("signature", 65)},
    "SourceRegistered": {"source": "urn:example:gateway", "key": seeded("gateway", 20),
                         "eventTypes": ["InferenceRecorded", "InferenceFeatures"], "signature": seeded("signature", 65)},
    "AssetRegistered": {"asset": "digits", "kind": "dataset", "title": "Handwritten digits", "licence": "CC-BY-4.0", "access": "open", "identity": "",
                        "owners": [{"account": b"\x11" * 20, "parts": 250_000}, {"account": b"\x22" * 20, "parts": 750_000}],
                        "parents": [parent("scans", 100_000), parent("strokes", 50_000)],
                        "registrant": b"\x11" * 20, "signature": seeded("signature", 65)},
    "AssetTransferred": {"asset": "digits", "from": b"\x11" * 20, "to": b"\x22" * 20, "parts": 250_000, "signature": seeded("signature", 65)},
    "OfferPublished": {"offer": "offer/1", "seller": b"\x11" * 20, "kind": "share", "asset": "digits", "parts": 250_000, "token": seeded("token", 20),
                       "price": 5_000_000, "buyer": b"\x00" * 20, "expiresMs": 1_767_225_600_000, "licence": [], "signature": seeded("signature", 65)},
    "OfferWithdrawn": {"offer": "offer/1", "signature": seeded("signature", 65)},
    "OfferAccepted": {"offer": "offer/1", "terms": seeded("terms", 32), "buyer": b"\x22" * 20, "signature": seeded("signature", 65)},
    "PolicyPublished": {"policy": "policy/1", "epochIntervalS": 86_400, "dataParts": 600_000, "modelParts": 150_000,
                        "upstreamParts": 70_000, "agentParts": 20_000, "outcomeParts": 10_000, "infrastructureParts": 100_000, "treasuryParts": 50_000, "treasury": seeded("treasury", 20),
                        "method": "influence/factored@2", "minEvents": 20, "maxPeriodEpochs": 30,
                        "featureWaitEpochs": 2, "outcomeWaitEpochs": 3, "outsideWaitEpochs": 10,
                        "dataChannels": [{"model": "", "channels": ["features", "retrieval", "text"]}, {"model": "digits-net", "channels": ["retrieval"]}],
                        "retrievalParts": 250_000, "retrievalRule": "score", "holdBackParts": 50_000, "holdBackEpochs": 4,
                        "minimumPayouts": [{"token": b"\x01" * 20, "amount": 250_000}, {"token": b"\x02" * 20, "amount": 1}],
                        "disputeWindowEpochs": 6, "disputeWaitEpochs": 3, "disputeBonds": [{"token": b"\x02" * 20, "amount": 1_000_000}],
                        "signature": seeded("signature", 65)},
    "FeatureMapPublished": {"featureMap": "digits-net/1", "model": "digits-net", "kind": "factored", "rank": 32, "classes": 10,
                            "checkpoints": 3, "unitExponent": 12, "extractor": "urn:example:extractor",
                            "codeHash": seeded("code", 32), "weightsHash": seeded("weights", 32), "basisHash": seeded("basis", 32),
                            "trainingSetHash": seeded("training set", 32), "fingerprintSalt": seeded("salt", 16),
                            "similarity": "none", "registrant": b"\x11" * 20, "signature": seeded("signature", 65)},
    "PriceListPublished": {"priceList": "digits-net/prices/1", "model": "digits-net", "token": seeded("token", 20),
                           "rules": [rule("input_tokens", 150_000), rule("input_tokens", 120_000, from_quantity=1_000_000),
                                     rule("output_tokens", 600_000, until_ms=1_767_225_600_000),
                                     rule("output_tokens", 500_000, from_ms=1_767_225_600_000)],
                           "registrant": b"\x11" * 20, "signature": seeded("signature", 65)},
    "LicenceGranted": {"grant": "digits-net/for-all", "asset": "digits-net", "licensee": b"\x00" * 20, "uses": ["commercial", "infer", "train"],
                       "fromMs": 1_767_225_600_000, "untilMs": 1_798_761_600_000, "priceList": "digits-net/prices/1", "royaltyParts": 100_000,
                       "coversFromEpoch": 0, "registrant": b"\x11" * 20, "signature": seeded("signature", 65)},
    "LicenceRevoked": {"grant": "digits-net/for-all", "asset": "digits-net", "registrant": b"\x11" * 20, "signature": seeded("signature", 65)},
    "ModelRetired": {"model": "digits-net", "registrant": b"\x11" * 20, "signature": seeded("signature", 65)},
    "ContributionCommitted": {"account": seeded("contributor", 20), "commitment": seeded("commitment", 32)},
    "ContributionBatch": {"account": seeded("contributor", 20), "dataset": "digits", "licence": "CC-BY-4.0",
                          "items": [item(0), item(1), item(2)], "commitmentSalt": b"", "signature": seeded("signature", 65)},
    "ContributionWithdrawn": {"account": seeded("contributor", 20), "batchSource": "urn:example:uploads", "batchId": "batch-1",
                              "indexes": [0, 2, 64, 999], "signature": seeded("signature", 65)},
    "ErasureOrdered": {"batchSource": "urn:example:uploads", "batchId": "batch-1", "indexes": [1, 998], "signature": seeded("signature", 65)},
    "ContributionFeatures": {"featureMap": "digits-net/1", "batchSource": "urn:example:uploads", "batchId": "batch-1", "index": 2,
                             "a": signed_bytes(1, -1, 63, -63), "ua": 4_096, "p": [100, 200, 700],
                             "checkpoints": [0, 0, 1000, 333, 333, 334], "label": 2, "fingerprint": seeded("fingerprint", 32),
                             "near": [near("batch-1", 0, 994_001)]},
    "TextMapPublished": {"textMap": "digits-net/texts/1", "model": "digits-net", "tokenizer": "text/words@1", "unicode": "16.0", "extractor": "urn:example:extractor",
                         "codeHash": seeded("code", 32), "salt": seeded("salt", 16), "registrant": b"\x11" * 20, "signature": seeded("signature", 65)},
    "ContributionText": {"textMap": "digits-net/texts/1", "batchSource": "urn:example:uploads", "batchId": "batch-1", "index": 2,
                         "tokens": seeded("tokens", 24), "shingles": seeded("shingles", 512)},
    "InferenceText": {"textMap": "digits-net/texts/1", "inferenceSource": "urn:example:gateway", "inferenceId": "inference-1", "tokens": seeded("tokens", 16)},
    "VoucherPresented": {"payer": seeded("payer", 20), "model": "digits-net", "token": seeded("token", 20), "cumulative": 5_000_000,
                         "sequence": 3, "signature": seeded("signature", 65)},
    "InferenceRecorded": {"model": "digits-net", "infrastructure": "gateway", "agent": "reader-bot", "payer": seeded("payer", 20),
                          "token": seeded("token", 20), "fee": 250_000, "inputHash": seeded("input", 32),
                          "outputHash": seeded("output", 32), "commercial": True, "voucher": 3, "priceList": "digits-net/prices/1",
                          "units": units(input_tokens=1_200, output_tokens=64), "quoteId": b"", "quoteExpiresMs": 0, "quoteSignature": b"",
                          "retrieved": [retrieved("batch-1", 2, 900_000), retrieved("batch-1", 0, 900_001)]},
    "InferenceFeatures": {"featureMap": "digits-net/1", "inferenceSource": "urn:example:gateway", "inferenceId": "inference-1",
                          "b": signed_bytes(5, 0, -7, 63), "ub": 513, "p": [4, 6, 990], "checkpoints": [], "label": 0,
                          "labelKind": "served", "p16": 40_000},
    "CorrectionRecorded": {"inferenceSource": "urn:example:gateway", "inferenceId": "inference-1", "kind": "fee", "fee": 125_000, "reason": "counted twice"},
    "Deposited": {"chainId": 31_337, "distributor": seeded("distributor", 20), "payer": seeded("payer", 20),
                  "token": seeded("token", 20), "amount": 10 ** 18, "transactionHash": seeded("transaction", 32), "logIndex": 3,
                  "blockNumber": 19_000_000, "blockHash": seeded("block", 32)},
    "SignatureChecked": {"chainId": 31_337, "account": seeded("contract", 20), "digest": seeded("digest", 32), "signature": seeded("signature", 130),
                         "blockNumber": 19_000_001, "blockHash": seeded("block", 32)},
    "TaskOutcome": {"inferenceSource": "urn:example:gateway", "inferenceId": "inference-1", "rater": seeded("payer", 20), "score": 850,
                    "signature": seeded("signature", 65)},
    "AgentStep": {"agent": "reader-bot", "account": seeded("agent", 20), "run": seeded("run", 16), "step": 1, "previous": seeded("step 0", 32),
                  "inputHash": seeded("input", 32), "outputHash": seeded("output", 32), "model": "digits-net",
                  "inferenceSource": "urn:example:gateway", "inferenceId": "inference-1", "token": seeded("token", 20), "cost": 250_000,
                  "signature": seeded("signature", 65)},
    "DisputeOpened": {"dispute": "dispute/1", "opener": seeded("opener", 20), "epoch": 4, "account": seeded("contributor", 20), "token": seeded("token", 20),
                      "kind": "data", "asset": "digits-net", "claim": "duplicate", "items": [named("batch-1", 0), named("batch-1", 64)],
                      "evidence": b"\x00" * 32, "bond": 1_000_000, "signature": seeded("signature", 65)},
    "DisputeResolved": {"dispute": "dispute/1", "upheld": True, "awardParts": 500_000, "reason": "Both are copies.", "signature": seeded("signature", 65)},
    "AdjustmentOrdered": {"adjustment": "adjustment/1", "fromEpoch": 3, "toEpoch": 9, "method": "influence/factored@2", "note": "A meter counted twice.",
                          "signature": seeded("signature", 65)},
    "CutPublished": {"epoch": 1, "cutTimeMs": 1_767_225_600_000, "partitions": [
        {"topic": "tally.inferences", "partition": 0, "incarnation": 0, "fromOffset": 0, "toOffset": 1_000},
        {"topic": "tally.registry", "partition": 0, "incarnation": 1, "fromOffset": 12, "toOffset": 12}]},
}

# What changes of the typical body; every range still holds.
EXTREME = {
    "SchemaRegistered": {"schemaId": BUILT_IN_FROM - 1, "eventType": "SourceRegistered", "schema": WIDE_TEXT, "signature": b"\x00" * 65},
    "SourceRegistered": {"source": LONG_TEXT, "key": b"\x00" * 20, "eventTypes": DECIDED, "signature": b"\xff" * 65},
    "AssetRegistered": {"asset": WIDE_TEXT, "kind": "agent", "title": LONG_TEXT, "licence": "x", "access": "licensed",
                        "identity": "eip155:" + "9" * 32 + ":0x" + "0f" * 20 + "/" + "9" * 78,
                        "owners": [{"account": b"\x00" * 20, "parts": 1}, {"account": b"\x00" * 19 + b"\x01", "parts": 63},
                                   {"account": b"\x7f" * 20, "parts": 64}, {"account": b"\x80" * 20, "parts": 999_871},
                                   {"account": b"\xff" * 20, "parts": 1}],
                        "parents": [parent(name, parts) for name, parts in (("a", 1), ("a ", 63), ("b", 64), ("z", 499_866), ("é", 2), ("\uff00", 1),
                                                                            ("\U0001f9ee", 2), (WIDE_TEXT, 1))]},
    "AssetTransferred": {"asset": WIDE_TEXT, "from": b"\xff" * 20, "to": b"\x00" * 20, "parts": 1_000_000},
    "OfferPublished": {"offer": LONG_TEXT, "seller": b"\xff" * 20, "asset": WIDE_TEXT, "parts": 1_000_000, "token": b"\x00" * 20, "price": AMOUNT_LIMIT - 1,
                       "buyer": b"\x7f" * 20, "expiresMs": LONG_MAX, "licence": []},
    "OfferWithdrawn": {"offer": WIDE_TEXT, "signature": b"\x00" * 65},
    "OfferAccepted": {"offer": LONG_TEXT, "terms": b"\x00" * 32, "buyer": b"\xff" * 20},
    "PolicyPublished": {"policy": LONG_TEXT, "epochIntervalS": 31_536_000, "dataParts": 0, "modelParts": 999_999,
                        "upstreamParts": 1, "agentParts": 0, "outcomeParts": 0, "infrastructureParts": 0, "treasuryParts": 0, "minEvents": 1_000_000_000,
                        "maxPeriodEpochs": 10_000, "featureWaitEpochs": 100, "outcomeWaitEpochs": 100, "outsideWaitEpochs": 100,
                        "dataChannels": [chain("model %03d" % n, "text", "retrieval", "features") for n in range(199)] + [chain(LONG_TEXT, "text")], "retrievalParts": 1_000_000, "retrievalRule": "rank",
                        "holdBackParts": 100_000, "holdBackEpochs": 100,
                        "minimumPayouts": [{"token": bytes(19) + bytes([n]), "amount": AMOUNT_LIMIT - 1} for n in range(32)],
                        "disputeWindowEpochs": 100, "disputeWaitEpochs": 100,
                        "disputeBonds": [{"token": bytes(19) + bytes([n]), "amount": AMOUNT_LIMIT - 1} for n in range(32)]},
    "FeatureMapPublished": {"featureMap": WIDE_TEXT, "rank": 1_000, "classes": 4, "checkpoints": 16, "unitExponent": 62,
                            "codeHash": b"\x00" * 32, "weightsHash": b"\xff" * 32, "similarity": "image/pooled-cosine@1"},
    "PriceListPublished": {"priceList": LONG_TEXT, "model": WIDE_TEXT, "token": b"\x00" * 20, "rules": [
        *(rule("a", 0, from_quantity=2 ** 53 - 1 - 198 + n) for n in range(198)), rule(LONG_TEXT, AMOUNT_LIMIT - 1, from_ms=LONG_MAX - 1, until_ms=LONG_MAX),
        rule(LONG_TEXT, 1, "commercial", 0, LONG_MAX)]},
    "LicenceGranted": {"grant": WIDE_TEXT, "asset": LONG_TEXT, "licensee": b"\xff" * 20, "uses": ["commercial", "infer", "retrieve", "train"], "fromMs": 0,
                       "untilMs": LONG_MAX, "priceList": "", "royaltyParts": 500_000, "coversFromEpoch": INT_MAX},
    "LicenceRevoked": {"grant": LONG_TEXT, "asset": WIDE_TEXT, "registrant": b"\x00" * 20},
    "ModelRetired": {"model": WIDE_TEXT, "registrant": b"\xff" * 20, "signature": b"\x00" * 65},
    "ContributionCommitted": {"account": b"\xff" * 20, "commitment": b"\x00" * 32},
    "ContributionBatch": {"dataset": LONG_TEXT, "items": [item(n) for n in range(65)], "commitmentSalt": seeded("commitment salt", 32)},
    "ContributionWithdrawn": {"batchSource": LONG_TEXT, "batchId": WIDE_TEXT, "indexes": list(range(1_000))},
    "ErasureOrdered": {"batchSource": WIDE_TEXT, "batchId": LONG_TEXT, "indexes": list(range(1_000))},
    "ContributionFeatures": {"index": 999, "a": signed_bytes(*range(-63, 64)), "ua": 65_535, "p": [10] * 99 + [110],
                             "checkpoints": [0] * 99 + [1000], "label": 99,
                             "near": [near(WIDE_TEXT, 999 - n, 1_000_000 * (n % 2), LONG_TEXT) for n in range(16)]},
    "TextMapPublished": {"textMap": WIDE_TEXT, "model": LONG_TEXT, "unicode": "9999.9999.9999", "extractor": WIDE_TEXT, "codeHash": b"\xff" * 32, "salt": b"\x00" * 16},
    "ContributionText": {"textMap": LONG_TEXT, "batchSource": WIDE_TEXT, "batchId": LONG_TEXT, "index": 999, "tokens": b"", "shingles": b"\xff" * 512},
    "InferenceText": {"textMap": WIDE_TEXT, "inferenceSource": LONG_TEXT, "inferenceId": WIDE_TEXT, "tokens": b""},
    "VoucherPresented": {"payer": b"\x00" * 20, "model": WIDE_TEXT, "token": b"\xff" * 20, "cumulative": AMOUNT_LIMIT - 1, "sequence": LONG_MAX},
    "InferenceRecorded": {"model": LONG_TEXT, "infrastructure": WIDE_TEXT, "agent": "", "payer": b"\x00" * 20, "token": b"\xff" * 20,
                          "fee": AMOUNT_LIMIT - 1, "commercial": False, "voucher": LONG_MAX, "priceList": LONG_TEXT,
                          "units": [{"unit": "u%02d" % n, "quantity": 2 ** 53 - 1 - n} for n in range(31)] + [{"unit": WIDE_TEXT, "quantity": 0}],
                          "quoteId": seeded("quote", 16), "quoteExpiresMs": LONG_MAX, "quoteSignature": b"\xff" * 65,
                          "retrieved": [retrieved(WIDE_TEXT, 999 - n, 1_000_000 * (n % 2), LONG_TEXT) for n in range(64)]},
    "InferenceFeatures": {"b": b"", "ub": 65_535, "p": [1000, 2], "checkpoints": [500, 500] * 16, "label": 1, "labelKind": "true",
                          "p16": 65_535},
    "CorrectionRecorded": {"inferenceSource": LONG_TEXT, "inferenceId": WIDE_TEXT, "fee": AMOUNT_LIMIT - 1, "reason": LONG_TEXT},
    "Deposited": {"chainId": LONG_MAX, "amount": AMOUNT_LIMIT - 1, "logIndex": INT_MAX, "blockNumber": LONG_MAX - 1},
    "SignatureChecked": {"chainId": LONG_MAX, "signature": b"", "blockNumber": 0},
    "TaskOutcome": {"inferenceSource": LONG_TEXT, "inferenceId": WIDE_TEXT, "rater": b"\xff" * 20, "score": 1_000},
    "AgentStep": {"agent": WIDE_TEXT, "account": b"\x00" * 20, "run": b"\xff" * 16, "step": INT_MAX, "previous": b"\x00" * 32, "model": LONG_TEXT,
                  "inferenceSource": WIDE_TEXT, "inferenceId": LONG_TEXT, "token": b"\x00" * 20, "cost": AMOUNT_LIMIT - 1},
    "DisputeOpened": {"dispute": LONG_TEXT, "opener": b"\xff" * 20, "epoch": INT_MAX, "account": b"\x00" * 20, "token": b"\xff" * 20, "kind": WIDE_TEXT,
                      "asset": LONG_TEXT, "claim": "other", "items": [named(WIDE_TEXT, 999 - n, LONG_TEXT) for n in range(64)],
                      "evidence": b"\xff" * 32, "bond": AMOUNT_LIMIT - 1},
    "DisputeResolved": {"dispute": WIDE_TEXT, "upheld": False, "awardParts": 0, "reason": LONG_TEXT},
    "AdjustmentOrdered": {"adjustment": WIDE_TEXT, "fromEpoch": INT_MAX - 63, "toEpoch": INT_MAX, "method": "", "note": LONG_TEXT, "signature": b"\xff" * 65},
    "CutPublished": {"epoch": INT_MAX, "cutTimeMs": LONG_MAX, "partitions": [
        {"topic": LONG_TEXT, "partition": INT_MIN, "incarnation": INT_MAX, "fromOffset": LONG_MIN, "toOffset": LONG_MAX},
        {"topic": "", "partition": -65, "incarnation": 64, "fromOffset": 2 ** 53 + 1, "toOffset": -2 ** 53 - 1}]},
}

# The empty body of each type is well-formed Avro; these ranges refuse it.
EMPTY_REASONS = {"AssetRegistered": "SHARES_INVALID", "PolicyPublished": "SHARES_INVALID",
                 "ContributionFeatures": "FEATURE_OUT_OF_RANGE", "InferenceFeatures": "FEATURE_OUT_OF_RANGE"}
ENUMS = {"claim": {"DisputeOpened": "features"}, "kind": {"AssetRegistered": "dataset"}, "access": {"AssetRegistered": "open"}, "labelKind": {"InferenceFeatures": "true"}}

ENUMS["kind"]["CorrectionRecorded"] = "void"


def empty_body(event):
    """Text, bytes and arrays without content, numbers 0, the first symbol of an enum."""
    return {name: ENUMS.get(name, {}).get(event, type(value)()) for name, value in TYPICAL[event].items()}


def amount_cases():
    reasons = {-1: "AMOUNT_NEGATIVE", -128: "AMOUNT_NEGATIVE", -129: "AMOUNT_NEGATIVE", AMOUNT_LIMIT: "AMOUNT_TOO_LARGE"}
    for amount in (0, 1, 127, 128, 255, 256, 32_767, 32_768, 2 ** 53 + 1, 2 ** 95, AMOUNT_LIMIT - 1, *reasons):
        for event, field in (("InferenceRecorded", "fee"), ("Deposited", "amount"), ("VoucherPresented", "cumulative"), ("AgentStep", "cost"), ("DisputeOpened", "bond")):
            yield f"{field} {amount}", event, {**TYPICAL[event], field: amount}, reasons.get(amount)


def long_cases():
    for number in (0, 63, 64, 8_191, 8_192, 2 ** 31, 2 ** 53, 2 ** 53 + 1, LONG_MAX):
        yield f"chain id {number}", "Deposited", {**TYPICAL["Deposited"], "chainId": number}, None
    for number in (-1, LONG_MIN):
        yield f"block {number}", "Deposited", {**TYPICAL["Deposited"], "blockNumber": number}, "FIELD_INVALID"
    for number in (INT_MIN, -65, -64, INT_MAX):
        yield f"p16 {number}", "InferenceFeatures", {**TYPICAL["InferenceFeatures"], "p16": number}, "FEATURE_OUT_OF_RANGE"


def schema_cases():
    for number in (0, -1, BUILT_IN_FROM, min(IDS.values()), INT_MAX):
        yield f"schema id {number}", "SchemaRegistered", {**TYPICAL["SchemaRegistered"], "schemaId": number}, "FIELD_INVALID"
    for event in ("SchemaRegistered", "CutPublished", "tallystick.v1.Deposited"):
        yield f"a schema of {event}", "SchemaRegistered", {**TYPICAL["SchemaRegistered"], "eventType": event}, "FIELD_INVALID"


def commitment_cases():
    for length in (1, 16, 31, 33):
        yield (f"a salt of {length} bytes", "ContributionBatch",
               {**TYPICAL["ContributionBatch"], "commitmentSalt": seeded("commitment salt", length)}, "FIELD_INVALID")
    for length in (0, 31, 33):
        yield (f"a commitment of {length} bytes", "ContributionCommitted",
               {**TYPICAL["ContributionCommitted"], "commitment": seeded("commitment", length)}, "FIELD_INVALID")


def ownership_cases():
    asset, transfer = TYPICAL["AssetRegistered"], TYPICAL["AssetTransferred"]
    for name, parents, reason in (("none", [], None), ("eight", [parent(f"p{n}", 62_500) for n in range(8)], None),
                                  ("nine", [parent(f"p{n}", 1) for n in range(9)], "FIELD_INVALID"),
                                  ("500,001 parts", [parent("p", 500_000), parent("q", 1)], "ROYALTY_EXCEEDED"),
                                  ("of 0 parts", [parent("p", 0)], "FIELD_INVALID"), ("of 1,000,001 parts", [parent("p", 1_000_001)], "FIELD_INVALID"),
                                  ("twice", [parent("p", 1), parent("p", 1)], "FIELD_INVALID"),
                                  ("in the order of UTF-16", [parent("\U0001f9ee", 1), parent("\uff00", 1)], "FIELD_INVALID"),
                                  ("without a name", [parent("", 1)], "FIELD_INVALID"),
                                  ("with a short signature", [{**parent("p", 1), "signature": b"\x01" * 64}], "FIELD_INVALID")):
        yield f"parents {name}", "AssetRegistered", {**asset, "parents": parents}, reason
    registry = "eip155:1:0x" + "0f" * 20
    for identity, reason in ((f"{registry}/0", None), (f"{registry}/{2 ** 256 - 1}", None), (f"{registry}/01", "FIELD_INVALID"), (registry, "FIELD_INVALID"),
                             (f"{registry.upper()}/1", "FIELD_INVALID"), ("eip155:0:0x" + "0f" * 20 + "/1", "FIELD_INVALID"), (f"{registry}/1\n", "FIELD_INVALID")):
        yield f"identity {identity!r}", "AssetRegistered", {**asset, "identity": identity}, reason
    for count, reason in ((1_000, None), (1_001, "SHARES_INVALID")):
        owners = [{"account": n.to_bytes(20, "big"), "parts": 1_000_001 - count if n == 0 else 1} for n in range(count)]
        yield f"{count} owners", "AssetRegistered", {**asset, "owners": owners}, reason
    for name, change, reason in (("of nothing", {"parts": 0}, "FIELD_INVALID"), ("below nothing", {"parts": -1}, "FIELD_INVALID"),
                                 ("of too much", {"parts": 1_000_001}, "FIELD_INVALID"), ("to oneself", {"to": transfer["from"]}, "FIELD_INVALID")):
        yield f"a transfer {name}", "AssetTransferred", {**transfer, **change}, reason
    for length, reason in ((8_192, None), (8_193, "FIELD_INVALID")):
        yield f"a check of {length} bytes", "SignatureChecked", {**TYPICAL["SignatureChecked"], "signature": b"\x01" * length}, reason
    yield "an agent of 257 characters", "InferenceRecorded", {**TYPICAL["InferenceRecorded"], "agent": "x" * 257}, "FIELD_INVALID"
    for change in ({"upstreamParts": -1, "modelParts": 220_001}, {"agentParts": 20_001}, {"outcomeParts": 9_999}, {"outcomeParts": -1, "modelParts": 160_001}):
        yield f"a policy with {change}", "PolicyPublished", {**TYPICAL["PolicyPublished"], **change}, "SHARES_INVALID"


def licence_cases():
    licence, asset = TYPICAL["LicenceGranted"], TYPICAL["AssetRegistered"]
    for kind, access, reason in (("model", "licensed", None), ("infrastructure", "open", None), ("infrastructure", "licensed", "FIELD_INVALID")):
        yield f"{access} {kind}", "AssetRegistered", {**asset, "kind": kind, "access": access}, reason
    for uses, reason in ((["infer"], None), (["retrieve", "train"], None), ([], "FIELD_INVALID"), (["commercial"], "FIELD_INVALID"),
                         (["train", "infer"], "FIELD_INVALID"), (["infer", "infer"], "FIELD_INVALID"), (["Infer"], "FIELD_INVALID")):
        yield f"uses {uses}", "LicenceGranted", {**licence, "uses": uses, "royaltyParts": 0}, reason
    for change, reason in (({"fromMs": -1}, "FIELD_INVALID"), ({"untilMs": licence["fromMs"]}, "FIELD_INVALID"), ({"untilMs": 0}, None),
                           ({"royaltyParts": -1}, "FIELD_INVALID"), ({"royaltyParts": 500_001}, "FIELD_INVALID"),
                           ({"royaltyParts": 1, "uses": ["infer"]}, "FIELD_INVALID"), ({"coversFromEpoch": 1}, "FIELD_INVALID"),
                           ({"coversFromEpoch": -1}, "FIELD_INVALID"), ({"coversFromEpoch": 1, "fromMs": 0}, None),
                           ({"licensee": b"\x01" * 19}, "FIELD_INVALID"), ({"priceList": "x" * 257}, "FIELD_INVALID"), ({"grant": ""}, "FIELD_INVALID")):
        yield f"a licence with {change}", "LicenceGranted", {**licence, **change}, reason
    yield "fees held for 101 epochs", "PolicyPublished", {**TYPICAL["PolicyPublished"], "outsideWaitEpochs": 101}, "FIELD_INVALID"


def market_cases():
    offer = TYPICAL["OfferPublished"]
    for name, change, reason in (
            ("for one buyer", {"buyer": b"\x22" * 20}, None), ("to its seller", {"buyer": offer["seller"]}, "FIELD_INVALID"),
            ("of nothing", {"parts": 0}, "FIELD_INVALID"), ("of too much", {"parts": 1_000_001}, "FIELD_INVALID"),
            ("of a licence without terms", {"kind": "licence", "parts": 0}, "FIELD_INVALID"), ("of a kind that does not exist", {"kind": "lease"}, "FIELD_INVALID"),
            ("of a share with a licence", {"licence": [licence_terms()]}, "FIELD_INVALID"), ("for nothing", {"price": 0}, "FIELD_INVALID"), ("for one atom", {"price": 1}, None),
            ("for less than nothing", {"price": -1}, "AMOUNT_NEGATIVE"), ("for 2^96", {"price": AMOUNT_LIMIT}, "AMOUNT_TOO_LARGE"),
            ("that expired in 1970", {"expiresMs": 0}, None), ("that expired before 1970", {"expiresMs": -1}, "FIELD_INVALID"),
            ("for nobody", {"buyer": b"\x22" * 19}, "FIELD_INVALID"), ("of no asset", {"asset": ""}, "FIELD_INVALID")):
        yield f"an offer {name}", "OfferPublished", {**offer, **change}, reason
    licensed = {**offer, "kind": "licence", "parts": 0, "expiresMs": 1_000}
    for name, change, reason in (
            ("for a month", {}, None), ("for ever", {"durationMs": 0}, None), ("for a long time", {"durationMs": 2 ** 52 - 1}, None),
            ("for too long", {"durationMs": 2 ** 52}, "FIELD_INVALID"), ("for less than no time", {"durationMs": -1}, "FIELD_INVALID"),
            ("until behind its offer", {"durationMs": 0, "untilMs": 1_001}, None), ("until the end of its offer", {"durationMs": 0, "untilMs": 1_000}, "FIELD_INVALID"),
            ("until a time and for a time", {"untilMs": 2_000}, "FIELD_INVALID"), ("from a time and for a time", {"fromMs": 500, "coversFromEpoch": 0}, "FIELD_INVALID"),
            ("from a time", {"durationMs": 0, "fromMs": 500, "coversFromEpoch": 0}, None), ("from a time and in retrospect", {"durationMs": 0, "fromMs": 500}, "FIELD_INVALID"),
            ("before 1970", {"durationMs": 0, "fromMs": -1, "coversFromEpoch": 0}, "FIELD_INVALID"),
            ("from behind its end", {"durationMs": 0, "fromMs": 3_000, "untilMs": 2_000, "coversFromEpoch": 0}, "FIELD_INVALID"),
            ("that any number can buy", {"copies": 0}, None), ("that fewer than none can buy", {"copies": -1}, "FIELD_INVALID"),
            ("of no uses", {"uses": []}, "FIELD_INVALID"), ("of commercial alone", {"uses": ["commercial"]}, "FIELD_INVALID"),
            ("of uses out of order", {"uses": ["infer", "commercial"]}, "FIELD_INVALID"), ("of an unknown use", {"uses": ["resell"]}, "FIELD_INVALID"),
            ("with a royalty", {"uses": ["train"], "royaltyParts": 500_000}, None), ("with too much royalty", {"uses": ["train"], "royaltyParts": 500_001}, "FIELD_INVALID"),
            ("with a royalty and no training", {"royaltyParts": 1}, "FIELD_INVALID"), ("from an epoch below 0", {"coversFromEpoch": -1}, "FIELD_INVALID"),
            ("at whatever fee", {"priceList": ""}, None), ("of a list with a long name", {"priceList": "x" * 257}, "FIELD_INVALID")):
        yield f"a licence offered {name}", "OfferPublished", {**licensed, "licence": [licence_terms(**change)]}, reason
    yield "two licences in one offer", "OfferPublished", {**licensed, "licence": [licence_terms()] * 2}, "FIELD_INVALID"
    yield "a licence and a share in one offer", "OfferPublished", {**licensed, "parts": 1, "licence": [licence_terms()]}, "FIELD_INVALID"
    yield "terms of 31 bytes", "OfferAccepted", {**TYPICAL["OfferAccepted"], "terms": b"\x01" * 31}, "FIELD_INVALID"
    yield "an offer withdrawn of 257 characters", "OfferWithdrawn", {**TYPICAL["OfferWithdrawn"], "offer": "x" * 257}, "FIELD_INVALID"


def withdrawal_cases():
    for name, indexes, reason in (("all", [], None), ("the first", [0], None), ("one twice", [1, 1], "FIELD_INVALID"),
                                  ("descending", [2, 1], "FIELD_INVALID"), ("below 0", [-1], "FIELD_INVALID"),
                                  ("1,000", [1_000], "FIELD_INVALID")):
        for words, event in (("withdrawn", "ContributionWithdrawn"), ("ordered to be erased", "ErasureOrdered")):
            yield f"{words} {name}", event, {**TYPICAL[event], "indexes": indexes}, reason


def near_cases():
    features, batch = TYPICAL["ContributionFeatures"], TYPICAL["ContributionFeatures"]["batchId"]
    many = [near("batch-2", n, n) for n in range(17)]
    for name, pairs, reason in (("nothing", [], None), ("the item itself", [near(batch, features["index"], 1)], "FIELD_INVALID"),
                                ("the same index of another batch", [near("batch-2", features["index"], 0)], None),
                                ("another one twice", [near("batch-2", 1, 1), near("batch-2", 1, 2)], "FIELD_INVALID"),
                                ("sixteen", many[:16], None), ("seventeen", many, "FIELD_INVALID"),
                                ("more than equal", [near("batch-2", 1, 1_000_001)], "FIELD_INVALID")):
        yield f"near {name}", "ContributionFeatures", {**features, "near": pairs}, reason
    for measure in ("fingerprint/equal@1", "dense/cosine@1", "text/shingles@1", "None"):
        yield (f"similarity {measure}", "FeatureMapPublished", {**TYPICAL["FeatureMapPublished"], "similarity": measure},
               "FIELD_INVALID" if measure == "None" else None)


def text_cases():
    for tokenizer in ("", "text/words@2", "Text/words@1"):
        yield f"texts cut by {tokenizer or 'nothing'}", "TextMapPublished", {**TYPICAL["TextMapPublished"], "tokenizer": tokenizer}, "FIELD_INVALID"
    for version, reason in (("9.0.0", None), ("16.0", None), ("16", "FIELD_INVALID"), ("016.0", "FIELD_INVALID"), ("16.0.0.0", "FIELD_INVALID"), ("none", "FIELD_INVALID")):
        yield f"texts of Unicode {version}", "TextMapPublished", {**TYPICAL["TextMapPublished"], "unicode": version}, reason
    for length in (0, 15, 17):
        yield f"texts with a salt of {length} bytes", "TextMapPublished", {**TYPICAL["TextMapPublished"], "salt": seeded("salt", length)}, "FIELD_INVALID"
    for event in ("ContributionText", "InferenceText"):
        for length in (1, 7, 9):
            yield f"tokens of {length} bytes in a {event}", event, {**TYPICAL[event], "tokens": seeded("tokens", length)}, "FIELD_INVALID"
    for length in (0, 511, 513):
        yield f"shingles of {length} bytes", "ContributionText", {**TYPICAL["ContributionText"], "shingles": seeded("shingles", length)}, "FIELD_INVALID"
    for index in (-1, 1_000):
        yield f"the text of item {index}", "ContributionText", {**TYPICAL["ContributionText"], "index": index}, "FIELD_INVALID"


def correction_cases():
    correction = TYPICAL["CorrectionRecorded"]
    for name, change, reason in (
            ("to nothing", {"fee": 0}, None), ("that is void", {"kind": "void", "fee": 0}, None), ("that is void and costs something", {"kind": "void", "fee": 1}, "FIELD_INVALID"),
            ("to less than nothing", {"fee": -1}, "AMOUNT_NEGATIVE"), ("to 2^96", {"fee": AMOUNT_LIMIT}, "AMOUNT_TOO_LARGE"),
            ("without a reason", {"reason": ""}, "FIELD_INVALID"), ("with a reason of 256 characters", {"reason": WIDE_TEXT}, None),
            ("with a reason of 257 characters", {"reason": "x" * 257}, "FIELD_INVALID"), ("of no use", {"inferenceId": ""}, "FIELD_INVALID"),
            ("of no source", {"inferenceSource": ""}, "FIELD_INVALID")):
        yield f"a correction {name}", "CorrectionRecorded", {**correction, **change}, reason
    yield "a retirement by 19 bytes", "ModelRetired", {**TYPICAL["ModelRetired"], "registrant": b"\x11" * 19}, "FIELD_INVALID"


def policy_cases():
    policy, minimum = TYPICAL["PolicyPublished"], lambda n, amount: {"token": bytes([n]) * 20, "amount": amount}
    for name, change, reason in (
            ("that holds nothing back", {"holdBackParts": 0, "holdBackEpochs": 0}, None), ("that never gives back", {"holdBackEpochs": 0}, "FIELD_INVALID"),
            ("that gives back nothing", {"holdBackParts": 0}, "FIELD_INVALID"), ("that holds back below 0", {"holdBackParts": -1}, "FIELD_INVALID"),
            ("that holds back more than a tenth", {"holdBackParts": 100_001}, "FIELD_INVALID"), ("that holds back for 101 epochs", {"holdBackEpochs": 101}, "FIELD_INVALID"),
            ("without a minimum", {"minimumPayouts": []}, None), ("with a minimum of 0", {"minimumPayouts": [minimum(1, 0)]}, "FIELD_INVALID"),
            ("with a negative minimum", {"minimumPayouts": [minimum(1, -1)]}, "AMOUNT_NEGATIVE"),
            ("with a minimum of 2^96", {"minimumPayouts": [minimum(1, AMOUNT_LIMIT)]}, "AMOUNT_TOO_LARGE"),
            ("with two minimums of a token", {"minimumPayouts": [minimum(1, 1), minimum(1, 2)]}, "FIELD_INVALID"),
            ("with minimums that descend", {"minimumPayouts": [minimum(2, 1), minimum(1, 1)]}, "FIELD_INVALID"),
            ("with a minimum of a short token", {"minimumPayouts": [{"token": b"\x01" * 19, "amount": 1}]}, "FIELD_INVALID"),
            ("with 33 minimums", {"minimumPayouts": [minimum(n, 1) for n in range(33)]}, "FIELD_INVALID"),
            ("with features alone", {"dataChannels": []}, None),
            ("with a model that no channel has", {"dataChannels": [chain("a")]}, "FIELD_INVALID"),
            ("with an unknown channel", {"dataChannels": [chain("a", "influence")]}, "FIELD_INVALID"),
            ("with a channel twice", {"dataChannels": [chain("a", "text", "text")]}, "FIELD_INVALID"),
            ("with a model twice", {"dataChannels": [chain("a", "text"), chain("a", "features")]}, "FIELD_INVALID"),
            ("with models that descend", {"dataChannels": [chain("b", "text"), chain("a", "text")]}, "FIELD_INVALID"),
            ("with models by UTF-16", {"dataChannels": [chain("\U0001f9ee", "text"), chain("\uff5e", "text")]}, "FIELD_INVALID"),
            ("with models by UTF-8", {"dataChannels": [chain("\uff5e", "text"), chain("\U0001f9ee", "text")]}, None),
            ("with a model of 257 characters", {"dataChannels": [chain("x" * 257, "text")]}, "FIELD_INVALID"),
            ("with channels of 201 models", {"dataChannels": [chain("%03d" % n, "text") for n in range(201)]}, "FIELD_INVALID"),
            ("that gives retrieval nothing at once", {"retrievalParts": 0}, None), ("that gives retrieval less", {"retrievalParts": -1}, "FIELD_INVALID"),
            ("that gives retrieval more than all", {"retrievalParts": 1_000_001}, "FIELD_INVALID"),
            ("that ranks", {"retrievalRule": "rank"}, None), ("with another rule of retrieval", {"retrievalRule": "overlap"}, "FIELD_INVALID")):
        yield f"a policy {name}", "PolicyPublished", {**policy, **change}, reason


def retrieval_cases():
    use = TYPICAL["InferenceRecorded"]
    many = [retrieved("batch-2", n, n) for n in range(65)]
    for name, items, reason in (("nothing", [], None), ("sixty-four", many[:64], None), ("sixty-five", many, "FIELD_INVALID"),
                                ("one twice", [retrieved("batch-2", 1, 1), retrieved("batch-2", 1, 2)], "FIELD_INVALID"),
                                ("one index of two batches", [retrieved("batch-2", 1, 1), retrieved("batch-3", 1, 1)], None),
                                ("one batch id of two sources", [retrieved("batch-2", 1, 1), retrieved("batch-2", 1, 1, "urn:example:other")], None),
                                ("in no order of the scores", [retrieved("batch-2", 1, 1), retrieved("batch-2", 0, 2)], None),
                                ("with a score below 0", [retrieved("batch-2", 1, -1)], "FIELD_INVALID"),
                                ("with a score above a million", [retrieved("batch-2", 1, 1_000_001)], "FIELD_INVALID"),
                                ("index -1", [retrieved("batch-2", -1, 1)], "FIELD_INVALID"), ("index 1,000", [retrieved("batch-2", 1_000, 1)], "FIELD_INVALID"),
                                ("of no batch", [retrieved("", 1, 1)], "FIELD_INVALID"), ("of no source", [retrieved("batch-2", 1, 1, "")], "FIELD_INVALID")):
        yield f"retrieved {name}", "InferenceRecorded", {**use, "retrieved": items}, reason


def payment_cases():
    voucher, use, prices = TYPICAL["VoucherPresented"], TYPICAL["InferenceRecorded"], TYPICAL["PriceListPublished"]
    for sequence in (0, -1, LONG_MIN):
        yield f"sequence {sequence}", "VoucherPresented", {**voucher, "sequence": sequence}, "FIELD_INVALID"
    quote = {"quoteId": seeded("quote", 16), "quoteExpiresMs": 1, "quoteSignature": seeded("signature", 65)}
    for name, change, reason in (
            ("no voucher", {"voucher": 0}, None), ("a voucher below 0", {"voucher": -1}, "FIELD_INVALID"),
            ("units without a list", {"priceList": ""}, None), ("a list without units", {"units": []}, None),
            ("a unit twice", {"units": units(a=1) + units(a=2)}, "FIELD_INVALID"),
            ("units that descend", {"units": units(b=1, a=1)}, "FIELD_INVALID"),
            ("units by UTF-16", {"units": units(**{"\U0001f9ee": 1, "\uff5e": 1})}, "FIELD_INVALID"),
            ("units by UTF-8", {"units": units(**{"\uff5e": 1, "\U0001f9ee": 1})}, None),
            ("a unit without a name", {"units": units(**{"": 1})}, "FIELD_INVALID"),
            ("thirty-two units", {"units": units(**{"u%02d" % n: n for n in range(32)})}, None),
            ("thirty-three units", {"units": units(**{"u%02d" % n: n for n in range(33)})}, "FIELD_INVALID"),
            ("a quantity of 2^53 - 1", {"units": units(a=2 ** 53 - 1)}, None),
            ("a quantity of 2^53", {"units": units(a=2 ** 53)}, "FIELD_INVALID"), ("a quantity below 0", {"units": units(a=-1)}, "FIELD_INVALID"),
            ("a quote", quote, None), ("a quote id of 15 bytes", {**quote, "quoteId": seeded("quote", 15)}, "FIELD_INVALID"),
            ("a quote that nobody signed", {**quote, "quoteSignature": b""}, "FIELD_INVALID"),
            ("a quote that expired before 1970", {**quote, "quoteExpiresMs": -1}, "FIELD_INVALID"),
            ("an expiry of no quote", {"quoteExpiresMs": 1}, "FIELD_INVALID"),
            ("a signature of no quote", {"quoteSignature": seeded("signature", 65)}, "FIELD_INVALID")):
        yield name, "InferenceRecorded", {**use, **change}, reason
    for name, rules, reason in (
            ("no rule", [], "FIELD_INVALID"), ("201 rules", [rule("a", 1, from_quantity=n) for n in range(201)], "FIELD_INVALID"),
            ("a negative price", [rule("a", -1)], "AMOUNT_NEGATIVE"), ("a price of 2^96", [rule("a", AMOUNT_LIMIT)], "AMOUNT_TOO_LARGE"),
            ("another use", [rule("a", 1, "private")], "FIELD_INVALID"), ("a unit of no name", [rule("", 1)], "FIELD_INVALID"),
            ("from 2^53 on", [rule("a", 1, from_quantity=2 ** 53)], "FIELD_INVALID"), ("from below 0 on", [rule("a", 1, from_quantity=-1)], "FIELD_INVALID"),
            ("a time before 1970", [rule("a", 1, from_ms=-1)], "FIELD_INVALID"), ("a window of no length", [rule("a", 1, from_ms=5, until_ms=5)], "FIELD_INVALID"),
            ("units that descend", [rule("b", 1), rule("a", 1)], "FIELD_INVALID"), ("uses that descend", [rule("a", 1, "commercial"), rule("a", 1)], "FIELD_INVALID"),
            ("quantities that descend", [rule("a", 1, from_quantity=1), rule("a", 1)], "FIELD_INVALID"), ("one rule twice", [rule("a", 1)] * 2, "FIELD_INVALID"),
            ("windows that touch", [rule("a", 1, until_ms=5), rule("a", 1, from_ms=5)], None),
            ("windows that overlap", [rule("a", 1, until_ms=6), rule("a", 1, from_ms=5)], "FIELD_INVALID"),
            ("a window after one without an end", [rule("a", 1), rule("a", 1, from_ms=5)], "FIELD_INVALID")):
        yield f"prices: {name}", "PriceListPublished", {**prices, "rules": rules}, reason


def outcome_cases():
    outcome, step = TYPICAL["TaskOutcome"], TYPICAL["AgentStep"]
    for score, reason in ((0, None), (-1, "FIELD_INVALID"), (1_001, "FIELD_INVALID")):
        yield f"a score of {score}", "TaskOutcome", {**outcome, "score": score}, reason
    none = {"inferenceSource": "", "inferenceId": ""}
    for name, change, reason in (
            ("with a model and no use", none, None), ("with nothing used", {**none, "model": ""}, None),
            ("with a use of no model", {"model": ""}, "FIELD_INVALID"), ("with a use of no id", {"inferenceId": ""}, "FIELD_INVALID"),
            ("with a use of no source", {"inferenceSource": ""}, "FIELD_INVALID"), ("of number -1", {"step": -1}, "FIELD_INVALID"),
            ("of a run of 15 bytes", {"run": b"\x01" * 15}, "FIELD_INVALID"), ("of a run of 17 bytes", {"run": b"\x01" * 17}, "FIELD_INVALID"),
            ("behind 31 bytes", {"previous": b"\x01" * 31}, "FIELD_INVALID")):
        yield f"a step {name}", "AgentStep", {**step, **change}, reason
    for wait in (-1, 101):
        yield f"a wait of {wait} epochs for ratings", "PolicyPublished", {**TYPICAL["PolicyPublished"], "outcomeWaitEpochs": wait}, "FIELD_INVALID"


def dispute_cases():
    opened, resolved, policy = TYPICAL["DisputeOpened"], TYPICAL["DisputeResolved"], TYPICAL["PolicyPublished"]
    bond = lambda n, amount: {"token": bytes([n]) * 20, "amount": amount}
    for name, change, reason in (
            ("of nothing, for features", {"claim": "features", "items": []}, "FIELD_INVALID"), ("of nothing, for duplicates", {"items": []}, "FIELD_INVALID"),
            ("of nothing, for the settlement", {"claim": "settlement", "items": []}, None), ("of one item twice", {"items": [named("a", 1), named("a", 1)]}, "FIELD_INVALID"),
            ("of 65 items", {"items": [named("a", n) for n in range(65)]}, "FIELD_INVALID"), ("of item 1,000", {"items": [named("a", 1_000)]}, "FIELD_INVALID"),
            ("of item -1", {"items": [named("a", -1)]}, "FIELD_INVALID"), ("of an item of no source", {"items": [named("a", 1, "")]}, "FIELD_INVALID"),
            ("of epoch 0", {"epoch": 0}, "FIELD_INVALID"), ("with evidence of 33 bytes", {"evidence": b"\x01" * 33}, "FIELD_INVALID"),
            ("of no kind", {"kind": ""}, "FIELD_INVALID"), ("of no asset", {"asset": ""}, None), ("of a long asset", {"asset": "a" * 257}, "FIELD_INVALID")):
        yield f"a dispute {name}", "DisputeOpened", {**opened, **change}, reason
    for name, change, reason in (
            ("without an award", {"awardParts": 0}, None), ("with all of it", {"awardParts": 1_000_000}, None), ("with more", {"awardParts": 1_000_001}, "FIELD_INVALID"),
            ("with less than nothing", {"awardParts": -1}, "FIELD_INVALID"), ("against it, with an award", {"upheld": False}, "FIELD_INVALID"),
            ("without a word", {"reason": ""}, None), ("with 257 characters", {"reason": "x" * 257}, "FIELD_INVALID")):
        yield f"a decision {name}", "DisputeResolved", {**resolved, **change}, reason
    for name, change, reason in (
            ("without disputes", {"disputeWindowEpochs": 0, "disputeWaitEpochs": 0, "disputeBonds": []}, None),
            ("with a bond and no disputes", {"disputeWindowEpochs": 0, "disputeWaitEpochs": 0}, "FIELD_INVALID"),
            ("with a window of -1", {"disputeWindowEpochs": -1}, "FIELD_INVALID"), ("with a window of 101", {"disputeWindowEpochs": 101}, "FIELD_INVALID"),
            ("with a wait of 101", {"disputeWaitEpochs": 101}, "FIELD_INVALID"), ("with disputes that do not end", {"disputeWaitEpochs": 0}, "FIELD_INVALID"),
            ("with disputes that end and cannot begin", {"disputeWindowEpochs": 0, "disputeBonds": []}, "FIELD_INVALID"),
            ("with a bond of 0", {"disputeBonds": [bond(1, 0)]}, "FIELD_INVALID"), ("with a negative bond", {"disputeBonds": [bond(1, -1)]}, "AMOUNT_NEGATIVE"),
            ("with a bond of 2^96", {"disputeBonds": [bond(1, AMOUNT_LIMIT)]}, "AMOUNT_TOO_LARGE"),
            ("with bonds that descend", {"disputeBonds": [bond(2, 1), bond(1, 1)]}, "FIELD_INVALID"),
            ("with 33 bonds", {"disputeBonds": [bond(n, 1) for n in range(33)]}, "FIELD_INVALID")):
        yield f"a policy {name}", "PolicyPublished", {**policy, **change}, reason


def adjustment_cases():
    adjustment = TYPICAL["AdjustmentOrdered"]
    for name, change, reason in (
            ("of one epoch", {"fromEpoch": 9}, None), ("of 64 epochs", {"fromEpoch": 1, "toEpoch": 64}, None), ("without a note", {"note": ""}, None),
            ("of 65 epochs", {"fromEpoch": 1, "toEpoch": 65}, "FIELD_INVALID"), ("that ends before it begins", {"fromEpoch": 10}, "FIELD_INVALID"),
            ("from epoch 0 on", {"fromEpoch": 0}, "FIELD_INVALID"), ("by a method without a record of gates", {"method": "gradient-dot/factored@1"}, "FIELD_INVALID"),
            ("with a note of 257 characters", {"note": "x" * 257}, "FIELD_INVALID"), ("without a name", {"adjustment": ""}, "FIELD_INVALID"),
            ("with a short signature", {"signature": b"\x01" * 64}, "FIELD_INVALID")):
        yield f"an adjustment {name}", "AdjustmentOrdered", {**adjustment, **change}, reason


def cases():
    for event, body in TYPICAL.items():
        yield "typical", event, body, None
        yield "extreme", event, {**body, **EXTREME[event]}, None
        yield "empty", event, empty_body(event), EMPTY_REASONS.get(event, "FIELD_INVALID")
    yield from amount_cases()
    yield from long_cases()
    yield from schema_cases()
    yield from near_cases()
    yield from ownership_cases()
    yield from licence_cases()
    yield from market_cases()
    yield from withdrawal_cases()
    yield from commitment_cases()
    yield from payment_cases()
    yield from policy_cases()
    yield from retrieval_cases()
    yield from correction_cases()
    yield from outcome_cases()
    yield from dispute_cases()
    yield from adjustment_cases()
    yield from text_cases()


def other_forms():
    """Bytes that Avro also allows for a typical body: read as the same body, though never written."""
    deposit, inference, features = (wire(e, TYPICAL[e]) for e in ("Deposited", "InferenceRecorded", "InferenceFeatures"))
    fee = sized(b"\x03\xd0\x90")
    p = zigzag(3) + b"".join(map(zigzag, (4, 6, 990))) + b"\x00"
    first, rest = zigzag(4), zigzag(6) + zigzag(990)
    assert all(data.count(part) == 1 for data, part in ((inference, fee), (features, p), (deposit, sized((10 ** 18).to_bytes(8, "big")))))
    yield "an amount with a leading zero", "InferenceRecorded", inference.replace(fee, sized(b"\x00\x03\xd0\x90")), {}
    yield "an amount without bytes", "InferenceRecorded", inference.replace(fee, sized(b"")), {"fee": 0}
    yield "an array in two blocks", "InferenceFeatures", features.replace(p, zigzag(1) + first + zigzag(2) + rest + b"\x00"), {}
    yield ("an array whose block tells its size", "InferenceFeatures",
           features.replace(p, zigzag(-3) + zigzag(len(first + rest)) + first + rest + b"\x00"), {})


def refused():
    """Bytes that are no value at all."""
    asset, source = (wire(e, TYPICAL[e]) for e in ("AssetRegistered", "SourceRegistered"))
    kind_at = 5 + len(sized(b"digits"))
    yield "no byte", b"", "WIRE_FORMAT_INVALID"
    yield "four bytes", source[:4], "WIRE_FORMAT_INVALID"
    yield "another magic byte", b"\x01" + source[1:], "WIRE_FORMAT_INVALID"
    yield "schema 0", struct.pack(">BI", 0, 0) + source[5:], "SCHEMA_UNKNOWN"
    yield "a schema after the last", struct.pack(">BI", 0, max(IDS.values()) + 1) + source[5:], "SCHEMA_UNKNOWN"
    yield "a schema id above 2^31", struct.pack(">BI", 0, 2 ** 31 + 1) + source[5:], "SCHEMA_UNKNOWN"
    yield "the id before the first built-in one", struct.pack(">BI", 0, BUILT_IN_FROM) + source[5:], "SCHEMA_UNKNOWN"
    yield "nothing after the schema id", source[:5], "AVRO_INVALID"
    yield "a byte missing", source[:-1], "AVRO_INVALID"
    yield "a byte left over", source + b"\x00", "AVRO_INVALID"
    yield "text of less than no bytes", source[:5] + zigzag(-1) + source[6:], "AVRO_INVALID"
    yield "text longer than the value", source[:5] + zigzag(10 ** 6) + source[6:], "AVRO_INVALID"
    yield "an enum's fifth symbol of four", asset[:kind_at] + zigzag(4) + asset[kind_at + 1:], "AVRO_INVALID"
    yield "an array of 10^12 items", source[:5] + sized(b"s") + sized(b"k") + zigzag(10 ** 12), "AVRO_INVALID"


def undecided():
    """Values of which only a registered schema says what they are."""
    source = wire("SourceRegistered", TYPICAL["SourceRegistered"])
    for number in (1, 100, 2 ** 24, BUILT_IN_FROM - 1):
        yield f"schema {number}", number, struct.pack(">BI", 0, number) + source[5:]
    yield "schema 1 and nothing behind it", 1, struct.pack(">BI", 0, 1)


def wire_vectors():
    return {
        "how": HOW + " Avro 1.11 binary after 0x00 and a u32 schema id. In bodies {$bytes} is hexadecimal, {$integer} a long or an amount."
                     " reason: what the ranges say to the body, null when they hold. otherForms are read as that body, too. undecided need a registered schema.",
        "cases": [{"name": name, "event": event, "body": tagged_body(event, body), "bytes": wire(event, body).hex(), "reason": reason}
                  for name, event, body, reason in cases()],
        "otherForms": [{"name": name, "event": event, "body": tagged_body(event, {**TYPICAL[event], **change}), "bytes": data.hex()}
                       for name, event, data, change in other_forms()],
        "refused": [{"name": name, "bytes": data.hex(), "reason": reason} for name, data, reason in refused()],
        "undecided": [{"name": name, "schemaId": number, "bytes": data.hex()} for name, number, data in undecided()],
    }
