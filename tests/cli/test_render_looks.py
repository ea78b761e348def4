"""runtime-render of shows with shaders: what they remember is there wherever a render begins."""

from __future__ import annotations

from pathlib import Path

from tests.film_support import run_module

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
    hashes = {}
    for name, begin in (("whole", []), ("part", ["--from", "6.5"])):
        run = run_module(
            "engine.app.render", tmp_path / "show.yaml", "-o", tmp_path / f"{name}.mkv", "--codec", "ffv1",
            "--hashes", tmp_path / f"{name}.hashes", *begin,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        lines = (tmp_path / f"{name}.hashes").read_text().splitlines()
        hashes[name] = [line.split()[1:] for line in lines]
    assert len(hashes["whole"]) == 84
    assert hashes["part"] == hashes["whole"][78:]
