"""The step ingest: what becomes of sources, good and bad, and what a second run does again."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from engine.errors import OutputError
from engine.formats.library_rows import StoredSource
from engine.formats.movie import read_movie
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.fragments import read_footage
from preprocess.footage import combing
from preprocess.ingest import work
from preprocess.ingest.errors import write_errors
from preprocess.ingest.step import IngestStep
from preprocess.ingest.work import sha256_of
from preprocess.pipeline.executors import Workers
from preprocess.pipeline.listening import Silent
from preprocess.pipeline.runner import run_items
from preprocess.pipeline.step import Failed, Item, ItemStep
from preprocess.sources import find_sources
from preprocess.style.model import Style
from tests.archive_support import MovieSpec, cut_short, numbered_movie, rotten, sound_only, write_movie
from tests.footage_support import footage_of, ingested, numbers, woven

SD = MovieSpec(codec="mpeg2video", width=320, height=240)
STYLE = Style.model_validate({"movements": [{"name": "one"}]})


class _Here(Executor):
    """Works at once, in this process."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def run(folder: Path, library: Path, *, verify: bool = False, later: tuple[ItemStep, ...] = (), **settings: Any) -> int:
    """Ingest what lies in a folder; how many sources were looked at."""
    style = STYLE.model_copy(update={"ingest": STYLE.ingest.model_copy(update=settings)})
    with Catalogue(library) as catalogue:
        step = IngestStep(style, find_sources([folder], library), verify=verify, later=later)
        done = run_items(catalogue, [step], Workers(_Here(), 1), Silent())["ingest"]
        write_errors(catalogue)
    return done


def sources(library: Path) -> dict[str, StoredSource]:
    with Catalogue(library) as catalogue:
        return {source.path.name: source for source in catalogue.library.sources().values()}


@contextmanager
def opened(library: Path) -> Iterator[Catalogue]:
    with Catalogue(library) as catalogue:
        yield catalogue


def test_each_source_gets_its_verdict_and_the_run_goes_on(tmp_path: Path) -> None:
    folder, library = tmp_path / "videos", tmp_path / "library"
    good = numbered_movie(folder / "good.mp4", 30)
    cut_short(folder / "cut.mp4", good)
    rotten(folder / "rotten.mkv", numbered_movie(tmp_path / "whole.mkv", 60), 0.4, 0.5)
    numbered_movie(folder / "still.mp4", 1)
    sound_only(folder / "sound.mp4")
    (folder / "empty.mov").touch()
    (folder / "text.mov").write_text("no movie")
    assert run(folder, library) == 7
    verdicts = {name: source.verdict for name, source in sources(library).items()}
    assert verdicts == {
        **{"good.mp4": "sound", "rotten.mkv": "damaged", "still.mp4": "flagged"},
        **dict.fromkeys(("cut.mp4", "sound.mp4", "empty.mov", "text.mov"), "quarantined"),
    }
    with opened(library) as catalogue:
        footage = read_footage(catalogue)
        assert set(footage) == {"good", "rotten", "still"}
        assert not any(catalogue.work.iterdir())
        assert catalogue.connection.execute("SELECT count(*) FROM damage").fetchone()[0] >= 1
    assert numbers(footage["good"]) == list(range(30))
    assert sorted(path.name for path in (library / "mezzanine").iterdir()) == ["good.mov", "rotten.mov", "still.mov"]


def test_the_report_of_errors_says_what_was_lost_and_what_mends_it(tmp_path: Path) -> None:
    folder, library = tmp_path / "videos", tmp_path / "library"
    folder.mkdir()
    (folder / '=HYPERLINK("x").mov').touch()
    rotten(folder / "rotten.mkv", numbered_movie(tmp_path / "whole.mkv", 60), 0.4, 0.5)
    run(folder, library)
    told = json.loads((library / "reports/conversion_errors.json").read_text())
    assert [(row["verdict"], bool(row["lost"])) for row in told] == [("quarantined", False), ("partly damaged", True)]
    assert told[0]["reason"] == "empty: 0 bytes"
    assert all(row["mend"] for row in told)
    with (library / "reports/conversion_errors.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["title"] == '\'=HYPERLINK("x")'
    assert rows[1]["lost"].endswith(" s")
    shutil.rmtree(folder)
    folder.mkdir()
    numbered_movie(folder / "good.mp4", 5)
    run(folder, library)
    (left,) = json.loads((library / "reports/conversion_errors.json").read_text())
    assert left["title"] == "rotten"  # its footage is kept; the empty one is gone, and nothing was made of it


def test_a_second_run_looks_at_what_changed_only(tmp_path: Path) -> None:
    folder, library = tmp_path / "videos", tmp_path / "library"
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        numbered_movie(folder / name, 12)
    (folder / "bad.mov").touch()
    assert run(folder, library) == 4
    before = {path: path.stat().st_mtime_ns for path in (library / "mezzanine").iterdir()}
    assert run(folder, library) == 0
    os.utime(folder / "a.mp4", ns=(1, 1))  # touched, and yet the same
    assert run(folder, library) == 0
    assert sources(library)["a.mp4"].mtime_ns == 1
    content = bytearray((folder / "b.mp4").read_bytes())
    stat = (folder / "b.mp4").stat()
    content[-20] ^= 1
    (folder / "b.mp4").write_bytes(content)
    os.utime(folder / "b.mp4", ns=(stat.st_atime_ns, stat.st_mtime_ns))  # changed, and yet it does not look it
    assert run(folder, library) == 0
    assert run(folder, library, verify=True) == 1
    assert {path for path, mtime_ns in before.items() if path.stat().st_mtime_ns != mtime_ns} == {
        library / "mezzanine/b.mov"
    }
    numbered_movie(folder / "bad.mov", 12)
    assert run(folder, library) == 1
    assert sources(library)["bad.mov"].verdict == "sound"
    assert run(folder, library, profile="hq") == 4


def test_what_was_made_of_a_source_stays_when_it_is_gone_and_counts_when_it_is_back(tmp_path: Path) -> None:
    folder, library, away = tmp_path / "videos", tmp_path / "library", tmp_path / "away.mp4"
    source = numbered_movie(folder / "a.mp4", 12)
    numbered_movie(folder / "b.mp4", 12)
    run(folder, library)
    source.rename(away)
    assert run(folder, library) == 0
    assert run(folder, library, profile="hq") == 2  # of one there is nothing to see
    with opened(library) as catalogue:
        assert read_footage(catalogue)["a"].file == library / "mezzanine/a.mov"
        stored = catalogue.library.sources()[source]
        assert (stored.verdict, stored.sha256) == ("sound", sha256_of(away)), "relink knows it by its content"
    away.rename(source)
    assert run(folder, library, profile="hq") == 1
    assert run(folder, library, profile="hq") == 0


def test_sources_that_came_to_nothing_are_forgotten_with_their_names_once_they_are_gone(tmp_path: Path) -> None:
    library, unplugged, disk = tmp_path / "library", tmp_path / "old/a.mp4", tmp_path / "disk"
    with Catalogue(library) as catalogue:  # a run that was killed before it looked at anything
        catalogue.library.enter_sources([StoredSource(unplugged, "a", "a")])
    assert run(disk, library) == 1
    assert sources(library)["disk"].verdict == "quarantined"
    numbered_movie(disk / "a.mp4", 3)
    assert run(disk, library) == 1
    assert {name: source.base for name, source in sources(library).items()} == {"a.mp4": "a"}
    assert run(disk, library) == 0


class _Later(ItemStep):
    """A step that has something to do with some sources."""

    name, version, batch, settings = "later", 1, 1, "s"

    def __init__(self, busy: set[str]) -> None:
        self.busy = busy

    def items(self, catalogue: Catalogue, bases: Any = None) -> Iterator[Item]:
        for base in sorted(self.busy):
            yield Item(f"{base}-01", base, "x", None, 1.0, base)


def test_a_mezzanine_that_was_removed_is_made_again_where_it_is_needed(tmp_path: Path) -> None:
    folder, library = tmp_path / "videos", tmp_path / "library"
    for name in ("a.mp4", "b.mp4"):
        numbered_movie(folder / name, 12)
    run(folder, library)
    content = (library / "mezzanine/a.mov").read_bytes()
    shutil.rmtree(library / "mezzanine")
    assert run(folder, library, later=(_Later(set()),)) == 0
    assert run(folder, library, later=(_Later({"a"}),)) == 1
    assert (library / "mezzanine/a.mov").read_bytes() == content
    assert run(folder, library) == 1
    (library / "mezzanine/b.mov").write_bytes(b"cut")
    assert run(folder, library) == 1
    assert run(folder, library) == 0


def test_from_mezzanines_to_reading_directly_and_back(tmp_path: Path) -> None:
    folder, library = tmp_path / "videos", tmp_path / "library"
    numbered_movie(folder / "a.mp4", 12)
    run(folder, library)
    assert run(folder, library, mezzanine=False) == 1
    assert list((library / "mezzanine").iterdir()) == []
    with opened(library) as catalogue:
        assert read_footage(catalogue)["a"].file is None
    assert run(folder, library) == 1
    assert (library / "mezzanine/a.mov").is_file()


def test_a_source_that_goes_bad_takes_its_footage_along(tmp_path: Path) -> None:
    folder, library = tmp_path / "videos", tmp_path / "library"
    source = numbered_movie(folder / "a.mp4", 12)
    run(folder, library)
    source.write_text("overwritten")
    assert run(folder, library) == 1
    assert sources(library)["a.mp4"].reason == "not a movie"
    assert list((library / "mezzanine").iterdir()) == []


def test_a_worker_that_crashes_quarantines_its_source(tmp_path: Path) -> None:
    folder, library = tmp_path / "videos", tmp_path / "library"
    numbered_movie(folder / "a.mp4", 12)
    with Catalogue(library) as catalogue:
        step = IngestStep(STYLE, find_sources([folder], library))
        (item,) = step.items(catalogue)
        with catalogue.transaction():
            step.fail(catalogue, item, Failed("reading it crashed the worker (signal 11)", "turn it into another"))
    assert sources(library)["a.mp4"].reason == "reading it crashed the worker (signal 11)"


def test_a_source_that_changes_while_it_is_read_is_quarantined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = numbered_movie(tmp_path / "a.mp4", 12)
    make = work.make_mezzanine

    def meanwhile(*arguments: Any) -> Any:
        made = make(*arguments)
        with source.open("ab") as file:
            file.write(b"more")
        return made

    monkeypatch.setattr(work, "make_mezzanine", meanwhile)
    result = ingested(source, tmp_path / "library")
    assert (result.source.verdict, result.source.reason) == ("quarantined", "changed while it was read")
    assert list((tmp_path / "library/.work").iterdir()) == []


def test_a_full_disk_stops_the_run_and_leaves_the_catalogue_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, library = tmp_path / "videos", tmp_path / "library"
    numbered_movie(folder / "a.mp4", 12)
    numbered_movie(folder / "b.mp4", 12)
    opened_file = av.open

    def onto_full(name: str, mode: str = "r", **options: Any) -> Any:
        return opened_file("/dev/full" if mode == "w" and name.endswith("b.mov") else name, mode, **options)

    with monkeypatch.context() as context:
        context.setattr("preprocess.ingest.mezzanine.av.open", onto_full)
        with pytest.raises(OutputError, match="cannot be written"):
            run(folder, library)
    with opened(library) as catalogue:
        assert catalogue.connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert not any(catalogue.work.iterdir())
        left = {"a", "b"} - set(read_footage(catalogue))
        assert "b" in left
    assert run(folder, library) == len(left)


def test_pipes_folders_and_links_are_no_sources(tmp_path: Path) -> None:
    folder, library = tmp_path / "videos", tmp_path / "library"
    inside = numbered_movie(folder / "deep/a.mp4", 3)
    outside = numbered_movie(tmp_path / "outside.mp4", 3)
    kept = numbered_movie(folder / ".annex/b.mp4", 3)
    os.mkfifo(folder / "pipe.mp4")
    (folder / "folder.mov").mkdir()
    (folder / "to_outside.mp4").symlink_to(outside)
    (folder / "to_nowhere.mp4").symlink_to(tmp_path / "nowhere.mp4")
    (folder / "round.mp4").symlink_to("round.mp4")
    (folder / "again.mp4").symlink_to(inside)
    (folder / "from_annex.mp4").symlink_to(kept)
    (folder / "elsewhere").symlink_to(tmp_path)
    found = find_sources([folder], library)
    assert [path.name for path in found.videos] == ["a.mp4", "from_annex.mp4"]
    assert {path.name: why for path, why in found.left_out} == {
        "pipe.mp4": "no file, but a pipe or a device",
        "to_outside.mp4": "a link to a file outside of its folder",
        "to_nowhere.mp4": "a link that leads to no file",
        "round.mp4": "a link that leads to no file",
    }
    named = ingested(folder / "pipe.mp4", library)  # named on the command line, it must not be waited for
    assert (named.source.verdict, named.source.reason) == ("quarantined", "is a pipe or a device, not a file")
    assert ingested(folder / "missing.mp4", library).source.reason == "no such file"


def test_names_of_every_kind_are_read_and_shown(tmp_path: Path) -> None:
    folder, library = tmp_path / "videos", tmp_path / "library"
    plain = numbered_movie(tmp_path / "plain.mp4", 3)
    folder.mkdir()
    names = [
        *(b"new\nline.mp4", b"quote'\".mp4", b"caf\xe9.mp4", b"%d.mp4", b"a:b.mp4", b"a..\\..\\b.mp4"),
        *(b"x" * 251 + b".mp4", b"-dash.MP4", "été 東京.Mp4".encode()),
    ]
    for name in names:
        shutil.copy(plain, os.path.join(os.fsencode(folder), name))  # noqa: PTH118 - a name in bytes
    (folder / "bad\nname.mov").touch()
    assert run(folder, library) == len(names) + 1
    with opened(library) as catalogue:
        assert len(read_footage(catalogue)) == len(names)
        assert all(path.parent == library / "mezzanine" for path in (library / "mezzanine").iterdir())
    assert "bad\\nname.mov" in (library / "reports/conversion_errors.csv").read_text()


def test_prores_is_taken_as_it_is(tmp_path: Path) -> None:
    spec = MovieSpec(codec="prores_ks", pixel_format="yuv422p10le")
    source = numbered_movie(tmp_path / "a.mov", 12, spec)
    result = ingested(source, tmp_path / "library")
    assert result.made is None
    assert result.footage is not None
    assert result.footage.file is None
    assert "is ProRes already: taken as it is" in result.source.notes
    assert numbers(result.footage) == list(range(12))
    turned = numbered_movie(
        tmp_path / "b.mov", 12, MovieSpec(codec="prores_ks", pixel_format="yuv422p10le", rotation_deg=90)
    )
    assert footage_of(turned, tmp_path / "library").file is not None


@pytest.mark.parametrize(("profile", "tag"), [("422", "apcn"), ("hq", "apch"), ("4444", "ap4h")])
def test_the_profile_is_that_of_the_settings(tmp_path: Path, profile: str, tag: str) -> None:
    footage = footage_of(numbered_movie(tmp_path / "a.mp4", 3), tmp_path / "library", profile=profile)
    assert footage.file is not None
    with av.open(str(footage.file)) as container:
        assert container.streams.video[0].codec_context.codec_tag == tag
    assert read_movie(footage.file).seek_cost.stands_alone


@pytest.mark.parametrize("clear", [True, False])
@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"), [("a.mov", "qtrle", "argb"), ("a.webm", "libvpx-vp9", "yuva420p")]
)
def test_transparency_is_kept_and_looked_for(
    tmp_path: Path, name: str, codec: str, pixel_format: str, clear: bool
) -> None:
    picture = np.full((96, 160, 4), 255, np.uint8)
    if clear:
        picture[:, 80:, 3] = 60
    source = write_movie(tmp_path / name, [picture] * 3, MovieSpec(codec=codec, pixel_format=pixel_format))
    for mezzanine in (True, False):
        footage = footage_of(source, tmp_path / "library", mezzanine=mezzanine)
        assert footage.alpha == clear
        if footage.file is not None:
            with av.open(str(footage.file)) as container:
                assert container.streams.video[0].codec_context.codec_tag == "ap4h"


def test_what_is_not_taken_of_a_source_is_told(tmp_path: Path) -> None:
    source = tmp_path / "a.mkv"
    with av.open(str(source), "w") as container:
        streams = [container.add_stream("libx264", rate=Fraction(25)) for _ in range(2)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
            stream.codec_context.color_trc = 16
        for number in range(6):
            for stream in streams:
                picture = np.full((96, 160, 3), 40 * number, np.uint8)
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
                frame.pts, frame.color_trc = number, 16
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode())
    notes = ingested(source, tmp_path / "library").source.notes
    assert "holds 2 moving pictures: the first was taken" in notes
    assert any("HDR (PQ)" in note for note in notes)


def test_interlaced_footage_is_progressive_and_says_so(tmp_path: Path) -> None:
    for mezzanine in (True, False):  # it is never read directly: the filter would need its neighbours
        source = write_movie(tmp_path / "woven.mpg", woven(30, interlaced=True, lines=0), SD)
        footage = footage_of(source, tmp_path / "library", mezzanine=mezzanine)
        assert footage.combs
        assert footage.file is not None
        assert not combing.combs(read_movie(footage.file))
    plain = write_movie(tmp_path / "plain.mpg", woven(30, interlaced=False), SD)
    assert not footage_of(plain, tmp_path / "library").combs


def test_a_stretch_that_combs_is_found_among_much_that_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(combing, "_STRETCH_EVERY_S", 2.0)
    pictures = [*woven(200, interlaced=False), *woven(50, interlaced=True), *woven(50, interlaced=False)]
    assert combing.combs(read_movie(write_movie(tmp_path / "mixed.mpg", pictures, SD)))


def test_a_jump_of_the_clock_is_left_out_and_told_of(tmp_path: Path) -> None:
    times = [*range(30), *range(30 + 25 * 60, 60 + 25 * 60)]
    result = ingested(numbered_movie(tmp_path / "a.mkv", 60, MovieSpec(times=times)), tmp_path / "library")
    footage = result.footage
    assert footage is not None
    assert [(piece.begin, piece.end) for piece in footage.pieces] == [(0, 30), (30, 60)]
    assert footage.pieces[1].source_in_s == pytest.approx(float(Fraction(times[30], 25)))
    assert any("a gap of 60 s in its clock is left out" in note for note in result.source.notes)
