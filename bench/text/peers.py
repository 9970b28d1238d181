"""infini-gram and tantivy over what peers.ts wrote: python peers.py FOLDER. Prints one line of JSON."""

import array
import itertools
import json
import math
import os
import shutil
import subprocess
import sys
import time

import infini_gram
import tantivy
from infini_gram.engine import InfiniGramEngine

SEPARATOR = 0xFFFF
PLACES_MAX = 1000
HACK = "100000"
WARM = 5


def index(folder):
    """As infini_gram.indexing does it, in one part, without its tokenizer."""
    data, parts, merged = (os.path.join(folder, name) for name in ("tokenized.0", "parts", "merged"))
    program = os.path.join(os.path.dirname(infini_gram.__file__), "rust_indexing")
    size = os.path.getsize(data)
    ratio = str(math.ceil(math.log2(size) / 8))

    def run(verb, *more):
        command = [program, verb, "--data-file", data, *more, "--ratio", ratio, "--token-width", "2"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    os.makedirs(parts)
    os.makedirs(merged)
    run("make-part", "--parts-dir", parts, "--start-byte", "0", "--end-byte", str(size))
    run("merge", "--parts-dir", parts, "--merged-dir", merged, "--num-threads", "1", "--hacksize", HACK)
    run("concat", "--merged-dir", merged, "--merged-file", os.path.join(folder, "table.0"), "--num-threads", "1")
    shutil.rmtree(parts)
    shutil.rmtree(merged)


def percentiles(times):
    times = sorted(times)
    at = lambda percent: 1000 * times[max(0, math.ceil(len(times) * percent / 100) - 1)]
    return {"p50_ms": at(50), "p95_ms": at(95)}


def spans_of_infini_gram(folder, outputs):
    started = time.perf_counter()
    index(folder)
    build_s = time.perf_counter() - started
    engine = InfiniGramEngine([folder], eos_token_id=0, version=4, token_dtype="u16")
    ask = lambda output: engine.attribute(output, [], 2, PLACES_MAX, False)["spans"]
    for output in outputs[:WARM]:
        ask(output)
    times, found = [], []
    for number, output in enumerate(outputs):
        started = time.perf_counter()
        spans = ask(output)
        times.append(time.perf_counter() - started)
        found += [[number, span["l"], span["r"], span["count"]] for span in spans]
    return {"build_s": build_s, **percentiles(times), "spans": found}


def rate_of_tantivy(folder, outputs):
    tokens = array.array("H")
    with open(os.path.join(folder, "tokenized.0"), "rb") as file:
        tokens.frombytes(file.read())
    started = time.perf_counter()
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("words", stored=False)
    searched = tantivy.Index(builder.build())
    writer = searched.writer(heap_size=256_000_000, num_threads=1)
    document, documents = [], 0
    for token in itertools.chain(itertools.islice(tokens, 1, None), [SEPARATOR]):
        if token != SEPARATOR:
            document.append(f"w{token}")
            continue
        writer.add_document(tantivy.Document(words=[" ".join(document)]))
        document, documents = [], documents + 1
    writer.commit()
    writer.wait_merging_threads()
    searched.reload()
    build_s = time.perf_counter() - started
    searcher = searched.searcher()
    rates = {"build_s": build_s}
    for name, limit in (("top10_per_s", 10), ("all_per_s", documents)):
        ask = lambda output: searcher.search(searched.parse_query(" ".join(f"w{token}" for token in output), ["words"]), limit)
        ask(outputs[0])
        started = time.perf_counter()
        for output in outputs:
            ask(output)
        rates[name] = len(outputs) / (time.perf_counter() - started)
    return rates


folder = sys.argv[1]
with open(os.path.join(folder, "outputs.json"), encoding="ascii") as file:
    outputs = json.load(file)
print(json.dumps({"infiniGram": spans_of_infini_gram(folder, outputs), "tantivy": rate_of_tantivy(folder, outputs)}))
