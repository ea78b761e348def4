"""New shaders are tried in a process of their own before they may touch the show's context.

GLSL from anywhere may loop for ever or bring a driver down, and neither can be stopped from within the process that
draws it. So a child (`engine.gl.trial_process`) compiles each shader and draws it small, with its settings at their
defaults and at both ends; where that takes too long the child is killed, and the shader reported.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from engine.errors import DeviceError, ShaderError
from engine.formats.passed_shaders import PassedShaders, digest_of
from engine.formats.shader_files import parts_of, read_shader
from engine.gl.trial_job import OVER_BUDGET, SMALL, TrialJob
from engine.model.shaders import ShaderKind

Pixels = npt.NDArray[np.uint8]

# Of processor time, for one shader. Most of the public ones take a tenth of a second; the heaviest take 3 s where GL
# draws on the processor and has to compile for it.
BUDGET_S = 8.0
_WAITING = 3  # times the budget: in all, for a GPU that never answers, and a machine that is busy with a show
_START_S = 60.0  # of the child, which imports GL and opens a context
_WATCHDOG_S = 10.0  # beyond the waiting: then the child ends by itself, should nobody be left to kill it
_END_S = 10.0
_LOOK_EACH_S = 0.2  # whether to give up
# -P: the folder that a show is played from holds files from anywhere, and is no place to import from.
_COMMAND = (sys.executable, "-P", "-m", "engine.gl.trial_process")


@dataclass(frozen=True, slots=True, eq=False)
class TrialResult:
    """What came of one shader. Without an `error` it may play; `remarks` say what to look at all the same.

    `kind` is None where the file could not be read. `frame_ms` is what a frame took, in the median, on one core where
    GL draws on the processor. `is_blank`: every pixel of every frame was the same, or as good as that;
    `is_blank_by_default`: of every frame with the settings at their defaults. `pictures` uint8 (height, width, 4),
    premultiplied, the top row first: those that the job asked for.
    """

    file: Path
    kind: ShaderKind | None = None
    compiled: bool = False
    drawn: bool = False
    error: ShaderError | None = None
    remarks: tuple[str, ...] = ()
    frame_ms: float = 0.0
    is_blank: bool = False
    is_blank_by_default: bool = False
    pictures: tuple[Pixels, ...] = ()


OnDone = Callable[[TrialResult], None]
GiveUp = Callable[[], bool]


def trial(
    files: Sequence[Path],
    *,
    budget_s: float = BUDGET_S,
    passed: PassedShaders | None = None,
    on_done: OnDone | None = None,
    give_up: GiveUp | None = None,
) -> tuple[TrialResult, ...]:
    """Try `files`, in order; `on_done` hears of each. What `passed` knows is only read, and what passes joins it. Once
    `give_up` says so, what is being tried is ended with an error, and what is left is not tried; any thread calls it.

    `budget_s` is of processor time, for each shader; three times as long is waited for it. Raises DeviceError where
    there is no GL without a screen. Any thread; it waits.
    """
    results, newly_passed = [], {}
    with ShaderTrial(budget_s=budget_s, give_up=give_up) as child:
        for file in files:
            if give_up is not None and give_up():
                break
            result, digest = _known(file, passed)
            if result is None:
                result = child.run(file)
                if digest and result.error is None and not result.remarks and digest == _digest(file):
                    newly_passed[digest] = result.frame_ms
            results.append(result)
            if on_done is not None:
                on_done(result)
    if passed is not None:
        passed.remember(newly_passed)
    return tuple(results)


def _known(file: Path, passed: PassedShaders | None) -> tuple[TrialResult | None, str]:
    """What is known without a trial, and the digest of what would be tried."""
    try:
        isf = read_shader(file)
        digest = digest_of(parts_of(isf))
    except ShaderError as error:
        return TrialResult(file, error=error), ""
    except OSError as error:
        return TrialResult(file, error=ShaderError(f"cannot be read ({error})", subject=file)), ""
    frame_ms = None if passed is None else passed.frame_ms(digest)
    if frame_ms is None:
        return None, digest
    return TrialResult(file, isf.kind, compiled=True, drawn=True, frame_ms=frame_ms), digest


def _digest(file: Path) -> str:
    """The digest of what lies there now; "" where it cannot be read."""
    try:
        return digest_of(parts_of(read_shader(file)))
    except (ShaderError, OSError):
        return ""


class ShaderTrial:
    """One child process, started when it is needed, for one shader after another; a new one after each that it did not
    survive. One thread at a time. A context manager."""

    def __init__(
        self, *, budget_s: float = BUDGET_S, give_up: GiveUp | None = None, command: Sequence[str] = _COMMAND
    ) -> None:
        self._budget_s = budget_s
        self._give_up = give_up
        self._command = tuple(command)
        self._child: _Child | None = None

    def run(self, file: Path, job: TrialJob = SMALL) -> TrialResult:
        """Try one shader. Raises DeviceError where the child finds no GL; the next call starts another one."""
        if self._child is None or not self._child.is_alive:
            self.close()
            self._child = _Child(self._command)
        child = self._child
        wait_s = self._budget_s * _WAITING
        limits = {"budget_s": self._budget_s, "watchdog_s": wait_s + _WATCHDOG_S}
        child.ask({"file": str(file), "job": asdict(job), **limits})
        told: dict[str, Any] = {}
        try:
            with _Deadline(wait_s, child.kill, self._give_up) as deadline:
                while not told.get("is_done") and (line := child.answer()) is not None:
                    told |= line
        except BaseException:  # Ctrl-C, say: it may be in a loop without end
            child.kill()
            raise
        if told.get("is_done"):
            if deadline.has_passed:  # as it ended: killed all the same
                self.close()
            return _result(file, told)
        status, how = child.close()
        self._child = None
        where = f" while {told['doing']}" if "doing" in told else ""
        if status == -OVER_BUDGET:
            what = f"took longer than {self._budget_s:g} s{where}"
            mend = "Has it a loop without end? It is left out."
        elif deadline.has_passed:
            what = f"gave no answer within {wait_s:g} s{where}"
            mend = "Has it a loop without end, or had the machine no time for it? It is left out."
        else:
            what = f"brought the graphics driver down{where} ({how})"
            mend = "It is left out."
        return _result(file, {**told, "error": {"what": what, "subject": str(file), "mend": mend}})

    def close(self) -> None:
        """End the child. Another `run` starts one."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _result(file: Path, told: Mapping[str, Any]) -> TrialResult:
    error = told.get("error")
    return TrialResult(
        file,
        kind=ShaderKind(told["kind"]) if "kind" in told else None,
        compiled=told.get("compiled", False),
        drawn=told.get("drawn", False),
        error=ShaderError(error["what"], subject=error["subject"], mend=error["mend"]) if error else None,
        remarks=tuple(told.get("remarks", ())),
        frame_ms=told.get("frame_ms", 0.0),
        is_blank=told.get("is_blank", False),
        is_blank_by_default=told.get("is_blank_by_default", False),
        pictures=tuple(
            np.frombuffer(base64.b64decode(one["pixels"]), np.uint8).reshape(one["shape"])
            for one in told.get("pictures", ())
        ),
    )


class _Deadline:
    """Calls `expired` on a thread of its own unless the block ends within `budget_s`, or before `give_up` says so."""

    def __init__(self, budget_s: float, expired: Callable[[], None], give_up: GiveUp | None = None) -> None:
        self.has_passed = False
        self._until_s = time.monotonic() + budget_s
        self._expired = expired
        self._give_up = give_up
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="shader-trial-deadline", daemon=True)

    def _run(self) -> None:
        while (left_s := self._until_s - time.monotonic()) > 0 and not (self._give_up and self._give_up()):
            if self._over.wait(left_s if self._give_up is None else min(left_s, _LOOK_EACH_S)):
                return
        self.has_passed = True
        self._expired()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


class _Child:
    """The process: a JSON object a line goes in, and comes out. What it says to stderr is told if it ends badly."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start it. Raises DeviceError where it finds no GL."""
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
        # llvmpipe would take every core; the show beside needs them.
        path = os.pathsep.join(filter(None, sys.path))
        environment = {**os.environ, "LP_NUM_THREADS": "1", "PYTHONPATH": path}
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env=environment,
            start_new_session=True,  # Ctrl-C is the parent's
        )
        with _Deadline(_START_S, self.kill):
            told = self.answer()
        if told is None or "absent" in told:
            _, how = self.close()
            absent = (told or {}).get("absent", {"what": f"the trial of shaders does not start ({how})", "mend": ""})
            raise DeviceError(absent["what"], subject="OpenGL", mend=absent["mend"])

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, question: Mapping[str, object]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            self._process.wait()  # it ended meanwhile: there will be no answer, and that says so

    def answer(self) -> dict[str, Any] | None:
        """The next line that it says; None where it has ended."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return dict(json.loads(line)) if line.endswith(b"\n") else None

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> tuple[int, str]:
        """End it; its status, and how it ended in words."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        with _Deadline(_END_S, self.kill):
            self._process.wait()
        self._process.stdout.close()
        self._complaints.seek(0)
        said = self._complaints.read().decode(errors="replace").strip().splitlines()
        self._complaints.close()
        status = self._process.returncode
        return status, f"it ended with status {status}" + (f": {said[-1]}" if said else "")
