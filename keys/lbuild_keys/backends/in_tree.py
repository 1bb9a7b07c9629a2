"""The files of an in-tree build backend (PEP 517), found by reading its imports.

The hook process (``pyproject_hooks``, ``_BackendPathFinder``) looks for every top-level module in
the folders of ``backend-path`` first, for all code that runs in it. So a module there hides one of
the standard library, or an installed one. Nested modules are found through their package. So these
are followed:

- what ``build-backend`` names, and all that this imports;
- what modules outside the tree import in their turn, as far as it can be known: modules named like
  the standard library's, plugins that metadata in ``backend-path`` announces, and what the build
  scripts of setuptools, hatchling and pdm-backend import.

Where the source does not show what is imported, every module file below ``backend-path`` counts.

The project folder is not searched unless ``backend-path`` names it, because ``sys.path`` of the
hook process begins with the folder of its script, which it removes, not with the working directory.

Not known here: what else an *installed* module imports by a name that an in-tree module has.
"""

import errno
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath

from lbuild_keys.backends import imports
from lbuild_keys.backends.known import BUILD_SCRIPTS

_EXTENSION_SUFFIXES = (".so", ".pyd")
_MODULE_SUFFIXES = (*_EXTENSION_SUFFIXES, ".py", ".pyc")

_NO_MODULES = frozenset({"__pycache__", ".git", "node_modules"})
"""Folders that are not searched when every module counts. Nor are virtual environments."""

_NOT_IN_EACH_VERSION = """
aifc annotationlib asynchat asyncore audioop binhex cgi cgitb chunk compression crypt
distutils formatter imghdr imp lib2to3 mailcap nntplib parser pipes smtpd sndhdr sunau
symbol telnetlib tomllib uu xdrlib
"""
_STANDARD_LIBRARY = sys.stdlib_module_names | frozenset(_NOT_IN_EACH_VERSION.split())
"""The standard library of Python 3.8 to 3.14: the hook may run on another version than this."""

_NOTHING_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})

_PLUGIN = re.compile(r"[^#=]+=\s*([\w.]+)")
"""A line of ``entry_points.txt``, and its module."""

_SCRIPT_GROUPS = frozenset({"[console_scripts]", "[gui_scripts]"})
"""Groups of entry points that are commands, which a build does not load."""


@dataclass(frozen=True, slots=True)
class Modules:
    """The files of an in-tree backend.

    Attributes:
        files: relative to the project, ``/`` between parts, sorted. None of them is ``unreadable``.
        unreadable: paths of the same kind that could not be read, and why. There may be more files
            then.
    """

    files: tuple[str, ...]
    unreadable: Mapping[str, str]


def modules(root: Path, backend_path: Sequence[str], build_backend: str) -> Modules:
    """Find the files of the backend ``build_backend`` below the folders ``backend_path``.

    Both are as in pyproject.toml; the folders are known to be relative and inside ``root``, but
    need not exist. If the backend is not in them there are no files: it is not looked for elsewhere
    (PEP 517), so the hook will fail. Imports nothing and raises nothing.
    """
    # As text, like pyproject_hooks: "link/.." is the folder that the link is in.
    entries = (PurePath(os.path.normpath(entry)).as_posix() for entry in backend_path)
    search = _Search(root, tuple(PurePosixPath(entry) for entry in dict.fromkeys(entries)))
    search.run(build_backend.partition(":")[0])
    files = {path.as_posix() for path in search.files}
    return Modules(tuple(sorted(files - search.unreadable.keys())), search.unreadable)


@dataclass(frozen=True, slots=True)
class _Module:
    """A module that was found: its source, if it has one, and, of a package, its ``__path__``."""

    source: PurePosixPath | None = None
    path: tuple[PurePosixPath, ...] = ()


@dataclass(slots=True)
class _Search:
    """One search: what was found so far, and what is still to be read."""

    root: Path
    folders: tuple[PurePosixPath, ...]
    files: set[PurePosixPath] = field(default_factory=set)
    unreadable: dict[str, str] = field(default_factory=dict)
    all_count: bool = False
    found: dict[str, _Module | None] = field(default_factory=dict)
    listings: dict[PurePosixPath, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    sources: dict[PurePosixPath, bytes | None] = field(default_factory=dict)
    pending: list[tuple[PurePosixPath, str]] = field(default_factory=list)

    def run(self, backend: str) -> None:
        self.count_archives()
        self.reach(backend)
        if not self.files and self.found[backend.partition(".")[0]] is None:
            return
        self.reach_from_outside()
        unread = frozenset(self.files)
        while self.pending and not self.all_count:
            self.follow(*self.pending.pop())
        if self.all_count:
            # What reading had found until then depends on its order, and the answer must not.
            self.files = set(unread)
            for folder in self.folders:
                self.files.update(path for path, _ in self.walk(folder))

    def count_archives(self) -> None:
        """Count zip files in ``backend-path``: PEP 517 says folders, but Python reads them too."""
        for folder in self.folders:
            for path in (folder, *folder.parents):
                if self.is_file(path):
                    self.files.add(path)
                    self.all_count = True

    def reach_from_outside(self) -> None:
        """Follow what modules outside the tree import from ``backend-path``."""
        for folder in self.folders:
            for stem, names in self.listing(folder).items():
                if stem in _STANDARD_LIBRARY:
                    self.reach_package(stem)
                for name in names:
                    if name.endswith((".dist-info", ".egg-info")):
                        self.reach_plugins(folder / name / "entry_points.txt")

    def reach_plugins(self, metadata: PurePosixPath) -> None:
        """Follow entry points: the hook process looks for metadata in ``backend-path`` as well."""
        content = self.content(metadata) if self.is_file(metadata) else None
        group = ""
        for line in (content or b"").decode("utf-8", "replace").splitlines():
            if line.startswith("["):
                group = line.strip()
            elif group not in _SCRIPT_GROUPS and (plugin := _PLUGIN.match(line)):
                self.reach(plugin[1])

    def reach_package(self, name: str) -> None:
        """Take in a module and everything in it."""
        module = self.reach(name)
        for folder in module.path if module else ():
            for path, parts in self.walk(folder):
                self.reach(".".join((name, *parts)))
                self.files.add(path)

    def reach(self, name: str) -> _Module | None:
        """Take in a module and the packages it is in, as an import does; None if not in-tree."""
        path = self.folders
        module = None
        for end in (*(dot.start() for dot in re.finditer(r"\.", name)), len(name)):
            prefix = name[:end]
            if prefix not in self.found:
                self.found[prefix] = self.find(prefix, path)
            module = self.found[prefix]
            if module is None:
                break
            path = module.path
        return module

    def find(self, name: str, path: Iterable[PurePosixPath]) -> _Module | None:
        """Look for a module in the folders ``path`` as importlib's ``PathFinder`` does."""
        parent, _, stem = name.rpartition(".")
        portions: list[PurePosixPath] = []
        extension = False
        for folder in path:
            if stem in self.listing(folder).get(stem, ()) and self.is_folder(folder / stem):
                portions.append(folder / stem)
                files = self.candidates(folder / stem, "__init__")
                if self.take(files, package=name):
                    return _Module(files[-1], (folder / stem,))
                extension |= bool(files)
            files = self.candidates(folder, stem)
            if self.take(files, package=parent):
                return _Module(files[-1])
            extension |= bool(files)
        if not parent and not portions and name in BUILD_SCRIPTS:
            script = PurePosixPath(BUILD_SCRIPTS[name])
            if self.is_file(script):
                self.pending.append((script, ""))
        return _Module(path=tuple(portions)) if portions or extension else None

    def candidates(self, folder: PurePosixPath, stem: str) -> list[PurePosixPath]:
        """The files that may be the module ``stem``, in the order in which they are preferred.

        Whether an extension module's ABI fits is not known here, so they all come first; the last
        one is the source, or else sourceless bytecode, if there is either.
        """
        names = self.listing(folder).get(stem, ())
        files = [folder / name for name in names if name.endswith(_EXTENSION_SUFFIXES)]
        files = [path for path in files if self.is_file(path)]
        for name in (f"{stem}.py", f"{stem}.pyc"):
            if name in names and self.is_file(folder / name):
                return [*files, folder / name]
        return files

    def take(self, files: Sequence[PurePosixPath], package: str) -> bool:
        """Count what may be one module, and say whether nothing else may be it.

        Only extension modules leave that open.
        """
        self.files.update(files)
        # What is compiled imports other modules too, and cannot be read.
        self.all_count |= any(path.suffix != ".py" for path in files)
        if files and files[-1].suffix == ".py":
            self.pending.append((files[-1], package))
        return bool(files) and files[-1].suffix in (".py", ".pyc")

    def follow(self, source: PurePosixPath, package: str) -> None:
        """Take in what one source imports."""
        content = self.content(source)
        if content is None:
            return
        read = imports.read(content, package)
        self.all_count |= read.dynamic
        for name in read.names:
            self.reach(name)
        for name in read.stars:
            self.reach_exports(name)

    def reach_exports(self, name: str) -> None:
        """Take in what ``from name import *`` does: of a package, modules in ``__all__``."""
        module = self.reach(name)
        if module is None or module.source is None or not module.path:
            return
        content = self.content(module.source)
        exports = None if content is None else imports.read(content, name).exports
        if exports is None:
            self.reach_package(name)
        else:
            for export in exports:
                self.reach(f"{name}.{export}")

    def walk(self, top: PurePosixPath) -> Iterator[tuple[PurePosixPath, tuple[str, ...]]]:
        """Every module file below ``top``, and its dotted name from there, in parts.

        Links to folders are followed, under each of their names, unless they lead back up.
        """
        pending: list[tuple[PurePosixPath, tuple[str, ...], frozenset[tuple[int, int]]]]
        pending = [(top, (), frozenset())]
        while pending:
            folder, parts, above = pending.pop()
            status = self.status(folder)
            if status is None or (status.st_dev, status.st_ino) in above:
                continue
            if parts and "pyvenv.cfg" in self.listing(folder).get("pyvenv", ()):
                continue
            entered = above | {(status.st_dev, status.st_ino)}
            for stem, names in self.listing(folder).items():
                for name in names:
                    path = folder / name
                    if name.endswith(_MODULE_SUFFIXES) and self.is_file(path):
                        yield path, parts if stem == "__init__" else (*parts, stem)
                    elif name not in _NO_MODULES and self.is_folder(path):
                        pending.append((path, (*parts, name), entered))

    def listing(self, folder: PurePosixPath) -> Mapping[str, Sequence[str]]:
        """The names in a folder, by what comes before their first dot; empty if it is none."""
        if folder not in self.listings:
            names: dict[str, list[str]] = {}
            try:
                for path in (self.root / folder).iterdir():
                    names.setdefault(path.name.partition(".")[0], []).append(path.name)
            except (OSError, ValueError) as error:
                self.note(folder, error)
            self.listings[folder] = names
        return self.listings[folder]

    def content(self, path: PurePosixPath) -> bytes | None:
        """The bytes of a file that was there when it was found; None if it cannot be read."""
        if path not in self.sources:
            try:
                self.sources[path] = (self.root / path).read_bytes()
            except OSError as error:
                self.unreadable[path.as_posix()] = error.strerror or type(error).__name__
                self.sources[path] = None
        return self.sources[path]

    def is_file(self, path: PurePosixPath) -> bool:
        status = self.status(path)
        return status is not None and stat.S_ISREG(status.st_mode)

    def is_folder(self, path: PurePosixPath) -> bool:
        status = self.status(path)
        return status is not None and stat.S_ISDIR(status.st_mode)

    def status(self, path: PurePosixPath) -> os.stat_result | None:
        """The status of what ``path`` leads to; None if that is nothing."""
        try:
            return (self.root / path).stat()
        except (OSError, ValueError) as error:
            self.note(path, error)
            return None

    def note(self, path: PurePosixPath, error: OSError | ValueError) -> None:
        """Remember that ``path`` cannot be read, unless nothing is there that could be.

        A link to itself leads to nothing, and a name with a zero in it (ValueError) is none.
        """
        if isinstance(error, OSError) and error.errno not in _NOTHING_THERE:
            self.unreadable[path.as_posix()] = error.strerror or type(error).__name__
