"""An installed distribution against the wheel that should be there: the first difference in words.

The digest decides where a stat signature does not vouch for a file (``observe.files``).
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from lbuild_frontend.installs.distribution import RECORD, Distribution
from lbuild_frontend.installs.origin import FILE as ORIGIN
from lbuild_frontend.installs.origin import Origin
from lbuild_frontend.installs.wheel_contents import WheelContents, digest_of
from lbuild_keys.observe import files
from lbuild_keys.observe.files import Digests

_BYTECODE = ".pyc"
_HEXADECIMAL_SHA256 = 64


def difference(
    found: list[Distribution], wheel: WheelContents, origin: Origin, scripts: Path, digests: Digests
) -> str | None:
    """Return why a distribution has to be installed anew, as a clause; None if it is right.

    Args:
        found: what is installed under the name.
        wheel: what should be installed.
        origin: what it should have come from.
        scripts: the folder for scripts.
        digests: known digests of files; those that are made are added.
    """
    if not found:
        return "it is not installed"
    if len(found) > 1:
        return "it is installed more than once"
    one = found[0]
    if one.is_legacy:
        return f"it was installed without a RECORD ({one.info.name})"
    if one.files is None:
        return "its RECORD is missing or damaged"
    return (
        _other_origin(one.origin, origin)
        or _incomplete(one.files, wheel)
        or _changed(one, wheel, scripts, digests)
    )


def _other_origin(found: Origin | None, wanted: Origin) -> str | None:
    if found is None or (found.sha256 is None and found.editable == wanted.editable):
        return "it is not recorded which wheel it was installed from"
    if found.editable != wanted.editable:
        return "it is an editable install" if found.editable else "it is not an editable install"
    if found.editable and found.url.rstrip("/") != wanted.url.rstrip("/"):
        return f"it is an editable install of {found.url}"
    if found.sha256 != wanted.sha256:
        return "it was installed from another wheel"
    return None


def _incomplete(listed: dict[str, str], wheel: WheelContents) -> str | None:
    """RECORD itself may be damaged, so it has to list all that the wheel has."""
    for path, digest in wheel.files.items():
        there = listed.get(path)
        if there is None or (digest and digest != there):
            return f"its RECORD does not list {path} of the wheel"
    if not wheel.elsewhere:
        return None
    ends = {end for path in listed for end in _ends(path)}
    for path in sorted(wheel.elsewhere):
        if path not in ends and f"{path}.exe" not in ends:
            return f"its RECORD does not list {path} of the wheel"
    return None


def _ends(path: str) -> Iterator[str]:
    """Yield a path without its first folder, without its first two, and so on; first all of it."""
    rest, slash = path, "/"
    while slash:
        yield rest
        _, slash, rest = rest.partition("/")


def has_sound_records(one: Distribution) -> bool:
    """Whether the files in the ``.dist-info`` folder are as RECORD says.

    An installer reads them when it uninstalls, and some end with an error if one is damaged.
    """
    own, beginning = f"{one.info.name}/{RECORD}", f"{one.info.name}/"
    listed = one.files or {}
    if own not in listed or (one.origin is None and (one.info / ORIGIN).exists()):
        return False
    for file, expected in listed.items():
        if file.startswith(beginning) and file != own:
            path = one.path_of(file)
            detail = files.observe(path, Digests()).detail or ""
            if not (expected and _is_digest(detail) and _is_same(path, detail, expected)):
                return False
    return True


def _changed(
    one: Distribution, wheel: WheelContents, scripts: Path, digests: Digests
) -> str | None:
    """Compare the files with their digests in RECORD."""
    own = f"{one.info.name}/{RECORD}"
    # Other scripts may not have been executable in the wheel.
    generated = {os.path.normpath(scripts / name) for name in wheel.scripts}
    for file, expected in (one.files or {}).items():
        if file == own or file.endswith(_BYTECODE):
            continue
        path = one.path_of(file)
        state = files.observe(path, digests)
        if state.presence == "absent":
            return f"{file} was removed"
        detail = state.detail or ""
        if not state.known or not _is_digest(detail):
            return f"{file} is not a file that can be read"
        # A wheel whose RECORD has no digest is installed all the same.
        fits = _is_same(path, detail, expected) if expected else file not in wheel.files
        if not fits and not _is_in(wheel, file, detail):
            return f"{file} was changed"
        executable = detail[_HEXADECIMAL_SHA256:].startswith("+x")
        if path in generated and not executable and os.name != "nt":
            return f"{file} is not executable"
    return None


def _is_digest(detail: str) -> bool:
    return len(detail) >= _HEXADECIMAL_SHA256 and " " not in detail[:_HEXADECIMAL_SHA256]


def _is_in(wheel: WheelContents, file: str, detail: str) -> bool:
    """Whether a file is as in the wheel: RECORD of the wheel may be wrong, and is not checked."""
    return file in wheel.files and digest_of(wheel, file) == detail[:_HEXADECIMAL_SHA256]


def _is_same(path: str, detail: str, expected: str) -> bool:
    algorithm, _, encoded = expected.partition("=")
    try:
        digest = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).hex()
        if algorithm == "sha256":
            return detail[:_HEXADECIMAL_SHA256] == digest
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, algorithm).hexdigest() == digest
    except (OSError, ValueError, binascii.Error):
        return False
