"""Patterns against another way of matching them: every pattern of these as a regular expression."""

from __future__ import annotations

import contextlib
import re

import hypothesis.strategies as st
from hypothesis import given, settings

from engine.inputs.osc_match import PatternError, PatternMatcher

names = st.text("ab", min_size=1, max_size=5)
paths = st.lists(st.lists(names, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts)), max_size=12)
pieces = st.one_of(
    names.map(lambda text: (text, text)),
    st.just(("?", "[^/]")),
    st.just(("*", "[^/]*")),
    st.sampled_from([("[ab]", "[ab]"), ("[!a]", "[^a/]"), ("[a-b]", "[a-b]"), ("[b]", "b")]),
    st.lists(names, min_size=1, max_size=3).map(lambda words: ("{" + ",".join(words) + "}", f"(?:{'|'.join(words)})")),
)
parts = st.lists(pieces, min_size=1, max_size=4).map(lambda drawn: tuple(map("".join, zip(*drawn, strict=True))))
patterns = st.lists(st.tuples(st.booleans(), parts), min_size=1, max_size=4).map(
    lambda drawn: (
        "".join(("//" if anywhere else "/") + part[0] for anywhere, part in drawn),
        "".join(("(?:/[^/]+)*/" if anywhere else "/") + part[1] for anywhere, part in drawn),
    )
)


@settings(deadline=None)
@given(paths, patterns)
def test_what_fits_is_what_a_regular_expression_would_find(tree: list[str], drawn: tuple[str, str]) -> None:
    pattern, expression = drawn
    unique = list(dict.fromkeys(tree))
    matcher = PatternMatcher(unique)
    fitting = [path for path in unique if re.fullmatch(expression, path)]
    assert list(matcher.matches(pattern)) == fitting
    below = [path for path in unique if re.fullmatch(expression + "(?:/.*)?", path)]
    assert list(matcher.matches(pattern, whole_branches=True)) == below


@settings(deadline=None)
@given(st.text("/ab*?[]{},!-", max_size=300))
def test_any_text_is_matched_or_refused(text: str) -> None:
    with contextlib.suppress(PatternError):
        assert set(PatternMatcher(["/a/b", "/b"]).matches(text)) <= {"/a/b", "/b"}
