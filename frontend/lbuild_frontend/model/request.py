"""What a command is asked for: plain values between those who ask and the workflow.

``Request``, ``InstallRequest``, ``Scope`` and ``Command`` are public (docs/reference/stability.md).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Union

from lbuild_keys.model import CacheMode, Mode

if TYPE_CHECKING:
    import os

StrPath = Union[str, "os.PathLike[str]"]

Installer = Literal["pip", "uv"]
"""Programs that install build requirements."""

Verb = Literal["wheel", "editable", "sdist", "metadata", "install", "status"]
"""The commands on projects that have a result of each."""

Color = Literal["auto", "always", "never"]
"""When text has colours: where a terminal shows them, in any case, or never."""


class Request(NamedTuple):
    """How to build, the same for each project of a command.

    Attributes:
        python: as given to ``--python``; None for the interpreter that runs lbuild, or for
            ``install`` the environment that it finds.
        config_settings: for the hooks (PEP 517), by key: a text, or whatever JSON has.
        isolation: whether the build requirements are installed into an environment of their own.
        inputs: what counts as an input; None for what the project's settings name.
        cache_dir: the folder of the cache; None for what LBUILD_CACHE_DIR or the project's settings
            name, or for the platform's folder.
        verbose: whether the backend's output is written to the standard error of this process as
            it comes.
        out_dir: None for ``dist`` in the project.
        cache_mode: whether the cache may be written; None for what LBUILD_CACHE_MODE or the
            project's settings name.
        no_cache: whether a temporary cache is used for this one command.
        refresh: whether it is built again, and the result kept.
        refresh_packages: normalised names of projects that are built again.
        skip_dependency_check: without isolation, whether the build requirements may be missing.
        installer: of the build requirements; None for uv if there is one, else pip.
        build_constraints: files with constraints on them, as they were given.
        offline: whether they are installed without the network.
        editable: whether the hooks for an editable installation are meant (PEP 660).
    """

    python: str | None = None
    config_settings: Mapping[str, Any] = {}
    isolation: bool = True
    inputs: Mode | None = None
    cache_dir: Path | None = None
    verbose: bool = False
    out_dir: Path | None = None
    cache_mode: CacheMode | None = None
    no_cache: bool = False
    refresh: bool = False
    refresh_packages: frozenset[str] = frozenset()
    skip_dependency_check: bool = False
    installer: Installer | None = None
    build_constraints: tuple[str, ...] = ()
    offline: bool = False
    editable: bool = False


class InstallRequest(NamedTuple):
    """What ``install`` is asked for besides a wheel.

    Attributes:
        no_deps: whether requirements of the project are neither checked nor installed.
        dry_run: whether nothing is built or installed; what would be is reported.
        break_system_packages: whether an interpreter's packages may be changed that another program
            manages (PEP 668).
        extras: names of extras that are installed of each project that is asked for, besides those
            that are given with it.
    """

    no_deps: bool = False
    dry_run: bool = False
    break_system_packages: bool = False
    extras: tuple[str, ...] = ()


class Scope(NamedTuple):
    """Which members of a workspace a command is for, and how it goes through them.

    Attributes:
        workspace: whether it is for all members.
        packages: normalised names of the members that it is for, as given to ``--package``.
        jobs: how many projects may be at work at once; None for the number of usable cores.
        fail_fast: whether nothing more is begun once a project has failed.
        with_dependencies: whether the out-dir gets the wheels of all run-time requirements too.
        root: the folder of the workspace, or one in it; None for the current folder.
    """

    workspace: bool = False
    packages: tuple[str, ...] = ()
    jobs: int | None = None
    fail_fast: bool = False
    with_dependencies: bool = False
    root: StrPath | None = None


class CacheRequest(NamedTuple):
    """What each command on the cache is asked for.

    Attributes:
        cache_dir: as given by option or variable; None for what the settings of the project in the
            current folder name, or for the platform's folder.
        cache_mode: likewise, whether it may be written.
        level: see ``Terminal``.
    """

    cache_dir: Path | None
    level: int
    as_json: bool
    cache_mode: CacheMode | None = None
    color: Color = "auto"


class Command(NamedTuple):
    """What is done, and for which projects.

    Attributes:
        verb: what is done.
        projects: folders, or globs of them, as they were given; none for the project of the
            current folder.
        request: how it is built.
        install: what ``install`` is asked for.
        scope: which members of a workspace are meant.
    """

    verb: Verb
    projects: tuple[str, ...] = ()
    request: Request = Request()
    install: InstallRequest = InstallRequest()
    scope: Scope = Scope()


class CommandLine(NamedTuple):
    """A command line on projects, parsed.

    Attributes:
        command: what is done.
        level: how much is printed, see ``Terminal``.
        as_json: whether the results are printed as JSON.
        exit_code: whether ``status`` exits with 1 if there is something to do.
        color: when text has colours.
    """

    command: Command
    level: int
    as_json: bool
    exit_code: bool = False
    color: Color = "auto"

    def to_plain(self) -> dict[str, Any]:
        """Return the command line in types that ``marshal`` can write."""
        command, request = self.command, self.command.request
        asked = request._asdict()
        places = {name: asked[name] and str(asked[name]) for name in _PATHS}
        settings = dict(request.config_settings)
        asked |= {**places, "config_settings": settings}
        parts = {"install": command.install._asdict(), "scope": command.scope._asdict()}
        plain = {**command._asdict(), "request": asked, **parts}
        return {**self._asdict(), "command": plain}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "CommandLine":
        """Make a command line of what ``to_plain`` returned."""
        command = plain["command"]
        asked = command["request"]
        places = {name: asked[name] and Path(asked[name]) for name in _PATHS}
        parts = {
            "request": Request(**{**asked, **places}),
            "install": InstallRequest(**command["install"]),
            "scope": Scope(**command["scope"]),
        }
        return cls(**{**plain, "command": Command(**{**command, **parts})})


_PATHS = ("out_dir", "cache_dir")
"""The fields of ``Request`` that are paths."""
