"""What is being played in the room: an audio input, heard in one thread by all detectors and levels of a show, and for
its shaders."""

from __future__ import annotations

import math
from collections.abc import Callable

from engine.analysis.hit import Mono32
from engine.analysis.levels import LevelStream
from engine.analysis.onsets import OnsetStream
from engine.analysis.sound_pictures import NewestPicture
from engine.audio.attended_input import AttendedInput, Blocks
from engine.audio.input_stream import Block, InputStream
from engine.audio.sample_clock import SampleClock
from engine.core.figures import Figures
from engine.model.events import EventSource
from engine.model.plan import SoundPicture
from engine.model.show import Show
from engine.model.sound import Detection, Level

Put = Callable[[EventSource, str, float, float], None]

ONSET_ADDRESS = "/onset"
_LEVEL_EVERY = 2  # of a hundred values a second: fifty events
_LEVEL_STEP = 0.002  # what changes by less is no event


def live_detectors(show: Show) -> list[tuple[str, Detection]]:
    """The show's detectors that hear the input, with the addresses of their onsets."""
    every: list[tuple[str, Detection]] = [(ONSET_ADDRESS, show.onsets)]
    every += [(f"{ONSET_ADDRESS}/{detector.name}", detector) for detector in show.detectors]
    return [(address, detector) for address, detector in every if detector.source == "input"]


def listens(show: Show) -> bool:
    """Whether anything of the show hears an audio input."""
    return bool(live_detectors(show)) or any(level.source == "input" for level in show.levels)


class LiveAnalysis:
    """Listens to the show's audio input from its construction until `close`, and puts events.

    An onset is `/onset`, of a further detector `/onset/NAME`; its value is its strength beside the strongest so far. It
    arrives its detector's delay after it was heard, and one buffer of the device. `/level/NAME` comes at most fifty
    times a second, when the level has changed. Stamps are the show time at which the sound was heard. What comes in the
    first 0.15 s, before the device's clock is trusted, is left out.

    A device that goes is warned of, and looked for once a second until it is back. Raises DeviceError where there is
    no input at the start, or it refuses. Counters: `onsets_heard`, `onset_overruns` (blocks lost at the device or
    because the thread did not keep up), `input_lost`; `onset_delay_ms` samples how long after it was heard each onset
    was put. `put` and `now_s` must be safe on any thread.
    """

    def __init__(
        self, show: Show, put: Put, now_s: Callable[[], float], figures: Figures, *, for_shaders: bool = False
    ) -> None:
        """`for_shaders` asks for `sound` too."""
        wish, overruns = show.onsets, figures.counter("onset_overruns")  # callback thread

        def opened(blocks: Blocks) -> InputStream:
            return InputStream(
                wish.device,
                channel=wish.channel,
                gain_db=wish.gain_db,
                blocks=blocks,
                now_s=now_s,
                overruns=overruns,
                setting="onsets",
            )

        self.for_shaders = for_shaders
        """Whether anybody asks for `sound`; may be changed at any time, by one thread."""
        self._ears = _Ears(show, put, now_s, figures, lambda: self.for_shaders)
        self._input = AttendedInput("live-onsets", opened, self._ears, figures.counter("input_lost"))

    @property
    def sound(self) -> SoundPicture | None:
        """What shaders see of the newest samples; None while nothing comes, and where nobody asks. Any thread."""
        return self._ears.sound if self.for_shaders else None

    def close(self) -> None:
        """Give the device back and end the thread. Safe to call twice."""
        self._input.close()


class _Ears:
    """All that a show hears of its input, as events. Analysis thread."""

    def __init__(
        self,
        show: Show,
        put: Put,
        now_s: Callable[[], float],
        figures: Figures,
        for_shaders: Callable[[], bool],
    ) -> None:
        self.sound: SoundPicture | None = None  # read on any thread
        self._for_shaders = for_shaders
        self._show = show
        self._put = put
        self._now_s = now_s
        self._heard = figures.counter("onsets_heard")
        self._delay_ms = figures.samples("onset_delay_ms")
        self._stretch: _Stretch | None = None
        self._newest = NewestPicture()

    def begin(self, rate_hz: int) -> None:
        self._stretch = _Stretch(self._show, rate_hz)
        self._newest = NewestPicture()

    def hear(self, block: Block) -> None:
        if self._stretch is None:
            return
        if self._for_shaders():
            self.sound = self._newest.feed(block.samples)
        for address, value, at_s in self._stretch.hear(block):
            if address.startswith(ONSET_ADDRESS):
                self._heard.add()
                self._delay_ms.add(max(self._now_s() - at_s, 0.0) * 1000)
            self._put(EventSource.ONSET, address, value, at_s)

    def fall_silent(self) -> None:
        """Levels go to 0: else what they drive would stay where the last sound left it."""
        self.sound = None
        for address in () if self._stretch is None else self._stretch.fallen_silent():
            self._put(EventSource.ONSET, address, 0.0, self._now_s())

    def end(self) -> None:
        self._stretch = self.sound = None


class _Stretch:
    """Every live detector and level of a show, for one unbroken stretch of sound. Analysis thread."""

    def __init__(self, show: Show, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._clock = SampleClock(rate_hz)  # its instants are show time
        self._samples = 0
        self._detectors = [(address, OnsetStream(rate_hz, one)) for address, one in live_detectors(show)]
        self._levels = [_LevelEvents(level, rate_hz) for level in show.levels if level.source == "input"]

    def hear(self, block: Block) -> list[tuple[str, float, float]]:
        """The events in the next block: address, value, and the show time at which it was heard."""
        trusted = self._clock.settled
        self._clock.feed(self._samples, block.at_s)
        self._samples += len(block.samples)
        found = [
            (address, onset.strength, onset.at_s)
            for address, detector in self._detectors
            for onset in detector.feed(block.samples)
        ]
        found += [event for level in self._levels for event in level.feed(block.samples)]
        if not trusted:
            return []
        stamped = [
            (address, value, self._clock.instant(round(own_s * self._rate_hz))) for address, value, own_s in found
        ]
        return [event for event in stamped if math.isfinite(event[2])]

    def fallen_silent(self) -> list[str]:
        """The addresses of the levels that were told to be above 0, which they are no more."""
        up = [level for level in self._levels if level.told > 0]
        for level in up:
            level.told = 0.0
        return [level.address for level in up]


class _LevelEvents:
    """A level, thinned to what is worth an event. `told` is the value of the latest one."""

    def __init__(self, level: Level, rate_hz: int) -> None:
        self.address = f"/level/{level.name}"
        self.told = 0.0
        self._stream = LevelStream(rate_hz, level)
        self._count = 0

    def feed(self, samples: Mono32) -> list[tuple[str, float, float]]:
        """(address, value, second of the stream) of each event in the next samples."""
        events = []
        for value in self._stream.feed(samples).tolist():
            due = self._count % _LEVEL_EVERY == 0 and abs(value - self.told) >= _LEVEL_STEP
            if due:
                self.told = value
                events.append((self.address, value, self._count / self._stream.values_hz))
            self._count += 1
        return events
