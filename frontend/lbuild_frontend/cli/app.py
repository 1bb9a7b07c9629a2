"""Options of the commands that report -> ``Command``; ``distributions`` and ``cache`` have more.

Exit codes are in ``commands.boundary``.
"""

from typing import Annotated

import typer

from lbuild_frontend.cli import distributions, parser, registry
from lbuild_frontend.cli.install_options import (
    BuildConstraint,
    ConfigJson,
    InstallerOption,
    Offline,
    SkipDependencyCheck,
    settings_of,
)
from lbuild_frontend.cli.options import CacheDir, CacheModeOption, ColorOption, Json, Quiet, level
from lbuild_frontend.cli.project_options import (
    ConfigSettings,
    Editable,
    ExitCode,
    InputsOption,
    NoCache,
    NoIsolation,
    Project,
    Projects,
    Python,
    Refresh,
    RefreshPackage,
    StatusOutDir,
    StatusQuiet,
    StatusVerbose,
    Verbose,
    mode_of,
)
from lbuild_frontend.commands import projects as project_commands
from lbuild_frontend.model.request import Command, Request
from lbuild_keys.pep508 import normalize_name


def _cache() -> typer.Typer:
    from lbuild_frontend.cli import cache

    return cache.app


app = typer.Typer(
    cls=registry.Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Build Python wheels only when something that the build depends on has changed.",
    epilog="""\
lbuild wheel  # build or reuse the wheel of the project here, into dist/
lbuild status  # what would be built, and why
lbuild sdist  # build or reuse the source distribution
pip install "$(lbuild wheel path/to/project)"  # install it
lbuild wheel --help  # all options of a command""",
)


@app.callback(invoke_without_command=True)
def _lbuild(
    show_version: Annotated[
        bool,
        typer.Option("--version", "-V", is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    if show_version:
        from importlib.metadata import version

        print(f"lbuild {version('lbuild-frontend')}")
        raise typer.Exit


distributions.register()


@registry.command(
    short_help="Print the core metadata of the wheel.",
    epilog="""\
lbuild metadata  # as in the METADATA file of the wheel
lbuild metadata --json | jq '.[0].metadata.requires_dist'  # one field of it""",
)
def metadata(
    project: Project = None,
    editable: Editable = False,
    python: Python = None,
    config_setting: ConfigSettings = None,
    config_json: ConfigJson = None,
    no_isolation: NoIsolation = False,
    skip_dependency_check: SkipDependencyCheck = False,
    installer: InstallerOption = None,
    build_constraint: BuildConstraint = None,
    offline: Offline = False,
    inputs: InputsOption = None,
    refresh: Refresh = False,
    refresh_package: RefreshPackage = None,
    no_cache: NoCache = False,
    cache_dir: CacheDir = None,
    cache_mode: CacheModeOption = None,
    as_json: Json = False,
    quiet: Quiet = False,
    color: ColorOption = "auto",
    verbose: Verbose = False,
) -> None:
    """Print the core metadata of the wheel, without building it if the backend supports that.

    They are reused as wheels are, as long as nothing has changed that they depend on. With
    --editable they are those of the wheel for an editable installation.
    """
    request = Request(
        python=python,
        config_settings=settings_of(config_setting, config_json),
        isolation=not no_isolation,
        skip_dependency_check=skip_dependency_check,
        installer=installer,
        build_constraints=tuple(build_constraint or ()),
        offline=offline,
        mode=mode_of(inputs),
        cache_dir=cache_dir,
        cache_mode=cache_mode,
        no_cache=no_cache,
        refresh=refresh,
        refresh_packages=frozenset(map(normalize_name, refresh_package or ())),
        verbose=verbose,
        editable=editable,
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


@registry.command(
    short_help="Report whether a rebuild is due; build nothing.",
    epilog="""\
lbuild status  # what lbuild wheel would do, and why
lbuild status -v  # all inputs of the wheel as well
lbuild status -q || lbuild wheel  # for scripts""",
)
def status(
    projects: Projects = None,
    out_dir: StatusOutDir = None,
    python: Python = None,
    config_setting: ConfigSettings = None,
    config_json: ConfigJson = None,
    no_isolation: NoIsolation = False,
    skip_dependency_check: SkipDependencyCheck = False,
    installer: InstallerOption = None,
    build_constraint: BuildConstraint = None,
    offline: Offline = False,
    inputs: InputsOption = None,
    cache_dir: CacheDir = None,
    cache_mode: CacheModeOption = None,
    exit_code: ExitCode = False,
    as_json: Json = False,
    quiet: StatusQuiet = False,
    color: ColorOption = "auto",
    verbose: StatusVerbose = False,
) -> None:
    """Report whether a rebuild is due, with all reasons; build nothing.

    Give it the options that wheel gets: the answer depends on them.
    """
    request = Request(
        out_dir=out_dir,
        python=python,
        config_settings=settings_of(config_setting, config_json),
        isolation=not no_isolation,
        skip_dependency_check=skip_dependency_check,
        installer=installer,
        build_constraints=tuple(build_constraint or ()),
        offline=offline,
        mode=mode_of(inputs),
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


registry.COMMANDS["cache"] = _cache


def main() -> int:
    """Run what the command line asks for; return an exit code."""
    return parser.run(app)
