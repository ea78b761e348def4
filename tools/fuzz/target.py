"""One reader under atheris, until its runs are done: `python -m tools.fuzz.target READER FOLDER ARGUMENTS`.

FOLDER is for the reader's files; ARGUMENTS are libFuzzer's.

An input that fails for a new reason is kept and told, and the run goes on. A crash, a hang or too much memory ends
the process, and libFuzzer leaves the input behind.
"""

from __future__ import annotations

import sys
import traceback
from importlib import import_module
from pathlib import Path

import atheris

_READERS = [
    "engine.formats.frame_table",
    "engine.formats.library",
    "engine.media.hap",
    "engine.media.mjpeg",
    "engine.media.positioned_file",
    "engine.media.turbojpeg",
]


def main() -> None:
    name, folder, *arguments = sys.argv[1:]
    with atheris.instrument_imports(include=["engine.media", "engine.formats"]):
        for module in _READERS:
            import_module(module)
    from tests.hostile_support import READERS  # noqa: PLC0415  (the readers must be instrumented first)
    from tools.fuzz.__main__ import keep  # noqa: PLC0415

    reader = READERS[name](Path(folder))
    known: set[str] = set()

    def one_input(data: bytes) -> None:
        try:
            reader.check(data)
        except Exception as error:
            reason = f"{type(error).__name__} {traceback.extract_tb(error.__traceback__)[-1]}"
            if reason not in known:
                known.add(reason)
                print(f"FAILED {keep(name, data)}", file=sys.stderr)
                traceback.print_exc()

    atheris.Setup([sys.argv[0], *arguments], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
