"""Another version of a show that plays: what can be taken over, and what cannot."""

from __future__ import annotations

import gc
import os
import re
import weakref
from pathlib import Path
from typing import Any

import pytest

from engine.app import show_version
from engine.app.load import load_world
from engine.app.recorder import header_of
from engine.app.replay import load_take
from engine.app.show_version import Versions, WrittenAgainError
from engine.app.tried_shaders import tried
from engine.errors import RuntimeShowError
from engine.formats.show_edit import digest
from engine.formats.take import Take
from engine.formats.take_file import read_take, write_take
from tests.film_support import click_track, grey_movie
from tests.isf_support import write_png

SHOW = """canvas: {width: 64, height: 36, rate: 30}
track: {file: music.wav}
tempo: {bpm: 120}
layers:
  - {name: base, source: up.mp4}
movements:
  - {name: one, duration_s: 60, schedule: one.csv}
inputs: {midi: {enabled: false}, osc: {port: 0}}
"""
CSV = "clip,duration_s,layer\nlayer-base,600,base\n"


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    grey_movie(tmp_path / "up.mp4")
    grey_movie(tmp_path / "down.mp4", frames=30)
    click_track(tmp_path / "music.wav", [0.5, 1.0], 2.0)
    (tmp_path / "one.csv").write_text(CSV)
    file = tmp_path / "show.yaml"
    file.write_text(SHOW)
    return file


def still(path: Path, level: int) -> None:
    write_png(path, [[(level, level, level, 255)]])


def rewritten(show: Path, before: str, after: str) -> None:
    text = show.read_text()
    assert before in text
    show.write_text(text.replace(before, after))


def test_what_was_read_and_heard_is_taken_over(show: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = load_world(show)
    versions = Versions(old)

    def deaf(*_: Any, **__: Any) -> None:
        raise AssertionError("the music is heard again")

    monkeypatch.setattr("engine.app.load.listen", deaf)
    rewritten(show, "name: base,", "name: base, opacity: 0.5,")
    version = versions.read()
    assert version.world.loaded.show.layers[0].opacity == 0.5
    (before,), (after,) = old.tracks, version.world.tracks
    assert before is not None
    assert after is not None
    assert (after.onsets, after.beats) == (before.onsets, before.beats)
    assert version.world.loaded.library is old.loaded.library
    assert version.digest == digest(show.read_bytes())
    assert not version.sources
    assert not version.pictures
    assert not version.plays_the_same


def test_a_binding_makes_no_other_show_of_it(show: Path) -> None:
    versions = Versions(load_world(show))
    show.write_text(SHOW + "bindings: [{key: x, to: /go}]\n")
    assert versions.read().plays_the_same


def test_music_is_heard_again_where_the_show_wants_to_hear_something_else(show: Path) -> None:
    versions = Versions(load_world(show))
    rewritten(show, "bpm: 120", "bpm: 60")
    (track,) = versions.read().world.tracks
    assert track is not None
    assert track.beats == (0.0, 1.0)


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("width: 64", "width: 128", "canvas"),
        ("music.wav}", "music.wav, gain_db: -6}", "track"),
        ("port: 0", "port: 9", "inputs"),
        ("tempo:", "cache_mb: 64\nclocks: {order: [midi, track]}\ntempo:", "clocks, cache_mb"),
        ("source: up.mp4", "source: down.mp4", "source"),
    ],
)
def test_what_is_opened_at_the_start_takes_a_new_one(show: Path, before: str, after: str, key: str) -> None:
    versions = Versions(load_world(show))
    rewritten(show, before, after)
    with pytest.raises(RuntimeShowError, match=f"{key}: another value is taken over by a new start only"):
        versions.read()
    rewritten(show, after, before)
    versions.read()


def test_the_digest_of_a_version_is_that_of_what_was_read(show: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = Versions(load_world(show))

    def digest_then_write(content: bytes) -> str:
        rewritten(show, "duration_s: 60", "duration_s: 600")
        return digest(content)

    monkeypatch.setattr(show_version, "digest", digest_then_write)
    with pytest.raises(WrittenAgainError):
        versions.read()


def test_a_new_layer_brings_its_own_source_and_keeps_it(show: Path) -> None:
    versions = Versions(load_world(show))
    rewritten(show, "movements:", "  - {name: top, source: down.mp4}\nmovements:")
    version = versions.read()
    assert version.world.loaded.clips["layer-top"].frame_count == 30
    versions.taken(version)
    rewritten(show, "  - {name: top, source: down.mp4}\n", "")
    versions.taken(versions.read())
    rewritten(show, "movements:", "  - {name: top, source: up.mp4}\nmovements:")
    with pytest.raises(RuntimeShowError, match="source"):
        versions.read()


def test_a_movie_under_its_old_name_counts_from_the_next_start_on(show: Path) -> None:
    versions = Versions(load_world(show))
    grey_movie(show.parent / "up.mp4", frames=30)
    rewritten(show, "name: base,", "name: base, opacity: 0.5,")
    version = versions.read()
    assert version.world.loaded.clips["layer-base"].frame_count == 50
    versions.taken(version)
    (show.parent / "up.mp4").unlink()
    rewritten(show, "opacity: 0.5", "opacity: 0.25")
    versions.taken(versions.read())
    rewritten(show, "movements:", "  - {name: top, source: up.mp4}\nmovements:")
    with pytest.raises(RuntimeShowError, match=r"up\.mp4 does not exist"):
        versions.read()


def test_all_mistakes_of_a_version_are_told(show: Path) -> None:
    versions = Versions(load_world(show))
    rewritten(show, "name: base,", "name: base, opacity: 2,")
    rewritten(show, "duration_s: 60", "duration_s: -1")
    with pytest.raises(RuntimeShowError) as caught:
        versions.read()
    assert "show.yaml:5" in str(caught.value)
    assert "show.yaml:7" in str(caught.value)
    show.unlink()
    with pytest.raises(RuntimeShowError, match="cannot be read"):
        versions.read()


def test_what_is_watched_is_what_the_show_consists_of(show: Path) -> None:
    folder = show.parent
    (folder / "shaders").mkdir()
    (folder / "shaders" / "idle.fs").write_text("/*{}*/ void main() { gl_FragColor = vec4(1.0); }")
    rewritten(show, "source: up.mp4", "source: up.mp4, mask: {file: mask.png}, effects: [{shader: lut}]")
    mask = folder / "mask.png"
    grey_movie(mask.with_suffix(".mp4"))
    mask.write_bytes(b"")
    versions = Versions(load_world(show))
    watched = versions.files()
    assert {show, folder / "one.csv", mask} <= watched
    assert any(file.name == "lut.fs" for file in watched), "a shipped one, too"
    assert folder / "shaders" / "idle.fs" not in watched
    rewritten(show, "one.csv", "two.csv")
    with pytest.raises(RuntimeShowError, match=r"two\.csv"):
        versions.read()
    assert {folder / "two.csv", folder / "shaders" / "idle.fs"} <= versions.files() - watched


def test_a_picture_is_read_again_where_its_file_is_another(show: Path) -> None:
    lut = show.parent / "warm.cube"
    table = "LUT_3D_SIZE 2\n" + "".join(f"{r} {g} {b}\n" for b in (0, 1) for g in (0, 1) for r in (0, 1))
    lut.write_text(table)
    use = "effects: [{shader: lut, pictures: {table: {file: warm.cube}}}]"
    rewritten(show, "source: up.mp4", f"source: up.mp4, {use}")
    versions = Versions(load_world(show))
    assert not versions.read().pictures
    lut.write_text(table.replace("1 1 1", "1 1 0"))
    os.utime(lut, ns=(1, 1))
    assert set(versions.read().pictures) == {str(lut)}
    lut.write_text("LUT_3D_SIZE 2\n0 0 0\n")
    with pytest.raises(RuntimeShowError, match=r"warm\.cube"):
        versions.read()


def test_a_take_knows_the_files_of_shaders_and_pictures(show: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = show.parent
    (folder / "shaders").mkdir()
    head = '{"IMPORTED": {"grain": {"PATH": "grain.png"}}, "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}'
    (folder / "shaders" / "mine.fs").write_text(f"/*{head}*/ void main() {{ gl_FragColor = vec4(1.0); }}")
    pictures = (folder / "mask.png", folder / "shaders" / "grain.png")
    for file in pictures:
        still(file, 255)
    rewritten(
        show, "source: up.mp4", "source: up.mp4, mask: {file: mask.png}, effects: [{shader: mine}, {shader: grade}]"
    )
    take = folder / "take.jsonl"
    world = load_world(show)
    write_take(take, Take(header_of(world, start_s=0.0), (), 1.0))
    files = read_take(take).header.fingerprints.files
    assert files is not None
    assert set(files) == {"mask.png", "shaders/mine.fs", "shaders/grain.png", "grade.fs"}
    load_take(take, world, strict=True)
    for file in pictures:
        still(file, 0)
    load_take(take, load_world(show))
    (record,) = caplog.records
    assert "was recorded with other files (mask.png, shaders/grain.png)" in record.getMessage()
    caplog.clear()
    take.write_text(re.sub(r'"files":\{[^}]*\},', "", take.read_text()))
    load_take(take, load_world(show), strict=True)
    assert not caplog.records, "an older take knows of no files"


def test_a_shader_that_failed_at_the_start_stays_out_until_its_file_is_another(show: Path) -> None:
    file = show.parent / "shaders" / "mine.fs"
    file.parent.mkdir()
    good = '/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}*/\nvoid main() { gl_FragColor = vec4(1.0); }\n'
    file.write_text(good.replace("vec4(1.0)", "nothing"))
    rewritten(show, "source: up.mp4", "source: up.mp4, effects: [{shader: mine}]")
    world = tried(load_world(show))
    assert world.loaded.barred == {"mine"}
    versions = Versions(world)
    version = versions.read()
    assert version.world.loaded.barred == {"mine"}
    assert not version.sources
    file.write_text(good.replace("vec4(1.0)", "nobody"))
    with pytest.raises(RuntimeShowError, match=r"mine\.fs:2.*nobody"):
        versions.read()
    file.write_text(good)
    version = versions.read()
    assert set(version.sources) == {"mine"}
    assert not version.world.loaded.barred
    versions.taken(version)
    assert not versions.read().sources


def test_versions_that_no_longer_play_are_let_go_of(show: Path) -> None:
    versions = Versions(load_world(show))
    trees: list[weakref.ref[object]] = []
    for number in range(4):
        show.write_text(SHOW + f"# {number}\n")
        version = versions.read()
        versions.taken(version)
        trees.append(weakref.ref(version.world.tree))
    del version
    gc.collect()
    assert [tree() is None for tree in trees] == [True, True, True, False]
