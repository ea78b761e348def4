"""`runtime-tools cuts`: do the cuts of a render fall on the music, and does the film show them?"""

from __future__ import annotations

import argparse
import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count, takewhile
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from engine.app.command import print_json, run_command
from engine.app.load import load_world
from engine.formats.take_file import read_take
from engine.model.world import World
from tools.cut_causes import Causes

# A layer's index moves by about its speed each frame; beyond this more than the frame before it is a cut.
_STEADY = 2.5
_FASTEST = 8.0  # frames a frame, where the pace is not known yet: more is no playing on


@dataclass(frozen=True, slots=True)
class Cut:
    """A layer that shows something else than playing on would: at `frame`, seen from `at_s` on.

    `onset_s` is the track's last onset at or before it (None without one), `late_ms` how long before. `change` is
    the mean difference of the film's picture from the one before (0..1; None where no film was looked at).
    `cause` is what it comes of, where a take was given: what was played, an onset, the schedule; "" where nothing
    accounts for it. `after_ms` is how long after its cause the frame is seen.
    """

    frame: int
    at_s: float
    layer: str
    why: str
    onset_s: float | None
    late_ms: float | None
    change: float | None = None
    cause: str | None = None
    after_ms: float | None = None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runtime-tools cuts",
        description="List the cuts of a render, from its plan, with the onset of the track that each falls on.",
        epilog="example:\n  runtime-render show.yaml -o film.mp4 --plan film.jsonl\n"
        "  runtime-tools cuts show.yaml film.jsonl --film film.mp4\n\n"
        "exit codes: 0 done, 2 wrong input or usage",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("show", type=Path, help="the show file")
    parser.add_argument("plan", type=Path, help="what runtime-render --plan wrote")
    parser.add_argument("--film", type=Path, help="the film: measures how much the picture changes at each cut")
    parser.add_argument("--take", type=Path, help="the take that was rendered: says what each cut comes of")
    parser.add_argument("--layer", help="this layer alone")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """List the cuts; the exit code."""
    arguments = _parser().parse_args(argv)
    return run_command(lambda: _cuts(arguments))


def _cuts(arguments: argparse.Namespace) -> int:
    world = load_world(arguments.show)
    rows = [json.loads(line) for line in arguments.plan.read_text(encoding="utf-8").splitlines()]
    changes = film_changes(arguments.film) if arguments.film is not None else None
    cuts = [cut for cut in found_cuts(world, rows, changes) if arguments.layer in (None, cut.layer)]
    period_ms = 1000 * (rows[1]["at_s"] - rows[0]["at_s"]) if len(rows) > 1 else 0.0
    if arguments.take is not None:
        events = read_take(arguments.take).events
        cuts = explained(cuts, rows, Causes(world, events, rows[-1]["at_s"] if rows else 0.0), period_ms / 1000)
    summary = summarised(cuts, period_ms, changes)
    if arguments.json:
        print_json({"cuts": [asdict(cut) for cut in cuts], **summary})
        return 0
    console = Console()
    table = Table("frame", "s", "layer", "why", "onset", "late ms", "change", "cause", "after ms")
    for cut in cuts:
        late = "–" if cut.late_ms is None else f"{cut.late_ms:.1f}"
        onset = "–" if cut.onset_s is None else f"{cut.onset_s:.3f}"
        change = "" if cut.change is None else f"{cut.change:.3f}"
        after = "" if cut.after_ms is None else f"{cut.after_ms:.1f}"
        table.add_row(
            str(cut.frame), f"{cut.at_s:.3f}", cut.layer, cut.why, onset, late, change, cut.cause or "", after
        )
    console.print(table)
    for name, value in summary.items():
        console.print(f"{name.replace('_', ' ')}: {value}")
    return 0


def summarised(cuts: Sequence[Cut], period_ms: float, changes: npt.NDArray[np.float64] | None) -> dict[str, Any]:
    """How many cuts there are, how many on the first frame at or after an onset, and what the film says."""
    on_onset = [cut for cut in cuts if cut.late_ms is not None and cut.late_ms < period_ms + 1e-3]
    summary: dict[str, Any] = {"cuts_found": len(cuts), "on_the_first_frame_after_an_onset": len(on_onset)}
    if any(cut.cause is not None for cut in cuts):
        after_ms = [cut.after_ms for cut in cuts if cut.after_ms is not None]
        summary["cuts_without_a_cause"] = sum(1 for cut in cuts if cut.cause == "")
        summary["most_ms_after_the_cause"] = round(max(after_ms, default=0.0), 3)
        summary["period_ms"] = round(period_ms, 3)
    if changes is not None and len(changes):
        at_cuts = [cut.change for cut in cuts if cut.change is not None]
        summary["median_change_at_cuts"] = round(float(np.median(at_cuts)), 4) if at_cuts else 0.0
        summary["median_change_elsewhere"] = round(float(np.median(changes)), 4)
    return summary


def explained(cuts: Sequence[Cut], rows: Sequence[dict[str, Any]], causes: Causes, period_s: float) -> list[Cut]:
    """The cuts with what each comes of: what was played, else the schedule, else an onset."""
    movements = {int(row["frame"]): row["movements"][-1] for row in rows}
    return [_explained(cut, movements[cut.frame], causes, period_s) for cut in cuts]


def _explained(cut: Cut, movement: dict[str, Any], causes: Causes, period_s: float) -> Cut:
    found = causes.of_cut(cut.layer, cut.at_s, period_s)
    if found is None or found.layer == "":
        if causes.of_row(movement["movement"], cut.layer, movement["position_s"], period_s):
            return replace(cut, cause="schedule")
        if found is None:
            return replace(cut, cause="")
    return replace(cut, cause=found.what, after_ms=1000 * (cut.at_s - found.at_s))


def found_cuts(
    world: World, rows: Sequence[dict[str, Any]], changes: npt.NDArray[np.float64] | None = None
) -> Iterator[Cut]:
    """Every cut between two rows of a plan in which the same movement plays alone."""
    onsets = _show_onsets(world, rows[-1]["at_s"]) if rows else []
    steps: dict[str, float] = {}
    for number in range(1, len(rows)):
        before, now = rows[number - 1], rows[number]
        if _begins(before["movements"][-1], now["movements"][-1]):
            steps.clear()
            continue
        shown_before = {layer["layer"]: layer for layer in before["movements"][-1]["layers"]}
        for layer in now["movements"][-1]["layers"]:
            name = layer["layer"]
            why, steps[name] = _change(shown_before.get(name), layer, steps.get(name))
            if why:
                change = None if changes is None else float(changes[number - 1])
                yield _cut(now, name, why, onsets, change)


def _change(before: dict[str, Any] | None, now: dict[str, Any], step: float | None) -> tuple[str, float]:
    """Why `now` is a cut ("" if it is none), and how far the index moved."""
    if before is None or before["clip"] != now["clip"]:
        return ("clip" if before is not None else "appears"), 0.0
    if now["clip"] is None:
        return "", 0.0
    moved = float(now["index"] - before["index"])
    if step is None:
        return ("jump", 0.0) if abs(moved) > _FASTEST else ("", moved)
    if abs(moved) > _STEADY and abs(abs(moved) - abs(step)) > _STEADY:
        return "jump", 0.0
    return "", moved


def _begins(before: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether another movement plays than in the frame before, or the same one from its beginning."""
    return bool(before["movement"] != now["movement"] or now["position_s"] < before["position_s"])


def _cut(row: dict[str, Any], layer: str, why: str, onsets: Sequence[float], change: float | None) -> Cut:
    at_s = float(row["at_s"])
    index = bisect_right(onsets, at_s + 1e-6) - 1
    onset_s = onsets[index] if index >= 0 else None
    late_ms = None if onset_s is None else 1000 * (at_s - onset_s)
    return Cut(int(row["frame"]), at_s, layer, why, onset_s, late_ms, change)


def _show_onsets(world: World, until_s: float) -> list[float]:
    """The track's onsets in show time, through its loops."""
    track = world.tracks[0]
    if track is None:
        return []
    found = takewhile(lambda onset: onset is not None and onset[0] <= until_s, map(track.onset, count()))
    return [onset[0] for onset in found if onset is not None]


def film_changes(film: Path) -> npt.NDArray[np.float64]:
    """Mean absolute difference of each frame's luma from the one before, 0..1, float64 (frames − 1,)."""
    changes: list[float] = []
    before: npt.NDArray[np.int16] | None = None
    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            luma = frame.reformat(width=160, height=90, format="gray").to_ndarray().astype(np.int16)
            if before is not None:
                changes.append(float(np.abs(luma - before).mean() / 255))
            before = luma
    return np.array(changes)
