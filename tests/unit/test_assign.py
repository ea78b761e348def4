"""Assign: who gets which clips, and why it says so; on catalogues as the steps before leave them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from preprocess.assign.balance import balanced, rooms
from preprocess.assign.clips import ranked, read_clips
from preprocess.assign.settings import AssignSettings
from preprocess.assign.step import AssignStep
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.marks import left_out
from preprocess.embed.step import EmbedStep
from preprocess.style.model import Style
from preprocess.style.read import default_style
from tests.schedule_support import ClipSpec, fill, insert, run, some_clips

STYLE = Style.model_validate(
    {
        "movements": [
            {"name": "built", "wishes": {"measures": {"straight_lines": 1}, "tags": {"architecture": 1}}},
            {"name": "people", "wishes": {"measures": {"people_share": 1}}},
        ]
    }
)


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with Catalogue(tmp_path / "library") as opened:
        yield opened


def assigned(catalogue: Catalogue) -> dict[str, list[str]]:
    rows = catalogue.connection.execute("SELECT movement, slug FROM assignments ORDER BY movement, slug")
    found: dict[str, list[str]] = {}
    for movement, slug in rows:
        found.setdefault(movement, []).append(slug)
    return found


def why(catalogue: Catalogue, slug: str, movement: str) -> str:
    row = catalogue.connection.execute(
        "SELECT why FROM assignments WHERE slug = ? AND movement = ?", (slug, movement)
    ).fetchone()
    return str(row["why"])


def styled(*movements: dict[str, object], **more: object) -> Style:
    return Style.model_validate({"movements": movements, **more})


def test_clips_go_where_they_suit_and_say_why(catalogue: Catalogue, tmp_path: Path) -> None:
    house = {"straight_lines": 0.9, "people_share": 0.0}
    crowd = {"straight_lines": 0.1, "people_share": 0.9}
    clips = [
        *(ClipSpec(f"house{n}", tags={"architecture": 0.71}, measures=house) for n in range(3)),
        *(ClipSpec(f"crowd{n}", people=3, measures=crowd) for n in range(3)),
    ]
    fill(catalogue, clips, tmp_path)
    run(catalogue, AssignStep(STYLE))
    assert assigned(catalogue) == {"built": ["house0", "house1", "house2"], "people": ["crowd0", "crowd1", "crowd2"]}
    assert why(catalogue, "house0", "built") == "architecture 0.71, straight lines"
    assert why(catalogue, "crowd0", "people") == "people"


def test_a_reason_is_given_once(catalogue: Catalogue, tmp_path: Path) -> None:
    style = styled({"name": "all", "wishes": {"measures": {"people_share": 1}, "tags": {"people": 2}}})
    clips = [ClipSpec("crowd", people=1, tags={"people": 0.9}, measures={"people_share": 0.9}), ClipSpec("wall")]
    fill(catalogue, clips, tmp_path)
    run(catalogue, AssignStep(style))
    assert why(catalogue, "crowd", "all") == "people 0.90"


def test_every_movement_gets_its_share_of_clips_that_are_all_alike(catalogue: Catalogue, tmp_path: Path) -> None:
    fill(catalogue, some_clips(50), tmp_path)
    exactly = default_style().model_copy(update={"assign": AssignSettings(spare=0)})
    run(catalogue, AssignStep(exactly))
    assert [len(slugs) for slugs in assigned(catalogue).values()] == [10] * 5
    run(catalogue, AssignStep(default_style()))
    counts = [len(slugs) for slugs in assigned(catalogue).values()]
    assert sum(counts) == 50
    assert min(counts) >= 7
    assert max(counts) <= 13


def test_clips_need_not_go_where_they_do_not_suit(catalogue: Catalogue, tmp_path: Path) -> None:
    crowds = [ClipSpec(f"crowd{n}", people=2, measures={"people_share": 0.9}) for n in range(4)]
    walls = [ClipSpec(f"wall{n}", measures={"straight_lines": 0.6 + n / 100, "people_share": 0.0}) for n in range(6)]
    fill(catalogue, [*crowds, *walls], tmp_path)
    run(catalogue, AssignStep(STYLE))
    assert assigned(catalogue) == {"built": [wall.slug for wall in walls], "people": [crowd.slug for crowd in crowds]}


def test_shares_say_how_many_clips_a_movement_gets(catalogue: Catalogue, tmp_path: Path) -> None:
    fill(catalogue, some_clips(40, sources=40), tmp_path)
    run(catalogue, AssignStep(styled({"name": "long", "wishes": {"share": 3}}, {"name": "short"}, assign={"spare": 0})))
    assert {name: len(slugs) for name, slugs in assigned(catalogue).items()} == {"long": 30, "short": 10}


def test_one_source_does_not_fill_a_movement(catalogue: Catalogue, tmp_path: Path) -> None:
    lines = {"straight_lines": 0.9}
    clips = [ClipSpec(f"tower-{n:02d}", source="tower", measures=lines) for n in range(12)]
    clips += [ClipSpec(f"other{n}", measures={"straight_lines": 0.2}) for n in range(12)]
    fill(catalogue, clips, tmp_path)
    run(
        catalogue,
        AssignStep(
            styled(
                {"name": "lines", "wishes": {"measures": {"straight_lines": 1}}}, {"name": "rest"}, assign={"spare": 0}
            )
        ),
    )
    found = assigned(catalogue)
    assert sum(slug.startswith("tower") for slug in found["lines"]) <= 8
    assert len(found["lines"]) == len(found["rest"]) == 12


@pytest.mark.parametrize(("source", "folder"), [("people_in_town", "videos"), ("tape7", "people")])
def test_a_clip_named_after_a_movement_goes_there(
    catalogue: Catalogue, tmp_path: Path, source: str, folder: str
) -> None:
    named = ClipSpec("named", source=source, folder=folder, measures={"straight_lines": 1.0})
    fill(catalogue, [*some_clips(9), named], tmp_path)
    run(catalogue, AssignStep(STYLE))
    assert "named" in assigned(catalogue)["people"]
    assert why(catalogue, "named", "people").startswith(f"its {'file' if folder == 'videos' else 'folder'} is named")


def test_a_files_name_counts_as_a_tag(catalogue: Catalogue, tmp_path: Path) -> None:
    style = styled({"name": "elements", "wishes": {"tags": {"fire": 1}}}, {"name": "rest"}, assign={"fewest": 1})
    fill(catalogue, [ClipSpec("a", source="Camp-Fire 2"), ClipSpec("b", source="fireman"), ClipSpec("c")], tmp_path)
    run(catalogue, AssignStep(style))
    assert "a" in assigned(catalogue)["elements"]
    assert why(catalogue, "a", "elements") == "fire 0.80"


def test_what_a_person_says_holds(catalogue: Catalogue, tmp_path: Path) -> None:
    named = ClipSpec("named", source="people_of_may")
    fill(catalogue, [*some_clips(6), named, ClipSpec("dark", black=True), ClipSpec("black", black=True)], tmp_path)
    for slug, movement, kind in (("named", "people", "ban"), ("s0-0000", "built", "pin"), ("dark", "built", "pin")):
        insert(catalogue, "placements", {"slug": slug, "movement": movement, "kind": kind})
    run(catalogue, AssignStep(STYLE))
    found = assigned(catalogue)
    assert "named" in found["built"]
    assert "s0-0000" in found["built"]
    assert why(catalogue, "s0-0000", "built").startswith("pinned by hand")
    assert "dark" in found["built"]  # a pin says more than the measure that left it out
    assert left_out(catalogue).keys() == {"black"}, "nor does any report say that it is left out"
    assert "black" not in found["built"] + found["people"]


def test_a_pin_does_not_bring_back_what_a_person_left_out(catalogue: Catalogue, tmp_path: Path) -> None:
    fill(catalogue, some_clips(4), tmp_path)
    insert(catalogue, "placements", {"slug": "s0-0000", "movement": "built", "kind": "pin"})
    insert(catalogue, "marks", {"slug": "s0-0000", "mark": "left_out", "value": 1})
    run(catalogue, AssignStep(STYLE))
    assert all("s0-0000" not in slugs for slugs in assigned(catalogue).values())


def test_rules_are_kept_and_what_fits_nowhere_stays_out(catalogue: Catalogue, tmp_path: Path) -> None:
    style = styled(
        {"name": "empty", "wishes": {"people": "none", "longest_s": 4}},
        {"name": "full", "wishes": {"people": "some", "shortest_s": 2}},
        assign={"fewest": 1},
    )
    clips = [
        ClipSpec("street", people=2),
        ClipSpec("field"),
        ClipSpec("long_field", frames=500),
        ClipSpec("glimpse", people=1, frames=25),
    ]
    fill(catalogue, clips, tmp_path)
    run(catalogue, AssignStep(style))
    assert assigned(catalogue) == {"empty": ["field"], "full": ["street"]}
    assert why(catalogue, "field", "empty").endswith("no people")


def test_a_movement_that_no_clip_fits_gets_the_nearest_and_is_named(catalogue: Catalogue, tmp_path: Path) -> None:
    style = styled({"name": "a", "wishes": {"people": "none"}}, {"name": "crowd", "wishes": {"people": "some"}})
    fill(catalogue, [ClipSpec(f"field{n}") for n in range(6)], tmp_path)
    run(catalogue, AssignStep(style))
    found = assigned(catalogue)
    assert len(found["crowd"]) == style.assign.fewest
    assert why(catalogue, found["crowd"][0], "crowd").startswith("nothing fits, and this is the nearest")
    row = catalogue.connection.execute("SELECT item, reason FROM failures WHERE step = 'assign'").fetchone()
    assert tuple(row) == ("crowd", "no clip fits it; it has the nearest instead")
    fill(catalogue, [ClipSpec("market", people=9)], tmp_path / "more")
    run(catalogue, AssignStep(style))
    assert not catalogue.connection.execute("SELECT 1 FROM failures").fetchall()


def test_few_clips_serve_several_movements(catalogue: Catalogue, tmp_path: Path) -> None:
    fill(catalogue, some_clips(3), tmp_path)
    run(catalogue, AssignStep(default_style()))
    found = assigned(catalogue)
    assert len(found) == 5
    assert all(len(slugs) >= 2 for slugs in found.values())
    assert any("there are few clips" in why(catalogue, slug, name) for name in found for slug in found[name])


def test_an_empty_library_has_movements_and_says_what_they_lack(catalogue: Catalogue) -> None:
    run(catalogue, AssignStep(default_style()))
    assert assigned(catalogue) == {}
    assert len(catalogue.connection.execute("SELECT * FROM failures").fetchall()) == 5


def test_descriptions_draw_clips_that_are_said_to_be_like_them(catalogue: Catalogue, tmp_path: Path) -> None:
    style = styled(
        {"name": "water", "description": "waves, a lake, the sea and rivers"},
        {"name": "fire", "description": "flames of a fire, smoke, burning wood"},
    )
    captions = ("a lake with small waves", "the sea at dawn", "flames in a fire place", "smoke over burning wood")
    fill(catalogue, [ClipSpec(f"clip{n}", caption=text) for n, text in enumerate(captions)], tmp_path)
    run(catalogue, EmbedStep(style), AssignStep(style))
    assert assigned(catalogue) == {"water": ["clip0", "clip1"], "fire": ["clip2", "clip3"]}
    assert why(catalogue, "clip0", "water").startswith("like its description 0.")


def test_wished_tags_are_alternatives(catalogue: Catalogue, tmp_path: Path) -> None:
    """A flame has fire and not water: it suits a movement of many elements as well as one of fire alone."""
    fill(catalogue, [ClipSpec("flame", tags={"fire": 0.9}), ClipSpec("pond", tags={"water": 0.3})], tmp_path)

    def score(tags: dict[str, float]) -> float:
        wishes = {"tags": tags, "measures": {"brightness": 0.5}}
        run(catalogue, AssignStep(styled({"name": "elemental", "wishes": wishes})))
        return float(catalogue.connection.execute("SELECT score FROM assignments WHERE slug = 'flame'").fetchone()[0])

    assert score({"fire": 1, "water": 1, "smoke": 1, "wind": 1, "stone": 1}) >= score({"fire": 1}) > 0
    assert why(catalogue, "flame", "elemental") == "fire 0.90"


def test_colours_are_wished_for_by_name(catalogue: Catalogue, tmp_path: Path) -> None:
    def tinted(slug: str, name: str, share: float) -> ClipSpec:
        return ClipSpec(slug, colours=((name, "#2040c0", share), ("grey", "#808080", 1 - share)))

    clips = [tinted("sea", "dark blue", 0.8), tinted("sky", "blue", 0.6), tinted("leaf", "green", 0.9)]
    fill(catalogue, [*clips, tinted("wood", "brown", 0.5)], tmp_path)
    run(
        catalogue,
        AssignStep(
            styled({"name": "cool", "wishes": {"colours": {"blue": 1}}}, {"name": "rest"}, assign={"fewest": 1})
        ),
    )
    assert assigned(catalogue)["cool"] == ["sea", "sky"]
    assert why(catalogue, "sea", "cool") == "blue 80%"


def test_inputs_change_with_what_decides_and_not_with_a_run(catalogue: Catalogue, tmp_path: Path) -> None:
    fill(catalogue, some_clips(6), tmp_path)
    step = AssignStep(STYLE)
    before = step.inputs(catalogue)
    run(catalogue, step)
    assert step.inputs(catalogue) == before
    insert(catalogue, "placements", {"slug": "s0-0000", "movement": "built", "kind": "ban"})
    changed = step.inputs(catalogue)
    assert changed != before
    insert(catalogue, "tags", {"slug": "s0-0000", "tag": "architecture", "confidence": 0.5})
    assert step.inputs(catalogue) != changed
    other = STYLE.model_copy(update={"assign": STYLE.assign.model_copy(update={"fewest": 4})})
    assert AssignStep(other).settings != step.settings


def test_sources_that_move_change_inputs_only_where_their_new_names_say_something(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    fill(catalogue, some_clips(6), tmp_path)
    step = AssignStep(STYLE)

    def moved(path: str) -> str:
        catalogue.connection.execute(
            "UPDATE sources SET path = ?, mtime_ns = mtime_ns + 1 WHERE base = 's0'", (path.encode(),)
        )
        return step.inputs(catalogue)

    before = step.inputs(catalogue)
    assert moved("/elsewhere/tape 7.mov") == before
    said = [moved(path) for path in ("/people/tape.mov", "/x/people.mov", "/x/architecture.mov")]
    assert len({before, *said}) == 4
    assert moved("/elsewhere/tape.mov") == before


def test_movements_that_leave_the_style_leave_but_for_a_persons_schedule(catalogue: Catalogue, tmp_path: Path) -> None:
    fill(catalogue, some_clips(6), tmp_path)
    run(catalogue, AssignStep(STYLE))
    insert(catalogue, "schedules", {"movement": "built", "state": "current", "origin": "person", "strategy": ""})
    run(catalogue, AssignStep(styled({"name": "new"})))
    rows = catalogue.connection.execute("SELECT name FROM movements ORDER BY position")
    assert [row["name"] for row in rows] == ["new", "built"]
    assert set(assigned(catalogue)) == {"new"}


def test_handles_are_no_material(catalogue: Catalogue, tmp_path: Path) -> None:
    fill(catalogue, [ClipSpec("a", frames=50, handles=(25, 5)), ClipSpec("b", frames=50)], tmp_path)
    clips = read_clips(catalogue)
    assert clips.duration_s.tolist() == [2.0, 2.0]
    assert clips.material_in_s.tolist() == [1.0, 0.0]
    assert clips.has_tail.tolist() == [True, False]


def test_ranks_share_the_middle_of_equal_places() -> None:
    assert ranked(np.array([3.0, 1.0, 1.0, 2.0])).tolist() == [0.875, 0.25, 0.25, 0.625]


def test_clips_that_may_go_to_one_place_only_push_others_out() -> None:
    scores = np.array([[0.9, 0.8], [0.5, -np.inf], [0.4, -np.inf], [0.95, 0.1]])
    chosen, _ = balanced(scores, rooms(4, [1, 1]))
    assert chosen.tolist() == [1, 0, 0, 1]  # two have no choice: the others make room, whatever they lose
    chosen, _ = balanced(np.full((2, 2), -np.inf), rooms(2, [1, 1]))
    assert chosen.tolist() == [-1, -1]
