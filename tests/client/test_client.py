"""A client of the API as somebody else would write it: what it gets, and what it never notices."""

import json
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

import pytest

import lbuild_keys
from client.conftest import MakeProject, leaves_all_as_it_was
from client.shipper import shipper
from lbuild_frontend import api
from support.environments import make_environment
from support.minimal_project import CORE, log_builds, when_building
from support.projects import replace

SHIPPER = Path(__file__).with_name("shipper")
EXAMPLES = Path(__file__).parents[2] / "docs/examples"


def test_what_is_uploaded(project: Path, tmp_path: Path) -> None:
    replace(
        project / "backend/backend.py",
        'Name: {NAME}\\nVersion: {VERSION}\\n"',
        'Name: {NAME}\\nVersion: {VERSION}\\nRequires-Dist: packaging\\n"',
    )
    builds = log_builds(project)
    listener = shipper.Listener()
    first = shipper.release(project, tmp_path / "out", progress=listener)
    assert (first.version, first.requires) == ("0.1.0", ("packaging",))
    assert {first.wheel.parent, first.sdist.parent} == {tmp_path / "out"}
    assert all(path.is_file() for path in (first.wheel, first.sdist))
    assert listener.finished == ["demo", "demo", "demo"]
    assert [type(event) for event in listener.events].count(api.Ended) == 3
    assert isinstance(listener.events[-1], api.Ended)
    assert all(listener.lines)
    assert shipper.release(project, tmp_path / "out") == first
    assert builds.lines == ["built"]


def test_the_caller_notices_nothing(
    project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    when_building(project, "import os; print('from the hook'); os.write(2, b'from below')")
    environment = make_environment(tmp_path / "env")
    with leaves_all_as_it_was():
        results = [
            api.build_wheel(project),
            api.build_editable(project, out_dir=tmp_path / "editable"),
            api.build_sdist(project),
            api.metadata(project),
            api.status(project),
            api.install(project, python=environment),
            *api.run(api.Command("wheel", (str(project),))),
        ]
        assert api.graph([project]).members
        for result in results:
            row = json.loads(shipper.as_text(result))
            assert row["project"] == str(project)
            assert shipper.told(result)
        (project / CORE).write_text("ANSWER = 43\n")
        assert shipper.why(project, {}) == ["src/demo/core.py changed."]
        replace(project / "backend/backend.py", "import zipfile", "import no_such_module")
        with pytest.raises(api.BuildFailed, match="demo"):
            api.build_wheel(project)
    assert capfd.readouterr() == ("", "")


def test_events_come_in_order(project: Path) -> None:
    listener = shipper.Listener()
    api.build_wheel(project, progress=listener)
    kinds = [type(event) for event in listener.events]
    assert kinds.index(api.Progress) < kinds.index(api.Finished)
    assert kinds.index(api.Changing) < kinds.index(api.Finished)
    [result] = [event.result for event in listener.events if isinstance(event, api.Finished)]
    assert isinstance(result, api.WheelResult)
    assert (result.name, result.action) == ("demo", "built")
    again = shipper.Listener()
    reused = api.build_wheel(project, progress=again)
    assert reused.action == "reused"
    assert api.Changing not in map(type, again.events)


def test_an_environment_follows_the_tree(project: Path, tmp_path: Path) -> None:
    python = make_environment(tmp_path / "env")
    environment = python.parent.parent
    assert not shipper.is_current(project, environment)
    assert shipper.deploy(project, environment)
    assert not shipper.deploy(project, environment)
    assert shipper.is_current(project, environment)
    (project / CORE).write_text("ANSWER = 43\n")
    assert not shipper.is_current(project, environment)
    would = api.install(project, python=environment, dry_run=True)
    assert (would.action, would.due, would.dry_run) == ("replaced", True, True)
    assert shipper.deploy(project, environment)
    code = "from demo import core; print(core.ANSWER)"
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "43\n"
    assert shipper.deploy(project, environment, editable=True)
    assert not shipper.deploy(project, environment, editable=True)


def test_members_of_a_workspace(make_project: MakeProject, tmp_path: Path) -> None:
    _, tool, broken = (make_project(name) for name in ("base", "tool", "broken"))
    replace(tool / "pyproject.toml", "requires = []", 'requires = ["base"]')
    when_building(broken, "raise SystemExit('it breaks')")
    (tmp_path / "projects/pyproject.toml").write_text(
        '[tool.lbuild.workspace]\nmembers = ["*"]\n', "utf-8"
    )
    root, out_dir = tmp_path / "projects", tmp_path / "out"
    with leaves_all_as_it_was():
        order = shipper.order(root)
        assert sorted(order) == ["base", "broken", "tool"]
        assert order.index("base") < order.index("tool")
        told = shipper.build_all(root, out_dir, jobs=2)
        assert told["base"] == "built base-0.1.0-py3-none-any.whl"
        assert told["tool"] == "built tool-0.1.0-py3-none-any.whl"
        assert told["broken"].startswith("build-failed: ")
        again = shipper.build_all(root, out_dir, jobs=2)
        assert again["base"] == "reused base-0.1.0-py3-none-any.whl"
        assert again["tool"] == "reused tool-0.1.0-py3-none-any.whl"


def test_the_cache(
    make_project: MakeProject, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cache = tmp_path / "cache"
    for name in ("kept", "other"):
        api.build_wheel(make_project(name))
    with leaves_all_as_it_was():
        assert api.cache.folder() == api.cache.info().root == cache
        left, size = shipper.tidy(["other"], cache)
        assert left == ["kept"]
        assert size > 0
        api.cache.clean(cache_dir=cache)
        with pytest.raises(api.LbuildError, match="kept: no entry in "):
            shipper.tidy(["kept"], cache)
    assert capfd.readouterr() == ("", "")


def test_errors_say_whose_turn_it_is(project: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    (tmp_path / "a file").touch()
    assert shipper.attempt(nowhere, {}).startswith(f"you: {nowhere}")
    assert shipper.attempt(project, {"python": nowhere / "python"}).startswith("you: ")
    assert shipper.attempt(project, {"cache_dir": tmp_path / "a file"}).startswith("whoever owns ")
    told = shipper.attempt(project, {"inputs": "nothing"})  # type: ignore[typeddict-item]
    assert told == "request: inputs='nothing': use 'traced', 'tree' or 'declared'"
    with pytest.raises(TypeError, match="colour"):
        api.build_wheel(project, colour="red")  # type: ignore[call-arg]
    with pytest.raises(api.TargetError):
        api.install(project)
    replace(project / "pyproject.toml", "requires = []", 'requires = ["no-such-project"]')
    assert shipper.attempt(project, {"offline": True}).startswith("the index: ")
    with pytest.raises(api.NoEnvironment, match="no-such-project"):
        api.build_wheel(project, isolation=False)
    replace(project / "pyproject.toml", 'requires = ["no-such-project"]', "requires = []")
    when_building(project, "print('no luck'); raise SystemExit('it breaks')")
    assert shipper.attempt(project, {}) == "the project's authors: it breaks"
    with pytest.raises(api.BuildFailed) as failure:
        api.build_wheel(project)
    assert "no luck" in failure.value.output
    assert failure.value.kind == "build-failed"
    assert failure.value.log is not None
    assert "no luck" in failure.value.log.read_text("utf-8")
    (project / "pyproject.toml").write_text("[project\n")
    with pytest.raises(api.ProjectError):
        api.status(project)


@pytest.mark.quick(every=6)
@pytest.mark.parametrize(
    "raised",
    [
        ZeroDivisionError(),
        api.LbuildError("mine"),
        OSError("mine"),
        KeyboardInterrupt(),
        KeyError(),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("at", [api.Progress, api.Changing, api.Finished, api.Ended])
def test_what_the_callback_raises_comes_out(
    project: Path, raised: BaseException, at: type[Any]
) -> None:
    def progress(event: api.Event) -> None:
        if isinstance(event, at):
            raise raised

    builds = log_builds(project)
    with leaves_all_as_it_was():
        with pytest.raises(type(raised)) as caught:
            api.build_wheel(project, progress=progress)
        assert caught.value is raised
        built = len(builds.lines)
        assert built == (at in (api.Finished, api.Ended))
        assert api.build_wheel(project).action == ("reused" if built else "built")


def test_folders_are_compared_without_a_build(project: Path) -> None:
    before = lbuild_keys.snapshot(project)
    with leaves_all_as_it_was():
        assert shipper.edits(before, project) == ([], False)
        (project / CORE).write_text("ANSWER = 43\n")
        assert shipper.edits(before, project) == ([CORE], True)


def test_relative_paths_are_those_of_the_current_folder(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    here = api.build_wheel()
    assert (here.project, here.wheel.parent) == (project, project / "dist")
    monkeypatch.chdir(project.parent)
    assert api.build_wheel("demo").key == here.key
    assert api.build_wheel("demo", out_dir="out").wheel.parent == project.parent / "out"


@pytest.mark.exhaustive  # mypy reads all of lbuild
def test_types_of_what_is_installed(tmp_path: Path) -> None:
    python = make_environment(tmp_path / "env")
    built = api.build_wheel(Path(__file__).parents[2], out_dir=tmp_path)
    [packages] = (tmp_path / "env").glob("lib/python*/site-packages")
    with zipfile.ZipFile(built.wheel) as archive:
        archive.extractall(packages)
    for package in ("lbuild_keys", "lbuild_frontend"):
        assert (packages / package / "py.typed").is_file()
    # What the examples are for, and what lbuild requires, is where the tests run.
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"))
    sources = [SHIPPER / "shipper.py", *sorted(EXAMPLES.glob("*/*.py"))]
    for source in sources:
        shutil.copy(source, tmp_path)
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python)]
    done = subprocess.run(
        [*command, *(source.name for source in sources)],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        text=True,
    )
    expected = f"Success: no issues found in {len(sources)} source files\n"
    assert done.stdout == expected, done.stdout + done.stderr
