"""IMPORTED of a header: pictures that lie beside the shader."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.errors import ShaderError, SourceError, printable
from engine.formats.isf.document import Imported
from engine.formats.isf.header import Header, short
from engine.formats.isf.inputs import NAME_MEND, is_name
from engine.formats.show_files import inside
from engine.formats.still import read_still

_MOST_PICTURES = 16
_LARGEST_SUM_PX = 2**26  # of all of them: a quarter of a GiB


def read_imported(header: Header, folder: Path) -> tuple[Imported, ...]:
    """The pictures that the header names, without their pixels. One whose path leaves `folder` is noted in the header
    and left out."""
    entries = header.named_entries("IMPORTED")
    if len(entries) > _MOST_PICTURES:
        header.refuse("IMPORTED", f"imports {len(entries)} pictures", f"At most {_MOST_PICTURES} are read.")
    found = []
    for name, entry in entries:
        with header.noting():
            found.append(Imported(name, _file(header, name, entry.get("PATH"), folder)))
    return tuple(found)


def _file(header: Header, name: str, path: object, folder: Path) -> Path:
    if not is_name(name):
        header.refuse(name, f"a picture is named {short(repr(name))}", NAME_MEND)
    if not isinstance(path, str) or not path or "\0" in path:
        header.refuse(name, f"the picture {name} has the PATH {path!r}", "PATH is a file beside the shader.")
    if not inside(folder, folder / path):
        what = f"the picture {name} lies outside the shader's folder: {short(printable(path))}"
        header.refuse(path, what, "Put it beside the shader.")
    return folder / path


def with_pixels(header: Header, imported: tuple[Imported, ...]) -> tuple[Imported, ...]:
    """The pictures, read. Those that cannot be are noted in the header and left out."""
    read: list[Imported] = []
    area = 0
    for one in imported:
        with header.noting():
            read.append(_with_pixels(header, one))
            area += read[-1].pixel_count
            if area > _LARGEST_SUM_PX:
                what = f"its pictures have more than {_LARGEST_SUM_PX:,} pixels together"
                header.refuse(one.name, what, "Scale them.")
        if area > _LARGEST_SUM_PX:
            break
    return tuple(read)


def _with_pixels(header: Header, one: Imported) -> Imported:
    try:
        return replace(one, pixels=read_still(one.file))
    except SourceError as error:
        what = f"the picture {one.name} {short(error.what)} ({short(one.file.name)})"
        subject = f"{header.file}:{header.line_of(one.name)}"
        raise ShaderError(what, subject=subject, mend=error.mend) from error
