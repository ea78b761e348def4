"""Shaders and shows with looks, for tests that need files but no GL."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.formats.show_parse import parse_show
from engine.formats.show_resolve import Surroundings, resolve
from engine.formats.show_yaml import read_show
from engine.model.clips import Clip
from engine.model.shaders import InputType, Shader, ShaderInput, ShaderKind
from engine.model.tree import ParameterTree
from engine.model.world import LoadedShow, PlacedTrack, World

_BODY = "void main() { gl_FragColor = vec4(1.0); }\n"


def write_shader(folder: Path, name: str, *inputs: dict[str, Any], **header: Any) -> None:
    """An ISF file of these inputs in the show's `shaders` folder; a filter where one is `inputImage`."""
    file = folder / "shaders" / f"{name}.fs"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"/*{json.dumps({'ISFVSN': '2', 'INPUTS': list(inputs), **header})}*/\n{_BODY}", encoding="utf-8")


IMAGE = {"NAME": "inputImage", "TYPE": "image"}
MIXED = (
    {"NAME": "startImage", "TYPE": "image"},
    {"NAME": "endImage", "TYPE": "image"},
    {"NAME": "progress", "TYPE": "float"},
)


def write_usual_shaders(folder: Path) -> None:
    """The filters tint and shift, the generators dots and waves, the transition wind."""
    amount = {"NAME": "Amount", "TYPE": "float", "DEFAULT": 0.5, "MIN": 0, "MAX": 2, "LABEL": "How much"}
    tone = {"NAME": "tone", "TYPE": "color", "DEFAULT": [1, 0, 0, 1]}
    way = {"NAME": "way", "TYPE": "long", "VALUES": [3, 5], "LABELS": ["Up", "Down"], "DEFAULT": 3}
    write_shader(folder, "tint", IMAGE, amount, tone, way, {"NAME": "clear", "TYPE": "event"})
    at = {"NAME": "at", "TYPE": "point2D", "DEFAULT": [0.5, 0.5]}
    write_shader(folder, "shift", IMAGE, at, {"NAME": "flip", "TYPE": "bool"}, {"NAME": "by", "TYPE": "image"})
    write_shader(folder, "dots", {"NAME": "size", "TYPE": "float", "DEFAULT": 4}, {"NAME": "Size", "TYPE": "float"})
    write_shader(
        folder, "waves", {"NAME": "size", "TYPE": "long", "VALUES": [0, 1], "LABELS": ["a", "b"], "DEFAULT": 0}
    )
    write_shader(
        folder, "wind", *MIXED, {"NAME": "gust", "TYPE": "float", "DEFAULT": 0.2}, {"NAME": "map", "TYPE": "image"}
    )


def read(folder: Path, text: str) -> LoadedShow:
    """The show of this text in `folder`, which gets the usual shaders first."""
    write_usual_shaders(folder)
    file = folder / "show.yaml"
    file.write_text(text, encoding="utf-8")
    return read_show(file)


def shader(name: str, kind: ShaderKind, *inputs: ShaderInput) -> Shader:
    return Shader(name, kind, Path(f"{name}.fs"), inputs)


def number(name: str, default: float = 0.5, low: float | None = 0.0, high: float | None = 1.0) -> ShaderInput:
    return ShaderInput(name, InputType.FLOAT, default, low, high)


_CHANGE = (
    ShaderInput("startImage", InputType.IMAGE, None),
    ShaderInput("endImage", InputType.IMAGE, None),
    number("progress", 0.0),
)

# The same in memory, and a shader that remembers and one that listens.
SHADERS = {
    one.name: one
    for one in (
        shader(
            "tint",
            ShaderKind.FILTER,
            ShaderInput("inputImage", InputType.IMAGE, None),
            number("amount"),
            ShaderInput("tone", InputType.COLOR, (1.0, 0.0, 0.0, 1.0)),
            ShaderInput("way", InputType.LONG, 3, choices=(("up", 3), ("down", 5))),
            ShaderInput("flip", InputType.BOOL, False),
            ShaderInput("clear", InputType.EVENT, False),
            ShaderInput("by", InputType.IMAGE, None),
        ),
        replace(shader("trails", ShaderKind.FILTER, number("fade")), has_memory=True),
        shader("dots", ShaderKind.GENERATOR, number("size", 4.0, 0.0, 10.0)),
        shader(
            "bars", ShaderKind.GENERATOR, number("size", 1.0, 0.0, 2.0), ShaderInput("ear", InputType.AUDIO_FFT, None)
        ),
        shader("wind", ShaderKind.TRANSITION, *_CHANGE, number("gust", 0.2), ShaderInput("map", InputType.IMAGE, None)),
        shader("wipe", ShaderKind.TRANSITION, *_CHANGE, number("angle", 0.0)),
    )
}


def look_world(
    text: str, *, clips: Iterable[Clip] = (), track: PlacedTrack | None = None, folder: Path = Path()
) -> World:
    """The world of a show text with the shaders above; `folder` has its schedules."""
    by_slug = {clip.slug: clip for clip in clips}
    parsed = parse_show(text, str(folder / "show.yaml"))
    around = Surroundings(by_slug, read_shader=SHADERS.__getitem__)
    loaded, problems = resolve(parsed, folder / "show.yaml", around)
    assert loaded is not None, [str(one) for one in (*parsed.problems, *problems)]
    tree = ParameterTree(loaded.show, by_slug, shaders=loaded.shader_paths.parameters)
    return World(loaded, tree, (track,))
