"""Clips shared out among the movements, and each movement's schedule cut on the music.

Sorting goes by what can be measured (calm, colourful, detailed, skin tones, motion), so it is a first guess that
a person corrects in the CSVs; a clip whose file or folder is named after a movement goes there.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import islice, pairwise

import numpy as np
import numpy.typing as npt

from engine.formats.library_rows import StoredClip, Traits
from engine.model.schedule import ScheduleRow
from engine.model.world import Onset

_SHORTEST_MOVEMENT_S, _LONGEST_MOVEMENT_S = 10.0, 14.0
# Instants are written to the microsecond, so that a schedule's sums stay on the onsets to the frame.
_DIGITS = 6
_FADES_S = {"echo": 0.4}  # the base cuts, so that the music's beat is seen; what shines over it moves softly
_MEASURES = tuple(trait.name for trait in fields(Traits) if trait.name not in ("black", "static"))


@dataclass(frozen=True, slots=True)
class Character:
    """A movement's own way: which traits it wants (weight, negative for little of it) and how fast it is cut."""

    name: str
    wants: Mapping[str, float]
    cut_every_s: float


CHARACTERS = (
    Character("orientation", {"motion": -1.0, "brightness": 0.6, "detail": -0.3}, 2.6),
    Character("elemental", {"colour": 1.0, "contrast": 0.5, "motion": 0.4}, 1.9),
    Character("built", {"detail": 1.0, "skin": -0.7, "colour": -0.3}, 1.3),
    Character("people", {"skin": 1.0, "motion": 0.2, "detail": -0.2}, 1.9),
    Character("blur", {"motion": 1.0, "contrast": 0.3}, 0.8),
)


_BY_NAME = {character.name: character for character in CHARACTERS}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A clip in a movement, and the reason for a person to read."""

    stored: StoredClip
    why: str


@dataclass(frozen=True, slots=True)
class ArrangedMovement:
    """A movement with its clips, best first, and its rows; it lasts from `begin_s` to `end_s` of the show."""

    name: str
    clips: tuple[Chosen, ...]
    rows: tuple[ScheduleRow, ...]
    begin_s: float
    end_s: float


def usable(clips: Sequence[StoredClip]) -> list[StoredClip]:
    """The clips that a schedule may show: none that is black, and no still ones unless there is nothing else."""
    lit = [stored for stored in clips if not stored.traits.black]
    return [stored for stored in lit if not stored.traits.static and stored.clip.frame_count > 1] or lit


def share_out(clips: Sequence[StoredClip]) -> dict[str, list[Chosen]]:
    """Every usable clip in one movement, about equally many in each; where clips are few, some in several.

    The same clips give the same answer.
    """
    ranks = _Ranks(clips)
    scores = {character.name: ranks.scores(character) for character in CHARACTERS}
    shared: dict[str, list[Chosen]] = {character.name: [] for character in CHARACTERS}
    left = set(range(len(clips)))

    def give(name: str, index: int, why: str) -> None:
        shared[name].append(Chosen(clips[index], why))
        left.discard(index)

    def why(name: str, index: int) -> str:
        return ranks.why(_BY_NAME[name], index)

    for index, stored in enumerate(clips):
        if named := _named_after(stored):
            give(named, index, f"its file is named {named}")
    room = -(-len(clips) // len(CHARACTERS))
    order = sorted(
        ((scores[name][index], name, index) for name in shared for index in left),
        key=lambda entry: (-entry[0], entry[1], clips[entry[2]].clip.slug),
    )
    # Fragments of one source look alike: at first a third of a movement at most comes from one.
    for most_of_one in (max(1, room // 3), room):
        for _, name, index in order:
            siblings = sum(chosen.stored.source == clips[index].source for chosen in shared[name])
            if index in left and len(shared[name]) < room and siblings < most_of_one:
                give(name, index, why(name, index))
    # Named clips may have filled more than their share: what is left goes where fewest are.
    for index in sorted(left):
        name = min(shared, key=lambda name: (len(shared[name]), -scores[name][index]))
        give(name, index, why(name, index))
    for name, chosen in shared.items():
        others = (index for index in np.argsort(-scores[name], kind="stable") if not _has(chosen, clips[index]))
        for index in islice(others, max(0, min(2, len(clips)) - len(chosen))):
            give(name, int(index), f"{why(name, int(index))}; there are few clips")
    return shared


def _has(chosen: Sequence[Chosen], stored: StoredClip) -> bool:
    return any(each.stored is stored for each in chosen)


class _Ranks:
    """Where each clip stands among all in each trait, 0 least to 1 most: so that no measure's scale matters."""

    def __init__(self, clips: Sequence[StoredClip]) -> None:
        self._clips = clips
        self._of: dict[str, npt.NDArray[np.float64]] = {}
        for trait in _MEASURES:
            values = np.array([getattr(stored.traits, trait) for stored in clips])
            order = values.argsort(kind="stable")
            below = np.searchsorted(values[order], values, side="left")
            not_above = np.searchsorted(values[order], values, side="right")
            self._of[trait] = (below + not_above) / (2 * len(clips))

    def scores(self, character: Character) -> npt.NDArray[np.float64]:
        """How well each clip suits a movement."""
        score = np.zeros(len(self._clips))
        for trait, weight in character.wants.items():
            score += weight * (self._of[trait] - 0.5)
        return score / sum(map(abs, character.wants.values()))

    def why(self, character: Character, index: int) -> str:
        """What speaks for or against a clip in a movement, in words and numbers."""
        leading = sorted(character.wants, key=lambda trait: -abs(character.wants[trait]))[:2]
        words = []
        for trait in leading:
            rank = float(self._of[trait][index])
            level = "low" if rank < 1 / 3 else "high" if rank > 2 / 3 else "middling"
            words.append(f"{trait} {level} ({getattr(self._clips[index].traits, trait):.2f})")
        return ", ".join(words)


def _named_after(stored: StoredClip) -> str:
    words = set(re.split(r"[^a-z]+", f"{stored.source.parent.name}/{stored.source.stem}".lower()))
    return next((character.name for character in CHARACTERS if character.name in words), "")


def arrange(clips: Sequence[StoredClip], onsets: Sequence[Onset], seed: int) -> tuple[ArrangedMovement, ...]:
    """All movements with their schedules. `clips` are usable and not empty; `onsets` are in show time, in order.

    With onsets, every cut falls on one and so does every movement's end; without, cuts come at even steps.
    """
    shared = share_out(clips)
    movements: list[ArrangedMovement] = []
    begin_s = 0.0
    for character in CHARACTERS:
        end_s = _end(begin_s, onsets)
        cuts = _cuts(begin_s, end_s, character.cut_every_s, onsets)
        chance = random.Random(f"{seed}/{character.name}")
        chosen = shared[character.name]
        rows = _rows("base", cuts, end_s, chosen, chance)
        # The echo moves slowly above the base, and begins with another clip than it.
        rows += _rows("echo", cuts[::3], end_s, chosen[1:] + chosen[:1], chance)
        rows.sort(key=lambda row: (row.start_s, row.layer))
        numbered = tuple(replace(row, order=order) for order, row in enumerate(rows, 1))
        movements.append(ArrangedMovement(character.name, tuple(chosen), numbered, begin_s, end_s))
        begin_s = end_s
    return tuple(movements)


def _end(begin_s: float, onsets: Sequence[Onset]) -> float:
    """Where a movement that begins at `begin_s` ends: on the strongest onset near its usual length."""
    usual_s = (_SHORTEST_MOVEMENT_S + _LONGEST_MOVEMENT_S) / 2
    near = [o for o in onsets if _SHORTEST_MOVEMENT_S <= o.at_s - begin_s <= _LONGEST_MOVEMENT_S]
    best = max(near, key=lambda o: o.strength - abs(o.at_s - begin_s - usual_s) / usual_s, default=None)
    return round(best.at_s if best else begin_s + usual_s, _DIGITS)


def _cuts(begin_s: float, end_s: float, every_s: float, onsets: Sequence[Onset]) -> list[float]:
    """The instants at which rows begin, from `begin_s` on: strong onsets about `every_s` apart."""
    if not onsets:
        count = max(1, round((end_s - begin_s) / every_s))
        return [round(begin_s + step * (end_s - begin_s) / count, _DIGITS) for step in range(count)]
    cuts = [begin_s]
    last_s = end_s - every_s / 2
    while True:
        after = [o for o in onsets if cuts[-1] + 0.6 * every_s <= o.at_s <= last_s]
        near = [o for o in after if o.at_s <= cuts[-1] + 1.5 * every_s] or after[:1]
        if not near:
            return cuts
        here = cuts[-1] + every_s
        best = max(near, key=lambda o: o.strength - abs(o.at_s - here) / every_s)
        cuts.append(round(best.at_s, _DIGITS))


def _rows(
    layer: str, cuts: Sequence[float], end_s: float, chosen: Sequence[Chosen], chance: random.Random
) -> list[ScheduleRow]:
    """A layer's rows from the first cut to `end_s`, its clips taken in turn, each at a place of its own."""
    rows = []
    for turn, (from_s, to_s) in enumerate(pairwise((*cuts, end_s))):
        clip = chosen[turn % len(chosen)]
        duration_s = round(to_s - from_s, _DIGITS)
        spare_s = clip.stored.clip.duration_s - duration_s
        rows.append(
            ScheduleRow(
                order=0,
                layer=layer,
                clip=clip.stored.clip.slug,
                start_s=from_s - cuts[0],
                duration_s=duration_s,
                in_s=round(chance.uniform(0, spare_s), 2) if spare_s > 0.01 else 0.0,
                transition_s=_FADES_S.get(layer, 0.0) if turn else 0.0,
                hint=clip.why,
            )
        )
    return rows
