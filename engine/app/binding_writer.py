"""A binding written into a show's file by a process of its own: `python -m engine.app.binding_writer`.

A show's text is read twice for it, 0.1 s of plain Python. On a thread of the player that made a quarter of the frames
late which fell into it; see docs/decisions/show-edit.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from engine.errors import OutputError, RuntimeShowError
from engine.formats.show_edit import write_binding
from engine.model.controls import Binding

_TIMEOUT_S = 30.0


def write_apart(file: Path, binding: Binding, expected: str) -> str:
    """As `write_binding` of engine.formats.show_edit, in another process; the file's new digest.

    Blocks for half a second; any thread. Raises OutputError with what went wrong; the file is then as it was.
    """
    asked = json.dumps({"file": str(file.absolute()), "binding": binding.model_dump(), "expected": expected})
    # -P: the folder that a show is played from holds files from anywhere, and is no place to import from.
    command = [sys.executable, "-P", "-m", "engine.app.binding_writer"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, our own module
            command,
            input=asked,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=environment,
            timeout=_TIMEOUT_S,
            check=True,
            start_new_session=True,  # so that Ctrl-C ends the show and not the writing
        )
        answer = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        mend = "Write it in by hand, and report this."
        raise OutputError(f"could not be written ({error})", subject=file, mend=mend) from error
    if "digest" not in answer:
        raise OutputError(answer["what"], subject=file, mend=answer["mend"])
    return str(answer["digest"])


def main() -> int:
    """One request on standard input, one answer on standard output, both JSON."""
    asked = json.load(sys.stdin)
    try:
        binding = Binding.model_validate(asked["binding"])
        answer = {"digest": write_binding(Path(asked["file"]), binding, asked["expected"])}
    except RuntimeShowError as error:
        answer = {"what": error.what or str(error), "mend": error.mend}
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
