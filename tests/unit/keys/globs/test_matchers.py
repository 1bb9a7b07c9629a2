"""Every kind of matcher matches what a simple one does, and comes to an end with any pattern."""

import re
from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lbuild_keys.errors import PatternError
from lbuild_keys.globs.matchers import (
    Matcher,
    PositionMatcher,
    atomic_expression,
    make_matcher,
)
from lbuild_keys.globs.wildcards import (
    Alternatives,
    Character,
    Tokens,
    Wildcard,
    parse_wildcards,
)


@cache
def matches(tokens: Tokens, text: str) -> bool:
    """Whether tokens match all of a text, by trying every way."""
    if not tokens:
        return not text
    token, *others = tokens
    rest = tuple(others)
    match token:
        case Character(expression=expression):
            fits = bool(re.fullmatch(expression, text[:1], re.DOTALL))
            return fits and matches(rest, text[1:])
        case Wildcard.IN_COMPONENT:
            ends = [at for at in range(len(text) + 1) if "/" not in text[:at]]
        case Wildcard.ANYTHING:
            ends = list(range(len(text) + 1))
        case Wildcard.DIRECTORIES:
            ends = [0, *(at + 1 for at, character in enumerate(text) if character == "/")]
        case Alternatives(sequences=sequences):
            return any(matches((*sequence, *rest), text) for sequence in sequences)
    return any(matches(rest, text[end:]) for end in ends)


pieces = st.sampled_from(
    [
        *("a", "b", "/", "*", "**", "**/", "/**", "/**/", "?", ".", "\n", "\\*", "\\/"),
        *("[ab]", "[!a]", "[a/]", "{a,b}", "{a,}", "{a/b,c}", "{**/a,b}", "{*a,b*}", "{**,b}"),
    ]
)
globs = st.recursive(
    st.lists(pieces, max_size=8).map("".join),
    lambda inner: st.tuples(inner, inner, inner).map(lambda three: "{}{{{},{}}}".format(*three)),
    max_leaves=3,
)
texts = st.lists(st.text("ab/.\n", max_size=8), max_size=6)


@given(globs, texts)
@example("**/*a*b/**/*b*a", ["ab/ba", "x/aab/b/abba", "ab/x/y/ba", "ab/x/y/b"])
@example("*a*b*a*", ["aba", "abab", "ab/a", "aab"])
@example("**/**/**/**/a", ["a", "b/a", "/a", "ba"])
@example("x{**/a,b}*c*d*e*", ["xacde", "xb/acde", "xbcde"])
@example("[!a]*b*b*b", ["/bbb", "bbbb", "abbb"])
@example("{a*,*a}{b*,*b}{*,b}", ["ab", "aabb", "ba"])
def test_every_kind_of_matcher_is_exact(glob: str, texts: list[str]) -> None:
    try:
        tokens = parse_wildcards(glob).tokens
    except PatternError:
        return
    kinds: list[Matcher] = [make_matcher(tokens), PositionMatcher(tokens)]
    expression = atomic_expression(tokens)
    if expression is not None:
        kinds.append(re.compile(expression, re.DOTALL))
    for text in texts:
        expected = matches(tokens, text)
        assert [bool(kind.fullmatch(text)) for kind in kinds] == [expected] * len(kinds), text


HOSTILE = {
    "*a" * 30 + "b": ("a" * 249 + "b", "a" * 250),
    "a*" * 30 + "b": ("a" * 249 + "b", "a" * 250),
    "{a,a}" * 40 + "b": ("a" * 40 + "b", "a" * 40),
    "{a,?}" * 40 + "b": ("a" * 40 + "b", "a" * 40),
    "{a*,*a}" * 12 + "b": ("a" * 200 + "b", "a" * 200),
    "{a*,*a}" * 3 + "b": ("a" * 200 + "b", "a" * 200),
    "[!b]*" * 12 + "b": ("a" * 200 + "b", "a" * 200),
    "**/" * 30 + "x": ("a/" * 60 + "x", "a/" * 60 + "b"),
    "**/a/" * 20 + "x": ("a/" * 60 + "x", "a/" * 60 + "b"),
    "**/*a*a/" * 10 + "x": ("aaa/" * 60 + "x", "aaa/" * 60 + "b"),
    "{a/**,a}/" * 10 + "x": ("a/" * 60 + "x", "a/" * 60 + "b"),
    "?" * 9_000: ("a" * 9_000, "a" * 8_999),
    "a*" * 200: ("a" * 200, "a" * 199),
}


@pytest.mark.parametrize("glob", HOSTILE, ids=[glob[:20] for glob in HOSTILE])
def test_it_comes_to_an_end(glob: str) -> None:
    matcher = make_matcher(parse_wildcards(glob).tokens)
    good, bad = HOSTILE[glob]
    assert matcher.fullmatch(good)
    assert not matcher.fullmatch(bad)


@pytest.mark.parametrize(
    "glob", ["*.py", "**/*.py", "src/**/*.{c,cc,cpp,h,hpp}", "[!.]*", "**/*_a_*/**/*b*.{c,h}"]
)
def test_patterns_of_projects_are_left_to_re(glob: str) -> None:
    assert isinstance(make_matcher(parse_wildcards(glob).tokens), re.Pattern)
