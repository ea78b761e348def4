"""The runner: what stands is left alone, what fails costs itself only, and nothing outlives the coordinator."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DeviceError, OutputError
from preprocess.catalogue.catalogue import Catalogue, Made
from preprocess.pipeline.executors import Finished, Workers, cluster, local_workers
from preprocess.pipeline.listening import Silent
from preprocess.pipeline.runner import run_items, run_whole
from preprocess.pipeline.step import Tell, hashed
from tests.pipeline_support import LettersStep, counted, repeated, worked


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with local_workers(2, ["tests.pipeline_support"]) as found:
        yield found


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with Catalogue(tmp_path / "library") as opened:
        yield opened


def test_each_item_is_done_once_and_a_second_run_does_nothing(
    tmp_path: Path, catalogue: Catalogue, workers: Workers
) -> None:
    step = LettersStep(tmp_path / "log", ["a", "bb", "ccc"])
    assert run_items(catalogue, [step], workers, Silent()) == {"letters": 3}
    assert counted(catalogue) == {"a": 1, "bb": 2, "ccc": 3}
    assert run_items(catalogue, [step], workers, Silent()) == {"letters": 0}
    assert worked(step.log) == ["a", "bb", "ccc"]


def test_code_settings_and_inputs_each_bring_an_item_back(
    tmp_path: Path, catalogue: Catalogue, workers: Workers
) -> None:
    step = LettersStep(tmp_path / "log", ["a", "bb"])
    run_items(catalogue, [step], workers, Silent())
    step.version = 2
    assert run_items(catalogue, [step], workers, Silent())["letters"] == 2
    step.wants = "others"
    assert run_items(catalogue, [step], workers, Silent())["letters"] == 2
    catalogue.forget_made("letters", ["bb"])
    assert run_items(catalogue, [step], workers, Silent())["letters"] == 1
    assert worked(step.log) == ["a", "a", "a", "bb", "bb", "bb", "bb"]


def test_what_is_no_more_is_dropped(tmp_path: Path, catalogue: Catalogue, workers: Workers) -> None:
    step = LettersStep(tmp_path / "log", ["a", "bb"])
    run_items(catalogue, [step], workers, Silent())
    step.words = ["bb"]
    run_items(catalogue, [step], workers, Silent())
    assert counted(catalogue) == {"bb": 2}
    assert set(catalogue.made("letters")) == {"bb"}


HOW = [{"batch": 1}, {"batch": 3}, {"stretch": True}]


@pytest.mark.parametrize("how", HOW, ids=str)
def test_a_bad_item_costs_itself_only(
    tmp_path: Path, catalogue: Catalogue, workers: Workers, how: dict[str, Any]
) -> None:
    words = ["a", "!crash", "bb", "!fail", "ccc"]
    step = LettersStep(tmp_path / "log", words, **how)
    run_items(catalogue, [step], workers, Silent())
    assert counted(catalogue) == {"a": 1, "bb": 2, "ccc": 3}
    failures = {row["item"]: row["reason"] for row in catalogue.connection.execute("SELECT * FROM failures")}
    assert failures == {"!crash": "reading it crashed the worker (signal 11)", "!fail": "is silent"}
    assert run_items(catalogue, [step], workers, Silent())["letters"] == 0, "they would fail again"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("how", HOW, ids=str)
def test_an_item_whose_worker_was_ended_is_tried_once_more(
    tmp_path: Path, catalogue: Catalogue, workers: Workers, how: dict[str, Any]
) -> None:
    step = LettersStep(tmp_path / "log", ["a", "!ended", "!ended always"], **how)
    run_items(catalogue, [step], workers, Silent())
    assert counted(catalogue) == {"a": 1, "!ended": 6}
    (failure,) = catalogue.connection.execute("SELECT item, reason FROM failures").fetchall()
    assert tuple(failure) == ("!ended always", "reading it crashed the worker (signal 9)")
    assert run_items(catalogue, [step], workers, Silent())["letters"] == 1, "whatever ended it may be over"


@pytest.mark.parametrize("how", [{}, {"stretch": True}], ids=str)
def test_errors_of_a_source_and_of_ours_are_told_apart(
    tmp_path: Path, catalogue: Catalogue, workers: Workers, caplog: pytest.LogCaptureFixture, how: dict[str, Any]
) -> None:
    step = LettersStep(tmp_path / "log", ["!source", "!bug"], **how)
    run_items(catalogue, [step], workers, Silent())
    rows = {row["item"]: (row["reason"], row["mend"]) for row in catalogue.connection.execute("SELECT * FROM failures")}
    assert rows["!source"] == ("is no word", "spell it")
    assert rows["!bug"] == (
        "internal error: ZeroDivisionError: a mistake of ours",
        "please report it with the file",
    )
    assert "!bug" in caplog.text
    assert "in count_letters" in caplog.text, "where it happened, for whoever mends it"


def test_a_mistake_of_ours_is_tried_again_by_the_next_run_and_a_bad_source_is_not(
    tmp_path: Path, catalogue: Catalogue, workers: Workers
) -> None:
    step = LettersStep(tmp_path / "log", ["!source", "!bug", "a"])
    run_items(catalogue, [step], workers, Silent())
    assert run_items(catalogue, [step], workers, Silent()) == {"letters": 1}
    assert worked(step.log) == ["!bug", "!bug", "!source", "a"]
    assert set(catalogue.made("letters")) == {"!source", "a"}


def test_an_item_that_is_no_more_has_failed_no_more(tmp_path: Path, catalogue: Catalogue, workers: Workers) -> None:
    step = LettersStep(tmp_path / "log", ["!source", "!bug", "!fail"])
    run_items(catalogue, [step], workers, Silent())
    assert catalogue.failed("letters") == {"!source", "!bug", "!fail"}
    step.words = ["!source"]
    run_items(catalogue, [step], workers, Silent())
    assert catalogue.failed("letters") == {"!source"}


def test_a_result_that_was_made_before_does_not_stand_for_a_mistake(
    tmp_path: Path, catalogue: Catalogue, workers: Workers
) -> None:
    step = LettersStep(tmp_path / "log", ["!bug"])
    catalogue.note_made("letters", "!bug", Made("earlier inputs", 1, step.settings))
    run_items(catalogue, [step], workers, Silent())
    assert catalogue.made("letters") == {}


class _Told(Silent):
    """Notes what it hears."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def began(self, step: str, key: str, label: str) -> None:
        self.words.append(f"began {key}")

    def stored(self, step: str, key: str, failed: bool) -> None:
        self.words.append(f"stored {key}")


@pytest.mark.parametrize("remote", [False, True])
def test_a_stretch_is_done_in_order_and_told_of_item_by_item(
    tmp_path: Path, catalogue: Catalogue, workers: Workers, remote: bool
) -> None:
    step, told = LettersStep(tmp_path / "log", ["a", "dddd", "bb"], stretch=True), _Told()
    if remote:  # as on a cluster, where results come all at once
        with ThreadPoolExecutor(1) as executor:
            run_items(catalogue, [step], Workers(executor, 1), told)
    else:
        run_items(catalogue, [step], workers, told)
    assert told.words == [f"{what} {word}" for word in ("a", "dddd", "bb") for what in ("began", "stored")]
    assert step.log.read_text().split() == ["a", "dddd", "bb"]
    step.version = 2
    catalogue.note_made("letters", "dddd", Made(hashed("dddd"), 2, step.settings))
    assert run_items(catalogue, [step], workers, Silent()) == {"letters": 2}, "of a stretch, what stands is left out"


def test_results_are_told_as_they_come_and_what_is_too_long_at_the_end() -> None:
    with local_workers(1, ["tests.pipeline_support"]) as one:
        future = one.submit_in_turn(repeated, [3, 1_000_000, 5], ["a", "b", "c"], 7)
        assert future.result(timeout=60) == {1: "x" * 1_000_000}
        heard = [word for word in one.heard() if isinstance(word, Finished)]
    assert heard == [Finished(7, 0, "xxx"), Finished(7, 2, "xxxxx")]


def test_a_full_disk_in_a_stretch_keeps_what_was_done_before(tmp_path: Path, catalogue: Catalogue) -> None:
    step = LettersStep(tmp_path / "log", ["dddd", "!full", "a"], stretch=True)
    with local_workers(1, []) as one, pytest.raises(OutputError, match="disk is full"):
        run_items(catalogue, [step], one, Silent())
    assert counted(catalogue) == {"dddd": 4}


def test_a_full_disk_ends_the_run_and_keeps_what_was_stored(tmp_path: Path, catalogue: Catalogue) -> None:
    step = LettersStep(tmp_path / "log", ["dddd", "!full", "a"])
    with local_workers(1, []) as one, pytest.raises(OutputError, match="disk is full"):
        run_items(catalogue, [step], one, Silent())
    assert counted(catalogue) == {"dddd": 4} or counted(catalogue) == {}, "the dearest first: !full is as long as dddd"
    step.words = ["dddd", "a"]
    with local_workers(1, []) as one:
        run_items(catalogue, [step], one, Silent())
    assert counted(catalogue) == {"a": 1, "dddd": 4}


def test_a_source_goes_on_to_the_next_step_while_others_are_in_the_first(
    tmp_path: Path, catalogue: Catalogue, workers: Workers
) -> None:
    words = ["a", "bb", "ccc", "dddd"]
    first, second = (LettersStep(tmp_path / name, words, name=name) for name in ("first", "second"))
    run_items(catalogue, [first, second], workers, Silent())
    assert counted(catalogue, "second") == {"a": 1, "bb": 2, "ccc": 3, "dddd": 4}
    assert set(second.asked) == {frozenset([word]) for word in words}, "asked source by source"
    first.version = 2
    assert run_items(catalogue, [first, second], workers, Silent()) == {"first": 4, "second": 0}


def test_where_nothing_is_to_do_all_sources_are_looked_at_in_one_go(
    tmp_path: Path, catalogue: Catalogue, workers: Workers
) -> None:
    words = ["a", "bb", "ccc", "dddd"]
    first, second = (LettersStep(tmp_path / name, words, name=name) for name in ("first", "second"))
    run_items(catalogue, [first, second], workers, Silent())
    second.asked.clear()
    run_items(catalogue, [first, second], workers, Silent())
    assert second.asked == [frozenset(words)]


class _WholeStep:
    name, version, settings = "whole", 1, "none"
    runs = 0

    def inputs(self, catalogue: Catalogue) -> str:
        return hashed([tuple(row) for row in catalogue.connection.execute("SELECT * FROM meta WHERE key = 'word'")])

    def run(self, catalogue: Catalogue, tell: Tell) -> None:
        tell(1, 1)
        self.runs += 1
        with catalogue.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('word', 'its own doing')")


def test_a_whole_step_runs_when_its_inputs_change_and_not_for_its_own_changes(catalogue: Catalogue) -> None:
    step = _WholeStep()
    assert run_whole(catalogue, step, Silent())
    assert not run_whole(catalogue, step, Silent())
    with catalogue.transaction() as connection:
        connection.execute("UPDATE meta SET value = 'another' WHERE key = 'word'")
    assert run_whole(catalogue, step, Silent())
    assert step.runs == 2


_COORDINATOR = """
import sys
from pathlib import Path
from preprocess.catalogue.catalogue import Catalogue
from preprocess.pipeline.executors import local_workers
from preprocess.pipeline.listening import Silent
from preprocess.pipeline.runner import run_items
from tests.pipeline_support import LettersStep

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with Catalogue(folder / "library") as catalogue, local_workers(2, []) as workers:
        run_items(catalogue, [LettersStep(folder / "log", ["!wait", "a"])], workers, Silent())
"""


_IN_TURN = """
import sys
from pathlib import Path
from preprocess.catalogue.catalogue import Catalogue
from preprocess.pipeline.executors import local_workers
from preprocess.pipeline.listening import Lines
from preprocess.pipeline.runner import run_items
from tests.pipeline_support import LettersStep

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    step = LettersStep(folder / "log", ["a", "bb", "!wait", "ccc"], stretch=True)
    with Catalogue(folder / "library") as catalogue, local_workers(1, []) as workers:
        run_items(catalogue, [step], workers, Lines(sys.stdout))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_kill_in_the_midst_of_a_stretch_loses_one_item(tmp_path: Path) -> None:
    script = tmp_path / "coordinator.py"
    script.write_text(_IN_TURN)
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen([sys.executable, script, tmp_path], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert any(b'"began"' in line and b"!wait" in line for line in process.stdout)
        process.kill()
    with Catalogue(tmp_path / "library") as catalogue, local_workers(1, []) as one:
        assert counted(catalogue) == {"a": 1, "bb": 2}
        step = LettersStep(tmp_path / "log", ["a", "bb", "ccc"], stretch=True)
        assert run_items(catalogue, [step], one, Silent()) == {"letters": 1}
        assert counted(catalogue) == {"a": 1, "bb": 2, "ccc": 3}


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_no_worker_outlives_the_coordinator(tmp_path: Path, how: signal.Signals) -> None:
    script = tmp_path / "coordinator.py"
    script.write_text(_COORDINATOR)
    process = subprocess.Popen(
        [sys.executable, script, tmp_path], env={**os.environ, "PYTHONPATH": str(Path.cwd())}, stderr=subprocess.PIPE
    )
    _until(lambda: bool(list(tmp_path.glob("pid-*"))), "a worker began")
    (pid_file,) = tmp_path.glob("pid-*")
    worker = int(pid_file.name.removeprefix("pid-"))
    process.send_signal(how)
    process.communicate(timeout=20)
    _until(lambda: not _runs(worker), "the worker ended")
    with Catalogue(tmp_path / "library") as catalogue:
        assert [path.name for path in catalogue.folder.glob(".work-*")] == [catalogue.work.name]


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _until(holds: object, what: str) -> None:
    deadline = time.monotonic() + 30
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline, f"not within 30 s: {what}"
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize("stretch", [False, True])
def test_a_cluster_does_the_same(tmp_path: Path, catalogue: Catalogue, stretch: bool) -> None:
    distributed = pytest.importorskip("distributed")
    step = LettersStep(tmp_path / "log", ["a", "bb", "ccc", "!fail", "!bug"], stretch=stretch)
    with (
        distributed.LocalCluster(2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as local,
        cluster(local.scheduler_address, catalogue.folder) as workers,
    ):
        assert workers.count == 2
        run_items(catalogue, [step], workers, Silent())
    assert counted(catalogue) == {"a": 1, "bb": 2, "ccc": 3}
    assert worked(step.log) == ["!bug", "!fail", "a", "bb", "ccc"]
    assert set(catalogue.made("letters")) == {"!fail", "a", "bb", "ccc"}


def test_no_scheduler_is_an_error_with_a_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("preprocess.pipeline.executors._CONNECT_WITHIN_S", 0.5)
    with pytest.raises(DeviceError, match="dask scheduler"), cluster("tcp://127.0.0.1:9", tmp_path):
        pass
