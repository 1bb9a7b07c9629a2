"""Options of the commands on projects -> ``Command``; ``cache`` has those of ``lbuild cache``.

Exit codes are in ``commands.boundary``.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from lbuild_frontend.cli import parser
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
    BreakSystemPackages,
    ConfigSettings,
    DryRun,
    Editable,
    Environment,
    ExitCode,
    InputsOption,
    InstallOutDir,
    Installs,
    NoCache,
    NoDeps,
    NoIsolation,
    OutDir,
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
from lbuild_frontend.model.request import Command, InstallRequest, Request, Verb
from lbuild_keys.pep508 import normalize_name


def _cache() -> typer.Typer:
    from lbuild_frontend.cli import cache

    return cache.app


_COMMANDS: dict[str, Callable[[], typer.Typer]] = {}
"""Returns what typer makes each command from. It makes one only if it is asked for: that takes as
long as most hits do otherwise."""


class _Commands(parser.Group):
    """The commands of lbuild."""

    def list_commands(self, _ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return [*_COMMANDS]

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        """Return a command; None if there is none of that name."""
        if cmd_name in _COMMANDS and cmd_name not in self.commands:
            self.commands[cmd_name] = typer.main.get_command(_COMMANDS[cmd_name]())
        return self.commands.get(cmd_name)


def _command(short_help: str, epilog: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def add(function: Callable[..., None]) -> Callable[..., None]:
        def make() -> typer.Typer:
            alone = typer.Typer(add_completion=False, rich_markup_mode=None)
            alone.command(cls=parser.Command, short_help=short_help, epilog=epilog)(function)
            return alone

        _COMMANDS[function.__name__] = make
        return function

    return add


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Build Python wheels only when something that the build depends on has changed.",
    epilog="""\
lbuild wheel  # build or reuse the wheel of the project here, into dist/
lbuild status  # what would be built, and why
lbuild install  # install it into the active environment, or .venv
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


def _run(verb: Verb, options: Mapping[str, Any]) -> int:
    """Run a command on projects; return its exit code.

    Args:
        verb: the command.
        options: the values of its options, by the names that its function gives them.
    """
    projects = options.get("projects") or ()
    one = options.get("project")
    quiet, as_json = options["quiet"], options["as_json"]
    command = Command(
        verb=verb,
        projects=tuple(projects) if one is None else (one,),
        request=_request(options),
        level=level(quiet, options["verbose"]),
        as_json=as_json,
        color=options["color"],
        exit_code=verb == "status" and (options["exit_code"] or (quiet and not as_json)),
        install=InstallRequest(**_those_in(options, InstallRequest)),
    )
    return project_commands.run(command)


def _request(options: Mapping[str, Any]) -> Request:
    settings = settings_of(options["config_setting"], options["config_json"])
    refreshed = options.get("refresh_package") or ()
    return Request(
        **_those_in(options, Request),
        config_settings=settings,
        isolation=not options["no_isolation"],
        build_constraints=tuple(options["build_constraint"] or ()),
        mode=mode_of(options["inputs"]),
        refresh_packages=frozenset(map(normalize_name, refreshed)),
    )


def _those_in(options: Mapping[str, Any], kind: Any) -> dict[str, Any]:
    """Return the options that a dataclass has fields of the same name for."""
    return {name: options[name] for name in kind.__dataclass_fields__.keys() & options.keys()}


@_command(
    short_help="Build or reuse a wheel; print its path.",
    epilog="""\
lbuild wheel  # the project of the current folder, into its dist/
lbuild wheel -o wheels packages/*  # several projects, into one folder
lbuild wheel -C build-dir=out -p python3.12  # with a setting, for another Python""",
)
def wheel(
    projects: Projects = None,
    out_dir: OutDir = None,
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
    """Build a wheel, or reuse one that was built from the same inputs; print its path.

    The backend is called only if something has changed that the build used: a file, a folder, a
    variable, git, a build requirement or the interpreter. lbuild prints what has changed.
    """
    raise typer.Exit(_run("wheel", locals()))


@_command(
    short_help="Print the core metadata of the wheel.",
    epilog="""\
lbuild metadata  # as in the METADATA file of the wheel
lbuild metadata --json | jq '.[0].metadata.requires_dist'  # one field of it""",
)
def metadata(
    project: Project = None,
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

    They are reused as wheels are, as long as nothing has changed that they depend on.
    """
    raise typer.Exit(_run("metadata", locals()))


@_command(
    short_help="Install a project into an environment.",
    epilog="""\
lbuild install  # the project here, into the active environment or .venv
lbuild install ".[test]"  # with an extra
lbuild install -p path/to/venv -e packages/*  # several projects, as editable
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
    raise typer.Exit(_run("install", locals()))


@_command(
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
    raise typer.Exit(_run("status", locals()))


_COMMANDS["cache"] = _cache


def main() -> int:
    """Run what the command line asks for; return an exit code."""
    return parser.run(app)
