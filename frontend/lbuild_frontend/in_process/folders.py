"""Folders: a hook that lists one uses each name in it, so a file that is added counts.

Known code uses some of the names only.
"""

import os
import sys

from .files import Files
from .paths import exists, files_below, is_folder, is_link, resolved
from .records import FOLDERS, OWN_CODE, STANDARD_LIBRARY, Known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType
    from typing import Any

    from .records import Log


class Folders(Files):
    """Notes what is done with folders."""

    def __init__(self, log: "Log", project: str, own: "tuple[str, ...]" = ()) -> None:
        super().__init__(log, project, own)
        self._sees_imports = False

    def _listed(self, path: "Any") -> None:
        if path is None:
            path = "."
        elif isinstance(path, int):
            if self._is_folder_of_own(path):
                return
            path = self._of_descriptor(path)
        known, plain = self.known, type(path) is str
        if plain and path in known.listed:
            return
        wanted = self._wanted(path)
        if wanted is not None and plain and (path, wanted) in known.partly:
            return
        absolute = self._counted(path)
        # Above the project it is the code that tells which names count, see ``b``.
        if wanted is None or self._linking or (wanted and absolute in self._above):
            if self._path("l", path) and plain and self.tells_found:
                known.listed.add(path)
            return
        counts = True
        if wanted and absolute is not None and not self._is_skipped(absolute):
            counts = self._look_or_list("g", self._json_of(absolute, wanted), absolute)
        if plain and counts:
            known.partly.add((path, wanted))

    def _wanted(self, path: "Any") -> "str | None":
        """Return which names the code that lists a folder takes of it.

        None stands for all of them; an empty string if even the folder makes no difference.
        """
        frame: Any = sys._getframe(4)  # noqa: SLF001  as documented for CPython
        matching = _glob1_above(frame)
        if matching is not None:
            return _glob_of(matching.f_locals["pattern"])
        walks = False
        while frame.f_back is not None:
            code = frame.f_code
            name = code.co_name
            module = str(frame.f_globals.get("__name__"))
            if code.co_filename.startswith(STANDARD_LIBRARY):
                if (module, name) not in _LISTING_FOR_OTHERS:
                    if self._sees_imports and name == "_fill_cache" and _is_for_import(frame):
                        return ""  # that was recorded
                    if (module, name) == ("importlib.metadata", "children"):
                        return _DISTRIBUTIONS
                    by_globs = module in ("glob", "pathlib")
                    return _wanted_by_globs(name, frame.f_locals) if by_globs else None
                if module == "os":
                    walks = True
                    # What calls this function in there is one as well; see ``Manifests.of``.
                    while name == "_walk" and frame.f_back.f_globals is _OS_NAMES:
                        frame = frame.f_back
            elif not code.co_filename.startswith(OWN_CODE):
                known = _LISTING_FOR_NAMES.get((module, name, walks))
                return None if known is None else known(frame, path)
            frame = frame.f_back
        return None

    def see_imports(self) -> None:
        """Record which modules are looked for in a folder, in place of a listing of it.

        Python lists a folder once, and finds there by name what is imported from then on.
        """
        if sys.platform in ("win32", "cygwin", "darwin"):
            return  # the case of names may not matter there
        import _frozen_importlib_external as machinery

        original = machinery.FileFinder.find_spec
        usual = {
            *machinery.SOURCE_SUFFIXES,
            *machinery.BYTECODE_SUFFIXES,
            *machinery.EXTENSION_SUFFIXES,
        }

        def find_spec(finder: "Any", fullname: str, target: "Any" = None) -> "Any":
            is_usual = usual.issuperset(suffix for suffix, _ in finder._loaders)  # noqa: SLF001  as documented
            self.attempt(self._sought, finder.path, fullname if is_usual else None)
            return original(finder, fullname, target)

        setattr(machinery.FileFinder, "find_spec", find_spec)  # noqa: B010  mypy knows its type
        self._sees_imports = True

    def _sought(self, folder: str, module: "str | None") -> None:
        absolute = self._counted(folder or ".")
        if absolute is None or self._is_skipped(absolute):
            return
        if module is None or self._linking or absolute in self._above:
            self._path("l", absolute)
            return
        self._write("g", self._json_of(absolute, f"{_MODULES}{module.rpartition('.')[2]}"))

    def _made(self, path: "Any", _mode: int, folder: int) -> None:
        absolute = self._absolute(path, folder)
        if absolute is not None:
            # If there is something already, that will fail.
            self._write("s" if exists(absolute) else "m", absolute)

    def _renamed(self, source: "Any", target: "Any", folder: int, target_folder: int) -> None:
        absolute = self._absolute(source, folder)
        if absolute is not None and is_link(absolute):
            self._link_appears()
        if absolute is not None and is_folder(absolute):
            # Its files may be read later, by names that say nothing about where they came from.
            for path in files_below(absolute):
                self._path("r", path)
        self._look(target, target_folder)
        self._changed(source, folder)
        if absolute is not None and exists(absolute):
            self._path("w", target, target_folder)
        self.known = Known()  # the current folder may have got another name


_OS_NAMES = vars(os)

_LISTING_FOR_OTHERS = frozenset(
    {
        *(("glob", "_iterdir"), ("glob", "_listdir"), ("os", "walk"), ("os", "_walk")),
        *(("pathlib", "_scandir"), ("pathlib", "scandir"), ("pathlib", "iterdir")),
    }
)
"""Functions of the standard library that list folders for their callers: module and name."""


def _glob1_above(frame: "FrameType") -> "FrameType | None":
    """Return the call of ``glob._glob1`` that lists a folder, as most calls do of this module.

    It calls ``_listdir``, which calls ``_iterdir``. To ask each frame for its code raises events,
    and takes longer than all else here.
    """
    names = frame.f_globals
    if names.get("__name__") != "glob" or frame.f_back is None or frame.f_back.f_back is None:
        return None
    above = frame.f_back.f_back
    if above.f_globals is not names or frame.f_back.f_globals is not names:
        return None
    code = above.f_code
    is_it = code.co_name == "_glob1" and code.co_filename.startswith(STANDARD_LIBRARY)
    return above if is_it else None


def _wanted_by_globs(name: str, values: "dict[str, Any]") -> "str | None":
    """Return the pattern to which a function of the standard library compares names."""
    if name == "_glob1":
        return _glob_of(values["pattern"])
    match = None
    if name == "_select_from" and type(values["self"]).__name__ == "_WildcardSelector":
        match = values["self"].match  # of pathlib up to 3.12
    elif name == "select_wildcard":
        match = values.get("match")  # of pathlib from 3.13 on; None if it takes all
    regex: Any = getattr(match, "__self__", None)
    if getattr(regex, "flags", None) != _PLAIN:
        return None
    pattern = str(regex.pattern)
    # Older interpreters do not know this end, which Python 3.14 writes.
    return "re:" + (pattern[:-1] + "Z" if pattern.endswith("\\z") else pattern)


def _wanted_below(frame: "FrameType") -> "str | None":
    """Return that only folders count, if code looks for names in all that ``**`` matches."""
    calls = []
    while frame.f_back is not None and frame.f_globals.get("__name__") == "setuptools.glob":
        calls.append(frame.f_code.co_name)
        frame = frame.f_back
    return FOLDERS if calls.count("_iglob") > 1 and "glob2" in calls else None


def _glob_of(pattern: "Any") -> "str | None":
    is_glob = isinstance(pattern, str) and pattern.partition(":")[0] not in (
        "re",
        "in",
        "d",
        "import",
    )
    return pattern if is_glob else None


def _is_for_import(frame: "FrameType") -> bool:
    """Whether a folder is listed for a search that ``Recorder.see_imports`` has recorded."""
    caller = frame.f_back
    return (
        caller is not None
        and caller.f_code.co_name == "find_spec"
        and caller.f_back is not None
        and caller.f_back.f_code.co_filename.startswith(OWN_CODE)
    )


_PLAIN = 32
"""The flags of a regular expression without any: ``re.UNICODE``."""


_DISTRIBUTIONS = "re:(?i:.*[.](dist-info|egg-info|egg|egg-link)|egg-info)"
"""The names that matter to code that looks for installed distributions."""


def _exactly(names: "Iterable[str]") -> str:
    return "in:" + "/".join(sorted(names))


def _wanted_as_tracked(frame: "FrameType", path: "Any") -> "str | None":
    """Return the names that setuptools-scm takes of a folder: those that are tracked.

    It walks through other folders without using anything of them.
    """
    values = frame.f_locals
    if values.get("force_all_files"):
        return None
    tracked = _TRACKED.get(id(values["scm_files"]))
    if tracked is None:
        tracked = {folder: set() for folder in values["scm_dirs"]}
        for one in (*values["scm_dirs"], *values["scm_files"]):
            folder, name = os.path.split(one)
            tracked.setdefault(folder, set()).add(name)
        # With the set itself, whose number would be given to another one when it is gone.
        _TRACKED[id(values["scm_files"])] = tracked
        _KEPT.append(values["scm_files"])
    names = tracked.get(resolved(os.path.abspath(os.fspath(path))))
    return "" if not names else _exactly(names)


_TRACKED: "dict[int, dict[str, set[str]]]" = {}
_KEPT: "list[object]" = []

_MODULES = "import:"
"""Begins the name of a module, of whatever kind, that is looked for in a folder."""


_LISTING_FOR_NAMES: "dict[tuple[str, str, bool], Callable[[FrameType, Any], str | None]]" = {
    # Code that lists folders and takes some of the names, by module, function, and whether it walks
    # through them (``os.walk``).
    ("setuptools.discovery", "_find_iter", True): lambda _frame, _path: "re:[^.]*",  # packages
    **{
        (module, name, False): lambda _frame, _path: _DISTRIBUTIONS
        for module, name in (
            ("importlib_metadata", "children"),
            ("setuptools._vendor.importlib_metadata", "children"),
            ("pkg_resources", "safe_listdir"),
        )
    },
    **{
        (module, "_cs_path_exists", False): lambda frame, _: _exactly([frame.f_locals["filename"]])
        for module in ("distutils.command.sdist", "setuptools._distutils.command.sdist")
    },
    ("setuptools.glob", "glob1", False): lambda frame, _: _glob_of(frame.f_locals["pattern"]),
    ("setuptools.glob", "_rlistdir", False): lambda frame, _: _wanted_below(frame),
    # setuptools-scm: from version 10 on, from 7 on, and before.
    ("vcs_versioning._file_finders", "scm_find_files", True): _wanted_as_tracked,
    ("setuptools_scm._file_finders", "scm_find_files", True): _wanted_as_tracked,
    ("setuptools_scm.file_finder", "scm_find_files", True): _wanted_as_tracked,
    ("setuptools_scm._integration._discover", "discover_egg_info_metadata", False): (
        lambda _frame, _path: "*.egg-info"
    ),
}
