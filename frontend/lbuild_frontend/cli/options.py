"""Options that several commands have."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from lbuild_frontend.model.request import Color, Installer

CacheDir = Annotated[
    Path | None,
    typer.Option(
        "--cache-dir",
        metavar="DIR",
        readable=False,  # cache.folder has a better message
        envvar="LBUILD_CACHE_DIR",
        help="Cache folder. [default: tool.lbuild.cache-dir, else the user's cache folder]",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON array.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Show only errors and warnings on standard error.")
]

ColorOption = Annotated[
    Color,
    typer.Option(
        "--color",
        help="Colours: where a terminal shows them, always, or never.",
    ),
]


# How build requirements are installed: options of the commands on projects

SkipDependencyCheck = Annotated[
    bool,
    typer.Option(
        "--skip-dependency-check",
        "-x",
        help="With --no-isolation: do not check that the build requirements are installed.",
    ),
]
InstallerOption = Annotated[
    Installer | None,
    typer.Option(
        "--installer",
        help="Program that installs build requirements. [default: uv if there is one, else pip]",
    ),
]
BuildConstraint = Annotated[
    list[str] | None,
    typer.Option(
        "--build-constraint",
        metavar="FILE",
        help="Constraints on the versions of build requirements. Repeatable.",
    ),
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Install build requirements without the network.")
]
ConfigJson = Annotated[
    str | None,
    typer.Option(
        "--config-json",
        metavar="JSON",
        help="All settings for the build backend, as a JSON object; instead of --config-setting.",
    ),
]


def settings(given: Sequence[str] | None, as_json: str | None) -> dict[str, Any]:
    """Return config settings (PEP 517): of ``KEY[=VALUE]`` options, or of a JSON object.

    A key without a value has an empty one; a repeated key has a list.
    """
    if as_json is not None:
        return _json_settings(given, as_json)
    found: dict[str, Any] = {}
    for text in given or ():
        key, _, value = text.partition("=")
        if key not in found:
            found[key] = value
        elif isinstance(found[key], list):
            found[key].append(value)
        else:
            found[key] = [found[key], value]
    return found


def _json_settings(given: Sequence[str] | None, text: str) -> dict[str, Any]:
    import json

    if given:
        message = "it cannot be used together with --config-setting"
        raise typer.BadParameter(message, param_hint="--config-json")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"invalid JSON: {error}"
        raise typer.BadParameter(message, param_hint="--config-json") from error
    if not isinstance(value, dict):
        message = 'use a JSON object, for example {"key": "value"}'
        raise typer.BadParameter(message, param_hint="--config-json")
    return value


def level(quiet: bool, verbose: bool) -> int:
    """Return how much is printed, see ``Terminal``."""
    return -1 if quiet else int(verbose)
