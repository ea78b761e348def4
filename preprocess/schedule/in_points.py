"""Where in its clip a row begins: each showing at another place of it, on a sound of its own where one is near."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

# The golden ratio's fraction: its multiples fall into the largest gap that the ones before left.
_GOLDEN = 0.6180339887498949
_NEAR = 0.15  # of the room that a row has in its clip
_LOOPS_WELL = 0.8
_LONG_ENOUGH = 0.5  # of the clip: a shorter loop would be seen as one


def in_point(slug: str, showing: int, spare_s: float, onsets_s: Sequence[float]) -> float:
    """Seconds into the clip's material, 0 to `spare_s`: what the row leaves over of it.

    `showing` counts how often the clip was shown before. `onsets_s` are those of the clip's sound.
    """
    if spare_s <= 0:
        return 0.0
    first = int.from_bytes(hashlib.sha256(slug.encode()).digest()[:4], "big") / 2**32
    here_s = spare_s * ((first + showing * _GOLDEN) % 1.0)
    near = [at_s for at_s in onsets_s if abs(at_s - here_s) <= _NEAR * spare_s and at_s <= spare_s]
    # Milliseconds, rounded down: the row must not run past the end of its clip.
    return int(min(near, key=lambda at_s: abs(at_s - here_s), default=here_s) * 1000) / 1000


def loops_in(loop_s: tuple[float, float], quality: float, material_s: float) -> bool:
    """Whether a clip that is shown for longer than it lasts should turn round at its best loop's ends."""
    return quality >= _LOOPS_WELL and loop_s[1] - loop_s[0] >= _LONG_ENOUGH * material_s
