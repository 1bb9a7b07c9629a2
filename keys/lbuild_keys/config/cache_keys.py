"""``tool.uv.cache-keys`` and ``tool.lbuild.extra-inputs`` -> the inputs that they declare."""

from collections.abc import Mapping
from typing import NamedTuple

from lbuild_keys.config import toml_values
from lbuild_keys.errors import PatternError
from lbuild_keys.globs import patterns as glob_patterns
from lbuild_keys.model import Source, declared


class FileKey(NamedTuple):
    """``"PATTERN"`` or ``{ file = "PATTERN" }``: the files that the pattern selects."""

    pattern: glob_patterns.Pattern
    source: Source


class DirectoryKey(NamedTuple):
    """``{ dir = "PATH" }``: whether there is such a directory."""

    path: str
    source: Source


class GitKey(NamedTuple):
    """``{ git = true }`` or ``{ git = { commit = true, tags = true } }``: the state of git."""

    commit: bool
    tags: bool
    source: Source


class EnvironmentKey(NamedTuple):
    """``{ env = "NAME" }``: the value of an environment variable."""

    name: str
    source: Source


DEFAULT = declared("default of tool.uv.cache-keys")
"""The source of what counts because nothing is declared."""

CacheKey = FileKey | DirectoryKey | GitKey | EnvironmentKey


DEFAULTS = ["pyproject.toml", "setup.py", "setup.cfg", {"dir": "src"}]
"""What counts because nothing is declared, as uv has it."""


def read_cache_keys(value: object, where: str) -> tuple[CacheKey, ...]:
    """Read ``tool.uv.cache-keys``, or ``DEFAULTS``.

    Raises:
        SettingsError: naming the key path and the remedy.
    """
    keys = read_inputs(value, where)
    return tuple(key._replace(source=DEFAULT) for key in keys) if value is DEFAULTS else keys


def read_inputs(value: object, where: str) -> tuple[CacheKey, ...]:
    """Read an array that has the form of ``tool.uv.cache-keys``.

    Raises:
        SettingsError: naming the key path and the remedy.
    """
    items = toml_values.array(value, where)
    return tuple(_read_cache_key(item, f"{where}[{index}]") for index, item in enumerate(items))


def _read_cache_key(value: object, where: str) -> CacheKey:
    remedy = 'Write "GLOB" or a table with one of file, dir, git or env.'
    if isinstance(value, str):
        return _read_file_key(value, where)
    if not isinstance(value, Mapping):
        toml_values.fail(
            where, f"expected a string or a table, not {toml_values.toml_type_name(value)}", remedy
        )
    toml_values.require_known_keys(value, ("file", "dir", "git", "env"), where)
    if len(value) != 1:
        found = " and ".join(value) if value else "none"
        toml_values.fail(where, f"expected one of file, dir, git and env, not {found}", remedy)
    [(kind, given)] = value.items()
    source = declared(where)
    match kind:
        case "file":
            return _read_file_key(toml_values.string(given, f"{where}.file"), where)
        case "dir":
            return DirectoryKey(toml_values.string(given, f"{where}.dir"), source)
        case "env":
            return EnvironmentKey(toml_values.string(given, f"{where}.env"), source)
        case _:
            return _read_git_key(given, where)


def _read_file_key(text: str, where: str) -> FileKey:
    try:
        return FileKey(glob_patterns.parse(text), declared(where))
    except PatternError as error:
        toml_values.fail(where, f"{text!r} is not a valid glob: {error}", "Fix the pattern.")


def _read_git_key(value: object, where: str) -> GitKey:
    source = declared(where)
    if isinstance(value, bool):
        return GitKey(commit=value, tags=False, source=source)
    where = f"{where}.git"
    if not isinstance(value, Mapping):
        remedy = "Write git = true or git = { commit = true, tags = true }."
        toml_values.fail(
            where,
            f"expected a boolean or a table, not {toml_values.toml_type_name(value)}",
            remedy,
        )
    toml_values.require_known_keys(value, ("commit", "tags"), where)
    return GitKey(
        commit=toml_values.optional(value, "commit", where, toml_values.boolean) or False,
        tags=toml_values.optional(value, "tags", where, toml_values.boolean) or False,
        source=source,
    )
