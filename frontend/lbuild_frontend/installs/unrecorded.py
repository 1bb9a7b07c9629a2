"""What is left in an environment of a distribution whose records are gone.

Without a right RECORD only the wheels in the cache tell which files it had. Unless it is known to
be the installed one, a file is taken for one of theirs if its content is: somebody may have put
another one there since.
"""

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path

from lbuild_frontend.installs import wheel_contents
from lbuild_frontend.installs.target import Target
from lbuild_frontend.installs.wheel_contents import WheelContents, digest_of
from lbuild_keys.content import Content


def files(target: Target, wheels: Collection[Path], certain: Collection[Path]) -> set[str]:
    """Return the absolute paths of files that came from earlier wheels.

    Args:
        target: the environment.
        wheels: paths of wheels; those that cannot be read are passed over.
        certain: likewise, of those that are known to be what was installed.
    """
    found: set[str] = set()
    for path in (*wheels, *certain):
        with contextlib.suppress(OSError, ValueError, LookupError, zipfile.BadZipFile):
            content = Content.at(path)
            wheel = wheel_contents.read(content, path.name, "")
            found |= set(_installed(target, wheel, is_certain=path in certain))
    return found


def _installed(target: Target, wheel: WheelContents, *, is_certain: bool) -> Iterator[str]:
    for place in target.folders:
        for file in wheel.files:
            path = os.path.normpath(place / file)
            if is_certain or (_is_file(path) and _digest(path) == digest_of(wheel, file)):
                yield path
    for name, module in wheel.scripts.items():
        path = os.path.normpath(target.scripts / name)
        if _is_file(path) and f"from {module} import ".encode() in Path(path).read_bytes():
            yield path


def _is_file(path: str) -> bool:
    return os.path.isfile(path)  # noqa: PTH113  there may be thousands


def _digest(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
