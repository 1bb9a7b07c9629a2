"""Patterns that are malformed, and what the error says."""

import pytest

from lbuild_keys.errors import PatternError
from lbuild_keys.globs.patterns import parse

MISTAKES = [
    ("[abc", "'[' is never closed"),
    ("a*[]", "'[' is never closed"),
    ("[!]", "'[' is never closed"),
    ("{a,b", "'{' is never closed"),
    ("{a,{b,c}", "'{' is never closed"),
    ("*}", "'}' has no matching '{'"),
    ("a}/b*", "'}' has no matching '{'"),
    ("[z-a]", "'z-a' runs backwards"),
    ("[a--]", "'a--' runs backwards"),
    ("*\\", "ends with a backslash"),
    ("a\0", "NUL"),
    ("{" * 5000 + "}" * 5000, "nested more than 100 deep"),
    ("![abc", "'[' is never closed"),
]


@pytest.mark.parametrize(("pattern", "problem"), MISTAKES)
def test_mistakes(pattern: str, problem: str) -> None:
    with pytest.raises(PatternError) as caught:
        parse(pattern)
    assert problem in str(caught.value)
