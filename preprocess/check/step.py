"""The step `check`: which captions and descriptions are doubtful, and why."""

from __future__ import annotations

from collections.abc import Mapping

from preprocess.caption.subjects import read_subjects, rows_digest, subjects_digest
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.texts import current_texts
from preprocess.catalogue.values import Analysis, Text, TextKind
from preprocess.check.contradictions import contradictions
from preprocess.check.doubts import KINDS, Doubt
from preprocess.check.likeness import likeness_doubts
from preprocess.check.report import write_doubtful
from preprocess.check.settings import CheckSettings
from preprocess.check.shape import shape_doubts
from preprocess.check.store import read_doubts, store_doubts
from preprocess.pipeline.step import Tell, WholeStep, hashed_settings
from preprocess.style.model import Style

NAME = "check"
TEXT_KINDS: tuple[TextKind, ...] = ("caption", "description")
_TEXTS = (
    "SELECT slug, kind, text, origin FROM texts JOIN fragments USING (slug) WHERE state = 'current' AND retired = 0"
    " ORDER BY slug, kind"
)
_REPEATS = "SELECT slug, of_slug FROM duplicates ORDER BY slug"


class CheckStep(WholeStep):
    """Notes the doubts about all current texts, and no others; changes no text.

    `reports/doubtful.csv` lists what only a person can settle.
    """

    name = NAME
    version = 1

    def __init__(self, style: Style) -> None:
        self._settings = style.check

    @property
    def settings(self) -> str:
        return hashed_settings(self._settings)

    def inputs(self, catalogue: Catalogue) -> str:
        return subjects_digest(catalogue) + rows_digest(catalogue, _TEXTS, _REPEATS)

    def run(self, catalogue: Catalogue, tell: Tell) -> None:
        repeats = {row["slug"]: row["of_slug"] for row in catalogue.connection.execute(_REPEATS)}
        analyses = {one.fragment.slug: one.analysis for one in read_subjects(catalogue)}
        with catalogue.transaction():
            for number, kind in enumerate(TEXT_KINDS, 1):
                texts = {slug: text for slug, text in current_texts(catalogue, kind).items() if slug in analyses}
                found = text_doubts(texts, analyses, repeats, self._settings)
                store_doubts(catalogue, kind, texts, found, self._settings.most_tries)
                tell(number, len(TEXT_KINDS))
        write_doubtful(catalogue.folder, read_doubts(catalogue))


def text_doubts(
    texts: Mapping[str, Text], analyses: Mapping[str, Analysis], repeats: Mapping[str, str], settings: CheckSettings
) -> dict[str, list[Doubt]]:
    """The doubts about texts of one kind, by slug; of each kind of doubt one a text, those that weigh most first."""
    alike = likeness_doubts({slug: text.text for slug, text in texts.items()}, repeats, settings)
    found: dict[str, list[Doubt]] = {}
    for slug, text in texts.items():
        doubts = [*shape_doubts(text.text, text.kind, settings.fewest_words), *alike.get(slug, ())]
        against = list(contradictions(text.text, analyses[slug]))
        if against:
            doubts.append(Doubt("contradicts", "; ".join(against)))
        if doubts:
            found[slug] = sorted(doubts, key=lambda doubt: KINDS.index(doubt.kind))
    return found
