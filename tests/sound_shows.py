"""Shows that sound, written to disk with their music, and mixed as a render mixes them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from engine.app.load import load_world
from engine.app.pace import OfflinePace
from engine.app.soundtrack import Soundtrack
from engine.core.figures import Figures
from engine.formats.sound import Sound, write_sound
from engine.model.events import Event, EventSource
from engine.model.world import World

RATE_HZ = 48_000
Samples32 = npt.NDArray[np.float32]


def sine(hz: float, seconds: float, amplitude: float = 0.25, from_s: float = 0.0) -> Samples32:
    """Both channels alike, (n, 2); `from_s` is where its phase begins."""
    at_s = from_s + np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return np.repeat((amplitude * np.sin(2 * np.pi * hz * at_s)).astype(np.float32)[:, None], 2, axis=1)


def noise(seconds: float, seed: int = 1, amplitude: float = 0.1) -> Samples32:
    return np.random.default_rng(seed).normal(0, amplitude, (round(seconds * RATE_HZ), 2)).astype(np.float32)


def wav(file: Path, samples: Samples32) -> Path:
    write_sound(file, Sound(samples, RATE_HZ))
    return file


def movie_with_sound(file: Path, samples: Samples32, rate: int = 25) -> Path:
    """A grey film whose own sound is `samples`, without loss."""
    with av.open(str(file), "w") as container:
        picture = container.add_stream("mjpeg", rate=rate)
        assert isinstance(picture, av.VideoStream)
        picture.width, picture.height, picture.pix_fmt = 32, 32, "yuvj420p"
        sound = container.add_stream("pcm_f32le", rate=RATE_HZ)
        assert isinstance(sound, av.AudioStream)
        sound.layout = "stereo"
        for number in range(round(len(samples) / RATE_HZ * rate)):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 128, np.uint8), format="rgb24")
            frame.pts = number
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        for start in range(0, len(samples), 4096):
            block = np.ascontiguousarray(samples[start : start + 4096]).reshape(1, -1)
            heard = av.AudioFrame.from_ndarray(block, format="flt", layout="stereo")
            heard.sample_rate, heard.pts, heard.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
            container.mux(sound.encode(heard))
        container.mux(sound.encode(None))
    return file


def sounding(folder: Path, text: str) -> World:
    """The world of a show: `text` is YAML; a layer and, where it has none, a movement of 10 s are added."""
    if "layers:" not in text:
        movie_with_sound(folder / "silent.mov", np.zeros((4800, 2), np.float32))
        text += "\nlayers: [{name: base, source: silent.mov}]"
    if "movements:" not in text:
        text += "\nmovements: [{name: one, duration_s: 10}]"
    file = folder / "show.yaml"
    file.write_text(f"{text}\nonsets: {{source: none}}\n")
    return load_world(file)


def event(at_s: float, address: str, value: float = 1.0, sequence: int = 0) -> Event:
    return Event(at_s, EventSource.SCRIPT, sequence, address, value)


def mixed(
    world: World,
    to_s: float,
    *,
    from_s: float = 0.0,
    events: Sequence[Event] = (),
    rate: Fraction = Fraction(25),
    figures: Figures | None = None,
) -> Samples32:
    """What a render of [from_s, to_s) sounds like with these resolved events, float32 (n, 2)."""
    heard: list[Samples32] = []
    soundtrack = Soundtrack(world, from_s, rate, heard.append, figures or Figures())
    waiting = sorted(events, key=lambda one: one.order)
    for tick in OfflinePace(rate, from_s, round((to_s - from_s) * rate)).ticks():
        due = [one for one in waiting if one.at_s <= tick.now_s]
        waiting = waiting[len(due) :]
        soundtrack.hear(tick, (), due)
    soundtrack.finish()
    soundtrack.close()
    return np.concatenate(heard)[: round((to_s - from_s) * RATE_HZ)]
