"""``PROJECT[EXTRA,...]``: what is the project, and what are extras."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_frontend.errors import LbuildError
from lbuild_frontend.installs import extras
from lbuild_keys.pep508 import normalize_name

NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?", fullmatch=True)


@pytest.mark.parametrize(
    ("word", "project", "names"),
    [
        (".", ".", ()),
        ("", "", ()),
        ("[test]", ".", ("test",)),
        (".[test,docs]", ".", ("docs", "test")),
        ("a/b c[ Test_1 , test.1 ]", "a/b c", ("test-1",)),
        ("a[b][c]", "a[b]", ("c",)),
        ("a[b]c", "a[b]c", ()),
        ("demo-1.0.tar.gz[test]", "demo-1.0.tar.gz", ("test",)),
    ],
)
def test_split(word: str, project: str, names: tuple[str, ...]) -> None:
    assert extras.split(word) == (project, names)


@given(st.lists(NAMES, min_size=1))
def test_all_names_are_found(names: list[str]) -> None:
    project, found = extras.split(f"some/project[{', '.join(names)}]")
    assert (project, set(found)) == ("some/project", set(map(normalize_name, names)))


def test_a_folder_with_brackets_in_its_name_has_no_extras(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a[b]").mkdir()
    assert extras.split("a[b]") == ("a[b]", ())
    assert extras.split("a[b][c]") == ("a[b]", ("c",))


@pytest.mark.parametrize("names", ["", "a,", "a b", "-a", "é", "a/b"])
def test_what_is_no_name(names: str) -> None:
    with pytest.raises(LbuildError, match="is not the name of an extra"):
        extras.split(f".[{names}]")


def test_a_missing_extra_is_named_with_those_that_are_there() -> None:
    extras.check(["a-b"], ["A_B"], "demo", Path("demo"))
    with pytest.raises(LbuildError, match=r"no extra x, y\. It has: A_B, c\.$"):
        extras.check(["y", "x", "c"], ["c", "A_B"], "demo", Path("demo"))
    with pytest.raises(LbuildError, match=r"It has no extras\.$"):
        extras.check(["y"], [], "demo", Path("demo"))
