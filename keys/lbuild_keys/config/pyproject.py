"""The folder of a project -> its pyproject.toml, parsed, and the settings in it, checked."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import tomli

from lbuild_keys.config.settings import Settings, read_settings
from lbuild_keys.errors import SettingsError

MARKERS = ("pyproject.toml", "setup.py")
"""A folder with one of these files has a Python project."""


class ProjectFile(NamedTuple):
    """What the pyproject.toml of a project contains.

    Attributes:
        toml: the parsed file; empty where there is none.
        digest: SHA-256 of the file; empty where there is none.
        settings: what it declares.
    """

    toml: Mapping[str, Any]
    digest: str
    settings: Settings


def is_project(folder: Path) -> bool:
    """Whether a folder has the files of a Python project."""
    return any((folder / name).exists() for name in MARKERS)


def read_project(root: Path) -> ProjectFile:
    """Read the pyproject.toml in a folder, and check it; there may be none.

    Args:
        root: the folder, absolute, links resolved.

    Raises:
        SettingsError: if the file cannot be read, is no TOML, or has an invalid setting; ``where``
            begins with its absolute path.
    """
    path = root / "pyproject.toml"
    toml, digest = read_toml(path)
    try:
        settings = read_settings(toml)
    except SettingsError as error:
        raise SettingsError(f"{root / error.where}", error.problem, error.remedy) from error
    for index, entry in enumerate(settings.build_system.backend_path):
        _check_backend_path(root, entry, f"{path}: build-system.backend-path[{index}]")
    return ProjectFile(toml, digest, settings)


def read_toml(path: Path) -> tuple[Mapping[str, Any], str]:
    """Parse a TOML file; return also its SHA-256. Without a file, both are empty.

    Raises:
        SettingsError: if it cannot be read, or is no TOML.
    """
    if path.exists() and not path.is_file():  # a pipe or a device may have no end
        _fail(path, "not a regular file", "Replace it with a readable file.")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        _fail(path, f"it cannot be read ({error.strerror})", "Make the file readable.", error)
    try:
        return tomli.loads(content.decode("utf-8")), hashlib.sha256(content).hexdigest()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = f"line {line} is not UTF-8, as TOML has to be"
        _fail(path, problem, "Save the file as UTF-8.", error)
    except (tomli.TOMLDecodeError, RecursionError) as error:
        _fail(path, f"invalid TOML: {error}", "Fix the file.", error)
    except ValueError as error:  # of int, for too many digits
        _fail(path, "it contains an integer with thousands of digits", "Fix the file.", error)


def _check_backend_path(root: Path, entry: str, where: str) -> None:
    """PEP 517: relative, and inside the project once links are resolved."""
    if Path(entry).is_absolute():
        _fail(where, f"{entry!r} is absolute", "Write it relative to the project.")
    try:
        resolved = (root / entry).resolve()
        is_folder = resolved.is_dir()
    except (OSError, RuntimeError, ValueError) as error:
        problem = f"{entry!r} cannot be resolved ({error})"
        _fail(where, problem, "Use a folder in the project.", error)
    if not resolved.is_relative_to(root):
        _fail(where, f"{entry!r} is outside the project", "Use a folder inside it.")
    if not is_folder:
        remedy = "Create it, or use the folder of the backend."
        _fail(where, f"{entry!r} is not a folder", remedy)


def _fail(
    where: Path | str, problem: str, remedy: str, cause: BaseException | None = None
) -> NoReturn:
    raise SettingsError(str(where), problem, remedy) from cause
