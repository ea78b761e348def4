"""What the subcommands share: exit codes, the options that recur, and how they open a library with its style."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from engine.errors import LibraryError
from engine.formats.library_schema import CATALOGUE

DONE, INTERNAL, WRONG_INPUT, QUARANTINED, INTERRUPTED = 0, 1, 2, 3, 130


def add_library(parser: argparse.ArgumentParser) -> None:
    """The library that the command works on."""
    parser.add_argument("library", type=Path, metavar="LIBRARY", help="the library's folder")


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON on standard output instead of a table")


def existing(library: Path) -> Path:
    """The library's folder. Raises LibraryError where there is none: a step alone makes no library."""
    if not (library / CATALOGUE).is_file():
        raise LibraryError(
            "no clip library here", subject=library, mend="make one with runtime-preprocess run or ingest"
        )
    return library


def print_json(value: Any) -> None:
    """Print a value of JSON's own types on standard output, readable and complete."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    print()
