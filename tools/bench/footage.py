"""Moving pictures that cost a codec what footage costs: textures with a photograph's spectrum, pans, and film grain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

_MARGIN = 97  # pixels that a layer may wander
_LAYER_RANGE = 108  # of 255: two layers and the grain add up without a clip
_GRAIN_RANGE = 5
# Amplitude is 1 ÷ frequency to this power. With the grain, 1080p frames come to 0.19 MB as MJPEG, 0.97 as Hap1 and
# 1.6 as HapQ, which is on the costly side of real footage (0.04 to 0.19, 0.1 to 0.8 and 0.2 to 1.2 MB).
_FALL = 1.5
# Pixels a frame and pixels until it turns, across and down; no two turn together, so no two frames are alike.
_PATHS = (((3, 97), (1, 89)), ((2, 95), (5, 83)))
_GRAIN_PATH = ((37, 97), (53, 79))
# A frame's number stands in its upper left corner, a light or dark square a bit.
_BIT_PX, _BIT_COLUMNS, _BIT_ROWS = 16, 4, 3
_DARK, _LIGHT = 24, 216


class Footage:
    """RGB pictures by frame number: the same for the same size and seed on every machine.

    Two textures whose amplitude falls with the frequency, as a photograph's does, pan over one another; grain that
    changes with every frame lies on top, so that no two frames are alike and a codec cannot save on any. `number_in`
    reads back which frame a picture shows.
    """

    def __init__(self, width: int, height: int, seed: int = 1) -> None:
        """`width` and `height` in pixels, at least 64 and 48."""
        self.width, self.height = width, height
        random = np.random.default_rng(seed)
        room = (height + _MARGIN, width + _MARGIN)
        self._layers = [_texture(room, random) for _ in _PATHS]
        self._grain = random.integers(0, _GRAIN_RANGE, (*room, 1), np.uint8)

    def frame(self, number: int) -> Pixels:
        """Picture `number` (0 to 4095) as uint8 of shape (height, width, 3)."""
        pixels = np.zeros((self.height, self.width, 3), np.uint8)
        for layer, path in zip((*self._layers, self._grain), (*_PATHS, _GRAIN_PATH), strict=True):
            left, top = (_there_and_back(number * speed, room) for speed, room in path)
            pixels += layer[top : top + self.height, left : left + self.width]
        for bit, (row, column) in enumerate(np.ndindex(_BIT_ROWS, _BIT_COLUMNS)):
            down, across = row * _BIT_PX, column * _BIT_PX
            pixels[down : down + _BIT_PX, across : across + _BIT_PX] = _LIGHT if number >> bit & 1 else _DARK
        return pixels


def number_in(light: npt.NDArray[np.generic], texel_px: int = 1) -> int:
    """The number of the frame whose brightness, 0 to 255, is `light`, a sample for each `texel_px` pixels each way."""
    number = 0
    size = _BIT_PX // texel_px
    edge = size // 4
    for bit, (row, column) in enumerate(np.ndindex(_BIT_ROWS, _BIT_COLUMNS)):
        square = light[row * size : (row + 1) * size, column * size : (column + 1) * size]
        number |= int(square[edge : size - edge, edge : size - edge].mean() > (_DARK + _LIGHT) / 2) << bit
    return number


def _there_and_back(distance: int, room: int) -> int:
    place = distance % (2 * room)
    return min(place, 2 * room - place)


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
