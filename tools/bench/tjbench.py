"""libjpeg-turbo's own benchmark program, as a check on the floor that we measure ourselves."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from engine.model.clips import Clip

_RATE = re.compile(r"Decomp to YUV\s+-->\s+Frame rate:\s+([\d.]+) fps")


def tjbench_ms(clip: Clip) -> float:
    """Milliseconds in which `tjbench` decodes the first frame of an MJPEG clip to planes, over and over.

    The best of three half seconds, since it tells no more than the mean of each. Raises LookupError, saying why, where
    the program is not there or says nothing of use.
    """
    program = shutil.which("tjbench")
    if program is None:
        raise LookupError("the program tjbench is not installed (Debian: libjpeg-turbo-progs)")
    assert clip.table is not None
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "frame.jpg"
        with clip.file.open("rb") as file:
            file.seek(int(clip.table.offsets[0]))
            picture.write_bytes(file.read(int(clip.table.lengths[0])))
        command = [program, str(picture), "-yuv", "-nowrite", "-warmup", "0.2", "-benchtime", "0.5"]
        return min(_mean_ms(command) for _ in range(3))


def _mean_ms(command: Sequence[str]) -> float:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - no shell
    found = _RATE.search(done.stdout)
    if found is None:
        raise LookupError(f"tjbench ended with {done.returncode} and named no frame rate")
    return 1000 / float(found[1])
