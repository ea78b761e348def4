"""Runs steps: leaves out what stands, has the rest done, and stores each result with what it was made from.

Steps of items run together, source by source: a source that is ingested is split while others are still being
ingested. Of all items that are ready, those of earlier steps go first, and of one step the dearest: so that the
single long items are not left for the end, where one worker would be busy and the others would wait.
"""

from __future__ import annotations

import heapq
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass, field
from itertools import count

from engine.errors import DeviceError, RuntimeShowError, SourceError
from preprocess.catalogue.catalogue import Catalogue, Made
from preprocess.pipeline.executors import ProcessExpired, Workers, how_it_ended, is_killed_worker, was_ended
from preprocess.pipeline.listening import Listener
from preprocess.pipeline.step import Failed, Item, ItemStep, Tell, WholeStep

_LOG = logging.getLogger(__name__)
_LISTEN_EVERY_S = 0.2
_QUEUED_BEYOND_WORKERS = 1  # so that no worker waits for the coordinator


@dataclass(slots=True)
class _Progress:
    """Where one step of a run of items stands."""

    made: dict[str, Made]
    keys: set[str] = field(default_factory=set)  # of all items seen
    left: Counter[str] = field(default_factory=Counter)  # items to do, by source
    done: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class _ItemsRun:
    catalogue: Catalogue
    steps: Sequence[ItemStep]
    workers: Workers
    listener: Listener
    progress: list[_Progress] = field(default_factory=list)
    ready: list[tuple[int, float, int, Item]] = field(default_factory=list)  # a heap
    running: dict[Future[Sequence[object]], tuple[int, list[Item]]] = field(default_factory=dict)
    retried: set[tuple[int, str]] = field(default_factory=set)  # steps and keys of items whose worker was ended once
    _number: count[int] = field(default_factory=count)

    def run(self) -> None:
        self.progress = [_Progress(dict(self.catalogue.made(step.name))) for step in self.steps]
        self._open(0, None)
        while self.ready or self.running:
            while self.ready and len(self.running) < self.workers.count + _QUEUED_BEYOND_WORKERS:
                self._submit()
            finished, _ = wait(self.running, timeout=_LISTEN_EVERY_S, return_when=FIRST_COMPLETED)
            for key, done, total in self.workers.heard():
                self.listener.went_on(key, done, total)
            for future in finished:
                self._take(future)
        for step, progress in zip(self.steps, self.progress, strict=True):
            self._drop_stale(step, progress)
            self.listener.finished(step.name, progress.unchanged)

    def _open(self, index: int, bases: Iterable[str] | None) -> None:
        """Look at a step's items of these sources (None: all); where nothing is to do, at the next step's."""
        if index == len(self.steps):
            return
        step, progress = self.steps[index], self.progress[index]
        through = None if bases is None else set(bases)
        wanted = None if through is None else frozenset(through)
        to_do: list[Item] = []
        seen: set[str] = set()
        for item in step.items(self.catalogue, wanted):
            progress.keys.add(item.key)
            seen.add(item.base)
            if progress.made.get(item.key) == self._made(step, item):
                progress.unchanged += 1
                continue
            progress.left[item.base] += 1
            to_do.append(item)
        if to_do:
            self.listener.expect(step.name, len(to_do))
        for item in to_do:
            heapq.heappush(self.ready, (index, -item.cost, next(self._number), item))
        on = (seen if through is None else through) - set(progress.left)
        if on:
            self._open(index + 1, on)

    @staticmethod
    def _made(step: ItemStep, item: Item) -> Made:
        return Made(item.inputs, step.version, step.settings)

    def _submit(self) -> None:
        index = self.ready[0][0]
        step = self.steps[index]
        items: list[Item] = []
        while self.ready and self.ready[0][0] == index and len(items) < step.batch:
            items.append(heapq.heappop(self.ready)[3])
        for item in items:
            self.listener.began(step.name, item.key, item.label)
        future = self.workers.submit(step.work, [item.job for item in items], [item.key for item in items])
        self.running[future] = index, items

    def _take(self, future: Future[Sequence[object]]) -> None:
        index, items = self.running.pop(future)
        try:
            results = future.result()
        except ProcessExpired as error:
            # Which of several it was shows when each is done alone; whose worker somebody ended, may do better again.
            again = was_ended(error) and (index, items[0].key) not in self.retried
            if len(items) > 1 or again:
                if len(items) == 1:
                    self.retried.add((index, items[0].key))
                self._submit_alone(index, items)
                return
            results = [_crashed(how_it_ended(error))]
        except CancelledError as error:
            mend = "look at the scheduler; the same command goes on from there"
            raise DeviceError("the cluster gave up its work", mend=mend) from error
        except SourceError as error:
            results = [Failed(error.what, error.mend)] * len(items)
        except RuntimeShowError:  # a full disk, a model that is not installed: it would be the same for every item
            raise
        except Exception as error:  # a mistake of ours on one item must not stop the others
            if is_killed_worker(error):
                self._take_killed(index, items)
                return
            _LOG.exception("%s of %s", self.steps[index].name, ", ".join(item.label for item in items))
            mend = "please report it with the file"
            results = [Failed(f"internal error: {type(error).__name__}: {error}", mend)] * len(items)
        for item, result in zip(items, results, strict=True):
            self._store(index, item, result)

    def _take_killed(self, index: int, items: list[Item]) -> None:
        """Every worker of a cluster that tried this was lost."""
        if len(items) > 1:
            self._submit_alone(index, items)
        else:
            self._store(index, items[0], _crashed("each that tried"))

    def _submit_alone(self, index: int, items: Sequence[Item]) -> None:
        for item in items:
            future = self.workers.submit(self.steps[index].work, [item.job], [item.key])
            self.running[future] = index, [item]

    def _store(self, index: int, item: Item, result: object) -> None:
        step, progress = self.steps[index], self.progress[index]
        with self.catalogue.transaction():
            if isinstance(result, Failed):
                step.fail(self.catalogue, item, result)
            else:
                step.store(self.catalogue, item, result)
                self.catalogue.clear_failure(step.name, item.key)
            self.catalogue.note_made(step.name, item.key, self._made(step, item))
        progress.done += 1
        progress.left[item.base] -= 1
        self.listener.stored(step.name, item.key, isinstance(result, Failed))
        if not progress.left[item.base]:
            del progress.left[item.base]
            self._open(index + 1, [item.base])

    def _drop_stale(self, step: ItemStep, progress: _Progress) -> None:
        stale = sorted(progress.made.keys() - progress.keys)
        if stale:
            with self.catalogue.transaction():
                step.drop(self.catalogue, stale)


def _crashed(how: str) -> Failed:
    return Failed(f"reading it crashed the worker ({how})", "turn it into another format with another program first")


def run_items(catalogue: Catalogue, steps: Sequence[ItemStep], workers: Workers, listener: Listener) -> Counter[str]:
    """Run steps of items, each source through all of them; how many items each step did. Main thread.

    An item whose work raises SourceError, crashes its worker or shows a mistake of ours is noted as failed, and is
    tried again when its inputs change; one whose worker was ended from outside is first tried once more. Raises
    DeviceError where a cluster is lost, OutputError where a disk is full, every other RuntimeShowError of a
    worker, and whatever a step's own `items` or `store` raises; what was stored until then stays, and the next run
    goes on from there.
    """
    run = _ItemsRun(catalogue, steps, workers, listener)
    run.run()
    return Counter({step.name: progress.done for step, progress in zip(steps, run.progress, strict=True)})


def run_whole(catalogue: Catalogue, step: WholeStep, listener: Listener, *, anew: bool = False) -> bool:
    """Run a step that takes the library as a whole, unless its result stands; whether it ran. Main thread.

    Its inputs are hashed again afterwards, since a step may change what it reads (a text that is made anew).
    """
    made = Made(step.inputs(catalogue), step.version, step.settings)
    if not anew and catalogue.made(step.name).get("") == made:
        listener.finished(step.name, 1)
        return False
    listener.expect(step.name, 1)
    listener.began(step.name, step.name, "the whole library")
    step.run(catalogue, _tell(listener, step.name))
    catalogue.note_made(step.name, "", Made(step.inputs(catalogue), step.version, step.settings))
    listener.stored(step.name, step.name, False)
    listener.finished(step.name, 0)
    return True


def _tell(listener: Listener, key: str) -> Tell:
    return lambda done, total: listener.went_on(key, done, total)
