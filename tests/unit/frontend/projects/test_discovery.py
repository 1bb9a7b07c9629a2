"""The words of a command line -> folders of projects."""

import os
from pathlib import Path

import pytest

from lbuild_frontend.projects import discovery
from lbuild_frontend.projects.discovery import enclosing, select


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder, which is the current one."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    monkeypatch.chdir(folder)
    return folder


def make(*paths: str) -> None:
    """Make files, or folders where a path ends with a slash."""
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if path.endswith("/"):
            Path(path).mkdir(parents=True, exist_ok=True)
        else:
            Path(path).touch()


# upwards


@pytest.mark.parametrize("marker", ["pyproject.toml", "setup.py"])
@pytest.mark.parametrize("given", [[], ["."]])
def test_the_project_around_the_current_folder(
    home: Path, monkeypatch: pytest.MonkeyPatch, marker: str, given: list[str]
) -> None:
    make(f"outer/{marker}", f"outer/inner/{marker}", "outer/inner/src/demo/data/")
    assert enclosing(Path("outer/inner/src/demo/data")) == home / "outer" / "inner"
    monkeypatch.chdir("outer/inner/src/demo")
    found = select(given, several=True)
    assert found.folders == (home / "outer" / "inner",)
    [note] = found.notes
    assert str(home / "outer" / "inner") in note
    # A folder that is named is that folder.
    for word in ("..", "data", str(home)):
        assert select([word], several=True) == discovery.Selection((Path(word),))


def test_a_folder_that_is_a_project_is_taken_without_a_note(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make("outer/pyproject.toml", "outer/inner/setup.py")
    monkeypatch.chdir("outer/inner")
    assert select([], several=True) == discovery.Selection((Path(),))


@pytest.mark.parametrize("top", [".git/", ".git", ".hg/"])
def test_nothing_above_a_repository(home: Path, top: str) -> None:
    make("outer/setup.py", f"outer/repository/{top}", "outer/repository/src/")
    assert enclosing(Path("outer/repository/src")) is None
    make("outer/repository/pyproject.toml")
    assert enclosing(Path("outer/repository/src")) == home / "outer" / "repository"


def test_neither_the_home_folder_nor_above_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make("pyproject.toml", "../setup.py", "notes/")
    assert enclosing(Path("notes")) is None
    assert enclosing(home) == home  # but the current folder itself
    monkeypatch.setenv("HOME", str(home / "notes"))
    assert enclosing(Path("notes")) is None


@pytest.mark.parametrize("changed", ["st_uid", "st_dev"])
def test_nothing_of_another_user_or_file_system(
    home: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    make("shared/pyproject.toml", "shared/mine/")
    others = {"st_uid": "shared/pyproject.toml", "st_dev": "shared"}[changed]
    before = Path.stat

    def stat(path: Path, **how: bool) -> os.stat_result:
        status = before(path, **how)
        if path != home / others:
            return status
        fields = list(status)
        fields[{"st_uid": 4, "st_dev": 2}[changed]] += 1
        return os.stat_result(fields)

    assert enclosing(Path("shared/mine")) == home / "shared"
    monkeypatch.setattr(Path, "stat", stat)
    assert enclosing(Path("shared/mine")) is None


def test_a_current_folder_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    make("gone/")
    monkeypatch.chdir("gone")
    Path.cwd().rmdir()
    assert select([], several=True) == discovery.Selection((Path(),))


# globs


def chosen(*given: str) -> tuple[list[str], list[str]]:
    """Return the folders that are chosen, and the notes."""
    found = select(given, several=True)
    return [folder.as_posix() for folder in found.folders], list(found.notes)


def packages() -> None:
    make("packages/a/pyproject.toml", "packages/b/setup.py", "packages/docs/", "packages/README.md")
    make("packages/.hidden/", "elsewhere/")


NOTE = "passed over, because not a Python project: "


def test_what_a_shell_makes_of_a_glob() -> None:
    packages()
    star = ["packages/README.md", "packages/a", "packages/b", "packages/docs"]
    assert chosen(*star) == (
        ["packages/a", "packages/b"],
        [f"{NOTE}packages/README.md, packages/docs"],
    )
    assert chosen(*[f"./{word}" for word in star])[0] == ["packages/a", "packages/b"]
    slash = ["packages/a/", "packages/b/", "packages/docs/"]
    assert chosen(*slash) == (["packages/a", "packages/b"], [f"{NOTE}packages/docs"])
    # With something of another folder, which has to be a project.
    assert chosen(*star, "elsewhere")[0] == ["packages/a", "packages/b", "elsewhere"]
    assert chosen(*star, "packages/typo")[0] == ["packages/a", "packages/b", "packages/typo"]


@pytest.mark.parametrize(
    "given",
    [
        ["packages/a", "packages/docs"],
        ["packages/a", "packages/README.md"],
        ["packages/a", "packages/b", "packages/docs"],  # not README.md, and no slashes
        ["packages/a/", "packages/docs/"],
        ["packages/docs", "elsewhere"],
        ["packages/docs"],
    ],
)
def test_what_no_shell_has_given_is_an_error_later(given: list[str]) -> None:
    packages()
    assert chosen(*given) == ([word.rstrip("/") for word in given], [])


def test_a_glob_that_no_shell_expanded() -> None:
    packages()
    make("packages/x[1]/pyproject.toml", "packages/deep/er/setup.py")
    every = ["packages/a", "packages/b", "packages/x[1]"]
    folders, [note] = chosen("packages/*")
    assert folders == every
    assert note == f"{NOTE}packages/README.md, packages/deep, packages/docs"
    assert chosen("packages/[ab]", "packages/x[1]") == (every, [])
    assert "packages/deep/er" in chosen("packages/**")[0]
    # A glob that gives no project stays, as an error.
    for typo in ("pakages/*", "packages/d?cs"):
        assert chosen(typo) == ([typo], [])
        assert chosen(typo, "packages/a") == ([typo, "packages/a"], [])
    assert select(["packages/*"], several=False).folders == (Path("packages/*"),)


def test_a_note_names_a_few() -> None:
    make("p/a/setup.py", *(f"p/{number}" for number in range(5)))
    assert chosen("p/*")[1] == [f"{NOTE}p/0, p/1, p/2 (and 2 more)"]


def test_what_cannot_be_looked_at_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    make("p/a/setup.py", "p/closed/")
    before = discovery.is_project

    def is_project(folder: Path) -> bool:
        if folder.name == "closed":
            raise PermissionError
        return before(folder)

    monkeypatch.setattr(discovery, "is_project", is_project)
    assert chosen("p/*") == chosen("p/a", "p/closed") == (["p/a", "p/closed"], [])
