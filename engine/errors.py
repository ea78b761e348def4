"""Every error that the engine and preprocess raise on purpose.

    RuntimeShowError
    ├── ShowError            a show, schedule or library that cannot be used; carries every Problem found
    ├── LibraryError         the catalogue cannot be opened, is of another version, or is locked
    ├── SourceError          a file that cannot be used as a source at all (whole file)
    │   └── FrameError       one frame that cannot be had; the rest of its source is still good
    ├── ShaderError          a shader that does not parse, compile or link
    ├── DeviceError          a display, GL driver, audio, MIDI or network device that cannot be opened
    │   └── NoDisplayError   there is no display at all: the show can still play without a window
    └── OutputError          a file or window that cannot be written or shown

All but ShowError carry `subject` (the file, control or device) and `mend` (what would put it right).
None of them leaves a half-written file or a half-started thread behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_MOST_TOLD = 10


class RuntimeShowError(Exception):
    """What happened, to which subject, and what would mend it; the base of all errors here."""

    def __init__(self, what: str, *, subject: str | Path = "", mend: str = "") -> None:
        self.what = what
        self.subject = str(subject)
        self.mend = mend
        head = f"{self.subject}: {what}" if self.subject else what
        super().__init__(f"{head}. {mend}" if mend else head)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file that a person wrote: where it stands, what it is, and what would mend it."""

    file: str
    line: int  # 1-based; 0 where the mistake has no line
    path: str  # dotted place inside the document, "" for the whole of it
    what: str
    mend: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        where = f"{self.path}: " if self.path else ""
        return f"{place}: {where}{self.what}" + (f" ({self.mend})" if self.mend else "")


class ShowError(RuntimeShowError):
    """A show, schedule or library with mistakes; `problems` holds all of them, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class LibraryError(RuntimeShowError):
    """The clip library cannot be opened or written as a whole."""


class SourceError(RuntimeShowError):
    """A file that cannot serve as a source: missing, empty, not a movie, without a picture."""


class FrameError(SourceError):
    """One frame that cannot be had. The source stays open and its other frames stay good."""


class ShaderError(RuntimeShowError):
    """A shader that does not parse, compile or link; the message has file, line and source line."""

    @classmethod
    def of(cls, errors: Sequence[ShaderError]) -> ShaderError:
        """One error that tells all of `errors`, of which there is one at least: the place of the first is its own, the
        others stand behind it with theirs. Of more than ten the first ten."""
        first, *others = errors
        if not others:
            return first
        file = first.subject.rpartition(":")[0]
        told = [first.what]
        for one in others[: _MOST_TOLD - 1]:
            other, _, line = one.subject.rpartition(":")
            told.append(f"{f'line {line}' if other == file else one.subject}: {one.what}")
        if len(errors) > _MOST_TOLD:
            told.append(f"and {len(errors) - _MOST_TOLD} more")
        mends = dict.fromkeys(one.mend for one in errors if one.mend)
        return cls("; ".join(told), subject=first.subject, mend=" ".join(mends))


class DeviceError(RuntimeShowError):
    """A display, GL driver, audio, MIDI or network device that is not there or refuses."""


class NoDisplayError(DeviceError):
    """There is no display server to open a window on."""


class OutputError(RuntimeShowError):
    """A file or window that cannot be written or shown; nothing stands under the final name."""


def printable(text: str) -> str:
    """`text` with a question mark for what no terminal, window or client should be sent: controls, half characters."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "?" for letter in text)
