"""``lbuild graph``: print in which order projects are built, and what each needs of the others."""

from collections.abc import Sequence
from typing import Literal

from lbuild_frontend import api
from lbuild_frontend.commands import boundary
from lbuild_frontend.model.request import Color, Scope
from lbuild_frontend.output import graph, json_rows
from lbuild_frontend.output.terminal import Terminal


def run(
    projects: Sequence[str],
    scope: Scope,
    form: Literal["text", "json", "dot"],
    level: int,
    color: Color,
) -> int:
    """Print the graph; return an exit code.

    Args:
        projects: the words of the command line.
        scope: which members of a workspace are meant.
        form: text for people, JSON, or the language of Graphviz.
        level: how much is printed, see ``Terminal``.
        color: when text has colours.
    """

    def command(terminal: Terminal) -> int:
        found = api.graph(projects, workspace=scope.workspace, packages=scope.packages)
        for note in found.notes:
            terminal.note(note)
        match form:
            case "json":
                terminal.line(json_rows.as_json(found.members))
            case "dot":
                terminal.line(graph.as_dot(found))
            case "text":
                for line in graph.text(found, terminal.out):
                    terminal.line(line)
        return 0

    return boundary.run(level, color, command)
