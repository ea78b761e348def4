"""Letters for pictures that are drawn here: a small font of fixed width, so that no font file is asked for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 6, 8  # of one letter with the gap after it, in its own pixels

# Eight rows from the top, five bits each, two hexadecimal digits a row; the last row is below the line.
_GLYPHS = {
    "a": "00000e010f110f00", "b": "10101e1111111e00", "c": "00000e1110110e00", "d": "01010f1111110f00",
    "e": "00000e111f100e00", "f": "06081c0808080800", "g": "00000f11110f010e", "h": "10101e1111111100",
    "i": "04000c0404040e00", "j": "020006020202120c", "k": "1010121418141200", "l": "0c04040404040e00",
    "m": "00001a1515151500", "n": "00001e1111111100", "o": "00000e1111110e00", "p": "00001e11111e1010",
    "q": "00000f11110f0101", "r": "0000161810101000", "s": "00000f100e011e00", "t": "08081c0808090600",
    "u": "0000111111130d00", "v": "00001111110a0400", "w": "0000111115150a00", "x": "0000110a040a1100",
    "y": "00001111110f010e", "z": "00001f0204081f00", "0": "0e11131519110e00", "1": "040c040404040e00",
    "2": "0e11010608101f00", "3": "0e11010601110e00", "4": "02060a121f020200", "5": "1f101e0101110e00",
    "6": "0608101e11110e00", "7": "1f01020408080800", "8": "0e11110e11110e00", "9": "0e11110f01020c00",
    "/": "0101020408101000", "-": "0000000e00000000", "_": "000000000000001f", ".": "0000000000000400",
    ":": "0000040000040000", ",": "0000000000040408", "(": "0204080808040200", ")": "0804020202040800",
    "+": "0004041f04040000", " ": "0000000000000000",
}  # fmt: skip
_UNKNOWN = "1f11111111111f00"


def lettered(text: str, scale: int = 2) -> npt.NDArray[np.bool_]:
    """`text` as a mask, bool (8 · scale, 6 · scale · letters); capitals are drawn small, unknown letters as a box."""
    mask = np.zeros((HEIGHT, WIDTH * max(len(text), 1)), bool)
    for position, character in enumerate(text.lower()):
        rows = bytes.fromhex(_GLYPHS.get(character, _UNKNOWN))
        for row, bits in enumerate(rows):
            for column in range(5):
                mask[row, WIDTH * position + column] = bits >> (4 - column) & 1
    return mask.repeat(scale, 0).repeat(scale, 1)
