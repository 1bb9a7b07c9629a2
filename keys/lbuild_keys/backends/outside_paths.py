"""The files outside a project that its pyproject.toml names: ``../README.md``, ``../shared``.

They are found by their spelling, for every backend has settings of its own that name paths.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_ROOTS = frozenset({"root", "fallback_root", "fallback-root", "search_parent_directories"})
_UPWARDS = re.compile(r"(?:\.\./)+[\w.-][\w./-]*")
_WILDCARD = re.compile(r"[*?\[{]")


def mentioned(root: Path, toml: Mapping[str, Any]) -> list[str]:
    """The paths above ``root`` that stand in the TOML, as key or value, and lead to something.

    Of a glob, the part before the first wildcard. Not the values of ``root`` and its like: they
    name the top of a repository (setuptools-scm), not something to be packed.
    """
    tool = toml.get("tool")
    if isinstance(tool, Mapping):
        uv = tool.get("uv")
        build_backend = uv.get("build-backend") if isinstance(uv, Mapping) else None
        # The rest of tool.uv, and tool.lbuild, speak of dependencies and inputs, not of content.
        others = {name: tool[name] for name in tool if name not in ("uv", "lbuild")}
        toml = {**toml, "tool": {**others, "uv": build_backend}}
    found = set()
    for text in _strings(toml):
        fixed, *wild = _WILDCARD.split(text.replace("\\", "/"), maxsplit=1)
        path = os.path.normpath(fixed.rpartition("/")[0] if wild else fixed).replace(os.sep, "/")
        upwards = path.split("/")[0] == ".."
        if upwards or path.startswith("/"):
            found.add(path)
    return sorted(path for path in found if _leads_somewhere(root / path, path))


def mentioned_in_text(root: Path, text: str) -> list[str]:
    """The paths above ``root`` that stand in a script or in settings of another format."""
    found = {os.path.normpath(path).replace(os.sep, "/") for path in _UPWARDS.findall(text)}
    return sorted(path for path in found if _leads_somewhere(root / path, path))


def _leads_somewhere(place: Path, spelled: str) -> bool:
    """Whether something is there, readable or not; neither question raises, whatever the text is.

    Of absolute paths only a file counts: ``/src`` is a pattern as well.
    """
    folder = spelled.startswith("/") and os.path.isdir(place)  # noqa: PTH112
    return os.path.lexists(place) and not folder


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for key, inner in value.items():
                yield from _strings(key)
                if key not in _ROOTS:
                    yield from _strings(inner)
        case list():
            for inner in value:
                yield from _strings(inner)
        case _:
            pass  # numbers, booleans and dates name no path
