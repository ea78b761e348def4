"""The sound of a render: the mixer of the stage, driven by what the show's events say, to the sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from engine.app.pace import Tick
from engine.audio.mixer import Mixer
from engine.audio.sound_bank import SoundBank
from engine.audio.voices import BLOCK
from engine.core.figures import Figures
from engine.core.sound_plan import Score
from engine.core.step import begun, folded
from engine.formats.sound import SHOW_RATE_HZ
from engine.formats.sound_places import SoundPlaces
from engine.model.events import Event, Handled
from engine.model.world import World

Samples32 = npt.NDArray[np.float32]

# What the film is told of it: channels, and samples a second.
FILM_SOUND = (2, SHOW_RATE_HZ)

# Mixed and not heard before a render that begins in the middle, so that echoes and cross-fades are there as they
# would be; those that last longer come in late.
_PREROLL_S = 10.0


class Soundtrack:
    """Mixes as the ticks of a render go by, and hands the sound of [from_s, …) to `put`, float32 (n, 2) at 48 kHz.

    An event sounds from the next block of 5.3 ms on; what follows by itself (movements, music) to the sample. So the
    sound is the same at every frame rate. Main thread.
    """

    def __init__(
        self, world: World, from_s: float, rate: Fraction, put: Callable[[Samples32], None], figures: Figures
    ) -> None:
        self._world = world
        self._rate = rate
        self._put = put
        self._bank = SoundBank(SoundPlaces(world.loaded), SHOW_RATE_HZ, figures)
        # Blocks begin at the same instants of the show wherever the render does.
        first_block = int(max(0.0, from_s - _PREROLL_S) * SHOW_RATE_HZ) // BLOCK
        self._mixer = Mixer(world, self._bank, figures, first_block * BLOCK / SHOW_RATE_HZ)
        self._left_out = round(from_s * SHOW_RATE_HZ) - first_block * BLOCK  # frames to go until the first one is heard
        self._given = 0
        self._frames = 0  # of the film
        self._score = Score(world, begun(world))

    def hear(self, tick: Tick, _handled: Sequence[Handled], events: Sequence[Event]) -> None:
        """Take in what was folded at a tick, and mix up to it. After each tick's events."""
        for event in events:
            self._mix_until(event.at_s)
            self._score = Score(self._world, folded(self._world, self._score.state, (event,)))
        self._mix_until(tick.now_s)
        self._frames = tick.frame_index + 1

    def finish(self) -> None:
        """Mix up to the end of the last frame."""
        until = round(self._frames * SHOW_RATE_HZ / self._rate)
        while self._given < until:
            self._mix()

    def close(self) -> None:
        """Close the files."""
        self._bank.close()

    def _mix_until(self, known_s: float) -> None:
        """Mix all blocks that begin before `known_s`: of later ones, not all events are known."""
        while self._mixer.next_s < known_s:
            self._mix()

    def _mix(self) -> None:
        block = self._mixer.next(self._score)
        if block is None:
            return
        heard = block[self._left_out :] if self._left_out > 0 else block
        self._left_out = max(0, self._left_out - len(block))
        if len(heard):
            self._given += len(heard)
            self._put(heard)
