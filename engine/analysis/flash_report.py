"""The verdict on a film's flashes, frame by frame, in memory that grows by a few numbers a second of film."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from engine.analysis.flashes import AREA_LIMIT, MOST_FLASHES, Flashing, FlashKind

Verdict: TypeAlias = Literal["pass", "caution", "fail"]

VERDICTS: tuple[Verdict, ...] = ("pass", "caution", "fail")
# Longer than this at nearly the limit may do harm, too: Recommendation ITU-R BT.1702.
LONG_S = 5.0
_NEARLY = MOST_FLASHES - 0.5
_JOINED_S = 1.0


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of film with one verdict, from its first frame to its last; the most that flashed in it.

    A second is counted up to now, so what is wrong began up to a second before `from_s`.
    """

    kind: FlashKind
    verdict: Verdict
    from_s: float
    to_s: float
    flashes: float
    area: float


@dataclass(frozen=True, slots=True)
class Second:
    """The most of a second of film, which began at a whole number of seconds."""

    general_flashes: float = 0.0
    red_flashes: float = 0.0
    area: float = 0.0


@dataclass(slots=True)
class FlashReport:
    """What was found so far. `seconds` are those with a frame, by number; `passages` in the order of their ends."""

    area_limit: float = AREA_LIMIT
    frame_count: int = 0
    duration_s: float = 0.0
    seconds: dict[int, Second] = field(default_factory=dict)
    passages: list[Passage] = field(default_factory=list)
    _open: dict[tuple[FlashKind, Verdict], Passage] = field(default_factory=dict)
    _nearly_since_s: dict[FlashKind, float] = field(default_factory=dict)

    def add(self, at_s: float, found: tuple[Flashing, ...]) -> None:
        """Take in the frame at `at_s` (from 0, rising)."""
        self.frame_count += 1
        self.duration_s = at_s
        self._add_second(int(at_s), {one.kind: one for one in found})
        for flashing in found:
            self._add_passage(at_s, flashing, self._verdict(at_s, flashing))

    def end(self, duration_s: float) -> None:
        """There are no more frames, and the film is `duration_s` long."""
        self.duration_s = duration_s
        self.passages += self._open.values()
        self._open.clear()
        self.passages.sort(key=lambda one: (one.from_s, one.kind.value))

    @property
    def verdict(self) -> Verdict:
        """The worst of all passages."""
        found = [*self.passages, *self._open.values()]
        return max((one.verdict for one in found), key=VERDICTS.index, default="pass")

    @property
    def worst_second(self) -> int:
        """The second with the most flashes, of those the one where most of the picture does; 0 in a still film."""
        rank = {at: (max(one.general_flashes, one.red_flashes), one.area) for at, one in self.seconds.items()}
        return max(rank, key=rank.__getitem__, default=0)

    def _verdict(self, at_s: float, flashing: Flashing) -> Verdict:
        if flashing.flashes < _NEARLY:
            self._nearly_since_s.pop(flashing.kind, None)
            long = False
        else:
            long = at_s - self._nearly_since_s.setdefault(flashing.kind, at_s) >= LONG_S
        if flashing.flashes > MOST_FLASHES:
            return "fail"
        return "caution" if long or flashing.area > self.area_limit / 2 else "pass"

    def _add_second(self, index: int, found: dict[FlashKind, Flashing]) -> None:
        held, general, red = self.seconds.get(index, Second()), found[FlashKind.GENERAL], found[FlashKind.RED]
        self.seconds[index] = Second(
            max(held.general_flashes, general.flashes),
            max(held.red_flashes, red.flashes),
            max(held.area, general.area, red.area),
        )

    def _add_passage(self, at_s: float, flashing: Flashing, verdict: Verdict) -> None:
        for key, held in list(self._open.items()):
            if at_s - held.to_s > _JOINED_S:
                self.passages.append(self._open.pop(key))
        if verdict == "pass":
            return
        new = Passage(flashing.kind, verdict, at_s, at_s, flashing.flashes, flashing.area)
        held = self._open.setdefault((flashing.kind, verdict), new)
        self._open[flashing.kind, verdict] = replace(
            held, to_s=at_s, flashes=max(held.flashes, new.flashes), area=max(held.area, new.area)
        )
