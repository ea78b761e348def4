"""Pictures of things that move, at any instant: what there is between two frames, exactly, since it is a formula."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.gl.gl_support import Floats, Pixels

WIDTH, HEIGHT = 320, 180

# The picture at an instant from 0 (the first frame) to 1 (the second), (height, width, 3).
Scene = Callable[[float], Pixels]


def texture(seed: int, x: Floats, y: Floats) -> Floats:
    """A cloth without end, in levels: waves in all directions, from 6 pixels long to 120. RGB at places in pixels."""
    generator = np.random.default_rng(seed)
    lengths = np.geomspace(6, 120, 18)
    angles = generator.uniform(0, 2 * np.pi, 18)
    phases = generator.uniform(0, 2 * np.pi, (18, 3))
    colours = np.zeros((*x.shape, 3))
    for length, angle, phase in zip(lengths, angles, phases, strict=True):
        along = 2 * np.pi / length * (x * np.cos(angle) + y * np.sin(angle))
        # Chroma follows luma, as it mostly does in footage.
        colours += np.sqrt(length / 40) * np.sin(along[..., None] + phase[0] + 0.4 * np.sin(phase))
    return 128 + 22 * colours


def places() -> tuple[Floats, Floats]:
    """How far right and down of the picture's middle each pixel's centre is."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    return x - WIDTH / 2, y - HEIGHT / 2


def pixels(levels: Floats) -> Pixels:
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def translating(right_px: float, down_px: float) -> Scene:
    def at(instant: float) -> Pixels:
        x, y = places()
        return pixels(texture(1, x - right_px * instant, y - down_px * instant))

    return at


def zooming(factor: float) -> Scene:
    def at(instant: float) -> Pixels:
        x, y = places()
        return pixels(texture(1, x / factor**instant, y / factor**instant))

    return at


def rotating(degrees: float) -> Scene:
    def at(instant: float) -> Pixels:
        x, y = places()
        angle = np.radians(degrees * instant)
        return pixels(
            texture(1, x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)),
        )

    return at


def crossing(apart_px: float) -> Scene:
    """Two discs that pass before one another, over a cloth that stands."""

    def at(instant: float) -> Pixels:
        x, y = places()
        levels = texture(1, x, y)
        for seed, right_px, down_px, direction in ((2, -30, -10, 1), (3, 40, 20, -1)):
            middle_px = right_px + direction * apart_px * instant
            inside = np.clip(40.5 - np.hypot(x - middle_px, y - down_px), 0, 1)[..., None]
            levels = levels * (1 - inside) + texture(seed, x - middle_px, y - down_px) * inside
        return pixels(levels)

    return at


def psnr_db(found: Pixels, wanted: Pixels) -> float:
    """Peak signal to noise, in decibels; 99 where they are the same."""
    squares = float(((found.astype(np.float64) - wanted.astype(np.float64)) ** 2).mean())
    return 99.0 if squares == 0 else float(10 * np.log10(255**2 / squares))
