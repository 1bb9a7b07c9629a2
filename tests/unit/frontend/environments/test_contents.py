"""What vouches for a build environment: any change but of bytecode gives another digest."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_frontend.environments import contents

NAMES = st.sampled_from(["a", "b.py", "c d", "\udcff", "lib", "é.pyc"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
CHANGES = st.lists(
    st.tuples(st.sampled_from(["write", "mkdir", "link", "remove", "chmod", "touch"]), PATHS),
    min_size=1,
    max_size=6,
)


def change(folder: Path, kind: str, name: str) -> None:
    path = folder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        match kind:
            case "write":
                path.write_bytes(name.encode("utf-8", "surrogateescape"))
            case "mkdir":
                path.mkdir()
            case "link":
                path.symlink_to("elsewhere")
            case "remove" if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            case "remove":
                path.unlink()
            case "chmod":
                path.chmod(0o700)
            case _:
                os.utime(path, ns=(1, 1))
    except OSError:
        pass  # what cannot be done is no change


def state(folder: Path) -> list[tuple[object, ...]]:
    """The same, told by other means."""
    rows: list[tuple[object, ...]] = []
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        if path.is_symlink():
            rows.append((str(path), path.readlink()))
        elif path.is_dir():
            rows.append((str(path), status.st_mode))
        else:
            rows.append((str(path), status.st_mode, status.st_size, status.st_mtime_ns))
    return rows


@given(CHANGES, CHANGES)
def test_the_digest_differs_exactly_if_something_does(
    first: list[tuple[str, str]], second: list[tuple[str, str]]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, path in first:
            change(folder, kind, path)
        before, digest = state(folder), contents.digest(folder)
        for kind, path in second:
            change(folder, kind, path)
        assert (contents.digest(folder) == digest) == (state(folder) == before)


def test_bytecode_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    before = contents.digest(tmp_path)
    (tmp_path / "package" / "__pycache__").mkdir()
    (tmp_path / "package" / "__pycache__" / "a.cpython-311.pyc").touch()
    assert contents.digest(tmp_path) == before


@pytest.mark.parametrize("put", [Path.touch, lambda path: path.symlink_to("elsewhere")])
def test_what_only_has_the_name_of_bytecode_is_not(
    tmp_path: Path, put: Callable[[Path], None]
) -> None:
    (tmp_path / "elsewhere").mkdir()
    before = contents.digest(tmp_path)
    put(tmp_path / "__pycache__")
    assert contents.digest(tmp_path) != before


def put_a_file(folder: Path) -> None:
    folder.touch()


@pytest.mark.parametrize("put", [None, put_a_file])
def test_what_is_no_folder_cannot_be_vouched_for(
    tmp_path: Path, put: Callable[[Path], None] | None
) -> None:
    if put is not None:
        put(tmp_path / "env")
    with pytest.raises(OSError, match="env"):
        contents.digest(tmp_path / "env")


def an_environment(folder: Path, record: str) -> Path:
    info = folder / "lib" / "python3.11" / "site-packages" / "plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "RECORD").write_text(record)
    (folder / "bin").mkdir()
    (folder / "bin" / "plugin").write_text(f"#!{folder}/bin/python\n")
    return info


RECORD = "plugin.py,sha256=aa,1\n../../../bin/plugin,sha256={},9\nplugin-1.0.dist-info/RECORD,,\n"


def test_environments_are_alike_wherever_they_lie(tmp_path: Path) -> None:
    one = an_environment(tmp_path / "one", RECORD.format("bb"))
    an_environment(tmp_path / "two", RECORD.format("cc"))
    (one / "REQUESTED").touch()
    with (one / "RECORD").open("a") as file:
        file.write("plugin-1.0.dist-info/REQUESTED,sha256=dd,0\n")
    found = contents.installed(tmp_path / "one")
    assert found == contents.installed(tmp_path / "two")
    assert not found.local
    (tmp_path / "two" / "bin" / "plugin").write_text("#!/bin/sh\n")
    assert contents.installed(tmp_path / "two") != found


@pytest.mark.parametrize(
    "record",
    [
        RECORD.replace("aa", "ab"),
        "",
        "plugin.py",
        "\0",
        "x" * 200_000,
        "../../../bin/gone,,\n",
        "../,,\n",
    ],
)
def test_other_lists_of_files_are_other_distributions(tmp_path: Path, record: str) -> None:
    an_environment(tmp_path / "one", RECORD.format("bb"))
    an_environment(tmp_path / "two", record)
    assert contents.installed(tmp_path / "one") != contents.installed(tmp_path / "two")


@pytest.mark.parametrize(
    ("origin", "local"),
    [
        ('{"url": "https://example.org/plugin.whl"}', False),
        ('{"url": "file:///home/ada/plugin"}', True),
        ("{}", True),
        ("[]", True),
        ("", True),
    ],
)
def test_what_came_from_this_machine(tmp_path: Path, origin: str, local: bool) -> None:
    info = an_environment(tmp_path / "env", "")
    (info / "direct_url.json").write_text(origin)
    assert contents.installed(tmp_path / "env").local is local


def test_which_files_of_a_member_can_be_run_counts(tmp_path: Path) -> None:
    for name, mode in (("one", 0o644), ("two", 0o644), ("three", 0o755)):
        info = an_environment(tmp_path / name, RECORD.format("bb"))
        origin = f"file:///tmp/lbuild-members-{name:_<8}/plugin-1.0-py3-none-any.whl"
        (info / "direct_url.json").write_text(json.dumps({"url": origin}))
        (info.parent / "plugin.py").write_text("#!/bin/sh\n")
        (info.parent / "plugin.py").chmod(mode)
    one, two, three = (contents.installed(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two
    assert one != three


def an_installation(folder: Path, record: str) -> Path:
    """An environment with one module, which RECORD names in the first line."""
    info = folder / "lib" / "python3" / "site-packages" / "plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (info.parent / "plugin.py").write_bytes(b"")
    (info / "RECORD").write_text(f"plugin.py,sha256={OF_NOTHING},0\n{record}", "utf-8")
    return info.parent


OF_NOTHING = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"


@pytest.mark.parametrize(
    ("record", "mismatches"),
    [
        ("", []),
        ("gone.py,,\n../../../bin/gone,md5=aa,3\nshort\n\n", []),
        (f"gone.py,sha256={OF_NOTHING},0\n", ["gone.py"]),
        ("plugin.py,sha256=aa,0\n", ["plugin.py"]),
        ("x" * 200_000, ["plugin-1.0.dist-info/RECORD"]),
    ],
    ids=["none", "nothing-to-compare", "gone", "changed", "unreadable"],
)
def test_what_is_not_what_was_installed(tmp_path: Path, record: str, mismatches: list[str]) -> None:
    packages = an_installation(tmp_path / "env", record)
    assert contents.mismatches(tmp_path / "env") == [str(packages / name) for name in mismatches]


def test_a_vendored_list_of_files_tells_nothing(tmp_path: Path) -> None:
    """setuptools has some of distributions of which it has not all the files."""
    packages = an_installation(tmp_path / "env", "")
    info = packages / "plugin" / "_vendor" / "other-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "RECORD").write_text("gone.py,sha256=aa,3\n")
    assert contents.mismatches(tmp_path / "env") == []


def test_bytecode(tmp_path: Path) -> None:
    assert contents.bytecode(tmp_path / "gone") == {}
    packages = an_installation(tmp_path / "env", "")
    before = contents.digest(tmp_path / "env")
    for folder in (packages, packages / "deep"):
        (folder / "__pycache__").mkdir(parents=True)
        (folder / "__pycache__" / "plugin.cpython-311.pyc").write_bytes(b"code")
    found = contents.bytecode(tmp_path / "env")
    inside = "lib/python3/site-packages"
    name = "__pycache__/plugin.cpython-311.pyc"
    assert found.keys() == {f"{inside}/{name}", f"{inside}/deep/{name}"}
    changed = packages / "__pycache__" / "plugin.cpython-311.pyc"
    changed.write_bytes(b"other")
    assert contents.bytecode(tmp_path / "env") != found
    (packages / "deep" / "__pycache__" / "plugin.cpython-311.pyc").unlink()
    shutil.rmtree(packages / "deep")
    assert contents.digest(tmp_path / "env") == before
