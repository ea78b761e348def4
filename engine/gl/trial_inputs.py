"""What a shader that is tried is given to work on: pictures with structure that move, and sound that sweeps."""

from __future__ import annotations

import moderngl
import numpy as np
import numpy.typing as npt

from engine.formats.isf import Isf
from engine.gl.textures import still_texture
from engine.gl.trial_job import TrialFrame
from engine.model.shader_values import reaches, value_of
from engine.model.shaders import (
    FILTERED,
    FROM_PICTURE,
    PICTURE_TYPES,
    PROGRESS,
    TO_PICTURE,
    InputType,
    ShaderInput,
    ShaderKind,
    Value,
)

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

_FIRST = frozenset({FILTERED, FROM_PICTURE})
_SAMPLES, _BANDS = 512, 256
_RATE_HZ = 48_000


def first_picture(width: int, height: int, at_s: float) -> Pixels:
    """A dusk with a moving sun, stripes and coloured patches; uint8 (height, width, 4) premultiplied, top row first.

    A disc in its lower right corner is clear, with a soft edge."""
    x, y = _grid(width, height)
    colour = np.stack([0.25 + 0.7 * y, 0.2 + 0.3 * np.abs(x - 0.5), 0.65 - 0.5 * y], axis=2)
    sun = _disc(x - 0.5 - 0.3 * np.sin(at_s * 1.3), (y - 0.35 - 0.1 * np.cos(at_s)) * height / width, 0.16)
    colour = _over(colour, (1.0, 0.9, 0.35), sun)
    stripes = (y > 0.72) & (np.sin((x + 0.15 * at_s) * 60) > 0)
    colour = _over(colour, (0.05, 0.08, 0.12), stripes * 0.9)
    for index, patch in enumerate(((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1), (0, 0, 0))):
        colour = _over(colour, patch, (y < 0.14) & (np.floor(x * 8) == index))
    return _packed(colour, 1 - _disc(x - 0.88, (y - 0.85) * height / width, 0.1))


def second_picture(width: int, height: int, at_s: float) -> Pixels:
    """Green and blue squares with a turning beam; like `first_picture`, but opaque."""
    x, y = _grid(width, height)
    squares = (np.floor(x * 8) + np.floor(y * 8 * height / width)) % 2
    colour = np.stack([0.05 + 0.1 * squares, 0.35 + 0.4 * squares * y, 0.45 + 0.4 * (1 - y)], axis=2)
    angle = np.arctan2(y - 0.5, x - 0.5) - at_s
    colour = _over(colour, (0.95, 0.95, 1.0), np.cos(angle) ** 16)
    return _packed(colour, np.ones((height, width)))


def sound_samples(at_s: float, count: int) -> Pixels:
    """A tone that sweeps from 100 Hz to 2 kHz in two seconds, the right half as loud: uint8 (2, count), 128 silence."""
    times = at_s + np.arange(count) / _RATE_HZ
    wave = np.sin(2 * np.pi * _tone_hz(at_s) * times)
    return np.asarray(np.rint(128 + 100 * np.stack([wave, wave / 2])), np.uint8)


def sound_bands(at_s: float, count: int) -> Pixels:
    """Its spectrum: a hump at its pitch over a falling floor, uint8 (2, count)."""
    place = (np.arange(count) + 0.5) / count
    hump = np.exp(-(((place - _tone_hz(at_s) / 2500) * 8) ** 2))
    level = np.clip(hump + 0.25 * (1 - place), 0, 1)
    return np.rint(255 * np.stack([level, level * 0.6])).astype(np.uint8)


class TrialInputs:
    """The inputs of one shader, frame by frame. Render thread only; release it."""

    def __init__(self, context: moderngl.Context, source: Isf, size: tuple[int, int]) -> None:
        """`size` (width, height) is that of the pictures."""
        self._context, self._source, self._size = context, source, size
        self._textures: list[moderngl.Texture] = []

    def at(self, frame: TrialFrame) -> dict[str, Value | moderngl.Texture]:
        """What the inputs are at a frame, until the next is asked for. What is left out has its default."""
        self.release()
        values: dict[str, Value | moderngl.Texture] = {}
        for one in self._source.inputs:
            if one.type in PICTURE_TYPES:
                pixels = self._pixels(one, frame.at_s)
                if pixels is not None:
                    self._textures.append(still_texture(self._context, pixels))
                    values[one.name] = self._textures[-1]
            elif one.type is InputType.EVENT:
                values[one.name] = frame.fires
            elif one.name == PROGRESS and self._is_transition:
                values[one.name] = frame.progress
            elif frame.settings != "default":
                values[one.name] = value_of(one, tuple(reach[frame.settings == "high"] for reach in reaches(one)))
        return values

    def release(self) -> None:
        """Give the pictures back."""
        for texture in self._textures:
            texture.release()
        self._textures.clear()

    @property
    def _is_transition(self) -> bool:
        return self._source.kind is ShaderKind.TRANSITION

    def _pixels(self, one: ShaderInput, at_s: float) -> Pixels | None:
        """A picture or a sound for `one`; none for a transition's further pictures, which most shows leave out."""
        if one.type is InputType.AUDIO:
            return _gray(sound_samples(at_s, self._source.sample_counts.get(one.name, _SAMPLES)))
        if one.type is InputType.AUDIO_FFT:
            return _gray(sound_bands(at_s, self._source.sample_counts.get(one.name, _BANDS)))
        if one.name in _FIRST:
            return first_picture(*self._size, at_s)
        if self._is_transition and one.name != TO_PICTURE:
            return None
        return second_picture(*self._size, at_s)


def _grid(width: int, height: int) -> tuple[Floats, Floats]:
    """The places of the pixels' centres, 0..1, y downwards; each (height, width)."""
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    return x, y


def _disc(x: Floats, y: Floats, radius: float) -> Floats:
    """How much of each pixel is in a disc about 0, softly."""
    return np.clip((radius - np.hypot(x, y)) / 0.03 + 0.5, 0, 1)


def _over(below: Floats, colour: tuple[float, float, float], cover: npt.ArrayLike) -> Floats:
    weight = np.asarray(cover, np.float64)[..., None]
    return below * (1 - weight) + np.array(colour) * weight


def _packed(colour: Floats, alpha: Floats) -> Pixels:
    pixels = np.concatenate([colour * alpha[..., None], alpha[..., None]], axis=2)
    return np.asarray(np.rint(np.clip(pixels, 0, 1) * 255), np.uint8)


def _gray(rows: Pixels) -> Pixels:
    """Rows of numbers as a gray picture."""
    return np.dstack([rows, rows, rows, np.full_like(rows, 255)])


def _tone_hz(at_s: float) -> float:
    return float(100 + 950 * (1 + np.sin(np.pi * (at_s - 0.5))))
