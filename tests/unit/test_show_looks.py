"""Looks, shaders and groups of a show: what movements get of them, and every mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import ShowError
from engine.formats import show_shaders
from engine.formats.cube_lut import read_cube
from engine.formats.show_modulations import MAY_BE_DRIVEN
from engine.model.parameters import PATH_PATTERN
from tests.look_support import IMAGE, read, write_shader

LAYERS = """
layers:
  - {name: low, generator: {shader: dots}}
  - {name: mid, generator: {shader: dots}, effects: [{shader: tint, settings: {Amount: 1}}]}
  - {name: top, generator: {shader: dots}}
"""


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ShowError) as caught:
        read(folder, text)
    return [
        f"{one.line}: {one.path}: {one.what}" + (f" ({one.mend})" if one.mend else "") for one in caught.value.problems
    ]


def test_a_movement_has_its_look_and_says_some_things_otherwise(tmp_path: Path) -> None:
    loaded = read(
        tmp_path,
        LAYERS
        + """
groups: [{name: pair, layers: [low, mid]}]
looks:
  calm:
    layers: {mid: {effects: [{shader: shift}], opacity: 0.5}, top: {blend: screen}}
    effects: [{shader: tint, name: grade}]
    transition: {shader: wind}
    transition_s: 3
    hidden: [top]
  wild:
    inherits: calm
    layers: {mid: {opacity: 0.8, transform: {x: 0.1}}}
    groups: []
movements:
  - {name: one, duration_s: 5, look: wild, layers: {mid: {transform: {y: 0.2}}}, hidden: []}
  - {name: two, duration_s: 5, look: calm, transition_s: 1, effects: []}
  - {name: three, duration_s: 5}
""",
    )
    one, two, three = loaded.movements
    mid = one.layers[1]
    assert (mid.opacity, mid.transform.x, mid.transform.y) == (0.8, 0.1, 0.2)
    assert [effect.shader for effect in mid.effects] == ["shift"]
    assert [layer.name for layer in one.layers] == ["low", "mid", "top"]
    assert [layer.name for layer in two.layers] == ["low", "mid"]
    assert (one.groups, two.groups[0].name, three.groups[0].name) == ((), "pair", "pair")
    assert (one.effects[0].name, two.effects, three.effects) == ("grade", (), ())
    assert (one.transition_s, two.transition_s, three.transition_s) == (3, 1, 0)
    assert one.transition is not None
    assert one.transition.shader == "wind"
    assert three.transition is None
    assert {"/layer/mid/effect", "/layer/mid/opacity", "/layer/mid/x", "/group"} <= one.stated
    assert "/group" not in two.stated
    assert sorted(loaded.shaders) == ["dots", "shift", "tint", "wind"]


def test_every_input_has_paths(tmp_path: Path) -> None:
    loaded = read(
        tmp_path,
        LAYERS
        + """
groups: [{name: pair, layers: [low, mid], opacity: 0.4, effects: [{shader: shift, mix: 0.3}]}]
master: {effects: [{shader: tint, on: false}, {shader: tint, settings: {way: down}}]}
movements:
  - {name: one, duration_s: 5, effects: [{shader: tint, name: grade, settings: {tone: "#00ff0080"}}]}
  - {name: two, duration_s: 5, layers: {low: {generator: {shader: waves}}}}
""",
    )
    found = loaded.shader_paths.parameters
    amount = found["/layer/mid/effect/tint/amount"]
    assert (amount.low, amount.high, amount.default) == (0, 2, 1)
    assert "How much" in amount.doc
    assert found["/group/pair/opacity"].default == 0.4
    assert found["/group/pair/effect/shift/mix"].default == 0.3
    assert found["/master/effect/tint/on"].default == 0
    assert found["/master/effect/tint2/way"].default == 1  # the index of its choice
    assert found["/movement/effect/grade/tone/alpha"].default == pytest.approx(128 / 255)
    assert found["/group/pair/effect/shift/at/x"].default == 0.5
    size = found["/layer/low/generator/size"]
    assert (size.low, size.high, size.default) == (0, 4, 4)
    # A second input of one name, and one of another type elsewhere, have a number.
    assert "/layer/low/generator/size2" in found
    assert loaded.shader_paths.of("/layer/low/generator", "waves")["size"] == ("/layer/low/generator/size3",)


def test_clips_and_generators_take_one_another_s_place(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("clip,layer,duration_s\n,low,5\n", encoding="utf-8")
    loaded = read(
        tmp_path,
        """
layers: [{name: low, generator: {shader: dots}}, {name: mid, generator: {shader: dots}}]
movements: [{name: one, schedule: rows.csv}, {name: two, duration_s: 5}]
""",
    )
    one, two = loaded.movements
    assert [layer.generator is None for layer in one.layers] == [True, False]
    assert [layer.generator is None for layer in two.layers] == [False, False]


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("not a picture", encoding="utf-8")
    found = problems(
        tmp_path,
        """layers:
  - name: low
    generator: {shader: wind}
  - name: mid
    generator: {shader: dots, settings: {zize: 1}}
    effects:
      - {shader: tint, name: a, settings: {Amount: 3, way: Sideways, clear: true, tone: [1, 2], by: 1}}
      - {shader: tint, name: a}
      - {shader: shift, pictures: {by: {layer: hihg}, from: {group: none}}, settings: {by: 2}}
      - {shader: shift, pictures: {by: {file: ../secret.png}}}
  - {name: high, clips: [x], generator: {shader: dots}, mask: {file: gone.png}}
  - {name: last, effects: [{shader: tnt}], generator: {shader: dots}, transition: {settings: {a: 1}}}
groups:
  - {name: g, layers: [low, high]}
  - {name: h, layers: [high, nobody]}
master: {effects: [{shader: shift, pictures: {by: {layer: low}}}]}
looks:
  a: {inherits: b}
  b: {inherits: a, layers: {hgh: {opacity: 1}}}
  c: {inherits: z, effects: [{shader: dots}]}
movements: [{name: one, duration_s: 5, look: bb}]
""",
    )
    assert found == [
        "3: layers.0.generator.shader: wind is a transition: it belongs under transition",
        "5: layers.1.generator.settings.zize: dots has no setting zize (did you mean size?)",
        "7: layers.1.effects.0.settings.Amount: 3 is outside of Amount, which takes 0 to 2",
        "7: layers.1.effects.0.settings.by: tint has no setting by (there are Amount, tone, way, clear)",
        "7: layers.1.effects.0.settings.clear: clear is an event: it is fired, and not set"
        " (bind a control to it, or fire it from a cue)",
        '7: layers.1.effects.0.settings.tone: tone takes a colour: "#rrggbb" or a list of three or four numbers,'
        " 0 to 1, and not [1, 2]",
        "7: layers.1.effects.0.settings.way: way takes one of Up, Down, and not Sideways",
        "8: layers.1.effects.1.name: a is the name of two effects of this chain (rename one)",
        "9: layers.1.effects.2.pictures.by.layer: the show has no layer hihg (did you mean high?)",
        "9: layers.1.effects.2.pictures.from: shift has no picture from (there are by)",
        "9: layers.1.effects.2.pictures.from.group: the show has no group none (groups: names them)",
        "9: layers.1.effects.2.settings.by: by is a picture (name it under pictures)",
        "10: layers.1.effects.3.pictures.by.file: ../secret.png lies outside of the show's folder"
        " (paths are relative to the show's folder)",
        "11: layers.2.clips: names clips, and the show has no library (add library: FOLDER)",
        "11: layers.2.generator: cannot stand beside clips (keep one of them)",
        "11: layers.2.mask.file: gone.png does not exist (paths are relative to the show's folder)",
        "12: layers.3.effects.0.shader: tnt: there is no such shader (did you mean tint?)",
        "12: layers.3.transition.settings: belong to a shader, and none is named (add shader: NAME)",
        "14: groups.0.layers: are not neighbours in the show's order (from low upwards they would be low, mid)",
        "15: groups.1.layers.0: high is in the group g already (take one out)",
        "15: groups.1.layers.1: the show has no layer nobody (the show has low, mid, high, last)",
        "16: master.effects.0.pictures.by: the master cannot read layers and groups"
        " (put the effect into the movement's effects; they are mixed before the master)",
        "18: looks.a.inherits: the look a inherits itself (take one of its ancestors' inherits out)",
        "19: looks.b.inherits: the look b inherits itself (take one of its ancestors' inherits out)",
        "19: looks.b.layers.hgh: the show has no layer hgh (did you mean high?)",
        "20: looks.c.effects.0.shader: dots is a generator: it belongs under generator",
        "20: looks.c.inherits: there is no look z (there are a, b, c)",
        "21: movements.0.look: there is no look bb (did you mean b?)",
    ]


def test_a_transition_s_pictures_are_files_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    found = problems(
        tmp_path,
        """layers: [{name: low, generator: {shader: dots}, transition: {pictures: {map: {file: a.png}}}}]
looks:
  a: {transition: {shader: wind, pictures: {map: {file: gone.png}, mop: {file: a.png}}}}
movements:
  - {name: one, duration_s: 5, exit: {shader: wind, pictures: {map: {layer: low}}}}
  - {name: two, duration_s: 5, exit: {shader: wind, pictures: {map: {file: a.png}}}}
""",
    )
    assert found == [
        "1: layers.0.transition.pictures: belong to a shader, and none is named (add shader: NAME)",
        "3: looks.a.transition.pictures.map.file: gone.png does not exist (paths are relative to the show's folder)",
        "3: looks.a.transition.pictures.mop: wind has no picture mop (did you mean map?)",
        "5: movements.0.exit.pictures.map: a transition cannot read layers and groups"
        " (name a file; an effect of the layer or movement can read them)",
    ]


def test_a_transition_in_a_chain_wants_a_second_picture(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        LAYERS
        + """groups:
  - name: g
    layers: [low]
    effects:
      - {shader: wind}
      - {shader: wind, settings: {progress: 2}, pictures: {endImage: {layer: md}, startImage: {layer: mid}}}
      - {shader: wind, settings: {progress: 0.5}, pictures: {endImage: {layer: mid}}}
movements: [{name: one, duration_s: 5}]
""",
    )
    assert [one.partition(": ")[2] for one in found] == [
        "groups.0.effects.0.shader: wind is a transition and has no second picture"
        " (add pictures: {endImage: {layer: NAME}}, or name it under transition)",
        "groups.0.effects.1.pictures.endImage.layer: the show has no layer md (did you mean mid?)",
        "groups.0.effects.1.pictures.startImage: wind has no picture startImage (there are endImage, map)",
        "groups.0.effects.1.settings.progress: 2 is outside of progress, which takes 0 to 1",
    ]


def test_pictures_that_read_one_another_are_told(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """layers:
  - {name: low, generator: {shader: dots}, effects: [{shader: shift, pictures: {by: {group: g}}}]}
  - {name: mid, generator: {shader: dots}, mask: {layer: low}}
groups: [{name: g, layers: [mid]}]
movements: [{name: one, duration_s: 5}, {name: two, duration_s: 5}]
""",
    )
    assert found == [
        "5: movements.0: pictures read one another: layer low → group g → layer mid → layer low"
        " (an effect that remembers its own picture makes feedback)"
    ]


def test_an_effect_s_name_has_one_shader_in_all_movements(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        LAYERS
        + """looks: {other: {layers: {mid: {effects: [{shader: shift, name: tint}]}}}}
movements: [{name: one, duration_s: 5}, {name: two, duration_s: 5, look: other}]
""",
    )
    assert found == [
        "6: looks.other.layers.mid.effects.0: /layer/mid/effect/tint is the shader tint elsewhere, and shift here"
        " (give one of them another name: name: …)"
    ]


def test_modulations_are_checked(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        LAYERS
        + """levels: [{name: loud}]
clocks: {order: [mtc]}
modulations:
  - {to: /layer/mid/effect/tint/amountt, lfo: {period_s: 1}}
  - {to: /layer/mid/speed, lfo: {period_s: 1}}
  - {to: /layer/mid/effect/tint/clear, level: {name: lout}}
  - {to: /layer/low/opacity, onset: {detector: hat}, high: 3}
  - {to: /layer/low/x, lfo: {period_beats: 2}}
  - {to: /layer/low/y, parameter: /layer/low/jump}
  - {to: /layer/mid/x, parameter: /layer/mid/y}
looks: {spin: {modulations: [{to: /layer/mid/y, parameter: /layer/mid/x}]}}
movements: [{name: one, duration_s: 5}, {name: two, duration_s: 5, look: spin}]
""",
    )
    assert found == [
        "9: modulations.0.to: there is no parameter /layer/mid/effect/tint/amountt"
        " (did you mean /layer/mid/effect/tint/amount?)",
        f"10: modulations.1.to: /layer/mid/speed cannot be driven ({MAY_BE_DRIVEN})",
        "11: modulations.2.level.name: there is no level lout (did you mean loud?)",
        f"11: modulations.2.to: /layer/mid/effect/tint/clear cannot be driven ({MAY_BE_DRIVEN})",
        "12: modulations.3.high: 3 is outside of /layer/low/opacity, which takes 0 to 1",
        "12: modulations.3.onset.detector: there is no detector hat (name it under detectors:)",
        "13: modulations.4.lfo.period_beats: the show has no tempo, so a beat never comes"
        " (state tempo: bpm, give it a track, or name midi, link or tap under clocks: order)",
        "14: modulations.5.parameter: /layer/low/jump is an action, and has no value",
        "15: modulations.6.parameter: parameters drive one another: /layer/mid/x ← /layer/mid/y ← /layer/mid/x"
        " (take one of these modulations out)",
    ]


def test_one_modulation_that_is_none_hides_no_mistake_of_the_others(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        LAYERS
        + """modulations:
  - {to: /layer/low/opacity}
  - {to: /layer/low/opacity, parameter: /layer/low/opacity}
  - {to: /layer/mid/speed, lfo: {period_s: 1}}
movements: [{name: one, duration_s: 5}]
""",
    )
    assert found == [
        "7: modulations.0: say exactly one of lfo, onset, entry, level and parameter",
        "8: modulations.1.parameter: parameters drive one another: /layer/low/opacity ← /layer/low/opacity"
        " (take one of these modulations out)",
        f"9: modulations.2.to: /layer/mid/speed cannot be driven ({MAY_BE_DRIVEN})",
    ]


def test_what_was_meant_is_written_out_and_what_follows_is_not_told(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """layers:
  - {name: low, generator: dots, mask: mid, transition: wind}
  - {name: mid, generator: {shader: dots}, effects: tint}
modulations:
  - {to: /layer/low/opacity, lfo: sine}
  - {to: /layer/low/opacity, lfo: {period_s: 0}}
  - {to: /layer/low/opacity, level: 3}
movements: [{name: one, duration_s: 5, effects: {shader: tint}}]
""",
    )
    assert found == [
        '2: layers.0.generator: must be a group of settings (key: value), not "dots" (write {shader: dots})',
        '2: layers.0.mask: must be a group of settings (key: value), not "mid" (write {layer: mid})',
        '2: layers.0.transition: must be a group of settings (key: value), not "wind" (write {shader: wind})',
        '3: layers.1.effects: must be a list, not "tint" (write it as a list: [{shader: tint}])',
        '5: modulations.0.lfo: must be a group of settings (key: value), not "sine" (write {shape: sine})',
        "6: modulations.1.lfo.period_s: must be more than 0, not 0",
        "7: modulations.2.level: must be a group of settings (key: value), not 3",
        "8: movements.0.effects: must be a list, not a group of settings (write it as a list, each entry after a -)",
    ]


def test_a_table_that_lacks_rows_is_told_before_anything_plays(tmp_path: Path) -> None:
    (tmp_path / "short.cube").write_text("LUT_3D_SIZE 3\n0 0 0\n", encoding="utf-8")
    found = problems(
        tmp_path,
        LAYERS
        + "movements: [{name: one, duration_s: 5, effects: [{shader: lut, pictures: {table: {file: short.cube}}}]}]\n",
    )
    (said,) = found
    assert said.startswith("6: movements.0.effects.0.pictures.table.file: ")
    assert "short.cube:2: 26 of 27 rows are missing" in said


def test_a_table_is_read_once_for_as_long_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Path] = []

    def noted(file: Path) -> None:
        seen.append(file)
        read_cube(file)

    monkeypatch.setattr(show_shaders, "read_cube", noted)
    file = tmp_path / "grade.cube"
    file.write_text("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n", encoding="utf-8")
    one = "effects: [{shader: lut, pictures: {table: {file: grade.cube}}}]"
    layers = f"layers: [{{name: low, generator: {{shader: dots}}, {one}}}]\n"
    show = f"{layers}movements: [{{name: one, duration_s: 5, {one}}}]\n"
    for _ in range(2):
        read(tmp_path, show)
    assert seen == [file]
    file.write_text("LUT_1D_SIZE 2\n0 0 0\n", encoding="utf-8")
    assert len(problems(tmp_path, show)) == 2, "told at both places"
    assert seen == [file, file]


def test_a_row_s_transition_is_looked_up(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(
        "clip,layer,duration_s,transition\n,low,5,\n,low,5,wind 1\n,low,5,tint 1\n,low,5,wnd 1\n", encoding="utf-8"
    )
    found = problems(tmp_path, "layers: [{name: low}]\nmovements: [{name: one, schedule: rows.csv}]\n")
    assert found == [
        "4: transition: tint is a filter: it belongs under effects",
        "5: transition: wnd: there is no such shader (did you mean wind?)",
    ]


def test_a_setting_that_is_none_of_its_types_is_one_mistake(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "layers: [{name: low, generator: {shader: dots, settings: {size: {a: 1}}}}]\n"
        "movements: [{name: one, duration_s: 1}]\n",
    )
    assert found == [
        "1: layers.0.generator.settings.size: must be a number, true or false, a text, or a list of numbers"
    ]


def test_what_hangs_on_a_shader_that_cannot_be_read_is_not_called_unknown(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """layers: [{name: low, generator: {shader: gone}}]
modulations: [{to: /layer/low/generator/size, lfo: {period_s: 1}}]
movements: [{name: one, duration_s: 1}]
""",
    )
    assert [one.split(" (")[0] for one in found] == ["1: layers.0.generator.shader: gone: there is no such shader"]


def test_inputs_that_are_called_as_what_every_effect_has_get_a_number(tmp_path: Path) -> None:
    write_shader(tmp_path, "odd", IMAGE, *({"NAME": name, "TYPE": "float"} for name in ("mix", "on", "_3D", "Mix")))
    loaded = read(
        tmp_path,
        "layers: [{name: low, generator: {shader: dots}, effects: [{shader: odd}]}]\n"
        "movements: [{name: one, duration_s: 1}]\n",
    )
    at = "/layer/low/effect/odd"
    assert loaded.shader_paths.of(at, "odd") == {
        "mix": (f"{at}/mix2",),
        "on": (f"{at}/on2",),
        "_3D": (f"{at}/x3d",),
        "Mix": (f"{at}/mix3",),
    }
    assert all(PATH_PATTERN.match(path) for path in loaded.shader_paths.parameters)


def test_chains_and_the_whole_of_them_are_bounded(tmp_path: Path) -> None:
    chain = ", ".join("{shader: tint}" for _ in range(17))
    found = problems(
        tmp_path,
        f"layers: [{{name: low, generator: {{shader: dots}}, effects: [{chain}]}}]\n"
        "movements: [{name: one, duration_s: 1}]\n",
    )
    assert found == ["1: layers.0.effects: has 17 entries, and must have at most 16"]
    # Each of these names brings nine paths.
    named = "".join(
        f"  - {{name: m{number}, duration_s: 1, effects: [{names}]}}\n"
        for number in range(150)
        for names in [", ".join(f"{{shader: tint, name: e{number}-{place}}}" for place in range(16))]
    )
    found = problems(tmp_path, f"layers: [{{name: low, generator: {{shader: dots}}}}]\nmovements:\n{named}")
    assert found == [
        "1: : its shaders have more than 20000 settings (let movements call the same effect by the same name)"
    ]
