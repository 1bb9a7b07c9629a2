"""Options of the commands that report -> ``Command``; ``distributions`` and ``cache`` have more.

Exit codes are in ``commands.boundary``.
"""

from typing import Annotated

import typer

from lbuild_frontend.cli import distributions, parser, registry, run_command
from lbuild_frontend.cli.install_options import (
    BuildConstraint,
    ConfigJson,
    InstallerOption,
    Offline,
    SkipDependencyCheck,
)
from lbuild_frontend.cli.options import CacheDir, CacheModeOption, ColorOption, Json, Quiet
from lbuild_frontend.cli.project_options import (
    BreakSystemPackages,
    ConfigSettings,
    DryRun,
    Editable,
    EditableMetadata,
    Environment,
    ExitCode,
    InputsOption,
    InstallOutDir,
    Installs,
    NoCache,
    NoDeps,
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
)
from lbuild_frontend.cli.workspace_options import Dot, FailFast, Jobs, Package, Workspace


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
lbuild install  # install it into the active environment, or .venv
lbuild sdist  # build or reuse the source distribution
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
    editable: EditableMetadata = False,
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
    raise typer.Exit(run_command.run("metadata", locals()))


@registry.command(
    short_help="Install a project into an environment.",
    epilog="""\
lbuild install  # the project here, into the active environment or .venv
lbuild install ".[test]"  # with an extra
lbuild install -p path/to/venv -e --workspace  # all members, as editable
lbuild install --dry-run  # what would be done""",
)
def install(
    projects: Installs = None,
    python: Environment = None,
    editable: Editable = False,
    no_deps: NoDeps = False,
    dry_run: DryRun = False,
    break_system_packages: BreakSystemPackages = False,
    out_dir: InstallOutDir = None,
    workspace: Workspace = False,
    package: Package = None,
    jobs: Jobs = None,
    fail_fast: FailFast = False,
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
    """Install a project, so that the environment runs the code that is in the tree now.

    The wheel is built or reused as by lbuild wheel. If the environment has exactly that already,
    with all requirements, nothing is touched. Else this distribution is replaced, and requirements
    that are missing are installed; nothing else is upgraded.
    """
    raise typer.Exit(run_command.run("install", locals()))


@registry.command(
    short_help="Report whether a rebuild is due; build nothing.",
    epilog="""\
lbuild status  # what lbuild wheel would do, and why
lbuild status -v  # why it was last built, and all inputs
lbuild status --workspace  # a table of all members of a workspace
lbuild status -q || lbuild wheel  # for scripts""",
)
def status(
    projects: Projects = None,
    out_dir: StatusOutDir = None,
    workspace: Workspace = False,
    package: Package = None,
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
    raise typer.Exit(run_command.run("status", locals()))


@registry.command(
    short_help="Print in which order the members of a workspace are built.",
    epilog="""\
lbuild graph --workspace  # all members, and what each is built and runs with
lbuild graph --package app  # one member, with what it needs
lbuild graph --workspace --dot | dot -Tsvg > graph.svg  # as a picture""",
)
def graph(
    projects: Projects = None,
    workspace: Workspace = False,
    package: Package = None,
    python: Python = None,
    cache_dir: CacheDir = None,
    cache_mode: CacheModeOption = None,
    as_json: Json = False,
    dot: Dot = False,
    quiet: Quiet = False,
    color: ColorOption = "auto",
    verbose: Verbose = False,
) -> None:
    """Print in which order projects are built, and what each of them needs of the others.

    Builds nothing, and calls no backend: it knows what the files of the projects say.
    """
    raise typer.Exit(run_command.run_graph(locals()))


registry.COMMANDS["cache"] = _cache


def main() -> int:
    """Run what the command line asks for; return an exit code."""
    return parser.run(app)
