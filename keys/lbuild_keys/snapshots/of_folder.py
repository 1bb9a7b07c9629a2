"""The folder of a project -> all its inputs that are known without a build: the public API."""

import os
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any, Literal

from lbuild_keys.config import pyproject
from lbuild_keys.config.settings import Settings
from lbuild_keys.errors import NoProjectError
from lbuild_keys.git.run import LOCAL_VARIABLES
from lbuild_keys.model import Snapshot
from lbuild_keys.observe.files import Digests
from lbuild_keys.snapshots.context import BuildContext, ProjectTree
from lbuild_keys.snapshots.delivered import is_delivered_distribution
from lbuild_keys.snapshots.known_inputs import observe_known_inputs

_MODES = ("tree", "declared")


def snapshot(
    folder: str | os.PathLike[str] = ".",
    *,
    inputs: Literal["tree", "declared"] = "tree",
    environ: Mapping[str, str] | None = None,
    config_settings: Mapping[str, Any] | None = None,
    interpreter: str | None = None,
    out_dirs: Iterable[str | os.PathLike[str]] = ("dist",),
    secret: bytes = b"lbuild_keys.snapshot",
) -> Snapshot:
    """Return the inputs of a project's build, with their states at this moment.

    These are the inputs that are known without a build; a build in an isolated environment is
    assumed. Two snapshots of one project, or of two clones of it, can be compared (``compare``) if
    they were taken with the same arguments, by the same version of lbuild; also in two processes.

    All files that count are read, git may be run, and nothing is written. The current folder and
    ``os.environ`` stay as they are. Several threads may take snapshots at the same time.

    What cannot be read is an input with the state "unreadable", which differs from every state: no
    error. What the settings in ``tool.lbuild`` and ``tool.uv`` ignore or add is respected, except
    ``tool.lbuild.inputs``. Not in the snapshot: the wheels of other members of a workspace.

    Args:
        folder: the folder of the project.
        inputs: which files count: ``tree``, all that are below the folder and those outside that
            the project names; or ``declared``, those of ``tool.uv.cache-keys`` and
            ``tool.lbuild.extra-inputs`` only. ``traced`` is not possible without a build.
        environ: the variables that the build gets; by default those of this process.
        config_settings: what the hooks get (PEP 517); values that JSON can express.
        interpreter: what identifies the interpreter that builds; any text. By default it is that
            of the interpreter that runs, as ``lbuild`` has it in its reasons.
        out_dirs: folders for results, relative to ``folder``: the project's wheels and source
            distributions in there are no inputs, if its name is static.
        secret: the key of the digests that stand for the values of variables and of
            ``config_settings``. With the default, a person who reads a snapshot that was stored
            can find out a value that is easy to guess.

    Raises:
        NoProjectError: the folder does not exist, or has neither pyproject.toml nor setup.py.
        SettingsError: pyproject.toml cannot be read, is no TOML, or has an invalid setting.
        ValueError: ``inputs`` is another word.
        TypeError: ``config_settings`` has a value that JSON cannot express.
    """
    if inputs not in _MODES:
        message = f"inputs={inputs!r}: a snapshot without a build takes 'tree' or 'declared'"
        raise ValueError(message)
    root = _root(Path(folder))
    file = pyproject.read_project(root)
    variables = os.environ.copy() if environ is None else environ
    context = BuildContext(
        # As in a build: git sets these for its own hooks, and they may be those of another project.
        environ={name: variables[name] for name in variables if name not in LOCAL_VARIABLES},
        cwd=root,
        secret=secret,
        interpreter=running_interpreter() if interpreter is None else interpreter,
        config_settings=config_settings or {},
        installed=None,
        extra_requires=(),
        base_prefix=sys.base_prefix if interpreter is None else None,
    )
    project = _project_tree(root, file, out_dirs)
    return dict(observe_known_inputs(project, context, Digests(), inputs))


def running_interpreter() -> str:
    """Return what identifies the interpreter that runs: version, compiler, platform and ABI.

    It is the text that ``lbuild_frontend.in_process.probe`` has other interpreters report.
    """
    name = sys.implementation.name
    return " ".join(
        [
            "CPython" if name == "cpython" else name,
            " ".join(sys.version.split()),
            sysconfig.get_platform(),
            EXTENSION_SUFFIXES[0],
            "debug" if hasattr(sys, "gettotalrefcount") else "release",
        ]
    )


def _root(folder: Path) -> Path:
    try:
        root = folder.resolve(strict=True)
        found = root.is_dir() and pyproject.is_project(root)
    except (OSError, RuntimeError, ValueError) as error:
        message = f"{folder}: {getattr(error, 'strerror', None) or error}"
        raise NoProjectError(message) from error
    if not found:
        message = f"{root}: not a Python project: it has neither pyproject.toml nor setup.py"
        raise NoProjectError(message)
    return root


def _project_tree(
    root: Path, file: pyproject.ProjectFile, out_dirs: Iterable[str | os.PathLike[str]]
) -> ProjectTree:
    folders = frozenset(_below(root, out_dirs))
    names = _names(file.settings)
    return ProjectTree(
        root=root,
        toml=file.toml,
        toml_digest=file.digest,
        settings=file.settings,
        leave_out=lambda path: is_delivered_distribution(path, folders, names),
        leave_out_in=folders.__contains__,
        out_dirs=folders,
    )


def _names(settings: Settings) -> frozenset[str]:
    return frozenset() if settings.name is None else frozenset({settings.name})


def _below(root: Path, folders: Iterable[str | os.PathLike[str]]) -> Iterable[str]:
    """Yield those of the folders that are below the project, as inputs are named."""
    for one in folders:
        for path in (os.path.normpath(root / one), os.path.realpath(root / one)):
            if Path(path).is_relative_to(root):
                name = Path(path).relative_to(root).as_posix()
                yield "" if name == "." else name
