"""runtime-render of shows with shaders: what they remember is there wherever a render begins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.film_support import film_frames, run_module

SHOW = """
canvas: {width: 64, height: 36, rate: 12}
layers:
  - name: base
    generator: {shader: dancer}
    effects: [{shader: echo, settings: {half_life_s: 0.3}}]
movements:
  - {name: one, duration_s: 7}
"""


def test_a_part_begins_with_what_its_shaders_would_remember(tmp_path: Path) -> None:
    (tmp_path / "show.yaml").write_text(SHOW)
    films = {}
    for name, begin in (("whole", []), ("part", ["--from", "6.5"])):
        film = tmp_path / f"{name}.mkv"
        run = run_module("engine.app.render", tmp_path / "show.yaml", "-o", film, "--codec", "ffv1", *begin)
        assert run.returncode == 0, run.stderr
        films[name] = np.stack(list(film_frames(film))).astype(int)
    assert len(films["whole"]) == 84
    # Half in 0.3 s leaves 2^-17 after the five seconds of lead-in: a rounding may fall the other way.
    assert np.abs(films["part"] - films["whole"][78:]).max() <= 1
    assert np.abs(films["part"][0] - films["whole"][0]).max() > 50, "and the pictures are not all one"


@pytest.mark.slow
def test_a_shader_that_loops_for_ever_is_passed_by_and_the_show_goes_on(tmp_path: Path) -> None:
    (tmp_path / "shaders").mkdir()
    (tmp_path / "shaders" / "hangs.fs").write_text(
        '/*{"ISFVSN": "2", "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}*/\n'
        "void main() {\n    float x = IMG_THIS_PIXEL(inputImage).r;\n    while (x < 1e9) {\n"
        "        for (int i = 0; i < 30; i++) x = sin(x + float(i)) + pow(abs(x), 0.3);\n"
        "    }\n    gl_FragColor = vec4(x);\n}\n"
    )
    (tmp_path / "shaders" / "wrong.fs").write_text(
        '/*{"ISFVSN": "2", "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}*/\n'
        "void main() {\n    gl_FragColor = vec4(nothing);\n}\n"
    )
    show = SHOW.replace("effects: [{shader: echo, settings: {half_life_s: 0.3}}]", "effects: [{shader: invert}]")
    with_bad = show.replace("{shader: invert}", "{shader: hangs}, {shader: wrong}, {shader: invert}")
    films = {}
    for name, text in (("plain", show), ("bad", with_bad)):
        (tmp_path / f"{name}.yaml").write_text(text)
        film = tmp_path / f"{name}.mkv"
        run = run_module("engine.app.render", tmp_path / f"{name}.yaml", "-o", film, "--codec", "ffv1", "--to", "0.25")
        assert run.returncode == 0, run.stderr
        films[name] = np.stack(list(film_frames(film)))
    said = "".join(run.stderr.split())  # the terminal breaks lines where it likes
    assert "hangs.fs" in said
    assert "wrong.fs:3" in said
    assert "gl_FragColor=vec4(nothing)" in said
    assert np.array_equal(films["plain"], films["bad"])
