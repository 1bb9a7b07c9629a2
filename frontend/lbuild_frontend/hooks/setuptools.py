"""Keeps setuptools and pbr from leaving files in a project that the next build would use.

setuptools copies modules from ``build/lib`` into the wheel and takes data files from egg-info's
``SOURCES.txt``, although their sources may be gone. A configuration file that the variable
``DIST_EXTRA_CONFIG`` names, which setuptools reads after all others, moves both folders out of the
project (setuptools, "Build System Support"; observed from setuptools 66 on).

That is not enough: setuptools before 66 does not know the variable, and every version obeys
``build-base`` in ``[tool.distutils.build]`` rather than that file. So what a hook created there is
removed when it has ended. So are the files that pbr, a plugin of setuptools, generates: the next
build would take its ``AUTHORS`` for a license file.

An ``*.egg-info`` that was in the project before the hook is no leftover of lbuild: an unpacked
sdist needs the data files that its ``SOURCES.txt`` names. Only setuptools knows which one it will
use, so if there is any, setuptools works in the tree as under any other frontend, and what it wrote
there is put back when the hook has ended.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lbuild_frontend.hooks.backend import Backend
from lbuild_keys.config import toml_values
from lbuild_keys.config.build_system import BuildSystem
from lbuild_keys.observe import egg_info, files, tree
from lbuild_keys.observe.folders import resolved_folder, resolver
from lbuild_keys.pep508 import requirement_name
from lbuild_keys.tracing.accesses import CREATING, Access
from lbuild_keys.tracing.trace import Trace
from lbuild_keys.tracing.used import PutBack

_BY_PBR = ("AUTHORS", "ChangeLog")
_EGG_INFO = ".egg-info"
_USING: frozenset[Access] = frozenset({"read", "looked at"})
_BELOW_BUILD_BASE = re.compile(r"(lib|temp|bdist)([.-][^/]*)?")
"""The folders that setuptools creates below its build base."""


class OutOfTreeBuild(NamedTuple):
    """One hook call for which setuptools is told to build outside of the project.

    Attributes:
        config: the file that ``DIST_EXTRA_CONFIG`` has to name in the hook process.
        folder: where setuptools builds if it reads that file.
        root: the project.
        build_base: where it builds otherwise, relative to the project; None if the backend is not
            setuptools.
        had_build_base: whether that existed before the hook.
        absent: the files of pbr that did not exist before the hook; others are the user's.
        egg_base: where setuptools puts its ``*.egg-info`` if it reads that file; None if it is to
            use what is in the project.
        egg_infos: by path relative to the project, copies of the ``*.egg-info`` folders in it.
    """

    config: Path
    folder: Path
    root: Path
    build_base: str | None
    had_build_base: bool
    absent: tuple[str, ...]
    egg_base: Path | None
    egg_infos: Mapping[str, Path]

    def problems(self, did: Trace) -> tuple[str, ...]:
        """Tell whether the build may have used files that an earlier build left in the project.

        setuptools skips what is up to date in its build base, without reading it.
        """
        if self.had_build_base and not _wrote_below(self.folder, did):
            return (f"{self.build_base} has files of an earlier build",)
        return ()

    def remove_leftovers(self, did: Trace) -> PutBack:
        """Remove what the hook created in the project; what existed before is the user's.

        Returns:
            What of that the hook had changed, and is as it was before.
        """
        put_back: PutBack = {}
        if self.build_base is not None:
            written = _written_below(self.root, did)
            _remove_files(self.root, [name for name in self.absent if name in written])
            # setuptools gives an egg-info that it finds a new time stamp: that is no new one.
            real = {name: _without_links(self.root, name) for name in self.egg_infos}
            _remove_folders(self.root, self.build_base, written - set(real.values()))
            for name, copy in self.egg_infos.items():
                done = _put_back(self.root, real[name], copy, written)
                put_back |= done
                put_back |= {
                    name + path.removeprefix(real[name]): change for path, change in done.items()
                }
        return put_back

    def looked_for(self, did: Trace) -> Trace:
        """Add to a trace that the hook would have used an ``*.egg-info`` in the project.

        It looked for it elsewhere, because the project had none. In the project setuptools looks
        in the folder that ``package_dir`` has for all packages: above each module, but no package.
        """
        if self.egg_base is None:
            return did
        start = f"{self.egg_base}/"
        made = (path for access, path in did.accesses if access == "made")
        names = {path.removeprefix(start) for path in made if path.startswith(start)}
        names = {name for name in names if name.endswith(_EGG_INFO) and "/" not in name}
        folders = _folders_of_packages(self.root, did) if names else ()
        looked_at: set[tuple[Access, str]] = {
            ("looked at", os.fspath(folder / name)) for folder in folders for name in names
        }
        known = {}
        for name in names:
            sources = _lines(self.egg_base / name / egg_info.SOURCES)
            own = frozenset(one for one in sources or () if not one.startswith(("/", "../")))
            top_level = _lines(self.egg_base / name / "top_level.txt") or ()
            for folder in folders if sources is not None else ():
                if folder == self.root or _has_any(folder, top_level):
                    known[os.fspath(folder / name)] = own
        for _, path in looked_at.intersection(did.accesses):
            known.pop(path, None)
        return did._replace(accesses=(*did.accesses, *sorted(looked_at)), egg_infos=known)


def build_out_of_tree(backend: Backend, folder: Path) -> OutOfTreeBuild:
    """Prepare a hook call for which setuptools builds below ``folder``.

    Raises:
        OSError: if the configuration file cannot be written.
    """
    # Deep, because objects of sources named with ".." are put as far above the build base.
    elsewhere = folder.joinpath(*"abcdefgh", "build")
    root, base = backend.root, backend.build_base
    egg_infos = _copy_egg_infos(root, folder / "egg-infos")
    egg_base = None if egg_infos else folder / "egg-info"
    return OutOfTreeBuild(
        config=_write_config(backend, folder, elsewhere, egg_base),
        folder=elsewhere,
        root=root,
        build_base=base,
        had_build_base=base is not None and (root / base).exists(),
        absent=tuple(name for name in _BY_PBR if not os.path.lexists(root / name)),
        egg_base=egg_base,
        egg_infos=egg_infos,
    )


def build_base(toml: Mapping[str, Any], build_system: BuildSystem) -> str | None:
    """Find where setuptools builds, relative to the project, by pyproject.toml alone.

    Returns:
        None if setuptools is not in ``build-system.requires``: what other backends leave is theirs.
    """
    if "setuptools" not in map(requirement_name, build_system.requires):
        return None
    for spelling in ("build-base", "build_base"):
        base = toml_values.value_at(toml, "tool", "distutils", "build", spelling)
        if isinstance(base, str):
            return base.rstrip("/")
    return "build"


def _copy_egg_infos(root: Path, target: Path) -> dict[str, Path]:
    """Copy the ``*.egg-info`` folders of a project; return the copies by path in the project."""
    found = [name for name in tree.walk(root).folders if name.endswith(_EGG_INFO)]
    copies = {name: target / str(number) for number, name in enumerate(found)}
    for name, copy in copies.items():
        shutil.copytree(root / name, copy, symlinks=True)
    return copies


def _without_links(root: Path, name: str) -> str:
    """Name a folder as ``_written_below`` does: ``src`` may be a link to a folder."""
    path = Path(os.path.realpath(root / name))
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else name


def _put_back(root: Path, folder: str, copy: Path, written: Collection[str]) -> PutBack:
    """Give a folder the content of its copy, as far as the hook wrote there."""
    done: PutBack = {}
    own = {path.relative_to(copy).as_posix() for path in copy.rglob("*")}
    for name in sorted(
        path.removeprefix(f"{folder}/") for path in written if path.startswith(f"{folder}/")
    ):
        path = root / folder / name
        # What cannot be put back is as setuptools has left it, and counts as an input like that.
        with contextlib.suppress(OSError):
            if name not in own:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            elif (copy / name).is_dir():
                path.mkdir(parents=True, exist_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(copy / name, path, follow_symlinks=False)
            done[f"{folder}/{name}"] = files.last_change(os.fspath(path))
    return {**done, folder: files.last_change(os.fspath(root / folder))}


def _lines(path: Path) -> list[str] | None:
    try:
        return path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None


def _has_any(folder: Path, top_level: Iterable[str]) -> bool:
    """Whether a package or module of these names is in a folder.

    Thousands of folders may be above modules, most of them tests. What is learned of the files of
    the project is kept only where tools put the ``*.egg-info``: beside what it is of.
    """
    names = [name for one in top_level for name in (one, f"{one}.py")]
    return any(os.path.lexists(folder / name) for name in names)


def _folders_of_packages(root: Path, did: Trace) -> set[Path]:
    """Return the folders with modules that a hook read, or above them, which are no packages."""
    found = {root}
    modules = (path for access, path in did.accesses if access in _USING and path.endswith(".py"))
    for module in modules:
        folder = Path(os.path.realpath(module)).parent
        while folder not in found and folder.is_relative_to(root):
            found.add(folder)
            folder = folder.parent
    return {folder for folder in found if not os.path.lexists(folder / "__init__.py")}


def _write_config(backend: Backend, folder: Path, elsewhere: Path, egg_base: Path | None) -> Path:
    """Write the file that moves setuptools' folders; it includes the user's own such file."""
    settings = [("build", "build_base", elsewhere)]
    if egg_base is not None:
        egg_base.mkdir()
        settings.append(("egg_info", "egg_base", egg_base))
    path = folder / "setuptools.cfg"
    users = backend.environ.get("DIST_EXTRA_CONFIG")
    # setuptools interpolates. A folder for temporary files may have a name that is no text.
    rows = [
        (section, option, str(value).replace("%", "%%"))
        for section, option, value in settings
        if _is_text(value)
    ]
    if not users and not any("\n" in value or "\r" in value for _, _, value in rows):
        text = "".join(f"[{section}]\n{option} = {value}\n\n" for section, option, value in rows)
        path.write_text(text, encoding="utf-8")
        return path
    import configparser  # few users have such a file

    parser = configparser.RawConfigParser()
    # If the user's file cannot be read, it is for setuptools to report that, if it builds at all.
    with contextlib.suppress(configparser.Error, UnicodeDecodeError, OSError):
        if users:
            parser.read(backend.root / users, encoding="utf-8")
    for section, option, value in rows:
        if not parser.has_section(section):
            parser.add_section(section)
        parser.set(section, option, value)
    with path.open("w", encoding="utf-8") as file:
        parser.write(file)
    return path


def _is_text(path: Path) -> bool:
    """Whether a path can be written in a configuration file, which is UTF-8."""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _remove_files(root: Path, names: Iterable[str]) -> None:
    for name in names:
        with contextlib.suppress(OSError):
            (root / name).unlink()


def _remove_folders(root: Path, base: str, written: Collection[str]) -> None:
    for path in written:
        parent, _, name = path.rpartition("/")
        in_base = parent == base and _BELOW_BUILD_BASE.fullmatch(name)
        if (in_base or name.endswith(_EGG_INFO)) and (root / path).is_dir():
            # What cannot be removed counts as an input from now on, like anything in the project.
            with contextlib.suppress(OSError):
                shutil.rmtree(root / path)
    if base in written:
        with contextlib.suppress(OSError):  # it holds something else
            (root / base).rmdir()


def _wrote_below(folder: Path, did: Trace) -> bool:
    return any(
        access in CREATING and path.startswith(f"{folder}/") for access, path in did.accesses
    )


def _written_below(root: Path, did: Trace) -> frozenset[str]:
    """Find what a hook wrote in a project: paths relative to it."""
    start, resolve = f"{root}/", resolver()
    written = {path for access, path in did.accesses if access in CREATING}
    real = {resolved_folder(path, resolve) for path in written}  # a link that is written stays
    return frozenset(path.removeprefix(start) for path in real if path.startswith(start))
