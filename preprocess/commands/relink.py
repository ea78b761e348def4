"""`relink`: sources that were moved or renamed, found again by their content."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from preprocess.catalogue.catalogue import Catalogue
from preprocess.commands.common import DONE, QUARANTINED, add_json, add_library, existing, print_json
from preprocess.exchange.relink import Report, relink

EXAMPLES = """examples:
  runtime-preprocess relink library /media/archive
  runtime-preprocess relink library /media/archive --check

A source is known by what is in it, whatever it is called now. No clip is made anew after it.

exit codes: 0 done, 2 wrong input or usage, 3 with --strict when a source is still missing, 1 internal error
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_library(parser)
    parser.add_argument("root", type=Path, metavar="NEW_ROOT", help="the folder to search, with all folders in it")
    parser.add_argument("--check", action="store_true", help="show what would be found, and note nothing")
    parser.add_argument("--strict", action="store_true", help="exit with 3 when a source is still missing")
    add_json(parser)


def run(parsed: argparse.Namespace) -> int:
    console = Console(stderr=True)
    columns = (TextColumn("hashing"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with (
        Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress,
        Catalogue(existing(parsed.library)) as catalogue,
    ):
        task = progress.add_task("", total=None)
        report = relink(
            catalogue,
            parsed.root,
            lambda done, total: progress.update(task, completed=done, total=total),
            check=parsed.check,
        )
    if parsed.json:
        print_json(_as_json(report))
    else:
        _print(report, checked=parsed.check)
    return QUARANTINED if parsed.strict and report.missing else DONE


def _as_json(report: Report) -> dict[str, object]:
    found = [{**asdict(one), "old": _shown(one.old), "new": _shown(one.new)} for one in report.found]
    missing = [{**asdict(one), "old": _shown(one.old)} for one in report.missing]
    unread = [_shown(path) for path in report.unread]
    return {"found": found, "missing": missing, "present": report.present, "unread": unread}


def _print(report: Report, *, checked: bool) -> None:
    console = Console(highlight=False)
    for one in report.found:
        others = f" (the likest of {one.alike + 1} that are the same)" if one.alike else ""
        console.print(Text(f"{one.base}: {_shown(one.old)} → {_shown(one.new)}{others}"), soft_wrap=True)
    for gone in report.missing:
        console.print(Text(f"{gone.base}: {_shown(gone.old)} is missing: {gone.why}"), soft_wrap=True)
    for path in report.unread:
        console.print(Text(f"{_shown(path)} could not be read"), soft_wrap=True)
    verb = "would be found" if checked else "found"
    console.print(f"{len(report.found)} {verb}, {len(report.missing)} missing, {report.present} where they were.")


def _shown(path: Path) -> str:
    """A path on one line of text, whatever bytes are in its name."""
    text = str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "�" for letter in text)
