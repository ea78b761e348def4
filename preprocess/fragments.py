"""Where a long source is cut into clips: at shot changes, else into equal parts."""

from __future__ import annotations

import math
import statistics
from collections import deque
from fractions import Fraction

SHORTEST_S = 2.0
LONGEST_S = 12.0

# A shot change is a step of this much in the mean of |difference| of neighbouring frames (0..1), and this many
# times what the last frames did: fast motion keeps up a high level, a cut stands out of it.
_STEP = 0.1
_TIMES_BEFORE = 4.0
_MEMORY = 12


class ShotChanges:
    """Says of each frame whether a new shot begins with it, from its difference to the frame before."""

    def __init__(self) -> None:
        self._before: deque[float] = deque(maxlen=_MEMORY)

    def begins(self, difference: float) -> bool:
        """`difference` is the mean of |this frame − the one before|, 0..1."""
        usual = statistics.median(self._before) if self._before else 0.0
        self._before.append(difference)
        return difference > max(_STEP, _TIMES_BEFORE * usual)


class Cutter:
    """Decides, frame after frame, where one clip ends and the next begins; it only knows what is behind it.

    Clips are SHORTEST_S to LONGEST_S long where the source is long enough. `total` is how many frames the source
    will have; being wrong about it makes the last clip shorter or longer, no more.
    """

    def __init__(self, rate: Fraction, total: int) -> None:
        self._shortest = max(1, math.ceil(SHORTEST_S * rate))
        self._longest = max(1, math.floor(LONGEST_S * rate))
        self._total = total
        self._begin_at(0)

    def _begin_at(self, index: int) -> None:
        self._begin = index
        left = max(1, self._total - index)
        self._planned = math.ceil(left / math.ceil(left / self._longest))

    def cuts_before(self, index: int, new_shot: bool) -> bool:
        """Whether a new clip begins with frame `index`; indices ascend."""
        length, left = index - self._begin, self._total - index
        worth_it = length >= self._shortest and left >= self._shortest
        if length >= self._longest or (worth_it and (new_shot or length >= self._planned)):
            self._begin_at(index)
            return True
        return False

    def restart(self, index: int) -> None:
        """A clip begins with frame `index` for another reason: something before it was lost."""
        self._begin_at(index)
