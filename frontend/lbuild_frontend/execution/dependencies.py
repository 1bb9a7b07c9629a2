"""The wheels of what projects require at run time, beside their own wheels in one folder."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.model.member_wheel import Members, MemberWheel
from lbuild_frontend.model.outcome import DependenciesOutcome, WheelOutcome
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import Request
from lbuild_frontend.run_time import dependencies


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

    def add(self, before_change: Callable[[], None], reporter: Reporter) -> DependenciesOutcome:
        """Put the wheels of everything else into the out-dir, unless they are all there.

        Raises:
            MembersNeeded: if a member is required whose wheel is not there; nothing was written.
            LbuildError: if pip would take something else in the out-dir in place of a member, or
                if the wheels cannot be had.
            OSError: for what lbuild does not expect, such as a full disk.
        """
        return dependencies.add(self.wheels, self.members, self.request, reporter, before_change)
