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
    from types import FrameType
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
    """Tells for which manifest something is looked at."""

    def __init__(self) -> None:
        self._last: Manifest | None = None
        self._run: FrameType | None = None
        self._maker: Any = None

    def now(self, current: "Callable[[], str | None]") -> "Manifest | None":
        """Return the list that is being made; None if what is done may be of any other use.

        Args:
            current: returns the current folder; None if it was removed.
        """
        if MAKER not in sys.modules:
            return None
        frame = _outside()
        if frame is None:
            return None
        functions = _FUNCTIONS.get(frame.f_globals.get("__name__"))
        if functions is None or (functions and frame.f_code.co_name not in functions):
            return None
        if not self._is_in_run(frame):
            return None
        start = current()
        if start is None:
            return None
        try:
            if self._last is None or not self._last.is_of(self._maker, start):
                self._last = Manifest(self._maker, start)
        except (AttributeError, TypeError, ValueError):
            return None  # this is not what setuptools makes
        return self._last

    def _is_in_run(self, innermost: "FrameType") -> bool:
        """Whether ``manifest_maker.run`` called a function, by nothing but what finds files.

        To ask a frame for its code raises an event, and that takes longer than all else here. So
        the frame of ``run`` is remembered. As long as it is, no other call can be taken for it.
        """
        frame: FrameType | None = innermost
        while frame is not None and frame.f_globals.get("__name__") in _FUNCTIONS:
            if frame is self._run:
                return True
            frame = frame.f_back
        call: FrameType | None = innermost
        while call is not None and call is not frame:
            if call.f_globals.get("__name__") == MAKER and call.f_code.co_name == "run":
                maker = call.f_locals.get("self")
                if (type(maker).__module__, type(maker).__name__) != (MAKER, "manifest_maker"):
                    return False
                self._run, self._maker = call, maker
                return True
            call = call.f_back
        return False

    def walked(self) -> "Any":
        """Return the folder from which setuptools walks through the tree; None if it does not."""
        frame = _outside()
        while frame is not None and frame is not self._run:
            if frame.f_globals.get("__name__") in _WALKING and frame.f_code.co_name == "findall":
                return frame.f_locals.get("dir")
            frame = frame.f_back
        return None


def _outside() -> "FrameType | None":
    """Return the innermost call that is not of the recorder, nor of what is below setuptools."""
    frame: FrameType | None = sys._getframe(6)  # noqa: SLF001  as documented for CPython; these are own
    while frame is not None and str(frame.f_globals.get("__name__")).startswith(_OWN):
        frame = frame.f_back
    while frame is not None and frame.f_globals.get("__name__") in _BELOW:
        frame = frame.f_back
    return frame


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

_WALKING = frozenset({"distutils.filelist", "setuptools._distutils.filelist"})
"""Those of these modules that go through the tree (``findall``)."""

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
