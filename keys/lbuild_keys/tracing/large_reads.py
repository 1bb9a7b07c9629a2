"""Code that reads many names at once, and those of them that matter to it, as far as it is known.

It enumerates all variables, or it lists folders above the project. What of that matters is known of
some code of backends (``backends.known``); of all other code everything does.
"""

from collections.abc import Iterable, Mapping

from lbuild_keys.backends.known import FOLDER_LISTERS, VARIABLE_READERS

ALL = ("*",)
"""The pattern of all names."""


def variables(code: Iterable[str]) -> tuple[str, ...]:
    """Return patterns of the variables that matter to code that enumerates all of them.

    Args:
        code: as ``FILE:FUNCTION``.
    """
    return _patterns(code, VARIABLE_READERS)


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
