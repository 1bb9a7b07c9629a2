"""Without isolation: what is missing in the environment of an interpreter is reported."""

import re
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lbuild_frontend.environments.base import Environment
from lbuild_frontend.environments.interpreter import Interpreter, find
from lbuild_frontend.environments.no_isolation import ExistingEnvironment
from lbuild_frontend.errors import LbuildError
from support import environments as pythons
from support import interpreters
from support.interpreters import EACH_INTERPRETER
from support.wheels_and_index import make_wheel

INSTALLED = interpreters.installed()


def with_installed(folder: Path, version: str | None = None) -> Interpreter:
    """The interpreter of an environment that holds the wheels of this folder."""
    python = pythons.make_environment(folder / "env", version)
    [site] = (folder / "env").glob("lib/*/site-packages")
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)
    return find(str(python))


def test_without_isolation_nothing_is_installed(tmp_path: Path) -> None:
    make_wheel(tmp_path, "plugin", "helper>=0.5")
    make_wheel(tmp_path, "helper")
    interpreter = with_installed(tmp_path)
    before = sys.path[:]
    own = ExistingEnvironment(interpreter, "demo")
    for requirements in (["plugin==1.0", "helper>5; python_version < '3'", "PLUGIN"], []):
        assert own.provide(requirements) == Environment(interpreter.executable, {}, "")
    assert sys.path == before


def test_without_the_check_what_is_missing_does_not_matter() -> None:
    interpreter = find(None)
    own = ExistingEnvironment(interpreter, "demo", check=False)
    assert own.provide(["lbtest-nobody-has-it"]) == Environment(interpreter.executable, {}, "")


@pytest.mark.parametrize(
    ("requirements", "missing"),
    [
        (["plugin>=2"], "plugin>=2"),
        (["gone"], "gone"),
        (["gone", "plugin", "also-gone"], "also-gone, gone"),
        (["gone; python_version > '3'"], "gone"),
        (["plugin"], "plugin -> helper"),
        (["hypothesis"], "hypothesis"),
    ],
)
def test_without_isolation_what_is_missing_is_told(
    tmp_path: Path, requirements: list[str], missing: str
) -> None:
    make_wheel(tmp_path, "plugin", *(["helper"] if "->" in missing else []))
    interpreter = with_installed(tmp_path)
    with pytest.raises(LbuildError) as caught:
        ExistingEnvironment(interpreter, "demo").provide(requirements)
    assert caught.value.exit_code == 2
    assert str(caught.value) == (
        "demo: without isolation these build requirements are missing in "
        f"{interpreter.executable}: {missing}. Install them there, "
        "leave out --no-isolation, or add --skip-dependency-check."
    )


@EACH_INTERPRETER
def test_without_isolation_markers_are_those_of_the_interpreter(version: str) -> None:
    own = ExistingEnvironment(find(INSTALLED[version]), "demo")
    own.provide([f"lbuild-has-no-such-requirement; python_version != '{version}'"])
    with pytest.raises(LbuildError, match="are missing in"):
        own.provide([f"lbuild-has-no-such-requirement; python_version == '{version}'"])


def missing(interpreter: Interpreter, *requirements: str) -> str:
    """What of these requirements is missing in the environment of an interpreter."""
    try:
        ExistingEnvironment(interpreter, "demo").provide(requirements)
    except LbuildError as error:
        found = re.search(r"are missing in \S+: (.*)\. Install", str(error))
        assert found
        return found[1]
    return ""


def test_markers_of_what_is_installed_are_those_of_the_interpreter(tmp_path: Path) -> None:
    version = pythons.another_version()
    make_wheel(
        *(tmp_path, "plugin"),
        f'helper ; python_version == "{version}"',
        f'other ; python_version != "{version}"',
    )
    told = missing(with_installed(tmp_path, version), "plugin")
    assert told == f'plugin -> helper; python_version == "{version}"'


def test_extras_count_where_they_are_asked_for(tmp_path: Path) -> None:
    make_wheel(tmp_path, "plugin", 'helper ; extra == "more"', 'other ; extra == "most"')
    interpreter = with_installed(tmp_path)
    assert missing(interpreter, "plugin") == ""
    assert missing(interpreter, "plugin[more]") == 'plugin[more] -> helper; extra == "more"'


def test_chains_end_in_what_is_missing(tmp_path: Path) -> None:
    make_wheel(tmp_path, "one", "two", "three>=1")
    make_wheel(tmp_path, "two", "three", "one")
    make_wheel(tmp_path, "three", "gone", "two<1")
    told = missing(with_installed(tmp_path), "one").split(", ")
    assert told == [
        "one -> three>=1 -> gone",
        "one -> three>=1 -> two<1",
        "one -> two -> three -> gone",
        "one -> two -> three -> two<1",
    ]


@pytest.mark.parametrize("version", ["1.0rc1", "2.0.dev0"])
def test_a_version_before_its_release_is_one(tmp_path: Path, version: str) -> None:
    make_wheel(tmp_path, "plugin", version=version)
    interpreter = with_installed(tmp_path)
    assert missing(interpreter, "plugin") == ""
    assert missing(interpreter, "plugin>=0.9") == ""
    assert missing(interpreter, "plugin>=3") == "plugin>=3"


def test_a_version_that_is_none_meets_no_specifier(tmp_path: Path) -> None:
    make_wheel(tmp_path, "plugin", version="newest")
    interpreter = with_installed(tmp_path)
    assert missing(interpreter, "plugin") == ""
    assert missing(interpreter, "plugin>=0") == "plugin>=0"


def test_threads_share_nothing(tmp_path: Path) -> None:
    before = sys.path[:]
    folders = [tmp_path / str(number) for number in range(4)]
    for folder in folders:
        folder.mkdir()
        make_wheel(folder, f"plugin{folder.name}")
    wanted = [f"plugin{folder.name}" for folder in folders]
    with ThreadPoolExecutor(4) as threads:
        told = list(threads.map(lambda folder: missing(with_installed(folder), *wanted), folders))
    assert told == [
        ", ".join(name for name in wanted if not name.endswith(folder.name)) for folder in folders
    ]
    assert sys.path == before
