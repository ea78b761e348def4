"""The steps `check` and `regenerate` on a library: what is made again, how often, and what is left to a person."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from preprocess.caption.step import ComposedStep
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.texts import current_texts, put_text
from preprocess.catalogue.values import Text
from preprocess.check.regenerate import RegenerateStep
from preprocess.check.report import DOUBTFUL
from preprocess.check.step import CheckStep
from preprocess.check.store import note_try, read_doubts
from preprocess.describe.step import DescribeStep
from preprocess.style.model import Style
from tests.openai_support import Server, answer, openai_server
from tests.words_support import dumped, make_library, measure_again, run, style


def all_steps(of: Style) -> tuple[Any, ...]:
    return ComposedStep(of), DescribeStep(of), CheckStep(of), RegenerateStep(of)


def say(catalogue: Catalogue, slug: str, text: str, origin: str = "blip2", kind: Any = "caption") -> None:
    put_text(catalogue, Text(slug, kind, text, origin))


def doubted(catalogue: Catalogue) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for one in read_doubts(catalogue):
        found.setdefault((one.slug, one.kind), []).append(one.doubt)
    return found


def test_check_changes_no_text_and_notes_what_is_doubtful(tmp_path: Path) -> None:
    with Catalogue(make_library(tmp_path / "L")) as catalogue:
        run(catalogue, ComposedStep(style()), DescribeStep(style()))
        say(catalogue, "c001", "a picture of a picture of a")
        say(catalogue, "c002", "")
        before = [line for line in dumped(catalogue) if line.startswith("texts")]
        run(catalogue, CheckStep(style()))
        assert doubted(catalogue) == {
            ("c001", "caption"): ["hallucinated", "truncated"],
            ("c002", "caption"): ["empty"],
        }
        assert [line for line in dumped(catalogue) if line.startswith("texts")] == before
        assert run(catalogue, CheckStep(style())) == [False]
        say(catalogue, "c002", "a lake and a boat")
        assert run(catalogue, CheckStep(style())) == [True]
        assert set(doubted(catalogue)) == {("c001", "caption")}


def test_only_the_doubtful_is_made_again_and_what_was_is_kept(tmp_path: Path) -> None:
    with Catalogue(make_library(tmp_path / "L")) as catalogue:
        run(catalogue, ComposedStep(style()), DescribeStep(style()))
        before = current_texts(catalogue, "caption")
        say(catalogue, "c001", "a picture of a picture of a")
        step = RegenerateStep(style())
        run(catalogue, CheckStep(style()), step)
        after = current_texts(catalogue, "caption")
        assert {slug for slug in after if after[slug] != before[slug]} == {"c001"}
        assert after["c001"].origin == "composed"
        states = catalogue.connection.execute(
            "SELECT text, state FROM texts WHERE slug = 'c001' AND kind = 'caption' ORDER BY id"
        ).fetchall()
        assert [row["state"] for row in states] == ["superseded", "superseded", "current"]
        assert states[1]["text"] == "a picture of a picture of a"
        assert doubted(catalogue) == {}
    assert step.made_again == 1


def test_clips_that_look_alike_get_captions_that_tell_them_apart(tmp_path: Path) -> None:
    with Catalogue(make_library(tmp_path / "L", count=4, same=9)) as catalogue:
        run(catalogue, ComposedStep(style()), DescribeStep(style()), CheckStep(style()))
        assert {doubt for doubts in doubted(catalogue).values() for doubt in doubts} == {"repeated"}
        run(catalogue, RegenerateStep(style()))
        captions = {text.text for slug, text in current_texts(catalogue, "caption").items() if slug.startswith("s")}
        assert not [slug for slug, kind in doubted(catalogue) if kind == "caption"]
        assert len(captions) > 5
        assert "part" in " ".join(captions)


def test_after_its_tries_a_text_is_left_to_a_person(tmp_path: Path) -> None:
    of = style(check={"most_tries": 2, "fewest_words": 50})
    with Catalogue(make_library(tmp_path / "L", 3)) as catalogue:
        assert run(catalogue, *all_steps(of)) == [True] * 4
        assert {(one.tries, one.for_person) for one in read_doubts(catalogue)} == {(2, True)}
        tries = catalogue.connection.execute("SELECT count(*) FROM texts WHERE kind = 'caption'").fetchone()[0]
        assert tries == 3 * 3
        before = dumped(catalogue)
        assert run(catalogue, *all_steps(of)) == [False] * 4
        assert dumped(catalogue) == before
        with (tmp_path / "L" / DOUBTFUL).open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["kind"] == "caption"]
    assert [(row["clip"], row["doubt"], row["tries"]) for row in rows] == [
        (f"c00{number}", "empty", "2") for number in range(3)
    ]


def test_tries_count_on_though_a_doubt_goes_and_comes_back(tmp_path: Path) -> None:
    """Else texts that are alike in turns would be made again for ever."""
    with Catalogue(make_library(tmp_path / "L")) as catalogue:
        run(catalogue, ComposedStep(style()), DescribeStep(style()))
        tries = []
        for _ in range(3):
            say(catalogue, "c001", "a picture of a picture of a")
            run(catalogue, CheckStep(style()))
            with catalogue.transaction():
                note_try(catalogue, "c001", "caption")
            say(catalogue, "c001", "a lake and a boat")
            run(catalogue, CheckStep(style()))
            assert not doubted(catalogue)
            say(catalogue, "c001", "a picture of a picture of a")
            run(catalogue, CheckStep(style()))
            tries.append({one.tries for one in read_doubts(catalogue)})
        assert tries == [{1}, {2}, {3}]
        assert all(one.for_person for one in read_doubts(catalogue))


def test_no_tries_at_all_leave_everything_to_a_person(tmp_path: Path) -> None:
    of = style(check={"most_tries": 0, "fewest_words": 50})
    with Catalogue(make_library(tmp_path / "L", 2)) as catalogue:
        run(catalogue, *all_steps(of))
        assert all(one.for_person and one.tries == 0 for one in read_doubts(catalogue))
        assert catalogue.connection.execute("SELECT count(*) FROM texts").fetchone()[0] == 4


def test_a_persons_text_is_listed_and_never_made_again(tmp_path: Path) -> None:
    with Catalogue(make_library(tmp_path / "L", 3)) as catalogue:
        run(catalogue, ComposedStep(style()), DescribeStep(style()))
        measure_again(catalogue, "c001", brightness=0.9)
        say(catalogue, "c001", "=night", "person")
        say(catalogue, "c001", "A street at night.", "person", "description")
        run(catalogue, CheckStep(style()), RegenerateStep(style()))
        assert current_texts(catalogue, "caption")["c001"].text == "=night"
        assert {(one.kind, one.for_person, one.tries) for one in read_doubts(catalogue)} == {
            ("caption", True, 0),
            ("description", True, 0),
        }
    with (tmp_path / "L" / DOUBTFUL).open(newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    assert "'=night" in texts


def test_a_new_caption_from_another_hand_has_its_tries_before_it(tmp_path: Path) -> None:
    of = style(check={"most_tries": 1, "fewest_words": 50})
    with Catalogue(make_library(tmp_path / "L", 1)) as catalogue:
        run(catalogue, *all_steps(of))
        assert {one.tries for one in read_doubts(catalogue)} == {1}
        say(catalogue, "c000", "a lake", "blip2")
        run(catalogue, CheckStep(of))
        assert {(one.kind, one.tries, one.for_person) for one in read_doubts(catalogue)} == {
            ("caption", 0, False),
            ("description", 1, True),
        }


def test_a_changed_caption_has_its_description_follow_within_the_same_run(tmp_path: Path) -> None:
    with Catalogue(make_library(tmp_path / "L", 3)) as catalogue:
        run(catalogue, ComposedStep(style()))
        say(catalogue, "c001", "a night and a night and a night and a night")
        assert run(catalogue, *all_steps(style())[1:]) == [True, True, True]
        assert "night and a night" not in current_texts(catalogue, "description")["c001"].text
        assert run(catalogue, *all_steps(style())[1:]) == [False, False, False]


@pytest.mark.parametrize("killed_at", range(1, 40, 6))
def test_a_run_that_is_killed_anywhere_ends_like_one_that_is_not(tmp_path: Path, killed_at: int) -> None:
    """Each commit is a moment after which a kill would leave what stands then."""

    class KilledError(Exception):
        pass

    def library(name: str) -> Catalogue:
        return Catalogue(make_library(tmp_path / name, count=4, same=6))

    with library("whole") as catalogue:
        run(catalogue, *all_steps(style()))
        whole = dumped(catalogue)
    with library("killed") as catalogue:
        left = killed_at

        def count(statement: str) -> None:
            nonlocal left
            left -= statement.startswith("BEGIN")

        catalogue.connection.set_trace_callback(count)

        def tell_or_die(done: float, total: float) -> None:
            if left <= 0:
                raise KilledError

        for step in all_steps(style()):
            try:
                step.run(catalogue, tell_or_die)
            except KilledError:
                break
        catalogue.connection.set_trace_callback(None)
        run(catalogue, *all_steps(style()))
        assert dumped(catalogue) == whole


# By a language model


@pytest.fixture
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.mark.usefixtures("_no_key")
def test_a_model_is_told_what_was_wrong(tmp_path: Path) -> None:
    def asking(server: Server) -> Style:
        return style(describe={"by": "language_model", "server": server.url, "model": "m", "at_once": 1})

    bad = answer("A calm lake under a grey sky, and a boat, and the")
    good = answer("A calm lake under a grey sky, with one boat upon it.")
    with Catalogue(make_library(tmp_path / "L", 1)) as catalogue, openai_server(bad, good) as server:
        measure_again(catalogue, "c000", brightness=0.4)
        run(catalogue, *all_steps(asking(server)))
        assert current_texts(catalogue, "description")["c000"].text.endswith("one boat upon it.")
        assert read_doubts(catalogue) == []
        assert run(catalogue, *all_steps(asking(server))) == [False] * 4
    assert "doubts" not in server.data(0)
    assert server.data(1)["doubts"] == ['it ends without a full stop, with "the"']


@pytest.mark.usefixtures("_no_key")
def test_a_cap_holds_while_texts_are_made_again(tmp_path: Path) -> None:
    bad = answer("A calm lake under a grey sky, and a boat, and the")
    with Catalogue(make_library(tmp_path / "L", 5)) as catalogue, openai_server(*[bad] * 99) as server:
        of = style(
            describe={"by": "language_model", "server": server.url, "model": "m", "at_once": 1, "cap_requests": 7}
        )
        run(catalogue, *all_steps(of))
    assert len(server.requests) == 5 + 7  # each step of the run has its own budget
