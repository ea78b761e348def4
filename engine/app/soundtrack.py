"""The music of a render: the track's samples from one show instant to another, as they would have been heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from engine.model.sound import Track

if TYPE_CHECKING:
    from engine.formats.sound import Sound


def soundtrack(sound: Sound, track: Track, from_s: float, to_s: float) -> npt.NDArray[np.float32]:
    """float32 (n, channels) for show time [from_s, to_s), with the track's gain; silence or a loop past its end.

    `sound` has at least one sample. Pure.
    """
    first = round(from_s * sound.rate_hz)
    positions = np.arange(first, max(first, round(to_s * sound.rate_hz)))
    gain = np.float32(10 ** (track.gain_db / 20))
    if track.at_end == "loop":
        return sound.samples[positions % len(sound.samples)] * gain
    heard = np.zeros((len(positions), sound.samples.shape[1]), np.float32)
    within = positions < len(sound.samples)
    heard[within] = sound.samples[positions[within]] * gain
    return heard
