"""Small movies whose frames say which they are, and films read back: for tests from one end to the other."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from engine.formats.sound import Sound, write_sound

REPOSITORY = Path(__file__).parents[1]
GREY_STEP = 4  # between the levels of neighbouring frames: above what any codec here blurs


def grey_movie(
    path: Path, *, frames: int = 50, rate: int = 25, first_level: int = 16, size: tuple[int, int] = (64, 36)
) -> Path:
    """A movie whose frame n is one level of grey, `first_level` + n · GREY_STEP."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"qp": "1", "g": "12"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for index in range(frames):
            level = first_level + index * GREY_STEP
            pixels = np.full((size[1], size[0], 3), level, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def click_track(path: Path, clicks_s: Sequence[float], length_s: float) -> Path:
    """Silence with a sharp, decaying hit of noise at each instant."""
    rate_hz = 48_000
    samples = np.zeros((round(length_s * rate_hz), 1), np.float32)
    hit = np.random.default_rng(5).normal(0, 0.3, 2400) * np.exp(-np.arange(2400) / 400)
    for at_s in clicks_s:
        first = round(at_s * rate_hz)
        samples[first : first + len(hit), 0] += hit[: len(samples) - first].astype(np.float32)
    write_sound(path, Sound(samples, rate_hz))
    return path


def film_frames(path: Path) -> list[npt.NDArray[np.uint8]]:
    """Every frame of a film as RGB, uint8 (height, width, 3)."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def film_rate(path: Path) -> Fraction:
    with av.open(str(path)) as container:
        rate = container.streams.video[0].average_rate
        assert rate is not None
        return rate


def plan_rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def run_module(module: str, *arguments: str | Path, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
    """Run `python -m module arguments` from the repository, its output captured."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=timeout_s, check=False)


def start_module(module: str, *arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What a program wrote to its outputs, once it was asked to end, and killed if it did not within 15 s.

    JACK stands still for long, and may lose all MIDI after that, where a client of its own is killed.
    """
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        return process.communicate(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()
