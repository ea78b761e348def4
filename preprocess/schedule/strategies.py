"""What decides which clip comes next. Each strategy chooses some of a movement's clips and puts them in an order.

All of them take clips that suit the movement before those that suit it less, and clips of many sources before many
of one; ties go by slug. The same in, the same out.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from preprocess.assign.clips import Clips, Floats
from preprocess.schedule.colours import journey
from preprocess.schedule.settings import ScheduleSettings, Strategy

BY_LIKENESS: tuple[Strategy, ...] = ("walk", "contrast")  # the others may be cast without it
_SAME_SOURCE = 0.1  # what another clip of a source loses against the first, in ranks of suitability
_SUITS = 0.3  # what suitability counts beside likeness


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """A movement's clips as a strategy sees them, in slug order.

    `suits` is 0..1, 1 for the clip that suits the movement best; what was shown on another layer has less. `likeness`
    (clips, dimensions) are unit vectors: the nearer, the more alike.
    """

    clips: Clips
    suits: Floats
    likeness: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """One turn through the clips of a movement: how many rows it has, the energy that each wants (0..1), the clip shown
    before it (None for the first), and which turn it is."""

    energies: Floats
    before: int | None
    number: int

    @property
    def count(self) -> int:
        return len(self.energies)


def ordered(cast: Cast, turn: Turn, settings: ScheduleSettings, chance: random.Random) -> list[int]:
    """`turn.count` clips of the cast, each once, in the order in which they are to be shown."""
    return _STRATEGIES[settings.strategy](cast, turn, settings, chance)


def _arc(cast: Cast, turn: Turn, settings: ScheduleSettings, chance: random.Random) -> list[int]:
    """The calmest clips where the least energy is wanted, the liveliest where the most is."""
    chosen = _spread(cast, cast.clips.measures["energy"], turn.count)
    order = [0] * turn.count
    for slot, clip in zip(np.argsort(turn.energies, kind="stable"), chosen, strict=True):
        order[slot] = clip
    return order


def _colours(cast: Cast, turn: Turn, settings: ScheduleSettings, chance: random.Random) -> list[int]:
    """Along a path through the space of colours; there, and in the next turn back."""
    chosen = _spread(cast, journey(cast.clips, settings.colours), turn.count)
    return chosen[::-1] if turn.number % 2 else chosen


def _chronological(cast: Cast, turn: Turn, settings: ScheduleSettings, chance: random.Random) -> list[int]:
    """As it was filmed."""
    return _spread(cast, cast.clips.filmed_at.astype(np.float64), turn.count)


def _random(cast: Cast, turn: Turn, settings: ScheduleSettings, chance: random.Random) -> list[int]:
    """By chance, which follows from the seed."""
    return chance.sample(range(len(cast.clips)), turn.count)


def _walk(cast: Cast, turn: Turn, settings: ScheduleSettings, chance: random.Random) -> list[int]:
    """From each clip to the one that is most like it."""
    return _stepwise(cast, turn, 1.0)


def _contrast(cast: Cast, turn: Turn, settings: ScheduleSettings, chance: random.Random) -> list[int]:
    """From each clip to the one that is least like it."""
    return _stepwise(cast, turn, -1.0)


def _stepwise(cast: Cast, turn: Turn, sign: float) -> list[int]:
    left = np.ones(len(cast.clips), bool)
    order: list[int] = []
    here = turn.before
    for _ in range(turn.count):
        speaks = _SUITS * cast.suits
        if here is not None:
            speaks = speaks + sign * (cast.likeness @ cast.likeness[here])
        here = int(np.where(left, np.round(speaks, 6), -np.inf).argmax())
        left[here] = False
        order.append(here)
    return order


_STRATEGIES: dict[Strategy, Callable[[Cast, Turn, ScheduleSettings, random.Random], list[int]]] = {
    "arc": _arc,
    "colours": _colours,
    "chronological": _chronological,
    "random": _random,
    "walk": _walk,
    "contrast": _contrast,
}


def _spread(cast: Cast, key: Floats, count: int) -> list[int]:
    """`count` clips that cover the whole range of `key`, in its order: of each part of equal number the best one."""
    order = np.argsort(key, kind="stable")
    seen: Counter[int] = Counter()
    chosen: list[int] = []
    for part in np.array_split(order, count):
        worth = [cast.suits[clip] - _SAME_SOURCE * seen[int(cast.clips.source_index[clip])] for clip in part]
        best = int(part[int(np.argmax(worth))])
        seen[int(cast.clips.source_index[best])] += 1
        chosen.append(best)
    return chosen
