"""The two streams of a command."""

import io
import sys
from pathlib import Path

import pytest

from lbuild_frontend.errors import BuildFailed, LbuildError
from lbuild_frontend.output.terminal import Terminal


def told(level: int, capsys: pytest.CaptureFixture[str]) -> str:
    terminal = Terminal(level, "auto")
    terminal.progress("progress")
    terminal.note("note")
    terminal.warn("warning")
    terminal.error(BuildFailed("error", "output\n\n"))
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_levels(capsys: pytest.CaptureFixture[str]) -> None:
    output = "Output of the build (1 line):\n  output\n"
    always = f"warning: warning\n{output}error: error\n"
    assert told(-1, capsys) == always
    assert told(0, capsys) == f"note\n{always}"
    assert told(1, capsys) == f"progress\nnote\n{always}"


@pytest.mark.parametrize(
    "error", [LbuildError("text"), BuildFailed("text"), BuildFailed("text", " ")]
)
def test_an_error_without_output(error: LbuildError, capsys: pytest.CaptureFixture[str]) -> None:
    Terminal(0, "auto").error(error)
    assert capsys.readouterr().err == "error: text\n"


@pytest.mark.parametrize(
    ("encoding", "printed"),
    [("ascii", rb"caf\xe9 \udce9 \u20ac"), ("utf-8", "café \\udce9 €".encode())],
)
def test_what_cannot_be_printed_is_escaped(
    monkeypatch: pytest.MonkeyPatch, encoding: str, printed: bytes
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(raw, encoding=encoding))
    Terminal(0, "auto").note("café \udce9 €")
    assert raw.getvalue() == printed + b"\n"


def test_the_end_of_a_long_output_and_where_all_of_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failed = BuildFailed("failed", "\n".join(map(str, range(1, 101))))
    failed.log = Path("/cache/logs-v1/demo.log")
    Terminal(0, "auto").error(failed)
    first, *rest = capsys.readouterr().err.splitlines()
    assert first == "Output of the build (the last 30 of 100 lines):"
    assert rest == [
        *(f"  {number}" for number in range(71, 101)),
        "All of it is in /cache/logs-v1/demo.log",
        "error: failed",
    ]


def test_weights_of_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(0, "always")
    terminal.warn("odd")
    terminal.error(LbuildError("wrong"))
    assert capsys.readouterr().err == (
        "\x1b[1;33mwarning:\x1b[0m odd\n\x1b[1;31merror:\x1b[0m wrong\n"
    )


class Screen(io.StringIO):
    """A standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal(0, "auto")
    terminal.progress("first")
    terminal.progress("second [bold]")
    terminal.note("note")
    text = screen.getvalue()
    assert "second [bold]" in text
    assert text.endswith("note\n")
    terminal.rest()
    terminal.rest()
    assert screen.getvalue() == text


def test_progress_is_not_shown_on_a_terminal_if_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    Terminal(-1, "auto").progress("progress")
    assert screen.getvalue() == ""
