"""What there is to be drawn, pass by pass: values that a pass graph consists of. No GL.

A pass draws into a *slot*: a picture of the canvas's size that exists from its first pass to its last reader. Slot
OUTPUT is the finished picture. What a pass reads is a *source*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from engine.gl.layer_frames import FrameDraw
from engine.gl.pictures import MaskBy, Signature
from engine.gl.placement import Placement
from engine.model.plan import ShaderPlan

OUTPUT = -1
# replace: whatever is there; sum: frames of a layer that add up; else the blend mode that fixed functions work out,
# or, with a picture below that is not the target, `multiply`.
Mode: TypeAlias = Literal["replace", "sum", "normal", "add", "screen", "multiply"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A picture of this draw."""

    number: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture of an earlier draw."""

    signature: Signature


@dataclass(frozen=True, slots=True)
class File:
    """A file's picture, in its own size."""

    file: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """A clear picture of one pixel."""


Source: TypeAlias = Slot | Kept | File | Nothing
NOTHING = Nothing()


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass into `target`, on behalf of `owner`. It is one draw, unless it says otherwise."""

    target: int
    owner: str

    @property
    def sources(self) -> tuple[Source, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class ClearSlot(Pass):
    """Clears the target; no draw."""


@dataclass(frozen=True, slots=True)
class FrameUpon:
    """A frame where it lies, at `weight`, lifted towards white by `flash`: how it lies upon what is below it."""

    frame: FrameDraw
    flash: float
    weight: float
    mode: Mode


@dataclass(frozen=True, slots=True)
class DrawFrames(Pass):
    """A frame upon what is in the target or, where it covers that, upon `below`.

    Or two, one upon the other, that lie alike and cover the target: the first then replaces what is there, or lies upon
    `below`. With `clears` the target is cleared first, OUTPUT to black.
    """

    frames: tuple[FrameUpon, ...]
    clears: bool = False
    below: Source | None = None

    @property
    def sources(self) -> tuple[Source, ...]:
        return () if self.below is None else (self.below,)


@dataclass(frozen=True, slots=True)
class Shade(Pass):
    """A shader's own passes, once; with memory, once for each of `steps`."""

    shader: ShaderPlan
    inputs: tuple[tuple[str, Source], ...]
    progress: float | None = None
    has_memory: bool = False
    steps: tuple[int, ...] = ()
    restarts: bool = False

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(source for _, source in self.inputs)


@dataclass(frozen=True, slots=True)
class Mix(Pass):
    """Two pictures in their shares."""

    first: Source
    second: Source
    first_share: float
    second_share: float

    @property
    def sources(self) -> tuple[Source, ...]:
        return self.first, self.second


@dataclass(frozen=True, slots=True)
class Place(Pass):
    """A picture moved, scaled and turned."""

    picture: Source
    placement: Placement
    flash: float

    @property
    def sources(self) -> tuple[Source, ...]:
        return (self.picture,)


@dataclass(frozen=True, slots=True)
class Lay(Pass):
    """A picture at an opacity, behind a mask: instead of what lies in the target, or upon it."""

    picture: Source
    opacity: float
    mask: Source | None
    mask_by: MaskBy
    mode: Mode = "replace"

    @property
    def sources(self) -> tuple[Source, ...]:
        return (self.picture,) if self.mask is None else (self.picture, self.mask)


@dataclass(frozen=True, slots=True)
class Blend(Pass):
    """A picture over another, into a third."""

    picture: Source
    canvas: Source
    blend: str
    opacity: float
    linear: bool
    mask: Source | None
    mask_by: MaskBy

    @property
    def sources(self) -> tuple[Source, ...]:
        below = (self.picture, self.canvas)
        return below if self.mask is None else (*below, self.mask)


@dataclass(frozen=True, slots=True)
class Finish(Pass):
    """One or two pictures over black, opaque: gain, cut off, weight."""

    first: Source
    second: Source | None
    first_weight: float
    second_weight: float
    first_gain: float
    second_gain: float

    @property
    def sources(self) -> tuple[Source, ...]:
        return (self.first,) if self.second is None else (self.first, self.second)


@dataclass(frozen=True, slots=True)
class PassGraph:
    """Passes in the order in which they are drawn, each with the slots that nobody touches after it.

    `keeps` are slots that outlive the draw, by what they look like. `candidates` are the steady pictures of the plan:
    one that comes again and again is worth keeping. `reads` are the pictures of earlier draws that are still wanted.
    """

    passes: tuple[Pass, ...]
    frees: tuple[tuple[int, ...], ...]
    keeps: tuple[tuple[int, Signature], ...]
    candidates: frozenset[Signature]
    reads: frozenset[Signature]

    @property
    def most_slots(self) -> int:
        """How many pictures are alive at once."""
        alive, most = set[int](), 0
        for one, freed in zip(self.passes, self.frees, strict=True):
            if one.target != OUTPUT:
                alive.add(one.target)
            most = max(most, len(alive))
            alive -= set(freed)
        return most


def slots_of(one: Pass) -> Iterator[int]:
    """The slots that a pass touches."""
    if one.target != OUTPUT:
        yield one.target
    for source in one.sources:
        if isinstance(source, Slot):
            yield source.number
