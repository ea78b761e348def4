"""The clip library's catalogue: written by one, read by many, whole after a kill at any point."""

from __future__ import annotations

import os
import pickle
import sqlite3
import tracemalloc
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from engine.errors import LibraryError, SourceError
from engine.formats.library import read_library
from engine.formats.library_rows import Damage, StoredClip, StoredSource, Traits
from engine.formats.library_writer import LibraryWriter
from engine.model.clips import Clip, Codec, FrameTable
from tests.library_support import NewClip, put_clips, put_source

TRAITS = Traits(0.5, 0.4, 0.3, 0.5, 0.1, 0.2, 0.6)
TABLE = FrameTable(np.array([36, 136, 236], np.uint64), np.array([100, 100, 90], np.uint32))


def new_clip(library: LibraryWriter, source: StoredSource, slug: str, content: bytes = b"movie") -> NewClip:
    file = library.work / f"{slug}.mov"
    file.write_bytes(content)
    clip = Clip(slug, file, Codec.MJPEG, 320, 240, Fraction(25), 3, title="A Title")
    return NewClip(file, StoredClip(clip, source.path, 1.0, 1.12, 5, "ab", TRAITS), TABLE)


def source(folder: Path, name: str = "a") -> StoredSource:
    return StoredSource(folder / f"{name}.mp4", name.title(), name, 10, 20, "cd", "settings", "sound")


def library_with(folder: Path, *slugs: str) -> Path:
    with LibraryWriter(folder) as library:
        for slug in slugs:
            entered = source(folder, slug)
            put_source(library, entered, new_clip(library, entered, slug))
    return folder


def test_the_player_reads_what_was_written(tmp_path: Path) -> None:
    clips = read_library(library_with(tmp_path / "library", "b", "a"))
    assert list(clips) == ["a", "b"]
    clip = clips["a"]
    assert clip == Clip("a", tmp_path / "library/clips/a.mov", Codec.MJPEG, 320, 240, Fraction(25), 3, title="A Title")
    assert clip.file.read_bytes() == b"movie"
    assert clip.table is not None
    np.testing.assert_array_equal(clip.table.offsets, TABLE.offsets)
    np.testing.assert_array_equal(clip.table.lengths, TABLE.lengths)


@pytest.mark.parametrize("codec", [codec for codec in Codec if codec is not Codec.OTHER])
def test_every_codec_with_a_frame_table_can_be_stored(tmp_path: Path, codec: Codec) -> None:
    with LibraryWriter(tmp_path) as library:
        new = new_clip(library, source(tmp_path), "a")
        stored = replace(new.stored, clip=replace(new.stored.clip, codec=codec))
        put_source(library, source(tmp_path), replace(new, stored=stored))
        assert [stored.clip.codec for stored in library.clips()] == [codec]
    assert read_library(tmp_path)["a"].codec is codec


def test_a_closed_library_is_plain_files_and_nothing_temporary(tmp_path: Path) -> None:
    folder = library_with(tmp_path, "a")
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {"catalogue.sqlite", "clips/a.mov"}


def test_it_is_read_from_a_disk_that_cannot_be_written(tmp_path: Path) -> None:
    folder = library_with(tmp_path / "library", "a")
    # Root may write anywhere: what SQLite needs to write beside the catalogue is what must not be needed.
    with sqlite3.connect(folder / "catalogue.sqlite") as catalogue:
        catalogue.execute("PRAGMA journal_mode = WAL")
    catalogue.close()
    for beside in ("catalogue.sqlite-wal", "catalogue.sqlite-shm"):
        (folder / beside).unlink(missing_ok=True)
        (folder / beside).mkdir()
    assert list(read_library(folder)) == ["a"]


def test_sources_come_back_as_they_were_stored(tmp_path: Path) -> None:
    with LibraryWriter(tmp_path) as library:
        odd = Path("/tape/na\udcefve \n'été'.AVI")  # a byte that is no UTF-8
        stored = replace(
            source(tmp_path),
            path=odd,
            verdict="damaged",
            reason="partly",
            mend="copy",
            notes=("one", "two"),
            damage=(Damage(0.5, 1.25, "does not decode"),),
        )
        put_source(library, stored, new_clip(library, stored, "a"))
        assert library.sources() == {odd: stored}
        (clip,) = library.clips()
        assert (clip.source, clip.traits, clip.source_in_s, clip.sha256) == (odd, TRAITS, 1.0, "ab")


def test_a_clip_put_again_takes_the_place_of_the_first_and_a_dropped_one_goes_with_its_file(tmp_path: Path) -> None:
    with LibraryWriter(tmp_path) as library:
        entered = source(tmp_path)
        put_source(library, entered, *(new_clip(library, entered, f"a-0{n}") for n in (1, 2, 3)))
        put_clips(library, entered, new_clip(library, entered, "a-01", b"newer"))
        with library.transaction():
            library.drop_clips(["a-02", "a-03", "never_was"])
    assert [path.name for path in (tmp_path / "clips").iterdir()] == ["a-01.mov"]
    assert list(read_library(tmp_path)) == ["a-01"]
    assert read_library(tmp_path)["a-01"].file.read_bytes() == b"newer"


def test_a_writer_killed_before_the_catalogue_speaks_of_a_clip_leaves_nothing(tmp_path: Path) -> None:
    library = LibraryWriter(tmp_path)
    entered = source(tmp_path)
    library.enter_sources([entered])
    new = new_clip(library, entered, "a")
    library.connection.execute("BEGIN IMMEDIATE")
    library.put_clip(entered.base, new.stored, new.table, {"clips/a.mov": new.file})
    library.connection.close()  # as a kill would: no commit and no closing of ours
    assert library._lock_fd is not None
    os.close(library._lock_fd)
    with LibraryWriter(tmp_path) as again:
        assert [path.name for path in tmp_path.glob(".work-*")] == [again.work.name]
        assert again.sources()[entered.path].verdict == "pending"
    assert not list((tmp_path / "clips").iterdir())
    assert read_library(tmp_path) == {}


def test_two_writers_at_once_are_refused(tmp_path: Path) -> None:
    with LibraryWriter(tmp_path), pytest.raises(LibraryError, match="being written by another run"):
        LibraryWriter(tmp_path)
    LibraryWriter(tmp_path).close()


def _changed(folder: Path, statement: str) -> Path:
    with sqlite3.connect(folder / "catalogue.sqlite") as catalogue:
        catalogue.execute(statement)
    catalogue.close()
    return folder


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE meta SET value = '99'", "version 99"),
        ("UPDATE clips SET file = '../../etc/passwd'", "outside the library"),
        ("UPDATE clips SET file = '/etc/passwd'", "outside the library"),
        ("UPDATE clips SET file = 'C:\\x.mov'", "outside the library"),
        ("UPDATE clips SET slug = '../a', file = 'clips/a'", "is no name for a clip"),
        ("UPDATE clips SET slug = x'c3', file = 'clips/a'", "cannot be read"),
        ("UPDATE clips SET frame_count = 'many'", "a has 'many' frames"),
        ("UPDATE clips SET width = 'wide'", "a size or a rate that cannot be"),
        ("UPDATE clips SET width = 65536", "a has 65536 × 240 pixels"),
        ("UPDATE clips SET rate_den = 0.5", "a size or a rate that cannot be"),
        ("DROP TABLE clips", "cannot be read"),
    ],
)
def test_a_catalogue_that_cannot_be_trusted_is_refused(tmp_path: Path, statement: str, said: str) -> None:
    folder = _changed(library_with(tmp_path / "library", "a"), statement)
    with pytest.raises(LibraryError, match=said) as raised:
        read_library(folder)
    assert raised.value.mend


def test_a_folder_without_a_catalogue_and_one_with_rubbish_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no clip library here"):
        read_library(tmp_path)
    (tmp_path / "catalogue.sqlite").write_bytes(b"rubbish" * 1000)
    with pytest.raises(LibraryError, match="not a database"):
        read_library(tmp_path)
    with pytest.raises(LibraryError):
        LibraryWriter(tmp_path)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE frame_tables SET lengths = x'00'", "the frame table of a is damaged"),
        ("UPDATE frame_tables SET lengths = 'text'", "the frame table of a is damaged"),
        ("UPDATE frame_tables SET offsets = x'0000'", "the frame table of a is damaged"),
        ("UPDATE frame_tables SET first_offset = -1", "the frame table of a is damaged"),
        ("UPDATE frame_tables SET first_offset = 1.5", "the frame table of a is damaged"),
        ("DELETE FROM frame_tables", "the frame table of a is damaged"),
        ("UPDATE clips SET frame_count = 4", "the frame table of a is damaged"),
        ("DROP TABLE frame_tables", "a has no frame table: the catalogue cannot be read"),
        ("UPDATE meta SET value = '99'", "a has no frame table: the library is of version 99"),
    ],
)
def test_a_frame_table_that_cannot_be_trusted_costs_its_own_clip_and_no_other(
    tmp_path: Path, statement: str, said: str
) -> None:
    folder = library_with(tmp_path / "library", "a")
    clips = read_library(folder)
    _changed(folder, statement)
    table = _table(clips["a"])
    assert len(table) == 3
    for name in ("offsets", "lengths"):
        with pytest.raises(SourceError, match=said) as raised:
            getattr(table, name)
        assert raised.value.mend


def test_a_frame_table_is_read_when_it_is_asked_for_and_then_kept(tmp_path: Path) -> None:
    folder = library_with(tmp_path / "library", "a", "b")
    clips = read_library(folder)
    table, other = _table(clips["a"]), _table(clips["b"])
    hidden = folder.rename(tmp_path / "unplugged")
    with pytest.raises(SourceError, match="no clip library here"):
        _ = table.offsets
    hidden.rename(folder)
    assert table.offsets.tolist() == [36, 136, 236]
    folder.rename(hidden)
    assert table.lengths.tolist() == [100, 100, 90]
    unpickled = pickle.loads(pickle.dumps(other))
    hidden.rename(folder)
    assert unpickled.offsets.tolist() == [36, 136, 236]


def test_a_library_that_is_built_again_while_it_plays_never_lends_a_clip_the_table_of_another(tmp_path: Path) -> None:
    folder = library_with(tmp_path, "a", "b")
    clips = read_library(folder)
    with LibraryWriter(folder) as library:  # c gets the row that b had
        with library.transaction():
            library.drop_clips(["b"])
        put_clips(library, source(folder, "b"), new_clip(library, source(folder, "b"), "c"))
    with pytest.raises(SourceError, match="the frame table of b is damaged"):
        _ = _table(clips["b"]).offsets
    assert _table(clips["a"]).offsets.tolist() == [36, 136, 236]


def _table(clip: Clip) -> FrameTable:
    assert clip.table is not None
    return clip.table


def test_many_clips_are_kept_small_until_they_are_asked_for(tmp_path: Path) -> None:
    folder = library_with(tmp_path, "a")
    count = 20_000
    with sqlite3.connect(folder / "catalogue.sqlite") as catalogue:
        columns = [row[1] for row in catalogue.execute("PRAGMA table_info(clips)") if row[1] != "id"]
        wanted = ", ".join({"slug": "'c' || n", "file": "'clips/c' || n || '.mov'"}.get(name, name) for name in columns)
        catalogue.execute(
            f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})"
            f" INSERT INTO clips ({', '.join(columns)}) SELECT {wanted} FROM clips, numbers"
        )
        catalogue.execute(
            "INSERT OR IGNORE INTO frame_tables SELECT id, 36, x'640000006400000064000000', NULL FROM clips"
        )
    catalogue.close()
    tracemalloc.start()
    clips = read_library(folder)
    assert sum(clip.frame_count for clip in clips.values()) == 3 * (count + 1)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 512 * count
    assert len(clips) == count + 1
    assert list(clips) == sorted(clips)
    assert clips["c7"] is clips["c7"]
    assert clips["c7"].rate is clips["c19999"].rate
    assert _table(clips["c7"]).offsets.tolist() == [36, 136, 236]
    assert "c20001" not in clips
    with pytest.raises(KeyError):
        clips["c20001"]
