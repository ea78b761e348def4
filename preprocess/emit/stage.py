"""What the show will read of the disk on stage: bytes a second, movement by movement."""

from __future__ import annotations

from typing import Any

from preprocess.catalogue.catalogue import Catalogue
from preprocess.emit.show import emitted_movements
from preprocess.schedule.stored import Stored
from preprocess.style.model import Style


def stage(catalogue: Catalogue, style: Style) -> dict[str, Any]:
    """Bytes a second at clips' own speed: on average and at most, of each movement and of the show.

    A layer without a schedule counts as its largest clip. Jumps and speeds above 1 read more.
    """
    rates = {
        row["slug"]: row["bytes"] / row["duration_s"]
        for row in catalogue.connection.execute("SELECT slug, bytes, duration_s FROM clips WHERE duration_s > 0")
    }
    movements = []
    for movement in emitted_movements(catalogue, style):
        extra = sum(max(rates.get(slug, 0.0) for slug in clips) for clips in movement.extra.values())
        mean, most = _read(movement.schedule, rates)
        layers = len({row.layer for row in movement.schedule.rows}) + len(movement.extra)
        movements.append(
            {
                "movement": movement.style.name,
                "layers": layers,
                "mean_bytes_a_second": round(mean + extra),
                "most_bytes_a_second": round(most + extra),
            }
        )
    return {
        "most_bytes_a_second": max((one["most_bytes_a_second"] for one in movements), default=0),
        "movements": movements,
    }


def _read(schedule: Stored, rates: dict[str, float]) -> tuple[float, float]:
    """Mean and most bytes a second of a schedule's rows, which overlap where layers do."""
    changes: list[tuple[float, float]] = []
    total = 0.0
    for row in schedule.rows:
        rate = rates.get(row.clip or "", 0.0)
        changes += [(round(row.start_s, 3), rate), (round(row.end_s, 3), -rate)]
        total += rate * row.duration_s
    now = most = 0.0
    for _, change in sorted(changes):  # at one instant what ends goes before what begins
        now += change
        most = max(most, now)
    return total / schedule.duration_s if schedule.duration_s else 0.0, most
