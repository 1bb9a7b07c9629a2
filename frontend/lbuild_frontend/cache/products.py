"""What builds made in a project's folder: known, taken away before the next build, put back.

A build must not find what an earlier one left in the tree: the product of a source that was removed
since would get into the wheel. What was made by lbuild's builds, and is still as they left it, is
taken away first. If the build fails, or the process is killed, it is put back: as long as there is
a list of it beside it.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.cache import buckets
from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache.sealed import RecordError, seal, unseal
from lbuild_frontend.disk import atomic, flock
from lbuild_keys.observe import files
from lbuild_keys.observe.files import Digests

FOLDER = "directory"
"""The state of a folder; its content has states of its own."""


class Product(NamedTuple):
    """How a build left something.

    Attributes:
        state: as of inputs, see ``lbuild_keys.observe.files``; of a link, where it leads.
        size: in bytes; 0 for a folder.
        modified: the time stamp in nanoseconds; 0 for a folder. What the user, or another tool,
            makes anew has another one, even if it is the same.
        hook: the name of the hook that made it; empty if an earlier version of lbuild recorded it.
    """

    state: str
    size: int
    modified: int
    hook: str = ""


Products = Mapping[str, Product]
"""By path relative to the project."""


def look(path: str, digests: Digests) -> Product | None:
    """Return how something is now; None if it is gone, or is neither file, link nor folder."""
    try:
        status = os.lstat(path)
        if stat.S_ISDIR(status.st_mode):
            return Product(FOLDER, 0, 0)
        if stat.S_ISLNK(status.st_mode):
            state = f"link -> {Path(path).readlink()}"
        elif stat.S_ISREG(status.st_mode):
            seen = files.observe(path, digests)
            if seen.presence != "present":
                return None
            state = seen.detail
        else:
            return None
    except OSError:
        return None
    return Product(state, status.st_size, status.st_mtime_ns)


def is_as_left(path: str, product: Product, digests: Digests) -> bool:
    """Whether something is as a build left it. A file is read only if nothing else differs."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    if product.state == FOLDER:
        return stat.S_ISDIR(status.st_mode)
    same = (status.st_size, status.st_mtime_ns) == (product.size, product.modified)
    return same and look(path, digests) == product._replace(hook="")


def read(cache: Path, folder: str) -> dict[str, Product]:
    """Read what builds are known to have made in a folder."""
    try:
        return _parse(_content(_record(cache, folder)))
    except OSError:
        return {}  # then it counts as the user's


def write(cache: Path, folder: str, products: Products) -> None:
    """Keep what builds made in a folder.

    Raises:
        OSError: if it cannot be written.
    """
    path = _record(cache, folder)
    if products:
        cache_files.write(path, _to_bytes(folder, products))
    else:
        path.unlink(missing_ok=True)


def take_away(cache: Path, root: Path, products: Products) -> None:
    """Move things out of a project, and remove folders that are empty then.

    What cannot be moved stays. What lies there from an earlier time has to be put back before.

    Raises:
        OSError: if nothing can be taken away, because the cache cannot be written.
    """
    place = _aside(cache, os.fspath(root))
    cache_files.make_folder(place)
    cache_files.write(place / _LIST, _to_bytes(os.fspath(root), products))
    for number, (name, product) in _numbered(products):
        if product.state != FOLDER:
            with contextlib.suppress(OSError):
                _take(root / name, place / str(number), product)
    for name in sorted(products, reverse=True):
        if products[name].state == FOLDER:
            with contextlib.suppress(OSError):  # it holds something else
                (root / name).rmdir()


def _take(path: Path, copy: Path, product: Product) -> None:
    """Move a file away; it is moved back if somebody has changed it meanwhile."""
    _move(path, copy)
    status = copy.lstat()
    changed = (status.st_size, status.st_mtime_ns) != (product.size, product.modified)
    if changed and not os.path.lexists(path):
        _move(copy, path)


def _numbered(products: Products) -> Iterable[tuple[int, tuple[str, Product]]]:
    """Number products in the order of their names, by which a list is sorted when it is read.

    Files that were taken away have these numbers as names.
    """
    return enumerate(sorted(products.items(), key=lambda item: item[0]))


def put_back(
    cache: Path,
    folder: str,
    wanted: Callable[[Product], bool] = lambda _: True,
    replaces: Callable[[Product], bool] = lambda _: False,
) -> dict[str, Product]:
    """Move what was taken away back to its place, unless something else is there now.

    Args:
        cache: the folder of the cache.
        folder: the project.
        wanted: whether something is put back at all; what is not is removed for good.
        replaces: whether a file replaces another file that is there now.

    Returns:
        What is there again, and folders that are there and were to be replaced.

    Raises:
        OSError: if something cannot be moved; what is left can be put back later.
    """
    place = _aside(cache, folder)
    back: dict[str, Product] = {}
    if not os.path.lexists(place):
        return back
    products = _parse(_content(place / _LIST))
    for number, (name, product) in _numbered(products):
        path, copy = Path(folder, name), place / str(number)
        if not wanted(product) or not Path(folder).is_dir():
            continue
        if os.path.lexists(path) and not (replaces(product) and _is_no_folder(path, product)):
            if replaces(product) and product.state == FOLDER and path.is_dir():
                back[name] = product  # another hook has made it, too
            continue
        if product.state == FOLDER:
            path.mkdir(parents=True)
        elif os.path.lexists(copy):
            path.parent.mkdir(parents=True, exist_ok=True)
            _move(copy, path)
        else:
            continue
        back[name] = product
    discard(cache, folder)
    return back


def _is_no_folder(path: Path, product: Product) -> bool:
    return product.state != FOLDER and (path.is_symlink() or not path.is_dir())


def discard(cache: Path, folder: str) -> None:
    """Remove what was taken away for good."""
    place = _aside(cache, folder)
    with contextlib.suppress(OSError):
        (place / _LIST).unlink(missing_ok=True)
    shutil.rmtree(place, ignore_errors=True)


def is_taken_away(cache: Path, folder: str) -> bool:
    """Whether things were taken away from a folder and not put back."""
    return os.path.lexists(_aside(cache, folder))


def recover(cache: Path) -> None:
    """Put back what killed builds took away, and forget folders that are gone.

    What a build has taken away that still runs is left alone: it locks its folder.
    """
    for folder in known_folders(cache) if os.name != "nt" else ():
        if not Path(folder).is_dir():
            _forget_if_old(cache, folder)
        elif is_taken_away(cache, folder):
            with contextlib.suppress(OSError):
                descriptor = os.open(folder, os.O_RDONLY)
                try:
                    if flock.lock(descriptor, wait=False):
                        back = put_back(cache, folder)
                        write(cache, folder, {**read(cache, folder), **back})
                finally:
                    os.close(descriptor)


def _forget_if_old(cache: Path, folder: str) -> None:
    """Forget a folder that is gone, unless it may come back: it may be on another disk."""
    for path in (_record(cache, folder), _aside(cache, folder)):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < time.time() - _MONTH:
                atomic.remove(path)


_MONTH = 30 * 86_400


def known_folders(cache: Path) -> set[str]:
    """Return the folders that something is known of, or was taken away from."""
    found = set()
    for name in cache_files.listing(cache / buckets.PRODUCTS.name):
        path = cache / buckets.PRODUCTS.name / name
        with contextlib.suppress(OSError, RecordError, ValueError, TypeError, LookupError):
            found.add(str(unseal((path / _LIST if path.is_dir() else path).read_bytes())["folder"]))
    return found


_LIST = "list.json"


def _content(path: Path) -> bytes | None:
    """Return the content of a record; None if it is not there.

    Raises:
        OSError: if it cannot be read now.
    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _parse(content: bytes | None) -> dict[str, Product]:
    """Return what a record names; nothing if it is missing or damaged.

    The list of what was taken away is missing if the process was killed before anything was moved,
    or when all was done.
    """
    if content is None:
        return {}
    try:
        rows = unseal(content)["products"]
        return {name: Product(*row) for name, row in rows.items()}
    except (RecordError, ValueError, TypeError, LookupError, AttributeError):
        return {}


def _to_bytes(folder: str, products: Products) -> bytes:
    rows = {name: [one.state, one.size, one.modified, one.hook] for name, one in products.items()}
    return seal({"folder": folder, "products": rows})


def _record(cache: Path, folder: str) -> Path:
    return cache / buckets.PRODUCTS.name / f"{_name(folder)}.json"


def _aside(cache: Path, folder: str) -> Path:
    return cache / buckets.PRODUCTS.name / _name(folder)


def _name(folder: str) -> str:
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:32]


def _move(source: Path, target: Path) -> None:
    """Rename a file or a link; copy it whole if the target is on another file system.

    Raises:
        OSError: if that fails; then the source is still there.
    """
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = target.with_name(f".{os.urandom(8).hex()}.tmp")
        try:
            shutil.copy2(source, part, follow_symlinks=False)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        source.unlink()
