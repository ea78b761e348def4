"""Styles: the one that ships, what a person's own says, and all of its mistakes at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.errors import ShowError
from preprocess.style.read import MAX_BYTES, STYLE_FILE, default_style, default_style_file, read_style, style_of

SMALL = """\
movements:
  - name: opening
    description: Slow water.
    wishes: {measures: {motion: -1}, people: none, longest_s: 8}
    schedule: {strategy: walk, duration_s: 20, layers: [{name: base}]}
show:
  layers: [{name: base, opacity: 0.5}]
"""


PAGE = Path(__file__).parents[2] / "docs/style-yaml.md"


def test_the_pages_example_is_a_style(tmp_path: Path) -> None:
    block = re.search(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert block
    (tmp_path / STYLE_FILE).write_text(block[1])
    assert [movement.name for movement in style_of(tmp_path).movements] == ["source", "mouth"]


def mistakes(path: Path, text: str) -> list[str]:
    path.write_text(text)
    with pytest.raises(ShowError) as caught:
        read_style(path)
    return [f"{problem.line}: {problem.path}: {problem.what}" for problem in caught.value.problems]


def test_the_style_that_ships_has_five_movements() -> None:
    style = default_style()
    assert [movement.name for movement in style.movements] == ["orientation", "elemental", "built", "people", "blur"]
    assert all(movement.description and movement.wishes.measures for movement in style.movements)
    assert len({movement.schedule.strategy for movement in style.movements}) == 4


def test_a_library_without_a_style_has_the_one_that_ships(tmp_path: Path) -> None:
    assert style_of(tmp_path) == default_style()


def test_a_librarys_own_style_is_taken(tmp_path: Path) -> None:
    (tmp_path / STYLE_FILE).write_text(SMALL)
    (movement,) = style_of(tmp_path).movements
    assert (movement.name, movement.wishes.people, movement.schedule.strategy) == ("opening", "none", "walk")
    assert movement.schedule.cut_every_s == 2


def test_the_style_that_ships_can_be_copied_and_read(tmp_path: Path) -> None:
    (tmp_path / STYLE_FILE).write_bytes(b"\xef\xbb\xbf" + default_style_file().read_bytes())
    assert style_of(tmp_path) == default_style()


def test_values_that_are_wrong_are_all_named_with_their_lines(tmp_path: Path) -> None:
    text = SMALL.replace("motion: -1", "motion: fast").replace("strategy: walk", "stratgy: walk")
    assert mistakes(tmp_path / "s.yaml", text) == [
        '4: movements.0.wishes.measures.motion: must be a number, not "fast"',
        "5: movements.0.schedule.stratgy: is not a key that is known here",
    ]


def test_what_sound_values_get_wrong_together_is_all_named(tmp_path: Path) -> None:
    text = SMALL.replace("motion: -1", "motoin: -1").replace("longest_s: 8", "longest_s: 8, shortest_s: 9")
    text = text.replace("[{name: base}]", "[{name: bass}, {name: bass}], colours: ['#12']") + "  title: mine\n"
    text = text.replace("show:\n", "  - name: opening\n    show: {schedule: x.csv}\nshow:\n")
    assert mistakes(tmp_path / "s.yaml", text) == [
        "4: movements.0.wishes.longest_s: must be at least shortest_s (9)",
        "4: movements.0.wishes.measures.motoin: is not measured",
        "5: movements.0.schedule.colours.0: cannot be #12",
        "5: movements.0.schedule.layers.0.name: the show has no layer bass",
        "5: movements.0.schedule.layers.1.name: the layer bass is there already",
        "5: movements.0.schedule.layers.1.name: the show has no layer bass",
        "6: movements.1.name: there is a movement opening already",
        "7: movements.1.show.schedule: is said by the schedule step",
        "10: show.title: is said outside of show",
    ]


def test_the_parts_that_the_show_gets_are_checked_as_the_show_is(tmp_path: Path) -> None:
    text = SMALL.replace("opacity: 0.5", "opacity: 5") + "  bindings: [{key: x, to: /go, colour: red}]\n"
    text = text.replace("show:\n", "    show: {layers: {base: {speed: 99}}}\nshow:\n", 1)
    assert mistakes(tmp_path / "s.yaml", text) == [
        "6: movements.0.show.layers.base.speed: must be at most 16, not 99",
        "8: show.layers.0.opacity: must be at most 1, not 5",
        "9: show.bindings.0.colour: is not a key that is known here",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a group of settings"),
        (b"- a\n", "is not a group of settings"),
        (b"movements: [\n", "cannot be read as YAML"),
        (b"a: \xff\n", "is not UTF-8 text"),
        (b"title: !!python/object:os.system x\n", "tags such as"),
        (b"#" * (MAX_BYTES + 1), "is larger than 1 MiB"),
    ],
)
def test_what_is_no_style_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / STYLE_FILE
    file.write_bytes(content)
    with pytest.raises(ShowError, match=said):
        style_of(tmp_path)


def test_a_style_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShowError, match=r"nothing\.yaml: cannot be read"):
        read_style(tmp_path / "nothing.yaml")


def test_what_the_player_would_refuse_is_told_with_its_line_before_anything_is_made(tmp_path: Path) -> None:
    style = tmp_path / "style.yaml"
    style.write_text(
        "movements:\n  - name: one\n    show:\n      layers:\n        base: {blend: skreen}\n"
        "show:\n  layers:\n    - name: base\n      blend: skreen\n"
        "  bindings:\n    - {key: space, to: /goo}\n    - {key: a, to: /layer/base/clip/of-a-library-to-come}\n"
        "  cues:\n    - {name: end, note: a feast 🎉}\n"
    )
    with pytest.raises(ShowError) as caught:
        read_style(style)
    assert [(problem.line, problem.path, problem.mend) for problem in caught.value.problems] == [
        (5, "movements.0.show.layers.base.blend", "did you mean screen?"),
        (9, "show.layers.0.blend", "did you mean screen?"),
        (11, "show.bindings.0.to", "did you mean /go?"),
    ]
    assert {problem.file for problem in caught.value.problems} == {str(style)}
