"""How text looks on a stream: folded to its width, and with colours or without.

By hand, because a hit would pay 23 ms for importing rich, and four codes are all that is needed.
"""

import os
import re
import shutil
from collections.abc import Mapping
from typing import NamedTuple, TextIO

from lbuild_frontend.model.request import Color

_CODE = r"\x1b\[[0-9;]*m"
_WORD = r" *[^ ]+"
"""Compiled when they are used: most output goes nowhere where lines are folded."""


class Look(NamedTuple):
    """What a stream can show. Without arguments: lines of any length, no colours.

    Attributes:
        width: the columns of the terminal; None where lines may have any length.
        has_colors: whether colours and weights are written (ECMA-48, "SGR").
    """

    width: int | None = None
    has_colors: bool = False

    def bold(self, text: str) -> str:
        """Return a name as it is shown."""
        return self._styled("1", text)

    def dim(self, text: str) -> str:
        """Return what explains, and need not be read."""
        return self._styled("2", text)

    def red(self, text: str) -> str:
        """Return what is wrong."""
        return self._styled("1;31", text)

    def green(self, text: str) -> str:
        """Return what is done."""
        return self._styled("32", text)

    def yellow(self, text: str) -> str:
        """Return what the user should do something about."""
        return self._styled("1;33", text)

    def cyan(self, text: str) -> str:
        """Return a label."""
        return self._styled("36", text)

    def _styled(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.has_colors and text else text

    def fold(self, text: str, indent: str = "  ") -> str:
        """Break lines at spaces where they are wider than the stream; a word is never broken.

        A path stays whole that way, so that it can be copied.

        Args:
            text: lines, with colours or without.
            indent: how the rest of a broken line begins.
        """
        if self.width is None:
            return text
        return "\n".join(self._folded(line, indent, self.width) for line in text.split("\n"))

    def _folded(self, line: str, indent: str, width: int) -> str:
        done = ""
        column = 0
        for word in re.findall(_WORD, line):
            if column and column + columns(word) > width:
                done += "\n" + indent
                column = len(indent)
                word = word.lstrip(" ")  # noqa: PLW2901  the spaces are where the line ends
            done += word
            column += columns(word)
        return done or line


PLAIN = Look()


def columns(text: str) -> int:
    """Return how wide a text is when it is shown."""
    return len(re.sub(_CODE, "", text))


def look_of(stream: TextIO, color: Color, environ: Mapping[str, str] = os.environ) -> Look:
    """Return what a stream can show.

    The option is decisive; then ``NO_COLOR`` (no-color.org), then ``FORCE_COLOR``
    (force-color.org) and ``CLICOLOR_FORCE`` (bixense.com/clicolors), as uv has them; a variable
    counts if it is not empty. Otherwise a terminal has colours, unless it is a dumb one.

    Args:
        color: as given to ``--color``.
    """
    is_terminal = stream.isatty()
    width = shutil.get_terminal_size().columns if is_terminal else None
    if color != "auto":
        return Look(width, color == "always")
    if environ.get("NO_COLOR"):
        return Look(width)
    if environ.get("FORCE_COLOR") or environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return Look(width, has_colors=True)
    return Look(width, is_terminal and is_capable(environ))


def is_capable(environ: Mapping[str, str]) -> bool:
    """Whether a terminal can move its cursor and show colours, by what it reports of itself.

    Consoles of Windows do so by ``WT_SESSION`` (Windows Terminal) or ``ANSICON`` only: others need
    to be asked for it first.
    """
    if os.name == "nt":
        return bool({"WT_SESSION", "ANSICON", "TERM"} & environ.keys())
    return environ.get("TERM", "dumb") not in ("", "dumb", "unknown")
