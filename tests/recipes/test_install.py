"""The page about installing lbuild: what it says, done with a clone in place of a release."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from support.command import Lbuild
from support.how_to_pages import blocks, run

CHECKOUT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the commands are for a POSIX shell")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What of a clone is needed to install lbuild."""
    clone = tmp_path / "clone"
    for name in ("frontend", "keys"):
        shutil.copytree(CHECKOUT / name, clone / name)
    for name in ("LICENSE", "README.md", "pyproject.toml"):
        shutil.copy(CHECKOUT / name, clone)
    return clone


@pytest.mark.exhaustive  # lbuild and what it requires are installed
def test_lbuild_as_a_tool_of_uv(lbuild: Lbuild, clone: Path, project: Path) -> None:
    commands = [block.strip() for block in blocks("install-lbuild", "sh")]
    tools = lbuild.home / ".local/bin"
    tools.mkdir(parents=True)
    (tools / "uv").symlink_to(find_uv_bin())
    env = {"PATH": f"{tools}:/usr/bin:/bin", "UV_PYTHON": sys.executable}
    env |= dict.fromkeys(("LBUILD_CACHE_DIR", "XDG_CACHE_HOME", "XDG_DATA_HOME"), "")

    def do(command: str, cwd: Path = project) -> str:
        assert command in commands
        return run(lbuild, command, cwd, env)

    do("uv tool install .", clone)
    assert run(lbuild, "command -v lbuild", project, env).strip() == str(tools / "lbuild")
    assert run(lbuild, "lbuild --version", project, env).startswith("lbuild ")
    assert "built in" in run(lbuild, "lbuild wheel", project, env)
    cache = Path(run(lbuild, "lbuild cache dir", project, env).strip())
    assert (cache / "CACHEDIR.TAG").exists()
    assert "lbuild --install-completion" in commands
    (lbuild.home / "typed").write_text("lbuild --install-completion\n")
    run(lbuild, "bash ~/typed", project, env)  # it asks for the shell above it
    assert (lbuild.home / ".bash_completions/lbuild.sh").exists()
    assert ".bash_completions/lbuild.sh" in (lbuild.home / ".bashrc").read_text()
    do('rm -r "$(lbuild cache dir)"')
    assert not cache.exists()
    do("uv tool uninstall lbuild-frontend")
    assert not (tools / "lbuild").exists()
    assert "demo-0.1.0" in " ".join(path.name for path in (project / "dist").iterdir())


@pytest.mark.exhaustive  # lbuild and what it requires are installed
def test_lbuild_in_the_environment_of_a_project(lbuild: Lbuild, clone: Path, project: Path) -> None:
    [commands] = [block for block in blocks("install-lbuild", "sh") if ".venv/bin/lbuild" in block]
    assert "pip install lbuild-frontend" in commands
    printed = run(lbuild, commands.replace("lbuild-frontend", f"'{clone}'"), project)
    assert printed.splitlines()[-1].startswith("lbuild ")
