"""The show that a library comes to: show.yaml out of its style, movements, schedules and music."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from preprocess.catalogue.catalogue import Catalogue
from preprocess.schedule.stored import Stored, csv_name, read_schedule
from preprocess.style.model import Style, StyleMovement
from preprocess.style.read import STYLE_FILE, default_style_file
from preprocess.track.library import stored_track, track_file, why_this_track

# Of a movement's clips, those that a layer without a schedule plays: its best.
_MOST_UNSCHEDULED = 12
_FADE_S = 0.5  # from one movement to the next, where the style says nothing


@dataclass(frozen=True, slots=True)
class EmittedMovement:
    """A movement that has something to show. `extra` are the clips of its layers that no schedule fills.

    `csv` is the file that plays; `instead_of` the movement's own where that has mistakes, else "".
    """

    style: StyleMovement
    schedule: Stored
    extra: dict[str, tuple[str, ...]]
    csv: str
    instead_of: str = ""


def emitted_movements(catalogue: Catalogue, style: Style) -> list[EmittedMovement]:
    """The style's movements in order, as far as they have a schedule with rows."""
    movements = []
    for movement in style.movements:
        stored = read_schedule(catalogue, movement.name)
        if stored is not None and stored.rows:
            extra = _extra(catalogue, style, movement, stored)
            movements.append(EmittedMovement(movement, stored, extra, csv_name(movement.name)))
    return movements


def _extra(catalogue: Catalogue, style: Style, movement: StyleMovement, stored: Stored) -> dict[str, tuple[str, ...]]:
    scheduled = {row.layer for row in stored.rows}
    overrides = movement.show.get("layers", {})
    empty = [
        str(layer["name"])
        for layer in style.show.get("layers", ())
        if not (layer.get("source") or layer.get("clips") or overrides.get(layer["name"], {}).get("clips"))
        and layer["name"] not in scheduled
        and layer["name"] not in movement.show.get("hidden", ())
    ]
    if not empty:
        return {}
    rows = catalogue.connection.execute(
        "SELECT slug FROM assignments JOIN clips USING (slug) WHERE movement = ? ORDER BY score DESC, slug LIMIT ?",
        (movement.name, _MOST_UNSCHEDULED),
    )
    best = tuple(row["slug"] for row in rows)
    return dict.fromkeys(empty, best) if best else {}


def show_text(catalogue: Catalogue, style: Style, movements: Sequence[EmittedMovement]) -> str:
    """The text of show.yaml. The same catalogue and style give the same text."""
    lines = [
        "# The show of this library. Change anything: a later run notices that you did, and writes what it",
        "# would have written beside, as show.new.yaml. The schedules are tables for a spreadsheet.",
        "version: 1",
        f"title: {_quoted(title_of(catalogue, style))}",
        "library: .",
        f"seed: {style.seed}",
        *_track(catalogue, sum(movement.schedule.duration_s for movement in movements)),
        _own_part(catalogue, style),
        "",
        "movements:",
    ]
    for index, movement in enumerate(movements):
        lines += _movement(movement, index)
    return "\n".join((*lines, ""))


def title_of(catalogue: Catalogue, style: Style) -> str:
    """The show's title: the style's, or the library's name."""
    return _plain(style.title or catalogue.folder.name)[:200]


def _track(catalogue: Catalogue, total_s: float) -> Iterator[str]:
    file, track = track_file(catalogue), stored_track(catalogue)
    if file is None or track is None:
        yield "# No music: name it with --track FILE, and the cuts fall on its onsets."
        return
    yield f"# Music: {_plain(why_this_track(catalogue))}. The cuts in the schedules fall on it."
    yield "track:"
    yield f"  file: {_quoted(file.name)}"
    yield f"  at_end: {'loop' if track.duration_s < total_s else 'stop'}"


def _own_part(catalogue: Catalogue, style: Style) -> str:
    """What the style says under `show`: in its own words, with its comments, where its file is at hand."""
    own = catalogue.folder / STYLE_FILE
    text = _section(own if own.exists() else default_style_file(), "show")
    if text and _says(text, style.show):
        return text.rstrip()
    return _dumped(style.show).rstrip() if style.show else "layers:\n  - name: base"


def _says(text: str, show: dict[str, Any]) -> bool:
    """Whether these lines, among others, say just that."""
    try:
        return bool(yaml.safe_load(f"version: 1\n{text}") == {"version": 1, **show})
    except yaml.YAMLError:  # an alias of what stands elsewhere, or lines that only fit where they were
        return False


def _section(file: Path, key: str) -> str:
    """What stands below a top-level key of a YAML file, moved to the left; "" where it is not written that way."""
    found = re.search(rf"^{key}:[ \t]*\n((?:[ \t]+.*\n|[ \t]*\n)+)", file.read_text("utf-8-sig") + "\n", re.M)
    return textwrap.dedent(found.group(1)) if found else ""


def _movement(movement: EmittedMovement, index: int) -> Iterator[str]:
    name = movement.style.name
    own: dict[str, Any] = {"transition_s": _FADE_S if index else 0, **movement.style.show}
    if movement.extra:
        layers = {
            layer: {**own.get("layers", {}).get(layer, {}), "clips": list(clips)}
            for layer, clips in movement.extra.items()
        }
        own["layers"] = {**own.get("layers", {}), **layers}
    if movement.style.description:
        yield from textwrap.wrap(
            _plain(movement.style.description), 110, initial_indent="  # ", subsequent_indent="  # "
        )
    yield f"  - name: {_quoted(name)}"
    if movement.instead_of:
        yield f"    # {movement.instead_of} has mistakes; until they are mended, its last good schedule plays."
    yield f"    schedule: {_quoted(movement.csv)}"
    yield textwrap.indent(_dumped(own).rstrip(), "    ")


def _dumped(settings: dict[str, Any]) -> str:
    """A setting a line; what holds nothing but plain values stands in braces."""
    return "".join(
        yaml.safe_dump(
            {key: value},
            default_flow_style=None if isinstance(value, (dict, list, tuple)) else False,
            sort_keys=False,
            allow_unicode=True,
            width=110,
        )
        for key, value in settings.items()
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a JSON string is a YAML one


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in " ".join(text.split()))
