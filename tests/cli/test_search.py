"""`embed`, `search`, `normalize` and `resolve` as commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from preprocess.catalogue.catalogue import Catalogue
from preprocess.cli import main
from tests.described_support import Described, describe

CLIPS = (
    Described("car", caption="a red car [bold]in[/bold] a street", given={"caption": {"Cars": 0.9, "outside": 0.9}}),
    Described("lake", caption="people by a lake", given={"caption": {"Lakes": 0.9, "night": 0.9}}),
    Described("pond", caption="a small lake", given={"caption": {"Ponds": 0.9}}, measures={"motion": 0.9}),
)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    with Catalogue(tmp_path / "library") as catalogue:
        describe(catalogue, CLIPS)
    return tmp_path / "library"


def said(capsys: pytest.CaptureFixture[str], *words: object) -> Any:
    assert main([str(word) for word in words]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main([str(word) for word in words]) == 2
    return capsys.readouterr().err


def test_from_given_tags_to_an_answer(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = said(capsys, "normalize", library, "--json")
    assert named["changed"]
    assert {(one["before"], one["after"]) for one in named["renamed"]} >= {("Ponds", "lake"), ("outside", "outdoor")}
    settled = said(capsys, "resolve", library, "--json")
    assert settled["changed"]
    explained = said(capsys, "resolve", library, "--explain", "pond", "--json")
    assert explained["given"][0]["name"] == "lake"
    assert explained["tags"]["water"] == "since it is lake"
    assert said(capsys, "embed", library, "--json") == {"changed": True, "model": "tfidf", "clips": 3}
    assert said(capsys, "embed", library, "--json")["changed"] is False
    found = said(capsys, "search", library, "people by a lake", "--json")
    assert [one["clip"] for one in found] == ["lake", "pond"]
    assert found[0]["caption"] == "people by a lake"
    assert found[0]["score"] > found[1]["score"] > 0
    assert said(capsys, "search", library, "--like", "lake", "--json")[0]["clip"] == "pond"
    only = said(capsys, "search", library, "lake", "--filter", "motion>0.8", "--json")
    assert [one["clip"] for one in only] == ["pond"]
    assert [one["clip"] for one in said(capsys, "search", library, "--filter", "tag:water", "--json")] == [
        "lake",
        "pond",
    ]
    assert len(said(capsys, "search", library, "lake", "--limit", 1, "--json")) == 1


def test_tables_for_people_take_captions_as_they_stand(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", str(library), "--filter", "red"]) == 0
    assert "[bold]in[/bold]" in capsys.readouterr().out
    for command in (["normalize"], ["resolve"], ["resolve", "--explain", "lake"], ["embed"]):
        assert main([command[0], str(library), *command[1:]]) == 0
    out = capsys.readouterr().out
    assert "lakes is a synonym" not in out
    assert "Lakes" in out
    assert "3 clips embedded with tfidf" in out
    assert main(["search", str(library), "xylophone"]) == 0
    assert "Nothing like it" in capsys.readouterr().out


def test_a_library_is_searched_while_another_writes_it(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["embed", str(library), "--progress", "none"])
    capsys.readouterr()
    with Catalogue(library) as catalogue, catalogue.transaction():
        assert said(capsys, "search", library, "people by a lake", "--json")[0]["clip"] == "lake"


def test_what_cannot_be_searched_is_refused_with_its_mend(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "run runtime-preprocess embed" in refused(capsys, "search", library, "lake")
    assert "no clip library here" in refused(capsys, "search", tmp_path / "nowhere", "lake")
    assert "nothing to search for" in refused(capsys, "search", library)
    assert "exclude one another" in refused(capsys, "search", library, "lake", "--like", "pond")
    wrong = refused(capsys, "search", library, "--filter", "motoin>1 is:blakc")
    assert "did you mean motion?" in wrong
    assert "did you mean black?" in wrong
    main(["embed", str(library)])
    assert "did you mean lake?" in refused(capsys, "search", library, "--like", "laek")
    assert "did you mean pond?" in refused(capsys, "resolve", library, "--explain", "pnod")


def test_mistakes_in_a_vocabulary_are_printed_with_their_lines(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (library / "vocabulary.yaml").write_text("tags:\n  a: {parents: [b]}\n  b: {parents: [a]}\n  c: {synonyms: [a]}\n")
    wrong = refused(capsys, "normalize", library)
    assert "vocabulary.yaml:2: tags.a.parents: goes round in a circle: a > b > a" in wrong
    assert "vocabulary.yaml:4: tags.c.synonyms.0: a is the tag a already (line 2)" in wrong
