"""The table of backends: every row says something and where it was read, and no two disagree."""

import pytest

from lbuild_keys.backends import known
from lbuild_keys.backends.known import TOOLS, Tool

FACTS = [name for name in Tool._fields if name not in ("name", "read_in")]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_row_says_something_and_where_it_was_read(tool: Tool) -> None:
    assert tool.read_in
    assert any(getattr(tool, fact) for fact in FACTS) or tool.toml_tables == ()
    assert bool(tool.objects) == bool(tool.without_git)


def test_there_is_one_row_for_each_tool() -> None:
    assert len({tool.name for tool in TOOLS}) == len(TOOLS)


@pytest.mark.parametrize(
    ("fact", "all_of_them"),
    [
        ("objects", known.WITHOUT_GIT),
        ("build_scripts", known.BUILD_SCRIPTS),
        ("code_files", known.CODE_FILES),
        ("code_settings", known.CODE_SETTINGS),
        ("root_settings", known.ROOT_SETTINGS),
        ("ignore_files", known.IGNORE_FILES),
        ("mercurial_files", known.MERCURIAL_FILES),
        ("unused_commands", known.UNUSED_COMMANDS),
        ("variable_readers", known.VARIABLE_READERS),
        ("toml_backends", known.TOML_BACKENDS),
        ("toml_readers", known.TOML_READERS),
    ],
)
def test_no_row_hides_a_fact_of_another(fact: str, all_of_them: dict[str, object]) -> None:
    assert len(all_of_them) == sum(len(getattr(tool, fact)) for tool in TOOLS)
