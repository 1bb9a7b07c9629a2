"""The state of a build requirement: an installed distribution, or a project on this machine."""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from lbuild_keys import files, tree
from lbuild_keys.files import Digests
from lbuild_keys.model import ABSENT, State, present, unreadable

if TYPE_CHECKING:
    from importlib import metadata

_PLUGIN_GROUPS = ("setuptools.", "distutils.", "hatch", "pdm.", "poetry.", "flit", "scikit_build")
"""How the entry point groups begin by which build backends find their plugins."""


def local(text: str, digests: Digests) -> State | None:
    """The state of what a requirement such as ``plugin @ file:///home/ada/plugin`` points to.

    None for a requirement that names no place on this machine.
    """
    url = Requirement(text).url
    path = _path_of(url) if url else None
    return _state_of_path(path, digests) if path else None


def installed(
    requirements: Iterable[str], search_path: Sequence[str], digests: Digests
) -> dict[str, State]:
    """The states of all distributions that the requirements reach, by normalised name.

    Also of those that plug into a build backend: it loads them whether they are required or not.

    Markers and extras are not evaluated: one distribution too many costs a needless build at most.
    """
    from importlib import metadata  # which brings all of email, and only this mode needs it

    states: dict[str, State] = {}
    pending = [_name(text) for text in requirements]
    pending += _plugins(metadata.distributions(path=list(search_path)))
    while pending:
        name = pending.pop()
        if name is None or name in states:
            continue
        found = next(iter(metadata.distributions(name=name, path=list(search_path))), None)
        states[name] = _state_of_distribution(found, digests) if found else ABSENT
        pending += [_name(text) for text in (found.requires or ())] if found else []
    return states


def _plugins(distributions: "Iterable[metadata.Distribution]") -> list[str]:
    return [
        canonicalize_name(distribution.name)
        for distribution in distributions
        if distribution.name
        and any(point.group.startswith(_PLUGIN_GROUPS) for point in distribution.entry_points)
    ]


def _name(text: str) -> str | None:
    try:
        return canonicalize_name(Requirement(text).name)
    except InvalidRequirement:  # in somebody else's metadata; installers pass over it as well
        return None


def _state_of_distribution(distribution: "metadata.Distribution", digests: Digests) -> State:
    """Version, and the digest of the installer's list of files with their hashes (RECORD).

    No such list vouches for an editable install (PEP 610): its project's files count.
    """
    record = distribution.read_text("RECORD") or ""
    origin = distribution.read_text("direct_url.json") or ""
    digest = hashlib.sha256(record.encode("utf-8", "surrogateescape"))
    if origin:
        direct = json.loads(origin)
        path = _path_of(direct.get("url", ""))
        if direct.get("dir_info", {}).get("editable") and path:
            state = _state_of_path(path, digests)
            if not state.known:
                return state
            digest.update(state.detail.encode("ascii"))
    return present(f"{distribution.version} ({digest.hexdigest()[:16]})")


def _path_of(url: str) -> Path | None:
    from urllib.request import url2pathname  # brings http.client, and few projects have such a URL

    parts = urlsplit(url)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


def _state_of_path(path: Path, digests: Digests) -> State:
    """An archive by its content; a folder by the content of all files below it."""
    if not path.is_dir():
        return files.observe(os.fspath(path), digests)
    below = tree.walk(path)
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
