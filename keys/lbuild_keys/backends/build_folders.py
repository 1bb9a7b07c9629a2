"""Where backends compile, and how they are told to do it elsewhere.

Read in: setuptools-rust 1.13 and maturin 1.16, which leave it to cargo (``CARGO_TARGET_DIR``);
scikit-build-core 1.1, ``settings`` and ``build.wheel``; meson-python 0.22, ``_project``; mypy 1.20,
``mypy.main``: mypyc keeps results in its cache.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from lbuild_keys.config import toml_values
from lbuild_keys.config.build_system import BuildSystem
from lbuild_keys.pep508 import requirement_name

MESON_FOLDER = ".mesonpy-lbuild"
"""The build folder of meson-python, directly in the project, as its own temporary one is.

Meson passes sources to compilers by paths relative to the build folder, and these get into what is
compiled (``__FILE__``). So elsewhere the wheel would have the paths of one machine."""

_CARGO = ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR")
_SCIKIT_BUILD = "SKBUILD_BUILD_DIR"
_MYPY = "MYPY_CACHE_DIR"


class BuildFolders(NamedTuple):
    """What tells a backend where to compile.

    Attributes:
        environ: the variables to add; each has the path of a folder for one tool.
        settings: the config settings to add.
        in_project: folders in the project that are used because of that, relative to it.
        of_user: the folder that the user has chosen for cargo, as it is spelled, if there is one:
            cargo trusts what is in it.
    """

    environ: Mapping[str, str] = {}
    settings: Mapping[str, str] = {}
    in_project: tuple[str, ...] = ()
    of_user: str | None = None


def choose(
    build_system: BuildSystem,
    toml: Mapping[str, Any],
    settings: Mapping[str, Any],
    environ: Mapping[str, str],
    folder: str,
    paths: Callable[[], Iterable[str]],
    *,
    is_wheel: bool,
) -> BuildFolders:
    """Choose where a backend compiles.

    What the user has chosen by a variable stays, and so does what has a meaning beyond that.

    Args:
        build_system: the ``[build-system]`` table of the project.
        toml: its pyproject.toml.
        settings: the config settings of the hook.
        environ: its variables.
        folder: absolute; those in it are for this project.
        paths: returns the paths of all files and folders in the project; these end with a slash.
        is_wheel: whether it is for a wheel, and not for an sdist, or for an editable wheel, which
            uses its build folder later.
    """
    tools = {requirement_name(text) for text in build_system.requires}
    variables = {}
    of_user = None
    if not tools.isdisjoint(("maturin", "setuptools-rust")):
        of_user = next((environ[name] for name in _CARGO if environ.get(name)), None)
        if of_user is None:
            variables["CARGO_TARGET_DIR"] = f"{folder}/cargo"
    if not tools.isdisjoint(("mypy", "mypyc", "hatch-mypyc")) and _MYPY not in environ:
        variables[_MYPY] = f"{folder}/mypy"
    if not is_wheel:
        return BuildFolders(variables, of_user=of_user)
    moves = "scikit-build-core" in tools and _SCIKIT_BUILD not in environ
    if moves and not _leaves_out_more(toml, settings, paths):
        # It replaces names in braces, as str.format does.
        path = f"{folder}/cmake".replace("{", "{{").replace("}", "}}")
        variables[_SCIKIT_BUILD] = path
    if build_system.build_backend == "mesonpy":
        return _for_meson(variables, settings)
    return BuildFolders(variables, of_user=of_user)


def _for_meson(variables: Mapping[str, str], settings: Mapping[str, Any]) -> BuildFolders:
    keys = [key for key in ("build-dir", "builddir") if key in settings]
    # All versions know the second name; those since 0.15 prefer the first.
    key, named = (keys[0], settings[keys[0]]) if keys else ("builddir", MESON_FOLDER)
    path = os.path.normpath(named) if isinstance(named, str) and named else "."
    if len(keys) > 1 or path.split("/")[0] in ("", ".", ".."):  # it is not below the project
        return BuildFolders(variables)
    # As deep in the project, for the same paths from there to the sources.
    elsewhere = "/".join([MESON_FOLDER] * len(path.split("/")))
    return BuildFolders(variables, {key: elsewhere}, (MESON_FOLDER,))


def _leaves_out_more(
    toml: Mapping[str, Any], settings: Mapping[str, Any], paths: Callable[[], Iterable[str]]
) -> bool:
    """Whether scikit-build-core may leave more than a build folder out of the wheel.

    It takes the name of that for an ignore pattern, which may match something in a package as well.
    """
    table = toml_values.value_at(toml, "tool", "scikit-build")
    if not isinstance(table, Mapping):
        table = {}
    if "build-dir" in str(table.get("overrides", "")):
        return True
    places = (*(settings.get(key) for key in _SETTINGS), table.get("build-dir"))
    named = next((place for place in places if place is not None), "")
    if not named:
        return False
    try:
        pattern = str(named).format_map(_Any())
    except (ValueError, LookupError, AttributeError):
        return True
    top = f"{os.path.normpath(pattern).split('/')[0]}/"
    if not _tops_of_packages(toml, table).isdisjoint((top, "./")):
        top = "//"  # matches no path
    return _matches_any(pattern, (path for path in paths() if not path.startswith(top)))


_SETTINGS = ("skbuild.build-dir", "build-dir")


def _tops_of_packages(toml: Mapping[str, Any], table: Mapping[str, Any]) -> frozenset[str]:
    """Return the topmost folders that have, or may have, a package for the wheel."""
    packages = toml_values.value_at(table, "wheel", "packages")
    name = str(toml_values.value_at(toml, "project", "name"))
    defaults = ("src", "python", name, re.sub(r"[-.]", "_", name))
    named = packages.values() if isinstance(packages, Mapping) else packages
    own = map(str, named) if isinstance(named, Iterable) else ()
    return frozenset(f"{os.path.normpath(each).split('/')[0]}/" for each in (*defaults, *own))


class _Any(dict[str, str]):
    """Has a value for each name: a star, as scikit-build-core fills in."""

    def __missing__(self, name: str) -> str:
        return "*"


def _matches_any(pattern: str, paths: Iterable[str]) -> bool:
    """Whether an ignore pattern matches a path."""
    from pathspec import GitIgnoreSpec  # few builds need it

    matches = GitIgnoreSpec.from_lines([pattern])
    return any(matches.match_file(path) for path in paths)
