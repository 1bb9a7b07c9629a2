"""The options of the commands that work on several projects of a workspace, and their values."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from lbuild_frontend.cli.option_groups import OUTPUT_OPTIONS, WORKSPACE_OPTIONS
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.model.request import Scope
from lbuild_keys.pep508 import normalize_name


def _check_names(names: list[str] | None) -> list[str] | None:
    """Check that each is a name: a folder may be meant, or a requirement."""
    import re  # few commands have such names

    for name in names or ():
        # The grammar of names, without the letters beyond ASCII that re.IGNORECASE would let in.
        if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name):
            message = f"{name!r} is no name; give a folder without --package"
            raise typer.BadParameter(message)
    return names


def _number_of_jobs(text: str) -> int:
    """Read the number, with an error in words of our own."""
    if not (text.isascii() and text.isdigit() and int(text)):
        message = f"{text!r} is no number of projects; use 1 or more"
        raise typer.BadParameter(message)
    return int(text)


Workspace = Annotated[
    bool,
    typer.Option(
        "--workspace",
        rich_help_panel=WORKSPACE_OPTIONS,
        help="All members of the workspace that the current folder is in.",
    ),
]
Package = Annotated[
    list[str] | None,
    typer.Option(
        "--package",
        metavar="NAME",
        callback=_check_names,
        rich_help_panel=WORKSPACE_OPTIONS,
        help="A member of the workspace, by its name. Repeatable.",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        metavar="N",
        parser=_number_of_jobs,
        rich_help_panel=WORKSPACE_OPTIONS,
        help="How many projects may be at work at once. [default: the number of cores]",
    ),
]
FailFast = Annotated[
    bool,
    typer.Option(
        "--fail-fast",
        rich_help_panel=WORKSPACE_OPTIONS,
        help="Begin nothing more once a project has failed.",
    ),
]
WithDependencies = Annotated[
    bool,
    typer.Option(
        "--with-dependencies",
        rich_help_panel=WORKSPACE_OPTIONS,
        help="With --out-dir: also put the wheels there of all that the projects depend on, so "
        "that pip can install from that folder alone.",
    ),
]
Dot = Annotated[
    bool,
    typer.Option(
        "--dot",
        rich_help_panel=OUTPUT_OPTIONS,
        help="Print the graph in the language of Graphviz.",
    ),
]


def scope_of(options: Mapping[str, Any], projects: Sequence[str]) -> Scope:
    """Return what of a workspace a command is for.

    Args:
        options: the values of all options, by the names that the command's function gives them.
        projects: the words of the command line that name projects.

    Raises:
        LbuildError: if options contradict each other.
    """
    scope = Scope(
        workspace=options.get("workspace", False),
        packages=tuple(dict.fromkeys(map(normalize_name, options.get("package") or ()))),
        jobs=options.get("jobs"),
        fail_fast=options.get("fail_fast", False),
        with_dependencies=options.get("with_dependencies", False),
    )
    if scope.workspace and projects:
        message = f"--workspace means all members: leave out {projects[0]!r}, or --workspace"
        raise LbuildError(message)
    if scope.workspace and scope.packages:
        message = "--workspace means all members: leave out --package, or --workspace"
        raise LbuildError(message)
    if scope.with_dependencies and options["out_dir"] is None:
        message = "--with-dependencies fills one folder with wheels: name it with --out-dir DIR"
        raise LbuildError(message)
    if options.get("dot") and options["as_json"]:
        message = "--json and --dot are two languages for one graph: leave one of them out"
        raise LbuildError(message)
    return scope
