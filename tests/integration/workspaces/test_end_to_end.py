"""Whole workspaces: what is built, in which order, why, and what it holds, beside uv's wheels."""

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from support.cache_soundness import require_sound
from support.command import Lbuild, shows_own_traceback
from support.environments import make_environment
from support.exhaustive import one_in
from support.minimal_project import make_gate, running, wait_for_end
from support.projects import replace
from support.running import is_running
from support.workspaces import (
    TABLES,
    UNPACKED,
    MadeWorkspace,
    built,
    contents,
    failures,
    make_workspace,
    rows,
    workspace_of_fixtures,
)

pytestmark = pytest.mark.shared_environments

NEEDS: dict[str, list[str]] = {"apart": [], "app": ["plug"], "both": [], "plug": ["both"]}
RUNS_WITH = {"app": ["both"], "plug": ["both"]}


@pytest.fixture
def made(tmp_path: Path) -> MadeWorkspace:
    """A workspace of which each member costs next to nothing."""
    return make_workspace(tmp_path / "repository", NEEDS, TABLES[1], RUNS_WITH)


def of_members(row: dict[str, Any]) -> dict[str, list[Any]]:
    """The members that are a reason why one was built, with the reasons why those were."""
    return {
        Path(reason["member"]).name: reason["because"]
        for reason in row["reasons"]
        if reason["kind"] == "requirement-changed" and reason.get("member")
    }


# What an edit reaches


@pytest.mark.quick(TABLES[1])
@pytest.mark.parametrize("table", TABLES)
def test_what_an_edit_reaches(lbuild: Lbuild, tmp_path: Path, table: str) -> None:
    made = make_workspace(tmp_path / "repository", NEEDS, table, RUNS_WITH)
    first = rows(lbuild, made.folder)
    assert built(first) == {*NEEDS}
    assert [*first].index("both") < [*first].index("plug") < [*first].index("app")
    assert sorted(made.logged) == sorted(NEEDS)
    assert made.built_with("app") == {"plug": "1"}
    assert built(rows(lbuild, made.folder)) == set()

    # A rebuild that gives the same wheel is nobody's reason.
    (made.member("plug") / UNPACKED).write_text("Edited.\n", "utf-8")
    assert built(rows(lbuild, made.folder)) == {"plug"}

    made.set_value("both", "2")
    second = rows(lbuild, made.folder)
    assert built(second) == {"both", "plug", "app"}
    [why] = of_members(second["plug"])["both"]
    assert (why["kind"], why["path"]) == ("file-changed", "src/both/__init__.py")
    assert {*of_members(second["app"])} == {"both", "plug"}
    assert made.built_with("plug") == {"both": "2"}

    made.set_value("both", "1")
    assert built(rows(lbuild, made.folder)) == set()
    assert made.built_with("plug") == {"both": "1"}
    made.set_value("apart", "2")
    assert built(rows(lbuild, made.folder)) == {"apart"}
    assert len(made.logged) == len(NEEDS) + 5


@pytest.mark.exhaustive
def test_an_edit_by_way_of_a_member(lbuild: Lbuild, made: MadeWorkspace) -> None:
    """A member alone: what it is built with is looked at too, and is not delivered."""
    told = lbuild("wheel", "--json", cwd=made.member("app")).json
    assert [Path(row["project"]).name for row in told if row.get("wheel")] == ["app"]
    assert not (made.member("plug") / "dist").exists()
    made.set_value("plug", "2")
    told = lbuild("wheel", made.member("app"))
    assert told.stdout == f"{made.wheel('app')}\n"
    assert "the same as before" not in told.stderr
    assert made.built_with("app") == {"plug": "2"}
    assert made.logged.count("apart") == 0
    assert "reused" in lbuild("wheel", made.member("app")).stderr


@pytest.mark.exhaustive
def test_status_tells_what_wheel_does(lbuild: Lbuild, made: MadeWorkspace) -> None:
    rows(lbuild, made.folder)
    told = rows(lbuild, made.folder, command="status")
    assert [name for name, row in told.items() if row["reasons"]] == []
    made.set_value("both", "2")
    told = rows(lbuild, made.folder, command="status")
    # plug's wheel does not hold what both says, but that is not known before it is built.
    assert {name for name, row in told.items() if row["reasons"]} == {"both", "plug", "app"}
    assert sorted(made.logged) == sorted(NEEDS)


@pytest.mark.exhaustive
def test_the_order_is_told(lbuild: Lbuild, made: MadeWorkspace) -> None:
    told = lbuild("graph", "--workspace", "--json", cwd=made.folder).json
    order = [Path(row["project"]).name for row in told]
    assert sorted(order) == sorted(NEEDS)
    assert order.index("both") < order.index("plug") < order.index("app")
    assert "app" in lbuild("graph", "--workspace", cwd=made.folder).stdout
    assert "digraph" in lbuild("graph", "--workspace", "--dot", cwd=made.folder).stdout
    assert made.logged == []


# Failures


def test_a_failure_stops_only_what_depends_on_it(lbuild: Lbuild, made: MadeWorkspace) -> None:
    made.when_building("plug", "raise RuntimeError('broken for now')")
    told = rows(lbuild, made.folder, returncode=1)
    assert failures(told) == {"plug": "build-failed", "app": "skipped"}
    assert built(told) == {"apart", "both"}
    assert "plug" in told["app"]["error"]["message"]
    assert not (made.member("app") / "dist").exists()

    backend = made.member("plug") / "tools" / "backend.py"
    replace(backend, "raise RuntimeError('broken for now')", "pass")
    assert built(rows(lbuild, made.folder)) == {"plug", "app"}


def test_what_is_wrong_with_the_command_is_said_once(lbuild: Lbuild, made: MadeWorkspace) -> None:
    done = lbuild("status", "--workspace", "-p", "3.99", cwd=made.folder, returncode=2)
    assert done.stderr.count("there is no such CPython") == 1


@pytest.mark.exhaustive
def test_an_earlier_wheel_does_not_stand_in_for_one_that_fails(
    lbuild: Lbuild, made: MadeWorkspace
) -> None:
    rows(lbuild, made.folder)
    before = made.source("plug").read_text("utf-8")
    made.source("plug").write_text("VALUE = 2\n", "utf-8")
    made.when_building("plug", "if 'VALUE = 2' in Path('src/plug/__init__.py').read_text(): 1 / 0")
    told = rows(lbuild, made.folder, returncode=1)
    assert failures(told) == {"plug": "build-failed", "app": "skipped"}
    made.source("plug").write_text(before, "utf-8")
    rows(lbuild, made.folder)
    assert made.built_with("app") == {"plug": "1"}


@pytest.mark.exhaustive
def test_fail_fast(lbuild: Lbuild, tmp_path: Path) -> None:
    needs: dict[str, list[str]] = {"aaa": [], "bbb": [], "ccc": []}
    made = make_workspace(tmp_path / "repository", needs, TABLES[1])
    made.when_building("aaa", "raise RuntimeError('broken')")
    told = rows(lbuild, made.folder, "--fail-fast", "-j", "1", returncode=1)
    assert failures(told)["aaa"] == "build-failed"
    assert built(told) == set()
    assert made.logged == []
    assert built(rows(lbuild, made.folder, "-j", "1", returncode=1)) == {"bbb", "ccc"}


# At once


@pytest.fixture
def at_gates(made: MadeWorkspace, tmp_path: Path) -> Iterator[list[Any]]:
    """Two members that wait while they are built."""
    gates = [make_gate(tmp_path, name) for name in ("apart", "both")]
    for gate in gates:
        made.when_building(gate.arrived.stem, gate.code)
    yield gates
    for gate in gates:
        gate.open.touch()


@pytest.mark.exhaustive
@pytest.mark.own_environments
@pytest.mark.parametrize(
    ("by", "whom"), [(signal.SIGINT, "group"), (signal.SIGTERM, "process")], ids=["INT", "TERM"]
)
def test_interrupted(
    lbuild: Lbuild, made: MadeWorkspace, at_gates: list[Any], by: signal.Signals, whom: str
) -> None:
    command = ("wheel", "--workspace", "--json", "-j", "2")
    with running(lbuild, *command, cwd=made.folder, new_group=True) as process:
        hooks = [gate.await_backend() for gate in at_gates]
        assert all(map(is_running, hooks))
        (os.killpg if whom == "group" else os.kill)(process.pid, by)
        result = wait_for_end(process)
    assert result.returncode == 130
    assert not any(map(is_running, hooks))
    assert not shows_own_traceback(result.stderr)
    assert {row["error"]["kind"] for row in result.json} <= {"interrupted", "skipped"}
    assert [*made.folder.rglob("*.whl")] == []
    assert made.logged == []

    for gate in at_gates:
        gate.open.touch()
    assert built(rows(lbuild, made.folder)) == {*NEEDS}
    assert made.built_with("app") == {"plug": "1"}
    require_sound(lbuild)


@pytest.mark.exhaustive
def test_two_members_at_a_time(lbuild: Lbuild, made: MadeWorkspace, at_gates: list[Any]) -> None:
    with running(lbuild, "wheel", "--workspace", "-j", "2", cwd=made.folder) as process:
        for gate in at_gates:  # the second one gets there only if both are at work
            gate.await_backend()
        for gate in at_gates:
            gate.open.touch()
        assert wait_for_end(process).returncode == 0


@pytest.mark.exhaustive
@pytest.mark.own_environments
def test_eight_processes_build_each_member_once(
    lbuild: Lbuild, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CFLAGS", "-g0")  # so that the secret of the cache counts
    lbuild = dataclasses.replace(lbuild, servers=None)
    made = make_workspace(tmp_path / "repository", NEEDS, TABLES[1], RUNS_WITH)
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(running(lbuild, "wheel", "--workspace", cwd=made.folder))
            for _ in range(8)
        ]
        with ThreadPoolExecutor(len(processes)) as pool:
            results = [*pool.map(wait_for_end, processes)]
    assert [result.returncode for result in results] == [0] * 8, results
    assert sorted(made.logged) == sorted(NEEDS), results
    assert {tuple(sorted(result.stdout.splitlines())) for result in results} == {
        tuple(sorted(str(made.wheel(name)) for name in NEEDS))
    }
    assert made.built_with("app") == {"plug": "1"}
    require_sound(lbuild)


# Beside uv


def by_uv(workspace: Path) -> dict[str, Any]:
    """What the wheels hold that uv builds of all members."""
    out = workspace.with_name("by-uv")
    command = [find_uv_bin(), "build", "--all-packages", "--wheel", "--quiet", "-o", str(out)]
    command += ["--python", sys.executable]
    done = subprocess.run(command, capture_output=True, check=False, cwd=workspace, text=True)
    assert done.returncode == 0, done.stderr
    return contents(out.glob("*.whl"))


@pytest.fixture(autouse=True)
def flags(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let compilers leave no paths in what they build."""
    monkeypatch.setenv("CFLAGS", "-g0")
    monkeypatch.setenv("LDFLAGS", "-s -Wl,--build-id=none")


EDITS = (
    ("hplug", "src/hplug/stamp.py", '"stamped"', '"sealed"', {"hplug", "app"}),
    ("shared", "src/shared/__init__.py", "= 7", "= 8", {"shared", "app", "fastsum"}),
    ("core", "src/core/__init__.py", "42", "43", {"core"}),
    ("fastsum", "src/fastsum/first.h", "100", "101", {"fastsum"}),
    ("local", "tools/words.py", "of its own", "of its own, edited", {"local"}),
)
"""A member, a file of it, what is replaced in it by what, and the members that have to be built."""


@pytest.mark.exhaustive
@pytest.mark.parametrize("table", TABLES)
def test_the_wheels_are_those_of_uv(lbuild: Lbuild, tmp_path: Path, table: str) -> None:
    workspace = workspace_of_fixtures(tmp_path / "ours" / "repository", table)
    first = rows(lbuild, workspace)
    assert built(first) == {"app", "core", "fastsum", "hplug", "local", "shared"}
    expected = by_uv(workspace_of_fixtures(tmp_path / "theirs" / "repository"))
    assert contents(Path(row["wheel"]) for row in first.values()) == expected
    assert built(rows(lbuild, workspace)) == set()

    edited = workspace_of_fixtures(tmp_path / "edited" / "repository")
    for member, file, old, new, reached in EDITS:
        for place in (workspace, edited):
            replace(place / "packages" / member / file, old, new)
        assert built(rows(lbuild, workspace)) == reached, (member, file)
    last = rows(lbuild, workspace)
    assert contents(Path(row["wheel"]) for row in last.values()) == by_uv(edited)


@pytest.mark.exhaustive
@pytest.mark.parametrize("table", one_in(2, TABLES))
def test_members_run_with_members(lbuild: Lbuild, tmp_path: Path, table: str) -> None:
    workspace = workspace_of_fixtures(tmp_path / "repository", table)
    python = make_environment(tmp_path / "environment")
    rows(lbuild, workspace, "--python", str(python), command="install")
    app = python.with_name("app")
    assert told_by(app) == "42 7 stamped 7\n"
    replace(workspace / "packages/shared/src/shared/__init__.py", "= 7", "= 8")
    rows(lbuild, workspace, "--python", str(python), command="install")
    assert told_by(app) == "42 8 stamped 8\n"
    told = rows(lbuild, workspace, "--python", str(python), command="status")
    assert [row for row in told.values() if not row["environment"]["current"]] == []

    wheels = tmp_path / "wheels"
    lbuild("wheel", "--workspace", "-o", wheels, "--with-dependencies", cwd=workspace)
    other = make_environment(tmp_path / "other")
    command = [find_uv_bin(), "pip", "install", "--quiet", "--offline", "--no-index"]
    command += ["--find-links", str(wheels), "--python", str(other), "app", "hplug", "fastsum"]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    assert told_by(other.with_name("app")) == "42 8 stamped 8\n"


def told_by(program: Path) -> str:
    """What a program prints."""
    return subprocess.run([program], capture_output=True, check=True, text=True).stdout
