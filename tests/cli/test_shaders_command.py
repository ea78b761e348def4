"""runtime-tools shaders: rows, a sheet to look at, and exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from engine.errors import DeviceError, OutputError
from engine.gl.context import headless_context
from tests.support import absent
from tools import cli, shaders

FILES = {
    "sub/Blue ramp.fs": '/*{"ISFVSN": "2"}*/\nvoid main() { gl_FragColor = vec4(0.0, 0.0, isf_FragNormCoord.x, 1.0); }',
    "clear.fs": '/*{"ISFVSN": "2"}*/\nvoid main() { gl_FragColor = vec4(0.0); }',
    "fade.glsl": "vec4 transition(vec2 uv) { return mix(getFromColor(uv), getToColor(uv), progress); }",
    "wrong.frag": '/*{"ISFVSN": "2"}*/\nvoid main() {\n gl_FragColor = vec4([red]0); }',
    "header.isf": "/*{*/",
    "notes.txt": "not a shader",
}
WIDTH = 32


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        headless_context().release()
    except DeviceError as error:
        absent(f"OpenGL without a screen ({error.what})", "libegl1 libgl1 libgl1-mesa-dri")
    found = tmp_path_factory.mktemp("shaders")
    for name, text in FILES.items():
        (found / name).parent.mkdir(exist_ok=True)
        (found / name).write_text(text)
    return found


def pixels_of(file: Path) -> Any:
    with av.open(str(file)) as opened:
        return next(opened.decode(video=0)).to_ndarray(format="rgb24")


def test_rows_and_a_sheet(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = tmp_path / "sheet.png"
    code = shaders.main([str(folder), "--json", "--sheet", str(sheet), "--width", str(WIDTH), "--strict"])
    assert code == 3
    told = json.loads(capsys.readouterr().out)
    assert (told["files"], told["compiled"], told["drawn"], told["blank"], told["good"]) == (5, 3, 3, 1, 2)
    rows = {row["file"]: row for row in told["shaders"]}
    kinds = {name: (row["kind"], row["compiled"], row["drawn"], row["blank"]) for name, row in rows.items()}
    assert kinds == {
        "sub/Blue ramp.fs": ("generator", True, True, False),
        "clear.fs": ("generator", True, True, True),
        "fade.glsl": ("transition", True, True, False),
        "wrong.frag": ("generator", False, False, False),
        "header.isf": (None, False, False, False),
    }
    assert rows["fade.glsl"]["error"] is None
    assert f"{folder / 'wrong.frag'}:3" in rows["wrong.frag"]["error"]
    assert "not JSON" in rows["header.isf"]["error"]
    pixels = pixels_of(sheet)
    ramp = pixels[np.all(pixels[..., :2] == 0, axis=-1)][:, 2]
    assert len(np.unique(ramp)) > 20, "the blue ramp is on the sheet"
    assert (pixels == (255, 96, 80)).all(axis=-1).any(), "and what is wrong in red"


def test_a_table_that_takes_no_markup_from_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["shaders", str(folder / "wrong.frag")]) == 0
    told = capsys.readouterr().out
    assert "[red]" in told
    assert "1 shader: 0 compile, 0 draw, 0 blank" in told


def test_a_table_that_sends_nothing_of_files_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "\x1b[31mname.fs").write_text("/*{\x1b[32m*/")
    assert shaders.main([str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "?[31mname.fs" in told
    assert "\x1b" not in told


def test_what_there_is_to_refuse(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "there.png").write_bytes(b"")
    for empty, said in ((tmp_path / "empty", "has no shaders"), (tmp_path / "nowhere", "is not there")):
        assert cli.main(["shaders", str(empty)]) == 2
        assert said in capsys.readouterr().err
    for sheet in (tmp_path / "there.png", tmp_path / "nowhere" / "x.png"):
        with pytest.raises(OutputError):
            shaders.main([str(folder), "--sheet", str(sheet)])
    with pytest.raises(SystemExit) as caught:
        shaders.main([str(folder), "--budget", "0"])
    assert caught.value.code == 2
