"""Whatever stands in a show.yaml: every mistake is found at its line, and nothing but ShowError is ever raised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ShowError
from engine.formats.show_yaml import read_show
from engine.model.show import Show
from tests.show_support import MISTAKES, WHOLE, Mistake, load, write_schedule


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("show")
    write_schedule(found)
    return found


def with_mistakes(mistakes: list[Mistake], blanks: list[int]) -> tuple[str, dict[Mistake, int]]:
    """WHOLE with mistakes made and blank or comment lines put in; and the line of each mistake."""
    lines: list[str] = []
    places: dict[Mistake, int] = {}
    for number, line in enumerate(WHOLE.splitlines()):
        if number in blanks:
            lines.append("# a remark" if number % 2 else "")
        made = next((mistake for mistake in mistakes if mistake.line == line), None)
        lines += made.instead.splitlines() if made else [line]
        if made:
            places[made] = len(lines)
    return "\n".join(lines) + "\n", places


@given(
    mistakes=st.lists(st.sampled_from(MISTAKES), min_size=1, max_size=12, unique_by=lambda mistake: mistake.line),
    blanks=st.lists(st.integers(0, 50), max_size=10),
)
def test_every_mistake_is_reported_at_its_line_and_nothing_else_is(
    folder: Path, mistakes: list[Mistake], blanks: list[int]
) -> None:
    text, places = with_mistakes(mistakes, blanks)
    loaded, problems = load(text, folder)
    assert loaded is None
    for mistake, line in places.items():
        assert [problem for problem in problems if problem.line == line and mistake.said in str(problem)], (
            f"{mistake} on line {line} is not among\n" + "\n".join(map(str, problems))
        )
    assert {problem.line for problem in problems} == set(places.values()), "\n".join(map(str, problems))


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["base", "echo", "fire*", "[", "/layer/base/opacity", "/movement", "first.csv", "..", "~/x", "\0"]),
)


def _keys_of(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        return set(schema.get("properties", {})).union(*(_keys_of(part) for part in schema.values()))
    return set()


keys = st.sampled_from(sorted(_keys_of(Show.model_json_schema()) | {"base", "echo", "nonsense", "<<"}))
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=8
)


def assert_only_show_errors(text: str, folder: Path) -> None:
    loaded, problems = load(text, folder)
    assert (loaded is None) == bool(problems)
    for problem in problems:
        assert 0 <= problem.line <= len(text.splitlines()) + 1
        assert "\n" not in str(problem.what)


@given(show=st.dictionaries(keys, values, max_size=6))
def test_any_values_under_the_keys_of_a_show_give_a_show_or_problems(folder: Path, show: dict[str, Any]) -> None:
    assert_only_show_errors(yaml.safe_dump(show, allow_unicode=True), folder)


@given(place=st.integers(0, 200), value=values)
def test_any_value_in_any_place_of_a_whole_show_gives_a_show_or_problems(folder: Path, place: int, value: Any) -> None:
    show = yaml.safe_load(WHOLE)
    places = [(part, key) for part in _parts(show) for key in (part if isinstance(part, dict) else range(len(part)))]
    part, key = places[place % len(places)]
    part[key] = value
    assert_only_show_errors(yaml.safe_dump(show, allow_unicode=True), folder)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value, *(part for inner in value.values() for part in _parts(inner))]
    return [value, *(part for inner in value for part in _parts(inner))] if isinstance(value, list) else []


@given(text=st.text(alphabet=st.sampled_from("ab:-[]{}\"'#&*!|>%@? \n\t,0.1~é\x85\u2028"), max_size=60))
def test_any_text_gives_a_show_or_problems(folder: Path, text: str) -> None:
    assert_only_show_errors(text, folder)


@given(start=st.integers(0, len(WHOLE)), length=st.integers(0, 30), instead=st.text(max_size=5))
def test_a_show_with_a_hole_in_it_gives_a_show_or_problems(folder: Path, start: int, length: int, instead: str) -> None:
    assert_only_show_errors(WHOLE[:start] + instead + WHOLE[start + length :], folder)


@given(content=st.binary(max_size=200))
def test_any_bytes_in_a_file_give_a_show_error(folder: Path, content: bytes) -> None:
    file = folder / "bytes.yaml"
    file.write_bytes(content)
    with pytest.raises(ShowError):
        read_show(file)
