"""What is concluded from a build afterwards."""

import hashlib
import time
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from lbuild_keys.config.settings import read_settings
from lbuild_keys.effects.during_build import _names_day, after_build, before_build
from lbuild_keys.model import Input, Mode, present, traced
from lbuild_keys.observe.files import Digests
from lbuild_keys.snapshots import toml_inputs
from lbuild_keys.snapshots.context import BuildContext, ProjectTree
from lbuild_keys.snapshots.observer import Observer
from lbuild_keys.tracing.used import Usage
from support import git_repositories

HERE_AND_THERE = present("2026-11-02 2026-11-01")


@pytest.mark.parametrize(
    "version",
    [
        "1.1.dev0+ge07dec8ca.d20261102",
        "2026.11.2",
        "2026.11.2.post1",
        "26.11.2",
        "1.0.dev261102",
        "2026.11.1",
        "26.11.1",
    ],
)
def test_a_version_that_names_the_day(version: str) -> None:
    assert _names_day(version, HERE_AND_THERE)
    assert _names_day(version, present("2026-10-31"), HERE_AND_THERE)


@pytest.mark.parametrize("version", ["1.0", "2026.11", "26.11", "2026.10.2", "20261103"])
def test_a_version_that_does_not(version: str) -> None:
    assert not _names_day(version, HERE_AND_THERE)


def observer(
    root: Path, *, toml: Mapping[str, Any] = MappingProxyType({}), **environ: str
) -> Observer:
    around = BuildContext(
        environ=environ,
        cwd=root,
        secret=b"secret",
        interpreter="CPython 3.11.7",
        config_settings={},
        installed=None,
        extra_requires=(),
    )
    project = ProjectTree(
        root=root,
        toml=toml,
        settings=read_settings(toml),
        leave_out=lambda _: False,
        out_dirs=frozenset(),
    )
    return Observer(project, around, Digests())


def do_nothing(_: Path) -> None:
    pass


def tag(root: Path) -> None:
    git_repositories.run(root, "tag", "v1")


@pytest.mark.parametrize(
    ("happening", "edited"),
    [(do_nothing, ()), (git_repositories.record, (".git",)), (tag, (".git",))],
    ids=["nothing", "a commit", "a tag"],
)
@pytest.mark.parametrize("asked_before", [True, False])
def test_a_commit_during_a_build_that_asked_git(
    tmp_path: Path,
    happening: Callable[[Path], None],
    edited: tuple[str, ...],
    asked_before: bool,
) -> None:
    """Nobody knows which of the two states the hook saw. Nor where nothing was known before."""
    root = git_repositories.make(tmp_path / "project")
    before = before_build(
        observer(root), "traced", {}, frozenset(), last_build_is_no_guide=asked_before
    )
    happening(root)
    asked = {Input("git-commit", "."): traced("asked by build_wheel")}
    effects, _ = after_build(before, observer(root), Usage(inputs=asked), "1.0", {})
    assert effects.edited == (edited if asked_before else (".git",))


@pytest.mark.parametrize("mode", ["traced", "tree"])
def test_a_file_that_a_variable_names_and_that_appears_during_a_build(
    tmp_path: Path, mode: Mode
) -> None:
    """The hook ran without it. A build that finds it later must not reuse the result."""
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "before.txt").touch()
    names = f"{tmp_path / 'before.txt'} {tmp_path / 'constraints.txt'}"
    now = observer(root, PIP_CONSTRAINT=names)
    before = before_build(now, mode, now.snapshot(mode), frozenset(), last_build_is_no_guide=True)
    (tmp_path / "constraints.txt").touch()
    then = observer(root, PIP_CONSTRAINT=names)
    effects, _ = after_build(before, then, Usage(inputs={}), "1.0", {})
    [appeared] = [thing for thing in then.snapshot(mode) if thing not in now.snapshot(mode)]
    assert effects.edited == (appeared.label,) == ("$PIP_CONSTRAINT[2]",)


def test_a_file_that_a_variable_names_and_that_counts_only_since_the_build(tmp_path: Path) -> None:
    """The trace showed a program that lbuild cannot see into, so the whole tree counts."""
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "compiler").touch()
    now = observer(root, CC=str(tmp_path / "compiler"))
    snapshot = now.snapshot("traced")
    before = before_build(now, "traced", snapshot, frozenset(), last_build_is_no_guide=True)
    used = Usage(inputs={}, opaque=("build_wheel ran make",))
    effects, _ = after_build(before, now, used, "1.0", {})
    assert Input("environment-file", "CC[0]") in effects.inputs
    assert effects.edited == ()


def test_what_git_tracks_is_the_users_whoever_wrote_it(tmp_path: Path) -> None:
    """Unlike what appeared during the last build, and is written anew with the same bytes."""
    root = git_repositories.make(tmp_path / "project")
    for name in ("own.txt", "made.txt"):
        (root / name).write_text("1", "utf-8")
    git_repositories.run(root, "add", "own.txt")
    left = frozenset((name, digest_of("1")) for name in ("own.txt", "made.txt"))
    now = observer(root)
    tree = now.snapshot("tree")
    before = before_build(
        now, "tree", tree, frozenset(), last_build_is_no_guide=False, appeared=left
    )
    time.sleep(0.03)
    for name in ("own.txt", "made.txt"):
        (root / name).write_text("1", "utf-8")
    used = Usage(inputs={}, opaque=("build_wheel ran make",))
    effects, _ = after_build(before, observer(root), used, "1.0", {})
    assert "own.txt" in effects.edited
    assert "made.txt" not in effects.edited


def test_pyproject_toml_counts_in_part_before_and_whole_after(tmp_path: Path) -> None:
    """The hook ran a program, so that nobody knows what was read."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "pyproject.toml").write_text(TOML, "utf-8")
    now, then = (observer(root, toml=tomllib.loads(TOML)) for _ in range(2))
    snapshot = now.snapshot("traced")
    assert toml_inputs.VALUES in snapshot
    before = before_build(now, "traced", snapshot, frozenset(), last_build_is_no_guide=False)
    used = Usage(
        inputs={toml_inputs.WHOLE: traced("read by build_wheel")},
        opaque=("build_wheel ran make",),
    )
    effects, _ = after_build(before, then, used, "1.0", {})
    assert effects.edited == ()


TOML = """\
[build-system]
requires = ["flit_core"]
build-backend = "flit_core.buildapi"
[project]
name = "demo"
version = "1.0"
"""


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
