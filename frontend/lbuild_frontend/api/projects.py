"""What lbuild does for projects, as functions: they take values and return values.

They print nothing, set no signal handlers, and change neither ``os.environ`` nor the current
folder; any number of threads may call them. What happens meanwhile is given to ``progress``, a
function that takes events (``model.events``). What it raises comes out of the call.

All raise an ``LbuildError`` for anything that the user, the project or its backend has to correct,
and ``OSError`` never: errors of the system that nobody foresees are ``SystemFault``. Ctrl-C raises
``KeyboardInterrupt`` once all that was started for the call has ended.
"""

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TypeVar, Unpack

from lbuild_frontend.api import arguments
from lbuild_frontend.api.options import BuildOptions, request_of, with_variables
from lbuild_frontend.errors import LbuildError, ProjectError, Stopped
from lbuild_frontend.execution.execute import Execution
from lbuild_frontend.execution.interruption import system_faults
from lbuild_frontend.execution.reporting import RaisedByCallback
from lbuild_frontend.model.events import Callback, ignore
from lbuild_frontend.model.request import Command, InstallRequest, Request, Scope, StrPath, Verb
from lbuild_frontend.model.results import (
    GraphResult,
    InstallResult,
    MetadataResult,
    Result,
    SdistResult,
    StatusResult,
    WheelResult,
)
from lbuild_frontend.projects import discovery

_One = TypeVar("_One", bound=Result)


def build_wheel(
    project: StrPath = ".", *, progress: Callback = ignore, **options: Unpack[BuildOptions]
) -> WheelResult:
    """Build a project's wheel, or reuse the one that was built from the same inputs.

    If it is a member of a workspace, the members that it is built with are built or reused first.

    Args:
        project: its folder, or a source distribution.
        progress: is given what happens, see ``model.events``.
        options: see ``BuildOptions``.

    Raises:
        LbuildError: for anything that the user, the project or its backend has to correct.
    """
    return _one(WheelResult, "wheel", project, request_of(options), progress)


def build_editable(
    project: StrPath = ".", *, progress: Callback = ignore, **options: Unpack[BuildOptions]
) -> WheelResult:
    """Build the wheel for an editable installation of a project (PEP 660), or reuse it.

    Arguments and errors are those of ``build_wheel``.
    """
    return _one(WheelResult, "editable", project, request_of(options), progress)


def build_sdist(
    project: StrPath = ".", *, progress: Callback = ignore, **options: Unpack[BuildOptions]
) -> SdistResult:
    """Build a project's source distribution, or reuse one that was built from the same inputs.

    Arguments and errors are those of ``build_wheel``.
    """
    return _one(SdistResult, "sdist", project, request_of(options), progress)


def metadata(
    project: StrPath = ".",
    *,
    editable: bool = False,
    progress: Callback = ignore,
    **options: Unpack[BuildOptions],
) -> MetadataResult:
    """Return the core metadata that a project's wheel has, without building it where possible.

    Args:
        project: see ``build_wheel``, and so with ``progress`` and ``options``.
        editable: whether the wheel for an editable installation is meant.

    Raises:
        LbuildError: see ``build_wheel``.
    """
    request = request_of(options)._replace(editable=editable)
    return _one(MetadataResult, "metadata", project, request, progress)


def status(
    project: StrPath = ".", *, progress: Callback = ignore, **options: Unpack[BuildOptions]
) -> StatusResult:
    """Find out what ``build_wheel`` would do with the same options. Builds and writes nothing.

    If ``python`` names a virtual environment, also whether that has what the tree would give.

    Arguments and errors are those of ``build_wheel``.
    """
    return _one(StatusResult, "status", project, request_of(options), progress)


def install(
    project: StrPath = ".",
    *,
    extras: Collection[str] = (),
    editable: bool = False,
    no_deps: bool = False,
    dry_run: bool = False,
    break_system_packages: bool = False,
    progress: Callback = ignore,
    **options: Unpack[BuildOptions],
) -> InstallResult:
    """Install a project, so that an environment runs the code that is in the tree now.

    If exactly that is there already, with all requirements, nothing is touched.

    Args:
        project: see ``build_wheel``, and so with ``progress`` and ``options``.
        extras: names of extras that are installed with it.
        editable: whether the environment uses the project's own files (PEP 660).
        no_deps: whether requirements of the project are neither checked nor installed.
        dry_run: whether nothing is built or installed; the result is what would be.
        break_system_packages: whether packages may be changed that another program manages
            (PEP 668).

    Raises:
        LbuildError: see ``build_wheel``; if there is no environment, or it may not be changed.
    """
    wanted = arguments.names(extras, "extras")
    asked = InstallRequest(no_deps, dry_run, break_system_packages, wanted)
    request = request_of(options)._replace(editable=editable)
    return _one(InstallResult, "install", project, request, progress, asked)


def run(
    command: Command, *, progress: Callback = ignore, counted: bool = True
) -> tuple[Result, ...]:
    """Carry out a command for any number of projects, or for members of a workspace.

    Args:
        command: what is done, and for which projects.
        progress: see ``build_wheel``.
        counted: whether ``lbuild cache info`` counts it as a request.

    Returns:
        What became of each project, in order. An error with one is a ``FailedResult``: it does not
        stop the others.

    Raises:
        LbuildError: if it is not known which projects are meant, or if what is done for all
            together is wrong.
    """
    execution = _executed(arguments.command(command), progress, counted=counted)
    if execution.error is not None:
        raise execution.error
    return execution.results


def graph(
    projects: Sequence[StrPath] = (),
    *,
    workspace: bool = False,
    packages: Collection[str] = (),
    root: StrPath | None = None,
) -> GraphResult:
    """Find out in which order projects are built, and what each needs of the others.

    Builds nothing, and calls no backend: it knows what the files of the projects say.

    Args:
        projects: their folders; none for the workspace of a folder, or for the project there.
        workspace: whether all members of that workspace are meant.
        packages: names of members that are meant.
        root: the folder of the workspace, or one in it; None for the current folder.

    Raises:
        LbuildError: if a project or its workspace is wrong.
    """
    from lbuild_frontend.workspaces import relations  # only of this
    from lbuild_keys.pep508 import normalize_name

    names = [normalize_name(name) for name in arguments.names(packages, "packages")]
    given = arguments.paths(projects, "projects")
    place = None if root is None else arguments.path(root, "root")
    with system_faults(", ".join(given) or "the current folder"):
        choice = relations.chosen(given, workspace=workspace, packages=names, root=place)
        return relations.graph_of(choice)


def preload(verb: Verb) -> None:
    """Import what a command needs besides this module, so that its first call takes less time."""
    if verb == "install":
        # zipfile, email, and much of packaging
        import lbuild_frontend.execution.installation  # noqa: F401  for its effect


def _one(
    kind: type[_One],
    verb: Verb,
    project: StrPath,
    request: Request,
    progress: Callback,
    asked: InstallRequest = InstallRequest(),  # noqa: B008  it is frozen
) -> _One:
    """Carry out a command for one project.

    Raises:
        LbuildError: if there is an error with it, or with a project that it needs.
    """
    place = arguments.path(project, "project")
    if discovery.is_pattern(Path(place)) and not os.path.lexists(place):
        message = f"{place}: No such file or directory. Give the folder of a Python project."
        raise ProjectError(message)  # it is no glob here
    command = Command(verb, (place,), request, asked, Scope(fail_fast=True))
    execution = _executed(command, progress)
    for error in execution.errors.values():
        raise error  # others were skipped because of the first
    found = execution.result_of_request
    if not isinstance(found, kind):
        message = f"{project}: it is not one project. Use api.run for several."
        raise LbuildError(message)
    return found


def _executed(command: Command, progress: Callback, *, counted: bool = True) -> Execution:
    """Carry out a command.

    Raises:
        KeyboardInterrupt: if it was interrupted.
        LbuildError: if it is not known which projects are meant.
    """
    command = command._replace(request=with_variables(command.request))
    try:
        with system_faults(", ".join(command.projects) or "the current folder"):
            execution = Execution(command, progress, counted=counted)
        execution.go()
    except RaisedByCallback as raised:
        raise raised.error from None
    for error in (*execution.errors.values(), execution.error):
        if isinstance(error, Stopped):
            cause = error.__cause__
            raise cause if isinstance(cause, KeyboardInterrupt) else KeyboardInterrupt
    return execution
