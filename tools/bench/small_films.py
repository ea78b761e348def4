"""Small films of constructed shots, for suites that need many clips or a run of a few seconds."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

SHOT_S = 2
_RATE = 10
_WIDTH, _HEIGHT = 128, 96
_SOUND_HZ = 48_000


def small_film(file: Path, shots: int, seed: int, *, sound: bool = False) -> Path:
    """A film of `shots` shots of two seconds, each of other colours and another motion, 10 frames a second.

    128 × 96, H.264; with `sound`, AAC of noise that swells. `seed` chooses colours and motion.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    with av.open(str(file), "w") as container:
        pictures = container.add_stream("libx264", rate=Fraction(_RATE), options={"preset": "ultrafast", "crf": "28"})
        assert isinstance(pictures, VideoStream)
        pictures.width, pictures.height, pictures.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        heard = container.add_stream("aac", rate=_SOUND_HZ, layout="mono") if sound else None
        for _ in range(shots):
            _write_shot(container, pictures, chance)
        container.mux(pictures.encode(None))
        if isinstance(heard, AudioStream):
            _write_sound(container, heard, shots * SHOT_S, chance)
    return file


def _write_shot(container: OutputContainer, stream: VideoStream, chance: np.random.Generator) -> None:
    picture = chance.integers(0, 256, (6, 8, 3), np.uint8).repeat(32, 0).repeat(32, 1)
    step = int(chance.integers(1, 6))
    for index in range(SHOT_S * _RATE):
        shown = np.roll(picture, step * index, 1)[:_HEIGHT, :_WIDTH]
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), format="rgb24")
        container.mux(stream.encode(frame))


def _write_sound(container: OutputContainer, stream: AudioStream, length_s: float, chance: np.random.Generator) -> None:
    noise = chance.normal(0, 0.1, int(length_s * _SOUND_HZ)).astype(np.float32)
    swelling = noise * np.linspace(0.1, 1, len(noise), dtype=np.float32)
    frame = av.AudioFrame.from_ndarray(swelling[None], format="fltp", layout="mono")
    frame.sample_rate = _SOUND_HZ
    container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
