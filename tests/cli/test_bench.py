"""`runtime-tools bench`: rows, exit codes, and what is said of that which is not there. No time is judged."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from engine.errors import DeviceError
from engine.media.turbojpeg import library
from tests.support import absent
from tools.bench import cli
from tools.bench.rows import Bar, Options, Row, Suite, Tell
from tools.bench.tables import number, print_suite

CHECKOUT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tools.cli", "bench"]
PEERS = {
    "torchcodec": "torchcodec",
    "decord": "decord",
    "mpv, exact seek": "mpv",
    "imageio (pyav)": "imageio",
    "OpenCV": "cv2",
    "flitter's video node": "flitter",
}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a quick run of the suite seek prints, as JSON."""
    media = tmp_path_factory.mktemp("media")
    command = [*COMMAND, "seek", "--quick", "--json", "--media", str(media)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    assert not list(media.glob(".partial*"))
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_every_row_has_the_same_fields(document: dict[str, Any]) -> None:
    assert document["rows"]
    for row in document["rows"]:
        assert list(row) == ["suite", "case", "figure", "value", "unit", "bar", "met", "note"]
        assert row["suite"] == "seek"
        assert row["value"] is None or isinstance(row["value"], int | float)
        assert row["met"] is None or (row["bar"] is not None and row["value"] is not None)
        assert row["value"] is not None or row["note"], "a figure that is missing says why"


def test_the_machine_is_named(document: dict[str, Any]) -> None:
    machine = document["machine"]
    assert machine["cores"] == os.cpu_count()
    assert machine["cpu"]
    assert machine["renderer"]
    assert {"numpy", "av", "cramjam"} <= machine["versions"].keys()


@pytest.mark.parametrize("entrant", ["bare libjpeg-turbo", "this player", "bare memcpy", "PyAV seek + decode"])
def test_the_engine_its_floors_and_pyav_are_timed(document: dict[str, Any], entrant: str) -> None:
    if library() is None:
        absent("libjpeg-turbo", "libturbojpeg0")
    found = {row["figure"]: row for row in document["rows"] if row["case"] == f"MJPEG 108p · {entrant}"}
    assert {"bytes", "p50", "p99", "CPU a frame", "frames timed"} <= found.keys()
    assert found["frames timed"]["value"] == 12
    assert all(found[figure]["value"] >= 0 for figure in ("p50", "p99", "CPU a frame"))
    assert {"÷ floor", "÷ this player"} & found.keys()


def test_the_engine_gives_the_right_frames(document: dict[str, Any]) -> None:
    right = [row for row in document["rows"] if row["figure"] == "right frames"]
    assert len(right) == 4
    assert all(row["met"] for row in right)


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_takes_part_or_is_left_out_with_the_reason(document: dict[str, Any], peer: str) -> None:
    rows = [row for row in document["rows"] if row["case"] == f"MJPEG 108p · {peer}"]
    if importlib.util.find_spec(PEERS[peer]) is None:
        assert [(row["figure"], row["value"]) for row in rows] == [("p50", None)]
        assert rows[0]["note"].startswith("left out: ")
    else:
        assert all("wrong frames" not in row["note"] for row in rows)


def test_wherever_a_frame_lies_is_compared(document: dict[str, Any]) -> None:
    cases = {row["case"] for row in document["rows"]}
    assert {f"{codec} 108p · random ÷ in order" for codec in ("MJPEG", "Hap1", "HapQ")} <= cases
    assert "MJPEG 108p · 20 s ÷ 1 s long" in cases
    assert {"growth · HapQ 128 × 96", "growth · HapQ 108p"} <= cases


def suite(*rows: Row, error: BaseException | None = None) -> Suite:
    """A suite that gives these rows and then ends, or raises."""

    def run(options: Options, tell: Tell) -> Iterator[Row]:
        tell("measuring")
        yield from rows
        if error is not None:
            raise error

    return run


GOOD = Row("one", "case", "p50", 1.0, "ms", Bar("≤", 2))
BAD = Row("two", "case", "p50", 3.0, "ms", Bar("≤", 2))
UNKNOWN = Row("three", "case", "p50", None, "ms", Bar("≤", 2), "left out: nobody knows")
PLAIN = Row("four", "case", "p50", 4.0, "ms")


@pytest.mark.parametrize(
    ("rows", "code"), [([GOOD, PLAIN], 0), ([GOOD, UNKNOWN], 0), ([GOOD, BAD], 1), ([], 0)], ids=str
)
def test_a_missed_bar_is_the_exit_code_and_is_named(
    rows: list[Row], code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suites = {str(place): suite(row) for place, row in enumerate(rows)}
    assert cli.run(suites, Options(tmp_path), as_json=True) == code
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert [row["met"] for row in found["rows"]] == [row.met for row in rows]
    assert ("Missed: two, case, p50: 3 ms, bar ≤ 2" in printed.err) is bool(code)


def test_a_suite_that_fails_is_told_of_and_the_next_one_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suites = {"one": suite(GOOD, error=DeviceError("no OpenGL")), "four": suite(PLAIN)}
    assert cli.run(suites, Options(tmp_path), as_json=True) == 1
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert [row["suite"] for row in found["rows"]] == ["one", "four"]
    assert found["failed"] == {"one": "no OpenGL"}
    assert "The suite one failed: no OpenGL" in printed.err


def test_ctrl_c_prints_the_rows_so_far(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suites = {"one": suite(GOOD, error=KeyboardInterrupt()), "four": suite(PLAIN)}
    assert cli.run(suites, Options(tmp_path), as_json=True) == 130
    found = json.loads(capsys.readouterr().out)
    assert found["interrupted"]
    assert [row["suite"] for row in found["rows"]] == ["one"]


def test_ctrl_c_ends_the_command_and_every_process_of_it(tmp_path: Path) -> None:
    command = [*COMMAND, "seek", "--quick", "--json", "--media", str(tmp_path)]
    with subprocess.Popen(
        command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("bench: seek")
        os.killpg(process.pid, signal.SIGINT)
        out, error = process.communicate(timeout=120)
    assert process.returncode == 130, error
    assert "Traceback" not in error
    assert json.loads(out)["interrupted"]
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing-of-the-sort"], "is neither a suite"),
        (["seek", "a.yaml"], "is a show"),
        (["a.yaml", "b.yaml"], "at a time"),
        (["--quick", "--full"], "exclude one another"),
        (["scrub", "."], "suite seek alone"),
    ],
)
def test_wrong_usage_is_told_with_code_2(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("subject", ["absent.yaml", "."])
def test_a_show_or_library_that_is_none_is_wrong_input(
    subject: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([str(tmp_path / subject), "--json"]) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_tables_show_every_figure_its_bar_and_what_there_is_to_say() -> None:
    console = Console(record=True, width=120)
    rows = [Row("one", f"case {at}", figure, 1.5, "ms") for at in range(2) for figure in ("p50", "p99")]
    print_suite(console, [*rows, Row("one", "third", "p50", 12345.6, "ms", Bar("≤", 2)), UNKNOWN])
    text = console.export_text()
    assert text.count("case 0") == text.count("case 1") == 1
    assert "NO" in text
    assert "12,346 ms" in text
    assert "left out: nobody knows" in text


def test_a_case_of_many_figures_has_a_line_for_each() -> None:
    console = Console(record=True, width=120)
    rows = [Row("one", case, f"figure {at}", 1.5, "ms") for case in ("this", "that") for at in range(20)]
    print_suite(console, rows)
    lines = [line for line in console.export_text().splitlines() if "1.5" in line]
    assert len(lines) == 20
    assert all(line.count("1.5") == 2 for line in lines)


def test_a_note_is_told_once_with_what_it_is_about() -> None:
    console = Console(record=True, width=120)
    absent = [Row("one", "peer", figure, None, "ms", note="left out: absent") for figure in ("p50", "p99")]
    print_suite(console, [*absent, Row("one", "case", "p99", 1.0, "ms", note="of 40")])
    lines = [line.strip() for line in console.export_text().splitlines()]
    assert "peer: left out: absent" in lines
    assert "case, p99: of 40" in lines


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.01234, "0.0123"), (1.234, "1.23"), (99.96, "100"), (2e6, "2,000,000")]
)
def test_numbers_have_three_figures_that_count(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(("bar", "kept", "missed"), [(Bar("≤", 1.1), 1.1, 1.11), (Bar("≥", 60), 60, 59.9)], ids=str)
def test_a_bar_is_kept_up_to_its_limit(bar: Bar, kept: float, missed: float) -> None:
    assert bar.met_by(kept)
    assert not bar.met_by(missed)
