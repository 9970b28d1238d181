"""EIP-712 for structs that hold at most lists of one flat struct."""

from keccak import keccak256


def word(kind, value, held):
    if kind == "string":
        return keccak256(value.encode("utf-8"))
    if kind == "bytes":
        return keccak256(value)
    if kind.endswith("[]"):
        return keccak256(b"".join(word(kind[:-2], each, held) for each in value))
    if kind in held:
        return hash_struct(held[kind], value)
    if kind in ("bytes16", "bytes32"):
        assert len(value) == int(kind[5:])
        return value.ljust(32, b"\x00")
    if kind == "bool":
        return bytes([value]).rjust(32, b"\x00")
    if kind == "address":
        assert len(value) == 20
        return b"\x00" * 12 + value
    assert kind.startswith("uint") and 0 <= value < 1 << int(kind[4:])
    return value.to_bytes(32, "big")


def hash_struct(type_text, values):
    """keccak256(typeHash || words), the fields as `type_text` lists them; behind them come the structs that they hold."""
    own, *others = [text + ")" for text in type_text.split(")")[:-1]]
    held = {text[:text.index("(")]: text for text in others}
    fields = [field.split(" ")[0] for field in own[own.index("(") + 1:-1].split(",")]
    assert len(fields) == len(values)
    return keccak256(keccak256(type_text.encode()) + b"".join(word(field, value, held) for field, value in zip(fields, values)))


def digest(domain_separator, struct_hash):
    return keccak256(b"\x19\x01" + domain_separator + struct_hash)


# The domain of the EIP's own example.
assert hash_struct("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
                   ["Ether Mail", "1", 1, b"\xcc" * 20]).hex() == "f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f"
# A struct that holds others is hashed with their types behind its own (EIP-712, "Definition of encodeType"): the mail of the EIP's example, with its
# persons in a list of one.
PERSON = "Person(string name,address wallet)"
assert hash_struct("Mail(Person[] from)" + PERSON, [[["Cow", b"\xcd" * 20]]]) == keccak256(
    keccak256(("Mail(Person[] from)" + PERSON).encode()) + keccak256(hash_struct(PERSON, ["Cow", b"\xcd" * 20])))
