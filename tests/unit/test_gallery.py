"""The gallery shows every shader that ships, as its file says it is."""

from __future__ import annotations

from engine.shipped import shipped
from tools import gallery


def test_the_gallery_is_up_to_date() -> None:
    written = (gallery.DOCS / "shaders.md").read_text(encoding="utf-8")
    assert written == gallery.page(), "python -m tools.gallery writes it anew"


def test_every_shader_has_its_picture_and_no_other_is_there() -> None:
    files = {
        file.stem
        for kind in ("generators", "effects", "transitions")
        for file in (shipped("shaders") / kind).glob("*.fs")
    }
    assert {picture.stem for picture in (gallery.DOCS / "shaders").glob("*.jpg")} == files
