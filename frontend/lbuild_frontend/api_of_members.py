"""What lbuild does for the members of a workspace together, as functions: as those of ``api``."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lbuild_frontend.builds import cache_location, record
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.model.member_wheel import Members, MemberWheel
from lbuild_frontend.model.outcome import DependenciesOutcome, InstallOutcome
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import InstallRequest, Request

if TYPE_CHECKING:
    from lbuild_frontend.installs.target import Target
    from lbuild_frontend.run_time.prepare import ReadyToInstall


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
) -> "ReadyToInstall":
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
        rehearsal: see ``api.build_wheel``.

    Returns:
        What ``install_prepared`` takes.

    Raises:
        MembersNeeded: if it cannot be built before others.
        LbuildError, OSError: see ``api.build_wheel``.
    """
    from lbuild_frontend.run_time import prepare

    with cache_location.with_project(folder, request, reporter, writes=not asked.dry_run) as (
        project,
        cache,
    ):
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
        return ready


def required_by(
    ready: "ReadyToInstall", asked: InstallRequest, target: "Target"
) -> frozenset[Path]:
    """Return members that one requires at run time, so that they have to be prepared as well.

    Args:
        ready: what ``prepare_install`` returned of that one.
        asked: what is installed, and how.
        target: the environment.
    """
    from lbuild_frontend.run_time import prepare

    return prepare.required_by(ready, asked, target)


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


def add_dependencies(
    wheels: Mapping[Path, MemberWheel],
    members: Mapping[Path, Members],
    request: Request,
    reporter: Reporter,
    *,
    before_change: Callable[[], None] = lambda: None,
) -> DependenciesOutcome:
    """Put the wheels of what projects require into the out-dir, unless they are all there.

    Args:
        wheels: by folder, the wheels of projects, which are in the out-dir.
        members: by folder, what that project is given of its workspace.
        request: how they are built, and for which interpreter; it names the out-dir.
        reporter: is told what goes on.
        before_change: called once it is decided that an installer will run.

    Raises:
        MembersNeeded: if a member is required whose wheel is not there; nothing was written.
        LbuildError: if pip would take something else in the out-dir in place of a member, or if
            the wheels cannot be had.
        OSError: for what lbuild does not expect, such as a full disk.
    """
    from lbuild_frontend.run_time import dependencies

    return dependencies.add(wheels, members, request, reporter, before_change)
