"""Where each sound of a show is read: the tracks' files, and for a clip the file that its own sound comes from.

The clips of a library have no sound in them: theirs is in the source that they were cut from, which the catalogue
names; or, where preprocess kept a mezzanine of it with the sound brought to one loudness, in that.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from engine.errors import SourceError
from engine.formats.library_catalogue import is_inside, open_catalogue
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
        clip = self._loaded.clips.get(slug)
        if clip is None:  # the show was changed while it sounded
            raise SourceError("is no longer in the show", subject=slug)
        place = self._in_library(slug) or SoundPlace(clip.file)
        reason = why_not_there(place.file)
        if reason:
            raise SourceError(reason, subject=place.file, mend=f"Put it back: the sound of {slug} is in it.")
        return place

    def _in_library(self, slug: str) -> SoundPlace | None:
        library = self._loaded.show.library
        if library is None:
            return None
        folder = located(self._loaded.file.parent, library)
        with open_catalogue(folder) as catalogue:
            mezzanine = _in_mezzanine(catalogue, folder, slug)
            if mezzanine is not None:
                return mezzanine
            row = catalogue.execute(
                "SELECT path, source_in_s FROM clips JOIN sources ON sources.id = source_id WHERE slug = ?", (slug,)
            ).fetchone()
        return None if row is None else SoundPlace(Path(os.fsdecode(row[0])), float(row[1]))


def _in_mezzanine(catalogue: sqlite3.Connection, folder: Path, slug: str) -> SoundPlace | None:
    """Where a clip begins in its source's mezzanine; None where that is not there, or the library knows of none.

    A clip's first frame lies `handle_in` frames before its fragment.
    """
    tables = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('footage', 'fragments')"
    if catalogue.execute(tables).fetchone()[0] < 2:
        return None
    row = catalogue.execute(
        "SELECT file, 1.0 * (begin - handle_in) * rate_den / rate_num FROM fragments JOIN footage USING (base)"
        " WHERE slug = ? AND sound AND file IS NOT NULL",
        (slug,),
    ).fetchone()
    if row is None or not is_inside(str(row[0])) or not (folder / row[0]).is_file():
        return None
    return SoundPlace(folder / row[0], float(row[1]))
