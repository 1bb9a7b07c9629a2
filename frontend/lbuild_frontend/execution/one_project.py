"""What is done for one project, once it is known what it is given of its workspace."""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from lbuild_frontend.builds import record, verbs
from lbuild_frontend.builds.cache_location import with_project
from lbuild_frontend.errors import ProjectError
from lbuild_frontend.model.member_wheel import NO_MEMBERS, Members
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


def build_wheel(
    folder: Path,
    request: Request,
    reporter: Reporter,
    *,
    before_change: Callable[[], None] = lambda: None,
    earlier: Iterable[DeliveredOutcome] = (),
    members: Members = NO_MEMBERS,
    counted: bool = True,
) -> WheelOutcome:
    """Build a project's wheel, or reuse the wheel that was built from the same inputs.

    Args:
        folder: of the project.
        request: with ``editable``, the wheel is for an editable installation.
        before_change: called once it is decided that a hook will be called, or a file delivered.
        earlier: results that must not be replaced by this one, if it has the same file name.
        members: what the project is given of its workspace.
        counted: whether it is a request that ``lbuild cache info`` counts.

    Raises:
        LbuildError: for anything that the user or the backend has to correct.
        MembersNeeded: if it cannot be built, or reused, before other members.
        OSError: for what lbuild does not expect, such as a full disk.
    """
    with with_project(folder, request, reporter, writes=True) as (project, cache):
        delivered = verbs.wheel(project, request, cache, reporter, before_change, earlier, members)
        if counted:
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
    counted: bool = True,
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
        if counted:
            record.count(cache, delivered.outcome)
        return delivered


def member_wheel(
    folder: Path,
    request: Request,
    reporter: Reporter,
    *,
    before_change: Callable[[], None] = lambda: None,
    members: Members = NO_MEMBERS,
    counted: bool = True,
) -> MemberOutcome:
    """Build or reuse a project's wheel for another member of its workspace; it is not delivered.

    Args and Raises:
        see ``build_wheel``.
    """
    with with_project(folder, request, reporter, writes=True) as (project, cache):
        obtained = verbs.member_wheel(project, request, cache, reporter, before_change, members)
        if counted:
            record.count(cache, obtained.outcome)
        return obtained


def metadata(
    folder: Path,
    request: Request,
    reporter: Reporter,
    *,
    before_change: Callable[[], None] = lambda: None,
    members: Members = NO_MEMBERS,
    counted: bool = True,
) -> MetadataOutcome:
    """Prepare the core metadata that a project's wheel would have, or reuse what is known of it.

    With ``editable`` in the request, that is the wheel for an editable installation.

    Args and Raises:
        see ``build_wheel``.
    """
    with with_project(folder, request, reporter, writes=True) as (project, cache):
        prepared = verbs.metadata(project, request, cache, reporter, before_change, members)
        if counted:
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
    counted: bool = True,
) -> InstallOutcome:
    """Install a project into an environment, unless exactly that is there already.

    Args:
        folder: of the project.
        request: how its wheel is built; ``python`` names the environment.
        asked: what is installed, and how.
        names: normalised names of extras.
        before_change: called once it is decided that a hook will be called, or a file changed.
        earlier: what must not be replaced by this project, if that has the same name.
        counted: see ``build_wheel``.

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
        if counted and not asked.dry_run:
            record.count(cache, done.outcome)
        return done


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
        from lbuild_frontend.installs import report  # few commands name an environment

        return report.with_environment(found, project, request, cache, members)
