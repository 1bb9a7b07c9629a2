"""Mistakes on the command line: one line in one style, that leads on; exit code 2."""

import sys

import pytest

from lbuild_frontend.cli.app import main

COMMANDS = "wheel, editable, sdist, metadata, install, status, graph or cache"
SEE = "see lbuild wheel --help"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        # Commands of other tools, and of lbuild's own in another place.
        (["build"], "unknown command 'build': use lbuild wheel"),
        (["build", ".", "-o", "a b"], "unknown command 'build': use lbuild wheel . -o 'a b'"),
        (["develop", "x"], "unknown command 'develop': use lbuild editable x"),
        (["clean", "demo"], "unknown command 'clean': use lbuild cache clean demo"),
        (["help", "cache", "info"], "unknown command 'help': use lbuild cache info --help"),
        (["version"], "unknown command 'version': use lbuild --version"),
        # A command that was forgotten.
        (["."], "a command is missing before '.': use lbuild wheel ."),
        (["../x", "-q"], "a command is missing before '../x': use lbuild wheel ../x -q"),
        (["--wheel"], "unknown option '--wheel' for lbuild: use lbuild wheel"),
        (["--sdist"], "unknown option '--sdist' for lbuild: use lbuild sdist"),
        (
            ["-C", "a=b", "wheel"],
            "unknown option '-C' for lbuild: use it after the command, as in lbuild wheel -C",
        ),
        # Typing errors.
        (["whel"], "unknown command 'whel': did you mean lbuild wheel?"),
        (["cache", "lst"], "unknown command 'lst': did you mean lbuild cache list?"),
        (["xyz"], f"unknown command 'xyz': use {COMMANDS}; see lbuild --help"),
        (
            ["wheel", "--inpts=tree"],
            "unknown option '--inpts' for lbuild wheel: did you mean --inputs?",
        ),
        (["wheel", "-Z"], f"unknown option '-Z' for lbuild wheel: {SEE}"),
        (
            ["status", "--refresh"],
            "unknown option '--refresh' for lbuild status: it is an option of lbuild wheel",
        ),
        # Options of other tools.
        (["wheel", "--outdir", "x"], "unknown option '--outdir' for lbuild wheel: use --out-dir"),
        (["wheel", "-w", "x"], "unknown option '-w' for lbuild wheel: use --out-dir"),
        (
            ["wheel", "--no-build-isolation"],
            "unknown option '--no-build-isolation' for lbuild wheel: use --no-isolation",
        ),
        (["wheel", "--sdist"], "unknown option '--sdist' for lbuild wheel: use lbuild sdist"),
        (["sdist", "-s"], "unknown option '-s' for lbuild sdist: leave it out"),
        (["status", "-V"], "unknown option '-V' for lbuild status: use lbuild --version"),
        (
            ["wheel", "--all-packages"],
            "unknown option '--all-packages' for lbuild wheel: use --workspace",
        ),
        (
            ["sdist", "--fail-fastt"],
            "unknown option '--fail-fastt' for lbuild sdist: did you mean --fail-fast?",
        ),
        # Options that contradict each other.
        (
            ["wheel", "--workspace", "packages/app"],
            "--workspace means all members: leave out 'packages/app', or --workspace",
        ),
        (
            ["install", "--workspace", "--package=app"],
            "--workspace means all members: leave out --package, or --workspace",
        ),
        (
            ["wheel", "--workspace", "--with-dependencies"],
            "--with-dependencies fills one folder with wheels: name it with --out-dir DIR",
        ),
        (
            ["graph", "--json", "--dot"],
            "--json and --dot are two languages for one graph: leave one of them out",
        ),
        # Values.
        (
            ["wheel", "-j", "0"],
            "invalid value for --jobs: '0' is no number of projects; use 1 or more",
        ),
        (["sdist", "-jx"], "invalid value for --jobs: 'x' is no number of projects; use 1 or more"),
        (["wheel", "-j"], "option -j needs a value: use -j N"),
        (
            ["status", "--package", "./app"],
            "invalid value for --package: './app' is no name; give a folder without --package",
        ),
        (
            ["wheel", "--inputs", "tre"],
            "invalid value 'tre' for --inputs: use traced, tree or declared",
        ),
        (
            ["status", "--color=it's"],
            'invalid value "it\'s" for --color: use auto, always or never',
        ),
        (["wheel", "-C", ""], "invalid value '' for --config-setting: use KEY or KEY=VALUE"),
        (["status", "-C=a"], "invalid value '=a' for --config-setting: use KEY or KEY=VALUE"),
        (
            ["metadata", "-C", " =a"],
            "invalid value ' =a' for --config-setting: use KEY or KEY=VALUE",
        ),
        (["wheel", "--inputs"], "option --inputs needs a value: use --inputs MODE"),
        (["wheel", "-o"], "option -o needs a value: use -o DIR"),
        (["wheel", "--refresh=1"], f"option --refresh takes no value: {SEE}"),
        # Arguments.
        (["cache", "remove"], "NAME is missing: use lbuild cache remove [OPTIONS] NAME..."),
        (
            ["metadata", "a", "b"],
            "unexpected argument 'b' for lbuild metadata: use lbuild metadata [OPTIONS] [PROJECT]",
        ),
    ],
)
def test_a_mistake(
    words: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["lbuild", *words])
    assert main() == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", f"error: {message}\n")


def test_a_variable_with_a_wrong_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LBUILD_CACHE_MODE", "none")
    for words, named in (([], "LBUILD_CACHE_MODE"), (["--cache-mode=no"], "--cache-mode")):
        monkeypatch.setattr(sys, "argv", ["lbuild", "status", *words])
        assert main() == 2
        assert f" for {named}: use read-write or read-only\n" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["cache"]])
def test_no_command_shows_the_help(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["lbuild", *words])
    assert main() == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Commands:" in printed.err


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version(
    option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["lbuild", option])
    assert main() == 0
    assert capsys.readouterr().out.startswith("lbuild 0.")
