"""What setuptools is kept from leaving in a project, and what is removed where it cannot be."""

import os
from pathlib import Path

import pytest

from lbuild_frontend.errors import BuildFailed
from lbuild_frontend.hooks import call
from lbuild_frontend.model.hook import GET_REQUIRES_FOR_BUILD_WHEEL
from support.made_up_backend import backend, build

LEFT = "build has files of an earlier build"


@pytest.mark.parametrize(
    ("code", "problems"),
    [
        ("return 'demo.whl'", (LEFT,)),
        ("os.makedirs('build/lib')", (LEFT,)),
        (
            """
        import configparser
        parser = configparser.RawConfigParser()
        parser.read(os.getenv("DIST_EXTRA_CONFIG"))
        os.makedirs(parser["build"]["build_base"] + "/lib")
            """,
            (),
        ),
    ],
    ids=["built nothing", "built in the tree", "built elsewhere"],
)
def test_a_build_upon_what_an_earlier_one_left_is_not_traced_fully(
    root: Path, code: str, problems: tuple[str, ...]
) -> None:
    assert build(root, code).trace.problems == ()
    (root / "build").mkdir(exist_ok=True)
    assert build(root, code).trace.problems == problems
    assert build(root, code, build_base=None).trace.problems == ()
    one = backend(root, "def get_requires_for_build_wheel(settings=None): return []")
    assert call.get_requires(one, GET_REQUIRES_FOR_BUILD_WHEEL, {}).trace.problems == ()


def test_setuptools_is_told_to_build_elsewhere(root: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.cfg"
    mine.write_text("[build]\nparallel = 2\nbuild_base = mine\n[bdist_wheel]\ntag = 100%\n")
    code = """
        import configparser
        parser = configparser.RawConfigParser()
        parser.read(os.getenv("DIST_EXTRA_CONFIG"))
        found = {name: dict(parser[name]) for name in parser.sections()}
        found["empty"] = os.listdir(found["egg_info"]["egg_base"])
        return found
    """
    for named in (str(mine), "../mine.cfg"):
        found = build(root, code, environ={**os.environ, "DIST_EXTRA_CONFIG": named}).value
        assert found["bdist_wheel"] == {"tag": "100%"}
        assert found["build"]["parallel"] == "2"
        assert not Path(found["build"]["build_base"]).is_relative_to(root)
        assert not Path(found["egg_info"]["egg_base"]).is_relative_to(root)
        assert found["empty"] == []
    for named in ("", str(tmp_path / "missing")):
        found = build(root, code, environ={**os.environ, "DIST_EXTRA_CONFIG": named}).value
        assert found.keys() == {"build", "egg_info", "empty"}


def test_a_temporary_folder_whose_name_is_no_text(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The configuration cannot name it, so setuptools builds in the tree, as it does elsewhere."""
    folder = tmp_path / "caf\udce9"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    code = """
        with open(os.getenv("DIST_EXTRA_CONFIG"), encoding="utf-8") as file:
            return file.read()
    """
    assert build(root, code).value == ""


@pytest.mark.parametrize("content", [b"no section\n", b"[build]\nx\n", b"\xff", b"[a]\n[a]\n"])
def test_a_configuration_of_the_user_that_is_none_is_the_backends_to_tell(
    root: Path, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "mine.cfg").write_bytes(content)
    environ = {**os.environ, "DIST_EXTRA_CONFIG": str(tmp_path / "mine.cfg")}
    try:
        value = build(root, "return 'demo.whl'", environ=environ).value
    except BuildFailed as error:
        assert "DIST_EXTRA_CONFIG" in str(error)
    else:
        assert value == "demo.whl"


def test_only_builds_of_the_project_are_told_to_build_elsewhere(root: Path) -> None:
    code = """
        import subprocess
        here = os.getenv("DIST_EXTRA_CONFIG")
        os.chdir("tools")
        command = [sys.executable, "-c", "import os; print(os.getenv('DIST_EXTRA_CONFIG'))"]
        child = subprocess.run(command, stdout=subprocess.PIPE, cwd="..").stdout.decode()
        in_environ = "DIST_EXTRA_CONFIG" in os.environ
        return [here, os.getenv("DIST_EXTRA_CONFIG", "none"), child, in_environ]
    """
    here, elsewhere, child, in_environ = build(root, code).value
    assert Path(here).name == "setuptools.cfg"
    assert (elsewhere, child, in_environ) == ("none", "None\n", False)


# What setuptools leaves where it cannot be told otherwise


def test_folders_of_setuptools_that_the_hook_made_are_removed(root: Path) -> None:
    code = """
        for folder in ("build/lib/demo", "build/temp.linux-1", "src/demo.egg-info"):
            os.makedirs(folder)
            Path(folder, "left").touch()
        return 'demo.whl'
    """
    (root / "src").mkdir()
    build(root, code)
    assert not (root / "build").exists()
    assert list((root / "src").iterdir()) == []


def test_what_was_there_before_is_the_users(root: Path) -> None:
    for folder in ("build/lib", "demo.egg-info"):
        (root / folder).mkdir(parents=True)
        (root / folder / "mine").touch()
    code = """
        os.makedirs("build/lib", exist_ok=True)
        os.makedirs("demo.egg-info", exist_ok=True)
        os.makedirs("build/other")
        os.makedirs("lib")
        Path("build/lib/left").touch()
    """
    build(root, code)
    for path in ("build/lib/mine", "demo.egg-info/mine", "build/other", "lib"):
        assert (root / path).exists()


def test_an_egg_info_that_is_reached_by_a_link_is_the_users(root: Path) -> None:
    """``src`` may be a link to a folder, and setuptools names what it writes by the link."""
    egg_info = root / "python" / "demo.egg-info"
    egg_info.mkdir(parents=True)
    (egg_info / "SOURCES.txt").write_text("mine")
    (root / "src").symlink_to("python")
    code = """
        Path("src/demo.egg-info/SOURCES.txt").write_text("theirs")
        Path("src/demo.egg-info/more").touch()
        return 'demo.whl'
    """
    build(root, code)
    assert [path.name for path in egg_info.iterdir()] == ["SOURCES.txt"]
    assert (egg_info / "SOURCES.txt").read_text() == "mine"


def test_what_setuptools_found_is_kept_beside_the_packages_only(root: Path) -> None:
    """A thousand folders with tests would be as many copies of the list of all files."""
    for name in ("src/demo/__init__.py", "tests/unit/test_one.py", "tests/unit/test_two.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    code = """
        import configparser, glob
        parser = configparser.RawConfigParser()
        parser.read(os.getenv("DIST_EXTRA_CONFIG"))
        made = parser["egg_info"]["egg_base"] + "/demo.egg-info"
        os.mkdir(made)
        with open(made + "/SOURCES.txt", "w") as file:
            file.write("src/demo/__init__.py\\n/elsewhere.py\\n")
        with open(made + "/top_level.txt", "w") as file:
            file.write("demo\\n")
        for name in glob.glob("**/*.py", recursive=True):
            open(name).close()
    """
    trace = build(root, code).trace
    looked_at = {path for access, path in trace.accesses if path.endswith("demo.egg-info")}
    folders = (root, root / "src", root / "tests", root / "tests" / "unit")
    assert {f"{folder}/demo.egg-info" for folder in folders} <= looked_at
    known = frozenset({"src/demo/__init__.py"})
    assert trace.egg_infos == {f"{folder}/demo.egg-info": known for folder in (root, root / "src")}


def test_folders_of_another_backend_are_its_own(root: Path) -> None:
    build(root, "os.makedirs('build/lib'); os.makedirs('demo.egg-info')", build_base=None)
    assert (root / "build" / "lib").exists()
    assert (root / "demo.egg-info").exists()


def test_another_build_base(root: Path) -> None:
    build(root, "os.makedirs('out/base/lib'); os.makedirs('build/lib')", build_base="out/base")
    assert not (root / "out" / "base").exists()
    assert (root / "build" / "lib").exists()
