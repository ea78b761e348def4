"""runtime-render of shows with shaders: what they remember is there wherever a render begins."""

from __future__ import annotations

from pathlib import Path

import numpy as np

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
