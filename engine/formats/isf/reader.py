"""A shader file, read whole."""

from __future__ import annotations

import codecs
import os
from dataclasses import replace
from pathlib import Path

from engine.errors import ShaderError
from engine.formats.isf.document import Imported, Isf, IsfPass
from engine.formats.isf.header import Header
from engine.formats.isf.inputs import read_inputs, read_sample_counts
from engine.formats.isf.passes import read_passes
from engine.formats.isf.pictures import read_imported, with_pixels
from engine.formats.isf.words import pieces_of, words_of
from engine.model.shaders import ShaderInput

_MOST_BYTES = 1 << 20


def read_isf(file: Path) -> Isf:
    """Read the shader `file`, its vertex shader (the same name with .vs) and the pictures that it imports.

    Raises ShaderError with file, line and what would mend it. Any thread.
    """
    text = read_shader_text(file)
    header, found = _parsed(text, str(file), file.parent)
    imported = with_pixels(header, found.imported)
    header.check()
    vertex_file = next((one for one in vertex_files(file) if os.path.isfile(one)), None)  # noqa: PTH113 - a name may be too long
    vertex = "" if vertex_file is None else read_shader_text(vertex_file)
    _check_code(file, found.body, found.body_line)
    if vertex_file is not None:
        _check_code(vertex_file, vertex, 1)
    return replace(found, imported=imported, vertex=vertex, vertex_file=str(vertex_file) if vertex else "")


def _check_code(file: Path, code: str, first_line: int) -> None:
    """Raise ShaderError where GLSL that begins at a line of `file` is no program."""
    at = 0
    for piece in pieces_of(code):
        if piece.text.startswith("/*") and (len(piece.text) < len("/**/") or not piece.text.endswith("*/")):
            line = first_line + code.count("\n", 0, at)
            raise ShaderError("a comment has no end", subject=f"{file}:{line}", mend="Write */ behind it.")
        at += len(piece.text)
    if "main" not in words_of(code):
        raise ShaderError("has no function main", subject=file, mend="Write void main() { … }.")


def vertex_files(file: Path) -> tuple[Path, ...]:
    """Where the vertex shader of the shader `file` may lie; the first that is there counts."""
    return tuple(file.with_suffix(ending) for ending in (".vs", ".vert"))


def parse_isf(text: str, file: str = "") -> Isf:
    """Parse the text of a shader; `file` is for messages, and pictures are looked for beside it, but not read.

    Raises ShaderError as `read_isf` does.
    """
    header, found = _parsed(text, file, Path(file).parent)
    header.check()
    return found


def read_shader_text(file: Path) -> str:
    """The text of a file of GLSL, its lines ended by \\n. UTF-8, UTF-16 with a mark, or Latin-1 where it is neither.

    Raises ShaderError where it cannot be read, is no text, or has more than 1 MiB.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ShaderError(f"cannot be read ({error})", subject=file, mend="Is it there, and is it text?") from error
    if len(content) > _MOST_BYTES:
        what = f"cannot be read (more than {_MOST_BYTES >> 20} MiB)"
        raise ShaderError(what, subject=file, mend="Is it text?")
    text = _decoded(content)
    if "\0" in text:
        raise ShaderError("cannot be read (it has bytes of zero)", subject=file, mend="Save it as text in UTF-8.")
    return one_line_end(text)


def _decoded(content: bytes) -> str:
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")  # of old files; what is not ASCII stands in comments


def one_line_end(text: str) -> str:
    """The text with every line ended by \\n, whatever its editor wrote."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _parsed(text: str, file: str, folder: Path) -> tuple[Header, Isf]:
    """The header, and the shader as far as no mistake was noted in it."""
    header = Header(file, one_line_end(text))
    inputs = read_inputs(header)
    passes = read_passes(header, inputs, file)
    imported = read_imported(header, folder)
    _check_names(header, inputs, passes, imported)
    return header, Isf(
        file=file,
        body=header.body,
        body_line=header.body_line,
        inputs=inputs,
        passes=passes,
        description=header.text("DESCRIPTION"),
        credit=header.text("CREDIT"),
        categories=header.texts("CATEGORIES"),
        imported=imported,
        sample_counts=read_sample_counts(header),
    )


def _check_names(
    header: Header, inputs: tuple[ShaderInput, ...], passes: tuple[IsfPass, ...], imported: tuple[Imported, ...]
) -> None:
    """Inputs, targets and imported pictures share the shader's names, so none may come twice."""
    targets = dict.fromkeys(one.target for one in passes if one.target)
    seen: set[str] = set()
    for name in [*(one.name for one in inputs), *targets, *(one.name for one in imported)]:
        with header.noting():
            if name in seen:
                header.refuse(name, f"{name} is declared twice", "Give each input, target and picture its own name.")
        seen.add(name)
