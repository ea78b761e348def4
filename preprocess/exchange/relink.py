"""Sources that were moved, found again by what is in them: SHA-256, never a name alone."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from engine.errors import SourceError
from engine.formats.library_rows import StoredSource
from preprocess.catalogue.catalogue import Catalogue

# tell(bytes read, bytes to read): how far the hashing is.
Tell = Callable[[int, int], None]
_BLOCK = 2**24  # bytes read at a time; each is told of


@dataclass(frozen=True, slots=True)
class Relinked:
    """A source that was found: from where to where, and how many other files have the same content."""

    base: str
    old: Path
    new: Path
    alike: int


@dataclass(frozen=True, slots=True)
class Missing:
    """A source that was not found, and why it could not be."""

    base: str
    old: Path
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it. `present` sources are where the catalogue says. `unread` files could not be looked at."""

    found: tuple[Relinked, ...]
    missing: tuple[Missing, ...]
    present: int
    unread: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class _File:
    """A file that was hashed while nobody changed it."""

    path: Path
    size: int
    mtime_ns: int
    sha256: str


def relink(catalogue: Catalogue, root: Path, tell: Tell, *, check: bool = False) -> Report:
    """Find missing sources under `root` and note their new places; `check` only looks. The catalogue's thread.

    Only files of a missing source's size are read. Links are not followed. Of several with the same content the one
    whose path ends most like the old one is taken. Raises SourceError where `root` is no folder.
    """
    if not root.is_dir():
        raise SourceError("is no folder", subject=root, mend="name the folder that the sources were moved into")
    unread: list[Path] = []
    gone, there = _gone_and_there(catalogue)
    files = [path for path in _files(_absolute(root), _sizes(gone), unread) if path not in there]
    found = list(_matched(gone, _hashed(files, tell, unread)))
    if not check:
        _store(catalogue, found)
    places = {source.base for source, _, _ in found}
    return Report(
        _told(found),
        tuple(
            Missing(source.base, source.path, "no file there has its content" if source.sha256 else "was never read")
            for source in sorted(gone, key=lambda source: source.base)
            if source.base not in places
        ),
        len(there),
        tuple(unread),
    )


def relink_among(catalogue: Catalogue, paths: Sequence[Path], tell: Tell) -> tuple[Relinked, ...]:
    """Find missing sources among `paths`, files that a run was given, and note their new places, as `relink` does.

    Sources that took the names of others, which have other names now, are found, too.
    """
    gone, there = _gone_and_there(catalogue)
    stored = catalogue.library.sources()
    renamed = {path: stored[path] for path in there if _size(path) != stored[path].size}  # or changed, as it may be
    sizes = _sizes([*gone, *renamed.values()])
    files = [path for path in paths if (path in renamed or path not in there) and _size(path) in sizes]
    hashed = list(_hashed(files, tell, []))
    while True:
        candidates = [file for file in hashed if file.path in renamed or file.path not in there]
        found = list(_matched([*gone, *renamed.values()], candidates))
        places = {source.path for source, _, _ in found} & {file.path for _, file, _ in found}
        if renamed.keys() <= places:  # each is elsewhere, and another source in its place
            break
        renamed = {path: source for path, source in renamed.items() if path in places}
    if found:
        _store(catalogue, found)
    return _told(found)


def _gone_and_there(catalogue: Catalogue) -> tuple[list[StoredSource], set[Path]]:
    """The sources that are missing, and where the others are."""
    gone: list[StoredSource] = []
    there: set[Path] = set()
    for path, source in catalogue.library.sources().items():
        if os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises where it may not look
            there.add(path)
        else:
            gone.append(source)
    return gone, there


def _sizes(gone: Sequence[StoredSource]) -> set[int]:
    return {source.size for source in gone if source.sha256}


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _told(found: Sequence[tuple[StoredSource, _File, int]]) -> tuple[Relinked, ...]:
    return tuple(Relinked(source.base, source.path, file.path, alike) for source, file, alike in found)


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - without "..", and links as they are named


def _files(root: Path, sizes: Collection[int], unread: list[Path]) -> Iterator[Path]:
    """The regular files of these sizes, sorted by folder and name; hidden ones too: they are known by content."""

    def note(error: OSError) -> None:
        unread.append(Path(os.fsdecode(error.filename)))

    for parent, folders, names in os.walk(root, onerror=note):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            try:
                if not path.is_symlink() and path.is_file() and path.stat().st_size in sizes:
                    yield path
            except OSError:
                unread.append(path)


def _hashed(paths: Sequence[Path], tell: Tell, unread: list[Path]) -> Iterator[_File]:
    """Each file with its hash; one that cannot be read, or changes meanwhile, is noted in `unread`."""
    total, read = sum(_size(path) or 0 for path in paths), 0
    for path in paths:
        begun = read
        try:
            with path.open("rb") as opened:
                before, digest = os.fstat(opened.fileno()), hashlib.sha256()
                while block := opened.read(_BLOCK):
                    digest.update(block)
                    read += len(block)
                    tell(read, total)
                after = os.fstat(opened.fileno())
        except OSError:
            unread.append(path)
            continue
        if (before.st_size, before.st_mtime_ns, read - begun) == (after.st_size, after.st_mtime_ns, before.st_size):
            yield _File(path, after.st_size, after.st_mtime_ns, digest.hexdigest())
        else:
            unread.append(path)


def _matched(gone: Sequence[StoredSource], hashed: Iterable[_File]) -> Iterator[tuple[StoredSource, _File, int]]:
    """Each source with its file, and how many others there were; a file goes to one source only, the likest first."""
    wanted: dict[str, list[StoredSource]] = {}
    for source in gone:
        if source.sha256:
            wanted.setdefault(source.sha256, []).append(source)
    by_hash: dict[str, list[_File]] = {}
    for one in hashed:
        by_hash.setdefault(one.sha256, []).append(one)
    for sha256 in sorted(by_hash.keys() & wanted.keys()):
        sources, files = wanted[sha256], by_hash[sha256]
        pairs = [(_likeness(source.path, file.path), source, file) for source in sources for file in files]
        pairs.sort(key=lambda pair: (*(-part for part in pair[0]), pair[1].base, pair[2].path))
        placed: set[Path | str] = set()
        for _, source, file in pairs:
            if source.base not in placed and file.path not in placed:
                placed |= {source.base, file.path}
                yield source, file, len(files) - 1


def _likeness(old: Path, new: Path) -> tuple[int, float]:
    """How much the ends of two paths are alike: equal last parts, then how alike the names are, 0..1."""
    parts = zip(reversed(old.parts), reversed(new.parts), strict=False)
    equal = 0
    for one, other in parts:
        if one != other:
            break
        equal += 1
    return equal, SequenceMatcher(None, old.name, new.name).ratio()


def _store(catalogue: Catalogue, found: Sequence[tuple[StoredSource, _File, int]]) -> None:
    with catalogue.transaction() as connection:
        # Two sources may change places, and no two may have one path at any time.
        connection.executemany(
            "UPDATE sources SET path = CAST('moving ' || id AS BLOB) WHERE base = ?",
            [(source.base,) for source, _, _ in found],
        )
        connection.executemany(
            # A negative time asks the next run to ingest the source, wherever it is.
            "UPDATE sources SET path = ?, size = ?, mtime_ns = CASE WHEN mtime_ns < 0 THEN mtime_ns ELSE ? END"
            " WHERE base = ?",
            [(os.fsencode(file.path), file.size, file.mtime_ns, source.base) for source, file, _ in found],
        )
