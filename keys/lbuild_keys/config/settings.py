"""A parsed pyproject.toml -> ``Settings``: the tables tool.lbuild and tool.uv, and the static name.

Every mistake is an error that names its key path.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from lbuild_keys import pep508
from lbuild_keys.config import sizes, toml_values
from lbuild_keys.config.build_system import BuildSystem, read_build_system
from lbuild_keys.config.cache_keys import CacheKey, read_cache_keys, read_extra_inputs
from lbuild_keys.model import CACHE_MODES, MODES, CacheMode, Mode


class Settings(NamedTuple):
    """Everything in a pyproject.toml that concerns a build and its inputs.

    Attributes:
        build_system: the ``[build-system]`` table.
        name: the distribution's normalised name, where it is static.
        cache_keys: ``tool.uv.cache-keys`` or its defaults, then ``tool.lbuild.extra-inputs``.
        mode: ``tool.lbuild.inputs``; None where it is not set.
        ignore: gitignore patterns of ``tool.lbuild.ignore``.
        ignore_environment: names of variables, with ``*`` for any characters.
        cache_dir: the folder of the cache as it is written; None where it is not set.
        cache_mode: ``tool.lbuild.cache-mode``; None where it is not set.
        reinstall_packages: normalised names of ``tool.uv.reinstall-package``.
        always_rebuild: whether a rebuild is due whatever has changed.
        environment_max_age: seconds after which build requirements are resolved anew.
        cache_size: the limit of the cache in bytes; 0 for no limit, None where it is not set.
        cache_generations: how many entries each folder of the project may have in the cache; 0
            for no limit, None where it is not set.
    """

    build_system: BuildSystem
    name: str | None
    cache_keys: tuple[CacheKey, ...]
    mode: Mode | None
    ignore: tuple[str, ...]
    ignore_environment: tuple[str, ...]
    cache_dir: str | None
    cache_mode: CacheMode | None
    reinstall_packages: frozenset[str]
    always_rebuild: bool
    environment_max_age: int
    cache_size: int | None
    cache_generations: int | None


def read_settings(toml: Mapping[str, Any]) -> Settings:
    """Read the settings in a parsed pyproject.toml, or in ``{}`` where there is none.

    Raises:
        SettingsError: naming the key path and the remedy.
    """
    tool = toml_values.table(toml, "tool", "")
    uv = toml_values.table(tool, "uv", "tool")
    lbuild = toml_values.table(tool, "lbuild", "tool")
    toml_values.require_known_keys(lbuild, _SETTINGS, "tool.lbuild")
    mode = toml_values.optional(lbuild, "inputs", "tool.lbuild", _read_mode)
    age = toml_values.optional(lbuild, "environment-max-age", "tool.lbuild", _read_duration)
    return Settings(
        build_system=read_build_system(toml),
        name=_read_static_name(toml),
        cache_keys=(*read_cache_keys(uv), *read_extra_inputs(lbuild)),
        mode=mode,
        ignore=toml_values.optional(lbuild, "ignore", "tool.lbuild", _read_ignore) or (),
        ignore_environment=toml_values.optional(
            lbuild, "ignore-environment", "tool.lbuild", _read_variables
        )
        or (),
        cache_dir=toml_values.optional(lbuild, "cache-dir", "tool.lbuild", _read_folder),
        cache_mode=toml_values.optional(lbuild, "cache-mode", "tool.lbuild", _read_cache_mode),
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
        cache_size=toml_values.optional(lbuild, "cache-size", "tool.lbuild", _read_size),
        cache_generations=toml_values.optional(
            lbuild, "cache-generations", "tool.lbuild", _read_count
        ),
    )


_SETTINGS = (
    "inputs",
    "ignore",
    "ignore-environment",
    "extra-inputs",
    "always-rebuild",
    "environment-max-age",
    "cache-dir",
    "cache-mode",
    "cache-size",
    "cache-generations",
    "workspace",  # see workspaces.tables: it concerns other projects as well
)
_UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_DURATION = re.compile(r"([0-9]{1,6}) (second|minute|hour|day|week)s?")


def _read_static_name(toml: Mapping[str, Any]) -> str | None:
    """The normalised name from ``[project]`` or, for Poetry 1, from ``[tool.poetry]``.

    It is not checked: backends differ in what they accept.
    """
    tool = toml.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, Mapping) else None
    for table in (toml.get("project"), poetry):
        if isinstance(table, Mapping) and isinstance(table.get("name"), str):
            return pep508.normalize_name(table["name"])
    return None


_Word = TypeVar("_Word", bound=str)


def _read_mode(value: object, where: str) -> Mode:
    return _one_of(MODES, value, where)


def _read_cache_mode(value: object, where: str) -> CacheMode:
    return _one_of(CACHE_MODES, value, where)


def _one_of(words: Sequence[_Word], value: object, where: str) -> _Word:
    text = toml_values.string(value, where)
    for word in words:
        if word == text:
            return word
    import difflib  # seldom needed

    near = difflib.get_close_matches(text, words, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    known = ", ".join(words)
    return toml_values.fail(where, f"{text!r} is not a valid value", f"Write one of {known}.{hint}")


def _read_folder(value: object, where: str) -> str:
    text = toml_values.string(value, where)
    if not text or "\0" in text:
        toml_values.fail(
            where, f"{text!r} is not a path of a folder", 'Write a path, such as "~/.cache/lbuild".'
        )
    return text


def _read_duration(value: object, where: str) -> int:
    """Seconds: an integer of them, or a string such as "12 hours"."""
    remedy = 'Write seconds, such as 3600, or a string, such as "12 hours" or "1 day".'
    if isinstance(value, str):
        found = _DURATION.fullmatch(value)
        if found is None:
            toml_values.fail(where, f"{value!r} is not a duration", remedy)
        return int(found[1]) * _UNITS[found[2]]
    seconds = toml_values.integer(value, where, "an integer or a string", remedy)
    if not 0 <= seconds <= _LONGEST:
        toml_values.fail(where, f"{seconds} seconds is not a valid age", remedy)
    return seconds


_LONGEST = 10**12
"""Seconds. Times are kept as floats, which cannot hold every integer of TOML."""


def _read_size(value: object, where: str) -> int:
    """Bytes: an integer of them, or a string such as "5 GiB"."""
    if isinstance(value, str):
        try:
            return sizes.parse_size(value)
        except ValueError as error:
            toml_values.fail(where, str(error), sizes.REMEDY)
    count = toml_values.integer(value, where, "an integer or a string", sizes.REMEDY)
    if count < 0:
        toml_values.fail(where, f"{count} bytes is not a valid size", sizes.REMEDY)
    return count


def _read_count(value: object, where: str) -> int:
    remedy = "Write a number, such as 30; 0 means no limit."
    count = toml_values.integer(value, where, remedy=remedy)
    if count < 0:
        toml_values.fail(where, f"{count} is not a valid count", remedy)
    return count


def _read_ignore(value: object, where: str) -> tuple[str, ...]:
    patterns = toml_values.strings(value, where)
    for index, pattern in enumerate(patterns):
        import pathspec

        try:
            pathspec.GitIgnoreSpec.from_lines([pattern])
        except ValueError as error:
            problem = f"{pattern!r} is not a valid gitignore pattern: {error}"
            toml_values.fail(f"{where}[{index}]", problem, "Fix the pattern.")
        if _takes_too_long(pattern):
            problem = f"{pattern!r} has too many stars to be matched in reasonable time"
            remedy = f"Write at most {_STARS} in a name, and ** at most {_STARS} times."
            toml_values.fail(f"{where}[{index}]", problem, remedy)
    return patterns


def _read_variables(value: object, where: str) -> tuple[str, ...]:
    patterns = toml_values.strings(value, where)
    for index, pattern in enumerate(patterns):
        if not _VARIABLES.fullmatch(pattern) or _takes_too_long(pattern):
            problem = f"{pattern!r} is not a name of environment variables"
            remedy = f'Write a name, such as "BUILD_ID" or "CI_*", with at most {_STARS} stars.'
            toml_values.fail(f"{where}[{index}]", problem, remedy)
    return patterns


_VARIABLES = re.compile(r"[^=\s\0/]+")


def _takes_too_long(pattern: str) -> bool:
    """Whether pathspec may need too long: each star multiplies the ways that ``re`` tries."""
    parts = pattern.split("/")
    names = (len(_STARRED.findall(part)) for part in parts)
    return max(names) > _STARS or parts.count("**") > _STARS


_STARS = 4
_STARRED = re.compile(r"\*+")
