"""What lbuild does for one project, as functions: they take values and return values.

They print nothing, and set no signal handlers: progress goes to a ``Reporter``. Errors are raised
(``errors``). The commands use these functions and nothing below them.
"""

import contextlib
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from lbuild_frontend.builds import record, verbs
from lbuild_frontend.builds.cache_location import with_project
from lbuild_frontend.environments import interpreter as interpreters
from lbuild_frontend.errors import LbuildError, ProjectError
from lbuild_frontend.model.member_wheel import NO_MEMBERS, Members
from lbuild_frontend.model.outcome import (
    DeliveredOutcome,
    GraphOutcome,
    InstallOutcome,
    MemberOutcome,
    MetadataOutcome,
    SdistOutcome,
    StatusOutcome,
    WheelOutcome,
)
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import InstallRequest, Request, Scope
from lbuild_frontend.workspaces import find
from lbuild_frontend.workspaces.find import Choice
from lbuild_keys.workspaces.members import Markers, own_markers


def select_projects(
    given: Sequence[str],
    *,
    several: bool,
    workspace: bool = False,
    packages: Sequence[str] = (),
    python: str | None = None,
) -> Choice:
    """Choose the projects that the words and options of a command line mean.

    Args:
        given: none for the project of the current folder.
        several: whether globs may give several.
        workspace: whether all members of the workspace around the current folder are meant.
        packages: names of its members that are meant.
        python: see ``Request``: a source in a workspace may be for some interpreters only.

    Raises:
        LbuildError: if there is no such workspace, member or interpreter, or the workspace is
            wrong.
    """
    return find.select(
        given,
        several=several,
        workspace=workspace,
        packages=packages,
        markers=own_markers if python is None else _markers_of(python),
    )


def _markers_of(python: str) -> Markers:
    return cache(lambda: interpreters.markers_of(interpreters.find(python)))


def select_to_install(
    given: Sequence[str],
    *,
    workspace: bool = False,
    packages: Sequence[str] = (),
    python: str | None = None,
) -> tuple[Choice, Mapping[Path, tuple[str, ...]]]:
    """Choose the projects that words mean which may have extras, ``PROJECT[EXTRA,...]``.

    Args:
        given: see ``select_projects``, and so with the other arguments.

    Returns:
        The choice, and by folder the normalised names of the extras.

    Raises:
        LbuildError: if extras are not names; or see ``select_projects``.
    """
    from lbuild_frontend.installs import extras  # only of these

    split = [extras.split(word) for word in given]
    words = [word for word, _ in split]
    choice = find.select(
        words,
        several=True,
        workspace=workspace,
        packages=packages,
        markers=cache(lambda: _markers_of_environment(python)),
    )
    wanted: dict[Path, set[str]] = {}
    for word, names in split:
        if names:
            for folder in find.select([word], several=True).requested:
                wanted.setdefault(folder, set()).update(names)
    return choice, {folder: tuple(sorted(names)) for folder, names in wanted.items()}


def _markers_of_environment(python: str | None) -> Mapping[str, str]:
    """Return the markers of the environment that is likely to be meant: it is found later."""
    from lbuild_frontend.installs import target as targets  # few sources have markers

    with contextlib.suppress(LbuildError):
        return interpreters.markers_of(targets.find(python, Path.cwd(), os.environ).interpreter)
    return own_markers()


def build_wheel(
    folder: Path,
    request: Request,
    reporter: Reporter,
    *,
    before_change: Callable[[], None] = lambda: None,
    earlier: Iterable[DeliveredOutcome] = (),
    members: Members = NO_MEMBERS,
    rehearsal: bool = False,
) -> WheelOutcome:
    """Build a project's wheel, or reuse the wheel that was built from the same inputs.

    Args:
        folder: of the project.
        request: with ``editable``, the wheel is for an editable installation.
        before_change: called once it is decided that a hook will be called, or a file delivered.
        earlier: results that must not be replaced by this one, if it has the same file name.
        members: what the project is given of its workspace.
        rehearsal: whether this is not a request of the user's, so that it is not counted as one.

    Raises:
        LbuildError: for anything that the user or the backend has to correct.
        MembersNeeded: if it cannot be built, or reused, before other members.
        OSError: for what lbuild does not expect, such as a full disk.
    """
    with with_project(folder, request, reporter, writes=True) as (project, cache):
        delivered = verbs.wheel(project, request, cache, reporter, before_change, earlier, members)
        if not rehearsal:
            record.count(cache, delivered.outcome)
        return delivered


def build_sdist(
    folder: Path,
    request: Request,
    reporter: Reporter,
    *,
    before_change: Callable[[], None] = lambda: None,
    earlier: Iterable[DeliveredOutcome] = (),
    members: Members = NO_MEMBERS,
    rehearsal: bool = False,
) -> SdistOutcome:
    """Build a project's source distribution, or reuse one that was built from the same inputs.

    Args and Raises:
        see ``build_wheel``.
    """
    with with_project(folder, request, reporter, writes=True) as (project, cache):
        if project.archive is not None:
            message = f"{project.archive}: this is a source distribution already. Give a folder."
            raise ProjectError(message)
        delivered = verbs.sdist(project, request, cache, reporter, before_change, earlier, members)
        if not rehearsal:
            record.count(cache, delivered.outcome)
        return delivered


def member_wheel(
    folder: Path,
    request: Request,
    reporter: Reporter,
    *,
    before_change: Callable[[], None] = lambda: None,
    members: Members = NO_MEMBERS,
    rehearsal: bool = False,
) -> MemberOutcome:
    """Build or reuse a project's wheel for another member of its workspace; it is not delivered.

    Args and Raises:
        see ``build_wheel``.
    """
    with with_project(folder, request, reporter, writes=True) as (project, cache):
        obtained = verbs.member_wheel(project, request, cache, reporter, before_change, members)
        if not rehearsal:
            record.count(cache, obtained.outcome)
        return obtained


def metadata(
    folder: Path,
    request: Request,
    reporter: Reporter,
    *,
    before_change: Callable[[], None] = lambda: None,
    members: Members = NO_MEMBERS,
    rehearsal: bool = False,
) -> MetadataOutcome:
    """Prepare the core metadata that a project's wheel would have, or reuse what is known of it.

    With ``editable`` in the request, that is the wheel for an editable installation.

    Args and Raises:
        see ``build_wheel``.
    """
    with with_project(folder, request, reporter, writes=True) as (project, cache):
        prepared = verbs.metadata(project, request, cache, reporter, before_change, members)
        if not rehearsal:
            record.count(cache, prepared.outcome)
        return prepared


def install(
    folder: Path,
    request: Request,
    asked: InstallRequest,
    names: Collection[str],
    reporter: Reporter,
    *,
    before_change: Callable[[], None] = lambda: None,
    earlier: Iterable[InstallOutcome] = (),
    rehearsal: bool = False,
) -> InstallOutcome:
    """Install a project into an environment, unless exactly that is there already.

    Args:
        folder: of the project.
        request: how its wheel is built; ``python`` names the environment.
        asked: what is installed, and how.
        names: normalised names of extras.
        before_change: called once it is decided that a hook will be called, or a file changed.
        earlier: what must not be replaced by this project, if that has the same name.
        rehearsal: see ``build_wheel``.

    Raises:
        LbuildError, OSError: see ``build_wheel``.
    """
    from lbuild_frontend.installs import install as installing

    with with_project(folder, request, reporter, writes=not asked.dry_run) as (
        project,
        cache,
    ):
        done = installing.install(
            project, request, asked, names, cache, reporter, before_change, earlier
        )
        if not rehearsal and not asked.dry_run:
            record.count(cache, done.outcome)
        return done


def import_what_installs_need() -> None:
    """Import what only ``install`` uses: zipfile, email, and much of packaging."""
    import lbuild_frontend.run_time.together  # noqa: F401  for its effect


def status(
    folder: Path, request: Request, reporter: Reporter, *, members: Members = NO_MEMBERS
) -> StatusOutcome:
    """Find out what ``build_wheel`` would do. Calls no hook and writes nothing.

    If ``python`` names a virtual environment, also whether that has what the tree would give.

    Args and Raises:
        see ``build_wheel``.
    """
    with with_project(folder, request, reporter, writes=False) as (project, cache):
        found = verbs.status(project, request, cache, members)
        if request.python is None:
            return found
        from lbuild_frontend.installs import report  # as above

        return report.with_environment(found, project, request, cache, members)


def graph(given: Sequence[str], scope: Scope) -> tuple[GraphOutcome, tuple[str, ...]]:
    """Find out in which order projects are built, and what each needs of the others.

    Args:
        given: the words of a command line; none for the workspace of the current folder, or for
            the project there.
        scope: which members of a workspace are meant.

    Returns:
        The order, and what the user should know about the choice.

    Raises:
        LbuildError: if a project or its workspace is wrong.
    """
    from lbuild_frontend.workspaces import relations  # only of this

    choice = relations.chosen(given, workspace=scope.workspace, packages=scope.packages)
    return relations.graph_of(choice), choice.notes
