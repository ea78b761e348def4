"""The clips most alike in meaning, worked out ahead for each clip, in blocks of bounded memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

NEIGHBOURS = 16
_BLOCK_BYTES = 64 * 2**20
# Two clips' cosine is worked out in blocks of different shapes, whose last bits differ: what is equal so far is a tie.
_DECIMALS = 4
_GROUP = 64


def nearest(
    vectors: npt.NDArray[np.float16], tell: Callable[[float, float], None] = lambda done, total: None
) -> npt.NDArray[np.int32]:
    """Of each of n vectors, float16 (n, dimensions) of unit length, the 16 nearest others: int32 (n, min(16, n − 1)).

    The nearest first; of equally near ones, the first in order. Memory: the vectors as float32, and 130 MB.
    """
    whole = vectors.astype(np.float32)
    count = len(whole)
    wanted = min(NEIGHBOURS, count - 1)
    found = np.empty((count, max(wanted, 0)), np.int32)
    if wanted < 1:
        return found
    # Groups of columns, so that one that is not among the best is passed over as a whole.
    groups = -(-count // _GROUP)
    rows = max(_BLOCK_BYTES // (4 * groups * _GROUP), 1)
    block = np.full((rows, groups * _GROUP), -np.inf, np.float32)
    for begin in range(0, count, rows):
        end = min(begin + rows, count)
        likeness = block[: end - begin]
        np.matmul(whole[begin:end], whole.T, out=likeness[:, :count])
        np.round(likeness[:, :count], _DECIMALS, out=likeness[:, :count])
        likeness[np.arange(end - begin), np.arange(begin, end)] = -np.inf
        best = likeness.reshape(end - begin, groups, _GROUP).max(axis=2)
        least = np.partition(best, -min(wanted, groups), axis=1)[:, -min(wanted, groups)]
        for row in range(end - begin):
            found[begin + row] = _best(likeness[row], best[row] >= least[row], wanted)
        tell(end, count)
    return found


def _best(likeness: npt.NDArray[np.float32], groups: npt.NDArray[np.bool_], wanted: int) -> npt.NDArray[np.intp]:
    """The places of the greatest values, all of which lie in these groups; of equals, the first."""
    chosen = np.flatnonzero(groups)
    values = likeness.reshape(-1, _GROUP)[chosen].ravel()
    order = np.argsort(-values, kind="stable")[:wanted]
    return chosen[order // _GROUP] * _GROUP + order % _GROUP
