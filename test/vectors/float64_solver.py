"""Solves in float64, in the order of docs/attribution.md#solve. Python's float is IEEE 754 binary64 and never fused, so the bits
are the same everywhere.
"""

import math


def cholesky(a):
    size = len(a)
    lower = [[0.0] * size for _ in range(size)]
    for j in range(size):
        for i in range(j, size):
            t = a[i][j]
            for k in range(j):
                t = t - lower[i][k] * lower[j][k]
            lower[i][j] = math.sqrt(t) if i == j else t / lower[j][j]
    return lower


def substitute(lower, b):
    size = len(b)
    y = [0.0] * size
    for i in range(size):
        t = b[i]
        for k in range(i):
            t = t - lower[i][k] * y[k]
        y[i] = t / lower[i][i]
    x = [0.0] * size
    for i in reversed(range(size)):
        t = y[i]
        for k in range(size - 1, i, -1):
            t = t - lower[k][i] * x[k]
        x[i] = t / lower[i][i]
    return x


def solve(a, lower, b):
    size = len(b)
    x = substitute(lower, b)
    for _ in range(3):
        residual = []
        for i in range(size):
            res = b[i]
            for j in range(size):
                res = res - a[i][j] * x[j]
            residual.append(res)
        x = [value + more for value, more in zip(x, substitute(lower, residual))]
    return x


def exponent_for(vector, bits):
    """Largest k with rint(2^k · max|x|) < 2^bits."""
    largest = max(abs(value) for value in vector)
    k = bits - math.frexp(largest)[1] + 1
    while round(math.ldexp(largest, k)) >= 2**bits:
        k -= 1
    return k


def rounded(vector, k):
    """rint(2^k · x): Python's round of a float is exact and rounds half to even."""
    return [round(math.ldexp(value, k)) for value in vector]
