"""The files outside of a project that its build may read: ``../README.md``, ``../.gitignore``.

Those that pyproject.toml names are found by their spelling, because every backend has settings of
its own that name paths.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lbuild_keys.backends.known import IGNORE_FILES, ROOT_SETTINGS

_UPWARDS = re.compile(r"(?:\.\./)+[\w.-][\w./-]*")
_WILDCARD = re.compile(r"[*?\[{]")


def mentioned(root: Path, toml: Mapping[str, Any]) -> list[str]:
    """The paths above ``root`` that are keys or values in the TOML, and exist.

    Of a glob, the part before the first wildcard. Values of ``known.ROOT_SETTINGS`` are left out:
    they name the top of a repository, not something to be packed.
    """
    tool = toml.get("tool")
    if isinstance(tool, Mapping):
        uv = tool.get("uv")
        build_backend = uv.get("build-backend") if isinstance(uv, Mapping) else None
        # The rest of tool.uv, and tool.lbuild, configure dependencies and inputs, not content.
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


def text_of(toml: Mapping[str, Any]) -> str:
    """The TOML as text that names what a build may use: without comments and ``tool.lbuild``.

    That table names what never counts (``ignore``), what counts anyway, and the cache.
    """
    tool = toml.get("tool")
    if isinstance(tool, Mapping):
        toml = {**toml, "tool": {name: tool[name] for name in tool if name != "lbuild"}}
    return "\n".join(_assignments(toml))


def mentioned_in_text(root: Path, text: str) -> list[str]:
    """The paths above ``root`` in a script, or in settings of another format, that exist."""
    found = {os.path.normpath(path).replace(os.sep, "/") for path in _UPWARDS.findall(text)}
    return sorted(path for path in found if _leads_somewhere(root / path, path))


def enclosing_ignore_files(root: Path) -> list[str]:
    """The ignore files above ``root`` that a backend may read, as paths relative to it.

    hatchling takes the first ``.gitignore`` from the project upwards, as far as the folder that
    holds ``.git``, else to the top of the file system; likewise ``.hgignore`` with ``.hg``. One in
    the project itself is part of the tree.
    """
    found: list[str] = []
    for name, boundary in IGNORE_FILES:
        prefix = ""
        for folder in (root, *root.parents):
            if os.path.lexists(folder / name):
                if prefix:
                    found.append(f"{prefix}{name}")
                break
            if os.path.lexists(folder / boundary):
                break
            prefix += "../"
    return found


def _leads_somewhere(place: Path, spelled: str) -> bool:
    """Whether something is there, readable or not. Nothing is raised, whatever the text is.

    An absolute path counts only if it is a file, because ``/src`` may be a pattern.
    """
    folder = spelled.startswith("/") and os.path.isdir(place)  # noqa: PTH112
    return os.path.lexists(place) and not folder


def _assignments(value: object, key: str = "") -> Iterator[str]:
    """Yield ``key = "value"`` for all strings, with the nearest key above each."""
    match value:
        case str():
            yield f'{key} = "{value}"'
        case Mapping():
            for name, inner in value.items():
                yield name
                yield from _assignments(inner, name)
        case list():
            for inner in value:
                yield from _assignments(inner, key)
        case _:
            pass  # as in ``_strings``


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for key, inner in value.items():
                yield from _strings(key)
                if key not in ROOT_SETTINGS:
                    yield from _strings(inner)
        case list():
            for inner in value:
                yield from _strings(inner)
        case _:
            pass  # numbers, booleans and dates name no path
