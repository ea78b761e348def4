"""The JSON in a shader file's first comment, and where in the file each word of it stands."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from engine.errors import ShaderError, printable
from engine.formats.isf.words import Sort, pieces_of

_LARGEST = 3.4e38
_LONGEST_TOLD = 80
_EXAMPLE = 'Begin the file with a comment of JSON: /*{"ISFVSN": "2"}*/'


class Header:
    """The header of the shader `file` whose whole text is `text`. `end` is the index at which its comment ends."""

    def __init__(self, file: str, text: str) -> None:
        """Raises ShaderError with file and line where there is no header, or none that is a JSON object."""
        self.file, self._text = file, text
        self._mistakes: list[ShaderError] = []
        self.end = len(text)
        self._start = _start_of_json(file, text)
        try:
            # Tabs and line ends within strings are common in real files. What follows the object is let be.
            document, json_end = json.JSONDecoder(strict=False).raw_decode(text, self._start)
        except json.JSONDecodeError as error:
            source_line = printable(text.split("\n")[error.lineno - 1].strip())
            raise ShaderError(
                f"the header is not JSON: {error.msg}: {short(source_line)}",
                subject=f"{file}:{error.lineno}",
                mend="Check commas and quotes there and in the line above; JSON has no comments.",
            ) from error
        except (RecursionError, ValueError) as error:
            raise ShaderError(
                f"the header is not JSON that can be read ({error})", subject=f"{file}:{self._line(self._start)}"
            ) from error
        comment_end = text.find("*/", json_end)
        if comment_end < 0:
            self.refuse("", "the header's comment has no end", "Write */ behind the JSON.")
        self.end = comment_end + len("*/")
        if not isinstance(document, dict):
            self.refuse("", "the header is not a JSON object", "Write {…}.")
        self.document: dict[str, Any] = document

    @property
    def body(self) -> str:
        """The GLSL behind the header."""
        return self._text[self.end :]

    @property
    def body_line(self) -> int:
        """The line (1-based) at which `body` begins."""
        return self._line(self.end)

    def refuse(self, word: str, what: str, mend: str = "") -> NoReturn:
        """Raise ShaderError at the line where `word` stands in quotes, else where the header begins."""
        raise ShaderError(what, subject=f"{self.file}:{self.line_of(word)}", mend=mend)

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Keep the mistake that ends the block, and go on behind it: `check` tells all of them."""
        try:
            yield
        except ShaderError as error:
            self._mistakes.append(error)

    @property
    def is_sound(self) -> bool:
        """Whether no mistake was noted so far."""
        return not self._mistakes

    def check(self) -> None:
        """Raise ShaderError with every mistake that was noted, if there is one."""
        if self._mistakes:
            raise ShaderError.of(self._mistakes)

    def line_of(self, word: str) -> int:
        """The line (1-based) where `word` stands in quotes, else where the header begins."""
        at = self._text.find(json.dumps(word, ensure_ascii=False), self._start, self.end)
        return self._line(max(at, self._start))

    def entries(self, key: str) -> list[dict[str, Any]]:
        """The list of objects under `key`; empty where it is left out."""
        found = self.document.get(key) or []
        if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            self.refuse(key, f"{key} must be a list of objects")
        return found

    def named_entries(self, key: str) -> list[tuple[str, Mapping[str, Any]]]:
        """What stands under `key`, each with its name: an object of objects, or, as in version 1, a list of them with
        a NAME each, or of names alone. Empty where it is left out."""
        found = self.document.get(key) or {}
        if isinstance(found, dict):
            pairs = list(found.items())
        elif isinstance(found, list):
            pairs = [(one, {}) if isinstance(one, str) else (_name(one), one) for one in found]
        else:
            pairs = [("", None)]
        if not all(name and isinstance(entry, dict) for name, entry in pairs):
            self.refuse(key, f"{key} must be an object of objects", 'Write {"NAME": {…}}.')
        return pairs

    def text(self, key: str) -> str:
        """What stands under `key`, for people to read; empty where it is left out."""
        return printable(str(self.document.get(key) or ""))

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts under `key`; empty where it is left out or something else."""
        found = self.document.get(key)
        return tuple(printable(str(one)) for one in found) if isinstance(found, list) else ()

    def _line(self, at: int) -> int:
        return self._text.count("\n", 0, at) + 1


def is_number(given: object) -> bool:
    """Whether a value of JSON is a number that a float of the GPU can hold."""
    if isinstance(given, int) and abs(given) > 1 << 62:
        return False
    if not isinstance(given, int | float) or isinstance(given, bool):
        return False
    return math.isfinite(given) and abs(given) <= _LARGEST


def short(text: str) -> str:
    """`text` as a message shows it: 80 characters of it at most."""
    return text if len(text) <= _LONGEST_TOLD else f"{text[:_LONGEST_TOLD]}…"


def _name(entry: object) -> str:
    return str(entry.get("NAME", "")) if isinstance(entry, dict) else ""


def _start_of_json(file: str, text: str) -> int:
    """Where the JSON of the first comment that has any begins. Before it may stand what is not for us: other comments,
    directives (#version, #ifdef GL_ES) and the precision of numbers."""
    at, is_precision = 0, False
    for piece in pieces_of(text):
        if piece.sort is Sort.COMMENT and piece.text.startswith("/*"):
            inside = piece.text[2:].lstrip()
            if inside.startswith(("{", "[")):
                return at + len(piece.text) - len(inside)
        elif piece.text == "precision" or is_precision:
            is_precision = piece.text != ";"
        elif piece.is_code:
            break
        at += len(piece.text)
    raise ShaderError("has no ISF header", subject=f"{file}:1", mend=_EXAMPLE)
