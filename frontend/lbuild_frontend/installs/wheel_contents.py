"""A wheel -> the files and scripts that it installs, and what it requires (PEP 427)."""

import configparser
import csv
import hashlib
import zipfile
from typing import NamedTuple

from packaging.metadata import parse_email

from lbuild_keys.content import Content

_NOT_AS_IN_THE_WHEEL = (
    *("RECORD", "RECORD.jws", "RECORD.p7s"),
    *("INSTALLER", "REQUESTED", "direct_url.json"),
)
"""Files that installers write or leave out, if a wheel has them at all."""

_SCRIPT_GROUPS = ("console_scripts", "gui_scripts")
_LIBRARIES = ("purelib", "platlib")


class WheelContents(NamedTuple):
    """What a wheel holds.

    Attributes:
        file: the name of the wheel's file.
        content: of that file.
        sha256: of the content, hexadecimal.
        name: of the distribution, as METADATA spells it.
        version: likewise.
        files: by path below the folder of packages, the digests in RECORD (``ALGORITHM=BASE64``).
        elsewhere: files that installers put elsewhere, by the end of their path: scripts, headers
            and data. Installers may rewrite scripts.
        scripts: the names of scripts for entry points, each with the module that it imports.
        requires: what it requires (PEP 508), as METADATA has it.
        extras: the names of its extras.
    """

    file: str
    content: Content
    sha256: str
    name: str
    version: str
    files: dict[str, str]
    elsewhere: frozenset[str]
    scripts: dict[str, str]
    requires: tuple[str, ...]
    extras: tuple[str, ...]


def read(content: Content, file: str, sha256: str) -> WheelContents:
    """Read a wheel that was checked (``hooks.check_wheel``).

    Args:
        content: of the wheel.
        file: the name of its file.
        sha256: of the content, hexadecimal.
    """
    files: dict[str, str] = {}
    elsewhere: set[str] = set()
    scripts: dict[str, str] = {}
    with zipfile.ZipFile(content.opened()) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        info = next(
            folder
            for folder, _, last in (name.rpartition("/") for name in names)
            if last == "METADATA" and folder.endswith(".dist-info") and "/" not in folder
        )
        raw, _ = parse_email(archive.read(f"{info}/METADATA"))
        record = archive.read(f"{info}/RECORD").decode("utf-8") if f"{info}/RECORD" in names else ""
        digests = {row[0]: row[1] for row in csv.reader(record.splitlines()) if len(row) > 1}
        data = f"{info.removesuffix('.dist-info')}.data/"
        for name in names:
            kind, _, rest = name.removeprefix(data).partition("/")
            if not name.startswith(data):
                if name not in [f"{info}/{one}" for one in _NOT_AS_IN_THE_WHEEL]:
                    files[name] = digests.get(name, "")
            elif kind in _LIBRARIES:
                files[rest] = digests.get(name, "")
            else:
                elsewhere.add(rest)
        points = f"{info}/entry_points.txt"
        if points in names:
            scripts = _scripts(archive.read(points).decode("utf-8", "replace"))
    return WheelContents(
        file=file,
        content=content,
        sha256=sha256,
        name=raw.get("name", ""),
        version=raw.get("version", ""),
        files=files,
        elsewhere=frozenset({*elsewhere, *scripts}),
        scripts=scripts,
        requires=tuple(raw.get("requires_dist", ())),
        extras=tuple(raw.get("provides_extra", ())),
    )


def with_metadata(wheel: WheelContents, metadata: bytes) -> WheelContents:
    """Return a wheel that requires what other metadata have: those that were prepared for it."""
    raw, _ = parse_email(metadata)
    return wheel._replace(
        requires=tuple(raw.get("requires_dist", ())),
        extras=tuple(raw.get("provides_extra", ())),
    )


def digest_of(wheel: WheelContents, file: str) -> str | None:
    """Return the SHA-256 of a file in a wheel (hexadecimal); None if it has none of that path."""
    inside = [f"{library}/{file}" for library in _LIBRARIES]
    with zipfile.ZipFile(wheel.content.opened()) as archive:
        for name in archive.namelist():
            if name == file or name.partition(".data/")[2] in inside:
                with archive.open(name) as member:  # which may be large
                    return hashlib.file_digest(member, "sha256").hexdigest()  # type: ignore[arg-type]
    return None


class _KeepingCase(configparser.RawConfigParser):
    def optionxform(self, optionstr: str) -> str:
        """Keep the case of names."""
        return optionstr


def _scripts(entry_points: str) -> dict[str, str]:
    """Return the names of the scripts that installers make for entry points, and their modules."""
    parser = _KeepingCase(delimiters=("=",), strict=False)
    try:
        parser.read_string(entry_points)
    except configparser.Error:
        return {}  # an installer makes none, or reports it
    groups = (parser[group] for group in _SCRIPT_GROUPS if parser.has_section(group))
    return {
        name.strip(): value.partition(":")[0].strip()
        for group in groups
        for name, value in group.items()
    }
