"""Where each sound of a show is read: the tracks' files, and for a clip the file that its own sound comes from.

The clips of a library have no sound in them: theirs is in the source that they were cut from, which the catalogue
names.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from engine.errors import SourceError
from engine.formats.library_catalogue import open_catalogue
from engine.formats.show_files import located, why_not_there
from engine.model.world import LoadedShow

_TRACK, _CLIP = "track/", "clip/"


def track_key(index: int) -> str:
    """The name of the sound of the world's track `index`."""
    return f"{_TRACK}{index}"


def clip_key(slug: str) -> str:
    """The name of a clip's own sound."""
    return f"{_CLIP}{slug}"


@dataclass(frozen=True, slots=True)
class SoundPlace:
    """A sound that begins at `in_s` seconds of `file`."""

    file: Path
    in_s: float = 0.0


class SoundPlaces:
    """Finds the place of a sound by its name. Any thread; a clip of the library costs a look into its catalogue."""

    def __init__(self, loaded: LoadedShow) -> None:
        self._loaded = loaded

    def __call__(self, key: str) -> SoundPlace:
        """The place of a sound. Raises SourceError or LibraryError where it has none."""
        if key.startswith(_TRACK):
            file = self._loaded.track_files[int(key.removeprefix(_TRACK))]
            assert file is not None, f"{key} is asked for, and the show has not got it"
            return SoundPlace(file)
        return self._of_clip(key.removeprefix(_CLIP))

    def _of_clip(self, slug: str) -> SoundPlace:
        place = self._in_library(slug) or SoundPlace(self._loaded.clips[slug].file)
        reason = why_not_there(place.file)
        if reason:
            raise SourceError(reason, subject=place.file, mend=f"Put it back: the sound of {slug} is in it.")
        return place

    def _in_library(self, slug: str) -> SoundPlace | None:
        library = self._loaded.show.library
        if library is None:
            return None
        with open_catalogue(located(self._loaded.file.parent, library)) as catalogue:
            row = catalogue.execute(
                "SELECT path, source_in_s FROM clips JOIN sources ON sources.id = source_id WHERE slug = ?", (slug,)
            ).fetchone()
        return None if row is None else SoundPlace(Path(os.fsdecode(row[0])), float(row[1]))
