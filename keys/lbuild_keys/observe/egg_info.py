"""An ``*.egg-info`` in a project: whether setuptools would take anything from it.

setuptools adds the files that its ``SOURCES.txt`` names, and that exist, to those that it finds
itself, and copies files that it does not know into the wheel. Everything else in there it writes
anew (``setuptools.command.egg_info`` and ``bdist_wheel``, versions 59 to 84). So an ``*.egg-info``
that names only files which it finds anyway makes no difference: that of an editable install of the
same tree, for example.
"""

import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path

from lbuild_keys.model import ABSENT, State
from lbuild_keys.observe import files

_WRITTEN_ANEW = frozenset(
    {
        *("PKG-INFO", "SOURCES.txt", "dependency_links.txt", "entry_points.txt"),
        *("namespace_packages.txt", "not-zip-safe", "requires.txt", "top_level.txt"),
    }
)
_PLUGIN = r"(?m)^\s*\[\s*(distutils|egg_info|setuptools)"
"""Groups of entry points by which setuptools runs code, if it finds the distribution."""

SOURCES = "SOURCES.txt"
_SEPARATOR = "//"
"""Not in a path as inputs have them."""


def join(path: str, sources: Iterable[str]) -> str:
    """Return the name of an input: an ``*.egg-info``, and which files setuptools finds without it.

    Args:
        path: relative to the project.
        sources: likewise, as ``SOURCES.txt`` has them.
    """
    return _SEPARATOR.join((path, "\n".join(sorted(sources))))


def observe(root: Path, name: str) -> State:
    """Return the state of what is there; absent as well if setuptools would take nothing from it.

    Args:
        root: of the project.
        name: of the input.
    """
    path, _, sources = name.partition(_SEPARATOR)
    state = files.look(os.fspath(root / path))
    if state.detail != "directory":
        return state
    return ABSENT if _adds_nothing(root, path, frozenset(sources.split("\n"))) else state


def _adds_nothing(root: Path, path: str, sources: Collection[str]) -> bool:
    parent = path.rpartition("/")[0]
    beside = (one for one in sources if one.rpartition("/")[0] == parent)
    if any(one.endswith(".py") and one != "setup.py" for one in beside):
        return False  # its folder may be that of a package, and it would be data of that
    try:
        entries = list((root / path).iterdir())
        if not _WRITTEN_ANEW.issuperset(one.name for one in entries) or any(
            one.is_symlink() or not one.is_file() for one in entries
        ):
            return False
        texts = {one.name: one.read_bytes().decode() for one in entries if one.name in _READ}
    except (OSError, ValueError):
        return False
    own = {f"{path}/{one}" for one in _WRITTEN_ANEW}
    # As setuptools reads it, blanks and line ends of all kinds included.
    named = {line.strip() for line in texts.get(SOURCES, "").split("\n")} - {""}
    return not re.search(_PLUGIN, texts.get("entry_points.txt", "")) and not any(
        os.path.lexists(root / one) for one in named - own - {*sources}
    )


_READ = frozenset({SOURCES, "entry_points.txt"})
