"""The wheels of what projects require at run time, beside their own wheels in one folder."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend import api_of_members
from lbuild_frontend.model.member_wheel import Members, MemberWheel
from lbuild_frontend.model.outcome import WheelOutcome
from lbuild_frontend.model.request import Request
from lbuild_frontend.output.formats import counted
from lbuild_frontend.output.terminal import Terminal


class Dependencies(NamedTuple):
    """Projects whose dependencies are delivered with them.

    Attributes:
        request: how they are built; it names the out-dir.
        wheels: by folder, the wheels of the projects that are delivered; it grows.
        members: by folder, what a project is given of its workspace; likewise.
    """

    request: Request
    wheels: dict[Path, MemberWheel]
    members: dict[Path, Members]

    def given(self, folder: Path, members: Members) -> Members:
        """Note what a project is given; return that with its own folder, even if it is alone.

        So what is done for it has its wheel as a member (``WheelOutcome.as_member``).
        """
        self.members[folder] = members
        return members._replace(folders=members.folders | {folder})

    def take(self, folder: Path, delivered: WheelOutcome) -> None:
        """Note what was delivered."""
        if delivered.as_member is not None:
            self.wheels[folder] = delivered.as_member

    def add(self, before_change: Callable[[], None], terminal: Terminal) -> tuple[Path, ...]:
        """Add the wheels of everything else; return the files.

        Raises:
            MembersNeeded, LbuildError, OSError: see ``api_of_members.add_dependencies``.
        """
        done = api_of_members.add_dependencies(
            self.wheels, self.members, self.request, terminal, before_change=before_change
        )
        if done.added:
            terminal.rest()
            names = ", ".join(sorted(path.name for path in done.added))
            terminal.note(f"{done.out_dir}: {counted(len(done.added), 'wheel')} added: {names}")
        return done.added
