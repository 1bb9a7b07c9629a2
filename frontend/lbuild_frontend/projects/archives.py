"""A source distribution -> a temporary folder with the project in it.

Nobody has checked what an archive contains. Nothing is written outside of the folder, no link leads
out of it, and it has a limit: otherwise a small archive could fill the disk.
"""

import contextlib
import gzip
import hashlib
import os
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from lbuild_frontend.disk import temporary
from lbuild_frontend.errors import ProjectError
from lbuild_frontend.projects import discovery

PURPOSE = "sdist"
"""Of the temporary folder, see ``disk.temporary``."""

_MOST_BYTES = 4 * 2**30
_MOST_FILES = 200_000
_MOST_PADDING = 2**20


@contextlib.contextmanager
def unpacked(archive: Path) -> Iterator[Path]:
    """Unpack a source distribution; the context is the folder of the project.

    The folder has the same name each time, because compilers write it into what they make.

    Args:
        archive: its path.

    Raises:
        ProjectError: if it cannot be unpacked, or is no source distribution.
    """
    try:
        with archive.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        message = f"{archive}: it cannot be read ({error.strerror}). Make the file readable."
        raise ProjectError(message) from error
    with temporary.folder(PURPOSE, Path(digest)) as folder:
        _unpack(archive, folder)
        yield Path(os.path.realpath(_top(archive, folder)))


def _unpack(archive: Path, folder: Path) -> None:
    if not hasattr(tarfile, "data_filter"):
        message = f"{archive}: to unpack it, lbuild needs Python 3.11.4 or later. Unpack it first."
        raise ProjectError(message)
    try:
        with gzip.open(archive) as content, tarfile.open(fileobj=content, mode="r|") as opened:
            links: set[str] = set()
            size = 0
            for number, member in enumerate(opened):
                size += member.size
                if size > _MOST_BYTES or number >= _MOST_FILES:
                    raise _unusable(
                        archive,
                        f"it unpacks to more than {_MOST_BYTES // 2**30} GiB or "
                        f"{_MOST_FILES:,} files",
                    )
                _check(archive, member, links)
                opened.extract(member, folder, filter="data")
            # To the end, where the checksum is; what fills it up is small.
            if content.read(_MOST_PADDING + 1)[_MOST_PADDING:]:
                raise _unusable(archive, "it goes on after its end")
        for link in links:
            if not Path(os.path.realpath(folder / link)).is_relative_to(os.path.realpath(folder)):
                raise _outside(archive, link)
    except tarfile.FilterError as error:
        raise _outside(archive, error.tarinfo.name) from error
    except (tarfile.TarError, EOFError, zlib.error, ValueError, OverflowError) as error:
        raise _unusable(archive, f"it is damaged ({error})") from error
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            raise _unusable(archive, f"it is damaged ({error})") from error
        message = f"{archive}: it cannot be unpacked ({error.strerror or error}). Fix this."
        raise ProjectError(message) from error


def _check(archive: Path, member: tarfile.TarInfo, links: set[str]) -> None:
    """Refuse what the filter of tarfile would change, or does not see.

    Args:
        archive: the archive.
        member: the next one in it.
        links: the symbolic links before it; this one is added.
    """
    name = os.path.normpath(member.name)
    parts = member.name.split("/")
    if member.name.startswith("/") or ".." in parts or "\\" in member.name:
        raise _outside(archive, member.name)
    targets = [member.linkname] if member.islnk() else []
    for path in (name, *map(os.path.normpath, targets)):
        above = Path(path).parents
        # Nothing is written through a link, and no hard link is made of one.
        if any(str(one) in links for one in above) or (path in links and path != name):
            raise _outside(archive, member.name)
    if member.issym():
        # The folder with the project is the top for its links.
        end = os.path.normpath(f"{os.path.dirname(name)}/{member.linkname}")  # noqa: PTH120  lexical
        if member.linkname.startswith("/") or end.split("/")[0] != name.split("/")[0]:
            raise _outside(archive, member.name)
        links.add(name)


def _top(archive: Path, folder: Path) -> Path:
    found = [*folder.iterdir()]
    if len(found) != 1 or not found[0].is_dir():
        names = ", ".join(sorted(one.name for one in found)[:3]) or "nothing"
        raise _unusable(archive, f"it has to contain one folder, but there is {names}")
    if not discovery.is_project(found[0]):
        problem = f"neither pyproject.toml nor setup.py is in {found[0].name}"
        raise _unusable(archive, problem)
    return found[0]


def _outside(archive: Path, name: str) -> ProjectError:
    problem = f"{name!r} leads outside of its folder, or is neither file, folder nor link"
    return _unusable(archive, problem)


def _unusable(archive: Path, problem: str) -> ProjectError:
    return ProjectError(
        f"{archive}: {problem}. Give a source distribution, as lbuild sdist makes it."
    )
