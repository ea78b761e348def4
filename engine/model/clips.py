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
class NumberedImages:
    """The files of a sequence of images in one folder, named `prefix`, a number, `suffix`.

    Numbers run on from `first`, which is frame index 0; shorter ones are filled up to `digits` with zeros.
    """

    folder: Path
    prefix: str
    digits: int
    suffix: str
    first: int

    def file(self, index: int) -> Path:
        """The file of frame `index`, whether it is there or not."""
        return self.folder / f"{self.prefix}{self.first + index:0{self.digits}d}{self.suffix}"


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip of the library, or any file that a layer names as its source.

    `slug` is its stable name, unique in the show. `width` and `height` are in square pixels, upright.
    `table` is None for a file without one (Codec.OTHER), which is decoded from its nearest key frame.
    `images` are the files of a sequence of images, whose pattern or folder `file` is; None for a clip in one file.
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
    images: NumberedImages | None = None

    @property
    def frames_stand_alone(self) -> bool:
        """Whether a frame is had without decoding others, so that any worker may take any frame."""
        return self.table is not None or self.images is not None

    @property
    def rate_hz(self) -> float:
        """Frames a second, as a float: what playheads run at."""
        return self.rate.numerator / self.rate.denominator  # a quarter of float()'s time, some hundred times a tick

    @property
    def duration_s(self) -> float:
        return float(self.frame_count / self.rate)
