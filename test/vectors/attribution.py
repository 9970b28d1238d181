"""Attribution of a period, as docs/attribution.md and the methods' pages (jobs/attribution/*/README.md) have it.

Whole numbers are Python's own; the few floats are those of the solves.
"""

import math
from fractions import Fraction

from float64_solver import cholesky, exponent_for, rounded, solve, substitute
from settlement_vectors import apportion

POOL = 10**15 + 7


def shift(number, k):
    """number · 2^k, floored when k < 0."""
    return number << k if k >= 0 else number >> -k


def median(ordered):
    return ordered[(len(ordered) - 1) // 2] if ordered else 0


def norm1(vector):
    return sum(abs(value) for value in vector)


# ---- curvatures: blocks of K, each with its λ ----


class Curvature:
    """Blocks of K down the diagonal. A block of None stands for K = 0, λ = 1: dividing by λ is all there is to solve."""

    def __init__(self, blocks, size):
        self.blocks, self.size = blocks, size
        self.lambdas = []
        for block in blocks:
            trace = 0 if block is None else sum(block[i][i] for i in range(len(block)))
            self.lambdas.append(1 if block is None else max(1, 3 * trace // (10 * len(block))))
        self.factors = {}

    def each(self):
        start = 0
        for block, ridge in zip(self.blocks, self.lambdas):
            size = self.size if block is None else len(block)
            yield start, start + size, block, ridge
            start += size

    def ridged(self, more):
        if more not in self.factors:
            self.factors[more] = []
            for _, _, block, ridge in self.each():
                if block is None:
                    self.factors[more].append(None)
                    continue
                a = [[float(cell + (ridge + more if i == j else 0)) for j, cell in enumerate(row)]
                     for i, row in enumerate(block)]
                self.factors[more].append((a, cholesky(a)))
        return self.factors[more]

    def apply(self, b, more, refine):
        x = []
        for (start, end, _, ridge), factor in zip(self.each(), self.ridged(more)):
            part = b[start:end]
            if factor is None:
                x += [value / float(ridge + more) for value in part]
            else:
                x += solve(*factor, part) if refine else substitute(factor[1], part)
        return x

    def substitute(self, b):
        return self.apply([float(value) for value in b], 0, refine=False)

    def solve(self, b, more):
        return self.apply([float(value) for value in b], more, refine=True)

    def error_nano(self, g, x, k, more):
        """Step 9, the greatest of the blocks."""
        worst = 0
        for start, end, block, ridge in self.each():
            exact = [Fraction(value) for value in x[start:end]]
            q = max((value.denominator.bit_length() - 1 for value in exact), default=0)
            squares = 0
            for i, value in enumerate(exact):
                product = sum((Fraction(cell) * other for cell, other in zip(block[i], exact)), Fraction(0)) if block else 0
                rho = (Fraction(g[start + i]) - product - (ridge + more) * value) * 2**q
                assert rho.denominator == 1
                squares += rho.numerator**2
            n = math.isqrt(squares) + 1
            worst = max(worst, math.ceil(Fraction(n * 10**9) * Fraction(2)**k / ((ridge + more) * 2**q)))
        return worst


def softmax_curvature(items, n, r):
    size = n * r
    block = [[0] * size for _ in range(size)]
    for item in items:
        ah = [(value * item["ua"]) >> 11 for value in item["a"]]
        p8 = [(256 * p + 500) // 1000 for p in item["p"]]
        weight = sum(p8)
        for c in range(n):
            for d in range(n):
                m = (weight * p8[c] if c == d else 0) - p8[c] * p8[d]
                for j in range(r):
                    for k in range(r):
                        block[c * r + j][d * r + k] += m * ah[j] * ah[k]
    return Curvature([block], size)


def gram_block(items, start, end):
    block = [[0] * (end - start) for _ in range(end - start)]
    for item in items:
        ah = [(value * item["ua"]) >> 11 for value in item["a"][start:end]]
        for j, left in enumerate(ah):
            for k, right in enumerate(ah):
                block[j][k] += left * right
    return block


def curvature_of(method, period):
    items, n, r = period["items"], period["classes"], period["rank"]
    if method == "influence/factored@2":
        return softmax_curvature(items, n, r)
    if method == "influence/dense@1":
        return Curvature([gram_block(items, 0, r)], r)
    if method == "trak/ensemble@1":
        size = r // period["blocks"]
        return Curvature([gram_block(items, at, at + size) for at in range(0, r, size)], r)
    return Curvature([None], n * r)


# ---- steps 2 to 4 ----


def capped(items):
    """u of each item."""
    norms = [item["ua"] ** 2 * sum(value * value for value in item["a"]) for item in items]
    middle = median(sorted(norm for norm in norms if norm > 0))
    out = []
    for item, norm in zip(items, norms):
        q = 2**32 if norm == 0 else (25 * middle << 32) // (16 * norm)
        out.append((item["ua"] * (65536 if q >= 2**32 else math.isqrt(q))) >> 12)
    return out


def item_error(period, item):
    if period["kind"] == "dense":
        return [item.get("weight", 1)]
    uniform = 1000 // period["classes"]
    hot = [1000 if c == item["label"] else 0 for c in range(period["classes"])]
    return [18 * (p - h) + 2 * (uniform - h) for p, h in zip(item["p"], hot)]


def event_error(period, event):
    if period["kind"] == "dense":
        return [1]
    return [p - (1000 if c == event["label"] else 0) for c, p in enumerate(event["p"])]


def outer(error, vector):
    return [e * value for e in error for value in vector]


def dot(left, right):
    return sum(a * b for a, b in zip(left, right))


def groups_of(period, u):
    """Group -> Ψ, of all groups that have items."""
    groups = {}
    for item, multiplier in zip(period["items"], u):
        psi = groups.setdefault(2 * item["account"] + item["withdrawn"], [0] * (period["classes"] * period["rank"]))
        gradient = outer(item_error(period, item), [value * multiplier for value in item["a"]])
        for cell, value in enumerate(gradient):
            psi[cell] += value
    return groups


def movement(period, curvature, groups, gradients):
    """Step 4: k and M of each event; None when every Ψ is 0."""
    moving = [groups[g] for g in sorted(groups) if any(groups[g])]
    if not moving:
        return None
    count, size = len(groups), curvature.size
    each = count <= 1024 or (count <= 16384 and count * len(gradients) <= 2**27 and count * size <= 2**24)
    return (movement_each if each else movement_form)(period, curvature, moving, count, gradients)


def movement_each(period, curvature, moving, count, gradients):
    """4a."""
    spread = min(10, 20 - (count - 1).bit_length())
    solutions = [curvature.substitute(psi) for psi in moving]
    exponents = [exponent_for(s, 15) for s in solutions]
    exponents = [min(k, min(exponents) + spread) for k in exponents]
    scores = [rounded(s, k) for s, k in zip(solutions, exponents)]
    top = max(exponents)
    roundings = sum(1 << (top - k) for k in exponents)
    moved = []
    for g in gradients:
        t = [dot(g, s) << (top - k) for s, k in zip(scores, exponents)]
        most = max(sum(value for value in t if value > 0), -sum(value for value in t if value < 0))
        moved.append(1 + most + -(-norm1(g) * roundings // 2))
    return top, moved


def movement_form(period, curvature, moving, _, gradients):
    """4b."""
    size = curvature.size
    halves = [(sum(value * value for value in psi).bit_length() + 3) >> 2 for psi in moving]
    weight = sum(4**h for h in halves)
    t = (weight.bit_length() - 51) >> 1
    ys = [[shift(value, -(h + t)) for value in psi] for psi, h in zip(moving, halves)]
    gamma = [[sum(y[i] * y[j] for y in ys) for j in range(size)] for i in range(size)]
    more = 65 * len(ys) * size + 1 + ((sum(gamma[i][i] for i in range(size)) // size) >> 20)
    lower = cholesky([[float(cell + (more if i == j else 0)) for j, cell in enumerate(row)]
                      for i, row in enumerate(gamma)])
    roots = [curvature.substitute([lower[i][j] for i in range(size)]) for j in range(size)]
    k_r = exponent_for([value for root in roots for value in root], 15)
    roots = [rounded(root, k_r) for root in roots]
    errors = 2100 if period["kind"] == "factored" else 1
    z = max(0, (errors * 63 * period["rank"] * 32767).bit_length() - ((52 - size.bit_length()) >> 1))
    spread = (math.isqrt(weight) + 1) << z
    drop = max(0, spread.bit_length() + 27 - 60)
    k = k_r - t - drop
    total = [sum(cells) for cells in zip(*moving)]
    if any(total):
        s = curvature.substitute(total)
        k_s = exponent_for(s, 24)
        s_hat = rounded(s, k_s)
    moved = []
    for g in gradients:
        q = sum(((abs(dot(g, root)) >> z) + 1) ** 2 for root in roots)
        net = 0
        if any(total):
            net = abs(shift(dot(g, s_hat), k - k_s)) + shift(norm1(g), k - k_s - 1) + 1
        root = math.isqrt(q) + (((math.isqrt(size) + 1) * norm1(g)) >> (z + 1)) + 2
        moved.append(1 + ((((spread * (root + (root >> 7) + 1)) >> drop) + 1 + net) >> 1))
    return k, moved


# ---- steps 5 to 8, the same for every method ----


def least_level(fees, mp, moved):
    paid = [e for e in range(len(fees)) if fees[e] > 0 and mp[e] > 0]

    def by_fee(values):
        half, reached = sum(fees[e] for e in paid), 0
        for e in sorted(paid, key=lambda event: values[event]):
            reached += fees[e]
            if 2 * reached >= half:
                return values[e]

    return max(1, (256 * by_fee(mp) * by_fee(moved)) >> 10) if paid else 1


def pay(period, k, mp, moved, evaluate):
    """Steps 5 and 8. `evaluate(m)` gives the scores of the accounts, in units of 2^−k, and what else is known of them."""
    fees = [event["fee"] for event in period["events"]]
    fee_shift = max(0, sum(fees).bit_length() - 48)
    fees = [fee >> fee_shift for fee in fees]
    f = sum(fees)
    least = least_level(fees, mp, moved)

    def weights(level):
        theta = None if level is None else 900_000 * level // period["dataParts"]
        return [fee * (256 * p if theta is None else min(256 * p, theta // m)) for fee, p, m in zip(fees, mp, moved)]

    def positive(level):
        return sum(max(0, s) for s in evaluate(weights(level))["scores"])

    fixed = period["dBarFixed"]
    if fixed is not None:
        level = max(least, shift(fixed, k - 128))
    else:
        level = max(least, positive(None) // f)
        for _ in range(32):
            if level <= least:
                break
            lower = max(least, min(level, positive(level) // f))
            if lower == level:
                break
            level = lower
    m = weights(level)
    result = evaluate(m)
    scores = result["scores"]
    p = sum(max(0, s) for s in scores)
    squares = sum(value * value for value in m)
    effective = 0 if squares == 0 else sum(m) ** 2 // squares
    denominator = max(p, level * f)
    pays = effective >= period["minEvents"]
    if fixed is None:
        following = max(1, least, p // f)
    else:
        following = max(1, least, min(max(p // f, level * 9 // 10), level * 11 // 10))
    return {
        **result,
        "feeShift": fee_shift,
        "feesScaled": f,
        "exponent": k,
        "dBar": level,
        "effectiveEvents": effective,
        "sumPositive": p,
        "denominator": denominator,
        "dBarNext": following if pays else None,
        "dBarFixed": shift(following, 128 - k) if pays else None,
        "pool": POOL,
        "parts": apportion(POOL, [max(0, s) for s in scores] + [denominator - p]) if pays else None,
    }


def bilinear(method, period):
    """Steps 1 to 9 of a method whose score is a product of two gradients."""
    items, events = period["items"], period["events"]
    curvature = curvature_of(method, period)
    u = capped(items)
    gradients = [outer(event_error(period, event), event["b"]) for event in events]
    moves = movement(period, curvature, groups_of(period, u), gradients)
    if moves is None or sum(event["fee"] for event in events) == 0:
        return None
    k, moved = moves
    mp = [0 if event["own"] else (event["p16"] * event["ub"]) >> 16 for event in events]
    sums_to = 42_000 if period["kind"] == "factored" else 1000 if "blocks" in period else 1
    bits = min(24, 53 - (sums_to * 63 * period["rank"]).bit_length())

    def evaluate(m):
        g = [sum(weight * gradient[cell] for weight, gradient in zip(m, gradients)) for cell in range(curvature.size)]
        x, v, k_v, retries = demand_vector(curvature, g, bits)
        sums = [[0, 0] for _ in range(period["accounts"])]
        values = []
        for item, multiplier in zip(items, u):
            w = dot(outer(item_error(period, item), item["a"]), v)
            sums[item["account"]][item["withdrawn"]] += w * multiplier
            values.append((w * multiplier) >> 21)
        return {
            "scores": [shift(kept, k - k_v) + min(0, shift(gone, k - k_v)) for kept, gone in sums],
            "lambda": max(curvature.lambdas),
            "lambdaRetries": retries,
            "vExponent": k_v,
            "v": v,
            "x": x,
            "vErrorNano": curvature.error_nano(g, x, k_v, retries) if any(g) else 0,
            "values": values,
        }

    return pay(period, k, mp, moved, evaluate)


def demand_vector(curvature, g, bits):
    """Step 6: x, V, k_V and the retries."""
    if not any(g):
        return [0.0] * curvature.size, [0] * curvature.size, 0, 0
    for retries in range(65):
        x = curvature.solve(g, retries)
        k = exponent_for(x, bits)
        parts = [abs(math.ldexp(value, k)) for value in x]
        if retries == 64 or not any(abs(part - math.floor(part) - 0.5) < 1e-6 for part in parts):
            return x, rounded(x, k), k, retries


def neighbours(_, period):
    """knn-shapley@1: no vector, a score for each pair."""
    items, events = period["items"], period["events"]
    stored = [[(value * item["ua"]) >> 4 for value in item["a"]] for item in items]
    pairs = []
    for event in events:
        query = [(value * event["ub"]) >> 4 for value in event["b"]]
        distances = [sum((a - b) ** 2 for a, b in zip(row, query)) for row in stored]
        order = sorted(range(len(items)), key=lambda item: (distances[item], item))
        match = [1 if items[item]["label"] == event["label"] else 0 for item in order]
        value = match[-1] * (2**30 // max(len(items), 10))
        scores = [0] * len(items)
        scores[order[-1]] = value
        for place in range(len(items) - 1, 0, -1):
            value += (match[place - 1] - match[place]) * (2**30 * min(10, place) // (10 * place))
            scores[order[place - 1]] = value
        pairs.append(scores)
    moved = []
    for scores in pairs:
        sums = {}
        for item, score in zip(items, scores):
            group = (item["account"], item["withdrawn"])
            sums[group] = sums.get(group, 0) + score
        moved.append(1 + max(sum(s for s in sums.values() if s > 0), -sum(s for s in sums.values() if s < 0)))
    mp = [0 if event["own"] else event["p16"] for event in events]

    def evaluate(m):
        exact = [sum(weight * scores[i] for weight, scores in zip(m, pairs)) for i in range(len(items))]
        sums = [[0, 0] for _ in range(period["accounts"])]
        for item, value in zip(items, exact):
            sums[item["account"]][item["withdrawn"]] += value
        coarser = max(0, max(abs(value) for value in exact).bit_length() - 52)
        return {
            "scores": [kept + min(0, gone) for kept, gone in sums],
            **{"lambda": 0, "lambdaRetries": 0, "vExponent": 0, "v": [], "x": [], "vErrorNano": 0},
            "values": [value >> coarser for value in exact],
        }

    return pay(period, 30, mp, moved, evaluate)


METHODS = {
    "influence/factored@2": bilinear,
    "influence/dense@1": bilinear,
    "influence/exact@1": bilinear,
    "trak/ensemble@1": bilinear,
    "knn-shapley@1": neighbours,
    "gradient-dot@1": bilinear,
}
