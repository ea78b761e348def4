"""Armed jumps: the promise that their target is on the next frame shown, and the count of the times it was broken."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from engine.core.figures import Figures
from engine.model.pictures import FrameRef

LEAD_DECODE_TIMES = 2  # what a jump must be armed ahead of its instant to be promised
_WEIGHT = 0.2  # of the newest decode time in a clip's typical one
_OUTLIER = 4.0  # a time that is so many times the typical one counts as that many times


class ArmedJumps:
    """Which jumps are armed since when, and what a frame of each clip takes to decode. Main thread.

    A jump is promised once it has been armed, within the cache's bound, for two decode times of its clip. The
    counter `armed_jump_misses` stays 0 unless a disk or a decoder was slower than it had been.
    """

    def __init__(self, figures: Figures) -> None:
        self._misses = figures.counter("armed_jump_misses")
        self._since_s: dict[FrameRef, float] = {}  # target → the show instant at which it was armed
        self._clip_s: dict[str, float] = {}  # slug → typical decode time
        self._typical_s = 0.0  # of any clip

    def arm(self, targets: Iterable[FrameRef], now_s: float) -> None:
        """Let `targets` be what is armed, instead of all before; what was armed already stays so since then."""
        before = self._since_s
        self._since_s = {target: before.get(target, now_s) for target in targets}

    def shown(self, planned: Collection[FrameRef], held: Collection[FrameRef], now_s: float) -> None:
        """The picture at `now_s` asks for `planned`, of which `held` are there: count the promises broken."""
        for ref in planned:
            since_s = self._since_s.pop(ref, None)
            if since_s is None or ref in held:
                continue
            if now_s - since_s >= LEAD_DECODE_TIMES * self.decode_s(ref.clip):
                self._misses.add()

    def decode_s(self, slug: str) -> float:
        """What a frame of the clip typically takes, in seconds; of any clip, where none of this one is known."""
        return self._clip_s.get(slug, self._typical_s)

    def decoded(self, slug: str, decode_s: float) -> None:
        """A frame of the clip took so long."""
        self._clip_s[slug] = _blended(self._clip_s.get(slug, decode_s), decode_s)
        self._typical_s = _blended(self._typical_s or decode_s, decode_s)


def _blended(typical_s: float, newest_s: float) -> float:
    return typical_s + _WEIGHT * (min(newest_s, _OUTLIER * typical_s) - typical_s)
