"""The order in which clips are shown, held to its rules: no clip again too soon, no source too often in a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Spacing:
    """The rules of one layer, and what was shown on it so far. Clips are indices; `source_of` has each one's source.

    `no_repeat_within`: so many other clips at least come between two showings of one; with fewer clips than that as
    many as there can be. `most_in_a_row`: of one source, as long as there are others.
    """

    source_of: Sequence[int]
    no_repeat_within: int
    most_in_a_row: int
    _recent: dict[int, None] = field(default_factory=dict)  # the clips shown last, the oldest first
    _sources: list[int] = field(default_factory=list)

    def spaced(self, order: Sequence[int], reserve: Iterable[int], busy: Callable[[int], Collection[int]]) -> list[int]:
        """As many clips as `order` has, in its order, moved as little as the rules ask for; each once.

        `busy(slot)` are clips that are on another layer at the time of `slot`: they are kept off while others can be
        shown. `reserve` are clips that stand in where no clip of `order` may be shown. Where the two together are all
        clips, no clip comes again too soon.
        """
        left = list(order)
        left_of = Counter(self.source_of[clip] for clip in left)
        ordered = set(order)
        stand_ins = [clip for clip in dict.fromkeys(reserve) if clip not in ordered]
        chosen: list[int] = []
        for slot in range(len(order)):
            clips, at = self._next(left, left_of, stand_ins, busy(slot))
            clip = clips.pop(at)
            if clips is left:
                left_of[self.source_of[clip]] -= 1
            else:  # it takes a place: the last clip of the order may itself only stand in from now on
                stand_ins.append(left.pop())
                left_of[self.source_of[stand_ins[-1]]] -= 1
            chosen.append(clip)
            self._note(clip)
        return chosen

    def _note(self, clip: int) -> None:
        self._recent.pop(clip, None)
        self._recent[clip] = None
        if len(self._recent) > max(0, min(self.no_repeat_within, len(self.source_of) - 1)):
            del self._recent[next(iter(self._recent))]
        self._sources = [*self._sources, self.source_of[clip]][-self.most_in_a_row :]

    def _next(
        self, left: list[int], left_of: Counter[int], stand_ins: list[int], busy: Collection[int]
    ) -> tuple[list[int], int]:
        """Which clip comes next: in which list, and where there. Rule after rule is given up until there is one."""
        tired = self._tired()
        urgent = self._urgent(left_of, tired)

        def first(clips: list[int], allowed: Callable[[int], bool]) -> int | None:
            return next((at for at, clip in enumerate(clips) if clip not in self._recent and allowed(clip)), None)

        tries: tuple[tuple[list[int], Callable[[int], bool]], ...] = (
            (left, lambda clip: clip not in busy and self.source_of[clip] == urgent),
            (left, lambda clip: clip not in busy and self.source_of[clip] != tired),
            (left, lambda clip: clip not in busy),
            (stand_ins, lambda clip: clip not in busy),
            (left, lambda clip: True),
            (stand_ins, lambda clip: True),
        )
        for clips, allowed in tries[urgent is None :]:
            if (at := first(clips, allowed)) is not None:
                return clips, at
        return left, 0

    def _tired(self) -> int | None:
        """The source that has been shown as often in a row as it may."""
        full = len(self._sources) == self.most_in_a_row and len(set(self._sources)) == 1
        return self._sources[-1] if full else None

    def _urgent(self, left_of: Counter[int], tired: int | None) -> int | None:
        """The source of which so much is left that it must come now, or it will be all that is left in the end."""
        source, most = max(left_of.items(), key=lambda each: (each[1], -each[0]))
        others = sum(left_of.values()) - most
        return source if source != tired and others and most > self.most_in_a_row * others else None
