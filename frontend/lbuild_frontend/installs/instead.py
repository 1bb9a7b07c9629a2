"""Members of a workspace in place of what an index has of their names."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

from lbuild_frontend.model.member_wheel import Members
from lbuild_keys.file_urls import local_path
from lbuild_keys.pep508 import normalize_name

_NOT_BUILT = "0-0notbuilt-py3-none-any.whl"
"""How the names of files end that do not exist: version 0, and a build tag."""


def meant_by(requirement: Requirement, members: Members) -> Path | None:
    """Return the folder of the member that a requirement means; None if it means none."""
    if requirement.url is None:
        return members.meant.get(normalize_name(requirement.name))
    path = local_path(requirement.url)
    if path is None or not members.folders:
        return None
    folder = Path(os.path.realpath(path))
    return folder if folder in members.folders else None


class Instead(NamedTuple):
    """Which distributions are never taken from an index, because they are members of a workspace.

    Attributes:
        versions: by normalised name, the versions of the members that are wanted.
        others: the normalised names of the members that are not: nobody is known to require them.
    """

    versions: Mapping[str, str] = {}
    others: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """All of the names."""
        return self.others | self.versions.keys()

    def constraints(self, given: Mapping[str, Path], folder: Path) -> Iterator[str]:
        """Yield constraints for an installer, pip or uv.

        Args:
            given: by normalised name, the files of wheels that are yet to be installed. The other
                members that are wanted are in the environment already.
            folder: a temporary folder.
        """
        for name, version in self.versions.items():
            file = given.get(name)
            yield f"{name}=={version}" if file is None else f"{name} @ {file.as_uri()}"
        for name in sorted(self.others):
            # If anything requires it, the installer ends with an error that names this file.
            yield f"{name} @ {(folder / _file_of(name)).as_uri()}"

    def asked_for(self, output: str) -> frozenset[str]:
        """Return which of the other members an installer needed, by what it printed."""
        return frozenset(name for name in self.others if _file_of(name) in output)


def _file_of(name: str) -> str:
    return f"{name.replace('-', '_')}-{_NOT_BUILT}"


def not_among(names: Mapping[str, Path], wanted: Collection[str]) -> frozenset[str]:
    """Return the names of members that are not among those that are wanted."""
    return frozenset(name for name in names if name not in wanted)


def label_of(labels: Iterable[str]) -> str:
    """Return the names of several projects for messages, the first of them if they are many."""
    found = list(labels)
    more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return f"{', '.join(found[:_MOST])}{more}"


_MOST = 4

NOTHING_INSTEAD = Instead()
