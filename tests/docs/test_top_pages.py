"""README.md and CONTRIBUTING.md: what they have to say, and the files and commands they name."""

import re
import subprocess

import pytest

from support.pages import ROOT, page_named


def test_readme_has_the_two_commands_that_the_checks_run() -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    commands = [line for line in lines if line.startswith("python3 -m venv .venv && ")]
    assert [command.split()[-1] for command in commands] == ["fixtures/hatchling", "auto"]


def test_the_first_screen_of_readme_has_an_example_what_it_costs_and_the_right_name() -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    screen = "\n".join(lines[:50])
    places = [
        screen.index(text) for text in ("```console", "| `lbuild wheel` |", "**`lbuild-frontend`**")
    ]
    assert places == sorted(places)
    assert "another\nproject" in screen
    for command in ("uv tool install lbuild-frontend", "pipx install lbuild-frontend"):
        assert command in screen
    assert "## When not to use it" in lines


def test_contributing_has_the_test_command_of_readme() -> None:
    command = next(
        line
        for line in (ROOT / "README.md").read_text("utf-8").splitlines()
        if line.endswith("pytest -n auto")
    )
    contributing = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert command in contributing.splitlines()


def test_the_revision_for_pre_commit_is_in_the_repository() -> None:
    page = page_named("pre-commit.md").read_text("utf-8")
    [revision] = re.findall(r"^    rev: (\S+)", page, re.MULTILINE)
    git = ("git", "-C", str(ROOT))
    shallow = subprocess.run(
        [*git, "rev-parse", "--is-shallow-repository"], capture_output=True, text=True, check=False
    )
    if shallow.stdout.strip() != "false":
        pytest.skip("the history is not here")
    subprocess.run([*git, "cat-file", "-e", f"{revision}:.pre-commit-hooks.yaml"], check=True)


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "README.md", "SECURITY.md"])
def test_paths_named_for_contributors_exist(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    folders = "keys|frontend|tests|docs|fixtures|benchmarks|changelog\\.d|\\.github"
    named = re.findall(rf"[(`]((?:{folders})(?:/[\w./-]*)?)[`)#]", text)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_sessions_named_for_contributors_exist() -> None:
    noxfile = (ROOT / "noxfile.py").read_text("utf-8")
    sessions = set(re.findall(r"^def (\w+)\(session", noxfile, re.MULTILINE))
    named: set[str] = set()
    for page in ("CONTRIBUTING.md", ".github/workflows/checks.yml", "benchmarks/README.md"):
        text = (ROOT / page).read_text("utf-8")
        for words in re.findall(r"nox -s ((?:\w+[ \n]?)+)", text):
            named |= set(words.split())
    assert {"quick", "full", "docs"} <= named
    assert named <= sessions
