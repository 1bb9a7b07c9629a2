"""The options of the functions on projects, by the names that the command line has."""

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from lbuild_frontend.api import arguments
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.model.request import Installer, Request, StrPath
from lbuild_keys.model import CACHE_MODES, CacheMode, Mode
from lbuild_keys.pep508 import normalize_name


class BuildOptions(TypedDict, total=False):
    """How a project is built. All are optional, as on the command line.

    Attributes:
        out_dir: the folder for the result; without it ``dist`` in the project.
        python: the interpreter to build with: a path, a name or a version, as for ``--python``;
            without it the one that runs lbuild. For ``install`` the environment to install into:
            its folder or its interpreter; without it VIRTUAL_ENV, else ``.venv`` in the project or
            a folder above it.
        config_settings: settings for the build backend (PEP 517), by key: texts, or whatever JSON
            has.
        isolation: whether the build requirements are installed into an environment of their own.
            By default they are.
        skip_dependency_check: without isolation, whether the build requirements may be missing.
        installer: what installs build requirements, ``pip`` or ``uv``; without it uv if there is
            one, else pip.
        build_constraints: files with constraints on the versions of build requirements.
        offline: whether they are installed without the network.
        inputs: what counts as an input, ``traced``, ``tree`` or ``declared``; without it
            ``tool.lbuild.inputs``, else ``traced``.
        refresh: whether it is built again, and the result kept.
        refresh_packages: names of projects that are built again.
        no_cache: whether a temporary cache is used, so that nothing is reused or kept.
        cache_dir: the folder of the cache; without it LBUILD_CACHE_DIR, else
            ``tool.lbuild.cache-dir``, else the user's cache folder.
        cache_mode: ``read-write``, or ``read-only`` to keep nothing; without it LBUILD_CACHE_MODE,
            else ``tool.lbuild.cache-mode``, else ``read-write``.
    """

    out_dir: StrPath | None
    python: StrPath | None
    config_settings: Mapping[str, Any]
    isolation: bool
    skip_dependency_check: bool
    installer: Installer | None
    build_constraints: Sequence[StrPath]
    offline: bool
    inputs: Mode | None
    refresh: bool
    refresh_packages: Collection[str]
    no_cache: bool
    cache_dir: StrPath | None
    cache_mode: CacheMode | None


def request_of(options: BuildOptions) -> Request:
    """Return options as the values that they are turned into.

    Raises:
        TypeError: if there is no such option, or a value has the wrong type.
        LbuildError: if a value is not one of those that there are.
    """
    for name in options.keys() - BuildOptions.__annotations__.keys():
        message = f"there is no option {name!r}: see api.BuildOptions"
        raise TypeError(message)
    # What is None is not given, so that a tool can pass on what it was not given itself.
    given: dict[str, Any] = {name: one for name, one in options.items() if one is not None}
    arguments.check_words(given)
    for name in given.keys() & {"out_dir", "cache_dir"}:
        given[name] = Path(arguments.path(given[name], name))
    if "python" in given:
        given["python"] = arguments.path(given["python"], "python")
    if "config_settings" in given:
        given["config_settings"] = arguments.settings(given["config_settings"])
    if "build_constraints" in given:
        given["build_constraints"] = arguments.paths(
            given["build_constraints"], "build_constraints"
        )
    refreshed = arguments.names(given.get("refresh_packages", ()), "refresh_packages")
    given["refresh_packages"] = frozenset(map(normalize_name, refreshed))
    return Request(**given)


def with_variables(request: Request) -> Request:
    """Return a request in which LBUILD_CACHE_DIR and LBUILD_CACHE_MODE stand for what it lacks.

    Raises:
        LbuildError: if the value of a variable is not one of those that there are.
    """
    folder, mode = os.environ.get("LBUILD_CACHE_DIR"), os.environ.get("LBUILD_CACHE_MODE")
    if request.cache_dir is None and folder:
        request = request._replace(cache_dir=Path(folder))
    if request.cache_mode is None and mode:
        known = next((one for one in CACHE_MODES if one == mode), None)
        if known is None:
            message = f"LBUILD_CACHE_MODE={mode!r}: use {' or '.join(map(repr, CACHE_MODES))}"
            raise LbuildError(message)
        request = request._replace(cache_mode=known)
    return request
