"""Clips put into a library without a pipeline, for tests of those who read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.formats.library_rows import StoredClip, StoredSource
from engine.formats.library_writer import LibraryWriter
from engine.model.clips import FrameTable


@dataclass(frozen=True)
class NewClip:
    """A clip on its way into a library: its file, which lies in the work folder, and what to say of it."""

    file: Path
    stored: StoredClip
    table: FrameTable


def put_source(library: LibraryWriter, source: StoredSource, *clips: NewClip) -> None:
    """Enter a new source, and its clips with their files."""
    library.enter_sources([source])
    put_clips(library, source, *clips)


def put_clips(library: LibraryWriter, source: StoredSource, *clips: NewClip) -> None:
    """Put clips of an entered source into a library, and note what there is to say of it."""
    with library.transaction():
        for new in clips:
            files = {f"clips/{new.stored.clip.slug}.mov": new.file}
            library.put_clip(source.base, new.stored, new.table, files)
        library.describe_source(source)
