"""What may be wrong with a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

DoubtKind: TypeAlias = Literal["empty", "contradicts", "hallucinated", "truncated", "repeated", "alike"]

# What weighs most first.
KINDS: tuple[DoubtKind, ...] = ("empty", "contradicts", "hallucinated", "truncated", "repeated", "alike")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that may be wrong with a text, and why it seems so: a sentence for a person."""

    kind: DoubtKind
    why: str
