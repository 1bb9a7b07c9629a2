"""``tool.uv.sources``: what a requirement of a name means."""

import pytest
import tomli

from lbuild_keys.errors import SettingsError
from lbuild_keys.workspaces.sources import applicable, read_sources

HEADER = "[tool.uv.sources]\n"


def test_kinds() -> None:
    text = """
        A_b-c = { workspace = true }
        path = { path = "../x", editable = true, package = true }
        archive = { path = "../x-1.0-py3-none-any.whl" }
        git = { git = "https://example.com/x", rev = "1" }
        url = { url = "https://example.com/x.whl" }
        index = { index = "mine" }
        several = [
            { path = "../x", marker = "python_version < '3'" },
            { index = "mine", marker = "python_version >= '3'" },
        ]
    """
    sources = read_sources(tomli.loads(HEADER + text))
    assert {name: applicable(entries).kind for name, entries in sources.items()} == {  # type: ignore[union-attr]
        "a-b-c": "workspace",
        "path": "path",
        "archive": "elsewhere",
        "git": "elsewhere",
        "url": "elsewhere",
        "index": "elsewhere",
        "several": "elsewhere",
    }
    assert sources["path"][0].path == "../x"
    assert sources["several"][0].where == "tool.uv.sources.several[0]"
    assert read_sources({}) == {}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ("[{ path = 'x', group = 'dev' }]", None),
        ("[{ path = 'x', marker = \"python_version < '3'\" }]", None),
        ("[{ path = 'x', extra = 'e' }]", "x"),
        ("[{ path = 'x', extra = 'e' }, { path = 'y' }]", "y"),
        ("[{ path = 'x', group = 'g' }, { path = 'y', extra = 'e' }]", "y"),
    ],
)
def test_the_entry_that_counts(entries: str, expected: str | None) -> None:
    [found] = read_sources(tomli.loads(f"{HEADER}a = {entries}")).values()
    source = applicable(found)
    assert (source and source.path) == expected


@pytest.mark.parametrize(
    ("text", "where", "problem"),
    [
        ("a = 1", "a", "expected a table, not an integer"),
        ("a = []", "a", "it has no source"),
        ("a = [1]", "a[0]", "expected a table"),
        ("a = {}", "a", "expected one of workspace, path, git, url, index, not none"),
        ("a = { path = 'x', workspace = true }", "a", "expected one of"),
        ("a = { workspace = 'x' }", "a.workspace", "expected a boolean"),
        ("a = { workspace = false }", "a.workspace", "it is false"),
        ("a = { path = 1 }", "a.path", "expected a string"),
        ("a = { path = '' }", "a.path", "'' is not a path"),
        ("'a b' = { path = 'x', marker = 'y' }", '"a b".marker', "'y' is not a valid marker"),
        ("a = { path = 'x', extra = 1 }", "a.extra", "expected a string"),
        ("a = { path = 'x', group = 1 }", "a.group", "expected a string"),
    ],
)
def test_mistakes(text: str, where: str, problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_sources(tomli.loads(HEADER + text))
    assert caught.value.where == f"pyproject.toml: tool.uv.sources.{where}"
    assert caught.value.problem.startswith(problem)
