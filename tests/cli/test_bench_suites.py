"""The bench's suites over small clips: each says all that it is for. No time is judged."""

from __future__ import annotations

import importlib
import json
import math
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import moderngl
import numpy as np
import pytest

from engine.errors import DeviceError, ShowError
from engine.gl.context import headless_context
from engine.model.clips import Clip
from tests.film_support import run_module
from tests.support import absent, need_program
from tools.bench import cli, layers, memory, render, scrub, stage, uploads
from tools.bench.deadlines import deadline_rows, deadlines
from tools.bench.fader import once
from tools.bench.laps import STAGES
from tools.bench.measuring import Case
from tools.bench.media import ClipWish, Kind, make_clip
from tools.bench.rows import Options, Row
from tools.bench.shows import named

SIZE = (160, 96)
FRAMES = 12

# What each suite must have measured: figures of its cases, and parts of them.
SUITES = {
    "kills": {"libraries the same", "fewest in a step"},
    "pipeline": {
        *("one worker", "two workers", "one worker ÷ two", "took", "items done"),
        "clips, thumbnails and strips touched",
    },
    "schedule": {"assign", "schedule", "assign and schedule", "nothing to do"},
    "catalogue": {"search, worst", "search by clip, worst", "filter, worst", "neighbours read"},
    "scrub": {
        *("event to frame ready p99 ÷ decode p50", "queue length, most", "requests dropped", "memory grown"),
        *(": event to frame ready", ": decode"),
    },
    "play": {
        *("python_ms p99", "deadlines missed through Python", "collector runs", "major page faults"),
        *(": python, CPU", ": C loop", ": this player", ": load"),
    },
    "layers": {"ticks a second", "throughput", "done p50 ÷ plain", "a layer ÷ a single one, CPU", ": of it upload"},
    "control": {"step + bindings p50", "step + bindings p99", ": bindings", ": coalescing", ": step"},
    "sound": {"mixing p99", "of a core", ": mixing 256 frames"},
    "flood": {
        *("frames late, more than quietly", "OSC actions lost", "events dropped by the inbox"),
        *(": quiet", ": flooded", ": heard"),
    },
    "onsets": {"F, drums", "F, soft attacks", "of a core", "told after, p50", ": live"},
    "looks": {
        *("speed, ours ÷ ffmpeg's", "passes ÷ by hand", "made on the GPU after warm-up"),
        *("targets more than in the first quarter", ": a picture"),
    },
    "liveonset": {"drums heard", "told after, p50", "drum to cut, p99"},
    "reaction": {"p50", "p99", "most"},
    "sync": {"off at most", "largest step", "slewed by at most", "jumps"},
    "render": {"frames a second", ": draw, wall", ": encode", ": decode"},
}


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("media")


@pytest.fixture(scope="module")
def mjpeg(media: Path) -> Clip:
    return _made(media, Kind.MJPEG)


@pytest.fixture
def context() -> Iterator[moderngl.Context]:
    try:
        made = headless_context()
    except DeviceError as error:
        absent(f"OpenGL without a screen ({error.what})", "libegl1 libgl1 libgl1-mesa-dri")
    yield made
    made.release()


def _made(media: Path, kind: Kind) -> Clip:
    return make_clip(ClipWish(kind, *SIZE, FRAMES), media, _tell)


def _tell(_what: str) -> None:
    pass


def _by_figure(rows: Iterator[Row]) -> dict[str, Row]:
    return {row.figure: row for row in rows}


def test_every_suite_of_the_bench_is_tried() -> None:
    # test_bench, test_bench_start, test_bench_encode, test_split_shots
    elsewhere = {"seek", "start", "encode", "shots"}
    assert set(cli.SUITES) == set(SUITES) | elsewhere


@pytest.mark.parametrize("suite", SUITES)
def test_a_trial_of_a_suite_measures_all_that_it_is_for_and_judges_nothing(suite: str, media: Path) -> None:
    need_program("cc", "gcc")
    rows = list(importlib.import_module(f"tools.bench.{suite}").rows(Options(media, quick=True), _tell))
    assert {row.suite for row in rows} == {suite}
    assert len({(row.case, row.figure) for row in rows}) == len(rows), "two rows are about the same"
    assert not [row for row in rows if row.bar is not None]
    assert not [
        row for row in rows if row.value is not None and not 0 <= row.value < math.inf and "memory" not in row.figure
    ]
    measured = [row for row in rows if row.value is not None]
    parts = {f":{part}" for _, mark, part in (row.case.partition(":") for row in measured) if mark}
    assert SUITES[suite] <= {row.figure for row in measured} | parts


@pytest.mark.parametrize(
    ("suite", "lacking", "unmeasured"),
    [
        ("reaction", "Xvfb", {"event to swap over MIDI", "event to swap over UDP"}),
        ("reaction", "jackd", {"event to swap over MIDI", "event to swap over UDP"}),
        ("liveonset", "pulseaudio", {"fast", "hfc"}),
        ("liveonset", "parec", {"fast", "hfc"}),
    ],
)
def test_a_suite_whose_devices_are_absent_says_so_in_a_row(
    suite: str, lacking: str, unmeasured: set[str], media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == lacking else which(name))
    monkeypatch.delenv("DISPLAY", raising=False)
    rows = list(importlib.import_module(f"tools.bench.{suite}").rows(Options(media, quick=True), _tell))
    assert {row.case for row in rows if row.value is None} == unmeasured
    assert all(f"{lacking} is not installed" in row.note for row in rows if row.value is None)


def test_a_sweep_over_ten_thousand_indexes_goes_through_the_real_loop(media: Path, mjpeg: Clip) -> None:
    swept = scrub.sweep(scrub.longer(mjpeg, 10_000), media, once(0.5), 0.5, workers=1)
    assert swept.workers == 1
    assert swept.watch.visits > 100
    assert 0 < len(swept.watch.decode_ms) <= swept.watch.visits
    assert 0 < len(swept.watch.waited_ms) + swept.watch.ready_before <= swept.watch.visits
    assert swept.events >= swept.watch.visits
    assert max(swept.queue_lengths) <= 2  # a layer and a worker


@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read from Linux' /proc")
def test_memory_is_watched_while_every_clip_has_its_turn(media: Path, mjpeg: Clip) -> None:
    found = memory.wander([named(mjpeg, f"clip-{number}") for number in range(3)], media, 0.8, cache_bytes=1 << 20)
    assert len(found.over_time) >= 2
    assert found.over_time == sorted(found.over_time)
    rows = _by_figure(memory.growth(found, 0.2, 0.8, full=False))
    assert "--full" in rows["memory grown"].note
    assert str(rows["memory grown"].bar) == "≤ 16"
    assert found.budget > 1 << 20


def test_ticks_of_layers_decode_and_upload_every_frame(context: moderngl.Context, mjpeg: Clip) -> None:
    runs = layers.interleaved(context, mjpeg, (1, 3), ticks=14)
    assert [run.layers for run in runs] == [1, 3]
    for run in runs:
        assert len(run.tick_ms) == len(run.upload_ms) == 14
        assert all(upload <= tick for tick, upload in zip(run.tick_ms, run.upload_ms, strict=True))
        assert run.clock.wall_s > 0
    assert context.error == "GL_NO_ERROR"


@pytest.mark.parametrize("way", ["plain", "orphaned buffer", "persistent buffer"])
def test_every_way_of_uploading_brings_the_bytes_into_the_texture(context: moderngl.Context, way: str) -> None:
    gl = uploads.GL(context)
    if way == "persistent buffer" and not gl.can_persist:
        absent("ARB_buffer_storage", "a newer Mesa (libgl1-mesa-dri)")
    planes = uploads.pictures(64, 32)["YUV planes"]
    made: uploads.Way = {
        "plain": lambda: uploads.Plain(gl, planes),
        "orphaned buffer": lambda: uploads.Orphaned(gl, planes),
        "persistent buffer": lambda: uploads.Persistent(gl, planes, copies=True),
    }[way]()
    textures = [context.texture((plane.width, plane.height), 1) for plane in planes]
    random = np.random.default_rng(3)
    for _ in range(5):  # more than the ring of a persistent buffer has parts
        content = [random.integers(0, 256, plane.nbytes, np.uint8) for plane in planes]
        made.upload(textures, content)
        assert [texture.read(alignment=1) for texture in textures] == [data.tobytes() for data in content]
    made.release()
    assert context.error == "GL_NO_ERROR"


def test_blocks_of_every_kind_go_up_without_an_error(context: moderngl.Context) -> None:
    cases = {row.case for row in uploads.rows(context, 64, 32, rounds=2) if row.value is not None}
    assert context.error == "GL_NO_ERROR"
    for kind in uploads.pictures(64, 32):
        assert f"upload 64 × 32 {kind}, plain" in cases


def test_a_loop_under_load_is_watched_from_every_side(media: Path, mjpeg: Clip) -> None:
    need_program("cc", "gcc")
    found = deadlines(mjpeg, media, 0.6)
    assert found.ticks > 0
    assert found.collections == 0
    assert found.busy > 0
    assert all(len(found.laps.wall_ms[stage]) == found.ticks for stage in STAGES)
    assert found.paced is not None
    rows = _by_figure(deadline_rows(found, full=False))
    assert rows["deadlines missed through Python"].value == max(0, found.missed - found.paced.missed)


def test_without_a_c_loop_nothing_is_said_of_python(media: Path, mjpeg: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.bench.pacer.shutil.which", lambda _name: None)
    row = _by_figure(deadline_rows(deadlines(mjpeg, media, 0.2), full=False))["deadlines missed through Python"]
    assert (row.value, row.met) == (None, None)
    assert "compiler" in row.note


def test_a_render_is_a_whole_film(tmp_path: Path, mjpeg: Clip) -> None:
    film = tmp_path / "film.mp4"
    found = render.render(mjpeg, film, "h264", (64, 36), frames=7)
    with av.open(str(film)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 7
    assert found.film_bytes == film.stat().st_size
    assert all(len(found.laps.wall_ms[stage]) == 7 for stage in STAGES)
    assert _by_figure(render.rendered_rows(Case("render", "a"), found))["frames a second"].value


# A show

SHOW = """canvas: {{width: 64, height: 36, rate: 10}}
layers:
  - {{name: inside, source: {mjpeg}}}
  - {{name: outside, source: {film}, opacity: 0.5}}
movements: [{{name: one, duration_s: 4}}]
"""


@pytest.fixture
def show(tmp_path: Path, media: Path, mjpeg: Clip) -> Path:
    file = tmp_path / "show.yaml"
    film = _made(media, Kind.INTRA).file
    file.write_text(SHOW.format(mjpeg=json.dumps(str(mjpeg.file)), film=json.dumps(str(film))), encoding="utf-8")
    return file


def test_a_show_is_answered_clip_by_clip_and_as_a_whole(show: Path, media: Path) -> None:
    rows = list(stage.rows(show, Options(media, quick=True), _tell))
    cases = {row.case: _by_figure(one for one in rows if one.case == row.case) for row in rows}
    assert set(cases) == {"layer-inside", "layer-outside", "disk", "disk: a frame", "movement one", "verdict"}
    assert {"seek p50", "seek p99", "seek p99.9"} <= set(cases["layer-inside"])
    assert cases["layer-inside"]["seek p99"].bar is not None
    assert cases["layer-outside"]["seek p99"].bar is None
    assert "will not scrub" in cases["layer-outside"]["seek p99"].note
    assert {"read from disk", "decode, playing on", "a tick, drawing included p99"} <= set(cases["movement one"])
    verdict = cases["verdict"]["bars missed"]
    assert verdict.value == sum(row.met is False for row in rows if row.case != "verdict")


def test_the_command_ends_with_1_where_the_show_does_not_hold(show: Path, media: Path) -> None:
    done = run_module("tools.cli", "bench", show, "--quick", "--json", "--media", media)
    rows = json.loads(done.stdout)["rows"]
    assert {row["suite"] for row in rows} == {"show"}
    missed = [row for row in rows if row["met"] is False]
    assert done.returncode == bool(missed), done.stderr
    lost = show.read_text(encoding="utf-8").replace(str(media), os.devnull)
    show.write_text(lost, encoding="utf-8")
    with pytest.raises(ShowError):
        list(stage.rows(show, Options(media, quick=True), _tell))
