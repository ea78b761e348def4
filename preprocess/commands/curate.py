"""`curate`: a page in the browser to look through a library, and to put right what the steps made of it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import webbrowser

from preprocess.commands.common import DONE, add_library, existing
from preprocess.curate.server import serve

EXAMPLES = """examples:
  runtime-preprocess curate library
  runtime-preprocess curate library --port 8377 --no-open

The page is for browsers on this machine only, and its address opens it until the command ends: Ctrl-C.
Everything is written at once; what you set is never overwritten by a later run. ? on the page lists its keys.

exit codes: 0 ended by Ctrl-C, 2 wrong input or usage, 1 internal error
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_library(parser)
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="listen there; any free port if left out")
    parser.add_argument("--no-open", action="store_true", help="only print the address; do not open a browser")


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError("a number from 0 to 65535")
    return int(text)


def run(parsed: argparse.Namespace) -> int:
    library = existing(parsed.library)

    def opened(address: str, single: str) -> None:
        print(f"The page is at {address}", flush=True)
        print("Ctrl-C ends it.", flush=True)
        if not parsed.no_open and _has_screen():
            webbrowser.open(single)

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends it as Ctrl-C does, the catalogue closed
    try:
        serve(library, parsed.port, opened)
    except KeyboardInterrupt:
        print("Closed. All is kept.", file=sys.stderr)
    return DONE


def _has_screen() -> bool:
    """Whether a browser would have a screen: one in the terminal would be in the way of this command."""
    return sys.platform in ("win32", "darwin") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
