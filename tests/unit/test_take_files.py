"""Takes on disk: what is written, what is made of a spoiled one, and what is said of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import Problem, ShowError
from engine.formats import take_file
from engine.formats.take import end_line, event_line, header_line, mark_line
from engine.formats.take_edit import trimmed
from engine.formats.take_file import read_take, write_take
from engine.model.cueing import Quantise
from engine.model.events import EventSource
from tests.take_support import HEADER, event, read_text, take_text

FADER = event(0.1 + 0.2, origin=event(0.1 + 0.2, "midi/cc/1/21", 0.123, port="nano"), port="nano")
PAD = event(1.5, "/layer/base/jump", 1.0, sequence=1, wait=Quantise(to="beat", every=2, at_most_s=1.5))
GO = event(2.25, "/go", 1.0, sequence=2, source=EventSource.KEY)


def refused(text: str | bytes) -> list[Problem]:
    with pytest.raises(ShowError) as caught:
        read_text(text)
    return list(caught.value.problems)


def test_a_take_is_read_as_it_was_written() -> None:
    take = read_text(take_text(FADER, PAD, GO))
    assert take.events == (FADER, PAD, GO)
    assert take.header == HEADER
    assert (take.until_s, take.duration_s, take.ended, take.lost, take.warnings) == (2.25, 2.25, True, 0, ())


def test_a_take_keeps_its_files_and_an_older_one_says_nothing_of_any() -> None:
    assert HEADER.fingerprints.files is None
    prints = replace(HEADER.fingerprints, files={"shaders/glow.fs": "d" * 64})
    kept = replace(HEADER, fingerprints=prints)
    assert read_text(header_line(kept)).header == kept
    for spoiled in ('["d"]', '{"glow.fs": "d"}', '{"glow.fs": 4}'):
        text = header_line(kept).replace(f'{{"shaders/glow.fs":"{"d" * 64}"}}', spoiled)
        (problem,) = refused(text)
        assert (problem.line, problem.path) == (1, "files")


def test_a_line_says_what_was_played_and_by_what() -> None:
    assert json.loads(event_line(FADER)) == {
        "at_s": 0.30000000000000004,
        "source": "osc",
        "sequence": 0,
        "path": "/layer/base/opacity",
        "value": 0.5,
        "port": "nano",
        "origin": {"address": "midi/cc/1/21", "value": 0.123},
    }
    assert json.loads(event_line(PAD))["wait"] == {"to": "beat", "every": 2, "at_most_s": 1.5}
    assert event_line(FADER).count("\n") == 1


def test_a_crash_leaves_a_take_that_says_how_far_it_went() -> None:
    take = read_text(take_text(FADER, PAD, end=mark_line(3.5)))
    assert (len(take.events), take.ended, take.until_s, take.warnings) == (2, False, 3.5, ())


def test_a_line_cut_off_is_left_out_with_a_warning() -> None:
    text = take_text(FADER, PAD, end="")
    take = read_text(text[:-20])
    assert take.events == (FADER,)
    (warning,) = take.warnings
    assert warning.line == 3
    assert "cut off" in warning.what


def test_events_that_came_late_are_no_mistake_and_stamps_that_go_back_are_one() -> None:
    late = header_line(HEADER) + event_line(GO) + event_line(FADER, late_s=1.95) + event_line(PAD, late_s=0.75)
    assert read_text(late).events == (FADER, PAD, GO)
    assert not read_text(late).warnings
    take = read_text(take_text(GO, FADER, PAD))
    assert take.events == (FADER, PAD, GO)
    (warning,) = take.warnings
    assert (warning.line, warning.what) == (3, "goes back in time, as do 1 more lines")


def test_a_newer_version_is_refused_with_both_versions() -> None:
    header = json.loads(header_line(HEADER)) | {"version": 3, "made_by": {"runtime": "2.5"}, "tree": "of another kind"}
    (problem,) = refused(json.dumps(header) + "\n" + "whatever it has\n")
    assert problem.line == 1
    assert problem.what == "is a take of version 3, written by runtime 2.5; this program reads up to version 1"


def test_all_mistakes_are_said_at_once_with_their_lines() -> None:
    lines = [
        header_line(HEADER),
        event_line(FADER),
        '{"at_s": -1, "source": "hand", "sequence": 0.5, "path": "go", "value": NaN, "colour": 3}\n',
        "not JSON\n",
        "\n",
        "[1, 2]\n",
        event_line(PAD).replace('"beat"', "7"),
        event_line(GO).replace("2.25", "1e999"),
        event_line(FADER).replace("0.123", "Infinity"),
        header_line(HEADER),
        end_line(2.0, 1, 0),
        event_line(GO),
    ]
    found = refused("".join(lines))
    assert [(problem.line, problem.path) for problem in found] == [
        (3, "colour"), (3, "at_s"), (3, "source"), (3, "sequence"), (3, "path"), (3, "value"),
        (4, ""), (6, ""), (7, "wait.to"), (8, "at_s"), (9, "origin.value"), (10, ""), (12, ""),
    ]  # fmt: skip
    assert "two takes in one file" in found[-2].what
    assert "after the line that ends the take" in found[-1].what


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n\n", "holds nothing"),
        (b'{"at_s": 1}\n', "is not the header of a take"),
        (b"title: a show\n", "is not JSON"),
        (b"\n\x00", "is not JSON"),
        (b'{"format": "runt', "is not JSON"),
        (b"\xff\xfe\x00\n", "is not UTF-8 text"),
        (b'{"format": "runtime take", "version": "1"}\n', "must be a whole number from 1 on"),
        (b"[" * 100_000 + b"\n", "is not JSON"),
        (b" " * (2**20 + 1), "is longer than 1 MiB"),
    ],
)
def test_what_is_no_take_is_refused(content: bytes, said: str) -> None:
    assert said in refused(content)[0].what


def test_a_header_without_its_parts_is_refused_with_all_of_them() -> None:
    found = refused(
        '{"format": "runtime take", "version": 1, "show": {"sha256": "short"}, "tree": {"/go": ["action"]}}\n'
    )
    assert {problem.path for problem in found} == {"show", "library", "music", "start_s", "rate", "seed", "tree"}


def test_a_line_that_is_not_utf_8_is_named() -> None:
    text = take_text(FADER, PAD).encode().replace(b"/layer/base/jump", b"/layer/b\xe4se/jump")
    (problem,) = refused(text)
    assert (problem.line, problem.what) == (3, "is not UTF-8 text")


def test_what_a_file_says_does_a_terminal_no_harm() -> None:
    text = header_line(HEADER) + event_line(FADER).replace('"port"', '"\\ud800\\u001b[2J"')
    (problem,) = refused(text)
    assert problem.path == "\ufffd\ufffd[2J"
    title = header_line(HEADER).replace('"show.yaml"', '"\\u001b[2J\\ud800.yaml"')
    assert read_text(title).header.show == "\ufffd[2J\ufffd.yaml"


def test_more_events_than_a_take_may_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(take_file, "MAX_EVENTS", 2)
    assert "more than 2 events" in refused(take_text(FADER, PAD, GO))[0].what


def test_very_many_mistakes_are_not_all_told() -> None:
    assert len(refused(header_line(HEADER) + "nonsense\n" * 5000)) == 100


def test_lines_taken_out_are_noticed() -> None:
    text = take_text(FADER, PAD, GO).replace(event_line(PAD), "")
    take = read_text(text)
    assert take.events == (FADER, GO)
    assert "says that there are 3 events, and there are 2" in take.warnings[0].what


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ShowError, match="No such file"):
        read_take(tmp_path / "none.jsonl")


def test_a_trimmed_take_keeps_what_led_to_its_beginning(tmp_path: Path) -> None:
    part = trimmed(read_text(take_text(FADER, PAD, GO)), 1.75, 2.0)
    write_take(tmp_path / "part.jsonl", part)
    again = read_take(tmp_path / "part.jsonl")
    assert again == part
    assert again.events == (FADER, PAD)
    assert (again.header.start_s, again.until_s, again.duration_s) == (1.75, 2.0, 0.25)
