"""Footage, fragments and their analyses, as the catalogue has them."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, fields
from fractions import Fraction
from pathlib import Path

import numpy as np

from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.values import Analysis, Colour, Footage, Fragment, Piece

_MOST_NAMED = 500  # of more, all rows are read and looked through: SQLite takes only so many values


def _among(column: str, wanted: Collection[str] | None) -> tuple[str, tuple[str, ...]]:
    """What narrows a query to these, where they are few: a run asks source by source, and reads no more than that."""
    if wanted is None or len(wanted) > _MOST_NAMED:
        return "", ()
    return f" WHERE {column} IN ({', '.join('?' * len(wanted))})", tuple(wanted)


def read_footage(catalogue: Catalogue, bases: Collection[str] | None = None) -> dict[str, Footage]:
    """The footage of these sources (None: of all), by base, in base order."""
    where, values = _among("footage.base", bases)
    rows = catalogue.connection.execute(
        f"SELECT footage.*, path FROM footage JOIN sources USING (base){where} ORDER BY base",  # noqa: S608 - our own names
        values,
    )
    return {row["base"]: _footage(catalogue.folder, row) for row in rows if bases is None or row["base"] in bases}


def _footage(folder: Path, row: sqlite3.Row) -> Footage:
    return Footage(
        base=row["base"],
        source=Path(os.fsdecode(row["path"])),
        file=None if row["file"] is None else folder / row["file"],
        byte_count=row["bytes"],
        width=row["width"],
        height=row["height"],
        rate=Fraction(row["rate_num"], row["rate_den"]),
        frame_count=row["frame_count"],
        alpha=bool(row["alpha"]),
        combs=bool(row["combs"]),
        sound=bool(row["sound"]),
        loudness_lufs=row["loudness_lufs"],
        true_peak_db=row["true_peak_db"],
        pieces=tuple(Piece(*piece) for piece in json.loads(row["pieces"])),
        gain_db=row["gain_db"],
        digest=row["digest"],
        seek_frames=row["seek_frames"],
    )


def store_footage(catalogue: Catalogue, footage: Footage) -> None:
    """Store or replace a source's footage. The mezzanine must be in its place, inside the library."""
    file = None if footage.file is None else footage.file.relative_to(catalogue.folder).as_posix()
    row = (
        footage.base,
        file,
        footage.byte_count,
        footage.width,
        footage.height,
        footage.rate.numerator,
        footage.rate.denominator,
        footage.frame_count,
        footage.alpha,
        footage.combs,
        footage.sound,
        footage.loudness_lufs,
        footage.true_peak_db,
        json.dumps([[piece.begin, piece.end, piece.source_in_s] for piece in footage.pieces]),
        footage.gain_db,
        footage.digest,
        footage.seek_frames,
    )
    with catalogue.transaction() as connection:
        columns = (
            "base, file, bytes, width, height, rate_num, rate_den, frame_count, alpha, combs, sound, loudness_lufs,"
            " true_peak_db, pieces, gain_db, digest, seek_frames"
        )
        updates = ", ".join(f"{name.strip()} = excluded.{name.strip()}" for name in columns.split(",")[1:])
        connection.execute(
            f"INSERT INTO footage ({columns}) VALUES ({', '.join('?' * len(row))})"  # noqa: S608 - our own names
            f" ON CONFLICT (base) DO UPDATE SET {updates}",
            row,
        )


def read_fragments(
    catalogue: Catalogue, bases: Collection[str] | None = None, *, retired: bool = False
) -> list[Fragment]:
    """The fragments of these sources (None: of all), in slug order; the retired ones too where asked for."""
    names = ", ".join(field.name for field in fields(Fragment))
    where, values = _among("base", bases)
    rows = catalogue.connection.execute(f"SELECT {names} FROM fragments{where} ORDER BY slug", values)  # noqa: S608
    found = (Fragment(**{**dict(row), "retired": bool(row["retired"])}) for row in rows)
    return [one for one in found if (bases is None or one.base in bases) and (retired or not one.retired)]


def in_order(fragments: Iterable[Fragment]) -> list[Fragment]:
    """Fragments as they follow one another in their sources, source by source."""
    return sorted(fragments, key=lambda one: (one.base, one.begin, one.slug))


_PLAIN = tuple(f.name for f in fields(Analysis) if f.name not in ("colours", "onsets_s", "hashes", "black", "static"))


def store_analysis(catalogue: Catalogue, analysis: Analysis) -> None:
    """Store or replace what was measured of a fragment."""
    row = asdict(analysis)
    row["colours"] = json.dumps([[c.name, c.rgb, round(c.share, 4)] for c in analysis.colours])
    row["onsets_s"] = json.dumps([round(at_s, 4) for at_s in analysis.onsets_s])
    row["hashes"] = np.array(analysis.hashes, "<u8").tobytes()
    names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
    with catalogue.transaction() as connection:
        connection.execute(f"INSERT OR REPLACE INTO analyses ({names}) VALUES ({marks})", row)  # noqa: S608


def read_analyses(catalogue: Catalogue, slugs: Collection[str] | None = None) -> Iterator[Analysis]:
    """What was measured of these fragments (None: of all, the retired ones too), in slug order."""
    where, values = _among("slug", slugs)
    for row in catalogue.connection.execute(f"SELECT * FROM analyses{where} ORDER BY slug", values):  # noqa: S608
        if slugs is None or row["slug"] in slugs:
            yield Analysis(
                **{name: row[name] for name in _PLAIN},
                black=bool(row["black"]),
                static=bool(row["static"]),
                colours=tuple(Colour(*colour) for colour in json.loads(row["colours"])),
                onsets_s=tuple(json.loads(row["onsets_s"])),
                hashes=tuple(int(value) for value in np.frombuffer(row["hashes"], "<u8")),
            )
