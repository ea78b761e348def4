"""IMPORTED of a header: pictures that lie beside the shader."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.errors import ShaderError, SourceError
from engine.formats.isf.document import Imported
from engine.formats.isf.header import Header
from engine.formats.isf.inputs import NAME
from engine.formats.still import read_still

_MOST_PICTURES = 16


def read_imported(header: Header, folder: Path) -> tuple[Imported, ...]:
    """The pictures that the header names, without their pixels. Raises ShaderError at the line of one whose path
    leaves `folder`."""
    entries = header.named_entries("IMPORTED")
    if len(entries) > _MOST_PICTURES:
        header.refuse("IMPORTED", f"imports {len(entries)} pictures", f"At most {_MOST_PICTURES} are read.")
    found = []
    for name, entry in entries:
        path = entry.get("PATH")
        if not NAME.match(name):
            header.refuse(name, f"a picture is named {name!r}", "The name must be an identifier of GLSL.")
        if not isinstance(path, str) or not path or "\0" in path:
            header.refuse(name, f"the picture {name} has the PATH {path!r}", "PATH is a file beside the shader.")
        if not (folder / path).resolve().is_relative_to(folder.resolve()):
            what = f"the picture {name} lies outside the shader's folder: {path}"
            header.refuse(path, what, "Put it beside the shader.")
        found.append(Imported(name, folder / path))
    return tuple(found)


def with_pixels(header: Header, imported: tuple[Imported, ...]) -> tuple[Imported, ...]:
    """The pictures, read. Raises ShaderError at the line of one that cannot be."""
    read = []
    for one in imported:
        try:
            read.append(replace(one, pixels=read_still(one.file)))
        except SourceError as error:
            try:
                header.refuse(one.name, f"the picture {one.name} {error.what} ({one.file.name})", error.mend)
            except ShaderError as told:
                raise told from error
    return tuple(read)
