"""The present of real projects: each kind of input is looked at as what it is, and once."""

import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import tomli

from lbuild_keys.config.settings import read_settings
from lbuild_keys.model import (
    ABSENT,
    KINDS,
    Input,
    Mode,
    Observation,
    Snapshot,
    State,
    declared,
    present,
    traced,
)
from lbuild_keys.observe import env_vars, executables, files, tree
from lbuild_keys.observe.files import Digests
from lbuild_keys.observe.listings import names_in
from lbuild_keys.snapshots.context import BuildContext, ProjectTree
from lbuild_keys.snapshots.known_inputs import observe_known_inputs
from lbuild_keys.snapshots.observer import Observer
from support.denied_access import without_privileges
from support.projects import git
from support.strategies import seen


def observer(root: Path, **changes: Any) -> Observer:
    """The present of a project, with nothing around it but for the changes."""
    path = root / "pyproject.toml"
    toml = tomli.loads(path.read_text("utf-8")) if path.exists() else {}
    project: dict[str, Any] = {
        "root": root,
        "toml": toml,
        "settings": read_settings(toml),
        "leave_out": lambda _: False,
        "out_dirs": frozenset({"dist"}),
        "above_cache": None,
    }
    around: dict[str, Any] = {
        "environ": {"PATH": os.defpath},
        "cwd": root,
        "secret": b"secret",
        "interpreter": "CPython 3.11.7",
        "config_settings": {},
        "installed": None,
        "extra_requires": (),
    }
    project |= {name: changes.pop(name) for name in list(changes) if name in project}
    return Observer(ProjectTree(**project), BuildContext(**(around | changes)), Digests())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    project = tmp_path / "repo" / "project"
    (project / "src").mkdir(parents=True)
    (project / "a.py").write_text("one = 1\n")
    (project / "src" / "b.py").touch()
    (project / "link").symlink_to("a.py")
    return project


def state(root: Path, kind: Any, name: str, **changes: Any) -> State:
    return observer(root, **changes).observe(Input(kind, name))


def names(root: Path, folder: str, **changes: Any) -> set[str]:
    return set(names_in(state(root, "listing", folder, **changes)) or {})


# States


def test_a_file_is_read_and_a_path_is_looked_at(root: Path) -> None:
    for kind in ("file", "backend"):
        assert state(root, kind, "a.py") == files.observe(f"{root}/a.py", Digests())
    assert state(root, "path", "a.py") == present("file")
    assert state(root, "path", "src") == present("directory")
    assert state(root, "path", "link") == present("file -> a.py")
    for kind in ("file", "path", "listing"):
        assert state(root, kind, "gone") == ABSENT


def test_paths_outside_are_found_by_their_names(root: Path, tmp_path: Path) -> None:
    (root.parent / "shared.txt").touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x").touch()
    for name in ("../shared.txt", f"{tmp_path}/elsewhere/x"):
        assert state(root, "file", name).presence == "present"
        assert state(root, "path", name) == present("file")
    assert names(root, f"{tmp_path}/elsewhere") == {"x"}
    assert names(root, "..") == {"project", "shared.txt"}


def test_variables(root: Path) -> None:
    environ = {"A": "1", "SCM_A": "2", "SCM_B": "3"}
    found = observer(root, environ=environ)
    assert found.observe(Input("environment", "A")) == env_vars.observe("A", environ, b"secret")
    assert found.observe(Input("environment", "B")) == ABSENT
    for pattern in ("*", "SCM_*"):
        expected = env_vars.observe_matching(pattern, environ, b"secret")
        assert found.observe(Input("environment", pattern)) == expected


def test_programs(root: Path) -> None:
    (root / "gen.sh").write_text("#!/bin/sh\n")
    (root / "gen.sh").chmod(0o755)
    environ = {"PATH": str(root)}
    found = observer(root, environ=environ)
    for name in ("gen.sh", "./gen.sh", "./gone"):
        expected = executables.observe(name, root, environ, Digests())
        assert found.observe(Input("executable", name)) == expected
    assert found.observe(Input("executable", "./gen.sh")).presence == "present"


def test_the_day_is_at_first_that_of_utc(root: Path) -> None:
    before = datetime.now(UTC).date().isoformat()
    found = state(root, "date", "today").detail.split()[0]
    assert before <= found <= datetime.now(UTC).date().isoformat()


def test_the_day_here_counts_where_it_is_another_one(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build may ask for the date without naming a zone. At any time one of these is elsewhere."""
    told = set()
    for zone in ("XXX12", "UTC", "XXX-14"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        told.add(state(root, "date", "today").detail)
    monkeypatch.undo()
    time.tzset()
    assert len(told) > 1
    assert all(len(set(days.split())) == len(days.split()) <= 2 for days in told)


def test_git_is_asked(root: Path) -> None:
    kinds = ("git-commit", "git-tags", "git-tree")
    assert {state(root, kind, ".") for kind in kinds} == {ABSENT}
    top = root.parent
    git(top, "init", "--quiet", "--initial-branch=main")
    git(top, "add", "--all")
    git(top, "commit", "--quiet", "--message=first")
    git(top, "tag", "v1")
    assert state(root, "git-commit", ".") == present(git(top, "rev-parse", "HEAD"))
    before = {kind: state(root, kind, ".") for kind in (*kinds, "git-answer") if kind in kinds}
    answer = state(root, "git-answer", "git describe --tags", environ=dict(os.environ))
    assert answer.presence == "present"
    git(top, "tag", "--delete", "v1")
    git(top, "tag", "v2")
    (root / "a.py").write_text("two = 2\n")
    after = {kind: state(root, kind, ".") for kind in kinds}
    assert [kind for kind in kinds if before[kind] != after[kind]] == ["git-tags", "git-tree"]
    assert state(root, "git-answer", "git describe --tags", environ=dict(os.environ)) != answer


UNTRACED = (
    *("directory", "environment-file", "config-settings", "build-system", "interpreter"),
    "project-folder",
)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_hook_cannot_be_seen_to_use_has_no_state_of_its_own(root: Path, kind: str) -> None:
    name = {"git-answer": "git describe", "requirement": "plugin"}.get(kind, ".")
    if kind in UNTRACED:
        with pytest.raises(ValueError, match=f"a trace has no inputs of kind {kind}"):
            state(root, kind, name)
    else:
        assert isinstance(state(root, kind, name), State)


# Names that count in a listed folder


def test_what_is_left_out_of_a_tree_is_no_name_of_its_folders(root: Path) -> None:
    """But for ``node_modules`` in a package, which backends pack."""
    for name in (".git", "__pycache__", "node_modules", ".venv", ".tox", ".cache", "dist", "docs"):
        for folder in (root, root / "src"):
            (folder / name).mkdir()
    for folder in (root, root / "src"):
        (folder / ".venv" / "pyvenv.cfg").touch()
        tag = "Signature: 8a477f597d28d172789f06886806bc55\n"
        (folder / ".cache" / "CACHEDIR.TAG").write_text(tag)
    assert names(root, ".") == {"a.py", "src", "link", "docs"}
    assert names(root, "src") == {"b.py", "node_modules", ".tox", "dist", "docs"}


def test_the_folders_of_an_out_dir_are_lbuilds(root: Path) -> None:
    (root / "out" / "wheels").mkdir(parents=True)
    deep = frozenset({"out/wheels"})
    assert "out" in names(root, ".")
    assert "out" not in names(root, ".", out_dirs=deep)
    (root / "out" / "other").mkdir()
    assert "out" in names(root, ".", out_dirs=deep)
    assert names(root, "out", out_dirs=deep) == {"other"}
    (root / "dist").write_text("a file\n")
    assert "dist" in names(root, ".")


def test_what_is_to_be_ignored_is_no_name(root: Path) -> None:
    (root / "pyproject.toml").write_text("tool.lbuild.ignore = ['*.md', 'docs/', '/src/c.py']\n")
    (root / "docs").mkdir()
    (root / "src" / "docs").touch()
    for name in ("README.md", "src/README.md", "src/c.py", "c.py"):
        (root / name).touch()
    assert names(root, ".") == {"a.py", "c.py", "link", "pyproject.toml", "src"}
    assert names(root, "src") == {"b.py", "docs"}


def test_what_lbuild_puts_there_is_no_name(root: Path) -> None:
    (root / "src" / "demo.whl").touch()
    (root / "src" / "cache").mkdir()
    own = {"src/demo.whl", "src/cache"}
    assert names(root, "src", leave_out=own.__contains__) == {"b.py"}


def test_a_folder_outside_is_nobodys(root: Path) -> None:
    (root / "pyproject.toml").write_text("tool.lbuild.ignore = ['*']\n")
    outside = root.parent / "shared"
    for name in (".tox", "dist", "docs", "__pycache__", ".git"):
        (outside / name).mkdir(parents=True)
    expected = {".tox", "dist", "docs"}
    assert names(root, "../shared") == names(root, str(outside)) == expected


# What is looked at


def test_each_state_is_looked_at_once(root: Path) -> None:
    found = observer(root)
    thing = Input("file", "a.py")
    before, tree = found.observe(thing), found.snapshot("tree")
    (root / "a.py").write_text("two = 2\n")
    assert found.observe(thing) == before
    assert found.snapshot("tree") is tree
    assert observer(root).observe(thing) != before


@pytest.mark.parametrize("mode", ["traced", "tree", "declared"])
def test_a_snapshot_is_that_of_the_mode(root: Path, mode: Mode) -> None:
    found = observer(root)
    assert found.snapshot(mode) == observe_known_inputs(
        found.project, found.context, Digests(), mode
    )


def test_traced_is_the_least(root: Path) -> None:
    sizes = [len(observer(root).snapshot(mode)) for mode in ("declared", "traced", "tree")]
    assert sizes[0] == sizes[1] < sizes[2]


def test_variables_that_decide_before_a_hook_count_when_traced(root: Path) -> None:
    environ = {"PYTHONHASHSEED": "1", "CC": "gcc", "PIP_CONSTRAINT": "a.py"}
    kinds = ("environment", "environment-file")
    found = {
        thing
        for thing in observer(root, environ=environ).snapshot("traced")
        if thing.kind in kinds and thing.name.startswith(("PY", "CC", "PIP"))
    }
    assert found == {
        Input("environment", "PYTHONHASHSEED"),
        Input("environment", "PIP_CONSTRAINT"),
        Input("environment-file", "PIP_CONSTRAINT[0]"),
    }


def used(*things: Input, state: str = "then") -> dict[Input, Observation]:
    return {thing: seen(state, traced("read by build_wheel")) for thing in things}


def test_what_a_hook_used_is_seen_beside_what_is_known(root: Path) -> None:
    found = observer(root)
    things = (Input("file", "a.py"), Input("path", "gone"), Input("listing", "src"))
    others = {Input("file", "src/b.py"): seen("then", declared("of old"))}
    now = found.observe_again({**used(*things), **others}, "traced")
    assert now.keys() == found.snapshot("traced").keys() | set(things)
    for thing in things:
        assert now[thing] == Observation(found.observe(thing), traced("read by build_wheel"))


def test_marks_of_caches_are_not_looked_for_in_folders_that_are_listed_as_well(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data folders of setuptools: some of the names count of each, and of those that are in it."""
    (root / "src" / "deep").mkdir()
    (root / "src" / "cache").mkdir()
    (root / "src" / "cache" / "CACHEDIR.TAG").write_bytes(b"")
    looked_for: list[str] = []

    def is_cache(folder: str) -> bool:
        looked_for.append(folder)
        return False

    monkeypatch.setattr(tree, "is_cache", is_cache)
    listed = (".//*.json", "src//*.json", "src/deep//d:", "src/cache//d:")
    observer(root).observe_again(used(*(Input("listing", name) for name in listed)), "traced")
    assert looked_for == [f"{root}/src/cache"]


def test_of_two_reasons_the_more_telling_one_is_kept(root: Path) -> None:
    (root / "pyproject.toml").write_text("tool.uv.cache-keys = ['a.py']\n")
    thing = Input("file", "a.py")
    things = used(thing)
    sources = {
        mode: observer(root).observe_again(things, mode)[thing].source
        for mode in ("traced", "tree")
    }
    assert sources["traced"] == declared("tool.uv.cache-keys[0]")
    assert sources["tree"] == traced("read by build_wheel")


def test_a_module_of_the_backend_is_one_thing(root: Path) -> None:
    (root / "pyproject.toml").write_text(
        "[build-system]\nrequires = []\nbuild-backend = 'a'\nbackend-path = ['.']\n"
    )
    for mode in ("traced", "tree", "declared"):
        things = used(
            Input("file", "a.py"), Input("backend", "src/b.py"), Input("file", "src/b.py")
        )
        now = observer(root).observe_again(things, mode)
        found = [(thing.kind, thing.name) for thing in now]
        assert ("backend", "a.py") in found
        assert ("backend", "src/b.py") in found
        assert not {("file", "a.py"), ("file", "src/b.py")} & set(found)


def test_without_traced_inputs_it_is_the_snapshot(root: Path) -> None:
    others: Snapshot = {Input("file", "gone"): seen("1", declared("of old"))}
    for mode in ("traced", "tree", "declared"):
        found = observer(root)
        assert found.observe_again(others, mode) == found.snapshot(mode)


# Extra requirements


@pytest.mark.parametrize("isolated", [True, False])
def test_what_a_backend_requires_is_no_input_of_its_telling(
    root: Path, tmp_path: Path, isolated: bool
) -> None:
    """Nor is it looked at anew: all states are those of the moment."""
    texts = []
    for name in ("both", "extra"):
        (tmp_path / f"{name}.whl").touch()
        texts.append(f"{name} @ {(tmp_path / f'{name}.whl').as_uri()}")
    (root / "pyproject.toml").write_text(f"[build-system]\nrequires = {[texts[0]]}\n")
    installed = None if isolated else {"extra": present("1.0")}
    whole = observer(root, extra_requires=tuple(texts), installed=installed)
    without = whole.without_extra_requires()
    assert without.snapshot("tree") == (
        observer(root, installed=installed).snapshot("tree") if isolated else whole.snapshot("tree")
    )
    assert (Input("requirement", texts[1]) in whole.snapshot("traced")) is isolated
    assert (Input("requirement", texts[0]) in without.snapshot("traced")) is isolated
    before = without.observe(Input("file", "a.py"))
    (root / "a.py").write_text("another = 1\n")
    assert whole.observe(Input("file", "a.py")) == before


def test_a_folder_that_lbuild_makes_is_as_none_if_nothing_in_it_counts(root: Path) -> None:
    """A hook may list it; a fresh clone does not have it."""
    patterns = ["dist", "dist//re:[^.]*", "dist//in:a/b"]
    own = {"leave_out": "dist/demo.whl".__eq__}

    def states() -> list[bool]:
        return [state(root, "listing", name, **own) == ABSENT for name in patterns]

    assert states() == [True, True, True]
    (root / "dist").mkdir()
    (root / "dist" / "demo.whl").touch()
    assert states() == [True, True, True]
    (root / "dist" / ".keep").touch()
    assert states() == [False, False, False]
    (root / "dist" / "b").touch()
    assert states() == [False, False, False]
    shutil.rmtree(root / "dist")
    (root / "dist").touch()
    assert states() == [False, False, False]  # a file: to list it fails otherwise
    (root / "empty").mkdir()
    assert state(root, "listing", "empty") == present("[]")
    assert state(root, "listing", "empty", above_cache="empty") == ABSENT
    assert "empty" in names(root, ".")
    assert "empty" not in names(root, ".", above_cache="empty")


@pytest.mark.parametrize("out_dir", ["dist", "src/dist", ""])
def test_the_out_dir_of_a_clone_may_be_another_one(root: Path, out_dir: str) -> None:
    """Then other folders are above it: what is in these counts in the same way."""
    names = ("listing", "."), ("listing", ".//in:gone"), ("listing", "src//in:gone"), ("path", ".")
    here, there = {"out_dirs": frozenset({out_dir})}, {"out_dirs": frozenset[str]()}
    for kind, name in names[1:] if out_dir == "src/dist" else names:
        assert state(root, kind, name, **here) == state(root, kind, name, **there) != ABSENT


def test_the_folder_that_lbuild_makes_is_there_or_not(root: Path) -> None:
    """A hook may look whether it is there; a fresh clone does not have it."""
    root.joinpath("wheels").mkdir()
    made = {"out_dirs": frozenset({"wheels/new"})}
    assert state(root, "path", "wheels", **made) == ABSENT
    assert state(root, "path", "wheels/new", **made) == ABSENT
    assert state(root, "path", "wheels") == present("directory")
    # The project itself is there, with and without an out-dir in it.
    assert state(root, "path", ".", **made) == present("directory")
    assert state(root, "listing", ".//*.toml", **made) == present("[]")
    root.joinpath("wheels", "new").write_text("a file")
    assert state(root, "path", "wheels/new", **made) == present("file")


@pytest.mark.parametrize("name", ["bundle.js", "sub", "demo-1.0-py3-none-any.whl.asc"])
def test_the_folder_that_lbuild_makes_is_there_with_what_is_the_users(
    root: Path, name: str
) -> None:
    """A hook takes what is there from then on, and may not have looked into it before."""
    made = {"out_dirs": frozenset({"wheels/new"})}

    def seen() -> tuple[State, State, bool]:
        states = [state(root, "path", path, **made) for path in ("wheels", "wheels/new")]
        return states[0], states[1], "wheels" in names(root, ".", **made)

    assert seen() == (ABSENT, ABSENT, False)
    root.joinpath("wheels", "new").mkdir(parents=True)
    for other in ("other-1.0-py3-none-any.whl", "other-1.0.tar.gz", ".gitignore"):
        root.joinpath("wheels", "new", other).touch()  # as other frontends do
    assert seen() == (ABSENT, ABSENT, False)
    there = root.joinpath("wheels", "new", name)
    if name == "sub":
        there.mkdir()
    else:
        there.touch()
    assert seen() == (present("directory"), present("directory"), True)


def test_a_folder_that_lbuild_makes_and_that_cannot_be_listed_is_there(root: Path) -> None:
    out_dir = root / "wheels"
    out_dir.mkdir(mode=0o300)
    try:
        with without_privileges():
            found = state(root, "path", "wheels", out_dirs=frozenset({"wheels"}))
    finally:
        out_dir.chmod(0o700)
    assert found == present("directory")
