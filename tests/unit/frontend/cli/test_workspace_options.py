"""Options for workspaces -> what of a workspace a command is for."""

from collections.abc import Sequence

import pytest

from lbuild_frontend.cli import app
from lbuild_frontend.commands import graph, projects
from lbuild_frontend.model.request import Command, CommandLine, Scope


@pytest.mark.parametrize(
    ("words", "scope"),
    [
        (["wheel"], Scope()),
        (["wheel", "--workspace"], Scope(workspace=True)),
        (
            ["status", "--package", "B_b", "--package=a", "--package", "b.b"],
            Scope(packages=("b-b", "a")),
        ),
        (["wheel", "--workspace", "-j2", "--fail-fast"], Scope(True, (), 2, fail_fast=True)),
        (
            ["wheel", "--workspace", "-o", "all", "--with-dependencies"],
            Scope(workspace=True, with_dependencies=True),
        ),
    ],
)
def test_the_scope(words: Sequence[str], scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    command = parsed(words, monkeypatch)
    assert command.scope == scope
    assert command.verb == words[0]


def test_what_a_graph_is_of(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []

    def keep(*values: object) -> int:
        asked.append(values)
        return 0

    monkeypatch.setattr(graph, "run", keep)
    for words in (["a", "b", "--dot"], ["--package", "app", "--json"], ["-q"]):
        monkeypatch.setattr("sys.argv", ["lbuild", "graph", *words])
        assert app.main() == 0
    assert asked == [
        (("a", "b"), Scope(), "dot", 0, "auto"),
        ((), Scope(packages=("app",)), "json", 0, "auto"),
        ((), Scope(), "text", -1, "auto"),
    ]


@pytest.mark.parametrize("scope", [Scope(), Scope(True, ("a", "b"), 3, True, True)])
def test_a_scope_is_kept_with_its_command(scope: Scope) -> None:
    line = CommandLine(Command("wheel", scope=scope), 0, as_json=False)
    assert CommandLine.from_plain(line.to_plain()) == line


def parsed(words: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return what a command line asks for."""
    asked: list[CommandLine] = []

    def keep(line: CommandLine) -> int:
        asked.append(line)
        return 0

    monkeypatch.setattr(projects, "run", keep)
    monkeypatch.setattr("sys.argv", ["lbuild", *words])
    assert app.main() == 0
    return asked[0].command
