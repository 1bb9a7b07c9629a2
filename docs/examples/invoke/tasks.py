"""Tasks of a project, for ``invoke``: each that needs the project names ``install`` first."""

from pathlib import Path

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

import lbuild_keys
from lbuild_frontend import api

ENVIRONMENT = Path(".venv")


@task
def install(_context: Context) -> None:
    """Let the environment run the code that is in the tree."""
    try:
        result = api.install(python=ENVIRONMENT, extras=["test"])
    except api.LbuildError as error:
        raise Exit(message(error)) from error
    print(f"{result.name} {result.version}: {result.action}")
    for reason in result.reasons:
        print(f"built because {lbuild_keys.sentence(reason)}")
    for warning in result.warnings:
        print(f"warning: {warning}")


@task(pre=[install])
def test(context: Context) -> None:
    """Run the tests."""
    context.run(f"{ENVIRONMENT / 'bin/python'} -m pytest")


@task
def dist(_context: Context) -> None:
    """Build what is uploaded."""
    try:
        print(api.build_sdist().sdist)
        print(api.build_wheel().wheel)
    except api.LbuildError as error:
        raise Exit(message(error)) from error


def message(error: api.LbuildError) -> str:
    """Return what a person has to know of an error, with what the build printed."""
    return f"{error}\n{error.output}" if isinstance(error, api.BuildFailed) else str(error)
