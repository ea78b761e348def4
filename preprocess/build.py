"""A build: which sources have to be converted, the conversions, and the library and its show brought up to date."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.errors import SourceError
from engine.formats.library_rows import StoredClip, StoredSource
from engine.formats.library_writer import LibraryWriter
from preprocess.convert import Job, Outcome, Settings
from preprocess.first_show import WrittenShow, write_show
from preprocess.music import Music, choose_music, listen
from preprocess.slugs import bases, readable
from preprocess.sources import Found, find_sources
from preprocess.workers import Progress, run_jobs


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line. `track` None and `wants_track` True: look for music."""

    sources: tuple[Path, ...]
    library: Path
    settings: Settings = field(default_factory=Settings)
    jobs: int = 0  # 0: one a core
    track: Path | None = None
    wants_track: bool = True
    verify: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """What the report says of one source. `fresh` where this build converted it, else it was as it should be."""

    source: StoredSource
    clips: tuple[StoredClip, ...]
    fresh: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did: an entry for every source of this build, in path order, and the show that came of it."""

    library: Path
    entries: tuple[Entry, ...]
    clip_count: int  # in the library now, with those of earlier builds
    music: Music | None
    remarks: tuple[str, ...]
    show: WrittenShow
    took_s: float

    def count(self, verdict: str) -> int:
        return sum(entry.source.verdict == verdict for entry in self.entries)


Listener = Callable[[Progress | Outcome], None]
Begin = Callable[[int, int], None]


def build(options: Options, begin: Begin, listen_to: Listener) -> Report:
    """Bring a library up to date with its sources. Main thread.

    `begin(to_convert, unchanged)` is told how much there is to do, `listen_to` everything that the workers say.
    Raises SourceError where there is no source at all or the named track is none, LibraryError where the library
    cannot be written, OutputError where its disk is full. What was converted until then is kept.
    """
    began_s = time.monotonic()
    found = find_sources(options.sources, options.library)
    if not found.videos:
        raise SourceError(
            "no video files here",
            subject=", ".join(map(str, options.sources)),
            mend="name folders or files that hold video: .mov .mp4 .avi .mkv .dv .m4v .mts .webm .mpg .3gp",
        )
    music, remarks = _music(options, found)
    with LibraryWriter(options.library) as library:
        known = _entered(library, found.videos)
        clips = _by_source(library.clips())
        to_do = [source for source in known if not _is_done(library, source, clips, options)]
        begin(len(to_do), len(known) - len(to_do))
        _convert(library, to_do, options, listen_to)
        entries = _entries(library, found.videos, to_do)
        show = write_show(library, f"{options.library.resolve().name}: a first show", music)
        count = len(library.clips())
    return Report(options.library, entries, count, music, remarks, show, time.monotonic() - began_s)


def _music(options: Options, found: Found) -> tuple[Music | None, tuple[str, ...]]:
    if options.track is not None:
        return listen(options.track, "named with --track"), ()
    return choose_music(found) if options.wants_track else (None, ())


def _entered(library: LibraryWriter, videos: Sequence[Path]) -> list[StoredSource]:
    """The catalogue's rows of these files; new ones get theirs, and with it their slugs, before any work is done."""
    known = library.sources()
    new = [path for path in videos if path not in known]
    taken = {source.base for source in known.values()}
    library.enter_sources(StoredSource(path, readable(path), base) for path, base in bases(new, taken).items())
    rows = library.sources()
    return [rows[path] for path in videos]


def _by_source(clips: Iterable[StoredClip]) -> dict[Path, list[StoredClip]]:
    by_source: dict[Path, list[StoredClip]] = {}
    for stored in clips:
        by_source.setdefault(stored.source, []).append(stored)
    return by_source


def _is_done(
    library: LibraryWriter, source: StoredSource, clips: Mapping[Path, Sequence[StoredClip]], options: Options
) -> bool:
    """Whether the library has what this source would become: source, settings and clips are as they were."""
    if source.verdict == "pending" or source.settings != options.settings.hash:
        return False
    if not all(_is_whole(library.folder, stored, options.verify) for stored in clips.get(source.path, ())):
        return False
    size, mtime_ns = _size_and_time(source.path)
    if (size, mtime_ns) == (source.size, source.mtime_ns) and not (options.verify and source.sha256):
        return True
    if size != source.size or not source.sha256 or _sha256(source.path) != source.sha256:
        return False
    library.refresh_source(replace(source, mtime_ns=mtime_ns))  # touched, and yet the same
    return True


def _is_whole(folder: Path, stored: StoredClip, verify: bool) -> bool:
    """Whether a clip's files are there, of the right length, and, to verify, of the right content."""
    file = stored.clip.file
    try:
        same_size = file.stat().st_size == stored.byte_count
        has_thumbnail = (folder / "thumbnails" / f"{stored.clip.slug}.jpg").is_file()
    except FileNotFoundError:
        return False
    return same_size and has_thumbnail and (not verify or _sha256(file) == stored.sha256)


def _size_and_time(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return 0, 0  # as it is stored of a file that is missing
    return stat.st_size, stat.st_mtime_ns


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _convert(library: LibraryWriter, to_do: Sequence[StoredSource], options: Options, listen_to: Listener) -> None:
    cores = os.cpu_count() or 1
    count = max(1, min(options.jobs or cores, len(to_do)))
    jobs = []
    for number, source in enumerate(sorted(to_do, key=lambda source: -_size_and_time(source.path)[0])):
        work = library.work / f"{number:06d}"  # the longest first, so that no core waits for one of them at the end
        work.mkdir()
        jobs.append(Job(source, options.settings, work, max(1, cores // count)))
    for said in run_jobs(jobs, count):
        if isinstance(said, Outcome):
            library.store(said.source, said.clips)
        listen_to(said)


def _entries(library: LibraryWriter, videos: Sequence[Path], to_do: Sequence[StoredSource]) -> tuple[Entry, ...]:
    rows, clips = library.sources(), _by_source(library.clips())
    fresh = {source.path for source in to_do}
    return tuple(Entry(rows[path], tuple(clips.get(path, ())), path in fresh) for path in videos)
