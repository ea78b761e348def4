"""What became of the tags that were given: for a person, as a table, a CSV and JSON, and clip by clip."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from engine.formats.replace_file import replace_file
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.tags import TagChange, read_given_tags, read_tag_changes, tags_of
from preprocess.catalogue.values import GivenTag
from preprocess.tagging.normalize import Namer, normalized
from preprocess.tagging.vocabulary import Vocabulary

REPORT = "reports/tags.csv"
# A spreadsheet takes a cell that begins so for a formula, and a tag may come from anywhere.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Renamed:
    """A word that was given to `clips` clips, and what it came to: `after` is '' where it was dropped."""

    before: str
    after: str
    why: str
    clips: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """A tag that the vocabulary has not, and the tag of it that may have been meant, or ''."""

    tag: str
    clips: int
    suggestion: str


@dataclass(frozen=True, slots=True)
class TagReport:
    """Of a whole library: what became of words, which stayed unknown, and what was dropped clip by clip."""

    renamed: tuple[Renamed, ...]
    unknown: tuple[Unknown, ...]
    resolved: tuple[TagChange, ...]


def tag_report(catalogue: Catalogue, vocabulary: Vocabulary) -> TagReport:
    """The report of a library as its last `normalize` and `resolve` left it."""
    given = read_given_tags(catalogue)
    changes = read_tag_changes(catalogue, "normalize")
    renamed = Counter((change.before, change.after, change.why) for change in changes)
    return TagReport(
        tuple(Renamed(*key, clips) for key, clips in sorted(renamed.items())),
        _unknown(Namer(vocabulary, given), given),
        tuple(read_tag_changes(catalogue, "resolve")),
    )


def _unknown(namer: Namer, given: Sequence[GivenTag]) -> tuple[Unknown, ...]:
    """The tags that the vocabulary has not, the most frequent first."""
    clips: dict[tuple[str, str], set[str]] = {}
    for tag in given:
        named = namer.named(tag.tag, tag.origin)
        if named.unknown:
            clips.setdefault((named.name, named.suggestion), set()).add(tag.slug)
    found = (Unknown(name, len(slugs), suggestion) for (name, suggestion), slugs in clips.items())
    return tuple(sorted(found, key=lambda one: (-one.clips, one.tag, one.suggestion)))


def write_report(catalogue: Catalogue, vocabulary: Vocabulary) -> None:
    """Write `reports/tags.csv`: words by how often, then clip by clip. Raises OutputError where that fails."""
    report = tag_report(catalogue, vocabulary)
    rows: list[Sequence[object]] = [("step", "clip", "before", "after", "why", "clips", "did you mean")]
    rows += [("normalize", "", one.before, one.after, one.why, one.clips, "") for one in report.renamed]
    rows += [
        ("unknown", "", one.tag, one.tag, "not in the vocabulary", one.clips, one.suggestion) for one in report.unknown
    ]
    rows += [("resolve", one.slug, one.before, one.after, one.why, 1, "") for one in report.resolved]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[_cell(value) for value in row] for row in rows])
    path = catalogue.folder / REPORT
    path.parent.mkdir(exist_ok=True)
    replace_file(path, text.getvalue().encode("utf-8", "replace"))


def _cell(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


@dataclass(frozen=True, slots=True)
class Explained:
    """What became of one given tag: who gave it, its name in the vocabulary, whether it holds, and why not."""

    tag: str
    origin: str
    confidence: float
    name: str
    holds: bool
    why: str


def explain(catalogue: Catalogue, vocabulary: Vocabulary, slug: str) -> tuple[list[Explained], dict[str, str]]:
    """What became of each tag that was given to a fragment, and the tags that hold, each with why it does."""
    given = read_given_tags(catalogue, slug)
    renamed = {change.before: change for change in read_tag_changes(catalogue, "normalize", slug)}
    dropped = {change.before: change for change in read_tag_changes(catalogue, "resolve", slug)}
    holding = tags_of(catalogue, slug)
    rows = []
    for tag in given:
        change = renamed.get(tag.tag)
        name = change.after if change else tag.tag
        whys = [change.why] if change else []
        whys += [dropped[name].why] if name in dropped else []
        rows.append(Explained(tag.tag, tag.origin, tag.confidence, name, name in holding, "; ".join(whys)))
    names = {one.tag for one in normalized(given, renamed.values())}
    return rows, {tag: _why(tag, names, vocabulary) for tag in holding}


def _why(tag: str, given: Collection[str], vocabulary: Vocabulary) -> str:
    if tag in given:
        return "given"
    narrower = sorted(one for one in given if tag in vocabulary.parents.get(one, ()))
    return f"since it is {' and '.join(narrower)}" if narrower else "from an earlier vocabulary"
