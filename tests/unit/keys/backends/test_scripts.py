"""Files of a project that run while it is built, by where they lie and what names them."""

import pytest
import tomli

from lbuild_keys.backends.scripts import imported, settings

NAMES = [
    "CMakeLists.txt",
    "hatch.toml",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "tools.py",
    "README.md",
    "demo.py",
    "src/demo/__init__.py",
    "src/demo/core.py",
    "src/demo/version.py",
    "src/setup.py",
    "src/my_demo/__init__.py",
    "scripts/version.py",
]


def test_settings_and_scripts_lie_at_the_top() -> None:
    expected = "CMakeLists.txt demo.py hatch.toml pyproject.toml setup.cfg setup.py tools.py"
    assert settings(NAMES) == expected.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("a = 'src/demo/version.py'", ["src/demo/version.py"]),
        ("a.b = [{path = './scripts/version.py'}]", ["scripts/version.py"]),
        ("a = 'version.py'", ["scripts/version.py", "src/demo/version.py"]),
        (
            "version = {attr = 'demo.version.VERSION'}",
            ["demo.py", "src/demo/__init__.py", "src/demo/version.py"],
        ),
        ("version.attr = 'demo.__version__'", ["demo.py", "src/demo/__init__.py"]),
        ("tool.pdm.version.getter = 'demo.core:version'", ["src/demo/core.py"]),
        ("a = 'README.md'", []),
        (
            "build-system.build-backend = 'flit_core.buildapi'\nproject.name = 'my-demo'",
            ["src/my_demo/__init__.py"],
        ),
        (
            "build-system.build-backend = 'flit_core.buildapi'\ntool.flit.module.name = 'demo'",
            ["demo.py", "src/demo/__init__.py"],
        ),
        ("build-system.build-backend = 'hatchling.build'\nproject.name = 'my-demo'", []),
    ],
)
def test_modules_that_pyproject_names(text: str, expected: list[str]) -> None:
    assert imported(NAMES, tomli.loads(text), [text]) == expected


def test_modules_that_setup_cfg_names() -> None:
    text = "[metadata]\nversion = attr: demo.core.VERSION\n"
    expected = ["demo.py", "src/demo/__init__.py", "src/demo/core.py"]
    assert imported(NAMES, {}, [text]) == expected
