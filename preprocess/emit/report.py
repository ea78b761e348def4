"""What a run says when it is done: a table and a summary for people, JSON's own types for machines."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from preprocess.catalogue.catalogue import Catalogue
from preprocess.emit.facts import VERDICTS, Facts, count_verdicts, gather
from preprocess.emit.page import PAGE, size
from preprocess.ingest.errors import shown
from preprocess.sources import Found
from preprocess.style.read import style_of

_COLOURS = {"sound": "green", "partly damaged": "yellow", "flagged": "cyan", "quarantined": "red"}
# With more sound sources than this, the table lists only those that need a look.
_MOST_SOUND_ROWS = 60
_MOST_GONE, _MOST_LINES = 5, 20  # named; of the others the number is told


@dataclass(frozen=True, slots=True)
class Done:
    """What a run did: how many items of each step; what was wrong with clips, by slug; sources that had been moved;
    how long it took."""

    items: Mapping[str, int]
    repaired: Mapping[str, str]
    moved: Sequence[Facts]
    took_s: float


def run_report(catalogue: Catalogue, found: Found, done: Done) -> dict[str, Any]:
    """The report of a run: the library's facts, what this run did of each step, and how long it took.

    `counts` are those of this run's sources; the library may hold more of earlier runs.
    """
    facts = gather(catalogue, style_of(catalogue.folder))
    named = {shown(path) for path in found.videos}
    facts["counts"] |= count_verdicts([source for source in facts["sources"] if source["file"] in named])
    folder = catalogue.folder
    return {
        **facts,
        "library": str(folder),
        "show": str(folder / facts["show"]) if facts["show"] else None,
        "done": dict(done.items),
        "repaired": [{"clip": slug, "why": why} for slug, why in sorted(done.repaired.items())],
        "moved": list(done.moved),
        "files_left_out": left_out_of(found),
        "gone": [shown(path) for path in sorted(catalogue.library.sources()) if _is_gone(path)],
        "took_s": round(done.took_s, 3),
    }


def left_out_of(found: Found) -> list[Facts]:
    """The files and folders among the sources that were not looked at, and why."""
    return [{"file": shown(path), "why": why} for path, why in found.left_out]


def _is_gone(path: Path) -> bool:
    return not os.path.exists(path)  # noqa: PTH110 - Path.exists raises where it may not look


def print_report(report: Mapping[str, Any], console: Console) -> None:
    """Sources and steps as tables, what went wrong with its mend, disk and stage, and the next command to type."""
    console.print(_sources(report["sources"]))
    print_moved(report.get("moved", ()), console)
    print_left_out(report.get("files_left_out", ()), console)
    _print_gone(report.get("gone", ()), console)
    console.print(_steps(report))
    for one in report.get("repaired", ()):
        console.print(Text(f"encoded anew: {one['clip']}: {one['why']}", "yellow"))
    for failure in report["failures"]:
        console.print(Text(f"{failure['step']}: {failure['item']}: {failure['reason']}. {failure['mend']}", "yellow"))
    console.print(_movements(report["movements"]))
    counts, disk = report["counts"], report["disk"]
    words = ", ".join(f"{counts[name]} {word}" for name, word in VERDICTS.items() if counts[name])
    console.print(
        Text(f"{counts['sources']} sources: {words}. {counts['clips']} clips, {counts['left_out']} left out.")
    )
    codecs = ", ".join(f"{size(one['bytes'])} {codec}" for codec, one in disk["by_codec"].items())
    console.print(
        Text(
            f"Disk: sources {size(disk['sources'])}, mezzanines {size(disk['mezzanines'])}, clips {codecs}."
            f" On stage: up to {size(report['stage']['most_bytes_a_second'])} a second."
        )
    )
    _print_next(report, console)


def print_moved(moved: Sequence[Facts], console: Console) -> None:
    """Sources that were known again at another place, and keep what was made of them."""
    _print_some([Text(f"moved: {one['old']} → {one['new']}") for one in moved], "moved", console)


def print_left_out(left_out: Sequence[Facts], console: Console) -> None:
    """Files and folders that were not looked at."""
    lines = [Text(f"left out: {one['file']}: {one['why']}", "yellow") for one in left_out]
    _print_some(lines, "left out: --json has all", console)


def _print_some(lines: Sequence[Text], what: str, console: Console) -> None:
    for line in lines[:_MOST_LINES]:
        console.print(line, soft_wrap=True)
    if len(lines) > _MOST_LINES:
        console.print(Text(f"… and {len(lines) - _MOST_LINES} more {what}", lines[0].style))


def _print_gone(gone: Sequence[str], console: Console) -> None:
    if gone:
        console.print(
            Text(
                f"not there now: {_some(gone)}. What was made of them stays;"
                " if they were moved, runtime-preprocess relink finds them",
                "yellow",
            ),
            soft_wrap=True,
        )


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_GONE
    return ", ".join(names[:_MOST_GONE]) + (f" and {more} more" if more > 0 else "")


def _sources(sources: list[Facts]) -> Table:
    table = Table(title="Sources", title_justify="left")
    for column in ("file", "verdict", "clips", "codec", "reasons, mends and remarks"):
        table.add_column(column, overflow="fold", justify="right" if column == "clips" else "left")
    sound = sum(source["verdict"] == "sound" for source in sources)
    for source in sources:
        if source["verdict"] == "sound" and sound > _MOST_SOUND_ROWS:
            continue
        remarks = "; ".join(filter(None, (source["reason"], source["mend"], *source["notes"])))
        verdict = Text(source["verdict"], _COLOURS.get(source["verdict"], ""))
        name = Text(Path(source["file"]).name)
        table.add_row(name, verdict, str(len(source["clips"])), source["codec"] or "", Text(remarks))
    if sound > _MOST_SOUND_ROWS:
        table.add_row(f"… {sound} more", Text("sound", "green"), "", "", "")
    return table


def _steps(report: Mapping[str, Any]) -> Table:
    table = Table("step", "in", "", "out", "", "failed", "done now", title="Steps", title_justify="left")
    done = report.get("done", {})
    for one in report["steps"]:
        failed = Text(str(one["failed"]), "red") if one["failed"] else ""
        now = str(done.get(one["step"], "")) if done.get(one["step"]) else "–"
        table.add_row(one["step"], str(one["taken"]), one["takes"], str(one["made"]), one["makes"], failed, now)
    return table


def _movements(movements: list[Facts]) -> Table:
    table = Table("movement", "length", "clips", "its best clip", "why", title="Movements", title_justify="left")
    for one in movements:
        best = one["clips"][0] if one["clips"] else {"clip": "–", "why": "no clip fits"}
        table.add_row(
            one["name"], f"{one['duration_s']:.1f} s", str(len(one["clips"])), Text(best["clip"]), Text(best["why"])
        )
    return table


def _print_next(report: Mapping[str, Any], console: Console) -> None:
    folder = Path(report["library"])
    track = report["track"]
    if track:
        console.print(Text(f"Music: {track['file']} ({track['why']})"))
    for name in report["edited_by_hand"]:
        console.print(Text(f"{name}: edited by hand, and kept; what is new stands beside it.", "yellow"))
    if report["show"] is None:
        console.print(Text("No show was written: there is no clip to show.", "red"))
        return
    took = f"{report['took_s']:.1f} s. " if "took_s" in report else ""
    console.print(Text(f"{took}The whole report: {folder / PAGE}"), soft_wrap=True)
    console.print(Text(f"Play it with: runtime-play {report['show']}", "bold"), soft_wrap=True)
