"""The automaton agrees with Python's ``re``, and comes to an end where that does not."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lbuild_keys.globs.automaton import Automaton, matcher
from lbuild_keys.globs.translate import translate

characters = st.sampled_from(["a", "b", "/", r"\.", r"\]", ".", "[^/]", "[a/]", r"[^b\]]", "[a-b]"])
atoms = st.one_of(characters, characters.map("{}*".format))
expressions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: f"(?:{'|'.join(some)})"),
        inner.map("(?:{})?".format),
        inner.map("(?:{})*".format),
    ),
    max_leaves=12,
)


@given(expressions, st.lists(st.text("ab/].\n", max_size=8), max_size=6))
@example("", ["", "a"])
@example("(?:.*/)?(?:.*/)?a", ["a", "b/a", "b/b/a", "/a", "ba", "a/b"])
@example("(?:(?:a*)*)*b", ["b", "aab", "aa"])
def test_it_agrees_with_re(expression: str, texts: list[str]) -> None:
    ours, theirs = Automaton(expression), re.compile(expression, re.DOTALL)
    for text in [*texts, *texts]:
        assert ours.fullmatch(text) == bool(theirs.fullmatch(text)), text


SLOW = {
    "*a" * 30 + "b": ("a" * 249 + "b", "a" * 250),
    "a*" * 30 + "b": ("a" * 249 + "b", "a" * 250),
    "{a,a}" * 40 + "b": ("a" * 40 + "b", "a" * 40),
    "{a,?}" * 40 + "b": ("a" * 40 + "b", "a" * 40),
    "{a*,*a}" * 12 + "b": ("a" * 200 + "b", "a" * 200),
    "[!b]*" * 12 + "b": ("a" * 200 + "b", "a" * 200),
    "**/" * 30 + "x": ("a/" * 60 + "x", "a/" * 60 + "b"),
    "**/a/" * 20 + "x": ("a/" * 60 + "x", "a/" * 60 + "b"),
    "?" * 9_000: ("a" * 9_000, "a" * 8_999),
    "a*" * 200: ("a" * 200, "a" * 199),
}


@pytest.mark.parametrize("glob", SLOW, ids=[glob[:20] for glob in SLOW])
def test_it_comes_to_an_end(glob: str) -> None:
    compiled = matcher(translate(glob)[0])
    good, bad = SLOW[glob]
    assert compiled.fullmatch(good)
    assert not compiled.fullmatch(bad)


def test_what_re_is_good_at_is_left_to_it() -> None:
    for glob in ("*.py", "**/*.py", "src/**/*.{c,cc,cpp,h,hpp}", "[!.]*"):
        assert isinstance(matcher(translate(glob)[0]), re.Pattern)
