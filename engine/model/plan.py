"""The frame plan: what the picture must show at one instant, complete, with nothing left to decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from engine.model.pictures import FrameRef


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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
class LayerPlan:
    """One layer at one instant. `fade` is how far a cross-fade from `outgoing` to `incoming` has come (0..1).

    Either side may be None (a gap): then the layer fades from or to clear. At `fade` 1 only `incoming` counts
    and `outgoing` is None. `opacity` is 0..1. `flash` 0..1 lifts the layer's colour towards white.
    `blend` names a file of shaders/blend; `fit` is "fit", "fill", "stretch" or "none".
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

    @property
    def shown(self) -> tuple[ShownFrame, ...]:
        return tuple(side for side in (self.outgoing, self.incoming) if side is not None)


@dataclass(frozen=True, slots=True)
class MovementPlan:
    """One movement's layers, bottom to top, and how much of the picture it is (0..1).

    During a movement's transition two of these make the picture; their `mix` sum to 1 (a cross-fade).
    """

    movement: str
    position_s: float
    layers: tuple[LayerPlan, ...]
    mix: float = 1.0


@dataclass(frozen=True, slots=True)
class FramePlan:
    """The whole picture at `at_s` (show time, seconds). `fade` is the master's 0 (black) to 1."""

    at_s: float
    movements: tuple[MovementPlan, ...]
    fade: float = 1.0

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
