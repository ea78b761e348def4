"""The words of each clip that its meaning is taken from."""

from __future__ import annotations

import hashlib
import sqlite3

# Rows (slug, words) in an order that depends on nothing but the words: description, caption, tags.
_WORDS = """
SELECT slug, text FROM (
    SELECT slug, text, 1 - (kind = 'description') AS place FROM texts WHERE state = 'current' AND text <> ''
    UNION ALL SELECT slug, tag, 2 FROM tags
) JOIN fragments USING (slug) WHERE NOT retired ORDER BY slug, place, text
"""


def clip_texts(connection: sqlite3.Connection) -> dict[str, str]:
    """What is to be embedded of each clip that is not retired, by slug, in order: description, caption, tags.

    Clips of which nothing is said are left out.
    """
    words: dict[str, list[str]] = {}
    for slug, text in connection.execute(_WORDS):
        words.setdefault(slug, []).append(text.strip(" ."))
    return {slug: ". ".join(dict.fromkeys(said)) for slug, said in words.items()}


def hashed_texts(connection: sqlite3.Connection) -> str:
    """A hash of everything that `clip_texts` reads."""
    digest = hashlib.sha256()
    for row in connection.execute(_WORDS):
        digest.update(repr(tuple(row)).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
