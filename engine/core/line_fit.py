"""A steady line through jittering instants, by least squares. Pure: time is passed in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.core.lines import Line

# Points of the window. A line through n points of jitter σ is off by 2σ/√n at its newest end: of ±2 ms, 384 points make
# 0.12 ms, the 48 of a second at 120 bpm 0.33 ms.
_MOST_POINTS = 384
_JITTER_S = 0.005  # of a point, as far as is known beforehand: it weighs the expected rate against what is measured
KNOWN = 0.001  # the doubt about a rate that was measured before
_NEWEST = 8  # points whose median tells that the line has turned
# By how much they must lie off: more than by jitter; but a clock that wanders further is followed where it wanders.
_LEAST_TURN_S, _MOST_TURN_S = 0.002, 0.01
_STRAY_S = 0.005
_TURN = 0.04  # the doubt about the rate of a line that has turned
_BEYOND = 1e9
_FIT_EACH_BELOW = 32  # points; above, every fourth point is enough


class LineFit:
    """The line `value` over seconds that fits the latest points best. One thread feeds it; `line` is frozen, for any.

    Stray points (late by more than the others are) are left out. Where the newest eight lie off the line together,
    by more than jitter (2 to 10 ms), it has turned, and is drawn anew through these: its lag after a change of
    tempo is those eight points.
    """

    def __init__(self, expected_rate: float, doubt: float) -> None:
        """`expected_rate` is in value units a second, > 0; `doubt` is by which part of it it may be wrong."""
        self.line: Line | None = None
        self.count = 0  # points on the present line
        self._expect(expected_rate, doubt)
        self._instants = np.zeros(2 * _MOST_POINTS)
        self._values = np.zeros(2 * _MOST_POINTS)
        self._end = 0

    def restart(self, expected_rate: float, doubt: float) -> None:
        """Forget every point."""
        self._expect(expected_rate, doubt)
        self.line = None
        self.count = self._end = 0

    def feed(self, at_s: float, value: float) -> None:
        """A point. What no clock can mean (no number, or beyond 1e9) and instants before the newest are left out."""
        if not (abs(at_s) < _BEYOND and abs(value) < _BEYOND):
            return
        if self.count and at_s < self._instants[self._end - 1]:
            return
        self._append(at_s, value)
        if self.count < _FIT_EACH_BELOW or self.count % 4 == 0:
            self._fit()

    def _expect(self, rate: float, doubt: float) -> None:
        self._expected_rate = rate
        self._prior_s2 = (_JITTER_S / doubt) ** 2

    def _append(self, at_s: float, value: float) -> None:
        if self._end == len(self._instants):  # the newest half moves to the front
            kept = min(self.count, _MOST_POINTS)
            for points in (self._instants, self._values):
                points[:kept] = points[self._end - kept : self._end]
            self._end = kept
        self._instants[self._end], self._values[self._end] = at_s, value
        self._end += 1
        self.count += 1

    def _fit(self) -> None:
        first = self._end - min(self.count, _MOST_POINTS)
        origin_s, zero = self._instants[self._end - 1], self._values[self._end - 1]
        instants, values = self._instants[first : self._end] - origin_s, self._values[first : self._end] - zero
        slope, height = self._through(instants, values)
        off_s = (values - height - slope * instants) / slope
        spread_s = float(np.median(np.abs(off_s))) * 1.5
        if len(instants) > 2 * _NEWEST and self._has_turned(instants, values):
            self.count = _NEWEST
            self._expect(slope, _TURN)
            self._fit()
            return
        straight = np.abs(off_s) <= max(_STRAY_S, 4 * spread_s)
        if not straight.all() and straight.sum() > _NEWEST:
            slope, height = self._through(instants[straight], values[straight])
        self.line = Line(float(origin_s), float(zero + height), float(slope))

    def _has_turned(self, instants: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> bool:
        slope, height = self._through(instants[:-_NEWEST], values[:-_NEWEST])
        off_s = (values - height - slope * instants) / slope
        jitter_s = float(np.median(np.abs(off_s[:-_NEWEST])))
        bound_s = min(max(_LEAST_TURN_S, 4.5 * jitter_s), _MOST_TURN_S)
        newest = off_s[-_NEWEST:]
        # Points that were held up and come in a burst tell nothing, nor those before one that lies on the line again.
        half = _NEWEST // 2
        burst = instants[-1] - instants[-half] < (values[-1] - values[-half]) / slope / 4
        median_s = float(np.median(newest))
        return not burst and abs(median_s) > bound_s and float(newest[-1]) * median_s > 0 and abs(newest[-1]) > bound_s

    def _through(self, instants: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> tuple[float, float]:
        """Slope (> 0) and height at the newest instant (0)."""
        middle_s, middle = float(instants.mean()), float(values.mean())
        away_s = instants - middle_s
        slope = (float(away_s @ (values - middle)) + self._prior_s2 * self._expected_rate) / (
            float(away_s @ away_s) + self._prior_s2
        )
        slope = min(max(slope, self._expected_rate / 32), self._expected_rate * 32)
        return slope, middle - slope * middle_s
