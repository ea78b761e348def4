"""The step `describe`: tags from analysis and caption, and a description by rules or by a language model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain

from preprocess.caption.subjects import rows_digest, subjects_digest
from preprocess.catalogue.catalogue import Catalogue, Made
from preprocess.catalogue.tags import put_given_tags
from preprocess.catalogue.texts import put_first_text, put_text
from preprocess.catalogue.values import Text
from preprocess.describe import rules
from preprocess.describe.by_model import LANGUAGE_MODEL, Asked, ByModel, Task
from preprocess.describe.costs import Budget, Estimate, estimate
from preprocess.describe.known import Known, read_known
from preprocess.describe.prompts import VERSION, Question
from preprocess.describe.tags import tags_of_analysis, tags_of_caption
from preprocess.pipeline.step import Tell, WholeStep, hashed
from preprocess.style.model import Style
from preprocess.tagging.vocabulary import Vocabulary
from preprocess.tagging.vocabulary_file import read_vocabulary, vocabulary_bytes

NAME = "describe"
RULES = "rules"
_TAGS = "describe-tags"  # under which it is noted what tags were made from
_COMPOSED = "composed"
_CAPTIONS = (
    "SELECT slug, text, origin FROM texts JOIN fragments USING (slug) WHERE kind = 'caption' AND state = 'current'"
    " AND retired = 0 ORDER BY slug"
)
_Tags = Mapping[str, Mapping[str, float]]  # by origin


class DescribeStep(WholeStep):
    """Describes what is new or changed. Each answer of a language model is stored as it comes.

    Where the caps are reached, the run ends without an error, and the next one goes on: see `asked` and `budget`.
    """

    name = NAME
    version = 1

    def __init__(self, style: Style) -> None:
        self._style = style
        self._by_model = ByModel(style)

    @property
    def asked(self) -> Asked:
        """How asking a language model went so far."""
        return self._by_model.asked

    @property
    def budget(self) -> Budget:
        """What was sent to it and spent so far."""
        return self._by_model.budget

    @property
    def settings(self) -> str:
        one = self._style.describe
        if one.by == RULES:
            return hashed(RULES)
        return hashed(LANGUAGE_MODEL, VERSION, one.model, one.file_names, one.only_vocabulary, one.most_tokens)

    def inputs(self, catalogue: Catalogue) -> str:
        vocabulary = vocabulary_bytes(catalogue.folder, self._style.tagging)
        digest = hashed(subjects_digest(catalogue), rows_digest(catalogue, _CAPTIONS), vocabulary)
        return f"{digest}, unfinished" if self.asked.goes_on_at else digest

    def run(self, catalogue: Catalogue, tell: Tell) -> None:
        self.describe(catalogue, tell)
        there = {one.slug for one in self._known(catalogue)} | {""}
        with catalogue.transaction():
            for step in (NAME, _TAGS):
                catalogue.forget_made(step, sorted(catalogue.made(step).keys() - there))

    def describe(self, catalogue: Catalogue, tell: Tell, only: Collection[str] | None = None) -> None:
        """Describe these clips (None: all) as far as their descriptions do not stand.

        Raises DeviceError where the language model's server gives no answer to anything; what came stays.
        """
        vocabulary = read_vocabulary(catalogue.folder, self._style.tagging)
        known = self._known(catalogue, only)
        with catalogue.transaction():
            given = self._give_tags(catalogue, known, vocabulary)
        if self._style.describe.by == LANGUAGE_MODEL:
            task = Task(self._stale(catalogue, known), vocabulary, self._made, {})
            self._by_model.describe(catalogue, task, tell)
            return
        stale = [one for one in known if one.slug in given] + self._stale(catalogue, known)
        tags = given | {one.slug: self._tags(one, vocabulary) for one in stale if one.slug not in given}
        with catalogue.transaction():
            for number, (slug, one) in enumerate({one.slug: one for one in stale}.items(), 1):
                put_first_text(catalogue, _by_rules(one, tags[slug], 0))
                put_given_tags(catalogue, slug, "description", {})
                catalogue.clear_failure(NAME, slug)
                catalogue.note_made(NAME, slug, self._made(one))
                tell(number, len(tags))

    def describe_again(
        self,
        catalogue: Catalogue,
        doubts: Mapping[str, Sequence[str]],
        tries: Mapping[str, int],
        tried: Callable[[str], None],
    ) -> None:
        """Make these descriptions once more, in other words: `doubts` by slug, and how often it was tried before.

        `tried(slug)` is called in the transaction that stores what came of a try.
        """
        vocabulary = read_vocabulary(catalogue.folder, self._style.tagging)
        known = self._known(catalogue, doubts)
        if self._style.describe.by == LANGUAGE_MODEL:
            self._by_model.describe(catalogue, Task(known, vocabulary, self._made, doubts), _silent, tried)
            return
        with catalogue.transaction():
            for one in known:
                put_text(catalogue, _by_rules(one, self._tags(one, vocabulary), tries[one.slug] + 1))
                tried(one.slug)

    def plan(self, catalogue: Catalogue) -> tuple[list[Question], Estimate]:
        """What a language model would be asked, and what that would cost; nothing is sent."""
        vocabulary = read_vocabulary(catalogue.folder, self._style.tagging)
        task = Task(self._stale(catalogue, self._known(catalogue)), vocabulary, self._made, {})
        questions = list(task.questions())
        return questions, estimate(questions, self._style.describe)

    def _known(self, catalogue: Catalogue, only: Collection[str] | None = None) -> list[Known]:
        return read_known(catalogue, only, file_names=self._style.describe.file_names)

    def _made(self, known: Known) -> Made:
        return Made(known.digest, self.version, self.settings)

    def _stale(self, catalogue: Catalogue, known: Sequence[Known]) -> list[Known]:
        made = catalogue.made(NAME)
        return [one for one in known if made.get(one.slug) != self._made(one)]

    def _tags(self, known: Known, vocabulary: Vocabulary) -> _Tags:
        caption = known.caption
        # What was composed from the measures would say the same a second time.
        seen = caption is not None and caption.origin != _COMPOSED
        return {
            "analysis": tags_of_analysis(known.subject.analysis, vocabulary),
            "caption": tags_of_caption(caption.text, caption.origin, vocabulary) if caption and seen else {},
        }

    def _give_tags(self, catalogue: Catalogue, known: Sequence[Known], vocabulary: Vocabulary) -> dict[str, _Tags]:
        """Store the tags from analysis and caption of all that changed; by slug, of these alone."""
        settings = hashed(vocabulary_bytes(catalogue.folder, self._style.tagging))
        made, given = catalogue.made(_TAGS), {}
        for one in known:
            now = Made(one.digest, self.version, settings)
            if made.get(one.slug) != now:
                given[one.slug] = self._tags(one, vocabulary)
                for origin, tags in given[one.slug].items():
                    put_given_tags(catalogue, one.slug, origin, tags)
                catalogue.note_made(_TAGS, one.slug, now)
        return given


def _by_rules(known: Known, tags: _Tags, variation: int) -> Text:
    merged = dict(chain.from_iterable(tags[origin].items() for origin in ("analysis", "caption")))
    one = known.subject
    said = rules.describe(one.analysis, one.place, known.caption, merged, variation)
    return Text(known.slug, "description", said, RULES, prompt=f"variation {variation}")


def _silent(done: float, total: float) -> None:
    """Tell nobody."""
