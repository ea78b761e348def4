"""Where the shots of a stretch of footage begin and end, found while its frames go by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import numpy as np

from preprocess.split.cuts import Cut, Proposals, cut_odds
from preprocess.split.dissolves import LONGEST_S, Dissolve, find_dissolves, likeliest
from preprocess.split.fades import Fade, find_fades
from preprocess.split.likeness import Likeness
from preprocess.split.settings import Detector
from preprocess.split.signals import FrameMeasures, Measuring, Pixels, luma, thumb

BoundaryKind: TypeAlias = Literal["cut", "dissolve", "fade"]

_BLOCK_FRAMES = 512
_REACH_S = 0.2  # either side of a cut: a flash of light is over by then
_LEAST_REACH = 4
_ONE_CUT_S = 0.2  # of cuts nearer to one another than this, one is real


@dataclass(frozen=True, slots=True)
class Transition:
    """From one shot to the next: frames begin to end (half open) are mixed or black. A cut has none: both are equal."""

    kind: BoundaryKind
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Shots:
    """The transitions of a stretch, in order and apart from one another, and what was measured of its frames."""

    transitions: tuple[Transition, ...]
    measures: FrameMeasures

    def spans(self) -> list[tuple[int, int]]:
        """(begin, end) of the frames between transitions, half open, in order; none is empty."""
        edges = [0, *(edge for one in self.transitions for edge in (one.begin, one.end)), self.measures.frame_count]
        return [(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True) if end > begin]


class ShotFinder(Protocol):
    """Takes the frames of a stretch one after another. One thread."""

    def push(self, picture: Pixels) -> None:
        """Take the next frame: uint8 BGR of the size that the finder wants."""

    def finish(self) -> Shots:
        """What was found, after the last frame."""


class LikenessFinder:
    """Finds cuts by PySceneDetect, and dissolves and fades by the likeness of frames, in blocks of bounded memory."""

    def __init__(self, detector: Detector, frames_a_second: float) -> None:
        """`detector` is not transnet and not none. Frames are pushed in the size of `signals.measured_size`."""
        self._rate = frames_a_second
        self._confirms = detector == "both"
        self._proposals = Proposals(detector, frames_a_second)
        self._measuring = Measuring()
        self._reach = max(_LEAST_REACH, round(_REACH_S * frames_a_second))
        self._margin = round(2 * LONGEST_S * frames_a_second) + 16
        self._thumbs: list[np.ndarray] = []  # from frame `_first` on
        self._details: list[float] = []
        self._greys: list[Pixels] = []
        self._first = 0
        self._settled = 0  # frames before this are judged
        self._proposed: list[int] = []
        self._cuts: list[Cut] = []
        self._dissolves: list[Dissolve] = []

    def push(self, picture: Pixels) -> None:
        self._proposed += self._proposals.push(picture)
        self._measuring.push(picture)
        self._thumbs.append(thumb(picture))
        self._greys.append(luma(picture))
        self._details.append(self._measuring.detail_of_last())
        if self._first + len(self._thumbs) >= self._settled + _BLOCK_FRAMES + self._margin:
            self._settle(self._settled + _BLOCK_FRAMES)

    def finish(self) -> Shots:
        self._proposed += self._proposals.finish()
        if self._thumbs:
            self._settle(self._first + len(self._thumbs))
        measures = self._measuring.measures()
        fades = find_fades(measures, self._rate)
        cuts = _single(self._cuts, max(1, round(_ONE_CUT_S * self._rate)))
        return Shots(arrange(cuts, likeliest(self._dissolves), fades), measures)

    def _settle(self, until: int) -> None:
        """Judge the frames up to `until`, and forget those that nothing later needs."""
        likeness = Likeness(np.stack(self._thumbs), np.array(self._details, np.float32))
        self._cuts += self._judged(likeness, [index for index in self._proposed if index < until])
        self._proposed = [index for index in self._proposed if index >= until]
        begins = range(self._settled - self._first, until - self._first)
        found = find_dissolves(likeness, self._greys, self._rate, begins)
        self._dissolves += [Dissolve(one.begin + self._first, one.end + self._first, one.odds) for one in found]
        self._settled = until
        forget = max(0, until - self._margin - self._first)
        del self._thumbs[:forget], self._details[:forget], self._greys[:forget]
        self._first += forget

    def _judged(self, likeness: Likeness, proposed: Sequence[int]) -> Iterator[Cut]:
        for index in sorted(set(proposed)):
            if not self._confirms:
                yield Cut(index, np.inf)
                continue
            odds = cut_odds(likeness.cut_evidence(index - self._first, self._reach))
            if odds > 0:
                yield Cut(index, odds)


class OneShot:
    """Takes all of a stretch for one shot."""

    def __init__(self) -> None:
        self._measuring = Measuring()

    def push(self, picture: Pixels) -> None:
        self._measuring.push(picture)

    def finish(self) -> Shots:
        return Shots((), self._measuring.measures())


def _single(cuts: Iterable[Cut], apart: int) -> list[Cut]:
    """Of cuts that are nearer than `apart` frames, the likeliest."""
    kept: list[Cut] = []
    for cut in sorted(cuts, key=lambda cut: (-cut.odds, cut.index)):
        if all(abs(cut.index - other.index) >= apart for other in kept):
            kept.append(cut)
    return sorted(kept, key=lambda cut: cut.index)


def arrange(cuts: Sequence[Cut], dissolves: Sequence[Dissolve], fades: Sequence[Fade]) -> tuple[Transition, ...]:
    """The transitions, where these contradict one another: a fade wins, and of a cut and a dissolve the likelier."""
    chosen = [Transition("fade", fade.begin, fade.end) for fade in fades]
    for one in dissolves:
        within = [cut.odds for cut in cuts if one.begin - 1 <= cut.index <= one.end + 1 and np.isfinite(cut.odds)]
        if one.odds >= max(within, default=0.0) and _is_free(one.begin, one.end, chosen):
            chosen.append(Transition("dissolve", one.begin, one.end))
    chosen += [
        Transition("cut", cut.index, cut.index) for cut in cuts if _is_free(cut.index - 1, cut.index + 1, chosen)
    ]
    return tuple(sorted(chosen, key=lambda one: one.begin))


def _is_free(begin: int, end: int, taken: Iterable[Transition]) -> bool:
    return not any(begin < other.end and other.begin < end for other in taken)
