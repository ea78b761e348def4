"""What the plan says of shaders: as written, as touched, between clips and movements, and who is read by whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.app.pace import Tick
from engine.app.plan_file import plan_row
from engine.core.bindings import Bindings
from engine.core.figures import Figures
from engine.core.planner import plan, refs_at
from engine.core.state import State
from engine.core.step import advanced, begun, history, stepped
from engine.core.values import value_at
from engine.formats.take_prints import fingerprints
from engine.inputs.oscquery_tree import QueryTree
from engine.model.cueing import Quantise
from engine.model.events import Event, EventSource
from engine.model.plan import FramePlan, FromFile, FromGroup, FromLayer, GroupPlan, LayerPlan
from engine.model.shaders import InputType, ShaderInput, ShaderKind
from engine.model.tree import ParameterTree
from engine.model.world import World
from tests.look_support import SHADERS, look_world, number, read, shader
from tests.world_support import clip

ONE = "movements: [{name: one, duration_s: 100}]\n"


def layer_of(found: FramePlan, name: str) -> LayerPlan:
    return next(layer for movement in found.movements for layer in movement.layers if layer.layer == name)


def sent(world: World, *events: tuple[float, str, float]) -> State:
    """The state after these (show seconds, path, value)."""
    made = [Event(at_s, EventSource.OSC, number, path, value) for number, (at_s, path, value) in enumerate(events)]
    return stepped(world, history(begun(world)), made, made[-1].at_s).head


def test_shaders_are_planned_as_written() -> None:
    world = look_world(
        """
layers:
  - name: low
    generator: {shader: dots, settings: {size: 7}}
    effects:
      - {shader: tint, settings: {amount: 0.9, tone: "#00ff00", way: down}, pictures: {by: {layer: high}}, mix: 0.4}
      - {shader: tint, mix: 0}
      - {shader: trails, on: false}
    light: linear
    mask: {layer: high}
    mask_by: alpha
  - {name: high, generator: {shader: dots}, shown: false}
groups:
  - {name: g, layers: [low], effects: [{shader: tint, pictures: {by: {group: h}}}], blend: screen}
  - {name: h, layers: [high]}
master: {effects: [{shader: tint, name: last}]}
movements: [{name: one, duration_s: 100, effects: [{shader: trails, settings: {fade: 0.1}}]}]
"""
    )
    found = plan(world, begun(world), 1.0)
    low, high = found.movements[0].layers
    assert low.generator is not None
    assert (low.generator.shader, dict(low.generator.settings)) == ("dots", {"size": 7.0})
    (effect,) = low.effects
    assert dict(effect.settings) == {"amount": 0.9, "tone": (0.0, 1.0, 0.0, 1.0), "way": 5}
    assert (effect.mix, dict(effect.pictures)) == (0.4, {"by": FromLayer("high")})
    assert (low.linear, low.mask, low.mask_by) == (True, FromLayer("high"), "alpha")
    assert (low.incoming, low.outgoing, low.is_shown, high.is_shown) == (None, None, True, False)
    group, other = found.movements[0].groups
    assert group == GroupPlan("g", ("low",), group.effects, "screen", 1.0)
    assert group.effects[0].pictures == {"by": FromGroup("h")}
    assert other.layers == ("high",)
    assert [one.shader for one in found.movements[0].effects] == ["trails"]
    assert found.effects[0].key == "/master/effect/last"
    keys = [
        low.generator.key,
        effect.key,
        group.effects[0].key,
        found.movements[0].effects[0].key,
        found.effects[0].key,
    ]
    assert len(set(keys)) == len(keys)
    assert effect.key == "one@0/layer/low/effect/tint"


def test_a_transition_in_a_chain_is_played_by_its_progress() -> None:
    world = look_world(
        """
layers:
  - name: low
    generator: {shader: dots}
    effects: [{shader: wind, settings: {progress: 0.25}, pictures: {endImage: {layer: high}}}]
  - {name: high, generator: {shader: dots}, shown: false}
"""
        + ONE
    )
    (effect,) = layer_of(plan(world, begun(world), 1.0), "low").effects
    assert (effect.settings["progress"], effect.pictures) == (0.25, {"endImage": FromLayer("high")})
    state = sent(world, (1.0, "/layer/low/effect/wind/progress", 0.75))
    (effect,) = layer_of(plan(world, state, 2.0), "low").effects
    assert effect.settings["progress"] == 0.75


def test_a_file_is_told_by_its_whole_path(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    world = look_world(
        "layers: [{name: low, generator: {shader: dots}, effects: [{shader: tint, pictures: {by: {file: a.png}}}]}]\n"
        + ONE,
        folder=tmp_path,
    )
    (effect,) = layer_of(plan(world, begun(world), 0.0), "low").effects
    assert effect.pictures == {"by": FromFile(str(tmp_path / "a.png"))}


TOUCHED = """
layers: [{name: low, generator: {shader: dots}, effects: [{shader: tint, name: t}]}]
groups: [{name: g, layers: [low], effects: [{shader: tint, name: t}]}]
master: {effects: [{shader: tint, name: t}]}
movements:
  - {name: one, duration_s: 10, effects: [{shader: tint, name: t}]}
  - {name: two, duration_s: 10, effects: [{shader: tint, name: t}]}
  - {name: three, duration_s: 10, layers: {low: {effects: [{shader: tint, name: t}]}}, groups: []}
"""


def effect_at(world: World, state: State, at_s: float, owner: str) -> dict[str, object]:
    found = plan(world, state, at_s)
    movement = found.movements[-1]
    chains = {
        "/layer/low": movement.layers[0].effects,
        "/group/g": movement.groups[0].effects if movement.groups else (),
        "/movement": movement.effects,
        "/master": found.effects,
    }
    return dict(chains[owner][0].settings) if chains[owner] else {}


@pytest.mark.parametrize("owner", ["/layer/low", "/group/g", "/movement", "/master"])
def test_a_setting_is_touched_through_its_path(owner: str) -> None:
    world = look_world(TOUCHED)
    path = f"{owner}/effect/t"
    state = sent(
        world,
        (1.0, f"{path}/amount", 1.0),
        (1.0, f"{path}/tone/green", 0.5),
        (1.0, f"{path}/way", 1.0),
        (1.0, f"{path}/flip", 1.0),
    )
    assert value_at(world, state, f"{path}/amount", 2.0) == 1.0
    assert value_at(world, state, f"{path}/amount", 1.015) == pytest.approx(0.75)  # half way
    assert value_at(world, state, f"{path}/mix", 2.0) == 1.0
    settled = {"amount": 1.0, "tone": (1.0, 0.5, 0.0, 1.0), "way": 5, "flip": True}
    assert effect_at(world, state, 2.0, owner) == settled
    # A movement that states its own begins as written; what it does not state, and the master's, stays.
    kept = {
        "/layer/low": (True, False),
        "/group/g": (True, False),
        "/movement": (False, False),
        "/master": (True, True),
    }
    for at_s, stays in zip((12.0, 22.0), kept[owner], strict=True):
        assert effect_at(world, state, at_s, owner) == (settled if stays else {})
    reset = sent(world, (1.0, f"{path}/amount", 1.0), (2.0, "/reset", 1.0))
    assert effect_at(world, reset, 3.0, owner) == {}


def test_mix_and_off_take_an_effect_out_of_the_plan() -> None:
    world = look_world(TOUCHED)
    at = "/layer/low/effect/t"
    assert layer_of(plan(world, sent(world, (1.0, f"{at}/mix", 0.0)), 2.0), "low").effects == ()
    assert layer_of(plan(world, sent(world, (1.0, f"{at}/on", 0.0)), 2.0), "low").effects == ()
    (half,) = layer_of(plan(world, sent(world, (1.0, f"{at}/mix", 0.5)), 2.0), "low").effects
    assert half.mix == 0.5


@pytest.mark.parametrize("owner", ["/layer/low", "/movement", "/master"])
def test_an_event_is_true_for_three_frames(owner: str) -> None:
    """On stage the first of them is never drawn: a frame is planned for when it will be seen."""
    world = look_world(TOUCHED)
    state = sent(world, (1.0, f"{owner}/effect/t/clear", 1.0))
    found = [effect_at(world, state, at_s, owner).get("clear") for at_s in (1.0, 1.09, 1.11, 5.0)]
    assert found == [True, True, None, None]  # the canvas has 30 frames a second
    assert value_at(world, state, f"{owner}/effect/t/clear", 1.0) is None


def test_a_default_that_is_no_choice_stays_until_it_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = ShaderInput("way", InputType.LONG, 7, choices=(("up", 3), ("down", 5)))
    monkeypatch.setitem(SHADERS, "odd", shader("odd", ShaderKind.GENERATOR, odd, number("size")))
    world = look_world("layers: [{name: low, generator: {shader: odd}}]\n" + ONE)

    def settings(state: State) -> dict[str, object]:
        generator = layer_of(plan(world, state, 2.0), "low").generator
        assert generator is not None
        return dict(generator.settings)

    assert settings(begun(world)) == {}
    assert settings(sent(world, (1.0, "/layer/low/generator/size", 1.0))) == {"size": 1.0}
    assert settings(sent(world, (1.0, "/layer/low/generator/way", 0.0))) == {"way": 3}


def test_an_event_may_wait_for_the_next_movement_and_a_number_may_not() -> None:
    world = look_world(TOUCHED)
    path = "/movement/effect/t/clear"
    wait = Quantise(to="movement_end")
    event = Event(1.0, EventSource.OSC, 0, path, 1.0, wait=wait)
    state = stepped(world, history(begun(world)), [event], 1.0).head
    assert effect_at(world, state, 9.99, "/movement") == {}
    assert effect_at(world, state, 10.01, "/movement") == {"clear": True}
    parameters = world.tree.parameters
    assert parameters[path].may_wait
    assert parameters["/movement/effect/t/way"].may_wait
    assert not parameters["/movement/effect/t/amount"].may_wait


def test_other_programs_are_told_of_settings() -> None:
    world = look_world(TOUCHED)
    answer = QueryTree(world.tree).answer("/layer/low/effect/t/tone/green", None, {})
    assert isinstance(answer.content, dict)
    assert (answer.content["FULL_PATH"], answer.content["RANGE"]) == (
        "/layer/low/effect/t/tone/green",
        [{"MIN": 0.0, "MAX": 1.0}],
    )


def test_group_opacity_is_a_parameter() -> None:
    world = look_world(TOUCHED)
    state = sent(world, (1.0, "/group/g/opacity", 0.25))
    assert plan(world, state, 2.0).movements[0].groups[0].opacity == 0.25
    assert value_at(world, state, "/group/g/opacity", 2.0) == 0.25


def test_controls_are_bound_to_settings() -> None:
    world = look_world(
        TOUCHED
        + """bindings:
  - {midi: {cc: 1}, to: /layer/low/effect/t/amount}
  - {key: c, to: /movement/effect/t/clear}
  - {osc: /way, to: /master/effect/t/way}
"""
    )
    bindings = Bindings(world.loaded.bindings, world.tree, Figures())
    events = [
        Event(1.0, EventSource.MIDI, 0, "midi/any/0/cc/1", 1.0),
        Event(1.0, EventSource.KEY, 1, "key/c", 1.0),
        Event(1.0, EventSource.OSC, 2, "/way", 1.0),
    ]
    resolved = [one for handled in bindings.resolve(events, lambda _path: 0.0) for one in handled.resolved]
    assert {one.address for one in resolved} >= {"/movement/effect/t/clear", "/master/effect/t/way"}
    state = stepped(world, history(begun(world)), resolved, 1.0).head
    assert effect_at(world, state, 1.0, "/movement") == {"clear": True}
    assert effect_at(world, state, 1.0, "/master") == {"way": 5}


def test_another_movement_s_generator_at_the_same_paths_keeps_its_own_range() -> None:
    world = look_world(
        """
layers: [{name: low, generator: {shader: dots}}]
movements: [{name: one, duration_s: 10}, {name: two, duration_s: 10, layers: {low: {generator: {shader: bars}}}}]
"""
    )
    assert world.tree.parameters["/layer/low/generator/size"].high == 10
    state = sent(world, (1.0, "/movement/next", 1.0), (2.0, "/layer/low/generator/size", 9.0))
    generator = layer_of(plan(world, state, 3.0), "low").generator
    assert generator is not None
    assert (generator.shader, dict(generator.settings)) == ("bars", {"size": 2.0})


READ = """
layers:
  - {name: hidden, shown: false, clips: [a]}
  - {name: dark, opacity: 0, clips: [b]}
  - {name: seen, clips: [c], effects: [{shader: tint, pictures: {by: {layer: hidden}}}], mask: {group: g}}
  - {name: unseen, shown: false, clips: [d]}
library: x
groups: [{name: g, layers: [dark]}]
movements: [{name: one, duration_s: 10}]
"""


def test_layers_that_others_read_are_decoded_and_drawn() -> None:
    world = look_world(READ, clips=[clip(slug) for slug in "abcd"])
    found = plan(world, begun(world), 1.0)
    assert [(layer.layer, layer.is_shown) for layer in found.movements[0].layers] == [
        ("hidden", False),
        ("dark", False),
        ("seen", True),
    ]
    assert list(refs_at(world, begun(world), 1.0)) == list(found.refs())
    assert [ref.clip for ref in found.refs()] == ["a", "b", "c"]


def test_rows_and_layers_name_how_clips_change(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(
        "clip,layer,duration_s,transition\na,low,2,\nb,low,2,wipe 1\na,low,2,fade 1\n", encoding="utf-8"
    )
    text = """
layers: [{name: low, transition: {shader: wind, settings: {gust: 0.7}}, transition_s: 1}]
library: x
movements: [{name: one, schedule: rows.csv}]
"""
    world = look_world(text, clips=[clip("a"), clip("b")], folder=tmp_path)

    def between(at_s: float, state: State) -> tuple[str, dict[str, object], float] | None:
        layer = layer_of(plan(world, state, at_s), "low")
        found = layer.transition
        return None if found is None else (found.shader, dict(found.settings), layer.fade)

    state = begun(world)
    assert between(1.0, state) is None
    assert between(2.5, state) == ("wipe", {}, 0.5)
    assert between(3.5, state) is None
    assert between(4.5, state) == ("wind", {"gust": 0.7}, 0.5)
    jumped = sent(world, (1.0, "/layer/low/transition/gust", 0.1), (1.0, "/layer/low/jump", 1.0))
    assert between(1.5, jumped) == ("wind", {"gust": 0.1}, 0.5)


def test_a_movement_comes_in_as_it_says_or_as_the_one_before_goes() -> None:
    text = """
layers: [{name: low, generator: {shader: dots}}]
movements:
  - {name: one, duration_s: 10, exit: {shader: wipe}}
  - {name: two, duration_s: 10, transition_s: 2}
  - {name: three, duration_s: 10, transition_s: 2, transition: {shader: wind}, exit: {shader: wipe}}
  - {name: four, duration_s: 10, transition_s: 2, transition: {}}
"""
    world = look_world(text)
    found = [plan(world, begun(world), at_s) for at_s in (5.0, 11.0, 15.0, 21.0, 31.0)]
    shaders = [one.transition and one.transition.shader for one in found]
    assert shaders == [None, "wipe", None, "wind", None]
    assert [len(one.movements) for one in found] == [1, 2, 1, 2, 2]


def test_transitions_are_fed_from_files(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "rows.csv").write_text(
        "clip,layer,duration_s,transition\na,low,2,\nb,low,2,fade 1\na,low,2,wipe 1\n", encoding="utf-8"
    )
    text = """
layers: [{name: low, transition: {shader: wind, pictures: {map: {file: a.png}}}}]
library: x
movements:
  - {name: one, schedule: rows.csv}
  - {name: two, duration_s: 10, transition_s: 2, transition: {shader: wind, pictures: {map: {file: a.png}}}}
"""
    world = look_world(text, clips=[clip("a"), clip("b")], folder=tmp_path)
    fed, state = {"map": FromFile(str(tmp_path / "a.png"))}, begun(world)
    own, of_row = (layer_of(plan(world, state, at_s), "low").transition for at_s in (2.5, 4.5))
    between = plan(world, state, 7.0).transition
    assert own is not None
    assert of_row is not None
    assert between is not None
    assert (own.shader, own.pictures) == ("wind", fed)
    assert (of_row.shader, of_row.pictures) == ("wipe", {}), "what the layer gives its own shader"
    assert (between.shader, between.pictures) == ("wind", fed)


def test_a_movement_that_begins_again_has_keys_of_its_own() -> None:
    text = """
layers: [{name: low, generator: {shader: dots}}]
movements: [{name: one, duration_s: 10, transition_s: 2}]
"""
    world = look_world(text)
    found = plan(world, sent(world, (3.0, "/movement/restart", 1.0)), 4.0)
    keys = [movement.layers[0].generator.key for movement in found.movements if movement.layers[0].generator]
    assert keys == ["one@0/layer/low/generator", "one@3/layer/low/generator"]


def test_trails_die_away_where_their_layer_shows_nothing(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("clip,layer,duration_s\na,low,2\n,low,2\na,high,2\n,high,2\n", encoding="utf-8")
    text = """
layers: [{name: low, effects: [{shader: trails}]}, {name: high, effects: [{shader: tint}]}]
library: x
movements: [{name: one, schedule: rows.csv}]
"""
    world = look_world(text, clips=[clip("a")], folder=tmp_path)
    found = plan(world, begun(world), 3.0)
    assert [layer.layer for layer in found.movements[0].layers] == ["low"]


def test_a_frozen_picture_stands_whatever_is_touched() -> None:
    world = look_world(
        TOUCHED.replace(
            "movements:",
            "modulations: [{to: /layer/low/effect/t/amount, lfo: {shape: saw, period_s: 100}}]\nmovements:",
        )
    )
    state = sent(
        world,
        (1.0, "/master/freeze", 1.0),
        (1.5, "/master/effect/t/amount", 1.0),
        (1.5, "/layer/low/effect/t/way", 1.0),
        (1.5, "/group/g/opacity", 0.0),
    )
    before, after = plan(world, state, 2.0), plan(world, advanced(world, state, 4.0), 4.0)
    assert before.movements == after.movements
    assert before.effects == after.effects
    assert (before.picture_at_s, after.picture_at_s, after.at_s) == (1.0, 1.0, 4.0)
    assert effect_at(world, state, 4.0, "/layer/low")["amount"] == pytest.approx(0.01)
    let_go = stepped(world, history(state), [Event(5.0, EventSource.OSC, 9, "/master/freeze", 0.0)], 5.0).head
    assert plan(world, let_go, 5.0).frozen_at_s is None
    assert effect_at(world, let_go, 5.0, "/layer/low") == {"amount": pytest.approx(0.05), "way": 5}


def test_the_plan_file_and_a_take_s_prints_tell_of_shaders(tmp_path: Path) -> None:
    def first_row(folder: Path, amount: float) -> tuple[dict[str, Any], str]:
        loaded = read(
            folder,
            f"""
layers: [{{name: low, generator: {{shader: dots}}, effects: [{{shader: tint, settings: {{Amount: {amount}}}}}]}}]
"""
            "groups: [{name: g, layers: [low], opacity: 0.5}]\nmaster: {effects: [{shader: shift}]}\n" + ONE,
        )
        world = World(loaded, ParameterTree(loaded.show, shaders=loaded.shader_paths.parameters))
        return plan_row(Tick(0, 0.0, 0.0), plan(world, begun(world), 0.0)), fingerprints(world).show

    row, before = first_row(tmp_path, 2)
    assert row["effects"] == [{"shader": "shift", "settings": {}, "mix": 1.0}]
    assert row["movements"][0]["groups"] == [{"group": "g", "layers": ["low"], "blend": "normal", "opacity": 0.5}]
    layer = row["movements"][0]["layers"][0]
    assert layer["generator"]["shader"] == "dots"
    assert layer["effects"] == [{"shader": "tint", "settings": {"Amount": 2.0}, "mix": 1.0}]
    assert "transition" not in row
    assert first_row(tmp_path, 2)[1] == before != first_row(tmp_path, 1)[1]
    loaded = read(tmp_path, f"layers: [{{name: low, generator: {{shader: dots}}}}]\n{ONE}")
    world = World(loaded, ParameterTree(loaded.show, shaders=loaded.shader_paths.parameters))
    before = fingerprints(world).show
    loaded.shaders["dots"].file.write_text("another picture")
    assert fingerprints(world).show != before


def test_panic_fades_and_leaves_the_shaders_as_they_are() -> None:
    world = look_world(TOUCHED)
    quiet, loud = begun(world), sent(world, (1.0, "/panic", 1.0))
    assert plan(world, loud, 9.0).fade == 0.0
    assert plan(world, loud, 9.0).movements == plan(world, quiet, 9.0).movements
