"""`runtime-tools take`: what a take holds, as text, as a picture, or cut to a part of it."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from engine.app.command import print_json, run_command, seconds
from engine.app.load import load_world
from engine.app.replay import load_take
from engine.errors import OutputError
from engine.formats.replace_file import replace_file
from engine.formats.take import Take
from engine.formats.take_edit import trimmed
from engine.formats.take_file import read_take, write_take
from engine.model.events import Event
from engine.outputs.beside import check_output_path
from tools.frames import png
from tools.take_plot import plotted
from tools.take_timeline import Timeline, timeline

_GAP_S = 5.0  # a pause worth telling of
_GAPS = 5
_EXAMPLES = """\
examples:
  runtime-tools take take.jsonl
  runtime-tools take take.jsonl --plot take.png --show show.yaml
  runtime-tools take take.jsonl --trim 0:30 2:10 -o part.jsonl

exit codes: 0 done, 2 wrong input or usage"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runtime-tools take",
        description="Tell what a take holds, draw it, or cut a part out of it.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("take", type=Path, metavar="TAKE", help="what runtime-play --record wrote")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--trim", nargs=2, type=seconds, metavar=("FROM", "TO"), help="keep this part; needs -o")
    parser.add_argument("-o", "--output", type=Path, metavar="TAKE", help="where to write the part")
    parser.add_argument("--plot", type=Path, metavar="PNG", help="draw the take along time")
    parser.add_argument("--show", type=Path, help="the show: its movements, clips and onsets are drawn as well")
    parser.add_argument("--width", type=int, default=1920, choices=range(400, 16_385), metavar="PX", help="of the plot")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Do as the arguments say; the exit code."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if (arguments.trim is None) != (arguments.output is None):
        parser.error("--trim and -o go together")
    if arguments.show is not None and arguments.plot is None:
        parser.error("--show is for --plot")
    return run_command(lambda: _take(arguments))


def _take(arguments: argparse.Namespace) -> int:
    for path in (arguments.output, arguments.plot):
        if path is not None:
            check_output_path(path, overwrite=arguments.overwrite)
    take = read_take(arguments.take)
    for warning in take.warnings:
        print(warning, file=sys.stderr)
    written = []
    if arguments.trim is not None:
        write_take(arguments.output, _part(take, arguments.take, *arguments.trim))
        written.append(arguments.output)
    if arguments.plot is not None:
        replace_file(arguments.plot, png(_picture(take, arguments)))
        written.append(arguments.plot)
    if arguments.json:
        print_json({**summary(take), "written": [str(path) for path in written]})
    elif not written:
        _print(take, arguments.take)
    else:
        print(*written, sep="\n")
    return 0


def _part(take: Take, file: Path, from_s: float, to_s: float) -> Take:
    start_s, end_s = take.header.start_s, take.until_s
    if not start_s <= from_s < to_s <= end_s:
        what = f"has no part from {from_s:g} to {to_s:g} s"
        raise OutputError(what, subject=file, mend=f"It goes from {start_s:.3f} to {end_s:.3f} s.")
    return trimmed(take, from_s, to_s)


def _picture(take: Take, arguments: argparse.Namespace) -> Any:
    if arguments.show is None:
        return plotted(take, Timeline(), arguments.width)
    world = load_world(arguments.show)
    fitted = replace(load_take(arguments.take, world), warnings=())
    end_s = max(take.until_s, take.header.start_s + 0.1)
    # A column of the picture is the finest that can be seen.
    instants = [float(at_s) for at_s in np.linspace(take.header.start_s, end_s, arguments.width)]
    return plotted(take, timeline(world, fitted, instants), arguments.width)


def summary(take: Take) -> dict[str, Any]:
    """A take in numbers: its header without the tree, its length, each path's events, and its longest pauses."""
    header = take.header
    return {
        "show": header.show,
        "recorded_at": header.recorded_at,
        "made_by": dict(header.made_by),
        "over": header.over,
        "seed": header.seed,
        "rate": header.rate,
        "fingerprints": {
            "show": header.fingerprints.show,
            "library": header.fingerprints.library,
            "music": header.fingerprints.music,
            "files": None if header.fingerprints.files is None else dict(header.fingerprints.files),
        },
        "tree_paths": len(header.tree),
        "start_s": header.start_s,
        "until_s": take.until_s,
        "duration_s": take.duration_s,
        "ended": take.ended,
        "events": len(take.events),
        "lost": take.lost,
        "sources": dict(Counter(event.source.name.lower() for event in take.events)),
        "paths": list(_paths(take.events)),
        "pauses": [{"from_s": from_s, "to_s": to_s} for from_s, to_s in _pauses(take)],
        "warnings": [str(warning) for warning in take.warnings],
    }


def _paths(events: Iterable[Event]) -> Iterable[dict[str, Any]]:
    rows: dict[str, list[Event]] = {}
    for event in events:
        rows.setdefault(event.address, []).append(event)
    for path, played in sorted(rows.items()):
        values = [event.value for event in played]
        yield {
            "path": path,
            "events": len(played),
            "sources": dict(Counter(event.source.name.lower() for event in played)),
            "controls": sorted({event.origin.address for event in played if event.origin is not None} - {path}),
            "waited": sum(event.wait is not None for event in played),
            "first_s": played[0].at_s,
            "last_s": played[-1].at_s,
            "least": min(values),
            "most": max(values),
        }


def _pauses(take: Take) -> list[tuple[float, float]]:
    """The longest stretches in which nothing was played, in order; five at most."""
    stamps = [take.header.start_s, *(event.at_s for event in take.events), take.until_s]
    pauses = [(a, b) for a, b in pairwise(stamps) if b - a >= _GAP_S]
    return sorted(sorted(pauses, key=lambda pause: pause[0] - pause[1])[:_GAPS])


def _print(take: Take, file: Path) -> None:
    numbers = summary(take)
    console = Console()
    console.print(f"{file}: a take of {numbers['show'] or 'a show'}", highlight=False, markup=False, soft_wrap=True)
    broken = "" if take.ended else ", then it broke off"
    lines = [
        f"recorded  {numbers['recorded_at']} by runtime {numbers['made_by'].get('runtime', '?')}",
        f"length    {take.duration_s:.2f} s, from {numbers['start_s']:.2f} to {numbers['until_s']:.2f} s{broken}",
        f"events    {numbers['events']:,}" + (f", and {take.lost:,} that were lost" if take.lost else ""),
    ]
    if numbers["over"]:
        lines.append(f"over      {numbers['over']}")
    lines += [f"pause     {pause['from_s']:.2f} to {pause['to_s']:.2f} s" for pause in numbers["pauses"]]
    console.print("\n".join(lines), highlight=False, markup=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    for name in ("path", "events", "from", "first s", "last s", "values", "played by"):
        table.add_column(name, no_wrap=name in ("path", "values"), overflow="fold")
    for row in numbers["paths"]:
        table.add_row(
            row["path"],
            f"{row['events']:,}",
            ", ".join(row["sources"]),
            f"{row['first_s']:.2f}",
            f"{row['last_s']:.2f}",
            f"{row['least']:.3g}" + (f" to {row['most']:.3g}" if row["most"] != row["least"] else ""),
            ", ".join(row["controls"][:3]) + (" …" if len(row["controls"]) > 3 else ""),
        )
    console.print(table)
