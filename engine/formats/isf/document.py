"""A shader file as a value: what its header says, and its GLSL as it was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.formats.isf.words import words_of
from engine.model.shaders import (
    FILTERED,
    FROM_PICTURE,
    PICTURE_TYPES,
    PROGRESS,
    TO_PICTURE,
    InputType,
    Shader,
    ShaderInput,
    ShaderKind,
)

_CLOCKS = frozenset({"TIME", "TIMEDELTA", "DATE", "FRAMEINDEX"})


@dataclass(frozen=True, slots=True)
class IsfPass:
    """One pass: into the picture `target`, or into the output where it is empty.

    `width` and `height` are expressions in $WIDTH, $HEIGHT and the inputs; see `size_px`. A persistent target keeps
    its picture from frame to frame; `is_float` asks for 32 bits of float a channel in place of 8. `line` is where its
    size stands in the file.
    """

    target: str = ""
    width: str = "$WIDTH"
    height: str = "$HEIGHT"
    persistent: bool = False
    is_float: bool = False
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """A picture that comes with a shader. `pixels` uint8 (height, width, 4), straight RGBA, the top row first;
    None where only the text of the shader was parsed."""

    name: str
    file: Path
    pixels: npt.NDArray[np.uint8] | None = None

    @property
    def pixel_count(self) -> int:
        """How many pixels were read."""
        return 0 if self.pixels is None else self.pixels.shape[0] * self.pixels.shape[1]


@dataclass(frozen=True, slots=True)
class Isf:
    """A shader file that was read. `body` is its GLSL, which begins at line `body_line` (1-based) of `file`.

    `vertex` is the text of its own vertex shader, the file `vertex_file`; both are empty where it has none.
    `sample_counts` says how many samples an audio input wants, where its file says so.
    """

    file: str
    body: str
    body_line: int
    inputs: tuple[ShaderInput, ...] = ()
    passes: tuple[IsfPass, ...] = (IsfPass(),)
    description: str = ""
    credit: str = ""
    categories: tuple[str, ...] = ()
    imported: tuple[Imported, ...] = ()
    vertex: str = ""
    vertex_file: str = ""
    sample_counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of the pictures that passes draw into, each once."""
        return tuple(dict.fromkeys(one.target for one in self.passes if one.target))

    @property
    def kind(self) -> ShaderKind:
        """What its inputs make it: a transition has two pictures and a progress, a filter a picture to work on."""
        types = {one.name: one.type for one in self.inputs}
        if (types.get(FROM_PICTURE), types.get(TO_PICTURE), types.get(PROGRESS)) == (
            InputType.IMAGE,
            InputType.IMAGE,
            InputType.FLOAT,
        ):
            return ShaderKind.TRANSITION
        return ShaderKind.FILTER if types.get(FILTERED) is InputType.IMAGE else ShaderKind.GENERATOR

    @property
    def uses_time(self) -> bool:
        """Whether its picture may change though its inputs do not: it reads time, date or the frame's number."""
        return not _CLOCKS.isdisjoint(words_of(self.body) | words_of(self.vertex))

    @property
    def has_memory(self) -> bool:
        """Whether what it draws hangs on what it drew before."""
        return any(one.persistent for one in self.passes)

    @property
    def audio_inputs(self) -> tuple[ShaderInput, ...]:
        """The inputs that take what is heard."""
        return tuple(one for one in self.inputs if one.type in PICTURE_TYPES and one.type is not InputType.IMAGE)

    def as_shader(self, name: str) -> Shader:
        """The shader as the rest of the engine sees it, under the name that the show has for it."""
        return Shader(
            name=name,
            kind=self.kind,
            file=Path(self.file),
            inputs=self.inputs,
            uses_time=self.uses_time,
            has_memory=self.has_memory,
            description=self.description,
        )
