"""Which builds may ask git for more than files: all but those that are known not to."""

from pathlib import Path

import pytest
import tomli

from lbuild_keys.backends.git_use import may_ask_git
from lbuild_keys.config.settings import read_settings


def asks(root: Path, text: str, *modules: str, setup_cfg: str = "", isolated: bool = True) -> bool:
    toml = tomli.loads(text)
    system = read_settings(toml).build_system
    return may_ask_git(root, system, toml, modules, setup_cfg, isolated=isolated)


def system(backend: str, *requires: str, more: str = "") -> str:
    table = f"requires = {list(requires)}\nbuild-backend = '{backend}'"
    return f"[build-system]\n{table}\n{more}"


NEVER = {
    "none": "",
    "setuptools": system("setuptools.build_meta", "setuptools>=61", "Wheel"),
    "legacy": system("setuptools.build_meta:__legacy__", "setuptools"),
    "hatchling": system("hatchling.build", "hatchling"),
    "flit": system("flit_core.buildapi", "flit_core<4,>=3.2"),
    "pdm": system("pdm.backend", "pdm-backend"),
    "uv": system("uv_build", "uv_build>=0.9,<1"),
    "nothing required": system("hatchling.build"),
    "settings of hatchling": system(
        "hatchling.build", "hatchling", more="[tool.hatch.version]\npath = 'src/a/__init__.py'"
    ),
}


@pytest.mark.parametrize("text", NEVER.values(), ids=NEVER)
def test_builds_that_are_known_not_to_ask(tmp_path: Path, text: str) -> None:
    assert not asks(tmp_path, text)
    # Without isolation any plugin may be installed.
    assert asks(tmp_path, text, isolated=False)


ASKING = {
    "poetry": system("poetry.core.masonry.api", "poetry-core"),
    "unknown": system("mesonpy", "meson-python"),
    "the backend of another": system("setuptools.build_meta:other", "setuptools"),
    "setuptools-scm": system("setuptools.build_meta", "setuptools", "setuptools-scm[toml]>=8"),
    "hatch-vcs": system("hatchling.build", "hatchling", "hatch-vcs"),
    "any other requirement": system("hatchling.build", "hatchling", "numpy"),
    "the requirement of another": system("hatchling.build", "setuptools"),
    "in-tree, with a requirement": system("backend", "dulwich", more="backend-path = ['.']"),
    "code of hatch": system(
        "hatchling.build",
        "hatchling",
        more="[tool.hatch.version]\nsource = 'code'\npath = 'version.py'",
    ),
    "hook of hatch": system(
        "hatchling.build", "hatchling", more="[tool.hatch.build.hooks.custom]\npath = 'a.py'"
    ),
    "hook of a target": system(
        "hatchling.build", "hatchling", more="[tool.hatch.build.targets.wheel.hooks.custom]"
    ),
    "metadata hook": system(
        "hatchling.build", "hatchling", more="[tool.hatch.metadata.hooks.custom]"
    ),
    "scm of pdm": system("pdm.backend", "pdm-backend", more="[tool.pdm]\nversion.source = 'scm'"),
    "command of setuptools": system(
        "setuptools.build_meta", "setuptools", more="[tool.setuptools.cmdclass]\nx = 'a.B'"
    ),
    "call of pdm": system(
        "pdm.backend", "pdm-backend", more="[tool.pdm]\nversion = {source = 'call', getter = 'a:b'}"
    ),
    "hook of pdm": system(
        "pdm.backend", "pdm-backend", more="[tool.pdm.build]\ncustom-hook = 'build.py'"
    ),
}


@pytest.mark.parametrize("text", ASKING.values(), ids=ASKING)
def test_builds_that_may_ask(tmp_path: Path, text: str) -> None:
    assert asks(tmp_path, text)


IN_TREE = system("backend", "hatchling", more="backend-path = ['.']")


@pytest.mark.parametrize(
    "text",
    [
        "import subprocess",
        "os.system('x')",
        "os.execvp('x', [])",
        "os.posix_spawn('x', [], {})",
        "os.popen('x')",
        "import ctypes",
        "Path('.git/HEAD').read_text()",
        "from dulwich import porcelain  # knows Git",
        "pty.fork()",
        "importlib.import_module(name)",
        "sys.path.append('a')",
        "from sys import path",
        "site.addsitedir('a')",
    ],
)
def test_an_in_tree_backend_that_runs_something_may_ask(tmp_path: Path, text: str) -> None:
    assert asks(tmp_path, IN_TREE, "import zipfile", text)


def test_an_in_tree_backend_that_runs_nothing_does_not_ask(tmp_path: Path) -> None:
    assert not asks(tmp_path, IN_TREE)
    assert not asks(tmp_path, IN_TREE, "import zipfile\nfrom hatchling.build import *\n")
    assert asks(tmp_path, IN_TREE, isolated=False)


@pytest.mark.parametrize("name", ["setup.py", "hatch_build.py", "hatch.toml", "pdm_build.py"])
def test_code_of_the_project_may_ask(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert asks(tmp_path, NEVER["setuptools"])


@pytest.mark.parametrize(
    ("setup_cfg", "may_ask"),
    [
        ("[options]\nsetup_requires =\n    setuptools_scm\n", True),
        ("[options]\ncmdclass =\n    build_py = build.Build\n", True),
        ("[options]\npackages = find:\n", False),
    ],
)
def test_settings_of_setup_cfg_may_bring_code(
    tmp_path: Path, setup_cfg: str, may_ask: bool
) -> None:
    assert asks(tmp_path, NEVER["setuptools"], setup_cfg=setup_cfg) == may_ask


def test_modules_that_settings_name_may_ask(tmp_path: Path) -> None:
    assert asks(tmp_path, NEVER["setuptools"], "from subprocess import run")
    assert not asks(tmp_path, NEVER["setuptools"], "__version__ = '1'")


def test_settings_of_other_tools_do_not_matter(tmp_path: Path) -> None:
    more = "[tool.other]\nhooks = 'scm'\n[project]\nkeywords = ['scm', 'vcs', 'hooks']"
    assert not asks(tmp_path, system("hatchling.build", "hatchling", more=more))
