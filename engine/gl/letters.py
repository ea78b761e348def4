"""Letters of our own, the printable characters of ASCII in a small font of fixed width: no font file is asked for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 6, 8  # of one letter with the gap after it, in its own pixels
FIRST, UNKNOWN = 32, 127  # the code of the first letter; the one after the last stands for all that is not here

# Eight rows from the top, five bits each, two hexadecimal digits a row; the last row is below the line.
_GLYPHS = {
    " ": "0000000000000000", "!": "0404040404000400", '"': "0a0a0a0000000000", "#": "0a0a1f0a1f0a0a00",
    "$": "040f140e051e0400", "%": "1819020408130300", "&": "0c12140815120d00", "'": "0404080000000000",
    "(": "0204080808040200", ")": "0804020202040800", "*": "0004150e15040000", "+": "0004041f04040000",
    ",": "0000000000040408", "-": "0000000e00000000", ".": "0000000000000400", "/": "0101020408101000",
    "0": "0e11131519110e00", "1": "040c040404040e00", "2": "0e11010608101f00", "3": "0e11010601110e00",
    "4": "02060a121f020200", "5": "1f101e0101110e00", "6": "0608101e11110e00", "7": "1f01020408080800",
    "8": "0e11110e11110e00", "9": "0e11110f01020c00", ":": "0000040000040000", ";": "0000040000040408",
    "<": "0204081008040200", "=": "00001f001f000000", ">": "0804020102040800", "?": "0e11010204000400",
    "@": "0e11171517100e00", "A": "0e11111f11111100", "B": "1e11111e11111e00", "C": "0e11101010110e00",
    "D": "1e11111111111e00", "E": "1f10101e10101f00", "F": "1f10101e10101000", "G": "0e11101711110f00",
    "H": "1111111f11111100", "I": "0e04040404040e00", "J": "0702020202120c00", "K": "1112141814121100",
    "L": "1010101010101f00", "M": "111b151511111100", "N": "1119151311111100", "O": "0e11111111110e00",
    "P": "1e11111e10101000", "Q": "0e11111115120d00", "R": "1e11111e14121100", "S": "0f10100e01011e00",
    "T": "1f04040404040400", "U": "1111111111110e00", "V": "11111111110a0400", "W": "1111111515150a00",
    "X": "11110a040a111100", "Y": "11110a0404040400", "Z": "1f01020408101f00", "[": "0e08080808080e00",
    "\\": "1010080402010100", "]": "0e02020202020e00", "^": "040a110000000000", "_": "000000000000001f",
    "`": "0804020000000000", "a": "00000e010f110f00", "b": "10101e1111111e00", "c": "00000e1110110e00",
    "d": "01010f1111110f00", "e": "00000e111f100e00", "f": "06081c0808080800", "g": "00000f11110f010e",
    "h": "10101e1111111100", "i": "04000c0404040e00", "j": "020006020202120c", "k": "1010121418141200",
    "l": "0c04040404040e00", "m": "00001a1515151500", "n": "00001e1111111100", "o": "00000e1111110e00",
    "p": "00001e11111e1010", "q": "00000f11110f0101", "r": "0000161810101000", "s": "00000f100e011e00",
    "t": "08081c0808090600", "u": "0000111111130d00", "v": "00001111110a0400", "w": "0000111115150a00",
    "x": "0000110a040a1100", "y": "00001111110f010e", "z": "00001f0204081f00", "{": "0204040804040200",
    "|": "0404040404040400", "}": "0804040204040800", "~": "0000081502000000",
}  # fmt: skip
_BOX = "1f11111111111f00"


def _drawn() -> npt.NDArray[np.bool_]:
    rows = np.array([[*bytes.fromhex(glyph)] for glyph in (*_GLYPHS.values(), _BOX)], np.uint8)
    bits = np.unpackbits(rows[:, :, None], axis=2)
    return np.concatenate([bits[:, :, 3:], bits[:, :, :1]], axis=2).astype(bool)  # the highest bits are never set


# Every letter by its index, bool (96, HEIGHT, WIDTH).
LETTERS = _drawn()


def letter_indices(text: str) -> npt.NDArray[np.intp]:
    """The place in LETTERS of each character of `text`; those that have none are a box."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return np.where((codes >= FIRST) & (codes < UNKNOWN), codes, UNKNOWN).astype(np.intp) - FIRST


def lettered(text: str, scale: int = 2) -> npt.NDArray[np.bool_]:
    """`text` as a mask, bool (8 · scale, 6 · scale · letters); as wide as one letter where there is none."""
    mask = LETTERS[letter_indices(text or " ")].swapaxes(0, 1).reshape(HEIGHT, -1)
    return mask.repeat(scale, 0).repeat(scale, 1)
