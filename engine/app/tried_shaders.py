"""A show's own shaders, tried before they may touch its GL context; those that ship are known to be sound."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from engine.errors import DeviceError
from engine.formats.passed_shaders import PassedShaders, passed_file
from engine.gl.shader_trial import TrialResult, trial
from engine.model.world import World
from engine.shipped import shipped

log = logging.getLogger(__name__)


def tried(world: World, console: Console | None = None) -> World:
    """The world with the shaders that must not be drawn named in `LoadedShow.barred`, each logged with its reason.

    What passed once on this machine is not tried again. Where there is no GL without a screen nothing can be tried:
    then all may play, and the log says so. A bar on `console` tells how far it is.
    """
    files = {
        name: shader.file
        for name, shader in world.loaded.shaders.items()
        if not shader.file.is_relative_to(shipped("shaders"))
    }
    if not files:
        return world
    unique = list(dict.fromkeys(files.values()))
    try:
        with _bar(console, len(unique)) as on_done:
            results = trial(unique, passed=PassedShaders(passed_file()), on_done=on_done)
    except DeviceError as error:
        log.warning("the show's shaders were not tried first: %s", error)
        return world
    for result in results:
        for remark in result.remarks:
            log.warning("%s: %s", result.file.name, remark)
        if result.error is not None:
            log.warning("passed by: %s", result.error)
    bad = {result.file for result in results if result.error is not None}
    barred = frozenset(name for name, file in files.items() if file in bad)
    return replace(world, loaded=replace(world.loaded, barred=barred)) if barred else world


def _bar(console: Console | None, count: int) -> AbstractContextManager[Callable[[TrialResult], None]]:
    return nullcontext(lambda _result: None) if console is None else _Bar(console, count)


class _Bar:
    def __init__(self, console: Console, count: int) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[file]}"),
        )
        self._progress = Progress(*columns, console=console, transient=True)
        self._task = self._progress.add_task("trying new shaders", total=count, file="")

    def __enter__(self) -> Callable[[TrialResult], None]:
        self._progress.start()
        return lambda result: self._progress.update(self._task, advance=1, file=Path(result.file).name)

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
