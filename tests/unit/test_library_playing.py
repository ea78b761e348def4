"""A library's clips in the frame store: who reads their frame tables, and what a damaged one costs."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.figures import Figures
from engine.formats import library_table
from engine.formats.library import read_library
from engine.formats.library_catalogue import open_catalogue
from engine.formats.library_rows import StoredClip, StoredSource, Traits
from engine.formats.library_writer import LibraryWriter
from engine.media.frame_store import FrameStore
from engine.model.clips import Codec
from engine.model.pictures import FrameRef, Hit, Missing
from engine.model.plan import FramePlan, LayerPlan, MovementPlan, ShownFrame
from tests.library_support import NewClip, put_source
from tests.media_support import clip_of, encode, read_number

TRAITS = Traits(0.5, 0.4, 0.3, 0.5, 0.1, 0.2, 0.6)
FIRST, SECOND = FrameRef("a", 3), FrameRef("b", 5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library of two clips, "a" and "b", of eight numbered frames."""
    with LibraryWriter(tmp_path / "library") as library:
        for slug in ("a", "b"):
            file = encode(library.work / f"{slug}.mov", "mjpeg", "yuvj420p", range(8))
            clip = replace(clip_of(file, Codec.MJPEG, 8), slug=slug)
            assert clip.table is not None
            source = StoredSource(tmp_path / slug, slug, slug, verdict="sound")
            stored = StoredClip(clip, source.path, 0.0, 1.0, file.stat().st_size, "", TRAITS)
            put_source(library, source, NewClip(file, stored, clip.table))
    return library.folder


def plan(at_s: float = 0.0) -> FramePlan:
    layers = tuple(LayerPlan(ref.clip, ShownFrame(ref)) for ref in (FIRST, SECOND))
    return FramePlan(at_s, (MovementPlan("m", at_s, layers),))


def test_frame_tables_are_read_by_the_threads_that_decode(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readers: list[str] = []

    @contextmanager
    def noted(library: Path) -> Iterator[sqlite3.Connection]:
        readers.append(threading.current_thread().name)
        with open_catalogue(library) as catalogue:
            yield catalogue

    clips = read_library(folder)
    monkeypatch.setattr(library_table, "open_catalogue", noted)
    with FrameStore(clips, figures=Figures(), cache_bytes=2**24, workers=1) as store:
        for _ in range(3):
            found = store.exact_frames_for(plan())
        for ref in (FIRST, SECOND):
            hit = found[ref]
            assert isinstance(hit, Hit)
            assert read_number(hit.picture) == ref.index
    assert readers == ["decode-0", "decode-0"]


def test_a_damaged_frame_table_costs_its_clip_one_log_line_and_the_show_goes_on(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite3.connect(folder / "catalogue.sqlite") as catalogue:
        catalogue.execute(
            "UPDATE frame_tables SET lengths = x'00' WHERE clip_id = (SELECT id FROM clips WHERE slug = 'a')"
        )
    catalogue.close()
    figures = Figures()
    with (
        caplog.at_level(logging.WARNING),
        FrameStore(read_library(folder), figures=figures, cache_bytes=2**24, workers=1) as store,
    ):
        for tick in range(3):
            found = store.exact_frames_for(plan(tick / 25))
            assert isinstance(found[FIRST], Missing)
            assert isinstance(found[SECOND], Hit)
    assert [record.getMessage() for record in caplog.records] == [
        f"{folder}: the frame table of a is damaged: there is none of 8 frames. "
        "make it again with runtime-preprocess run"
    ]
    assert figures.counter("source_errors").count == 1
