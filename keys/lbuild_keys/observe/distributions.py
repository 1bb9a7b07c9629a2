"""States of build requirements: installed distributions, and projects on this machine."""

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lbuild_keys import pep508
from lbuild_keys.file_urls import local_path
from lbuild_keys.model import State, present, unreadable
from lbuild_keys.observe import files, tree
from lbuild_keys.observe.files import Digests

if TYPE_CHECKING:
    from importlib import metadata


def observe_local_project(text: str, environ: Mapping[str, str], digests: Digests) -> State | None:
    """The state of the project in a requirement such as ``plugin @ file:///home/ada/plugin``.

    It includes the projects that the pyproject.toml of that project names in the same way. None for
    a requirement that names no place on this machine.

    Args:
        text: the requirement (PEP 508).
        environ: the variables for ``${NAME}`` in the URL, which pip replaces.
    """
    if pep508.plain_requirement_name(text) is not None:
        return None
    from packaging.requirements import Requirement

    pending, states = [path_at(Requirement(text).url or "", environ)], {}
    while pending:
        path = pending.pop()
        if path is None or path in states:
            continue
        states[path] = _state_of_path(path, digests)
        pending += [_path_of(found) for found in _FILE_URL.findall(_text(path / "pyproject.toml"))]
    if not states:
        return None
    failures = [state for state in states.values() if not state.known]
    if failures:
        return failures[0]
    # First the project that the requirement names, then the others in the order of the files.
    return present(", ".join(state.detail or state.presence for state in states.values()))


def path_at(url: str, environ: Mapping[str, str]) -> Path | None:
    """Return the path in the URL of a requirement; None if that names no place on this machine.

    Args:
        url: it may have variables.
        environ: their values.
    """
    # uv takes a path as well, and PROJECT_ROOT is the current folder for it.
    values = {"PROJECT_ROOT": os.curdir, **{name: environ[name] for name in _names(url, environ)}}
    url = _VARIABLE.sub(lambda name: values.get(name[1], name[0]), url)
    named = local_path(url) if url else None
    return None if named is None else Path(named)


def _names(text: str, environ: Mapping[str, str]) -> list[str]:
    return [name for name in _VARIABLE.findall(text) if name in environ]


_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_FILE_URL = re.compile(r"""file:[^\s"']+""")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace") if path.is_file() else ""
    except (OSError, ValueError):
        return ""  # if there is anything, its state is "unreadable"


def observe_installed(
    search_path: Sequence[str], project: Path, digests: Digests
) -> dict[str, State]:
    """The states of all installed distributions, by normalised name.

    Required or not, all of them count: a build without isolation imports what it finds, and
    backends load the plugins that they find.

    Args:
        search_path: where the interpreter looks for modules.
        project: the folder of the project. Its own development install does not count.
    """
    from importlib import metadata  # it imports all of email, and only this mode needs it

    states: dict[str, State] = {}
    for distribution in metadata.distributions(path=list(search_path)):
        name = "unnamed"
        try:
            name = pep508.normalize_name(distribution.name or name)
            if name in states:
                continue  # of two with the same name, the first is imported
            state = _state_of_distribution(distribution, project, digests)
        except (OSError, ValueError, TypeError, AttributeError) as error:
            state = unreadable(f"its metadata is damaged: {error}")
        if state is not None:
            states[name] = state
    return states


def _state_of_distribution(
    distribution: "metadata.Distribution", project: Path, digests: Digests
) -> State | None:
    """The version, and a digest of RECORD, the installer's list of files with their hashes.

    For an editable install (PEP 610), that list does not cover the files of the project; an old
    development install, or a package of an operating system, has none. There the content of the
    files counts.
    """
    record = distribution.read_text("RECORD") or ""
    parts = [record]
    origin = distribution.read_text("direct_url.json")
    direct = json.loads(origin) if origin else {}
    editable = direct.get("dir_info", {}).get("editable") and _path_of(direct.get("url", ""))
    places = [editable] if editable else []
    if not record:
        top_level = (distribution.read_text("top_level.txt") or "").split()
        found = [Path(str(distribution.locate_file(name))) for name in top_level]
        places += [*found, *(path.with_suffix(".py") for path in found)]
        parts.append(distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or "")
    for place in places:
        if project.is_relative_to(place) or place.is_relative_to(project):
            return None  # its files count by themselves
        state = _state_of_path(place, digests)
        if not state.known:
            return state
        parts.append(state.detail)
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape"))
    return present(f"{distribution.version} ({digest.hexdigest()[:16]})")


def _path_of(url: str) -> Path | None:
    path = local_path(url) if url.lower().startswith("file:") else None
    if path is None:
        return None
    if not path.strip("/"):
        message = f"{url!r} names no folder"
        raise ValueError(message)
    return Path(path)


def _state_of_path(path: Path, digests: Digests) -> State:
    """The state of an archive, by its content, or of a folder, by that of all files below it."""
    if not os.path.isdir(path):  # noqa: PTH112  never raises: what is odd is unreadable below
        return files.observe(os.fspath(path), digests)
    # Its sources count, not its results.
    below = tree.walk(path, lambda name: name == "dist/")
    if below.unreadable:
        name, why = next(iter(below.unreadable.items()))
        return unreadable(f"{path / name}: {why}")
    digest = hashlib.sha256()
    for name in below.files:
        state = files.observe(os.fspath(path / name), digests)
        if not state.known:
            return unreadable(f"{path / name}: {state.detail}")
        digest.update(json.dumps([name, state.presence, state.detail]).encode("ascii"))
    return present(f"folder {digest.hexdigest()[:32]}")
