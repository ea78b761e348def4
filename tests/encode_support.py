"""Libraries with footage, fragments and their analyses for tests of `encode` and `emit`: real movies, no ingest."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from engine.formats.library_rows import StoredSource
from preprocess.catalogue.catalogue import Catalogue, Made
from preprocess.catalogue.fragments import store_analysis, store_footage
from preprocess.catalogue.values import Footage, Piece
from preprocess.pipeline.step import Failed, ItemStep
from tests.archive_support import MovieSpec, numbered_picture, write_movie
from tests.described_support import analysis

RATE = Fraction(25)


def add_footage(
    catalogue: Catalogue,
    base: str,
    frames: int = 30,
    *,
    width: int = 160,
    height: int = 96,
    pixel_format: str = "yuv422p10le",
    pictures: Sequence[np.ndarray] | None = None,
) -> Footage:
    """Enter a source with a ProRes mezzanine whose frames carry their numbers (or show `pictures`)."""
    catalogue.library.enter_sources([StoredSource(catalogue.folder.parent / f"{base}.mov", base.title(), base)])
    shown = pictures or [numbered_picture(number, width, height) for number in range(frames)]
    spec = MovieSpec("prores_ks", width, height, RATE, pixel_format)
    file = write_movie(catalogue.folder / "mezzanine" / f"{base}.mov", shown, spec)
    footage = Footage(
        base=base,
        source=catalogue.folder.parent / f"{base}.mov",
        file=file,
        byte_count=file.stat().st_size,
        width=width,
        height=height,
        rate=RATE,
        frame_count=len(shown),
        alpha="a" in pixel_format.removeprefix("yuv"),
        combs=False,
        sound=False,
        loudness_lufs=None,
        true_peak_db=None,
        pieces=(Piece(0, len(shown), 0.0),),
    )
    store_footage(catalogue, footage)
    return footage


def add_fragment(
    catalogue: Catalogue, slug: str, base: str, begin: int, end: int, *, handle: int = 0, **measures: object
) -> None:
    """Enter a fragment that was analysed."""
    with catalogue.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO fragments (slug, base, scene_index, begin, end, handle_in, handle_out)"
            " VALUES (?, ?, 0, ?, ?, ?, ?)",
            (slug, base, begin, end, handle, handle),
        )
    store_analysis(catalogue, analysis(slug, **{"black": False, "static": False, **measures}))


def do(catalogue: Catalogue, step: ItemStep) -> dict[str, object]:
    """Do all items of a step that do not stand, in this process, and drop what is stale; results by key."""
    made, results = dict(catalogue.made(step.name)), {}
    keys = set()
    for item in list(step.items(catalogue)):
        keys.add(item.key)
        now = Made(item.inputs, step.version, step.settings)
        if made.get(item.key) == now:
            continue
        (results[item.key],) = step.work([item.job], lambda done, total: None)
        with catalogue.transaction():
            if isinstance(results[item.key], Failed):
                step.fail(catalogue, item, results[item.key])
            else:
                step.store(catalogue, item, results[item.key])
            catalogue.note_made(step.name, item.key, now)
    with catalogue.transaction():
        if stale := sorted(made.keys() - keys):
            step.drop(catalogue, stale)
    return results
