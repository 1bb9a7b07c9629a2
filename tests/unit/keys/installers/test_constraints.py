"""The state of constraints: what the files have, and those that they include."""

from pathlib import Path

import pytest

from lbuild_keys.installers.constraints import observe
from lbuild_keys.model import State
from lbuild_keys.observe.files import Digests


def state(*paths: Path) -> State:
    return observe(map(str, paths), Digests())


def test_files_that_are_included_count(tmp_path: Path) -> None:
    first, second = tmp_path / "first.txt", tmp_path / "below" / "second.txt"
    second.parent.mkdir()
    first.write_text("a==1\n-c below/second.txt\n")
    second.write_text("--requirement=../first.txt\n")
    before = state(first)
    assert before.known
    second.write_text("b==1\n-r ../first.txt\n")
    assert before != state(first)
    second.unlink()
    assert state(first) not in (before, state(first, first.with_name("other")))


@pytest.mark.parametrize("line", ["--find-links wheels", "-f./wheels", "-i file:///simple"])
def test_a_place_on_this_machine_is_unknown(tmp_path: Path, line: str) -> None:
    path = tmp_path / "constraints.txt"
    path.write_text("a==1\n--index-url https://example.org/simple\n")
    assert state(path).known
    path.write_text(f"{line}\n")
    assert not state(path).known
