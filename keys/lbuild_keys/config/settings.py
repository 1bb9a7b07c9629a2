"""The parsed pyproject.toml -> what it declares; every mistake is named by its key path."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lbuild_keys import pep508
from lbuild_keys.config import sizes, toml_values
from lbuild_keys.errors import PatternError
from lbuild_keys.globs import patterns as glob_patterns
from lbuild_keys.model import MODES, Mode, Source, declared


@dataclass(frozen=True, slots=True)
class BuildSystem:
    """The ``[build-system]`` table (PEP 517, PEP 518), with the defaults that these give."""

    requires: tuple[str, ...] = ("setuptools >= 40.8.0",)
    build_backend: str = "setuptools.build_meta:__legacy__"
    backend_path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileKey:
    """``"PATTERN"`` or ``{ file = "PATTERN" }``."""

    pattern: glob_patterns.Pattern
    source: Source


@dataclass(frozen=True, slots=True)
class DirectoryKey:
    """``{ dir = "PATH" }``: whether there is such a directory."""

    path: str
    source: Source


@dataclass(frozen=True, slots=True)
class GitKey:
    """``{ git = true }`` or ``{ git = { commit = true, tags = true } }``."""

    commit: bool
    tags: bool
    source: Source


@dataclass(frozen=True, slots=True)
class EnvironmentKey:
    """``{ env = "NAME" }``."""

    name: str
    source: Source


CacheKey = FileKey | DirectoryKey | GitKey | EnvironmentKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that a pyproject.toml says about a build and its inputs.

    Attributes:
        name: the distribution's normalised name, where it is static.
        cache_keys: ``tool.uv.cache-keys`` or its defaults, then ``tool.lbuild.extra-inputs``.
        ignore: gitignore patterns of ``tool.lbuild.ignore``.
        reinstall_packages: normalised names of ``tool.uv.reinstall-package``.
        always_rebuild: whether a rebuild is due whatever has changed.
        environment_max_age: seconds after which build requirements are resolved anew.
        cache_size: bytes that the cache may hold, where that is set; 0 for any number.
        cache_generations: entries that each folder of the project may have in the cache, where
            that is set; 0 for any number.
    """

    build_system: BuildSystem
    name: str | None
    cache_keys: tuple[CacheKey, ...]
    mode: Mode | None
    ignore: tuple[str, ...]
    cache_dir: str | None
    reinstall_packages: frozenset[str]
    always_rebuild: bool
    environment_max_age: int
    cache_size: int | None
    cache_generations: int | None


def read_settings(toml: Mapping[str, Any]) -> Settings:
    """Read what a parsed pyproject.toml (or ``{}`` where there is none) declares.

    Raises:
        DeclarationError: naming the key path and the remedy.
    """
    tool = toml_values.table(toml, "tool", "")
    uv = toml_values.table(tool, "uv", "tool")
    lbuild = toml_values.table(tool, "lbuild", "tool")
    toml_values.no_others(lbuild, _SETTINGS, "tool.lbuild")
    mode = toml_values.optional(lbuild, "inputs", "tool.lbuild", _mode)
    age = toml_values.optional(lbuild, "environment-max-age", "tool.lbuild", _duration)
    return Settings(
        build_system=_build_system(toml),
        name=_static_name(toml),
        cache_keys=(*_cache_keys(uv), *_extra_inputs(lbuild)),
        mode=mode,
        ignore=toml_values.optional(lbuild, "ignore", "tool.lbuild", _ignore) or (),
        cache_dir=toml_values.optional(lbuild, "cache-dir", "tool.lbuild", _folder),
        reinstall_packages=frozenset(
            pep508.normalize_name(name)
            for name in toml_values.optional(
                uv, "reinstall-package", "tool.uv", toml_values.strings
            )
            or ()
        ),
        always_rebuild=toml_values.optional(
            lbuild, "always-rebuild", "tool.lbuild", toml_values.boolean
        )
        or False,
        environment_max_age=_UNITS["day"] if age is None else age,
        cache_size=toml_values.optional(lbuild, "cache-size", "tool.lbuild", _size),
        cache_generations=toml_values.optional(lbuild, "cache-generations", "tool.lbuild", _count),
    )


_SETTINGS = (
    "inputs",
    "ignore",
    "extra-inputs",
    "always-rebuild",
    "environment-max-age",
    "cache-dir",
    "cache-size",
    "cache-generations",
)
_UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_DURATION = re.compile(r"([0-9]{1,6}) (second|minute|hour|day|week)s?")


def _build_system(toml: Mapping[str, Any]) -> BuildSystem:
    where = "build-system"
    if where not in toml:
        near = difflib.get_close_matches(where, toml, n=1, cutoff=0.8)
        if near:
            toml_values.fail(toml_values.key(near[0]), "no such table", f"Did you mean [{where}]?")
        return BuildSystem()
    table = toml_values.table(toml, where, "")
    toml_values.no_others(table, ("requires", "build-backend", "backend-path"), where)
    requires = toml_values.optional(table, "requires", where, toml_values.strings)
    if requires is None:
        toml_values.fail(
            where, "requires is missing", 'Add it: requires = ["setuptools"], for example.'
        )
    for index, text in enumerate(requires):
        if pep508.plain_requirement_name(text) is None:
            _check_requirement(text, f"{where}.requires[{index}]")
    backend = toml_values.optional(table, "build-backend", where, _backend)
    # Without build-backend, requires stays as it is and setuptools' legacy backend is meant.
    return BuildSystem(
        requires=requires,
        build_backend=BuildSystem().build_backend if backend is None else backend,
        backend_path=toml_values.optional(table, "backend-path", where, toml_values.strings) or (),
    )


def _check_requirement(text: str, where: str) -> None:
    try:
        pep508.check(text)
    except ValueError as error:
        problem = f"{text!r} is no requirement: {str(error).splitlines()[0]}"
        toml_values.fail(where, problem, 'Write it as in "setuptools>=61".')


def _cache_keys(uv: Mapping[str, Any]) -> tuple[CacheKey, ...]:
    if "cache-keys" not in uv:
        source = declared("default of tool.uv.cache-keys")
        return (
            *(
                FileKey(glob_patterns.parse(name), source)
                for name in ("pyproject.toml", "setup.py", "setup.cfg")
            ),
            DirectoryKey("src", source),
        )
    return _cache_key_list(uv["cache-keys"], "tool.uv.cache-keys")


def _extra_inputs(lbuild: Mapping[str, Any]) -> tuple[CacheKey, ...]:
    if "extra-inputs" not in lbuild:
        return ()
    return _cache_key_list(lbuild["extra-inputs"], "tool.lbuild.extra-inputs")


def _cache_key_list(value: object, where: str) -> tuple[CacheKey, ...]:
    items = toml_values.array(value, where)
    return tuple(_cache_key(item, f"{where}[{index}]") for index, item in enumerate(items))


def _cache_key(value: object, where: str) -> CacheKey:
    remedy = 'Write "GLOB" or a table with one of file, dir, git or env.'
    if isinstance(value, str):
        return _file_key(value, where)
    if not isinstance(value, Mapping):
        toml_values.fail(
            where, f"{toml_values.toml_type_name(value)} where a string or a table is meant", remedy
        )
    toml_values.no_others(value, ("file", "dir", "git", "env"), where)
    if len(value) != 1:
        found = " and ".join(value) if value else "none"
        toml_values.fail(where, f"one of file, dir, git and env is meant, not {found}", remedy)
    [(kind, given)] = value.items()
    source = declared(where)
    match kind:
        case "file":
            return _file_key(toml_values.string(given, f"{where}.file"), where)
        case "dir":
            return DirectoryKey(toml_values.string(given, f"{where}.dir"), source)
        case "env":
            return EnvironmentKey(toml_values.string(given, f"{where}.env"), source)
        case _:
            return _git_key(given, where)


def _file_key(text: str, where: str) -> FileKey:
    try:
        return FileKey(glob_patterns.parse(text), declared(where))
    except PatternError as error:
        toml_values.fail(where, f"{text!r} is no glob: {error}", "Mend the pattern.")


def _git_key(value: object, where: str) -> GitKey:
    source = declared(where)
    if isinstance(value, bool):
        return GitKey(commit=value, tags=False, source=source)
    where = f"{where}.git"
    if not isinstance(value, Mapping):
        remedy = "Write git = true or git = { commit = true, tags = true }."
        toml_values.fail(
            where,
            f"{toml_values.toml_type_name(value)} where a boolean or a table is meant",
            remedy,
        )
    toml_values.no_others(value, ("commit", "tags"), where)
    return GitKey(
        commit=toml_values.optional(value, "commit", where, toml_values.boolean) or False,
        tags=toml_values.optional(value, "tags", where, toml_values.boolean) or False,
        source=source,
    )


def _static_name(toml: Mapping[str, Any]) -> str | None:
    """The name from ``[project]`` or, as Poetry 1 has it, from ``[tool.poetry]``.

    Nothing is checked here: what a backend makes of a wrong one is the backend's to say.
    """
    tool = toml.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, Mapping) else None
    for table in (toml.get("project"), poetry):
        if isinstance(table, Mapping) and isinstance(table.get("name"), str):
            return pep508.normalize_name(table["name"])
    return None


def _mode(value: object, where: str) -> Mode:
    text = toml_values.string(value, where)
    for mode in MODES:
        if mode == text:
            return mode
    near = difflib.get_close_matches(text, MODES, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    known = ", ".join(MODES)
    return toml_values.fail(where, f"{text!r} is no kind of inputs", f"Write one of {known}.{hint}")


def _folder(value: object, where: str) -> str:
    text = toml_values.string(value, where)
    if not text or "\0" in text:
        toml_values.fail(
            where, f"{text!r} names no folder", 'Write a path, such as "~/.cache/lbuild".'
        )
    return text


def _duration(value: object, where: str) -> int:
    """Seconds: an integer of them, or a string such as "12 hours"."""
    remedy = 'Write seconds, such as 3600, or a string, such as "12 hours" or "1 day".'
    if isinstance(value, str):
        found = _DURATION.fullmatch(value)
        if found is None:
            toml_values.fail(where, f"{value!r} is no span of time", remedy)
        return int(found[1]) * _UNITS[found[2]]
    seconds = toml_values.integer(value, where, "an integer or a string", remedy)
    if not 0 <= seconds <= _LONGEST:
        toml_values.fail(where, f"{seconds} seconds are no age", remedy)
    return seconds


_LONGEST = 10**12
"""Seconds; times are kept as floats, which hold this and not all that TOML can say."""


def _size(value: object, where: str) -> int:
    """Bytes: an integer of them, or a string such as "5 GiB"."""
    if isinstance(value, str):
        try:
            return sizes.parse(value)
        except ValueError as error:
            toml_values.fail(where, str(error), sizes.REMEDY)
    count = toml_values.integer(value, where, "an integer or a string", sizes.REMEDY)
    if count < 0:
        toml_values.fail(where, f"{count} bytes are no size", sizes.REMEDY)
    return count


def _count(value: object, where: str) -> int:
    remedy = "Write how many, such as 30; 0 is no limit."
    count = toml_values.integer(value, where, remedy=remedy)
    if count < 0:
        toml_values.fail(where, f"{count} is no number of things", remedy)
    return count


def _ignore(value: object, where: str) -> tuple[str, ...]:
    patterns = toml_values.strings(value, where)
    for index, pattern in enumerate(patterns):
        import pathspec

        try:
            pathspec.GitIgnoreSpec.from_lines([pattern])
        except ValueError as error:
            problem = f"{pattern!r} is no pattern of gitignore: {error}"
            toml_values.fail(f"{where}[{index}]", problem, "Mend the pattern.")
        if _takes_for_ever(pattern):
            problem = f"{pattern!r} has too many stars to be matched in reasonable time"
            remedy = f"Write at most {_STARS} in a name, and {_STARS} times **."
            toml_values.fail(f"{where}[{index}]", problem, remedy)
    return patterns


def _takes_for_ever(pattern: str) -> bool:
    """Whether pathspec's regular expression may: each star multiplies the ways to be tried."""
    parts = pattern.split("/")
    names = (len(_STARRED.findall(part)) for part in parts)
    return max(names) > _STARS or parts.count("**") > _STARS


_STARS = 4
_STARRED = re.compile(r"\*+")


def _backend(value: object, where: str) -> str:
    text = toml_values.string(value, where)
    module, _, attributes = text.partition(":")
    names = [*module.split("."), *(attributes.split(".") if ":" in text else ())]
    if not all(name.isidentifier() for name in names):
        remedy = 'Write "module" or "module:object", for example "hatchling.build".'
        toml_values.fail(where, f"{text!r} names no Python object", remedy)
    return text
