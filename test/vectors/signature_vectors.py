"""Vectors of the ledger's name and of every EIP-712 signature: docs/formats.md#genesis and #signatures."""

import hashlib

from avro import SCHEMAS, tagged_body
from eip712 import digest, hash_struct
from fixtures import HOW, address, seeded
from keccak import keccak256
from rfc6962 import mth
from rfc8785 import canonical
from secp256k1 import address_of, sign
from wire_vectors import LONG_TEXT, TYPICAL, WIDE_TEXT, licence_terms

# Published here: worth nothing anywhere.
KEYS = {"operator": int.from_bytes(keccak256(b"cow"), "big"), "contributor": int.from_bytes(seeded("contributor's key", 32), "big")}
ACCOUNTS = {name: address_of(key) for name, key in KEYS.items()}

GENESIS = {"format": "tallystick-genesis/1", "name": "Größe \U0001f9ee", "chainId": 31_337, "distributor": address("distributor"),
           "operator": "0x" + ACCOUNTS["operator"].hex()}
LEDGER_ID = hashlib.sha256(canonical(GENESIS).encode("utf-8")).digest()
DOMAIN_TYPE = "EIP712Domain(string name,string version,bytes32 salt)"
BATCH_TYPE = ("ContributionBatch(string source,string id,address account,string dataset,string licence,uint32 count,"
              "bytes32 contentRoot,bytes32 labelsRoot,bytes commitmentSalt)")
WITHDRAWAL_TYPE = "ContributionWithdrawn(string source,string id,address account,string batchSource,string batchId,uint32[] indexes)"
DERIVATION_TYPE = "Derivation(string child,string parent,uint32 parts,address registrant)"
REGISTRY_TYPE = "RegistryEvent(string source,string id,string eventType,bytes32 bodyHash)"
CONTRACT_DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
ATTESTATION_TYPE = "Attestation(uint64 epoch,uint32 attempt,bytes32 proposalHash)"
VOUCHER_TYPE = "Voucher(address payer,string model,address token,uint256 cumulative,uint64 sequence)"
OUTCOME_TYPE = "TaskOutcome(string source,string id,string inferenceSource,string inferenceId,address rater,uint16 score)"
STEP_TYPE = ("AgentStep(string source,string id,string agent,address account,bytes16 run,uint32 step,bytes32 previous,bytes32 inputHash,"
             "bytes32 outputHash,string model,string inferenceSource,string inferenceId,address token,uint256 cost)")
DISPUTE_TYPE = ("DisputeOpened(string source,string id,string dispute,address opener,uint32 epoch,address account,address token,string kind,string asset,"
                "string claim,DisputedItem[] items,bytes32 evidence,uint256 bond)DisputedItem(string batchSource,string batchId,uint32 index)")
RESOLUTION_TYPE = "DisputeResolved(string source,string id,string dispute,bool upheld,uint32 awardParts,string reason)"
QUOTE_TYPE = ("Quote(bytes16 quoteId,address payer,string model,address token,uint256 fee,string priceList,bytes32 unitsHash,"
              "bool commercial,uint64 expiresMs)")
DOMAIN = hash_struct(DOMAIN_TYPE, ["Tallystick", "1", LEDGER_ID])


def salted(salt, data):
    return hashlib.sha256(salt + data).digest()


def plain(schema, value):
    """Avro fields as canonical JSON has them: longs and amounts as decimal text, ints as numbers."""
    kind = schema["type"] if isinstance(schema, dict) else schema
    if isinstance(kind, dict):
        return plain(kind, value)
    if kind == "record":
        return {field["name"]: plain(field["type"], value[field["name"]]) for field in schema["fields"] if field["name"] in value}
    if kind == "array":
        return [plain(schema["items"], each) for each in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return str(value) if kind in ("bytes", "long") else value


def signed(case, event, source, event_id, body, signer, struct_hash):
    hashed = digest(DOMAIN, struct_hash)
    signature = sign(KEYS[signer], hashed)
    whole = {**body, "signature": signature}
    assert list(whole) == [field["name"] for field in SCHEMAS[event]["fields"]]
    return {"name": case, "signer": signer, "event": {"type": event, "source": source, "id": event_id, "body": tagged_body(event, whole)},
            "structHash": struct_hash.hex(), "digest": hashed.hex(), "signature": signature.hex()}


def commitment(account, roots, salt):
    fields = [b"tallystick-commitment/1", LEDGER_ID, account, *roots, salt]
    return hashlib.sha256(b"".join(len(field).to_bytes(4, "big") + field for field in fields)).digest()


def batch(case, source, event_id, items, dataset, licence, salt=b""):
    account = ACCOUNTS["contributor"]
    hashes = [{"contentHash": salted(i["salt"], i["payload"]), "labelHash": salted(i["salt"], i["label"].encode("utf-8"))} for i in items]
    roots = [mth([each[name] for each in hashes]) for name in ("contentHash", "labelHash")]
    struct_hash = hash_struct(BATCH_TYPE, [source, event_id, account, dataset, licence, len(items), *roots, salt])
    body = {"account": account, "dataset": dataset, "licence": licence, "items": hashes, "commitmentSalt": salt}
    return {**signed(case, "ContributionBatch", source, event_id, body, "contributor", struct_hash),
            "contentRoot": roots[0].hex(), "labelsRoot": roots[1].hex(), **({"commitment": commitment(account, roots, salt).hex()} if salt else {}),
            "items": [{"salt": i["salt"].hex(), "payload": i["payload"].hex(), "label": i["label"]} for i in items]}


def withdrawal(case, source, event_id, batch_source, batch_id, indexes):
    account = ACCOUNTS["contributor"]
    struct_hash = hash_struct(WITHDRAWAL_TYPE, [source, event_id, account, batch_source, batch_id, indexes])
    body = {"account": account, "batchSource": batch_source, "batchId": batch_id, "indexes": indexes}
    return signed(case, "ContributionWithdrawn", source, event_id, body, "contributor", struct_hash)


def voucher(case, model, cumulative, sequence, source="urn:example:gateway", event_id="voucher-1"):
    body = {"payer": ACCOUNTS["contributor"], "model": model, "token": seeded("token", 20), "cumulative": cumulative, "sequence": sequence}
    return signed(case, "VoucherPresented", source, event_id, body, "contributor", hash_struct(VOUCHER_TYPE, list(body.values())))


def outcome(case, inference_id, score, source="urn:example:gateway", event_id="rating-1"):
    body = {"inferenceSource": "urn:example:gateway", "inferenceId": inference_id, "rater": ACCOUNTS["contributor"], "score": score}
    return signed(case, "TaskOutcome", source, event_id, body, "contributor", hash_struct(OUTCOME_TYPE, [source, event_id, *body.values()]))


def steps():
    """A run of two: the second has the digest of the first one, and cites nothing."""
    source, account, run = "urn:example:agents", ACCOUNTS["contributor"], seeded("run", 16)
    used = {"model": "digits-net", "inferenceSource": "urn:example:gateway", "inferenceId": "inference-1", "token": seeded("token", 20), "cost": 250_000}
    none = {"model": "", "inferenceSource": "", "inferenceId": "", "token": b"\x00" * 20, "cost": 0}
    previous = b"\x00" * 32
    for number, change in enumerate((used, none)):
        body = {"agent": "reader-bot", "account": account, "run": run, "step": number, "previous": previous,
                "inputHash": seeded(f"input {number}", 32), "outputHash": seeded(f"output {number}", 32), **change}
        made = signed(f"step {number} of an agent", "AgentStep", source, f"step-{number}", body, "contributor",
                      hash_struct(STEP_TYPE, [source, f"step-{number}", *body.values()]))
        previous = bytes.fromhex(made["digest"])
        yield made


def dispute(case, name, line_epoch, claim, items, bond, source="urn:example:portal", event_id="dispute-1"):
    body = {"dispute": name, "opener": ACCOUNTS["contributor"], "epoch": line_epoch, "account": seeded("account", 20), "token": seeded("token", 20),
            "kind": "data", "asset": "digits-net", "claim": claim, "items": items, "evidence": seeded("evidence", 32), "bond": bond}
    values = [source, event_id, *({**body, "items": [list(each.values()) for each in items]}).values()]
    return signed(case, "DisputeOpened", source, event_id, body, "contributor", hash_struct(DISPUTE_TYPE, values))


def resolution(case, name, upheld, award_parts, reason, source="urn:example:operator", event_id="decision-1"):
    body = {"dispute": name, "upheld": upheld, "awardParts": award_parts, "reason": reason}
    return signed(case, "DisputeResolved", source, event_id, body, "operator", hash_struct(RESOLUTION_TYPE, [source, event_id, *body.values()]))


def quote(case, payer, model, fee, price_list, units, commercial, expires_ms):
    text = canonical([{"unit": unit, "quantity": str(quantity)} for unit, quantity in units]).encode("utf-8")
    units_hash = hashlib.sha256(text).digest()
    quote_id, token = seeded("quote " + case, 16), seeded("token", 20)
    struct_hash = hash_struct(QUOTE_TYPE, [quote_id, payer, model, token, fee, price_list, units_hash, commercial, expires_ms])
    hashed = digest(DOMAIN, struct_hash)
    return {"name": case, "signer": "operator", "quoteId": quote_id.hex(), "payer": "0x" + payer.hex(), "model": model, "token": "0x" + token.hex(),
            "fee": str(fee), "priceList": price_list, "units": [{"unit": unit, "quantity": str(quantity)} for unit, quantity in units],
            "commercial": commercial, "expiresMs": str(expires_ms), "unitsJson": text.hex(), "unitsHash": units_hash.hex(),
            "digest": hashed.hex(), "signature": sign(KEYS["operator"], hashed).hex()}


def quotes():
    yield quote("a quote for anyone", b"\x00" * 20, "digits-net", 250_000, "", [], False, 1_767_225_600_000)
    yield quote("a quote for one payer", ACCOUNTS["contributor"], "digits-net", 218, "digits-net/prices/1",
                [("input_tokens", 1_200), ("output_tokens", 64)], True, 1_767_225_600_000)
    yield quote("the largest quote", b"\xff" * 20, WIDE_TEXT, 2 ** 96 - 1, LONG_TEXT,
                [("u%02d" % n, 2 ** 53 - 1 - n) for n in range(31)] + [(WIDE_TEXT, 0)], True, 2 ** 63 - 1)


def registry(case, event, signer, source="urn:example:operator", event_id="registry-1", **change):
    body = {**TYPICAL[event], **change}
    del body["signature"]
    text = canonical(plain(SCHEMAS[event], body)).encode("utf-8")
    body_hash = hashlib.sha256(text).digest()
    struct_hash = hash_struct(REGISTRY_TYPE, [source, event_id, event, body_hash])
    return {**signed(case, event, source, event_id, body, signer, struct_hash), "bodyJson": text.hex(), "bodyHash": body_hash.hex()}


def derivations():
    """What an owner of a parent agrees to; it stands in an asset's record beside the registrant's signature."""
    for child, parent, parts in (("digits-net", "digits", 100_000), (LONG_TEXT, WIDE_TEXT, 1)):
        registrant = bytes.fromhex(address("registrant")[2:])
        struct_hash = hash_struct(DERIVATION_TYPE, [child, parent, parts, registrant])
        hashed = digest(DOMAIN, struct_hash)
        yield {"name": f"{parts} parts", "signer": "contributor", "child": child, "parent": parent, "parts": parts, "registrant": registrant.hex(),
               "structHash": struct_hash.hex(), "digest": hashed.hex(), "signature": sign(KEYS["contributor"], hashed).hex()}


def items(count):
    return [{"salt": seeded(f"salt {n}", 16), "payload": seeded(f"payload {n}", 7 * n), "label": str(n % 10)} for n in range(count)]


def owned(account):
    """A cap table in which the signer holds all."""
    return {"owners": [{"account": account, "parts": 1_000_000}], "registrant": account}


def cases():
    contributor = ACCOUNTS["contributor"]
    yield batch("a batch of one", "urn:example:uploads", "batch-1", items(1), "digits", "CC-BY-4.0")
    yield batch("a batch of three", "urn:example:uploads", "batch-2", items(3), "digits", "CC-BY-4.0")
    yield batch("a batch that was committed to", "urn:example:uploads", "batch-3", items(2), "digits", "CC-BY-4.0", seeded("commitment salt", 32))
    yield batch("a batch of many under long names", LONG_TEXT, "ü" * 128, items(37), WIDE_TEXT, LONG_TEXT)
    yield withdrawal("a whole batch withdrawn", "urn:example:uploads", "withdrawal-1", "urn:example:uploads", "batch-1", [])
    yield withdrawal("three items withdrawn", "urn:example:uploads", "withdrawal-2", "urn:example:others", "batch-2", [0, 2, 999])
    yield voucher("a voucher", "digits-net", 5_000_000, 3)
    yield voucher("the largest voucher", WIDE_TEXT, 2 ** 96 - 1, 2 ** 63 - 1, LONG_TEXT, "\U0001f9ee")
    yield outcome("a rating", "inference-1", 850)
    yield outcome("the best rating", WIDE_TEXT, 1_000, LONG_TEXT, "\U0001f9ee")
    yield from steps()
    named = [{"batchSource": "urn:example:uploads", "batchId": "batch-1", "index": index} for index in (0, 999)]
    yield dispute("a dispute of two items", "dispute/1", 4, "duplicate", named, 1_000_000)
    yield dispute("a dispute of no item", WIDE_TEXT, 2 ** 31 - 1, "settlement", [], 2 ** 96 - 1, LONG_TEXT, "\U0001f9ee")
    yield resolution("a decision", "dispute/1", True, 500_000, "Both are copies.")
    yield resolution("a decision against it", WIDE_TEXT, False, 0, "", LONG_TEXT, "\U0001f9ee")
    yield registry("a price list", "PriceListPublished", "contributor", registrant=contributor)
    yield registry("a schema", "SchemaRegistered", "operator")
    yield registry("a source", "SourceRegistered", "operator")
    yield registry("a source of no type under a wide name", "SourceRegistered", "operator", source=WIDE_TEXT, eventTypes=[])
    yield registry("a policy", "PolicyPublished", "operator")
    yield registry("an erasure", "ErasureOrdered", "operator")
    yield registry("an adjustment", "AdjustmentOrdered", "operator")
    yield registry("an asset", "AssetRegistered", "contributor", **owned(contributor))
    yield registry("an asset whose title needs escapes", "AssetRegistered", "contributor", event_id="\U0001f9ee", kind="agent",
                   title="\"\\/\b\t\n\u0001\u007f\u2028é\U0001f9ee", **owned(contributor))
    yield registry("a transfer", "AssetTransferred", "contributor", **{"from": contributor})
    yield registry("a licence", "LicenceGranted", "contributor", registrant=contributor)
    yield registry("a revocation", "LicenceRevoked", "contributor", registrant=contributor)
    yield registry("a retirement", "ModelRetired", "contributor", registrant=contributor)
    yield registry("an offer", "OfferPublished", "contributor", seller=contributor)
    yield registry("an offer of a licence", "OfferPublished", "contributor", seller=contributor, kind="licence", parts=0, licence=[licence_terms()])
    yield registry("an offer withdrawn", "OfferWithdrawn", "contributor")
    yield registry("an offer accepted", "OfferAccepted", "contributor", buyer=contributor)
    yield registry("a feature map", "FeatureMapPublished", "contributor", registrant=contributor)
    yield registry("a text map", "TextMapPublished", "contributor", registrant=contributor)


def attestation(signer, chain_id, contract, epoch, attempt):
    """The file that an attester sends: docs/formats.md#attestation."""
    proposal_hash = seeded(f"proposal {epoch}/{attempt}", 32)
    domain = hash_struct(CONTRACT_DOMAIN_TYPE, ["TallyDistributor", "1", chain_id, bytes.fromhex(contract[2:])])
    hashed = digest(domain, hash_struct(ATTESTATION_TYPE, [epoch, attempt, proposal_hash]))
    document = {"format": "tallystick-attestation/1", "chainId": chain_id, "distributor": contract, "epoch": epoch, "attempt": attempt,
                "proposalHash": "0x" + proposal_hash.hex(), "attester": "0x" + ACCOUNTS[signer].hex(),
                "signature": "0x" + sign(KEYS[signer], hashed).hex()}
    return {"signer": signer, "digest": hashed.hex(), "document": document}


def signature_vectors():
    made = list(cases())
    assert {bytes.fromhex(case["signature"])[64] for case in made} == {27, 28}
    return {
        "how": HOW + " EIP-712 by the EIP's rules; ECDSA over secp256k1 with the k of RFC 6979 and low s, so that a signer that does"
                     " the same writes the same 65 bytes. The keys are public. bodyJson is the hexadecimal of the canonical JSON.",
        "genesis": GENESIS,
        "genesisJson": canonical(GENESIS).encode("utf-8").hex(),
        "ledgerId": LEDGER_ID.hex(),
        "domainSeparator": DOMAIN.hex(),
        "accounts": {name: {"privateKey": key.to_bytes(32, "big").hex(), "address": ACCOUNTS[name].hex()} for name, key in KEYS.items()},
        "cases": made,
        "attestations": [attestation(signer, chain_id, address(name), epoch, attempt) for signer, chain_id, name, epoch, attempt in [
            ("operator", 31_337, "distributor", 1, 1), ("contributor", 1, "distributor", 7, 2),
            ("contributor", 8_453, "another distributor", (1 << 24) - 1, (1 << 32) - 1)]],
        "derivations": list(derivations()),
        "quotes": list(quotes()),
    }
