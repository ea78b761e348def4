"""The figures of a run: how samples are kept, the one table of names, the report, and the OSC messages."""

from __future__ import annotations

import ast
import io
import math
import struct
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_message import OscMessage
from rich.console import Console

from engine.app.report import print_report
from engine.core.figures import Figures, Samples
from engine.formats.osc_figures import figure_packets
from engine.model.figures import FIGURES, GROUPS, STATISTICS, split_name, statistic_name

ENGINE = Path(__file__).parents[2] / "engine"
values = st.floats(1e-5, 1e12)
percents = st.floats(0, 100)


def kept(numbers: list[float]) -> Samples:
    samples = Samples()
    for number in numbers:
        samples.add(number)
    return samples


def nearest_rank(numbers: list[float], percent: float) -> float:
    return sorted(numbers)[max(1, math.ceil(percent / 100 * len(numbers))) - 1]


@given(st.lists(values, min_size=1, max_size=300), percents)
def test_a_percentile_lies_close_to_a_value_that_was_added(numbers: list[float], percent: float) -> None:
    samples = kept(numbers)
    assert samples.percentile(percent) == pytest.approx(nearest_rank(numbers, percent), rel=1 / 128)
    assert samples.percentile(percent) <= max(numbers)


@given(st.lists(st.integers(0, 128), min_size=1, max_size=300), percents)
def test_small_whole_numbers_come_back_as_they_are(numbers: list[int], percent: float) -> None:
    exact = [float(number) for number in numbers]
    assert kept(exact).percentile(percent) == nearest_rank(exact, percent)


@given(st.lists(values, min_size=1, max_size=50), st.randoms())
def test_the_order_does_not_matter_but_for_the_last(numbers: list[float], chance: object) -> None:
    shuffled = list(numbers)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = kept(numbers), kept(shuffled)
    assert one.percentiles(range(101)) == other.percentiles(range(101))
    assert (one.count, one.largest) == (other.count, other.largest) == (len(numbers), max(numbers))
    assert (one.last, other.last) == (numbers[-1], shuffled[-1])


def test_samples_cover_the_whole_run_in_the_same_memory() -> None:
    samples = Samples()
    for _ in range(600):
        samples.add(400.0)
    for _ in range(59_400):
        samples.add(5.0)
    assert samples.percentile(50) == 5.0
    assert samples.percentile(99) == 5.0
    assert samples.percentile(99.01) == 400.0
    assert (samples.count, samples.largest, samples.last) == (60_000, 400.0, 5.0)


@pytest.mark.parametrize("value", [0.0, -1.0, -math.inf, 1e-9, 5e-324, math.nan])
def test_what_is_next_to_nothing_or_no_number_counts_as_nothing(value: float) -> None:
    samples = kept([value, 7.0, 7.0])
    assert (samples.percentile(1), samples.percentile(50), samples.count) == (0.0, 7.0, 3)


@pytest.mark.parametrize("value", [2.0**44, 1e300, math.inf])
def test_what_is_beyond_all_bounds_counts_as_the_bound(value: float) -> None:
    samples = kept([7.0, value])
    assert samples.percentiles((50, 100)) == [7.0, 2.0**44]
    assert samples.largest == value


def test_nothing_added_is_no_percentile_and_not_in_the_snapshot() -> None:
    figures = Figures()
    assert figures.samples("decode_ms").percentile(99) == 0
    assert figures.snapshot() == {}


def test_a_snapshot_is_flat() -> None:
    figures = Figures()
    samples = figures.samples("decode_ms")
    for value in range(100, 0, -1):
        samples.add(value)
    figures.counter("frames_shown").add(3)
    assert figures.snapshot() == {
        "frames_shown": 3,
        "decode_ms_p50": 50,
        "decode_ms_p99": 99,
        "decode_ms_max": 100,
        "decode_ms_last": 1,
    }


def test_others_may_look_while_one_thread_adds_and_another_asks_for_more() -> None:
    figures = Figures()
    over = threading.Event()

    def ask() -> None:
        for number in range(2000):
            figures.counter(f"count_{number}").add()
            figures.samples(f"sample_{number % 50}").add(1.0)
        over.set()

    asking = threading.Thread(target=ask)
    asking.start()
    while not over.is_set():
        assert all(number >= 1 for name, number in figures.snapshot().items() if "sample" in name)
    asking.join()
    assert figures.snapshot()["count_1999"] == 1


def asked_for(method: str) -> set[str]:
    """The names that the engine's code asks `figures` for, with `counter` or `samples`."""
    return {
        call.args[0].value
        for file in ENGINE.rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == method
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


@pytest.mark.parametrize(("method", "sampled"), [("counter", False), ("samples", True)])
def test_the_table_has_every_figure_that_the_code_has_and_no_other(method: str, sampled: bool) -> None:
    assert asked_for(method) == {name for name, figure in FIGURES.items() if figure.sampled is sampled}


def test_every_figure_is_explained_once() -> None:
    names = [figure.name for group in GROUPS.values() for figure in group]
    assert len(names) == len(set(names))
    labels = [figure.label for figure in FIGURES.values()]
    assert len(labels) == len(set(labels))
    for figure in FIGURES.values():
        assert figure.what.endswith("."), figure.name
        assert figure.high.endswith("."), figure.name
        assert figure.name.endswith("_ms") == (figure.unit == "ms")
        assert "|" not in figure.what + figure.high, "it stands in a table"


@pytest.mark.parametrize("name", FIGURES)
def test_a_flat_name_comes_apart_as_it_was_put_together(name: str) -> None:
    assert split_name(name) == (name, "")
    for statistic in STATISTICS:
        assert split_name(statistic_name(name, statistic)) == (name, statistic)


def reported(numbers: dict[str, object]) -> list[str]:
    console = Console(width=120, record=True, file=io.StringIO())
    print_report(console, numbers, "figures")
    return [" ".join(line.split()) for line in console.export_text().splitlines()]


def test_the_report_names_figures_as_people_do() -> None:
    figures = Figures()
    for name in ("frames_shown", "preread_misses", "armed_jump_misses", "osc_ignored", "midi_events"):
        figures.counter(name)
    figures.counter("frames_shown").add(12_345)
    figures.counter("midi_events").add(2)
    for value in (1.0, 1.0, 8.0):
        figures.samples("decode_ms").add(value)
        figures.samples("queue_length").add(value)
        figures.samples("cache_bytes").add(value * 2**20)
        figures.samples("brand_new_ms").add(value)
    assert reported({"frames": 7, "wall_s": 1.5, "missing": [], **figures.snapshot()}) == [
        "figures",
        "frames shown 12,345",
        "pre-read misses 0",
        "armed jumps missed 0",
        "MIDI events 2",
        "decode ms, p50 / p99 / max 1.00 / 8.00 / 8.00",
        "queue length, p50 / p99 / max 1 / 8 / 8",
        "cache MiB, p50 / p99 / max 1.0 / 8.0 / 8.0",
        "brand new ms, p50 / p99 / max 1.00 / 8.00 / 8.00",
    ]


def test_figures_of_an_older_player_are_reported_too() -> None:
    assert reported({"decode_ms_p50": 1, "decode_ms_p99": 2})[1] == "decode ms, p50 / p99 1.00 / 2.00"


def test_each_figure_is_one_osc_message() -> None:
    numbers = {"frames_shown": 12, "decode_ms_p50": 2.5, "decode_ms_p99": 4, "preread_hits": 2**31, "new": 2**31 - 1}
    packets = list(figure_packets(numbers))
    assert packets[0] == b"/figures/frames_shown\0\0\0,i\0\0" + struct.pack(">i", 12)
    assert packets[1] == b"/figures/decode_ms/p50\0\0,f\0\0" + struct.pack(">f", 2.5)
    heard = [OscMessage(packet) for packet in packets]
    assert [(message.address, message.params) for message in heard] == [
        ("/figures/frames_shown", [12]),
        ("/figures/decode_ms/p50", [2.5]),
        ("/figures/decode_ms/p99", [4.0]),
        ("/figures/preread_hits", [float(2**31)]),
        ("/figures/new", [2**31 - 1]),
    ]
