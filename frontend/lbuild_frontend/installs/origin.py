"""From which wheel a distribution was installed: ``direct_url.json`` in its folder (PEP 610).

Of a normal install the digest of the wheel is there (``archive_info.hashes``). An editable install
has ``dir_info`` instead, which has no place for it. lbuild adds a member of its own, which other
tools pass over.
"""

import base64
import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

from lbuild_frontend.disk import atomic

FILE = "direct_url.json"
_RECORD = "RECORD"
_OWN = "lbuild"


class Origin(NamedTuple):
    """Where a distribution came from.

    Attributes:
        url: of the wheel, or of the project's folder if the install is editable.
        sha256: of the wheel, hexadecimal; None if that is not recorded.
        editable: whether the environment uses the project's own files.
    """

    url: str
    sha256: str | None
    editable: bool


def read(folder: Path) -> Origin | None:
    """Read the origin of a distribution; None if none is recorded, or it cannot be read.

    Args:
        folder: the ``.dist-info`` folder.
    """
    try:
        origin = json.loads((folder / FILE).read_bytes())
        return Origin(str(origin["url"]), _sha256(origin), _is_editable(origin))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _sha256(origin: dict[str, Any]) -> str | None:
    if _is_editable(origin):
        found = origin.get(_OWN, {}).get("sha256")
    else:
        archive = origin.get("archive_info", {})
        found = archive.get("hashes", {}).get("sha256")
        if found is None:  # as tools wrote it before the member ``hashes`` was defined
            found = str(archive.get("hash", "")).removeprefix("sha256=")
    return found if isinstance(found, str) and found else None


def _is_editable(origin: dict[str, Any]) -> bool:
    return origin.get("dir_info", {}).get("editable") is True


def write(folder: Path, origin: Origin) -> None:
    """Record the origin of a distribution, also in its RECORD.

    First RECORD names no digest of the file, then the file changes: a reader never sees one that
    contradicts the other.

    Raises:
        OSError: if it cannot be written.
    """
    content = _to_bytes(origin)
    path = f"{folder.name}/{FILE}"
    record = (folder / _RECORD).read_text("utf-8", "surrogateescape")
    rows = [row for row in csv.reader(record.splitlines()) if row and row[0] != path]
    _write(folder / _RECORD, _csv([*rows, [path, "", ""]]))
    _write(folder / FILE, content)
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    _write(folder / _RECORD, _csv(sorted([*rows, [path, f"sha256={digest}", str(len(content))]])))


def _to_bytes(origin: Origin) -> bytes:
    if origin.editable:
        value: dict[str, object] = {
            "dir_info": {"editable": True},
            "url": origin.url,
            _OWN: {"sha256": origin.sha256},
        }
    else:
        hashes = {"sha256": origin.sha256}
        archive = {"hash": f"sha256={origin.sha256}", "hashes": hashes}
        value = {"archive_info": archive, "url": origin.url}
    return json.dumps(value).encode("ascii")


def _csv(rows: list[list[str]]) -> bytes:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue().encode("utf-8", "surrogateescape")


def _write(path: Path, content: bytes) -> None:
    atomic.write(path, content, lambda: None, prefix=".lbuild-", mode=0o666)
