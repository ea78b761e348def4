"""Which files a build is made from: what was named on the command line, and what lies in named folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

VIDEO_SUFFIXES = frozenset((".mov", ".mp4", ".avi", ".mkv", ".dv", ".m4v", ".mts", ".webm", ".mpg", ".3gp"))
SOUND_SUFFIXES = frozenset((".flac", ".wav", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".aif", ".aiff"))


@dataclass(frozen=True, slots=True)
class Found:
    """The files of a build: absolute paths, sorted, each once. `folders` are the named ones that exist."""

    videos: tuple[Path, ...]
    sounds: tuple[Path, ...]
    folders: tuple[Path, ...]


def find_sources(named: Sequence[Path], library: Path) -> Found:
    """Walk folders for videos and sounds by suffix, in any case; a file that is named is taken whatever it is called.

    A named file that does not exist is among the videos, so that the build can say so. Hidden files, folders
    reached through links, and the library itself are left out.
    """
    videos: set[Path] = set()
    sounds: set[Path] = set()
    folders: list[Path] = []
    for path in (_absolute(each) for each in named):
        if path.is_dir():
            folders.append(path)
            for file in _files(path, _absolute(library)):
                suffix = file.suffix.lower()
                if suffix in VIDEO_SUFFIXES:
                    videos.add(file)
                elif suffix in SOUND_SUFFIXES:
                    sounds.add(file)
        elif path.suffix.lower() in SOUND_SUFFIXES:
            sounds.add(path)
        else:
            videos.add(path)
    return Found(tuple(sorted(videos)), tuple(sorted(sounds)), tuple(folders))


def sounds_in(folder: Path) -> tuple[Path, ...]:
    """The sound files directly in `folder`, sorted; none where it is not a folder."""
    if not folder.is_dir():
        return ()
    files = (file for file in folder.iterdir() if file.suffix.lower() in SOUND_SUFFIXES and file.is_file())
    return tuple(sorted(file for file in files if not file.name.startswith(".")))


def _absolute(path: Path) -> Path:
    """Absolute, without `..`, links kept as they are named."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute keeps "..", Path.resolve follows links


def _files(folder: Path, library: Path) -> Iterator[Path]:
    for parent, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if not name.startswith(".") and Path(parent, name) != library)
        for name in files:
            path = Path(parent, name)
            if not name.startswith(".") and path.is_file():
                yield path
