"""Sequences of images, one file a frame: named by a pattern, or by a folder that holds one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from engine.errors import SourceError
from engine.formats.movie import FALLBACK_RATE, Movie, read_movie
from engine.model.clips import Clip, Codec, NumberedImages

IMAGE_SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".dpx"))
_PATTERN = re.compile(r"%(?:0([1-9]))?d")
# The last number of a name: shot2_0001_v.png is number 1 of shot2_%04d_v.png.
_NUMBERED = re.compile(r"(.*?)([0-9]+)([^0-9]*)", re.DOTALL)
_LONGEST_NUMBER = 18  # digits
_FIRST_TRIED = 8  # images that may be damaged before a sequence is given up


@dataclass(frozen=True, slots=True)
class _Names:
    """What the files of a sequence are called around their number."""

    prefix: str
    digits: int
    suffix: str

    def number(self, name: str) -> int | None:
        """The number of a file of this name, or None where it is none of the sequence."""
        number = name[len(self.prefix) : len(name) - len(self.suffix)]
        if not (number.isascii() and number.isdigit()) or len(number) > _LONGEST_NUMBER:
            return None
        return int(number) if name == f"{self.prefix}{int(number):0{self.digits}d}{self.suffix}" else None

    def __str__(self) -> str:
        number = f"%0{self.digits}d" if self.digits > 1 else "%d"
        return f"{self.prefix.replace('%', '%%')}{number}{self.suffix.replace('%', '%%')}"


def is_sequence(path: Path) -> bool:
    """Whether `path` names a sequence: a folder, or a pattern such as shot_%04d.png that is no file's own name."""
    try:
        return path.is_dir() or (_PATTERN.search(path.name) is not None and not path.exists())
    except OSError:  # a name that is too long, links in a circle: nothing at all
        return False


def probe_sequence(path: Path, slug: str, rate: Fraction = FALLBACK_RATE) -> Clip:
    """The sequence that `path` names as a clip called `slug`, at `rate` frames a second. Any thread.

    In a pattern, %04d stands for a number filled up with zeros to four digits, %d for one as it is, %% for a percent
    sign. Lists the folder and reads its first image. The clip has a frame for every number from the first to the last
    that is there; a number that is missing between them is a frame that cannot be had.

    Raises SourceError, saying what would mend it: no folder, no such images, several sequences in a folder, numbers
    with more gaps than images, or no image that decodes.
    """
    folder = path if path.is_dir() else path.parent
    files = _files(folder, path)
    names = _names_in(path, files) if folder == path else _names_of(path)
    numbers = sorted(number for number in map(names.number, files) if number is not None)
    if not numbers:
        raise SourceError("no images of that name", subject=path, mend=_others(files, f"{folder} holds none"))
    count = numbers[-1] - numbers[0] + 1
    if 2 * len(numbers) < count:
        what = f"{len(numbers)} images, numbered from {numbers[0]} to {numbers[-1]}: most are missing"
        raise SourceError(what, subject=path, mend="number them one after another, or take strays out of the folder")
    images = NumberedImages(folder, names.prefix, names.digits, names.suffix, numbers[0])
    first = _first_that_decodes([images.file(number - numbers[0]) for number in numbers[:_FIRST_TRIED]])
    width, height = first.coded_width, first.coded_height
    if first.turns % 2:
        width, height = height, width
    return Clip(slug, path, Codec.OTHER, width, height, rate, count, title=path.stem, images=images)


def _files(folder: Path, path: Path) -> list[str]:
    try:
        return [file.name for file in folder.iterdir()]
    except OSError as error:
        raise SourceError(
            f"its folder cannot be read: {error.strerror}", subject=path, mend="check its path"
        ) from error


def _names_of(path: Path) -> _Names:
    before, *after = _PATTERN.finditer(path.name)
    if after:
        raise SourceError("has two numbers in its pattern", subject=path, mend="leave one %d, spell the other out")
    prefix, suffix = path.name[: before.start()], path.name[before.end() :]
    return _Names(prefix.replace("%%", "%"), int(before.group(1) or 1), suffix.replace("%%", "%"))


def _names_in(folder: Path, files: Sequence[str]) -> _Names:
    found = list(_all_names(files))
    if len(found) == 1:
        return found[0]
    if not found:
        raise SourceError("holds no numbered images", subject=folder, mend="name a movie, a still or a pattern")
    raise SourceError(f"holds {len(found)} sequences of images", subject=folder, mend=_others(files, ""))


def _all_names(files: Sequence[str]) -> Iterator[_Names]:
    """The sequences among these files, by name; hidden files are none of any."""
    digits: dict[tuple[str, str], int] = {}
    for name in sorted(files):
        stem, suffix = Path(name).stem, Path(name).suffix
        match = _NUMBERED.fullmatch(stem)
        if match is None or suffix.lower() not in IMAGE_SUFFIXES or name.startswith("."):
            continue
        prefix, number, rest = match.groups()
        key = prefix, rest + suffix
        digits[key] = min(digits.get(key, _LONGEST_NUMBER), len(number))
    for (prefix, rest), fewest in digits.items():
        yield _Names(prefix, fewest, rest)


def _others(files: Sequence[str], otherwise: str) -> str:
    """A mend that names the sequences that are there."""
    names = [str(names) for names in _all_names(files)]
    more = ", …" if len(names) > 4 else ""
    return f"name one of {', '.join(names[:4])}{more}" if names else otherwise


def _first_that_decodes(files: Sequence[Path]) -> Movie:
    *others, last = files
    for file in others:
        try:
            return read_movie(file)
        except SourceError:  # a frame that cannot be had; the next one tells the size as well
            continue
    return read_movie(last)
