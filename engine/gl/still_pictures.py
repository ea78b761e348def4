"""Pictures of files that shaders read, and what they hear, as textures. Render thread only."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import moderngl
import numpy as np
import numpy.typing as npt

from engine.core.figures import Figures
from engine.errors import SourceError
from engine.formats.cube_lut import read_cube
from engine.formats.still import read_still
from engine.gl.textures import still_texture
from engine.model.plan import SoundPicture

_log = logging.getLogger(__name__)
_SILENCE = 128

Pixels: TypeAlias = npt.NDArray[Any]
"""A picture as it is uploaded: uint8 or float16 (height, width, 4), premultiplied, the top row first."""
_TABLE_ENDING = ".cube"


class FilePictures:
    """Stills, premultiplied, and tables of colours as strips: each read and uploaded once, and there until the show
    names it no more."""

    def __init__(self, context: moderngl.Context, figures: Figures) -> None:
        self._context = context
        self._failed = figures.counter("picture_file_failed")
        self._textures: dict[str, moderngl.Texture] = {}
        self._staged: dict[str, moderngl.Texture] = {}  # for the next `prepare`
        self.nothing = context.texture((1, 1), 4, bytes(4))
        """A clear picture of one pixel."""

    @property
    def texture_count(self) -> int:
        return len(self._textures)

    def prepare(self, files: Iterable[str]) -> None:
        """Let `files` (absolute) be those that are there: what was staged takes its place, others are read and
        uploaded, what is not among them goes. One that cannot be read is logged and counted, and stays clear."""
        wanted = tuple(files)
        for file in wanted:
            if file in self._staged:
                self._drop(file)
                self._textures[file] = self._staged.pop(file)
            elif file not in self._textures:
                try:
                    self._textures[file] = self._uploaded(read_picture(Path(file)))
                except SourceError as error:
                    self._failed.add()
                    _log.warning("%s", error)
        for file in [file for file in self._textures if file not in wanted]:
            self._drop(file)
        self.unstage()

    def stage(self, file: str, pixels: Pixels) -> None:
        """Upload what `read_picture` gave: it takes the file's place with the next `prepare`."""
        if file in self._staged:
            self._staged.pop(file).release()
        self._staged[file] = self._uploaded(pixels)

    def unstage(self) -> None:
        """Forget what was staged."""
        while self._staged:
            self._staged.popitem()[1].release()

    def texture(self, file: str) -> moderngl.Texture:
        """The file's picture; a clear one where it was not prepared."""
        return self._textures.get(file, self.nothing)

    def release(self) -> None:
        self.unstage()
        for texture in (*self._textures.values(), self.nothing):
            texture.release()
        self._textures.clear()

    def _drop(self, file: str) -> None:
        if file in self._textures:
            self._textures.pop(file).release()

    def _uploaded(self, pixels: Pixels) -> moderngl.Texture:
        if pixels.dtype == np.uint8:
            return still_texture(self._context, pixels)
        height, width = pixels.shape[:2]
        texture = self._context.texture((width, height), 4, pixels, dtype="f2")
        texture.repeat_x = texture.repeat_y = False
        return texture


def read_picture(file: Path) -> Pixels:
    """A file's picture. Any thread. Raises SourceError where it is no picture and no table of colours."""
    if file.suffix.lower() == _TABLE_ENDING:
        strip = read_cube(file).strip()
        return np.dstack([strip, np.ones(strip.shape[:2], np.float32)]).astype(np.float16)
    pixels = read_still(file)
    if (pixels[..., 3] == 255).all():
        return pixels
    # Half floats, since 8 bits of premultiplied colour do not hold 8 bits of straight colour.
    premultiplied = pixels.astype(np.float32) / 255
    premultiplied[..., :3] *= premultiplied[..., 3:]
    return premultiplied.astype(np.float16)


class SoundPictures:
    """The newest samples and their spectrum, one row a channel, the first channel where shaders count height 0."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._shown: SoundPicture | None = None
        self.samples = self._texture(np.full((1, 1), _SILENCE, np.uint8))
        self.spectrum = self._texture(np.zeros((1, 1), np.uint8))

    def show(self, sound: SoundPicture | None) -> None:
        """Bring the textures up to `sound`; None is silence. Nothing is made unless sizes change."""
        if sound is self._shown:
            return
        self._shown = sound
        samples = np.full((1, 1), _SILENCE, np.uint8) if sound is None else sound.samples
        spectrum = np.zeros((1, 1), np.uint8) if sound is None else sound.spectrum
        self.samples = self._written(self.samples, samples)
        self.spectrum = self._written(self.spectrum, spectrum)

    def release(self) -> None:
        self.samples.release()
        self.spectrum.release()

    def _written(self, texture: moderngl.Texture, rows: npt.NDArray[np.uint8]) -> moderngl.Texture:
        if texture.size != rows.shape[::-1]:
            texture.release()
            return self._texture(rows)
        texture.write(np.ascontiguousarray(rows[::-1]))
        return texture

    def _texture(self, rows: npt.NDArray[np.uint8]) -> moderngl.Texture:
        height, width = rows.shape
        texture = self._context.texture((width, height), 1, np.ascontiguousarray(rows[::-1]), alignment=1)
        texture.repeat_x = texture.repeat_y = False
        texture.swizzle = "RRR1"
        return texture
