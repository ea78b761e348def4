"""Write what the docs say of show.yaml, styles, parameters and figures, from the models:
`python -m tools.reference [--check]`.

`docs/show.schema.json` and `docs/parameters.md` are written whole; of the other pages (`pages` has them) only what
stands between the two marks. With --check nothing is written: files that are out of
date are named, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from engine.formats.controller_profiles import shipped_profiles
from engine.formats.show_parse import model_at
from engine.formats.show_schema import show_schema
from engine.formats.yaml_lines import Place
from engine.inputs.osc_questions import QUESTIONS
from engine.model.cueing import Cue
from engine.model.figures import GROUPS
from engine.model.looks import Effect, Generator, Group, Transition
from engine.model.parameters import Kind, Parameter
from engine.model.part import PATTERNS
from engine.model.schedule import Schedule
from engine.model.shader_paths import ShaderPaths
from engine.model.shaders import InputType, Shader, ShaderInput, ShaderKind
from engine.model.show import Layer, Movement, Show
from engine.model.sound import Detector, Level, Sound, SoundEffect
from engine.model.sound_effects import SETTINGS
from engine.model.tree import ParameterTree
from engine.model.world import PlacedMovement
from preprocess.assign.measures import MEASURES
from preprocess.style.model import Style

DOCS = Path(__file__).parents[1] / "docs"
BEGIN = "<!-- written by python -m tools.reference: edit the descriptions in {} -->\n"
END = "<!-- end of what tools.reference writes -->\n"

_PARAMETERS_HEAD = """# Parameters and actions

Everything that a performer can touch has one path. A path is at once the OSC address, what a binding in
[show.yaml](show-yaml.md) plays, and the name in logs. Every path takes one number; an action fires on any
number but 0. A value outside of the range is brought to its nearest end, and counted.
`NAME` is the name of a layer, a group or an effect, `SLUG` a clip's and `INPUT` a shader's input in lower case: a
colour's has four paths (`…/INPUT/red`, `green`, `blue`, `alpha`), a point's two (`…/INPUT/x`, `y`), a switch, a choice
(by its index) and a number one; an event's is an action. `/movement/effect/…` is the movement's that runs.

This page is written by `python -m tools.reference` from `engine/model/tree.py`.

| path | takes | at first | what it does |
|---|---|---|---|
"""

# A show that has one of everything that brings paths of its own.
_SHOW = Show(
    layers=(Layer(name="name"),),
    movements=(Movement(name="one", duration_s=1),),
    detectors=(Detector(name="name"),),
    levels=(Level(name="name"),),
    cues=(Cue(name="name"),),
    sound=Sound(effects=tuple(SoundEffect(name="name-" + kind, kind=kind) for kind in SETTINGS)),
)


def main() -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.reference", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is out of date")
    check = parser.parse_args().check
    if not DOCS.is_dir():
        print(f"{DOCS} is not there: this works in a checkout only", file=sys.stderr)
        return 2
    stale = [(path, text) for path, text in pages() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path, text in stale:
        print(f"{path.relative_to(DOCS.parent)} {'is out of date' if check else 'written'}")
        if not check:
            path.write_text(text, encoding="utf-8")
    if check and stale:
        print("Write them: python -m tools.reference", file=sys.stderr)
    return 1 if check and stale else 0


def pages() -> Iterator[tuple[Path, str]]:
    """Each page and what should stand in it."""
    schema = show_schema()
    yield DOCS / "show.schema.json", json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    yield DOCS / "parameters.md", parameters_page()
    yield _page_with("show-yaml.md", "engine/model/show.py", "\n".join(_sections(schema, Show)))
    of_a_style = "\n".join((*_sections(Style.model_json_schema(), Style), *_measures()))
    yield _page_with("style-yaml.md", "preprocess/style/model.py", of_a_style)
    yield _page_with("figures.md", "engine/model/figures.py", "\n".join(_figures()))
    yield _page_with("osc.md", "engine/inputs/osc_questions.py", "\n".join(_questions()))
    yield _page_with("controllers.md", "schedules/controllers", "\n".join(_profiles()))


def _page_with(name: str, source: str, written: str) -> tuple[Path, str]:
    """A page by hand, with what is written from `source` between its marks."""
    page, begin = DOCS / name, BEGIN.format(source)
    head, _, rest = page.read_text(encoding="utf-8").partition(begin)
    return page, f"{head}{begin}\n{written}{END}{rest.partition(END)[2]}"


def parameters_page() -> str:
    """docs/parameters.md."""
    tree = ParameterTree(_SHOW, ["slug"], shaders=_shader_parameters())
    fired = tree.find("/layer/name/clip/slug")
    assert fired is not None
    entries = [*tree.parameters.values(), fired]
    return _PARAMETERS_HEAD + "".join(
        f"| `{_placeholders(entry.path)}` | {_takes(entry)} | {_at_first(entry)} | {_placeholders(entry.doc)} |\n"
        for entry in sorted(entries, key=lambda entry: (entry.path.startswith("/layer/"), entry.path))
    )


def _shader_parameters() -> dict[str, Parameter]:
    """The paths of shaders and groups, one for each kind."""
    made = Shader("effect", ShaderKind.FILTER, Path(), (ShaderInput("input", InputType.FLOAT, 0.5),))
    use = Effect(shader="effect", name="name")
    layer = Layer(
        name="name", effects=(use,), generator=Generator(shader="effect"), transition=Transition(shader="effect")
    )
    group = Group(name="name", layers=("name",), effects=(use,))
    movement = PlacedMovement("one", 0, 1, 0, False, Schedule(()), (layer,), frozenset(), None, (group,), (use,))
    return ShaderPaths((use,), (movement,), {"effect": made}).parameters


def _figures() -> Iterator[str]:
    """A table for each group of figures."""
    for title, group in GROUPS.items():
        yield f"### {title}\n"
        yield "| figure | name | what it is | a high one |"
        yield "|---|---|---|---|"
        for figure in group:
            unit = f", {figure.unit}" if figure.unit else ""
            name = f"`{figure.name}`" + ("" if figure.sampled else ", a count")
            yield f"| {figure.label}{unit} | {name} | {figure.what} | {figure.high} |"
        yield ""


def _profiles() -> Iterator[str]:
    """A row for each controller's profile."""
    yield "| profile | controller | its controls | its port has in its name | to be set at it | from |"
    yield "|---|---|---|---|---|---|"
    for profile in shipped_profiles().values():
        port = f"`{profile.port}`" if profile.port else "any"
        controls = ", ".join(_ranges(profile.controls))
        yield f"| `{profile.name}` | {profile.title} | {controls} | {port} | {profile.setup} | {profile.source} |"
    yield ""


def _ranges(names: Iterable[str]) -> Iterator[str]:
    """Names in their order; those that differ in their number only, by the first and the last of them."""
    for _, numbered in groupby(names, lambda name: name.rstrip("0123456789")):
        first, *rest = numbered
        yield f"`{first}` to `{rest[-1]}`" if rest else f"`{first}`"


def _questions() -> Iterator[str]:
    """What can be asked over OSC."""
    yield "| ask | with | answer | what for |"
    yield "|---|---|---|---|"
    for question in QUESTIONS:
        yield f"| `{question.address}` | {question.takes or '–'} | {question.answer} | {question.what} |"
    yield "\n"


def _placeholders(text: str) -> str:
    for place in ("/layer/", "/group/", "/effect/"):
        text = text.replace(f"{place}name", f"{place}NAME")
    return text.replace("slug", "SLUG").replace("/input", "/INPUT").replace("input of effect.", "The shader's input.")


def _takes(entry: Parameter) -> str:
    if entry.kind is Kind.ACTION:
        return "action"
    unit = f" {entry.unit}" if entry.unit else ""
    if entry.kind is Kind.INDEX:
        return "index, 0 to one less than there are" if entry.path.endswith("/clip") else f"index, 0 to {entry.high:g}"
    if entry.path.endswith("/input"):
        return "what the shader says"
    return f"{entry.low:g} to {entry.high:g}{unit}"


def _at_first(entry: Parameter) -> str:
    if entry.of_shader:
        return "as the show says"
    if entry.kind is Kind.NUMBER and not entry.path.endswith("/position"):
        return "as the layer says" if entry.path.startswith("/layer/") else f"{entry.default:g}"
    return ""


def _measures() -> Iterator[str]:
    """What a movement may wish for by measure."""
    yield "### Measures\n"
    yield "| measure | much of it | little of it |"
    yield "|---|---|---|"
    for name, (much, little) in MEASURES.items():
        yield f"| `{name}` | {much} | {little} |"
    yield ""


def _sections(schema: dict[str, Any], root: type[BaseModel]) -> Iterator[str]:
    """A table for each part of what `root` describes, in the order of the models."""
    for place, model in _parts((), set(), root):
        name = ".".join(str(step) for step in place)
        yield f"### {f'`{name}`' if name else 'At the top'}\n"
        yield f"{model.__doc__}\n"
        yield "| key | takes | left out | what |"
        yield "|---|---|---|---|"
        definition = schema["$defs"][model.__name__] if place else schema
        for key, value in definition["properties"].items():
            needed = key in definition.get("required", ())
            # pydantic leaves a description out that is the same as its part's docstring.
            what = value.get("description") or schema["$defs"][value["$ref"].rpartition("/")[2]]["description"]
            yield f"| `{key}` | {_words(value, schema)} | {_default(value, needed)} | {what} |"
        yield ""


def _parts(place: Place, seen: set[type[BaseModel]], root: type[BaseModel]) -> Iterator[tuple[Place, type[BaseModel]]]:
    model = model_at(place, root)
    if model is None or model in seen:
        return
    seen.add(model)
    yield tuple(step for step in place if step != 0), model
    for key in model.model_fields:
        for inner in ((*place, key), (*place, key, 0), (*place, key, "NAME")):
            if model_at(inner, root) is not None:
                yield from _parts(inner, seen, root)
                break


def _default(value: dict[str, Any], needed: bool) -> str:
    if needed:
        return "must be there"
    default = value.get("default")
    if default is None or default in ("", [], {}):
        return "–"
    return f"`{json.dumps(default).strip(chr(34))}`"


def _words(value: dict[str, Any], schema: dict[str, Any]) -> str:
    """What a value may be, in words."""
    choices = [choice for choice in value.get("anyOf", ()) if choice.get("type") != "null"]
    if choices:
        return _words(choices[0], schema)
    if "enum" in value or "const" in value:
        return ", ".join(f"`{json.dumps(choice).strip(chr(34))}`" for choice in value.get("enum", [value.get("const")]))
    if "$ref" in value:
        return "settings"
    kind = value["type"]
    if kind == "array":
        items = value.get("prefixItems")
        return f"list of {len(items)} numbers" if items else f"list: {_words(value['items'], schema)}"
    if kind == "string":
        return PATTERNS.get(value.get("pattern", ""), "text")
    words = {"object": "settings by name", "boolean": "`true`, `false`", "integer": "whole number", "number": "number"}
    return _range(value, words[kind])


def _range(value: dict[str, Any], words: str) -> str:
    low = value.get("minimum", value.get("exclusiveMinimum"))
    high = value.get("maximum")
    if low is None or high is None:
        return words
    above = "above " if "exclusiveMinimum" in value else ""
    return f"{words}, {above}{low} to {high}"


if __name__ == "__main__":
    sys.exit(main())
