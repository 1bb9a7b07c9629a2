"""Checks a wheel that a backend returned, and reads what lbuild has to know of it."""

import hashlib
import lzma
import struct
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from lbuild_frontend.errors import BuildFailed
from lbuild_frontend.model.artifact import NOTHING_KNOWN, Artifact, Known
from lbuild_keys.pep508 import normalize_name

if TYPE_CHECKING:
    from packaging.version import Version


def check(returned: object, folder: Path, label: str, known: Known = NOTHING_KNOWN) -> Artifact:
    """Check what ``build_wheel`` returned against the binary distribution format (PEP 427).

    Args:
        known: what was checked before, and need not be parsed again.

    Raises:
        BuildFailed: if it is no name of a file in ``folder``, or that file is no wheel, or its name
            and version are not those of its metadata.
    """
    if not isinstance(returned, str):
        raise _wrong(label, f"returned {returned!r}, which is no file name")
    path = folder / returned
    if returned not in {entry.name for entry in folder.iterdir()}:
        raise _wrong(label, f"returned {returned!r}, which is no file in the folder it was given")
    if path.is_symlink() or not path.is_file():
        raise _wrong(label, f"returned {returned!r}, which is no regular file")
    if not any(file == returned for file, _ in known):
        _parsed(returned, label)
    metadata, content_digest = _read(path, label)
    stated = known.get((returned, hashlib.sha256(metadata).hexdigest()))
    name, version = stated or _stated(returned, metadata, label)
    content = path.read_bytes()
    return Artifact(
        file=path.name,
        name=name,
        version=version,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        content_digest=content_digest,
        metadata=metadata,
    )


def _parsed(returned: str, label: str) -> tuple[str, "Version"]:
    """Normalised name and version in the name of a wheel."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    try:
        name, version, _, _ = parse_wheel_filename(returned)
    except InvalidWheelFilename as error:
        problem = f"returned {returned!r}, which is no name of a wheel: {error}"
        raise _wrong(label, problem) from error
    return name, version


def _stated(returned: str, metadata: bytes, label: str) -> tuple[str, str]:
    """Name and version as METADATA spells them, which have to be those of the wheel's name."""
    from packaging.metadata import parse_email  # brings all of email
    from packaging.version import InvalidVersion, Version

    raw, _ = parse_email(metadata)
    name, version = raw.get("name", ""), raw.get("version", "")
    try:
        agrees = (normalize_name(name), Version(version)) == _parsed(returned, label)
    except InvalidVersion:
        agrees = False
    if not agrees:
        stated = f"{name or 'no name'} {version or 'no version'}"
        raise _wrong(label, f"built {returned}, but its METADATA says {stated}")
    return name, version


_UNREADABLE = (
    *(EOFError, NotImplementedError, OSError, RuntimeError, ValueError),
    *(lzma.LZMAError, struct.error, zipfile.BadZipFile, zlib.error),
)
"""What zipfile and the decompressors raise for archives that are none, or are damaged."""


def _read(path: Path, label: str) -> tuple[bytes, str]:
    """The METADATA file, and a digest of names, bytes and modes of the members."""
    rows, metadata = [], []
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                content = archive.read(member)
                mode = member.external_attr >> 16
                rows.append(f"{member.filename}\0{mode:o}\0{hashlib.sha256(content).hexdigest()}")
                folder, _, file = member.filename.rpartition("/")
                if file == "METADATA" and folder.endswith(".dist-info") and "/" not in folder:
                    metadata.append(content)
    except _UNREADABLE as error:
        raise _wrong(label, f"built {path.name}, which is no sound zip file: {error}") from error
    if len(metadata) != 1:
        found = "no" if not metadata else "more than one"
        raise _wrong(label, f"built {path.name} with {found} METADATA file in it")
    rows.sort()
    digest = hashlib.sha256("\n".join(rows).encode("utf-8", "surrogateescape")).hexdigest()
    return metadata[0], digest


def _wrong(label: str, what: str) -> BuildFailed:
    return BuildFailed(f"{label}: build_wheel {what}. This is a fault of the build backend.")
