"""PASSES of a header, with version 1's PERSISTENT_BUFFERS, and how large each pass is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.errors import ShaderError
from engine.formats.isf.document import IsfPass
from engine.formats.isf.header import Header, is_number, short
from engine.formats.isf.inputs import NAME_MEND, is_name
from engine.formats.isf.sizes import size_px
from engine.model.shaders import ShaderInput

_LARGEST_SIDE_PX = 16384
_LARGEST_AREA_PX = 2**25  # a little over 8K
_LARGEST_SUM_PX = 2**28  # of all passes
_MOST_PASSES = 100
_TRIED_PX = (1920, 1080)  # the canvas that sizes are tried on, to find mistakes before a show does


def read_passes(header: Header, inputs: tuple[ShaderInput, ...], file: str) -> tuple[IsfPass, ...]:
    """The passes in order; one into the output where there are none. What makes no sense is noted in the header, and
    so is a size that has no value for a canvas of 1920 × 1080 and the inputs' defaults."""
    entries = header.entries("PASSES")
    if len(entries) > _MOST_PASSES:
        header.refuse("PASSES", f"has {len(entries)} passes", f"At most {_MOST_PASSES} are drawn.")
    buffers = dict(header.named_entries("PERSISTENT_BUFFERS"))
    passes = []
    for entry in entries:
        with header.noting():
            passes.append(_pass(header, entry, buffers))
    lasting = {one.target for one in passes if one.persistent and one.target}
    exact = {one.target for one in passes if one.is_float and one.target}
    found = tuple(
        replace(one, persistent=one.target in lasting, is_float=one.is_float or one.target in exact) for one in passes
    )
    if header.is_sound:  # else an input that a size names may be missing
        defaults = {one.name: one.default for one in inputs}
        for one in found:
            with header.noting():
                pass_sizes([one], file, _TRIED_PX, defaults)
    if header.is_sound:
        with header.noting():
            pass_sizes(found, file, _TRIED_PX, defaults)
    return found or (IsfPass(),)


def pass_sizes(
    passes: Sequence[IsfPass], file: str, canvas_px: tuple[int, int], values: Mapping[str, object]
) -> list[tuple[int, int]]:
    """How large each pass is on a canvas of that size, in pixels; `values` are the inputs', by name.

    Raises ShaderError at the line of a pass whose size has no value or that wants more pixels than any pass may have:
    16384 a side and 33 million in all, or those of the canvas where that has more; 268 million for all passes.
    """
    numbers = {name: float(value) for name, value in values.items() if isinstance(value, bool | int | float)}
    numbers |= {"WIDTH": float(canvas_px[0]), "HEIGHT": float(canvas_px[1])}
    largest_side = max(_LARGEST_SIDE_PX, *canvas_px)
    largest_area = max(_LARGEST_AREA_PX, canvas_px[0] * canvas_px[1])
    sizes, area = [], 0
    for one in passes:
        try:
            width, height = size_px(one.width, numbers), size_px(one.height, numbers)
        except ValueError as error:
            raise _wrong_size(file, one, str(error)) from error
        area += width * height
        if max(width, height) > largest_side or width * height > largest_area:
            raise _wrong_size(file, one, f"a pass wants {width} × {height} pixels; the most is {largest_area:,}")
        if area > max(_LARGEST_SUM_PX, len(passes) * canvas_px[0] * canvas_px[1]):
            raise _wrong_size(file, one, f"its passes want {area:,} pixels together; the most is {_LARGEST_SUM_PX:,}")
        sizes.append((width, height))
    return sizes


def _wrong_size(file: str, one: IsfPass, what: str) -> ShaderError:
    return ShaderError(what, subject=f"{file}:{one.line}", mend="Mend WIDTH and HEIGHT in PASSES.")


def _pass(header: Header, entry: Mapping[str, Any], buffers: Mapping[str, Mapping[str, Any]]) -> IsfPass:
    target = entry.get("TARGET") or ""
    if target and not is_name(target):
        header.refuse(str(target), f"a pass has the target {short(repr(target))}", NAME_MEND)
    settings = {**buffers.get(target, {}), **entry}
    width, height = (_size(header, target, settings, word) for word in ("WIDTH", "HEIGHT"))
    return IsfPass(
        target=target,
        width=width,
        height=height,
        persistent=target in buffers or _is_on(settings.get("PERSISTENT")),
        is_float=_is_on(settings.get("FLOAT")),
        line=header.line_of(next((text for text in (width, height) if text not in ("$WIDTH", "$HEIGHT")), target)),
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


def _is_on(given: object) -> bool:
    """Whether a switch is on; old files write it as a number or in words."""
    if isinstance(given, str):
        return given.strip().lower() in ("1", "true", "yes")
    return isinstance(given, bool | int | float) and given > 0
