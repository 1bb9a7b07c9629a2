"""pyproject.toml as an input of which only some values count; see ``backends.toml_use``."""

import os
from collections.abc import Iterable, Mapping
from typing import Any

from lbuild_keys.backends import toml_use
from lbuild_keys.backends.known import KeyPath
from lbuild_keys.model import Input, State
from lbuild_keys.observe import files, toml_tables
from lbuild_keys.observe.files import Digests
from lbuild_keys.snapshots.context import BuildContext, ProjectTree

WHOLE = Input("file", toml_use.FILE)
VALUES = Input("toml-tables", toml_use.FILE)


def usable_tables(
    project: ProjectTree, context: BuildContext, extra_requires: Iterable[str] = ()
) -> tuple[KeyPath, ...] | None:
    """Return the tables that a build can use, if the file is only parsed; None if any.

    Args:
        project: the project.
        context: what else its build depends on.
        extra_requires: what the backend is known to require. Without it, one more input shows
            after a build that the whole file counts.
    """
    isolated = context.installed is None
    return toml_use.usable_tables(project.settings.build_system, extra_requires, isolated=isolated)


def observe_values(project: ProjectTree, context: BuildContext, digests: Digests) -> State:
    """Return the state of ``VALUES``: all of the file if any table may count.

    That is also so if the parser of a backend may refuse the file.
    """
    path = os.fspath(project.root / toml_use.FILE)
    content = files.observe(path, digests)
    tables = usable_tables(project, context)
    if tables is None or not os.path.isfile(path):  # noqa: PTH113  never raises
        return content
    parsed: Mapping[str, Any] | State = project.toml
    # Somebody may have edited it meanwhile. Parsing again takes most of the time of this.
    if not project.toml_digest or not content.detail.startswith(project.toml_digest):
        parsed = toml_tables.read(path)
    if isinstance(parsed, State):
        return parsed
    if toml_tables.needs_newer_parser(path):
        return content
    return toml_tables.state_of(parsed, tables, toml_use.NO_USE)
