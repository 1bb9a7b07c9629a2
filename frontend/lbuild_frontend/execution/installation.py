"""Projects that are installed into one environment, each with the others that it requires."""

import os
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lbuild_frontend.builds import cache_location, record
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.installs import target as targets
from lbuild_frontend.model.member_wheel import Members
from lbuild_frontend.model.outcome import InstallOutcome
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import Command
from lbuild_frontend.run_time import prepare, together
from lbuild_frontend.workspaces.schedule import Step

if TYPE_CHECKING:
    from lbuild_frontend.installs.target import Target
    from lbuild_frontend.run_time.prepare import ReadyToInstall
    from lbuild_frontend.workspaces.find import Choice


class Installation(NamedTuple):
    """Projects that are prepared one by one, and then installed together.

    Attributes:
        command: the command; its interpreter is that of the environment.
        requested: the folders of the projects that it is for, not only for what they require.
        target: the environment.
        ready: by folder, the projects that are prepared; it grows.
    """

    command: Command
    requested: frozenset[Path]
    target: "Target"
    ready: "dict[Path, ReadyToInstall]"

    def prepare(
        self,
        folder: Path,
        names: Collection[str],
        members: Members,
        before_change: Callable[[], None],
        reporter: Reporter,
        *,
        counted: bool,
    ) -> "ReadyToInstall":
        """Build or reuse the wheel of a project; the environment stays as it is.

        Args:
            folder: of the project.
            names: normalised names of extras.
            members: what it is given of its workspace.
            before_change: is called before a build.
            reporter: is told what goes on.
            counted: see ``one_project.build_wheel``.

        Raises:
            MembersNeeded: if it cannot be built before others.
            LbuildError, OSError: see ``one_project.build_wheel``.
        """
        request, asked = self.command.request, self.command.install
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
                self.target,
                members,
                is_requested=folder in self.requested,
                before_change=before_change,
            )
            if counted and not asked.dry_run:
                record.count(cache, ready.outcome)
            return ready

    def follows(self, folder: Path) -> Iterable[Step]:
        """Return steps for the projects that one which is prepared requires at run time."""
        found = prepare.required_by(self.ready[folder], self.command.install, self.target)
        return [Step(other, "install") for other in sorted(found)]

    def finish(
        self, failed: Collection[Path], before_change: Callable[[], None], reporter: Reporter
    ) -> dict[Path, InstallOutcome | LbuildError]:
        """Install what is prepared, unless exactly that is there already.

        Args:
            failed: the folders of those that could not be prepared: what requires them is skipped.
            before_change: is called once it is decided that a file will be changed.
            reporter: is told what goes on.

        Returns:
            By folder, what was done, or why it was not.

        Raises:
            MembersNeeded: if another member has to be prepared as well; nothing was changed.
            LbuildError: if members do not fit together; likewise.
            OSError: for what lbuild does not expect, such as a full disk.
        """
        return together.install_prepared(
            self.ready, self.command.install, self.target, reporter, failed, before_change
        )


def installation_of(command: Command, choice: "Choice") -> Installation:
    """Find the environment that the projects of a choice are installed into.

    It is that of the workspace if all of it, or members by their names, are meant: ``.venv`` is
    looked for there and above; else in and above the projects.

    Raises:
        LbuildError: if there is none, or lbuild may not change it, or there are several.
    """
    scope, file = command.scope, choice.workspace.file
    starts: Collection[Path] = choice.requested
    if file is not None and (scope.workspace or scope.packages or len(starts) > 1):
        starts = [file.parent]
    target = targets.find_one(command.request.python, list(starts), os.environ)
    targets.check_managed(target, may_break=command.install.break_system_packages)
    request = command.request._replace(python=target.interpreter.executable)
    return Installation(command._replace(request=request), frozenset(choice.requested), target, {})
