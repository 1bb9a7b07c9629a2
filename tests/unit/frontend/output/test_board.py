"""What is shown while several projects are at work: on a terminal, and elsewhere."""

import io
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from rich.console import Console

from lbuild_frontend.errors import BuildFailed
from lbuild_frontend.output.progress import LinesOfProjects
from lbuild_frontend.output.terminal import Terminal


class Screen(io.StringIO):
    """A standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


def small_screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    made = Screen()
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LINES", "5")
    return made


def test_a_line_for_each_project_and_a_counter(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = small_screen(monkeypatch)
    terminal = Terminal(0, "auto")
    with terminal.board():
        terminal.step_of("first", "core: building with x")
        terminal.step_of("second", "app [x]: building with a backend of a long name")
        terminal.count(3, 12, 1)
        terminal.line("a result")  # everything is drawn anew below it
        drawn = screen.getvalue()
        terminal.step_of("first", None)
        terminal.step_of("second", None)
    assert "core: building with x" in drawn
    assert "app [x]: building with a backend" in drawn
    assert "of a long name" not in drawn, "it is wider than the terminal"
    assert drawn.count("0 s") >= 4
    assert "3 of 12 done, 2 at work, 1 failed" in drawn.rpartition("app [x]")[2]


def test_ctrl_c_while_the_board_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    screen = small_screen(monkeypatch)
    monkeypatch.setattr(Console, "push_render_hook", interrupted)
    terminal = Terminal(0, "auto")
    with pytest.raises(KeyboardInterrupt), terminal.board():
        terminal.step_of("a", "core: building with x")
    assert screen.getvalue().endswith("\x1b[?25h"), "the cursor can be seen again"


def test_the_step_of_a_single_project(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = small_screen(monkeypatch)
    terminal = Terminal(0, "auto")
    terminal.progress("demo: a step of which nobody can read more")
    terminal.progress("demo: the next one")
    terminal.rest()
    drawn = screen.getvalue()
    assert "demo: a step of which nobody can … " in drawn
    assert "0 s" in drawn.partition("\r")[0]
    assert "demo: the next one" in drawn.rpartition("nobody")[2]


def test_no_more_lines_than_the_window_has(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = small_screen(monkeypatch)
    terminal = Terminal(0, "auto")
    with terminal.board():
        for number in range(9):
            terminal.step_of(number, f"project {number}")
        terminal.note("note")
        last = screen.getvalue().rpartition("note")[2]
    assert "project 2" in last
    assert "project 3" not in last


def test_nothing_is_left_of_a_board(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = small_screen(monkeypatch)
    terminal = Terminal(0, "auto")
    with terminal.board():
        terminal.step_of("a", "core: building")
    terminal.note("core: built")
    terminal.rest()
    assert screen.getvalue().endswith("core: built\n")


@pytest.mark.parametrize("level", [-1, 0, 1])
def test_elsewhere_there_are_plain_lines(level: int, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(level, "auto")
    with terminal.board():
        terminal.step_of("core", "core: building")
        terminal.count(0, 2, 0)
        terminal.progress("reading")
        terminal.note("core: built")
        terminal.step_of("core", None)
    steps = "core: building\nreading\n" if level > 0 else ""
    assert capsys.readouterr().err == steps + ("core: built\n" if level >= 0 else "")


def test_each_project_that_goes_on_is_reported() -> None:
    said: set[str] = set()
    both = threading.Event()

    def say(text: str) -> None:
        said.add(text.partition(" (")[0])
        if len(said) == 2:
            both.set()

    lines = LinesOfProjects(say, 0.01)
    lines.begin("a", "a: building")
    lines.begin("b", "b: building")
    assert both.wait(60)
    lines.end("a")
    lines.end("a")
    lines.end("b")


def test_nothing_is_reported_any_more_once_the_board_is_closed() -> None:
    threads = set(threading.enumerate())
    terminal = Terminal(0, "auto")
    with terminal.board():
        terminal.step_of("a", "a: building")
        [at_work] = set(threading.enumerate()) - threads
    at_work.join(20)
    assert not at_work.is_alive()


def test_what_threads_print_does_not_mix(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(0, "auto")

    def work(number: int) -> None:
        with terminal.together():
            terminal.note(f"begin {number}")
            terminal.warn(f"of {number}")
            terminal.error(BuildFailed(f"end {number}", "some\noutput"))

    with terminal.board(), ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(40)))
    lines = capsys.readouterr().err.splitlines()
    numbers = {line.removeprefix("begin ") for line in lines[::6]}
    assert numbers == set(map(str, range(40)))
    for start in range(0, len(lines), 6):
        number = lines[start].removeprefix("begin ")
        assert lines[start + 1] == f"warning: of {number}"
        assert lines[start + 5] == f"error: end {number}"
    assert b"".join(text for _, text in terminal.printed).decode().splitlines() == lines
