"""The plan of each frame as JSON Lines: what the picture showed, for checking it against the music and the hands."""

from __future__ import annotations

import json
import time
from typing import IO, Any

from engine.app.pace import Tick
from engine.app.player import Player
from engine.core.state import State
from engine.model.plan import FramePlan, GroupPlan, LayerPlan, ShaderPlan, ShownFrame


def plan_row(tick: Tick, plan: FramePlan) -> dict[str, Any]:
    """One frame's row: `frame`, `at_s`, `fade`, and each movement's layers, bottom to top.

    A layer has `clip` and `index` (null while it fades to a gap), `next_index`, `next_mix` and `mixing` (blend or
    flow) between two frames, `from_clip`, `from_index` and `mix` (0..1) while it cross-fades, `opacity` and `flash`.
    Where shaders draw, it has its `generator`, its `effects` and its `transition`; the movement has `effects` and
    `groups`, the frame `effects` and `transition`. Each tells its `shader`, those `settings` that are not at their
    default, and `mix`.
    """
    return _shaders(plan.effects, transition=plan.transition) | {
        "frame": tick.frame_index,
        "at_s": round(tick.at_s, 6),
        "fade": round(plan.fade, 6),
        "movements": [
            _shaders(movement.effects)
            | ({"groups": [_group_row(group) for group in movement.groups]} if movement.groups else {})
            | {
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
    row |= _shaders(layer.effects, generator=layer.generator, transition=layer.transition)
    return row | {
        "mix": round(layer.fade, 6),
        "opacity": round(layer.opacity, 6),
        "blend": layer.blend,
        "flash": round(layer.flash, 6),
    }


def _group_row(group: GroupPlan) -> dict[str, Any]:
    row = {"group": group.group, "layers": list(group.layers), "blend": group.blend}
    return row | {"opacity": round(group.opacity, 6)} | _shaders(group.effects)


def _shaders(effects: tuple[ShaderPlan, ...], **others: ShaderPlan | None) -> dict[str, Any]:
    """What shaders draw, by what for; nothing where there is none."""
    row: dict[str, Any] = {what: _shader(one) for what, one in others.items() if one is not None}
    return row | {"effects": [_shader(one) for one in effects]} if effects else row


def _shader(one: ShaderPlan) -> dict[str, Any]:
    return {"shader": one.shader, "settings": dict(one.settings), "mix": round(one.mix, 6)}


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
        self._write(plan_row(tick, plan))

    def _write(self, row: dict[str, Any]) -> None:
        self._file.write(json.dumps(row, separators=(",", ":")) + "\n")


class StagePlanWriter(PlanWriter):
    """As PlanWriter, with what only a stage has to tell of a frame. Costs the loop about 0.1 ms a frame.

    A row also has `now_s`, the show time at which the tick began; `shown_s` and `shown_monotonic_s`, show time and
    monotonic seconds once its picture was out; `events`, how many resolved ones were folded in for it; and `lacking`,
    how many of its frames were not decoded in time. `now_s` and `at_s` are not rounded: the frame can be planned again.
    """

    def __init__(self, file: IO[str], player: Player) -> None:
        super().__init__(file)
        self._player = player
        self._misses = player.figures.counter("preread_misses")
        self._misses_before = self._misses.count

    def __call__(self, tick: Tick, plan: FramePlan, _state: State) -> None:
        monotonic_s, now_s, misses = time.monotonic(), self._player.now_s, self._misses.count
        self._write(
            plan_row(tick, plan)
            | {
                "at_s": tick.at_s,
                "now_s": tick.now_s,
                "shown_s": None if now_s is None else round(now_s(), 6),
                "shown_monotonic_s": round(monotonic_s, 6),
                "events": len(self._player.history.new),
                "lacking": misses - self._misses_before,
            }
        )
        self._misses_before = misses
