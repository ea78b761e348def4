"""`ingest`: sources into a library, normalised and ready to be cut."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from engine.errors import SourceError
from engine.formats.library_schema import CATALOGUE
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.fragments import read_footage
from preprocess.commands.common import (
    DONE,
    QUARANTINED,
    add_intake,
    add_json,
    add_working,
    listening,
    table_console,
    tell,
    workers,
)
from preprocess.emit.report import left_out_of, print_left_out, print_moved
from preprocess.exchange.relink import relink_among
from preprocess.ingest.errors import shown, write_errors
from preprocess.ingest.step import IngestStep
from preprocess.pipeline.listening import Listener
from preprocess.pipeline.runner import run_items
from preprocess.sources import Found, find_sources
from preprocess.style.adopt import adopted_style
from preprocess.style.model import Style
from preprocess.style.overrule import overruled
from preprocess.style.read import read_style

EXAMPLES = """examples:
  runtime-preprocess ingest ~/Videos -o library
  runtime-preprocess ingest tapes/ phone.mp4 -o library --profile hq
  runtime-preprocess ingest loops/ -o library --no-mezzanine --json > sources.json

A second run looks at what is new or changed only. What could not be used stands in
LIBRARY/reports/conversion_errors.csv, with the reason and what would mend it.
"""

_MOVED = "relink"
_COLOURS = {"sound": "green", "damaged": "yellow", "flagged": "cyan", "quarantined": "red"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_intake(parser, verifies="contents")
    parser.add_argument("--profile", choices=("422", "hq", "4444"), help="of ProRes, whatever the style says")
    add_working(parser)
    add_json(parser)


def run(parsed: argparse.Namespace) -> int:
    """Ingest; the exit code."""
    if parsed.show is not None:
        read_style(parsed.show)  # its mistakes are told before there is a library
    found = sources_named(parsed.sources, parsed.output)
    with listening(parsed.progress) as listener, Catalogue(parsed.output) as catalogue:
        style = _with_options(adopted_style(catalogue, parsed.show), parsed)
        moved = follow_moved(catalogue, found, listener)
        step = IngestStep(style, found, verify=parsed.verify)
        with workers(parsed, [step]) as hands:
            done = run_items(catalogue, [step], hands, listener)[step.name]
        errors = write_errors(catalogue)
        report = {**_report(catalogue, found, done, errors), "moved": moved}
    tell(parsed, report, _print)
    return QUARANTINED if parsed.strict and report["counts"]["quarantined"] else DONE


def sources_named(named: Sequence[Path], library: Path) -> Found:
    """The sources that were named. Raises SourceError where there is no video among them.

    Of a library that is there already, sources may be away; for a new one something has to be there.
    """
    for path in named:
        if _is_there(path / CATALOGUE):
            mend = "leave it out; folders inside it that hold sources may be named"
            raise SourceError("holds a clip library, whose clips are no sources", subject=path, mend=mend)
        if _is_same_folder(path, library):
            mend = "choose another folder for the library; it may lie inside that of the sources"
            raise SourceError("cannot hold the sources and the library", subject=path, mend=mend)
    if not any(map(_is_there, named)) and not _is_there(library / CATALOGUE):
        mend = "check the path, or plug in its disk"
        raise SourceError("no such file or folder", subject=", ".join(map(shown, named)), mend=mend)
    found = find_sources(named, library)
    if not found.videos:
        raise SourceError(
            "no video files here",
            subject=", ".join(map(shown, named)),
            mend="name folders or files that hold video: .mov .mp4 .avi .mkv .dv .m4v .mts .webm .mpg .3gp",
        )
    return found


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)  # Path.exists raises for a name that is too long, and where it may not look


def _is_same_folder(path: Path, library: Path) -> bool:
    try:
        return path.samefile(library)
    except OSError:
        return False


def follow_moved(catalogue: Catalogue, found: Found, listener: Listener) -> list[dict[str, str]]:
    """Know sources of earlier runs again that were moved or renamed, before they are taken for new; what was found."""
    begun = False

    def tell(done: int, total: int) -> None:
        nonlocal begun
        if not begun:
            listener.expect(_MOVED, 1)
            listener.began(_MOVED, _MOVED, "files of the size of those that are gone")
            begun = True
        listener.went_on(_MOVED, done, total)

    moved = sorted(relink_among(catalogue, found.videos, tell), key=lambda one: one.new)
    if begun:
        listener.stored(_MOVED, _MOVED, False)
        listener.finished(_MOVED, 0)
    return [{"base": one.base, "old": shown(one.old), "new": shown(one.new)} for one in moved]


def _with_options(style: Style, parsed: argparse.Namespace) -> Style:
    """The style with what the command line says otherwise."""
    said: dict[str, object] = {"mezzanine": False} if parsed.no_mezzanine else {}
    said |= {name: value for name in ("profile", "max_height") if (value := getattr(parsed, name)) is not None}
    return overruled(style, "ingest", said)


def _report(catalogue: Catalogue, found: Found, done: int, errors: list[dict[str, Any]]) -> dict[str, Any]:
    rows, footage = catalogue.library.sources(), read_footage(catalogue)
    sources = []
    for path in found.videos:
        source, its = rows[path], footage.get(rows[path].base)
        sources.append(
            {
                "file": shown(path),
                "base": source.base,
                "verdict": source.verdict,
                "reason": shown(source.reason),
                "mend": source.mend,
                "notes": [shown(note) for note in source.notes],
                "footage": None
                if its is None
                else {
                    "mezzanine": None if its.file is None else its.file.relative_to(catalogue.folder).as_posix(),
                    "width": its.width,
                    "height": its.height,
                    "rate": str(its.rate),
                    "frames": its.frame_count,
                    "deinterlaced": its.combs,
                    "sound": its.sound,
                    "loudness_lufs": its.loudness_lufs,
                    "true_peak_db": its.true_peak_db,
                    "gain_db": its.gain_db,
                },
            }
        )
    verdicts = [source["verdict"] for source in sources]
    return {
        "library": str(catalogue.folder),
        "sources": sources,
        "counts": {verdict: verdicts.count(verdict) for verdict in _COLOURS},
        "ingested": done,
        "conversion_errors": errors,
        "left_out": left_out_of(found),
    }


def _print(report: Mapping[str, Any]) -> None:
    console = table_console()
    table = Table(title="Sources", title_justify="left")
    for column in ("file", "verdict", "footage", "reasons and remarks"):
        table.add_column(column, overflow="fold")
    for source in report["sources"]:
        colour = _COLOURS.get(source["verdict"], "white")
        remarks = "; ".join(filter(None, (source["reason"], source["mend"], *source["notes"])))
        name = Path(source["file"]).name
        table.add_row(
            escape(name), f"[{colour}]{source['verdict']}[/]", _footage_words(source["footage"]), escape(remarks)
        )
    console.print(table)
    print_moved(report["moved"], console)
    print_left_out(report["left_out"], console)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in report["counts"].items() if count)
    console.print(f"{len(report['sources'])} sources: {counts}; {report['ingested']} looked at in this run")
    if report["conversion_errors"]:
        console.print(f"what was lost and why: {escape(report['library'])}/reports/conversion_errors.csv")


def _footage_words(footage: Mapping[str, Any] | None) -> str:
    if footage is None:
        return "–"
    where = "mezzanine" if footage["mezzanine"] else "read directly"
    return f"{footage['width']}×{footage['height']}, {footage['frames']} frames, {where}"
