"""The sound of a show on stage: mixed a little ahead on a thread of its own, for a device that may come and go."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np

from engine.audio.mixer import Mixer
from engine.audio.output_device import OutputDevice
from engine.audio.output_stream import Epoch, OutputStream
from engine.audio.sound_bank import SoundBank
from engine.audio.voices import BLOCK
from engine.core.figures import Figures
from engine.core.sound_plan import Score
from engine.core.state import State
from engine.core.step import begun
from engine.formats.sound_places import SoundPlace, SoundPlaces
from engine.model.clock import ClockReading
from engine.model.meters import Meters
from engine.model.world import World

_log = logging.getLogger(__name__)

# Mixed ahead of the device: a hand is heard after this and the device's buffer. Interpreters stall for 50 ms at worst.
_LEAD_S = 0.1
_TURN_S = 0.02  # how often the mixing thread looks
_DECODED_AHEAD_S = 2.0
_LOOK_AHEAD_S = (0.25, 0.75, 1.5)  # where the score is asked what will sound, so that it is decoded by then
_LOOK_EACH_BLOCKS = 19  # a tenth of a second
_FIRST_SOUND_TIMEOUT_S = 2.0
# How long a jump that nobody foresaw waits for its sound to be decoded; what sounded goes on meanwhile.
_JUMP_WAIT_BLOCKS = 12
_OFF_S = 0.04  # sound that is further from the show than this is put right


class Latest(Protocol):
    """The latest tick of the show (engine.app.published)."""

    @property
    def world(self) -> World: ...

    @property
    def state(self) -> State: ...


class LiveSound:
    """Plays a show's sound from `start` until `stop`; the show's clock may run by its samples (`reading`).

    `latest` gives the show as the loop last had it (None before the first tick); it is asked on the mixing thread. Its
    world may be another version, with the same tracks and settings of sound. `show_s` gives the show time of a
    monotonic instant, on any thread: where the sound is taken up after the device was lost. A lost device is opened
    again once a second until it answers.

    Counter: `mixer_late`, turns that found the ring nearly empty. Sampled: `mix_ms`, for a block of 5.3 ms. `start`,
    `reading`, `align` and `stop` are for one thread, the main one.
    """

    def __init__(
        self,
        world: World,
        latest: Callable[[], Latest | None],
        show_s: Callable[[float], float],
        figures: Figures,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._world = world
        self._latest = latest
        self._show_s = show_s
        self._figures = figures
        self._device = OutputDevice(world.loaded.show.sound, show_s, figures, monotonic)
        self._late = figures.counter("mixer_late")
        self._mix_ms = figures.samples("mix_ms")
        self._stopping = threading.Event()
        self._wake = threading.Event()  # the mixing thread has something to do
        self._off = threading.Event()  # the show stands elsewhere than its sound
        self._thread: threading.Thread | None = None
        # The mixing thread's:
        self._bank: SoundBank | None = None
        self._mixer: Mixer | None = None
        self._epoch: Epoch | None = None
        self._score = Score(world, begun(world))
        self._scored: State | None = None
        self._blocks = 0
        self._waited_blocks = 0  # for sound to jump to

    @property
    def meters(self) -> Meters:
        """How loud it is, a little before it is heard. Any thread."""
        mixer = self._mixer
        return Meters() if mixer is None else mixer.meters

    def start(self, at_s: float = 0.0) -> None:
        """Open the device, and let the show sound from `at_s`.

        Returns once the device takes samples steadily and `reading` has its first answer: after 0.3 s, up to 2 s with
        some sound servers. The first sample is heard one buffer later. Raises DeviceError where there is no device, or
        it refuses: then it goes on looking for one, until `stop`, and the show sounds once it has come.
        """
        assert self._thread is None, "already started"
        self._thread = threading.Thread(target=self._mix_on, name="sound-mixer", daemon=True)
        self._thread.start()
        self._device.start(at_s)

    def reading(self) -> ClockReading | None:
        """Which instant of the show is heard now; None while the device does not answer, and before `start`.

        Below the show's first instant until the first sample has come through the device's buffer.
        """
        return self._device.reading()

    def align(self) -> None:
        """Let the sound be where the show stands, if it is more than 40 ms off: another clock leads, or led."""
        stream = self._device.stream
        reading = None if stream is None else stream.reading()
        if reading is not None and abs(self._show_s(reading.monotonic_s) - reading.show_s) > _OFF_S:
            self._off.set()
            self._wake.set()

    def stop(self) -> None:
        """Fall silent, and give the device and the files back. Safe to call twice, and after a failed start."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=3)
            self._thread = None
        self._device.stop()
        if self._bank is not None:
            self._bank.close()

    # The mixing thread.

    def _mix_on(self) -> None:
        try:
            while not self._stopping.is_set():
                if not self._turn():
                    self._wake.wait(_TURN_S)
                    self._wake.clear()
        except Exception:
            _log.exception("the sound has stopped: a mistake of ours; the show goes on without it")

    def _turn(self) -> bool:
        """Mix a block if the device will want one soon; whether one was mixed."""
        stream = self._device.stream
        epoch = None if stream is None else stream.epoch
        if stream is None or epoch is None:
            return False
        if epoch is not self._epoch:
            self._take_up(stream, epoch)
        assert self._mixer is not None
        if self._off.is_set():
            self._move(stream, self._mixer)
        ahead, lead = stream.ring.written_frames - stream.ring.read_frames, _lead_of(stream)
        if ahead >= lead:
            self._mixer.publish_meters()
            return False
        self._late.add(4 * ahead < lead)
        self._mix_block(stream, self._mixer)
        return True

    def _take_up(self, stream: OutputStream, epoch: Epoch) -> None:
        """Begin to mix for an epoch, a lead ahead, and let it be heard."""
        bank = self._bank_at(stream.rate_hz)
        soon_s = epoch.show_of(stream.ring.read_frames, stream.rate_hz)
        self._waited_blocks = _JUMP_WAIT_BLOCKS  # nothing sounds meanwhile that could go on
        self._mixer = mixer = Mixer(self._world, bank, self._figures, soon_s)
        bank.wait_for(mixer.pages(0, [self._score_at(soon_s).plan(soon_s)]), _FIRST_SOUND_TIMEOUT_S)
        if not epoch.held:  # under way: begin where there is still time
            stream.ring.cut(0)
            margin = max(2 * stream.most_frames, round(_TURN_S * 2 * stream.rate_hz))
            stream.ring.write(np.zeros((margin, stream.ring.channels), np.float32))
        mixer.move_to(epoch.show_of(stream.ring.written_frames, stream.rate_hz))
        self._epoch = epoch
        for _ in range(_lead_of(stream) // BLOCK + 1):
            self._mix_block(stream, mixer)
        stream.accept(epoch)

    def _move(self, stream: OutputStream, mixer: Mixer) -> None:
        """Go on where the show stands by now, as soon as that is decoded."""
        reading, epoch = stream.reading(), self._epoch
        if reading is None or epoch is None:
            self._off.clear()
            return
        off_s = self._show_s(reading.monotonic_s) - reading.show_s
        if self._must_wait(Score(self._score.world, self._score.state), mixer.next_s + off_s):
            return
        self._off.clear()
        frame = stream.ring.written_frames
        after = Epoch(frame, epoch.show_of(frame, stream.rate_hz) + off_s)
        stream.rebase(epoch, after)
        self._epoch = after
        mixer.move_to(mixer.next_s + off_s)

    def _mix_block(self, stream: OutputStream, mixer: Mixer) -> None:
        begun_s = time.perf_counter()
        block = mixer.next(self._score_at(mixer.next_s))
        if block is not None:
            stream.ring.write(block if stream.ring.channels == 2 else block.mean(axis=1, keepdims=True))
        if self._blocks % _LOOK_EACH_BLOCKS == 0:
            self._want(mixer)
        self._blocks += 1
        self._mix_ms.add((time.perf_counter() - begun_s) * 1000)

    def _want(self, mixer: Mixer) -> None:
        """Have decoded what will sound soon, as far as it can be told."""
        assert self._bank is not None
        score = Score(self._score.world, self._score.state)
        to_come = [score.plan(mixer.next_s + ahead_s) for ahead_s in _LOOK_AHEAD_S]
        self._bank.want(mixer.pages(round(_DECODED_AHEAD_S * self._bank.rate_hz), to_come))

    def _score_at(self, at_s: float) -> Score:
        """The score of the latest state: carried forward, unless the loop has had another turn.

        Where that state has something sound that is not decoded yet, the score before serves for 60 ms.
        """
        latest = self._latest()
        if latest is None or latest.state is self._scored:
            return self._score
        score = Score(latest.world, latest.state)
        if self._must_wait(score, at_s):
            return self._score
        self._scored, self._score = latest.state, score
        return score

    def _must_wait(self, score: Score, at_s: float) -> bool:
        """Whether something that would sound then is not decoded yet, and has not been waited for long enough."""
        assert self._bank is not None
        assert self._mixer is not None
        pages = list(self._mixer.pages(0, [score.plan(at_s)]))
        if self._waited_blocks >= _JUMP_WAIT_BLOCKS or self._bank.has(pages):
            self._waited_blocks = 0
            return False
        self._bank.want(pages)
        self._waited_blocks += 1
        return True

    def _bank_at(self, rate_hz: int) -> SoundBank:
        if self._bank is not None and self._bank.rate_hz != rate_hz:
            self._bank.close()
            self._bank = None
        if self._bank is None:
            self._bank = SoundBank(self._place_of, rate_hz, self._figures, ahead=True)
        return self._bank

    def _place_of(self, key: str) -> SoundPlace:
        """Where a sound of the show is, as the show is by now. The reading thread."""
        latest = self._latest()
        return SoundPlaces((self._world if latest is None else latest.world).loaded)(key)


def _lead_of(stream: OutputStream) -> int:
    """How many frames should be mixed ahead of the device."""
    return round(_LEAD_S * stream.rate_hz) + stream.most_frames
