"""Code that reads many names at once, and those of them that matter to it, as far as it is known.

It enumerates all variables, or it lists folders above the project. What of that matters is known of
some code of backends (``backends.known``); of all other code everything does.

What launchers and sessions set does not count among all variables. A hook that copies
``os.environ`` and reads ``CI`` from the copy uses it nevertheless, and no trace shows that; so what
such code names counts.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from lbuild_keys.backends.known import (
    BUILD_SCRIPTS,
    CODE_FILES,
    FOLDER_LISTERS,
    VARIABLE_READERS,
)
from lbuild_keys.observe import env_policy

ALL = ("*",)
"""The pattern of all names."""

SCRIPTS = frozenset({*CODE_FILES, *BUILD_SCRIPTS.values()})
"""Files of a project that backends run, some of them without importing them."""


def variables(code: Iterable[str]) -> tuple[str, ...]:
    """Return patterns of the variables that matter to code that enumerates all of them.

    Args:
        code: as ``FILE:FUNCTION``.
    """
    return _patterns(code, VARIABLE_READERS)


def named(code: Iterable[str], enumerations: Iterable[str]) -> frozenset[str]:
    """Return the variables that code names and that do not count among all, or only in part.

    Args:
        code: the paths of what a hook ran of the project.
        enumerations: what read all variables, as ``FILE:FUNCTION``.
    """
    unknown = (one for one in enumerations if variables([one]) == ALL)
    paths = {*code, *(one.rpartition(":")[0] for one in unknown)}
    return frozenset().union(*map(_named_in, paths))


def _named_in(path: str) -> frozenset[str]:
    try:
        return env_policy.named_in(Path(path).read_text("utf-8", "replace"))
    except OSError:  # "<string>", for example
        return frozenset()


def names_above(code: Iterable[str]) -> tuple[str, ...]:
    """Return patterns of the names in a folder above the project that some code looks for.

    Args:
        code: as ``FILE:FUNCTION``; none if it is not known which code it was.
    """
    code = tuple(code)
    return _patterns(code, FOLDER_LISTERS) if code else ALL


def _patterns(code: Iterable[str], known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for one in code:
        path = one.rpartition(":")[0]
        matter = next((names for end, names in known.items() if path.endswith(end)), ALL)
        found |= dict.fromkeys(matter)
    return ALL if "*" in found else tuple(found)
