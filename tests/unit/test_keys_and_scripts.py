"""Keys as events, and events written down in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.inbox import Inbox
from engine.errors import ShowError
from engine.inputs.keys import KeyInput
from engine.inputs.scripted import read_script
from engine.model.events import EventSource


def test_a_key_is_one_event_down_and_one_up() -> None:
    inbox, instants = Inbox(), iter([1.0, 1.5])
    keys = KeyInput(inbox.put, lambda: next(instants))
    keys.on_key("Space", True)
    keys.on_key("SPACE", False)
    events = inbox.drain(2.0)
    assert [(event.address, event.value, event.at_s) for event in events] == [
        ("key/space", 1, 1.0),
        ("key/space", 0, 1.5),
    ]
    assert {event.source for event in events} == {EventSource.KEY}


def test_a_script_gives_its_events_in_order(tmp_path: Path) -> None:
    script = tmp_path / "events.jsonl"
    script.write_text(
        '{"at_s": 2, "address": "/go"}\n'
        "\n"
        '{"at_s": 0.5, "address": "midi/cc/1/21", "value": 0.25}\n'
        '{"at_s": 2, "address": "key/space", "value": 0}\n'
    )
    events = read_script(script)
    assert [(event.at_s, event.address, event.value) for event in events] == [
        (0.5, "midi/cc/1/21", 0.25),
        (2.0, "/go", 1.0),
        (2.0, "key/space", 0.0),
    ]
    assert {event.source for event in events} == {EventSource.SCRIPT}
    assert [event.order for event in events] == sorted(event.order for event in events)


def test_an_empty_script_has_no_events(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    assert read_script(tmp_path / "empty.jsonl") == ()


def test_every_mistake_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    script = tmp_path / "events.jsonl"
    lines = [
        '{"at_s": 1, "address": "/go"}',
        "not json",
        "[1, 2]",
        '{"address": "/go"}',
        '{"at_s": -1, "address": "/go"}',
        '{"at_s": NaN, "address": "/go"}',
        '{"at_s": true, "address": "/go"}',
        '{"at_s": 1, "address": "with space/x"}',
        '{"at_s": 1, "address": "go"}',
        '{"at_s": 1, "address": "/go", "value": "loud"}',
        '{"at_s": 1, "address": "/go", "value": 1' + "0" * 400 + "}",
        '{"at_s": 1, "adress": "/go"}',
    ]
    script.write_text("\n".join(lines))
    with pytest.raises(ShowError) as caught:
        read_script(script)
    assert [(problem.line, problem.path) for problem in caught.value.problems] == [
        (2, ""), (3, ""), (4, "at_s"), (5, "at_s"), (6, "at_s"), (7, "at_s"), (8, "address"), (9, "address"),
        (10, "value"), (11, "value"), (12, "address"), (12, "adress"),
    ]  # fmt: skip
    assert all(problem.file == str(script) and problem.mend for problem in caught.value.problems)


def test_a_script_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe\x00")
    for name in ("missing.jsonl", "binary.jsonl", "."):
        with pytest.raises(ShowError) as caught:
            read_script(tmp_path / name)
        assert len(caught.value.problems) == 1
