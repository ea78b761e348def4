"""Shaders and shows with looks, for tests that need files but no GL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.formats.show_yaml import read_show
from engine.model.shaders import InputType, Shader, ShaderInput, ShaderKind
from engine.model.world import LoadedShow

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
    write_shader(folder, "wind", *MIXED, {"NAME": "gust", "TYPE": "float", "DEFAULT": 0.2})


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
