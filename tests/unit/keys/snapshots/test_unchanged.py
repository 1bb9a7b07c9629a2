"""A comparison by folder answers as a comparison of all inputs does."""

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbuild_keys.config.settings import read_settings
from lbuild_keys.decision import same_build
from lbuild_keys.model import Input, Observation, Snapshot, key_of, present, traced
from lbuild_keys.observe import files
from lbuild_keys.observe.files import Digests
from lbuild_keys.snapshots.context import BuildContext, ProjectTree
from lbuild_keys.snapshots.folded import fold
from lbuild_keys.snapshots.observer import Observer
from lbuild_keys.snapshots.unchanged import Comparison
from support.denied_access import without_privileges
from support.strategies import entry

USED = traced("used by build_wheel")
FOLDERS = ["", "src", "src/demo", "src/demo/data", "link", "dist", ".git", "__pycache__"]
FILES = ["a.py", "b.py", "README", "demo-1.0-py3-none-any.whl", "pyvenv.cfg", "data", "src"]


def observer(root: Path, digests: Digests, **settings: Any) -> Observer:
    def is_wheel(path: str) -> bool:
        return path.startswith("dist/demo-")

    project = ProjectTree(
        root=root,
        toml={},
        settings=read_settings({})._replace(**settings),
        leave_out=is_wheel,
        leave_out_in="dist".__eq__,
        out_dirs=frozenset({"dist"}),
    )
    context = BuildContext(
        environ={"PATH": os.defpath},
        cwd=root,
        secret=b"secret",
        interpreter="CPython",
        config_settings={},
        installed=None,
        extra_requires=(),
    )
    return Observer(project, context, digests)


def join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def apply(root: Path, edit: tuple[str, str, str]) -> None:
    """Make one edit, if it can be made there."""
    what, folder, name = edit
    path = root / folder / name
    try:
        match what:
            case "write":
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"{time.time_ns()}")
            case "touch":
                os.utime(path)
            case "chmod":
                path.chmod(path.stat().st_mode ^ 0o111)
            case "remove":
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
            case "folder":
                path.mkdir(parents=True)
            case "link":
                path.symlink_to("README")
            case "link to a folder":
                path.symlink_to(root / "src")
    except OSError:
        pass


EDITS = st.tuples(
    st.sampled_from(["write", "touch", "chmod", "remove", "folder", "link", "link to a folder"]),
    st.sampled_from(FOLDERS),
    st.sampled_from(FILES),
)
THINGS = st.one_of(
    st.builds(
        lambda kind, folder, name: Input(kind, join(folder, name)),
        st.sampled_from(["file", "path"]),
        st.sampled_from(FOLDERS),
        st.sampled_from(FILES),
    ),
    st.builds(lambda folder: Input("listing", folder or "."), st.sampled_from(FOLDERS)),
)


def snapshot_of(things: set[Input], present: Observer) -> Snapshot:
    return {thing: Observation(present.observe(thing), USED) for thing in things}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(EDITS, max_size=12),
    st.lists(EDITS, max_size=3),
    st.sets(THINGS, min_size=1, max_size=30),
    st.dictionaries(
        st.builds(join, st.sampled_from(FOLDERS), st.sampled_from(FILES)),
        st.sampled_from(["directory", "1"]),
        max_size=2,
    ),
)
def test_by_folder_as_input_by_input(
    first: list[tuple[str, str, str]],
    then: list[tuple[str, str, str]],
    things: set[Input],
    outputs: dict[str, str],
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        # Everything is remembered at once: the pause below is for the clock of the file system.
        patch.setattr(files, "is_settled", lambda _signature, _taken_at: True)
        root = Path(os.path.realpath(folder))
        (root / "src" / "demo").mkdir(parents=True)
        (root / "src" / "demo" / "a.py").touch()
        for edit in first:
            apply(root, edit)
        digests = Digests()
        was = snapshot_of(things, observer(root, digests))
        build = entry(
            key=key_of(was), mode="traced", outputs=outputs, folder=os.fspath(root), opaque=()
        )
        for number, edits in enumerate(([], then)):
            if edits:
                time.sleep(0.02)
            for edit in edits:
                apply(root, edit)
            expected = all(
                observer(root, Digests()).observe(thing) == was[thing].state for thing in was
            )
            folded = fold(was)
            if len(folded.rest) == 0:
                comparison = Comparison(observer(root, digests))
                assert comparison.are_unchanged(folded.folders) == expected, number
            new, known = observer(root, Digests()), observer(root, digests)
            plain = same_build.present_if_same(build, dict(was), new, [], Comparison(new))
            comparison = Comparison(known)
            found = same_build.present_if_same(build, folded, known, [], comparison)
            present = same_build.present_by_folder(build, folded, known, [], comparison)
            assert present == same_build.present_inputs(build, was, new, []), number
            assert (found is None) == (plain is None), number
            assert plain is None or {thing: seen.state for thing, seen in plain.items()} == {
                thing: seen.state for thing, seen in (found or {}).items()
            }


TREE_FILES = ["src/demo/a.py", "src/demo/run", "src/demo/__pycache__/a.pyc", "src/env/lib.py"]
USED_THINGS = {
    *(Input("listing", folder) for folder in (".", "src", "src/demo", "src/env", "dist")),
    *(Input("file", name) for name in ("src/demo/a.py", "src/demo/run", "src/absent.py")),
    *(Input("path", name) for name in ("src/demo/a.py", "src/demo/run", "src/env/lib.py")),
    *(Input("path", name) for name in ("src/demo", "src/demo/py.typed", "dist")),
}


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (("touch", "src/demo", "a.py"), True),
        (("write", "src/demo", "a.py"), False),
        (("chmod", "src/demo", "a.py"), False),
        (("chmod", "src/demo", "run"), False),
        (("chmod", "src/env", "lib.py"), False),  # it was only looked at
        (("write", "src/env", "lib.py"), True),
        (("remove", "src/demo", "a.py"), False),
        (("write", "src/demo", "new.py"), False),
        (("write", "src/demo", "py.typed"), False),
        (("folder", "src/demo", "py.typed"), False),
        (("write", "src/demo", "PY.TYPED"), False),
        (("remove", "src/demo", "__pycache__"), True),
        (("folder", "src", "__pycache__"), True),
        (("folder", "src", "node_modules"), False),
        (("write", "src/demo", "pyvenv.cfg"), False),  # it is an environment then
        (("write", "dist", "demo-1.0-py3-none-any.whl"), True),
        (("write", "dist", "other"), False),
        (("link", "src/demo", "b.py"), False),
    ],
)
def test_each_edit(tmp_path: Path, edit: tuple[str, str, str], *, expected: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "is_settled", lambda _signature, _taken_at: True)
        root = Path(os.path.realpath(tmp_path))
        (root / "dist").mkdir()
        for name in TREE_FILES:
            apply(root, ("write", *name.rsplit("/", 1)))
        (root / "src" / "demo" / "run").chmod(0o755)
        digests = Digests()
        was = snapshot_of(USED_THINGS, observer(root, digests))
        folded = fold(was)
        assert Comparison(observer(root, digests)).are_unchanged(folded.folders)
        time.sleep(0.01)
        apply(root, edit)
        now = observer(root, Digests())
        assert all(now.observe(thing) == was[thing].state for thing in was) is expected
        same_rest = all(now.observe(thing) == seen.state for thing, seen in folded.rest.items())
        assert (
            Comparison(observer(root, digests)).are_unchanged(folded.folders) and same_rest
        ) is expected


def test_a_folder_that_can_be_listed_but_not_searched(tmp_path: Path) -> None:
    """``os.path.isdir`` is false of a folder in there: a fresh build finds nothing."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    was = snapshot_of({Input("path", "a/b")}, observer(tmp_path, Digests()))
    folders = fold(was).folders
    (tmp_path / "a").chmod(0o600)
    try:
        with without_privileges():
            now = observer(tmp_path, Digests())
            assert now.folders.names_in(f"{tmp_path}/a") is None
            assert not Comparison(now).are_unchanged(folders)
    finally:
        (tmp_path / "a").chmod(0o700)
    assert Comparison(observer(tmp_path, Digests())).are_unchanged(folders)


def test_builds_that_share_folders_are_compared_with_one_look_at_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("a", "b"):
        for name in ("x.py", "y.py"):
            apply(tmp_path, ("write", folder, name))
    things = {Input("file", f"{folder}/{name}.py") for folder in "ab" for name in "xy"}
    was = snapshot_of({*things, Input("listing", "a")}, observer(tmp_path, Digests()))
    other = {**was, Input("file", "b/x.py"): Observation(present("0" * 64), USED)}
    third = {**was, Input("file", "a/x.py"): Observation(present("0" * 64), USED)}
    looks: set[str] = set()
    genuine = os.lstat

    def lstat(path: Any, **how: Any) -> os.stat_result:
        looks.add(Path(path).parent.name)
        return genuine(path, **how)

    monkeypatch.setattr(os, "lstat", lstat)
    comparison = Comparison(observer(tmp_path, Digests()))

    def compare(snapshot: Snapshot) -> tuple[bool, set[str]]:
        """Return whether it is the same, and what was looked at in which folders."""
        looks.clear()
        return comparison.are_unchanged(fold(snapshot).folders), looks & {"a", "b"}

    assert compare(was) == (True, {"a", "b"})
    assert compare(was) == (True, set())
    assert compare(other) == (False, {"b"})
    assert compare(other) == (False, set())
    assert compare(third) == (False, {"a", "b"})
    assert compare(was) == (True, {"a"})
    assert comparison.unchanged_in(fold(other).folders).keys() == {"a"}
