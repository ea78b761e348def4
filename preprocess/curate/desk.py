"""The one thread in which the page's catalogue is read and written: everything that it is asked stands in a queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from preprocess.catalogue import edit_log, edits
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.columns import ClipTable
from preprocess.catalogue.edit_values import ClipEdit, Edit
from preprocess.catalogue.query import Says, Term, parse_query
from preprocess.curate import listing
from preprocess.embed.search import Searcher
from preprocess.style.read import style_of

_Value = TypeVar("_Value")

# More than these the page does not get at once: it says so, and a search finds the others.
MOST_CLIPS = 5000
MOST_ALIKE = 300


class Desk:
    """A catalogue and the thread that owns it; a context manager.

    Raises LibraryError where the library cannot be opened for writing, as when a run works on it. All methods but
    `ask` are called through `ask`.
    """

    def __init__(self, library: Path) -> None:
        self._thread = ThreadPoolExecutor(1, "catalogue")
        self._catalogue: Catalogue
        self._searcher: Searcher | None = None  # made when first asked: it takes memory, and a model's time to load
        try:
            self._thread.submit(self._open, library).result()
        except BaseException:
            self._thread.shutdown()
            raise

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.submit(self._catalogue.__exit__, None, None, None).result()
        self._thread.shutdown()

    async def ask(self, question: Callable[[], _Value]) -> _Value:
        """Have something done in the catalogue's thread, and wait for it without holding up others. Event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, question)

    def _open(self, library: Path) -> None:
        self._catalogue = Catalogue(library)
        try:
            self._table = ClipTable.read(self._catalogue.connection)
        except BaseException:
            self._catalogue.__exit__(None, None, None)
            raise

    @property
    def folder(self) -> Path:
        """The library's folder, absolute. Any thread."""
        return self._catalogue.folder

    def overview(self) -> listing.Json:
        return listing.overview(self._catalogue)

    def clips(self, line: str, *, by_meaning: bool = False, like: str = "") -> listing.Json:
        """The clips that a filter's line means, in slug order, MOST_CLIPS at most.

        `by_meaning`: its plain words are a question, and the clips come the likest first, each with its `likeness`;
        `like`: the same for those like another clip. Raises ShowError where the line says nothing clear, LibraryError
        where the library was not embedded.
        """
        terms = parse_query(line)
        words = [term for term in terms if isinstance(term.condition, Says) and not term.negated]
        if like or (by_meaning and words):
            return self._alike(like, words if by_meaning else [], terms)
        slugs = self._table.matching(terms)
        return {"found": len(slugs), "clips": listing.clips(self._catalogue, slugs[:MOST_CLIPS])}

    def _alike(self, like: str, words: Sequence[Term], terms: Sequence[Term]) -> listing.Json:
        question = " ".join(term.condition.text for term in words if isinstance(term.condition, Says))
        others = [term for term in terms if term not in words]
        among = self._table.matching(others) if others else None
        if self._searcher is None:
            settings = style_of(self.folder).embed
            self._searcher = Searcher.read(self._catalogue.connection, self.folder, settings)
        if like:
            found = self._searcher.like_clip(like, MOST_ALIKE, among)
        else:
            found = self._searcher.like_text(question, MOST_ALIKE, among)
        scores = {one.slug: round(one.score, 4) for one in found}
        rows = listing.clips(self._catalogue, list(scores))
        return {"found": len(rows), "clips": [{**row, "likeness": scores[row["slug"]]} for row in rows]}

    def details(self, slug: str) -> listing.Json | None:
        return listing.details(self._catalogue, slug)

    def schedule(self, movement: str) -> listing.Json:
        return listing.schedule(self._catalogue, movement)

    def knows(self, slug: str) -> bool:
        """Whether there is such a fragment."""
        query = "SELECT 1 FROM fragments WHERE slug = ?"
        return self._catalogue.connection.execute(query, (slug,)).fetchone() is not None

    def apply(self, some: Sequence[Edit]) -> str:
        """Make edits; what was done, in words. See `preprocess.catalogue.edits.apply` for what it raises."""
        done = edits.apply(self._catalogue, some)
        self._reread({edit.slug for edit in some if isinstance(edit, ClipEdit)})
        return done

    def undo(self) -> str:
        done = edit_log.undo(self._catalogue)
        self._table = ClipTable.read(self._catalogue.connection)
        return done

    def redo(self) -> str:
        done = edit_log.redo(self._catalogue)
        self._table = ClipTable.read(self._catalogue.connection)
        return done

    def _reread(self, slugs: set[str]) -> None:
        if slugs <= set(self._table.slugs):
            self._table = self._table.reread(self._catalogue.connection, slugs)
        else:  # a retired one was edited
            self._table = ClipTable.read(self._catalogue.connection)
