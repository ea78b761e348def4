"""The schedule as a picture: thumbnails along time, a line of them a layer, with the clips' energy and the music."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from PIL import Image, ImageDraw, ImageFont

from engine.formats.replace_file import replace_file
from preprocess.schedule.view import MovementView, RowView, View
from preprocess.track.values import WAVEFORM_HZ, Track

PICTURE = "reports/schedule.png"

_WIDTH, _LEFT, _RIGHT = 1920, 120, 24
_MOST_HEIGHT = 12_000
_HEAD, _AXIS, _ENERGY, _ROW, _MUSIC, _BAND, _GAP = 34, 20, 36, 64, 62, 16, 26
_LEAST_FOR_TICKS = 8  # px a second: onsets and bars would run into one
_WIDE_ROW = 76  # px that a usual row of the leading layer gets
_PAPER, _LANE, _INK, _FAINT, _EDGE = "#16181c", "#202329", "#e8e8e4", "#8d929b", "#16181c"
_CURVE, _WAVE, _ONSET, _BAR = "#ffb254", "#46617f", "#ff7a84", "#c8d0dc"
_SECTIONS = ("#2b3a52", "#3d2f4f", "#2f4a3d", "#4f432b", "#4a2f36", "#2b4a4f")
_STEPS_S = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True, slots=True)
class _Line:
    """A stretch of a movement that fits the picture's width. `first`: its head stands above."""

    movement: MovementView
    begin_s: float
    end_s: float
    first: bool

    @property
    def height(self) -> int:
        return (_HEAD if self.first else 0) + _AXIS + _ENERGY + len(self.movement.layers) * (_ROW + 2) + _MUSIC + _GAP


def draw(view: View, library: Path) -> Path:
    """Draw the schedule into the library's folder; the file. Raises OutputError where it cannot be written."""
    px_per_s, lines = _lines(view)
    image = Image.new("RGB", (_WIDTH, max(sum(line.height for line in lines), 80) + _GAP), _PAPER)
    sheet = _Sheet(image, px_per_s, library, view)
    top = _GAP
    for line in lines:
        sheet.line(line, top)
        top += line.height
    if not lines:
        sheet.text((_LEFT, _GAP), "no schedule: no movement has clips", _INK, 20)
    content = io.BytesIO()
    image.save(content, "PNG", optimize=False)
    file = library / PICTURE
    file.parent.mkdir(exist_ok=True)
    replace_file(file, content.getvalue())
    return file


def _lines(view: View) -> tuple[float, list[_Line]]:
    """Pixels a second, and the lines: as wide as the usual row asks for, as narrow as the picture's height does."""
    leading = [row.row.duration_s for movement in view.movements for _, rows in movement.layers[:1] for row in rows]
    px_per_s = min(max(_WIDE_ROW / median(leading), 0.5), 400.0) if leading else 1.0
    longest_s = max((movement.end_s - movement.begin_s for movement in view.movements), default=1.0)
    px_per_s = max(px_per_s, (_WIDTH - _LEFT - _RIGHT) / max(longest_s, 1.0) if longest_s < 120 else 0.0)
    while True:
        lines = [line for movement in view.movements for line in _cut(movement, (_WIDTH - _LEFT - _RIGHT) / px_per_s)]
        if sum(line.height for line in lines) <= _MOST_HEIGHT or len(lines) <= len(view.movements):
            return px_per_s, lines
        px_per_s *= 0.7


def _cut(movement: MovementView, line_s: float) -> Iterator[_Line]:
    begin_s = movement.begin_s
    while begin_s < movement.end_s - 1e-6:
        end_s = min(begin_s + line_s, movement.end_s)
        yield _Line(movement, begin_s, end_s, begin_s == movement.begin_s)
        begin_s = end_s


class _Sheet:
    """A picture that is being drawn on. Coordinates are pixels from the upper left."""

    def __init__(self, image: Image.Image, px_per_s: float, library: Path, view: View) -> None:
        self._image = image
        self._draw = ImageDraw.Draw(image)
        self._px_per_s = px_per_s
        self._library = library
        self._track = track = view.track
        self._onsets = track.onsets_until(view.duration_s) if track else []
        self._bars_s = [beat.at_s for beat in track.beats_until(view.duration_s) if beat.is_bar] if track else []
        self._fonts: dict[int, ImageFont.ImageFont | ImageFont.FreeTypeFont] = {}
        self._thumbnails: dict[str, Image.Image | None] = {}

    def text(self, at: tuple[float, float], text: str, colour: str, size: int) -> None:
        self._draw.text(at, text, colour, self._font(size))

    def _font(self, size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
        """The font that Pillow brings along: none has to be there."""
        if size not in self._fonts:
            self._fonts[size] = ImageFont.load_default(size)
        return self._fonts[size]

    def line(self, line: _Line, top: int) -> None:
        if line.first:
            self._head(line.movement, top)
            top += _HEAD
        self._axis(line, top)
        top += _AXIS
        self._energy(line, top)
        top += _ENERGY
        for name, rows in reversed(line.movement.layers):
            self._layer(line, name, rows, top)
            top += _ROW + 2
        self._music(line, top)

    def _head(self, movement: MovementView, top: int) -> None:
        self.text((12, top - 2), movement.name, _INK, 24)
        by = "by hand" if movement.origin == "person" else movement.strategy
        span = f"{_clock(movement.begin_s)} to {_clock(movement.end_s)}"
        said = f"{by}  ·  {movement.clip_count} clips  ·  {span}"
        width = self._draw.textlength(movement.name, self._font(24))
        self.text((max(_LEFT, 12 + width + 24), top + 6), said, _FAINT, 15)

    def _x(self, line: _Line, at_s: float) -> int:
        return _LEFT + round((min(max(at_s, line.begin_s), line.end_s) - line.begin_s) * self._px_per_s)

    def _axis(self, line: _Line, top: int) -> None:
        step_s = next((step for step in _STEPS_S if step * self._px_per_s >= 70), _STEPS_S[-1])
        number = int(line.begin_s / step_s) + 1
        while number * step_s < line.end_s:
            x = self._x(line, number * step_s)
            self._draw.line([(x, top + 13), (x, top + _AXIS)], _FAINT)
            self.text((x + 3, top + 2), _clock(number * step_s), _FAINT, 12)
            number += 1

    def _energy(self, line: _Line, top: int) -> None:
        self.text((12, top + 10), "energy", _FAINT, 13)
        self._draw.rectangle([_LEFT, top, self._x(line, line.end_s), top + _ENERGY - 4], _LANE)
        points: list[tuple[int, int]] = []
        for row in _within(line, line.movement.layers[0][1] if line.movement.layers else ()):
            if row.energy is not None:
                y = top + round((1 - row.energy) * (_ENERGY - 8)) + 2
                points += [(self._x(line, row.begin_s), y), (self._x(line, row.end_s), y)]
        if points:
            self._draw.line(points, _CURVE, 2)

    def _layer(self, line: _Line, name: str, rows: Sequence[RowView], top: int) -> None:
        self.text((12, top + _ROW // 2 - 9), name, _INK, 15)
        for row in _within(line, rows):
            box = (self._x(line, row.begin_s), top, self._x(line, row.end_s), top + _ROW)
            width = box[2] - box[0]
            if width < 1:
                continue
            if row.row.clip is None:
                self._draw.rectangle(box, None, _FAINT)
                continue
            self._picture(row, box)
            if row.row.transition_s and row.begin_s >= line.begin_s:
                fade = max(2, round(row.row.transition_s * self._px_per_s))
                self._draw.line([(box[0], top + _ROW), (box[0] + min(fade, width), top)], _INK)
            self._draw.line([(box[0], top), (box[0], top + _ROW)], _EDGE, 2)
            if width >= 40:
                self._caption(row.row.clip, box)

    def _picture(self, row: RowView, box: tuple[int, int, int, int]) -> None:
        width = box[2] - box[0]
        self._draw.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), row.rgb)
        thumbnail = self._thumbnail(row.thumbnail)
        if thumbnail is None:
            return
        shown = min(width, thumbnail.width)
        left = (thumbnail.width - shown) // 2
        for x in range(0, width, thumbnail.width):  # a wide row repeats its picture, as a film strip does
            piece = thumbnail.crop((left, 0, left + min(shown, width - x), _ROW))
            self._image.paste(piece, (box[0] + x, box[1]))

    def _caption(self, slug: str, box: tuple[int, int, int, int]) -> None:
        font = self._font(11)
        text = slug
        while text and self._draw.textlength(text, font) > box[2] - box[0] - 8:
            text = text[:-1]
        if text:
            y = box[3] - 15
            self._draw.rectangle((box[0] + 2, y, box[0] + 6 + self._draw.textlength(text, font), box[3] - 1), _PAPER)
            self._draw.text((box[0] + 4, y), text, _INK, font)

    def _thumbnail(self, name: str) -> Image.Image | None:
        """A thumbnail as high as a row; None where there is none that can be read."""
        if name and name not in self._thumbnails:
            try:
                with Image.open(self._library / name) as opened:
                    picture = opened.convert("RGB")
                width = max(1, round(picture.width * _ROW / picture.height))
                self._thumbnails[name] = picture.resize((width, _ROW), Image.Resampling.BILINEAR)
            except (OSError, ValueError):  # a damaged thumbnail costs its own place only: its colour stands there
                self._thumbnails[name] = None
        return self._thumbnails.get(name)

    def _music(self, line: _Line, top: int) -> None:
        right = self._x(line, line.end_s)
        self._draw.rectangle([_LEFT, top + 2, right, top + _MUSIC - 4], _LANE)
        if self._track is None:
            self.text((12, top + 12), "no music", _FAINT, 13)
            return
        self.text((12, top + 12), "music", _FAINT, 13)
        self._sections(line, self._track, top + 2)
        top, bottom = top + 2 + _BAND, top + _MUSIC - 4
        middle, reach = (top + bottom) // 2, (bottom - top) // 2 - 2
        for x in range(_LEFT, right):
            at_s = line.begin_s + (x - _LEFT) / self._px_per_s
            loud = self._track.loudness_between(at_s, at_s + max(1 / self._px_per_s, 1 / WAVEFORM_HZ))
            self._draw.line([(x, middle - round(loud * reach)), (x, middle + round(loud * reach))], _WAVE)
        if self._px_per_s < _LEAST_FOR_TICKS:
            return
        for at_s in self._bars_s:
            if line.begin_s <= at_s < line.end_s:
                x = self._x(line, at_s)
                self._draw.line([(x, top), (x, top + 7)], _BAR, 2)
        for onset in self._onsets:
            if line.begin_s <= onset.at_s < line.end_s:
                x, height = self._x(line, onset.at_s), 3 + round(onset.strength * 12)
                self._draw.line([(x, bottom - height), (x, bottom)], _ONSET, 2)

    def _sections(self, line: _Line, track: Track, top: int) -> None:
        edges = [line.begin_s, *(s for s in track.changes_until(line.end_s) if s > line.begin_s), line.end_s]
        for begin_s, end_s in pairwise(edges):
            section = track.section_at(begin_s + 1e-6)
            x = self._x(line, begin_s)
            self._draw.rectangle(
                [x, top, max(x, self._x(line, end_s) - 2), top + _BAND - 2], section_colour(section.label)
            )
            if (end_s - begin_s) * self._px_per_s >= 14:
                self.text((x + 4, top), section.label, _INK, 12)


def section_colour(label: str) -> str:
    """The colour of all sections of one letter, #rrggbb."""
    return _SECTIONS[(ord(label[0]) - ord("A")) % len(_SECTIONS)]


def _within(line: _Line, rows: Sequence[RowView]) -> Iterator[RowView]:
    return (row for row in rows if row.begin_s < line.end_s - 1e-6 and row.end_s > line.begin_s + 1e-6)


def _clock(at_s: float) -> str:
    whole = round(at_s, 1)
    return f"{int(whole // 60)}:{whole % 60:04.1f}" if whole % 1 else f"{int(whole // 60)}:{int(whole % 60):02d}"
