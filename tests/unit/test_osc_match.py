"""Address patterns: OSC 1.0's examples, OSC 1.1's //, order, and what no pattern can do."""

from __future__ import annotations

import time

import pytest

from engine.inputs.osc_match import PatternError, PatternMatcher, is_pattern

PATHS = (
    "/go",
    "/layer/base/opacity",
    "/layer/base/clip",
    "/layer/echo/opacity",
    "/layer/echo/clip",
    "/deep/a/b/a/b/end",
)


@pytest.fixture
def matcher() -> PatternMatcher:
    return PatternMatcher(PATHS)


@pytest.mark.parametrize(
    ("pattern", "fitting"),
    [
        ("/go", [0]),
        ("/*", [0]),
        ("/g?", [0]),
        ("/g??", []),
        ("/layer", []),
        ("/layer/*", []),
        ("/layer/*/clip", [2, 4]),
        ("/layer/e*o/*", [3, 4]),
        ("/layer/*e*/opacity", [1, 3]),
        ("/layer/[be]*/clip", [2, 4]),
        ("/layer/[!b]*/clip", [4]),
        ("/layer/[a-d]ase/clip", [2]),
        ("/layer/[d-a]ase/clip", [2]),
        ("/layer/[a-]ase/clip", []),
        ("/layer/b[b!a]se/clip", [2]),
        ("/layer/{base,echo}/clip", [2, 4]),
        ("/layer/{echo,base}/clip", [2, 4]),
        ("/layer/{b,ba,bas}{se,e}/clip", [2]),
        ("/layer/{,e}cho/clip", [4]),
        ("/{layer,go}", [0]),
        ("//clip", [2, 4]),
        ("/layer//clip", [2, 4]),
        ("//go", [0]),
        ("//", None),
        ("/deep//b/end", [5]),
        ("/deep//a//end", [5]),
        ("//b//b//end", [5]),
        ("//b//b//b//end", []),
        ("/deep/*/*/end", []),
    ],
)
def test_which_paths_a_pattern_fits(matcher: PatternMatcher, pattern: str, fitting: list[int] | None) -> None:
    if fitting is None:
        with pytest.raises(PatternError, match="ends in /"):
            matcher.matches(pattern)
    else:
        assert matcher.matches(pattern) == tuple(PATHS[number] for number in fitting)


@pytest.mark.parametrize(
    ("pattern", "fitting"), [("/layer", [1, 2, 3, 4]), ("/layer/e*", [3, 4]), ("/go", [0]), ("//a", [5]), ("/x", [])]
)
def test_a_whole_branch_is_what_fits_and_all_below(matcher: PatternMatcher, pattern: str, fitting: list[int]) -> None:
    assert matcher.matches(pattern, whole_branches=True) == tuple(PATHS[number] for number in fitting)


@pytest.mark.parametrize("address", ["/a*", "/a?", "/[a]", "/{a}", "//a", "/a//b"])
def test_what_is_a_pattern(address: str) -> None:
    assert is_pattern(address)


def test_a_plain_address_is_no_pattern() -> None:
    assert not is_pattern("/layer/base/clip-1_!a")


@pytest.mark.parametrize(
    "pattern",
    [
        "/" + "*a" * 127,
        "/" + "*a" * 126 + "b",
        "/" + "?*" * 127,
        "/" + "{a,aa,aaa,aaaa}" * 16 + "b",
        "/" + "[a-z]*" * 42,
        "//*" * 15 + "/b",
        "/{" + ",".join(["a"] * 120) + "}*b",
    ],
)
def test_no_pattern_searches_without_end(pattern: str) -> None:
    """A matcher that goes back would try 2⁶⁰ ways through names of 64 equal letters."""
    paths = [f"/{'a' * 60}{first:03}/{'a' * 60}/{'a' * 64}" for first in range(60)]
    matcher = PatternMatcher([*paths, *(f"{path}/{'a' * 50}" for path in paths)])
    begun_s = time.process_time()
    matcher.matches(pattern)
    assert time.process_time() - begun_s < 1.0  # it takes some 10 ms


def test_answers_are_remembered_but_not_without_end(matcher: PatternMatcher) -> None:
    for number in range(2000):
        assert matcher.matches(f"/layer/*/clip{number}") == ()
    assert matcher.matches("/layer/*/clip") is matcher.matches("/layer/*/clip")
    assert len(matcher._kept) <= 256
