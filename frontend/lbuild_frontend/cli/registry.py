"""The commands by their names: each is made when it is asked for."""

from collections.abc import Callable
from typing import Any

import typer

from lbuild_frontend.cli import parser

COMMANDS: dict[str, Callable[[], typer.Typer]] = {}
"""Returns what typer makes each command from. It makes one only if it is asked for: that takes as
long as most hits do otherwise."""


class Commands(parser.Group):
    """The commands of lbuild."""

    def list_commands(self, _ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return [*COMMANDS]

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        """Return a command; None if there is none of that name."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            self.commands[cmd_name] = typer.main.get_command(COMMANDS[cmd_name]())
        return self.commands.get(cmd_name)


def command(short_help: str, epilog: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function as the command of its name, with its docstring as the help."""

    def add(function: Callable[..., None]) -> Callable[..., None]:
        def make() -> typer.Typer:
            alone = typer.Typer(add_completion=False, rich_markup_mode=None)
            alone.command(cls=parser.Command, short_help=short_help, epilog=epilog)(function)
            return alone

        COMMANDS[function.__name__] = make
        return function

    return add
