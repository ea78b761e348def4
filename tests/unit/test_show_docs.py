"""What the docs say of show.yaml is true: the example plays, the sample of mistakes is real, the reference is fresh."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from engine.formats.shader_files import ShaderFiles, read_shader
from engine.formats.show_resolve import Surroundings
from engine.formats.show_schema import DIALECT, show_schema
from engine.formats.show_yaml import read_show
from engine.shipped import shipped
from tests.show_support import BLENDS, CLIPS, MISTAKES, WHOLE, load, write_schedule
from tools import reference

PAGE = (reference.DOCS / "show-yaml.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The page's first block of code in this language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


EXAMPLE = block("yaml")


def test_the_reference_is_up_to_date() -> None:
    stale = [path.name for path, text in reference.pages() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "write them: python -m tools.reference"


def test_the_example_loads(tmp_path: Path) -> None:
    (tmp_path / "music.flac").touch()
    (tmp_path / "opening.csv").write_text(block("csv"))
    loaded, problems = load(EXAMPLE, tmp_path)
    assert problems == []
    assert loaded is not None
    assert loaded.duration_s == 9 + 20
    assert loaded.layer_clips["storm", "base"] == ("river",)


def test_the_example_of_looks_loads(tmp_path: Path) -> None:
    page = (reference.DOCS / "looks.md").read_text(encoding="utf-8")
    found = re.search(r"^```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert found
    (tmp_path / "music.flac").touch()
    files = ShaderFiles()
    around = Surroundings(CLIPS, {}, BLENDS, read_shader=lambda name: read_shader(files.find(name)).as_shader(name))
    loaded, problems = load(found[1], tmp_path, around)
    assert problems == []
    assert loaded is not None
    assert [effect.shader for effect in loaded.movements[1].layers[1].effects] == ["displace", "feedback"]


def test_the_sample_of_mistakes_is_what_is_said(tmp_path: Path) -> None:
    (tmp_path / "music.flac").touch()
    (tmp_path / "opening.csv").write_text(block("csv").replace("river", "rivr"))
    text = EXAMPLE.replace("    opacity: 0.6", "    opacty: 0.6").replace("to: /layer/echo/op", "to: /layer/ecco/op")
    _, problems = load(text, tmp_path)
    said = sorted(str(problem).removeprefix(f"{tmp_path}/") for problem in problems)
    assert said == block("text").splitlines()


def test_the_schema_is_a_schema_of_its_dialect() -> None:
    assert show_schema()["$schema"] == DIALECT
    jsonschema.Draft202012Validator.check_schema(show_schema())


def shows() -> list[Path]:
    return sorted(shipped("schedules").rglob("show.yaml"))


@pytest.mark.parametrize("text", [EXAMPLE, WHOLE, *(path.read_text(encoding="utf-8") for path in shows())])
def test_shows_hold_to_the_schema(text: str) -> None:
    jsonschema.Draft202012Validator(show_schema()).validate(yaml.safe_load(text))


def test_what_the_schema_refuses_the_engine_refuses(tmp_path: Path) -> None:
    write_schedule(tmp_path)
    validator = jsonschema.Draft202012Validator(show_schema())
    refused = 0
    for mistake in MISTAKES:
        text = WHOLE.replace(f"{mistake.line}\n", f"{mistake.instead}\n")
        if not validator.is_valid(yaml.safe_load(text)):
            refused += 1
            assert load(text, tmp_path)[1]
    assert refused > len(MISTAKES) / 2


def test_the_readers_problems_are_the_same_on_disk(tmp_path: Path) -> None:
    """`load` of the tests leaves out only what lies outside: on disk the same mistakes come with those."""
    file = tmp_path / "show.yaml"
    file.write_text(EXAMPLE.replace("blend: screen", "blend: screeen"))
    with pytest.raises(Exception, match=r"show\.yaml:13: layers\.1\.blend: there is no blend mode screeen"):
        read_show(file)
