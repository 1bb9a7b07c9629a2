"""Colours and widths of streams."""

import io
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_frontend.model.request import Color
from lbuild_frontend.output.look import PLAIN, Look, columns, look_of


class Screen(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


XTERM = {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    ("color", "environ", "on_terminal", "elsewhere"),
    [
        ("auto", XTERM, True, False),
        ("auto", {"TERM": "dumb"}, False, False),
        ("auto", {"TERM": ""}, False, False),
        ("auto", {}, False, False),
        ("auto", XTERM | {"NO_COLOR": "1"}, False, False),
        ("auto", XTERM | {"NO_COLOR": ""}, True, False),
        ("auto", XTERM | {"FORCE_COLOR": "1"}, True, True),
        ("auto", XTERM | {"FORCE_COLOR": ""}, True, False),
        ("auto", XTERM | {"CLICOLOR_FORCE": "1"}, True, True),
        ("auto", XTERM | {"CLICOLOR_FORCE": "0"}, True, False),
        ("auto", {"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ("always", {"NO_COLOR": "1"}, True, True),
        ("never", XTERM | {"FORCE_COLOR": "1"}, False, False),
    ],
)
def test_which_streams_have_colours(
    color: Color, environ: Mapping[str, str], on_terminal: bool, elsewhere: bool
) -> None:
    assert look_of(Screen(), color, environ).has_colors == on_terminal
    look = look_of(io.StringIO(), color, environ)
    assert look == Look(None, elsewhere)


def test_where_lines_are_broken() -> None:
    text = "error: demo: /a/long/path/in/the/project is wrong.\nCorrect it."
    assert PLAIN.fold(text) == text
    assert Look(80).fold(text) == text
    assert Look(20).fold(text).splitlines() == [
        "error: demo:",
        "  /a/long/path/in/the/project",
        "  is wrong.",
        "Correct it.",
    ]
    assert Look(9).fold("  two words", " " * 4) == "  two\n    words"
    assert Look(9).fold("") == ""


words = st.text("ab-/", min_size=1, max_size=9)
looks = st.builds(Look, st.integers(1, 30), st.booleans())


@given(st.lists(words, min_size=1, max_size=12), looks)
def test_no_word_is_broken_and_none_is_lost(text: list[str], look: Look) -> None:
    folded = look.fold(look.bold(" ".join(text)))
    assert Look().fold(folded) == folded
    lines = folded.split("\n")
    assert look.bold(" ".join(text)) == " ".join(line.strip(" ") for line in lines)
    assert look.width is not None
    for line in lines:
        assert columns(line) <= look.width or " " not in line.strip(" ")
