"""What git in a hook does not see: wheels that lbuild delivered."""

import os
import subprocess
from pathlib import Path

import pytest

from lbuild_frontend.hooks import git_excludes


def test_only_what_is_named_is_hidden_and_the_users_rules_hold(tmp_path: Path) -> None:
    top = tmp_path / "top"
    root = top / "a project"
    (root / "dist").mkdir(parents=True)
    own = tmp_path / "own"
    own.write_text("mine.txt")  # no line end
    environ = {
        **os.environ,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "status.short",
        "GIT_CONFIG_VALUE_0": "true",
    }
    for command in (["init", "-q"], ["config", "core.excludesFile", str(own)]):
        subprocess.run(["git", *command], cwd=top, env=environ, check=True)
    for name in ("dist/demo-1-py3-none-any.whl", "dist/demo[1].whl", "mine.txt"):
        (root / name).touch()

    def untracked(**more: str) -> list[str]:
        command = ["git", "status", "-uall"]
        done = subprocess.run(
            command, cwd=root, check=True, env={**environ, **more}, capture_output=True
        )
        return sorted(line[3:].strip('"') for line in done.stdout.decode().splitlines())

    both = ["dist/demo-1-py3-none-any.whl", "dist/demo[1].whl"]
    assert untracked() == both
    for hidden, left in ((both[:1], both[1:]), (both[1:], both[:1]), (both, [])):
        more = git_excludes.variables(root, hidden, tmp_path / "excludes", environ)
        assert untracked(**more) == left
    with pytest.raises(FileNotFoundError):  # rather than a hook that sees more than lbuild does
        git_excludes.variables(root, both, tmp_path / "gone" / "excludes", environ)
    own.unlink()
    own.mkdir()  # git goes on without it
    more = git_excludes.variables(root, both, tmp_path / "excludes", environ)
    assert untracked(**more) == ["mine.txt"]
    assert git_excludes.variables(root, (), tmp_path / "excludes", environ) == {}
    assert git_excludes.variables(tmp_path, both, tmp_path / "excludes", environ) == {}
