"""Small shaders of every kind, and compositors that have them."""

from __future__ import annotations

import json
from pathlib import Path

from engine.formats.shader_files import read_shader
from engine.gl.compositor import Compositor
from engine.model.plan import ShaderPlan
from engine.model.shaders import Shader
from engine.model.show import Layer, Movement, Show
from engine.model.world import LoadedShow

LOOKS_SIZE = (16, 12)

_IMAGE = {"NAME": "inputImage", "TYPE": "image"}
_CHANGE = [
    {"NAME": "startImage", "TYPE": "image"},
    {"NAME": "endImage", "TYPE": "image"},
    {"NAME": "progress", "TYPE": "float"},
]
_MEMORY = {"TARGET": "memory", "PERSISTENT": True, "FLOAT": True}

_FILES: dict[str, tuple[dict[str, object], str]] = {
    "invert": (
        {"INPUTS": [_IMAGE]},
        "void main() { vec4 c = IMG_THIS_PIXEL(inputImage); gl_FragColor = vec4(1.0 - c.rgb, c.a); }",
    ),
    "gain": (
        {"INPUTS": [_IMAGE, {"NAME": "by", "TYPE": "float", "DEFAULT": 1}]},
        "void main() { vec4 c = IMG_THIS_PIXEL(inputImage); gl_FragColor = vec4(by * c.rgb, c.a); }",
    ),
    "two_passes": (
        {"INPUTS": [_IMAGE], "PASSES": [{"TARGET": "half_way"}, {}]},
        """void main() {
            if (PASSINDEX == 0) gl_FragColor = IMG_THIS_PIXEL(inputImage);
            else gl_FragColor = IMG_THIS_PIXEL(half_way);
        }""",
    ),
    "pulse": (
        {"INPUTS": [_IMAGE]},
        "void main() { gl_FragColor = IMG_THIS_PIXEL(inputImage) * vec4(vec3(fract(TIME)), 1.0); }",
    ),
    # Keeps nine tenths of what it had: after n steps of a white picture, 1 - 0.9^n.
    "trail": (
        {"INPUTS": [_IMAGE], "PASSES": [_MEMORY, {}]},
        """void main() {
            if (PASSINDEX == 0) gl_FragColor = mix(IMG_THIS_PIXEL(inputImage), IMG_THIS_PIXEL(memory), 0.9);
            else gl_FragColor = vec4(IMG_THIS_PIXEL(memory).rgb, 1.0);
        }""",
    ),
    "masked": (
        {"INPUTS": [_IMAGE, {"NAME": "other", "TYPE": "image"}]},
        """void main() {
            vec4 c = IMG_THIS_PIXEL(inputImage);
            gl_FragColor = vec4(c.rgb * IMG_THIS_PIXEL(other).r, c.a);
        }""",
    ),
    "plain": (
        {"INPUTS": [{"NAME": "colour", "TYPE": "color", "DEFAULT": [0, 1, 0, 1]}]},
        "void main() { gl_FragColor = colour; }",
    ),
    "wipe": (
        {"INPUTS": _CHANGE},
        """void main() {
            if (isf_FragNormCoord.x < progress) gl_FragColor = IMG_THIS_PIXEL(endImage);
            else gl_FragColor = IMG_THIS_PIXEL(startImage);
        }""",
    ),
    # The darkest of a map first.
    "follow": (
        {"INPUTS": [*_CHANGE, {"NAME": "map", "TYPE": "image"}]},
        """void main() {
            if (IMG_THIS_NORM_PIXEL(map).r < progress) gl_FragColor = IMG_THIS_PIXEL(endImage);
            else gl_FragColor = IMG_THIS_PIXEL(startImage);
        }""",
    ),
    "heard": (
        {"INPUTS": [{"NAME": "sound", "TYPE": "audio"}, {"NAME": "spectrum", "TYPE": "audioFFT"}]},
        """void main() {
            float left = IMG_NORM_PIXEL(sound, vec2(0.5, 0.25)).r;
            float right = IMG_NORM_PIXEL(sound, vec2(0.5, 0.75)).r;
            gl_FragColor = vec4(left, right, IMG_NORM_PIXEL(spectrum, vec2(0.5)).r, 1.0);
        }""",
    ),
    # Brighter by 10/255 with each hit.
    "count": (
        {"INPUTS": [_IMAGE, {"NAME": "hit", "TYPE": "event"}], "PASSES": [_MEMORY, {}]},
        """void main() {
            vec4 c = IMG_THIS_PIXEL(memory);
            if (PASSINDEX == 0) gl_FragColor = vec4(c.rgb + (hit ? 10.0 / 255.0 : 0.0), 1.0);
            else gl_FragColor = c;
        }""",
    ),
    # Without a size where `by` is 0.
    "hollow": (
        {
            "INPUTS": [_IMAGE, {"NAME": "by", "TYPE": "float", "DEFAULT": 1}],
            "PASSES": [{"TARGET": "x", "WIDTH": "$WIDTH/$by"}, {}],
        },
        "void main() { gl_FragColor = IMG_THIS_PIXEL(inputImage); }",
    ),
}


def written_shaders(folder: Path, *names: str) -> dict[str, Shader]:
    """The shaders of those `names` as files in `folder`, all of them without names."""
    shaders: dict[str, Shader] = {}
    for name in names or set(_FILES) - {"hollow"}:
        header, body = _FILES[name]
        file = folder / f"{name}.fs"
        file.write_text(f"/*{json.dumps(header)}*/\n{body}\n", encoding="utf-8")
        shaders[name] = read_shader(file).as_shader(name)
    return shaders


def loaded_with(shaders: dict[str, Shader], folder: Path) -> LoadedShow:
    """A show of one layer that calls `shaders`."""
    show = Show(layers=(Layer(name="only"),), movements=(Movement(name="one", duration_s=1),))
    return LoadedShow(show, folder / "show.yaml", {}, (), {}, shaders=shaders)


def with_shaders(compositor: Compositor, folder: Path, *names: str) -> Compositor:
    """`compositor` with the shaders of those `names`, all of them without names."""
    compositor.prepare_show(loaded_with(written_shaders(folder, *names), folder))
    return compositor


def effect(shader: str, key: str = "", **settings: object) -> ShaderPlan:
    """One effect; `mix` and `pictures` are the plan's own, all else is the shader's."""
    plan = {name: settings.pop(name) for name in ("mix", "pictures") if name in settings}
    return ShaderPlan(key or f"only/layer/x/effect/{shader}", shader, settings, **plan)  # type: ignore[arg-type]
