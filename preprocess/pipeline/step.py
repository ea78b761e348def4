"""What a step of the pipeline is: a step of many items, done by workers, or one that takes the library as a whole.

The runner asks a step for its items, leaves out those whose result stands (same inputs, code version and settings),
has the others done, and stores each result together with what it was made from, in one transaction. A kill between
two of them loses one item's work and no more.
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from pydantic import BaseModel

from engine.errors import SourceError
from preprocess.catalogue.catalogue import Catalogue

# tell(done, total): how far a piece of work is, in frames, clips or requests. Cheap; call it now and then.
Tell: TypeAlias = Callable[[float, float], None]


@dataclass(frozen=True, slots=True)
class Item:
    """Something for a worker to do. `job` is picklable and all that the worker gets.

    `key` names it in the catalogue: a source's base or a clip's slug. `inputs` hashes all that the result depends on,
    but code and settings. `cost` is an estimate in any unit that the items of one step share: the dearest go first.
    `base` is the source that it belongs to: what depends on it may begin when it is done. Items of one base with the
    same `stretch_index` are done by one worker, one after another in the order of `items`, and stored one by one.
    """

    key: str
    base: str
    inputs: str
    job: Any
    cost: float
    label: str
    stretch_index: int | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """What a worker returns in place of a result: nothing can be made of this item, and why; the others go on."""

    reason: str
    mend: str


@dataclass(frozen=True, slots=True)
class Mistake(Failed):
    """Nothing was made of this item, and that is not the item's fault: the next run tries again. `trace` is for us."""

    trace: str = ""


def failed_by(error: Exception) -> Failed:
    """What an error says of the item that was worked on."""
    if isinstance(error, SourceError):
        return Failed(error.what, error.mend)
    trace = "".join(traceback.format_exception(error))
    return Mistake(f"internal error: {type(error).__name__}: {error}", "please report it with the file", trace)


class ItemStep(Protocol):
    """A step whose items are independent of one another: ingest, split, analyze, encode; captions by a model.

    Steps subclass it, for its `fail`.

    `work` is a module-level function, since a worker may be another process or machine: (jobs, tell) -> one result
    or Failed each, in order. It gets `batch` jobs at most. It touches no catalogue; files it writes go into the work
    folder that its job names, and reach their place in `store`. `version` counts up when the same inputs would give
    another result.
    """

    name: str
    version: int
    batch: int
    work: Callable[[Sequence[Any], Tell], Sequence[Any]]

    @property
    def settings(self) -> str:
        """Hash of the settings."""

    def items(self, catalogue: Catalogue, bases: Collection[str] | None = None) -> Iterable[Item]:
        """Every item, done or not, of these sources (None: of all). Coordinator only."""

    def store(self, catalogue: Catalogue, item: Item, result: Any) -> None:
        """Take a result into the catalogue. Coordinator only, within a transaction."""

    def drop(self, catalogue: Catalogue, keys: Sequence[str]) -> None:
        """Remove the results of items that are no more, and forget what they were made from (`forget_made`).

        Coordinator only, within a transaction.
        """

    def fail(self, catalogue: Catalogue, item: Item, failed: Failed) -> None:
        """Take in that a worker could make nothing of an item. Coordinator only, within a transaction.

        What an earlier run made of it is dropped: it was made of something else.
        """
        self.drop(catalogue, [item.key])
        catalogue.fail(self.name, item.key, failed.reason, failed.mend)


class WholeStep(Protocol):
    """A step that takes the library as a whole, in the coordinator: assign, schedule, resolve, emit…

    `inputs` is cheap: it decides whether anything has to be done. `run` writes within one transaction or in strides
    that may be repeated.
    """

    name: str
    version: int

    @property
    def settings(self) -> str:
        """Hash of the settings."""

    def inputs(self, catalogue: Catalogue) -> str:
        """Hash of all that the result depends on, but code and settings."""

    def run(self, catalogue: Catalogue, tell: Tell) -> None:
        """Do it."""


def hashed(*parts: object) -> str:
    """A short hash of values whose repr says all about them: numbers, strings, tuples, frozen dataclasses of these."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()[:24]


def hashed_settings(settings: BaseModel) -> str:
    """The hash of a step's settings."""
    return hashed(settings.model_dump_json())
