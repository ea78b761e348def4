"""Following time code: from single frames, some of them wrong, to a steady line. Pure: time is passed in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.core.line_fit import KNOWN, LineFit
from engine.core.lines import Line
from engine.model.clock import ClockReading

_LOST_AFTER_S = 0.5  # five groups of quarter frames; LTC comes in buffers of 0.1 s
_CONTINUES_WITHIN_S = 0.1
_SLOWEST, _FASTEST = 0.5, 2.0  # of a tape that is followed; in shuttle it is not
_SLACK_S = 0.02
_DOUBT = 0.01  # about its rate, 1: few tapes run at another speed


@dataclass(frozen=True, slots=True)
class _Running:
    line: Line
    last_s: float
    jumps: int


class CodeFollower:
    """Follows time code that runs forward at half to twice its speed.

    A frame that does not continue the line counts only once `witnesses` frames in a row agree on a new one: then the
    clock has jumped. Backwards, in shuttle and in noise there is no such run, and the clock is lost until there is. One
    thread feeds; any thread asks `reading`.
    """

    def __init__(self, witnesses: int) -> None:
        self._witnesses = witnesses
        self._fit = LineFit(1.0, _DOUBT)
        self._last_s = 0.0
        self._jumps = 0
        self._doubtful: list[tuple[float, float]] = []
        self._running: _Running | None = None  # feeding thread; replaced whole

    def reading(self, now_s: float) -> ClockReading | None:
        """Seconds of time code since 00:00:00:00, at the monotonic instant `now_s`; None while it does not run."""
        running = self._running
        if running is None or now_s - running.last_s > _LOST_AFTER_S:
            return None
        rate = min(max(running.line.rate, _SLOWEST), _FASTEST)
        return ClockReading(now_s, running.line.at(now_s), rate, running.jumps)

    def feed(self, code_s: float, at_s: float) -> None:
        """The instant `code_s` of the time code was at the monotonic instant `at_s`."""
        line = self._fit.line
        if line is not None and abs(code_s - line.at(at_s)) <= _CONTINUES_WITHIN_S:
            self._doubtful.clear()
            if at_s - self._last_s > _LOST_AFTER_S:
                self._fit.restart(min(max(line.rate, _SLOWEST), _FASTEST), KNOWN)
            self._take(code_s, at_s)
        else:
            self._doubt(code_s, at_s)

    def forget(self) -> None:
        """The source says that it goes elsewhere: what comes next is a jump."""
        self._fit.restart(1.0, _DOUBT)
        self._doubtful.clear()
        self._running = None

    def _doubt(self, code_s: float, at_s: float) -> None:
        if self._doubtful and not _follows(self._doubtful[-1], (code_s, at_s)):
            self._doubtful.clear()
        self._doubtful.append((code_s, at_s))
        if len(self._doubtful) >= self._witnesses:
            witnessed, self._doubtful = self._doubtful, []
            self._fit.restart(1.0, _DOUBT)
            self._jumps += 1
            for point in witnessed:
                self._take(*point)

    def _take(self, code_s: float, at_s: float) -> None:
        self._fit.feed(at_s, code_s)
        self._last_s = at_s
        if self._fit.line is not None:
            self._running = _Running(self._fit.line, at_s, self._jumps)


def shifted(reading: ClockReading | None, offset_s: float) -> ClockReading | None:
    """The show position, of a show that begins at `offset_s` of the time code; None before that."""
    if reading is None or reading.show_s < offset_s:
        return None
    return replace(reading, show_s=reading.show_s - offset_s)


def _follows(before: tuple[float, float], after: tuple[float, float]) -> bool:
    code_s, elapsed_s = after[0] - before[0], after[1] - before[1]
    slack_s = _SLACK_S + 0.02 * elapsed_s
    return 0 <= elapsed_s < _LOST_AFTER_S and (
        _SLOWEST * elapsed_s - slack_s <= code_s <= _FASTEST * elapsed_s + slack_s and code_s > 0
    )
