"""The page on blend modes, its picture and the shaders tell of the same modes."""

from __future__ import annotations

import re

from engine.shipped import shipped
from tools import blend_sheet
from tools.reference import DOCS


def test_every_mode_is_on_the_page_and_in_its_picture() -> None:
    files = {file.stem for file in (shipped("shaders") / "blend").glob("*.glsl")}
    rows = re.findall(r"^\| `(\w+)` \|", (DOCS / "blend-modes.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(rows) == files
    assert list(blend_sheet.MODES) == rows
