"""show.yaml's text → Show, with every mistake that can be seen without looking at other files.

What is wrong is set aside and the rest is validated again, so that later checks (does the clip exist, does the
bound path exist) can still run over everything that was written right.
"""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from engine.errors import Problem, ShowError
from engine.formats.nearest import did_you_mean
from engine.formats.yaml_lines import Document, Place, dotted, read_yaml
from engine.model.part import PATTERNS
from engine.model.show import Show

# Enough for a mistake at each depth of the document; past it, resolution is given up, never the problems.
_MAX_PASSES = 12

# Valid values for what cannot be left out of its surroundings: "name" for a key, "name[]" for an item of a list.
_STAND_INS: dict[str, Callable[[str], Any]] = {
    "name": lambda name: name,
    "file": lambda name: name,
    "layers": lambda name: [{"name": name}],
    "movements": lambda name: [{"name": name, "duration_s": 1}],
    "layers[]": lambda name: {"name": name},
    "movements[]": lambda name: {"name": name, "duration_s": 1},
    "bindings[]": lambda name: {"key": "x", "to": "/go"},
    "modulations[]": lambda name: {"to": "/master/fade", "entry": {}},
    "clips[]": lambda name: name,
    "hidden[]": lambda name: name,
    "midi": lambda name: {"cc": 0},
    "cc": lambda name: 0,
    "note": lambda name: 0,
    "pitch": lambda name: True,
    "osc": lambda name: "/x",
    "profile": lambda name: name,
    "control": lambda name: "x/x",
    "controllers[]": lambda name: {"profile": name},
    "key": lambda name: "x",
    "to": lambda name: "/go",
    "shader": lambda name: name,
    "generator": lambda name: {"shader": name},
    "scrub": lambda name: "/movement",
}

_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}
_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a group of settings (key: value)",
    "model_type": "a group of settings (key: value)",
    "model_attributes_type": "a group of settings (key: value)",
    "finite_number": "a finite number",
}


@dataclass(frozen=True, slots=True)
class ParsedShow:
    """A show.yaml that was read: the document, the show, and the mistakes.

    `show` is None only where mistakes leave nothing to go on with. `set_aside` holds the places where a mistake was
    set aside and something valid put in its stead: nothing more is to be said of them.
    """

    file: str
    document: Document
    show: Show | None
    problems: tuple[Problem, ...] = ()
    set_aside: frozenset[Place] = frozenset()

    def is_set_aside(self, place: Place) -> bool:
        """Whether `place`, or something around it, was set aside."""
        return any(place[:length] in self.set_aside for length in range(len(place) + 1))

    def problem(self, place: Place, what: str, mend: str = "") -> Problem:
        """A problem at `place`, with its line."""
        return Problem(self.file, self.document.line(place), dotted(place), what, mend)


def parse_show(text: str, file: str) -> ParsedShow:
    """Read the text of a show.yaml; `file` is the name that problems carry. Any thread.

    Raises ShowError with one problem where it is no YAML mapping at all.
    """
    document = read_yaml(text, file)
    if document.value is None:
        raise ShowError([Problem(file, 0, "", "is empty", "begin with layers: and movements:; see docs/show-yaml.md")])
    if not isinstance(document.value, dict):
        raise ShowError([Problem(file, 1, "", "is not a group of settings", "begin with keys such as layers:")])
    problems = list(document.problems)
    set_aside: set[Place] = set()
    dropped: set[Place] = set()  # of those, what is known and nothing took the place of
    show: Show | None = None
    for _ in range(_MAX_PASSES):
        try:
            show = Show.model_validate_json(json.dumps(document.value), strict=True)
        except ValidationError as error:
            for details, place in mistakes(error):
                if place not in set_aside and not _follows(details["type"], place, dropped):
                    problems.append(Problem(file, document.line(place), dotted(place), *explained(details, place)))
                changed = _set_aside(document.value, place, details["type"])
                set_aside.add(changed)
                if details["type"] != "extra_forbidden" and not _is_there(document.value, changed):
                    dropped.add(changed)
        else:
            break
    return ParsedShow(file, document, show, tuple(problems), frozenset(set_aside))


def mistakes(error: ValidationError) -> list[tuple[ErrorDetails, Place]]:
    """pydantic's errors and their places, without those that only follow from another.

    A mistake in a dictionary's key is marked with a last step "[key]"; a list whose items fail is called too short.
    """
    found: list[tuple[ErrorDetails, Place]] = []
    for details in error.errors(include_url=False):
        place = details["loc"]
        found.append((details, place[:-1] if place and place[-1] == "[key]" else place))
    around = {place[:length] for _, place in found for length in range(len(place))}
    return [(details, place) for details, place in found if details["type"] != "too_short" or place not in around]


def _follows(kind: str, place: Place, dropped: Iterable[Place]) -> bool:
    """Whether a rule is broken at `place` only since something within it was dropped."""
    return kind == "value_error" and any(one[: len(place)] == place for one in dropped)


def _is_there(value: Any, place: Place) -> bool:
    for step in place:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _set_aside(value: Any, place: Place, kind: str) -> Place:
    """Take what is wrong at `place` out of `value`, or put a valid value there; returns the place that was changed."""
    *around, last = place
    parent = value
    for step in around:
        try:
            parent = parent[step]
        except (KeyError, IndexError, TypeError):  # what is around it was set aside a moment ago
            return place
    name = f"{around[-1]}[]" if isinstance(last, int) else last
    stand_in = _STAND_INS.get(name) if kind != "extra_forbidden" else None
    if stand_in is not None:
        parent[last] = stand_in("-".join(str(step) for step in place))
    elif isinstance(last, int):
        return _set_aside(value, tuple(around), kind)
    else:
        parent.pop(last, None)
    return place


def explained(details: ErrorDetails, place: Place, root: type[BaseModel] = Show) -> tuple[str, str]:
    """What is wrong at `place` of a document that `root` describes, and what would mend it, in plain words."""
    kind, given = details["type"], details["input"]
    context: Mapping[str, Any] = {**details.get("ctx", {}), "root": root}
    if given is None:
        return "is empty", "give it a value or leave it out"
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return f"must be {words} {context[bound]:g}, not {shown(given)}", ""
    if kind in _TYPES:
        return f"must be {_TYPES[kind]}, not {shown(given)}", _type_mend(kind, given, place, root)
    explain = _EXPLANATIONS.get(kind)
    if explain is None:
        return details["msg"][:1].lower() + details["msg"][1:], ""
    return explain(given, context, place)


def _explain_missing(given: Any, context: Mapping[str, Any], place: Place) -> tuple[str, str]:
    return "is missing", f"add {place[-1]}" if isinstance(place[-1], str) else "the list is too short"


def _explain_choice(given: Any, context: Mapping[str, Any], place: Place) -> tuple[str, str]:
    expected = context["expected"]
    names = re.findall(r"'([^']*)'", expected)
    mend = did_you_mean(given, names) if isinstance(given, str) else ""
    return f"must be {expected.replace(chr(39), '')}, not {shown(given)}", mend


def _explain_pattern(given: Any, context: Mapping[str, Any], place: Place) -> tuple[str, str]:
    return f"cannot be {shown(given)}", f"it takes {PATTERNS.get(context['pattern'], context['pattern'])}"


def _explain_length(given: Any, context: Mapping[str, Any], place: Place) -> tuple[str, str]:
    least = context.get("min_length")
    words = f"at least {least}" if least is not None else f"at most {context['max_length']}"
    return f"has {len(given)} entries, and must have {words}", ""


def _explain_unknown(given: Any, context: Mapping[str, Any], place: Place) -> tuple[str, str]:
    model = model_at(place[:-1], context["root"])
    known = list(model.model_fields) if model is not None else []
    return "is not a key that is known here", did_you_mean(str(place[-1]), known, f"known here: {', '.join(known)}")


def _explain_rule(given: Any, context: Mapping[str, Any], place: Place) -> tuple[str, str]:
    return str(context["error"]), ""


_EXPLANATIONS: dict[str, Callable[[Any, Mapping[str, Any], Place], tuple[str, str]]] = {
    "extra_forbidden": _explain_unknown,
    "missing": _explain_missing,
    "value_error": _explain_rule,
    "literal_error": _explain_choice,
    "string_pattern_mismatch": _explain_pattern,
    "too_short": _explain_length,
    "too_long": _explain_length,
}


def _type_mend(kind: str, given: Any, place: Place, root: type[BaseModel]) -> str:
    if kind == "string_type" and isinstance(given, bool | int | float):
        return f'put it in quotes: "{str(given).lower() if isinstance(given, bool) else given}"'
    if kind == "bool_type" and isinstance(given, str):
        return {"yes": "write true", "on": "write true", "no": "write false", "off": "write false"}.get(
            given.lower(), ""
        )
    if kind in ("float_type", "int_type") and isinstance(given, str) and "," in given:
        return "the decimal sign is a point"
    if kind == "tuple_type":
        return _list_mend(given, place, root)
    settings = _as_settings(given, place, root) if _TYPES[kind] == _TYPES["model_type"] else ""
    return f"write {settings}" if settings else ""


def _list_mend(given: Any, place: Place, root: type[BaseModel]) -> str:
    if isinstance(given, dict):
        return "write it as a list, each entry after a -"
    entry = _as_settings(given, (*place, 0), root) or (shown(given) if isinstance(given, str) else "")
    return f"write it as a list: [{entry}]" if entry else ""


def _as_settings(given: Any, place: Place, root: type[BaseModel]) -> str:
    """`given` as the first of the settings that belong at `place`, if that takes it: what was meant; else ""."""
    model = model_at(place, root)
    if model is None or isinstance(given, bool | list | dict):
        return ""
    first = next(iter(model.model_fields))
    try:
        model.model_validate_json(json.dumps({first: given}), strict=True)
    except ValidationError as error:
        if any(first in details["loc"] for details in error.errors(include_url=False)):
            return ""
    return f"{{{first}: {given}}}"


def shown(given: Any) -> str:
    """A value as a message shows it: in one line, and not too long a one."""
    if isinstance(given, dict):
        return "a group of settings"
    if isinstance(given, list):
        return "a list"
    text = json.dumps(given, ensure_ascii=False) if isinstance(given, bool | str) else str(given)
    return text if len(text) <= 60 else f"{text[:57]}…"


def model_at(place: Place, root: type[BaseModel] = Show) -> type[BaseModel] | None:
    """The part of a show (or other `root`) at `place`, or None where it is not a part (a number, a list, unknown)."""
    found: Any = root
    for step in place:
        found = _inside(found, step)
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def _inside(annotation: Any, step: str | int) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(str(step))
        return _without_none(field.annotation) if field is not None else None
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is tuple:
        return arguments[0]
    return arguments[1] if typing.get_origin(annotation) is dict else None


def _without_none(annotation: Any) -> Any:
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        annotation = next(part for part in typing.get_args(annotation) if part is not types.NoneType)
    return typing.get_args(annotation)[0] if typing.get_origin(annotation) is typing.Annotated else annotation
