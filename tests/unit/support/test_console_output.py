"""How outputs are compared with those of a page."""

import pytest

from support.console_output import (
    difference,
    matches,
    normalized,
    readable_lines,
    updated,
)


@pytest.mark.parametrize(
    ("in_page", "shown"),
    [
        ("built in 1.66 s, first build here", "built in 12.3 s, first build here"),
        ("since 14:02", "since 2026-12-01 09:59"),
        ("since 2024-02-29", "since 2026-12-01"),
        ("5b98c30b -> a6385912", "00000000 -> ffffffff"),
        ('"built_at": "2026-12-01T09:59:01Z"', '"built_at": "2026-12-01T10:00:00.1+00:00"'),
        ("1009 B", "2.1 MiB"),
        ('"seconds": 0.0,', '"seconds": 1.25e-3,'),
        ("demo-0.1.0-cp311-cp311-linux_x86_64.whl", "demo-0.1.0-cp314-cp314-macosx_11_0_arm64.whl"),
        ("using CPython 3.11.14 at python3.11", "using CPython 3.14.0 at python3.14"),
        (
            "py: OK (0.5=setup[0.1]+cmd[0.2,0.3] seconds)",
            "py: OK (1.5=setup[1.1]+cmd[2.2,9.3] seconds)",
        ),
        ("size  1 kB   of", "size  100 kB of".replace(" of", "  of")),
        ("========= 1 passed in 0.01s =========", "======= 1 passed in 10.02s ======="),
        ("Session tests was successful.", "Session tests was successful in a second."),
        ("Session tests was successful.", "Session tests was successful in 12 seconds."),
    ],
)
def test_what_differs_in_each_run(in_page: str, shown: str) -> None:
    assert matches([in_page], [shown])


@pytest.mark.parametrize(
    ("in_page", "shown"),
    [
        ("built in 1.66 s", "reused in 1.66 s"),
        ("demo 0.1.0: built", "demo 0.2.0: built"),
        ("3 files", "4 files"),
        ("  indented", "indented"),
        ("hatchling==1.26", "hatchling==1.27"),
        ("added", "changed"),
        ("5b98c30b", "gone"),
    ],
)
def test_what_may_not_differ(in_page: str, shown: str) -> None:
    assert not matches([in_page], [shown])


@pytest.mark.parametrize(
    ("in_page", "shown", "expected"),
    [
        ("", "", True),
        ("a", "", False),
        ("", "a", False),
        ("a ...", "a", True),
        ("a ...", "a b c", True),
        ("... c", "a b c", True),
        ("...", "", True),
        ("a ... c", "a b c", True),
        ("a ... c", "a b", False),
        ("a ... a", "a", False),
        ("... b ...", "a b c", True),
        ("... b ...", "a c", False),
        ("... b ... b", "a b c b", True),
        ("... b ... b", "a b c", False),
        ("a ... b ... c d", "a x b y c d", True),
        ("a ... b ... c d", "a x y c d", False),
    ],
)
def test_dots_stand_for_any_lines(in_page: str, shown: str, expected: bool) -> None:
    assert matches(in_page.split(), shown.split()) == expected


def test_an_update_keeps_lines_that_are_right() -> None:
    old = ["built in 1.66 s", "old", "since 14:02"]
    new = ["built in 2.00 s", "new", "more", "since 15:03"]
    assert updated(old, new) == ("built in 1.66 s", "new", "more", "since 14:02")


def test_an_update_keeps_dots() -> None:
    assert updated(["a", "...", "d"], ["a", "b", "c", "d"]) == ("a", "...", "d")
    assert updated(["a", "...", "d", "e"], ["a", "b", "c", "d", "f"]) == ("a", "...", "d", "f")


def test_folders_of_this_machine_are_not_shown() -> None:
    names = {"/private/x/ada": "/home/ada", "/private/x": "/var"}
    output = "/private/x/ada/demo  \n\n/private/x/y\n\n"
    assert readable_lines(output, names) == ("/home/ada/demo", "", "/var/y")
    assert readable_lines(" \n", names) == ()


def test_a_difference_shows_placeholders() -> None:
    shown = difference(["built in 1.66 s", "old"], ["built in 3 s", "new"])
    assert shown.splitlines()[3:] == [" built in <seconds>", "-old", "+new"]


def test_a_difference_keeps_dots() -> None:
    shown = difference(["a", "...", "d"], ["a", "b", "c", "e"])
    assert shown.splitlines()[3:] == [" a", " ...", "-d", "+e"]


def test_placeholders_do_not_meet_words() -> None:
    line = "lbuild-frontend 0.1.0: added src/demo/facade.py, read by build_wheel; 3 more"
    assert normalized(line) == line
