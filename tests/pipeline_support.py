"""Toy steps for the runner's tests: they count letters, and do on demand what real work does at its worst."""

from __future__ import annotations

import os
import signal
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import OutputError, SourceError
from engine.formats.library_rows import StoredSource
from preprocess.catalogue.catalogue import Catalogue
from preprocess.pipeline.step import Failed, Item, ItemStep, Tell, hashed


@dataclass(frozen=True)
class Word:
    """A job. `log` takes a line for each word that was worked on."""

    text: str
    log: Path


def count_letters(jobs: Sequence[Word], tell: Tell) -> Sequence[Any]:
    """Work. Words that begin with ! misbehave."""
    results: list[Any] = []
    for done, job in enumerate(jobs):
        with job.log.open("a") as log:
            log.write(job.text + "\n")
        tell(done, len(jobs))
        if job.text == "!crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if job.text == "!ended always" or (job.text == "!ended" and not _was_here(job.log.with_name("ended"))):
            os.kill(os.getpid(), signal.SIGKILL)
        if job.text == "!full":
            raise OutputError("the disk is full", subject=job.log, mend="make room")
        if job.text == "!source":
            raise SourceError("is no word", subject=job.text, mend="spell it")
        if job.text == "!bug":
            raise ZeroDivisionError("a mistake of ours")
        if job.text == "!wait":
            (job.log.parent / f"pid-{os.getpid()}").touch()
            signal.pause()
        results.append(Failed("is silent", "speak up") if job.text == "!fail" else len(job.text))
    return results


def repeated(jobs: Sequence[int], tell: Tell) -> Sequence[str]:
    """Work whose results are as long as its jobs say."""
    return ["x" * job for job in jobs]


def _was_here(mark: Path) -> bool:
    was = mark.exists()
    mark.touch()
    return was


class LettersStep(ItemStep):
    """Counts the letters of its words: a word is an item, its own source, and stored as the source's title.

    Or all are of one source, "text", and one `stretch` of it.
    """

    version = 1
    work = staticmethod(count_letters)

    def __init__(
        self, log: Path, words: Sequence[str], *, name: str = "letters", batch: int = 1, stretch: bool = False
    ) -> None:
        self.log, self.words, self.name, self.batch, self.stretch = log, words, name, batch, stretch
        self.wants = "nothing"
        self.asked: list[Collection[str] | None] = []

    @property
    def settings(self) -> str:
        return hashed(self.wants)

    def items(self, catalogue: Catalogue, bases: Collection[str] | None = None) -> Iterable[Item]:
        self.asked.append(bases)
        for word in self.words:
            base = "text" if self.stretch else word
            if bases is None or base in bases:
                place = 0 if self.stretch else None
                yield Item(word, base, hashed(word), Word(word, self.log), len(word), word, place)

    def store(self, catalogue: Catalogue, item: Item, result: Any) -> None:
        catalogue.connection.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"{self.name}/{item.key}", str(result))
        )

    def drop(self, catalogue: Catalogue, keys: Sequence[str]) -> None:
        for key in keys:
            catalogue.connection.execute("DELETE FROM meta WHERE key = ?", (f"{self.name}/{key}",))
        catalogue.forget_made(self.name, keys)


def counted(catalogue: Catalogue, name: str = "letters") -> dict[str, int]:
    """What the step stored."""
    rows = catalogue.connection.execute("SELECT key, value FROM meta WHERE key GLOB ?", (f"{name}/*",))
    return {row["key"].removeprefix(f"{name}/"): int(row["value"]) for row in rows}


def worked(log: Path) -> list[str]:
    """Every word that was worked on, sorted, as often as it was."""
    return sorted(log.read_text().split()) if log.exists() else []


def enter_source(catalogue: Catalogue, path: Path, base: str) -> None:
    """A source's row, so that other tables may speak of it."""
    catalogue.library.enter_sources([StoredSource(path, base, base)])
