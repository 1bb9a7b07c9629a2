"""The mechanism behind the console examples: sessions, and what is wrong with a page."""

import sys
from pathlib import Path

import pytest

from support.console_pages import parse
from support.console_sessions import Problem, check, make_sandbox, run_session

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the examples are those of Linux")


def run_page(text: str, folder: Path) -> tuple[list[Problem], str]:
    page = parse(text)
    return check(page, text, make_sandbox(folder, page))


def console(*lines: str) -> str:
    return "\n".join(["```console", *lines, "```", ""])


def test_one_shell_runs_all_blocks(tmp_path: Path) -> None:
    page = "".join(
        [
            console("$ cd sub", "bash: cd: sub: No such file or directory"),
            "<!-- example: run=mkdir sub; x=1 -->\n",
            console("$ cd sub; false", "$ echo $? $x; pwd", "1 1", "/home/ada/demo/sub"),
            "<!-- example: file=~/a/file -->\n```text\none\n```\n",
            "<!-- example: append=../../a/file -->\n```text\ntwo\n```\n",
            console("$ cat ~/a/file", "one", "two", "$ printf 'no end'", "no end", "$ cat"),
        ]
    )
    assert run_page(page, tmp_path) == ([], page)


def test_a_page_that_is_right(tmp_path: Path) -> None:
    page = "<!-- example: project=fixtures/in-tree-minimal -->\n" + console(
        "$ git status --short", "$ git log --format=%s", "The first commit", "$ ls src", "demo"
    )
    assert run_page(page, tmp_path) == ([], page)


def test_another_output_is_told_and_written(tmp_path: Path) -> None:
    page = console("$ printf 'one\\ntwo\\n'", "one", "three", "$ echo ok", "ok")
    problems, present = run_page(page, tmp_path)
    [problem] = problems
    assert problem.is_outdated
    assert problem.text.startswith("line 2: $ printf")
    assert problem.text.endswith(" one\n-three\n+two")
    assert present == page.replace("three", "two")


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("<!-- example: run=echo why; exit_code 3 -->\n", "line 1: exit code 127: echo why"),
        ("<!-- example: run=false -->\n", "line 1: exit code 1: false"),
        (console("$ echo 'open", "$ echo ok", "ok"), "unexpected EOF"),
        (console("$ exit", "$ echo ok", "ok"), "line 2: the shell ended"),
        ("<!-- example: file=/dev/null/a -->\n```text\n```\n", "line 2: exit code 1: /dev/null/a"),
    ],
)
def test_mistakes(page: str, problem: str, tmp_path: Path) -> None:
    problems, _ = run_page(page, tmp_path)
    assert problem in problems[0].text


def test_the_shell_knows_nothing_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", "/somewhere")
    monkeypatch.setenv("LBUILD_INPUTS", "tree")
    page = parse(console("$ env", "$ lbuild cache dir"))
    variables, cache = run_session(page, make_sandbox(tmp_path, page))
    assert "VIRTUAL_ENV" not in variables.output
    assert "LBUILD" not in variables.output
    assert cache.output == f"{tmp_path}/ada/.cache/lbuild\n"


def test_a_page_may_share_no_environments(tmp_path: Path) -> None:
    page = console("$ ls ~/.cache/lbuild", "environments-v1", "secret")
    assert run_page(page, tmp_path / "shared") == ([], page)
    own = "<!-- example: environments=own -->\n" + console("$ ls ~/.cache 2>&1 | wc -l", "1")
    assert run_page(own, tmp_path / "own") == ([], own)
