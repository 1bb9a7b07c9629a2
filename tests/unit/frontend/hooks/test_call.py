"""Calling hooks of real backends: what comes back, what is told when nothing does."""

import ast
import os
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lbuild_frontend.errors import BuildFailed
from lbuild_frontend.hooks import call as hook_calls
from lbuild_frontend.hooks.call import Backend
from lbuild_keys.config.build_system import BuildSystem
from support import interpreters

INSTALLED = interpreters.installed()


def backend(root: Path, code: str, **changes: object) -> Backend:
    """A backend in ``root/tools`` whose module is this code."""
    tools = root / "tools"
    tools.mkdir(parents=True, exist_ok=True)
    (tools / "backend.py").write_text(textwrap.dedent(code), "utf-8")
    fields: dict[str, object] = {
        "label": "demo",
        "root": root,
        "build_system": BuildSystem((), "backend", ("tools",)),
        "build_base": "build",
        "executable": sys.executable,
        "environ": dict(os.environ),
        "echo": False,
    }
    return Backend(**(fields | changes))


BUILD = """
    import json, os, sys
    from pathlib import Path

    def build_wheel(folder, settings=None, metadata=None):
        {}
"""


def build(
    root: Path, code: str, settings: hook_calls.ConfigSettings | None = None, **changes: object
) -> Any:
    """Build with a hook that is this code."""
    body = textwrap.dedent(code).strip().replace("\n", "\n        ")
    return hook_calls.build_wheel(
        backend(root, BUILD.format(body), **changes), root.parent, settings or {}
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


# What comes back


@pytest.mark.parametrize("version", INSTALLED)
def test_a_hook_is_called_as_pep_517_has_it(root: Path, version: str) -> None:
    settings = {"a": "1", "b": ["1", "é"], "": ""}
    code = "return [os.getcwd(), folder, settings, metadata, '%d.%d' % sys.version_info[:2]]"
    returned = build(root, code, settings, executable=INSTALLED[version])
    assert returned.value == [str(root), str(root.parent), settings, None, version]
    assert returned.warnings == ()


@pytest.mark.parametrize("version", INSTALLED)
def test_what_it_did(root: Path, tmp_path: Path, version: str) -> None:
    (root / "linked").symlink_to("src")
    (root / "out").symlink_to(tmp_path)
    (root / "src").mkdir()
    code = """
        Path("src/version.py").write_text("1")
        Path("linked/data.txt").touch()
        Path("link").symlink_to("src")
        Path("out/outside.txt").touch()
        Path("../other.txt").touch()
        Path("caf\\udce9").touch()
        if os.fork() == 0:
            Path("child").touch()
            os._exit(0)
        os.wait()
        return open("src/version.py").read()
    """
    returned = build(root, code, executable=INSTALLED[version])
    assert returned.value == "1"
    names = ["src/version.py", "linked/data.txt", "link", "out/outside.txt", "../other.txt"]
    done = {
        path: access
        for access, path in returned.trace.accesses
        if access in ("written", "added to") and not path.startswith(returned.scratch)
    }
    assert done.keys() == {f"{root}/{name}" for name in [*names, "child", "caf\udce9"]}
    assert done[f"{root}/src/version.py"] == "written"
    assert done[f"{root}/child"] == "added to"  # touch leaves what is there
    assert returned.trace.problems == ()


@pytest.mark.parametrize("version", INSTALLED)
def test_what_it_used(root: Path, version: str) -> None:
    (root / "data.txt").touch()
    code = """
        Path("data.txt").read_text()
        os.listdir(".")
        os.path.exists("setup.cfg")
        os.environ.get("MARK")
        os.system("true")
    """
    trace = build(root, code, executable=INSTALLED[version]).trace
    tools = f"{root}/tools/backend.py"
    assert {("read", f"{root}/data.txt"), ("read", tools)} <= set(trace.accesses)
    assert tools in trace.imported
    assert ("looked at", f"{root}/setup.cfg") in trace.accesses
    assert {"listed"} == {
        how for how, path in trace.accesses if os.path.normpath(path) == str(root)
    }
    assert "MARK" in trace.variables
    assert [one.args for one in trace.spawned] == [("/bin/sh", "-c", "true")]
    assert trace.folders["executable"] == INSTALLED[version]


def test_what_was_made_for_the_call_is_told_and_gone(root: Path) -> None:
    returned = build(root, "return [os.getenv('DIST_EXTRA_CONFIG'), *sys.argv]")
    own = [path for path in returned.value if not path.endswith(".py") and path.startswith("/")]
    assert own
    for path in own:
        assert any(f"{path}/".startswith(f"{folder}/") for folder in returned.scratch)
        assert not os.path.lexists(path)


LEFT = "build holds what an earlier build left"


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
    assert hook_calls.get_requires_for_build_wheel(one, {}).trace.problems == ()


def test_warnings_of_the_backend(root: Path) -> None:
    code = "import warnings; warnings.warn('mind the gap'); return 'demo.whl'"
    returned = build(root, code)
    assert returned.value == "demo.whl"
    assert returned.warnings == ("mind the gap",)


@pytest.fixture
def typed() -> Iterator[None]:
    """Let something wait at this process's standard input."""
    before, (reading, writing) = os.dup(0), os.pipe()
    os.write(writing, b"typed")
    os.close(writing)
    os.dup2(reading, 0)
    yield
    os.dup2(before, 0)
    os.close(before)
    os.close(reading)


@pytest.mark.usefixtures("typed")
def test_it_has_no_input_and_its_output_is_kept_for_failures(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = "print('said', repr(sys.stdin.read()), flush=True); os.system('echo child >&2')"
    with pytest.raises(BuildFailed) as caught:
        build(root, f"{code}\nraise ValueError")
    assert caught.value.output.startswith("said ''\nchild\n")
    build(root, code)
    assert capfd.readouterr() == ("", "")
    build(root, code, echo=True)
    assert capfd.readouterr() == ("", "said ''\nchild\n")


def test_it_has_the_environment_that_it_is_given(root: Path) -> None:
    environ = {**os.environ, "MARK": "é"}
    value = build(root, "return dict(os.environ)", environ=environ).value
    own = {name for name in value if name.startswith("_PYPROJECT_HOOKS")}
    assert {name: value[name] for name in value.keys() - own} == environ


@pytest.mark.parametrize("value", ["[]", "['a>=1', 'b']"])
def test_more_requirements(root: Path, value: str) -> None:
    one = backend(root, f"def get_requires_for_build_wheel(settings=None): return {value}")
    assert hook_calls.get_requires_for_build_wheel(one, {}).value == ast.literal_eval(value)


def test_more_requirements_are_none_without_the_hook(root: Path) -> None:
    assert hook_calls.get_requires_for_build_wheel(backend(root, ""), {}).value == []


@pytest.mark.parametrize(
    "value", ["None", "'a'", "['a', 1]", "{'a': 1}", "['b', 'a>>1']", "['a @ file://[b']"]
)
def test_more_requirements_that_are_none(root: Path, value: str) -> None:
    one = backend(root, f"def get_requires_for_build_wheel(settings=None): return {value}")
    expected = r"^demo: get_requires_for_build_wheel of 'backend' returned .*, which is no list of"
    with pytest.raises(BuildFailed, match=expected):
        hook_calls.get_requires_for_build_wheel(one, {})


# What goes wrong

FAILED = "demo: build_wheel of 'backend' failed; its output tells why."
NOTHING = "demo: build_wheel of 'backend' ended the process without returning a result."

FAILURES = {
    "raises": ("raise ValueError('mind the gap')", FAILED, "ValueError: mind the gap"),
    "exits": ("sys.exit(3)", FAILED, ""),
    "exits with a text": ("sys.exit('mind the gap')", FAILED, "mind the gap"),
    "leaves": ("os._exit(3)", FAILED, ""),
    "leaves as if all were well": ("os._exit(0)", NOTHING, ""),
    "exits as if all were well": ("sys.exit(0)", NOTHING, ""),
    "returns what is no JSON": ("return object()", FAILED, "TypeError"),
    "is killed": (
        "os.kill(os.getpid(), 9)",
        "demo: build_wheel of 'backend' was killed by signal 9.",
        "",
    ),
}


@pytest.mark.parametrize(("code", "message", "output"), FAILURES.values(), ids=FAILURES)
def test_a_hook_that_fails(root: Path, code: str, message: str, output: str) -> None:
    with pytest.raises(BuildFailed) as caught:
        build(root, f"print('said', flush=True)\n{code}")
    assert str(caught.value) == message
    assert caught.value.output.startswith("said\n")
    assert output in caught.value.output
    assert "recorder.py" not in caught.value.output


@pytest.mark.parametrize("version", INSTALLED)
def test_the_traceback_of_each_interpreter_is_the_backends(root: Path, version: str) -> None:
    with pytest.raises(BuildFailed) as caught:
        build(root, "raise ValueError('mind the gap')", executable=INSTALLED[version])
    assert "recorder.py" not in caught.value.output
    assert caught.value.output.rstrip().endswith("ValueError: mind the gap")


UNAVAILABLE = (
    "demo: the build backend {!r} cannot be imported. "
    "Check build-system.build-backend, requires and backend-path in pyproject.toml."
)


@pytest.mark.parametrize(
    ("code", "name", "output"),
    [
        ("import lbuild_has_no_such_module", "backend", "No module named 'lbuild_has_no_such"),
        ("", "missing", ""),
        ("", "backend.below", "backend"),
    ],
)
def test_a_backend_that_cannot_be_imported(root: Path, code: str, name: str, output: str) -> None:
    one = backend(root, code, build_system=BuildSystem((), name, ("tools",)))
    with pytest.raises(BuildFailed) as caught:
        hook_calls.build_wheel(one, root, {})
    assert str(caught.value) == UNAVAILABLE.format(name)
    assert output in caught.value.output


def test_a_backend_of_no_environment(root: Path) -> None:
    one = backend(root, "", build_system=BuildSystem((), "lbuild_has_no_such_backend", ()))
    with pytest.raises(BuildFailed) as caught:
        hook_calls.build_wheel(one, root, {})
    assert str(caught.value) == UNAVAILABLE.format("lbuild_has_no_such_backend")


def test_a_backend_without_the_hook(root: Path) -> None:
    with pytest.raises(BuildFailed) as caught:
        hook_calls.build_wheel(backend(root, "build_sdist = None"), root, {})
    assert (
        str(caught.value) == "demo: the build backend 'backend' has no build_wheel hook (PEP 517)."
    )


@pytest.mark.parametrize("code", ["raise ValueError('while importing')", "1 +"])
def test_a_backend_that_fails_while_it_is_imported(root: Path, code: str) -> None:
    with pytest.raises(BuildFailed) as caught:
        hook_calls.build_wheel(backend(root, code), root, {})
    assert str(caught.value) == FAILED
    assert "backend.py" in caught.value.output


# What is put aside


def test_no_bytecode_of_a_backend_is_left_or_trusted(root: Path) -> None:
    for number in "12":  # of one size, in one second
        (root / "tools").mkdir(exist_ok=True)
        (root / "tools" / "helper.py").write_text(f"number = {number}\n")
        os.utime(root / "tools" / "helper.py", (0, 0))
        assert build(root, "import helper; return helper.number").value == int(number)
    assert sorted(path.name for path in root.rglob("*")) == ["backend.py", "helper.py", "tools"]


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


def test_nothing_is_left_in_temporary_folders(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    build(root, "return 'demo.whl'")
    with pytest.raises(BuildFailed):
        build(root, "raise ValueError")
    assert list((tmp_path / "temporary").iterdir()) == []


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


def test_folders_of_another_backend_are_its_own(root: Path) -> None:
    build(root, "os.makedirs('build/lib'); os.makedirs('demo.egg-info')", build_base=None)
    assert (root / "build" / "lib").exists()
    assert (root / "demo.egg-info").exists()


def test_another_build_base(root: Path) -> None:
    build(root, "os.makedirs('out/base/lib'); os.makedirs('build/lib')", build_base="out/base")
    assert not (root / "out" / "base").exists()
    assert (root / "build" / "lib").exists()
