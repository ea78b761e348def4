"""Reading a show from disk: the file itself, a real library, real sources, and all problems at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import Problem, ShowError
from engine.formats.library_writer import LibraryWriter, StoredClip, StoredSource, Traits
from engine.formats.show_yaml import read_show
from engine.model.clips import Codec
from tests.film_support import click_track, grey_movie
from tests.library_support import NewClip, put_source
from tests.media_support import clip_of, encode, table_of

SHOW = """library: library
track: {file: music.wav}
layers:
  - name: base
  - name: own
    source: own.mp4
    blend: screen
movements:
  - name: one
    duration_s: 4
"""


def problems_of(file: Path) -> tuple[Problem, ...]:
    with pytest.raises(ShowError) as raised:
        read_show(file)
    return raised.value.problems


def written(folder: Path, text: str = SHOW) -> Path:
    file = folder / "show.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def new_clip(folder: Path, work: Path, slug: str, source: Path) -> NewClip:
    made = encode(work / f"{slug}.mov", "mjpeg", "yuvj420p", range(5))
    clip = replace(clip_of(made, Codec.MJPEG, 5, slug=slug), file=folder / "library" / "clips" / f"{slug}.mov")
    traits = Traits(0.5, 0.5, 0, 0, 0, 0, 0)
    return NewClip(made, StoredClip(clip, source, 0.0, 0.2, 1000, "", traits), table_of(made))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a library of two clips, a movie and a track."""
    folder = tmp_path_factory.mktemp("archive")
    grey_movie(folder / "own.mp4", frames=10)
    click_track(folder / "music.wav", [0.5], 1.0)
    source = StoredSource(folder / "source.mp4", "source", "grey")
    with LibraryWriter(folder / "library") as library:
        clips = [new_clip(folder, library.work, slug, source.path) for slug in ("grey", "layer-base")]
        put_source(library, source, *clips)
    return folder


def test_a_whole_show_is_read_from_disk(archive: Path) -> None:
    loaded = read_show(written(archive))
    assert loaded.file == archive / "show.yaml"
    assert set(loaded.clips) == {"grey", "layer-base", "layer-own"}
    assert loaded.clips["layer-own"].frame_count == 10
    assert loaded.layer_clips == {("one", "base"): ("grey", "layer-base"), ("one", "own"): ("layer-own",)}
    assert loaded.track_files == (archive / "music.wav",)


def test_two_layers_may_have_one_source_and_a_slug_is_never_taken_twice(archive: Path) -> None:
    text = SHOW.replace("  - name: base\n", "  - name: base\n    source: own.mp4\n")
    loaded = read_show(written(archive, text))
    base, own = loaded.layer_clips["one", "base"][0], loaded.layer_clips["one", "own"][0]
    assert (base, own) == ("layer-base-source", "layer-own")
    assert loaded.clips[base].file == loaded.clips[own].file == archive / "own.mp4"
    assert loaded.clips["layer-base"].codec is Codec.MJPEG
    assert {slug: clip.slug for slug, clip in loaded.clips.items()} == {slug: slug for slug in loaded.clips}


def test_paths_may_be_absolute_or_begin_at_home(archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(archive))
    text = SHOW.replace("own.mp4", "~/own.mp4").replace("music.wav", str(archive / "music.wav"))
    loaded = read_show(written(tmp_path, text.replace("library: library", f"library: {archive / 'library'}")))
    assert loaded.clips["layer-own"].file == archive / "own.mp4"


def test_all_that_is_wrong_outside_the_show_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "own.mp4").write_text("no movie")
    text = SHOW.replace("blend: screen", "blend: screeen") + "    schedule: one.csv\n"
    (tmp_path / "one.csv").write_text("order,clip,layer\n1,grey,bsae\n")
    found = problems_of(written(tmp_path, text))
    assert [(Path(problem.file).name, problem.line, problem.path) for problem in found] == [
        ("one.csv", 2, "layer"),
        ("show.yaml", 1, "library"),
        ("show.yaml", 2, "track.file"),
        ("show.yaml", 6, "layers.1.source"),
        ("show.yaml", 7, "layers.1.blend"),
    ]
    assert "did you mean screen?" in str(found[-1])
    assert all(problem.mend for problem in found if problem.path in ("library", "layers.1.source"))


@pytest.mark.parametrize("name", ["a" * 300, "missing/../..", "..", "own.mp4/x", "/dev/null"])
def test_a_path_that_leads_nowhere_is_a_problem(tmp_path: Path, name: str) -> None:
    (tmp_path / "own.mp4").write_text("no movie")
    text = SHOW.replace("library: library", f"library: {name}/x").replace("own.mp4", name).replace("music.wav", name)
    found = problems_of(written(tmp_path, text + f"    schedule: {name}\n"))
    assert [problem.line for problem in found] == [1, 2, 6, 11]


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"", 0, "is empty"),
        (b"# nothing\n", 0, "is empty"),
        (b"- a\n", 1, "is not a group of settings"),
        (b"just text", 1, "is not a group of settings"),
        (b"title: gr\xfcn\n", 1, "is not UTF-8 text"),
        (b"a: [1\n", 1, "cannot be read as YAML"),
        (b"\x89PNG\r\n\x1a\n\x00", 1, "is not UTF-8 text"),
        (b"# " + b"x" * 2**20, 0, "is larger than 1 MiB"),
    ],
)
def test_what_is_no_show_at_all_is_one_problem(tmp_path: Path, content: bytes, line: int, said: str) -> None:
    file = tmp_path / "show.yaml"
    file.write_bytes(content)
    (problem,) = problems_of(file)
    assert (problem.file, problem.line) == (str(file), line)
    assert said in str(problem)


def test_a_file_that_is_not_there_and_a_folder_are_one_problem_each(tmp_path: Path) -> None:
    assert problems_of(tmp_path / "no.yaml")[0].what == "cannot be read: No such file or directory"
    (problem,) = problems_of(tmp_path)
    assert (problem.what, problem.mend) == ("is a folder", f"name the file: {tmp_path / 'show.yaml'}")
