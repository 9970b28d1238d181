"""Vectors of docs/text.md: tokens, maximal spans, suffix-vote, BM25 and their mix, each by its definition and nothing faster."""

import functools
import hashlib
import struct
import unicodedata
from collections import Counter

from fixtures import HOW, seeded

SPACES = set("\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff") | {chr(c) for c in range(0x2000, 0x200B)}
MARKS_MAX = 30


def kind(character):
    """L, M, N, space or other: of characters that every Unicode version since 9 has alike."""
    if character in SPACES:
        return "space"
    category = unicodedata.category(character)[0]
    return category if category in "LMN" else "other"


def normalised(form, text):
    """Of each piece of a text that is cut before each 31st mark in a row."""
    pieces, marks = [""], 0
    for character in text:
        marks = marks + 1 if kind(character) == "M" else 0
        if marks > MARKS_MAX:
            pieces.append("")
            marks = 1
        pieces[-1] += character
    return "".join(unicodedata.normalize(form, piece) for piece in pieces)


def normal(text):
    return normalised("NFC", "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in text))


def words(text):
    text, out, at = normal(text), [], 0
    while at < len(text):
        end, first = at + 1, kind(text[at])
        if first == "other":
            while end < len(text) and text[end] == text[at]:
                end += 1
        elif first != "space":
            while end < len(text) and kind(text[end]) in "LMN":
                end += 1
            while end + 1 < len(text) and text[end] in "'\u2019" and kind(text[end + 1]) == "L":
                end += 1
                while end < len(text) and kind(text[end]) == "L":
                    end += 1
        if first != "space":
            out.append(text[at:end])
        at = end
    return out


def token_bytes(salt, text):
    """docs/text.md#in-a-ledger: what a record says of a text in place of its words."""
    return b"".join(hashlib.sha256(salt + word.encode()).digest()[:8] for word in words(text))


def mixed_bits(h):
    h = (h ^ h >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    h = (h ^ h >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return h ^ h >> 16


def shingle_signature(text):
    """docs/similarity.md, text/shingles@1: 128 numbers of 32 bits."""
    plain = normalised("NFKC", text).lower()
    codes = [ord(c) for c in plain if kind(c) in "LMN"] or [ord(c) for c in plain if kind(c) != "space"]
    bins = [None] * 128
    for at in range(max(1, len(codes) - 15)):
        h = 0x811C9DC5
        for code in codes[at:at + 16]:
            h = (h ^ code) * 0x01000193 & 0xFFFFFFFF
        h = mixed_bits(h)
        rest = mixed_bits(h ^ 0x811C9DC5) >> 1
        bins[h >> 25] = rest if bins[h >> 25] is None else min(rest, bins[h >> 25])

    def borrowed(one):
        attempt = 1
        while bins[mixed_bits((one * 0x9E3779B1 + attempt) & 0xFFFFFFFF) >> 25] is None:
            attempt += 1
        return bins[mixed_bits((one * 0x9E3779B1 + attempt) & 0xFFFFFFFF) >> 25]

    return [borrowed(one) if value is None else value for one, value in enumerate(bins)]


def kept(word):
    """As the dictionary keeps it; lengths are in UTF-16 units."""
    if len(word.encode("utf-16-le")) // 2 <= 256:
        return word
    return "\0" + hashlib.sha256(word.encode()).hexdigest()


@functools.cache
def ilog2_q16(x):
    return (x ** 65536).bit_length() - 1


def places(documents, gram):
    """(document, position) of every occurrence."""
    return [
        (d, i)
        for d, document in enumerate(documents)
        for i in range(len(document) - len(gram) + 1)
        if document[i:i + len(gram)] == gram
    ]


def maximal_spans(documents, output):
    found = lambda a, b: 0 <= a and b <= len(output) and bool(places(documents, output[a:b]))
    spans = []
    for start in range(len(output)):
        for end in range(start + 2, len(output) + 1):
            if found(start, end) and not found(start - 1, end) and not found(start, end + 1):
                where = places(documents, output[start:end])
                spans.append({"start": start, "end": end, "count": len(where), "places": where})
    return spans


def suffix_vote(documents, contributors, output):
    total, scores = sum(map(len, documents)), Counter()
    for last in range(len(output)):
        count = len(places(documents, output[last:last + 1]))
        if count == 0:
            continue
        surprisal = ilog2_q16(total) - ilog2_q16(count)
        chain, parts, den = 1 << 24, [], 0
        for length in range(min(5, last + 1), 1, -1):
            gram = output[last - length + 1:last + 1]
            where, context = places(documents, gram), len(places(documents, gram[:-1])) + 1024
            part = chain * len(where) // context
            den += part
            chain = chain * 1024 // context
            if 0 < len(where) <= 10:
                parts.append((part, Counter(d for d, _ in where)))
        den += chain * count // total
        if den == 0:
            continue
        for part, where in parts:
            credit = surprisal * part // den
            of = Counter()
            for d, c in where.items():
                of[contributors[d]] += c
            for d, c in where.items():
                scores[d] += credit // len(of) * c // of[contributors[d]]
    return {d: score for d, score in sorted(scores.items()) if score > 0}


def bm25(texts, output):
    total, scores = sum(map(len, texts)), Counter()
    for d, text in enumerate(texts):
        norm = 300 + 900 * len(text) * len(texts) // max(1, total)
        for word in output:
            tf, df = text.count(word), sum(word in each for each in texts)
            if tf > 0:
                information = ilog2_q16(2 * len(texts) + 2) - ilog2_q16(2 * df + 1)
                scores[d] += information * tf * 2200 // (tf * 1000 + norm)
    return {d: score for d, score in scores.items() if score > 0}


def bm25_divided(documents, contributors, output):
    own = bm25(documents, output)
    names = sorted(set(contributors))
    whole = bm25([sum((t for t, c in zip(documents, contributors) if c == name), []) for name in names], output)
    out = {}
    for d, score in own.items():
        of = sum(s for e, s in own.items() if contributors[e] == contributors[d])
        out[d] = whole.get(names.index(contributors[d]), 0) * score // of
    return {d: score for d, score in out.items() if score > 0}


def mix(vote, word, vote_weight, contributors):
    def millionths(scores):
        return {d: score * 1000000 // max(1, sum(scores.values())) for d, score in scores.items()}

    votes, words = millionths(vote), millionths(word)
    of = lambda d: sum(w for e, w in words.items() if contributors[e] == contributors[d])
    both = millionths({d: v * of(d) for d, v in votes.items()})
    out = {d: (v * vote_weight + both[d] * (100 - vote_weight)) // 100 for d, v in votes.items()}
    return {d: score for d, score in sorted(out.items()) if score > 0}


TEXTS = [
    ("words, apostrophes, runs of marks", "Don't stop \u2014 it\u2019s 3.14... l'2 x''y -- !!!??"),
    ("composed and not", "cafe\u0301 caf\u00e9 A\u030a \u1e9b\u0323"),
    ("lone surrogates", "a\ud800b \udc00\udc00 \udc00\ud800"),
    ("right to left", "\u05e9\u05dc\u05d5\u05dd \u202e\u05e2\u05d5\u05dc\u05dd\u202c \u0627\u0644\u0633\u0644\u0627\u0645"),
    ("marks and joiners", "\u0915\u094d\u0937 \u0915\u094d\u200d\u0937 \u0301a"),
    ("forty marks in the wrong order", "a" + "\u0301\u0316" * 20 + " b"),
    ("look-alike letters", "paypal p\u0430ypal"),
    ("the separator's code, and controls", "a\0b \0\0 \x1b[2K"),
    ("spaces", "\ufeff a\u00a0b\u3000c\u2028\u200bd \n"),
    ("empty", ""),
    ("beyond the first plane", "\U0001d49c\U0001d49c \U0001f642\U0001f642\U0001f643 \U00020000"),
    ("a long word", "x" * 257 + " " + "y" * 256),
    ("fullwidth and digits", "\uff21\uff22 \u0663\u0664 \u00bd x\u00b2"),
]

SPEECHES = [
    "To be, or not to be, that is the question: Whether 'tis nobler in the mind to suffer",
    "Tomorrow, and tomorrow, and tomorrow, creeps in this petty pace from day to day, not to be stopped",
    "The question of the day is whether to be or to suffer, that is the question",
    "",
    "to be to be to be to be, or not to be",
]
OUTPUTS = [
    "to be or not to be, that is the day and tomorrow, and tomorrow",
    "",
    "nothing of unknown words: zzz",
    "The question of the day: to be to be to be, that is the question, or not",
]


def random_case(n):
    """3 to 9 documents of 5 to 60 of at most 2 to 9 words."""
    data = list(seeded(f"text {n}", 1024))
    take = lambda least, most: least + data.pop() % (most - least + 1)
    alphabet = take(2, 9)
    text = lambda length: [f"w{take(1, alphabet)}" for _ in range(length)]
    documents = [text(take(5, 60)) for _ in range(take(3, 9))]
    return [" ".join(each) for each in documents], [take(0, 2) for _ in documents], [" ".join(text(take(2, 30))) for _ in range(2)]


def frequent_case():
    """Grams in exactly 10 places, and in 11."""
    return ["a b " * 6, "b c " * 4 + "a b", "c d a b " * 3, "d a " * 8], [0, 1, 1, 0], ["c d a b c d", "a b c d d a"]


def corpus_cases():
    yield "lines of plays", SPEECHES, [0, 1, 0, 2, 1], OUTPUTS
    yield "frequent grams", *frequent_case()
    for n in range(12):
        yield f"random {n}", *random_case(n)


def corpus_case(name, texts, contributors, outputs):
    documents = [[kept(word) for word in words(text)] for text in texts]
    results = []
    for text in outputs:
        output = [kept(word) for word in words(text)]
        one = [0] * len(documents)
        vote, word = suffix_vote(documents, one, output), bm25(documents, output)
        vote_divided, word_divided = suffix_vote(documents, contributors, output), bm25_divided(documents, contributors, output)
        results.append({
            "text": text,
            "spans": maximal_spans(documents, output),
            "suffixVote": vote,
            "bm25": word,
            "mix": mix(vote, word, 50, range(len(documents))),
            "suffixVoteByContributor": vote_divided,
            "bm25ByContributor": word_divided,
            "mixByContributor": mix(vote_divided, word_divided, 50, contributors),
        })
    return {"name": name, "documents": texts, "contributors": contributors, "outputs": results}


def text_vectors():
    numbers = [1, 2, 3, 5, 10, 100, 257, 65535, 65536, 65537, 1000000, 2 ** 29 - 1, 2 ** 29]
    return {
        "how": HOW,
        "tokenizer": "text/words@1",
        "tokens": [{"name": name, "text": text, "words": words(text), "kept": [kept(w) for w in words(text)],
                    "bytes": token_bytes(seeded("salt", 16), text).hex(),
                    "shingles": hashlib.sha256(struct.pack(">128I", *shingle_signature(text))).hexdigest()} for name, text in TEXTS],
        "salt": seeded("salt", 16).hex(),
        "ilog2Q16": [[x, ilog2_q16(x)] for x in numbers],
        "corpora": [corpus_case(*case) for case in corpus_cases()],
    }
