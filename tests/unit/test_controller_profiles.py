"""Controllers' profiles: the shipped ones against their makers' maps, mistakes in one, and shows that name them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import ShowError
from engine.formats.controller_profiles import read_profile, read_profiles, shipped_profiles
from engine.formats.show_resolve import Surroundings
from engine.formats.show_yaml import read_show
from engine.model.control_address import midi_address
from tests.show_support import BLENDS, CLIPS, load

SHOW = """layers: [{name: base}]
movements: [{name: one, duration_s: 1}]
library: clips
controllers:
  - {profile: nanokontrol2}
  - {profile: x_touch_mini, name: left, port: "X-TOUCH MINI:1"}
modifiers:
  shift: {control: nanokontrol2/cycle}
bindings:
  - {control: nanokontrol2/fader1, to: /layer/base/opacity}
  - {control: left/button_a1, to: /go}
  - {key: space, to: /go}
"""

# A few numbers of each maker's map, as its document prints them.
MAPS = {
    "apc_mini": {
        "pad11": "midi/note/1/0",
        "pad18": "midi/note/1/7",
        "pad81": "midi/note/1/56",
        "pad88": "midi/note/1/63",
        "track1": "midi/note/1/64",
        "scene8": "midi/note/1/89",
        "shift": "midi/note/1/98",
        "fader9": "midi/cc/1/56",
    },
    "generic8": {"fader1": "midi/cc/*/1", "fader8": "midi/cc/*/8", "pad8": "midi/note/*/43"},
    "launch_control_xl": {
        "knob11": "midi/cc/9/13",
        "knob28": "midi/cc/9/36",
        "knob38": "midi/cc/9/56",
        "fader8": "midi/cc/9/84",
        "focus4": "midi/note/9/44",
        "focus5": "midi/note/9/57",
        "control8": "midi/note/9/92",
        "record_arm": "midi/note/9/108",
        "right": "midi/cc/9/107",
    },
    "midi_mix": {
        "knob11": "midi/cc/1/16",
        "knob35": "midi/cc/1/48",
        "fader4": "midi/cc/1/31",
        "fader5": "midi/cc/1/49",
        "master": "midi/cc/1/62",
        "mute8": "midi/note/1/22",
        "rec8": "midi/note/1/24",
        "solo1": "midi/note/1/2",
        "bank_left": "midi/note/1/25",
    },
    "nanokontrol2": {
        "fader1": "midi/cc/1/0",
        "fader8": "midi/cc/1/7",
        "knob8": "midi/cc/1/23",
        "solo1": "midi/cc/1/32",
        "mute8": "midi/cc/1/55",
        "rec8": "midi/cc/1/71",
        "play": "midi/cc/1/41",
        "cycle": "midi/cc/1/46",
        "marker_right": "midi/cc/1/62",
    },
    "push": {
        "pad11": "midi/note/1/36",
        "pad88": "midi/note/1/99",
        "encoder1": "midi/cc/1/71",
        "encoder8": "midi/cc/1/78",
        "master": "midi/cc/1/79",
        "strip": "midi/pitch/1",
        "scene1": "midi/cc/1/43",
        "play": "midi/cc/1/85",
    },
    "x_touch_mini": {
        "encoder_a1": "midi/cc/11/1",
        "fader_a": "midi/cc/11/9",
        "button_a16": "midi/note/11/23",
        "encoder_b8": "midi/cc/11/18",
        "push_b1": "midi/note/11/24",
        "button_b16": "midi/note/11/47",
        "fader_b": "midi/cc/11/10",
    },
}


def around() -> Surroundings:
    return Surroundings(CLIPS, {}, BLENDS, shipped_profiles())


def test_every_shipped_profile_is_checked_against_its_map() -> None:
    assert shipped_profiles().keys() == MAPS.keys()


@pytest.mark.parametrize("name", sorted(MAPS))
def test_controls_send_what_the_makers_map_says(name: str) -> None:
    profile = shipped_profiles()[name]
    sent = {one: midi_address(profile.controls[one].on_port("", profile.channel)) for one in MAPS[name]}
    assert sent == MAPS[name]
    assert profile.source
    assert profile.title


def test_only_encoders_without_ends_are_relative() -> None:
    relative = {
        profile.name for profile in shipped_profiles().values() for one in profile.controls.values() if one.relative
    }
    assert relative == {"push"}


def test_a_shows_controls_become_midi_from_its_controllers_port(tmp_path: Path) -> None:
    loaded, problems = load(SHOW, tmp_path, around())
    assert problems == []
    assert loaded is not None
    fader, button, key = loaded.bindings
    assert (fader.midi.cc, fader.midi.channel, fader.midi.port) == (0, 1, "nanoKONTROL2")  # type: ignore[union-attr]
    assert (button.midi.note, button.midi.channel, button.midi.port) == (8, 11, "X-TOUCH MINI:1")  # type: ignore[union-attr]
    assert fader.control is None
    assert key.key == "space"
    assert loaded.modifiers["shift"].midi == loaded.controls["nanokontrol2/cycle"]
    assert loaded.controls["left/encoder_b1"].cc == 11
    assert loaded.show.bindings[0].control == "nanokontrol2/fader1"  # as its author wrote it


def test_lamps_are_known_by_their_controls_address(tmp_path: Path) -> None:
    loaded, _ = load(SHOW, tmp_path, around())
    assert loaded is not None
    assert loaded.leds["midi/cc/1/41"] == (127, 0)
    assert loaded.leds["midi/note/11/8"] == (1, 0)
    assert loaded.led_addresses["midi/note/11/8"] == "midi/note/11/0"
    assert "midi/cc/1/0" not in loaded.leds


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        (
            "{profile: nanokontrol2}",
            "{profile: nanocontrol2}",
            "show.yaml:5: controllers.0.profile: there is no profile",
        ),
        ("{profile: nanokontrol2}", "{profile: nanocontrol2}", "did you mean nanokontrol2?"),
        ("{profile: nanokontrol2}", "{profil: nanokontrol2}", "did you mean profile?"),
        ("nanokontrol2/fader1", "nanokontrol2/fadr1", "show.yaml:10: bindings.0.control: nanokontrol2 has no control"),
        ("nanokontrol2/fader1", "nanokontrol2/fadr1", "did you mean fader1?"),
        ("nanokontrol2/cycle", "nanokontrol2/cicle", "modifiers.shift.control: nanokontrol2 has no control cicle"),
        ("left/button_a1", "lef/button_a1", "the show has no controller lef (did you mean left?)"),
        ("left/button_a1", "midi_mix/mute1", "add to controllers: - {profile: midi_mix}"),
        ("x_touch_mini, name: left", "nanokontrol2", "nanokontrol2 is the name of two controllers"),
        ("nanokontrol2/fader1", "Fader1", "a controller and its control, such as nanokontrol2/fader1"),
    ],
)
def test_what_is_not_known_is_said_with_its_line(line: str, instead: str, said: str, tmp_path: Path) -> None:
    loaded, problems = load(SHOW.replace(line, instead, 1), tmp_path, around())
    assert loaded is None
    assert any(said in str(problem) for problem in problems), [str(problem) for problem in problems]


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    text = SHOW.replace("fader1", "fadr1").replace("button_a1", "buton_a1").replace("cycle", "cicle")
    _, problems = load(text, tmp_path, around())
    assert len(problems) == 3


def test_a_show_on_disk_finds_the_shipped_profiles(tmp_path: Path) -> None:
    text = SHOW.replace("library: clips\n", "").replace("/layer/base/opacity", "/master/fade")
    file = tmp_path / "show.yaml"
    file.write_text(text.replace("layers: [{name: base}]", "layers: [{name: base, source: none.mov}]"))
    with pytest.raises(ShowError) as caught:
        read_show(file)
    assert [problem.path for problem in caught.value.problems] == ["layers.0.source"]


def test_every_mistake_in_a_profile_is_said_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "name: other\ntitle: Mine\nsource: a map\nsauce: x\ncontrols:\n  fader1: {cc: 200, kind: fader}\n"
        "  fader2: {cc: 2, kind: slider}\n  Fader3: {cc: 3, kind: fader}\n  fader4: {kind: fader}\n"
        "  fader5: {cc: 5, kind: fader, port: x}\n  pad: {note: 1, kind: pad, led: {on: 128}}\n"
    )
    with pytest.raises(ShowError) as caught:
        read_profile(file)
    lines = [problem.line for problem in caught.value.problems]
    assert lines == [4, 6, 7, 8, 9, 10, 11]
    said = str(caught.value)
    assert "did you mean source?" in said
    assert "say the port once" in said


def test_two_controls_that_send_the_same_and_a_wrong_name_are_mistakes(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "name: other\ntitle: Mine\nsource: a map\nchannel: 1\ncontrols:\n"
        "  one: {cc: 1, kind: fader}\n  two: {cc: 1, channel: 1, kind: fader}\n"
    )
    (tmp_path / "theirs.yaml").write_text("[]")
    with pytest.raises(ShowError) as caught:
        read_profiles(tmp_path)
    said = [str(problem).rpartition("/")[2] for problem in caught.value.problems]
    assert said == [
        "mine.yaml:1: name: must be the file's name, mine",
        "mine.yaml:7: controls.two: sends the same as one (see the maker's map)",
        "theirs.yaml:1: must be a group of settings (key: value), not a list",
    ]
