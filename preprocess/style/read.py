"""Styles on disk: `style.yaml` → Style, or every mistake at once; and which style a library has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from engine.errors import Problem, ShowError
from engine.formats.nearest import did_you_mean
from engine.formats.show_parse import explained, mistakes
from engine.formats.yaml_lines import Document, Place, dotted, read_yaml
from engine.model.show import Show
from engine.shipped import shipped
from preprocess.assign.measures import MEASURES
from preprocess.assign.settings import Wishes
from preprocess.schedule.settings import ScheduleSettings
from preprocess.style.model import Style
from preprocess.style.trial import refused

STYLE_FILE = "style.yaml"
DEFAULT_STYLE = "five-movements"
MAX_BYTES = 2**20

# What `emit` says itself, so that a style cannot say it as well.
_OF_A_SHOW = ("version", "title", "seed", "library", "movements")
_OF_A_MOVEMENT = ("name", "schedule")
_HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def style_of(library: Path) -> Style:
    """The style of a library: its own `style.yaml`, else the one that ships. Any thread.

    Raises ShowError with every mistake in it.
    """
    file = library / STYLE_FILE
    return read_style(file) if file.exists() else default_style()


@cache
def default_style() -> Style:
    """The style that ships: five movements. Read once a process. Any thread.

    Raises FileNotFoundError where nothing was installed.
    """
    return read_style(default_style_file())


def default_style_file() -> Path:
    """Where the style that ships lies, for a person to copy. Raises FileNotFoundError where nothing was installed."""
    return shipped("schedules") / "styles" / f"{DEFAULT_STYLE}.yaml"


def read_style(path: Path) -> Style:
    """Read a style. Any thread; tries its show in a temporary folder.

    Raises ShowError with every problem found, sorted by line: keys and values, the parts that show.yaml will get as
    they stand, measures that nobody takes, layers, blend modes and controls' targets that the show has not.
    """
    document = read_yaml(_text(path), str(path))
    if not isinstance(document.value, dict):
        raise ShowError([Problem(str(path), 0, "", "is not a group of settings", "begin with movements:")])
    problems = list(document.problems)
    style: Style | None = None
    try:
        style = Style.model_validate_json(json.dumps(document.value), strict=True)
    except ValidationError as error:
        problems += _explained(error, document, str(path), Style, {})
    else:
        problems += _wrong_in(style, document, str(path))
    if style is None or problems:
        raise ShowError(sorted(problems, key=lambda problem: (problem.line, problem.path)))
    return style


def _text(path: Path) -> str:
    file = str(path)
    try:
        with path.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ShowError([Problem(file, 0, "", f"cannot be read: {reason}", "check its name and its rights")]) from None
    if len(content) > MAX_BYTES:
        raise ShowError(
            [Problem(file, 0, "", "is larger than 1 MiB", "a style is a small text; is this another file?")]
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ShowError([Problem(file, line, "", "is not UTF-8 text", "save it as UTF-8")]) from None


def _explained(
    error: ValidationError, document: Document, file: str, root: type[BaseModel], within: Mapping[Place, Place]
) -> Iterator[Problem]:
    """What pydantic found, in plain words; `within` says where a place of `root` stands in the document."""
    for details, place in mistakes(error):
        here = _moved(place, within)
        yield Problem(file, document.line(here), dotted(here), *explained(details, place, root))


def _moved(place: Place, within: Mapping[Place, Place]) -> Place:
    length = max((len(head) for head in within if place[: len(head)] == head), default=-1)
    return place if length < 0 else (*within[place[:length]], *place[length:])


def _wrong_in(style: Style, document: Document, file: str) -> Iterator[Problem]:
    """What is wrong in a style whose values are all sound."""
    names = [movement.name for movement in style.movements]
    for index, movement in enumerate(style.movements):
        place: Place = ("movements", index)
        if movement.name in names[:index]:
            what = f"there is a movement {movement.name} already"
            yield _problem(document, file, (*place, "name"), what, "each has its own name")
        for inner, what, mend in (*_wrong_wishes(movement.wishes), *_wrong_schedule(movement.schedule)):
            yield _problem(document, file, (*place, *inner), what, mend)
        for key in _OF_A_MOVEMENT:
            if key in movement.show:
                yield _problem(document, file, (*place, "show", key), "is said by the schedule step", "leave it out")
    for key in _OF_A_SHOW:
        if key in style.show:
            yield _problem(document, file, ("show", key), "is said outside of show", "leave it out here")
    yield from _wrong_in_show(style, document, file)


def _problem(document: Document, file: str, place: Place, what: str, mend: str) -> Problem:
    return Problem(file, document.line(place), dotted(place), what, mend)


def _wrong_wishes(wishes: Wishes) -> Iterator[tuple[Place, str, str]]:
    for measure in wishes.measures:
        if measure not in MEASURES:
            mend = did_you_mean(measure, MEASURES, f"there are {', '.join(MEASURES)}")
            yield ("wishes", "measures", measure), "is not measured", mend
    if wishes.longest_s is not None and wishes.longest_s < wishes.shortest_s:
        yield ("wishes", "longest_s"), f"must be at least shortest_s ({wishes.shortest_s:g})", ""


def _wrong_schedule(schedule: ScheduleSettings) -> Iterator[tuple[Place, str, str]]:
    for number, colour in enumerate(schedule.colours):
        if colour.startswith("#") and not _HEX_COLOUR.fullmatch(colour):
            yield ("schedule", "colours", number), f"cannot be {colour}", "write #rrggbb or a name"
    layers = [layer.name for layer in schedule.layers]
    for number, name in enumerate(layers):
        if name in layers[:number]:
            yield ("schedule", "layers", number, "name"), f"the layer {name} is there already", "keep one"


def _wrong_in_show(style: Style, document: Document, file: str) -> Iterator[Problem]:
    """What is wrong in the parts that show.yaml gets as they stand, and in what is said of its layers."""
    within: dict[Place, Place] = {(): ("show",)}
    movements: list[dict[str, Any]] = []
    for index, movement in enumerate(style.movements):
        movements.append({**movement.show, "name": movement.name})
        within["movements", index] = ("movements", index, "show")
    parts = {key: value for key, value in style.show.items() if key not in _OF_A_SHOW}
    try:
        show = Show.model_validate_json(json.dumps({**parts, "movements": movements}), strict=True)
    except ValidationError as error:
        yield from _explained(error, document, file, Show, within)
        return
    layers = [layer.name for layer in show.layers]
    for index, movement in enumerate(style.movements):
        overrides = show.movements[index]
        wanted: list[tuple[Place, str]] = [
            *((("schedule", "layers", n, "name"), layer.name) for n, layer in enumerate(movement.schedule.layers)),
            *((("show", "layers", name), name) for name in overrides.layers),
            *((("show", "hidden", n), name) for n, name in enumerate(overrides.hidden or ())),
        ]
        for place, name in wanted:
            if name not in layers:
                here: Place = ("movements", index, *place)
                mend = did_you_mean(name, layers, f"show.layers has {', '.join(layers)}")
                yield Problem(file, document.line(here), dotted(here), f"the show has no layer {name}", mend)
    for problem in refused(style):
        steps = tuple(int(step) if step.isdecimal() else step for step in problem.path.split("."))
        yield _problem(document, file, _moved(steps, within), problem.what, problem.mend)
