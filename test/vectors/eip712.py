"""EIP-712 for flat structs: no struct holds another one."""

from keccak import keccak256


def word(kind, value):
    if kind == "string":
        return keccak256(value.encode("utf-8"))
    if kind == "bytes":
        return keccak256(value)
    if kind.endswith("[]"):
        return keccak256(b"".join(word(kind[:-2], each) for each in value))
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
    """keccak256(typeHash || words), the fields as `type_text` lists them."""
    fields = [field.split(" ")[0] for field in type_text[type_text.index("(") + 1:-1].split(",")]
    assert len(fields) == len(values)
    return keccak256(keccak256(type_text.encode()) + b"".join(map(word, fields, values)))


def digest(domain_separator, struct_hash):
    return keccak256(b"\x19\x01" + domain_separator + struct_hash)


# The domain of the EIP's own example.
assert hash_struct("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
                   ["Ether Mail", "1", 1, b"\xcc" * 20]).hex() == "f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f"
