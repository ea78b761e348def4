"""A finding of the doctor's, and asking one of its risky questions in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Severity = Literal["needed", "stage", "nice"]

_PROBE_TIMEOUT_S = 20.0


@dataclass(frozen=True)
class Check:
    """One thing looked at: whether it is well, what was found, and the line that would mend it ("" where well)."""

    name: str
    severity: Severity
    ok: bool
    found: str
    mend: str = ""


def probe(name: str, *arguments: str, timeout_s: float = _PROBE_TIMEOUT_S) -> dict[str, Any]:
    """What the probe `name` of tools.doctor_probes finds, asked in a process of its own.

    Where the process ends badly or not in time, {"absent": the reason, "mend": ""}.
    """
    path = os.pathsep.join(filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH"))))
    # -P: whatever folder it is run from is no place to import from.
    command = [sys.executable, "-P", "-m", "tools.doctor_probes", name, *arguments]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,  # its exit status is an answer
            text=True,
            timeout=timeout_s,
            env={**os.environ, "PYTHONPATH": path},
        )
    except subprocess.TimeoutExpired:
        return {"absent": f"did not answer within {timeout_s:g} s", "mend": ""}
    if done.returncode == 0 and done.stdout.strip():
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer
    said = done.stderr.strip().splitlines()
    return {"absent": said[-1] if said else f"ended with status {done.returncode}", "mend": ""}
