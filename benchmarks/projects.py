"""The projects that are built: generated trees of any size, and copies of fixtures."""

import shutil
import time
from pathlib import Path

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"

_FILES_IN_A_FOLDER = 100

_PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.26"]
build-backend = "hatchling.build"

[project]
name = "demo"
version = "0.1.0"
requires-python = ">=3.8"

[tool.hatch.build.targets.wheel]
packages = ["src/demo"]
"""

_POETRY = """\
[build-system]
requires = ["poetry-core>=2"]
build-backend = "poetry.core.masonry.api"

[project]
name = "demo"
version = "0.1.0"
requires-python = ">=3.8"

[tool.poetry]
packages = [{ include = "demo", from = "src" }]
"""

_CACHE_KEYS = """
[tool.uv]
cache-keys = [{ file = "**/*.py" }]
"""

_MODULE = '''\
"""Module {number} of a generated package."""

import os


def answer(question: str = "") -> int:
    """Answer a question."""
    if not question:
        question = os.environ.get("QUESTION", "")
    return len(question) + {number}


class Answer{number}:
    """Holds an answer."""

    def __init__(self, question: str) -> None:
        self.value = answer(question)
'''


def hatchling_tree(folder: Path, files: int, *, cache_keys: bool) -> Path:
    """Write a project with that many modules, all of which its build reads; return its folder.

    Args:
        cache_keys: whether ``tool.uv.cache-keys`` names all modules.
    """
    package = folder / "src" / "demo"
    package.mkdir(parents=True)
    text = _PYPROJECT + (_CACHE_KEYS if cache_keys else "")
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    _write_modules(package, files)
    return folder


def hatchling_workspace(folder: Path, members: int, files: int) -> Path:
    """Write a workspace of projects with that many modules each; return its folder.

    Each of them but the first runs with the one before it.
    """
    folder.mkdir()
    text = '[tool.lbuild.workspace]\nmembers = ["packages/*"]\n'
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    for number in range(members):
        name = f"demo{number}"
        member = hatchling_tree(folder / "packages" / name, files, cache_keys=False)
        (member / "src" / "demo").rename(member / "src" / name)
        needs = [f"demo{number - 1}"] if number else []
        text = _PYPROJECT.replace('name = "demo"', f'name = "{name}"\ndependencies = {needs}')
        text = text.replace("src/demo", f"src/{name}")
        (member / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


def poetry_tree(folder: Path, files: int) -> Path:
    """Write the same project for poetry-core; return its folder."""
    hatchling_tree(folder, files, cache_keys=False)
    (folder / "pyproject.toml").write_text(_POETRY, encoding="utf-8")
    return folder


def _write_modules(package: Path, files: int) -> None:
    for number in range(files):
        part = package
        if number >= _FILES_IN_A_FOLDER:
            part = package / f"part{number // _FILES_IN_A_FOLDER}"
            if number % _FILES_IN_A_FOLDER == 0:
                part.mkdir()
        name = "__init__" if number % _FILES_IN_A_FOLDER == 0 else f"module{number}"
        (part / f"{name}.py").write_text(_MODULE.format(number=number), encoding="utf-8")


def c_extension(folder: Path, files: int = 0) -> Path:
    """Copy the fixture that has one C extension; return the copy's folder.

    Args:
        files: how many modules to add to it.
    """
    ignored = shutil.ignore_patterns("dist", "build", "*.egg-info", "__pycache__", "*.so")
    shutil.copytree(FIXTURES / "setuptools-c-extension", folder, ignore=ignored)
    if files:
        package = folder / "src" / "demo"
        text = (package / "__init__.py").read_text(encoding="utf-8")
        _write_modules(package, files)
        (package / "__init__.py").write_text(text, encoding="utf-8")
    return folder


def edit(file: Path) -> None:
    """Append one line that was never there before: a remark, in Python or in C."""
    remark = "#" if file.suffix == ".py" else "//"
    with file.open("a", encoding="utf-8") as opened:
        opened.write(f"{remark} edited at {time.time_ns()}\n")
