"""Suite `sound`: what mixing costs. 256 frames are 5.3 ms of sound; what mixing takes of them, a core is busy with it.

Shows with music alone, with five effects, and with clips that sound at their own speed and at another: mixed as in a
render, one block after the other, from files of noise.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from engine.app.load import load_world
from engine.audio.mixer import Mixer
from engine.audio.sound_bank import SoundBank
from engine.audio.voices import BLOCK
from engine.core.figures import Figures
from engine.core.sound_plan import Score
from engine.core.step import begun
from engine.formats.sound import SHOW_RATE_HZ, Sound, write_sound
from engine.formats.sound_places import SoundPlaces
from engine.model.world import World
from tools.bench.measuring import Case, collector_set_aside, percentile, without_bars
from tools.bench.rows import Bar, Options, Row, Tell

SUITE = "sound"
_BLOCK_MS = BLOCK / SHOW_RATE_HZ * 1000
_BAR = Bar("≤", round(_BLOCK_MS / 4, 2))
_LAYERS = 4
_FILE_S = 20  # what the mixer keeps decoded of five files
_CHAIN = """
sound:
  effects:
    - {name: clean, kind: highpass}
    - {name: bright, kind: peak}
    - {name: even, kind: compressor}
    - {name: echo, kind: delay}
    - {name: hall, kind: reverb}
  chain: [clean, bright, even, echo, hall]
"""


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """Music alone, with effects, and with clips."""
    found = _rows(options, tell)
    return without_bars(found) if options.quick else found


def _rows(options: Options, tell: Tell) -> Iterator[Row]:
    seconds = 2.0 if options.quick else 60.0
    folder = options.media / "sound"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("music", _layers(speed=0)),
        ("music through five effects", _layers(speed=0) + _CHAIN),
        (f"music and {_LAYERS} clips", _layers(speed=1)),
        (f"music and {_LAYERS} clips at 1.5 × their speed", _layers(speed=1.5)),
    ):
        tell(name)
        took_ms = mixed(_world(folder, text), seconds)
        case = Case(SUITE, name)
        yield from case.spread("mixing 256 frames", took_ms, "ms")
        yield case.row("mixing p99", percentile(took_ms, 99), "ms", _BAR)
        yield case.row("of a core", 100 * float(np.mean(took_ms)) / _BLOCK_MS, "%")


def mixed(world: World, seconds: float) -> list[float]:
    """Mix so much of a show, once its files are decoded; milliseconds for each block."""
    bank = SoundBank(SoundPlaces(world.loaded), SHOW_RATE_HZ, Figures())
    mixer, score = Mixer(world, bank, Figures(), 0.0), Score(world, begun(world))
    took_ms = []
    with collector_set_aside():
        while mixer.next_s < _FILE_S:
            mixer.next(score)
        while mixer.next_s < _FILE_S + seconds:
            begun_s = time.perf_counter()
            mixer.next(score)
            took_ms.append((time.perf_counter() - begun_s) * 1000)
    bank.close()
    return took_ms


def _layers(*, speed: float) -> str:
    """A show with music, whose clips are as long, and sound unless they stand."""
    layers = "\n".join(
        f"  - {{name: layer-{number}, source: clip.mov, speed: {speed}, volume: {0.2 if speed else 0}}}"
        for number in range(_LAYERS)
    )
    return f"""
track: {{file: music.wav, at_end: loop, gain_db: -6}}
onsets: {{source: none}}
layers:
{layers}
movements: [{{name: one, duration_s: 86400}}]
"""


def _world(folder: Path, text: str) -> World:
    if not (folder / "clip.mov").exists():
        noise = np.random.default_rng(1).normal(0, 0.1, (_FILE_S * SHOW_RATE_HZ, 2)).astype(np.float32)
        write_sound(folder / "music.wav", Sound(noise, SHOW_RATE_HZ))
        _write_clip(folder / "clip.mov", noise)
    (folder / "show.yaml").write_text(text, encoding="utf-8")
    return load_world(folder / "show.yaml")


def _write_clip(file: Path, sound: npt.NDArray[np.float32], rate: int = 25) -> None:
    """A small grey film with this sound."""
    with av.open(str(file), "w") as container:
        picture = container.add_stream("mjpeg", rate=rate)
        assert isinstance(picture, av.VideoStream)
        picture.width, picture.height, picture.pix_fmt = 32, 32, "yuvj420p"
        heard = container.add_stream("pcm_f32le", rate=SHOW_RATE_HZ)
        assert isinstance(heard, av.AudioStream)
        heard.layout = "stereo"
        for _ in range(len(sound) * rate // SHOW_RATE_HZ):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 128, np.uint8), format="rgb24")
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        for start in range(0, len(sound), 4096):
            block = np.ascontiguousarray(sound[start : start + 4096]).reshape(1, -1)
            samples = av.AudioFrame.from_ndarray(block, format="flt", layout="stereo")
            samples.sample_rate, samples.pts = SHOW_RATE_HZ, start
            container.mux(heard.encode(samples))
        container.mux(heard.encode(None))
