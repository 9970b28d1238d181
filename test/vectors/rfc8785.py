"""Canonical JSON (RFC 8785) for values without fractions."""

import json


def canonical(value):
    """RFC 8785 for values without fractions: keys by UTF-16 code units, Python's escapes rewritten to the RFC's."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda k: k.encode("utf-16-be"))
        return "{" + ",".join(canonical(k) + ":" + canonical(value[k]) for k in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
