"""What became of several projects, as tables and counts."""

from pathlib import Path
from typing import Any

import pytest

from lbuild_frontend.model.results import (
    EnvironmentState,
    FailedResult,
    Failure,
    InstallResult,
    NeededResult,
    SdistResult,
    StatusResult,
    WheelResult,
)
from lbuild_frontend.output import summary
from lbuild_frontend.output.look import Look, columns
from lbuild_keys.decision.reasons import FileChanged
from lbuild_keys.model import declared, present

CHANGED = FileChanged(
    path="src/a.py", old=present("1" * 64), new=present("2" * 64), source=declared("x")
)


def fields(name: str, *, built: bool = True) -> dict[str, Any]:
    return {
        "project": Path("/home/ada", name),
        "name": name,
        "version": "1.0",
        "hook": "build_wheel",
        "action": "built" if built else "reused",
        "sha256": "",
        "same_as_earlier": False,
        "key": None,
        "reasons": (CHANGED,) if built else (),
        "nearest": None,
        "seconds": 0.314159,
        "built_at": 0.0,
        "cache": None,
    }


def wheel(name: str, *, built: bool = True) -> WheelResult:
    path = Path(f"/out/{name}.whl")
    return WheelResult(**fields(name, built=built), wheel=path, unchanged=not built)


def member(name: str, *, built: bool) -> NeededResult:
    return NeededResult(**fields(name, built=built), wheel=None, needed_by=("app", "ui"))


def failed(name: str, kind: str = "build-failed", message: str = "") -> FailedResult:
    error = Failure(kind, message or f"{name}: it failed.\nMore.", None)
    return FailedResult(Path("/home/ada", name), "", error)


def test_the_table_of_what_was_done() -> None:
    rows = [
        member("core", built=False),
        member("hplug", built=True),
        wheel("long-name", built=False),
        SdistResult(**fields("ui"), sdist=Path("/out/ui.tar.gz"), unchanged=False),
        failed("broken"),
        failed("app", "skipped", "skipped, because broken failed"),
        failed("ui", "skipped", "ui: not installed, because broken failed"),
        failed("web", "interrupted", "interrupted before its turn."),
    ]
    counts = (
        "8 projects: 2 built, 2 reused, 1 failed (broken), "
        "2 skipped (app and ui, because broken failed), 1 interrupted (web)"
    )
    assert summary.done(rows) == [
        "  core 1.0       reused               needed by app and ui",
        "  hplug 1.0      built        0.31 s  src/a.py changed",
        "  long-name 1.0  reused",
        "  ui 1.0         built        0.31 s  src/a.py changed",
        "  broken         failed               it failed.",
        "  app            skipped              because broken failed",
        "  ui             skipped              because broken failed",
        "  web            interrupted          before its turn.",
        counts,
    ]
    assert summary.is_mixed(rows)
    assert not summary.is_mixed(rows[:4])
    assert not summary.is_mixed([failed("a"), failed("b")])
    assert summary.is_mixed([failed("a"), failed("b", "skipped")])


def test_of_many_projects_those_are_counted_that_nothing_was_done_for() -> None:
    rows = [wheel(f"p{number}", built=number == 7) for number in range(21)]
    assert summary.done(rows) == [
        "  p7 1.0  built  0.31 s  src/a.py changed",
        "21 projects: 1 built, 20 reused",
    ]
    assert len(summary.done(rows, in_full=True)) == 22
    assert len(summary.done(rows[:20])) == 21


@pytest.mark.parametrize("width", [80, 40, 20])
def test_the_table_fits_the_terminal(width: int) -> None:
    why = f"{'long ' * 30}reason"
    rows = [wheel("core"), failed("broken", message=why), failed("a" * 60, message="?")]
    lines = summary.done(rows, Look(width))
    assert all(columns(line) <= width or "a" * 60 in line for line in lines)
    assert "".join("".join(lines).split()).count("longlong") == 15


def test_a_reason_is_broken_within_its_column() -> None:
    lines = summary.done([failed("core", message="one two " * 7)], Look(60))
    first, second, _ = lines
    assert first.index("one") == second.index(second.split()[0])


def test_the_names_of_many() -> None:
    skipped = [failed(f"p{n}", "skipped", "skipped, because a failed") for n in range(9)]
    skipped.append(failed("q", "skipped", "skipped, because b failed"))
    assert summary.counts([failed("a"), failed("b"), *skipped]) == (
        "12 projects: 2 failed (a and b), "
        "10 skipped (p0, p1, p2 and 6 more, because a failed; q, because b failed)"
    )
    assert summary.counts([]) == "0 projects: nothing to do"


BUILT: dict[str, Any] = {"built": True, "reasons": (CHANGED,)}


@pytest.mark.parametrize(
    ("changes", "what", "why"),
    [
        ({}, "unchanged", ""),
        ({"problem": "it is 0.9", "action": "replaced"}, "replaced", "it is 0.9"),
        ({"problem": "it is not there", "action": "installed"}, "installed", ""),
        ({"requirements": ("rich",), "action": "installed"}, "installed", "missing: rich"),
        (
            {"requirements": ("rich",), "action": "installed", "dry_run": True},
            "would be installed",
            "missing: rich",
        ),
        (BUILT | {"problem": "-", "action": "installed"}, "installed", "src/a.py changed"),
        (BUILT | {"editable": True}, "built", "src/a.py changed"),
    ],
)
def test_what_was_installed(changes: dict[str, Any], what: str, why: str) -> None:
    usual: dict[str, Any] = {
        "action": "unchanged",
        "wheel": None,
        "unchanged": True,
        "built": False,
        "due": False,
        "environment": Path("/venv"),
        "problem": None,
        "requirements": (),
        "editable": False,
        "dry_run": False,
    }
    result = InstallResult(**(fields("core", built=False) | usual | changes))
    row, counted = summary.done([result])
    seconds = "" if what in ("unchanged", "would be installed") else "0.31 s"
    cells = [cell for cell in row.split("  ") if cell]
    assert cells == ["core 1.0", what, *filter(None, (seconds, why))]
    assert counted == f"1 project in /venv: 1 {what}"


@pytest.mark.parametrize(
    ("changes", "row", "counted"),
    [
        ({}, "core 1.0  up to date", "1 up to date"),
        (
            {"verdict": "rebuild", "reasons": (CHANGED,) * 3, "version": None},
            "core  rebuild  src/a.py changed (and 2 more)",
            "1 to rebuild",
        ),
        ({"wheel": None}, "core 1.0  deliver  the wheel is in the cache only", "1 to deliver"),
        (
            {"wheel": None, "outdated": Path("/d/a.whl")},
            "core 1.0  deliver  /d/a.whl is out of date",
            "1 to deliver",
        ),
        (
            {"environment": EnvironmentState(Path("/venv"), True, None)},
            "core 1.0  up to date",
            "1 up to date",
        ),
        (
            {"environment": EnvironmentState(Path("/venv"), False, "it is 0.9")},
            "core 1.0  install  /venv: it is 0.9",
            "1 to install",
        ),
    ],
)
def test_the_table_of_status(changes: dict[str, Any], row: str, counted: str) -> None:
    usual: dict[str, Any] = {
        "project": Path("/home/ada/core"),
        "cache": None,
        "name": "core",
        "version": "1.0",
        "verdict": "reuse",
        "out_dir": None,
        "key": None,
        "wheel": Path("/home/ada/core/dist/core.whl"),
        "outdated": None,
        "reasons": (),
        "nearest": None,
        "inputs": {},
    }
    found = StatusResult(**(usual | changes))
    assert summary.status([found]) == [f"  {row}", f"1 project: {counted}"]
    if found.verdict == "reuse":
        [shown, _] = summary.status([found], only_needed={found.project})
        assert shown == "  core 1.0  up to date", "its wheel is delivered nowhere"
