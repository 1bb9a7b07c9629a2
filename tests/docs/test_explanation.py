"""What pages of explanation list is what the code has, and the tests that they name exist."""

import re

import pytest

from lbuild_keys.backends.known import MACHINE_PROGRAMS, PURE_LIBRARIES, TOML_TABLES
from lbuild_keys.git import read_only
from lbuild_keys.observe import env_policy, launchers, tree
from support.pages import DOCS, ROOT

PAGES = {path.name: path.read_text("utf-8") for path in (DOCS / "explanation").glob("*.md")}


def section(page: str, heading: str) -> str:
    """Return the text below a heading, up to the next of any level."""
    return re.split(r"^#+ ", PAGES[page].split(f"# {heading}\n", 1)[1], flags=re.MULTILINE)[0]


def code(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", text))


def names(text: str) -> set[str]:
    """Return what looks like the name of a variable, or the beginning of one."""
    return {word for word in code(text) if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*\*?", word)}


@pytest.mark.parametrize("page", sorted(PAGES))
def test_tests_that_are_named_exist(page: str) -> None:
    for named in re.findall(r"`(tests/[\w./]+)(?:::(\w+))?`", PAGES[page]):
        path = ROOT / named[0]
        assert path.exists(), named
        assert not named[1] or f"def {named[1]}(" in path.read_text("utf-8"), named


def test_variables_that_never_count() -> None:
    listed = names(section("variables.md", "Variables that never count"))
    assert listed == env_policy.NOISE


def test_variables_of_a_session() -> None:
    text = section("variables.md", "Variables of a session")
    listed = names("\n".join(line for line in text.splitlines() if line.startswith("| ")))
    assert len(listed) > 150
    for name in listed:
        set_to = name.replace("*", "X")
        assert env_policy.among_all(set_to, {set_to: "value"}) is None, name
    assert env_policy.among_all("DEMO_FLAVOUR", {"DEMO_FLAVOUR": "mild"}) == "mild"
    for begins in beginnings(f"{env_policy.SESSION}|{launchers.MARKS}"):
        assert any(name.startswith(begins) for name in listed), begins


def beginnings(pattern: str) -> set[str]:
    """Return how the alternatives of a pattern begin, those that begin with letters."""
    while (shorter := re.sub(r"\([^()]*\)", "?", pattern)) != pattern:
        pattern = shorter
    found = (re.match(r"\s*([A-Za-z_]+)", word) for word in pattern.split("|"))
    return {match[1] for match in found if match}


def test_variables_that_decide_before_a_hook_runs() -> None:
    listed = names(section("variables.md", "Variables that decide before a hook runs"))
    python = {name for name in listed if name.startswith(("PYTHON", "_PYTHON"))}
    assert listed - python - {"traced", "tree"} == env_policy.PROCESS
    for name in python:
        counts = env_policy.before_the_hook({name.replace("*", "X"): "1"}) != []
        assert counts is (name in ("PYTHON*", "_PYTHON_*")), name


def test_variables_that_launchers_set() -> None:
    listed = names(section("variables.md", "Launchers"))
    assert {*launchers.RULES} <= listed


def test_folders_that_are_left_out() -> None:
    listed = code(section("modes.md", "Files and folders"))
    assert {*tree.NEVER, *tree.NEVER_AT_TOP, *tree.MARKS} <= listed
    listed = code(section("inputs-outside.md", "Never an input"))
    assert tree.NEVER_LISTED - {".wraplock"} <= listed
    assert listed >= tree.NEVER_LISTED_AT_TOP


def test_tables_of_pyproject_toml() -> None:
    text = section("comparing.md", "pyproject.toml")
    rows = "\n".join(line.split(" | ")[0] for line in text.splitlines() if line.startswith("| "))
    assert {name for name in TOML_TABLES if name not in rows} == set()


def test_programs_and_libraries_that_are_known() -> None:
    assert code(PAGES["programs.md"]) >= MACHINE_PROGRAMS
    text = section("programs.md", "Native libraries").lower().replace("-", "_")
    spelled = {"_cffi_backend": "cffi", "_yaml": "pyyaml", "yaml": "pyyaml"}
    for library in PURE_LIBRARIES:
        assert spelled.get(library, library.lower()) in text, library


def test_commands_of_git_that_are_asked_again() -> None:
    rows = section("git.md", "Mode traced")
    listed = code("\n".join(line for line in rows.splitlines() if line.startswith("| `")))
    assert {*read_only.COMMANDS} <= listed
