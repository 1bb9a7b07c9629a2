"""The projects that a command means, and what it may only know of their environment."""

import contextlib
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from lbuild_frontend.environments import interpreter as interpreters
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.model.request import Command
from lbuild_frontend.workspaces import find
from lbuild_frontend.workspaces.find import Choice
from lbuild_keys.pep508 import normalize_name
from lbuild_keys.workspaces.members import Markers, own_markers

Extras = Mapping[Path, tuple[str, ...]]
"""By folder of a project, the normalised names of the extras that are installed of it."""


def projects_of(command: Command) -> tuple[Choice, Extras]:
    """Choose the projects of a command, and their extras.

    Words of ``install`` may have extras, ``PROJECT[EXTRA,...]``.

    Raises:
        LbuildError: if there is no such workspace, member or interpreter, the workspace is wrong,
            or extras are not names.
    """
    if command.verb == "install":
        return _to_install(command)
    scope, python = command.scope, command.request.python
    choice = find.select(
        command.projects,
        several=command.verb != "metadata",
        workspace=scope.workspace,
        packages=scope.packages,
        root=scope.root,
        # A source in a workspace may be for some interpreters only.
        markers=own_markers if python is None else _markers_of(python),
    )
    return choice, {}


def _to_install(command: Command) -> tuple[Choice, Extras]:
    from lbuild_frontend.installs import extras  # only of these

    scope, python = command.scope, command.request.python
    split = [extras.split(word) for word in command.projects]
    choice = find.select(
        [word for word, _ in split],
        several=True,
        workspace=scope.workspace,
        packages=scope.packages,
        root=scope.root,
        markers=cache(lambda: _markers_of_environment(python)),
    )
    for_all = frozenset(map(normalize_name, command.install.extras))
    wanted = {folder: set(for_all) for folder in choice.requested if for_all}
    for word, names in split:
        if names:
            for folder in find.select([word], several=True).requested:
                wanted.setdefault(folder, set()).update(names)
    return choice, {folder: tuple(sorted(names)) for folder, names in wanted.items()}


def _markers_of(python: str) -> Markers:
    return cache(lambda: interpreters.markers_of(interpreters.find(python)))


def _markers_of_environment(python: str | None) -> Mapping[str, str]:
    """Return the markers of the environment that is likely to be meant: it is found later."""
    from lbuild_frontend.installs import target as targets  # few sources have markers

    with contextlib.suppress(LbuildError):
        return interpreters.markers_of(targets.find(python, Path.cwd(), os.environ).interpreter)
    return own_markers()
