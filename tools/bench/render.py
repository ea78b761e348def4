"""Suite `render`: how fast a show becomes a film without a screen.

Two layers of 720p clips, one cut by onsets, rendered through the real wiring of `runtime-render` at two sizes, from
MJPEG and from HapQ clips, to H.264; and once to FFV1. Frames a second count from opening the show to the finished
file. There is no bar: on software GL drawing decides, with a GPU the encoder does. What each stage took is in the
rows: the main thread's one after another; encoding, which has a thread of its own, beside them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from engine.app.jobs import RenderJob
from engine.app.wiring import offline
from engine.errors import DeviceError, OutputError
from engine.model.clips import Clip
from engine.outputs.film_formats import FilmCodec
from tools.bench.laps import STAGES, Laps
from tools.bench.measuring import Case, Stopwatch, collector_set_aside
from tools.bench.media import ClipWish, Kind, make_clip
from tools.bench.rows import Options, Row, Tell
from tools.bench.shows import named, world_of

SUITE = "render"
_RATE = Fraction(30)
_SIZES, _QUICK_SIZES = ((640, 360), (1280, 720)), ((160, 90),)
_FRAMES, _FULL_FRAMES, _QUICK_FRAMES = 150, 900, 6
_SHOW = """layers:
  - {name: base, clips: [base]}
  - {name: echo, clips: [echo], blend: screen, opacity: 0.5, on_onset: {action: jump}}
movements: [{name: one, duration_s: 3600}]
"""
_CASES: tuple[tuple[Kind, FilmCodec, str], ...] = (
    (Kind.MJPEG, "h264", ".mp4"),
    (Kind.HAP_Q, "h264", ".mp4"),
    (Kind.MJPEG, "ffv1", ".mkv"),
)


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """Frames a second and the stages, by clip, film and size."""
    frames = _QUICK_FRAMES if options.quick else _FULL_FRAMES if options.full else _FRAMES
    clip_size = (320, 180) if options.quick else (1280, 720)
    for kind, codec, suffix in _CASES:
        clip = make_clip(ClipWish(kind, *clip_size, 30), options.media, tell)
        for width, height in _QUICK_SIZES if options.quick else _SIZES:
            case = Case(SUITE, f"{kind.value} → {codec}, {width} × {height}")
            tell(f"rendering {frames} frames, {case.name}")
            try:
                with tempfile.TemporaryDirectory(dir=options.media) as folder:
                    film = Path(folder) / f"film{suffix}"
                    yield from rendered_rows(case, render(clip, film, codec, (width, height), frames))
            except (DeviceError, OutputError) as error:
                yield case.row("frames a second", None, "1/s", note=str(error))


@dataclass(slots=True)
class Rendered:
    """What a render took, and where."""

    frames: int
    film_bytes: int = 0
    laps: Laps = field(default_factory=Laps)
    clock: Stopwatch = field(default_factory=Stopwatch)
    samples: dict[str, tuple[float, float]] = field(default_factory=dict)  # the engine's own figures, p50 and p99


def render(clip: Clip, film: Path, codec: FilmCodec, size: tuple[int, int], frames: int) -> Rendered:
    """Render `frames` of a show of two layers of `clip` to `film`, and finish it."""
    clips = [named(clip, "base"), named(clip, "echo")]
    world = world_of(film.parent, _SHOW, clips, track_s=60.0, onset_s=0.5)
    job = RenderJob(
        film=film,
        width=size[0],
        height=size[1],
        rate=_RATE,
        from_s=0.0,
        to_s=float(frames / _RATE),
        codec=codec,
    )
    found = Rendered(frames)
    with collector_set_aside(), found.clock, offline(world, job) as player:
        found.laps.follow(player)
        player.run()
    found.film_bytes = film.stat().st_size
    for name, samples in player.figures.samples_by_name.items():
        if samples.count and name.endswith("_ms") and name != "python_ms":
            found.samples[name] = samples.percentile(50), samples.percentile(99)
    return found


def rendered_rows(case: Case, found: Rendered) -> Iterator[Row]:
    """The rows of one film."""
    yield case.row("frames a second", found.frames / found.clock.wall_s, "1/s", note=f"{found.frames} frames")
    yield case.row("film", found.film_bytes / found.frames / 1000, "kB a frame")
    yield case.cpu(found.clock)
    for stage in STAGES:
        yield from case.spread(f"{stage}, wall", found.laps.wall_ms[stage], "ms")
    for name, (middle, high) in sorted(found.samples.items()):
        part = case.part(name.removesuffix("_ms"))
        yield part.row("p50", middle, "ms")
        yield part.row("p99", high, "ms")
