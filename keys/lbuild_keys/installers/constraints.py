"""The state of files with constraints on build requirements, with the files that they name."""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from lbuild_keys.file_urls import local_path
from lbuild_keys.model import State, present, unreadable
from lbuild_keys.observe import files
from lbuild_keys.observe.files import Digests

_LINE = r"(?m)^[ \t]*(-c|-r|--constraint|--requirement)(?:[ \t]*=?[ \t]*)(\S+)"
_PLACE = r"(?m)^[ \t]*(?:-f|-i|--find-links|--index-url|--extra-index-url)(?:[ \t]*=?[ \t]*)(\S+)"


def included(path: str) -> list[str]:
    """Return the local files that a file of constraints includes, and those that these include.

    What cannot be read includes nothing: its own state says so.
    """
    found, pending = {path: None}, [path]
    while pending:
        one = pending.pop(0)
        try:
            text = Path(one).read_text("utf-8", "replace")
        except (OSError, ValueError):
            continue
        for name in _included_in(one, text):
            if name not in found:
                found[name] = None
                pending.append(name)
    return list(found)[1:]


def _included_in(path: str, text: str) -> Iterator[str]:
    for _, name in re.findall(_LINE, text):
        local = local_path(name)
        if local is not None:
            yield os.path.normpath(Path(path).parent / local)


def observe(paths: Iterable[str], digests: Digests) -> State:
    """Return the state of constraints: of the files, and of those that they include.

    What is in a local place that such a file names is not known, so it counts as changed.

    Args:
        paths: absolute paths, in their order.
        digests: known digests of files.
    """
    pending, states = list(paths), {}
    while pending:
        path = pending.pop(0)
        if path in states:
            continue
        states[path] = files.observe(path, digests)
        if not states[path].known:
            return unreadable(f"{path}: {states[path].detail}")
        try:
            text = Path(path).read_text("utf-8", "replace")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            continue  # its state says so
        except OSError as error:
            return unreadable(f"{path}: {error.strerror or error}")
        for place in re.findall(_PLACE, text):
            if local_path(place) is not None:
                return unreadable(f"{path} names a place on this machine: {place}")
        pending += _included_in(path, text)
    rows = [[state.presence, state.detail.split(" ")[0]] for state in states.values()]
    return present(hashlib.sha256(json.dumps(rows).encode("ascii")).hexdigest()[:32])
