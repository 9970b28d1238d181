"""Keccak-256, the permutation written out."""

import struct

MASK = (1 << 64) - 1


def rol(x, n):
    return ((x << n) | (x >> (64 - n))) & MASK if n else x


def round_constants():
    lfsr = 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if lfsr & 1:
                constant |= 1 << ((1 << j) - 1)
            lfsr = (lfsr << 1) ^ (0x171 if lfsr & 0x80 else 0)
        yield constant


def permute(a):
    for constant in round_constants():
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        a = [a[i] ^ c[(i - 1) % 5] ^ rol(c[(i + 1) % 5], 1) for i in range(25)]
        b = list(a)
        x, y = 1, 0
        for t in range(24):
            source = a[x + 5 * y]
            x, y = y, (2 * x + 3 * y) % 5
            b[x + 5 * y] = rol(source, ((t + 1) * (t + 2) // 2) % 64)
        a = [b[i] ^ (~b[5 * (i // 5) + (i + 1) % 5] & MASK & b[5 * (i // 5) + (i + 2) % 5]) for i in range(25)]
        a[0] ^= constant
    return a


def keccak256(data):
    rate = 136
    padded = bytearray(data + b"\x01" + b"\x00" * ((-len(data) - 1) % rate))
    padded[-1] |= 0x80
    state = [0] * 25
    for at in range(0, len(padded), rate):
        for i, word in enumerate(struct.unpack("<17Q", padded[at:at + rate])):
            state[i] ^= word
        state = permute(state)
    return struct.pack("<4Q", *state[:4])


assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
assert keccak256(b"abc").hex() == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
