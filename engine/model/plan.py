"""The frame plan: what the picture must show at one instant, complete, with nothing left to decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from engine.model.pictures import FrameRef
from engine.model.shaders import Value

if TYPE_CHECKING:
    from dataclasses import dataclass as quick
else:
    from engine.model.quick import dataclass as quick


@quick(frozen=True, slots=True)
class Transform:
    """Where a layer lies on the canvas, after it was fitted.

    `x` and `y` move its centre, in canvas widths and heights, right and up; `scale` is a factor;
    `rotation_deg` turns it anticlockwise about its centre.
    """

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    rotation_deg: float = 0.0


IDENTITY = Transform()


# How two frames make the one between them: added up, or each moved along the motion from one to the other.
Mixing: TypeAlias = Literal["blend", "flow"]


@quick(frozen=True, slots=True)
class ShownFrame:
    """A frame, and, where a frame in between is shown, the one after it, how far on the way (0..1), and how."""

    ref: FrameRef
    next_ref: FrameRef | None = None
    next_mix: float = 0.0
    mixing: Mixing = "blend"

    @property
    def refs(self) -> tuple[FrameRef, ...]:
        return (self.ref,) if self.next_ref is None else (self.ref, self.next_ref)


@dataclass(frozen=True, slots=True)
class FromLayer:
    """A picture that a shader reads: a layer's, after its own effects and before it is blended."""

    layer: str


@dataclass(frozen=True, slots=True)
class FromGroup:
    """A group's, after its own effects."""

    group: str


@dataclass(frozen=True, slots=True)
class FromFile:
    """That of a file: a still, or a .cube table."""

    file: str  # absolute


PictureSource: TypeAlias = FromLayer | FromGroup | FromFile


@quick(frozen=True, slots=True)
class ShaderPlan:
    """A shader at one instant, with every setting that differs from its default.

    `key` tells one use of a shader from another, and with it what the shader remembers of its own pictures:
    "movement/layer/x/effect/y", unique in the picture; another key begins with clear pictures. `shader` is the
    shader's name in `LoadedShow.shaders`. `mix` (0..1) is how much of the effect there is; at 0 it is not in the plan.
    `fired` is the show time of the last of each event that happened within a second: what steps by itself has it once.
    """

    key: str
    shader: str
    settings: Mapping[str, Value] = field(default_factory=dict)
    pictures: Mapping[str, PictureSource] = field(default_factory=dict)
    mix: float = 1.0
    fired: Mapping[str, float] = field(default_factory=dict)


@quick(frozen=True, slots=True)
class LayerPlan:
    """One layer at one instant. `fade` is how far a cross-fade from `outgoing` to `incoming` has come (0..1).

    Either side may be None (a gap): then the layer fades from or to clear. At `fade` 1 only `incoming` counts
    and `outgoing` is None. `opacity` is 0..1. `flash` 0..1 lifts the layer's colour towards white.
    `blend` names a file of shaders/blend; `fit` is "fit", "fill", "stretch" or "none".

    With a `generator` the shader's picture stands for clips, and both sides are None. `transition` replaces the plain
    cross-fade while `fade` is below 1. The picture passes `effects` in order, at full opacity; `opacity` counts when
    it is blended. `linear` blends in linear light. `mask` is the picture whose `mask_by` (its alpha or its luma)
    weighs the layer. Without `shown` the layer is there for others to read only.
    """

    layer: str
    incoming: ShownFrame | None
    outgoing: ShownFrame | None = None
    fade: float = 1.0
    opacity: float = 1.0
    blend: str = "normal"
    fit: str = "fill"
    transform: Transform = IDENTITY
    flash: float = 0.0
    generator: ShaderPlan | None = None
    transition: ShaderPlan | None = None
    effects: tuple[ShaderPlan, ...] = ()
    linear: bool = False
    mask: PictureSource | None = None
    mask_by: Literal["alpha", "luma"] = "luma"
    is_shown: bool = True

    @property
    def shown(self) -> tuple[ShownFrame, ...]:
        return tuple(side for side in (self.outgoing, self.incoming) if side is not None)


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """Neighbouring layers composited by themselves: on a clear picture, through `effects`, then onto the canvas."""

    group: str
    layers: tuple[str, ...]  # those of the movement that are in it, bottom to top
    effects: tuple[ShaderPlan, ...] = ()
    blend: str = "normal"
    opacity: float = 1.0


@quick(frozen=True, slots=True)
class MovementPlan:
    """One movement's layers, bottom to top, and how much of the picture it is (0..1).

    During a movement's transition two of these make the picture, the outgoing one first; their `mix` sum to 1.
    The movement's picture passes `effects`.
    """

    movement: str
    position_s: float
    layers: tuple[LayerPlan, ...]
    mix: float = 1.0
    groups: tuple[GroupPlan, ...] = ()
    effects: tuple[ShaderPlan, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class SoundPicture:
    """What shaders hear at an instant. Equal to itself alone.

    `samples` uint8 (channels, n): the newest n samples, 128 is silence. `spectrum` uint8 (channels, m): magnitudes
    of m bands from 0 Hz to half the rate, 0 to 255.
    """

    samples: npt.NDArray[np.uint8]
    spectrum: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class FramePlan:
    """The whole picture at `at_s` (show time, seconds). `fade` is the master's 0 (black) to 1.

    `transition` replaces the plain cross-fade of two movements. The picture passes `effects`, then fades.
    `sound` is what shaders hear (None: silence). While the picture is frozen, `frozen_at_s` is the show time that it is
    of, and shaders' time stands there.
    """

    at_s: float
    movements: tuple[MovementPlan, ...]
    fade: float = 1.0
    transition: ShaderPlan | None = None
    effects: tuple[ShaderPlan, ...] = ()
    sound: SoundPicture | None = None
    frozen_at_s: float | None = None

    @property
    def picture_at_s(self) -> float:
        """The show time that the picture is of: its shaders' time."""
        return self.at_s if self.frozen_at_s is None else self.frozen_at_s

    def refs(self) -> Iterator[FrameRef]:
        """Every frame that the picture needs, bottom to top; a frame on two layers comes twice."""
        for movement in self.movements:
            for layer in movement.layers:
                for shown in layer.shown:
                    yield from shown.refs


@dataclass(frozen=True, slots=True)
class Wanted:
    """A frame that will be needed, and the show instant (seconds) at which it is.

    `armed`: it is the target of a jump that will come at that instant, unless a hand interferes.
    """

    ref: FrameRef
    needed_at_s: float
    armed: bool = False
