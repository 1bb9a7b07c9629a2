"""Shell completion, in a real shell."""

import shutil
import subprocess
from pathlib import Path

import pytest

from support.command import Lbuild

ASK = """
source "$1"
COMP_WORDS=($2 "$3")
COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
_lbuild_completion lbuild
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash")
def test_completion_in_bash(lbuild: Lbuild, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    command = " ".join(f"'{word}'" for word in lbuild.command("x")[:-1])
    (programs / "lbuild").write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    (programs / "lbuild").chmod(0o755)
    environment = lbuild.environment
    environment["PATH"] = f"{programs}:{environment['PATH']}"
    # From bash, because lbuild looks which shell has started it.
    script = subprocess.run(
        ["bash", "--norc", "-c", "lbuild --show-completion; exit $?"],
        check=True,
        capture_output=True,
        env=environment,
        text=True,
    ).stdout
    (tmp_path / "completion").write_text(script)

    def offered(words: str, begun: str) -> list[str]:
        done = subprocess.run(
            ["bash", "--norc", "-c", ASK, "-", str(tmp_path / "completion"), words, begun],
            check=True,
            capture_output=True,
            env=environment,
            text=True,
        )
        return done.stdout.split()

    commands = ["wheel", "editable", "sdist", "metadata", "install", "status", "graph", "cache"]
    assert offered("lbuild", "") == commands
    assert offered("lbuild wheel --inputs", "tr") == ["traced", "tree"]
    assert offered("lbuild wheel", "src") == []  # the shell completes names of files
