"""Clips shared out among the movements: by hand first, by their files' names, then by score with room for everyone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from preprocess.assign.balance import balanced, rooms
from preprocess.assign.clips import Clips, Indices
from preprocess.assign.scores import Flags, Suitability
from preprocess.assign.settings import AssignSettings

_MOST_ROUNDS = 8
# What a clip loses in a movement that has enough of its source: more than any score, less than what forbids.
_ENOUGH = 2.0


@dataclass(frozen=True, slots=True)
class Placement:
    """What a person says of where a clip belongs."""

    slug: str
    movement: str
    kind: Literal["pin", "ban"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """A clip in a movement, and why, in words for a person. `pinned`: by hand."""

    movement: str
    slug: str
    score: float
    pinned: bool
    why: str


@dataclass(frozen=True, slots=True)
class Starved:
    """A movement that did not get clips of its own, and what would mend it."""

    movement: str
    reason: str
    mend: str


@dataclass(frozen=True, slots=True)
class Shared:
    """Who got what, by movement in their order, the best first; and what went wrong."""

    assignments: tuple[Assignment, ...]
    starved: tuple[Starved, ...]


def share_out(
    clips: Clips,
    suited: Sequence[Suitability],
    shares: Sequence[float],
    placements: Sequence[Placement],
    settings: AssignSettings,
) -> Shared:
    """Share the clips out among the movements that `suited` and `shares` have, in their order.

    What a person pinned is where it was pinned and nowhere else, and nothing is where it is banned. A clip whose file
    or folder bears a movement's name goes there. All others go where the sum of scores is highest while every movement
    gets its share and no source fills a movement; a clip that fits no movement's rules stays out. A movement left with
    fewer than `settings.fewest` clips borrows the best of others.
    """
    sharing = _Sharing(clips, suited, placements)
    sharing.place()
    sharing.balance(shares, settings)
    sharing.borrow(settings.fewest)
    return sharing.shared()


class _Sharing:
    """One sharing-out, as it goes on; arrays are (clips, movements)."""

    def __init__(self, clips: Clips, suited: Sequence[Suitability], placements: Sequence[Placement]) -> None:
        self._clips = clips
        self._suited = suited
        self._names = [each.movement for each in suited]
        shape = (len(clips), len(suited))
        self._scores = np.array([each.score for each in suited]).T.reshape(shape)
        self._fits = np.array([each.fits for each in suited]).T.reshape(shape)
        self._banned = np.zeros(shape, bool)
        self._pinned = np.zeros(shape, bool)
        self._member = np.zeros(shape, bool)
        self._notes: dict[tuple[int, int], str] = {}
        self._starved: list[Starved] = []
        numbers = {slug: number for number, slug in enumerate(clips.slugs)}
        for placement in placements:
            if placement.slug in numbers and placement.movement in self._names:
                marked = self._pinned if placement.kind == "pin" else self._banned
                marked[numbers[placement.slug], self._names.index(placement.movement)] = True
        self._banned &= ~self._pinned  # the table's key allows one of them; pins are what was asked for

    def place(self) -> None:
        """Put in place what was pinned by hand, and what is named after a movement."""
        self._member |= self._pinned
        for clip, movement in np.argwhere(self._pinned):
            self._notes[int(clip), int(movement)] = "pinned by hand"
        named = [named_after(source, self._names) for source in self._clips.sources]
        for source, (name, why) in enumerate(named):
            if name:
                movement = self._names.index(name)
                for clip in np.flatnonzero(self._clips.source_index == source):
                    if not self._pinned[clip].any() and not self._banned[clip, movement]:
                        self._member[clip, movement] = True
                        self._notes[int(clip), movement] = why

    def balance(self, shares: Sequence[float], settings: AssignSettings) -> None:
        """Share out what has no place yet."""
        free = np.flatnonzero(~self._member.any(axis=1))
        placed = self._member.sum(axis=0)
        room = np.maximum(rooms(len(self._clips), shares) - placed, 0)
        if room.sum() < len(free):  # those that were placed filled more than their share somewhere
            room += rooms(len(free) - int(room.sum()), shares)
        allowed = (self._fits & ~self._banned)[free]
        scores = np.where(allowed, self._scores[free], -np.inf)
        limits = np.maximum(1, np.floor(settings.most_of_one_source * (room + placed)).astype(np.intp))
        least = np.floor(room * (1 - settings.spare)).astype(np.intp)
        most = np.ceil(room * (1 + settings.spare)).astype(np.intp)
        chosen, prices = balanced(scores, most, None, least)
        told = np.zeros(scores.shape, bool)
        for _ in range(_MOST_ROUNDS):
            beyond = self._beyond(free, chosen, limits)
            beyond = beyond[~told[beyond, chosen[beyond]]]
            if not len(beyond):
                break
            told[beyond, chosen[beyond]] = True
            scores[beyond, chosen[beyond]] -= _ENOUGH
            chosen, prices = balanced(scores, most, prices, least)
        found = chosen >= 0
        self._member[free[found], chosen[found]] = True

    def _beyond(self, free: Indices, chosen: Indices, limits: Indices) -> Indices:
        """Which of the free clips are beyond what their movement may have of their source: the least suitable."""
        at = np.flatnonzero(chosen >= 0)
        movement, source = chosen[at], self._clips.source_index[free[at]]
        order = np.lexsort((at, -self._scores[free[at], movement], source, movement))
        movement, source = movement[order], source[order]
        new = np.ones(len(order), bool)
        new[1:] = (movement[1:] != movement[:-1]) | (source[1:] != source[:-1])
        begins = np.flatnonzero(new)
        place = np.arange(len(order)) - np.repeat(begins, np.diff(np.append(begins, len(order))))
        beyond: Indices = at[order[place >= limits[movement]]]
        return beyond

    def borrow(self, fewest: int) -> None:
        """Let movements that have too few clips share those that suit them best."""
        for movement, name in enumerate(self._names):
            own = int(self._member[:, movement].sum())
            wanted = min(fewest, len(self._clips))
            allowed = ~self._banned[:, movement]
            fitting = self._fits[:, movement] & allowed
            if own < wanted:
                own += self._borrow(movement, wanted - own, fitting, "there are few clips")
            if not own:
                own += self._borrow(movement, wanted, allowed, "nothing fits, and this is the nearest")
                reason = "no clip fits it" + ("; it has the nearest instead" if own else "")
                self._starved.append(Starved(name, reason, "widen its wishes, pin clips to it, or bring other sources"))

    def _borrow(self, movement: int, count: int, from_these: Flags, why: str) -> int:
        order = np.argsort(-self._scores[:, movement], kind="stable")
        found = order[(from_these & ~self._member[:, movement])[order]][:count]
        self._member[found, movement] = True
        self._notes.update({(int(clip), movement): why for clip in found})
        return len(found)

    def shared(self) -> Shared:
        assignments: list[Assignment] = []
        for movement, name in enumerate(self._names):
            members = np.flatnonzero(self._member[:, movement])
            scores = self._scores[members, movement]
            order = np.argsort(-scores, kind="stable")
            members, scores = members[order], scores[order]
            said = self._suited[movement].why(members)
            pinned = self._pinned[members, movement].tolist()
            for clip, score, by_hand, words in zip(members.tolist(), scores.tolist(), pinned, said, strict=True):
                note = self._notes.get((clip, movement))
                why = words if note is None else f"{note}; {words}"
                assignments.append(Assignment(name, self._clips.slugs[clip], round(score, 6), by_hand, why))
        return Shared(tuple(assignments), tuple(self._starved))


def named_after(source: Path, names: Sequence[str]) -> tuple[str, str]:
    """The movement that a source's file or folder is named after, and how to say so; empty where it is none's."""
    for text, what in ((source.stem, "file"), (source.parent.name, "folder")):
        words = set(re.split(r"[^a-z0-9]+", text.lower()))
        for name in names:
            if name in words or set(re.split(r"[^a-z0-9]+", name)) <= words:
                return name, f"its {what} is named {name}"
    return "", ""
