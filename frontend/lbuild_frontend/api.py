"""What lbuild does for one project, as functions: they take values and return values.

They print nothing, and set no signal handlers: progress goes to a ``Reporter``. Errors are raised
(``errors``). The commands use these functions and nothing below them.
"""

import contextlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lbuild_frontend.builds import cache_location, record, verbs
from lbuild_frontend.cache.store import Store
from lbuild_frontend.errors import LbuildError, ProjectError
from lbuild_frontend.model.member_wheel import NO_MEMBERS, Members, MemberWheel
from lbuild_frontend.model.outcome import (
    DeliveredOutcome,
    InstallOutcome,
    MemberOutcome,
    MetadataOutcome,
    SdistOutcome,
    StatusOutcome,
    WheelOutcome,
)
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import InstallRequest, Request
from lbuild_frontend.projects import project as projects
from lbuild_frontend.projects.project import Project
from lbuild_frontend.workspaces import find
from lbuild_frontend.workspaces.find import Choice

if TYPE_CHECKING:
    from lbuild_frontend.installs.target import Target
    from lbuild_frontend.run_time.prepare import ReadyToInstall


def select_projects(
    given: Sequence[str],
    *,
    several: bool,
    workspace: bool = False,
    packages: Sequence[str] = (),
) -> Choice:
    """Choose the projects that the words and options of a command line mean.

    Args:
        given: none for the project of the current folder.
        several: whether globs may give several.
        workspace: whether all members of the workspace around the current folder are meant.
        packages: names of its members that are meant.

    Raises:
        LbuildError: if there is no such workspace or member, or the workspace is wrong.
    """
    return find.select(given, several=several, workspace=workspace, packages=packages)


def select_to_install(
    given: Sequence[str], *, workspace: bool = False, packages: Sequence[str] = ()
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
    choice = find.select(words, several=True, workspace=workspace, packages=packages)
    wanted: dict[Path, set[str]] = {}
    for word, names in split:
        if names:
            for folder in find.select([word], several=True).requested:
                wanted.setdefault(folder, set()).update(names)
    return choice, {folder: tuple(sorted(names)) for folder, names in wanted.items()}


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
    with _opened(folder, request, reporter, writes=True) as (project, cache):
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
    with _opened(folder, request, reporter, writes=True) as (project, cache):
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
    with _opened(folder, request, reporter, writes=True) as (project, cache):
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
    with _opened(folder, request, reporter, writes=True) as (project, cache):
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

    with _opened(folder, request, reporter, writes=not asked.dry_run) as (project, cache):
        done = installing.install(
            project, request, asked, names, cache, reporter, before_change, earlier
        )
        if not rehearsal and not asked.dry_run:
            record.count(cache, done.outcome)
        return done


def target_of_install(starts: Sequence[Path], request: Request, asked: InstallRequest) -> "Target":
    """Find the environment that a command installs several projects into.

    Args:
        starts: the folder of the workspace, or those of the projects that were named: ``.venv`` is
            looked for there and above.
        request: ``python`` names the environment.
        asked: whether it may be one that another program manages.

    Raises:
        LbuildError: if there is none, or lbuild may not change it, or there are several.
    """
    from lbuild_frontend.installs import target as targets  # only of these

    target = targets.find_one(request.python, starts, os.environ)
    targets.check_managed(target, may_break=asked.break_system_packages)
    return target


def prepare_install(
    folder: Path,
    request: Request,
    asked: InstallRequest,
    names: Collection[str],
    reporter: Reporter,
    *,
    target: "Target",
    members: Members,
    is_requested: bool = True,
    before_change: Callable[[], None] = lambda: None,
    rehearsal: bool = False,
) -> tuple["ReadyToInstall", MemberWheel | None]:
    """Build or reuse the wheel of a member of a workspace that is to be installed with others.

    Args:
        folder: of the project.
        request: how its wheel is built, with the interpreter of the environment.
        asked: what is installed, and how.
        names: normalised names of extras.
        reporter: is told what goes on.
        target: the environment; it stays as it is.
        members: what the project is given of its workspace.
        is_requested: whether the command is for it, and not only for one that requires it.
        before_change: called once it is decided that a hook will be called.
        rehearsal: see ``build_wheel``.

    Returns:
        What ``install_prepared`` takes, and the wheel that others may be built with, if it is one.

    Raises:
        MembersNeeded: if it cannot be built before others.
        LbuildError, OSError: see ``build_wheel``.
    """
    from lbuild_frontend.run_time import prepare

    with _opened(folder, request, reporter, writes=not asked.dry_run) as (project, cache):
        ready = prepare.prepare(
            project,
            request,
            asked,
            names,
            cache,
            reporter,
            target,
            members,
            is_requested=is_requested,
            before_change=before_change,
        )
        if not rehearsal and not asked.dry_run:
            record.count(cache, ready.outcome)
        return ready, ready.as_member


def still_to_prepare(
    ready: Mapping[Path, "ReadyToInstall"], asked: InstallRequest, target: "Target"
) -> frozenset[Path]:
    """Return the members that those which are ready require at run time, and that are not ready.

    Args:
        ready: by folder, what ``prepare_install`` returned.
        asked: what is installed, and how.
        target: the environment.

    Raises:
        LbuildError: if members do not fit together.
    """
    from lbuild_frontend.run_time import prepare

    return prepare.still_to_prepare(ready, asked, target)


def install_prepared(
    ready: Mapping[Path, "ReadyToInstall"],
    asked: InstallRequest,
    target: "Target",
    reporter: Reporter,
    *,
    failed: Collection[Path] = (),
    before_change: Callable[[], None] = lambda: None,
) -> dict[Path, InstallOutcome | LbuildError]:
    """Install members of a workspace, unless exactly that is there already.

    Args:
        ready: by folder, what ``prepare_install`` returned.
        asked: what is installed, and how.
        target: the environment.
        reporter: is told what goes on.
        failed: the folders of members that could not be prepared: what requires them is skipped.
        before_change: called once it is decided that a file will be changed.

    Returns:
        By folder, what was done, or why it was not.

    Raises:
        MembersNeeded: if another member has to be prepared as well; nothing was changed.
        LbuildError: if members do not fit together; likewise.
        OSError: for what lbuild does not expect, such as a full disk.
    """
    from lbuild_frontend.run_time import together

    return together.install_prepared(ready, asked, target, reporter, failed, before_change)


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
    with _opened(folder, request, reporter, writes=False) as (project, cache):
        found = verbs.status(project, request, cache, members)
        if request.python is None:
            return found
        from lbuild_frontend.installs import report  # as above

        return report.with_environment(found, project, request, cache)


@contextlib.contextmanager
def _opened(
    folder: Path, request: Request, reporter: Reporter, *, writes: bool
) -> Iterator[tuple[Project, Store]]:
    with contextlib.ExitStack() as stack:
        project = stack.enter_context(projects.opened(folder))
        if project.archive is not None and request.editable:
            message = (
                f"{project.archive}: a source distribution has no folder to run from, so it cannot "
                "be used for an editable installation. Unpack it, and give the folder."
            )
            raise ProjectError(message)
        cache = stack.enter_context(
            cache_location.opened(request, project, reporter, writes=writes)
        )
        yield project, cache
