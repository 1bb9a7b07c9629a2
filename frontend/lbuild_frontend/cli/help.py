"""Help: a command's arguments, its options in groups, examples, and where the documentation is.

typer's own help either breaks words on narrow terminals, or needs rich.
"""

import shutil
import textwrap
from collections.abc import Sequence
from typing import Any

from lbuild_frontend.cli.option_groups import (
    BUILD_OPTIONS,
    CACHE_OPTIONS,
    OUTPUT_OPTIONS,
    WORKSPACE_OPTIONS,
)
from lbuild_frontend.output.look import PLAIN, Look, columns

_WIDEST = 100
_BESIDE = 68
"""From so many columns on, descriptions are beside what they describe; else below it."""
_LABEL = 26
_NO_SHORT = "    "
_NO_BREAK = "\xa0"

_Row = tuple[str, str]
"""What is described, and the description."""


def text_of(command: Any, context: Any, look: Look = PLAIN) -> str:
    """Return the help of a command.

    Args:
        command: of typer: a command or a group. Its class has another place in each version.
        context: the parser's, for this command.
        look: of the stream that it is for.
    """
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    parts = [
        _paragraphs(command.help or "", width),
        _labelled("Usage", usage_of(command, context), look, width),
    ]
    parts.append(_section("Arguments", arguments_of(command, context), look, width))
    if hasattr(command, "list_commands"):
        parts.append(_section("Commands", _commands(command, context), look, width))
    parts += [
        _section(name, [*map(_option, options)], look, width)
        for name, options in option_groups(command, context).items()
    ]
    parts += [
        _section("Examples", examples_of(command), look, width),
        _labelled("Documentation", documentation(), look, width),
    ]
    return "\n".join(part for part in parts if part)


def usage_of(command: Any, context: Any) -> str:
    """Return how a command is called."""
    if hasattr(command, "list_commands"):
        return f"{context.command_path} COMMAND [OPTIONS] ..."
    arguments = (name for name, _ in arguments_of(command, context))
    return " ".join([context.command_path, "[OPTIONS]", *arguments])


def arguments_of(command: Any, context: Any) -> list[_Row]:
    """Return the arguments of a command, each with its description."""
    parameters = command.get_params(context)
    return [_argument(one) for one in parameters if one.param_type_name == "argument"]


def option_groups(command: Any, context: Any) -> dict[str, list[Any]]:
    """Return the options of a command by the names of their groups, in order."""
    groups: dict[str, list[Any]] = {}
    for one in command.get_params(context):
        if one.param_type_name == "option" and not getattr(one, "hidden", False):
            group = getattr(one, "rich_help_panel", None) or "Options"
            groups.setdefault(group, []).append(one)
    return {name: groups[name] for name in sorted(groups, key=_place_of)}


def examples_of(command: Any) -> list[_Row]:
    """Return examples of the use of a command, each with its description."""
    return [_example(line) for line in (command.epilog or "").splitlines()]


def documentation() -> str:
    """Return the address of the documentation, as the metadata of lbuild have it."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        addresses = metadata("lbuild-frontend").get_all("Project-URL") or []
    except PackageNotFoundError:  # run from its sources
        return ""
    named = {name: url for name, _, url in (address.partition(", ") for address in addresses)}
    return str(named.get("Documentation", ""))


def _place_of(group: str) -> int:
    order = ["Options", WORKSPACE_OPTIONS, BUILD_OPTIONS, CACHE_OPTIONS, OUTPUT_OPTIONS]
    return order.index(group) if group in order else len(order)


def _argument(parameter: Any) -> _Row:
    name = parameter.metavar or parameter.name.upper()
    name = name if parameter.required else f"[{name}]"
    return f"{name}..." if parameter.nargs == -1 else name, parameter.help or ""


def _commands(group: Any, context: Any) -> list[_Row]:
    found = [(name, group.get_command(context, name)) for name in group.list_commands(context)]
    return [(name, one.get_short_help_str(limit=200)) for name, one in found if not one.hidden]


def _option(parameter: Any) -> _Row:
    short = next((name for name in parameter.opts if not name.startswith("--")), None)
    long = next((name for name in parameter.opts if name.startswith("--")), "")
    label = f"{short}, {long}" if short else f"{_NO_SHORT}{long}"
    if not getattr(parameter, "is_flag", False):
        label += f" {parameter.metavar or parameter.name.upper()}"
    text = parameter.help or ""
    if parameter.envvar:
        text += f" [env:{_NO_BREAK}{parameter.envvar}]"
    return label, text


def _example(line: str) -> _Row:
    command, _, text = line.partition("  # ")
    return command, text


def _section(title: str, rows: Sequence[_Row], look: Look, width: int) -> str:
    """Write rows in two columns, or each description below where there is no room beside."""
    if not rows:
        return ""
    lines = [look.bold(f"{title}:")]
    label_width = min(max(len(label) for label, _ in rows), _LABEL)
    for label, text in rows:
        is_beside = width >= _BESIDE
        words = _filled(label if is_beside else label.lstrip(), width, "  ", "    ")
        shown = "\n".join(map(look.cyan, words))
        if not is_beside:
            lines += [shown, *_filled(text, width, " " * 6)]
            continue
        indent = " " * (label_width + 4)
        described = _filled(text, width, indent)
        if described and columns(shown) <= label_width + 2:
            described[0] = shown + " " * (label_width + 4 - columns(shown)) + described[0].lstrip()
        else:
            lines.append(shown)
        lines += described
    return "\n".join(lines) + "\n"


def _labelled(label: str, text: str, look: Look, width: int) -> str:
    """Write a label and a short text, in one line if there is room."""
    if not text:
        return ""
    if len(label) + 2 + len(text) <= width:
        return f"{look.bold(f'{label}:')} {text}\n"
    return "\n".join([look.bold(f"{label}:"), *_filled(text, width, "  ", "      ")]) + "\n"


def _paragraphs(text: str, width: int) -> str:
    paragraphs = textwrap.dedent(text).strip().split("\n\n")
    return "\n\n".join("\n".join(_filled(one, width)) for one in paragraphs) + "\n"


def _filled(text: str, width: int, first: str = "", following: str | None = None) -> list[str]:
    """Break a text into lines at spaces; words are never broken, so some lines may be wider."""
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=first if following is None else following,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_NO_BREAK, " ") for line in lines]
