"""Every kind of reason to rebuild, provoked: what it says, and that the rebuild ends it."""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lbuild_frontend.cache.entry import SCHEMA
from support.command import TRACED_AND_TREE, Lbuild
from support.minimal_project import (
    CORE,
    NAME,
    WHEEL,
    configure,
    core_in_wheel,
    log_builds,
    make_gate,
    running,
    status,
    wait_for_end,
    wheel,
    when_building,
)
from support.projects import CopyProject, git, replace, sha256

pytestmark = pytest.mark.shared_environments

Edit = Callable[[Path], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Something that makes a rebuild due after a first build.

    Attributes:
        modes: those in which it does.
        prepare: done before the first build.
        edit: done after it.
        options: of the second command; ``env`` likewise.
        reasons: kind and what it is about, of each reason.
        besides: the same of what may be told too.
        traced: the reasons in mode ``traced``, where they are others.
        old, new: whether each of the reasons has an old and a new state.
    """

    reasons: set[tuple[str, str]]
    besides: frozenset[tuple[str, str]] = frozenset()
    traced: set[tuple[str, str]] | None = None
    modes: tuple[str, ...] = ("traced", "tree")
    edit: Edit = lambda _: None
    prepare: Edit = lambda _: None
    options: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    old: bool = True
    new: bool = True


QUESTION = "git describe --always --tags"


def in_git(project: Path) -> None:
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=The first commit")


def asking_git(project: Path) -> None:
    """Let the backend ask git, which a build has to be able to do for git's state to count."""
    when_building(project, f"import subprocess\nsubprocess.run({QUESTION.split()})")


def asking_git_in_git(project: Path) -> None:
    asking_git(project)
    in_git(project)


def running_a_tool(project: Path) -> None:
    """Let the backend run a program that is in the project."""
    (project / "tool").write_text("#!/bin/sh\n")
    (project / "tool").chmod(0o755)
    when_building(project, "import subprocess\nsubprocess.run(['./tool'])")


def listing_docs(project: Path) -> None:
    """Let the backend see the names in a folder, whose files it does not read."""
    (project / "docs").mkdir()
    (project / "docs" / "index").touch()
    when_building(project, "os.listdir('docs')")


def file_to_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


CASES = {
    "file-changed": Case(
        edit=lambda project: replace(project / CORE, "42", "43"),
        reasons={("file-changed", CORE)},
    ),
    "file-changed, its executable bit": Case(
        edit=lambda project: (project / CORE).chmod(0o755),
        reasons={("file-changed", CORE)},
    ),
    "file-added": Case(
        edit=lambda project: (project / "src" / "demo" / "new.py").touch(),
        reasons={("file-added", "src/demo/new.py")},
        old=False,
    ),
    "file-removed": Case(
        edit=lambda project: (project / CORE).unlink(),
        reasons={("file-removed", CORE)},
        new=False,
    ),
    "directory-changed, an empty one is new": Case(
        edit=lambda project: (project / "src" / "demo" / "empty").mkdir(),
        reasons={("directory-changed", "src/demo/empty")},
        old=False,
    ),
    "directory-changed, a declared one is gone": Case(
        modes=("declared",),
        edit=lambda project: (project / "src").rename(project / "lib"),
        reasons={("directory-changed", "src")},
        new=False,
    ),
    "git-commit-changed": Case(
        prepare=asking_git_in_git,
        edit=lambda project: git(project, "commit", "--quiet", "--allow-empty", "--message=2"),
        reasons={("git-commit-changed", ".")},
        besides=frozenset({("git-tree-changed", ".")}),  # the commit's short name
        traced={("git-tree-changed", QUESTION)},
    ),
    "git-tags-changed": Case(
        prepare=asking_git_in_git,
        edit=lambda project: git(project, "tag", "v1"),
        reasons={("git-tags-changed", ".")},
        traced={("git-tree-changed", QUESTION)},
    ),
    "git-tree-changed": Case(
        modes=("tree",),
        prepare=asking_git_in_git,
        edit=lambda project: git(project, "switch", "--quiet", "--create", "other"),
        reasons={("git-tree-changed", ".")},
    ),
    "git, where there was no repository": Case(
        modes=("tree",),
        prepare=asking_git,
        edit=in_git,
        reasons={("git-commit-changed", "."), ("git-tags-changed", "."), ("git-tree-changed", ".")},
        old=False,
    ),
    "git, which found no repository": Case(
        modes=("traced",),
        prepare=asking_git,
        edit=in_git,
        reasons={("git-tree-changed", QUESTION)},
    ),
    "environment-changed, declared": Case(
        prepare=lambda project: configure(
            project, '[tool.uv]\ncache-keys = ["pyproject.toml", { env = "TOKEN" }]'
        ),
        modes=("declared",),
        env={"TOKEN": "hunter2"},
        reasons={("environment-changed", "TOKEN")},
        old=False,
    ),
    "environment-changed, obeyed by build tools": Case(
        modes=("tree",),
        env={"CFLAGS": "-O0"},
        reasons={("environment-changed", "CFLAGS")},
        old=False,
    ),
    "environment-changed, read by name": Case(
        modes=("traced",),
        prepare=lambda project: when_building(project, "os.environ.get('ANY')"),
        env={"ANY": ""},
        reasons={("environment-changed", "ANY")},
        old=False,
    ),
    "environment-changed, read as a whole": Case(
        modes=("traced",),
        prepare=lambda project: when_building(project, "dict(os.environ)"),
        env={"ANY": ""},
        reasons={("environment-changed", "ANY")},
        old=False,
    ),
    "listing-changed": Case(
        modes=("traced",),
        prepare=listing_docs,
        edit=lambda project: file_to_folder(project / "docs" / "index"),
        reasons={("listing-changed", "docs/index")},
    ),
    "executable-changed": Case(
        modes=("traced",),
        prepare=running_a_tool,
        edit=lambda project: replace(project / "tool", "/bin/sh", "/bin/sh -e"),
        reasons={("executable-changed", "./tool")},
    ),
    "config-settings-changed": Case(
        options=("-C", "key=value"),
        reasons={("config-settings-changed", "config_settings")},
        old=False,
    ),
    "build-system-changed": Case(
        edit=lambda project: replace(
            project / "pyproject.toml", "requires = []", 'requires = ["flit_core"]'
        ),
        reasons={("build-system-changed", "requires"), ("file-changed", "pyproject.toml")},
    ),
    "backend-changed": Case(
        edit=lambda project: when_building(project, "pass"),
        reasons={("backend-changed", "backend/backend.py")},
    ),
    "backend-changed, a module is new": Case(
        prepare=lambda project: when_building(
            project, "try:\n    import extra\nexcept ImportError:\n    pass"
        ),
        edit=lambda project: (project / "backend" / "extra.py").touch(),
        reasons={("backend-changed", "backend/extra.py")},
        old=False,
    ),
}


SHOWN_BELOW = (
    *("file-changed", "file-added", "file-removed", "git-tags-changed", "git-tree-changed"),
    *("environment-changed, read by name", "backend-changed"),
)
"""What is also a reason in ``test_all_reasons_at_once``, which is quick."""

ONE_MODE_EACH = [
    f"{name}, mode {case.modes[number % len(case.modes)]}"
    for number, (name, case) in enumerate(CASES.items())
    if name not in SHOWN_BELOW
]


@pytest.mark.quick(*ONE_MODE_EACH)
@pytest.mark.parametrize(
    ("lbuild", "case"),
    [
        pytest.param(mode, case, id=f"{name}, mode {mode}")
        for name, case in CASES.items()
        for mode in case.modes
    ],
    indirect=["lbuild"],
)
def test_a_reason(lbuild: Lbuild, copy_project: CopyProject, case: Case) -> None:
    project = copy_project(NAME)
    case.prepare(project)
    built = wheel(lbuild, project)
    case.edit(project)
    told = status(lbuild, *case.options, project, env=case.env)
    assert told["verdict"] == "rebuild"
    check(told["reasons"])
    found = {(reason["kind"], about(reason)): reason for reason in told["reasons"]}
    others = case.traced if lbuild.inputs == "traced" else None
    assert found.keys() - case.besides == (case.reasons if others is None else others)
    for reason in found.values():
        assert (reason["old"] is not None, reason["new"] is not None) == (case.old, case.new)
        assert reason["old"] != reason["new"]

    rebuilt = wheel(lbuild, *case.options, project, env=case.env)
    assert (rebuilt["action"], rebuilt["reasons"]) == ("built", told["reasons"])
    assert rebuilt["key"] != built["key"] != told["key"]
    if lbuild.inputs != "traced":  # Nobody knows what a file that is new will lead to.
        assert rebuilt["key"] == told["key"]
    assert status(lbuild, *case.options, project, env=case.env)["reasons"] == []


def check(reasons: list[dict[str, Any]]) -> None:
    """Check that reasons have all fields that the design names."""
    for reason in reasons:
        fields = {"kind", "old", "new", "source", "message"}
        # For a record that is unusable, also why.
        subjects = reason.keys() - fields - {"problem"}
        assert subjects in ({"path"}, {"name"})
        assert fields < reason.keys()
        assert reason["source"].startswith(("declared: ", "traced: "))
        named = about(reason).replace("_", " ") in reason["message"].replace("_", " ")
        assert named or reason["kind"].startswith("git-")
        assert reason["message"].endswith(".")


def about(reason: dict[str, Any]) -> str:
    """What a reason is about."""
    return str(reason["path"] if "path" in reason else reason["name"])


def only_reason(lbuild: Lbuild, *arguments: str | Path) -> dict[str, Any]:
    """The one reason that status gives."""
    told = status(lbuild, *arguments)
    assert told["verdict"] == "rebuild"
    check(told["reasons"])
    [reason] = told["reasons"]
    return dict(reason)


def test_first_build(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    assert only_reason(lbuild, project)["kind"] == "first-build"
    lbuild("wheel", project)
    # What was built in one mode says nothing of the other.
    assert only_reason(lbuild, "--inputs", "declared", project)["kind"] == "first-build"


def test_a_fresh_clone_is_told_what_differs_from_the_nearest_build(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    built, clone = (copy_project(NAME, folder=folder) for folder in ("job1", "job2"))
    for project in (built, clone):
        when_building(project, "import os; os.environ.get('MY_VAR')")
    first = wheel(lbuild, built)
    variable = {"MY_VAR": "1"}
    line = f"last built in {built}; differs here: variable MY_VAR (unset -> set)"
    told = status(lbuild, clone, env=variable)
    assert [why["kind"] for why in told["reasons"]] == ["environment-changed"]
    assert {**told["nearest"], "built_at": ""} == {
        "folder": str(built),
        "key": first["key"],
        "built_at": "",
    }
    assert f"a rebuild is due\n  {line}\n" in lbuild("status", clone, env=variable).stdout
    # Without the variable it is a hit, as ever.
    assert status(lbuild, clone)["verdict"] == "reuse"

    replace(clone / CORE, "42", "43")
    assert "differs here: src/demo/core.py (and 1 more)" in (
        lbuild("status", clone, env=variable).stdout
    )
    replace(clone / CORE, "43", "42")
    assert line in lbuild("wheel", clone, env=variable).stderr
    # From now on the reasons are differences to the last build of this folder.
    again = status(lbuild, clone, env={"MY_VAR": "2"})
    assert again["nearest"] is None
    assert [why["message"] for why in again["reasons"]] == ["$MY_VAR changed (new value)."]


@pytest.mark.exhaustive
def test_a_fresh_clone_has_no_out_dir(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """That ``dist`` is there is lbuild's doing, so it makes no difference to a hook's look."""
    built, clone = (copy_project(NAME, folder=folder) for folder in ("job1", "job2"))
    for project in (built, clone):
        when_building(project, "import os; os.path.isdir('dist')")
    wheel(lbuild, built)
    for project in (built, clone):
        replace(project / CORE, "42", "43")
    assert wheel(lbuild, built)["action"] == "built"
    assert wheel(lbuild, clone)["action"] == "reused"


@pytest.mark.quick(every=2)
@pytest.mark.parametrize(
    ("lines", "options", "source"),
    [
        ("", ("--refresh",), "--refresh"),
        ("", ("--refresh-package", "Zope_Demo.X"), "--refresh-package"),
        (
            '[tool.uv]\nreinstall-package = ["other", "ZOPE.demo-x"]',
            (),
            "tool.uv.reinstall-package",
        ),
        ("[tool.lbuild]\nalways-rebuild = true", (), "tool.lbuild.always-rebuild"),
    ],
)
def test_forced(
    lbuild: Lbuild, copy_project: CopyProject, lines: str, options: tuple[str, ...], source: str
) -> None:
    project = copy_project(NAME)
    replace(project / "pyproject.toml", '"demo"', '"zope.demo_x"')
    replace(project / "backend" / "backend.py", '"demo"', '"zope_demo_x"')
    configure(project, lines)
    lbuild("wheel", project)
    told = wheel(lbuild, *options, project)
    assert told["action"] == "built"
    check(told["reasons"])
    [reason] = told["reasons"]
    assert (reason["kind"], reason["source"]) == ("forced", f"declared: {source}")
    if not options:
        assert only_reason(lbuild, project)["kind"] == "forced"


def blob(lbuild: Lbuild, digest: str) -> Path:
    """Where the cache keeps a file."""
    [path] = lbuild.cache.glob(f"blobs-*/**/{digest}")
    return path


def records(lbuild: Lbuild) -> list[Path]:
    """The cache's records of builds."""
    return sorted(lbuild.cache.glob("entries-*/*/build_wheel/*.json"))


def test_result_missing(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    first = wheel(lbuild, project)
    blob(lbuild, first["sha256"]).unlink()
    reason = only_reason(lbuild, project)
    assert (reason["kind"], reason["name"]) == ("result-missing", WHEEL)
    assert wheel(lbuild, project)["action"] == "built"
    assert wheel(lbuild, project)["sha256"] == first["sha256"]


@pytest.mark.parametrize("damage", [b"", b"damaged"])
def test_result_damaged(lbuild: Lbuild, copy_project: CopyProject, damage: bytes) -> None:
    project = copy_project(NAME)
    first = wheel(lbuild, project)
    (project / "dist" / WHEEL).unlink()
    blob(lbuild, first["sha256"]).write_bytes(damage)
    reason = only_reason(lbuild, project)
    assert (reason["kind"], reason["name"]) == ("result-damaged", WHEEL)
    again = wheel(lbuild, project)
    assert (again["action"], again["sha256"]) == ("built", first["sha256"])
    assert sha256(project / "dist" / WHEEL) == first["sha256"]
    assert wheel(lbuild, project)["action"] == "reused"


def half(record: bytes) -> bytes:
    return record[: len(record) // 2]


def one_character(record: bytes) -> bytes:
    """Another version in place of 0.1.0, in JSON that is as well formed as before."""
    assert record.count(b'"0.1.0"') == 1
    return record.replace(b'"0.1.0"', b'"0.1.1"')


def schema(version: object) -> Callable[[bytes], bytes]:
    """A record as another version of lbuild would write it, with the checksum that it needs."""

    def write(record: bytes) -> bytes:
        fields = json.loads(record.partition(b"\n")[2])
        assert isinstance(fields["schema"], int)
        text = json.dumps({**fields, "schema": version}).encode()
        return hashlib.sha256(text).hexdigest().encode() + b"\n" + text

    return write


OLDER = schema(SCHEMA - 1)


@pytest.mark.quick(every=3)
@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (lambda _: b"", "record-unreadable"),
        (half, "record-unreadable"),
        (one_character, "record-unreadable"),
        (schema(999), "record-version"),
        (OLDER, "record-version"),
        (schema(None), "record-version"),
    ],
    ids=["empty", "half", "one-character", "schema-999", "schema-before", "schema-none"],
)
def test_a_record_that_is_no_good(
    lbuild: Lbuild, copy_project: CopyProject, damage: Callable[[bytes], bytes], kind: str
) -> None:
    project = copy_project(NAME)
    lbuild("wheel", project)
    [record] = records(lbuild)
    damaged = damage(record.read_bytes())
    record.write_bytes(damaged)
    shutil.rmtree(lbuild.cache / "replays-v1")  # a replay reads no entry
    reason = only_reason(lbuild, project)
    assert (reason["kind"], reason["name"]) == (kind, record.name)
    assert "first build" not in lbuild("wheel", project).stderr
    assert wheel(lbuild, project)["action"] == "reused"
    if kind == "record-version":  # It is the other version's to remove.
        assert record.read_bytes() == damaged
        lbuild("cache", "prune")
        assert record.exists() is not (damage is OLDER)
        assert wheel(lbuild, project)["action"] == "reused"


def test_a_snapshot_that_is_no_good(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """Nobody knows then what the build used."""
    project = copy_project(NAME)
    lbuild("wheel", project)
    [record] = records(lbuild)
    snapshot = json.loads(record.read_bytes().partition(b"\n")[2])["snapshot"]
    blob(lbuild, snapshot).write_bytes(b"damaged")
    for answer in ("42", "43"):
        (project / CORE).write_text(f"ANSWER = {answer}\n")
        reason = only_reason(lbuild, project)
        assert (reason["kind"], reason["name"]) == ("record-unreadable", record.name)
    assert core_in_wheel(wheel(lbuild, project)["wheel"]) == "ANSWER = 43\n"


@pytest.mark.quick("traced", "declared")
@pytest.mark.parametrize("inputs", ["traced", "tree", "declared"])
def test_edited_during_build(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, inputs: str
) -> None:
    project = copy_project(NAME)
    barrier = make_gate(tmp_path)
    when_building(project, barrier.code)
    log = log_builds(project)
    options = ("--inputs", inputs, project)
    with running(lbuild, "wheel", *options) as process:
        barrier.await_backend()
        (project / "setup.cfg").write_text("# edited while the hook ran\n")
        barrier.open.touch()
        result = wait_for_end(process)
    assert (result.returncode, result.stdout) == (0, f"{project / 'dist' / WHEEL}\n")
    assert (project / "dist" / WHEEL).exists()
    [warning] = [line for line in result.stderr.splitlines() if line.startswith("warning: ")]
    assert "setup.cfg" in warning

    told = status(lbuild, *options)
    check(told["reasons"])
    assert ("edited-during-build", "setup.cfg") in [
        (reason["kind"], about(reason)) for reason in told["reasons"]
    ]
    (project / "setup.cfg").unlink()  # As before the build: but what did the hook see?
    assert only_reason(lbuild, *options)["kind"] == "edited-during-build"
    assert wheel(lbuild, *options)["action"] == "built"
    assert wheel(lbuild, *options)["action"] == "reused"
    assert log.lines == ["built"] * 2


@pytest.mark.quick("tree")
@TRACED_AND_TREE
def test_edited_and_put_back_during_a_build(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    """The wheel holds an edit that is gone when the build ends: it must never be served again."""
    project = copy_project(NAME)
    before, after = make_gate(tmp_path, "before"), make_gate(tmp_path, "after")
    when_building(project, before.code, after=after.code)
    with running(lbuild, "wheel", project) as process:
        before.await_backend()
        replace(project / CORE, "42", "43")
        before.open.touch()
        after.await_backend()
        replace(project / CORE, "43", "42")
        after.open.touch()
        assert wait_for_end(process).returncode == 0
    assert core_in_wheel(project / "dist" / WHEEL) == "ANSWER = 43\n"
    assert core_in_wheel(wheel(lbuild, project)["wheel"]) == "ANSWER = 42\n"


def test_untraced(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """The whole tree counts then, and both reasons say so."""
    project = copy_project(NAME)
    when_building(project, "import sqlite3\nsqlite3.connect('file::memory:', uri=True).close()")
    lbuild("wheel", project)
    (project / "notes.txt").write_text("An edit.\n")
    reasons = status(lbuild, project)["reasons"]
    check(reasons)
    why = "an SQLite database was opened with a URI"
    assert [(reason["kind"], about(reason)) for reason in reasons] == [
        ("file-changed", "notes.txt"),
        ("untraced", why),
    ]
    assert reasons[0]["source"] == f"traced: the whole tree counts: {why}"
    assert wheel(lbuild, project)["action"] == "built"
    assert wheel(lbuild, project)["action"] == "reused"


@pytest.mark.quick("tree")
@TRACED_AND_TREE
def test_all_reasons_at_once(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    when_building(project, "os.environ.get('CC')")
    asking_git_in_git(project)
    lbuild("wheel", project)
    replace(project / CORE, "42", "43")
    (project / "src" / "demo" / "__init__.py").unlink()
    (project / "src" / "demo" / "new.py").touch()
    when_building(project, "pass")
    git(project, "tag", "v2")
    reasons = status(lbuild, project, env={"CC": "cc"})["reasons"]
    check(reasons)
    expected = {
        "backend-changed",
        "environment-changed",
        "file-added",
        "file-changed",
        "file-removed",
        "git-tree-changed",
    }
    if lbuild.inputs == "tree":
        expected |= {"git-tags-changed"}
    assert {reason["kind"] for reason in reasons} == expected
    result = lbuild("wheel", project, env={"CC": "cc"})
    assert f"(and {len(reasons) - 1} more)" in result.stderr
