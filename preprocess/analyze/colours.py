"""Dominant colours with names, in OKLab, where equal distances look equally far apart.

Every pixel gets the nearest name of a short list; a name's colour is the mean of its pixels. Nothing is drawn by lot,
so the same pictures give the same colours.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from preprocess.catalogue.values import Colour

Floats = npt.NDArray[np.float64]

# Plain names, as a person would say them of a picture.
NAMES: dict[str, str] = {
    "black": "#0a0a0a",
    "dark grey": "#3c3c3c",
    "grey": "#808080",
    "light grey": "#bdbdbd",
    "white": "#f4f4f4",
    "maroon": "#5c1a1a",
    "red": "#d02020",
    "pink": "#f2a0b8",
    "magenta": "#d020b0",
    "purple": "#6a2c91",
    "lavender": "#b8a8dc",
    "navy": "#16224f",
    "blue": "#2458c8",
    "light blue": "#90c0f0",
    "turquoise": "#38c0c8",
    "teal": "#206468",
    "dark green": "#1e4a22",
    "green": "#3a9a3a",
    "light green": "#a0d890",
    "olive": "#6b6b2a",
    "yellow": "#f0d828",
    "cream": "#efe4c4",
    "orange": "#ec8420",
    "tan": "#c09a70",
    "brown": "#744a28",
    "dark brown": "#38241a",
}
# Further shades that go by those names.
_SHADES = (("blue", "#3a78a8"), ("orange", "#b8701c"), ("green", "#6f8f3f"))
_MOST = 5
_LEAST_SHARE = 0.04
# Björn Ottosson, "A perceptual color space for image processing", 2020: linear sRGB to cone responses, and their
# cube roots to L, a, b.
_TO_CONES = np.array(
    (
        (0.4122214708, 0.5363325363, 0.0514459929),
        (0.2119034982, 0.6806995451, 0.1073969566),
        (0.0883024619, 0.2817188376, 0.6299787005),
    )
)
_TO_LAB = np.array(
    (
        (0.2104542553, 0.7936177850, -0.0040720468),
        (1.9779984951, -2.4285922050, 0.4505937099),
        (0.0259040371, 0.7827717662, -0.8086757660),
    )
)


def oklab(rgb: npt.NDArray[np.uint8]) -> Floats:
    """OKLab of 8-bit sRGB, (…, 3) both: L 0..1, a and b about -0.4..0.4."""
    cones: Floats = _LINEAR[rgb] @ _TO_CONES.T
    lab: Floats = np.cbrt(cones) @ _TO_LAB.T
    return lab


def _rgb(lab: Floats) -> npt.NDArray[np.uint8]:
    linear = np.clip((lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_CONES).T, 0, 1)
    levels = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(levels * 255).astype(np.uint8)


def _linear(levels: Floats) -> Floats:
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


_LINEAR = _linear(np.arange(256) / 255)
_LIST = list(NAMES)
_CODES = [*NAMES.values(), *(code for _, code in _SHADES)]
_NAME_OF_CODE = np.array([*range(len(_LIST)), *(_LIST.index(name) for name, _ in _SHADES)])
_NAMED_RGB = np.array([[int(code[at : at + 2], 16) for at in (1, 3, 5)] for code in _CODES], np.uint8)
# Lightness counts half: a shadow on a red wall is still red.
_WEIGHTS = np.array((0.5, 1.0, 1.0))
_NAMED = oklab(_NAMED_RGB) * _WEIGHTS


def name_of(rgb: tuple[int, int, int]) -> str:
    """The name that is nearest to a colour, 0..255 each."""
    return _LIST[int(_nearest(oklab(np.array([rgb], np.uint8)))[0])]


def dominant(pixels: npt.NDArray[np.uint8]) -> tuple[Colour, ...]:
    """The colours that cover most of some pixels, sRGB (n, 3), the largest first: at most 5, each 4 % or more."""
    lab = oklab(pixels)
    nearest = _nearest(lab)
    counts = np.bincount(nearest, minlength=len(NAMES))
    order = np.argsort(-counts, kind="stable")[:_MOST]
    return tuple(
        Colour(_LIST[index], _code(lab[nearest == index]), round(float(counts[index]) / len(pixels), 4))
        for index in order
        if counts[index] >= _LEAST_SHARE * len(pixels)
    )


def _nearest(lab: Floats) -> npt.NDArray[np.intp]:
    weighted = lab * _WEIGHTS
    distances = (weighted**2).sum(axis=1)[:, None] - 2 * weighted @ _NAMED.T + (_NAMED**2).sum(axis=1)
    nearest: npt.NDArray[np.intp] = _NAME_OF_CODE[distances.argmin(axis=1)]
    return nearest


def _code(lab: Floats) -> str:
    return "#" + "".join(f"{level:02x}" for level in _rgb(lab.mean(axis=0)))
