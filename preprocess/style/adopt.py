"""A style made the library's own: copied in as `style.yaml`, where a person may then edit it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from engine.errors import OutputError
from engine.formats.replace_file import replace_file
from preprocess.catalogue.catalogue import Catalogue
from preprocess.style.model import Style
from preprocess.style.read import STYLE_FILE, read_style, style_of


def adopted_style(catalogue: Catalogue, file: Path | None) -> Style:
    """The library's style; first, where `file` is named, a copy of that. Main thread.

    Raises ShowError with every mistake in the style, and OutputError where the library's own style was edited since it
    was copied in: both then stay as they are.
    """
    own = catalogue.folder / STYLE_FILE
    if file is None or file.resolve() == own.resolve():
        return style_of(catalogue.folder)
    style = read_style(file)
    content = file.read_bytes()
    if (
        own.exists()
        and own.read_bytes() != content
        and _hash(own.read_bytes()) not in catalogue.library.written(STYLE_FILE)
    ):
        raise OutputError(
            f"was edited, and {file} would replace it",
            subject=own,
            mend=f"leave --show out to work by it, or move it away to have {file.name}",
        )
    catalogue.library.note_written(STYLE_FILE, _hash(content))
    if not own.exists() or own.read_bytes() != content:
        replace_file(own, content)
    return style


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
