"""What builds made: known, taken away, put back, and never what somebody else made."""

import os
import shutil
from pathlib import Path

import pytest

from lbuild_frontend.cache import buckets, products
from lbuild_frontend.cache.products import Product
from lbuild_keys.observe.files import Digests
from support.denied_access import without_privileges

MADE = ("gen.py", "out", "out/a.txt", "link")  # not sorted


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "out").mkdir(parents=True)
    (root / "gen.py").write_text("made")
    (root / "out" / "a.txt").write_text("made")
    (root / "link").symlink_to("gen.py")
    (root / "user.py").write_text("mine")
    return root


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def seen(root: Path) -> dict[str, Product]:
    states = {name: products.look(os.fspath(root / name), Digests()) for name in MADE}
    return {name: state for name, state in states.items() if state is not None}


def names(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*")}


def test_what_is_taken_away_is_put_back_as_it_was(root: Path, cache: Path) -> None:
    before = seen(root)
    products.take_away(cache, root, before)
    assert names(root) == {"user.py"}
    assert products.is_taken_away(cache, os.fspath(root))
    assert products.put_back(cache, os.fspath(root)) == before == seen(root)
    assert not products.is_taken_away(cache, os.fspath(root))
    assert products.put_back(cache, os.fspath(root)) == {}


def test_a_folder_with_something_else_in_it_stays(root: Path, cache: Path) -> None:
    (root / "out" / "mine.txt").touch()
    products.take_away(cache, root, seen(root))
    assert names(root) == {"user.py", "out", "out/mine.txt"}


def test_what_somebody_made_meanwhile_stays(root: Path, cache: Path) -> None:
    products.take_away(cache, root, seen(root))
    (root / "gen.py").write_text("mine")
    assert products.put_back(cache, os.fspath(root)).keys() == {"out", "out/a.txt", "link"}
    assert (root / "gen.py").read_text() == "mine"


@pytest.mark.parametrize("edit", ["content", "time", "link", "folder", "gone"])
def test_what_is_not_as_it_was_left(root: Path, edit: str) -> None:
    path = root / "gen.py"
    was = seen(root)["gen.py"]
    assert products.is_as_left(os.fspath(path), was, Digests())
    if edit == "content":  # of the same size, with its time stamp kept
        path.write_text("MADE")
        os.utime(path, ns=(was.modified, was.modified))
    elif edit == "time":
        os.utime(path, ns=(0, 0))
    else:
        path.unlink()
        if edit == "link":
            path.symlink_to("user.py")
        elif edit == "folder":
            path.mkdir()
    assert not products.is_as_left(os.fspath(path), was, Digests())


def test_what_was_edited_since_is_not_taken_away(root: Path, cache: Path) -> None:
    before = seen(root)
    (root / "gen.py").write_text("edited in the last moment")
    products.take_away(cache, root, before)
    assert (root / "gen.py").read_text() == "edited in the last moment"


def test_a_list_that_cannot_be_read_now_is_kept_for_later(root: Path, cache: Path) -> None:
    before = seen(root)
    products.take_away(cache, root, before)
    (file,) = (cache / buckets.PRODUCTS.name).glob("*/list.json")
    file.chmod(0)
    with without_privileges(), pytest.raises(PermissionError):
        products.put_back(cache, os.fspath(root))
    file.chmod(0o600)
    assert products.put_back(cache, os.fspath(root)) == before


@pytest.mark.parametrize("content", [b"", b"damaged", None])
def test_without_a_list_nothing_is_put_back(root: Path, cache: Path, content: bytes | None) -> None:
    products.take_away(cache, root, seen(root))
    (file,) = (cache / buckets.PRODUCTS.name).glob("*/list.json")
    file.unlink() if content is None else file.write_bytes(content)
    assert products.put_back(cache, os.fspath(root)) == {}
    assert not products.is_taken_away(cache, os.fspath(root))


def test_what_is_known_is_read_again(root: Path, cache: Path) -> None:
    folder = os.fspath(root)
    assert products.read(cache, folder) == {}
    products.write(cache, folder, seen(root))
    assert products.read(cache, folder) == seen(root)
    assert products.known_folders(cache) == {folder}
    products.write(cache, folder, {})
    assert products.read(cache, folder) == {}
    assert products.known_folders(cache) == set()


def test_what_a_killed_build_took_away_is_put_back_and_known(root: Path, cache: Path) -> None:
    before = seen(root)
    products.take_away(cache, root, before)
    products.recover(cache)
    assert products.read(cache, os.fspath(root)) == before == seen(root)


def test_a_folder_that_is_gone_is_forgotten_after_a_month(root: Path, cache: Path) -> None:
    products.write(cache, os.fspath(root), seen(root))
    shutil.rmtree(root)
    products.recover(cache)
    assert products.known_folders(cache)
    for record in (cache / buckets.PRODUCTS.name).iterdir():
        os.utime(record, (0, 0))
    products.recover(cache)
    assert not products.known_folders(cache)
