"""How far the words of a library are: for the commands that make them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from preprocess.caption.subjects import read_subjects
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.texts import current_texts
from preprocess.catalogue.values import TextKind

_MOST_SHOWN = 12


def summary(catalogue: Catalogue, kind: TextKind, step: str) -> dict[str, Any]:
    """How many clips there are, how many have a text of this kind, by whom, and of which none could be made."""
    slugs = {one.fragment.slug for one in read_subjects(catalogue)}
    texts = {slug: text for slug, text in current_texts(catalogue, kind).items() if slug in slugs}
    failures = catalogue.connection.execute(
        "SELECT item, reason, mend FROM failures WHERE step = ? ORDER BY item", (step,)
    )
    return {
        "library": str(catalogue.folder),
        "clips": len(slugs),
        f"{kind}s": len(texts),
        "by": dict(sorted(Counter(text.origin for text in texts.values()).items())),
        "failed": [{"clip": row["item"], "reason": row["reason"], "mend": row["mend"]} for row in failures],
    }


def print_summary(told: Mapping[str, Any], kind: TextKind, console: Console) -> None:
    """The same in a few lines."""
    by = ", ".join(f"{count} {origin.replace('_', ' ')}" for origin, count in told["by"].items())
    console.print(f"{told[f'{kind}s']} of {told['clips']} clips have a {kind}{f': {by}' if by else ''}", soft_wrap=True)
    for failed in told["failed"][:_MOST_SHOWN]:
        why = escape(f"{failed['clip']}: {failed['reason']}. {failed['mend']}")
        console.print(f"[red]failed:[/] {why}", soft_wrap=True)
    if len(told["failed"]) > _MOST_SHOWN:
        console.print(f"and {len(told['failed']) - _MOST_SHOWN} more: --json lists all")
