"""Shaders as the rest of the engine sees them: what kind each is, what it can be set to, what it needs. No GLSL here.

Files in ISF (https://github.com/mrRay/ISF_Spec) and GL Transitions (https://gl-transitions.com) are read by
`engine.formats`; both come out as a `Shader`, and nothing past the reader asks which format a file was written in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TypeAlias

Value: TypeAlias = bool | int | float | tuple[float, ...]


class InputType(Enum):
    """What an input holds."""

    FLOAT = "float"
    BOOL = "bool"
    LONG = "long"
    COLOR = "color"  # red, green, blue, alpha: each 0..1, alpha straight
    POINT2D = "point2D"  # x, y
    IMAGE = "image"
    EVENT = "event"  # true for a moment
    AUDIO = "audio"  # a picture one pixel high a channel: samples, 0.5 is silence
    AUDIO_FFT = "audioFFT"  # the same of the spectrum, 0..1


SOUND_TYPES = frozenset({InputType.AUDIO, InputType.AUDIO_FFT})
PICTURE_TYPES = SOUND_TYPES | {InputType.IMAGE}


@dataclass(frozen=True, slots=True)
class ShaderInput:
    """One input: a uniform `name` of the shader. What is a picture has neither default nor range.

    `minimum` and `maximum` are None where the file gives none. `choices` of a long: label and value.
    `range_is_guessed`: its format states no ranges, so a show is not held to this one.
    """

    name: str
    type: InputType
    default: Value | None
    minimum: Value | None = None
    maximum: Value | None = None
    label: str = ""
    choices: tuple[tuple[str, int], ...] = ()
    range_is_guessed: bool = False


class ShaderKind(Enum):
    """What a shader is for: a generator takes no picture, a filter one (`inputImage`), a transition two."""

    GENERATOR = "generator"
    FILTER = "filter"
    TRANSITION = "transition"


# The inputs that a host may fill by itself: the picture filtered, the two of a transition, and how far it has come.
FILTERED = "inputImage"
FROM_PICTURE, TO_PICTURE, PROGRESS = "startImage", "endImage", "progress"


@dataclass(frozen=True, slots=True)
class Shader:
    """A shader file that was read. `uses_time`: its picture may change though its inputs do not (time, date, frame
    count, a random seed). `has_memory`: what it draws hangs on what it drew before (persistent passes). `is_chained`:
    it is seen as an effect of a chain; see `chained`."""

    name: str
    kind: ShaderKind
    file: Path
    inputs: tuple[ShaderInput, ...] = ()
    uses_time: bool = False
    has_memory: bool = False
    description: str = ""
    is_chained: bool = False

    def chained(self) -> Shader:
        """The shader as an effect. A transition in a chain mixes the picture before it with one that the show feeds,
        `endImage`, and how far it has come is a setting, 0 to 1 whatever its file says of a range."""
        inputs = (replace(one, minimum=0.0, maximum=1.0) if self._is_progress(one) else one for one in self.inputs)
        return replace(self, inputs=tuple(inputs), is_chained=True)

    @property
    def filtered(self) -> str:
        """The input that gets the picture before it in a chain."""
        return FROM_PICTURE if self.kind is ShaderKind.TRANSITION else FILTERED

    @property
    def by_host(self) -> frozenset[str]:
        """The inputs that the host fills."""
        if self.kind is ShaderKind.TRANSITION and not self.is_chained:
            return frozenset((FROM_PICTURE, TO_PICTURE, PROGRESS))
        return frozenset((self.filtered,))

    @property
    def listens(self) -> bool:
        """Whether it hears sound."""
        return any(one.type in SOUND_TYPES for one in self.inputs)

    @property
    def settings(self) -> tuple[ShaderInput, ...]:
        """The inputs that a person sets: neither pictures nor what the host fills."""
        by_host = self.by_host
        return tuple(one for one in self.inputs if one.type not in PICTURE_TYPES and one.name not in by_host)

    @property
    def pictures(self) -> tuple[ShaderInput, ...]:
        """The image inputs that a show may feed; those that the host fills are not among them."""
        by_host = self.by_host
        return tuple(one for one in self.inputs if one.type is InputType.IMAGE and one.name not in by_host)

    def _is_progress(self, one: ShaderInput) -> bool:
        return self.kind is ShaderKind.TRANSITION and one.name == PROGRESS
