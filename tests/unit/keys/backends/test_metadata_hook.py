"""Which projects could have other metadata in their wheels than the metadata hook gives."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import tomli

from lbuild_keys.backends.metadata_hook import is_complete
from lbuild_keys.config.settings import read_settings

HATCHLING = "[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n"
PDM = "[build-system]\nrequires = ['pdm-backend']\nbuild-backend = 'pdm.backend'\n"
SCIKIT = """\
[build-system]
requires = ['scikit-build-core', 'pybind11']
build-backend = 'scikit_build_core.build'
"""
SETUPTOOLS = "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n"


def complete(root: Path, text: str, files: Mapping[str, str]) -> bool:
    for name, content in files.items():
        (root / name).write_text(content, "utf-8")
    toml = tomli.loads(text)
    return is_complete(root, read_settings(toml).build_system, toml)


@pytest.mark.parametrize(
    ("text", "files"),
    [
        (f"{HATCHLING}[tool.hatch.build.hooks.custom]\npath = 'x.py'", {}),
        (f"{HATCHLING}[tool.hatch.build.targets.wheel.hooks.mypyc]\n", {}),
        (HATCHLING, {"hatch.toml": "[build.hooks.custom]"}),
        (HATCHLING, {"hatch.toml": "[build.targets.wheel.hooks.custom]"}),
        (HATCHLING, {"hatch.toml": "[build"}),
        (PDM, {"pdm_build.py": "def pdm_build_update_files(context, files): ..."}),
        (f"{PDM}[tool.pdm.build]\ncustom-hook = 'hook.py'", {}),
        (PDM.replace("['pdm-backend']", "['pdm-backend', 'pdm-build-locked']"), {}),
        (f"{SCIKIT}[[tool.scikit-build.overrides]]\nif.state = 'wheel'\nwheel.cmake = true", {}),
        (f"{SCIKIT}[[tool.scikit-build.overrides]]\nif.any.state = 'wheel'\nx.y = 1", {}),
        (SETUPTOOLS, {"setup.py": "setup(cmdclass=versioneer.get_cmdclass())"}),
        ("", {"setup.py": "if 'bdist_wheel' in sys.argv: ..."}),
        ("", {"setup.cfg": "[options]\ncmdclass =\n    build_py = x.Y"}),
        (f"{SETUPTOOLS}[tool.setuptools.cmdclass]\nbuild_py = 'x.Y'", {}),
    ],
)
def test_what_runs_for_a_wheel_only(tmp_path: Path, text: str, files: Mapping[str, str]) -> None:
    assert not complete(tmp_path, text, files)


@pytest.mark.parametrize(
    ("text", "files"),
    [
        (HATCHLING, {"hatch_build.py": "not configured"}),
        (f"{HATCHLING}[tool.hatch.build.hooks]\n[tool.hatch.metadata.hooks.vcs]", {}),
        (f"{HATCHLING}[tool.hatch.build.targets.sdist.hooks.custom]", {}),
        (HATCHLING.replace("['hatchling']", "['hatchling', 'hatch-vcs']"), {}),
        (HATCHLING, {"hatch.toml": "[metadata]"}),
        (PDM, {}),
        (f"{PDM}[tool.hatch.build.hooks.custom]", {}),
        (f"{SCIKIT}[[tool.scikit-build.overrides]]\nif.platform-system = 'linux'\nx.y = 1", {}),
        (SETUPTOOLS, {"setup.py": "setup(name='demo')", "setup.cfg": "[metadata]\nname = demo"}),
        (HATCHLING.replace("hatchling.build", "flit_core.buildapi"), {"setup.py": "argv"}),
        (f"{HATCHLING}backend-path = ['.']\n[tool.hatch.build.hooks.custom]", {}),
    ],
)
def test_what_both_have(tmp_path: Path, text: str, files: Mapping[str, str]) -> None:
    assert complete(tmp_path, text, files)
