"""Which entries of the cache a user means by names of projects, or by globs."""

import fnmatch
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from lbuild_frontend.maintenance.inventory import Item
from lbuild_frontend.model.hook import WHEEL_SUFFIX
from lbuild_keys.pep508 import normalize_name

Matches = Callable[[Item], bool]
"""Whether an entry is meant."""


def by_globs(globs: Sequence[str]) -> Matches:
    """Match entries as pip does: by name, by name and version, or by file name."""

    def matches(item: Item) -> bool:
        name, others = item.project, []
        if item.stored:
            others.append(f"{name}-{item.stored.entry.version}")
            file = item.stored.entry.file.lower()
            others += [file] if file.endswith(WHEEL_SUFFIX) else []
        return any(
            fnmatch.fnmatchcase(name, _SEPARATORS.sub("-", glob).lower())
            or any(fnmatch.fnmatchcase(other, glob.lower()) for other in others)
            for glob in globs
        )

    return matches


_SEPARATORS = re.compile(r"[-_.]+")


def by_names(names: Iterable[str]) -> Matches:
    """Match the entries of projects, by their names in any spelling."""
    normalized = {normalize_name(name) for name in names}
    return lambda item: item.project in normalized


def with_requirements(entries: Iterable[Item], matches: Matches) -> Matches:
    """Match also what the backends of the matched projects require.

    Such an entry need not have the name of its project. It belongs to the projects of the same
    folder and identity.
    """

    def place(item: Item) -> tuple[Path, str | None]:
        return item.path.parent.parent, item.stored.entry.folder if item.stored else None

    places = {place(item) for item in entries if item.is_result and matches(item)}
    requirements = {item.path for item in entries if item.stored and not item.is_result}
    return lambda item: place(item) in places if item.path in requirements else matches(item)
