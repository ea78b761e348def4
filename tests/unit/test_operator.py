"""What the operator's window says, from a tick; the messages that it keeps; the time that it may take."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import Any

import pytest

from engine.app.messages import MOST_KEPT, TOLD_ELSEWHERE, Message, Messages
from engine.app.operator import PREVIEW_COLUMNS, PREVIEW_ROWS, Line, Seen, page
from engine.app.pace import Tick
from engine.app.published import Published
from engine.app.slack import Cost, Slack
from engine.core.planner import plan
from engine.core.step import advanced, begun
from engine.model.clock import ClockStatus
from engine.model.cueing import Cue
from tests.world_support import clip, rows, world

COLUMNS, ROWS = 80, 30


def seen(at_s: float = 4.0, **said: Any) -> Seen:
    """The operator's view of a show of two movements at `at_s`."""
    show = world(
        clips=[clip("sea"), clip("sky"), clip("sand")],
        layers=[{"name": "base"}, {"name": "veil", "opacity": 0.5}],
        movements=[
            ("calm", 10.0, [*rows("base", ("sea", 10.0)), *rows("veil", ("sky", 10.0))]),
            ("storm", 20.0, rows("base", ("sand", 20.0))),
        ],
        transition_s=2.0,
        cues=(Cue(name="drop", note="when she turns"), Cue(name="end")),
        tempo={"bpm": 120},
    )
    state = advanced(show, begun(show), at_s)
    published = Published(show, Tick(100, at_s, at_s), plan(show, state, at_s), state, 0.0)
    counts = {"frames_shown": 100, "frames_late": 0, "preread_misses": 0}
    return replace(Seen(published, ClockStatus(followed="track"), counts, untimed="not timed"), **said)


def text_of(lines: list[Line]) -> str:
    """The page as one text, each line where it stands."""
    grid = [[" "] * COLUMNS for _ in range(ROWS)]
    for line in lines:
        grid[line.row][line.column : line.column + len(line.text)] = line.text
    return "\n".join("".join(row).rstrip() for row in grid)


def test_it_says_where_the_show_is() -> None:
    told = text_of(page(seen(64.0 % 10), COLUMNS, ROWS))
    assert "0:04.0" in told
    assert "movement calm  1 of 2" in told
    assert "[========............] 4.0 of 10.0 s" in told
    assert "cue      1 of 2: drop  when she turns" in told
    assert "clock    track  120.0 bpm, beat 8" in told
    assert re.search(r"^veil  sky  50 %", told, re.M)
    assert re.search(r"^base  sea", told, re.M)
    assert told.index("veil") < told.index("base  "), "the topmost first"


def test_two_movements_that_turn_into_each_other_are_both_there() -> None:
    told = text_of(page(seen(11.0), COLUMNS, ROWS))
    assert "movement calm > storm 50 %  2 of 2" in told
    assert re.search(r"storm/base +sand", told)
    assert re.search(r"calm/base +sea", told)


def test_nothing_lies_on_the_picture_or_outside_of_the_page() -> None:
    long = seen(problem="x" * 500, messages=[Message(0.0, "y" * 5000)], said=["learn " * 50])
    for columns, count in ((COLUMNS, ROWS), (40, 12), (1, 1)):
        for line in page(long, columns, count):
            assert 0 <= line.row < count
            assert line.column + len(line.text) <= columns
            assert line.column >= PREVIEW_COLUMNS or line.row >= PREVIEW_ROWS


def test_times_are_told_dearest_first_or_why_there_are_none() -> None:
    assert "not timed" in text_of(page(seen(), COLUMNS, ROWS))
    times = {"": 0.5, "calm/layer/base": 1.25, "calm/layer/base/effect/bloom": 2.0}
    told = text_of(page(seen(gpu_ms=times), COLUMNS, ROWS))
    found = re.findall(r"(together|output|\.\.\S+|calm\S+) +(\d\.\d\d)$", told, re.M)
    assert [value for _, value in found] == ["3.75", "2.00", "1.25", "0.50"]
    assert found[1][0].endswith("base/effect/bloom")


def test_more_layers_or_times_than_there_is_room_for_are_counted() -> None:
    times = {f"calm/layer/l{number}": float(number) for number in range(40)}
    told = text_of(page(seen(gpu_ms=times), COLUMNS, ROWS))
    entries = re.findall(r"(?:together|l\d+) +\d+\.\d\d$", told, re.M)
    assert f"and {41 - len(entries)} more" in told


def test_what_runs_badly_stands_out() -> None:
    def tones(**counts: int) -> dict[str, str]:
        view = seen(counts=counts)
        return {line.text.split()[0]: line.tone for line in page(view, COLUMNS, ROWS) if line.column > PREVIEW_COLUMNS}

    assert tones()["frames"] == tones()["misses"] == "good"
    assert tones(frames_late=1)["frames"] == "warn"
    assert tones(preread_misses=1)["misses"] == "warn"
    assert tones(shaders_failed=1)["failed"] == "bad"
    assert "failed" not in tones()


def test_a_problem_stays_above_the_messages() -> None:
    problem = "shaders/glow.fs:12: undeclared identifier 'colr': gl_FragColor = colr;"
    messages = [Message(2.0, "fader: lost", count=3), Message(1.0, "old")]
    lines = page(seen(problem=problem, messages=messages, said=["LEARN /layer/base/x"]), COLUMNS, ROWS)
    told = text_of(lines)
    assert told.count("undeclared identifier") == 1
    assert "gl_FragColor = colr;" in told
    order = [told.index(part) for part in ("LEARN", "NOT TAKEN OVER", "glow.fs:12", "fader: lost (3 times)", "old")]
    assert order == sorted(order)
    assert {line.tone for line in lines if "glow.fs" in line.text} == {"bad"}


def test_clocks_that_are_missing_are_named_and_signs_become_plain() -> None:
    clock = ClockStatus(followed="track", missing=("midi", "link"))
    told = text_of(page(seen(clock=clock, messages=[Message(0.0, "at 2 × speed – “so”")]), COLUMNS, ROWS))
    assert "clock    track (midi, link missing)  120.0 bpm" in told
    assert 'at 2 x speed - "so"' in told


@pytest.fixture
def logger() -> tuple[logging.Logger, Messages]:
    messages = Messages()
    made = logging.Logger("of-a-test")
    made.addHandler(messages)
    return made, messages


def test_warnings_are_kept_newest_first_and_repeats_counted(logger: tuple[logging.Logger, Messages]) -> None:
    log, messages = logger
    log.info("not for the operator")
    log.warning("what is wrong with a file, until it is mended", extra=TOLD_ELSEWHERE)
    log.warning("%s is lost", "fader")
    log.warning("%s is lost", "fader")
    try:
        raise ValueError("7")
    except ValueError:
        log.exception("a mistake")
    assert [(one.text, one.count, one.is_error) for one in messages.newest] == [
        ("a mistake\nValueError: 7", 1, True),
        ("fader is lost", 2, False),
    ]
    for number in range(100):
        log.warning("%d", number)
    assert len(messages.newest) == MOST_KEPT
    assert messages.newest[0].text == "99"
    log.warning("z" * 1_000_000)
    assert len(messages.newest[0].text) < 10_000


def test_slack_is_what_remains_until_the_next_tick_where_the_display_does_not_wait() -> None:
    slack = Slack(0.020, display_waits=False)
    slack.begin(10.000)
    slack.draw(10.004)
    assert slack.left_s(10.005, due_s=10.020) == 0, "the first tick: it is not known how the loop fares"
    slack.begin(10.020)
    slack.draw(10.024)
    assert slack.left_s(10.025, due_s=10.040) == pytest.approx(0.015)
    slack.begin(10.060)
    assert slack.left_s(10.061, due_s=10.080) == 0, "a tick was left out"


def test_slack_is_the_period_without_the_work_where_the_display_waits() -> None:
    slack = Slack(0.020, display_waits=True)
    for begun_s in (10.000, 10.020):
        slack.begin(begun_s)
        slack.draw(begun_s + 0.004)
    assert slack.left_s(10.0399, due_s=10.040) == pytest.approx(0.016)
    slack.begin(10.040)
    slack.draw(10.056, gpu_s=0.010)
    assert slack.left_s(10.0599, due_s=10.060) == pytest.approx(0.004)
    slack.begin(10.060)
    slack.draw(10.062, gpu_s=0.010)
    assert slack.left_s(10.0799, due_s=10.080) == pytest.approx(0.020 - 0.98 * 0.016), "dear pictures are remembered"
    slack.begin(10.080)
    slack.draw(10.082, gpu_s=0.030)
    assert slack.left_s(10.0999, due_s=10.100) == 0


def test_the_cost_of_a_page_is_what_it_took_but_for_accidents() -> None:
    cost = Cost()
    assert cost.expected_s(100) == 0
    for took_s in (0.5, 0.010, 0.012):
        cost.add(took_s, 100)
    assert cost.expected_s(100) == pytest.approx(0.012)
    assert cost.expected_s(200) == pytest.approx(0.024)
    cost.add(0.4, 100)
    assert cost.expected_s(100) == pytest.approx(0.4), "twice in a few times is no accident yet"
    for _ in range(10):
        cost.put_off()
    assert cost.expected_s(100) == pytest.approx(0.010), "the cheapest times are kept"
