"""The step `ingest`: sources entered in the catalogue under their names, and made ready to be cut."""

from __future__ import annotations

import os
from collections.abc import Collection, Container, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from engine.formats.library_rows import StoredSource
from preprocess.catalogue.catalogue import Catalogue, Made
from preprocess.catalogue.fragments import read_footage, store_footage
from preprocess.catalogue.values import Footage
from preprocess.ingest.work import MEZZANINES, Ingested, IngestJob, ingest, sha256_of, size_and_time
from preprocess.pipeline.step import Failed, Item, ItemStep, hashed, hashed_settings
from preprocess.slugs import bases as bases_for
from preprocess.slugs import readable
from preprocess.sources import Found
from preprocess.style.model import Style

# In place of the time of a source that was not there when its settings had changed: it is ingested when it is back.
_LOOK_AGAIN = -1


class IngestStep(ItemStep):
    """An item a source. `found` are the sources of this run; those of earlier runs stay as they are.

    A source stands when its size and modification time do, or, touched or with `verify`, its content's hash. One that
    is not there now keeps what was made of it. A mezzanine that was removed is made again only where one of the
    `later` steps has something to do with its source; without any, always.
    """

    name = "ingest"
    version = 2
    batch = 1
    work = staticmethod(ingest)

    def __init__(self, style: Style, found: Found, *, verify: bool = False, later: Sequence[ItemStep] = ()) -> None:
        self._settings = style.ingest
        self._found = found
        self._verify = verify
        self._later = later

    @property
    def settings(self) -> str:
        return hashed_settings(self._settings)

    def items(self, catalogue: Catalogue, bases: Collection[str] | None = None) -> Iterator[Item]:
        footage = read_footage(catalogue)
        lost = self._lost(catalogue, footage)
        if lost:
            with catalogue.transaction():
                self.drop(catalogue, lost)  # before names are given: theirs are free
        _enter(catalogue, self._found.videos)
        made = catalogue.made(self.name)
        missing = {base for base, its in footage.items() if not _is_whole(its)}
        remade = missing & self._busy(catalogue) if missing and self._later else missing
        for path, source in sorted(catalogue.library.sources().items()):
            size, mtime_ns = size_and_time(path)
            if source.base in lost or (bases is not None and source.base not in bases):
                continue
            inputs = self._inputs(catalogue, source, made.get(source.base), source.base in footage)
            if source.base in remade and (size, mtime_ns) != (0, 0):
                inputs = hashed("its mezzanine is gone", inputs)
            job = IngestJob(
                source=source,
                library=catalogue.folder,
                work=catalogue.work / self.name,
                settings=self._settings,
                how=hashed(self.settings, self.version),
                had_footage=source.base in footage,
            )
            yield Item(source.base, source.base, inputs, job, float(size), source.title)

    def _lost(self, catalogue: Catalogue, footage: Container[str]) -> list[str]:
        """The sources of earlier runs of which nothing was made, and in whose place there is no file now."""
        named = set(self._found.videos)
        return [
            source.base
            for path, source in catalogue.library.sources().items()
            if path not in named and source.base not in footage and not os.path.isfile(path)  # noqa: PTH113 - never raises
        ]

    def _inputs(self, catalogue: Catalogue, source: StoredSource, made: Made | None, has_footage: bool) -> str:
        """What stands for a source's content: as long as that is the same, what it was when it was ingested."""
        size, mtime_ns = size_and_time(source.path)
        anew = hashed(size, mtime_ns, os.access(source.path, os.R_OK))
        if made is None:
            return anew
        if (size, mtime_ns) == (0, 0) and has_footage:
            stands = (made.version, made.settings) == (self.version, self.settings)
            return made.inputs if stands else hashed("it is not there", made.inputs)
        if not has_footage:  # quarantined: tried again when anything about the file changes
            return anew
        if not self._is_same(catalogue, source, size, mtime_ns):
            return hashed("it changed", made.inputs, anew)
        return made.inputs

    def _is_same(self, catalogue: Catalogue, source: StoredSource, size: int, mtime_ns: int) -> bool:
        if source.mtime_ns == _LOOK_AGAIN:
            return False
        untouched = (size, mtime_ns) == (source.size, source.mtime_ns)
        if untouched and not self._verify:
            return True
        try:
            same = size == source.size and bool(source.sha256) and sha256_of(source.path) == source.sha256
        except OSError:
            return False  # the worker says why
        if same and not untouched:
            catalogue.library.refresh_source(replace(source, mtime_ns=mtime_ns))
        return same

    def _busy(self, catalogue: Catalogue) -> set[str]:
        """The sources with which later steps have something to do."""
        busy: set[str] = set()
        for step in self._later:
            made = catalogue.made(step.name)
            for item in step.items(catalogue):
                if made.get(item.key) != Made(item.inputs, step.version, step.settings):
                    busy.add(item.base)
        return busy

    def store(self, catalogue: Catalogue, item: Item, result: Ingested) -> None:
        if result.kept:
            catalogue.library.describe_source(replace(result.source, mtime_ns=_LOOK_AGAIN))
            return
        name = f"{MEZZANINES}/{item.base}.mov"
        if result.footage is None:
            catalogue.connection.execute("DELETE FROM footage WHERE base = ?", (item.base,))
        else:
            store_footage(catalogue, result.footage)
        if result.made is None:
            catalogue.library.arrive({}, leaving=[name])
        else:
            catalogue.library.arrive({name: result.made})
        catalogue.library.describe_source(result.source)

    def drop(self, catalogue: Catalogue, keys: Sequence[str]) -> None:
        """Forget sources that are gone and of which nothing was made, unless a person worked on their clips."""
        for base in keys:
            catalogue.connection.execute(
                "DELETE FROM sources WHERE base = ? AND base NOT IN (SELECT base FROM footage)"
                " AND base NOT IN (SELECT base FROM fragments)",
                (base,),
            )
        catalogue.forget_made(self.name, keys)

    def fail(self, catalogue: Catalogue, item: Item, failed: Failed) -> None:
        """Quarantine a source whose worker crashed."""
        size, mtime_ns = size_and_time(item.job.source.path)
        source = replace(
            item.job.source,
            size=size,
            mtime_ns=mtime_ns,
            sha256="",
            verdict="quarantined",
            reason=failed.reason,
            mend=failed.mend,
            notes=(),
            damage=(),
        )
        self.store(catalogue, item, Ingested(source))


def _enter(catalogue: Catalogue, paths: Sequence[Path]) -> None:
    """Enter new sources, and with it settle the slugs of their clips, before any work is done."""
    known = catalogue.library.sources()
    new = [path for path in paths if path not in known]
    if new:
        taken = {source.base for source in known.values()}
        named = bases_for(new, taken)
        catalogue.library.enter_sources(StoredSource(path, readable(path), base) for path, base in named.items())


def _is_whole(footage: Footage) -> bool:
    """Whether its mezzanine is there, where it has one."""
    if footage.file is None:
        return True
    return size_and_time(footage.file)[0] == footage.byte_count
