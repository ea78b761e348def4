"""The files that a show is read from, and how they stood just before they were read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel

from engine.errors import ShaderError
from engine.formats.isf.reader import parse_isf, read_shader_text, vertex_files
from engine.formats.shader_files import GL_TRANSITION_ENDING
from engine.formats.show_files import located
from engine.model.looks import PictureFrom
from engine.model.show import Show
from engine.model.world import FileStamp


def stamp_of(file: Path) -> FileStamp:
    """How a file stands now. Any thread."""
    try:
        found = file.stat()
    except (OSError, ValueError):  # ValueError: a name that no file can have
        return None
    return found.st_mtime_ns, found.st_size


def note(reads: dict[Path, FileStamp], files: Iterable[Path]) -> None:
    """Add `files`, about to be read, to `reads`; of one that is read again, how it stood the first time counts."""
    for file in files:
        if file not in reads:
            reads[file] = stamp_of(file)


def named_files(show: Show, folder: Path) -> Iterator[Path]:
    """The schedules and pictures that a show in `folder` names, and those of its layers' sources that are not there."""
    for movement in show.movements:
        if movement.schedule is not None:
            yield folder / movement.schedule
    yield from named_pictures(show, folder)
    sources = (located(folder, layer.source) for layer in show.layers if layer.source is not None)
    yield from (file for file in sources if stamp_of(file) is None)


def named_pictures(show: Show, folder: Path) -> Iterator[Path]:
    """The files that masks and shaders of a show in `folder` read: stills and tables of colours."""
    return (folder / one.file for one in _pictures(show) if one.file is not None)


def shader_parts(file: Path) -> tuple[Path, ...]:
    """The files that the shader `file` may be made of, there or not, as far as its header can be read: its own first,
    vertex shaders, pictures."""
    imported: list[Path] = []
    if file.suffix.lower() != GL_TRANSITION_ENDING:
        try:
            imported = [one.file for one in parse_isf(read_shader_text(file), str(file)).imported]
        except ShaderError:
            imported = []  # whoever reads the shader says so
    return file, *vertex_files(file), *imported


def _pictures(value: object) -> Iterator[PictureFrom]:
    """Every picture that any part of a show reads."""
    if isinstance(value, PictureFrom):
        yield value
        return
    parts: Iterable[object] = ()
    if isinstance(value, BaseModel):
        parts = (getattr(value, name) for name in type(value).model_fields)
    elif isinstance(value, Mapping):
        parts = value.values()
    elif isinstance(value, tuple):
        parts = value
    for part in parts:
        yield from _pictures(part)
