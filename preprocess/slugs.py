"""Names for clips: readable ASCII made from file names, unique in the library, the same on every run."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from pathlib import Path

_MAX_BASE = 48  # a slug may have 64 characters; the number of the fragment needs some

# Letters that Unicode does not take apart into a Latin letter and a mark.
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o", "ł": "l"})


def readable(path: Path) -> str:
    """The file's name without its suffix, as text that can be shown and stored whatever bytes it was written in."""
    name = path.stem.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else " " for letter in name).strip() or "untitled"


def base_of(path: Path) -> str:
    """The beginning of the slugs of a source's clips: `[a-z][a-z0-9_]*`, at most 48 characters.

    It never holds a hyphen, which only comes before a fragment's number; so no two sources' slugs can meet.
    """
    plain = unicodedata.normalize("NFKD", readable(path).translate(_LETTERS))
    name = re.sub(r"[^a-z0-9]+", "_", plain.encode("ascii", "ignore").decode().lower()).strip("_")
    if not name:
        name = "clip"
    elif not name[0].isalpha():
        name = f"clip_{name}"
    return name[:_MAX_BASE].rstrip("_")


def bases(paths: Iterable[Path], taken: Collection[str]) -> dict[Path, str]:
    """A base for each path, unique among themselves and not in `taken`; equal ones are numbered in path order."""
    used = set(taken)
    chosen: dict[Path, str] = {}
    for path in sorted(paths):
        wanted = base_of(path)
        base, number = wanted, 2
        while base in used:
            base, number = f"{wanted}_{number}", number + 1
        used.add(base)
        chosen[path] = base
    return chosen


def slug(base: str, part_index: int, part_count: int) -> str:
    """The slug of one of a source's fragments: the base alone where there is one, else numbered from 01."""
    if part_count == 1:
        return base
    return f"{base}-{part_index + 1:0{max(2, len(str(part_count)))}d}"
