"""The contact sheet of a source: what was cut where. Drawn with OpenCV, in pages of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from preprocess.catalogue.values import Footage, Fragment, Scene
from preprocess.split.signals import Floats, Pixels

FRAGMENTS_A_PAGE = 60
_COLUMNS = 3
_GAP = 8
_TEXT_ROW = 16
_CURVE = 90
_BAR = 10
_MOST_NOTES = 12
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_BACK, _INK, _FAINT = (24, 24, 24), (235, 235, 235), (130, 130, 130)
_BAND, _BARS = (60, 60, 60), ((120, 200, 120), (90, 160, 90))
# BGR of how a scene opens, and of a division within one.
_COLOURS = {
    "start": (235, 235, 235), "cut": (80, 80, 255), "dissolve": (255, 200, 60), "fade": (60, 220, 255),
    "loss": (255, 80, 255), "part": (140, 140, 140),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contents:
    """What a contact sheet shows: how footage was cut, and the motion in it, frame by frame, 0..1."""

    footage: Footage
    scenes: Sequence[Scene]
    fragments: Sequence[Fragment]
    motion: Floats
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Grid:
    """Sizes in pixels: of the cell of a fragment, and how wide a page is."""

    wide: int
    high: int
    across: int


def draw_sheet(contents: Contents, picture: Callable[[int], Pixels]) -> Iterator[Pixels]:
    """The pages, uint8 BGR; `picture` gives the small picture of a frame, all of one size. At least one page."""
    fragments = contents.fragments
    count = max(1, -(-len(fragments) // FRAGMENTS_A_PAGE))
    for page_index in range(count):
        shown = fragments[page_index * FRAGMENTS_A_PAGE : (page_index + 1) * FRAGMENTS_A_PAGE]
        yield _page(contents, shown, page_index, count, picture)


def _page(
    contents: Contents, shown: Sequence[Fragment], page_index: int, count: int, picture: Callable[[int], Pixels]
) -> Pixels:
    height, width = picture(0).shape[:2]
    grid = _Grid(3 * width + _GAP, _TEXT_ROW + height + _GAP, max(_COLUMNS * (3 * width + 2 * _GAP) + _GAP, 900))
    first = shown[0].begin if shown and page_index else 0
    last = shown[-1].end if shown and page_index < count - 1 else contents.footage.frame_count
    rows = [shown[at : at + _COLUMNS] for at in range(0, len(shown), _COLUMNS)]
    notes = _notes(contents.notes) if page_index == count - 1 else []
    return np.vstack(
        [
            _title(contents, grid.across, f"page {page_index + 1} of {count}" if count > 1 else ""),
            _curve(contents, first, last, grid.across),
            *(_row(contents, row, grid, picture) for row in rows),
            *(_line([(note, _FAINT)], grid.across) for note in notes),
        ]
    )


def _title(contents: Contents, across: int, page: str) -> Pixels:
    found = contents.footage
    what = (
        f"{found.base}: {_clock(float(found.frame_count / found.rate))}, {float(found.rate):.5g} frames/s,"
        f" {_counted(len(contents.scenes), 'scene')}, {_counted(len(contents.fragments), 'fragment')}  {page}"
    )
    legend = [(f"{name}  ", colour) for name, colour in _COLOURS.items()]
    return np.vstack([_line([(what, _INK)], across), _line([("motion, and what opens: ", _FAINT), *legend], across)])


def _curve(contents: Contents, first: int, last: int, across: int) -> Pixels:
    """Motion over time; the most in each column counts, since a cut is one frame. Bars below are the fragments."""
    page = _blank(_CURVE + _BAR + _GAP, across)
    width = across - 2 * _GAP
    span = max(1, last - first)

    def column(index: int) -> int:
        return _GAP + min(width - 1, max(0, (index - first) * width // span))

    edges = first + (np.arange(width + 1) * span) // width
    most = [float(contents.motion[begin : max(end, begin + 1)].max(initial=0)) for begin, end in pairwise(edges)]
    scale = max(0.05, max(most, default=0.0))
    begins = {scene.begin: scene for scene in contents.scenes}
    for before, scene in zip([None, *contents.scenes], contents.scenes, strict=False):
        left_at = column(before.end if before else 0)
        page[:_CURVE, left_at : max(left_at, column(scene.begin))] = _BAND
        cv2.line(page, (column(scene.begin), 0), (column(scene.begin), _CURVE), _COLOURS[scene.opens_with], 1)
    for number, fragment in enumerate(contents.fragments):
        if fragment.end <= first or fragment.begin >= last:
            continue
        left, right = column(fragment.begin), max(column(fragment.begin) + 1, column(fragment.end) - 1)
        page[_CURVE + 1 : _CURVE + _BAR, left:right] = _BARS[number % 2]
        if fragment.begin not in begins:
            cv2.line(page, (left, _CURVE // 2), (left, _CURVE), _COLOURS["part"], 1)
    points = [[_GAP + at, round((_CURVE - 2) * (1 - value / scale)) + 1] for at, value in enumerate(most)]
    cv2.polylines(page, [np.array(points, np.int32)], False, _INK, 1)
    return page


def _row(contents: Contents, shown: Sequence[Fragment], grid: _Grid, picture: Callable[[int], Pixels]) -> Pixels:
    page = _blank(grid.high, grid.across)
    openings = {scene.begin: scene.opens_with for scene in contents.scenes}
    for number, fragment in enumerate(shown):
        left = _GAP + number * (grid.wide + _GAP)
        opens = openings.get(fragment.begin, "part")
        cv2.rectangle(page, (left, 3), (left + 8, 11), _COLOURS[opens], -1)
        rate = contents.footage.rate
        begin_s = contents.footage.source_s(fragment.begin)
        text = f"{fragment.slug}  {_clock(begin_s)} {opens}, {float(fragment.frame_count / rate):.2f} s"
        _write(page, text, left + 13, 12, _INK)
        frames = (fragment.begin, (fragment.begin + fragment.end - 1) // 2, fragment.end - 1)
        for at, index in enumerate(frames):
            small = picture(index)
            x = left + at * (small.shape[1] + 2)
            page[_TEXT_ROW : _TEXT_ROW + small.shape[0], x : x + small.shape[1]] = small
    return page


def _notes(notes: Sequence[str]) -> list[str]:
    more = [f"and {len(notes) - _MOST_NOTES} more such remarks"] if len(notes) > _MOST_NOTES else []
    return [*notes[:_MOST_NOTES], *more]


def _blank(height: int, width: int) -> Pixels:
    return np.full((height, width, 3), _BACK, np.uint8)


def _line(words: Sequence[tuple[str, tuple[int, int, int]]], across: int) -> Pixels:
    page = _blank(_TEXT_ROW + 2, across)
    left = _GAP
    for word, colour in words:
        left += _write(page, word, left, 13, colour)
    return page


def _write(page: Pixels, text: str, left: int, bottom: int, colour: tuple[int, int, int]) -> int:
    """Write text, ASCII for the font has no other letters; how wide it became, in pixels."""
    plain = text.encode("ascii", "replace").decode()
    cv2.putText(page, plain, (left, bottom), _FONT, 0.38, colour, 1, cv2.LINE_AA)
    (width, _), _ = cv2.getTextSize(plain, _FONT, 0.38, 1)
    return int(width) + 4


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _clock(seconds: float) -> str:
    hundredths = round(float(seconds) * 100)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    clock = f"{minutes:02d}:{rest // 100:02d}.{rest % 100:02d}"
    return f"{hours}:{clock}" if hours else clock
