"""ECDSA over secp256k1 (SEC 2, SEC 1 section 4.1) with the k of RFC 6979, low s as Ethereum's wallets write it."""

import hashlib
import hmac

from keccak import keccak256

P = 2 ** 256 - 2 ** 32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)


def add(a, b):
    """Sum of two points; None is the point at infinity."""
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(k, point):
    total = None
    while k:
        if k & 1:
            total = add(total, point)
        point = add(point, point)
        k >>= 1
    return total


def nonce(key, digest):
    """k of RFC 6979 section 3.2 with SHA-256."""
    seed = key.to_bytes(32, "big") + (int.from_bytes(digest, "big") % N).to_bytes(32, "big")
    mac = lambda by, data: hmac.new(by, data, hashlib.sha256).digest()
    k, v = b"\x00" * 32, b"\x01" * 32
    for step in (b"\x00", b"\x01"):
        k = mac(k, v + step + seed)
        v = mac(k, v)
    while True:
        v = mac(k, v)
        if 0 < int.from_bytes(v, "big") < N:
            return int.from_bytes(v, "big")
        k = mac(k, v + b"\x00")
        v = mac(k, v)


def sign(key, digest):
    """r || s || v, 65 bytes, v 27 or 28."""
    k = nonce(key, digest)
    x, y = times(k, G)
    assert x < N  # else v would be 29 or 30: one in 2^128
    s = pow(k, -1, N) * (int.from_bytes(digest, "big") + x * key) % N
    odd = y & 1
    if s > N // 2:
        s, odd = N - s, 1 - odd
    return x.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27 + odd])


def address_of(key):
    x, y = times(key, G)
    return keccak256(x.to_bytes(32, "big") + y.to_bytes(32, "big"))[12:]


assert (G[1] * G[1] - G[0] ** 3 - 7) % P == 0 and times(N, G) is None
# The address of EIP-712's example key, and a signature that libraries test themselves by (key 1, "Satoshi Nakamoto").
assert address_of(int.from_bytes(keccak256(b"cow"), "big")).hex() == "cd2a3d9f938e13cd947ec05abc7fe734df8dd826"
assert sign(1, hashlib.sha256(b"Satoshi Nakamoto").digest())[:64].hex() == (
    "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
    "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5")
