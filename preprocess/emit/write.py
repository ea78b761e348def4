"""Files of a library that a person may edit: written where they are as they were written, else beside."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import Problem, ShowError
from engine.formats.replace_file import replace_file
from engine.formats.show_yaml import read_show
from preprocess.catalogue.catalogue import Catalogue

SHOW = "show.yaml"
_MOST_BESIDE = 100


@dataclass(frozen=True, slots=True)
class WrittenShow:
    """What came of it. `file` is the show that was written, or would be; `edited` where a person's stands first."""

    file: Path
    changed: bool
    edited: bool


def write_show(catalogue: Catalogue, text: str) -> WrittenShow:
    """Write the show once it is known to be sound; over an edited one never, but beside it as show.new.yaml.

    A show that was written before and then edited is not proposed again.
    Raises ShowError with every mistake in it, OutputError where it cannot be written; nothing is changed then.
    """
    content = text.encode()
    _check(catalogue, content)
    for number in range(_MOST_BESIDE):
        name = f"show{'.new' if number else ''}{number if number > 1 else ''}.yaml"
        file = catalogue.folder / name
        if _is_edited(catalogue, name, content):
            if number == 0 and _hash(content) in catalogue.library.written(name):
                return WrittenShow(file, changed=False, edited=True)
            continue
        changed = not file.exists() or file.read_bytes() != content
        if changed:
            if _hash(content) not in catalogue.library.written(name):
                catalogue.library.note_written(name, _hash(content))  # first: a kill between leaves nothing edited
            replace_file(file, content)
        return WrittenShow(file, changed, edited=number > 0)
    raise ShowError([Problem(str(catalogue.folder), 0, "", "has a hundred edited shows", "move some away")])


def _check(catalogue: Catalogue, content: bytes) -> None:
    """Read the show as the player will. Raises ShowError."""
    trial = catalogue.folder / ".show.trial.yaml"
    replace_file(trial, content)
    try:
        read_show(trial)
    except ShowError as error:
        real = str(catalogue.folder / SHOW)
        raise ShowError([replace(p, file=real if p.file == str(trial) else p.file) for p in error.problems]) from error
    finally:
        trial.unlink(missing_ok=True)


def _is_edited(catalogue: Catalogue, name: str, content: bytes) -> bool:
    file = catalogue.folder / name
    if not file.exists():
        return False
    found = file.read_bytes()
    return found != content and _hash(found) not in catalogue.library.written(name)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
