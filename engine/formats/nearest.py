"""What a person probably meant: the nearest of the names that are known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

# A comparison costs up to 50 µs and grows with both lengths.
MAX_COMPARED = 5_000
MAX_LENGTH = 80


def nearest(name: str, known: Iterable[str]) -> str:
    """The name in `known` that is most like `name`, or "" when none is like it."""
    names = list(known)
    lowered = name[:MAX_LENGTH].lower()
    if lowered in names:
        return lowered
    found = get_close_matches(lowered, names[:MAX_COMPARED], n=1, cutoff=0.6)
    return found[0] if found else ""


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """A mend that names the nearest known name; `otherwise` when none is like it."""
    found = nearest(name, known)
    return f"did you mean {found}?" if found else otherwise
