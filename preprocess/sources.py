"""Which files a run takes: what was named on the command line, and what lies in named folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.formats.library_schema import CATALOGUE

VIDEO_SUFFIXES = frozenset((".mov", ".mp4", ".avi", ".mkv", ".dv", ".m4v", ".mts", ".webm", ".mpg", ".3gp"))
# What other programs call videos: told of, since an archive may hold them, and taken in where they are named.
OTHER_SUFFIXES = frozenset(
    (".3g2", ".asf", ".divx", ".f4v", ".flv", ".gif", ".m1v", ".m2t", ".m2ts", ".m2v")
) | frozenset((".mod", ".mpe", ".mpeg", ".mxf", ".ogv", ".qt", ".rm", ".rmvb", ".tod", ".ts", ".vob", ".wmv"))
SOUND_SUFFIXES = frozenset((".flac", ".wav", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".aif", ".aiff"))


@dataclass(frozen=True, slots=True)
class Found:
    """The files of a run: absolute paths, sorted, each once. `folders` are the named ones that exist.

    `left_out` are files and folders in them that are not looked at, though they may hold sources: (path, why).
    """

    videos: tuple[Path, ...]
    sounds: tuple[Path, ...]
    folders: tuple[Path, ...]
    left_out: tuple[tuple[Path, str], ...] = ()


def find_sources(named: Sequence[Path], library: Path) -> Found:
    """Walk folders for videos and sounds by suffix, in any case; a file that is named is taken whatever it is called.

    A named file that does not exist is among the videos, so that the run can say so. Hidden files, folders
    reached through links, and the library itself are left out. So is a link to a file that is found by its own name;
    one that leads out of its folder or nowhere, what is no file at all (a pipe), a folder that may not be opened, and
    another clip library, whose clips and mezzanines are no sources, is left out and told of.
    """
    videos: set[Path] = set()
    sounds: set[Path] = set()
    folders: list[Path] = []
    left_out: dict[Path, str] = {}
    for path in (_absolute(each) for each in named):
        if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where it may not look
            folders.append(path)
            for file in _files(path, _absolute(library), left_out):
                suffix = file.suffix.lower()
                if suffix in OTHER_SUFFIXES:
                    left_out[file] = "folders are not searched for files of this ending: name the file itself"
                if suffix not in VIDEO_SUFFIXES and suffix not in SOUND_SUFFIXES:
                    continue
                why_not = _why_not(file, path)
                if why_not is not None:
                    left_out.update({file: why_not} if why_not else {})
                elif suffix in VIDEO_SUFFIXES:
                    videos.add(file)
                else:
                    sounds.add(file)
        elif path.suffix.lower() in SOUND_SUFFIXES:
            sounds.add(path)
        else:
            videos.add(path)
    taken = videos | sounds  # what was left out of a folder may have been named, too
    told = sorted((path, why) for path, why in left_out.items() if path not in taken)
    return Found(tuple(sorted(videos)), tuple(sorted(sounds)), tuple(folders), tuple(told))


def _why_not(file: Path, folder: Path) -> str | None:
    """Why a file of a folder is no source: '' where it need not be told, None where it is one."""
    if not file.is_symlink():
        return None if _is_file(file) else "no file, but a pipe or a device"
    target, root = (Path(os.path.realpath(path)) for path in (file, folder))  # a loop stays what it is
    if not _is_file(target):
        return "a link that leads to no file"
    if not target.is_relative_to(root):
        return "a link to a file outside of its folder"
    inside = target.relative_to(root)
    hidden = any(part.startswith(".") for part in inside.parts)
    found = not hidden and inside.suffix.lower() in VIDEO_SUFFIXES | SOUND_SUFFIXES
    return "" if found else None


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises where it may not look


def sounds_in(folder: Path) -> tuple[Path, ...]:
    """The sound files directly in `folder`, sorted; none where it is not a folder, or may not be opened."""
    try:
        files = [file for file in folder.iterdir() if not file.name.startswith(".")]
    except OSError:
        return ()
    return tuple(sorted(file for file in files if file.suffix.lower() in SOUND_SUFFIXES and _is_file(file)))


def _absolute(path: Path) -> Path:
    """Absolute, without `..`, links kept as they are named."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute keeps "..", Path.resolve follows links


def _files(folder: Path, library: Path, left_out: dict[Path, str]) -> Iterator[Path]:
    """The files in `folder`, hidden ones excepted; notes folders that may not be opened, and other libraries."""

    def note(error: OSError) -> None:
        left_out[Path(os.fsdecode(error.filename))] = f"a folder that cannot be opened: {error.strerror}"

    for parent, names, files in os.walk(folder, onerror=note):
        if CATALOGUE in files and Path(parent) != folder:
            left_out[Path(parent)] = "a clip library"
            names[:] = []
            continue
        names[:] = sorted(name for name in names if not name.startswith(".") and Path(parent, name) != library)
        for name in files:
            path = Path(parent, name)
            if not name.startswith("."):
                yield path
