"""Results as text and as JSON."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from lbuild_frontend.model.outcome import NearestBuild
from lbuild_frontend.model.results import (
    EnvironmentState,
    FailedResult,
    Failure,
    InstallResult,
    MetadataResult,
    StatusResult,
    WheelResult,
)
from lbuild_frontend.output import json_rows, results
from lbuild_frontend.output.look import Look
from lbuild_keys.decision.reasons import EnvironmentChanged, FileAdded, FileChanged, Reason
from lbuild_keys.model import ABSENT, Input, State, declared, present, traced
from support.strategies import DIGEST, seen

CHANGED = FileChanged(
    path="src/a.py", old=present("1" * 64), new=present("2" * 64), source=declared("--inputs tree")
)
ADDED = FileAdded(path="b" * 50, old=ABSENT, new=present("1"), source=declared("tool.x[0]"))
SET = EnvironmentChanged(name="CC", old=ABSENT, new=present("1"), source=declared("y"))


FIELDS: dict[str, Any] = {
    "project": Path("/home/ada/demo"),
    "name": "demo",
    "version": "0.1.0",
    "hook": "build_wheel",
    "action": "built",
    "sha256": DIGEST,
    "same_as_earlier": False,
    "key": DIGEST,
    "reasons": (CHANGED,),
    "nearest": None,
    "seconds": 0.314159,
    "built_at": 1e9,
    "cache": Path("/home/ada/.cache/lbuild"),
}


def delivered(**changes: Any) -> WheelResult:
    fields = {"wheel": Path("/home/ada/demo/dist/demo.whl"), "unchanged": False}
    return WheelResult(**(FIELDS | fields | changes))


def reused(**changes: Any) -> WheelResult:
    return delivered(**({"action": "reused", "reasons": (), "built_at": time.time()} | changes))


def prepared(metadata: bytes = b"Name: demo\n", **changes: Any) -> MetadataResult:
    hook = "prepare_metadata_for_build_wheel"
    return MetadataResult(**(FIELDS | {"hook": hook, "metadata": metadata} | changes))


def status(**changes: Any) -> StatusResult:
    fields: dict[str, Any] = {
        "project": Path("/home/ada/demo"),
        "name": "demo",
        "version": "0.1.0",
        "verdict": "reuse",
        "key": DIGEST,
        "wheel": Path("/home/ada/demo/dist/demo.whl"),
        "outdated": None,
        "out_dir": None,
        "reasons": (),
        "nearest": None,
        "inputs": {},
        "cache": Path("/home/ada/.cache/lbuild"),
    }
    return StatusResult(**(fields | changes))


# wheel

NEAREST = NearestBuild("/ci/job1", DIGEST, 1e9)


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        ((SET,), "variable CC (unset -> set)"),
        ((CHANGED,), "src/a.py"),
        ((CHANGED, SET), "src/a.py (and 1 more)"),
    ],
)
def test_a_build_of_another_folder_is_named(reasons: tuple[Reason, ...], words: str) -> None:
    line = f"last built in /ci/job1; differs here: {words}"
    told = results.done(delivered(reasons=reasons, nearest=NEAREST))
    assert told == f"demo 0.1.0: built in 0.31 s, {line}"
    due = status(verdict="rebuild", wheel=None, version=None, reasons=reasons, nearest=NEAREST)
    first, second, *rows = results.status(due)
    assert (first, second) == ("demo: a rebuild is due", f"  {line}")
    assert len(rows) == len(reasons)
    expected = {"folder": "/ci/job1", "key": DIGEST, "built_at": "2001-09-09T01:46:40Z"}
    both = [delivered(reasons=reasons, nearest=NEAREST), due]
    assert [row["nearest"] for row in json.loads(json_rows.as_json(both))] == [expected, expected]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "demo 0.1.0: built in 0.31 s, src/a.py changed"),
        (
            {"reasons": (CHANGED, ADDED)},
            "demo 0.1.0: built in 0.31 s, src/a.py changed (and 1 more)",
        ),
        (
            {"same_as_earlier": True},
            "demo 0.1.0: built in 0.31 s, src/a.py changed; identical to an earlier build",
        ),
        (
            {
                "reasons": (SET, CHANGED, ADDED),
                "unchanged": True,
                "same_as_earlier": True,
                "seconds": 12.0,
            },
            (
                "demo 0.1.0: built in 12.00 s, $CC changed (unset -> set) (and 2 more)"
                "; the wheel is the same as before"
            ),
        ),
    ],
)
def test_what_was_built(changes: dict[str, Any], line: str) -> None:
    assert results.done(delivered(**changes)) == line


def test_what_was_prepared() -> None:
    assert results.done(prepared()) == "demo 0.1.0: prepared in 0.31 s, src/a.py changed"
    same = results.done(prepared(same_as_earlier=True))
    assert same.endswith("src/a.py changed; identical to an earlier build")


def test_what_was_reused() -> None:
    line = results.done(reused())
    assert line.startswith("demo 0.1.0: reused, nothing changed since ")


def test_the_json_of_wheel() -> None:
    built = delivered(reasons=(CHANGED, SET))
    [first, second] = json.loads(json_rows.as_json([built, reused(key=None)]))
    assert first == {
        "project": "/home/ada/demo",
        "name": "demo",
        "version": "0.1.0",
        "hook": "build_wheel",
        "action": "built",
        "wheel": "/home/ada/demo/dist/demo.whl",
        "unchanged": False,
        "sha256": DIGEST,
        "same_as_earlier": False,
        "key": DIGEST,
        "reasons": first["reasons"],
        "nearest": None,
        "seconds": 0.314,
        "built_at": "2001-09-09T01:46:40Z",
        "cache": "/home/ada/.cache/lbuild",
        "warnings": [],
    }
    assert [why["kind"] for why in first["reasons"]] == ["file-changed", "environment-changed"]
    assert (second["action"], second["key"], second["reasons"]) == ("reused", None, [])
    assert json.loads(json_rows.as_json([])) == []


def test_the_json_of_metadata() -> None:
    odd = prepared(metadata=b"Name: caf\xe9\n")
    [row] = json.loads(json_rows.as_json([odd]))
    assert row["metadata"] == {"name": "caf\ufffd"}
    assert row["hook"] == "prepare_metadata_for_build_wheel"
    assert not {"wheel", "unchanged"} & row.keys()


@pytest.mark.parametrize("log", [None, Path("/cache/a log")])
def test_the_json_of_an_error(log: Path | None) -> None:
    failed = FailedResult(Path("/p"), "", Failure("cache", "No\nroom.", log))
    first, second = json.loads(json_rows.as_json([failed, delivered()]))
    told = None if log is None else str(log)
    assert first == {
        "project": "/p",
        "error": {"kind": "cache", "message": "No\nroom.", "log": told},
    }
    assert second["action"] == "built"


# status


def test_up_to_date() -> None:
    assert results.status(status()) == ["demo 0.1.0: up to date"]


def test_not_delivered() -> None:
    expected = "demo 0.1.0: nothing to build; run lbuild wheel to deliver the wheel from the cache"
    assert results.status(status(wheel=None)) == [expected]


def test_something_else_was_delivered() -> None:
    lines = results.status(status(wheel=None, outdated=Path("/dist/demo.whl")))
    assert lines == [
        "demo 0.1.0: nothing to build, but /dist/demo.whl is out of date; run lbuild wheel"
    ]


def test_the_command_that_delivers_has_the_same_out_dir() -> None:
    [line] = results.status(status(wheel=None, out_dir=Path("my wheels")))
    assert "run lbuild wheel -o 'my wheels' to deliver" in line


def due(*reasons: Reason, **changes: Any) -> list[str]:
    return results.status(status(verdict="rebuild", wheel=None, reasons=reasons, **changes))


def test_a_rebuild_is_due() -> None:
    assert due(SET, version=None)[0] == "demo: a rebuild is due"
    assert due(CHANGED, ADDED, SET) == [
        "demo 0.1.0: a rebuild is due",
        f"  changed  src/a.py{' ' * 32}  --inputs tree  11111111 -> 22222222",
        f"  added    {'b' * 50}  tool.x[0]",
        f"  env      CC{' ' * 38}  y              unset -> set",
    ]


def test_columns_are_as_wide_as_they_have_to_be() -> None:
    assert due(CHANGED, SET)[1:] == [
        "  changed  src/a.py  --inputs tree  11111111 -> 22222222",
        "  env      CC        y              unset -> set",
    ]
    assert not any(line.endswith(" ") for line in due(ADDED))


def test_all_reasons_of_a_build() -> None:
    assert results.all_reasons(delivered(reasons=(SET,))) == ["  env  CC  y  unset -> set"]


def test_what_was_traced_is_told_by_what_the_hook_did() -> None:
    read = FileChanged(
        path="a.py", old=present("1"), new=present("2"), source=traced("read by build_wheel")
    )
    assert due(read)[1:] == ["  changed  a.py  read by build_wheel  1 -> 2"]
    listed = {Input("listing", "src"): seen("[]", traced("listed by build_wheel"))}
    assert results.inputs(status(inputs=listed)) == ["  listing  src  listed by build_wheel"]


def test_in_a_narrow_terminal_what_belongs_together_stands_together() -> None:
    told = delivered(reasons=(CHANGED, SET))
    wide = results.all_reasons(told, Look(80))
    assert wide == results.all_reasons(told)
    assert results.all_reasons(told, Look(max(map(len, wide)))) == wide
    assert results.all_reasons(told, Look(40)) == [
        "  changed  src/a.py",
        "           --inputs tree",
        "           11111111 -> 22222222",
        "  env      CC",
        "           y",
        "           unset -> set",
    ]


def test_all_inputs() -> None:
    inputs = {
        Input("interpreter", "python"): seen("CPython", declared("--python")),
        Input("file", "a.py"): seen("1", declared("--inputs tree")),
        Input("file", "gone.py"): seen(ABSENT),
        Input("file", "closed.py"): seen(State("unreadable", "denied"), declared("x")),
    }
    assert results.inputs(status(inputs=inputs)) == [
        "  file         a.py       --inputs tree",
        "  file         closed.py  x",
        "  interpreter  python     --python",
    ]
    assert results.inputs(status()) == []
    assert results.inputs(status(inputs=inputs, verdict="rebuild", reasons=(SET,)))[:2] == [
        "  all inputs:",
        "  file         a.py       --inputs tree",
    ]


def test_the_json_of_status() -> None:
    inputs = {Input("file", name): seen(state) for name, state in {"a": "1", "b": ABSENT}.items()}
    outcomes = [
        status(inputs=inputs),
        status(verdict="rebuild", wheel=None, version=None, key=None, reasons=(CHANGED,)),
        status(wheel=None, outdated=Path("/dist/demo.whl")),
    ]
    [up_to_date, stale, outdated] = json.loads(json_rows.as_json(outcomes))
    assert up_to_date == {
        "project": "/home/ada/demo",
        "name": "demo",
        "version": "0.1.0",
        "verdict": "reuse",
        "key": DIGEST,
        "wheel": "/home/ada/demo/dist/demo.whl",
        "outdated": None,
        "out_dir": None,
        "reasons": [],
        "nearest": None,
        "inputs": {"file": 1},
        "cache": "/home/ada/.cache/lbuild",
        "last_build": None,
    }
    assert (stale["verdict"], stale["key"], stale["wheel"]) == ("rebuild", None, None)
    [why] = stale["reasons"]
    assert (why["path"], why["old"], why["new"]) == ("src/a.py", "1" * 64, "2" * 64)
    assert (outdated["verdict"], outdated["wheel"]) == ("reuse", None)


def test_names_that_are_not_utf_8_are_json_all_the_same() -> None:
    odd = CHANGED._replace(path="caf\udce9")
    text = json_rows.as_json([status(project=Path("caf\udce9"), reasons=(odd,))])
    assert text.isascii()
    assert json.loads(text)[0]["reasons"][0]["path"] == "caf\udce9"


COLORED = Look(has_colors=True)


def test_what_is_coloured() -> None:
    name = "\x1b[1mdemo 0.1.0\x1b[0m"
    assert results.done(reused(), COLORED).startswith(
        f"{name}: \x1b[32mreused\x1b[0m, nothing changed"
    )
    assert results.done(delivered(), COLORED).startswith(f"{name}: \x1b[32mbuilt\x1b[0m in")
    assert results.status(status(), COLORED) == [f"{name}: \x1b[32mup to date\x1b[0m"]
    first, *rows = results.status(
        status(verdict="rebuild", wheel=None, reasons=(CHANGED,)), COLORED
    )
    assert first == f"{name}: \x1b[1;33ma rebuild is due\x1b[0m"
    assert rows[0].startswith("  \x1b[36mchanged\x1b[0m  \x1b[1msrc/a.py\x1b[0m")


def installation(**changes: Any) -> InstallResult:
    fields: dict[str, Any] = {
        "action": "unchanged",
        "wheel": None,
        "unchanged": True,
        "built": True,
        "due": False,
        "environment": Path("/home/ada/env"),
        "editable": False,
        "problem": None,
        "requirements": (),
        "dry_run": False,
    }
    return InstallResult(**(FIELDS | fields | changes))


REUSED: dict[str, Any] = {
    "built": False,
    "reasons": (),
    "seconds": 0.2,
    "built_at": time.time(),
}
REPLACED: dict[str, Any] = {"action": "replaced", "problem": "it was installed from another wheel"}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"action": "installed", "problem": "it is not installed"},
            "built and installed into /home/ada/env in 0.31 s, src/a.py changed",
        ),
        (
            REPLACED | {"editable": True},
            "built and replaced in /home/ada/env as editable in 0.31 s, src/a.py changed",
        ),
        (
            REUSED | REPLACED | {"problem": "a.py was changed", "requirements": ("six", "a -> b")},
            "replaced in /home/ada/env in 0.20 s, because a.py was changed; missing: six, a -> b",
        ),
        (
            REUSED | {"action": "installed", "problem": "it is not installed"},
            "installed into /home/ada/env in 0.20 s",
        ),
        (
            REUSED | {"action": "installed", "requirements": ("six",)},
            "requirements installed into /home/ada/env in 0.20 s; missing: six",
        ),
        ({}, "built, unchanged in /home/ada/env in 0.31 s, src/a.py changed"),
        (
            REPLACED | {"built": False, "due": True, "dry_run": True},
            "would be built and replaced in /home/ada/env, src/a.py changed",
        ),
        (
            REUSED | {"action": "installed", "requirements": ("six",), "dry_run": True},
            "requirements would be installed into /home/ada/env; missing: six",
        ),
    ],
)
def test_what_was_installed(changes: dict[str, Any], line: str) -> None:
    assert results.installed(installation(**changes)) == f"demo 0.1.0: {line}"


def test_an_environment_that_is_unchanged() -> None:
    line = results.installed(installation(**REUSED))
    assert line.startswith("demo 0.1.0: unchanged in /home/ada/env, nothing changed since ")


@pytest.mark.parametrize("problem", [None, "it is not installed"])
def test_what_status_says_of_an_environment(problem: str | None) -> None:
    environment = EnvironmentState(Path("/env"), problem is None, problem)
    last = results.status(status(environment=environment))[-1]
    if problem is None:
        assert last == "  /env: runs the code of this tree"
    else:
        told = f"because {problem}; run lbuild install"
        assert last == f"  /env: does not run the code of this tree, {told}"
