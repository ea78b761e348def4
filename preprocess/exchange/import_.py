"""What a person edited in exported files taken into the catalogue: all or nothing, and as one edit to be undone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from engine.errors import ShowError
from preprocess.catalogue import edits
from preprocess.catalogue.catalogue import Catalogue
from preprocess.exchange.compare import Change, compare

Take: TypeAlias = Literal["theirs", "ours"]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import found, and whether it was taken. Conflicts are those that nobody decided."""

    changes: tuple[Change, ...]
    conflicts: tuple[Change, ...]
    taken: bool


def import_(catalogue: Catalogue, folder: Path, take: Take | None = None, *, check: bool = False) -> Imported:
    """Take what was changed in the files of an export. The catalogue's thread.

    `take` decides conflicts: for the files (theirs) or the catalogue (ours). Without it, one conflict keeps all from
    being taken. `check` only looks. Raises ShowError with every problem of the files, each with its file and line;
    nothing is taken then either.
    """
    found = compare(catalogue.connection, folder)
    if found.problems:
        raise ShowError(found.problems)
    changes = found.changes + (found.conflicts if take == "theirs" else ())
    conflicts = found.conflicts if take is None else ()
    taken = not check and not conflicts
    if taken and changes:
        # A placement that is taken back comes before one that is made: a ban may become a pin of the same movement.
        every = [edit for change in changes for edit in change.edits]
        every.sort(key=lambda edit: getattr(edit, "kind", "") is not None)
        edits.apply(catalogue, every, f"import {len(changes)} {'change' if len(changes) == 1 else 'changes'}")
    return Imported(changes, conflicts, taken)
