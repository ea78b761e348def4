"""Clips: what the player knows of a piece of video before it decodes a frame of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt


class Codec(Enum):
    """How a clip's frames are stored, which decides the road that they take to the GPU."""

    MJPEG = "mjpeg"
    HAP = "hap"  # Hap1: BC1
    HAP_ALPHA = "hap_alpha"  # Hap5: BC3
    HAP_Q = "hap_q"  # HapY: YCoCg in BC3
    HAP_Q_ALPHA = "hap_q_alpha"  # HapM: HapY's texture, and alpha in BC4
    HAP_ALPHA_ONLY = "hap_alpha_only"  # HapA: alpha in BC4, and no colours
    HAP_R = "hap_r"  # Hap7: BC7
    OTHER = "other"  # whatever PyAV opens

    @property
    def is_hap(self) -> bool:
        return self not in (Codec.MJPEG, Codec.OTHER)


@dataclass(frozen=True, slots=True)
class FrameTable:
    """Where each frame of a clip lies in its file, so that a frame is one positioned read.

    `offsets` and `lengths` are 1-D, equally long, in bytes, uint64 and uint32; row i is frame index i.
    """

    offsets: npt.NDArray[np.uint64]
    lengths: npt.NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.offsets)


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip of the library, or any file that a layer names as its source.

    `slug` is its stable name, unique in the show. `width` and `height` are in square pixels, upright.
    `table` is None for a file without one (Codec.OTHER), which is decoded from its nearest key frame.
    """

    slug: str
    file: Path
    codec: Codec
    width: int
    height: int
    rate: Fraction
    frame_count: int
    table: FrameTable | None = field(default=None, compare=False, repr=False)
    title: str = ""

    @property
    def duration_s(self) -> float:
        return float(self.frame_count / self.rate)
