"""``lbuild graph``: print in which order projects are built, and what each needs of the others."""

from lbuild_frontend import api
from lbuild_frontend.commands import boundary
from lbuild_frontend.model.request import Command
from lbuild_frontend.output import graph
from lbuild_frontend.output.terminal import Terminal


def run(command: Command) -> int:
    """Print the graph; return an exit code."""
    return boundary.run(command.level, command.color, lambda terminal: _run(command, terminal))


def _run(command: Command, terminal: Terminal) -> int:
    found, notes = api.graph(command.projects, command.scope)
    for note in notes:
        terminal.note(note)
    if command.as_json:
        terminal.line(graph.as_json(found))
    elif command.as_dot:
        terminal.line(graph.as_dot(found))
    else:
        for line in graph.text(found, terminal.out):
            terminal.line(line)
    return 0
