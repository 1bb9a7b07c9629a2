"""Checks a source distribution that a hook returned, and reads its name, version and metadata."""

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lbuild_frontend.hooks import check_metadata, returned_file
from lbuild_frontend.hooks.backend import Fault
from lbuild_frontend.model.artifact import NOTHING_KNOWN, Artifact, Known
from lbuild_frontend.model.hook import SDIST_SUFFIX
from lbuild_keys.content import Content
from lbuild_keys.pep508 import normalize_name

if TYPE_CHECKING:
    from packaging.version import Version

_PKG_INFO = "PKG-INFO"


def check(returned: object, folder: Path, fault: Fault, known: Known = NOTHING_KNOWN) -> Artifact:
    """Check what a hook returned against the source distribution format (PEP 517, PEP 625).

    Args:
        returned: the return value of the hook.
        folder: the folder that the hook was given.
        fault: makes the error of what is wrong.
        known: what was checked before, and need not be parsed again.

    Raises:
        BuildFailed: if it is not the name of a file in ``folder``, or that file is not a source
            distribution, or its name and version are not those of its metadata.
    """
    path = returned_file.find(returned, folder, fault)
    content = Content.at(path)
    top, metadata, content_digest = _read(content.read(), path.name, fault)
    checked = known.get((path.name, hashlib.sha256(metadata).hexdigest()))
    name, version = checked or _valid(path.name, top, metadata, fault)
    return Artifact(
        file=path.name,
        name=name,
        version=version,
        content=content,
        content_digest=content_digest,
        metadata=metadata,
    )


def _valid(file: str, top: str, metadata: bytes, fault: Fault) -> tuple[str, str]:
    """Read name and version as PKG-INFO spells them; the names of file and folder have to agree."""
    parsed = _parse_file_name(file, fault)
    if _parse_file_name(f"{top}{SDIST_SUFFIX}", fault) != parsed:
        raise fault(f"built {file}, but the folder in it is {top}")
    found = check_metadata.stated(metadata)
    if (normalize_name(found.name), found.parsed) != parsed:
        raise fault(f"built {file}, but its {_PKG_INFO} states {found}")
    return found.name, found.version


def _parse_file_name(file: str, fault: Fault) -> tuple[str, "Version"]:
    """Read the normalised name and the version from the file name of a source distribution."""
    from packaging.utils import InvalidSdistFilename, parse_sdist_filename

    try:
        return parse_sdist_filename(file) if file.endswith(SDIST_SUFFIX) else _raise(file)
    except InvalidSdistFilename as error:
        problem = f"returned {file!r}, which is not a valid name of a source distribution: {error}"
        raise fault(problem) from error


def _raise(file: str) -> tuple[str, "Version"]:
    from packaging.utils import InvalidSdistFilename

    message = f"it does not end with {SDIST_SUFFIX!r}: {file!r}"
    raise InvalidSdistFilename(message)


def _read(content: bytes, file: str, fault: Fault) -> tuple[str, bytes, str]:
    """Return the top folder, PKG-INFO, and a digest of all members without their time stamps."""
    try:
        whole = io.BytesIO(gzip.decompress(content))  # to its end, where the checksum is
        with tarfile.open(fileobj=whole, mode="r:") as archive:
            members = archive.getmembers()
            tops = {member.name.partition("/")[0] for member in members}
            outside = [one.name for one in members if ".." in one.name.split("/")]
            if len(tops) != 1 or outside or not (top := tops.pop()):
                raise fault(f"built {file}, whose files are not all in one folder")
            info = f"{top}/{_PKG_INFO}"
            found = [one for one in members if one.name == info and one.isreg()]
            if not found:
                raise fault(f"built {file} without {info} in it")
            rows = sorted(_rows(archive, members))
            metadata = _content_of(archive, found[-1])  # the last one of a name is extracted
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError) as error:
        raise fault(f"built {file}, which is not a valid archive: {error}") from error
    digest = hashlib.sha256("\n".join(rows).encode("utf-8", "surrogateescape")).hexdigest()
    return top, metadata, digest


def _rows(archive: tarfile.TarFile, members: list[tarfile.TarInfo]) -> Iterator[str]:
    for one in members:
        kind = one.type.decode("ascii", "replace")
        what = hashlib.sha256(_content_of(archive, one)).hexdigest() if one.isreg() else ""
        yield "\0".join((one.name, kind, f"{one.mode:o}", one.linkname, what))


def _content_of(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    return b"" if file is None else file.read()
