"""What the vectors have in common: where they come from, bytes that look random, and how typed values stand in JSON."""

import hashlib

HOW = "Computed by make_vectors.py (Python standard library only), independently of the code under test."


def seeded(name, length):
    """`length` bytes that anyone makes again from `name`."""
    blocks = (hashlib.sha256(b"%s %d" % (name.encode(), i)).digest() for i in range(-(-length // 32)))
    return b"".join(blocks)[:length]


def address(name):
    """Lower-case 0x-hex."""
    return "0x" + seeded(name, 20).hex()
