"""``lbuild_keys.snapshot``: the inputs of a real folder, and that each edit of it is a reason."""

import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lbuild_keys
from lbuild_frontend.in_process import probe
from lbuild_keys import Input, compare, snapshot
from lbuild_keys.snapshots.of_folder import running_interpreter
from support.denied_access import without_privileges
from support.projects import git

TOML = "[build-system]\nrequires = ['flit_core']\n[project]\nname = 'My.Demo'\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(TOML)
    (folder / "src" / "core.py").write_text("ANSWER = 42\n")
    return folder


def reasons(before: lbuild_keys.Snapshot, folder: Path, **options: Any) -> list[str]:
    after = snapshot(folder, **options)
    return [lbuild_keys.sentence(one) for one in compare(before, after)]


def test_an_edit_is_a_reason_until_it_is_undone(project: Path) -> None:
    before = snapshot(project)
    assert reasons(before, project) == []
    (project / "src" / "core.py").write_text("ANSWER = 43\n")
    assert reasons(before, project) == ["src/core.py changed."]
    (project / "src" / "core.py").write_text("ANSWER = 42\n")
    assert reasons(before, project) == []


def test_clones_have_the_same_snapshot(project: Path, tmp_path: Path) -> None:
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "all")
    git(tmp_path, "clone", "-q", str(project), "clone")
    options: dict[str, Any] = {"environ": {"CFLAGS": "-O2"}, "config_settings": {"a": ["b"]}}
    before = snapshot(project, **options)
    assert reasons(before, tmp_path / "clone", **options) == []
    assert lbuild_keys.key_of(before) == lbuild_keys.key_of(snapshot(tmp_path / "clone", **options))


def test_the_commit_counts_where_the_build_may_ask_git(project: Path) -> None:
    (project / "pyproject.toml").write_text(TOML.replace("flit_core", "setuptools-scm"))
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "one")
    before = snapshot(project)
    git(project, "commit", "-q", "--allow-empty", "-m", "two")
    assert lbuild_keys.GitCommitChanged in map(type, compare(before, snapshot(project)))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"environ": {"CFLAGS": "-O3"}}, "$CFLAGS changed (unset -> set)."),
        ({"config_settings": {"a": "b"}}, "the config settings changed."),
        ({"interpreter": "CPython 3.99"}, "the interpreter changed"),
        ({"inputs": "declared"}, "src/core.py is gone."),
    ],
)
def test_each_argument_counts(project: Path, options: dict[str, Any], expected: str) -> None:
    before = snapshot(project, environ={})
    told = reasons(before, project, **({"environ": {}} | options))
    assert any(one.startswith(expected) for one in told), told


def test_variables_of_this_process_count_but_not_those_of_a_git_hook(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot(project)
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere")
    assert reasons(before, project) == []
    monkeypatch.setenv("CFLAGS", "-O3")
    assert reasons(before, project) == ["$CFLAGS changed (unset -> set)."]


def test_no_value_of_a_variable_is_in_a_snapshot(project: Path) -> None:
    token = "correct horse battery"  # noqa: S105  a made-up one
    options: dict[str, Any] = {"environ": {"CFLAGS": token}, "config_settings": {"token": token}}
    seen = snapshot(project, **options)
    assert Input("environment", "CFLAGS") in seen
    assert token not in repr(seen)
    assert len(compare(seen, snapshot(project, **options, secret=b"another"))) == 2


def test_another_process_takes_the_same(project: Path) -> None:
    code = (
        "import lbuild_keys, pickle, sys; "
        "pickle.dump(lbuild_keys.snapshot(sys.argv[1]), sys.stdout.buffer)"
    )
    command = [sys.executable, "-c", code, str(project)]
    done = subprocess.run(command, check=True, capture_output=True, cwd="/")
    assert compare(pickle.loads(done.stdout), snapshot(project)) == ()  # noqa: S301  its own


def test_threads_take_the_same_and_nothing_is_written(project: Path) -> None:
    (project / "pyproject.toml").write_text(TOML.replace("flit_core", "setuptools-scm"))
    git(project, "init", "-q")
    cwd, variables = Path.cwd(), dict(os.environ)
    files = sorted((path, path.stat().st_mtime_ns) for path in project.rglob("*"))
    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(snapshot, [project] * 8)
    assert others == [first] * 7
    assert files == sorted((path, path.stat().st_mtime_ns) for path in project.rglob("*"))
    assert (Path.cwd(), dict(os.environ)) == (cwd, variables)


def test_the_interpreter_is_named_as_in_a_build() -> None:
    assert running_interpreter() == probe.identify()["identity"]


@pytest.mark.parametrize("out_dir", ["dist", ".", "made/here"])
def test_delivered_distributions_are_no_inputs(project: Path, out_dir: str) -> None:
    options: dict[str, Any] = {"out_dirs": [out_dir]}
    before = snapshot(project, **options)
    folder = project / out_dir
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "my_demo-1.0-py3-none-any.whl").touch()
    (folder / "my_demo-1.0.tar.gz").touch()
    assert reasons(before, project, **options) == []
    assert len(reasons(before, project, out_dirs=[project / "elsewhere"])) >= 2
    (folder / "other-1.0.tar.gz").touch()
    assert len(reasons(before, project, **options)) == 1


def test_settings_of_the_project_are_respected(project: Path) -> None:
    path = project / "pyproject.toml"
    path.write_text(f"{TOML}[tool.lbuild]\nignore = ['*.log']\ninputs = 'traced'\n")
    before = snapshot(project)
    (project / "x.log").touch()
    assert reasons(before, project) == []
    (project / "x.txt").touch()
    assert reasons(before, project) == ["x.txt is new."]


def test_what_cannot_be_read_differs_from_itself(project: Path) -> None:
    (project / "src" / "core.py").chmod(0)
    with without_privileges():
        seen = snapshot(project)
    assert lbuild_keys.key_of(seen) is None
    [why] = compare(seen, seen)
    expected = "src/core.py cannot be read (Permission denied), so it counts as changed."
    assert lbuild_keys.sentence(why) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[build-system", "invalid TOML: "),
        ("[tool.lbuild]\nignored = []\n", "tool.lbuild.ignored: unknown setting"),
        (
            "[build-system]\nrequires = []\nbuild-backend = 'b'\nbackend-path = ['..']\n",
            "build-system.backend-path[0]: '..' is outside the project",
        ),
        ("\udcff", "line 1 is not UTF-8"),
    ],
)
def test_a_wrong_configuration_is_an_error_that_names_the_file(
    project: Path, text: str, problem: str
) -> None:
    path = project / "pyproject.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(lbuild_keys.SettingsError) as caught:
        snapshot(project)
    assert str(caught.value).startswith(f"{path}: {problem}")


@pytest.mark.parametrize("make", [lambda _: None, Path.mkdir, Path.touch])
def test_no_project_is_an_error(tmp_path: Path, make: Any) -> None:
    folder = tmp_path / "none"
    make(folder)
    with pytest.raises(lbuild_keys.NoProjectError, match=str(folder)):
        snapshot(folder)


def test_arguments_that_cannot_be(project: Path) -> None:
    with pytest.raises(ValueError, match="'traced'"):
        snapshot(project, inputs="traced")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        snapshot(project, config_settings={"a": object()})


CONTENTS = st.dictionaries(
    st.sampled_from(["a.py", "data/b.txt", "data/deep/c.bin", "README"]),
    st.binary(max_size=3),
    max_size=4,
)


@given(old=CONTENTS, new=CONTENTS)
def test_reasons_name_the_files_that_differ_and_no_others(
    old: dict[str, bytes], new: dict[str, bytes]
) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        taken = []
        for contents in (old, new):
            folder.mkdir()
            (folder / "pyproject.toml").write_text(TOML)
            # All folders, so that only files can differ.
            (folder / "data" / "deep").mkdir(parents=True)
            for name, content in contents.items():
                (folder / name).write_bytes(content)
            taken.append(snapshot(folder, environ={}))
            shutil.rmtree(folder)
    before, after = taken
    assert compare(before, before) == compare(after, after) == ()
    differing = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    found = compare(before, after)
    assert {getattr(one, "path", None) for one in found} == differing
    assert len(found) == len(differing)
    same = lbuild_keys.key_of(before) == lbuild_keys.key_of(after)
    assert same == (not differing)
