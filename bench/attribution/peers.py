"""What others take for the same: prints one JSON document.
   python peers.py pairs FOLDER          numpy and FAISS on a matrix of events and one of contributions
   python peers.py period FOLDER         numpy's float64 matrix products on a whole period
Threads are set by OMP_NUM_THREADS and OPENBLAS_NUM_THREADS of the caller."""
import json
import sys
import time
from pathlib import Path

import numpy as np

TOP = 10
BLOCK = 8192
BUCKETS = 10


def timed(work):
    start, cpu = time.perf_counter(), time.process_time()
    value = work()
    return value, {"wall_s": time.perf_counter() - start, "cpu_s": time.process_time() - cpu}


def load(folder, name, dtype):
    return np.fromfile(folder / f"{name}.bin", dtype=dtype)


def pairs(folder):
    shape = json.loads((folder / "shape.json").read_text())
    k, accounts = shape["rank"], shape["accounts"]
    events = load(folder, "pair-events", np.int16).reshape(-1, k).astype(np.float32)
    items = load(folder, "pair-items", np.int8).reshape(-1, k).astype(np.float32)
    account = load(folder, "pair-accounts", np.uint32)
    order = np.argsort(account, kind="stable")
    items, account = np.ascontiguousarray(items[order]), account[order]
    starts = np.searchsorted(account, np.arange(accounts))

    def product_only():
        for at in range(0, len(events), 256):
            events[at : at + 256] @ items.T

    def reduced():
        kept = []
        for at in range(0, len(events), 256):
            scores = events[at : at + 256] @ items.T
            best = np.argpartition(scores, -TOP, axis=1)[:, -TOP:]
            kept.append((best, np.abs(scores).sum(axis=1), np.add.reduceat(scores, starts, axis=1)))
        return kept

    found = {"numpy, product only": timed(product_only)[1], "numpy, same sums": timed(reduced)[1]}
    try:
        import faiss

        index = faiss.IndexFlatIP(k)
        index.add(items)
        found["FAISS IndexFlatIP, top 10 only"] = timed(lambda: index.search(events, TOP))[1]
    except ImportError:
        pass
    return found


def gradients(factors, errors, at, to):
    return (errors[at:to, :, None].astype(np.float64) * factors[at:to, None, :]).reshape(to - at, -1)


def period(folder):
    """The steps of docs/attribution.md in float64, with the ten buckets of the interval and without its ensemble."""
    shape = json.loads((folder / "shape.json").read_text())
    rank, classes = shape["rank"], shape["classes"]
    size = rank * classes

    def rows(name):
        return load(folder, f"{name}.factors", np.int8).reshape(-1, rank), load(folder, f"{name}.errors", np.int16).reshape(-1, classes)

    def run():
        a, item_errors = rows("items")
        b, event_errors = rows("events")
        u, account = load(folder, "items.u", np.uint32), load(folder, "items.account", np.uint32)
        fee, p = load(folder, "events.fee", np.float64), load(folder, "events.p", np.uint16)
        k = load(folder, "curvature", np.float64).reshape(size, size)
        matrix = k + np.eye(size) * (0.3 * np.trace(k) / size)
        accounts = int(account.max()) + 1
        psi = np.zeros((accounts, size))
        order = np.argsort(account, kind="stable")
        starts = np.append(np.searchsorted(account[order], np.arange(accounts)), len(order))
        for c in range(accounts):
            mine = order[starts[c] : starts[c + 1]]
            weighted = item_errors[mine].astype(np.float64) * u[mine, None]
            psi[c] = (weighted.T @ a[mine].astype(np.float64)).ravel()
        s = np.linalg.solve(matrix, psi.T)
        moved = np.empty(len(b))
        for at in range(0, len(b), BLOCK):
            t = gradients(b, event_errors, at, min(at + BLOCK, len(b))) @ s
            moved[at : at + BLOCK] = np.maximum(np.maximum(t, 0).sum(axis=1), np.maximum(-t, 0).sum(axis=1))
        m = fee * np.minimum(p, np.median(p * moved) / np.maximum(moved, 1e-300))
        parts = np.zeros((BUCKETS, size))
        for at in range(0, len(b), BLOCK):
            to = min(at + BLOCK, len(b))
            chosen = np.zeros((to - at, BUCKETS))
            chosen[np.arange(to - at), np.arange(at, to) % BUCKETS] = m[at:to]
            parts += chosen.T @ gradients(b, event_errors, at, to)
        whole = parts.sum(axis=0)
        x = np.linalg.solve(matrix, np.vstack([whole, whole - parts]).T)
        scores = np.zeros((accounts, BUCKETS + 1))
        for at in range(0, len(a), BLOCK):
            to = min(at + BLOCK, len(a))
            values = (gradients(a, item_errors, at, to) @ x) * u[at:to, None]
            for column in range(BUCKETS + 1):
                scores[:, column] += np.bincount(account[at:to], values[:, column], accounts)
        return scores

    return {"numpy": timed(run)[1]}


print(json.dumps({"pairs": pairs, "period": period}[sys.argv[1]](Path(sys.argv[2]))))
