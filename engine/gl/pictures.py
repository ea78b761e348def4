"""What a frame plan comes to as pictures made of pictures: no GL, no slots, nothing drawn yet.

A `Node` says how one picture is made, of which others. Its `signature` says what it will look like: two nodes of equal
signatures are the same picture, in this draw or from one draw to the next.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from engine.gl.layer_frames import FrameDraw
from engine.gl.placement import Placement
from engine.model.plan import ShaderPlan

MaskBy: TypeAlias = Literal["luma", "alpha"]

# For these modes the general formula on premultiplied colours is what fixed-function blending works out, exactly:
# they can be drawn upon the canvas where it lies. Not so a screen of light beyond white, which would take light away.
FIXED_FUNCTION = frozenset({"normal", "add", "screen"})
# In these modes what a layer looks like hangs on its mode even where nothing is below it.
KEYING = frozenset({"dissolve", "luma_key"})


class Signature:
    """What a picture will look like, made of all that has a hand in it. Its hash is worked out once: signatures lie
    within one another, and tuples would hash what is in them again and again."""

    __slots__ = ("_hash", "_parts")

    def __init__(self, *parts: Hashable) -> None:
        self._parts = parts
        self._hash = hash(parts)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Signature) and self._hash == other._hash and self._parts == other._parts


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A picture as large as the canvas. `owner` is whose GPU time its passes are; `is_steady`: it may look the same in
    the next draw, since neither time, sound nor memory is in it."""

    owner: str
    signature: Signature
    is_steady: bool


@dataclass(frozen=True, slots=True, eq=False)
class Clear(Node):
    """Nothing at all."""


@dataclass(frozen=True, slots=True, eq=False)
class FilePicture(Node):
    """A still or a table of colours, in its own size."""

    file: str


@dataclass(frozen=True, slots=True, eq=False)
class Frames(Node):
    """Frames of clips that add up."""

    frames: tuple[FrameDraw, ...]
    flash: float


@dataclass(frozen=True, slots=True, eq=False)
class Shaded(Node):
    """What a shader draws. `inputs` are its pictures by input name, the host's among them; `progress` a transition's.

    `steps` are the instants of the 60 Hz grid that a shader with memory has to be drawn for, in order; empty for one
    without. `restarts`: its memory is cleared before.
    """

    shader: ShaderPlan
    inputs: tuple[tuple[str, Node], ...]
    progress: float | None = None
    has_memory: bool = False
    steps: tuple[int, ...] = ()
    restarts: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Mixed(Node):
    """Two pictures in their shares."""

    first: Node
    second: Node
    first_share: float
    second_share: float


@dataclass(frozen=True, slots=True, eq=False)
class Placed(Node):
    """A picture moved, scaled and turned, and lifted towards white by `flash`."""

    picture: Node
    placement: Placement
    flash: float = 0.0


@dataclass(frozen=True, slots=True)
class Laid:
    """A picture of a stack. Frames alone carry their opacity in their weights."""

    picture: Node
    owner: str
    blend: str = "normal"
    opacity: float = 1.0
    linear: bool = False
    mask: Node | None = None
    mask_by: MaskBy = "luma"

    @property
    def is_plain(self) -> bool:
        """Whether it lies there as it is."""
        return self.opacity >= 1 and self.mask is None and self.blend not in KEYING

    @property
    def signature(self) -> Hashable:
        mask = None if self.mask is None else (self.mask.signature, self.mask_by)
        return self.picture.signature, self.blend, self.opacity, self.linear, mask


@dataclass(frozen=True, slots=True, eq=False)
class Stack(Node):
    """Pictures one upon another, bottom to top; at least one."""

    items: tuple[Laid, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """The finished picture: up to two pictures over black, each with a gain before light beyond white is cut off, and a
    weight after."""

    first: Node | None = None
    second: Node | None = None
    first_weight: float = 0.0
    second_weight: float = 0.0
    first_gain: float = 1.0
    second_gain: float = 1.0

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(node for node in (self.first, self.second) if node is not None)

    @property
    def signature(self) -> Signature:
        weights = (self.first_weight, self.second_weight, self.first_gain, self.second_gain)
        return Signature(*(node.signature for node in self.nodes), weights)


def made_of(node: Node) -> Iterable[Node]:
    """The pictures that a picture is made of, in the order in which they are drawn."""
    match node:
        case Shaded(inputs=inputs):
            return [picture for _, picture in inputs]
        case Mixed(first=first, second=second):
            return [first, second]
        case Placed(picture=picture):
            return [picture]
        case Stack(items=items):
            return [one for item in items for one in (item.picture, item.mask) if one is not None]
    return ()


def is_bright(node: Node) -> bool:
    """Whether there may be light beyond white in a picture: where layers were added up."""
    match node:
        case Stack(items=items):
            return any(item.blend == "add" or is_bright(item.picture) for item in items)
        case Mixed(first=first, second=second):
            return is_bright(first) or is_bright(second)
        case Placed(picture=picture):
            return is_bright(picture)
    return False


def clear() -> Clear:
    return Clear("", Signature("clear"), True)


def file_picture(file: str) -> FilePicture:
    return FilePicture("", Signature("file", file), True, file)


def frames(owner: str, draws: tuple[FrameDraw, ...], flash: float) -> Frames:
    """Frames in their order; without any, the picture is clear."""
    return Frames(owner, Signature("frames", tuple(draw.signature for draw in draws), flash), True, draws, flash)


def mixed(owner: str, first: Node, second: Node, shares: tuple[float, float]) -> Mixed:
    signature = Signature("mixed", first.signature, second.signature, shares)
    return Mixed(owner, signature, first.is_steady and second.is_steady, first, second, *shares)


def placed(owner: str, picture: Node, placement: Placement, flash: float = 0.0) -> Placed:
    signature = Signature("placed", picture.signature, placement, flash)
    return Placed(owner, signature, picture.is_steady, picture, placement, flash)


def stack(owner: str, items: tuple[Laid, ...]) -> Node:
    """The stack of `items`, or its one picture where that lies there as it is."""
    if len(items) == 1 and items[0].is_plain:
        return items[0].picture
    is_steady = all(item.picture.is_steady and (item.mask is None or item.mask.is_steady) for item in items)
    return Stack(owner, Signature("stack", tuple(item.signature for item in items)), is_steady, items)
