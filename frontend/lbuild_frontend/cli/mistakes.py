"""Mistakes on the command line -> one sentence each: what is wrong, and what to write instead."""

import difflib
import os
import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lbuild_frontend.cli.help import usage_of

_OTHER_COMMANDS = {
    "build": "wheel",
    "bdist_wheel": "wheel",
    "develop": "editable",
    "package": "wheel",
    "check": "status",
    "diff": "status",
    "explain": "status",
    "why": "status",
    "info": "cache info",
}
"""What people type who know other tools, and the command of lbuild's."""

_NO_COMMANDS = {
    "publish": "lbuild uploads nothing; use twine upload with the path that lbuild wheel prints",
    "upload": "lbuild uploads nothing; use twine upload with the path that lbuild wheel prints",
}

_OTHER_OPTIONS = {
    "--outdir": "--out-dir",
    "--output-dir": "--out-dir",
    "--wheel-dir": "--out-dir",
    "-w": "--out-dir",
    "-d": "--out-dir",
    "--no-build-isolation": "--no-isolation",
    "--config-settings": "--config-setting",
    "--clean": "--refresh",
    "--force": "--refresh",
    "-f": "--refresh",
    "--no-cache-dir": "--no-cache",
    "--rebuild": "--refresh",
    "--reinstall": "--refresh",
    "--all-packages": "--workspace",
    "--all": "--workspace",
    "--parallel": "--jobs",
}

_OPTIONS_FOR_COMMANDS = {"--wheel": "wheel", "--sdist": "sdist", "-s": "sdist"}
"""Options by which other tools are told what to build, and the command of lbuild's."""

_CHOICE = re.compile(r"(?:Value error, )?(?P<value>'.*'|\".*\") is not one of (?P<choices>.*)")
_QUOTED = re.compile(r"'([^']*)'")
_EXTRA = re.compile(r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)")


def unknown_command(words: Sequence[str], group: Any, context: Any) -> str:
    """Explain that a group has no such command.

    Args:
        words: the command line from the command on.
        group: the group, of typer.
        context: its context.
    """
    name, *rest = words
    path = context.command_path
    top = path == "lbuild"

    def use(what: str) -> str:
        return f"unknown command {name!r}: use {path} {shlex.join([*what.split(), *rest])}"

    if top and name in ("help", "version"):
        return f"unknown command {name!r}: use {shlex.join(['lbuild', *rest, f'--{name}'])}"
    if top and name in _NO_COMMANDS:
        return f"unknown command {name!r}: {_NO_COMMANDS[name]}"
    if top and name in _OTHER_COMMANDS:
        return use(_OTHER_COMMANDS[name])
    for other in group.list_commands(context):
        below = getattr(group.get_command(context, other), "commands", {})
        if name in below:
            return use(f"{other} {name}")
    if top and (name in (".", "..") or Path(name).exists() or os.sep in name):
        words = ["lbuild", "wheel", *words]
        return f"a command is missing before {name!r}: use {shlex.join(words)}"
    close = difflib.get_close_matches(name, group.list_commands(context), 1)
    if close:
        return f"unknown command {name!r}: did you mean {path} {close[0]}?"
    names = _listed(group.list_commands(context))
    return f"unknown command {name!r}: use {names}; see {path} --help"


def explained(error: Any) -> str:
    """Explain an error of the parser's.

    Args:
        error: ``UsageError`` of click, or of typer's copy of it, with its context.
    """
    context = error.ctx
    path = context.command_path
    match type(error).__name__:
        case "NoSuchOption" | "NoSuchOptionError":
            return _unknown_option(error.option_name, context, path)
        case "BadOptionUsage" | "BadOptionUsageError":
            return _misused_option(error, path)
        case "MissingParameter":
            name = _name_of(error.param) if error.param else "an argument"
            return f"{name} is missing: use {usage_of(context.command, context)}"
        case "BadParameter":
            name = _name_of(error.param) if error.param else "an argument"
            return _invalid(name, error.message)
        case _:
            return _other(error, path)


def _other(error: Any, path: str) -> str:
    extra = _EXTRA.match(error.message)
    if extra:
        use = usage_of(error.ctx.command, error.ctx)
        return f"unexpected argument {extra[1]!r} for {path}: use {use}"
    text = error.format_message().rstrip(".")
    return f"{text[:1].lower()}{text[1:]}: see {path} --help"


def _unknown_option(name: str, context: Any, path: str) -> str:
    problem = f"unknown option {name!r} for {path}"
    command = context.command
    there = set(_options(command, context))
    if name in ("-V", "--version"):
        return f"{problem}: use lbuild --version"
    if _OTHER_OPTIONS.get(name) in there:
        return f"{problem}: use {_OTHER_OPTIONS[name]}"
    if name in _OPTIONS_FOR_COMMANDS:
        own = f"lbuild {_OPTIONS_FOR_COMMANDS[name]}"
        return f"{problem}: leave it out" if path == own else f"{problem}: use {own}"
    for below in getattr(command, "list_commands", lambda _: [])(context):
        if name in _options(command.get_command(context, below), context):
            return f"{problem}: use it after the command, as in {path} {below} {name}"
    beside: Any = getattr(context.parent, "command", None)
    for other in getattr(beside, "list_commands", lambda _: [])(context.parent):
        if name in _options(beside.get_command(context.parent, other), context):
            return f"{problem}: it is an option of {context.parent.command_path} {other}"
    close = difflib.get_close_matches(name, sorted(there), 1)
    return f"{problem}: did you mean {close[0]}?" if close else f"{problem}: see {path} --help"


def _misused_option(error: Any, path: str) -> str:
    name = error.option_name
    parameters = error.ctx.command.get_params(error.ctx)
    parameter = next((one for one in parameters if name in one.opts), None)
    if parameter is None or getattr(parameter, "is_flag", False):
        return f"option {name} takes no value: see {path} --help"
    return f"option {name} needs a value: use {name} {parameter.metavar or 'VALUE'}"


def _invalid(name: str, message: str) -> str:
    found = _CHOICE.match(message)
    if found:
        choices = _listed(_QUOTED.findall(found["choices"]))
        return f"invalid value {found['value']} for {name}: use {choices}"
    return f"invalid value for {name}: {message.rstrip('.')}"


def _options(command: Any, context: Any) -> Iterator[str]:
    for parameter in command.get_params(context):
        if parameter.param_type_name == "option":
            yield from parameter.opts


def _name_of(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    named = any(word.partition("=")[0] in parameter.opts for word in sys.argv[1:])
    variable = getattr(parameter, "envvar", None)
    if isinstance(variable, str) and variable in os.environ and not named:
        return variable
    return str(max(parameter.opts, key=len))  # the long one


def _listed(names: Iterable[str]) -> str:
    """Write ``a, b or c``."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
