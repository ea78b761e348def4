"""Every shader of a folder, compiled and drawn off screen: which of them will play, and what they look like."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from engine.errors import ShaderError, SourceError, printable
from engine.formats.replace_file import replace_file
from engine.formats.shader_files import ENDINGS, read_shader, shader_files
from engine.gl.shader_trial import BUDGET_S, ShaderTrial, TrialResult
from engine.outputs.beside import check_output_path
from tools.frames import png
from tools.shader_sheet import job_for, sheet

_BARRED, _INTERRUPTED = 3, 130  # exit codes: of --strict, and as shells count a program ended by Ctrl-C
_EXAMPLES = """\
examples:
  runtime-tools shaders myshow/shaders
  runtime-tools shaders ~/ISF --sheet isf.png                # look at what each of them draws
  runtime-tools shaders myshow/shaders --json --strict | jq '.shaders[] | select(.error)'

Each shader is drawn in a process of its own with a test picture, two for a transition, and a sound that sweeps. A row
of the sheet has a transition's way from the one picture to the other, or frames at 0, 0.2, 1 and 4 s and then the
settings at their lowest and their highest. `blank` is one in whose frames every pixel is the same, `blank_by_default`
one of which this holds for the settings' defaults, as it does for a plain colour.

Exit codes: 0 done, 2 a folder without shaders, a sheet that cannot be written, or wrong usage, 3 with --strict where a
shader does not draw or is blank, 130 stopped with Ctrl-C.
"""


def main(argv: Sequence[str]) -> int:
    """`runtime-tools shaders`."""
    try:
        return _told(_parser().parse_args(argv))
    except KeyboardInterrupt:
        return _INTERRUPTED


def _told(options: argparse.Namespace) -> int:
    if options.sheet is not None:
        check_output_path(options.sheet, overwrite=options.overwrite)
    files = _files(options.folder)
    height = max(2, round(options.width * 9 / 16))
    with _bar(len(files)) as advance, ShaderTrial(budget_s=options.budget) as trial:
        results = []
        for file in files:
            results.append((_name(file, options.folder), _tried(trial, file, options.width, height)))
            advance()
    if options.sheet is not None:
        replace_file(options.sheet, png(sheet(results, options.width, height)))
    rows = [_row(name, result) for name, result in results]
    if options.json:
        print(json.dumps({"folder": str(options.folder), "shaders": rows, **_counts(rows)}, indent=1))
    else:
        _print(rows)
    return _BARRED if options.strict and _counts(rows)["good"] < len(rows) else 0


def _files(folder: Path) -> list[Path]:
    """The shaders of a folder, or the one that is named. Raises SourceError where there is none."""
    if not folder.exists():
        raise SourceError("is not there", subject=folder, mend="Name a folder of shaders.")
    files = [folder] if folder.is_file() else list(shader_files(folder))
    if not files:
        raise SourceError("has no shaders", subject=folder, mend=f"Their names end in {', '.join(ENDINGS)}.")
    return files


def _name(file: Path, folder: Path) -> str:
    return file.name if file == folder else file.relative_to(folder).as_posix()


def _tried(trial: ShaderTrial, file: Path, width: int, height: int) -> TrialResult:
    try:
        kind = read_shader(file).kind
    except ShaderError as error:
        return TrialResult(file, error=error)
    return trial.run(file, job_for(kind, width, height))


def _row(name: str, result: TrialResult) -> dict[str, Any]:
    return {
        "file": name,
        "kind": result.kind.value if result.kind else None,
        "compiled": result.compiled,
        "drawn": result.drawn,
        "blank": result.is_blank,
        "blank_by_default": result.is_blank_by_default,
        "error": str(result.error) if result.error else None,
        "remarks": list(result.remarks),
        "frame_ms": result.frame_ms,
    }


def _counts(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many are `good`: drawn, and not blank."""
    return {
        "files": len(rows),
        "compiled": sum(row["compiled"] for row in rows),
        "drawn": sum(row["drawn"] for row in rows),
        "blank": sum(row["blank"] for row in rows),
        "good": sum(row["drawn"] and not row["blank"] for row in rows),
    }


def _print(rows: Sequence[Mapping[str, Any]]) -> None:
    table = Table()
    for heading in ("shader", "kind", "", "frame ms", "what to look at"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "frame ms" else "left")
    for row in rows:
        state = "draws" if row["drawn"] else "compiles" if row["compiled"] else "fails"
        blank = "blank" if row["blank"] else "blank at its defaults" if row["blank_by_default"] else ""
        said = row["error"] or "; ".join(one for one in (blank, *row["remarks"]) if one)
        took = f"{row['frame_ms']:.1f}" if row["drawn"] else ""
        table.add_row(escape(printable(row["file"])), row["kind"] or "", state, took, escape(printable(said)))
    console = Console()
    console.print(table)
    counts = _counts(rows)
    found = f"{counts['compiled']} compile, {counts['drawn']} draw, {counts['blank']} blank"
    console.print(f"{counts['files']} shader{'s' * (len(rows) != 1)}: {found}", highlight=False)


@contextmanager
def _bar(total: int) -> Iterator[Callable[[], None]]:
    """A progress bar on standard error for the block, whose value moves it on by one shader."""
    columns = (TextColumn("trying"), BarColumn(), MofNCompleteColumn(), TextColumn("shaders"))
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("shaders", total=total)
        yield lambda: bar.advance(task)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 3600:
        raise ValueError
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runtime-tools shaders",
        description="Compile and draw every ISF file and GL Transition of a folder off screen: which of them play?",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="with what is below it; or one file")
    parser.add_argument("--sheet", type=Path, metavar="OUT.png", help="write a picture of what they draw")
    parser.add_argument("--overwrite", action="store_true", help="replace OUT.png if it is there")
    parser.add_argument("--width", type=int, default=120, choices=range(16, 1025), metavar="PX", help="of one picture")
    parser.add_argument(
        "--budget", type=_seconds, default=BUDGET_S, metavar="S", help="the time that a shader has (%(default)g)"
    )
    parser.add_argument("--strict", action="store_true", help="exit with 3 where one does not draw, or is blank")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    return parser
