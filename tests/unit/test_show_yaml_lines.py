"""YAML read with its lines: what each scalar is, where it stands, and what is refused."""

from __future__ import annotations

import math
import time

import pytest

from engine.errors import ShowError
from engine.formats.yaml_lines import Document, read_yaml


def test_each_place_has_its_line() -> None:
    document = read_yaml("# one\na: 1\n\nb:\n  - c: 2\n    d: 3\n  - [4,\n     5]\n", "x")
    assert document.value == {"a": 1, "b": [{"c": 2, "d": 3}, [4, 5]]}
    assert document.lines == {
        ("a",): 2,
        ("b",): 4,
        ("b", 0): 5,
        ("b", 0, "c"): 5,
        ("b", 0, "d"): 6,
        ("b", 1): 7,
        ("b", 1, 0): 7,
        ("b", 1, 1): 8,
    }
    assert document.line(("b", 0, "missing", 3)) == 5
    assert document.line(()) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("2026-11-22", "2026-11-22"),
        ("0x1f", "0x1f"),
        ("010", 10),
        ("-3", -3),
        ("+.5", 0.5),
        ("1e3", 1000.0),
        ("1.", 1.0),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        ("'1'", "1"),
        ('"true"', "true"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("|\n  1", "1"),
    ],
)
def test_scalars_are_read_as_yaml_1_2_has_them(text: str, value: object) -> None:
    found = read_yaml(f"a: {text}", "x").value["a"]
    assert (found, type(found)) == (value, type(value))


def test_a_number_too_long_for_an_integer_is_infinite() -> None:
    assert read_yaml("a: " + "9" * 5000, "x").value["a"] == math.inf


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: [1\n\n", 2, "cannot be read as YAML"),
        ("a: 1\nb: 'open\n\n", 2, "quoted scalar"),
        ("a: 1\nopen\nb: 1\n", 2, "could not find expected ':'"),
        ("a: 1\nb:\n  c: 1\n   d: 2\n", 4, "mapping values are not allowed here"),
        ("a:\n\t- 1", 2, "indent with spaces"),
        ("a: 1\n---\nb: 2", 2, "expected a single document"),
        ("a: 1\nb: !!python/object:os.system x", 2, "tags"),
        ("a: 1\nb: !!str x", 2, "tags"),
        ("a: 1\nb: *c", 2, "undefined alias"),
        ("a: 1\nb: \x07", 2, "a character that YAML does not allow"),
        ('a: 1\nb: "\\0"', 2, "a control character"),
        ('a: 1\nb: "\\ud800"', 2, "surrogate"),
        ("a: &a\n  - *a", 1, "nested more than 32 deep"),
        ("a:\n  " + "[" * 100_000, 2, "nested more than 32 deep"),
    ],
)
def test_what_is_no_yaml_for_a_show_is_one_problem(text: str, line: int, said: str) -> None:
    with pytest.raises(ShowError) as raised:
        read_yaml(text, "x")
    (problem,) = raised.value.problems
    assert problem.line == line
    assert said in str(problem)


def test_aliases_cannot_make_a_small_file_large() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]" for before, name in zip("abcdefgh", "bcdefghi")]  # noqa: B905
    began = time.monotonic()
    with pytest.raises(ShowError, match="more than 100000 values"):
        read_yaml("\n".join(lines), "x")
    assert time.monotonic() - began < 10


def test_an_alias_is_a_copy() -> None:
    document = read_yaml("a: &a {x: 1}\nb: *a", "x")
    document.value["b"]["x"] = 2
    assert document.value["a"] == {"x": 1}
    assert document.lines["b", "x"] == 1


def problems(document: Document) -> list[tuple[int, str, str]]:
    return [(problem.line, problem.path, problem.what) for problem in document.problems]


def test_mistakes_in_keys_leave_the_rest_readable() -> None:
    document = read_yaml("a: 1\na: 2\n? [x]\n: 3\nb:\n  <<: {c: 1}\n  d: 4\n", "x")
    assert document.value == {"a": 1, "b": {"d": 4}}
    assert problems(document) == [
        (2, "a", "is written twice"),
        (3, "", "a key must be one word"),
        (6, "b.<<", "merge keys are not used in a show"),
    ]
