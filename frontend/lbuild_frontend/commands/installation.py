"""Projects that a command installs into one environment, each with the others that it requires."""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lbuild_frontend import api_of_members
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.model.member_wheel import Members
from lbuild_frontend.model.outcome import InstallOutcome
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import Command
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
        rehearsal: bool,
    ) -> "ReadyToInstall":
        """Build or reuse the wheel of a project.

        Args:
            folder: of the project.
            names: normalised names of extras.
            members: what it is given of its workspace.
            before_change: is called before a build.
            reporter: is told what goes on.
            rehearsal: see ``api.build_wheel``.

        Raises:
            MembersNeeded, LbuildError, OSError: see ``api_of_members.prepare_install``.
        """
        return api_of_members.prepare_install(
            folder,
            self.command.request,
            self.command.install,
            names,
            reporter,
            target=self.target,
            members=members,
            is_requested=folder in self.requested,
            before_change=before_change,
            rehearsal=rehearsal,
        )

    def follows(self, folder: Path) -> Iterable[Step]:
        """Return steps for the projects that one which is prepared requires at run time."""
        ready = self.ready[folder]
        found = api_of_members.required_by(ready, self.command.install, self.target)
        return [Step(other, "install") for other in sorted(found)]

    def finish(
        self, failed: Collection[Path], before_change: Callable[[], None], reporter: Reporter
    ) -> dict[Path, InstallOutcome | LbuildError]:
        """Install what is prepared; see ``api_of_members.install_prepared``."""
        return api_of_members.install_prepared(
            self.ready,
            self.command.install,
            self.target,
            reporter,
            failed=failed,
            before_change=before_change,
        )


def installation_of(command: Command, choice: "Choice") -> Installation:
    """Find the environment that the projects of a choice are installed into.

    It is that of the workspace if all of it, or members by their names, are meant.

    Raises:
        LbuildError: see ``api_of_members.target_of_install``.
    """
    scope, file = command.scope, choice.workspace.file
    starts: Collection[Path] = choice.requested
    if file is not None and (scope.workspace or scope.packages or len(starts) > 1):
        starts = [file.parent]
    target = api_of_members.target_of_install(list(starts), command.request, command.install)
    request = command.request._replace(python=target.interpreter.executable)
    return Installation(command._replace(request=request), frozenset(choice.requested), target, {})
