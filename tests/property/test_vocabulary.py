"""What holds of tags whatever words come, and of filters whatever is typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Problem, ShowError
from preprocess.catalogue.query import parse_query
from preprocess.catalogue.values import GivenTag
from preprocess.tagging.normalize import Namer
from preprocess.tagging.resolve import settle
from preprocess.tagging.settings import TaggingSettings
from preprocess.tagging.vocabulary import Vocabulary
from preprocess.tagging.vocabulary_file import shipped_vocabulary
from preprocess.tagging.vocabulary_parse import parse_vocabulary
from preprocess.tagging.words import plain, shortened, singular, slip
from tests.described_support import analysis

LETTERS = st.text("abcde", max_size=8)


@cache
def vocabulary() -> Vocabulary:
    return parse_vocabulary(shipped_vocabulary().read_text(encoding="utf-8"), "vocabulary.yaml")


def tags() -> st.SearchStrategy[list[GivenTag]]:
    words = st.sampled_from(sorted(set(vocabulary().meant.values())))
    origins = st.sampled_from(["person", "analysis", "caption", "description", "elsewhere"])
    one = st.builds(GivenTag, st.just("a"), words, origins, st.floats(0, 1))
    return st.lists(one, max_size=12, unique_by=lambda tag: (tag.tag, tag.origin))


def mistakes_of(parse: Callable[..., object], *texts: str) -> Sequence[Problem]:
    try:
        parse(*texts)
    except ShowError as error:
        return error.problems
    return ()


@given(st.text(max_size=60))
def test_writing_plainly_twice_changes_nothing(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@given(st.text(max_size=60))
def test_a_name_that_was_found_is_found_again(text: str) -> None:
    namer = Namer(vocabulary(), ())
    name = namer.named(text, "caption").name
    if name and not namer.named(name, "caption").unknown:
        assert namer.named(name, "caption").name == name
    assert name == plain(name)


@given(LETTERS, LETTERS)
def test_words_that_one_slip_parts_share_a_shortened_form(word: str, meant: str) -> None:
    if slip(word, meant):
        assert set(shortened(word)) & set(shortened(meant))
        assert slip(meant, word), "whichever way round"


@given(tags())
def test_whoever_says_what_tags_that_exclude_one_another_hold_together_only_if_a_person_says_so(
    given_tags: list[GivenTag],
) -> None:
    known = vocabulary()
    settled = settle(given_tags, known, TaggingSettings(), analysis("a", motion=0.5))
    persons = {tag.tag for tag in given_tags if tag.origin == "person" and tag.confidence > 0}
    firm = persons | {wider for tag in persons for wider in known.parents[tag]}
    for group in known.exclusive:
        holding = [tag for tag in group.tags if tag in settled.tags]
        assert len(holding) <= 1 or set(holding) <= firm
    taken = {tag.tag for tag in given_tags if tag.origin == "person" and tag.confidence == 0}
    assert persons <= settled.tags.keys()
    assert not taken & settled.tags.keys()
    for tag in settled.tags:
        assert set(known.parents[tag]) - taken <= settled.tags.keys(), "what it belongs to holds as well"


@given(tags(), st.randoms())
def test_the_order_in_which_tags_were_given_does_not_matter(given_tags: list[GivenTag], random: object) -> None:
    shuffled = list(given_tags)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (settle(its, vocabulary(), TaggingSettings(), None) for its in (given_tags, shuffled))
    assert one == other


@given(st.text(max_size=80) | st.text('tag:is motion<>=.,-" lake0123', max_size=40))
def test_whatever_is_typed_is_a_filter_or_a_list_of_mistakes(line: str) -> None:
    mistakes = mistakes_of(parse_query, line)
    assert all(problem.file == "filter" and problem.what for problem in mistakes)


@given(st.text(max_size=200) | st.text("tags:{}[]\n -lakepondsynonymsparents,", max_size=200))
def test_whatever_stands_in_a_file_is_a_vocabulary_or_a_list_of_mistakes(text: str) -> None:
    mistakes = mistakes_of(parse_vocabulary, text, "vocabulary.yaml")
    assert all(problem.file == "vocabulary.yaml" and problem.what for problem in mistakes)


@given(LETTERS)
def test_a_singular_is_never_longer_than_two_letters_less(word: str) -> None:
    assert len(word) - 3 <= len(singular(word)) <= len(word)
