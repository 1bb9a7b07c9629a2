"""Finds the installer for build requirements, and what influences which versions it installs.

They are variables, ``UV_*`` or ``PIP_*``, and settings files (``installers.local_places``). What a
variable names counts as well: the content of a file, the names in a folder.

Nothing here runs the installer.
"""

import contextlib
import hashlib
import importlib
import importlib.util
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import tomli

from lbuild_frontend.environments.interpreter import Interpreter
from lbuild_frontend.errors import LbuildError
from lbuild_keys.installers import constraints, local_archives, local_places
from lbuild_keys.installers.local_places import Installer
from lbuild_keys.observe import env_policy, launchers
from lbuild_keys.pep508 import requirement_name


class InstallOptions(NamedTuple):
    """How the user wants build requirements to be installed.

    Attributes:
        installer: None for uv if there is one, else pip.
        constraints: absolute paths of files with constraints.
        offline: whether the installer must not use the network.
    """

    installer: Installer | None = None
    constraints: tuple[str, ...] = ()
    offline: bool = False


def choose_uv(
    options: InstallOptions, requirements: Iterable[str], environ: Mapping[str, str], cwd: Path
) -> str | None:
    """Return the uv to install requirements with; None for pip.

    Raises:
        LbuildError: if uv is asked for, and there is none.
    """
    if options.installer == "pip":
        return None
    if options.installer == "uv":
        uv = _uv_executable(environ)
        if uv is None:
            message = "--installer uv: there is no uv. Install it, or use --installer pip."
            raise LbuildError(message)
        return uv
    uv = find_uv(environ)
    if uv and not local_places.find_places("uv", environ, cwd).paths:
        # uv does not look where pip's find-links say, and would install another distribution.
        only_for_pip = local_places.find_places("pip", environ, cwd)
        offered = local_archives.names_on_offer(only_for_pip, indexes=False)
        if any(requirement_name(text) in offered for text in requirements):
            return None
    return uv


def find_uv(environ: Mapping[str, str]) -> str | None:
    """Find the uv to install with.

    Returns:
        None if there is none, or if variables configure an index or a constraint for pip but not
        for uv: uv would install what the user has excluded.
    """
    if any(environ.get(f"PIP_{name}") for name in _ONLY_FOR_PIP) and not any(
        environ.get(f"UV_{name}") for name in _ONLY_FOR_UV
    ):
        return None
    return _uv_executable(environ)


def _uv_executable(environ: Mapping[str, str]) -> str | None:
    with contextlib.suppress(ImportError, FileNotFoundError):
        find = importlib.import_module("uv").find_uv_bin
        return str(find())
    return shutil.which(environ.get("UV") or "uv")


_ONLY_FOR_PIP = (
    *("BUILD_CONSTRAINT", "CONFIG_FILE", "CONSTRAINT", "EXTRA_INDEX_URL", "INDEX_URL"),
    *("NO_INDEX", "PRE"),
)
_ONLY_FOR_UV = ("BUILD_CONSTRAINT", "CONSTRAINT", "DEFAULT_INDEX", "INDEX", "INDEX_URL")


def has_pip() -> bool:
    """Whether pip is installed beside lbuild."""
    return importlib.util.find_spec("pip") is not None


def influences(
    found_uv: str | None, interpreter: Interpreter, environ: Mapping[str, str], cwd: Path
) -> list[object]:
    """Collect all that decides, besides the requirements, what is installed: a value for JSON.

    It holds the values of variables, which may be secret: only a keyed digest of it may be stored.

    Args:
        found_uv: what ``find_uv`` returned.
        interpreter: the interpreter of the environment.
        environ: the environment variables of the installer.
        cwd: the folder in which the installer runs.
    """
    named = dict(_variables("UV_" if found_uv else "PIP_", environ))
    executable = os.path.realpath(interpreter.executable)
    return [
        [interpreter.identity, executable, _version_of(executable)],
        _uv(found_uv) if found_uv else _pip(interpreter),
        sorted(named.items()),
        [_named(name, value, cwd) for name, value in sorted(named.items())],
        list(_uv_settings(environ, cwd) if found_uv else _pip_settings(environ, cwd)),
    ]


def _uv(executable: str) -> list[object]:
    real = os.path.realpath(executable)
    return ["uv", real, _version_of(real)]


def _version_of(path: str) -> tuple[int, int] | None:
    """Identify the version of a program: its size, and modification time in nanoseconds.

    Not the change time of its inode, which every hard link that uv makes to the file sets.
    """
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _pip(interpreter: Interpreter) -> list[object]:
    """Identify the pip in lbuild's environment, which ``build`` uses; others have their own."""
    spec = importlib.util.find_spec("pip") if interpreter.runs_lbuild else None
    origin = spec.origin if spec else None
    return ["pip", origin, _version_of(origin) if origin else None]


_WITHOUT_INFLUENCE = frozenset(
    f"{installer}_{name}"
    for installer, names in {
        "PIP": "CACHE_DIR CERT CLIENT_CERT DEFAULT_TIMEOUT DISABLE_PIP_VERSION_CHECK LOG NO_COLOR "
        "NO_INPUT PROGRESS_BAR QUIET RETRIES TIMEOUT VERBOSE",
        "UV": "CACHE_DIR CONCURRENT_BUILDS CONCURRENT_DOWNLOADS CONCURRENT_INSTALLS HTTP_RETRIES "
        "HTTP_TIMEOUT LOCK_TIMEOUT NO_PROGRESS NO_WRAP OFFLINE RUN_RECURSION_DEPTH",
    }.items()
    for name in names.split()
)
"""Variables that change how files are downloaded or what is printed, but not what is installed: an
environment that was made with network access is used without it."""


def _variables(beginning: str, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if not name.startswith(beginning) or name in _WITHOUT_INFLUENCE:
            continue
        if launchers.value_of_user(name, environ) is not None:
            yield name, value


def _named(name: str, value: str, cwd: Path) -> list[list[object]]:
    """Find the files and folders that a variable's value names: their paths and their content."""
    found: list[list[object]] = []
    for word in dict.fromkeys((value, *value.split())):
        path = cwd / word
        with contextlib.suppress(OSError, ValueError):
            if path.is_dir():
                found.append([os.fspath(path), sorted(each.name for each in path.iterdir())])
            elif path.is_file():
                found.append([os.fspath(path), _digest(path)])
                if name in env_policy.CONSTRAINTS:
                    more = map(Path, constraints.included(os.fspath(path)))
                    found += ([os.fspath(one), _digest(one)] for one in more if one.is_file())
    return found


def _pip_settings(environ: Mapping[str, str], cwd: Path) -> Iterator[tuple[str, str]]:
    return _contents(local_places.settings_files("pip", environ, cwd))


def _uv_settings(environ: Mapping[str, str], cwd: Path) -> Iterator[tuple[str, str]]:
    files = local_places.settings_files("uv", environ, cwd)
    yield from _contents(path for path in files if path.name != "pyproject.toml")
    for path in files:
        table = _uv_table(path) if path.name == "pyproject.toml" else None
        if table is not None:
            yield os.fspath(path.parent), table


def _contents(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    for path in paths:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            yield os.fspath(path), _digest(path)


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:  # the installer cannot read it either
        return f"unreadable: {error}"


_NOT_INSTALLING = frozenset({"cache-keys", "reinstall-package"})
"""Settings of uv that lbuild reads itself; they change nothing in a new environment."""


def _uv_table(path: Path) -> str | None:
    """Return what ``[tool.uv]`` of a pyproject.toml sets, as text; None if nothing."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if b"uv" not in content:
        return None
    try:
        tool = tomli.loads(content.decode("utf-8")).get("tool")
        table = tool.get("uv") if isinstance(tool, dict) else None
        if not isinstance(table, dict):
            return None
        settings = {name: value for name, value in table.items() if name not in _NOT_INSTALLING}
        return repr(settings) if settings else None
    except (ValueError, RecursionError):  # invalid TOML, or values that Python refuses to print
        return hashlib.sha256(content).hexdigest()
