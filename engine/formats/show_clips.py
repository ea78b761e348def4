"""The clips of a show as one mapping, and what patterns catch among them, each worked out once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import translate
from functools import cached_property

from engine.model.clips import Clip


class ShowClips(Mapping[str, Clip]):
    """A library's clips, then the layers' own sources; the library is not copied. Immutable.

    What many layers of many movements ask for is one tuple for all of them: a library may have 100,000 clips.
    """

    def __init__(self, library: Mapping[str, Clip], sources: Iterable[Clip]) -> None:
        """`sources` come in front of a clip of the library that has the same slug."""
        self._library = library
        self._own = {clip.slug: clip for clip in sources}
        self._only_own = [slug for slug in self._own if slug not in library]
        self._caught: dict[str, tuple[str, ...]] = {}

    def __getitem__(self, slug: str) -> Clip:
        own = self._own.get(slug)
        return self._library[slug] if own is None else own

    def __contains__(self, slug: object) -> bool:
        return slug in self._own or slug in self._library

    def __iter__(self) -> Iterator[str]:
        yield from self._library
        yield from self._only_own

    def __len__(self) -> int:
        return len(self._library) + len(self._only_own)

    @cached_property
    def of_library(self) -> tuple[str, ...]:
        """The slugs of the library, in order."""
        return tuple(sorted(self._library))

    def matching(self, pattern: str) -> tuple[str, ...]:
        """The clip of that slug; else those of the library that a pattern such as fire* catches, in order."""
        if pattern in self:
            return (pattern,)
        if not any(sign in pattern for sign in "*?["):
            return ()
        if pattern not in self._caught:
            is_caught = re.compile(translate(pattern)).match
            self._caught[pattern] = tuple(filter(is_caught, self.of_library))
        return self._caught[pattern]
