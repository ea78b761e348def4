"""Recording: in the file within a tenth of a second, and a disk that fails harms nothing but the take."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.app.pace import Tick
from engine.app.recorder import Recorder, header_of, recording
from engine.core.figures import Figures
from engine.errors import OutputError
from engine.formats.take_file import read_take
from tests.film_support import REPOSITORY
from tests.take_support import HEADER, event
from tests.world_support import clip, world


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)


def tick(at_s: float) -> Tick:
    return Tick(0, at_s, at_s)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "take.jsonl"


@pytest.fixture
def figures() -> Figures:
    return Figures()


@pytest.fixture
def recorder(path: Path, figures: Figures) -> Iterator[Recorder]:
    made = Recorder(path, HEADER, figures)
    yield made
    made.close(ended=True)


def test_what_is_played_is_in_the_file_while_the_show_goes_on(path: Path, recorder: Recorder) -> None:
    recorder(tick(0.5), (), [event(0.4), event(0.5, "/go", 1.0)])
    until(lambda: len(read_take(path).events) == 2, "it was not written")
    take = read_take(path)
    assert (take.ended, take.warnings, take.header) == (False, (), HEADER)
    recorder(tick(1.2), (), [event(1.1, sequence=1), event(0.3, sequence=2)])
    recorder.close(ended=True)
    take = read_take(path)
    assert (take.ended, take.warnings, take.until_s) == (True, (), 1.2)
    assert [one.at_s for one in take.events] == [0.3, 0.4, 0.5, 1.1]


def test_a_mark_says_that_a_quiet_take_goes_on(path: Path, recorder: Recorder) -> None:
    recorder(tick(0.9), (), ())
    recorder(tick(7.5), (), ())
    until(lambda: read_take(path).until_s == 7.5, "no mark came")
    assert not read_take(path).events


def test_closing_writes_what_still_waits_and_ends_its_threads(path: Path, figures: Figures) -> None:
    recorder = Recorder(path, HEADER, figures)
    assert {"take-writer", "take-sync"} <= {thread.name for thread in threading.enumerate()}
    for number in range(5000):
        recorder(tick(number / 100), (), [event(number / 100, sequence=number)])
    recorder.close(ended=False)
    recorder.close(ended=False)
    assert not {"take-writer", "take-sync"} & {thread.name for thread in threading.enumerate()}
    assert [one.sequence for one in read_take(path).events] == list(range(5000))
    assert figures.counters["take_events"].count == 5000
    assert not read_take(path).ended


def test_a_file_that_is_there_is_kept(path: Path, figures: Figures) -> None:
    path.write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        Recorder(path, HEADER, figures)
    assert path.read_text() == "mine"
    Recorder(path, HEADER, figures, overwrite=True).close(ended=True)
    assert read_take(path).ended


def test_a_folder_that_is_not_there_is_an_output_error(tmp_path: Path, figures: Figures) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        Recorder(tmp_path / "none" / "take.jsonl", HEADER, figures)


def test_a_folder_that_vanishes_is_told_once_and_counted(
    tmp_path: Path, figures: Figures, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    recorder = Recorder(folder / "take.jsonl", HEADER, figures)
    (folder / "take.jsonl").unlink()
    folder.rmdir()
    with caplog.at_level(logging.WARNING):
        until(lambda: bool(caplog.records), "nobody noticed")
        for number in range(10):
            recorder(tick(number), (), [event(float(number), sequence=number)])
        recorder.close(ended=True)
    assert figures.counters["take_lost"].count == 10
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert "is no longer there" in said[0]
    assert "10 events are not in the take" in said[1]


# A file may grow to 20 kB, as on a full disk: the kernel takes part of a write and refuses the rest.
_FULL = """
import logging, resource, sys, time
from pathlib import Path
from engine.app.pace import Tick
from engine.app.recorder import Recorder
from engine.core.figures import Figures
from tests.take_support import HEADER, event

logging.basicConfig(format="%(message)s")
path, room_comes_back = Path(sys.argv[1]), sys.argv[2] == "room"
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, most))
figures = Figures()
recorder = Recorder(path, HEADER, figures)
for number in range(1000):
    recorder(Tick(number, number / 100, number / 100), (), [event(number / 100, sequence=number)])
deadline = time.monotonic() + 20
while path.stat().st_size < 20_000 and time.monotonic() < deadline:
    time.sleep(0.01)
time.sleep(0.1)  # more tries at a disk that stays full
if room_comes_back:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
recorder.close(ended=True)
print(figures.counters["take_events"].count, figures.counters["take_lost"].count)
"""


def on_a_full_disk(path: Path, what: str) -> tuple[int, int, str]:
    command = [sys.executable, "-c", _FULL, str(path), what]
    run = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    kept, lost = map(int, run.stdout.split())
    return kept, lost, run.stderr


def test_a_full_disk_is_told_once_and_leaves_a_take_that_can_be_read(path: Path) -> None:
    kept, lost, said = on_a_full_disk(path, "full")
    take = read_take(path)
    assert kept + lost == 1000
    assert 0 < len(take.events) < 1000
    assert lost > 0
    assert said.count("the show goes on") == 1
    assert f"{lost} events are not in the take" in said
    assert [one.sequence for one in take.events] == list(range(len(take.events)))
    assert not take.ended


def test_what_waited_for_room_is_written_once_there_is_some(path: Path) -> None:
    kept, lost, said = on_a_full_disk(path, "room")
    take = read_take(path)
    assert (kept, lost) == (1000, 0)
    assert [one.sequence for one in take.events] == list(range(1000))
    assert (take.ended, take.warnings) == (True, ())
    assert said.count("the show goes on") == 1


def test_a_queue_that_nobody_empties_is_bounded(path: Path, figures: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.app.recorder._MOST_WAITING", 100)
    monkeypatch.setattr("engine.app.recorder._WRITE_EVERY_S", 3600.0)
    recorder = Recorder(path, HEADER, figures)
    for number in range(300):
        recorder(tick(0.0), (), [event(0.0, sequence=number)])
    recorder.close(ended=True)
    kept = len(read_take(path).events)
    assert kept == 101
    assert read_take(path).lost == figures.counters["take_lost"].count == 300 - kept


def test_a_backlog_is_written_in_parts(path: Path, figures: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.app.recorder._WRITE_EVERY_S", 3600.0)
    monkeypatch.setattr("engine.app.recorder._MOST_AT_ONCE", 7)
    recorder = Recorder(path, HEADER, figures)
    for number in range(500):
        recorder(tick(0.0), (), [event(0.0, sequence=2 * number), event(0.0, sequence=2 * number + 1)])
    recorder.close(ended=True)
    take = read_take(path)
    assert [one.sequence for one in take.events] == list(range(1000))
    assert (take.lost, take.warnings) == (0, ())


def test_a_value_that_is_no_number_is_left_out_and_told(
    path: Path, figures: Figures, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder(path, HEADER, figures)
    with caplog.at_level(logging.WARNING):
        recorder(tick(0.2), (), [event(0.1, value=float("nan")), event(0.2)])
        recorder.close(ended=True)
    assert [one.at_s for one in read_take(path).events] == [0.2]
    assert "/layer/base/opacity" in caplog.text


def test_a_show_that_breaks_off_leaves_no_closing_line(path: Path, figures: Figures) -> None:
    made = world(clips=[clip("a")], seed=3)

    def break_off() -> None:
        with recording(made, path, figures, start_s=2.0, over="old.jsonl") as take:
            take(tick(2.5), (), [event(2.4)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    read = read_take(path)
    assert (read.ended, len(read.events)) == (False, 1)
    assert (read.header.start_s, read.header.over, read.header.seed) == (2.0, "old.jsonl", 3)


def test_what_a_replay_plays_before_the_start_is_not_late(path: Path, figures: Figures) -> None:
    recorder = Recorder(path, replace(HEADER, start_s=5.0), figures)
    recorder(tick(5.0), (), [event(1.0), event(2.0)])
    recorder.close(ended=True)
    take = read_take(path)
    assert (take.warnings, take.until_s, len(take.events)) == ((), 5.0, 2)
    assert "late_s" not in path.read_text()


def test_a_header_knows_the_show_by_what_touches_the_picture() -> None:
    def prints(**show: object) -> object:
        return header_of(world(clips=[clip("a"), clip("b")], **show), start_s=0.0).fingerprints

    first = prints(seed=3)
    assert prints(seed=3, bindings=[{"key": "a", "to": "/go"}], cache_mb=64, title="Other") == first
    other_seed = prints(seed=4)
    assert other_seed.show != first.show
    assert (other_seed.library, other_seed.music) == (first.library, first.music)
    longer = header_of(world(clips=[clip("a"), clip("b", frames=7)], seed=3), start_s=0.0).fingerprints
    assert (longer.show, longer.music) == (first.show, first.music)
    assert longer.library != first.library
    heard = header_of(world(clips=[clip("a"), clip("b")], seed=3, onsets=[0.5], track_s=2.0), start_s=0.0).fingerprints
    assert heard.music != first.music
