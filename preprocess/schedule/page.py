"""The schedule as a page: the same as the picture, with the reason for each row under the pointer.

The page holds no script, asks nothing of a network, and shows the library's own thumbnails by relative links. Names
and hints come from files and models: all of them are escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

from engine.formats.replace_file import replace_file
from preprocess.schedule.picture import section_colour
from preprocess.schedule.view import MovementView, RowView, View
from preprocess.track.values import WAVEFORM_HZ, Track

PAGE = "reports/schedule.html"

_PX_PER_S = 110.0
_WIDEST = 60_000.0  # px of one movement: browsers stop drawing far beyond
_ENERGY, _MUSIC, _BAND = 40, 66, 16

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Schedule</title>
<meta http-equiv="Content-Security-Policy"
content="default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><style>"""
_STYLE = """
:root{color-scheme:dark}
body{margin:0;padding:20px 24px;background:#16181c;color:#e8e8e4;font:14px/1.4 system-ui,sans-serif}
h1{font-size:20px;font-weight:600;margin:0 0 4px}h2{font-size:18px;font-weight:600;margin:0}
p,.said{color:#9aa0aa;margin:0 0 18px}.said{margin:0 0 6px}
section{margin:0 0 30px}
.scroll{overflow-x:auto}
.lane{position:relative;height:72px;margin:0 0 3px 70px;background:#202329}
.lane>b{position:absolute;left:-70px;top:50%;transform:translateY(-50%);font-weight:400;color:#9aa0aa}
.row{position:absolute;top:0;height:100%;box-sizing:border-box;border-left:2px solid #16181c;background-size:auto 100%;
background-position:center;background-repeat:repeat-x}
.row:hover,.row:focus{outline:2px solid #ffb254;z-index:2}
.row.gap{border:1px dashed #565b64}
.row i{display:none;position:fixed;right:24px;bottom:20px;z-index:3;width:340px;padding:10px 14px;background:#2b2f37;
font-style:normal;box-shadow:0 4px 18px #000a;pointer-events:none}
.row:hover i,.row:focus i{display:block}.row i span{color:#9aa0aa;display:block}
.row.fade::before{content:"";position:absolute;inset:0 auto 0 0;width:var(--fade);
background:linear-gradient(90deg,#16181c,#16181c00)}
svg{display:block;margin:0 0 3px 70px;background:#202329}
"""


def write_page(view: View, library: Path) -> Path:
    """Write the page into the library's folder; the file. Raises OutputError where it cannot be written."""
    file = library / PAGE
    file.parent.mkdir(exist_ok=True)
    replace_file(file, page(view).encode("utf-8", "replace"))
    return file


def page(view: View) -> str:
    """The page's HTML."""
    music = "no music" if view.track is None else f"cut on {escape(view.track.file)}"
    said = f"{len(view.movements)} movements, {view.row_count} rows, {_clock(view.duration_s)}, {music}"
    parts = [
        f"{_HEAD}{_STYLE}</style></head><body>",
        f"<h1>Schedule</h1><p>{said}. Point at a clip to see why it stands there.</p>",
    ]
    for movement in view.movements:
        parts += _movement(movement, view.track)
    return "\n".join((*parts, "</body></html>", ""))


def _movement(movement: MovementView, track: Track | None) -> Iterator[str]:
    length_s = max(movement.end_s - movement.begin_s, 1e-6)
    px_per_s = min(_PX_PER_S, _WIDEST / length_s)
    width = round(length_s * px_per_s)
    by = "by hand" if movement.origin == "person" else escape(movement.strategy)
    span = f"{_clock(movement.begin_s)} to {_clock(movement.end_s)}"
    yield f"<section><h2>{escape(movement.name)}</h2>"
    yield f'<p class="said">{by} · {movement.clip_count} clips · {span}</p><div class="scroll">'
    yield _energy(movement, width, px_per_s)
    for name, rows in reversed(movement.layers):
        yield f'<div class="lane" style="width:{width}px"><b>{escape(name)}</b>'
        yield from (_row(row, movement, px_per_s) for row in rows)
        yield "</div>"
    if track is not None:
        yield _music(movement, track, width, px_per_s)
    yield "</div></section>"


def _row(row: RowView, movement: MovementView, px_per_s: float) -> str:
    left, width = (row.begin_s - movement.begin_s) * px_per_s, (row.end_s - row.begin_s) * px_per_s
    place = f"left:{left:.1f}px;width:{width:.1f}px"
    said = [f"<span>{_clock(row.begin_s)}, for {row.row.duration_s:.2f} s</span>"]
    if row.row.hint:
        said.append(escape(row.row.hint))
    if row.row.clip is None:
        return f'<div class="row gap" style="{place}" tabindex="0"><i>gap{"".join(said)}</i></div>'
    if row.energy is not None:
        said.append(f"<span>energy {row.energy:.2f}</span>")
    shown = f"background-color:{row.rgb}"
    if row.thumbnail:
        shown += f";background-image:url('../{quote(row.thumbnail)}')"
    fade = " fade" if row.row.transition_s else ""
    if fade:
        shown += f";--fade:{row.row.transition_s * px_per_s:.1f}px"
    words = f"<strong>{escape(row.row.clip)}</strong> from {row.row.in_s:.2f} s{''.join(said)}"
    return f'<div class="row{fade}" style="{escape(f"{place};{shown}")}" tabindex="0"><i>{words}</i></div>'


def _energy(movement: MovementView, width: int, px_per_s: float) -> str:
    points = [
        f"{(at_s - movement.begin_s) * px_per_s:.1f},{(1 - row.energy) * (_ENERGY - 6) + 3:.1f}"
        for row in (movement.layers[0][1] if movement.layers else ())
        if row.energy is not None
        for at_s in (row.begin_s, row.end_s)
    ]
    line = f'<polyline points="{" ".join(points)}" fill="none" stroke="#ffb254" stroke-width="2"/>'
    return f'<svg width="{width}" height="{_ENERGY}" role="img" aria-label="energy of the clips">{line}</svg>'


def _music(movement: MovementView, track: Track, width: int, px_per_s: float) -> str:
    begin_s, end_s = movement.begin_s, movement.end_s
    parts = [f'<svg width="{width}" height="{_MUSIC}" role="img" aria-label="the music">']
    edges = [begin_s, *(at_s for at_s in track.changes_until(end_s) if at_s > begin_s), end_s]
    for from_s, to_s in pairwise(edges):
        label = track.section_at(from_s + 1e-6).label
        x, wide = (from_s - begin_s) * px_per_s, (to_s - from_s) * px_per_s - 2
        parts.append(
            f'<rect x="{x:.1f}" width="{max(wide, 1):.1f}" height="{_BAND - 2}" fill="{section_colour(label)}"/>'
        )
        parts.append(f'<text x="{x + 5:.1f}" y="12" fill="#e8e8e4" font-size="11">{escape(label)}</text>')
    step_s = max(1 / WAVEFORM_HZ, 2 / px_per_s)
    outline = [
        (number * step_s * px_per_s, track.loudness_between(begin_s + number * step_s, begin_s + (number + 1) * step_s))
        for number in range(int((end_s - begin_s) / step_s))
    ]
    middle, reach = (_BAND + _MUSIC) / 2, (_MUSIC - _BAND) / 2 - 3
    above = " ".join(f"{x:.1f},{middle - loud * reach:.1f}" for x, loud in outline)
    below = " ".join(f"{x:.1f},{middle + loud * reach:.1f}" for x, loud in reversed(outline))
    parts.append(f'<polygon points="{above} {below}" fill="#46617f"/>')
    ticks = "".join(
        f"M{(onset.at_s - begin_s) * px_per_s:.1f} {_MUSIC}v-{3 + onset.strength * 12:.1f}"
        for onset in track.onsets_until(end_s)
        if onset.at_s >= begin_s
    )
    bars = "".join(
        f"M{(beat.at_s - begin_s) * px_per_s:.1f} {_BAND}v7"
        for beat in track.beats_until(end_s)
        if beat.is_bar and beat.at_s >= begin_s
    )
    strokes = (("#ff7a84", ticks), ("#c8d0dc", bars))
    parts += [f'<path d="{path}" stroke="{colour}" stroke-width="2"/>' for colour, path in strokes]
    return "".join((*parts, "</svg>"))


def _clock(at_s: float) -> str:
    return f"{int(at_s // 60)}:{at_s % 60:04.1f}"
