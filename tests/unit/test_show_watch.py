"""The watch over a show's files: what it notices, and what it says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from engine.app.load import load_world
from engine.app.messages import kept_messages
from engine.app.show_version import Version, Versions
from engine.app.show_watch import Settled, ShowWatch
from engine.errors import RuntimeShowError, ShaderError
from engine.gl.shader_trial import TrialResult
from engine.model.world import World
from tests.film_support import grey_movie

SHOW = """canvas: {width: 64, height: 36, rate: 30}
layers:
  - {name: base, source: up.mp4, effects: [{shader: mine}]}
movements:
  - {name: one, duration_s: 60}
inputs: {midi: {enabled: false}, osc: {port: 0}}
"""
SHADER = '/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}*/\nvoid main() { gl_FragColor = vec4(%s); }\n'
TIMEOUT_S = 60


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("engine.app.show_watch.LOOK_EACH_S", 0.02)
    grey_movie(tmp_path / "up.mp4", frames=5)
    (tmp_path / "shaders").mkdir()
    (tmp_path / "shaders" / "mine.fs").write_text(SHADER % "1.0")
    file = tmp_path / "show.yaml"
    file.write_text(SHOW)
    return file


@pytest.fixture
def world(show: Path) -> World:
    return load_world(show)


@pytest.fixture
def watch(world: World) -> Iterator[ShowWatch]:
    made = ShowWatch(world)
    yield made
    made.close()


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def offered(watch: ShowWatch) -> Version:
    until(lambda: watch.offered)
    assert watch.offered is not None
    return watch.offered


def test_text_that_is_no_yaml_is_told_and_the_files_are_watched_on(
    show: Path, watch: ShowWatch, caplog: pytest.LogCaptureFixture
) -> None:
    with kept_messages() as messages:
        show.write_text(SHOW + "  - [\n")
        until(lambda: watch.problem)
    assert "show.yaml:7: cannot be read as YAML" in caplog.text
    assert not messages.newest, "once it is mended nothing is left of it"
    assert "show.yaml:7: cannot be read as YAML" in watch.problem
    assert watch.line.startswith("NOT TAKEN OVER: ")
    show.write_text(SHOW.replace("60", "50"))
    assert offered(watch).world.loaded.movements[0].duration_s == 50
    watch.settle(Settled.TAKEN)
    until(lambda: watch.line.startswith("taken over: show.yaml at "))
    assert not watch.problem


def test_a_mistake_of_ours_does_not_end_the_watch(
    show: Path, watch: ShowWatch, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_versions: Versions) -> Version:
        raise KeyError("a mistake")

    with monkeypatch.context() as patched:
        patched.setattr(Versions, "read", broken)
        show.write_text(SHOW.replace("60", "50"))
        until(lambda: watch.problem)
    assert "KeyError" in caplog.text
    show.write_text(SHOW.replace("60", "40"))
    assert offered(watch).world.loaded.movements[0].duration_s == 40


def test_what_was_written_before_the_watch_began_is_noticed(show: Path, world: World) -> None:
    shader = show.parent / "shaders" / "mine.fs"
    show.write_text(SHOW.replace("60", "50"))
    shader.write_text(SHADER % "0.25")
    watch = ShowWatch(world)
    try:
        version = offered(watch)
    finally:
        watch.close()
    assert version.world.loaded.movements[0].duration_s == 50
    assert set(version.sources) == {"mine"}, "what was compiled may be the shader as it was"


def test_a_shader_that_is_spoiled_when_the_watch_begins_is_told(show: Path, world: World) -> None:
    shader = show.parent / "shaders" / "mine.fs"
    shader.write_text("/*{")
    watch = ShowWatch(world)
    try:
        until(lambda: watch.problem)
        assert "mine.fs" in watch.problem
        shader.write_text(SHADER % "1.0")
        assert set(offered(watch).sources) == {"mine"}
    finally:
        watch.close()


def test_a_trial_is_given_up_where_the_shader_is_written_again(
    show: Path, watch: ShowWatch, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shader = show.parent / "shaders" / "mine.fs"
    tried: list[float] = []

    def endless(_files: Sequence[Path], *, give_up: Callable[[], bool], **_: object) -> tuple[TrialResult, ...]:
        tried.append(time.monotonic())
        until(give_up)
        return (TrialResult(shader, error=ShaderError("took too long", subject=shader)),)

    with monkeypatch.context() as patched:
        patched.setattr("engine.app.show_version.trial", endless)
        shader.write_text(SHADER % "for (;;);")
        until(lambda: tried)
    shader.write_text(SHADER % "0.5")
    assert set(offered(watch).sources) == {"mine"}
    assert "not taken over" not in caplog.text


def test_while_it_is_held_what_is_written_waits(show: Path, watch: ShowWatch, caplog: pytest.LogCaptureFixture) -> None:
    watch.held = True
    show.write_text("no: show")
    until(lambda: watch.line)
    assert watch.line == "waits for /lock 0: show.yaml"
    show.write_text(SHOW.replace("60", "50"))
    assert watch.offered is None
    watch.held = False
    assert offered(watch).world.loaded.movements[0].duration_s == 50, "what stands there at last"
    assert caplog.text.count("while /lock is 1") == 1
    assert "not taken over" not in caplog.text


def test_what_is_put_off_is_read_anew(show: Path, watch: ShowWatch) -> None:
    show.write_text(SHOW.replace("60", "50"))
    offered(watch)
    watch.held = True
    show.write_text(SHOW.replace("60", "40"))
    watch.settle(Settled.PUT_OFF)
    until(lambda: watch.line)
    watch.held = False
    assert offered(watch).world.loaded.movements[0].duration_s == 40


@pytest.mark.parametrize("name", ["looks/by path.fs", "named"])
def test_what_a_version_lacks_is_looked_for(show: Path, name: str) -> None:
    versions = Versions(load_world(show))
    file = show.parent / (name if name.endswith(".fs") else f"shaders/deep/{name}.fs")
    show.write_text(SHOW.replace("mine", f'"{name}"'))
    with pytest.raises(RuntimeShowError, match="no such shader"):
        versions.read()
    file.parent.mkdir()
    file.write_text(SHADER.replace("{", '{"IMPORTED": {"grain": {"PATH": "grain.png"}}, ', 1) % "1.0")
    assert file in versions.files()
    with pytest.raises(RuntimeShowError, match=r"grain\.png"):
        versions.read()
    assert {file, file.with_suffix(".vs"), file.parent / "grain.png"} <= versions.files()


def test_a_source_that_a_version_lacks_is_looked_for_and_what_plays_may_be_written(show: Path) -> None:
    versions = Versions(load_world(show))
    assert show.parent / "up.mp4" not in versions.files(), "it counts from the next start on"
    show.write_text(SHOW.replace("movements:", "  - {name: top, source: later.mp4}\nmovements:"))
    with pytest.raises(RuntimeShowError, match=r"later\.mp4"):
        versions.read()
    assert show.parent / "later.mp4" in versions.files()


def test_a_shader_of_the_shows_own_that_takes_a_shipped_ones_place_is_noticed(show: Path) -> None:
    show.write_text(SHOW.replace("mine", "invert"))
    versions = Versions(load_world(show))
    own, idle = (show.parent / "shaders" / name for name in ("invert.fs", "idle.fs"))
    for file in (own, idle):
        file.write_text(SHADER % "1.0")
    assert own in versions.files()
    assert idle not in versions.files()
    assert set(versions.read().sources) == {"invert"}
