"""The step `caption`: each fragment gets a caption, composed from its analysis or by BLIP-2."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from engine.errors import DeviceError
from preprocess.caption.blip2 import Blip2Job, Captioned, NotReady, blip2_job, caption_jobs
from preprocess.caption.composed import compose
from preprocess.caption.settings import CaptionSettings
from preprocess.caption.subjects import Subject, read_subjects, subjects_digest
from preprocess.catalogue.catalogue import Catalogue, Made
from preprocess.catalogue.fragments import read_footage
from preprocess.catalogue.texts import put_first_text
from preprocess.catalogue.values import Text
from preprocess.pipeline.step import Failed, Item, ItemStep, Tell, WholeStep, hashed
from preprocess.style.model import Style

NAME = "caption"
COMPOSED, BLIP2 = "composed", "blip2"


def caption_step(style: Style) -> ItemStep | WholeStep:
    """The step that the style's `caption.by` asks for."""
    return Blip2Step(style) if style.caption.by == "blip2" else ComposedStep(style)


class ComposedStep(WholeStep):
    """Captions composed from the analyses. Only those are made again whose clip's measures changed."""

    name = NAME
    version = 1

    def __init__(self, style: Style) -> None:
        self._settings = style.caption

    @property
    def settings(self) -> str:
        return hashed(COMPOSED, self._settings.parts)

    def inputs(self, catalogue: Catalogue) -> str:
        return subjects_digest(catalogue)

    def run(self, catalogue: Catalogue, tell: Tell) -> None:
        made = catalogue.made(NAME)
        subjects = read_subjects(catalogue)
        with catalogue.transaction():
            for number, subject in enumerate(subjects):
                slug = subject.fragment.slug
                now = Made(hashed(subject.analysis, subject.place), self.version, self.settings)
                if made.get(slug) != now:
                    put_first_text(catalogue, composed_text(subject, self._settings))
                    catalogue.clear_failure(NAME, slug)
                    catalogue.note_made(NAME, slug, now)
                if number % 100 == 0:
                    tell(number, len(subjects))
            gone = made.keys() - {subject.fragment.slug for subject in subjects} - {""}
            catalogue.forget_made(NAME, sorted(gone))


def composed_text(subject: Subject, settings: CaptionSettings, variation: int = 0) -> Text:
    """A caption from the analysis; another one for each variation."""
    caption = compose(subject.analysis, subject.place, parts=settings.parts, variation=variation)
    return Text(subject.fragment.slug, "caption", caption, COMPOSED, prompt=f"variation {variation}")


class Blip2Step(ItemStep):
    """Captions by BLIP-2, in batches. A worker that has no BLIP-2 to run ends the run and says what is lacking."""

    name = NAME
    version = 1
    work = staticmethod(caption_jobs)

    def __init__(self, style: Style) -> None:
        self._settings = style.caption
        self.batch = style.caption.batch

    @property
    def settings(self) -> str:
        one = self._settings
        return hashed(BLIP2, one.model, one.frames, one.prompt, one.beams, one.most_tokens)

    def items(self, catalogue: Catalogue, bases: Collection[str] | None = None) -> Iterator[Item]:
        footage = read_footage(catalogue, bases)
        # As they follow one another in their sources: so they are read the fastest.
        for subject in sorted(read_subjects(catalogue), key=lambda one: (one.fragment.base, one.fragment.begin)):
            fragment, analysis = subject.fragment, subject.analysis
            if fragment.base not in footage:
                continue
            job = blip2_job(subject, footage[fragment.base], self._settings)
            inputs = hashed(analysis.digest or (fragment.base, fragment.begin), fragment.frame_count, job.indices)
            yield Item(fragment.slug, fragment.base, inputs, job, 1.0, fragment.slug)

    def store(self, catalogue: Catalogue, item: Item, result: Captioned) -> None:
        put_first_text(catalogue, blip2_text(item.job, result))

    def drop(self, catalogue: Catalogue, keys: Sequence[str]) -> None:
        """Texts go with their fragments and no sooner: they are the history of what was said."""
        catalogue.forget_made(NAME, keys)

    def fail(self, catalogue: Catalogue, item: Item, failed: Failed) -> None:
        if isinstance(failed, NotReady):
            raise DeviceError(failed.reason, subject=self._settings.model, mend=failed.mend)
        super().fail(catalogue, item, failed)


def blip2_text(job: Blip2Job, captioned: Captioned) -> Text:
    """A caption by BLIP-2 as the catalogue keeps it."""
    return Text(job.slug, "caption", captioned.text, BLIP2, model=job.model, prompt=job.prompt)
