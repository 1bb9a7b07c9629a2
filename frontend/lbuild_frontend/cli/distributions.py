"""Options of the commands that deliver a distribution (wheel, editable, sdist) -> ``Command``."""

import inspect
from collections.abc import Callable
from typing import Literal

import typer

from lbuild_frontend.cli import registry, run_command
from lbuild_frontend.cli.install_options import (
    BuildConstraint,
    ConfigJson,
    InstallerOption,
    Offline,
    SkipDependencyCheck,
)
from lbuild_frontend.cli.options import CacheDir, CacheModeOption, ColorOption, Json, Quiet
from lbuild_frontend.cli.project_options import (
    ConfigSettings,
    InputsOption,
    NoCache,
    NoIsolation,
    OutDir,
    Projects,
    Python,
    Refresh,
    RefreshPackage,
    Verbose,
)
from lbuild_frontend.cli.workspace_options import (
    FailFast,
    Jobs,
    Package,
    WithDependencies,
    Workspace,
)


def register() -> None:
    """Register the commands."""
    _register(
        "wheel",
        "Build or reuse a wheel; print its path.",
        _WHEEL,
        """\
lbuild wheel  # the project of the current folder, into its dist/
lbuild wheel -o wheels --workspace  # all members of a workspace, into one folder
lbuild wheel -C build-dir=out -p python3.12  # with a setting, for another Python
lbuild install  # into an environment: pip keeps old code if the version is the same""",
    )
    _register(
        "editable",
        "Build or reuse a wheel for an editable installation.",
        _EDITABLE,
        """\
lbuild editable  # the project of the current folder, into its dist/
lbuild editable -o wheels  # apart from the wheels that are to be published
lbuild editable --json  # what was done, for programs""",
    )
    _register(
        "sdist",
        "Build or reuse a source distribution; print its path.",
        _SDIST,
        """\
lbuild sdist  # the project of the current folder, into its dist/
lbuild sdist -o archives packages/*  # several projects, into one folder
lbuild wheel "$(lbuild sdist)"  # a wheel of what is in the sdist""",
    )


_WHEEL = """\
Build a wheel, or reuse one that was built from the same inputs; print its path.

The backend is called only if something has changed that the build used: a file, a folder, a
variable, git, a build requirement or the interpreter. lbuild prints what has changed.
"""
_EDITABLE = """\
Build a wheel for an editable installation (PEP 660), or reuse one; print its path.

Installed, it runs the modules in the folder of the project. So it is of use on this machine only,
and it has the file name of the wheel: do not publish it. What the backend put into the project for
it, such as compiled modules, counts as a part of it.
"""
_SDIST = """\
Build a source distribution, or reuse one that was built from the same inputs; print its path.

The backend is called only if something has changed that it used, as for a wheel. Every file that
is in the archive counts.
"""


def _register(
    verb: Literal["wheel", "editable", "sdist"], short_help: str, text: str, epilog: str
) -> None:
    registry.command(short_help=short_help, epilog=epilog)(_function(verb, text))


def _function(verb: Literal["wheel", "editable", "sdist"], text: str) -> Callable[..., None]:
    """Return the function that typer makes a command from.

    All of these have the same options, but for one that is only of use with wheels.
    """

    def function(
        projects: Projects = None,
        out_dir: OutDir = None,
        workspace: Workspace = False,
        package: Package = None,
        jobs: Jobs = None,
        fail_fast: FailFast = False,
        with_dependencies: WithDependencies = False,
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
        raise typer.Exit(run_command.run(verb, locals()))

    function.__name__, function.__doc__ = verb, text
    if verb != "wheel":
        whole = inspect.signature(function)
        fewer = [one for one in whole.parameters.values() if one.name != "with_dependencies"]
        vars(function)["__signature__"] = whole.replace(parameters=fewer)  # typer asks for this
    return function
