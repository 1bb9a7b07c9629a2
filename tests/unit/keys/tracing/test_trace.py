"""The recorder's log as values: all of it, or a trace that says that it is not all."""

import json
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_keys.tracing.trace import ManifestUse, Spawned, Trace, parse

FOLDERS = {
    "cwd": "/home/ada/demo",
    "prefix": "/env",
    "base_prefix": "/usr",
    "exec_prefix": "/env",
    "stdlib": "/usr/lib/python3.11",
    "executable": "/env/bin/python",
}


def log(*records: tuple[str, Any], **head: object) -> bytes:
    """A log as the recorder writes it: a tag and a payload each, JSON where it is no text."""
    first = ("=", {"format": 2, "process": 7, **FOLDERS, **head})
    return b"".join(
        tag.encode()
        + (os.fsencode(payload) if isinstance(payload, str) else json.dumps(payload).encode())
        + b"\0"
        for tag, payload in (first, *records, (".", "7"))
    )


GOOD = log(
    ("S", "/home/ada/demo/setup.cfg"),
    ("R", "/home/ada/demo/a.py"),
    ("r", "/home/ada/demo/a.py"),
    ("i", "/home/ada/demo/a.py"),
    ("v", "CC"),
    ("l", "/home/ada/demo"),
    ("w", "/home/ada/demo/caf\udce9"),
    ("a", "/home/ada/demo/log.txt"),
    ("V", "/env/lib/tool.py:read"),
    ("x", [["git", "describe"], "/home/ada/demo", None]),
    ("x", [["cc", "-c", "caf\udce9"], "/", "/usr/bin/cc"]),
    ("X", "hg"),
    ("b", ["l", "/home/ada", "/env/tool.py:find"]),
    ("b", ["s", "/home/ada/caf\udce9", "/env/tool.py:find"]),
    ("b", ["s", "/home/ada/caf\udce9", "/env/other.py:find"]),
    ("b", ["S", "/home/ada/x", "/env/tool.py:find"]),
    ("s", "/home/ada/x"),
    ("n", "/env/lib/python3.11/site-packages/fast.so"),
    ("u", "it forgot itself"),
    ("r", "/home/ada/demo/a.py"),
    ("s", "/home/ada/demo/a.py"),
)


def test_everything_is_told_in_the_order_in_which_it_was_done_first() -> None:
    assert parse(GOOD) == Trace(
        folders=FOLDERS,
        accesses=(
            ("looked at", "/home/ada/demo/setup.cfg"),
            ("read", "/home/ada/demo/a.py"),
            ("listed", "/home/ada/demo"),
            ("written", "/home/ada/demo/caf\udce9"),
            ("added to", "/home/ada/demo/log.txt"),
            ("listed", "/home/ada"),
            ("looked at", "/home/ada/caf\udce9"),
            ("looked at", "/home/ada/x"),
            ("looked at", "/home/ada/demo/a.py"),
        ),
        found=frozenset({"/home/ada/demo/a.py", "/home/ada/x", "/home/ada/caf\udce9"}),
        missed=frozenset({"/home/ada/demo/setup.cfg", "/home/ada/demo/a.py", "/home/ada/x"}),
        above={
            ("listed", "/home/ada"): frozenset({"/env/tool.py:find"}),
            ("looked at", "/home/ada/caf\udce9"): frozenset(
                {"/env/tool.py:find", "/env/other.py:find"}
            ),
        },
        imported=("/home/ada/demo/a.py",),
        variables=("CC",),
        enumerations=("/env/lib/tool.py:read",),
        spawned=(
            Spawned(("git", "describe"), "/home/ada/demo", None),
            Spawned(("cc", "-c", "caf\udce9"), "/", "/usr/bin/cc"),
        ),
        sought=("hg",),
        libraries=("/env/lib/python3.11/site-packages/fast.so",),
        problems=("it forgot itself",),
    )


def test_who_opened_a_file_is_told_if_it_was_used_in_no_other_way() -> None:
    opened = [("t", ["/demo/pyproject.toml", by]) for by in ("/a.py:f", "/b.py:g")]
    trace = parse(log(*opened))
    assert trace.accesses == (("read", "/demo/pyproject.toml"),)
    assert trace.readers == {"/demo/pyproject.toml": {"/a.py:f", "/b.py:g"}}
    trace = parse(log(*opened, ("r", "/demo/pyproject.toml")))
    assert trace.accesses == (("read", "/demo/pyproject.toml"),)
    assert trace.readers == {}


def test_which_names_were_used_is_told_if_no_others_were() -> None:
    listed = [("g", ["/demo", glob]) for glob in ("*.py", "LICEN[CS]E*")]
    trace = parse(log(*listed))
    assert trace.accesses == (("listed", "/demo"),)
    assert trace.wanted == {"/demo": {"*.py", "LICEN[CS]E*"}}
    assert parse(log(*listed, ("l", "/demo"))).wanted == {}


def test_a_hook_that_did_nothing() -> None:
    assert parse(log()) == Trace(folders=FOLDERS)


def test_names_may_hold_anything_but_null() -> None:
    odd = " =x[\n\t\\\"'é\udcff"
    trace = parse(log(("r", odd), ("v", odd), ("x", [[odd], odd, odd])))
    assert trace.accesses == (("read", odd),)
    assert trace.variables == (odd,)
    assert trace.spawned == (Spawned((odd,), odd, odd),)


# What is not all


def test_a_log_that_is_missing() -> None:
    [problem] = parse(None).problems
    assert "could not be written" in problem


@pytest.mark.parametrize("end", range(len(log(("r", "/a"), ("x", [["git"], "/", None])))))
def test_a_log_that_was_cut_short_tells(end: int) -> None:
    whole = log(("r", "/a"), ("x", [["git"], "/", None]))
    assert parse(whole[:end]).problems


def test_what_a_process_recorded_before_it_was_killed_is_told() -> None:
    """What it left in the project has to be removed."""
    trace = parse(log(("w", "/home/ada/demo/build/lib/a.py")).removesuffix(b".7\0"))
    assert trace.accesses == (("written", "/home/ada/demo/build/lib/a.py"),)
    assert trace.problems == ("the trace of the hook is incomplete",)


def test_only_the_process_itself_can_tell_that_its_records_are_all_there() -> None:
    log_of_child = log(("r", "/a")).removesuffix(b".7\0") + b".8\0"
    assert parse(log_of_child).problems == ("the trace of the hook is incomplete",)


DAMAGES = {
    "nothing": b"",
    "only nulls": b"\0\0",
    "no head": b"r/a\0",
    "another format": log(format=1),
    "no format": log().replace(b'"format": 2, ', b""),
    "a head that is no object": b"=[1]\0",
    "a head that is no JSON": b"={\0",
    "a head that is not marked": log()[1:],
    "an unknown tag": log(("z", "/a")),
    "an empty record": log() + b"\0",
    "two heads": log(("=", FOLDERS)),
    "a program that is no JSON": log(("x", "git")),
    "a program without a folder": log(("x", [["git"]])),
    "a program without arguments": log(("x", [None, "/", None])),
    "a program that is an object": log(("x", {})),
    "a program that is nothing": log(("x", None)),
    "arguments that are an object": log(("x", [["git"], "/", {}])),
}


@pytest.mark.parametrize("damaged", DAMAGES.values(), ids=DAMAGES)
def test_a_log_that_is_damaged(damaged: bytes) -> None:
    trace = parse(damaged)
    assert len(trace.problems) == 1
    assert trace == Trace(folders={}, problems=trace.problems)


def test_no_damage_of_a_byte_raises() -> None:
    for place in range(len(GOOD)):
        for byte in (0, 1, 0x22, 0x5B, 0x78, 0x80, 0xFF, GOOD[place] ^ 1):
            trace = parse(GOOD[:place] + bytes([byte]) + GOOD[place + 1 :])
            assert all(isinstance(problem, str) for problem in trace.problems)
            assert all(one.executable is None or one.executable for one in trace.spawned)
        parse(GOOD[:place] + GOOD[place + 1 :])


@given(st.binary() | st.binary().map(lambda more: log() + more + b"\0"))
def test_nothing_at_all_raises(content: bytes) -> None:
    assert isinstance(parse(content), Trace)


# Round trip

paths = st.binary(max_size=8).map(lambda raw: os.fsdecode(raw.replace(b"\0", b"")))
programs = st.builds(
    Spawned, st.lists(paths, max_size=3).map(tuple), paths, st.none() | paths.filter(bool)
)
records = st.lists(
    st.tuples(st.sampled_from("riwalsvVnu"), paths) | st.tuples(st.just("x"), programs), max_size=12
)


@given(records)
def test_what_was_recorded_comes_back(done: list[tuple[str, Any]]) -> None:
    trace = parse(log(*((t, [p.args, p.folder, p.executable] if t == "x" else p) for t, p in done)))
    kinds = {"r": "read", "w": "written", "a": "added to", "l": "listed", "s": "looked at"}
    first = list(dict.fromkeys(done))
    assert list(trace.accesses) == [(kinds[t], path) for t, path in first if t in kinds]
    for tag, found in {
        "i": trace.imported,
        "v": trace.variables,
        "V": trace.enumerations,
        "x": trace.spawned,
        "n": trace.libraries,
        "u": trace.problems,
    }.items():
        assert list(found) == [payload for t, payload in first if t == tag]


def test_what_is_only_for_a_manifest_is_kept_apart() -> None:
    demo = "/home/ada/demo"
    trace = parse(
        log(
            ("g", [demo, "*.py"]),
            ("c", ["l", demo, ["egg_info"]]),
            ("c", ["g", json.dumps([f"{demo}/docs", "*.md"]), ["egg_info"]]),
            ("c", ["s", f"{demo}/a", ["egg_info"]]),
            ("c", ["s", f"{demo}/b", ["bdist_wheel"]]),
            ("s", f"{demo}/b"),
            ("p", ["setuptools"]),
        )
    )
    assert trace.accesses == (
        ("listed", demo),
        ("listed", f"{demo}/docs"),
        ("looked at", f"{demo}/a"),
        ("looked at", f"{demo}/b"),
    )
    assert trace.wanted == {f"{demo}/docs": frozenset({"*.md"})}
    assert trace.manifest == ManifestUse(
        accesses=frozenset({("listed", f"{demo}/docs"), ("looked at", f"{demo}/a")}),
        wanted={demo: frozenset({"*.py"})},
        commands=frozenset({"egg_info", "bdist_wheel"}),
        packages=frozenset({"setuptools"}),
    )
