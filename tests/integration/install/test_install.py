"""``lbuild install``: the environment runs the code of the tree, and nothing is touched in vain."""

import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from support.command import Lbuild
from support.environments import install as install_wheel
from support.environments import make_environment
from support.exhaustive import one_in
from support.folder_content import inventory
from support.minimal_project import CORE, NAME
from support.projects import CopyProject, replace
from support.wheels_and_index import Index, make_wheel

pytestmark = pytest.mark.shared_environments
BACKEND = "backend/backend.py"


@pytest.fixture
def project(copy_project: CopyProject) -> Path:
    """A project of the name demo, which requires nothing."""
    return copy_project(NAME)


@pytest.fixture
def env(tmp_path: Path) -> Path:
    """An empty environment, without pip."""
    make_environment(tmp_path / "env")
    return tmp_path / "env"


def install(lbuild: Lbuild, *arguments: str | Path, **how: Any) -> dict[str, Any]:
    """Run ``lbuild install --json``; return its report on the one project."""
    [told] = lbuild("install", "--json", *arguments, **how).json
    return dict(told)


def packages(env: Path) -> Path:
    """The folder that packages are installed into."""
    [found] = env.glob("lib/python*/site-packages")
    return found


def runs(env: Path, code: str = "from demo import core; print(core.__doc__)") -> str:
    """What code prints in an environment; no bytecode is written."""
    command = [str(env / "bin/python"), "-B", "-c", code]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


def mark(project: Path, text: str) -> None:
    """Edit a module of the project, so that it can be told which one is installed."""
    (project / CORE).write_text(f'"""{text}"""\n', "utf-8")


def test_an_edit_is_installed_and_nothing_else_touches_the_environment(
    lbuild: Lbuild, project: Path, env: Path
) -> None:
    mark(project, "old")
    first = install(lbuild, "-p", env, project)
    assert (first["action"], first["built"], first["environment"]) == ("installed", True, str(env))
    assert (first["wheel"], first["requirements"]) == (None, [])
    assert runs(env) == "old"
    assert not (project / "dist").exists()
    before = inventory(env)
    for _ in range(3):
        told = install(lbuild, "-p", env, project)
        assert (told["action"], told["built"], told["problem"]) == ("unchanged", False, None)
        assert told["sha256"] == first["sha256"]
    assert inventory(env) == before
    mark(project, "new")
    told = install(lbuild, "-p", env, project)
    assert (told["action"], told["problem"]) == ("replaced", "it was installed from another wheel")
    assert runs(env) == "new"


def test_what_is_recorded_of_an_installed_wheel(lbuild: Lbuild, project: Path, env: Path) -> None:
    told = install(lbuild, "-p", env, project, "-o", project / "out")
    wheel = project / "out" / Path(told["wheel"]).name
    assert wheel.is_file()
    [info] = packages(env).glob("demo-*.dist-info")
    origin = json.loads((info / "direct_url.json").read_bytes())
    assert origin["url"] == wheel.as_uri()
    assert origin["archive_info"]["hashes"] == {"sha256": told["sha256"]}
    rows = (info / "RECORD").read_text().splitlines()
    assert len([row for row in rows if "direct_url.json" in row]) == 1


@pytest.mark.quick("uv")  # pip takes seconds to start
@pytest.mark.parametrize("installer", one_in(2, ["uv", "pip"]))
def test_names_with_spaces_and_other_letters(
    lbuild: Lbuild, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installer: str
) -> None:
    place = tmp_path / "a b#c é"
    (place / "temporary").mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(place / "temporary"))
    project = project.rename(place / project.name)
    make_environment(place / "env x")
    options = ("-p", place / "env x", "--installer", installer, project)
    assert install(lbuild, *options)["action"] == "installed"
    assert install(lbuild, *options)["action"] == "unchanged"


def test_two_at_once_wait_for_each_other(lbuild: Lbuild, project: Path, env: Path) -> None:
    mark(project, "new")
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda _: install(lbuild, "-p", env, project), range(4)))
    assert sorted(one["action"] for one in done) == ["installed", *["unchanged"] * 3]
    assert runs(env) == "new"


def test_a_wheel_that_another_installer_installed_is_recognised_by_its_digest(
    lbuild: Lbuild, project: Path, env: Path
) -> None:
    lbuild("wheel", project)
    [wheel] = (project / "dist").glob("*.whl")
    install_wheel(env / "bin/python", wheel)  # by uv, which records no digest
    told = install(lbuild, "-p", env, project)
    assert told["problem"] == "it is not recorded which wheel it was installed from"
    assert install(lbuild, "-p", env, project)["action"] == "unchanged"


@pytest.mark.exhaustive  # pip is installed; the edit alone is in the first test
@pytest.mark.parametrize("pip", ["pip==23.2", "pip>=26", ""])
def test_the_trap_that_pip_leaves_old_code_for_the_same_version(
    lbuild: Lbuild, project: Path, env: Path, pip: str
) -> None:
    """With the pip in the environment, and with uv where there is none."""
    options: tuple[str | Path, ...] = ("-p", env)
    if pip:
        command = [find_uv_bin(), "pip", "install", "--quiet", "--python", str(env), pip]
        subprocess.run(command, check=True)
        options = (*options, "--installer", "pip")
    mark(project, "old")
    install(lbuild, *options, project)
    before = inventory(env)
    assert install(lbuild, *options, project)["action"] == "unchanged"
    assert inventory(env) == before
    mark(project, "new")
    if pip:  # what lbuild has to do better than
        wheel = lbuild("wheel", "-p", env, project).stdout.strip()
        subprocess.run([str(env / "bin/pip"), "install", "--quiet", wheel], check=True)
        assert runs(env) == "old"
    assert install(lbuild, *options, project)["action"] == "replaced"
    assert runs(env) == "new"


def _edit(env: Path) -> None:
    path = packages(env) / "demo/core.py"
    status = path.stat()
    content = path.read_bytes()
    path.write_bytes(b"#" + content[1:])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _remove(env: Path) -> None:
    (packages(env) / "demo/core.py").unlink()


def _remove_record(env: Path) -> None:
    next(packages(env).glob("demo-*.dist-info/RECORD")).unlink()


def _garble_records(env: Path) -> None:
    for path in packages(env).glob("demo-*.dist-info/*"):
        path.write_bytes(b"#" + path.read_bytes()[1:])


def _remove_metadata(env: Path) -> None:
    next(packages(env).glob("demo-*.dist-info/METADATA")).unlink()


def _cut_record(env: Path) -> None:
    path = next(packages(env).glob("demo-*.dist-info/RECORD"))
    rows = path.read_text().splitlines(keepends=True)
    path.write_text("".join(row for row in rows if "core.py" not in row))
    (packages(env) / "demo/core.py").unlink()


def _remove_info(env: Path) -> None:
    shutil.rmtree(next(packages(env).glob("demo-*.dist-info")))


def _second_info(env: Path) -> None:
    shutil.copytree(
        next(packages(env).glob("demo-*.dist-info")), packages(env) / "demo-0.0.9.dist-info"
    )


def _other_distribution(env: Path) -> None:
    other = make_wheel(env.parent / "wheels", "other")
    install_wheel(env / "bin/python", other)
    (packages(env) / "demo/core.py").write_text("# of the other one\n")


def _anew(env: Path) -> None:
    shutil.rmtree(env)
    make_environment(env)


def _interrupted(env: Path) -> None:
    (packages(env) / "demo/old.py").write_text("")
    path = packages(env) / ".lbuild-installing-demo.json"
    path.write_text('["demo/old.py", "../../../../outside", "../../../../empty"]')
    (env.parent / "outside").write_text("not in the environment")
    (env.parent / "empty").mkdir()


@pytest.mark.quick("edit", "remove_record", "second_info", "other_distribution", "interrupted")
@pytest.mark.parametrize(
    "damage",
    [
        *(_edit, _remove, _remove_record, _cut_record, _remove_info, _second_info),
        *(_garble_records, _remove_metadata),
        *(_other_distribution, _anew, _interrupted),
    ],
    ids=lambda damage: damage.__name__[1:],
)
def test_what_happens_to_the_environment_is_noticed_and_repaired(
    lbuild: Lbuild, project: Path, env: Path, damage: Any
) -> None:
    mark(project, "the code of the tree")
    install(lbuild, "-p", env, project)
    good = content(env)
    assert install(lbuild, "-p", env, project)["action"] == "unchanged"
    damage(env)
    assert install(lbuild, "-p", env, project, "--dry-run")["action"] != "unchanged"
    told = install(lbuild, "-p", env, project)
    assert (told["action"] != "unchanged", told["built"]) == (True, False)
    assert runs(env) == "the code of the tree"
    assert content(env) == good
    assert install(lbuild, "-p", env, project)["action"] == "unchanged"
    if damage is _interrupted:
        assert (env.parent / "outside").exists()
        assert (env.parent / "empty").exists()


def content(env: Path) -> dict[str, bytes]:
    """What the distribution has in an environment, but for what names a time."""
    return {
        path.relative_to(env).as_posix(): path.read_bytes()
        for path in packages(env).rglob("*")
        if path.is_file()
        and path.relative_to(packages(env)).parts[0].startswith("demo")
        and path.name not in ("uv_cache.json", "RECORD")
        and "__pycache__" not in path.parts
    }


def test_a_module_that_is_gone_from_the_tree_is_gone_from_the_environment(
    lbuild: Lbuild, project: Path, env: Path
) -> None:
    extra = project / "src/demo/extra.py"
    extra.write_text("")
    install(lbuild, "-p", env, project)
    assert runs(env, "import demo.extra; print(1)") == "1"
    bytecode = packages(env) / "demo/__pycache__/extra.cpython-311.opt-1.pyc"
    bytecode.parent.mkdir(exist_ok=True)
    bytecode.write_bytes(b"of another interpreter")
    extra.unlink()
    lbuild("wheel", "-p", env, project)  # an environment to build in takes pip seconds
    # pip knows the bytecode of one interpreter only.
    install(lbuild, "-p", env, "--installer", "pip", project)
    assert runs(env, "import importlib.util as u; print(u.find_spec('demo.extra'))") == "None"
    assert not bytecode.exists()


def test_bytecode_of_the_same_size_and_second_is_not_that_of_the_new_code(
    lbuild: Lbuild, project: Path, env: Path
) -> None:
    mark(project, "old")
    install(lbuild, "-p", env, project)
    module = packages(env) / "demo/core.py"
    command = [str(env / "bin/python"), "-c", "from demo import core"]
    subprocess.run(command, check=True)  # writes bytecode
    [bytecode] = module.parent.glob("__pycache__/core.*")
    mark(project, "new")
    install(lbuild, "-p", env, project)
    assert not bytecode.exists()
    assert runs(env) == "new"


def test_nothing_is_left_of_a_distribution_whose_records_are_gone(
    lbuild: Lbuild, project: Path, env: Path
) -> None:
    (project / CORE).with_name("extra.py").write_text("left = 1\n", "utf-8")
    install(lbuild, "-p", env, project)
    [info] = packages(env).glob("demo-*.dist-info")
    shutil.rmtree(info)
    own = packages(env) / "demo/own.py"
    own.write_text("Nobody's but the user's.\n", "utf-8")
    (project / CORE).with_name("extra.py").unlink()
    assert install(lbuild, "-p", env, project)["action"] == "installed"
    assert not (packages(env) / "demo/extra.py").exists()
    assert own.exists()


def test_a_record_that_lost_lines_leaves_nothing_of_the_old_wheel(
    lbuild: Lbuild, project: Path, env: Path
) -> None:
    extra = (project / CORE).with_name("extra.py")
    extra.write_text("left = 1\n", "utf-8")
    install(lbuild, "-p", env, project)
    [record] = packages(env).glob("demo-*.dist-info/RECORD")
    rows = record.read_text("utf-8").splitlines(keepends=True)
    record.write_text("".join(row for row in rows if "extra" not in row), "utf-8")
    extra.unlink()
    install(lbuild, "-p", env, project)
    assert not (packages(env) / "demo/extra.py").exists()


def test_a_folder_in_place_of_a_module_of_a_distribution_without_records(
    lbuild: Lbuild, project: Path, env: Path
) -> None:
    install(lbuild, "-p", env, project)
    [info] = packages(env).glob("demo-*.dist-info")
    shutil.rmtree(info)
    module = packages(env) / "demo/core.py"
    module.unlink()
    module.mkdir()
    assert install(lbuild, "-p", env, project)["action"] == "installed"
    assert module.is_file()


def test_an_editable_install(lbuild: Lbuild, copy_project: CopyProject, env: Path) -> None:
    project = copy_project("hatchling")
    told = install(lbuild, "-e", "-p", env, project)
    assert (told["hook"], told["action"], told["editable"]) == ("build_editable", "installed", True)
    [info] = packages(env).glob("*.dist-info")
    origin = json.loads((info / "direct_url.json").read_bytes())
    assert (origin["url"], origin["dir_info"]) == (project.as_uri(), {"editable": True})
    before = inventory(env)
    assert install(lbuild, "-e", "-p", env, project)["action"] == "unchanged"
    replace(project / "pyproject.toml", 'version = "', 'version = "1')
    told = install(lbuild, "-e", "-p", env, project)
    assert (told["action"], told["built"]) == ("replaced", True)
    assert inventory(env) != before
    told = install(lbuild, "-p", env, project)
    assert told["problem"] == "it is an editable install"
    told = install(lbuild, "-e", "-p", env, project)
    assert (told["problem"], told["built"]) == ("it is not an editable install", False)
    assert lbuild("status", "-p", env, project).stdout.endswith("runs the code of this tree\n")


def require(project: Path, *lines: str) -> None:
    """Let the in-tree backend write more lines of metadata."""
    text = "".join(f"{line}\\n" for line in lines)
    replace(project / BACKEND, "Version: {VERSION}\\n", f"Version: {{VERSION}}\\n{text}")


@pytest.mark.quick("uv")  # pip takes seconds to start
@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_requirements_that_are_missing_are_installed_and_no_other_is_upgraded(
    lbuild: Lbuild, project: Path, env: Path, index: Index, installer: str
) -> None:
    for version in ("1.0", "2.0"):
        make_wheel(index.folder, "there", version=version)
    make_wheel(index.folder, "missing", "deep")
    make_wheel(index.folder, "deep")
    make_wheel(index.folder, "testing")
    require(
        project,
        "Requires-Dist: there>=1.0",
        "Requires-Dist: missing",
        "Requires-Dist: testing; extra == 'test'",
        "Requires-Dist: demo[test]; extra == 'all'",
        "Requires-Dist: nowhere; python_version < '3'",
        "Provides-Extra: test",
        "Provides-Extra: all",
    )
    options = ["-p", env, "--installer", installer]
    how = {"env": {"PIP_INDEX_URL": index.url, "PIP_NO_CACHE_DIR": "1"}}
    install_wheel(env / "bin/python", index.folder / "there-1.0-py3-none-any.whl")
    told = install(lbuild, *options, project, **how)
    assert (told["action"], told["requirements"]) == ("installed", ["missing"])
    assert names(env) == {"demo", "there", "missing", "deep"}
    assert list(packages(env).glob("there-1.0.dist-info"))
    assert install(lbuild, *options, project, **how)["action"] == "unchanged"
    told = install(lbuild, *options, f"{project}[All]", **how)
    assert (told["action"], told["problem"]) == ("installed", None)
    assert told["requirements"] == ["testing"]
    assert names(env) == {"demo", "there", "missing", "deep", "testing"}
    shutil.rmtree(packages(env) / "deep-1.0.dist-info")
    told = install(lbuild, *options, project, "--no-deps", **how)
    assert (told["action"], told["requirements"]) == ("unchanged", [])
    told = install(lbuild, *options, project, **how)
    assert told["requirements"] == ["missing -> deep"]


def names(env: Path) -> set[str]:
    """The distributions in an environment."""
    return {path.name.partition("-")[0] for path in packages(env).glob("*.dist-info")}


@pytest.mark.quick("uv")  # pip takes seconds to start
@pytest.mark.parametrize("installer", one_in(2, ["uv", "pip"]))
def test_requirements_that_conflict_leave_the_environment_as_it_was(
    lbuild: Lbuild, project: Path, env: Path, index: Index, installer: str
) -> None:
    how = {"env": {"PIP_INDEX_URL": index.url, "PIP_NO_CACHE_DIR": "1"}}
    install(lbuild, "-p", env, project)
    make_wheel(index.folder, "one", "two<1")
    make_wheel(index.folder, "two", version="1.5")
    require(project, "Requires-Dist: one", "Requires-Dist: two>1")
    before = inventory(env)
    options = ("install", "-p", env, "--installer", installer, project)
    done = lbuild(*options, returncode=1, **how)  # type: ignore[arg-type]  paths and texts
    assert "its requirements could not be installed" in done.stderr
    assert "two<1" in done.stderr  # the installer's own words
    assert "The environment is as it was." in done.stderr
    assert inventory(env) == before


def test_a_build_that_fails_leaves_the_environment_as_it_was(
    lbuild: Lbuild, project: Path, env: Path
) -> None:
    install(lbuild, "-p", env, project)
    before = inventory(env)
    with (project / BACKEND).open("a", encoding="utf-8") as file:
        file.write("\ndef build_wheel(*_):\n    raise SystemExit('broken today')\n")
    done = lbuild("install", "-p", env, project, returncode=1)
    assert "broken today" in done.stderr
    assert inventory(env) == before


def test_dry_run_changes_nothing(lbuild: Lbuild, project: Path, env: Path) -> None:
    before = inventory(env), inventory(project)
    told = install(lbuild, "--dry-run", "-p", env, project)
    assert (told["action"], told["dry_run"], told["built"]) == ("installed", True, False)
    assert told["reasons"][0]["kind"] == "first-build"
    said = lbuild("install", "--dry-run", "-p", env, project).stderr
    assert f"demo: would be built and installed into {env}, first build here" in said
    lbuild("wheel", project, "-o", lbuild.home)
    assert "would be installed" in lbuild("install", "--dry-run", "-p", env, project).stderr
    assert (inventory(env), inventory(project)) == before


def test_which_environment_is_meant(lbuild: Lbuild, project: Path, env: Path) -> None:
    unset = {"VIRTUAL_ENV": None}
    done = lbuild("install", project, returncode=2, env=unset)
    assert "no environment to install into" in done.stderr
    assert "python3 -m venv" in done.stderr
    assert install(lbuild, project, env={"VIRTUAL_ENV": str(env)})["environment"] == str(env)
    above = project.parent / ".venv"
    make_environment(above)
    assert install(lbuild, project, env=unset)["environment"] == str(above)
    make_environment(project / ".venv")
    assert install(lbuild, project, env=unset)["environment"] == str(project / ".venv")
    assert install(lbuild, project, env=unset, cwd=project)["action"] == "unchanged"
    gone = {"VIRTUAL_ENV": str(env / "nowhere")}
    assert "which is not a folder" in lbuild("install", project, returncode=2, env=gone).stderr


def test_an_environment_whose_interpreter_is_gone(lbuild: Lbuild, project: Path, env: Path) -> None:
    for path in (env / "bin").glob("python*"):
        path.unlink()
        path.symlink_to("nowhere")
    for where in (["-p", env], ["-p", env / "bin/python"]):
        done = lbuild("install", *where, project, returncode=2)
        assert "the interpreter of this environment is gone" in done.stderr
        assert "python3 -m venv --clear" in done.stderr
    done = lbuild("install", project, returncode=2, env={"VIRTUAL_ENV": str(env)})
    assert "the interpreter of this environment is gone" in done.stderr


def test_an_extra_that_the_project_does_not_have(lbuild: Lbuild, project: Path, env: Path) -> None:
    done = lbuild("install", "-p", env, f"{project}[no]", returncode=2)
    assert "has no extra no. It has no extras." in done.stderr
    require(project, "Provides-Extra: test", "Provides-Extra: docs")
    done = lbuild("install", "-p", env, f"{project}[test, no]", returncode=2)
    assert "has no extra no. It has: docs, test." in done.stderr
    assert names(env) == set()
    done = lbuild("install", "-p", env, f"{project}[a b]", returncode=2)
    assert "is not the name of an extra" in done.stderr


def test_two_projects_with_one_name(
    lbuild: Lbuild, copy_project: CopyProject, project: Path, env: Path
) -> None:
    other = copy_project(NAME, folder="others")
    mark(project, "the first")
    mark(other, "the second")
    done = lbuild("install", "-p", env, project, other, returncode=2)
    assert f"{project}" in done.stderr
    assert "give only one of the two projects" in done.stderr
    assert names(env) == set()


def test_status_reports_whether_an_environment_runs_the_code_of_the_tree(
    lbuild: Lbuild, project: Path, env: Path
) -> None:
    def told() -> dict[str, Any]:
        [one] = lbuild("status", "--json", "-p", env, project).json
        found: dict[str, Any] = one["environment"]
        return found

    lbuild("wheel", "-p", env, project)
    assert told() == {"path": str(env), "current": False, "problem": "it is not installed"}
    assert lbuild("status", "-p", env, project, "--exit-code", returncode=1)
    install(lbuild, "-p", env, project)
    assert told() == {"path": str(env), "current": True, "problem": None}
    assert lbuild("status", "-p", env, project, "--exit-code")
    _edit(env)
    assert told()["problem"] == "demo/core.py was changed"
    done = lbuild("status", "-p", env, project, "--exit-code", returncode=1)
    assert "does not run the code of this tree, because demo/core.py was changed" in done.stdout
    install(lbuild, "-p", env, project)
    mark(project, "new")
    assert told()["problem"] == "a rebuild is due"


def test_an_interpreter_that_another_program_manages(
    lbuild: Lbuild, project: Path, env: Path, tmp_path: Path
) -> None:
    """A copy of an interpreter, no virtual environment, with the mark that Debian puts there."""
    python = subprocess.run(
        [env / "bin/python", "-c", "import sys, sysconfig; print(sys.base_prefix)"],
        capture_output=True, check=True, text=True,
    ).stdout.strip()  # fmt: skip
    copy = tmp_path / "system"
    (copy / "bin").mkdir(parents=True)
    executable = next(Path(python, "bin").glob("python3.[0-9]*[0-9]"))
    shutil.copy(executable.resolve(), copy / "bin" / executable.name)
    library = copy / "lib" / executable.name
    library.mkdir(parents=True)
    for path in Path(python, "lib", executable.name).iterdir():
        if path.name != "site-packages":
            (library / path.name).symlink_to(path)
    (library / "site-packages").mkdir()
    (library / "EXTERNALLY-MANAGED").write_text("[externally-managed]\nError=Use apt.\n")
    options = ("install", "-p", copy / "bin" / executable.name, project)
    done = lbuild(*options, returncode=2)
    assert "PEP 668" in done.stderr
    assert "--break-system-packages" in done.stderr
    lbuild(*options, "--break-system-packages", "--installer", "uv")
    assert (library / "site-packages/demo/core.py").is_file()
