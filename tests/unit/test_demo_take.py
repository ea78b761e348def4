"""The take that ships with the demo: what a hand played, whole, and nothing that the show does not know."""

from __future__ import annotations

from collections import Counter

from engine.formats.show_parse import parse_show
from engine.formats.take_file import read_take
from engine.model.tree import ParameterTree
from engine.shipped import shipped
from tools.demo_moves import LENGTH_S, moves

DEMO = shipped("schedules") / "demo"
TAKE = read_take(DEMO / "take.jsonl")
# What a pad plays: its binding in the demo's show.
PADS = {
    36: "/go", 37: "/layer/base/jump", 38: "/layer/echo/jump", 39: "/layer/accent/flash", 40: "/layer/base/similar",
    41: "/layer/base/next",
}  # fmt: skip


def test_it_is_whole_and_as_long_as_the_performance() -> None:
    assert TAKE.ended
    assert TAKE.lost == 0
    assert TAKE.warnings == ()
    assert abs(TAKE.duration_s - LENGTH_S) < 0.2


def test_every_pad_that_was_hit_is_in_it_when_it_was_hit() -> None:
    for note, path in PADS.items():
        hit = [move.at_s for move in moves() if move.kind == "note_on" and move.number == note and move.value]
        played = [event.at_s for event in TAKE.events if event.address == path]
        assert len(played) == len(hit), path
        assert all(abs(one - other) < 0.25 for one, other in zip(played, hit, strict=True)), path


def test_pads_that_wait_say_what_for() -> None:
    waits = {event.address: event.wait.to for event in TAKE.events if event.wait is not None}
    assert waits["/layer/base/jump"] == "kick"
    assert waits["/layer/echo/jump"] == "beat"
    assert waits["/layer/base/similar"] == "bar"


def test_faders_were_picked_up_and_not_leapt_to() -> None:
    first = next(event for event in TAKE.events if event.address == "/layer/echo/opacity")
    assert abs(first.value - 0.55) < 3 / 127 + 1e-6  # what orientation says of it
    dimmed = [event.value for event in TAKE.events if event.address == "/master/fade"]
    assert min(dimmed) < 0.4 < dimmed[-1]


def test_the_demo_knows_every_path_in_it() -> None:
    parsed = parse_show((DEMO / "show.yaml").read_text(encoding="utf-8"), "show.yaml")
    assert parsed.show is not None
    tree = ParameterTree(parsed.show)
    unknown = Counter(event.address for event in TAKE.events if tree.find(event.address) is None)
    assert not unknown
