"""Installs a project into the environment of a nox session, unless exactly that is there."""

import shutil
from collections.abc import Collection
from typing import Unpack

import nox

import lbuild_keys
from lbuild_frontend import api


def install(
    session: nox.Session,
    project: str = ".",
    *,
    extras: Collection[str] = (),
    editable: bool = False,
    **options: Unpack[api.BuildOptions],
) -> api.InstallResult:
    """Let the environment of a session run the code that is in the tree.

    It works in each session, also with ``nox -R``, which leaves out ``session.install``: the
    environment must not keep old code.

    Args:
        session: has an environment of its own, made by any backend of nox.
        project: the folder of the project.
        extras: names of extras of the project that are installed too.
        editable: whether the environment uses the files of the tree.
        options: how the project is built, see ``api.BuildOptions``.
    """
    # nox does not activate the environment in its own process: say which one is meant.
    options["python"] = shutil.which("python", path=session.bin)
    try:
        result = api.install(project, extras=extras, editable=editable, **options)
    except api.BuildFailed as error:
        session.error(f"{error}\n{error.output}")
    except api.LbuildError as error:
        session.error(str(error))
    session.log(f"{result.name} {result.version}: {result.action}")
    for reason in result.reasons:
        session.log(f"built because {lbuild_keys.sentence(reason)}")
    for warning in result.warnings:
        session.warn(warning)
    return result
