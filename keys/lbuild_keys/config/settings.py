"""A parsed pyproject.toml -> ``Settings``: the tables tool.lbuild and tool.uv, and the static name.

Every mistake is an error that names its key path.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from lbuild_keys import pep508
from lbuild_keys.config import sizes, toml_values
from lbuild_keys.config.build_system import BuildSystem, read_build_system
from lbuild_keys.config.cache_keys import DEFAULTS, CacheKey, read_cache_keys, read_inputs
from lbuild_keys.config.setting import Setting
from lbuild_keys.model import CACHE_MODES, MODES, CacheMode, Mode


class Settings(NamedTuple):
    """Everything in a pyproject.toml that concerns a build and its inputs.

    Each has the default of its ``Setting`` where it is not set.

    Attributes:
        build_system: the ``[build-system]`` table.
        name: the distribution's normalised name, where it is static.
        cache_keys: ``tool.uv.cache-keys`` or its defaults, then ``tool.lbuild.extra-inputs``.
        mode: ``tool.lbuild.inputs``.
        ignore: gitignore patterns of ``tool.lbuild.ignore``.
        ignore_environment: names of variables, with ``*`` for any characters.
        cache_dir: the folder of the cache as it is written; None where it is not set.
        cache_mode: ``tool.lbuild.cache-mode``.
        reinstall_packages: normalised names of ``tool.uv.reinstall-package``.
        always_rebuild: whether a rebuild is due whatever has changed.
        environment_max_age: seconds after which build requirements are resolved anew.
        cache_size: the limit of the cache in bytes; 0 for no limit.
        cache_generations: how many entries each folder of the project may have in the cache; 0
            for no limit.
    """

    build_system: BuildSystem
    name: str | None
    cache_keys: tuple[CacheKey, ...]
    mode: Mode
    ignore: tuple[str, ...]
    ignore_environment: tuple[str, ...]
    cache_dir: str | None
    cache_mode: CacheMode
    reinstall_packages: frozenset[str]
    always_rebuild: bool
    environment_max_age: int
    cache_size: int
    cache_generations: int


def read_settings(toml: Mapping[str, Any]) -> Settings:
    """Read the settings in a parsed pyproject.toml, or in ``{}`` where there is none.

    Raises:
        SettingsError: naming the key path and the remedy.
    """
    tool = toml_values.table(toml, "tool", "")
    uv = toml_values.table(tool, "uv", "tool")
    lbuild = toml_values.table(tool, "lbuild", "tool")
    toml_values.require_known_keys(lbuild, _KNOWN, "tool.lbuild")
    mode, age = _INPUTS.of(lbuild), _ENVIRONMENT_MAX_AGE.of(lbuild)
    return Settings(
        build_system=read_build_system(toml),
        name=_read_static_name(toml),
        cache_keys=(*_CACHE_KEYS.of(uv), *_EXTRA_INPUTS.of(lbuild)),
        mode=mode,
        ignore=_IGNORE.of(lbuild),
        ignore_environment=_IGNORE_ENVIRONMENT.of(lbuild),
        cache_dir=_CACHE_DIR.of(lbuild),
        cache_mode=_CACHE_MODE.of(lbuild),
        reinstall_packages=_REINSTALL_PACKAGE.of(uv),
        always_rebuild=_ALWAYS_REBUILD.of(lbuild),
        environment_max_age=age,
        cache_size=_CACHE_SIZE.of(lbuild),
        cache_generations=_CACHE_GENERATIONS.of(lbuild),
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


def _read_folder(value: object, where: str) -> str | None:
    if value is None:
        return None
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


def _read_names(value: object, where: str) -> frozenset[str]:
    return frozenset(map(pep508.normalize_name, toml_values.strings(value, where)))


def _read_variables(value: object, where: str) -> tuple[str, ...]:
    patterns = toml_values.strings(value, where)
    for index, pattern in enumerate(patterns):
        if not re.fullmatch(_VARIABLES, pattern) or _takes_too_long(pattern):
            problem = f"{pattern!r} is not a name of environment variables"
            remedy = f'Write a name, such as "BUILD_ID" or "CI_*", with at most {_STARS} stars.'
            toml_values.fail(f"{where}[{index}]", problem, remedy)
    return patterns


_VARIABLES = r"[^=\s\0/]+"


def _takes_too_long(pattern: str) -> bool:
    """Whether pathspec may need too long: each star multiplies the ways that ``re`` tries."""
    parts = pattern.split("/")
    names = (len(re.findall(_STARRED, part)) for part in parts)
    return max(names) > _STARS or parts.count("**") > _STARS


_STARS = 4
_STARRED = r"\*+"

_LBUILD, _UV = "tool.lbuild", "tool.uv"
_INPUTS = Setting(
    _LBUILD,
    "inputs",
    '`"traced"`, `"tree"` or `"declared"`',
    "What counts as an input: what the build used, every file of the project, or what is declared.",
    _read_mode,
    "traced",
)
_IGNORE = Setting(
    _LBUILD,
    "ignore",
    "array of gitignore patterns",
    "Files that never count.",
    _read_ignore,
    [],
)
_IGNORE_ENVIRONMENT = Setting(
    _LBUILD,
    "ignore-environment",
    "array of names of variables, with `*`",
    "Environment variables that never count.",
    _read_variables,
    [],
)
_EXTRA_INPUTS = Setting(
    _LBUILD,
    "extra-inputs",
    "array, written like `tool.uv.cache-keys`",
    "More inputs, which count in all modes.",
    read_inputs,
    [],
)
_ALWAYS_REBUILD = Setting(
    _LBUILD,
    "always-rebuild",
    "`true` or `false`",
    "Whether every run builds.",
    toml_values.boolean,
    False,
)
_ENVIRONMENT_MAX_AGE = Setting(
    _LBUILD,
    "environment-max-age",
    'seconds, or a string such as `"12 hours"`',
    "When a build resolves the requirements of a kept build environment again.",
    _read_duration,
    "1 day",
)
_CACHE_DIR = Setting(
    _LBUILD,
    "cache-dir",
    "path, relative to the project",
    "The folder of the cache.",
    _read_folder,
    otherwise="the user's cache folder",
)
_CACHE_MODE = Setting(
    _LBUILD,
    "cache-mode",
    '`"read-write"` or `"read-only"`',
    "Whether anything is written to the cache.",
    _read_cache_mode,
    "read-write",
)
_CACHE_SIZE = Setting(
    _LBUILD,
    "cache-size",
    'bytes, or a string such as `"500 MB"`',
    "The size limit of the cache; `0` means no limit.",
    _read_size,
    "5 GiB",
)
_CACHE_GENERATIONS = Setting(
    _LBUILD,
    "cache-generations",
    "integer",
    "How many entries are kept for each folder of the project; `0` means no limit.",
    _read_count,
    30,
)
_CACHE_KEYS = Setting(
    _UV,
    "cache-keys",
    "array of globs, and of tables with `file`, `dir`, `git` or `env`",
    "The declared inputs, which count in all modes.",
    read_cache_keys,
    DEFAULTS,
)
_REINSTALL_PACKAGE = Setting(
    _UV,
    "reinstall-package",
    "array of names",
    "If the name of the project is one of them, every run builds.",
    _read_names,
    [],
)
TOOL_LBUILD: tuple[Setting[Any], ...] = (
    _INPUTS,
    _IGNORE,
    _IGNORE_ENVIRONMENT,
    _EXTRA_INPUTS,
    _ALWAYS_REBUILD,
    _ENVIRONMENT_MAX_AGE,
    _CACHE_DIR,
    _CACHE_MODE,
    _CACHE_SIZE,
    _CACHE_GENERATIONS,
)
"""All settings of the table ``tool.lbuild``, apart from the table ``workspace`` in it."""

TOOL_UV: tuple[Setting[Any], ...] = (_CACHE_KEYS, _REINSTALL_PACKAGE)
"""The settings of the table ``tool.uv`` that concern one project; ``workspaces`` has others."""

_KNOWN = (*(setting.name for setting in TOOL_LBUILD), "workspace")  # see workspaces.tables
