"""The suite `catalogue`: what search and filters cost in a library of 100,000 described clips."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from engine.formats.library_catalogue import open_catalogue
from engine.formats.library_nearest import read_nearest
from preprocess.catalogue.columns import ClipTable
from preprocess.catalogue.query import parse_query
from preprocess.embed.search import Searcher
from preprocess.embed.settings import EmbedSettings
from tools.bench.library100k import CLIPS, QUICK_CLIPS, SUBJECTS, library_of
from tools.bench.measuring import Case, collector_set_aside, percentile
from tools.bench.rows import Bar, Options, Row, Tell

_Result = TypeVar("_Result")

SUITE = "catalogue"
_SEARCH_MS = Bar("≤", 200)
_FILTER_MS = Bar("≤", 50)
_ROUNDS, _QUICK_ROUNDS = 10, 2

_QUESTIONS = ("people by a lake", *(f"{subject}, slow, blue" for subject in SUBJECTS))
_FILTERS = (
    "tag:lake",
    "tag:lake,water -tag:night colour:blue motion:0.2..0.6",
    "movement:built people>=1 duration_s<4 -is:black,static,duplicate",
    "lake",
    '"slow pan" crossing',
    "-is:untagged shake<0.5 take",
)


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """Times of questions and filters, worst of a hundred; the library is made once, in about two minutes."""
    count = QUICK_CLIPS if options.quick else CLIPS
    library = library_of(options.media, count, tell)
    case = Case(SUITE, f"{count:,} clips")
    rounds = _QUICK_ROUNDS if options.quick else _ROUNDS
    with open_catalogue(library) as connection:
        tell("loading for search")
        took_s, searcher = _timed(lambda: Searcher.read(connection, library, EmbedSettings()))
        yield case.row("search loaded", took_s, "s")
        tell("loading for filters")
        took_s, table = _timed(lambda: ClipTable.read(connection))
        yield case.row("filters loaded", took_s, "s")
        took_s, _ = _timed(lambda: table.reread(connection, table.slugs[:1]))
        yield case.row("filters after an edit", 1000 * took_s, "ms")
    tell("reading neighbours as the player does")
    took_s, _ = _timed(lambda: read_nearest(library, table.slugs))
    yield case.row("neighbours read", 1000 * took_s, "ms")
    tell("searching")
    search_ms, filter_ms = (None, None) if options.quick else (_SEARCH_MS, _FILTER_MS)
    yield from _times(case, "search", search_ms, rounds, [_asking(searcher, question) for question in _QUESTIONS])
    likes = [_liking(searcher, slug) for slug in table.slugs[:: max(count // 20, 1)]]
    yield from _times(case, "search by clip", search_ms, rounds, likes)
    tell("filtering")
    yield from _times(case, "filter", filter_ms, rounds, [_filtering(table, line) for line in _FILTERS])


def _asking(searcher: Searcher, question: str) -> Callable[[], object]:
    return lambda: searcher.like_text(question)


def _liking(searcher: Searcher, slug: str) -> Callable[[], object]:
    return lambda: searcher.like_clip(slug)


def _filtering(table: ClipTable, line: str) -> Callable[[], object]:
    return lambda: table.matching(parse_query(line))


def _timed(work: Callable[[], _Result]) -> tuple[float, _Result]:
    began_s = time.perf_counter()
    result = work()
    return time.perf_counter() - began_s, result


def _times(case: Case, what: str, bar: Bar | None, rounds: int, work: Sequence[Callable[[], object]]) -> Iterator[Row]:
    with collector_set_aside():
        took_ms = [1000 * _timed(one)[0] for _ in range(rounds) for one in work]
    yield case.row(f"{what}, p50", percentile(took_ms, 50), "ms")
    yield case.row(f"{what}, worst", max(took_ms), "ms", bar)
