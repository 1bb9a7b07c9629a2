"""Makes an isolated environment: a virtual environment, with requirements installed into it.

``build`` makes those of the interpreter that runs lbuild, and has pip install into them. Importing
it takes longer than checking that a kept environment is unchanged, so nothing imports this module
before an environment has to be made.
"""

import importlib.util
import os
import signal
import subprocess
from collections.abc import Collection
from pathlib import Path

from lbuild_frontend.disk import atomic
from lbuild_frontend.environments import contents
from lbuild_frontend.environments.installing import Installation, Pip, Uv, decoded, pip_command
from lbuild_frontend.environments.interpreter import Interpreter
from lbuild_frontend.errors import InstallFailed, Interrupted, NoEnvironment

_spec = importlib.util.find_spec("build")
if _spec is None or not _spec.submodule_search_locations:
    # To import it would run that file, which may be the script that calls lbuild.
    _message = (
        f"{_spec.origin if _spec else 'build'}: this module hides the package 'build', which "
        "lbuild uses. Rename it, or run the script from another folder."
    )
    raise NoEnvironment(_message)

from build import BuildException, FailedProcessError  # noqa: E402  see above
from build.env import DefaultIsolatedEnv  # noqa: E402  see above


def create(
    folder: Path,
    interpreter: Interpreter,
    uv: str | None,
    requirements: Collection[str],
    label: str,
    how: Installation,
) -> str:
    """Make an environment below a folder; return the path of its interpreter.

    uv makes hard links to the files in its cache without checking them. They may be damaged there,
    or edited in any environment that has them: then all is installed again without that cache.

    Args:
        folder: an empty folder.
        interpreter: the interpreter of the environment.
        uv: the uv to install with; None for pip.
        requirements: what to install (PEP 508).
        label: the project's name in messages.
        how: how they are installed.

    Raises:
        BuildFailed: if the requirements cannot be installed.
        LbuildError: if no environment can be made.
    """
    python = _make(folder, interpreter, uv, requirements, label, how)
    if uv and contents.mismatches(contents.root_of(Path(python))):
        for path in folder.iterdir():
            atomic.remove(path)
        how = how._replace(use_cache=False)
        python = _make(folder, interpreter, uv, requirements, label, how)
    return python


def _make(
    folder: Path,
    interpreter: Interpreter,
    uv: str | None,
    requirements: Collection[str],
    label: str,
    how: Installation,
) -> str:
    try:
        made = _create(folder, interpreter, uv, how)
    except UnicodeError as error:  # of venv, which writes the name into a file
        message = (
            f"{label}: cannot create a build environment in {folder}: its name is not UTF-8. "
            "Choose another cache with --cache-dir or LBUILD_CACHE_DIR."
        )
        raise NoEnvironment(message) from error
    except (BuildException, FailedProcessError, RuntimeError, OSError) as error:
        message = f"{label}: cannot create a build environment: {error}"
        raise NoEnvironment(message) from error
    try:
        if requirements:
            made.install(requirements)
    except subprocess.CalledProcessError as error:
        # Ctrl-C reaches the installer first; lbuild itself ends it for other projects at work.
        if -error.returncode in (signal.SIGINT, signal.SIGTERM):
            raise Interrupted from error
        names = ", ".join(sorted(_shown(text, how) for text in requirements))
        message = f"{label}: the build requirements could not be installed: {names}. {_advice(how)}"
        streams = (error.stdout, error.stderr)
        output = "".join(decoded(stream) for stream in streams if stream)
        raise InstallFailed(message, output) from error
    return made.python_executable


def _shown(requirement: str, how: Installation) -> str:
    """Return a requirement as the user knows it: a wheel that lbuild gives by its name."""
    name = requirement.partition(" @ ")[0]
    return name if name.partition("[")[0] in how.given else requirement


def _advice(how: Installation) -> str:
    if how.options.offline:
        return (
            "With --offline they have to be in a local place or in the cache of the installer: "
            "leave it out once, or name a folder of wheels by UV_FIND_LINKS or PIP_FIND_LINKS."
        )
    return "Check build-system.requires in pyproject.toml, and the network."


def _create(folder: Path, interpreter: Interpreter, uv: str | None, how: Installation) -> Pip | Uv:
    """Make an environment with nothing in it.

    Raises:
        BuildException, FailedProcessError, RuntimeError, OSError, UnicodeError: if that fails.
    """
    path = os.fspath(folder / "env")
    if interpreter.runs_lbuild:
        made = DefaultIsolatedEnv(installer="uv" if uv else "pip", path=path)
        made.__enter__()  # never left: that would remove it
        python = made.python_executable
    else:
        executable = interpreter.executable
        if uv:
            _run_venv(uv, "venv", "--quiet", "--python", executable, path)
        else:
            _run_venv(executable, "-I", "-m", "venv", path)
        inside = "env/Scripts/python.exe" if os.name == "nt" else "env/bin/python"
        python = os.fspath(folder / inside)
    if uv:
        return Uv(uv, path, python, how)
    has_pip = any(Path(path).rglob("site-packages/pip/__init__.py"))
    # ``build`` puts no pip there if it can use the one beside itself.
    return Pip(pip_command(python, has_pip=has_pip), folder / "requirements.txt", python, how)


def _run_venv(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        raise RuntimeError(decoded(error.stderr).strip() or str(error)) from error
