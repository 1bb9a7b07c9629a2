"""Which entries are meant by names and globs."""

from pathlib import Path

import pytest

from lbuild_frontend.cache.store import StoredEntry
from lbuild_frontend.maintenance import selection
from lbuild_frontend.maintenance.inventory import Item
from support.strategies import entry


def an_item(hook: str = "build_wheel", identity: str = "my-demo", **changes: object) -> Item:
    path = Path("/cache/entries-v1", identity, hook, "1.json")
    fields = {"name": "My.Demo", "version": "1.0", "file": "my_demo-1.0-py3-none-any.whl"}
    stored = StoredEntry(path, entry(**{**fields, **changes}))
    return Item(kind="entry", path=path, files=1, size=1, used_at=0.0, stored=stored)


@pytest.mark.parametrize(
    ("glob", "is_meant"),
    [
        ("my-demo", True),
        ("My_Demo", True),
        ("my-*", True),
        ("my-demo-1.*", True),
        ("my_demo-1.0-*.whl", True),
        ("demo", False),
        ("my-demo-2.*", False),
    ],
)
def test_a_glob_matches_names_versions_and_files(glob: str, is_meant: bool) -> None:
    assert selection.by_globs([glob])(an_item()) == is_meant
    assert selection.by_globs(["other", glob])(an_item()) == is_meant


def test_a_name_matches_in_any_spelling() -> None:
    assert selection.by_names(["MY-demo"])(an_item())
    assert not selection.by_names(["my-*"])(an_item())


def test_requirements_go_with_their_project() -> None:
    hook = "get_requires_for_build_wheel"
    result = an_item(folder="/a")
    unnamed = an_item(hook, name="", folder="/a")
    elsewhere = an_item(hook, folder="/b")
    other = an_item(hook, identity="other", folder="/a")
    entries = [result, unnamed, elsewhere, other]
    wanted = selection.with_requirements(entries, selection.by_names(["my-demo"]))
    assert list(map(wanted, entries[:2])) == [True, True]
    assert not wanted(other)
