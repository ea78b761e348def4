"""Descriptions by a language model: asked for, and each stored as it comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from preprocess.catalogue.catalogue import Catalogue, Made
from preprocess.catalogue.tags import put_given_tags
from preprocess.catalogue.texts import put_first_text, put_text
from preprocess.catalogue.values import Text
from preprocess.describe.asking import Asker, Capped, Outcome, Unanswered, ask_all
from preprocess.describe.costs import Budget
from preprocess.describe.known import Known
from preprocess.describe.prompts import VERSION, Answer, Question, answered_tags, question, told
from preprocess.describe.server import connect
from preprocess.pipeline.step import Tell
from preprocess.style.model import Style
from preprocess.tagging.vocabulary import Vocabulary

LANGUAGE_MODEL = "language_model"


@dataclass(frozen=True, slots=True)
class Task:
    """Clips to be asked about, what their descriptions will have been made from, and what was wrong with them."""

    known: Sequence[Known]
    vocabulary: Vocabulary
    made: Callable[[Known], Made]
    doubts: Mapping[str, Sequence[str]]

    def questions(self) -> Iterator[Question]:
        """A question for each clip, in their order."""
        instruction = told(self.vocabulary)
        for one in self.known:
            yield question(
                one.subject.analysis,
                one.subject.place,
                one.caption,
                instruction,
                file_name=one.file_name,
                doubts=self.doubts.get(one.slug, ()),
            )


@dataclass(slots=True)
class Asked:
    """How asking went: over all of a run. `goes_on_at` is the first clip that was left for another run."""

    wanted: int = 0
    answered: int = 0
    failed: int = 0
    goes_on_at: str = ""


class ByModel:
    """Asks about clips and stores the answers, within one budget. One thread."""

    def __init__(self, style: Style) -> None:
        self._settings = style.describe
        self._seed = style.seed
        self.budget = Budget(style.describe)
        self.asked = Asked()

    def describe(
        self, catalogue: Catalogue, task: Task, tell: Tell, settled: Callable[[str], None] = lambda slug: None
    ) -> None:
        """Ask about all clips of a task, as far as the caps reach; `settled(slug)` within each one's transaction.

        Raises DeviceError where no server is named or it gives no answer to anything; what came until then stays.
        """
        self.asked.wanted += len(task.known)
        if not task.known:
            return
        server, stop = connect(self._settings), threading.Event()
        asker = Asker(server, self._settings, self.budget, seed=self._seed, wait=stop.wait)
        left = {one.slug: one for one in task.known}
        self.asked.goes_on_at = min(left)
        for asked, outcome in ask_all(task.questions(), asker.ask, self._settings.at_once, stop):
            with catalogue.transaction():
                if self._stored(catalogue, left[asked.slug], outcome, task, server.model):
                    del left[asked.slug]
                    settled(asked.slug)
            self.asked.goes_on_at = min(left, default="")
            tell(len(task.known) - len(left), len(task.known))

    def _stored(self, catalogue: Catalogue, known: Known, outcome: Outcome, task: Task, model: str) -> bool:
        """Store what came of a question; whether that settles it until something changes."""
        slug = known.slug
        if isinstance(outcome, Capped):
            return False
        if isinstance(outcome, Answer):
            tags = answered_tags(outcome, task.vocabulary, only_vocabulary=self._settings.only_vocabulary)
            new = Text(slug, "description", outcome.description, LANGUAGE_MODEL, model, f"version {VERSION}")
            (put_text if task.doubts else put_first_text)(catalogue, new)
            put_given_tags(catalogue, slug, "description", tags)
            catalogue.clear_failure("describe", slug)
            self.asked.answered += 1
        else:
            catalogue.fail("describe", slug, outcome.reason, outcome.mend)
            self.asked.failed += 1
            if isinstance(outcome, Unanswered):
                return False
        catalogue.note_made("describe", slug, task.made(known))
        return True
