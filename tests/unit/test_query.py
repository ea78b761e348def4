"""The filter: what it finds, and what it says of mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import ShowError
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.columns import ClipTable
from preprocess.catalogue.query import MEASURES, parse_query
from preprocess.catalogue.texts import PERSON, put_text
from preprocess.catalogue.values import Text
from tests.described_support import Described, colours, describe

CLIPS = (
    Described(
        "boat",
        caption="A boat on a Lake",
        tags={"lake": 0.9, "water": 0.9},
        measures={"motion": 0.2, "colours": colours(blue=0.6, grey=0.05), "people": 2},
        seconds=3,
    ),
    Described("dark", caption="Nothing to be seen", measures={"black": True, "static": True, "motion": 0.0}),
    Described("fire", caption='Flames, 100% "hot"', tags={"fire": 1.0}, measures={"motion": 0.9}, seconds=8),
    Described("unknown", measures=None),
)


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with Catalogue(tmp_path / "library") as opened:
        describe(opened, CLIPS)
        opened.connection.executescript(
            "INSERT INTO movements VALUES ('built', 0, '');"
            "INSERT INTO assignments (movement, slug, score, why) VALUES ('built', 'fire', 1, '');"
            "INSERT INTO duplicates VALUES ('fire', 'boat', 3, 'near');"
        )
        yield opened


def found(catalogue: Catalogue, line: str) -> list[str]:
    return ClipTable.read(catalogue.connection).matching(parse_query(line))


@pytest.mark.parametrize(
    ("line", "slugs"),
    [
        ("", ["boat", "dark", "fire", "unknown"]),
        ("lake", ["boat"]),
        ("LAKE boat", ["boat"]),
        ('"a boat on"', ["boat"]),
        ("fire", ["fire"]),  # a tag and a slug are words too
        ("100%", ["fire"]),
        ("o_t", []),
        ("tag:lake", ["boat"]),
        ("tag:fire,LAKE", ["boat", "fire"]),
        ("-tag:lake", ["dark", "fire", "unknown"]),
        ("colour:blue", ["boat"]),
        ("colour:grey", []),  # a trace of it is nothing to call the clip by
        ("movement:built", ["fire"]),
        ("source:tape -lake", ["dark", "fire", "unknown"]),
        ("is:black", ["dark"]),
        ("is:static,duplicate", ["dark", "fire"]),
        ("is:untagged", ["dark", "unknown"]),
        ("is:uncaptioned", ["unknown"]),
        ("is:unplaced -is:black", ["boat", "unknown"]),
        ("motion>0.2", ["fire"]),
        ("motion>=0.2", ["boat", "fire"]),
        ("motion≤0.2", ["boat", "dark"]),
        ("motion:0.1..0.5", ["boat"]),
        ("motion:..0.1", ["dark"]),
        ("motion:0.3..", ["fire"]),
        ("people=2", ["boat"]),
        ("duration_s>=3 duration_s<8", ["boat"]),
        ("-motion>0", ["dark", "unknown"]),  # what was not measured keeps to no bounds
        ("motion>0 flames", ["fire"]),
    ],
)
def test_what_a_filter_finds(catalogue: Catalogue, line: str, slugs: list[str]) -> None:
    assert found(catalogue, line) == slugs


def test_a_persons_mark_counts_for_more_than_a_measure(catalogue: Catalogue) -> None:
    catalogue.connection.executescript(
        "INSERT INTO marks VALUES ('dark', 'black', 0), ('boat', 'left_out', 1), ('fire', 'duplicate', 0)"
    )
    assert found(catalogue, "is:black") == []
    assert found(catalogue, "is:duplicate") == []
    assert found(catalogue, "is:left_out") == ["boat"]


def test_retired_clips_are_not_among_them(catalogue: Catalogue) -> None:
    catalogue.connection.execute("UPDATE fragments SET retired = 1 WHERE slug = 'boat'")
    assert found(catalogue, "") == ["dark", "fire", "unknown"]


def test_after_changes_to_some_clips_the_table_is_as_if_read_anew(catalogue: Catalogue) -> None:
    table = ClipTable.read(catalogue.connection)
    put_text(catalogue, Text("boat", "caption", "A ship", PERSON))
    catalogue.connection.executescript(
        "DELETE FROM tags WHERE slug = 'boat'; INSERT INTO tags VALUES ('boat', 'ship', 1), ('dark', 'fire', 1);"
        "UPDATE analyses SET motion = 0.7, colours = '[]' WHERE slug = 'boat'"
    )
    changed, anew = table.reread(catalogue.connection, ["boat", "dark"]), ClipTable.read(catalogue.connection)
    assert changed.texts == anew.texts
    assert {label: list(rows) for label, rows in changed.labels.items()} == {
        label: list(rows) for label, rows in anew.labels.items()
    }
    assert changed.matching(parse_query("motion>0.5")) == ["boat", "fire"]
    assert table.matching(parse_query("tag:lake")) == ["boat"], "the older table stays as it was"
    with pytest.raises(KeyError):
        table.reread(catalogue.connection, ["nowhere"])


def test_every_mistake_is_told_with_its_term_and_what_would_mend_it() -> None:
    with pytest.raises(ShowError) as caught:
        parse_query('motoin>0.3 lake motion>0,5 is:blakc taag:lake tag: motion:3 "open people>nan')
    told = {problem.path: (problem.what, problem.mend) for problem in caught.value.problems}
    assert told["motoin>0.3"] == ("motoin is no measure", "did you mean motion?")
    assert told["motion>0,5"] == ("0,5 is no number", "the decimal sign is a point")
    assert told["is:blakc"] == ("blakc is no flag", "did you mean black?")
    assert told["taag:lake"] == ("taag is nothing to filter by", "did you mean tag?")
    assert told["tag:"][0] == "a name is missing"
    assert told["motion:3"][0] == "has no bounds"
    assert told['"'][0] == "a quotation mark without its fellow"
    assert told["people>nan"][0] == "nan is no number to compare with"
    assert len(told) == 8


def test_a_filter_of_any_length_is_refused_and_words_of_code_are_words(catalogue: Catalogue) -> None:
    with pytest.raises(ShowError, match="longer than"):
        parse_query("x" * 5000)
    assert found(catalogue, "'); DROP TABLE fragments; --") == []
    assert found(catalogue, "tag:__import__('os')") == []
    assert found(catalogue, "lake") == ["boat"]


def test_the_measures_are_those_of_an_analysis() -> None:
    assert "motion" in MEASURES
    assert "loudness_lufs" in MEASURES
    assert "slug" not in MEASURES
    assert "black" not in MEASURES
