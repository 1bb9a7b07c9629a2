"""Calling hooks of real backends: what comes back, what is told when nothing does."""

import ast
import os
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lbuild_frontend.disk.temporary import FOLDER
from lbuild_frontend.errors import BuildFailed
from lbuild_frontend.hooks import call
from lbuild_frontend.model.hook import BUILD_WHEEL, GET_REQUIRES_FOR_BUILD_WHEEL
from lbuild_keys.config.build_system import BuildSystem
from support import interpreters
from support.interpreters import EACH_INTERPRETER
from support.made_up_backend import backend, build

INSTALLED = interpreters.installed()


# What comes back


@EACH_INTERPRETER
def test_a_hook_is_called_as_pep_517_has_it(root: Path, version: str) -> None:
    settings = {"a": "1", "b": ["1", "é"], "": ""}
    code = "return [os.getcwd(), folder, settings, metadata, '%d.%d' % sys.version_info[:2]]"
    returned = build(root, code, settings, executable=INSTALLED[version])
    assert returned.value == [str(root), str(root.parent), settings, None, version]
    assert returned.warnings == ()


@EACH_INTERPRETER
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


@EACH_INTERPRETER
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


def test_warnings_of_the_backend(root: Path) -> None:
    code = "import warnings; warnings.warn('mind the gap'); return 'demo.whl'"
    returned = build(root, code)
    assert returned.value == "demo.whl"
    assert returned.warnings == ("mind the gap",)


def test_calls_in_threads_share_nothing(root: Path) -> None:
    """Neither the filters for warnings nor the folder for temporary files."""
    filters, temporary = list(warnings.filters), tempfile.tempdir

    def call_it(number: int) -> tuple[object, tuple[str, ...]]:
        own = root.parent / f"project {number}"
        code = f"import warnings; warnings.warn('number {number}'); return '{number}.whl'"
        returned = build(own, code)
        return returned.value, returned.warnings

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(call_it, range(8)))
    assert found == [(f"{number}.whl", (f"number {number}",)) for number in range(8)]
    assert (warnings.filters, tempfile.tempdir) == (filters, temporary)


@pytest.mark.parametrize("value", ["[]", "['a>=1', 'b']"])
def test_more_requirements(root: Path, value: str) -> None:
    one = backend(root, f"def get_requires_for_build_wheel(settings=None): return {value}")
    assert call.get_requires(one, GET_REQUIRES_FOR_BUILD_WHEEL, {}).value == ast.literal_eval(value)


def test_more_requirements_are_none_without_the_hook(root: Path) -> None:
    assert call.get_requires(backend(root, ""), GET_REQUIRES_FOR_BUILD_WHEEL, {}).value == []


@pytest.mark.parametrize(
    "value", ["None", "'a'", "['a', 1]", "{'a': 1}", "['b', 'a>>1']", "['a @ file://[b']"]
)
def test_more_requirements_that_are_none(root: Path, value: str) -> None:
    one = backend(root, f"def get_requires_for_build_wheel(settings=None): return {value}")
    expected = (
        r"^demo: get_requires_for_build_wheel of 'backend' returned .*, which is not a list of"
    )
    with pytest.raises(BuildFailed, match=expected):
        call.get_requires(one, GET_REQUIRES_FOR_BUILD_WHEEL, {})


# What goes wrong

FAILED = "demo: build_wheel of 'backend' failed; see its output."
NOTHING = "demo: build_wheel of 'backend' ended the process without returning a result."

FAILURES = {
    "raises": ("raise ValueError('mind the gap')", FAILED, "ValueError: mind the gap"),
    "exits": ("sys.exit(3)", FAILED, ""),
    "exits with a text": ("sys.exit('mind the gap')", FAILED, "mind the gap"),
    "leaves": ("os._exit(3)", FAILED, ""),
    "leaves as if all were well": ("os._exit(0)", NOTHING, ""),
    "exits as if all were well": ("sys.exit(0)", NOTHING, ""),
    "removes where its result goes": (
        "import shutil; shutil.rmtree(sys.argv[-1]); os._exit(0)",
        NOTHING,
        "",
    ),
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
    assert "lbuild_frontend" not in caught.value.output


def test_a_hook_that_fails_without_a_word(root: Path) -> None:
    with pytest.raises(BuildFailed) as caught:
        build(root, "os._exit(3)")
    message = "demo: build_wheel of 'backend' failed with exit code 3 and no output."
    assert (str(caught.value), caught.value.output) == (message, "")


@EACH_INTERPRETER
def test_the_traceback_of_each_interpreter_is_the_backends(root: Path, version: str) -> None:
    with pytest.raises(BuildFailed) as caught:
        build(root, "raise ValueError('mind the gap')", executable=INSTALLED[version])
    assert "lbuild_frontend" not in caught.value.output
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
        call.build(one, BUILD_WHEEL, root, {})
    assert str(caught.value) == UNAVAILABLE.format(name)
    assert output in caught.value.output


def test_a_backend_of_no_environment(root: Path) -> None:
    one = backend(root, "", build_system=BuildSystem((), "lbuild_has_no_such_backend", ()))
    with pytest.raises(BuildFailed) as caught:
        call.build(one, BUILD_WHEEL, root, {})
    assert str(caught.value) == UNAVAILABLE.format("lbuild_has_no_such_backend")


def test_a_backend_without_the_hook(root: Path) -> None:
    with pytest.raises(BuildFailed) as caught:
        call.build(backend(root, "build_sdist = None"), BUILD_WHEEL, root, {})
    assert (
        str(caught.value) == "demo: the build backend 'backend' has no build_wheel hook (PEP 517)."
    )


@pytest.mark.parametrize("code", ["raise ValueError('while importing')", "1 +"])
def test_a_backend_that_fails_while_it_is_imported(root: Path, code: str) -> None:
    with pytest.raises(BuildFailed) as caught:
        call.build(backend(root, code), BUILD_WHEEL, root, {})
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


def test_nothing_is_left_in_temporary_folders(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    build(root, "return 'demo.whl'")
    with pytest.raises(BuildFailed):
        build(root, "raise ValueError")
    assert list((tmp_path / "temporary").iterdir()) == []


def test_what_a_killed_call_leaves_is_found_by_its_name(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    [name] = build(root, "return os.listdir('../temporary')").value
    assert FOLDER.fullmatch(name)
