"""Moving pictures that cost a codec what footage costs: textures with a photograph's spectrum, pans, and film grain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

_MARGIN = 96  # pixels that a layer may wander
_LAYER_RANGE = 108  # of 255: two layers and the grain add up without a clip
_GRAIN_RANGE = 4
_FALL = 1.4  # amplitude is 1 ÷ frequency to this power
_SPEEDS = ((3, 1), (-2, 5))  # pixels a frame, across and down


class Footage:
    """RGB pictures by frame number: the same for the same size and seed on every machine.

    Two textures whose amplitude falls with 1 ÷ frequency, as a photograph's does, pan over one another; grain that
    changes with every frame lies on top, so that no two frames are alike and a codec cannot save on any.
    """

    def __init__(self, width: int, height: int, seed: int = 1) -> None:
        self.width, self.height = width, height
        random = np.random.default_rng(seed)
        room = (height + _MARGIN, width + _MARGIN)
        self._layers = [_texture(room, random) for _ in _SPEEDS]
        self._grain = random.integers(0, _GRAIN_RANGE, (*room, 1), np.uint8)

    def frame(self, number: int) -> Pixels:
        """Picture `number` as uint8 of shape (height, width, 3)."""
        pixels = np.zeros((self.height, self.width, 3), np.uint8)
        for layer, (across, down) in zip(self._layers, _SPEEDS, strict=True):
            pixels += self._window(layer, number * across, number * down)
        pixels += self._window(self._grain, number * 37, number * 53)
        return pixels

    def _window(self, layer: Pixels, across: int, down: int) -> Pixels:
        left, top = _there_and_back(across), _there_and_back(down)
        return layer[top : top + self.height, left : left + self.width]


def _there_and_back(distance: int) -> int:
    place = abs(distance) % (2 * _MARGIN)
    return min(place, 2 * _MARGIN - place)


def _texture(shape: tuple[int, int], random: np.random.Generator) -> Pixels:
    """A coloured texture, 0 to _LAYER_RANGE: all of the detail in its brightness, the slow changes in its colour."""
    light = _pink(shape, random)
    coarse = (shape[0] // 8 + 1, shape[1] // 8 + 1)
    planes = []
    for _ in range(3):
        tint = np.kron(_pink(coarse, random), np.ones((8, 8), np.float32))[: shape[0], : shape[1]]
        planes.append(0.8 * light + 0.2 * tint)
    scaled = np.stack(planes, axis=-1) * _LAYER_RANGE
    return scaled.astype(np.uint8)


def _pink(shape: tuple[int, int], random: np.random.Generator) -> npt.NDArray[np.float32]:
    """Noise of amplitude 1 ÷ frequency, 0 to 1, three standard deviations either side of the middle."""
    spectrum = np.fft.rfft2(random.standard_normal(shape).astype(np.float32))
    down = np.fft.fftfreq(shape[0])[:, None] * shape[0]
    across = np.fft.rfftfreq(shape[1])[None, :] * shape[1]
    spectrum /= np.maximum(np.hypot(down, across), 1.0) ** _FALL
    noise = np.fft.irfft2(spectrum, shape)
    noise -= noise.mean()
    return np.asarray(np.clip(noise / (6 * noise.std()) + 0.5, 0.0, 1.0), np.float32)
