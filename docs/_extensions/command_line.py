"""Read the commands and their options from the command line itself, as values for pages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import typer

from lbuild_frontend.cli import help as help_pages
from lbuild_frontend.cli.app import app

PAGES = "reference/commands/"
"""The folder of the pages on commands."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """An option of a command.

    Attributes:
        anchor: of its place on the page: ``wheel-out-dir``.
        names: as on the command line, a short one first: ``-o``, ``--out-dir``.
        value: what its value is called; "" if it has none.
        text: what it is for.
        default: in words; "" if there is none.
        variable: an environment variable that has the same effect; "" if there is none.
    """

    anchor: str
    names: tuple[str, ...]
    value: str
    text: str
    default: str
    variable: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandHelp:
    """A command, as its help describes it.

    Attributes:
        name: without ``lbuild``: ``cache prune``.
        summary: one line.
        usage: how it is called.
        text: paragraphs.
        arguments: names and what they are for.
        groups: options by the names of their groups.
        examples: command lines and what they are for.
    """

    name: str
    summary: str
    usage: str
    text: str
    arguments: tuple[tuple[str, str], ...]
    groups: Mapping[str, tuple[Option, ...]]
    examples: tuple[tuple[str, str], ...]


def commands() -> dict[str, CommandHelp]:
    """Return all commands by their names, those of ``lbuild cache`` after it."""
    group: Any = typer.main.get_command(app)
    context = group.context_class(group, info_name="lbuild")
    found = {"": _command("", group, context)}
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inside = command.context_class(command, info_name=name, parent=context)
        found[name] = _command(name, command, inside)
        for inner in getattr(command, "commands", ()):
            one = command.get_command(inside, inner)
            below = one.context_class(one, info_name=inner, parent=inside)
            found[f"{name} {inner}"] = _command(f"{name} {inner}", one, below)
    return found


def _command(name: str, command: Any, context: Any) -> CommandHelp:
    groups: dict[str, tuple[Option, ...]] = {}
    for group, parameters in help_pages.option_groups(command, context).items():
        options = tuple(_option(name, one) for one in parameters if one.name != "help")
        if options:
            groups[group] = options
    return CommandHelp(
        name=name,
        summary=command.get_short_help_str(limit=200),
        usage=help_pages.usage_of(command, context),
        text=command.help or "",
        arguments=tuple(help_pages.arguments_of(command, context)),
        groups=groups,
        examples=tuple(help_pages.examples_of(command)),
    )


def _option(command: str, parameter: Any) -> Option:
    long = next(name for name in parameter.opts if name.startswith("--"))
    text, _, default = (parameter.help or "").partition(" [default: ")
    is_flag = getattr(parameter, "is_flag", False)
    return Option(
        anchor=re.sub("[^a-z]+", "-", f"{command or 'lbuild'} {long}"),
        names=tuple(sorted((*parameter.opts, *parameter.secondary_opts), key=len)),
        value="" if is_flag else parameter.metavar or parameter.name.upper(),
        text=text,
        default=default.removesuffix("]"),
        variable=parameter.envvar or "",
    )
