"""Colour tables in .cube files: Adobe, "Cube LUT Specification", version 1.0 (2013).

Beside the specification, what grading programs write is taken too: LUT_3D_INPUT_RANGE and LUT_1D_INPUT_RANGE for the
domain, keywords that say nothing of colours, a byte-order mark, any line end. Pure; any thread.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, TypeAlias

import numpy as np
import numpy.typing as npt

from engine.errors import SourceError

Triple: TypeAlias = tuple[float, float, float]

MAX_BYTES = 128 * 2**20
# The specification goes up to 256, at which a table takes 200 MB; no grading program writes more than 129.
MAX_3D_SIZE = 129
MAX_1D_SIZE = 65_536
# A strip of 90 × 90 texels is as wide as every GPU of GL 3.3 can hold, 8192.
STRIP_3D_SIZE = 90
STRIP_1D_SIZE = 4096

_SIZES = {"LUT_1D_SIZE": (1, MAX_1D_SIZE), "LUT_3D_SIZE": (3, MAX_3D_SIZE)}
_DOMAINS = {"DOMAIN_MIN": 3, "DOMAIN_MAX": 3, "LUT_1D_INPUT_RANGE": 2, "LUT_3D_INPUT_RANGE": 2}
_KEYWORD = re.compile(r"[A-Z][A-Z0-9_]*", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
_LARGEST = 65_504.0  # of a half float, which is what the GPU gets
_ROWS_AT_ONCE = 4096  # NumPy lets no other thread run meanwhile, and a show may be playing
_EXPORT = "export it again as a .cube of 33 or 65 points"


@dataclass(frozen=True, slots=True, eq=False)
class CubeLut:
    """A colour table, float32, values as encoded and unbounded. Equal to itself alone.

    3D: `table` is (n, n, n, 3), indexed [red, green, blue]. 1D: (n, 3), each column for its own channel. The first
    entry belongs to `domain_min`, the last to `domain_max`.
    """

    table: npt.NDArray[np.float32]
    title: str = ""
    domain_min: Triple = (0.0, 0.0, 0.0)
    domain_max: Triple = (1.0, 1.0, 1.0)

    @property
    def is_3d(self) -> bool:
        return self.table.ndim == 4

    def strip(self) -> npt.NDArray[np.float32]:
        """The table over 0..1 as a picture for `shaders/effects/lut.fs`, float32 (height, width, 3), top row first.

        3D: n squares of n × n side by side, blue from square to square, red to the right, green downwards. 1D: one row.
        A table of another domain, or too large for a GPU (3D above 90, 1D above 4096), is interpolated anew.
        """
        size = min(len(self.table), STRIP_3D_SIZE if self.is_3d else STRIP_1D_SIZE)
        table = self.table
        if size != len(table) or self.domain_min != (0.0, 0.0, 0.0) or self.domain_max != (1.0, 1.0, 1.0):
            table = self._resampled(size)
        if not self.is_3d:
            return np.ascontiguousarray(table[None])
        return np.ascontiguousarray(table.transpose(1, 2, 0, 3)).reshape(size, size * size, 3)

    def _resampled(self, size: int) -> npt.NDArray[np.float32]:
        """The table at `size` points over 0..1 of each channel; linear between its own, held beyond its domain."""
        last = len(self.table) - 1
        domain = zip(self.domain_min, self.domain_max, strict=True)
        with np.errstate(over="ignore"):  # of a domain that is next to nothing
            places = [np.clip((np.linspace(0, 1, size) - low) / (high - low), 0, 1) * last for low, high in domain]
        if not self.is_3d:
            columns = [np.interp(at, np.arange(last + 1), self.table[:, channel]) for channel, at in enumerate(places)]
            return np.stack(columns, axis=1).astype(np.float32)
        table = self.table
        for axis, at in enumerate(places):
            below = np.minimum(at.astype(int), last - 1)
            share = (at - below).reshape([-1 if each == axis else 1 for each in range(4)])
            table = table.take(below, axis) * (1 - share) + table.take(below + 1, axis) * share
        return table.astype(np.float32)


def read_cube(file: Path) -> CubeLut:
    """Read the table in `file`.

    Raises SourceError with file, line and what would mend it: for a file that cannot be read or is over 128 MiB, a size
    that is missing or not to be had, rows that are missing or too many, or anything that is not a finite number.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"cannot be read: {reason}", subject=file, mend="check its name and its rights") from error
    if len(content) > MAX_BYTES:
        raise SourceError("is over 128 MiB", subject=file, mend=_EXPORT)
    # Titles are in whatever the program's machine wrote; all else is ASCII.
    return parse_cube(content.decode("utf-8-sig", errors="replace"), str(file))


def parse_cube(text: str, file: str = "") -> CubeLut:
    """Parse the text of a table; `file` is for messages. Raises SourceError as `read_cube` does."""
    stripped = ((number, line.strip()) for number, line in enumerate(io.StringIO(text, newline=None), 1))
    lines = (one for one in stripped if one[1] and not one[1].startswith("#"))
    header = _Header(file)
    first_row = next((one for one in lines if not header.took(*one)), None)
    dimensions, size = header.size()
    wanted = size**dimensions
    rows = [] if first_row is None else [first_row, *itertools.islice(lines, wanted)]
    table = _numbers(file, rows)
    if len(rows) != wanted:
        missing = f"{wanted - len(rows)} of {wanted} rows are missing"
        _refuse(
            file, rows[-1][0] if rows else 0, missing if len(rows) < wanted else f"more than {wanted} rows", _EXPORT
        )
    if dimensions == 3:  # red changes fastest
        table = np.ascontiguousarray(table.reshape(size, size, size, 3).transpose(2, 1, 0, 3))
    return CubeLut(table, header.title, *header.domain())


@dataclass(slots=True)
class _Header:
    """What the lines above the table say."""

    file: str
    title: str = ""
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)  # keyword: size, line
    domains: dict[str, tuple[tuple[float, ...], int]] = field(default_factory=dict)

    def took(self, number: int, line: str) -> bool:
        """Take a line in; False if it is the table's first row."""
        if not line[0].isalpha():
            return False
        keyword, *rest = line.split(maxsplit=1)
        given = rest[0] if rest else ""
        if keyword == "TITLE":
            self.title = given.strip('"')
        elif keyword in _SIZES:
            self.sizes[keyword] = (self._size(keyword, given, number), number)
        elif keyword in _DOMAINS:
            self.domains[keyword] = (self._numbers(keyword, given, number), number)
        elif not _KEYWORD.fullmatch(keyword):
            _refuse(self.file, number, f"neither a keyword nor a row of numbers: {line[:60]!r}", _EXPORT)
        return True

    def size(self) -> tuple[int, int]:
        """Dimensions (1 or 3) and the size."""
        if len(self.sizes) != 1:
            what = "has both a 1D and a 3D table" if self.sizes else "has no LUT_3D_SIZE or LUT_1D_SIZE above its rows"
            line = max((number for _, number in self.sizes.values()), default=0)
            _refuse(self.file, line, what, "export it again as a 3D .cube")
        ((keyword, (size, _)),) = self.sizes.items()
        return _SIZES[keyword][0], size

    def domain(self) -> tuple[Triple, Triple]:
        low, high, line = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 0
        for keyword, (numbers, number) in self.domains.items():
            line = number
            if keyword == "DOMAIN_MIN":
                low = (numbers[0], numbers[1], numbers[2])
            elif keyword == "DOMAIN_MAX":
                high = (numbers[0], numbers[1], numbers[2])
            else:
                low, high = (numbers[0],) * 3, (numbers[1],) * 3
        if any(below >= above for below, above in zip(low, high, strict=True)):
            _refuse(self.file, line, f"the domain ends ({high}) before it begins ({low})", "write DOMAIN_MAX above it")
        return low, high

    def _size(self, keyword: str, given: str, number: int) -> int:
        most = _SIZES[keyword][1]
        if not re.fullmatch(r"[0-9]{1,9}", given, re.ASCII) or not 2 <= int(given) <= most:
            _refuse(self.file, number, f"{keyword} is {given[:60]!r}, not a whole number of 2 to {most}", _EXPORT)
        return int(given)

    def _numbers(self, keyword: str, given: str, number: int) -> tuple[float, ...]:
        words, count = given.split(), _DOMAINS[keyword]
        if len(words) != count:
            _refuse(self.file, number, f"{keyword} has {len(words)} numbers", f"write {count}")
        return _row(self.file, number, words)


def _numbers(file: str, rows: list[tuple[int, str]]) -> npt.NDArray[np.float32]:
    """The rows as float32 (rows, 3). Raises SourceError at the first that is not three numbers within half floats."""
    with contextlib.suppress(ValueError):  # told below, with its line
        parts = [np.empty((0, 3), np.float32)]
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            lines = [line for _, line in rows[start : start + _ROWS_AT_ONCE]]
            parts.append(np.loadtxt(lines, np.float32, comments=None, ndmin=2))
        table = np.concatenate(parts)
        if table.shape == (len(rows), 3) and (np.abs(table) <= _LARGEST).all():
            return table
    numbers = []
    for number, line in rows:
        words = line.split()
        if len(words) != 3:
            _refuse(file, number, f"a row of {len(words)} instead of 3 numbers: {line[:60]!r}", _EXPORT)
        numbers.append(_row(file, number, words))
    return np.array(numbers, np.float32)


def _row(file: str, number: int, words: list[str]) -> tuple[float, ...]:
    for word in words:
        if not _NUMBER.fullmatch(word) or abs(float(word)) > _LARGEST:
            _refuse(file, number, f"not a number that a table can hold: {word[:60]!r}", _EXPORT)
    return tuple(float(word) for word in words)


def _refuse(file: str, number: int, what: str, mend: str) -> NoReturn:
    raise SourceError(what, subject=f"{file}:{number}" if number else file, mend=mend)
