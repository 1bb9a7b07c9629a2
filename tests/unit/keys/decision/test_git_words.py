"""What another answer of git means, and which reason comes first."""

import os
from pathlib import Path

import pytest

from lbuild_keys.decision.compare import compare
from lbuild_keys.decision.describe import describe
from lbuild_keys.decision.git_words import words_for
from lbuild_keys.git.answers import observe_answer
from lbuild_keys.model import Input, Kind, Observation, State, present, traced
from support.projects import git

DESCRIBE = "git describe --dirty --tags --long --match '*[0-9]*'"


def clause(question: str, was: str, now: str) -> str:
    return words_for(
        question, *(present(f"{text}, {hash(text):064x}") for text in (was, now))
    ).clause


@pytest.mark.parametrize(
    ("question", "was", "now", "expected"),
    [
        ("git describe", "v1.0", "v1.1", "the tag is v1.1, was v1.0"),
        (DESCRIBE, "v1.0-3-gabc1234", "v1.1-0-gdef5678", "the tag is v1.1, was v1.0"),
        (
            DESCRIBE,
            "v1.0-0-gabc1234",
            "v1.1-2-gdef5678-dirty",
            "the tag is v1.1 (2 commits after it), was v1.0",
        ),
        (
            "git describe",
            "exit 128: No names found, cannot describe anything",
            "v1.0",
            "the tag is v1.0, there was none",
        ),
        ("git describe --tags --always", "0123abc", "v1.0", "the tag is v1.0, there was none"),
        ("git describe --always", "v1.0", "0123abc", "no tag is there now, it was v1.0"),
        ("git describe --always", "0123abc", "4567def-dirty", "the commit is 4567def, was 0123abc"),
        (
            DESCRIBE,
            "v1.0-0-gabc1234",
            "v1.0-1-gdef5678",
            "the commit is 1 commit after the tag v1.0, it was 0",
        ),
        (
            DESCRIBE,
            "v1.0-1-gabc1234",
            "v1.0-1-gdef5678",
            "the commit is def5678, was abc1234",
        ),
        (DESCRIBE, "v1-0-gabc1", "v1-0-gabc1-dirty", "there are changes that are not committed"),
        (DESCRIBE, "v1-0-gabc1-dirty", "v1-0-gabc1", "all changes are committed"),
        ("git rev-parse HEAD", "0" * 40, "1" * 40, "the commit is 11111111, was 00000000"),
        ("git rev-parse --abbrev-ref HEAD", "main", "fix", "the branch is fix, was main"),
        ("git rev-parse --abbrev-ref HEAD", "main", "HEAD", "the branch is no branch, was main"),
        ("git symbolic-ref HEAD", "refs/heads/a", "refs/heads/b", "the branch is b, was a"),
        ("git rev-list --count HEAD", "4", "5", "the number of commits is 5, was 4"),
        ("git diff --quiet", "exit 0", "exit 1", "there are changes that are not committed"),
        ("git status --porcelain", "exit 0", "exit 0", "git status lists other changes"),
        ("git ls-files", "exit 0", "exit 0", "git ls-files lists other files"),
        ("git tag --list", "exit 0", "exit 0", "the tags changed"),
        (
            "git log -1",
            "exit 0",
            "exit 0",
            "the last commit, or what git log says of it, is another one",
        ),
        (
            "git log -1",
            "exit 128: not a git repository",
            "exit 0",
            "there is a git repository now",
        ),
        (
            "git describe",
            "v1.0",
            "exit 128: not a git repository",
            "there is no git repository now",
        ),
        (
            "git rev-parse --show-toplevel",
            "a",
            "b",
            "the output of git rev-parse changed (a -> b)",
        ),
        ("nonsense", "a", "b", "the output of nonsense changed (a -> b)"),
    ],
)
def test_an_answer_in_the_words_of_people(question: str, was: str, now: str, expected: str) -> None:
    assert clause(question, was, now) == expected


def test_the_answers_of_git_itself(tmp_path: Path) -> None:
    """The words for what is really kept of an answer."""

    def answer() -> State:
        return observe_answer(tmp_path, DESCRIBE, dict(os.environ), lambda _: False)

    git(tmp_path, "init", "--quiet")
    (tmp_path / "a").write_text("a")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "--quiet", "--message=one")
    untagged = answer()
    git(tmp_path, "tag", "1.0")
    tagged = answer()
    git(tmp_path, "tag", "1.1")
    git(tmp_path, "tag", "--delete", "1.0")
    again = answer()
    (tmp_path / "a").write_text("b")
    dirty = answer()
    assert [
        words_for(DESCRIBE, was, now).clause
        for was, now in ((untagged, tagged), (tagged, again), (again, dirty))
    ] == [
        "the tag is 1.0, there was none",
        "the tag is 1.1, was 1.0",
        "there are changes that are not committed",
    ]


def test_the_most_telling_reason_is_the_first() -> None:
    """Files before git's words before variables; of git's words the tag before the commit."""
    things: list[tuple[Kind, str]] = [
        ("environment", "CC"),
        ("executable", "cc"),
        ("git-answer", "git log -1"),
        ("git-answer", "git rev-parse HEAD"),
        ("git-answer", DESCRIBE),
        ("git-commit", "."),
        ("file", "{python}/bin/python3"),
        ("file", "/etc/settings"),
        ("file", "~/.pydistutils.cfg"),
        ("interpreter", "python"),
        ("directory", "a"),
        ("file", "src/core.py"),
        ("requirement", "hatchling"),
        ("config-settings", "config_settings"),
    ]
    answers = {DESCRIBE: ("v1.0", "v1.1"), "git rev-parse HEAD": ("0" * 40, "1" * 40)}

    def at(moment: int) -> dict[Input, Observation]:
        source = traced("read by build_wheel")
        states = (
            present(f"{answers.get(name, ('exit 0', 'exit 0'))[moment]}, {moment:064x}")
            for _, name in things
        )
        return {
            Input(kind, name): Observation(state, source)
            for (kind, name), state in zip(things, states, strict=True)
        }

    reasons = compare(at(0), at(1))
    assert [getattr(one, "path", None) or one.name for one in reasons] == [
        "src/core.py",
        "config_settings",
        "a",
        "/etc/settings",
        "~/.pydistutils.cfg",
        DESCRIBE,
        "git rev-parse HEAD",
        ".",
        "git log -1",
        "cc",
        "python",
        "hatchling",
        "CC",
        "{python}/bin/python3",
    ]
    assert describe(reasons[5]).clause == "the tag is v1.1, was v1.0"
