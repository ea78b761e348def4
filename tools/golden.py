"""Golden pictures: a few plans drawn small and kept as PNG, so that a change of the picture is seen.

`python -m tools.golden` draws them anew into tests/golden; look at each before it is committed. They are made on
llvmpipe, where the test holds the compositor to them; on other drivers it only reports.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
import numpy.typing as npt

from engine.core.figures import Figures
from engine.gl.compositor import Compositor, is_software
from engine.gl.context import headless_context
from engine.model.pictures import FrameRef, Hit, Layout, Lookup, Matrix, Picture
from engine.model.plan import FramePlan, LayerPlan, MovementPlan, ShownFrame, Transform

WIDTH, HEIGHT = 192, 108
FOLDER = Path(__file__).parent.parent / "tests" / "golden"

Pixels: TypeAlias = npt.NDArray[np.uint8]
Scene: TypeAlias = tuple[FramePlan, Mapping[FrameRef, Lookup]]


def draw_all() -> Iterator[tuple[str, Pixels]]:
    """Each scene's name and its picture, (HEIGHT, WIDTH, 3), top row first. Needs a GL context of its own."""
    context = headless_context()
    compositor = Compositor(context, WIDTH, HEIGHT, Figures(), smooth_chroma=True)
    for name, scene in SCENES.items():
        canvas = compositor.draw(*scene())
        yield name, np.frombuffer(canvas.read(components=3), np.uint8).reshape(HEIGHT, WIDTH, 3)
    compositor.release()
    context.release()


def read_png(file: Path) -> Pixels:
    """The RGB pixels of a PNG, (height, width, 3)."""
    with av.open(str(file)) as container:
        pixels: Pixels = next(container.decode(video=0)).to_ndarray(format="rgb24")
        return pixels


def write_png(file: Path, pixels: Pixels) -> None:
    """Write (height, width, 3) RGB as a PNG."""
    height, width = pixels.shape[:2]
    encoder = av.CodecContext.create("png", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "rgb24"
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    file.write_bytes(b"".join(bytes(packet) for packet in packets))


def _layers() -> Scene:
    """A filled picture, a turned one over it, and a third added at half strength."""
    sky, card, rings = _sky(), _card(), _rings()
    layers = (
        _layer(sky, fit="fill"),
        _layer(card, fit="fit", transform=Transform(x=-0.18, y=0.08, scale=0.6, rotation_deg=12)),
        _layer(rings, fit="fill", blend="add", opacity=0.5, transform=Transform(x=0.2)),
    )
    return _plan(layers), _frames(sky, card, rings)


def _modes() -> Scene:
    """Backdrop-reading blend modes, one upon another, the last with alpha."""
    sky, rings, card = _sky(), _rings(), _card()
    layers = (
        _layer(sky, fit="stretch"),
        _layer(rings, fit="fit", blend="overlay"),
        _layer(card, fit="none", blend="luminosity", opacity=0.7, transform=Transform(x=0.22)),
    )
    return _plan(layers), _frames(sky, rings, card)


def _cross_fades() -> Scene:
    """Two movements, the first with a layer that itself cross-fades and flashes, under a master fade."""
    sky, rings, card = _sky(), _rings(), _card()
    fading = LayerPlan("fading", ShownFrame(rings.ref), ShownFrame(sky.ref), fade=0.4, fit="fill", flash=0.2)
    movements = (
        MovementPlan("first", 8.0, (fading,), 0.6),
        MovementPlan("second", 0.0, (_layer(card, fit="fill"),), 0.4),
    )
    return FramePlan(8.0, movements, 0.9), _frames(sky, rings, card)


SCENES: dict[str, Callable[[], Scene]] = {"layers": _layers, "modes": _modes, "cross_fades": _cross_fades}


def _layer(picture: Picture, **settings: object) -> LayerPlan:
    return LayerPlan(picture.ref.clip, ShownFrame(picture.ref), **settings)  # type: ignore[arg-type]


def _plan(layers: tuple[LayerPlan, ...]) -> FramePlan:
    return FramePlan(0.0, (MovementPlan("only", 0.0, layers),))


def _frames(*pictures: Picture) -> dict[FrameRef, Lookup]:
    return {picture.ref: Hit(picture) for picture in pictures}


def _grid(width: int, height: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    y, x = np.mgrid[0:height, 0:width]
    return (x + 0.5) / width, (y + 0.5) / height


def _sky() -> Picture:
    """A dusk of 8-bit 4:2:0 YUV, limited range BT.709, with padded planes."""
    x, y = _grid(96, 54)
    luma = 40 + 150 * y**2 + 20 * np.sin(9 * x + 4 * y)
    cx, cy = _grid(48, 27)
    cb, cr = 150 - 60 * cy, 118 + 50 * cy + 10 * np.sin(6 * cx)
    planes = tuple(np.pad(plane.astype(np.uint8), ((0, 5), (0, 16))) for plane in (luma, cb, cr))
    return Picture(FrameRef("sky", 0), 96, 54, Layout.YUV, planes, (2, 2), Matrix.BT709, full_range=False)


def _card() -> Picture:
    """A test card in RGBA: a colour at each corner, a cross, and a hole in the middle."""
    pixels = np.full((64, 80, 4), (60, 60, 70, 255), np.uint8)
    pixels[:20, :20, :3], pixels[:20, -20:, :3] = (230, 40, 40), (40, 200, 80)
    pixels[-20:, :20, :3], pixels[-20:, -20:, :3] = (50, 80, 230), (240, 240, 240)
    pixels[31:33], pixels[:, 39:41] = (255, 220, 60, 255), (255, 220, 60, 255)
    x, y = _grid(80, 64)
    distance = np.hypot((x - 0.5) * 80, (y - 0.5) * 64)
    pixels[..., 3] = np.clip((distance - 10) * 40, 0, 255)
    return Picture(FrameRef("card", 0), 80, 64, Layout.RGBA, (pixels,))


def _rings() -> Picture:
    """Rings in 16-bit 4:4:4 YUV, full range BT.601, stored on its side."""
    x, y = _grid(54, 96)
    distance = np.hypot((x - 0.5) * 54, (y - 0.5) * 96)
    luma = 0.5 + 0.45 * np.cos(distance / 3)
    planes = tuple((plane * 65535).astype(np.uint16) for plane in (luma, 0.5 + 0.3 * (x - 0.5), 0.5 + 0.4 * (y - 0.5)))
    return Picture(FrameRef("rings", 0), 54, 96, Layout.YUV16, planes, upright_turns=1)


def main() -> int:
    """Draw every scene into tests/golden; 1 where the driver is not the one that golden pictures are made on."""
    context = headless_context()
    renderer, software = context.info["GL_RENDERER"], is_software(context)
    context.release()
    if not software:
        print(f"golden pictures are made on llvmpipe, this is {renderer}: set LIBGL_ALWAYS_SOFTWARE=1", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, pixels in draw_all():
        file = FOLDER / f"{name}.png"
        write_png(file, pixels)
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
