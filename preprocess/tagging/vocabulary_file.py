"""Where a library's vocabulary is: a file of its own, copied from the one that ships and never overwritten."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from engine.errors import Problem, ShowError
from engine.formats.replace_file import replace_file
from engine.shipped import shipped
from preprocess.tagging.settings import TaggingSettings
from preprocess.tagging.vocabulary import Vocabulary
from preprocess.tagging.vocabulary_parse import parse_vocabulary

MAX_BYTES = 2**20


def vocabulary_path(library: Path, settings: TaggingSettings) -> Path:
    """The file of a library's vocabulary. Raises ShowError where the setting leads out of the library."""
    parts = PurePosixPath(settings.vocabulary.replace("\\", "/"))
    if parts.is_absolute() or not parts.parts or ".." in parts.parts or ":" in parts.parts[0]:
        raise ShowError(
            [Problem("style.yaml", 0, "tagging.vocabulary", "leads out of the library", "name a file inside it")]
        )
    return library.joinpath(*parts.parts)


def vocabulary_bytes(library: Path, settings: TaggingSettings) -> bytes:
    """What a library's vocabulary says: its file's content, or what will be put there. Any thread.

    Raises ShowError where the file cannot be read or is too large.
    """
    path = vocabulary_path(library, settings)
    try:
        with (path if path.exists() else shipped_vocabulary()).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        problem = Problem(str(path), 0, "", f"cannot be read: {error.strerror}", "check its name and its rights")
        raise ShowError([problem]) from None
    if len(content) > MAX_BYTES:
        raise ShowError([Problem(str(path), 0, "", "is larger than 1 MiB", "is this another file?")])
    return content


def read_vocabulary(library: Path, settings: TaggingSettings) -> Vocabulary:
    """A library's vocabulary. Any thread. Raises ShowError with every mistake in it."""
    content, file = vocabulary_bytes(library, settings), str(vocabulary_path(library, settings))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ShowError([Problem(file, line, "", "is not UTF-8 text", "save it as UTF-8")]) from None
    return parse_vocabulary(text, file)


def lay_out_vocabulary(library: Path, settings: TaggingSettings) -> None:
    """Put the vocabulary that ships into a library that has none; one that is there stays. Raises OutputError."""
    path = vocabulary_path(library, settings)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, shipped_vocabulary().read_bytes())


def shipped_vocabulary() -> Path:
    """The vocabulary that ships. Raises FileNotFoundError where nothing was installed."""
    return shipped("schedules") / "vocabulary.yaml"
