"""Suite `looks`: what compositing costs beside ffmpeg's filters, how many passes it takes, and whether it stays flat.

*film*: four layers of 720p and a cross-fade, by the compositor and by ffmpeg in turns. *eight layers*: 1080p with two
effects each; passes against the number worked out by hand (each layer its frame and two effects; seven are laid upon
the lowest, the last of them into the output itself), and whatever is made on the GPU once it is warm. *switching*:
hours of show time in which chains of effects change every two seconds; textures, targets and programs have to stay as
many as they were.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import moderngl
import numpy as np

from engine.core.figures import Figures
from engine.errors import DeviceError, OutputError
from engine.formats.shader_files import ShaderFiles, read_shader
from engine.gl.compositor import Compositor, is_software
from engine.gl.context import headless_context
from engine.model.pictures import FrameRef, Hit, Layout, Lookup, Picture
from engine.model.plan import FramePlan, LayerPlan, MovementPlan, ShaderPlan, ShownFrame
from engine.model.shaders import Shader, ShaderKind
from engine.model.show import Layer, Movement, Show
from engine.model.world import LoadedShow
from tools.bench.looks_film import Film, by_compositor, by_ffmpeg, difference, write_raw
from tools.bench.measuring import Case, collector_set_aside, without_bars
from tools.bench.rows import Bar, Options, Row, Tell

SUITE = "looks"
_SOFTWARE_SPEED, _GPU_SPEED = 0.5, 5.0  # of ffmpeg's
_BY_HAND = 8 * 3 + 7
_EFFECTS = ("duotone", "vignette")
_SWITCH_S = 2.0
_MADE = ("texture", "framebuffer", "program", "buffer", "vertex_array", "sampler")


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """The film beside ffmpeg's, eight layers with effects, hours of switching."""
    found = _rows(options, tell)
    return without_bars(found) if options.quick else found


def _rows(options: Options, tell: Tell) -> Iterator[Row]:
    try:
        context = headless_context()
    except DeviceError as error:
        yield Case(SUITE, "all").row("pictures a second", None, "1/s", note=str(error))
        return
    try:
        yield from _film(context, options, tell)
        yield from _eight_layers(context, options, tell)
        yield from _switching(context, options, tell)
    finally:
        context.release()


def _film(context: moderngl.Context, options: Options, tell: Tell) -> Iterator[Row]:
    film = Film(160, 90, 6, 6) if options.quick else Film(1280, 720, 90, 30)
    rounds = 1 if options.quick else 9 if options.full else 5
    case = Case(SUITE, f"4 layers of {film.height}p and a cross-fade")
    bar = Bar("≥", _SOFTWARE_SPEED if is_software(context) else _GPU_SPEED)
    compositor = Compositor(context, film.width, film.height, Figures())
    compositor.prepare(["multiply"])
    clips = film.clips()
    try:
        options.media.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=options.media) as folder:
            files = write_raw(clips, Path(folder))
            off = difference(film, compositor, clips, files)
            makers = {"ours": by_compositor(film, compositor, clips), "ffmpeg": by_ffmpeg(film, files)}
            took_s = _in_turns(makers, rounds, tell)
    except OutputError as error:
        yield case.row("speed, ours ÷ ffmpeg's", None, "×", bar, str(error))
        return
    finally:
        compositor.release()
    for name, seconds in took_s.items():
        yield case.row(f"pictures a second, {name}", film.frames / median(seconds), "1/s", note=f"{rounds} rounds")
    yield case.row("speed, ours ÷ ffmpeg's", median(took_s["ffmpeg"]) / median(took_s["ours"]), "×", bar)
    yield case.row("mean difference of the two films", off, "levels")


def _in_turns(makers: dict[str, Callable[[], None]], rounds: int, tell: Tell) -> dict[str, list[float]]:
    took_s: dict[str, list[float]] = {name: [] for name in makers}
    with collector_set_aside():
        for number in range(rounds):
            for name, make in makers.items():
                tell(f"the film by {name}, round {number + 1} of {rounds}")
                begun_s = time.perf_counter()
                make()
                took_s[name].append(time.perf_counter() - begun_s)
    return took_s


def _eight_layers(context: moderngl.Context, options: Options, tell: Tell) -> Iterator[Row]:
    width, height, ticks = (96, 54, 2) if options.quick else (1920, 1080, 120 if options.full else 30)
    case = Case(SUITE, f"8 layers of {height}p with 2 effects each")
    tell(case.name)
    figures = Figures()
    compositor = _with_effects(context, (width, height), figures, _EFFECTS)
    stills = [_noise(width, height, seed) for seed in range(8)]

    def draw(tick: int) -> None:
        compositor.draw(*_tick(tick, stills, tuple(_EFFECTS for _ in stills)))

    for tick in range(4):
        draw(tick)
    context.finish()
    took_ms = []
    with _creations(context) as made:
        for tick in range(4, 4 + ticks):
            begun_s = time.perf_counter()
            draw(tick)
            context.finish()
            took_ms.append((time.perf_counter() - begun_s) * 1000)
    yield case.row(
        "passes ÷ by hand", figures.samples("passes").last / _BY_HAND, "×", Bar("≤", 1.0), f"{_BY_HAND} by hand"
    )
    yield case.row("made on the GPU after warm-up", len(made), "", Bar("≤", 0), ", ".join(sorted(set(made))))
    yield case.row("pictures alive that passes draw into", compositor.target_count, "")
    yield from case.spread("a picture", took_ms, "ms")
    if figures.samples("gpu_ms").count:
        yield case.row("GPU, p50", figures.samples("gpu_ms").percentile(50), "ms")
    compositor.release()


@dataclass(frozen=True, slots=True)
class _Counts:
    """How many things there are at one moment."""

    textures: int
    targets: int
    programs: int


def _switching(context: moderngl.Context, options: Options, tell: Tell) -> Iterator[Row]:
    """Chains of three effects on two layers: every combination of shipped effects comes round again and again."""
    hours = 24.0 if options.full else 0.02 if options.quick else 4.0
    size = (160, 90)
    case = Case(SUITE, f"{hours:g} hours of switching effects")
    names = sorted(_shipped_filters())[: 8 if options.quick else None]
    compositor = _with_effects(context, size, Figures(), names)
    stills = [_noise(*size, seed) for seed in range(2)]
    counts: list[_Counts] = []
    switches = int(hours * 3600 / _SWITCH_S)
    places = itertools.count()
    for switch in range(switches):
        if switch % 500 == 0:
            tell(f"switch {switch} of {switches}")
        chains = tuple(tuple(names[next(places) * 7 % len(names)] for _ in range(3)) for _ in stills)
        for tick in range(2):
            compositor.draw(*_tick(int(switch * _SWITCH_S * 60) + tick, stills, chains))
        counts.append(_Counts(compositor.texture_count, compositor.target_count, compositor.program_count))
    context.finish()
    warm, rest = counts[: switches // 4], counts[switches // 4 :]
    for what in ("textures", "targets", "programs"):
        before, after = (max(getattr(one, what) for one in part) for part in (warm, rest))
        note = f"{before} at most in the first quarter, {len(names)} effects, {switches} switches"
        yield case.row(f"{what} more than in the first quarter", max(0, after - before), "", Bar("≤", 0), note)
    compositor.release()


def _shipped_filters() -> dict[str, Shader]:
    shaders = {name: read_shader(file).as_shader(name) for name, file in ShaderFiles().names.items()}
    return {name: shader for name, shader in shaders.items() if shader.kind is ShaderKind.FILTER}


def _with_effects(context: moderngl.Context, size: tuple[int, int], figures: Figures, names: Any) -> Compositor:
    shipped = _shipped_filters()
    show = Show(layers=(Layer(name="only"),), movements=(Movement(name="one", duration_s=1),))
    shaders = {name: shipped[name] for name in names}
    compositor = Compositor(context, *size, figures)
    compositor.prepare_show(LoadedShow(show, Path("show.yaml"), {}, (), {}, shaders=shaders))
    return compositor


def _tick(
    tick: int, stills: list[Picture], chains: tuple[tuple[str, ...], ...]
) -> tuple[FramePlan, dict[FrameRef, Lookup]]:
    """Each layer shows another frame at each tick, through its chain."""
    frames: dict[FrameRef, Lookup] = {}
    layers = []
    for index, (still, chain) in enumerate(zip(stills, chains, strict=True)):
        ref = FrameRef(f"clip-{index}", tick)
        frames[ref] = Hit(Picture(ref, still.width, still.height, still.layout, still.planes, still.chroma))
        effects = tuple(ShaderPlan(f"m/layer/{index}/effect/{place}-{name}", name) for place, name in enumerate(chain))
        blend, opacity = ("screen", 0.5) if index else ("normal", 1.0)
        layers.append(LayerPlan(f"{index}", ShownFrame(ref), blend=blend, opacity=opacity, effects=effects))
    return FramePlan(tick / 60, (MovementPlan("m", tick / 60, tuple(layers)),)), frames


def _noise(width: int, height: int, seed: int) -> Picture:
    choice = np.random.default_rng(seed)
    sizes = ((height, width), *(((height + 1) // 2, (width + 1) // 2),) * 2)
    planes = tuple(choice.integers(0, 256, size, np.uint8) for size in sizes)
    return Picture(FrameRef("noise", seed), width, height, Layout.YUV, planes, (2, 2))


@contextmanager
def _creations(context: moderngl.Context) -> Iterator[list[str]]:
    """What is made on the GPU within, by kind."""
    made: list[str] = []

    def noted(kind: str, make: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            made.append(kind)
            return make(*arguments, **named)

        return wrapped

    for kind in _MADE:
        setattr(context, kind, noted(kind, getattr(context, kind)))
    try:
        yield made
    finally:
        for kind in _MADE:
            delattr(context, kind)
