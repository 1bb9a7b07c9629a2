"""Options on how build requirements are installed, and the settings for the backend."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from lbuild_frontend.cli.option_groups import BUILD_OPTIONS
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.model.request import Installer

SkipDependencyCheck = Annotated[
    bool,
    typer.Option(
        "--skip-dependency-check",
        "-x",
        rich_help_panel=BUILD_OPTIONS,
        help="With --no-isolation: do not check that the build requirements are installed.",
    ),
]
InstallerOption = Annotated[
    Installer | None,
    typer.Option(
        "--installer",
        metavar="NAME",
        rich_help_panel=BUILD_OPTIONS,
        help="What installs build requirements: pip or uv. [default: uv if there is one, else pip]",
    ),
]
BuildConstraint = Annotated[
    list[str] | None,
    typer.Option(
        "--build-constraint",
        metavar="FILE",
        rich_help_panel=BUILD_OPTIONS,
        help="Constraints on the versions of build requirements. Repeatable.",
    ),
]
Offline = Annotated[
    bool,
    typer.Option(
        "--offline",
        rich_help_panel=BUILD_OPTIONS,
        help="Install build requirements without the network.",
    ),
]


def _check_settings(context: typer.Context, text: str | None) -> str | None:
    """Check JSON settings, so that errors name the option."""
    if text is not None:
        if context.params.get("config_setting"):
            message = "it cannot be used together with --config-setting"
            raise typer.BadParameter(message)
        try:
            _read_settings(text)
        except (ValueError, RecursionError) as error:
            raise typer.BadParameter(str(error)) from error
    return text


def _read_settings(text: str) -> dict[str, Any]:
    import json  # few commands have such settings

    use = 'use a JSON object, for example {"key": "value"}'
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"it is not JSON ({error}); {use}"
        raise ValueError(message) from error
    if not isinstance(value, dict):
        raise ValueError(use)
    if not all(key.strip() for key in value):
        message = "there is a setting without a name"
        raise ValueError(message)
    return value


ConfigJson = Annotated[
    str | None,
    typer.Option(
        "--config-json",
        metavar="JSON",
        callback=_check_settings,
        rich_help_panel=BUILD_OPTIONS,
        help="All settings for the build backend, as a JSON object; instead of --config-setting.",
    ),
]


def settings_of(given: Sequence[str] | None, as_json: str | None) -> dict[str, Any]:
    """Return config settings (PEP 517): of ``KEY[=VALUE]`` options, or of a JSON object.

    A key without a value has an empty one; a repeated key has a list.

    Raises:
        LbuildError: if a setting has no key.
    """
    if as_json is not None:
        return _read_settings(as_json)
    found: dict[str, Any] = {}
    for text in given or ():
        key, _, value = text.partition("=")
        if not key.strip():
            message = f"invalid value {text!r} for --config-setting: use KEY or KEY=VALUE"
            raise LbuildError(message)
        if key not in found:
            found[key] = value
        elif isinstance(found[key], list):
            found[key].append(value)
        else:
            found[key] = [found[key], value]
    return found
