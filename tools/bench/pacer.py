"""A C loop of the player's own pace, run beside it: what it misses, no program on this machine could have kept."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_SOURCE = Path(__file__).with_name("pace.c")
_COMPILERS = ("cc", "gcc", "clang")


@dataclass(frozen=True, slots=True)
class Paced:
    """What the C loop saw: its ticks, whole periods missed, ticks more than half a period late, the worst of all."""

    ticks: int
    missed: int
    late: int
    worst_ms: float


class CPacer:
    """The C loop as a process of its own. Compiled anew for each run, so that it is of this machine."""

    def __init__(self, folder: Path) -> None:
        """Compile it into `folder`; `absent` says why there is none."""
        self.absent = ""
        self._program = folder / "pace"
        self._process: subprocess.Popen[str] | None = None
        compiler = next((found for name in _COMPILERS if (found := shutil.which(name))), None)
        if compiler is None:
            self.absent = "no C compiler"
            return
        folder.mkdir(parents=True, exist_ok=True)
        command = [compiler, "-O2", "-std=c99", str(_SOURCE), "-o", str(self._program)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            self.absent = f"{compiler} failed: {done.stderr.strip().splitlines()[-1:]}"

    def start(self, rate: float, duration_s: float) -> None:
        """Let it run for `duration_s` from now; nothing where it is absent."""
        if not self.absent:
            command = [str(self._program), f"{rate:g}", f"{duration_s:g}"]
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603

    def result(self) -> Paced | None:
        """Wait for its end; None where it is absent. Raises ChildProcessError where it failed."""
        if self._process is None:
            return None
        said, _ = self._process.communicate()
        if self._process.returncode:
            raise ChildProcessError(f"{self._program} ended with {self._process.returncode}")
        ticks, missed, late, worst_us = said.split()
        return Paced(int(ticks), int(missed), int(late), float(worst_us) / 1000)
