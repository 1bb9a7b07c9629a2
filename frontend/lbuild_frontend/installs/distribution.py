"""What is installed under a name in an environment, as its own records describe it.

The records are those of the specification "Recording installed projects" (PEP 376, PEP 627). What
older methods left counts as well: ``.egg-info`` and ``.egg-link``.
"""

import csv
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.installs import origin as origins
from lbuild_frontend.installs.origin import Origin
from lbuild_keys.pep508 import normalize_name

_INFO = re.compile(r"(?P<name>[^-]+)(-(?P<version>.+))?\.(dist-info|egg-info|egg-link)", re.DOTALL)
"""The names of the folders and files that record a distribution."""

_METADATA = ("METADATA", "PKG-INFO")

RECORD = "RECORD"


class Distribution(NamedTuple):
    """An installed distribution.

    Attributes:
        info: the folder that records it, or the file of an older method.
        files: what RECORD lists: by path relative to the folder of packages, ``ALGORITHM=BASE64``,
            or an empty text; None if there is no RECORD that can be read.
        origin: where it came from, if that is recorded.
    """

    info: Path
    files: dict[str, str] | None
    origin: Origin | None

    @property
    def is_legacy(self) -> bool:
        """Whether it was installed by a method that wrote no ``.dist-info``."""
        return self.info.suffix != ".dist-info"

    def path_of(self, file: str) -> str:
        """Return the absolute path of a file that RECORD lists."""
        return os.path.normpath(os.path.join(self.info.parent, file))  # noqa: PTH118  there may be thousands


def find(folders: Iterable[Path], name: str) -> list[Distribution]:
    """Find what is installed under a name: normally nothing, or one distribution.

    Args:
        folders: that packages are installed into.
        name: of the distribution.

    Raises:
        OSError: if a folder cannot be listed.
    """
    return [
        Distribution(info, _files_of(info), origins.read(info))
        for info in _infos(folders)
        if normalize_name(_name_of(info)) == normalize_name(name)
    ]


def files_of_others(folders: Iterable[Path], own: Iterable[Path]) -> set[str]:
    """Return the absolute paths that the RECORDs of other distributions list.

    Args:
        folders: that packages are installed into.
        own: the folders of the distributions that do not count.

    Raises:
        OSError: if a folder cannot be listed.
    """
    left_out = set(own)
    others = (Distribution(one, _files_of(one), None) for one in _infos(folders))
    return {
        one.path_of(file) for one in others if one.info not in left_out for file in one.files or ()
    }


def _infos(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208  names are wanted
        except FileNotFoundError:
            continue
        yield from (folder / name for name in names if _INFO.fullmatch(name))


def _name_of(info: Path) -> str:
    """Return the name of a distribution: by the name of its folder, if that is not ambiguous.

    Old tools left hyphens in names: ``my-app-1.0.dist-info``.
    """
    found = _INFO.fullmatch(info.name)
    if found is None:
        return ""
    if found["version"] is None or found["version"][:1].isdigit():
        return found["name"]
    for file in _METADATA:
        try:
            text = (info / file).read_text("utf-8", "replace")
        except OSError:
            continue
        stated = _NAME.search(text.partition("\n\n")[0])
        if stated is not None:
            return stated[1].strip()
    return info.stem.rpartition("-")[0]


_NAME = re.compile(r"^name:(.*)", re.IGNORECASE | re.MULTILINE)


def _files_of(info: Path) -> dict[str, str] | None:
    try:
        text = (info / RECORD).read_text("utf-8", "surrogateescape")
        rows = [row for row in csv.reader(text.splitlines()) if row]
    except (OSError, csv.Error):
        return None
    return {row[0]: row[1] if len(row) > 1 else "" for row in rows} or None
