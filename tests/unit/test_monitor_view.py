"""The monitor's screen: what stands on it, and that it fits whatever terminal there is."""

from __future__ import annotations

import pytest

from tools.monitor_desk import Desk
from tools.monitor_told import Bus, Clock, Hit, Music, Note, Numbers, Row, Skipped, Value
from tools.monitor_view import bar, clock_text, screen

NOW_S = 1000.0
ECHO = "/layer/echo/opacity"


def busy_desk() -> Desk:
    desk = Desk("demo.yaml", "the player at 127.0.0.1:9720", clocks=("track", "midi", "ltc", "tap"))
    desk.expect(["", "kick"], ["bass"])
    desk.take(Music(83.44, "elemental", 1, 0.5, "city"), NOW_S)
    desk.take(Clock("track", ("track", "tap"), ("ltc",), "track", 120.0, -0.25), NOW_S)
    desk.take(Value("/tempo/beat", 37.2), NOW_S)
    desk.take(Value("/level/bass", 0.5), NOW_S)
    desk.take(Bus("master", -3.2, (-15.0, -30.0)), NOW_S)
    desk.take(Bus("clips", -120.0, (-120.0, -120.0)), NOW_S)
    desk.take(Hit("kick", 1.0), NOW_S - 0.05)
    for number in range(313):
        row = Row(83.0, "midi", "midi/cc/1/21", number / 313, "played", ECHO, number / 313, "nanoKONTROL2 CTRL 24:0")
        desk.take(row, NOW_S - 0.5 + number / 1000)
    desk.take(Row(83.1, "osc", "/composition/layers/1/video/opacity", 0.5, "unbound"), NOW_S)
    desk.take(Note("nanoKONTROL2: the MIDI port is gone; 2 held notes end. It is listened to when it is back"), NOW_S)
    desk.take(Skipped(7), NOW_S)
    desk.take(Numbers({"frames_late": 2, "preread_misses": 3, "events_overtaken": 4000}), NOW_S)
    return desk


def text(desk: Desk, width: int, height: int) -> list[str]:
    return [line.plain for line in screen(desk, NOW_S, width, height)]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60), (60, 12), (40, 5), (20, 2), (1, 1)])
def test_it_fits(width: int, height: int) -> None:
    desk = busy_desk()
    for number in range(100):
        desk.take(Row(84.0, "key", f"key/{number}", 1, "played", "/go"), NOW_S)
    for one in (desk, Desk("an empty one", "with nothing told so far")):
        lines = screen(one, NOW_S, width, height)
        assert 1 <= len(lines) <= height
        assert max(line.cell_len for line in lines) <= width
    assert len(screen(desk, NOW_S, width, height)) == height  # the log fills the rest


def test_all_is_on_a_screen_of_80_by_24() -> None:
    lines = text(busy_desk(), 80, 24)
    panels = {line[:9].strip(): line[9:] for line in lines[1:9]}
    assert lines[0].startswith("demo.yaml  the player at 127.0.0.1:9720")
    assert lines[0].endswith("1:23.4")
    assert panels["music"].startswith("1 elemental  ████████········  50%   next cue city")
    assert panels["clocks"].startswith("► track  ○ midi  ✗ ltc  ● tap   120.0 bpm  beat 37 ●  -0.2 ms")
    assert "-3" in panels["sound"]
    assert "-inf" in panels["sound"]
    assert panels["levels"].strip() == "bass █████····· 0.50"
    assert panels["onsets"].strip() == "● main 0   ● kick 1"
    assert panels["so far"].strip() == "late 2  misses 3  unbound 1  clamped 0  overtaken 4,000  not shown 7"
    told = [" ".join(line.split()) for line in lines]
    assert told[-4] == "1:23.0 {cc: 21, channel: 1} 127 played /layer/echo/opacity 0.997 +312"
    assert told[-3] == "1:23.1 osc: /compo…video/opacity 0.5 unbound bound to nothing"
    assert " ".join(told[-2:]).startswith("nanoKONTROL2: the MIDI port is gone; 2 held notes end.")
    assert lines[-1].endswith("is back")


def test_a_wide_and_tall_one_has_ports_and_a_line_for_each_channel_and_detector() -> None:
    lines = text(busy_desk(), 120, 40)
    (fader,) = (line for line in lines if "+312 more" in line)
    assert "midi: {cc: 21, channel: 1}" in fader
    assert "nanoKON" in fader
    left, right = (line for line in lines if "master" in line)
    assert left.count("█") == 45  # -15 dB of 60 on 60 columns
    assert right.count("█") == 30
    (kick,) = (line for line in lines if "kick" in line)
    assert kick.rstrip(" 1").endswith("·┃")


def test_lamps_blink_for_a_moment() -> None:
    desk = busy_desk()

    def lit(now_s: float) -> bool:
        (line,) = (line for line in screen(desk, now_s, 80, 24) if line.plain.startswith("onsets"))
        return any(span.style == "bold white" for span in line.spans)

    assert (lit(NOW_S), lit(NOW_S + 0.5)) == (True, False)


@pytest.mark.parametrize(
    ("outcome", "colour"),
    [
        ("played", "green"),
        ("clamped", "yellow"),
        ("held", "magenta"),
        ("ignored", "bright_black"),
        ("unbound", "red"),
    ],
)
def test_outcomes_have_colours_of_their_own(outcome: str, colour: str) -> None:
    desk = Desk("", "")
    desk.take(Row(0, "midi", "midi/cc/1/7", 1, outcome), NOW_S)
    line = screen(desk, NOW_S, 80, 24)[-1]
    assert [span.style for span in line.spans if line.plain[span.start : span.end].strip() == outcome] == [colour]


def test_a_free_run_is_told_as_such() -> None:
    desk = Desk("", "", clocks=("track",))
    desk.take(Clock("free"), NOW_S)
    assert "► by itself  ○ track" in "\n".join(text(desk, 80, 24))


@pytest.mark.parametrize(
    ("fraction", "drawn"), [(-1, "····"), (0.5, "██··"), (0.53, "██▏·"), (1, "████"), (9, "████"), (0.999, "████")]
)
def test_bars(fraction: float, drawn: str) -> None:
    assert bar(fraction, 4, "green").plain == drawn


@pytest.mark.parametrize(("at_s", "told"), [(0, "0:00.0"), (59.96, "1:00.0"), (83.44, "1:23.4"), (-1, "0:00.0")])
def test_show_time(at_s: float, told: str) -> None:
    assert clock_text(at_s) == told
    assert clock_text(83.4125, thousandths=True) == "1:23.412"
