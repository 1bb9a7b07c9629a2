"""The cache folder: what makes a folder one, whose it has to be, and its secret."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lbuild_frontend.cache.folder import check_writable, damaged, open_store, prepared
from lbuild_frontend.cache.store import Store
from lbuild_frontend.errors import LbuildError
from lbuild_keys.observe.files import Digests
from support.denied_access import folders_as_on_windows, without_privileges
from support.recording_reporter import RecordingReporter
from support.strategies import DIGEST, entry

HOOK = "build_wheel"


def files(cache: Store) -> list[Path]:
    return [path for path in cache.root.rglob("*") if path.is_file()]


def test_looking_makes_nothing(tmp_path: Path) -> None:
    cache = open_store(tmp_path / "a" / "cache")
    check_writable(cache)
    cache.history("demo", HOOK)
    cache.blob(DIGEST)
    cache.digests(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_says_what_it_is_and_is_private(tmp_path: Path) -> None:
    cache = prepared(open_store(tmp_path / "a" / "cache"), RecordingReporter())
    cache.put_blob(b"content")
    cache.publish("demo", HOOK, entry())
    tag = (cache.root / "CACHEDIR.TAG").read_text("utf-8")
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    assert "can be removed" in (cache.root / "README").read_text("utf-8")
    assert stat.S_IMODE(cache.root.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in files(cache)} == {0o600}


def test_the_secret_is_that_of_the_folder(tmp_path: Path) -> None:
    first, second = (open_store(tmp_path / "cache") for _ in range(2))
    assert first.secret != second.secret  # for neither is kept yet
    assert len(first.secret) == 32
    kept = prepared(first, RecordingReporter()).secret
    assert (
        prepared(second, RecordingReporter()).secret
        == prepared(first, RecordingReporter()).secret
        == kept
    )
    assert open_store(tmp_path / "cache").secret == kept
    assert prepared(open_store(tmp_path / "other"), RecordingReporter()).secret != kept


def test_a_folder_that_holds_other_things_is_none_for_a_cache(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    with pytest.raises(LbuildError, match=f"^{tmp_path}: this folder has files that do not"):
        open_store(tmp_path)
    (tmp_path / "empty").mkdir()
    prepared(open_store(tmp_path / "empty"), RecordingReporter())
    (tmp_path / "empty" / "more").touch()
    open_store(tmp_path / "empty")


@pytest.mark.parametrize("name", ["secret", "README", "notes-v2", "CACHEDIR.TAG"])
def test_somebodys_files_are_not_taken_for_a_cache(tmp_path: Path, name: str) -> None:
    """Nor is the cache of another tool, which has the same tag."""
    (tmp_path / name).write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
    if name == "CACHEDIR.TAG":
        (tmp_path / ".gitignore").touch()
    with pytest.raises(LbuildError, match="this folder has files that do not belong to a cache"):
        open_store(tmp_path)


def test_a_cache_without_its_tag_is_one(tmp_path: Path) -> None:
    cache = prepared(open_store(tmp_path / "cache"), RecordingReporter())
    cache.put_blob(b"content")
    (cache.root / "CACHEDIR.TAG").unlink()
    assert open_store(cache.root).secret == cache.secret


@pytest.mark.parametrize("make", [Path.touch, os.mkfifo, lambda path: path.symlink_to(path)])
def test_what_is_no_folder_cannot_be_used(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "cache")
    with pytest.raises(LbuildError, match=f"^{tmp_path}/cache: the cache cannot be used"):
        open_store(tmp_path / "cache")
    with pytest.raises(LbuildError, match="--cache-dir or LBUILD_CACHE_DIR"):
        open_store(tmp_path / "cache" / "below")
        check_writable(Store(tmp_path / "cache" / "below", b""))


def test_a_folder_of_somebody_else_cannot_be_used(tmp_path: Path) -> None:
    folder = tmp_path
    if os.geteuid() == 0:
        os.mkfifo(folder / "CACHEDIR.TAG")  # who opened it would wait for ever
        os.chown(folder, 65_534, -1)
    else:
        folder = Path(tmp_path.anchor)  # which is root's
    command = re.escape(f"run: sudo chown -R {os.geteuid()} {folder}")
    with pytest.raises(LbuildError, match=f"belongs to another user .*{command}$"):
        open_store(folder)


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o555)
    with without_privileges():
        cache = open_store(folder)
        for use in (
            lambda: check_writable(cache),
            lambda: prepared(cache, RecordingReporter()),
            lambda: cache.put_blob(b"content"),
            lambda: cache.publish("demo", HOOK, entry()),
        ):
            with pytest.raises(LbuildError, match="Permission denied"):
                use()
        cache.keep_digests(tmp_path, Digests({}, {"a": ((1, 2, 3, 4), DIGEST)}))
        assert cache.blob(DIGEST) is None
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o720, 0o1777])
def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    cache = prepared(open_store(tmp_path / "cache"), RecordingReporter())
    cache.root.chmod(mode)
    with pytest.raises(
        LbuildError, match=f"other users can write to .* chmod -R go-w {cache.root}$"
    ):
        open_store(cache.root)
    cache.root.chmod(mode & ~0o022)
    assert open_store(cache.root).secret == cache.secret


def test_folders_above_are_made_private_as_well(tmp_path: Path) -> None:
    cache = prepared(open_store(tmp_path / "a" / "b" / "cache"), RecordingReporter())
    cache.put_blob(b"content")
    made = [path for path in tmp_path.rglob("*") if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o700}


DAMAGES: list[Callable[[Path], object]] = [
    lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(path.read_bytes()[:-1]),
    lambda path: path.write_bytes(b"\xff" + path.read_bytes()),
    lambda path: (path.unlink(), path.mkdir(), (path / "x").touch()),
    lambda path: (path.unlink(), path.symlink_to("nowhere")),
    lambda path: (path.unlink(), path.symlink_to(path)),
]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["secret", "CACHEDIR.TAG"])
def test_damage_is_told_once_and_mended(
    tmp_path: Path, name: str, damage: Callable[[Path], object]
) -> None:
    cache = prepared(open_store(tmp_path / "cache"), RecordingReporter())
    tag = (cache.root / "CACHEDIR.TAG").read_bytes()
    damage(cache.root / name)
    is_cut_tag = name == "CACHEDIR.TAG" and (cache.root / name).is_file() and damage is DAMAGES[1]
    assert damaged(cache.root) == ([] if is_cut_tag else [cache.root / name])
    told = RecordingReporter()
    mended = prepared(open_store(cache.root), told)
    assert (mended.secret == cache.secret) == (name != "secret")
    assert damaged(cache.root) == []
    if not is_cut_tag:
        [message] = told.notes
        assert message.startswith(
            f"warning: {cache.root / name} was damaged and has been written again"
        )
        assert (cache.root / "CACHEDIR.TAG").read_bytes() == tag
    assert prepared(open_store(cache.root), told).secret == mended.secret
    assert len(told.notes) <= 1


@pytest.mark.parametrize("name", ["secret", "CACHEDIR.TAG"])
def test_a_folder_in_the_place_of_a_file_where_none_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    cache = prepared(open_store(tmp_path / "cache"), RecordingReporter())
    (cache.root / name).unlink()
    (cache.root / name).mkdir()
    folders_as_on_windows(monkeypatch)
    assert damaged(cache.root) == [cache.root / name]
    prepared(open_store(cache.root), RecordingReporter())
    assert damaged(cache.root) == []


def test_what_is_missing_is_nothing_to_complain_of(tmp_path: Path) -> None:
    cache, told = prepared(open_store(tmp_path / "cache"), RecordingReporter()), RecordingReporter()
    for name in ("secret", "CACHEDIR.TAG", "README"):
        (cache.root / name).unlink()
    assert damaged(cache.root) == []
    prepared(open_store(cache.root), told)
    assert told == RecordingReporter()


def test_processes_agree_on_the_secret(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from support.recording_reporter import RecordingReporter;"
        "from lbuild_frontend.cache.folder import open_store, prepared;"
        "cache = open_store(Path(sys.argv[1])); input();"  # until all have looked
        "print(prepared(cache, RecordingReporter()).secret.hex())"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "cache")],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    told = {process.communicate()[0].strip() for process in processes}
    assert told == {open_store(tmp_path / "cache").secret.hex()}
