"""The steps `normalize` and `resolve`: from tags as they were given to tags as they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import groupby

from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.fragments import read_analyses
from preprocess.catalogue.tags import (
    TagChange,
    read_given_tags,
    read_tag_changes,
    store_tag_changes,
    store_tags,
)
from preprocess.pipeline.step import Tell, hashed, hashed_settings
from preprocess.style.model import Style
from preprocess.tagging.normalize import Namer, changes, normalized
from preprocess.tagging.report import write_report
from preprocess.tagging.resolve import settle
from preprocess.tagging.vocabulary_file import lay_out_vocabulary, read_vocabulary, vocabulary_bytes

_GIVEN = "SELECT slug, tag, origin, confidence FROM given_tags ORDER BY slug, tag, origin"
_NORMALIZED = "SELECT slug, before, after FROM tag_changes WHERE step = 'normalize' ORDER BY slug, before"
_MEASURED = "SELECT * FROM analyses ORDER BY slug"


class NormalizeStep:
    """Brings the words of given tags to the library's vocabulary; notes in `tag_changes` what became of each.

    Where the library has no vocabulary, it gets the one that ships. A vocabulary with mistakes raises ShowError with
    all of them, and nothing is changed.
    """

    name = "normalize"
    version = 1

    def __init__(self, style: Style) -> None:
        self._settings = style.tagging

    @property
    def settings(self) -> str:
        return hashed(self._settings.vocabulary)

    def inputs(self, catalogue: Catalogue) -> str:
        return hashed(_rows(catalogue, _GIVEN), vocabulary_bytes(catalogue.folder, self._settings))

    def run(self, catalogue: Catalogue, tell: Tell) -> None:
        lay_out_vocabulary(catalogue.folder, self._settings)
        vocabulary = read_vocabulary(catalogue.folder, self._settings)
        given = read_given_tags(catalogue)
        tell(0, len(given))
        store_tag_changes(catalogue, "normalize", changes(Namer(vocabulary, given), given))
        tell(len(given), len(given))


class ResolveStep:
    """Settles which tags hold, and writes `tags` anew as a whole; what was dropped, and why, is in `tag_changes`.

    It goes by what `normalize` made of the given tags, and writes `reports/tags.csv`.
    """

    name = "resolve"
    version = 1

    def __init__(self, style: Style) -> None:
        self._settings = style.tagging

    @property
    def settings(self) -> str:
        return hashed_settings(self._settings)

    def inputs(self, catalogue: Catalogue) -> str:
        rows = [_rows(catalogue, query) for query in (_GIVEN, _NORMALIZED, _MEASURED)]
        return hashed(rows, vocabulary_bytes(catalogue.folder, self._settings))

    def run(self, catalogue: Catalogue, tell: Tell) -> None:
        vocabulary = read_vocabulary(catalogue.folder, self._settings)
        analyses = {analysis.slug: analysis for analysis in read_analyses(catalogue)}
        given = normalized(read_given_tags(catalogue), read_tag_changes(catalogue, "normalize"))
        tags: dict[str, Mapping[str, float]] = {}
        dropped: list[TagChange] = []
        for slug, its in groupby(given, key=lambda tag: tag.slug):
            settled = settle(list(its), vocabulary, self._settings, analyses.get(slug))
            tags[slug] = settled.tags
            dropped += settled.changes
            tell(len(tags), len(analyses))
        with catalogue.transaction():
            store_tags(catalogue, tags)
            store_tag_changes(catalogue, "resolve", dropped)
        write_report(catalogue, vocabulary)


def _rows(catalogue: Catalogue, query: str) -> str:
    """A hash of all rows of a query."""
    digest = hashlib.sha256()
    for row in catalogue.connection.execute(query):
        digest.update(repr(tuple(row)).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
