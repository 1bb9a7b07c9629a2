"""What a project is given of the others of its workspace: the wheels of what it requires."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from lbuild_keys.content import Content
from lbuild_keys.decision.reasons import Reason


class MemberWheel(NamedTuple):
    """The wheel of a member of a workspace, as it is now.

    Attributes:
        project: the folder of the member, absolute, links resolved.
        name: normalised.
        version: as the metadata of the wheel spell it.
        file: the name of the wheel's file.
        content_digest: SHA-256 of what the wheel contains, without time stamps, hexadecimal.
        requires: what it requires at run time (PEP 508), as its metadata have it.
        opened: returns the content of the file; it raises an LbuildError if that is gone. Not all
            wheels of a large workspace can be open at once.
        reasons: why it was built by this command; empty if it was reused.
        meant: what the member itself means by the names of distributions (``Members.meant``): it
            says which of its run-time requirements are members.
    """

    project: Path
    name: str
    version: str
    file: str
    content_digest: str
    requires: tuple[str, ...]
    opened: Callable[[], Content]
    reasons: tuple[Reason, ...] = ()
    meant: Mapping[str, Path] = {}


class Members(NamedTuple):
    """The members of a workspace, as one of them is given them.

    Attributes:
        meant: by the normalised name of a distribution, the folder of the member that a requirement
            of this name means.
        folders: of all members: a requirement may name one by its URL.
        wheels: by folder, the wheel of a member; None if it cannot be known what that would be.
            A member that is missing here was not asked for its wheel yet.
    """

    meant: Mapping[str, Path] = {}
    folders: frozenset[Path] = frozenset()
    wheels: Mapping[Path, MemberWheel | None] = {}


NO_MEMBERS = Members()
