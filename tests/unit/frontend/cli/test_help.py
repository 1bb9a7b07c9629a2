"""The pages of --help: complete, in groups, and readable at any width."""

import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
import typer.main

from lbuild_frontend.cli import help as help_pages
from lbuild_frontend.cli.app import app, main
from lbuild_frontend.cli.option_groups import (
    BUILD_OPTIONS,
    CACHE_OPTIONS,
    OUTPUT_OPTIONS,
    WORKSPACE_OPTIONS,
)

COMMANDS = ["", "wheel", "cache prune"]
OTHERS = [
    *("metadata", "status", "graph", "cache"),
    *(f"cache {name}" for name in ("dir", "info", "list", "remove", "clean", "verify")),
]
EACH = pytest.mark.parametrize(
    "command", [*COMMANDS, *(pytest.param(one, marks=pytest.mark.exhaustive) for one in OTHERS)]
)

Page = Callable[[str, int], str]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Page:
    """Return what ``lbuild COMMAND --help`` prints at some width."""

    def print_page(command: str, width: int) -> str:
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setattr(sys, "argv", ["lbuild", *command.split(), "--help"])
        assert main() == 0
        return capsys.readouterr().out

    return print_page


@EACH
def test_a_page_at_any_width(page: Page, command: str) -> None:
    pages = {width: page(command, width) for width in (100, 80, 40)}
    assert len({tuple(sorted(text.split())) for text in pages.values()}) == 1, "a broken word"
    for width, text in pages.items():
        for line in text.splitlines():
            assert len(line) <= width or len(line.split()) == 1, line
    assert not re.search(r"<[a-z\[\]|]+>", pages[80]), "a type"
    assert "Documentation: https://" in pages[80]
    assert pages[80].count("Usage: lbuild") == 1


def test_options_are_in_groups(page: Page) -> None:
    text = page("wheel", 80)
    titles = re.findall(r"^(\S.*):$", text, re.M)
    options = ["Options", WORKSPACE_OPTIONS, BUILD_OPTIONS, CACHE_OPTIONS, OUTPUT_OPTIONS]
    assert titles == ["Arguments", *options, "Examples"]
    group = text.partition(f"{CACHE_OPTIONS}:")[2].partition("\n\n")[0]
    for option in ("--refresh", "--refresh-package NAME", "--no-cache", "--cache-dir DIR"):
        assert f"      {option} " in group
    assert "[env: LBUILD_CACHE_DIR]" in group
    assert "  -C, --config-setting KEY[=VALUE]\n" in text
    assert "--inputs MODE " in text


def test_every_option_is_described() -> None:
    group: Any = typer.main.get_command(app)
    commands = {name: group.get_command(None, name) for name in group.list_commands(None)}
    commands["lbuild"] = group
    commands |= {f"cache {name}": one for name, one in vars(commands["cache"])["commands"].items()}
    for name, command in commands.items():
        assert command.help, name
        for parameter in command.params:
            described = vars(parameter)["help"]
            assert described and described.endswith((".", "]")), (name, parameter.name)
            if parameter.param_type_name == "option" and not vars(parameter)["is_flag"]:
                assert parameter.metavar, (name, parameter.name)


def test_colours_only_where_they_are_asked_for(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in page("wheel", 80)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1mUsage:\x1b[0m" in page("wheel", 80)
    assert "\x1b" not in page("wheel --color=never", 80)
    monkeypatch.delenv("FORCE_COLOR")
    assert "\x1b[1mUsage:\x1b[0m" in page("wheel --color always", 80)


def test_descriptions_below_where_there_is_no_room_beside(page: Page) -> None:
    assert "\n  -n, --no-isolation\n      Build in the" in page("wheel", 40)
    assert "\n  -n, --no-isolation          Build in the" in page("wheel", 80)


def test_the_address_is_that_of_the_metadata() -> None:
    assert help_pages.documentation().endswith("/docs/index.md")
