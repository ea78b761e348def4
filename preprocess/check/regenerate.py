"""The step `regenerate`: doubtful texts made again in other words, and those that stay doubtful left to a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice

from engine.errors import DeviceError
from preprocess.caption.blip2 import NotReady, blip2_job, caption_jobs
from preprocess.caption.step import COMPOSED, blip2_text, caption_step, composed_text
from preprocess.caption.subjects import Subject, read_subjects, rows_digest
from preprocess.catalogue.catalogue import Catalogue, Made
from preprocess.catalogue.fragments import read_footage
from preprocess.catalogue.texts import put_text
from preprocess.catalogue.values import Text, TextKind
from preprocess.check.step import CheckStep
from preprocess.check.store import note_try, read_doubts
from preprocess.describe.step import RULES, DescribeStep
from preprocess.pipeline.step import Failed, Tell, WholeStep, hashed
from preprocess.style.model import Style

NAME = "regenerate"
_OPEN = "SELECT slug, kind, doubt, tries FROM doubts WHERE for_person = 0 ORDER BY slug, kind, doubt"


@dataclass(slots=True)
class _Open:
    """What speaks against one text, and how often it was made again."""

    whys: list[str] = field(default_factory=list)
    tries: int = 0


class RegenerateStep(WholeStep):
    """Checks, makes the doubtful texts again, and so on until none is doubtful or the tries are used up.

    A caption that changes has its clip described anew. What was stays in the history; the texts of a person are never
    touched. Without models a round is stored as a whole, so that a kill changes nothing of what comes out; with them
    each answer is stored as it comes. `made_again` counts the tries of this run.
    """

    name = NAME
    version = 1

    def __init__(self, style: Style) -> None:
        self._style = style
        self._check = CheckStep(style)
        self._describe = DescribeStep(style)
        self.made_again = 0

    @property
    def settings(self) -> str:
        style = self._style
        return hashed(caption_step(style).settings, self._describe.settings, self._check.settings)

    def inputs(self, catalogue: Catalogue) -> str:
        return rows_digest(catalogue, _OPEN)

    def run(self, catalogue: Catalogue, tell: Tell) -> None:
        stood = [step for step in (self._describe, self._check) if _stands(catalogue, step)]
        self._check.run(catalogue, _silent)
        left = _open_texts(catalogue)
        most = self._style.check.most_tries * _count(left)
        while _count(left) and not self._describe.asked.goes_on_at:
            with catalogue.transaction() if self._offline else nullcontext():
                self._round(catalogue, left["caption"], left["description"])
            left = _open_texts(catalogue)
            tell(self.made_again, max(most, self.made_again))
        for step in stood:  # what they read was changed here, and their part on it done
            catalogue.note_made(step.name, "", Made(step.inputs(catalogue), step.version, step.settings))

    @property
    def _offline(self) -> bool:
        return self._style.caption.by == COMPOSED and self._style.describe.by == RULES

    def _round(self, catalogue: Catalogue, captions: Mapping[str, _Open], descriptions: Mapping[str, _Open]) -> None:
        self._caption_again(catalogue, captions)
        if captions:
            self._describe.describe(catalogue, _silent, only=captions.keys())
        self._describe_again(catalogue, {slug: one for slug, one in descriptions.items() if slug not in captions})
        self._check.run(catalogue, _silent)

    def _caption_again(self, catalogue: Catalogue, doubtful: Mapping[str, _Open]) -> None:
        subjects = [one for one in read_subjects(catalogue) if one.fragment.slug in doubtful]
        tries = {slug: one.tries for slug, one in doubtful.items()}
        if self._style.caption.by == COMPOSED:
            made: Iterable[tuple[str, Text | Failed]] = (
                (one.fragment.slug, composed_text(one, self._style.caption, tries[one.fragment.slug] + 1))
                for one in subjects
            )
        else:
            made = self._captions_by_blip2(catalogue, subjects, tries)
        for slug, text in made:
            with catalogue.transaction():
                if isinstance(text, Text):
                    put_text(catalogue, text)
                else:
                    catalogue.fail(NAME, slug, text.reason, text.mend)
                note_try(catalogue, slug, "caption")
            self.made_again += 1

    def _captions_by_blip2(
        self, catalogue: Catalogue, subjects: Iterable[Subject], tries: Mapping[str, int]
    ) -> Iterator[tuple[str, Text | Failed]]:
        """By BLIP-2, in this process; those of one try share a prompt, and go through the model together."""
        settings, footage = self._style.caption, read_footage(catalogue)
        jobs = [
            (
                tries[one.fragment.slug],
                blip2_job(one, footage[one.fragment.base], settings, tries[one.fragment.slug] + 1),
            )
            for one in subjects
        ]
        for number in sorted({of for of, _ in jobs}):
            same = iter([job for of, job in jobs if of == number])
            while batch := list(islice(same, settings.batch)):
                for job, result in zip(batch, caption_jobs(batch, _silent), strict=True):
                    if isinstance(result, NotReady):
                        raise DeviceError(result.reason, subject=settings.model, mend=result.mend)
                    yield job.slug, result if isinstance(result, Failed) else blip2_text(job, result)

    def _describe_again(self, catalogue: Catalogue, doubtful: Mapping[str, _Open]) -> None:
        if not doubtful:
            return
        whys = {slug: one.whys for slug, one in doubtful.items()}
        tries = {slug: one.tries for slug, one in doubtful.items()}

        def tried(slug: str) -> None:
            note_try(catalogue, slug, "description")
            self.made_again += 1

        self._describe.describe_again(catalogue, whys, tries, tried)


def _open_texts(catalogue: Catalogue) -> dict[TextKind, dict[str, _Open]]:
    """The doubtful texts that are not for a person, by kind and slug, in slug order."""
    found: dict[TextKind, dict[str, _Open]] = {"caption": defaultdict(_Open), "description": defaultdict(_Open)}
    for one in sorted(read_doubts(catalogue), key=lambda one: (one.slug, one.kind)):
        if not one.for_person:
            text = found[one.kind][one.slug]
            text.whys.append(one.why)
            text.tries = one.tries
    return found


def _count(open_texts: Mapping[TextKind, Mapping[str, _Open]]) -> int:
    return sum(map(len, open_texts.values()))


def _stands(catalogue: Catalogue, step: DescribeStep | CheckStep) -> bool:
    return catalogue.made(step.name).get("") == Made(step.inputs(catalogue), step.version, step.settings)


def _silent(done: float, total: float) -> None:
    """Tell nobody."""
