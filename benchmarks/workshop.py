"""The scratch folder of one run, the tools in it, and the variables that commands are given."""

import functools
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.projects import c_extension, hatchling_tree, hatchling_workspace, poetry_tree

CHECKOUT = Path(__file__).resolve().parent.parent

_FOREIGN = ("LBUILD_", "PYTHON", "HATCH_", "SETUPTOOLS_", "VIRTUAL_ENV", "UV_PROJECT", "CONDA_")
_FOREIGN_NAMES = ("CFLAGS", "SOURCE_DATE_EPOCH", "DIST_EXTRA_CONFIG", "UV_PYTHON")


@dataclass(frozen=True, slots=True)
class Tools:
    """One environment in which lbuild and build are installed, as a user has them.

    Attributes:
        bin: the folder of its scripts.
        path: what ``PATH`` is for commands that run there.
    """

    bin: Path
    path: str

    def __getitem__(self, name: str) -> str:
        """The absolute path of a script."""
        return os.fspath(self.bin / name)


class Workshop:
    """Makes projects and environments below one folder, which the caller removes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._copies = 0
        bin_ = Path(sys.executable).parent
        self.tools = Tools(bin_, os.pathsep.join([os.fspath(bin_), os.environ.get("PATH", "")]))
        for name in ("lbuild", "uv"):
            if not (bin_ / name).is_file():
                raise FileNotFoundError(f"no {name} beside {sys.executable}; run: nox -s bench")

    def new(self, name: str) -> Path:
        """A path below the scratch folder that nothing has yet, ending in ``name``."""
        self._copies += 1
        parent = self.folder / str(self._copies)
        parent.mkdir()
        return parent / name

    def variables(self, tools: Tools | None = None, **more: str | Path) -> dict[str, str]:
        """What a command is given: the user's variables, but for those that change builds.

        lbuild's cache, and those of uv and pip where the user has not named any, are in the
        scratch folder: all on one file system, and all empty at the beginning.
        """
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(_FOREIGN) and name not in _FOREIGN_NAMES
        }
        return {
            "UV_CACHE_DIR": os.fspath(self.folder / "uv-cache"),
            "PIP_CACHE_DIR": os.fspath(self.folder / "pip-cache"),
            **kept,
            "PATH": (tools or self.tools).path,
            "UV_PYTHON": sys.executable,
            "XDG_CACHE_HOME": os.fspath(self.folder / "xdg-cache"),
            "LBUILD_CACHE_DIR": os.fspath(self.folder / "lbuild-cache"),
            **{name: os.fspath(value) for name, value in more.items()},
        }

    def environment(self) -> Path:
        """A new virtual environment, with nothing in it."""
        place = self.new("env")
        subprocess.run([self.tools["uv"], "venv", "--quiet", place], check=True)
        return place

    def hatchling(self, files: int = 20, *, cache_keys: bool = False) -> Path:
        """A new generated project."""
        return hatchling_tree(self.new("demo"), files, cache_keys=cache_keys)

    @functools.cache  # noqa: B019  there is one workshop in a run
    def tree(self, files: int) -> Path:
        """The one project of that size that has ``cache-keys``, made when it is first asked for."""
        return self.hatchling(files, cache_keys=True)

    def workspace(self, members: int, files: int = 20) -> Path:
        """A new generated workspace, with that many modules in each member."""
        return hatchling_workspace(self.new("repository"), members, files)

    def poetry(self, files: int) -> Path:
        """A new generated project for poetry-core."""
        return poetry_tree(self.new("demo"), files)

    def c_extension(self, files: int = 0) -> Path:
        """A new copy of the project with a C extension, and that many modules more."""
        return c_extension(self.new("demo"), files)

    @functools.cache  # noqa: B019  there is one workshop in a run
    def prepared(self, requires: tuple[str, ...]) -> Path:
        """The interpreter of an environment that holds these requirements and no more."""
        folder = self.new("prepared")
        python = folder / "bin" / "python"
        self.do(self.tools["uv"], "venv", "--quiet", folder)
        install = (self.tools["uv"], "pip", "install", "--quiet", "--python", python)
        self.do(*install, *requires)
        return python

    @functools.cached_property
    def git(self) -> str:
        """The absolute path of git.

        Raises:
            FileNotFoundError: if there is none.
        """
        found = shutil.which("git")
        if found is None:
            raise FileNotFoundError("git is needed, and is not on PATH")
        return found

    def commit(self, folder: Path) -> None:
        """Make a repository of a folder, with one commit of all that is in it, packed."""
        settings = ("user.name=Bench", "user.email=bench@example.org", "gc.auto=0")
        options = [word for setting in settings for word in ("-c", setting)]
        for command in (
            ("init", "--quiet"),
            ("add", "--all"),
            ("commit", "--quiet", "--no-verify", "-m", "All"),
            ("repack", "-adq"),
        ):
            self.do(self.git, *options, "-C", folder, *command)

    @functools.cache  # noqa: B019  there is one workshop in a run
    def repository(self, files: int) -> Path:
        """One generated project of that size, committed, without ``cache-keys``."""
        project = self.hatchling(files)
        (project / ".gitignore").write_text("/dist/\n", encoding="utf-8")
        self.commit(project)
        return project

    @functools.cached_property
    def without_uv(self) -> Tools:
        """An environment with lbuild, build and pip, where no uv can be found."""
        folder = self.new("without-uv")
        self.do(sys.executable, "-m", "venv", folder)
        bin_ = folder / "bin"
        install = (bin_ / "python", "-m", "pip", "install", "--quiet", "--upgrade")
        self.do(*install, "pip", CHECKOUT)
        rest = [
            entry
            for entry in os.environ.get("PATH", "").split(os.pathsep)
            if shutil.which("uv", path=entry) is None
        ]
        return Tools(bin_, os.pathsep.join([os.fspath(bin_), *rest]))

    @functools.cache  # noqa: B019  there is one workshop in a run
    def sdist(self, name: str, version: str) -> Path:
        """The folder of a source distribution from the package index; nobody changes it."""
        place = self.new("sdist")
        self.do(
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--no-binary", name, "--dest", place, f"{name}=={version}"),
        )
        [archive] = place.glob("*.tar.gz")
        with tarfile.open(archive) as opened:
            opened.extractall(place, filter="data")
        [folder] = (path for path in place.iterdir() if path.is_dir())
        return folder

    def do(self, *command: str | Path, variables: Mapping[str, str] | None = None) -> None:
        """Run a command that prepares something.

        Raises:
            subprocess.CalledProcessError: if it fails.
        """
        subprocess.run(
            command, check=True, env=variables or self.variables(), stdout=subprocess.DEVNULL
        )
