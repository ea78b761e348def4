"""A take as a picture: its events along time, each path in a row, over the show's movements, clips and onsets."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from engine.formats.take import Take
from engine.gl.letters import HEIGHT, WIDTH, lettered
from engine.model.events import Event
from tools.frames import Pixels
from tools.take_timeline import Span, Timeline

_SCALE = 2
_LETTER_PX = WIDTH * _SCALE
_TEXT_PX = HEIGHT * _SCALE
_ROW_PX = 30
_BAND_PX = 22
_GAP_PX = 8
_LONGEST_LABEL = 34  # letters
_MOST_ROWS = 100

_PAPER, _LANE, _GRID, _FAINT, _INK = (22, 24, 28), (31, 34, 40), (52, 56, 64), (140, 145, 155), (232, 232, 228)
_VALUE, _ACTION, _ONSET = (120, 190, 255), (255, 178, 84), (240, 110, 120)
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)

Colour = tuple[int, int, int]


def plotted(take: Take, shown: Timeline, width: int) -> Pixels:
    """The picture, uint8 (height, width, 3); `width` in pixels, 400 or more.

    Values of a parameter are a line from the row's foot (the lowest that the take's tree allows, or that was played
    where it does not say) to its top; actions are strokes. Paths are in the order of their first event, a hundred at
    most; those beyond are counted in the last line.
    """
    rows = _by_path(_since(take))
    kept = list(rows.items())[:_MOST_ROWS]
    labels = ["onsets", "movement", *(name for name, _ in shown.layers), *(path for path, _ in kept)]
    left = _LETTER_PX * min(max(map(len, labels)) + 1, _LONGEST_LABEL + 1) + _GAP_PX
    bands = (bool(shown.movements) + len(shown.layers)) * (_BAND_PX + 4)
    height = _GAP_PX + 2 * (_TEXT_PX + _GAP_PX) + bands + _ROW_PX * (len(kept) + bool(shown.onsets_s)) + _TEXT_PX * 2
    sheet = _Sheet(take, left, width, height)
    sheet.title(_title(take))
    sheet.axis()
    if shown.movements:
        sheet.band("movement", shown.movements)
    for name, spans in reversed(shown.layers):
        sheet.band(name, spans)
    if shown.onsets_s:
        sheet.strokes("onsets", shown.onsets_s, [1.0] * len(shown.onsets_s), _ONSET)
    for path, events in kept:
        sheet.path(path, events)
    if len(rows) > len(kept):
        sheet.title(f"and {len(rows) - len(kept)} more paths")
    return sheet.pixels


def _since(take: Take) -> list[Event]:
    """The take's events from its beginning on, and the values that stood then, as if they were played there."""
    start_s = take.header.start_s
    stood = {event.address: event for event in take.events if event.at_s < start_s}
    kept = [replace(event, at_s=start_s) for path, event in stood.items() if not _is_action(take, path)]
    return [*kept, *(event for event in take.events if event.at_s >= start_s)]


def _is_action(take: Take, path: str) -> bool:
    entry = take.header.tree.get(path)
    return entry is None or entry[0] == "action"


def _by_path(events: Iterable[Event]) -> dict[str, list[Event]]:
    rows: dict[str, list[Event]] = {}
    for event in events:
        rows.setdefault(event.address, []).append(event)
    return rows


def _title(take: Take) -> str:
    broken = "" if take.ended else ", broke off"
    show = take.header.show or "a show"
    return f"{show}, {take.header.recorded_at[:16].replace('T', ' ')}, {take.duration_s:.1f} s{broken}"


class _Sheet:
    """The paper, filled from the top down."""

    def __init__(self, take: Take, left: int, width: int, height: int) -> None:
        self.pixels: Pixels = np.full((height, width, 3), _PAPER, np.uint8)
        self._take = take
        self._from_s, self._to_s = take.header.start_s, max(take.until_s, take.header.start_s + 0.1)
        self._left, self._right = left, width - _GAP_PX
        self._top = _GAP_PX

    def title(self, text: str) -> None:
        self._text(_GAP_PX, self._top, text, _INK)
        self._top += _TEXT_PX + _GAP_PX

    def axis(self) -> None:
        """Times along the top, and a line down from each."""
        span_s = self._to_s - self._from_s
        room = 9 * _LETTER_PX
        step_s = next((s for s in _STEPS_S if s / span_s * (self._right - self._left) >= room), _STEPS_S[-1])
        first = int(np.ceil(self._from_s / step_s - 1e-9))
        for number in range(first, int(self._to_s / step_s + 1e-9) + 1):
            x = self._x(number * step_s)
            self.pixels[self._top + _TEXT_PX :, x] = _GRID
            text = _clock(number * step_s, tenths=step_s < 1)
            if x + len(text) * _LETTER_PX <= self._right or number == first:
                self._text(x, self._top, text, _FAINT)
        self._top += _TEXT_PX + _GAP_PX

    def band(self, label: str, spans: Sequence[Span]) -> None:
        """A row of coloured stretches with their names, as far as they have room."""
        self._label(label, _BAND_PX)
        for span in spans:
            left, right = self._x(span.from_s), self._x(span.to_s)
            self.pixels[self._top : self._top + _BAND_PX, left : max(right - 1, left + 1)] = _colour_of(span.name)
            letters = (right - left - 6) // _LETTER_PX
            if letters >= min(3, len(span.name)):
                self._text(left + 3, self._top + (_BAND_PX - _TEXT_PX) // 2 + 1, span.name[:letters], _INK)
        self._top += _BAND_PX + 4

    def path(self, path: str, events: Sequence[Event]) -> None:
        """One path's row: strokes for an action, a line of values for a parameter."""
        times, values = [event.at_s for event in events], [event.value for event in events]
        if _is_action(self._take, path):
            self.strokes(path, times, values, _ACTION)
            return
        _, low, high, _, _ = self._take.header.tree[path]
        if high - low > 4 * max(max(values) - min(values), 1e-9):  # a range so wide that nothing would be seen to move
            low, high = min(values), max(values)
        self._label(path, _ROW_PX)
        self._lane()
        foot, most = self._top + _ROW_PX - 7, _ROW_PX - 12
        heights = [foot - round(most * (value - low) / (high - low)) if high > low else foot for value in values]
        for number, (at_s, y) in enumerate(zip(times, heights, strict=True)):
            x = self._x(at_s)
            end = self._x(times[number + 1]) if number + 1 < len(times) else self._right
            self.pixels[y : y + 2, x : max(end, x + 1)] = _VALUE
            before = heights[number - 1] if number else y
            self.pixels[min(before, y) : max(before, y) + 2, x] = _VALUE
        self._top += _ROW_PX

    def strokes(self, label: str, times_s: Sequence[float], values: Sequence[float], colour: Colour) -> None:
        """A row of strokes; the harder played, the taller."""
        self._label(label, _ROW_PX)
        self._lane()
        hardest = max((abs(value) for value in values), default=1.0) or 1.0
        for at_s, value in zip(times_s, values, strict=True):
            length = 6 + round((_ROW_PX - 14) * abs(value) / hardest)
            x, foot = self._x(at_s), self._top + _ROW_PX - 5
            self.pixels[foot - length : foot, x : x + 2] = colour
        self._top += _ROW_PX

    def _lane(self) -> None:
        lane = self.pixels[self._top + 2 : self._top + _ROW_PX - 3, self._left : self._right]
        lane[(lane == _PAPER).all(axis=-1)] = _LANE

    def _label(self, text: str, height: int) -> None:
        if len(text) > _LONGEST_LABEL:
            text = ".." + text[2 - _LONGEST_LABEL :]
        self._text(_GAP_PX, self._top + (height - _TEXT_PX) // 2, text, _INK)

    def _x(self, at_s: float) -> int:
        share = (at_s - self._from_s) / (self._to_s - self._from_s)
        return self._left + round(min(max(share, 0.0), 1.0) * (self._right - self._left - 2))

    def _text(self, x: int, y: int, text: str, colour: Colour) -> None:
        mask: npt.NDArray[np.bool_] = lettered(text, _SCALE)
        corner = self.pixels[y : y + mask.shape[0], max(x, 0) :][:, : mask.shape[1]]
        corner[mask[: corner.shape[0], : corner.shape[1]]] = colour


def _clock(at_s: float, *, tenths: bool) -> str:
    minutes, seconds = divmod(round(at_s * 10), 600)
    return f"{minutes}:{seconds / 10:04.1f}" if tenths else f"{minutes}:{seconds // 10:02}"


def _colour_of(name: str) -> Colour:
    """A colour that belongs to a name, dark enough for light letters."""
    hue = int.from_bytes(sha256(name.encode()).digest()[:2], "big") / 65_536
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.55, 0.5)
    return round(red * 255), round(green * 255), round(blue * 255)
