"""YUV to RGB as a matrix and an offset, for planes whose samples GL hands over as 0..1."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from engine.model.pictures import Matrix

# Red's and blue's share of luma: ITU-R BT.601-7, 2.5.1, and BT.709-6, 3.2.
_SHARES = {Matrix.BT601: (0.299, 0.114), Matrix.BT709: (0.2126, 0.0722)}


@dataclass(frozen=True, slots=True)
class Conversion:
    """rgb = rgb_from_yuv · yuv + rgb_offset, with yuv as sampled (0..1) and rgb gamma-encoded, 0..1 when legal.

    `rgb_from_yuv` is column by column. `gray_scale_offset` is (scale, offset) of luma alone.
    """

    rgb_from_yuv: tuple[float, ...]
    rgb_offset: tuple[float, float, float]
    gray_scale_offset: tuple[float, float]


@lru_cache(maxsize=16)
def conversion(matrix: Matrix, full_range: bool, bits: int) -> Conversion:
    """The conversion for samples of `bits` (8, or 16 with the 8-bit codes times 256).

    Formulas: ITU-T H.273, 8.3 (its equations 20 to 25 and 38 to 40).
    """
    top = 2**bits - 1
    step = 2 ** (bits - 8)
    luma_range, chroma_range, black = (top, top, 0) if full_range else (219 * step, 224 * step, 16 * step)
    luma_scale, luma_offset = top / luma_range, -black / luma_range
    chroma_scale, chroma_offset = top / chroma_range, -(128 * step) / chroma_range
    red, blue = _SHARES[matrix]
    green = 1 - red - blue
    red_from_cr = 2 * (1 - red)
    blue_from_cb = 2 * (1 - blue)
    from_cb = (0.0, -blue * blue_from_cb / green, blue_from_cb)
    from_cr = (red_from_cr, -red * red_from_cr / green, 0.0)
    columns = (luma_scale,) * 3 + tuple(chroma_scale * share for share in from_cb + from_cr)
    red_offset, green_offset, blue_offset = (
        luma_offset + chroma_offset * (cb + cr) for cb, cr in zip(from_cb, from_cr, strict=True)
    )
    return Conversion(columns, (red_offset, green_offset, blue_offset), (luma_scale, luma_offset))
