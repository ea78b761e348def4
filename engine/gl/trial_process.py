"""The child that tries shaders: `python -m engine.gl.trial_process`.

A line of JSON goes in for each shader: {"file", "job", "budget_s", "watchdog_s"}. Lines come out as it goes on, each
with what is new: {"doing"}, {"kind"}, {"compiled"}, and at last {"is_done": true} with the rest. The first line of all
is {} where there is GL, else {"absent": {"what", "mend"}}. It ends with its input, and by itself when a shader takes
more processor time than `budget_s` for being drawn or for being compiled as it is played, or longer than `watchdog_s`
for either: whoever started it may be gone.
"""

from __future__ import annotations

import base64
import faulthandler
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import moderngl

from engine.errors import DeviceError, ShaderError
from engine.gl.context import headless_context
from engine.gl.trial_drawing import compiled_as_played, drawn
from engine.gl.trial_job import job_from

if sys.platform == "linux":
    import resource

_NICENESS = 10  # a show may be playing beside
_MOST_BYTES = 4 << 30  # beyond what a context takes: arrays without measure make a compiler take all there is


def main() -> int:
    """Serve until the input ends."""
    if sys.platform != "win32":
        os.nice(_NICENESS)
    try:
        context = headless_context()
    except DeviceError as error:
        _tell(absent={"what": error.what, "mend": error.mend})
        return 2
    if sys.platform == "linux":
        _limit_memory()
    _tell()
    for line in sys.stdin.buffer:
        question = json.loads(line)
        _watch(question["budget_s"], question["watchdog_s"])
        answer = _answer(context, question)
        _watch(0, 0)
        _tell(is_done=True, **answer)
    return 0


def _watch(budget_s: float, watchdog_s: float) -> None:
    """End this process when it has taken so much time from now on, whatever it is then doing; 0 calls that off."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, budget_s)
    if watchdog_s:
        faulthandler.dump_traceback_later(watchdog_s, exit=True)
    else:
        faulthandler.cancel_dump_traceback_later()


def _limit_memory() -> None:
    """Leave a show that plays beside the memory that it has."""
    pages = int(Path("/proc/self/statm").read_text().split()[5])  # of data
    most = pages * resource.getpagesize() + _MOST_BYTES
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _answer(context: moderngl.Context, question: Mapping[str, Any]) -> dict[str, Any]:
    file = Path(question["file"])
    try:
        drawing = drawn(context, file, job_from(question["job"]), _tell)
        _watch(question["budget_s"], question["watchdog_s"])
        compiled_as_played(context, file, _tell)
    except ShaderError as error:
        return {"error": {"what": error.what, "subject": error.subject, "mend": error.mend}}
    except (moderngl.Error, MemoryError) as error:  # the driver has no room for a target
        return {"error": {"what": f"cannot be drawn ({error})", "subject": str(file), "mend": ""}}
    pictures = [{"shape": one.shape, "pixels": base64.b64encode(one.tobytes()).decode()} for one in drawing.pictures]
    return {
        "drawn": True,
        "is_blank": drawing.is_blank,
        "is_blank_by_default": drawing.is_blank_by_default,
        "frame_ms": round(drawing.frame_ms, 3),
        "remarks": drawing.remarks,
        "pictures": pictures,
    }


def _tell(**news: object) -> None:
    sys.stdout.write(json.dumps(news) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
