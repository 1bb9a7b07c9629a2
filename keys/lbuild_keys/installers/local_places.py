"""The places on this machine that pip or uv are told to install from: folders, files, indexes.

They are named by variables and by settings files: for pip, the files that ``pip config debug``
lists; for uv, ``uv.toml`` of the user, of the system, of the current folder and of its parents, and
``[tool.uv]`` in these (uv's documentation, "Configuration files"). More is taken for a place than
the installer would look at, never less: which of several settings has precedence does not count.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from lbuild_keys.file_urls import local_path
from lbuild_keys.observe.places import home_folder

Installer = Literal["pip", "uv"]


class LocalPlaces(NamedTuple):
    """Where an installer looks for distributions on this machine.

    Attributes:
        paths: absolute paths of folders, pages or archives, in the order in which they were named.
        problem: why a settings file could not be read; empty if all were.
        from_source: whether the settings may lead to source distributions where there are wheels,
            or to versions that are not the highest.
    """

    paths: tuple[str, ...] = ()
    problem: str = ""
    from_source: bool = False


def find_places(installer: Installer, environ: Mapping[str, str], cwd: Path) -> LocalPlaces:
    """Find the local places that variables and settings files name for an installer."""
    found = _Found()
    found.add_variables(installer, environ, cwd)
    read = _read_pip_settings if installer == "pip" else _read_uv_settings
    for path in settings_files(installer, environ, cwd):
        try:
            read(path, path.read_bytes(), cwd, found)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            found.problem = found.problem or f"{path}: {error.strerror or error}"
    return found.places()


def settings_files(installer: Installer, environ: Mapping[str, str], cwd: Path) -> tuple[Path, ...]:
    """Return the paths of the settings files of an installer, whether they exist or not."""
    if installer == "pip":
        return _pip_settings_files(environ, cwd)
    if environ.get("UV_NO_CONFIG", "").lower() in _TRUE:
        return ()
    if named := environ.get("UV_CONFIG_FILE"):
        return (cwd / named,)
    folders = [
        environ.get("XDG_CONFIG_HOME") or _home(environ) / ".config",  # on macOS, too
        *(environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep),
        "/etc",
    ]
    if os.name == "nt":
        folders += [environ.get("APPDATA", ""), environ.get("SYSTEMDRIVE", "") + "\\ProgramData"]
    starts = {cwd / environ.get(name, "") for name in ("UV_PROJECT", "UV_WORKING_DIR")}
    # uv takes the nearest one, or that of the workspace, which is one of them.
    above = dict.fromkeys(each for start in sorted(starts) for each in (start, *start.parents))
    names = ("uv.toml", "pyproject.toml")
    return (
        *(Path(folder, "uv", "uv.toml") for folder in folders),
        *(folder / name for folder in above for name in names),
    )


def _pip_settings_files(environ: Mapping[str, str], cwd: Path) -> tuple[Path, ...]:
    """The configuration files of pip's user guide, on all platforms."""
    named = environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return ()
    home = _home(environ)
    personal = environ.get("XDG_CONFIG_HOME") or os.fspath(home / ".config")
    folders: list[str | Path] = []
    if sys.platform == "win32":
        folders += [Path(environ.get("PROGRAMDATA", "C:\\ProgramData"), "pip"), home / "pip"]
        folders += [Path(environ.get("APPDATA", home), "pip")]
    elif sys.platform == "darwin":
        folders += ["/Library/Application Support/pip", home / "Library/Application Support/pip"]
        folders += ["/opt/homebrew/share/pip"]
    systems = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
    folders += [*(Path(each, "pip") for each in systems), "/etc", Path(personal, "pip")]
    folders += [home / ".config" / "pip", home / ".pip", sys.prefix]
    name = "pip.ini" if os.name == "nt" else "pip.conf"
    files = tuple(dict.fromkeys(Path(folder, name) for folder in folders))
    return (*files, cwd / named) if named else files


def _home(environ: Mapping[str, str]) -> Path:
    return Path(home_folder(environ) or "~")  # nothing is there if nobody knows where it is


class _Found:
    """What was found until now, see ``LocalPlaces``."""

    def __init__(self) -> None:
        self.paths: dict[str, None] = {}
        self.problem = ""
        self.from_source = False

    def places(self) -> LocalPlaces:
        """Return what was found."""
        return LocalPlaces(tuple(self.paths), self.problem, self.from_source)

    def add_variables(self, installer: Installer, environ: Mapping[str, str], cwd: Path) -> None:
        """Add the places that variables name."""
        for name in _VARIABLES[installer]:
            value = environ.get(name)
            if not value:
                continue
            # Commas or spaces separate them, and between commas a path may have spaces.
            for word in dict.fromkeys(
                (*map(str.strip, value.split(",")), *re.findall(_WORDS, value))
            ):
                if word:
                    self.add(word, cwd)
        self.from_source = any(environ.get(name) for name in _FROM_SOURCE[installer])

    def add(self, text: str, base: Path) -> None:
        """Add the place that a value names, unless it is remote."""
        named = re.sub(_NAMED_INDEX, "", text)
        path = local_path(named)
        if path is not None:
            path = os.path.expanduser(path)  # noqa: PTH111  pip does it; no error without a home
            self.paths[os.path.normpath(base / path)] = None


_WORDS = r"[^\s,]+"
_NAMED_INDEX = r"^[\w.-]+=(?=.)"
"""The name of an index in ``UV_INDEX``."""

_TRUE = frozenset({"1", "true", "yes", "on", "y", "t"})

_VARIABLES: Mapping[Installer, tuple[str, ...]] = {
    "pip": ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_PYPI_URL", "PIP_EXTRA_INDEX_URL"),
    "uv": (
        *("UV_FIND_LINKS", "UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL"),
        "UV_EXTRA_INDEX_URL",
    ),
}
_FROM_SOURCE: Mapping[Installer, tuple[str, ...]] = {
    "pip": ("PIP_NO_BINARY", "PIP_PREFER_BINARY"),
    "uv": ("UV_NO_BINARY", "UV_NO_BINARY_PACKAGE", "UV_RESOLUTION"),
}


# pip's files: "name = value" in sections; a value goes on in lines that are indented


_PIP_NAMES = (
    r"(?im)^(?:find[-_]links|(?:extra[-_])?index[-_]url|pypi[-_]url)[ \t]*[=:]"
    r"(?P<value>.*(?:\n[ \t]+.*|\n[#;].*|\n[ \t]*(?=\n))*)"
)
_PIP_FROM_SOURCE = r"(?im)^(no|prefer)[-_]binary[ \t]*[=:]"


def _read_pip_settings(_path: Path, content: bytes, cwd: Path, found: _Found) -> None:
    text = content.decode("utf-8", "surrogateescape").replace("\r\n", "\n").replace("\r", "\n")
    for match in re.finditer(_PIP_NAMES, text):
        for word in re.findall(_WORDS, match["value"]):
            found.add(word, cwd)
    if re.search(_PIP_FROM_SOURCE, text):
        found.from_source = True


# uv's files: TOML


def _read_uv_settings(path: Path, content: bytes, _cwd: Path, found: _Found) -> None:
    if not any(
        word in content for word in (b"find", b"index", b"binary", b"resolution", b"\\u", b"\\U")
    ):
        return
    import tomli

    text = content.decode("utf-8", "replace")
    try:
        table: Any = tomli.loads(text)
    except (ValueError, RecursionError):  # uv may be able to read it: any text may be a place
        for quoted in re.findall(_QUOTED, text):
            found.add(quoted, path.parent)
        return
    if path.name == "pyproject.toml":
        tool = table.get("tool")
        table = tool.get("uv") if isinstance(tool, dict) else None
    for settings in (table, table.get("pip") if isinstance(table, dict) else None):
        if not isinstance(settings, dict):
            continue
        for name in ("find-links", "index-url", "extra-index-url", "index"):
            for text in _texts(settings.get(name)):
                found.add(text, path.parent)
        if any(settings.get(f"no-binary{what}") for what in ("", "-package")):
            found.from_source = True
        if settings.get("resolution"):
            found.from_source = True


_QUOTED = r"""["']([^"'\n]+)["']"""


def _texts(value: object) -> Iterator[str]:
    """Yield the URLs in a value: a text, an index with its URL, or a list of these."""
    match value:
        case str():
            yield value
        case dict():
            yield from _texts(value.get("url"))
        case list():
            for each in value:
                yield from _texts(each)
        case _:
            return
