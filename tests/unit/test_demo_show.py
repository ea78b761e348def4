"""The shipped demo show: it fits the archive, the music, the keyboard and its own comments."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from engine.formats.show_parse import parse_show
from engine.formats.show_resolve import Surroundings, resolve
from engine.model.clips import Clip, Codec
from engine.model.world import LoadedShow
from engine.outputs.key_names import KEY_NAMES
from engine.shipped import shipped
from preprocess.slugs import bases
from tools import demo_music
from tools.demo_archive import RECIPES

DEMO = shipped("schedules") / "demo"
HALF_BEAT_S = 0.25


def library() -> dict[str, Clip]:
    slugs = bases((Path(recipe.file) for recipe in RECIPES), ())
    return {
        slugs[Path(recipe.file)]: Clip(
            slug=slugs[Path(recipe.file)],
            file=Path(recipe.file),
            codec=Codec.MJPEG,
            width=recipe.width,
            height=recipe.height,
            rate=Fraction(recipe.rate),
            frame_count=recipe.frames,
        )
        for recipe in RECIPES
    }


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> LoadedShow:
    folder = tmp_path_factory.mktemp("demo")
    (folder / "schedules").mkdir()
    for file in DEMO.rglob("*.*"):
        (folder / file.relative_to(DEMO)).write_bytes(file.read_bytes())
    (folder / "library").mkdir()
    (folder / "track.flac").touch()
    blends = {path.stem for path in (shipped("shaders") / "blend").glob("*.glsl")}
    parsed = parse_show((folder / "show.yaml").read_text(), str(folder / "show.yaml"))
    loaded, problems = resolve(parsed, folder / "show.yaml", Surroundings(library(), {}, blends))
    assert not [*parsed.problems, *problems]
    assert loaded is not None
    return loaded


def test_movements_are_the_sections_of_the_music(demo: LoadedShow) -> None:
    sections = [
        (section["name"], section["bars"] * demo_music.BAR / 48_000) for section in demo_music.description()["sections"]
    ]
    assert [(movement.name, movement.duration_s) for movement in demo.movements] == sections


def test_every_cut_falls_on_the_grid_of_the_music(demo: LoadedShow) -> None:
    for movement in demo.movements:
        for row in movement.schedule.rows:
            assert row.start_s % HALF_BEAT_S == 0, (movement.name, row)


def test_every_clip_of_the_archive_is_seen(demo: LoadedShow) -> None:
    seen = {row.clip for movement in demo.movements for row in movement.schedule.rows}
    chosen = {slug for slugs in demo.layer_clips.values() for slug in slugs}
    assert set(library()) <= seen | chosen


def test_movements_use_their_layers_differently(demo: LoadedShow) -> None:
    ways = {tuple((layer.name, layer.blend, layer.opacity, layer.speed) for layer in m.layers) for m in demo.movements}
    assert len(ways) == len(demo.movements)
    blends = {layer.blend for movement in demo.movements for layer in movement.layers}
    assert {"screen", "multiply", "add", "overlay", "difference"} <= blends


def test_keys_exist_are_bound_once_and_are_explained(demo: LoadedShow) -> None:
    keys = [binding.key for binding in demo.show.bindings if binding.key is not None]
    assert set(keys) <= KEY_NAMES
    assert len(keys) == len(set(keys))
    comments = [line.partition("#")[2] for line in (DEMO / "show.yaml").read_text().splitlines() if "#" in line]
    words = set(" ".join(comments).lower().replace(":", " ").replace(",", " ").split())
    assert {key for key in keys if not key.isdigit()} <= words


def test_eight_faders_are_bound(demo: LoadedShow) -> None:
    faders = {binding.midi.cc for binding in demo.show.bindings if binding.midi and binding.midi.cc is not None}
    assert faders == set(range(1, 9))
