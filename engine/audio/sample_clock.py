"""From a driver's jittering time stamps to a steady line: when is sample n heard? Pure; time is passed in."""

from __future__ import annotations

_JUMP_S = 0.02  # further off than this is a dropout, not jitter: start a new line
_SETTLED_AFTER_S = 0.15
_SMOOTHING_S = 1.0  # so that 100 ppm of drift lags by 0.1 ms and 5 ms of jitter shows as some 0.1 ms


class SampleClock:
    """The line `instant = origin + sample / rate`, its origin smoothed. Belongs to one thread.

    Sound servers ask for their first buffers at once and may then stall (PulseAudio's null sink: up to 2 s):
    until `settled`, the line is not to be trusted.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._origin_s: float | None = None  # of sample 0
        self._begun_sample = 0  # where the present line began
        self._stamps = 0  # on the present line
        self._last_sample = 0
        self.settled = False
        self.jumps = 0  # new lines begun after the clock had settled

    def feed(self, sample: int, instant_s: float) -> float:
        """Say that sample number `sample` is heard at `instant_s`; the smoothed instant of that sample.

        Samples must not fall from call to call.
        """
        measured_s = instant_s - sample / self._rate_hz
        if self._origin_s is None or abs(measured_s - self._origin_s) > _JUMP_S:
            self.jumps += self.settled
            self._origin_s = measured_s
            self._begun_sample = sample
            self._stamps = 1
        else:
            # A plain mean at first, so that a bad first stamp is soon forgotten; then a low pass.
            self._stamps += 1
            weight = min(max((sample - self._last_sample) / self._rate_hz / _SMOOTHING_S, 1 / self._stamps), 1.0)
            self._origin_s += (measured_s - self._origin_s) * weight
        self._last_sample = sample
        self.settled = self.settled or sample - self._begun_sample >= _SETTLED_AFTER_S * self._rate_hz
        return self.instant(sample)

    def instant(self, sample: int) -> float:
        """The instant at which a sample is heard, by the present line; feed first."""
        assert self._origin_s is not None, "feed first"
        return self._origin_s + sample / self._rate_hz
