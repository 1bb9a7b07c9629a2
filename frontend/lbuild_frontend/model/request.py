"""What a command is asked for: plain values between the parser of options and the workflow."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from lbuild_keys.model import CacheMode, Mode

Installer = Literal["pip", "uv"]
"""Programs that install build requirements."""

Verb = Literal["wheel", "editable", "sdist", "metadata", "install", "status", "graph"]
"""The commands on projects."""

Color = Literal["auto", "always", "never"]
"""When text has colours: where a terminal shows them, in any case, or never."""


class Request(NamedTuple):
    """How to build, the same for each project of a command.

    Attributes:
        out_dir: None for ``dist`` in the project.
        python: as given to ``--python``; None for the interpreter that runs lbuild.
        config_settings: for the hooks (PEP 517), by key: a text, or whatever JSON has.
        mode: what counts as an input; None for what the project's settings name.
        cache_dir: as given by option or variable; None for what the project's settings name, or
            for the platform's folder.
        cache_mode: whether it may be written; None for what the project's settings name.
        no_cache: use a temporary cache for this one command.
        refresh_packages: normalised names.
        verbose: whether the backend's output is shown as it comes.
        skip_dependency_check: without isolation, whether the build requirements may be missing.
        installer: of the build requirements; None for uv if there is one, else pip.
        build_constraints: files with constraints on them, as they were given.
        offline: whether they are installed without the network.
        editable: whether the hooks for an editable installation are meant (PEP 660).
    """

    python: str | None
    config_settings: Mapping[str, Any]
    isolation: bool
    mode: Mode | None
    cache_dir: Path | None
    verbose: bool
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
    """

    no_deps: bool = False
    dry_run: bool = False
    break_system_packages: bool = False


class Scope(NamedTuple):
    """Which members of a workspace a command is for, and how it goes through them.

    Attributes:
        workspace: whether it is for all members.
        packages: normalised names of the members that it is for, as given to ``--package``.
        jobs: how many projects may be at work at once; None for the number of usable cores.
        fail_fast: whether nothing more is begun once a project has failed.
        with_dependencies: whether the out-dir gets the wheels of all run-time requirements too.
    """

    workspace: bool = False
    packages: tuple[str, ...] = ()
    jobs: int | None = None
    fail_fast: bool = False
    with_dependencies: bool = False


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
    """A command line on projects, parsed.

    Attributes:
        projects: folders, or globs of them, as they were given; none for the project of the
            current folder.
        level: how much is printed, see ``Terminal``.
        exit_code: whether ``status`` exits with 1 if there is something to do.
        install: what ``install`` is asked for.
        scope: which members of a workspace are meant.
        as_dot: whether ``graph`` prints the language of Graphviz.
    """

    verb: Verb
    projects: tuple[str, ...]
    request: Request
    level: int
    as_json: bool
    exit_code: bool = False
    color: Color = "auto"
    install: InstallRequest = InstallRequest()
    scope: Scope = Scope()
    as_dot: bool = False

    def to_plain(self) -> dict[str, Any]:
        """Return the command in types that ``marshal`` can write."""
        request = self.request
        asked = request._asdict()
        places = {name: asked[name] and str(asked[name]) for name in ("out_dir", "cache_dir")}
        settings = dict(request.config_settings)
        asked |= {**places, "config_settings": settings}
        parts = {"install": self.install._asdict(), "scope": self.scope._asdict()}
        return {**self._asdict(), "request": asked, **parts}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Command":
        """Make a command of what ``to_plain`` returned."""
        asked = plain["request"]
        places = {name: asked[name] and Path(asked[name]) for name in ("out_dir", "cache_dir")}
        return cls(
            **{
                **plain,
                "request": Request(**{**asked, **places}),
                "install": InstallRequest(**plain["install"]),
                "scope": Scope(**plain["scope"]),
            }
        )
