"""Folders that are elsewhere for another user or another machine, and the names of paths in them.

``//~/.pydistutils.cfg`` is a file in the home folder, wherever that is now; ``//{python}/etc/x`` is
in the folder of the interpreter. The name of a path that is in no place never begins with two
slashes (``tracing.input_names``). Messages leave the slashes out.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

_HOME = "//~"
_PYTHON = "//{python}"

_SHARED = frozenset({"/", "/usr", "/usr/local", "/opt", "/opt/local", "/opt/homebrew"})
"""Folders with an interpreter and much else: what is in there may not belong to the interpreter."""


class Place(NamedTuple):
    """A place that a path is in.

    Attributes:
        folder: its present path.
        name: the name of the path.
        certain: whether a path in there is hardly meant by its absolute path, unless a file or a
            variable has that path.
    """

    folder: str
    name: str
    certain: bool


class Places(NamedTuple):
    """Where the places are at present.

    Attributes:
        home: the user's folder, as ``os.path.expanduser`` finds it; None if there is none.
        python: the folder in which the interpreter is installed (``sys.base_prefix``).
    """

    home: str | None = None
    python: str | None = None

    def path_of(self, root: str, name: str) -> str:
        """Return the present path of what has a name, absolute.

        Args:
            root: the project's folder; other names than those of places are relative to it.
            name: the name of an input.
        """
        if not name.startswith("//"):
            return os.path.join(root, name)
        for mark, folder in self._marked():
            if name == mark or name.startswith(f"{mark}/"):
                # Without a home, expanduser leaves "~/x" as it is: a path from the current folder.
                place = os.path.join(root, mark[2:] if folder is None else folder)
                return os.path.normpath(os.path.join(place, name[len(mark) + 1 :]))
        return os.path.join(root, name)

    def finder(self, root: str, *, home: bool) -> Callable[[str], Place | None]:
        """Return what finds the deepest place that an absolute path is in; None if it is in none.

        A path is normalised; as it was spelled, or with links resolved.

        Args:
            root: the project's folder.
            home: whether the home folder can be meant.
        """
        folders = [
            (mark, place, os.path.join(place, ""), place not in _SHARED)
            for mark, folder in self._marked()
            if folder is not None and (mark != _HOME or home)
            for spelled in [os.path.normpath(os.path.join(root, folder))]
            for place in dict.fromkeys((spelled, os.path.realpath(spelled)))
        ]

        def find(path: str) -> Place | None:
            found = None
            for mark, place, start, certain in folders:
                if not path.startswith(start) and path != place:
                    continue
                below = path[len(start) :]
                if place == "/" and not below.startswith("."):
                    continue  # everything is in there, but only "/.x" is likely to be "~/.x"
                if found is None or len(place) > len(found.folder):
                    found = Place(place, f"{mark}/{below}" if below else mark, certain)
            return found

        return find

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders of the places that there are."""
        return tuple(folder for _, folder in self._marked() if folder is not None)

    def _marked(self) -> Iterator[tuple[str, str | None]]:
        yield _HOME, self.home
        yield _PYTHON, self.python


def home_folder(environ: Mapping[str, str]) -> str | None:
    """Return what ``os.path.expanduser("~")`` gives with these variables; None if nothing."""
    if os.name == "nt":
        drive, path = environ.get("HOMEDRIVE", ""), environ.get("HOMEPATH")
        return environ.get("USERPROFILE") or (None if path is None else drive + path)
    home = environ.get("HOME")
    if home is None:
        import pwd

        # Read by the C library, which a recorder does not see; lbuild's own looks at it (replay).
        os.path.lexists("/etc/passwd")
        try:
            home = pwd.getpwuid(os.getuid()).pw_dir
        except KeyError:
            return None
    return home.rstrip("/") or "/"
