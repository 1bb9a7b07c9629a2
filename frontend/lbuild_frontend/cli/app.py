"""Options of the commands on projects -> ``Command``; ``cache`` has those of ``lbuild cache``.

Exit codes are in ``commands.boundary``.
"""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lbuild_frontend.cli import cache as cache_options
from lbuild_frontend.cli.options import CacheDir, CacheModeOption, ColorOption, Json, Quiet, level
from lbuild_frontend.commands import projects as project_commands
from lbuild_frontend.model.request import Command, Request
from lbuild_keys.model import Mode
from lbuild_keys.pep508 import normalize_name

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="Build Python wheels only when something that the build depends on has changed.",
)
app.add_typer(cache_options.app, name="cache")


class _Inputs(StrEnum):
    traced = "traced"
    tree = "tree"
    declared = "declared"


_Projects = Annotated[
    list[str] | None,
    typer.Argument(metavar="PROJECT", help="Project folders. [default: the current folder]"),
]
_Project = Annotated[
    str | None,
    typer.Argument(metavar="PROJECT", help="Project folder. [default: the current folder]"),
]
_OutDir = Annotated[
    Path | None,
    typer.Option(
        "--out-dir",
        "-o",
        metavar="DIR",
        readable=False,
        help="Directory for the result. [default: PROJECT/dist]",
    ),
]
_Python = Annotated[
    str | None,
    typer.Option(
        "--python",
        "-p",
        metavar="PATH",
        help="Interpreter to build with. [default: the interpreter running lbuild]",
    ),
]
_ConfigSettings = Annotated[
    list[str] | None,
    typer.Option(
        "--config-setting",
        "-C",
        metavar="KEY[=VALUE]",
        help="Setting for the build backend. Repeatable; a repeated key gives a list.",
    ),
]
_NoIsolation = Annotated[
    bool,
    typer.Option(
        "--no-isolation",
        "-n",
        help="Build in the environment of the interpreter, without an isolated one.",
    ),
]
_InputsOption = Annotated[
    _Inputs | None,
    typer.Option(
        "--inputs",
        help="What counts as an input: what the build used, every file of the "
        "project, or what tool.uv.cache-keys declares. [default: tool.lbuild.inputs, else traced]",
    ),
]
_Refresh = Annotated[
    bool, typer.Option("--refresh", help="Build again and store the result in the cache.")
]
_RefreshPackage = Annotated[
    list[str] | None,
    typer.Option(
        "--refresh-package", metavar="NAME", help="As --refresh, for one package. Repeatable."
    ),
]
_NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Use a temporary cache for this command.")
]
_Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show the output of the backend and all reasons.")
]


@app.callback(invoke_without_command=True)
def _lbuild(
    show_version: Annotated[
        bool, typer.Option("--version", is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    if show_version:
        from importlib.metadata import version

        print(f"lbuild {version('lbuild-frontend')}")
        raise typer.Exit


@app.command(short_help="Build or reuse a wheel; print its path.")
def wheel(
    projects: _Projects = None,
    out_dir: _OutDir = None,
    python: _Python = None,
    config_setting: _ConfigSettings = None,
    no_isolation: _NoIsolation = False,
    inputs: _InputsOption = None,
    refresh: _Refresh = False,
    refresh_package: _RefreshPackage = None,
    no_cache: _NoCache = False,
    cache_dir: CacheDir = None,
    cache_mode: CacheModeOption = None,
    as_json: Json = False,
    quiet: Quiet = False,
    color: ColorOption = "auto",
    verbose: _Verbose = False,
) -> None:
    """Build a wheel, or reuse one that was built from the same inputs; print its path."""
    request = Request(
        out_dir=out_dir,
        python=python,
        config_settings=_settings(config_setting),
        isolation=not no_isolation,
        mode=_mode(inputs),
        cache_dir=cache_dir,
        cache_mode=cache_mode,
        no_cache=no_cache,
        refresh=refresh,
        refresh_packages=frozenset(map(normalize_name, refresh_package or ())),
        verbose=verbose,
    )
    command = Command(
        verb="wheel",
        projects=tuple(projects or ()),
        request=request,
        level=level(quiet, verbose),
        as_json=as_json,
        color=color,
    )
    raise typer.Exit(project_commands.run(command))


@app.command(short_help="Print the core metadata of the wheel.")
def metadata(
    project: _Project = None,
    python: _Python = None,
    config_setting: _ConfigSettings = None,
    no_isolation: _NoIsolation = False,
    inputs: _InputsOption = None,
    refresh: _Refresh = False,
    refresh_package: _RefreshPackage = None,
    no_cache: _NoCache = False,
    cache_dir: CacheDir = None,
    cache_mode: CacheModeOption = None,
    as_json: Json = False,
    quiet: Quiet = False,
    color: ColorOption = "auto",
    verbose: _Verbose = False,
) -> None:
    """Print the core metadata of the wheel, without building it if the backend supports that."""
    request = Request(
        python=python,
        config_settings=_settings(config_setting),
        isolation=not no_isolation,
        mode=_mode(inputs),
        cache_dir=cache_dir,
        cache_mode=cache_mode,
        no_cache=no_cache,
        refresh=refresh,
        refresh_packages=frozenset(map(normalize_name, refresh_package or ())),
        verbose=verbose,
    )
    command = Command(
        verb="metadata",
        projects=() if project is None else (project,),
        request=request,
        level=level(quiet, verbose),
        as_json=as_json,
        color=color,
    )
    raise typer.Exit(project_commands.run(command))


@app.command(short_help="Report whether a rebuild is due; build nothing.")
def status(
    projects: _Projects = None,
    out_dir: Annotated[
        Path | None,
        typer.Option(
            "--out-dir",
            "-o",
            metavar="DIR",
            readable=False,
            help="Directory that the wheel would go to. [default: PROJECT/dist]",
        ),
    ] = None,
    python: _Python = None,
    config_setting: _ConfigSettings = None,
    no_isolation: _NoIsolation = False,
    inputs: _InputsOption = None,
    cache_dir: CacheDir = None,
    cache_mode: CacheModeOption = None,
    exit_code: Annotated[
        bool,
        typer.Option(
            "--exit-code", help="Exit with 1 if a rebuild or a delivery is due, with 2 on an error."
        ),
    ] = False,
    as_json: Json = False,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            help="Print only errors and warnings; implies --exit-code, except with --json.",
        ),
    ] = False,
    color: ColorOption = "auto",
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also list all inputs, by kind.")
    ] = False,
) -> None:
    """Report whether a rebuild is due, with all reasons; build nothing."""
    request = Request(
        out_dir=out_dir,
        python=python,
        config_settings=_settings(config_setting),
        isolation=not no_isolation,
        mode=_mode(inputs),
        cache_dir=cache_dir,
        cache_mode=cache_mode,
        verbose=verbose,
    )
    command = Command(
        verb="status",
        projects=tuple(projects or ()),
        request=request,
        level=level(quiet, verbose),
        as_json=as_json,
        color=color,
        exit_code=exit_code or (quiet and not as_json),
    )
    raise typer.Exit(project_commands.run(command))


def _mode(inputs: _Inputs | None) -> Mode | None:
    return None if inputs is None else inputs.value


def _settings(given: Sequence[str] | None) -> dict[str, str | list[str]]:
    """Return ``KEY[=VALUE]`` options as config settings (PEP 517); no value is an empty one."""
    settings: dict[str, str | list[str]] = {}
    for text in given or ():
        key, _, value = text.partition("=")
        earlier = settings.get(key)
        match earlier:
            case None:
                settings[key] = value
            case str():
                settings[key] = [earlier, value]
            case list():
                earlier.append(value)
    return settings
