"""Delivering wheels: whole or not at all."""

from pathlib import Path

import pytest

from lbuild_frontend.builds.deliver import (
    check_out_dir,
    deliver,
    is_delivered,
    outdated,
)
from lbuild_frontend.errors import LbuildError
from lbuild_keys.content import Content
from support.denied_access import without_privileges
from support.projects import sha256

WHEEL = "My_Demo-1.0-py3-none-any.whl"


def test_a_wheel_is_delivered(tmp_path: Path) -> None:
    path = tmp_path / "a" / "dist" / WHEEL
    assert not is_delivered(path, "")
    for content in (b"one", b"two", b""):
        deliver(Content.of(content), path)
        assert path.read_bytes() == content
        assert is_delivered(path, sha256(path))
        assert not is_delivered(path, "0" * 64)
        assert list(path.parent.iterdir()) == [path]


def test_a_link_in_its_place_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / WHEEL).symlink_to("precious")
    deliver(Content.of(b"wheel"), tmp_path / WHEEL)
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert not (tmp_path / WHEEL).is_symlink()


def test_an_out_dir_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "dist").symlink_to("real")
    check_out_dir(tmp_path / "dist")
    deliver(Content.of(b"wheel"), tmp_path / "dist" / WHEEL)
    assert (tmp_path / "real" / WHEEL).read_bytes() == b"wheel"


def test_a_folder_is_not_what_was_delivered(tmp_path: Path) -> None:
    (tmp_path / WHEEL).mkdir()
    assert not is_delivered(tmp_path / WHEEL, "0" * 64)


@pytest.mark.parametrize(
    ("place", "why"),
    [("folder/x.whl", "Is a directory"), ("file/x.whl", "(Not a directory|File exists)")],
)
def test_what_cannot_be_delivered(tmp_path: Path, place: str, why: str) -> None:
    (tmp_path / "folder" / "x.whl").mkdir(parents=True)
    (tmp_path / "file").touch()
    expected = rf"^{tmp_path}/{place}: cannot write the result \({why}\). Choose another"
    with pytest.raises(LbuildError, match=expected) as caught:
        deliver(Content.of(b"wheel"), tmp_path / place)
    assert caught.value.exit_code == 2
    assert list(tmp_path.rglob("*.tmp")) == []


def test_an_out_dir_is_checked_before(tmp_path: Path) -> None:
    check_out_dir(tmp_path / "a" / "b")
    (tmp_path / "file").touch()
    for out_dir in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(LbuildError, match=f"^{out_dir}: cannot write the result"):
            check_out_dir(out_dir)


def test_an_out_dir_that_may_not_be_written(tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    dist.mkdir(mode=0o555)
    with without_privileges():
        with pytest.raises(LbuildError, match="Permission denied"):
            check_out_dir(dist)
        with pytest.raises(LbuildError, match="Permission denied"):
            deliver(Content.of(b"wheel"), dist / WHEEL)


def test_what_was_delivered_before(tmp_path: Path) -> None:
    path = tmp_path / WHEEL
    assert outdated(path, "My.Demo") is None
    for name in ("other-1.0-py3-none-any.whl", "my_demo-1.0.zip", "my_demo.whl"):
        (tmp_path / name).touch()
    assert outdated(path, "My.Demo") is None
    older = tmp_path / "my_demo-0.9-py3-none-any.whl"
    older.touch()
    assert outdated(path, "My.Demo") == older
    path.symlink_to("gone")
    assert outdated(path, "My.Demo") == path


def test_nothing_was_delivered_where_there_is_no_folder(tmp_path: Path) -> None:
    assert outdated(tmp_path / "dist" / WHEEL, "demo") is None
