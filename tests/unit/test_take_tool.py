"""runtime-tools take: what it tells, what it draws, what it cuts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from engine.core.planner import plan
from engine.core.step import begun, folded
from engine.formats.take import Take, mark_line
from engine.formats.take_file import read_take
from engine.gl.letters import lettered
from engine.model.cueing import Quantise
from engine.model.events import EventSource
from tests.take_support import HEADER, event, take_text
from tests.world_support import clip, rows, world
from tools.cli import main
from tools.take import summary
from tools.take_plot import plotted
from tools.take_timeline import Span, Timeline, timeline

ORIGIN = event(2.0, "midi/cc/1/21", 0.2, source=EventSource.MIDI)
EVENTS = (
    event(2.0, value=0.25, source=EventSource.MIDI, origin=ORIGIN),
    event(3.0, value=0.75),
    event(3.5, "/layer/base/jump", 1.0, sequence=1, wait=Quantise(to="beat")),
    event(16.0, "/onset", 1.0, sequence=2, source=EventSource.ONSET),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "take.jsonl"
    path.write_text(take_text(*EVENTS))
    return path


def test_it_tells_what_was_played_by_what_and_when(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert main(["take", str(file)]) == 0
    told = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "length 16.00 s, from 0.00 to 16.00 s" in told
    assert "pause 3.50 to 16.00 s" in told
    assert "/layer/base/opacity 2 midi, osc 2.00 3.00 0.25 to 0.75 midi/cc/1/21" in told
    assert "/onset 1 onset 16.00 16.00 1" in told


def test_as_json_it_tells_the_same_in_numbers(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["take", str(file), "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert told == {**summary(read_take(file)), "written": []}
    assert told["events"] == 4
    assert told["sources"] == {"midi": 1, "osc": 2, "onset": 1}
    assert told["pauses"] == [{"from_s": 3.5, "to_s": 16.0}]
    (fader,) = (row for row in told["paths"] if row["path"] == "/layer/base/opacity")
    assert fader["controls"] == ["midi/cc/1/21"]
    assert (fader["least"], fader["most"], fader["waited"]) == (0.25, 0.75, 0)


def test_a_take_that_broke_off_is_told_so(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(take_text(*EVENTS, end=mark_line(17.0) + '{"at_s": 18'))
    assert main(["take", str(file)]) == 0
    told = capsys.readouterr()
    assert "from 0.00 to 17.00 s, then it broke off" in " ".join(told.out.split())
    assert "take.jsonl:7: is cut off and left out" in told.err


def test_a_part_is_written_and_read(file: Path, tmp_path: Path) -> None:
    part = tmp_path / "part.jsonl"
    assert main(["take", str(file), "--trim", "2.5", "0:10", "-o", str(part)]) == 0
    take = read_take(part)
    assert (take.header.start_s, take.until_s, len(take.events), take.ended) == (2.5, 10.0, 3, True)
    assert main(["take", str(file), "--trim", "2.5", "10", "-o", str(part)]) == 2
    assert main(["take", str(file), "--trim", "2.5", "10", "-o", str(part), "--overwrite"]) == 0


@pytest.mark.parametrize(("from_s", "to_s"), [("5", "5"), ("6", "5"), ("1", "17")])
def test_a_part_that_is_not_there_is_refused(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], from_s: str, to_s: str
) -> None:
    assert main(["take", str(file), "--trim", from_s, to_s, "-o", str(tmp_path / "part.jsonl")]) == 2
    assert "It goes from 0.000 to 16.000 s" in capsys.readouterr().err
    assert not (tmp_path / "part.jsonl").exists()


def test_options_that_need_one_another(file: Path) -> None:
    for wrong in (["--trim", "1", "2"], ["-o", "x.jsonl"], ["--show", "show.yaml"]):
        with pytest.raises(SystemExit):
            main(["take", str(file), *wrong])


def test_the_plot_is_a_png(file: Path, tmp_path: Path) -> None:
    assert main(["take", str(file), "--plot", str(tmp_path / "take.png"), "--width", "800"]) == 0
    with av.open(str(tmp_path / "take.png")) as container:
        (frame,) = container.decode(video=0)
    assert frame.width == 800
    assert len(np.unique(frame.to_ndarray(format="rgb24").reshape(-1, 3), axis=0)) > 4


def columns_of(picture: np.ndarray, colour: tuple[int, int, int]) -> list[int]:
    return sorted({int(x) for x in np.nonzero((picture == colour).all(axis=-1))[1]})


def test_a_stroke_stands_where_its_action_was_played() -> None:
    take = Take(HEADER, tuple(event(at_s, "/layer/base/jump", 1.0) for at_s in (2.0, 6.0)), until_s=8.0)
    picture = plotted(take, Timeline(), 1000)
    strokes = columns_of(picture, (255, 178, 84))
    quarter, three_quarters = strokes[0], strokes[-2]
    lane = columns_of(picture, (31, 34, 40))
    assert len(strokes) == 4
    assert (quarter - lane[0]) / (lane[-1] - lane[0]) == pytest.approx(0.25, abs=0.004)
    assert (three_quarters - lane[0]) / (lane[-1] - lane[0]) == pytest.approx(0.75, abs=0.004)


def test_a_value_is_drawn_as_high_as_it_is() -> None:
    take = Take(HEADER, (event(0.0, value=0.0), event(4.0, value=1.0, sequence=1)), until_s=8.0)
    picture = plotted(take, Timeline(), 1000)
    line = (picture == (120, 190, 255)).all(axis=-1)
    low, high = np.nonzero(line[:, columns_of(picture, (120, 190, 255))[2]])[0], np.nonzero(line[:, -20])[0]
    assert high.max() < low.min()


def test_a_part_begins_with_the_values_that_stood_then_and_without_the_actions_before() -> None:
    before = (event(1.0, value=0.1), event(2.0, value=0.9), event(2.5, "/layer/base/jump", 1.0))
    part = Take(replace(HEADER, start_s=4.0), before, until_s=8.0)
    picture = plotted(part, Timeline(), 1000)
    assert not columns_of(picture, (255, 178, 84))
    line = (picture == (120, 190, 255)).all(axis=-1)
    assert np.ptp(np.nonzero(line)[0]) == 1, "one level all the way"


def test_more_paths_than_a_picture_holds_are_counted_below() -> None:
    events = tuple(event(0.1, f"/layer/n{number}/x") for number in range(150))
    assert plotted(Take(HEADER, events, until_s=1.0), Timeline(), 600).shape[0] < 100 * 30 + 200


def test_names_are_lettered_and_what_has_no_letter_is_a_box() -> None:
    assert lettered("a", 1).shape == (8, 6)
    assert lettered("ab", 2).shape == (16, 24)
    assert (lettered("ß", 1) == lettered("é", 1)).all()
    glyphs = {lettered(letter, 1).tobytes() for letter in (*map(chr, range(32, 127)), "é")}
    assert len(glyphs) == 96


def test_the_timeline_is_what_the_plan_says() -> None:
    show = world(
        clips=[clip("a"), clip("b")],
        layers=[{"name": "base"}, {"name": "top"}],
        movements=[("one", 4.0, rows("base", ("a", 1.0), (None, 1.0), ("b", 2.0))), ("two", 4.0, ())],
        onsets=[0.5, 2.5],
        track_s=8.0,
    )
    events = (event(1.0, "/layer/top/clip/b", 1.0), event(6.0, "/layer/top/clip/a", 1.0, sequence=1))
    instants = [number / 10 for number in range(81)]
    found = timeline(show, Take(HEADER, events, until_s=8.0), instants)
    assert [(span.name, round(span.from_s, 6)) for span in found.movements] == [("one", 0.0), ("two", 4.0)]
    base = dict(found.layers)["base"]
    assert [(span.name, round(span.from_s, 6), round(span.to_s, 6)) for span in base[:2]] == [
        ("a", 0.0, 1.0),
        ("b", 2.0, 4.0),
    ]
    assert found.onsets_s == (0.5, 2.5)
    for name, spans in found.layers:
        for at_s in instants:
            shown = plan(show, folded(show, begun(show), [one for one in events if one.at_s <= at_s]), at_s)
            here = [
                layer.incoming.ref.clip
                for layer in shown.movements[-1].layers
                if layer.layer == name and layer.incoming
            ]
            assert here == [span.name for span in spans if span.from_s - 1e-9 <= at_s < span.to_s - 1e-9]


def test_the_plot_shows_the_show_under_the_take() -> None:
    shown = Timeline((Span(0.0, 4.0, "one"), Span(4.0, 8.0, "two")), (("base", (Span(0.0, 8.0, "a"),)),), (1.0,))
    take = Take(HEADER, (event(0.5),), until_s=8.0)
    with_show, without = plotted(take, shown, 800), plotted(take, Timeline(), 800)
    assert with_show.shape[0] > without.shape[0]
    assert columns_of(with_show, (240, 110, 120))
    assert not columns_of(without, (240, 110, 120))
