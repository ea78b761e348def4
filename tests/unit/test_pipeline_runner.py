"""The runner: what stands is left alone, what fails costs itself only, and nothing outlives the coordinator."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import DeviceError, OutputError
from preprocess.catalogue.catalogue import Catalogue
from preprocess.pipeline.executors import Workers, cluster, local_workers
from preprocess.pipeline.listening import Silent
from preprocess.pipeline.runner import run_items, run_whole
from preprocess.pipeline.step import Tell, hashed
from tests.pipeline_support import LettersStep, counted, worked


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


@pytest.mark.parametrize("batch", [1, 3])
def test_a_bad_item_costs_itself_only(tmp_path: Path, catalogue: Catalogue, workers: Workers, batch: int) -> None:
    words = ["a", "!crash", "bb", "!fail", "ccc"]
    step = LettersStep(tmp_path / "log", words, batch=batch)
    run_items(catalogue, [step], workers, Silent())
    assert counted(catalogue) == {"a": 1, "bb": 2, "ccc": 3}
    failures = {row["item"]: row["reason"] for row in catalogue.connection.execute("SELECT * FROM failures")}
    assert failures == {"!crash": "reading it crashed the worker (signal 11)", "!fail": "is silent"}
    assert run_items(catalogue, [step], workers, Silent())["letters"] == 0, "they would fail again"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("batch", [1, 3])
def test_an_item_whose_worker_was_ended_is_tried_once_more(
    tmp_path: Path, catalogue: Catalogue, workers: Workers, batch: int
) -> None:
    step = LettersStep(tmp_path / "log", ["a", "!ended", "!ended always"], batch=batch)
    run_items(catalogue, [step], workers, Silent())
    assert counted(catalogue) == {"a": 1, "!ended": 6}
    (failure,) = catalogue.connection.execute("SELECT item, reason FROM failures").fetchall()
    assert tuple(failure) == ("!ended always", "reading it crashed the worker (signal 9)")


def test_errors_of_a_source_and_of_ours_are_told_apart(
    tmp_path: Path, catalogue: Catalogue, workers: Workers, caplog: pytest.LogCaptureFixture
) -> None:
    step = LettersStep(tmp_path / "log", ["!source", "!bug"])
    run_items(catalogue, [step], workers, Silent())
    rows = {row["item"]: (row["reason"], row["mend"]) for row in catalogue.connection.execute("SELECT * FROM failures")}
    assert rows["!source"] == ("is no word", "spell it")
    assert rows["!bug"] == (
        "internal error: ZeroDivisionError: a mistake of ours",
        "please report it with the file",
    )
    assert "!bug" in caplog.text


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
def test_a_cluster_does_the_same(tmp_path: Path, catalogue: Catalogue) -> None:
    distributed = pytest.importorskip("distributed")
    step = LettersStep(tmp_path / "log", ["a", "bb", "ccc", "!fail"])
    with (
        distributed.LocalCluster(2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as local,
        cluster(local.scheduler_address, catalogue.folder) as workers,
    ):
        assert workers.count == 2
        run_items(catalogue, [step], workers, Silent())
    assert counted(catalogue) == {"a": 1, "bb": 2, "ccc": 3}
    assert worked(step.log) == ["!fail", "a", "bb", "ccc"]


def test_no_scheduler_is_an_error_with_a_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("preprocess.pipeline.executors._CONNECT_WITHIN_S", 0.5)
    with pytest.raises(DeviceError, match="dask scheduler"), cluster("tcp://127.0.0.1:9", tmp_path):
        pass
