"""What is read from a page with console examples, and what is written back."""

import pytest

from support.console_pages import Command, Page, Unseen, WrittenFile, blocks, parse, rewrite

PAGE = """\
# Title

<!-- example: project=fixtures/hatchling -->

```console
$ lbuild wheel
built
$ cat <<END
> one
>
> END
one

```

<!-- example: run=touch a -->

1. In a list:

   ```console
   $ ls
     a

   b
   ```
"""


def commands(page: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(command.text, command.output) for command in parse(page).commands]


def test_commands_and_their_outputs() -> None:
    page = parse(PAGE)
    assert page.project == "fixtures/hatchling"
    assert commands(PAGE) == [
        ("lbuild wheel", ("built",)),
        ("cat <<END\none\n\nEND", ("one", "")),
        ("ls", ("  a", "", "b")),
    ]
    assert page.steps[2] == Unseen(15, "touch a")


def test_a_page_without_examples() -> None:
    assert parse("# Title\n\n```sh\npip install lbuild-frontend\n```\n") == Page()
    assert parse("<!-- example: project=none -->\n").project is None


@pytest.mark.parametrize(("key", "appends"), [("file", False), ("append", True)])
@pytest.mark.parametrize("fence", ["toml", "{code-block} toml\n:caption: pyproject.toml"])
def test_a_block_that_is_a_file(key: str, appends: bool, fence: str) -> None:
    page = parse(f"<!-- example: {key}=a/b.toml -->\n\n```{fence}\n[tool]\n\nx = 1\n```\n")
    [step] = page.steps
    assert step == WrittenFile(2, "a/b.toml", "[tool]\n\nx = 1\n", appends)


def test_a_block_that_is_not_run() -> None:
    page = parse(
        "<!-- example: skip=needs docker -->\n```console\n$ docker\n```\n```console\n$ ls\n```\n"
    )
    assert page.skipped == ("needs docker",)
    assert [command.text for command in page.commands] == ["ls"]


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("```console\nls\n```", "line 1: a session begins with"),
        ("```console\n```", "line 1: a session begins with"),
        ("```console\n$ ls", "line 1: the block does not end"),
        ("```sh\n$ ls\n```", "line 1: the language of a session is console"),
        ("```shell-session\n$ ls\n```", "line 1: the language of a session is console"),
        ("```{code-block} console\n$ ls\n```", "line 1: write ```console"),
        ("\n<!-- example: skp=x -->", "line 2: skp= is unknown"),
        ("<!-- example: project -->", "line 1: write <!-- example: KEY=VALUE -->"),
        ("<!-- example: run=a\nb -->", "line 1: write <!-- example: KEY=VALUE -->"),
        ("<!-- example: file=x -->\n", "line 1: no block comes after file="),
        ("<!-- example: file=x -->\n<!-- example: run=x -->", "line 1: file= needs a block"),
        ("<!-- example: environments=shared -->", "line 1: environments= is unknown"),
        ("```console\n$ ls\n```\n<!-- example: project=x -->", "line 4: project= has to be"),
    ],
)
def test_mistakes_in_a_page(page: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(page)


def test_a_fence_in_a_longer_fence_is_no_block() -> None:
    page = "````md\n```console\n$ ls\n```\n````\n~~~text\n```\n~~~\n"
    assert [block.language for block in blocks(page)] == ["md", "text"]
    assert parse(page).commands == ()


def test_other_outputs_are_written_below_their_commands() -> None:
    lines = PAGE.splitlines()
    first, _, last = (command.line for command in parse(PAGE).commands)
    written = rewrite(PAGE, {first: ("built", "again"), last: ("c", "", "d")}).splitlines()
    assert written == [
        *lines[:7],
        "again",
        *lines[7 : last + 1],
        "   c",
        "",
        "   d",
        "   ```",
    ]


def test_the_same_outputs_change_nothing() -> None:
    outputs = {command.line: command.output for command in parse(PAGE).commands}
    assert rewrite(PAGE, outputs) == PAGE


def test_lines_of_a_command() -> None:
    assert parse(PAGE).commands[0] == Command(5, "lbuild wheel", 6, 7, "", ("built",))
