"""Which levels a show uses, and how each of them is shaped before it drives something."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TypeAlias

from engine.model.looks import Modulation
from engine.model.show import Show

LevelUse: TypeAlias = tuple[str, float, float]
"""A level's name, and the time constants of its rise and fall in seconds; with 0 and 0 it is as measured."""

_LEVEL = "/level/"


def modulations_of(show: Show) -> Iterator[Modulation]:
    """Every modulation that a show speaks of, at whatever place."""
    of_looks = (look.modulations or () for look in show.looks.values())
    of_movements = (movement.modulations or () for movement in show.movements)
    return chain(show.modulations, *of_looks, *of_movements)


def level_uses(show: Show) -> frozenset[LevelUse]:
    """Every use of a level by mappings and modulations, and each level that is used as measured."""
    shaped = {(one.level, one.attack_s, one.release_s) for one in show.mappings}
    for one in modulations_of(show):
        if one.level is not None:
            shaped.add((one.level.name, one.level.attack_s, one.level.release_s))
        elif one.parameter is not None and one.parameter.startswith(_LEVEL):
            shaped.add((one.parameter.removeprefix(_LEVEL), 0.0, 0.0))
    return frozenset(shaped)
