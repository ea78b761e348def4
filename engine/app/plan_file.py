"""The plan of each frame as JSON Lines: what the picture showed, for checking a render against its music."""

from __future__ import annotations

import json
from typing import IO, Any

from engine.app.pace import Tick
from engine.core.state import State
from engine.model.plan import FramePlan, LayerPlan, ShownFrame


def plan_row(tick: Tick, plan: FramePlan) -> dict[str, Any]:
    """One frame's row: `frame`, `at_s`, `fade`, and each movement's layers, bottom to top.

    A layer has `clip` and `index` (null while it fades to a gap), `next_index`, `next_mix` and `mixing` (blend or
    flow) between two frames, `from_clip`, `from_index` and `mix` (0..1) while it cross-fades, `opacity` and `flash`.
    """
    return {
        "frame": tick.frame_index,
        "at_s": round(tick.at_s, 6),
        "fade": round(plan.fade, 6),
        "movements": [
            {
                "movement": movement.movement,
                "position_s": round(movement.position_s, 6),
                "mix": round(movement.mix, 6),
                "layers": [_layer_row(layer) for layer in movement.layers],
            }
            for movement in plan.movements
        ],
    }


def _layer_row(layer: LayerPlan) -> dict[str, Any]:
    row: dict[str, Any] = {"layer": layer.layer, **_shown(layer.incoming)}
    if layer.fade < 1:
        row |= {f"from_{name}": value for name, value in _shown(layer.outgoing).items()}
    return row | {
        "mix": round(layer.fade, 6),
        "opacity": round(layer.opacity, 6),
        "blend": layer.blend,
        "flash": round(layer.flash, 6),
    }


def _shown(shown: ShownFrame | None) -> dict[str, Any]:
    if shown is None:
        return {"clip": None, "index": None}
    row: dict[str, Any] = {"clip": shown.ref.clip, "index": shown.ref.index}
    if shown.next_ref is not None:
        row |= {"next_index": shown.next_ref.index, "next_mix": round(shown.next_mix, 6), "mixing": shown.mixing}
    return row


class PlanWriter:
    """Writes a row for each tick to an open text file. Main thread; the file's owner puts it in place."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def __call__(self, tick: Tick, plan: FramePlan, _state: State) -> None:
        self._file.write(json.dumps(plan_row(tick, plan), separators=(",", ":")) + "\n")
