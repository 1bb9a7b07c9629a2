"""``lbuild install`` of a workspace: its members meet requirements, whatever an index has."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from support.command import Lbuild
from support.environments import install as install_wheel
from support.environments import make_environment
from support.exhaustive import one_in
from support.folder_content import inventory
from support.members_to_install import RunTimeWorkspace
from support.projects import replace
from support.wheels_and_index import Index, make_wheel

pytestmark = pytest.mark.shared_environments

NAMES = ("app", "core", "util", "fast", "plug", "lone")


@pytest.fixture
def workspace(tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch) -> RunTimeWorkspace:
    """Members, and an index that has strangers of their names, also of higher versions."""
    for name in NAMES:
        for version in ("1.0", "9.9"):
            make_wheel(index.folder, name, version=version, code="origin = 'a stranger'\n")
    make_wheel(index.folder, "third", "plug>=0.5", code="origin = 'the index'\n")
    for variable in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"):
        monkeypatch.setenv(variable, index.url)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    made = RunTimeWorkspace(tmp_path / "workspace")
    made.add("app", "core[quick] >= 1", "third")
    made.add("core", "util", extras={"quick": ["fast"]})
    for name in ("util", "fast", "plug", "lone"):
        made.add(name)
    return made


@pytest.fixture
def env(tmp_path: Path) -> Path:
    """An empty environment, without pip."""
    make_environment(tmp_path / "env")
    return tmp_path / "env"


def install(lbuild: Lbuild, *arguments: str | Path, **how: Any) -> dict[str, dict[str, Any]]:
    """Run ``lbuild install --json``; return its reports by the names of the members."""
    rows = lbuild("install", "--json", *arguments, **how).json
    return {Path(one["project"]).name: one for one in rows}


def actions(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {name: one["action"] for name, one in rows.items()}


def origins(env: Path, *names: str) -> dict[str, str]:
    """Where the modules in an environment are from that are there."""
    code = f"""
import importlib.util
for name in {names!r}:
    if importlib.util.find_spec(name):
        print(name, importlib.import_module(name).origin, sep='=')
"""
    command = [str(env / "bin/python"), "-B", "-c", code]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return dict(line.split("=") for line in said.splitlines())


def of_members(*names: str) -> dict[str, str]:
    return {name: f"member {name}" for name in names}


@pytest.mark.quick("uv-")  # pip takes seconds to start
@pytest.mark.parametrize("editable", one_in(2, ["", "-e"]))
@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_what_a_member_requires_is_installed_from_the_workspace(
    lbuild: Lbuild, workspace: RunTimeWorkspace, env: Path, installer: str, editable: str
) -> None:
    """Also what only a distribution of the index requires, and what only an extra requires."""
    options = ["-p", env, "--installer", installer, *filter(None, [editable])]
    app = workspace.folder / "packages/app"
    rows = install(lbuild, *options, app)
    assert actions(rows) == dict.fromkeys(("app", "core", "util", "fast", "plug"), "installed")
    assert rows["app"]["requirements"] == ["third"]
    assert all(row["editable"] == bool(editable) for row in rows.values())
    reached = ("app", "core", "util", "fast", "plug")
    assert origins(env, *NAMES) == of_members(*reached)
    before = inventory(env)
    rows = install(lbuild, *options, app)
    assert set(actions(rows).values()) == {"unchanged"}
    assert rows.keys() == set(reached)
    assert inventory(env) == before
    workspace.add("plug", code="origin = 'an edit'\n")
    rows = install(lbuild, *options, app)
    assert origins(env, "plug", "core") == {"plug": "an edit", "core": "member core"}
    assert actions(rows)["core"] == "unchanged"
    assert actions(rows)["plug"] == ("unchanged" if editable else "replaced")


@pytest.mark.exhaustive  # likewise
def test_all_members_go_into_the_environment_of_the_workspace(
    lbuild: Lbuild, workspace: RunTimeWorkspace
) -> None:
    make_environment(workspace.folder / ".venv")
    unset = {"VIRTUAL_ENV": None}
    app = workspace.folder / "packages/app"
    rows = install(lbuild, "--workspace", cwd=app, env=unset)
    assert actions(rows) == dict.fromkeys(NAMES, "installed")
    assert {row["environment"] for row in rows.values()} == {str(workspace.folder / ".venv")}
    assert origins(workspace.folder / ".venv", *NAMES) == of_members(*NAMES)
    again = lbuild("install", "--workspace", cwd=app, env=unset)
    replayed = lbuild("install", "--workspace", cwd=app, env=unset)
    assert again.stderr == replayed.stderr
    assert set(actions(install(lbuild, cwd=app, env=unset)).values()) == {"unchanged"}


@pytest.mark.exhaustive  # seconds each
def test_strangers_in_the_environment_are_replaced(
    lbuild: Lbuild, workspace: RunTimeWorkspace, env: Path, index: Index
) -> None:
    for path in (
        make_wheel(index.folder, "third", "plug"),
        *index.folder.glob("plug-9.9*"),
        *index.folder.glob("core-1.0*"),
    ):
        install_wheel(env / "bin/python", path)
    rows = install(lbuild, "-p", env, workspace.folder / "packages/app")
    assert (actions(rows)["core"], actions(rows)["plug"]) == ("replaced", "replaced")
    assert set(origins(env, *NAMES).values()) == set(of_members(*NAMES).values()) - {"member lone"}


@pytest.mark.exhaustive  # seconds each
def test_an_extra_that_is_asked_for(lbuild: Lbuild, workspace: RunTimeWorkspace, env: Path) -> None:
    core = workspace.folder / "packages/core"
    assert install(lbuild, "-p", env, core).keys() == {"core", "util"}
    assert install(lbuild, "-p", env, f"{core}[quick]").keys() == {"core", "util", "fast"}
    assert origins(env, *NAMES) == of_members("core", "util", "fast")


@pytest.mark.exhaustive  # seconds each
def test_no_deps_and_dry_run(lbuild: Lbuild, workspace: RunTimeWorkspace, env: Path) -> None:
    before = inventory(env)
    app = workspace.folder / "packages/app"
    rows = install(lbuild, "-p", env, "--dry-run", app)
    assert actions(rows) == dict.fromkeys(("app", "core", "util", "fast"), "installed")
    assert inventory(env) == before
    rows = install(lbuild, "-p", env, "--no-deps", app)
    assert actions(rows) == {"app": "installed"}
    assert origins(env, "core", "third") == {}
    rows = install(lbuild, "-p", env, app)
    assert (actions(rows)["app"], actions(rows)["core"]) == ("installed", "installed")
    rows = install(lbuild, "-p", env, "--dry-run", app)
    assert set(actions(rows).values()) == {"unchanged"}


@pytest.mark.exhaustive  # likewise
def test_a_dry_run_does_not_build_what_others_are_built_with(
    lbuild: Lbuild, workspace: RunTimeWorkspace, env: Path
) -> None:
    app = workspace.add("app")
    replace(app / "pyproject.toml", "requires = []", 'requires = ["plug"]')
    for words in (["--workspace"], ["--package", "app"]):
        told = lbuild("install", "-p", env, "--dry-run", *words, cwd=workspace.folder)
        assert "app" in told.stderr
        assert "built in" not in told.stderr
    assert not list(lbuild.cache.glob("entries*/*"))
    install(lbuild, "-p", env, app)
    told = lbuild("install", "-p", env, "--dry-run", "--workspace", cwd=workspace.folder)
    assert "app 1.0   unchanged" in told.stderr
    workspace.add("plug", code="origin = 'an edit'\n")
    rows = install(lbuild, "-p", env, "--dry-run", "--workspace", cwd=workspace.folder)
    assert (rows["app"]["action"], rows["app"]["built"]) == ("replaced", False)


@pytest.mark.quick("plain")
@pytest.mark.parametrize(
    ("requirement", "named"),
    [
        pytest.param(
            "core >= 2",
            "pyproject.toml: project.dependencies[0]: 'core>=2' is not met by core 1.0",
            id="plain",
        ),
        pytest.param(
            "core[quick] < 1",
            "project.dependencies[0]: 'core[quick]<1' is not met by core 1.0",
            id="with an extra",
        ),
    ],
)
def test_a_version_that_another_member_does_not_allow(
    lbuild: Lbuild, workspace: RunTimeWorkspace, env: Path, requirement: str, named: str
) -> None:
    app = workspace.add("app", requirement)
    before = inventory(env)
    done = lbuild("install", "-p", env, app, returncode=2)
    assert named in done.stderr
    assert str(app) in done.stderr
    assert inventory(env) == before


@pytest.mark.exhaustive  # seconds each
def test_what_cannot_be_installed_stops_only_what_requires_it(
    lbuild: Lbuild, workspace: RunTimeWorkspace, env: Path
) -> None:
    workspace.add("util", "nowhere-to-be-found")
    rows = install(lbuild, "-p", env, "--workspace", cwd=workspace.folder, returncode=1)
    kinds = {name: row["error"]["kind"] for name, row in rows.items() if "error" in row}
    assert set(kinds) == {"app", "core", "util"}
    assert sorted(kinds.values()) == ["install-failed", "skipped", "skipped"]
    assert origins(env, *NAMES) == of_members("fast", "plug", "lone")


@pytest.mark.exhaustive  # seconds each
def test_a_build_that_fails_stops_only_what_requires_it(
    lbuild: Lbuild, workspace: RunTimeWorkspace, env: Path
) -> None:
    backend = workspace.folder / "packages/util/backend/backend.py"
    replace(backend, "    return packed(wheel_directory, {path", "    return 1/0, ({path")
    rows = install(lbuild, "-p", env, "--workspace", cwd=workspace.folder, returncode=1)
    kinds = {name: row["error"]["kind"] for name, row in rows.items() if "error" in row}
    assert kinds == {"util": "build-failed", "core": "skipped", "app": "skipped"}
    assert origins(env, *NAMES) == of_members("fast", "plug", "lone")


@pytest.mark.exhaustive  # seconds each
def test_requirements_that_conflict_leave_the_environment_as_it_was(
    lbuild: Lbuild, workspace: RunTimeWorkspace, env: Path, index: Index
) -> None:
    make_wheel(index.folder, "third", "plug >= 2")
    app = workspace.folder / "packages/app"
    rows = install(lbuild, "-p", env, app, returncode=1)
    assert "app: their requirements could not be installed" in rows["app"]["error"]["message"]
    assert rows["core"]["error"]["kind"] == "skipped"
    assert origins(env, *NAMES, "third") == {}


@pytest.mark.exhaustive  # seconds each
def test_two_at_once_wait_for_each_other(
    lbuild: Lbuild, workspace: RunTimeWorkspace, env: Path
) -> None:
    options = ("-p", env, "--workspace")
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(install, lbuild, *options, cwd=workspace.folder) for _ in range(3)]
    done = [actions(run.result()) for run in runs]
    for name in NAMES:
        assert sorted(one[name] for one in done) == ["installed", "unchanged", "unchanged"]
    assert origins(env, *NAMES) == of_members(*NAMES)


@pytest.mark.exhaustive  # seconds each
def test_an_interrupted_install_is_repaired(
    lbuild: Lbuild, workspace: RunTimeWorkspace, env: Path
) -> None:
    """As an installer leaves it that was killed: some are new, some half done, some missing."""
    install(lbuild, "-p", env, "--workspace", cwd=workspace.folder)
    [packages] = env.glob("lib/python*/site-packages")
    (packages / ".lbuild-installing-core.json").write_text('["core.py", "old.py"]')
    (packages / "core.py").write_text("origin = 'half do")
    (packages / "old.py").write_text("")
    shutil.rmtree(packages / "util-1.0.dist-info")
    rows = install(lbuild, "-p", env, "--workspace", cwd=workspace.folder)
    assert rows["core"]["problem"] == "an earlier install of it was interrupted"
    assert actions(rows)["lone"] == "unchanged"
    assert not (packages / "old.py").exists()
    assert origins(env, *NAMES) == of_members(*NAMES)


@pytest.mark.exhaustive  # seconds each
def test_status_tells_of_each_member_its_own(
    lbuild: Lbuild, workspace: RunTimeWorkspace, env: Path
) -> None:
    workspace.add("app", f"core @ {(workspace.folder / 'packages/core').as_uri()}", "util")
    install(lbuild, "-p", env, "--workspace", cwd=workspace.folder)
    workspace.add("util", code="origin = 'an edit'\n")

    def problems() -> dict[str, str]:
        rows = lbuild("status", "--json", "-p", env, "--workspace", cwd=workspace.folder).json
        return {row["name"]: row["environment"]["problem"] for row in rows}

    assert problems() == {**dict.fromkeys(NAMES), "util": "a rebuild is due"}
    [packages] = env.glob("lib/python*/site-packages")
    shutil.rmtree(packages / "util-1.0.dist-info")
    assert problems() == {
        **dict.fromkeys(NAMES),
        "app": "requirements are not met: util",
        "core": "requirements are not met: util",
        "util": "it is not installed",
    }


@pytest.mark.exhaustive  # which wheels of a local place are offered; other tests ask an index
@pytest.mark.parametrize("installer", one_in(2, ["uv", "pip"]))
def test_offline_a_local_place_does_not_replace_members(
    lbuild: Lbuild, workspace: RunTimeWorkspace, env: Path, index: Index, installer: str
) -> None:
    offers = {
        "UV_FIND_LINKS": str(index.folder),
        "PIP_FIND_LINKS": str(index.folder),
        "UV_DEFAULT_INDEX": None,
        "PIP_INDEX_URL": None,
    }
    options = ("-p", env, "--installer", installer, "--offline", "--workspace")
    install(lbuild, *options, cwd=workspace.folder, env=offers)
    assert origins(env, *NAMES, "third") == {**of_members(*NAMES), "third": "the index"}
    [packages] = env.glob("lib/python*/site-packages")
    shutil.rmtree(packages / "third-1.0.dist-info")
    install(lbuild, *options, cwd=workspace.folder, env=offers)
    assert origins(env, *NAMES) == of_members(*NAMES)
    assert os.path.isdir(packages / "third-1.0.dist-info")  # noqa: PTH112  as a whole
