"""What a run tells of itself while it goes on: to bars on a terminal, or as lines for another program."""

from __future__ import annotations

import json
import sys
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

_MOST_FILES = 8  # bars for single files, beside those of the steps


class Listener(Protocol):
    """Hears of a run. Main thread; each call is cheap."""

    def expect(self, step: str, more: int) -> None:
        """So many more items of a step have to be done."""

    def began(self, step: str, key: str, label: str) -> None:
        """A worker was given an item."""

    def went_on(self, key: str, done: float, total: float) -> None:
        """How far an item is."""

    def stored(self, step: str, key: str, failed: bool) -> None:
        """An item's result stands in the catalogue."""

    def finished(self, step: str, unchanged: int) -> None:
        """All of a step's items are done; so many had not to be."""


class Silent:
    """Listens to nothing."""

    def expect(self, step: str, more: int) -> None: ...
    def began(self, step: str, key: str, label: str) -> None: ...
    def went_on(self, key: str, done: float, total: float) -> None: ...
    def stored(self, step: str, key: str, failed: bool) -> None: ...
    def finished(self, step: str, unchanged: int) -> None: ...


class Lines:
    """A JSON object a line for each thing that happens: `{"event": "stored", "step": "split", "key": "fire"}`."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream

    def _say(self, **what: object) -> None:
        print(json.dumps(what), file=self._stream, flush=True)

    def expect(self, step: str, more: int) -> None:
        self._say(event="expect", step=step, more=more)

    def began(self, step: str, key: str, label: str) -> None:
        self._say(event="began", step=step, key=key, label=label)

    def went_on(self, key: str, done: float, total: float) -> None:
        self._say(event="went_on", key=key, done=round(done, 3), total=round(total, 3))

    def stored(self, step: str, key: str, failed: bool) -> None:
        self._say(event="stored", step=step, key=key, failed=failed)

    def finished(self, step: str, unchanged: int) -> None:
        self._say(event="finished", step=step, unchanged=unchanged)


class Bars:
    """A bar a step and one for each file in hand, on a terminal; elsewhere nothing. A context manager."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._steps: dict[str, TaskID] = {}
        self._files: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def expect(self, step: str, more: int) -> None:
        if step not in self._steps:
            self._steps[step] = self._progress.add_task(step, total=0, rate="")
        task = self._steps[step]
        self._progress.update(task, total=(self._total(task)) + more)

    def _total(self, task: TaskID) -> float:
        return self._progress.tasks[self._progress.task_ids.index(task)].total or 0

    def began(self, step: str, key: str, label: str) -> None:
        if len(self._files) < _MOST_FILES and key not in self._files:
            self._files[key] = self._progress.add_task(f"  {step} {label[:40]}", total=None, rate="")

    def went_on(self, key: str, done: float, total: float) -> None:
        if key in self._files:
            self._progress.update(self._files[key], completed=round(done), total=round(max(done, total)))

    def stored(self, step: str, key: str, failed: bool) -> None:
        if key in self._files:
            self._progress.remove_task(self._files.pop(key))
        task = self._steps[step]
        self._progress.advance(task)
        speed = self._progress.tasks[self._progress.task_ids.index(task)].speed
        self._progress.update(task, rate=f"{speed:.1f}/s" if speed else "")

    def finished(self, step: str, unchanged: int) -> None:
        if step in self._steps and unchanged:
            self._progress.update(self._steps[step], description=f"{step} ({unchanged} unchanged)")
