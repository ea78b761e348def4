"""The shaders that ship, drawn: `python -m tools.gallery [NAME…]` makes docs/shaders/*.jpg and docs/shaders.md.

Every picture is drawn off screen from the project's own generators, so that anybody can draw it again. With names only
those are drawn anew. Look at each before it is committed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import moderngl
import numpy as np
import numpy.typing as npt
from PIL import Image

from engine.formats.isf import Isf
from engine.formats.shader_files import read_shader
from engine.gl.context import headless_context
from engine.gl.shader_program import ShaderProgram
from engine.gl.shader_use import Moment, ShaderUse
from engine.gl.targets import new_target, picture_of, release_target
from engine.gl.textures import still_texture
from engine.model.shaders import FILTERED, FROM_PICTURE, PROGRESS, TO_PICTURE, InputType, ShaderInput, Value
from engine.shipped import shipped

DOCS = Path(__file__).parents[1] / "docs"
WIDTH, HEIGHT = 320, 180
_RATE_HZ = 60  # as a show steps shaders with memory
_SECONDS = 2.5
_KINDS = {"generators": "Generators", "effects": "Effects", "transitions": "Transitions"}
_SOURCES = ("dancer", "city")
# What shows an effect best, where its defaults leave much to the person.
_SHOWN: Mapping[str, Mapping[str, Value]] = {
    "chroma_key": {"key": (0.98, 0.62, 0.5, 1.0), "tolerance": 0.1, "softness": 0.1},
    "dither": {"dot_px": 8.0},
    "edge": {"radius_px": 4.0},
    "feedback": {"half_life_s": 20.0, "turn": 0.03, "zoom": 0.5, "merge": 2, "hue": 0.04},
    "echo": {"half_life_s": 1.0, "merge": 1},
    "flow_smear": {"strength": 4.0, "half_life_s": 1.5},
    "grade": {"contrast": 1.3, "temperature": 0.6, "saturation": 1.4, "exposure": 0.3},
    "kaleidoscope": {"turn": 0.1},
    "luma_key": {"level": 0.3},
    "pixel_sort": {"level": 0.15, "half_life_s": 3.0},
    "pixelate": {"size_px": 48.0},
    "rgb_split": {"amount": 0.02},
    "scanlines": {"lines": 60.0},
    "sharpen": {"amount": 2.0, "radius_px": 4.0},
    "strobe": {"rate_hz": 2.9},
    "slit_scan": {"period_s": 3.0},
    "threshold": {"level": 0.3, "dark": (0.05, 0.05, 0.2, 1.0), "bright": (1.0, 0.8, 0.4, 1.0)},
}
_FASTER = {"slit_scan": 5.0}  # its pictures move so many times as fast
_BY_INSTANTS = ("strobe",)  # shown at four of them, since one would look like its picture
_HEAD = """# Shaders that ship

Each is one ISF file in `shaders/`, to be called by its name in a [show](show-yaml.md): an effect in a chain, a
generator in place of clips, a transition between clips or movements. [Shader formats](shader-formats.md) says which
files of your own work, and `runtime-tools shaders FOLDER --sheet OUT.png` draws them. Each input is a parameter, as in
`/layer/NAME/effect/EFFECT/INPUT`.

The pictures are drawn by `python -m tools.gallery` from two of the generators, which writes this page too. Effects are
shown after two and a half seconds, some with settings other than their defaults, `strobe` at four instants.

Effects look alike at every size and rate. Lengths are parts of the picture, or, where their name ends in `_px`, pixels
of a picture 720 lines high: `size_px: 16` is 24 pixels at 1920 × 1080.

"""

Pixels = npt.NDArray[np.uint8]


def main(names: list[str]) -> int:
    """Draw the pictures (of `names`, or all), write the page; the exit code."""
    folder = DOCS / "shaders"
    folder.mkdir(exist_ok=True)
    context = headless_context()
    studio = _Studio(context)
    for kind, file in _files():
        if not names or file.stem in names:
            pixels = _drawn(studio, kind, file)
            Image.fromarray(pixels).save(folder / f"{file.stem}.jpg", quality=88, optimize=True)
            print(folder / f"{file.stem}.jpg")
    studio.release()
    context.release()
    (DOCS / "shaders.md").write_text(page(), encoding="utf-8")
    return 0


def _drawn(studio: _Studio, kind: str, file: Path) -> Pixels:
    if kind == "transitions":
        return studio.transition(file)
    if file.stem in _BY_INSTANTS:
        return _by_four([studio.still(file, _SECONDS + part / 8)[::2, ::2] for part in range(4)])
    return studio.still(file)


def _by_four(cells: list[Pixels]) -> Pixels:
    return np.concatenate([np.concatenate(cells[:2], axis=1), np.concatenate(cells[2:], axis=1)])


def page() -> str:
    """The text of docs/shaders.md. Reads the shipped shaders; draws nothing."""
    text = _HEAD
    for kind, title in _KINDS.items():
        text += f"## {title}\n\n| | what it does | inputs |\n|---|---|---|\n"
        for file in (file for found, file in _files() if found == kind):
            shader = read_shader(file).as_shader(file.stem)
            inputs = " · ".join(_told(one) for one in shader.settings) or "–"
            pictures = "".join(f" Reads the picture `{one.name}`." for one in shader.pictures)
            shown = f"**{shader.name}**<br>![{shader.name}](shaders/{shader.name}.jpg)"
            text += f"| {shown} | {shader.description}{pictures} | {inputs} |\n"
        text += "\n"
    return text.rstrip("\n") + "\n"


def _files() -> Iterator[tuple[str, Path]]:
    for kind in _KINDS:
        for file in sorted((shipped("shaders") / kind).glob("*.fs")):
            yield kind, file


def _told(one: ShaderInput) -> str:
    if one.choices:
        return f"`{one.name}` " + ", ".join(label.lower() for label, _ in one.choices)
    if one.type in (InputType.BOOL, InputType.EVENT):
        return f"`{one.name}` {'on' if one.default else 'off'}" if one.type is InputType.BOOL else f"`{one.name}`"
    if isinstance(one.default, tuple):
        return f"`{one.name}` " + " ".join(f"{number:g}" for number in one.default)
    reach = f" ({one.minimum:g}…{one.maximum:g})" if one.minimum is not None and one.maximum is not None else ""
    return f"`{one.name}` {one.default:g}{reach}"


class _Studio:
    """A canvas, and two moving pictures to work on."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._canvas = new_target(context, (WIDTH, HEIGHT))
        self._sources = [self._generator(name) for name in _SOURCES]
        self._pictures = [new_target(context, (WIDTH, HEIGHT)) for _ in self._sources]

    def still(self, file: Path, seconds: float = _SECONDS) -> Pixels:
        """The shader after so many seconds of running, each step a 60th of one."""
        isf = read_shader(file)
        use = self._shader(isf)
        inputs: dict[str, Value | moderngl.Texture] = dict(_SHOWN.get(file.stem, {}))
        names = {one.name: one.type for one in isf.inputs}
        for name, kind in names.items():
            if kind is InputType.IMAGE:
                inputs[name] = picture_of(self._pictures[0 if name == FILTERED else 1])
        table = still_texture(self._context, _dusk_table())
        if "table" in names:
            inputs["table"] = table
        last = round(seconds * _RATE_HZ)
        steps = range(last + 1) if isf.has_memory else [last]
        for index in steps:
            if FILTERED in names:
                self._draw_sources(index / _RATE_HZ * _FASTER.get(file.stem, 1.0))
            use.draw(self._canvas, Moment(index / _RATE_HZ, 1 / _RATE_HZ if index else 0.0, index), inputs)
        pixels = self._read()
        self._drop(use)
        table.release()
        return pixels

    def transition(self, file: Path) -> Pixels:
        """Four instants on the way, beside one another."""
        use = self._shader(read_shader(file))
        self._draw_sources(_SECONDS)
        first, second = (picture_of(picture) for picture in self._pictures)
        cells = []
        for part in range(4):
            inputs: dict[str, Value | moderngl.Texture] = {
                FROM_PICTURE: first,
                TO_PICTURE: second,
                PROGRESS: (part + 1) / 5,
            }
            use.draw(self._canvas, Moment(_SECONDS), inputs)
            cells.append(self._read()[::2, ::2])
        self._drop(use)
        return _by_four(cells)

    def release(self) -> None:
        for use in self._sources:
            self._drop(use)
        for target in (*self._pictures, self._canvas):
            release_target(target)

    def _generator(self, name: str) -> ShaderUse:
        return self._shader(read_shader(shipped("shaders") / "generators" / f"{name}.fs"))

    def _shader(self, isf: Isf) -> ShaderUse:
        return ShaderUse(ShaderProgram(self._context, isf, premultiplied=False))

    def _drop(self, use: ShaderUse) -> None:
        use.release()
        use.program.release()

    def _draw_sources(self, at_s: float) -> None:
        for use, target in zip(self._sources, self._pictures, strict=True):
            use.draw(target, Moment(at_s))

    def _read(self) -> Pixels:
        """The canvas over a chequerboard, which shows what is clear."""
        rgba = np.frombuffer(self._canvas.read(components=4), np.uint8).reshape(HEIGHT, WIDTH, 4).astype(np.float32)
        rows, columns = np.indices((HEIGHT, WIDTH)) // 12
        board = np.where((rows + columns) % 2, 90.0, 130.0)[:, :, None]
        alpha = rgba[:, :, 3:] / 255
        return np.asarray(rgba[:, :, :3] * alpha + board * (1 - alpha), np.uint8)


def _dusk_table(size: int = 17) -> Pixels:
    """A table of colours as the effect lut reads it: shadows blue, lights orange. Squares of red by green, by blue."""
    blue, green, red = np.meshgrid(*(np.linspace(0, 1, size),) * 3, indexing="ij")
    colour = np.stack([red, green, blue], axis=3)
    luma = (colour @ [0.2126, 0.7152, 0.0722])[..., None]
    shaded = colour * (1 - luma) * [0.6, 0.95, 1.6] + colour * luma * [1.25, 1.0, 0.7]
    strip = np.concatenate(np.clip(shaded, 0, 1), axis=1)
    opaque = np.concatenate([strip, np.ones((*strip.shape[:2], 1))], axis=2)
    return np.asarray(opaque * 255 + 0.5, np.uint8)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
