"""A version that ``--python`` asks for, and the interpreters on this machine that may have it.

Nothing is run here: the versions in names are believed only to leave interpreters out.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from lbuild_keys.observe.places import home_folder

_VERSION = re.compile(
    r"(?:(?:cpython|python|cp)[@-]?)?(?P<version>3(?:\.\d+){0,2}|3\d{1,2})(?P<variant>t|\+freethreaded)?",
    re.IGNORECASE,
)
_SPECIFIERS = re.compile(r"\s*(===|==|~=|!=|<=|>=|<|>)[^/\\]*")
_OF_PROGRAM = re.compile(r"python(?P<version>3\.\d+)(?P<variant>t?)(\.exe)?", re.IGNORECASE)
_OF_FOLDER = re.compile(
    r"(?:cpython-)?(?P<version>\d+\.\d+(?:\.\d+)?)(?P<variant>t|\+freethreaded)?(-.*)?"
)
_NEWEST = 30
"""No minor version is higher than this one for long."""


class VersionRequest(NamedTuple):
    """The versions that are asked for.

    Attributes:
        text: as it was given, without the name of the implementation.
        prefix: the first numbers of the version; empty if ``specifiers`` say which.
        specifiers: of versions (PEP 440), or empty.
        free_threaded: whether a build without the global interpreter lock is wanted.
    """

    text: str
    prefix: tuple[int, ...] = ()
    specifiers: str = ""
    free_threaded: bool = False

    def allows(self, version: Iterable[int], *, free_threaded: bool) -> bool:
        """Whether an interpreter of this version is one of them."""
        numbers = tuple(version)
        if free_threaded != self.free_threaded:
            return False
        if not self.specifiers:
            return numbers[: len(self.prefix)] == self.prefix
        from packaging.specifiers import SpecifierSet

        return SpecifierSet(self.specifiers).contains(".".join(map(str, numbers)), prereleases=True)

    def may_allow(self, text: str, pattern: re.Pattern[str]) -> bool:
        """Whether the version in a name leaves it open that the interpreter is one of them."""
        named = pattern.fullmatch(text)
        if named is None:
            return True
        numbers = _numbers(named["version"])
        if bool(named["variant"]) != self.free_threaded:
            return False
        return not self.prefix or all(
            one == other for one, other in zip(numbers, self.prefix, strict=False)
        )


def parse(text: str) -> VersionRequest | None:
    """Read what ``--python`` was given; None if it asks for no version: it is a path or a name.

    Raises:
        ValueError: if it has specifiers that are not valid.
    """
    if _SPECIFIERS.match(text):
        from packaging.specifiers import InvalidSpecifier, SpecifierSet

        try:
            return VersionRequest(text, specifiers=str(SpecifierSet(text)))
        except InvalidSpecifier as error:
            raise ValueError(str(error)) from error
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    version = found["version"]
    if "." not in version and len(version) > 1:  # as in cp312
        version = f"{version[0]}.{version[1:]}"
    variant = found["variant"] or ""
    return VersionRequest(version + variant, _numbers(version), free_threaded=bool(variant))


def candidates(request: VersionRequest, environ: Mapping[str, str], cwd: Path) -> Iterator[str]:
    """Yield the interpreters that may have a version, the best first; each once.

    These are: programs on PATH, in the order of its folders; those that uv manages; those that
    pyenv manages. In the place of pyenv's shims, which may lead to any version or to none, are the
    versions themselves, first those that are selected.
    """
    seen = set()
    for path in _candidates(request, environ, cwd):
        if path not in seen and _can_be_run(path):
            seen.add(path)
            yield path


def _candidates(request: VersionRequest, environ: Mapping[str, str], cwd: Path) -> Iterator[str]:
    pyenv = Path(environ.get("PYENV_ROOT") or _home(environ) / ".pyenv")
    suffix = ".exe" if os.name == "nt" else ""
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        place = cwd / folder
        if place == pyenv / "shims":
            yield from _of_pyenv(request, pyenv, environ, cwd)
            continue
        for name in _names(request):
            path = place / f"{name}{suffix}"
            if request.may_allow(path.resolve().name, _OF_PROGRAM):
                yield os.fspath(path)
    yield from _of_uv(request, environ)
    yield from _of_pyenv(request, pyenv, environ, cwd)


def _names(request: VersionRequest) -> list[str]:
    variant = "t" if request.free_threaded else ""
    usual = ["python3", "python"]
    if len(request.prefix) > 1:
        return [f"python3.{request.prefix[1]}{variant}", *usual]
    return [*usual, *(f"python3.{minor}{variant}" for minor in range(_NEWEST, 7, -1))]


def _of_uv(request: VersionRequest, environ: Mapping[str, str]) -> Iterator[str]:
    if named := environ.get("UV_PYTHON_INSTALL_DIR"):
        place = Path(named)
    elif os.name == "nt":
        place = Path(environ.get("APPDATA") or _home(environ), "uv", "python")
    else:
        data = environ.get("XDG_DATA_HOME") or _home(environ) / ".local" / "share"
        place = Path(data, "uv", "python")
    names = [name for name in _listed(place) if name.startswith("cpython-")]
    yield from _inside(place, sorted(names, key=_rank, reverse=True), request)


def _of_pyenv(
    request: VersionRequest, pyenv: Path, environ: Mapping[str, str], cwd: Path
) -> Iterator[str]:
    for place in (pyenv / "versions", pyenv / "pyenv-win" / "versions"):
        there = _listed(place)
        if there:
            # Others are PyPy and its like, and environments, which count if they are selected.
            names = sorted(filter(_OF_FOLDER.fullmatch, there), key=_rank, reverse=True)
            selected = [name for name in _selected(pyenv, environ, cwd) if name in there]
            yield from _inside(place, [*selected, *names], request)


def _selected(pyenv: Path, environ: Mapping[str, str], cwd: Path) -> list[str]:
    """Return the versions that pyenv is told to use: by a variable, for a folder, or globally."""
    if named := environ.get("PYENV_VERSION"):
        return named.split(":")
    for file in (
        *(folder / ".python-version" for folder in (cwd, *cwd.parents)),
        pyenv / "version",
    ):
        try:
            return file.read_text("utf-8").split()
        except (OSError, ValueError):
            continue
    return []


def _inside(place: Path, names: Iterable[str], request: VersionRequest) -> Iterator[str]:
    inside = "python.exe" if os.name == "nt" else "bin/python3"
    for name in names:
        if request.may_allow(name, _OF_FOLDER):
            yield os.fspath(place / name / inside)


def _listed(place: Path) -> list[str]:
    try:
        return os.listdir(place)  # noqa: PTH208  names are enough
    except OSError:
        return []


def _rank(name: str) -> tuple[tuple[int, ...], str]:
    found = _OF_FOLDER.fullmatch(name)
    return (_numbers(found["version"]) if found else ()), name


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _can_be_run(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)  # noqa: PTH113  it never raises


def _home(environ: Mapping[str, str]) -> Path:
    return Path(home_folder(environ) or "~")  # nothing is there if nobody knows where it is


def in_folder(folder: Path) -> str | None:
    """Return the interpreter of a virtual environment, or of an installation; None without one."""
    names = (
        ("Scripts/python.exe", "python.exe") if os.name == "nt" else ("bin/python", "bin/python3")
    )
    found = (os.fspath(folder / name) for name in names)
    return next(filter(_can_be_run, found), None)
