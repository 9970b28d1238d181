"""Vectors of division, settlement lines and the payout tree: docs/formats.md#settlement, #payout-tree, #stored-payout-tree."""

from fractions import Fraction

from fixtures import HOW, seeded
from keccak import keccak256
from rfc6962 import mth, path
from rfc8785 import canonical


def apportion(pool, weights):
    """Hamilton's method on exact fractions; nothing is given when no weight is."""
    total = sum(weights)
    if total == 0:
        return [0] * len(weights)
    quotas = [Fraction(pool * weight, total) for weight in weights]
    amounts = [quota.numerator // quota.denominator for quota in quotas]
    nearest = sorted(range(len(weights)), key=lambda i: (amounts[i] - quotas[i], i))
    for i in nearest[:pool - sum(amounts)]:
        amounts[i] += 1
    assert sum(amounts) == pool and all(abs(a - q) < 1 for a, q in zip(amounts, quotas))
    return amounts


def mixed_case(n):
    """2 to 40 weights of 1 to 119 bits, some of them 0; in every third case each weight stands twice."""
    data = seeded(f"apportion {n}", 16 * 42)
    pool, shape, *numbers = [int.from_bytes(data[at:at + 16], "big") for at in range(0, len(data), 16)]
    count, bits, pool_bits = 2 + shape % 39, 1 + shape // 39 % 119, 1 + shape // 4641 % 119
    weights = [0 if number % 5 == 0 else number >> 128 - bits for number in numbers[:count]]
    return pool >> 128 - pool_bits, [weights[i // 2] for i in range(count)] if n % 3 == 0 else weights


def apportion_cases():
    most = 2 ** 119
    yield "an equal division", 9, [1, 1, 1]
    yield "a tie for one unit", 10, [1, 1, 1]
    yield "a tie for two units", 5, [7, 7, 7]
    yield "a tie behind a larger remainder", 7, [3, 5, 3, 5]
    yield "the lower index of two halves", 1, [1, 1]
    yield "weights of 0 between", 10, [0, 3, 0, 3, 3, 0]
    yield "nobody has a weight", 10, [0, 0, 0]
    yield "nobody at all", 10, []
    yield "one payee", 2 ** 96 - 1, [3]
    yield "nothing to divide", 0, [1, 2, 3]
    yield "nothing to divide by nothing", 0, [0, 0]
    yield "fewer units than payees", 3, [1] * 8
    yield "one unit and a large weight late", 1, [1, 1, 1, 4]
    yield "a pool just below a million", 999_999, [600_000, 250_000, 100_000, 50_000]
    yield "a policy without data parts", 1_000_003, [0, 700_000, 299_999, 1]
    yield "the largest fee", 2 ** 96 - 1, [600_000, 250_000, 100_000, 50_000]
    yield "2^119 among three", most, [1, 1, 1]
    yield "2^119 by large weights", most, [most, most - 1, 1, 2 ** 64]
    yield "remainders that differ in the last bit", most - 1, [2 ** 118 + 1, 2 ** 118, 2 ** 118 - 1]
    yield "quotas beyond 2^53 that a float makes equal", 2 ** 60 + 1, [2 ** 53 + 1, 2 ** 53, 2 ** 53 + 1]
    yield "weights far above the pool", 1, [most, most + 1, most]
    yield "the Alabama paradox, before", 10, [6, 6, 2]
    yield "the Alabama paradox, after: more to divide, less for the last", 11, [6, 6, 2]
    for n in range(20):
        yield f"mixed {n}", *mixed_case(n)


def apportion_vectors():
    return {
        "how": HOW + " Largest remainders on exact fractions (Python's Fraction); ties to the lower index.",
        "cases": [{"name": name, "pool": str(pool), "weights": list(map(str, weights)), "amounts": list(map(str, apportion(pool, weights)))}
                  for name, pool, weights in apportion_cases()],
    }


def payout_leaf(chain_id, distributor, account, token, cumulative):
    words = [int(x, 16) for x in (distributor, account, token)]
    encoded = b"".join(word.to_bytes(32, "big") for word in (chain_id, *words, cumulative))
    return keccak256(keccak256(encoded))


def payout_tree(leaves):
    tree = [b""] * (len(leaves) - 1) + sorted(leaves, reverse=True)
    for i in range(len(leaves) - 2, -1, -1):
        tree[i] = keccak256(b"".join(sorted((tree[2 * i + 1], tree[2 * i + 2]))))
    return tree


def payout_file(chain_id, distributor, payouts, leaves, tree):
    """docs/formats.md#stored-payout-tree"""
    address = lambda text: bytes.fromhex(text[2:])
    rows = [(address(a) + address(t) + c.to_bytes(32, "big"), leaf) for (a, t, c), leaf in zip(payouts, leaves)]
    entries = b"".join(row + tree.index(leaf).to_bytes(4, "big") for row, leaf in sorted(rows))
    head = b"tally-payouts/1\n" + len(rows).to_bytes(4, "big") + chain_id.to_bytes(32, "big") + bytes(12) + address(distributor)
    return head + entries + b"".join(tree)


def line_vectors():
    lines = [canonical({"amount": str(10 ** (i % 27)), "cause": "data", "line": i}).encode() for i in range(13)]
    return {
        "how": HOW + " The tree of RFC 6962 section 2.1 over the canonical JSON bytes of each line.",
        "lines": [line.decode() for line in lines],
        "roots": [{"size": n, "root": mth(lines[:n]).hex()} for n in (0, 1, 2, 3, 7, 8, 13)],
        "proofs": [{"index": i, "proof": [h.hex() for h in path(i, lines)]} for i in range(13)],
    }


def payout_vectors():
    chain_id, distributor = 31337, "0x" + "d1" * 20
    amounts = [0, 1, 10 ** 18, 2 ** 53 + 1, 2 ** 64, 2 ** 96 - 1, 2 ** 128 + 5, 2 ** 256 - 1]
    payouts = []
    for i in range(33):
        account = "0x" + keccak256(b"account %d" % (i // 2)).hex()[:40]
        token = "0x" + keccak256(b"token %d" % (i % 2)).hex()[:40]
        payouts.append((account, token, amounts[i % len(amounts)]))
    leaves = [payout_leaf(chain_id, distributor, *p) for p in payouts]
    roots = []
    for size in (1, 2, 3, 4, 5, 6, 7, 8, 13, 16, 17, 33):
        tree = payout_tree(leaves[:size])
        proofs = []
        for own in leaves[:size]:
            at, proof = tree.index(own), []
            while at:
                proof.append("0x" + tree[at + 1 if at % 2 else at - 1].hex())
                at = (at - 1) // 2
            proofs.append(proof)
        more = {"proofs": proofs} if size in (1, 7, 13) else {}
        if size in (1, 7):
            more["file"] = "0x" + payout_file(chain_id, distributor, payouts[:size], leaves[:size], tree).hex()
        roots.append({"size": size, "root": "0x" + tree[0].hex(), **more})
    return {
        "how": HOW + " Keccak-256 written out, OpenZeppelin standard-v1 layout; the test holds the same roots against @openzeppelin/merkle-tree.",
        "chainId": str(chain_id),
        "distributor": distributor,
        "payouts": [{"account": a, "token": t, "cumulative": str(c), "leafHash": "0x" + h.hex()} for (a, t, c), h in zip(payouts, leaves)],
        "roots": roots,
    }
