"""What setuptools lists and looks at only for ``SOURCES.txt``, its list of the files of an sdist.

Of these files, a wheel has at most those in the folders of packages. The recorder runs this file in
the hook process, where setuptools was imported.
"""

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    _Dict = dict[Any, Any]

MAKER = "setuptools.command.egg_info"
"""The module whose ``manifest_maker`` writes the list."""


class Manifest:
    """A list that is being made.

    Attributes:
        commands: the commands that were given to the distribution, as JSON.
        told: what was recorded already.
    """

    def __init__(self, maker: "Any", start: str) -> None:
        distribution = maker.distribution
        self.commands = json.dumps(sorted(map(str, distribution.commands)))
        self.told: set[tuple[str, str]] = set()
        self._maker, self._start = maker, start
        self._given = packages, folders = distribution.packages, distribution.package_dir
        self._counts = len(packages or ()), len(folders or ())
        self._data = distribution.include_package_data
        found = _package_folders(packages or (), folders or {}, _root(distribution, start))
        self._packages = frozenset(found if self._data else ())
        self._inside: dict[str, bool] = {}
        self._above: set[str] = set()
        for package in self._packages:
            folder = package
            while folder not in self._above:
                self._above.add(folder)
                folder = os.path.dirname(folder)

    def is_of(self, maker: "Any", start: str) -> bool:
        """Whether nothing is different that decides what is in packages.

        Code of a project that exchanges a name in the list of packages while setuptools goes
        through it is found by ``listed_names``.
        """
        distribution = maker.distribution
        packages, folders = distribution.packages, distribution.package_dir
        return (
            maker is self._maker
            and packages is self._given[0]
            and folders is self._given[1]
            and (len(packages or ()), len(folders or ())) == self._counts
            and distribution.include_package_data is self._data
            and start == self._start
        )

    def is_in_package(self, path: str) -> bool:
        """Whether a path is the folder of a package, or below one."""
        path = os.path.normpath(path)
        return path in self._packages or self._is_inside(os.path.dirname(path))

    def _is_inside(self, folder: str) -> bool:
        known = self._inside.get(folder)
        if known is None:
            above = os.path.dirname(folder)
            known = folder in self._packages or (above != folder and self._is_inside(above))
            self._inside[folder] = known
        return known

    def may_skip_packages(self, walked: "Any") -> bool:
        """Whether a link elsewhere can decide what is found in packages, in a walk from a folder.

        It goes into each folder once, by the first path that leads there.

        Args:
            walked: the folder; None if it is no walk.
        """
        if walked is None:
            return False
        top = os.path.normpath(os.path.join(self._start, os.fsdecode(walked)))
        return top in self._above


def _root(distribution: "Any", start: str) -> str:
    return os.path.join(start, getattr(distribution, "src_root", None) or "")


def _package_folders(packages: "Iterable[str]", given: "_Dict", start: str) -> "Iterator[str]":
    """Yield the folders of packages, as ``build_py.get_package_dir`` finds them."""
    for package in packages:
        parts = package.split(".")
        rest: list[str] = []
        while parts and ".".join(parts) not in given:
            rest.insert(0, parts.pop())
        top = given.get(".".join(parts)) or ""
        yield os.path.normpath(os.path.join(start, top, *rest))


class Manifests:
    """Tells for which manifest a path is looked at."""

    def __init__(self) -> None:
        self._last: Manifest | None = None

    def of(self, path: str, current: "Callable[[], str | None]") -> "tuple[Manifest, Any] | None":
        """Return the list for which a path is looked at; None if it may be of any other use.

        With it, the folder from which setuptools walks through the tree, if it does.

        Args:
            path: absolute.
            current: returns the current folder; None if it was removed.
        """
        if MAKER not in sys.modules:
            return None
        frame: Any = sys._getframe(3)  # noqa: SLF001  as documented for CPython; these are own
        # To ask a frame for its code raises an event, and that takes longer than all else here.
        while frame is not None and str(frame.f_globals.get("__name__")).startswith(_OWN):
            frame = frame.f_back
        while frame is not None and frame.f_globals.get("__name__") in _BELOW:
            frame = frame.f_back
        if frame is None:
            return None
        functions = _FUNCTIONS.get(frame.f_globals.get("__name__"))
        if functions is None or (functions and frame.f_code.co_name not in functions):
            return None
        walked = None
        while frame is not None:
            module = frame.f_globals.get("__name__")
            if module not in _FUNCTIONS:
                return None
            name = frame.f_code.co_name if module in _WALKING_OR_MAKING else ""
            if name == "findall" and walked is None:
                walked = frame.f_locals.get("dir")
            elif name == "run" and module == MAKER:
                start = current()
                maker = frame.f_locals.get("self")
                return None if start is None else self._of(maker, path, start, walked)
            frame = frame.f_back
        return None

    def _of(
        self, maker: "Any", path: str, start: str, walked: "Any"
    ) -> "tuple[Manifest, Any] | None":
        kind = type(maker)
        if (kind.__module__, kind.__name__) != (MAKER, "manifest_maker"):
            return None
        try:
            if self._last is None or not self._last.is_of(maker, start):
                self._last = Manifest(maker, start)
        except (AttributeError, TypeError, ValueError):
            return None  # this is not what setuptools makes
        if self._last.is_in_package(path):
            return None
        return self._last, walked


_FUNCTIONS: "dict[object, frozenset[str]]" = {
    **dict.fromkeys(
        ("setuptools.glob", "distutils.filelist", "setuptools._distutils.filelist"), frozenset()
    ),
    MAKER: frozenset(
        {
            *("append", "extend", "graft", "include", "recursive_include", "global_include"),
            *("_safe_path", "_repair", "<genexpr>", "<listcomp>", "<lambda>"),
        }
    ),
    **dict.fromkeys(
        (
            *("distutils.command.sdist", "setuptools._distutils.command.sdist"),
            "setuptools.command.sdist",
        ),
        frozenset({"_cs_path_exists", "_add_defaults_optional"}),
    ),
}
"""Functions of setuptools that only find files for the manifest, by module; none if all do."""

_WALKING_OR_MAKING = frozenset({MAKER, "distutils.filelist", "setuptools._distutils.filelist"})
"""Those of these modules that go through the tree (``findall``), or begin all of it (``run``)."""

_OWN = f"{__name__.rpartition('.')[0]}."
"""Begins the names of the modules of the recorder."""

_BELOW = frozenset({"fnmatch", "genericpath", "glob", "ntpath", "os", "posixpath"})
"""Modules of the standard library whose functions these call."""


def loaded_packages(project: str, is_of_library: "Callable[[str], bool]") -> "Iterator[str]":
    """Yield the packages of which this process has loaded modules.

    Not those of the standard library, and not those of the project, whose files were recorded as
    read. What is not in a folder for packages is named by its path.
    """
    for module in list(sys.modules.values()):
        path = getattr(module, "__dict__", {}).get("__file__")
        if not isinstance(path, str) or not path or is_of_library(path):
            continue
        before, _, inside = path.rpartition(f"{os.sep}site-packages{os.sep}")
        if not before:
            before, _, inside = path.rpartition(f"{os.sep}dist-packages{os.sep}")
        if before:
            yield inside.partition(os.sep)[0].partition(".")[0]
        elif not path.startswith(project):
            yield path
