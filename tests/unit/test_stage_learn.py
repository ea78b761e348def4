"""Learning between the inbox, the bindings and the show's file: what is kept from the show, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from engine.app.binding_writer import write_apart
from engine.app.learn import StageLearn
from engine.app.pace import Tick
from engine.core.bindings import Bindings
from engine.core.figures import Figures
from engine.core.learn import LEARN
from engine.errors import OutputError
from engine.formats.show_edit import digest
from engine.formats.show_parse import parse_show
from engine.formats.show_resolve import Surroundings, resolve
from engine.inputs.midi_messages import MidiDecoder, ShowControls
from engine.model.controls import Binding, MidiControl
from engine.model.events import Event, EventSource
from engine.model.tree import ParameterTree
from engine.model.world import World
from tests.show_support import BLENDS, CLIPS

SHOW = """library: clips  # theirs
layers: [{name: base}]
movements: [{name: one, duration_s: 60}]
bindings:
  - {key: f2, to: /control/learn}
  - {key: a, to: /layer/base/opacity, press: momentary}
"""
LINE = "  - {midi: {cc: 22, channel: 1}, to: /layer/base/opacity}\n"


class Stage:
    """A show in a file, its bindings, and learning between them; each `plays` is a tick, 0.1 s after the one before."""

    def __init__(self, file: Path) -> None:
        loaded, problems = resolve(parse_show(file.read_text(), str(file)), file, Surroundings(CLIPS, {}, BLENDS))
        assert problems == []
        assert loaded is not None
        self.file = file
        self.world = World(loaded, ParameterTree(loaded.show, CLIPS))
        self.bindings = Bindings(loaded.bindings, self.world.tree, Figures())
        self.values: dict[str, float] = {}
        self.now_s = 0.0
        self.learn = StageLearn(self.world, lambda: self.bindings.bindings, self.bindings.add, self.values.get)

    def plays(self, *sent: tuple[str, float]) -> Sequence[tuple[str, float]]:
        """What the events of one tick resolve to; their addresses are controls or paths."""
        self.now_s += 0.1
        kinds = {"key": EventSource.KEY, "midi": EventSource.MIDI, "": EventSource.OSC}
        events = [
            Event(self.now_s, kinds[address.partition("/")[0]], number, address, value)
            for number, (address, value) in enumerate(sent)
        ]
        handled = self.bindings.resolve(self.learn.take_in(events), self.values.get)
        resolved = [event for one in handled for event in one.resolved]
        self.learn.follow(Tick(0, self.now_s, self.now_s), handled, resolved)
        return [(event.address, event.value) for event in resolved]

    def press(self, key: str) -> Sequence[tuple[str, float]]:
        return self.plays((f"key/{key}", 1.0), (f"key/{key}", 0.0))

    def moves(self) -> Sequence[tuple[str, float]]:
        """A fader that nothing is bound to."""
        return self.plays(*(("midi/cc/1/22", value / 127) for value in (10, 30, 60, 127)))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    file = tmp_path / "show.yaml"
    file.write_text(SHOW)
    made = Stage(file)
    yield made
    made.learn.close()


def test_a_fader_is_learned_plays_and_is_written(stage: Stage) -> None:
    stage.plays(("/layer/base/opacity", 0.5))
    stage.press("f2")
    assert stage.learn.active
    assert "move a control to play /layer/base/opacity" in stage.learn.line
    assert stage.moves() == []  # the binding is there from the next tick on
    assert not stage.learn.active
    assert stage.plays(("midi/cc/1/22", 0.25)) == [("/layer/base/opacity", 0.25)]
    stage.learn.close()
    assert stage.file.read_text() == SHOW + LINE
    stage.plays()
    assert stage.learn.line == "learn: {midi: {cc: 22, channel: 1}, to: /layer/base/opacity} is written into show.yaml"


def test_the_path_that_a_key_played_is_what_is_bound(stage: Stage) -> None:
    stage.press("a")
    stage.press("f2")
    stage.moves()
    assert stage.bindings.bindings[-1].to == "/layer/base/opacity"


def test_keys_that_learning_takes_never_reach_the_show_nor_does_their_release(stage: Stage) -> None:
    stage.press("f2")
    assert stage.plays(("key/a", 1.0)) == []
    assert stage.plays(("key/escape", 1.0)) == []
    assert not stage.learn.active
    assert stage.plays(("key/a", 0.0), ("key/escape", 0.0)) == []
    assert stage.plays(("key/a", 1.0)) == [("/layer/base/opacity", 1.0)]


def test_keys_on_the_heels_of_f2_are_typed_even_within_a_tick(stage: Stage) -> None:
    keys = [(f"key/{name}", value) for name in ("f2", "a", "7") for value in (1.0, 0.0)]
    assert stage.plays(*keys) == [(LEARN, 1.0)]
    assert stage.plays() == []
    assert '"a7" 0 of' in stage.learn.line


def test_keys_on_the_heels_of_a_refusal_play_a_tick_later(stage: Stage) -> None:
    stage.values["/lock"] = 1.0
    assert stage.plays(("key/f2", 1.0), ("key/f2", 0.0), ("key/a", 1.0)) == [(LEARN, 1.0)]
    assert stage.plays() == [("/layer/base/opacity", 1.0)]
    assert stage.plays(("key/a", 0.0)) == [("/layer/base/opacity", 0.0)]


def test_a_key_that_was_down_before_is_let_go_of_while_learning(stage: Stage) -> None:
    stage.plays(("key/a", 1.0))
    stage.press("f2")
    assert stage.plays(("key/a", 0.0)) == [("/layer/base/opacity", 0.0)]


def test_midi_and_osc_play_on_while_learning(stage: Stage) -> None:
    stage.press("f2")
    assert stage.plays(("/layer/base/opacity", 0.3)) == [("/layer/base/opacity", 0.3)]


def test_one_after_the_other_are_all_written(stage: Stage) -> None:
    for number, path in enumerate(("/layer/base/x", "/layer/base/y", "/layer/base/scale")):
        stage.plays((path, 0.5))
        stage.press("f2")
        stage.plays(*((f"midi/cc/1/{number}", value / 127) for value in (10, 30, 60)))
    stage.learn.close()
    parsed = parse_show(stage.file.read_text(), "show.yaml")
    assert parsed.show is not None
    assert [binding.to for binding in parsed.show.bindings[2:]] == [
        "/layer/base/x",
        "/layer/base/y",
        "/layer/base/scale",
    ]


def test_a_locked_show_refuses_and_says_so(stage: Stage) -> None:
    stage.values["/lock"] = 1.0
    stage.press("f2")
    assert not stage.learn.active
    assert "locked" in stage.learn.line
    stage.values["/lock"] = 0.0
    stage.press("f2")
    stage.values["/lock"] = 1.0
    stage.plays()
    assert not stage.learn.active


def test_what_cannot_be_written_plays_and_is_logged_with_its_line(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    changed = SHOW + "# somebody was here\n"
    stage.file.write_text(changed)
    stage.plays(("/layer/base/opacity", 0.5))
    stage.press("f2")
    stage.moves()
    stage.learn.close()
    stage.plays()
    assert stage.learn.line == "learn: not written: was changed since the show was read"
    assert stage.file.read_text() == changed
    assert LINE.strip() in caplog.text
    assert stage.plays(("midi/cc/1/22", 0.25)) == [("/layer/base/opacity", 0.25)]


def test_a_file_that_is_not_the_show_that_plays_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "show.yaml"
    file.write_text(SHOW)
    stage = Stage(file)
    file.write_text(SHOW.replace("60", "61"))
    stage.learn = StageLearn(stage.world, lambda: stage.bindings.bindings, stage.bindings.add, stage.values.get)
    stage.plays(("/layer/base/opacity", 0.5))
    stage.press("f2")
    stage.moves()
    stage.learn.close()
    stage.plays()
    assert "not written: was changed" in stage.learn.line
    assert file.read_text() == SHOW.replace("60", "61")


def test_a_pair_that_was_learned_is_put_together_from_then_on() -> None:
    decoder = MidiDecoder()
    assert decoder.feed(bytes((0xB0, 7, 64)), 0.0) == [("midi/cc/1/7", 64 / 127)]
    learned = Binding(midi=MidiControl(cc=7, channel=1, bits=14), to="/master/fade")
    decoder.hear(ShowControls.of([learned], []))
    decoder.feed(bytes((0xB0, 7, 64, 39, 0)), 0.0)
    assert decoder.feed(bytes((0xB0, 39, 127)), 0.0) == [("midi/cc14/1/7", (64 * 128 + 127) / 16_383)]


def test_another_process_says_why_it_did_not_write(tmp_path: Path) -> None:
    file = tmp_path / "show.yaml"
    file.write_text("layers: 3\n")
    with pytest.raises(OutputError, match="must be a list"):
        write_apart(file, Binding(key="x", to="/go"), digest(file.read_bytes()))
    assert file.read_text() == "layers: 3\n"


def test_the_writer_imports_nothing_from_the_folder_of_a_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "engine.py").write_text("raise SystemExit('imported from a show')\n")
    (tmp_path / "show.yaml").write_text("layers: 3\n")
    with pytest.raises(OutputError, match="must be a list"):
        write_apart(tmp_path / "show.yaml", Binding(key="x", to="/go"), digest(b"layers: 3\n"))


def test_a_writer_that_does_not_start_is_an_error_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "none"))
    with pytest.raises(OutputError, match="could not be written"):
        write_apart(tmp_path / "show.yaml", Binding(key="x", to="/go"), "")


def adopt(stage: Stage) -> None:
    """Take over what stands in the show's file, as hot reload does."""
    loaded, problems = resolve(
        parse_show(stage.file.read_text(), str(stage.file)), stage.file, Surroundings(CLIPS, {}, BLENDS)
    )
    assert problems == []
    assert loaded is not None
    stage.world = World(loaded, ParameterTree(loaded.show, CLIPS))
    bindings = [*loaded.bindings, *(one for one in stage.learn.not_written if one not in loaded.bindings)]
    stage.bindings.adopt(bindings, stage.world.tree, quantise={}, modifiers={})
    stage.learn.adopt(stage.world, digest(stage.file.read_bytes()))


def written_line(stage: Stage) -> None:
    """Until the binding learned last stands in the file."""
    stage.plays(("/layer/base/opacity", 0.5))
    stage.press("f2")
    stage.moves()
    stage.learn.close()


def test_a_binding_that_was_learned_plays_once_when_the_file_is_read_again(stage: Stage) -> None:
    written_line(stage)
    adopt(stage)  # before the loop has heard that it is written
    assert len(stage.bindings.bindings) == 3
    assert stage.plays(("midi/cc/1/22", 0.25)) == [("/layer/base/opacity", 0.25)]
    adopt(stage)
    assert len(stage.bindings.bindings) == 3


def test_a_learned_line_that_is_taken_out_of_the_file_plays_no_more(stage: Stage) -> None:
    written_line(stage)
    stage.plays()
    assert not stage.learn.not_written
    stage.file.write_text(stage.file.read_text().replace(LINE, ""))
    adopt(stage)
    assert stage.plays(("midi/cc/1/22", 0.25)) == []


def test_what_could_not_be_written_plays_on_in_another_version(stage: Stage) -> None:
    stage.file.write_text(SHOW + "# somebody was here\n")
    written_line(stage)
    stage.plays()
    adopt(stage)
    assert stage.plays(("midi/cc/1/22", 0.25)) == [("/layer/base/opacity", 0.25)]


def test_what_is_learned_in_another_version_is_written_into_it(stage: Stage) -> None:
    changed = SHOW.replace("60", "61") + "# somebody was here\n"
    stage.file.write_text(changed)
    adopt(stage)
    written_line(stage)
    assert LINE in stage.file.read_text()
    assert "61" in stage.file.read_text()


def test_whoever_is_learning_goes_on_learning(stage: Stage) -> None:
    stage.plays(("/layer/base/opacity", 0.5))
    stage.press("f2")
    adopt(stage)
    assert stage.learn.active
    stage.moves()
    assert stage.plays(("midi/cc/1/22", 0.5)) == [("/layer/base/opacity", 0.5)]
