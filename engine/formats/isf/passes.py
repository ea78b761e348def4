"""PASSES of a header, with version 1's PERSISTENT_BUFFERS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.formats.isf.document import IsfPass
from engine.formats.isf.header import Header, is_number
from engine.formats.isf.inputs import NAME
from engine.formats.isf.sizes import pass_numbers, pass_size
from engine.model.shaders import ShaderInput

MEND_SIZES = "Mend WIDTH and HEIGHT in PASSES."
_MOST_PASSES = 100
_TRIED = (1920, 1080)  # the canvas that sizes are tried on, to find mistakes before a show does


def read_passes(header: Header, inputs: tuple[ShaderInput, ...]) -> tuple[IsfPass, ...]:
    """The passes in order; one into the output where there are none. Raises ShaderError at the line of one that makes
    no sense, or whose size has no value for a canvas of 1920 × 1080 and the inputs' defaults."""
    entries = header.entries("PASSES")
    if len(entries) > _MOST_PASSES:
        header.refuse("PASSES", f"has {len(entries)} passes", f"At most {_MOST_PASSES} are drawn.")
    buffers = dict(header.named_entries("PERSISTENT_BUFFERS"))
    passes = [_pass(header, entry, buffers) for entry in entries]
    lasting = {one.target for one in passes if one.persistent and one.target}
    exact = {one.target for one in passes if one.is_float and one.target}
    numbers = pass_numbers(_TRIED, {one.name: one.default for one in inputs})
    for one in passes:
        try:
            pass_size(one.width, one.height, numbers)
        except ValueError as error:
            header.refuse(_where(one), str(error), MEND_SIZES)
    same = [
        replace(one, persistent=one.target in lasting, is_float=one.is_float or one.target in exact) for one in passes
    ]
    return tuple(same) or (IsfPass(),)


def _pass(header: Header, entry: Mapping[str, Any], buffers: Mapping[str, Mapping[str, Any]]) -> IsfPass:
    target = entry.get("TARGET") or ""
    if target and not (isinstance(target, str) and NAME.match(target)):
        header.refuse(str(target), f"a pass has the target {target!r}", "TARGET must be an identifier of GLSL.")
    settings = {**buffers.get(target, {}), **entry}
    return IsfPass(
        target=target,
        width=_size(header, target, settings, "WIDTH"),
        height=_size(header, target, settings, "HEIGHT"),
        persistent=target in buffers or _is_on(settings.get("PERSISTENT")),
        is_float=_is_on(settings.get("FLOAT")),
    )


def _size(header: Header, target: str, settings: Mapping[str, Any], word: str) -> str:
    given = settings.get(word)
    if given is None or given == "":
        return f"${word}"
    if isinstance(given, str):
        return given
    if is_number(given):
        return repr(given)
    header.refuse(target or word, f"{word} of a pass is {given!r}", "Write arithmetic in quotes, or a number.")


def _where(one: IsfPass) -> str:
    """The word of a header at which a wrong size is told: the expression as it stands there, else the target."""
    return next((text for text in (one.width, one.height) if text not in ("$WIDTH", "$HEIGHT")), one.target)


def _is_on(given: object) -> bool:
    """Whether a switch is on; old files write it as a number or in words."""
    if isinstance(given, str):
        return given.strip().lower() in ("1", "true", "yes")
    return isinstance(given, bool | int | float) and given > 0
