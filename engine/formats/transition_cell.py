"""The cell `transition` of a movement CSV: nothing or `cut`, `fade 0.5`, or a shader with its seconds. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_S = 60.0

_SECONDS = r"(?P<seconds>[+]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:e[+-]?[0-9]+)?)"
_CELL = re.compile(rf"(?P<name>\S.*?)\s+{_SECONDS}\s*s?", re.IGNORECASE)
_FADE, _CUT = "fade", "cut"


@dataclass(frozen=True, slots=True)
class Cell:
    """A transition of `seconds`, by the shader of that name; "" leaves it to the layer. 0 seconds cut."""

    shader: str = ""
    seconds: float = 0.0


def read_cell(text: str) -> Cell | None:
    """What a cell says; None where it cannot be read, or asks for more than 60 s."""
    if not text or text.lower() == _CUT:
        return Cell()
    found = _CELL.fullmatch(text)
    if found is None:
        return None
    seconds = float(found["seconds"].replace(",", "."))
    if seconds > MAX_S:
        return None
    name = found["name"]
    return Cell("" if name.lower() == _FADE else name, seconds)


def write_cell(cell: Cell) -> str:
    """The text that reads back as `cell`."""
    if not cell.shader and not cell.seconds:
        return ""
    return f"{cell.shader or _FADE} {repr(float(cell.seconds)).removesuffix('.0')}"
