"""INPUTS of a header: what a shader can be set to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.formats.isf.header import Header, is_number
from engine.model.shaders import PICTURE_TYPES, InputType, ShaderInput, Value

NAME = re.compile(r"^(?!gl_|isf_)[A-Za-z_][A-Za-z0-9_]{0,127}$")
_WIDTHS = {InputType.COLOR: 4, InputType.POINT2D: 2}
_FALLBACKS: dict[InputType, Value | None] = {
    InputType.FLOAT: 0.0,
    InputType.BOOL: False,
    InputType.LONG: 0,
    InputType.COLOR: (1.0, 1.0, 1.0, 1.0),
    InputType.POINT2D: (0.0, 0.0),
    InputType.IMAGE: None,
    InputType.EVENT: False,
    InputType.AUDIO: None,
    InputType.AUDIO_FFT: None,
}
_MOST_SAMPLES = 16384


def read_inputs(header: Header) -> tuple[ShaderInput, ...]:
    """The inputs in the header's order. Raises ShaderError at the line of one that makes no sense."""
    return tuple(_input(header, entry) for entry in header.entries("INPUTS"))


def read_sample_counts(header: Header) -> dict[str, int]:
    """How many samples each audio input wants: its MAX."""
    counts = {}
    for entry in header.entries("INPUTS"):
        wanted = entry.get("MAX")
        if entry.get("TYPE") not in (InputType.AUDIO.value, InputType.AUDIO_FFT.value) or wanted is None:
            continue
        if not is_number(wanted) or not 1 <= wanted <= _MOST_SAMPLES:
            what = f"the input {entry['NAME']} wants {wanted!r} samples"
            header.refuse(entry["NAME"], what, f"MAX of an audio input is 1 to {_MOST_SAMPLES}.")
        counts[str(entry["NAME"])] = int(wanted)
    return counts


def _input(header: Header, entry: Mapping[str, Any]) -> ShaderInput:
    name = entry.get("NAME", "")
    if not isinstance(name, str) or not NAME.match(name):
        header.refuse(
            name if isinstance(name, str) and name else "INPUTS",
            f"an input is named {name!r}",
            "NAME must be an identifier of GLSL.",
        )
    known = [kind.value for kind in _FALLBACKS]
    if entry.get("TYPE") not in known:
        what = f"the input {name} has the type {entry.get('TYPE')!r}"
        header.refuse(name, what, f"Types are {', '.join(known)}.")
    kind = InputType(entry["TYPE"])
    minimum, maximum = _range(
        _value(header, name, kind, entry.get("MIN")), _value(header, name, kind, entry.get("MAX"))
    )
    default = _value(header, name, kind, entry.get("DEFAULT"))
    return ShaderInput(
        name=name,
        type=kind,
        default=_within(_FALLBACKS[kind], minimum, maximum) if default is None else default,
        minimum=minimum,
        maximum=maximum,
        label=str(entry.get("LABEL") or ""),
        choices=_choices(header, name, entry) if kind is InputType.LONG else (),
    )


def _value(header: Header, name: str, kind: InputType, given: object) -> Value | None:
    """A DEFAULT, MIN or MAX as the input's type wants it; None where it is left out, or for a picture."""
    if given is None or kind in PICTURE_TYPES:
        return None
    if kind in _WIDTHS:
        width = _WIDTHS[kind]
        if isinstance(given, list) and all(map(is_number, given)):
            if kind is InputType.COLOR and len(given) == 3:
                given = [*given, 1.0]  # a colour without alpha is opaque
            if len(given) == width:
                return tuple(float(number) for number in given)
        header.refuse(name, f"the input {name} has the value {_short(given)}", f"A {kind.value} is {width} numbers.")
    if kind is InputType.BOOL and isinstance(given, str) and given.lower() in ("true", "false"):
        return given.lower() == "true"
    if isinstance(given, bool) or is_number(given):
        number = float(given)  # type: ignore[arg-type]
        if kind in (InputType.BOOL, InputType.EVENT):
            return bool(number)
        return int(number) if kind is InputType.LONG else number
    header.refuse(name, f"the input {name} has the value {_short(given)}", f"A {kind.value} is one number.")


def _range(minimum: Value | None, maximum: Value | None) -> tuple[Value | None, Value | None]:
    """The two in order: some files have them the wrong way round."""
    if minimum is None or maximum is None:
        return minimum, maximum
    if isinstance(minimum, tuple) and isinstance(maximum, tuple):
        return tuple(map(min, minimum, maximum)), tuple(map(max, minimum, maximum))
    assert not isinstance(minimum, tuple)
    assert not isinstance(maximum, tuple)
    return min(minimum, maximum), max(minimum, maximum)


def _within(fallback: Value | None, minimum: Value | None, maximum: Value | None) -> Value | None:
    """What an input without DEFAULT has: its fallback, or the nearest number of its range."""
    if fallback is None or isinstance(fallback, bool):
        return fallback
    if isinstance(fallback, tuple):
        low = minimum if isinstance(minimum, tuple) else fallback
        high = maximum if isinstance(maximum, tuple) else fallback
        return tuple(min(max(value, a), max(a, b)) for value, a, b in zip(fallback, low, high, strict=True))
    if isinstance(minimum, int | float):
        fallback = max(fallback, minimum)
    return min(fallback, maximum) if isinstance(maximum, int | float) else fallback


def _choices(header: Header, name: str, entry: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    labels = entry.get("LABELS") or ()
    values = entry.get("VALUES") or range(len(labels))
    labels = labels or [str(value) for value in values] if isinstance(values, list) else labels
    sound = isinstance(labels, list | tuple) and isinstance(values, list | range)
    if not sound or len(labels) != len(values) or not all(map(is_number, values)):
        header.refuse(name, f"the input {name} has VALUES and LABELS that do not match", "Give one label a value.")
    return tuple((str(label), int(value)) for label, value in zip(labels, values, strict=True))


def _short(given: object) -> str:
    text = repr(given)
    return text if len(text) <= 60 else f"{text[:60]}…"
