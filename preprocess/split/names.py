"""Slugs of fragments, stable when a source is split anew: what stays much the same keeps its name. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from preprocess import slugs
from preprocess.split.division import Span


@dataclass(frozen=True, slots=True)
class Known:
    """A fragment from an earlier split."""

    slug: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Named:
    """The fragments of a source by name, in order, and the highest number that one of them ever had."""

    slugs: tuple[str, ...]
    highest: int


def named(base: str, spans: Sequence[Span], known: Sequence[Known], highest: int | None) -> Named:
    """A slug for each span. `highest` is the highest number that a fragment of the source ever had, None: it had none.

    A span that shares more than half of its frames, and of the other's, with a known fragment takes that one's slug.
    Others get numbers that were never given before; the base alone counts as number 0.
    """
    kept = _kept(spans, known)
    new = [at for at in range(len(spans)) if at not in kept]
    if highest is None and len(spans) == 1:
        return Named((base,), 0)
    first = (highest or 0) + 1
    last = first + len(new) - 1
    numbers = {at: first + order for order, at in enumerate(new)}
    chosen = [kept.get(at) or slugs.slug(base, numbers[at] - 1, max(2, last)) for at in range(len(spans))]
    return Named(tuple(chosen), max(last, highest or 0))


def _kept(spans: Sequence[Span], known: Sequence[Known]) -> dict[int, str]:
    """The known slug of each span that has one. More than half of both: so no two can claim the same."""
    kept: dict[int, str] = {}
    for at, span in enumerate(spans):
        for one in known:
            shared = min(span.end, one.end) - max(span.begin, one.begin)
            if 2 * shared > max(span.end - span.begin, one.end - one.begin):
                kept[at] = one.slug
                break
    return kept
