"""Sources read directly whose key frames lie far apart, through the steps that read their fragments."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from engine.formats.library_rows import StoredSource
from preprocess.analyze.step import AnalyzeStep
from preprocess.catalogue.catalogue import Catalogue, Made
from preprocess.catalogue.dump import dump, files_of
from preprocess.catalogue.fragments import store_footage
from preprocess.encode.step import EncodeStep
from preprocess.footage import source_reader
from preprocess.pipeline.executors import Workers, local_workers
from preprocess.pipeline.listening import Silent
from preprocess.pipeline.runner import run_items
from preprocess.pipeline.step import ItemStep
from preprocess.style.model import Style
from tests.footage_support import decoding_counted, footage_of, with_b_frames

STYLE = Style.model_validate({"movements": [{"name": "one"}], "analyze": {"faces": False}})
FRAMES, GOP, LENGTH, HANDLE = 140, 250, 20, 4
BASES = ("lake", "wood")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("sources")
    return [with_b_frames(folder / f"{base}.mp4", FRAMES, GOP) for base in BASES]


def enter(catalogue: Catalogue, sources: list[Path]) -> None:
    """The sources as they are when they were ingested without mezzanines, and split into short fragments."""
    for source in sources:
        base = source.stem
        footage = footage_of(source, catalogue.folder, mezzanine=False)
        catalogue.library.enter_sources([StoredSource(source, base, base)])
        store_footage(catalogue, replace(footage, digest=base))
        with catalogue.transaction() as connection:
            # Named against their order, as a source's that was split again may be.
            connection.executemany(
                "INSERT INTO fragments (slug, base, scene_index, begin, end, handle_in, handle_out)"
                " VALUES (?, ?, 0, ?, ?, ?, ?)",
                [
                    (f"{base}-{FRAMES - begin:03}", base, begin, begin + LENGTH, min(begin, HANDLE), HANDLE)
                    for begin in range(0, FRAMES, LENGTH)
                ],
            )


def library(folder: Path) -> tuple[list[str], list[str]]:
    """What a library says, and its files."""
    with Catalogue(folder) as catalogue:
        return list(dump(catalogue.connection)), list(files_of(folder))


def run(folder: Path, sources: list[Path], workers: Workers) -> tuple[list[str], list[str], int]:
    """Both steps as a run does them; the library, and how many frames were decoded for it in this process."""
    with Catalogue(folder) as catalogue:
        enter(catalogue, sources)
        source_reader._kept.reader = None
        with decoding_counted() as decoded:
            done = run_items(catalogue, [AnalyzeStep(STYLE), EncodeStep(STYLE)], workers, Silent())
        assert done == {step: len(sources) * FRAMES // LENGTH for step in ("analyze", "encode")}
        assert catalogue.failed("analyze") == catalogue.failed("encode") == set()
    return *library(folder), len(decoded)


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory: pytest.TempPathFactory, sources: list[Path]) -> tuple[list[str], list[str], int]:
    """The library when each fragment is read as by a process that has read nothing before; frames decoded for it."""
    folder = tmp_path_factory.mktemp("one_by_one") / "library"
    with Catalogue(folder) as catalogue:
        enter(catalogue, sources)
        steps: tuple[ItemStep, ...] = (AnalyzeStep(STYLE), EncodeStep(STYLE))
        with decoding_counted() as decoded:
            for step in steps:
                for item in list(step.items(catalogue)):
                    source_reader._kept.reader = None
                    (result,) = step.work([item.job], lambda done, total: None)
                    with catalogue.transaction():
                        step.store(catalogue, item, result)
                        catalogue.note_made(step.name, item.key, Made(item.inputs, step.version, step.settings))
    return *library(folder), len(decoded)


def test_each_step_decodes_each_frame_once_and_comes_to_the_same(
    tmp_path: Path, sources: list[Path], one_by_one: tuple[list[str], list[str], int]
) -> None:
    with ThreadPoolExecutor(1) as executor:
        *found, decoded = run(tmp_path / "library", sources, Workers(executor, 1))
    assert found == list(one_by_one[:2])
    frames = 2 * len(sources) * FRAMES  # by analyze and by encode
    assert frames <= decoded <= 1.2 * frames
    assert one_by_one[2] > 3 * decoded


def test_two_workers_come_to_the_same(
    tmp_path: Path, sources: list[Path], one_by_one: tuple[list[str], list[str], int]
) -> None:
    with local_workers(2, []) as workers:
        assert run(tmp_path / "library", sources, workers)[:2] == one_by_one[:2]


def test_what_is_left_of_a_stretch_is_done_and_no_more(
    tmp_path: Path, sources: list[Path], one_by_one: tuple[list[str], list[str], int]
) -> None:
    folder = tmp_path / "library"
    with ThreadPoolExecutor(1) as executor:
        workers = Workers(executor, 1)
        run(folder, sources, workers)
        step = EncodeStep(STYLE)
        with Catalogue(folder) as catalogue:
            # Of frames 60 to 80 and 100 to 120.
            again = ["lake-080", "lake-040"]
            for slug in again:
                (folder / "clips" / f"{slug}.mov").unlink()
            source_reader._kept.reader = None
            with decoding_counted() as decoded:
                assert run_items(catalogue, [step], workers, Silent()) == {"encode": len(again)}
    assert len(decoded) == 120 + HANDLE, "from the key frame on, and through what stands between"
    assert library(folder)[1] == one_by_one[1]
