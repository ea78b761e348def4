"""runtime-tools: the helpers beside the player, one subcommand each."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from engine.errors import RuntimeShowError

# Each module has main(argv) -> exit code, and is imported only when asked for. What works in a checkout only
# (tools.golden, tools.reference) is not here, since this command comes with the wheel: see the Makefile.
SUBCOMMANDS = {
    "doctor": ("tools.doctor", "what works on this machine, and what would mend the rest"),
    "bench": ("tools.bench.cli", "how long random frames and drawing take on this machine"),
    "cuts": ("tools.cuts", "the cuts of a render, and the onset that each falls on"),
    "demo": ("tools.demo", "make and play the demo show"),
    "flash-check": ("tools.flash_check", "does a film flash beyond the limits for photosensitive epilepsy?"),
    "frames": ("tools.frames", "a film as a sheet of stills with time stamps"),
    "monitor": ("tools.monitor", "what comes in by MIDI, OSC and onsets, live, and what becomes of it"),
    "shaders": ("tools.shaders", "which shaders of a folder compile and draw, and a sheet of what they look like"),
    "take": ("tools.take", "what a take holds, as text or a picture; cut a part out of it"),
}
_EXAMPLES = """\
examples:
  runtime-tools doctor
  runtime-tools doctor --stage --json
  runtime-tools frames out.mp4 -o sheet.png --every 0.5

`runtime-tools SUBCOMMAND --help` says more of each.
Exit codes: 0 done, 1 a failure (doctor: no-go), 2 wrong input or usage.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand with the arguments after it; its exit code."""
    options = _parser().parse_args(argv)
    module, _ = SUBCOMMANDS[options.subcommand]
    try:
        return int(importlib.import_module(module).main(options.arguments))
    except RuntimeShowError as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, SUBCOMMANDS)) + 2
    lines = "\n".join(f"  {name:{width}}{purpose}" for name, (_, purpose) in SUBCOMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="runtime-tools",
        description=f"Helpers beside the player.\n\nsubcommands:\n{lines}",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("subcommand", choices=SUBCOMMANDS, metavar="SUBCOMMAND", help="one of those above")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="its own arguments")
    return parser


if __name__ == "__main__":
    sys.exit(main())
