"""Hashes of pictures: a perceptual one, alike for pictures that look alike, and how far two are apart."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

_SIDE = 32
_LOW = 9  # coefficients a side of which the lowest 64 are taken


def _lowest() -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows and columns of the 64 lowest frequencies but the mean, nearest to it first."""
    rows, columns = np.indices((_LOW, _LOW))
    order = np.lexsort((columns.ravel(), rows.ravel(), (rows**2 + columns**2).ravel()))[1:65]
    return rows.ravel()[order], columns.ravel()[order]


_ROWS, _COLUMNS = _lowest()


def perceptual_hash(grey: npt.NDArray[np.uint8]) -> int:
    """64 bits of a grey picture (rows, columns): which of its 64 lowest DCT coefficients lie above their median.

    The method known as pHash: C. Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010,
    without the mean's coefficient, which says nothing. Alike under scaling, encoding, and changes of brightness.
    """
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[_ROWS, _COLUMNS]
    bits = np.packbits(low > np.median(low), bitorder="little")
    return int.from_bytes(bits.tobytes(), "little")


def bits_apart(one: int, other: int) -> int:
    """In how many bits two hashes differ, 0..64; 32 is chance."""
    return (one ^ other).bit_count()
