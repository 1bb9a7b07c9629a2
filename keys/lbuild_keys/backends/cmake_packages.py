"""Which packages scripts of CMake and Meson ask for, by their text.

CMake looks for these also beside the folders of ``PATH`` (find_package(), Config Mode Search
Procedure): ``/opt/x/bin`` leads to ``/opt/x/lib/cmake``. Meson asks CMake.
"""

import re

EVERY = "*"
"""Stands for all packages, where a name is computed."""

_CALL = re.compile(r"\b(?:find_package|find_dependency)\s*\(([^()]*)", re.IGNORECASE)
_WORD = re.compile(r'[^\s"]+')
_PLAIN = re.compile(r"[\w.+-]+")
_MORE_NAMES = frozenset({"NAMES", "CONFIGS", "PATH_SUFFIXES"})

_DEPENDENCY = re.compile(r"\bdependency\s*\(\s*('[^']*'|[^\s'])")


def named_in_cmake(text: str) -> frozenset[str]:
    """Return the packages that a script of CMake asks for, as the beginnings of folder names."""
    found: set[str] = set()
    for call in _CALL.finditer(text):
        words = _WORD.findall(call[1])
        names = words if _MORE_NAMES & set(words) else words[:1]
        found.update(name if _PLAIN.fullmatch(name) else EVERY for name in names)
    return frozenset(found)


def named_in_meson(text: str) -> frozenset[str]:
    """Return the packages that a ``meson.build`` asks for."""
    names = (found[1] for found in _DEPENDENCY.finditer(text))
    return frozenset(name.strip("'") if name[0] == "'" else EVERY for name in names) - {""}
