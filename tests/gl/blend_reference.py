"""Every blend mode in float64, written from its published definition and not from the shaders."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

BT709_LUMA = np.array([0.2126, 0.7152, 0.0722])


def luminosity(colour: Floats) -> Floats:
    return (colour @ np.array([0.3, 0.59, 0.11]))[..., None]


def with_luminosity(colour: Floats, wanted: Floats) -> Floats:
    colour = colour + (wanted - luminosity(colour))
    lum = luminosity(colour)
    low, high = colour.min(axis=-1, keepdims=True), colour.max(axis=-1, keepdims=True)
    with np.errstate(all="ignore"):
        colour = np.where(low < 0, lum + (colour - lum) * lum / (lum - low), colour)
        return np.where(high > 1, lum + (colour - lum) * (1 - lum) / (high - lum), colour)


def saturation(colour: Floats) -> Floats:
    return colour.max(axis=-1, keepdims=True) - colour.min(axis=-1, keepdims=True)


def with_saturation(colour: Floats, wanted: Floats) -> Floats:
    """The specification's SetSat as written: sort the channels, place the middle one, clear the lowest."""
    result = np.zeros_like(colour)
    order = np.argsort(colour, axis=-1)
    low, middle, high = (np.take_along_axis(colour, order[..., place : place + 1], -1) for place in range(3))
    span = np.where(high > low, high - low, 1)
    np.put_along_axis(result, order[..., 1:2], np.where(high > low, (middle - low) * wanted / span, 0), -1)
    np.put_along_axis(result, order[..., 2:3], np.where(high > low, wanted, 0), -1)
    return result


def hard_light(b: Floats, s: Floats) -> Floats:
    return np.where(s <= 0.5, b * 2 * s, b + (2 * s - 1) - b * (2 * s - 1))


def soft_light(b: Floats, s: Floats) -> Floats:
    d = np.where(b <= 0.25, ((16 * b - 12) * b + 4) * b, np.sqrt(b))
    return np.where(s <= 0.5, b - (1 - 2 * s) * b * (1 - b), b + (2 * s - 1) * (d - b))


def color_dodge(b: Floats, s: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return np.where(b == 0, 0.0, np.where(s == 1, 1.0, np.minimum(1, b / (1 - s))))


def color_burn(b: Floats, s: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return np.where(b == 1, 1.0, np.where(s == 0, 0.0, 1 - np.minimum(1, (1 - b) / s)))


def vivid_light(b: Floats, s: Floats) -> Floats:
    return np.where(s <= 0.5, color_burn(b, np.minimum(1, 2 * s)), color_dodge(b, np.maximum(0, 2 * s - 1)))


def pin_light(b: Floats, s: Floats) -> Floats:
    return np.where(s <= 0.5, np.minimum(b, 2 * s), np.maximum(b, 2 * s - 1))


def divide(b: Floats, s: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return np.where(b == 0, 0.0, np.where(s == 0, 1.0, np.minimum(1, b / s)))


def hard_mix(b: Floats, s: Floats) -> Floats:
    """Reaching 255 makes white; levels of 8 bits are whole numbers, so half a one less is the same."""
    return np.where((b + s) * 255 >= 254.5, 1.0, 0.0)


def sum_difference(b: Floats, s: Floats) -> Floats:
    """Of the channels' sums, in levels: whole numbers for 8-bit colours."""
    return (s.sum(axis=-1, keepdims=True) - b.sum(axis=-1, keepdims=True)) * 255


FORMULAS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "normal": lambda b, s: s,
    "dissolve": lambda b, s: s,
    "luma_key": lambda b, s: s,
    "darken": np.minimum,
    "multiply": lambda b, s: b * s,
    "color_burn": color_burn,
    "linear_burn": lambda b, s: np.maximum(0, b + s - 1),
    "darker_color": lambda b, s: np.where(sum_difference(b, s) < -0.5, s, b),
    "lighten": np.maximum,
    "screen": lambda b, s: b + s - b * s,
    "color_dodge": color_dodge,
    "add": lambda b, s: b + s,
    "linear_dodge": lambda b, s: np.minimum(1, b + s),
    "lighter_color": lambda b, s: np.where(sum_difference(b, s) > 0.5, s, b),
    "overlay": lambda b, s: hard_light(s, b),
    "soft_light": soft_light,
    "hard_light": hard_light,
    "vivid_light": vivid_light,
    "linear_light": lambda b, s: np.clip(b + 2 * s - 1, 0, 1),
    "pin_light": pin_light,
    "hard_mix": hard_mix,
    "difference": lambda b, s: np.abs(b - s),
    "exclusion": lambda b, s: b + s - 2 * b * s,
    "subtract": lambda b, s: np.maximum(0, b - s),
    "divide": divide,
    "hue": lambda b, s: with_luminosity(with_saturation(s, saturation(b)), luminosity(b)),
    "saturation": lambda b, s: with_luminosity(with_saturation(b, saturation(s)), luminosity(b)),
    "color": lambda b, s: with_luminosity(s, luminosity(b)),
    "luminosity": lambda b, s: with_luminosity(b, luminosity(s)),
}


def light_of(encoded: Floats) -> Floats:
    """IEC 61966-2-1, from encoded to linear."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((np.maximum(encoded, 0) + 0.055) / 1.055) ** 2.4)


def encoded_of(light: Floats) -> Floats:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055)


def dissolve_threshold(height: int, width: int) -> Floats:
    """The alpha from which on a pixel is the source's: pcg3d of Jarzynski and Olano (JCGT 9.3), (height, width, 1)."""
    y, x = (one.astype(np.uint32) for one in np.mgrid[:height, :width])
    with np.errstate(over="ignore"):
        x, y, z = (one * np.uint32(1664525) + np.uint32(1013904223) for one in (x, y, np.zeros_like(x)))
        x = x + y * z
        y = y + z * x
        z = z + x * y
        x, y, z = (one ^ (one >> np.uint32(16)) for one in (x, y, z))
        x = x + y * z
    return (((x >> np.uint32(16)) + 0.5) / 65536)[..., None]


def composited(
    mode: str,
    backdrop: Floats,
    source: Floats,
    *,
    opacity: float = 1.0,
    weight: Floats | float = 1.0,
    linear: bool = False,
) -> Floats:
    """W3C's general formula for straight RGBA (height, width, 4), 0..1: premultiplied RGBA, not clipped.

    `opacity` and `weight` (height, width, 1), the mask's, scale the source's alpha.
    """
    b, s, ab = backdrop[..., :3], source[..., :3], backdrop[..., 3:]
    as_ = source[..., 3:] * opacity * weight
    if mode == "dissolve":
        as_ = np.where(dissolve_threshold(*source.shape[:2]) < as_, 1.0, 0.0)
    if mode == "luma_key":
        as_ = as_ * (s @ BT709_LUMA)[..., None]
    if linear:
        b, s = light_of(b), light_of(s)
    colour = as_ * (1 - ab) * s + ab * (1 - as_) * b + as_ * ab * FORMULAS[mode](b, s)
    alpha = as_ + ab * (1 - as_)
    if linear:
        colour = encoded_of(colour / np.where(alpha > 0, alpha, 1)) * alpha
    return np.concatenate([colour, alpha], axis=-1)
