"""Programs: where they are found, and that another one shows."""

import os
import shutil
from pathlib import Path

import pytest

from lbuild_keys.model import ABSENT, State
from lbuild_keys.observe import executables
from lbuild_keys.observe.executables import find
from lbuild_keys.observe.files import Digests
from support.denied_access import without_privileges


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


def observe(name: str, root: Path, *folders: Path) -> State:
    environ = {"PATH": os.pathsep.join(map(str, folders))}
    return executables.observe(name, root, environ, Digests())


def test_a_bare_name_is_found_on_the_path(root: Path, tmp_path: Path) -> None:
    first, second = program(tmp_path / "1" / "cc"), program(tmp_path / "2" / "cc")
    (tmp_path / "0" / "cc").mkdir(parents=True)
    program(root / "cc")
    path = os.pathsep.join(map(str, (tmp_path / "0", first.parent, second.parent)))
    assert find("cc", root, path) == str(first)
    first.chmod(0o644)
    assert find("cc", root, path) == str(second)
    second.unlink()
    assert find("cc", root, path) is None


def test_what_is_no_program_counts_by_its_place(root: Path, tmp_path: Path) -> None:
    """CMake finds headers in the folders of PATH."""
    header = tmp_path / "1" / "a.h"
    folder = tmp_path / "0" / "a.h"
    folder.mkdir(parents=True)
    assert observe("a.h", root, folder.parent, header.parent) == ABSENT
    header.parent.mkdir()
    header.touch()
    assert observe("a.h", root, folder.parent, header.parent).detail == str(header)
    assert observe("./a.h", root, header.parent) == ABSENT


def test_without_a_path_the_platform_has_one(root: Path) -> None:
    assert find("sh", root, None) == shutil.which("sh", path=os.defpath)
    assert find("sh", root, "") is None


def test_a_path_is_taken_from_the_project(root: Path, tmp_path: Path) -> None:
    program(root / "tools" / "gen")
    outside = program(tmp_path / "gen")
    path = str(root / "tools")
    assert find("tools/gen", root, path) == str(root / "tools" / "gen")
    assert find("./tools/gen", root, path) == f"{root}/./tools/gen"
    assert find(str(outside), root, path) == str(outside)
    assert find("./gen", root, path) is None


def test_a_program_is_told_by_place_size_and_time(root: Path, tmp_path: Path) -> None:
    cc = program(tmp_path / "bin" / "cc")
    os.utime(cc, ns=(1, 2))
    state = observe("cc", root, cc.parent)
    assert state.detail == f"{cc} (10 bytes, 2)"
    os.utime(cc, ns=(3, 2))
    assert observe("cc", root, cc.parent) == state
    assert observe(str(cc), root) == state


def test_every_change_of_a_program_shows(root: Path, tmp_path: Path) -> None:
    cc = program(tmp_path / "bin" / "cc")
    os.utime(cc, ns=(1, 1))
    known = {observe("cc", root, cc.parent)}
    os.utime(cc, ns=(2, 2))
    known.add(observe("cc", root, cc.parent))
    program(cc, "#!/bin/bash\n")
    os.utime(cc, ns=(2, 2))
    known.add(observe("cc", root, cc.parent))
    known.add(observe("cc", root, program(tmp_path / "before" / "cc").parent, cc.parent))
    cc.unlink()
    known.add(observe("cc", root, cc.parent))
    assert len(known) == 5
    assert ABSENT in known


def test_a_link_counts_by_where_it_leads(root: Path, tmp_path: Path) -> None:
    for version in "12":
        os.utime(program(tmp_path / f"cc-{version}"), ns=(1, 1))
    link = tmp_path / "bin" / "cc"
    link.parent.mkdir()
    link.symlink_to("../cc-1")
    before = observe("cc", root, link.parent)
    assert before.detail.startswith(f"{tmp_path}/cc-1 ")
    link.unlink()
    link.symlink_to("../cc-2")
    assert observe("cc", root, link.parent) != before


def test_another_clone_has_the_same_program_for_the_same_name(root: Path, tmp_path: Path) -> None:
    cc = program(tmp_path / "bin" / "cc")
    (tmp_path / "clone").mkdir()
    states = [observe("cc", place, cc.parent) for place in (root, tmp_path / "clone")]
    assert states[0] == states[1]


def test_what_cannot_be_reached_is_absent_or_unreadable_but_never_the_same(
    root: Path, tmp_path: Path
) -> None:
    closed = program(tmp_path / "closed" / "cc").parent
    link = root / "cc"
    link.symlink_to(closed / "cc")
    closed.chmod(0)
    with without_privileges():
        found = [observe("./cc", root), observe("cc", root, closed)]
    closed.chmod(0o755)
    assert [state.presence for state in found] == ["unreadable", "absent"]


def test_a_dangling_link_is_unreadable(root: Path) -> None:
    (root / "cc").symlink_to("gone")
    assert observe("./cc", root).presence == "unreadable"


@pytest.mark.parametrize("name", ["a\0b", "./a\0b", "a" * 300, "./" + "a" * 300, "", "caf\udce9"])
def test_a_name_that_no_program_has(root: Path, tmp_path: Path, name: str) -> None:
    assert observe(name, root, tmp_path) == ABSENT
