"""Tags brought to a vocabulary and settled: words, conflicts, and the steps that store them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ShowError
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.tags import put_given_tags, read_tag_changes, read_tags, say_of_tag
from preprocess.catalogue.texts import PERSON
from preprocess.catalogue.values import GivenTag
from preprocess.pipeline.listening import Silent
from preprocess.pipeline.runner import run_whole
from preprocess.style.read import default_style
from preprocess.tagging.normalize import Namer, changes, normalized
from preprocess.tagging.report import REPORT, explain, tag_report
from preprocess.tagging.resolve import settle
from preprocess.tagging.settings import TaggingSettings
from preprocess.tagging.step import NormalizeStep, ResolveStep
from preprocess.tagging.vocabulary import Vocabulary
from preprocess.tagging.vocabulary_file import read_vocabulary, shipped_vocabulary
from preprocess.tagging.vocabulary_parse import parse_vocabulary
from preprocess.tagging.words import plain, singular, slip
from tests.described_support import Described, analysis, describe

WORDS = """
tags:
  water:
  lake: {synonyms: [pond, lake side], parents: [water]}
  mountain: {}
  house: {synonyms: [cottage]}
  indoor:
  outdoor:
  kitchen: {parents: [indoor]}
  day:
  night:
  still:
  moving:
exclusive:
  place: {indoor: {}, outdoor: {}}
  light: {day: {brightness: [0.2, 0.4]}, night: {brightness: [0.35, 0.15]}}
  motion: {still: {motion: [0.15, 0.02]}, moving: {motion: [0.03, 0.2]}}
ignored: [picture]
"""


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return parse_vocabulary(WORDS, "vocabulary.yaml")


def given(*tags: tuple[str, str, float], slug: str = "a") -> list[GivenTag]:
    return [GivenTag(slug, tag, origin, confidence) for tag, origin, confidence in tags]


@pytest.mark.parametrize(
    ("text", "words", "one"),
    [
        ("Lakes", "lakes", "lake"),
        ("  Close-Up!", "close up", "close up"),
        ("#bus_stops", "bus stops", "bus stop"),
        ("Glass", "glass", "glass"),
        ("cities", "cities", "city"),
        ("women", "women", "woman"),
        ("boxes", "boxes", "box"),
        ("=SUM(A1)", "sum a1", "sum a1"),
        ("Été", "été", "été"),
        ("…", "", ""),
    ],
)
def test_words_are_written_plainly_and_in_the_singular(text: str, words: str, one: str) -> None:
    assert plain(text) == words
    assert singular(words) == one


@pytest.mark.parametrize(
    ("word", "meant", "kind"),
    [
        ("moutain", "mountain", "letter missing"),
        ("mountainn", "mountain", "letter too many"),
        ("mounatin", "mountain", "letters swapped"),
        ("horse", "house", "other letter"),
        ("beach", "peach", None),  # the first letter is seldom mistaken
        ("mtain", "mountain", None),
        ("house", "house", None),
    ],
)
def test_a_slip_of_the_pen_is_one_letter(word: str, meant: str, kind: str | None) -> None:
    assert slip(word, meant) == kind


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("lake", "lake"),
        ("Lakes", "lake"),
        ("POND", "lake"),
        ("ponds", "lake"),
        ("lake-side", "lake"),
        ("Picture", ""),
        ("pictures", ""),
        ("a man who walks along a very long street", ""),
        ("!!!", ""),
        ("Zebras", "zebra"),
    ],
)
def test_what_a_word_comes_to(vocabulary: Vocabulary, tag: str, name: str) -> None:
    assert Namer(vocabulary, ()).named(tag, "caption").name == name


def test_a_misspelling_is_merged_only_where_it_is_rare_and_the_word_is_frequent(vocabulary: Vocabulary) -> None:
    right = [GivenTag(f"clip-{n}", "Mountains", "caption", 1) for n in range(10)]
    wrong = [GivenTag("z", "moutain", "caption", 1)]
    assert Namer(vocabulary, right + wrong).named("moutain", "caption").name == "mountain"
    few = Namer(vocabulary, right[:3] + wrong).named("moutain", "caption")
    assert (few.name, few.unknown, few.suggestion) == ("moutain", True, "mountain")
    many = [GivenTag(f"clip-{n}", "moutain", "caption", 1) for n in range(3)]
    assert Namer(vocabulary, right * 10 + many).named("moutain", "caption").name == "moutain"


def test_another_letter_makes_another_word_and_is_only_suggested(vocabulary: Vocabulary) -> None:
    houses = [GivenTag(f"clip-{n}", "house", "caption", 1) for n in range(100)]
    named = Namer(vocabulary, [*houses, GivenTag("z", "horse", "caption", 1)]).named("horse", "caption")
    assert (named.name, named.suggestion) == ("horse", "house")


def test_a_persons_words_are_never_ignored_shortened_or_respelled(vocabulary: Vocabulary) -> None:
    mountains = [GivenTag(f"clip-{n}", "mountain", "caption", 1) for n in range(10)]
    namer = Namer(vocabulary, mountains)
    assert namer.named("moutain", PERSON).name == "moutain"
    assert namer.named("Picture", PERSON).name == "picture"
    assert namer.named("ponds", PERSON).name == "lake"
    assert namer.named("what I saw on the day when all of it began", PERSON).name


def test_changes_name_what_was_not_written_so(vocabulary: Vocabulary) -> None:
    tags = given(("Ponds", "caption", 1), ("lake", "analysis", 0.5), ("picture", "caption", 1))
    found = list(changes(Namer(vocabulary, tags), tags))
    assert [(one.before, one.after) for one in found] == [("Ponds", "lake"), ("picture", "")]
    assert "synonym" in found[0].why
    assert normalized(tags, found) == given(("lake", "analysis", 0.5), ("lake", "caption", 1))


def settled(vocabulary: Vocabulary, *tags: tuple[str, str, float], **measures: Any) -> tuple[list[str], dict[str, str]]:
    measured = analysis("a", **measures) if measures else None
    found = settle(given(*tags), vocabulary, TaggingSettings(), measured)
    return list(found.tags), {change.before: change.why for change in found.changes}


def test_of_two_that_exclude_one_another_the_measures_decide(vocabulary: Vocabulary) -> None:
    both = (("day", "caption", 0.8), ("night", "caption", 0.8))
    assert settled(vocabulary, *both, brightness=0.1)[0] == ["night"]
    tags, why = settled(vocabulary, *both, brightness=0.6)
    assert tags == ["day"]
    assert "brightness 0.6" in why["night"]


def test_without_measures_those_that_more_origins_give_stay(vocabulary: Vocabulary) -> None:
    tags = ("indoor", "caption", 0.7), ("indoor", "description", 0.7), ("outdoor", "caption", 0.9)
    assert settled(vocabulary, *tags)[0] == ["indoor"]


def test_a_person_always_wins(vocabulary: Vocabulary) -> None:
    tags, why = settled(vocabulary, ("night", PERSON, 1), ("day", "analysis", 1), ("day", "caption", 1), brightness=0.9)
    assert tags == ["night"]
    assert why == {"day": "a person says night"}
    tags, why = settled(vocabulary, ("lake", PERSON, 0), ("lake", "caption", 1), ("house", "caption", 1))
    assert tags == ["house"]
    assert why == {"lake": "a person took it away"}
    assert settled(vocabulary, ("kitchen", PERSON, 1), ("outdoor", "analysis", 1))[0] == ["indoor", "kitchen"]
    assert settled(vocabulary, ("day", PERSON, 1), ("night", PERSON, 1))[0] == ["day", "night"]


def test_a_tag_brings_its_wider_ones_unless_a_person_took_them_away(vocabulary: Vocabulary) -> None:
    assert settled(vocabulary, ("lake", "caption", 1))[0] == ["lake", "water"]
    assert settled(vocabulary, ("lake", "caption", 1), ("water", PERSON, 0))[0] == ["lake"]


def test_with_a_wider_tag_the_narrower_ones_go(vocabulary: Vocabulary) -> None:
    tags, why = settled(vocabulary, ("kitchen", "caption", 0.3), ("outdoor", "analysis", 1))
    assert tags == ["outdoor"]
    assert "indoor" in why["kitchen"]


def test_a_single_tag_goes_where_the_measures_deny_it_and_are_sure_of_another(vocabulary: Vocabulary) -> None:
    assert settled(vocabulary, ("still", "caption", 0.9), motion=0.8)[0] == []
    assert settled(vocabulary, ("still", "caption", 0.9), motion=0.1)[0] == ["still"]
    assert settled(vocabulary, ("still", PERSON, 1), motion=0.8)[0] == ["still"]


def test_what_hardly_anyone_believes_is_dropped(vocabulary: Vocabulary) -> None:
    tags, why = settled(vocabulary, ("lake", "caption", 0.1), ("house", "caption", 0.5))
    assert tags == ["house"]
    assert "hardly believed" in why["lake"]


def test_every_mistake_in_a_vocabulary_is_told_at_once_with_its_line() -> None:
    text = """tags:
  water: {synonyms: [wet, pond]}
  lake: {synonyms: [Ponds, pond], parents: [watr]}
  lake: {}
  Big-City: {}
  a: {parents: [b]}
  b: {parents: [c]}
  c: {parents: [a]}
  kitchen: {parents: [indoor, outdoor], colour: 3}
  indoor:
  outdoor:
exclusive:
  place: {indoor: {}, outdoor: {}}
  alone: {water: {}}
  other: {indoor: {}, nowhere: {}, water: {brightnes: [0, 1], motion: [1, 1], shake: [1]}}
ignored: [wet]
"""
    with pytest.raises(ShowError) as caught:
        parse_vocabulary(text, "vocabulary.yaml")
    told = {(problem.line, problem.path): problem for problem in caught.value.problems}
    lines = {
        (3, "tags.lake.synonyms.1"): "pond is a synonym of water already (line 2)",
        (3, "tags.lake.parents.0"): "there is no tag watr",
        (4, "tags.lake"): "is written twice",
        (5, "tags.Big-City"): "is not written as tags are",
        (6, "tags.a.parents"): "goes round in a circle: a > b > c > a",
        (9, "tags.kitchen.colour"): "is not a key that is known here",
        (9, "tags.kitchen.parents"): "would be indoor and outdoor, which exclude one another",
        (14, "exclusive.alone"): "has nothing that excludes another",
        (15, "exclusive.other.indoor"): "is in the group place already",
        (15, "exclusive.other.nowhere"): "there is no tag nowhere",
        (15, "exclusive.other.water"): "is in the group alone already",
        (15, "exclusive.other.water.brightnes"): "brightnes is not measured",
        (15, "exclusive.other.water.motion"): "must be two different numbers",
        (16, "ignored.0"): "wet is a synonym of water already (line 2)",
    }
    for place, what in lines.items():
        assert told[place].what == what
    assert told[3, "tags.lake.parents.0"].mend == "did you mean water?"
    assert (15, "exclusive.other.water.shake") in {(line, path[:27]) for line, path in told}
    assert len(told) == len(lines) + 1


@pytest.mark.parametrize("text", ["", "- a\n", "tags: [lake]", "tags: {lake: !!python/object:x {}}", "tags: {lake: 3}"])
def test_what_is_no_vocabulary_is_refused(text: str) -> None:
    with pytest.raises(ShowError):
        parse_vocabulary(text, "vocabulary.yaml")


def test_the_vocabulary_that_ships_has_no_mistakes_and_the_words_of_the_style_that_ships() -> None:
    words = parse_vocabulary(shipped_vocabulary().read_text(encoding="utf-8"), "vocabulary.yaml")
    wanted = {tag for movement in default_style().movements for tag in movement.wishes.tags}
    assert {tag for tag in wanted if tag not in words.meant} == set()
    assert words.parents["kitchen"] == ("room", "indoor")


CLIPS = (
    Described("boat", given={"caption": {"Ponds": 0.9, "boat": 0.9}, PERSON: {"Sea": 1.0}}),
    Described("room", given={"caption": {"Kitchens": 0.9, "=cmd|calc": 0.5, "outdoor": 0.1}}),
    Described(
        "street",
        given={"caption": {"night": 0.9}, "analysis": {"day": 0.9}},
        measures={"brightness": 0.7, "motion": 0.1},
    ),
)


def run_both(catalogue: Catalogue, **settings: Any) -> list[bool]:
    style = default_style().model_copy(update={"tagging": TaggingSettings(**settings)})
    return [run_whole(catalogue, step, Silent()) for step in (NormalizeStep(style), ResolveStep(style))]


def test_the_steps_make_tags_of_what_was_given_and_do_nothing_twice(tmp_path: Path) -> None:
    with Catalogue(tmp_path) as catalogue:
        describe(catalogue, CLIPS)
        assert run_both(catalogue) == [True, True]
        tags = read_tags(catalogue)
        assert list(tags["boat"]) == ["boat", "lake", "nature", "sea", "vehicle", "water"]
        assert tags["boat"]["sea"] == 1
        assert list(tags["room"]) == ["cmd calc", "indoor", "kitchen", "room"]
        assert "day" in tags["street"]
        assert "night" not in tags["street"]
        assert {change.before for change in read_tag_changes(catalogue, "resolve")} == {"night", "outdoor"}
        before = catalogue.connection.total_changes
        assert run_both(catalogue) == [False, False]
        assert catalogue.connection.total_changes == before
        # Forced, it finds the same, and touches no row.
        assert run_whole(catalogue, ResolveStep(default_style()), Silent(), anew=True)
        assert catalogue.connection.total_changes == before + 1, "its row of results alone"


def test_a_new_word_of_a_person_and_a_new_tag_are_taken_in(tmp_path: Path) -> None:
    with Catalogue(tmp_path) as catalogue:
        describe(catalogue, CLIPS)
        run_both(catalogue)
        say_of_tag(catalogue, "boat", "lake", has=False)
        put_given_tags(catalogue, "room", "caption", {"people": 0.9})
        assert run_both(catalogue) == [True, True]
        tags = read_tags(catalogue)
        assert "lake" not in tags["boat"]
        assert list(tags["room"]) == ["people"]
        say_of_tag(catalogue, "boat", "lake", has=None)
        run_both(catalogue)
        assert "lake" in read_tags(catalogue)["boat"]


def test_an_edited_vocabulary_is_kept_and_goes_by(tmp_path: Path) -> None:
    with Catalogue(tmp_path) as catalogue:
        describe(catalogue, CLIPS)
        run_both(catalogue)
        file = tmp_path / "vocabulary.yaml"
        assert file.read_bytes() == shipped_vocabulary().read_bytes()
        file.write_text("tags: {puddle: {synonyms: [pond]}}\n")
        assert run_both(catalogue) == [True, True]
        assert "puddle" in read_tags(catalogue)["boat"]
        assert file.read_text() == "tags: {puddle: {synonyms: [pond]}}\n"


def test_a_vocabulary_with_mistakes_changes_nothing(tmp_path: Path) -> None:
    with Catalogue(tmp_path) as catalogue:
        describe(catalogue, CLIPS)
        run_both(catalogue)
        before = read_tags(catalogue)
        (tmp_path / "vocabulary.yaml").write_text("tags: {a: {parents: [a]}}\n")
        with pytest.raises(ShowError, match="goes round in a circle: a > a"):
            run_both(catalogue)
        assert read_tags(catalogue) == before


@pytest.mark.parametrize("name", ["../v.yaml", "/etc/passwd", "a/../../v.yaml", "..\\v.yaml", "", "C:\\v.yaml"])
def test_a_vocabulary_outside_the_library_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ShowError, match="leads out of the library"):
        read_vocabulary(tmp_path, TaggingSettings(vocabulary=name))


def test_the_report_says_what_became_of_what(tmp_path: Path) -> None:
    with Catalogue(tmp_path) as catalogue:
        describe(catalogue, CLIPS)
        run_both(catalogue)
        words = read_vocabulary(tmp_path, TaggingSettings())
        report = tag_report(catalogue, words)
        assert {(one.before, one.after) for one in report.renamed} >= {("Ponds", "lake"), ("Kitchens", "kitchen")}
        assert [one.tag for one in report.unknown] == ["cmd calc"]
        rows, holding = explain(catalogue, words, "boat")
        assert {(row.tag, row.name, row.holds) for row in rows} >= {("Ponds", "lake", True), ("Sea", "sea", True)}
        assert holding["water"] == "since it is lake and sea"
    with (tmp_path / REPORT).open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'=cmd|calc" in cells, "no formula for a spreadsheet"
