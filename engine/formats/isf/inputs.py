"""INPUTS of a header: what a shader can be set to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from engine.errors import printable
from engine.formats.isf.header import Header, is_number, short
from engine.model.shaders import PICTURE_TYPES, InputType, ShaderInput, Value

_NAME = re.compile(r"(?!gl_|isf_)[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)
# What ISF gives to every shader, and the words of every GLSL. Those of later versions are names all the same: see glsl.
_TAKEN = frozenset(
    re.findall(
        r"\w+",
        """
        TIME TIMEDELTA FRAMEINDEX PASSINDEX RENDERSIZE DATE vv_FragNormCoord main
        attribute bool break bvec2 bvec3 bvec4 const continue discard do else false float for highp if in inout int
        ivec2 ivec3 ivec4 layout lowp mat2 mat3 mat4 mediump out precision return sampler1D sampler2D sampler3D
        samplerCube struct true uniform varying vec2 vec3 vec4 void while
        """,
    )
)
NAME_MEND = "A name has letters, digits and _, begins with no digit, gl_ or isf_, and is no word of GLSL or ISF."
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
_LARGEST_LONG = 2**31 - 1


def is_name(given: object) -> TypeGuard[str]:
    """Whether an input, target or picture may be called so."""
    return isinstance(given, str) and _NAME.fullmatch(given) is not None and given not in _TAKEN


def read_inputs(header: Header) -> tuple[ShaderInput, ...]:
    """The inputs in the header's order. Those that make no sense are noted in the header and left out."""
    found = []
    for entry in header.entries("INPUTS"):
        with header.noting():
            found.append(_input(header, entry))
    return tuple(found)


def read_sample_counts(header: Header) -> dict[str, int]:
    """How many samples each audio input wants: its MAX. One that makes no sense is noted in the header."""
    counts = {}
    for entry in header.entries("INPUTS"):
        name, wanted = entry.get("NAME"), entry.get("MAX")
        is_audio = entry.get("TYPE") in (InputType.AUDIO.value, InputType.AUDIO_FFT.value)
        if not is_audio or wanted is None or not is_name(name):
            continue
        with header.noting():
            if not is_number(wanted) or not 1 <= wanted <= _MOST_SAMPLES:
                what = f"the input {name} wants {wanted!r} samples"
                header.refuse(name, what, f"MAX of an audio input is 1 to {_MOST_SAMPLES}.")
            counts[name] = int(wanted)
    return counts


def _input(header: Header, entry: Mapping[str, Any]) -> ShaderInput:
    name = entry.get("NAME", "")
    if not is_name(name):
        place = name if isinstance(name, str) and name else "INPUTS"
        header.refuse(place, f"an input is named {_short(name)}", NAME_MEND)
    known = [kind.value for kind in _FALLBACKS]
    if entry.get("TYPE") not in known:
        what = f"the input {name} has the type {entry.get('TYPE')!r}"
        header.refuse(name, what, f"Types are {', '.join(known)}.")
    kind = InputType(entry["TYPE"])
    minimum, maximum = _range(
        _value(header, name, kind, entry.get("MIN")), _value(header, name, kind, entry.get("MAX"))
    )
    default = _value(header, name, kind, entry.get("DEFAULT"))
    choices = _choices(header, name, entry) if kind is InputType.LONG else ()
    return ShaderInput(
        name=name,
        type=kind,
        default=_unsaid(kind, minimum, maximum, choices) if default is None else default,
        minimum=minimum,
        maximum=maximum,
        label=printable(str(entry.get("LABEL") or "")),
        choices=choices,
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
        if kind is not InputType.LONG:
            return number
        if abs(number) <= _LARGEST_LONG:
            return int(number)
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


def _unsaid(
    kind: InputType, minimum: Value | None, maximum: Value | None, choices: Sequence[tuple[str, int]]
) -> Value | None:
    """What an input without DEFAULT has, on which the specification is silent: as in its authors' own host the middle
    of a float's range; the first choice; else the fallback of its type, within the range."""
    if choices:
        return choices[0][1]
    if kind is InputType.FLOAT and minimum is None and maximum is None:
        return 0.5
    if kind is InputType.FLOAT and isinstance(minimum, int | float) and isinstance(maximum, int | float):
        return (minimum + maximum) / 2
    return _within(_FALLBACKS[kind], minimum, maximum)


def _within(fallback: Value | None, minimum: Value | None, maximum: Value | None) -> Value | None:
    """The fallback, or the nearest number of the range."""
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
        header.refuse(name, f"the input {name} has VALUES and LABELS that do not match", "Give each label one value.")
    if any(abs(value) > _LARGEST_LONG for value in values):
        header.refuse(name, f"the input {name} has a value above {_LARGEST_LONG}", "Give smaller VALUES.")
    return tuple((printable(str(label)), int(value)) for label, value in zip(labels, values, strict=True))


def _short(given: object) -> str:
    return short(repr(given))
