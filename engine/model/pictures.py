"""Decoded frames as the upload wants them, and what the frame store answers when asked for one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt


class Layout(Enum):
    """What a picture's planes hold."""

    YUV = "yuv"  # three planes of uint8: Y, U (Cb), V (Cr); chroma planes may be smaller
    YUV16 = "yuv16"  # the same in uint16, full scale 0..65535 (10-bit and deeper sources)
    GRAY = "gray"  # one plane of uint8: luma
    RGBA = "rgba"  # one plane of uint8, shape (height, width, 4), straight alpha
    BC1 = "bc1"  # one flat plane of blocks, 8 bytes for each 4 × 4 texels
    BC3 = "bc3"  # one flat plane of blocks, 16 bytes for each 4 × 4 texels
    BC3_YCOCG = "bc3_ycocg"  # BC3 blocks holding scaled YCoCg (HapY)
    BC3_YCOCG_BC4 = "bc3_ycocg_bc4"  # two flat planes: BC3_YCOCG's, and BC4's as alpha (HapM)
    BC4 = "bc4"  # one flat plane of blocks, 8 bytes for each 4 × 4 texels: alpha of a white picture (HapA)
    BC7 = "bc7"  # one flat plane of blocks, 16 bytes for each 4 × 4 texels, straight alpha (Hap7)


class Matrix(Enum):
    """Which coefficients turn YUV into RGB (ITU-R BT.601-7 and BT.709-6)."""

    BT601 = "bt601"
    BT709 = "bt709"


class FrameRef(NamedTuple):
    """One frame of one clip: the key of caches and texture pools.

    A tuple, since every tick hashes some hundreds of them: a dataclass takes six times as long.
    """

    clip: str  # slug
    index: int  # type: ignore[assignment]  # zero-based; tuple's own `index` is of no use here


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded frame in CPU memory, row 0 at the top.

    `width` and `height` are the visible size in pixels; a plane may be padded to the right and below
    (JPEG to whole MCUs, BC to whole blocks): uint8 planes have shape (rows, row_stride) where the
    visible part is the upper left. `chroma` is (horizontal, vertical) subsampling, (2, 2) for 4:2:0.
    `upright_turns` counts quarter turns clockwise that still have to be applied when drawn.

    The planes belong to whoever holds the picture; they are reused after the frame store evicts it,
    which only the main thread does.
    """

    ref: FrameRef
    width: int
    height: int
    layout: Layout
    planes: tuple[npt.NDArray[np.uint8] | npt.NDArray[np.uint16], ...]
    chroma: tuple[int, int] = (1, 1)
    matrix: Matrix = Matrix.BT601
    full_range: bool = True
    upright_turns: int = 0

    @property
    def nbytes(self) -> int:
        return sum(plane.nbytes for plane in self.planes)


@dataclass(frozen=True, slots=True)
class Hit:
    """The very frame that was asked for."""

    picture: Picture


@dataclass(frozen=True, slots=True)
class Nearest:
    """The frame is not decoded yet: the nearest held frame of the same clip, `distance` frames away."""

    picture: Picture
    distance: int


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing of this clip is held."""

    picture: None = None


Lookup: TypeAlias = Hit | Nearest | Missing
