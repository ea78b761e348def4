"""The figures of a run, as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

# In the order in which they are read: what was shown, how the frames came, how long it took.
_LABELS = {
    "frames_shown": "frames shown",
    "frames_late": "frames late",
    "frames_dropped": "frames dropped",
    "cache_hits": "cache hits",
    "cache_nearest": "cache misses, nearest frame shown",
    "cache_missing": "cache misses, nothing to show",
    "source_errors": "damaged frames or clips",
    "events": "events",
    "events_unbound": "events bound to nothing",
    "events_clamped": "events out of range, clamped",
    "events_late": "events too late for their instant",
    "osc_ignored": "OSC messages ignored",
    "onsets": "onsets of the track",
    "audio_underruns": "audio underruns",
}


def report_table(numbers: Mapping[str, Any], title: str) -> Table:
    """Counters as rows; samples (NAME_p50, NAME_p99) as one row each."""
    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(style="cyan")
    table.add_column(justify="right")
    for name, label in _LABELS.items():
        if name in numbers and (numbers[name] or name in ("frames_shown", "frames_late", "frames_dropped")):
            table.add_row(label, f"{numbers[name]:,}")
    for name in sorted(numbers):
        if name.endswith("_p50"):
            stem = name.removesuffix("_p50")
            label = stem.removesuffix("_ms").replace("_", " ") + (" ms" if stem.endswith("_ms") else "")
            table.add_row(f"{label}, p50 / p99", f"{numbers[name]:.2f} / {numbers[f'{stem}_p99']:.2f}")
    return table


def print_report(console: Console, numbers: Mapping[str, Any], title: str) -> None:
    console.print(report_table(numbers, title))
