"""The classes of typer's commands, with help and errors of our own.

typer's parser is click's, under another name in each version. So classes of errors are told by
their names here, and commands and contexts have the type ``Any``. What few command lines need is
imported where it is used.
"""

import contextlib
import itertools
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO, get_args

import typer.core

from lbuild_frontend.errors import LbuildError
from lbuild_frontend.model.request import Color

_USAGE_ERROR: type[Exception] = typer.BadParameter.__base__ or typer.BadParameter
"""``UsageError``, which typer does not export."""


class Command(typer.core.TyperCommand):
    """A command of lbuild's."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help for standard output."""
        formatter.write(_help(self, ctx, sys.stdout))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse a command line; each error knows the command."""
        with _located_errors(ctx):
            return super().parse_args(ctx, args)


class Group(typer.core.TyperGroup):
    """``lbuild``, or a command that has commands."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help for standard output."""
        formatter.write(_help(self, ctx, sys.stdout))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse a command line; each error knows the command."""
        with _located_errors(ctx):
            return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that the first of the words names.

        Raises:
            LbuildError: if there is none; with the command that may be meant.
        """
        if not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            from lbuild_frontend.cli import mistakes

            raise LbuildError(mistakes.unknown_command(args, self, ctx))
        return super().resolve_command(ctx, args)


def run(command: Callable[..., Any]) -> int:
    """Run what the command line asks for; return an exit code.

    Args:
        command: takes no positional arguments, parses ``sys.argv`` and does it.
    """
    try:
        return int(command(prog_name="lbuild", standalone_mode=False) or 0)
    except LbuildError as error:
        return _end(error)
    except _USAGE_ERROR as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            context = vars(error)["ctx"]
            sys.stderr.write(_help(context.command, context, sys.stderr))
            return LbuildError.exit_code
        from lbuild_frontend.cli import mistakes

        return _end(LbuildError(mistakes.explained(error)))


def _help(command: Any, context: Any, stream: TextIO) -> str:
    from lbuild_frontend.cli import help as help_pages
    from lbuild_frontend.output.look import look_of

    look = look_of(stream, _color())
    context.color = look.has_colors  # otherwise typer takes the colours out, or leaves them in
    return help_pages.text_of(command, context, look)


@contextlib.contextmanager
def _located_errors(context: Any) -> Iterator[None]:
    try:
        yield
    except _USAGE_ERROR as error:
        vars(error)["ctx"] = vars(error).get("ctx") or context
        raise


def _end(error: LbuildError) -> int:
    from lbuild_frontend.output.terminal import Terminal

    Terminal(0, _color()).error(error)
    return error.exit_code


def _color() -> Color:
    """Return what ``--color`` asks for: it has an effect on help too, and where parsing failed."""
    words = sys.argv[1:]
    for word, following in itertools.pairwise([*words, ""]):
        value = following if word == "--color" else word.removeprefix("--color=")
        if word.startswith("--color") and value in get_args(Color):
            color: Color = value  # type: ignore[assignment]
            return color
    return "auto"
