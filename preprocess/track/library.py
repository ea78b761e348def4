"""Which music a library's show has, where it lies, and what was heard in it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from pathlib import Path

from engine.errors import OutputError
from engine.formats.sound import SoundReader
from engine.model.sound import Onsets
from engine.model.world import Onset
from preprocess.catalogue.catalogue import Catalogue
from preprocess.pipeline.step import hashed
from preprocess.track.hear import hear
from preprocess.track.values import Beat, Section, Track

_VERSION = 1  # of how a track is heard
_PLAIN_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")  # another one may have no UTF-8
_FILE, _WHY = "track", "track_why"  # keys of meta


def set_track(catalogue: Catalogue, file: Path | None, why: str = "named on the command line") -> None:
    """Make a copy of `file` the show's music; None makes the show silent. What is heard in it is for `heard_track`.

    A file in the library that a person put in the way of the copy stays; the copy gets another name.
    Raises SourceError where it is no sound, OutputError where it cannot be copied; the music is then what it was.
    """
    name = ""
    if file is not None:
        SoundReader(file).close()
        with file.open("rb") as opened:
            sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
        suffix = file.suffix.lower() if _PLAIN_SUFFIX.fullmatch(file.suffix) else ""
        name = _free_name(catalogue, f"track{suffix}", sha256)
        catalogue.library.note_written(name, sha256)  # before the file: a kill between leaves nothing that looks edited
        if not (catalogue.folder / name).exists() or _hash_of(catalogue.folder / name) != sha256:
            _copy(file, catalogue.work / name, catalogue.folder / name)
    with catalogue.transaction() as connection:
        rows = ((_FILE, name), (_WHY, why if name else "silent by choice"))
        connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)


def track_file(catalogue: Catalogue) -> Path | None:
    """The show's music; None where it is silent by choice, or nothing was chosen yet (see `is_settled`)."""
    name = _meta(catalogue, _FILE)
    return catalogue.folder / name if name else None


def is_settled(catalogue: Catalogue) -> bool:
    """Whether it is known which music the show has, and it is there."""
    file = track_file(catalogue)
    return _meta(catalogue, _FILE) is not None if file is None else file.is_file()


def why_this_track(catalogue: Catalogue) -> str:
    """Why the show has the music that it has, in words."""
    return _meta(catalogue, _WHY) or ""


def track_hash(catalogue: Catalogue) -> str:
    """The content hash of the show's music; "" for silence."""
    file = track_file(catalogue)
    return _hash_of(file) if file is not None and file.is_file() else ""


def heard_track(catalogue: Catalogue, detection: Onsets) -> Track | None:
    """The show's music, heard now if it was not before with these settings; None for silence. Coordinator only.

    Raises SourceError where a person put something in its place that is no sound.
    """
    file, sha256 = track_file(catalogue), track_hash(catalogue)
    if file is None or not sha256:
        return None
    heard = hashed(_VERSION, detection)
    row = catalogue.connection.execute("SELECT * FROM tracks WHERE sha256 = ?", (sha256,)).fetchone()
    if row is None or (row["heard"], row["file"]) != (heard, file.name):
        _store(catalogue, hear(file, detection, sha256=sha256, name=file.name), heard)
    return stored_track(catalogue, sha256)


def stored_track(catalogue: Catalogue, sha256: str | None = None) -> Track | None:
    """A track as it was heard, by its hash (None: the show's); None where it was not. Reads the catalogue only."""
    found = catalogue.connection.execute(
        "SELECT * FROM tracks WHERE sha256 = ? OR (? IS NULL AND file = ?) ORDER BY sha256",
        (sha256, sha256, _meta(catalogue, _FILE)),
    ).fetchone()
    if found is None:
        return None
    return Track(
        sha256=found["sha256"],
        file=found["file"],
        duration_s=found["duration_s"],
        bpm=found["bpm"],
        onsets=tuple(Onset(at_s, strength) for at_s, strength in json.loads(found["onsets"])),
        beats=tuple(Beat(at_s, bool(is_bar)) for at_s, is_bar in json.loads(found["beats"])),
        sections=tuple(Section(*section) for section in json.loads(found["sections"])),
        waveform=found["waveform"],
    )


def _store(catalogue: Catalogue, track: Track, heard: str) -> None:
    row = (
        track.sha256,
        heard,
        track.file,
        track.duration_s,
        track.bpm,
        json.dumps([[onset.at_s, onset.strength] for onset in track.onsets]),
        json.dumps([[beat.at_s, int(beat.is_bar)] for beat in track.beats]),
        json.dumps([[each.begin_s, each.end_s, each.energy, each.label] for each in track.sections]),
        track.waveform,
    )
    with catalogue.transaction() as connection:
        connection.execute("DELETE FROM tracks WHERE file = ?", (track.file,))
        connection.execute("INSERT OR REPLACE INTO tracks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def _meta(catalogue: Catalogue, key: str) -> str | None:
    row = catalogue.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def _free_name(catalogue: Catalogue, name: str, sha256: str) -> str:
    """`name`, or one beside it where a person's file has that name."""
    stem, suffix = Path(name).stem, Path(name).suffix
    number = 0
    while True:
        tried = f"{stem}{'.new' if number else ''}{number if number > 1 else ''}{suffix}"
        there = catalogue.folder / tried
        if not there.exists() or _hash_of(there) in catalogue.library.written(tried) | {sha256}:
            return tried
        number += 1


def _hash_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _copy(file: Path, beside: Path, to: Path) -> None:
    try:
        shutil.copyfile(file, beside)
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        beside.replace(to)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise OutputError(
            f"cannot be written ({error.strerror})", subject=to, mend="Make room, or name another folder."
        ) from error
