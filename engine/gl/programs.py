"""Programs put together from shader files, with compile errors that name the file and the line in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import moderngl

from engine.errors import ShaderError, printable
from engine.shipped import shipped

# Mesa drops the source number of `#line LINE SOURCE`, so each part gets its own range of line numbers instead.
_LINES_A_PART = 100_000
_LONGEST_TOLD = 200  # of a line

# moderngl would look for the file in what the program was given, and raise KeyError.
_INCLUDE = re.compile(r"\s*#\s*include\b")

# Mesa writes `0:12(5): error: …`, NVIDIA `0(12) : error C1: …`, Apple and ANGLE `ERROR: 0:12: …`.
_PLACE = re.compile(r"(?:ERROR:\s*)?\d+(?::(\d+)(?:\(\d+\))?|\((\d+)\))\s*:\s*(.*)")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of GLSL: its text, the file it is from, and the line (1-based) at which it stands there.

    `written` is the text as its file has it, where that is not what is compiled; its lines are those of `text`.
    """

    file: str
    text: str
    first_line: int = 1
    written: str = ""


def shipped_part(name: str) -> Part:
    """The file shaders/NAME as a part. Raises ShaderError where there is none."""
    file = shipped("shaders") / name
    try:
        return Part(str(file), file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ShaderError(f"cannot be read ({error})", subject=file, mend="Put the shader file there") from error


def build_program(
    context: moderngl.Context, vertex: Sequence[Part], fragment: Sequence[Part], *, defines: Sequence[str] = ()
) -> moderngl.Program:
    """Compile and link parts in order, each stage under `#version 330 core` and `#define`s.

    `defines` are names, or a name and its value with a space between. Raises ShaderError with the file, the line
    and the source line of each mistake; nothing is left behind. Render thread.
    """
    parts = [*vertex, *fragment]
    _refuse_includes(parts)
    preamble = "#version 330 core\n" + "".join(f"#define {define}\n" for define in defines)
    try:
        return context.program(
            vertex_shader=preamble + _numbered(vertex, 0),
            fragment_shader=preamble + _numbered(fragment, len(vertex)),
        )
    except moderngl.Error as error:
        raise _placed(str(error), parts) from error


def _numbered(parts: Sequence[Part], first_index: int) -> str:
    """The parts' text, each numbered in its own range: range 0 is the preamble's."""
    return "".join(
        f"#line {(index + 1) * _LINES_A_PART + part.first_line}\n{part.text}\n"
        for index, part in enumerate(parts, first_index)
    )


def _refuse_includes(parts: Sequence[Part]) -> None:
    found = [
        ShaderError(
            f"includes another file: {printable(line.strip()[:_LONGEST_TOLD])}",
            subject=f"{part.file}:{number}",
            mend="Copy what it needs into the shader.",
        )
        for part in parts
        for number, line in enumerate(part.text.split("\n"), part.first_line)
        if _INCLUDE.match(line)
    ]
    if found:
        raise ShaderError.of(found)


def _placed(log: str, parts: Sequence[Part]) -> ShaderError:
    """The complaints of a driver's log that have a place, told in terms of the files that they are about: of each line
    the first, since others follow from it."""
    found: dict[str, ShaderError] = {}
    for line in log.splitlines():
        error = _complaint(line.strip(), parts)
        if error is not None:
            found.setdefault(error.subject, error)
    if found:
        return ShaderError.of(list(found.values()))
    complaints = [line.strip() for line in log.splitlines() if "error" in line.lower()]
    what = "; ".join(complaints) or log.strip()
    return ShaderError(printable(what), subject=_files(parts))


def _complaint(line: str, parts: Sequence[Part]) -> ShaderError | None:
    """What a line of a driver's log complains of; None where it has no place, or only warns."""
    found = _PLACE.match(line)
    if found is None or found[3].lower().startswith("warning"):
        return None
    range_index, line_number = divmod(int(found[1] or found[2]), _LINES_A_PART)
    if not 1 <= range_index <= len(parts):
        return None
    part, said = parts[range_index - 1], found[3].strip()
    foreign = [one for one in parts[: range_index - 1] if not _is_ours(one.file)]
    if _is_ours(part.file) and foreign:  # what the file leaves open ends in what stands behind it
        last = foreign[-1]
        number = last.first_line + last.text.rstrip().count("\n")
        return ShaderError(
            printable(f"{said}, behind the last line"), subject=f"{last.file}:{number}", mend="Is a } or a ; missing?"
        )
    lines = (part.written or part.text).split("\n")
    at = line_number - part.first_line
    source_line = lines[at].strip()[:_LONGEST_TOLD] if 0 <= at < len(lines) else ""
    return ShaderError(printable(f"{said[:_LONGEST_TOLD]}: {source_line}"), subject=f"{part.file}:{line_number}")


def _files(parts: Sequence[Part]) -> str:
    """The files that parts are from, each once; those of our own around a foreign one are not to blame."""
    files = dict.fromkeys(part.file for part in parts)
    foreign = [file for file in files if not _is_ours(file)]
    return ", ".join(foreign or files)


def _is_ours(file: str) -> bool:
    return Path(file).is_relative_to(shipped("shaders") / "passes")
