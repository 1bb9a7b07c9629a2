"""Checks a wheel that a backend returned, and reads what lbuild has to know of it."""

import hashlib
import lzma
import struct
import zipfile
import zlib
from pathlib import Path

from packaging.metadata import parse_email
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from lbuild_frontend.errors import BuildFailed
from lbuild_frontend.product import Product


def check(returned: object, folder: Path, label: str) -> Product:
    """Check what ``build_wheel`` returned against the binary distribution format (PEP 427).

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
    try:
        name, version, _, _ = parse_wheel_filename(returned)
    except InvalidWheelFilename as error:
        raise _wrong(
            label, f"returned {returned!r}, which is no name of a wheel: {error}"
        ) from error
    metadata, essence = _read(path, label)
    raw, _ = parse_email(metadata)
    stated_name, stated_version = raw.get("name", ""), raw.get("version", "")
    try:
        agrees = canonicalize_name(stated_name) == name and Version(stated_version) == version
    except InvalidVersion:
        agrees = False
    if not agrees:
        stated = f"{stated_name or 'no name'} {stated_version or 'no version'}"
        raise _wrong(label, f"built {returned}, but its METADATA says {stated}")
    content = path.read_bytes()
    return Product(
        file=path.name,
        name=stated_name,
        version=stated_version,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        essence=essence,
        metadata=metadata,
    )


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
