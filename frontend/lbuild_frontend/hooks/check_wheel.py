"""Checks a wheel that a hook returned, and reads its name, version and metadata."""

import hashlib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from lbuild_frontend.hooks import check_metadata, returned_file
from lbuild_frontend.hooks.backend import Fault
from lbuild_frontend.model.artifact import NOTHING_KNOWN, Artifact, Known
from lbuild_frontend.model.hook import METADATA_FILE
from lbuild_keys.content import Content
from lbuild_keys.installers.wheel_files import UNREADABLE
from lbuild_keys.pep508 import normalize_name

if TYPE_CHECKING:
    from packaging.version import Version


def check(returned: object, folder: Path, fault: Fault, known: Known = NOTHING_KNOWN) -> Artifact:
    """Check what a hook returned against the binary distribution format (PEP 427).

    Args:
        returned: the return value of the hook.
        folder: the folder that the hook was given.
        fault: makes the error of what is wrong.
        known: what was checked before, and need not be parsed again.

    Raises:
        BuildFailed: if it is not the name of a file in ``folder``, or that file is not a wheel, or
            its name and version are not those of its metadata.
    """
    path = returned_file.find(returned, folder, fault)
    if not any(name == path.name for name, _ in known):
        _parse_file_name(path.name, fault)
    content = Content.at(path)
    metadata, content_digest = _read(content, path.name, fault)
    checked = known.get((path.name, hashlib.sha256(metadata).hexdigest()))
    name, version = checked or _valid(path.name, metadata, fault)
    return Artifact(
        file=path.name,
        name=name,
        version=version,
        content=content,
        content_digest=content_digest,
        metadata=metadata,
    )


def metadata_in(content: Content) -> bytes:
    """Return the METADATA file of a wheel that was checked."""
    with zipfile.ZipFile(content.opened()) as archive:
        return next(archive.read(name) for name in archive.namelist() if _is_metadata(name))


def _is_metadata(name: str) -> bool:
    folder, _, file = name.rpartition("/")
    return file == METADATA_FILE and folder.endswith(".dist-info") and "/" not in folder


def _parse_file_name(returned: str, fault: Fault) -> tuple[str, "Version"]:
    """Read the normalised name and the version from the file name of a wheel."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    try:
        name, version, _, _ = parse_wheel_filename(returned)
    except InvalidWheelFilename as error:
        problem = f"returned {returned!r}, which is not a valid wheel file name: {error}"
        raise fault(problem) from error
    return name, version


def _valid(returned: str, metadata: bytes, fault: Fault) -> tuple[str, str]:
    """Read name and version as METADATA spells them; the file name has to agree with them."""
    found = check_metadata.stated(metadata)
    if (normalize_name(found.name), found.parsed) != _parse_file_name(returned, fault):
        raise fault(f"built {returned}, but its METADATA states {found}")
    return found.name, found.version


def _read(content: Content, file: str, fault: Fault) -> tuple[bytes, str]:
    """Return the METADATA file, and a digest of the names, contents and modes of all members."""
    rows, metadata = [], []
    try:
        with zipfile.ZipFile(content.opened()) as archive:
            for member in archive.infolist():
                mode = member.external_attr >> 16
                digest = _digest(archive, member).hexdigest()
                rows.append(f"{member.filename}\0{mode:o}\0{digest}")
                if _is_metadata(member.filename):
                    metadata.append(archive.read(member))
    except UNREADABLE as error:
        raise fault(f"built {file}, which is not a valid zip file: {error}") from error
    if len(metadata) != 1:
        found = "no" if not metadata else "more than one"
        raise fault(f"built {file} with {found} METADATA file in it")
    rows.sort()
    digest_of_all = hashlib.sha256("\n".join(rows).encode("utf-8", "surrogateescape")).hexdigest()
    return metadata[0], digest_of_all


def _digest(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> "hashlib._Hash":
    if member.file_size < _SMALL:
        return hashlib.sha256(archive.read(member))  # as most: there is no buffer to make for it
    with archive.open(member) as inside:
        return hashlib.file_digest(inside, "sha256")  # type: ignore[arg-type]


_SMALL = 1 << 18
