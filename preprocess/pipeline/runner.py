"""Runs steps: leaves out what stands, has the rest done, and stores each result with what it was made from.

Steps of items run together, source by source: a source that is ingested is split while others are still being
ingested. Of all items that are ready, those of earlier steps go first, and of one step the dearest: so that the
single long items are not left for the end, where one worker would be busy and the others would wait. The items of a
stretch go to one worker together, and come back one by one.
"""

from __future__ import annotations

import heapq
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from engine.errors import DeviceError, RuntimeShowError, SourceError
from preprocess.catalogue.catalogue import Catalogue, Made
from preprocess.pipeline.executors import Finished, ProcessExpired, Workers, how_it_ended, is_killed_worker, was_ended
from preprocess.pipeline.listening import Listener
from preprocess.pipeline.step import Failed, Item, ItemStep, Mistake, Tell, WholeStep, failed_by

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
class _Work:
    """Items that a worker has: as one batch, or in turn, each stored as soon as it is done."""

    number: int
    index: int  # of the step
    items: Sequence[Item]
    begun: int = 0  # how many of them were told of as begun
    stored: set[int] = field(default_factory=set)  # by place

    def left(self) -> list[Item]:
        return [item for place, item in enumerate(self.items) if place not in self.stored]


@dataclass(slots=True)
class _ItemsRun:
    catalogue: Catalogue
    steps: Sequence[ItemStep]
    workers: Workers
    listener: Listener
    progress: list[_Progress] = field(default_factory=list)
    ready: list[tuple[int, float, int, list[Item]]] = field(default_factory=list)  # a heap; single items, and stretches
    running: dict[Future[Any], _Work] = field(default_factory=dict)
    in_turn: dict[int, _Work] = field(default_factory=dict)  # those of `running` that are done in turn, by number
    retried: set[tuple[int, str]] = field(default_factory=set)  # steps and keys of items whose worker was ended once
    _number: count[int] = field(default_factory=count)

    def run(self) -> None:
        self.progress = [_Progress(dict(self.catalogue.made(step.name))) for step in self.steps]
        self._open(0, None)
        while self.ready or self.running:
            while self.ready and len(self.running) < self.workers.count + _QUEUED_BEYOND_WORKERS:
                self._submit()
            finished, _ = wait(self.running, timeout=_LISTEN_EVERY_S, return_when=FIRST_COMPLETED)
            self._hear()
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
        for items in _together(to_do):
            heapq.heappush(self.ready, (index, -sum(item.cost for item in items), next(self._number), items))
        on = (seen if through is None else through) - set(progress.left)
        if on:
            self._open(index + 1, on)

    @staticmethod
    def _made(step: ItemStep, item: Item) -> Made:
        return Made(item.inputs, step.version, step.settings)

    def _submit(self) -> None:
        index, _, number, items = heapq.heappop(self.ready)
        step = self.steps[index]
        if len(items) > 1:
            work = _Work(number, index, items)
            self._tell_begun(work, 1)
            keys = [item.key for item in items]
            future: Future[Any] = self.workers.submit_in_turn(step.work, [item.job for item in items], keys, number)
            self.running[future] = self.in_turn[number] = work
            return
        batch = list(items)
        while len(batch) < step.batch and self.ready and self.ready[0][0] == index and len(self.ready[0][3]) == 1:
            batch += heapq.heappop(self.ready)[3]
        self._submit_batch(index, batch)

    def _submit_batch(self, index: int, items: Sequence[Item]) -> None:
        work = _Work(next(self._number), index, items)
        self._tell_begun(work, len(items))
        future = self.workers.submit(self.steps[index].work, [item.job for item in items], [item.key for item in items])
        self.running[future] = work

    def _tell_begun(self, work: _Work, count: int) -> None:
        """Tell that the first `count` items were begun, of those of which it was not told yet."""
        for item in work.items[work.begun : count]:
            self.listener.began(self.steps[work.index].name, item.key, item.label)
        work.begun = max(work.begun, count)

    def _hear(self) -> None:
        for word in self.workers.heard():
            if not isinstance(word, Finished):
                self.listener.went_on(word.key, word.done, word.total)
            elif word.number in self.in_turn:
                self._store_one(self.in_turn[word.number], word.place, word.result)

    def _take(self, future: Future[Any]) -> None:
        work = self.running.pop(future)
        in_turn = self.in_turn.pop(work.number, None) is not None
        try:
            result = future.result()
        except ProcessExpired as error:
            self._take_expired(work, error)
            return
        except CancelledError as error:
            mend = "look at the scheduler; the same command goes on from there"
            raise DeviceError("the cluster gave up its work", mend=mend) from error
        except Exception as error:  # a mistake of ours on one item must not stop the others
            if is_killed_worker(error):
                self._take_lost(work, _crashed("each that tried"))
                return
            if isinstance(error, RuntimeShowError) and not isinstance(error, SourceError):
                raise  # a full disk, a model that is not installed: it would be the same for every item
            failed = failed_by(error)
            result = {place: failed for place in range(len(work.items)) if place not in work.stored}
        else:
            result = result if in_turn else dict(zip(range(len(work.items)), result, strict=True))
        for place, one in result.items():
            self._store_one(work, place, one)

    def _take_expired(self, work: _Work, error: ProcessExpired) -> None:
        """A worker of this machine ended in the midst of its work."""
        failed, left = _crashed(how_it_ended(error)), work.left()
        if not was_ended(error):
            self._take_lost(work, failed)
        elif len(left) == 1 and (work.index, left[0].key) not in self.retried:
            self.retried.add((work.index, left[0].key))
            self._submit_batch(work.index, left)
        else:
            self._take_lost(work, Mistake(failed.reason, failed.mend))  # of the item itself nothing is known

    def _take_lost(self, work: _Work, failed: Failed) -> None:
        """The worker was lost. Which of several items it was shows when each is done alone."""
        left = work.left()
        if len(left) > 1:
            for item in left:
                self._submit_batch(work.index, [item])
        else:
            for item in left:
                self._store(work.index, item, failed)

    def _store_one(self, work: _Work, place: int, result: object) -> None:
        self._tell_begun(work, place + 1)
        work.stored.add(place)
        self._store(work.index, work.items[place], result)
        self._tell_begun(work, place + 2)

    def _store(self, index: int, item: Item, result: object) -> None:
        step, progress = self.steps[index], self.progress[index]
        if isinstance(result, Mistake) and result.trace:
            _LOG.error("%s of %s\n%s", step.name, item.label, result.trace)
        with self.catalogue.transaction():
            if isinstance(result, Failed):
                step.fail(self.catalogue, item, result)
            else:
                step.store(self.catalogue, item, result)
                self.catalogue.clear_failure(step.name, item.key)
            if isinstance(result, Mistake):
                self.catalogue.forget_made(step.name, [item.key])
            else:
                self.catalogue.note_made(step.name, item.key, self._made(step, item))
        progress.done += 1
        progress.left[item.base] -= 1
        self.listener.stored(step.name, item.key, isinstance(result, Failed))
        if not progress.left[item.base]:
            del progress.left[item.base]
            self._open(index + 1, [item.base])

    def _drop_stale(self, step: ItemStep, progress: _Progress) -> None:
        stale = sorted(progress.made.keys() - progress.keys)
        failed = sorted(self.catalogue.failed(step.name) - progress.keys)
        if stale or failed:
            with self.catalogue.transaction():
                step.drop(self.catalogue, stale)
                for key in failed:
                    self.catalogue.clear_failure(step.name, key)


def _together(items: Iterable[Item]) -> list[list[Item]]:
    """The items, those of one stretch together."""
    found: dict[tuple[str, int | str], list[Item]] = {}
    for item in items:
        found.setdefault((item.base, item.key if item.stretch_index is None else item.stretch_index), []).append(item)
    return list(found.values())


def _crashed(how: str) -> Failed:
    return Failed(f"reading it crashed the worker ({how})", "turn it into another format with another program first")


def run_items(catalogue: Catalogue, steps: Sequence[ItemStep], workers: Workers, listener: Listener) -> Counter[str]:
    """Run steps of items, each source through all of them; how many items each step did. Main thread.

    An item whose work raises SourceError or crashes its worker is noted as failed, and is tried again when its inputs
    change. One that shows a mistake of ours, or whose worker was ended from outside twice, is noted as failed, and the
    next run tries it again. Raises
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
