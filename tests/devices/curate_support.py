"""The curation page as a person has it: the command running, and a real browser at its address."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_END_S = 20


@dataclass
class Curating:
    """The running command. `address` opens the page, `origin` is its beginning without the token."""

    process: subprocess.Popen[str]
    library: Path
    address: str

    @property
    def origin(self) -> str:
        return self.address.partition("/?")[0]

    @property
    def port(self) -> int:
        return int(self.origin.rpartition(":")[2])

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What the catalogue says at this moment, read beside the server."""
        with closing(sqlite3.connect(f"file:{self.library}/catalogue.sqlite?mode=ro", uri=True)) as catalogue:
            return catalogue.execute(query, values).fetchall()

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(_END_S)


@contextmanager
def curating(library: Path, *options: str) -> Iterator[Curating]:
    """`runtime-preprocess curate` on a free port, until the block is left."""
    command = [sys.executable, "-m", "preprocess.cli", "curate", str(library), "--no-open", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http\S+", line)
            assert found, process.stderr.read() if process.stderr else line
            yield Curating(process, library, found[0])
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(_END_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise
