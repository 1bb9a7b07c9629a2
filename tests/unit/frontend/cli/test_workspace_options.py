"""Options for workspaces -> what of a workspace a command is for."""

from collections.abc import Sequence

import pytest

from lbuild_frontend.cli import app
from lbuild_frontend.commands import graph, projects
from lbuild_frontend.model.request import Command, Request, Scope


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
        (["graph", "--package", "app"], Scope(packages=("app",))),
    ],
)
def test_the_scope(words: Sequence[str], scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    command = parsed(words, monkeypatch)
    assert command.scope == scope
    assert command.verb == words[0]


def test_a_graph_needs_few_options(monkeypatch: pytest.MonkeyPatch) -> None:
    command = parsed(["graph", "a", "b", "--dot"], monkeypatch)
    assert command.as_dot
    assert command.projects == ("a", "b")
    assert command.request.isolation


@pytest.mark.parametrize("scope", [Scope(), Scope(True, ("a", "b"), 3, True, True)])
def test_a_scope_is_kept_with_its_command(scope: Scope) -> None:
    request = Request(None, {}, isolation=True, mode=None, cache_dir=None, verbose=False)
    command = Command("wheel", (), request, 0, as_json=False, scope=scope, as_dot=True)
    assert Command.from_plain(command.to_plain()) == command


def parsed(words: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return what a command line asks for."""
    asked: list[Command] = []

    def keep(command: Command) -> int:
        asked.append(command)
        return 0

    monkeypatch.setattr(projects, "run", keep)
    monkeypatch.setattr(graph, "run", keep)
    monkeypatch.setattr("sys.argv", ["lbuild", *words])
    assert app.main() == 0
    return asked[0]
