"""Which clips are alike: by what their texts mean, as far as they have vectors, and by what they look like."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from preprocess.assign.clips import Clips
from preprocess.schedule.colours import mean_colours

_LOOKS = ("brightness", "contrast", "saturation", "warmth", "detail", "straight_lines", "motion", "people_share")


def alike(clips: Clips, vectors: npt.NDArray[np.float32] | None) -> npt.NDArray[np.float32]:
    """Unit vectors (clips, dimensions) that are the nearer, the more alike two clips are.

    Half of it is how they look, half what `vectors` (clips, dimensions; zeros for a clip without) say they mean.
    """
    ranks = np.column_stack([clips.ranks[name] - 0.5 for name in _LOOKS])
    looks = _unit(np.column_stack([ranks, 2 * (mean_colours(clips) - (0.6, 0, 0))]).astype(np.float32))
    if vectors is None or not len(clips):
        return looks
    return _unit(np.column_stack([looks, _unit(vectors - vectors.mean(axis=0))]))


def _unit(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    lengths = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    return np.asarray(np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 1e-6), np.float32)
