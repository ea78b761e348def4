"""Seeded choice: a function of the show's seed, the action's path and how often it has fired; nothing else."""

from __future__ import annotations

import hashlib


def uniform(seed: int, path: str, fired: int) -> float:
    """A number in [0, 1), the same for the same arguments on every machine.

    BLAKE2b rather than a random generator: there is no state, so no choice depends on those before it.
    """
    digest = hashlib.blake2b(f"{seed}\n{path}\n{fired}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / (1 << 53)


def pick(seed: int, path: str, fired: int, count: int) -> int:
    """An index in [0, count); `count` ≥ 1."""
    return int(uniform(seed, path, fired) * count)


def pick_other(seed: int, path: str, fired: int, count: int, current: int | None) -> int:
    """An index in [0, count) other than `current`, where there is another; `count` ≥ 1."""
    if current is None or count < 2:
        return pick(seed, path, fired, count)
    index = pick(seed, path, fired, count - 1)
    return index + 1 if index >= current else index
