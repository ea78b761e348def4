"""The wheel, away from the checkout: all that the player needs is inside, and it builds a library and renders."""

from __future__ import annotations

import ctypes.util
import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import av
import numpy as np
import pytest

from tests.support import absent

CHECKOUT = Path(__file__).parents[2]
RATE = 10


def run(command: list[str | Path], cwd: Path) -> str:
    """What a command printed; a failure shows all that it said."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(command, check=False, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, CHECKOUT], folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment that has the wheel, and its dependencies by reference.

    Without pip and without a network: the path of the test environment's packages stands in a .pth file, whose
    own .pth files (that of the editable checkout among them) Python does not follow.
    """
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, symlinks=True)
    scheme = sysconfig.get_preferred_scheme("prefix")
    places = {"base": str(home), "platbase": str(home)}
    scripts = Path(sysconfig.get_path("scripts", scheme, places))
    packages = Path(sysconfig.get_path("purelib", scheme, places))
    python = scripts / "python"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", python]
    run([*pip, "install", "--no-deps", "--no-index", wheel], home)
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return scripts


def shipped_files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def test_the_wheel_carries_every_shader_and_show(programs: Path, tmp_path: Path) -> None:
    ask = (
        "import json, engine; from engine.shipped import shipped;"
        "print(json.dumps([engine.__file__, *(str(shipped(name)) for name in ('shaders', 'schedules'))]))"
    )
    package, shaders, schedules = map(Path, json.loads(run([programs / "python", "-c", ask], tmp_path)))
    for place in (package, shaders, schedules):
        assert place.is_relative_to(programs.parent)
    assert shipped_files(shaders) == shipped_files(CHECKOUT / "shaders")
    assert shipped_files(schedules) == shipped_files(CHECKOUT / "schedules")
    assert "demo/show.yaml" in shipped_files(schedules)


def write_clip(file: Path, seed: int) -> None:
    """Two seconds of moving colour, 96 × 64 pixels."""
    pattern = np.random.default_rng(seed).integers(0, 256, (8, 12, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    with av.open(str(file), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for shift in range(2 * RATE):
            frame = av.VideoFrame.from_ndarray(np.roll(pattern, 4 * shift, axis=1), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def test_the_wheel_builds_a_library_and_renders(programs: Path, tmp_path: Path) -> None:
    if ctypes.util.find_library("EGL") is None:
        absent("EGL", "libegl1 libgl1-mesa-dri")
    (tmp_path / "videos").mkdir()
    for number in (1, 2):
        write_clip(tmp_path / "videos" / f"clip {number}.mp4", seed=number)

    run([programs / "runtime-preprocess", "run", "videos", "-o", "library", "--no-mezzanine"], tmp_path)
    render = [programs / "runtime-render", "library/show.yaml", "-o", "film.mp4", "--size", "96x64", "--fps", str(RATE)]
    figures = json.loads(run([*render, "--to", "1", "--json"], tmp_path))

    assert figures["frames"] == RATE
    with av.open(str(tmp_path / "film.mp4")) as film:
        pictures = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert [picture.shape for picture in pictures] == [(64, 96, 3)] * RATE
    assert pictures[0].std() > 20, "a picture of the clips, not one flat colour"
