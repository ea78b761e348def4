"""An onset as a detector finds it, before the least gap and its strength beside the others' are settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Mono32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hit:
    """`at_s` counts from the first sample ever fed; `rise` is the RMS that came on top of what sounded before."""

    at_s: float
    rise: float


def clean(block: Mono32) -> Mono32:
    """The samples as float32, with 0 for what is no number: one such sample would deafen a filter for ever."""
    samples = np.asarray(block, dtype=np.float32)
    return samples if np.isfinite(samples).all() else np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)


class HitDetector(Protocol):
    """Finds hits in samples that arrive block by block. Belongs to one thread.

    `latency_s` is how long after a hit it can be told of at best. The same samples give the same hits, in order, in
    blocks of any size.
    """

    latency_s: float

    def feed(self, block: Mono32) -> list[Hit]:
        """Hear the next samples, float32 (n,), any n; the hits found in them."""
        ...
