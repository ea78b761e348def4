"""`import`: what was edited in the files of an export, taken back into the catalogue."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from preprocess.catalogue.catalogue import Catalogue
from preprocess.commands.common import DONE, WRONG_INPUT, add_json, add_library, existing, print_json
from preprocess.exchange.compare import Change
from preprocess.exchange.import_ import Imported, import_

EXAMPLES = """examples:
  runtime-preprocess import library words --check
  runtime-preprocess import library words
  runtime-preprocess import library words --take theirs

What was changed in the files becomes yours, and no later run overwrites it. Where the catalogue changed since the
export as well, both values are shown and nothing is taken, until --take says which: theirs (the files') or ours.
An import is one edit: undo it on the curation page.

exit codes: 0 done, 2 wrong input, or conflicts that nobody decided, 1 internal error
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_library(parser)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder that export wrote")
    parser.add_argument("--check", action="store_true", help="show what would be taken, and take nothing")
    parser.add_argument("--take", choices=("theirs", "ours"), help="decide conflicts for the files, or the catalogue")
    add_json(parser)


def run(parsed: argparse.Namespace) -> int:
    with Catalogue(existing(parsed.library)) as catalogue:
        done = import_(catalogue, parsed.folder, parsed.take, check=parsed.check)
    if parsed.json:
        print_json(_as_json(done))
    else:
        _print(done)
    return WRONG_INPUT if done.conflicts else DONE


def _as_json(done: Imported) -> dict[str, object]:
    def told(changes: Sequence[Change]) -> list[dict[str, object]]:
        names = ("subject", "field", "ours", "theirs", "file", "line")
        return [{name: getattr(change, name) for name in names} for change in changes]

    return {"taken": done.taken, "changes": told(done.changes), "conflicts": told(done.conflicts)}


def _print(done: Imported) -> None:
    console = Console(highlight=False)
    for change in done.changes:
        console.print(_line(change, "→"), soft_wrap=True)
    for change in done.conflicts:
        console.print(Text("conflict: ", "bold red") + _line(change, "or"), soft_wrap=True)
    count = f"{len(done.changes)} {'change' if len(done.changes) == 1 else 'changes'}"
    if done.conflicts:
        both = f"{len(done.conflicts)} changed in both places"
        console.print(f"Nothing was taken: {count}, and {both}. --take theirs or --take ours decides.", markup=False)
    else:
        console.print(f"{count} taken." if done.taken else f"{count}; nothing was taken.", markup=False)


def _line(change: Change, between: str) -> Text:
    """A change as plain text: what it says may be anybody's, and is no markup."""
    place = f"{change.file}:{change.line}: " if change.line else f"{change.file}: "
    return Text(f"{place}{change.subject} {change.field}: {change.ours} {between} {change.theirs}".replace("\n", " "))
