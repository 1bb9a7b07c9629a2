"""Mode ``traced``, the default: what counts because a hook used it, and what does not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from support import checked_json
from support import environments as pythons
from support.command import Lbuild
from support.edits import (
    NEW,
    OLD,
    edit,
    pack_expression,
    pack_state,
    require_edit_noticed,
    require_noticed,
    states_in_wheel,
    write_files,
)
from support.minimal_project import (
    CORE,
    NAME,
    WHEEL,
    configure,
    core_in_wheel,
    log_builds,
    status,
    wheel,
    when_building,
)
from support.projects import CopyProject, fresh_build, git, pristine_copy, replace, wheel_content

pytestmark = pytest.mark.shared_environments

OTHER = "7001.3"

Reasons = set[tuple[str, str, str]]


def reasons(told: dict[str, Any]) -> Reasons:
    """Kind, subject and source of each reason."""
    return {
        (reason["kind"], reason.get("path") or reason.get("name") or "", reason["source"])
        for reason in told["reasons"]
    }


def commit(project: Path, message: str = "A commit") -> None:
    """Commit everything in a repository, which is made if there is none."""
    if not (project / ".git").exists():
        git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--allow-empty", f"--message={message}")


# What is no input.


def test_what_no_hook_uses_is_no_input(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    log = log_builds(project)
    lbuild("wheel", project)
    write_files(
        project,
        {
            "notes.txt": "An edit.",
            "tests/test_core.py": "assert False\n",
            "docs/index.md": "# Demo\n",
            "empty/.keep": "",
        },
    )
    (project / "README.md").touch()
    (project / CORE).touch()
    told = lbuild("status", project)
    assert told.stdout == "demo 0.1.0: up to date\n"
    assert status(lbuild, project)["reasons"] == []
    # Nor is it told beside what is one.
    replace(project / CORE, "42", "43")
    assert reasons(status(lbuild, project)) == {
        ("file-changed", CORE, "traced: read by build_wheel")
    }
    assert core_in_wheel(wheel(lbuild, project)["wheel"]) == "ANSWER = 43\n"
    assert log.lines == ["built"] * 2


def test_the_inputs_by_kind(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    when_building(project, "os.environ.get('LBTEST_STATE')")
    lbuild("wheel", project, env={"LBTEST_STATE": "1"})
    told = lbuild("status", "-v", project, env={"LBTEST_STATE": "1"}).stdout
    rows = {tuple(line.split(maxsplit=2)) for line in told.splitlines()[1:]}
    assert {
        ("file", CORE, "read by build_wheel"),
        ("listing", "src/demo", "listed by build_wheel"),
        ("environment", "LBTEST_STATE", "read by build_wheel"),
        ("backend", "backend/backend.py", "build-system.backend-path"),
        ("file", "pyproject.toml", "default of tool.uv.cache-keys"),
    } <= rows
    assert "notes.txt" not in told
    kinds = [line.split()[0] for line in told.splitlines()[1:]]
    assert kinds == sorted(kinds)
    counts = status(lbuild, project, env={"LBTEST_STATE": "1"})["inputs"]
    assert counts == {kind: kinds.count(kind) for kind in kinds}


# Reasons name the hook and what it did.


def test_reasons_name_the_hook(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    write_files(project, {"requires.txt": "", "src/demo/gone.py": "", "other/x": ""})
    with (project / "backend" / "backend.py").open("a") as file:
        file.write(
            "\n\ndef get_requires_for_build_wheel(settings=None):\n"
            "    return Path('requires.txt').read_text().split()\n"
        )
    when_building(project, "os.path.exists('looked-for'); os.environ.get('LBTEST_STATE')")
    lbuild("wheel", project)
    write_files(
        project, {"requires.txt": "\n", "src/demo/new.py": "", "looked-for": "", CORE: "# edit"}
    )
    (project / "src" / "demo" / "gone.py").unlink()
    (project / "src" / "folder").mkdir()
    assert reasons(status(lbuild, project, env={"LBTEST_STATE": "1"})) == {
        ("file-changed", CORE, "traced: read by build_wheel"),
        ("file-changed", "requires.txt", "traced: read by get_requires_for_build_wheel"),
        ("file-added", "src/demo/new.py", "traced: in src/demo, listed by build_wheel"),
        ("file-removed", "src/demo/gone.py", "traced: read by build_wheel"),
        ("file-added", "looked-for", "traced: looked at by build_wheel"),
        ("directory-changed", "src/folder", "traced: in src, listed by build_wheel"),
        ("environment-changed", "LBTEST_STATE", "traced: read by build_wheel"),
    }
    shown_to_people = lbuild("status", project, env={"LBTEST_STATE": "1"}).stdout
    assert "in src/demo, listed by build_wheel" in shown_to_people
    assert "unset -> set" in shown_to_people


# Settings.


def test_what_is_ignored(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    configure(project, '[tool.lbuild]\nignore = ["*.noise", "/src/generated/", "!kept.noise"]')
    write_files(project, {"src/demo/read.noise": OLD, "src/demo/kept.noise": OLD})
    first = wheel(lbuild, project)
    write_files(
        project, {"src/demo/read.noise": NEW, "src/demo/new.noise": "", "src/generated/x.py": ""}
    )
    assert status(lbuild, project)["verdict"] == "reuse"
    assert wheel(lbuild, project)["sha256"] == first["sha256"]
    write_files(project, {"src/demo/kept.noise": NEW})
    assert reasons(status(lbuild, project)) == {
        ("file-changed", "src/demo/kept.noise", "traced: read by build_wheel")
    }


def test_extra_inputs(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    extra = '["notes.txt", "data/**/*.csv", {env = "LBTEST_STATE"}, "../outside.txt", {git = true}]'
    configure(project, f"[tool.lbuild]\nextra-inputs = {extra}")
    write_files(project, {"../outside.txt": ""})
    commit(project)
    lbuild("wheel", project)
    write_files(
        project, {"notes.txt": "", "data/deep/er.csv": "", "data/x.txt": "", "../outside.txt": "1"}
    )
    git(project, "commit", "--quiet", "--allow-empty", "--message=Another")
    assert reasons(status(lbuild, project, env={"LBTEST_STATE": "1"})) == {
        ("file-changed", "notes.txt", "declared: tool.lbuild.extra-inputs[0]"),
        ("file-added", "data/deep/er.csv", "declared: tool.lbuild.extra-inputs[1]"),
        ("environment-changed", "LBTEST_STATE", "declared: tool.lbuild.extra-inputs[2]"),
        ("file-changed", "../outside.txt", "declared: tool.lbuild.extra-inputs[3]"),
        ("git-commit-changed", ".", "declared: tool.lbuild.extra-inputs[4]"),
    }
    lbuild("wheel", project, env={"LBTEST_STATE": "1"})
    assert status(lbuild, project, env={"LBTEST_STATE": "1"})["verdict"] == "reuse"


@pytest.mark.parametrize("inputs", ["traced", "tree", "declared"])
def test_the_mode_that_is_set(lbuild: Lbuild, copy_project: CopyProject, inputs: str) -> None:
    project = copy_project(NAME)
    configure(project, f'[tool.lbuild]\ninputs = "{inputs}"')
    lbuild("wheel", project)
    replace(project / CORE, "42", "43")
    assert bool(status(lbuild, project)["reasons"]) is (inputs != "declared")
    replace(project / CORE, "43", "42")
    write_files(project, {"notes.txt": "An edit."})
    assert bool(status(lbuild, project)["reasons"]) is (inputs == "tree")
    # The command line comes first.
    [reason] = status(lbuild, "--inputs=traced", project)["reasons"] or [None]
    assert (reason is None) is (inputs == "traced")
    assert inputs == "traced" or reason["kind"] == "first-build"


# In-tree backends.


@pytest.mark.quick("traced", "declared")
@pytest.mark.parametrize("inputs", ["traced", "tree", "declared"])
def test_a_backend_module_that_is_imported_out_of_sight(
    lbuild: Lbuild, copy_project: CopyProject, inputs: str
) -> None:
    project = copy_project(NAME)
    write_files(
        project, {"backend/plugins/__init__.py": "", "backend/plugins/one.py": f"STATE='{OLD}'\n"}
    )
    pack_state(
        project,
        """\
        import importlib

        def state():
            return importlib.import_module(".".join(["plugins", "one"])).STATE.encode()
        """,
    )
    module = project / "backend" / "plugins" / "one.py"
    require_edit_noticed(lambda: wheel(lbuild, "--inputs", inputs, project), module)
    edit(module, OLD, OTHER)
    [reason] = status(lbuild, "--inputs", inputs, project)["reasons"]
    assert (reason["kind"], reason["path"]) == ("backend-changed", "backend/plugins/one.py")


# Git.


def test_what_git_answers(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """Only git was run: the whole tree does not count, nor does all of git's state."""
    project = copy_project(NAME)
    pack_state(
        project,
        """\
        import subprocess

        def state():
            return subprocess.check_output(["git", "describe", "--tags", "--always"])
        """,
    )
    commit(project)
    git(project, "tag", OLD)

    def move_tag(old: str, new: str) -> None:
        git(project, "tag", new)
        git(project, "tag", "--delete", old)

    require_noticed(
        lambda: wheel(lbuild, project), lambda: move_tag(OLD, NEW), lambda: move_tag(NEW, OLD)
    )
    write_files(project, {"notes.txt": "An edit.", "new/file.txt": ""})
    git(project, "branch", "another")
    assert status(lbuild, project)["verdict"] == "reuse"
    commit(project)
    assert reasons(status(lbuild, project)) == {
        ("git-tree-changed", "git describe --tags --always", "traced: asked by build_wheel")
    }


def test_reads_below_the_repository(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    pack_state(
        project,
        """\
        def state():
            head = Path(".git/HEAD").read_text().split()[-1]
            return Path(".git", head).read_bytes()
        """,
    )
    commit(project, "One")
    first = wheel(lbuild, project)
    old = git(project, "rev-parse", "HEAD")
    assert wheel_content(Path(first["wheel"]))["demo/more"].data.decode().strip() == old
    assert wheel(lbuild, project)["action"] == "reused"
    commit(project, "Two")
    second = wheel(lbuild, project)
    assert second["action"] == "built"
    assert wheel_content(Path(second["wheel"])) == wheel_content(fresh_build(project))
    git(project, "reset", "--quiet", "--hard", old)
    back = wheel(lbuild, project)
    assert (back["action"], back["sha256"]) == ("reused", first["sha256"])


TOMORROW = """\
import datetime, sys
from lbuild_frontend.__main__ import main
from lbuild_keys.snapshots import observer

class Tomorrow(datetime.datetime):
    @classmethod
    def now(cls, zone=None):
        return super().now(zone) + datetime.timedelta(days=1)

observer.datetime = Tomorrow
sys.exit(main())
"""


@pytest.mark.exhaustive
def test_the_next_day(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """setuptools-scm writes the date into the version of a tree with changes."""
    project = copy_project("setuptools-scm", tag="v0.1.0")

    def tomorrow() -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-c", TOMORROW, "status", "--json", str(project)],
            capture_output=True,
            check=True,
            env=lbuild.environment,
            text=True,
        )
        [told] = checked_json.read(["status"], done.stdout)
        return dict(told)

    clean = wheel(lbuild, project)
    assert tomorrow()["verdict"] == "reuse"
    replace(project / "pyproject.toml", 'requires-python = ">=3.8"', 'description = "Demo"')
    dirty = wheel(lbuild, project)
    assert ".d20" in dirty["version"]
    assert ".d20" not in clean["version"]
    assert status(lbuild, project)["verdict"] == "reuse"
    [reason] = tomorrow()["reasons"]
    assert (reason["kind"], reason["path"]) == ("git-tree-changed", "today")
    assert reason["source"] == "traced: part of the version"


# Programs.


def program(folder: Path, state: str) -> Path:
    """Put a program into a folder, which prints a state."""
    folder.mkdir(exist_ok=True)
    script = folder / "lbtest-program"
    script.write_text(f"#!/bin/sh\necho {state}\n", "utf-8")
    script.chmod(0o755)
    return script


def test_a_program_that_is_not_installed(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    """As ``hg``, for which setuptools-scm asks. It ran nothing, so the tree does not count."""
    project = copy_project(NAME)
    write_files(project, {"notes.txt": OLD})
    pack_state(
        project,
        """\
        import subprocess
        def state():
            try:
                return subprocess.run(["sometool", "-v"], capture_output=True).stdout
            except FileNotFoundError:
                return b"none"
        """,
    )
    (tmp_path / "bin").mkdir()
    environ = {"PATH": f"{os.environ['PATH']}{os.pathsep}{tmp_path / 'bin'}"}
    assert states_in_wheel(wheel(lbuild, project, env=environ)) == set()
    edit(project / "notes.txt", OLD, NEW)
    assert status(lbuild, project, env={**environ, "FOO": "1"})["verdict"] == "reuse"
    tool = tmp_path / "bin" / "sometool"
    tool.write_text(f"#!/bin/sh\necho {NEW}\n")
    tool.chmod(0o755)
    told = wheel(lbuild, project, env=environ)
    assert states_in_wheel(told) == {NEW}
    source = "traced: looked for by build_wheel"
    assert ("executable-changed", "sometool", source) in reasons(told)


def test_a_program_is_replaced(lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path) -> None:
    project = copy_project(NAME)
    pack_state(
        project,
        """\
        import subprocess

        def state():
            return subprocess.check_output(["lbtest-program"])
        """,
    )
    program(tmp_path / "bin", OLD)
    path = f"{tmp_path / 'first'}{os.pathsep}{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environ = {"PATH": path}
    first = wheel(lbuild, project, env=environ)
    assert states_in_wheel(first) == {OLD}
    assert wheel(lbuild, project, env=environ)["action"] == "reused"
    program(tmp_path / "bin", NEW)
    second = wheel(lbuild, project, env=environ)
    assert states_in_wheel(second) == {NEW}
    assert reasons(second) == {
        ("executable-changed", "lbtest-program", "traced: run by build_wheel")
    }
    # Another one comes before it.
    program(tmp_path / "first", OTHER)
    [reason] = status(lbuild, project, env=environ)["reasons"]
    assert reason["kind"] == "executable-changed"
    assert str(tmp_path / "first") in reason["new"]
    third = wheel(lbuild, project, env=environ)
    assert OTHER.encode() in wheel_content(Path(third["wheel"]))["demo/more"].data
    (tmp_path / "first" / "lbtest-program").unlink()
    assert wheel(lbuild, project, env=environ)["sha256"] == second["sha256"]


# What could not be traced.


@pytest.mark.quick("the log is gone")
@pytest.mark.parametrize(
    "code",
    [
        # What the recorder's process was started with names its log.
        """\
started = open("/proc/self/cmdline", "rb").read().split(b"\\0")
os.remove(next(each for each in started if each.endswith(b"/trace")))
""",
        """\
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
for number in range(1000):  # some records wait until there are many
    os.path.exists(f"looked-for-{number}")
resource.setrlimit(resource.RLIMIT_FSIZE, limits)
""",
    ],
    ids=["the log is gone", "the log cannot be written"],
)
def test_untraced(lbuild: Lbuild, copy_project: CopyProject, code: str) -> None:
    project = copy_project(NAME)
    write_files(project, {"notes.txt": OLD})
    when_building(project, code)
    pack_expression(project, 'Path("notes.txt").read_bytes()')
    tree = set(project.rglob("*"))
    require_edit_noticed(lambda: wheel(lbuild, project), project / "notes.txt")
    write_files(project, {"notes.txt": OTHER, "unread.txt": ""})
    told = status(lbuild, project)
    kinds = [(reason["kind"], reason.get("path")) for reason in told["reasons"]]
    assert set(kinds) == {
        ("file-changed", "notes.txt"),
        ("file-added", "unread.txt"),
        ("untraced", None),
    }
    [untraced] = [reason for reason in told["reasons"] if reason["kind"] == "untraced"]
    assert "the trace of the hook could not be written" in untraced["message"]
    assert "could not be traced fully" in lbuild("status", project).stdout or untraced
    assert {path.name for path in set(project.rglob("*")) - tree} == {"dist", WHEEL, "unread.txt"}
    third = wheel(lbuild, project)
    assert OTHER.encode() in wheel_content(Path(third["wheel"]))["demo/more"].data


# How a hook process may end.


@pytest.mark.quick(every=2)
@pytest.mark.parametrize("how", ["os._exit", "a daemon", "an exception in a thread"])
def test_how_a_hook_process_ends(lbuild: Lbuild, copy_project: CopyProject, how: str) -> None:
    project = copy_project(NAME)
    write_files(project, {"state.txt": OLD, "late.txt": OLD})
    pack_expression(project, 'Path("state.txt").read_bytes()')
    code = {
        # pyproject_hooks has not written what the hook returned: it does so here.
        "os._exit": """\
            import atexit
            atexit.register(os._exit, 0)
            """,
        "a daemon": """\
            if not os.fork():
                os.setsid()
                for number in range(3):
                    os.close(number)
                os.closerange(3, 256)
                Path("late.txt").read_bytes()
                os._exit(0)
            os.wait()
            """,
        "an exception in a thread": """\
            import threading
            thread = threading.Thread(target=lambda: Path("late.txt").read_bytes() and 1 / 0)
            thread.start()
            thread.join()
            """,
    }[how]
    when_building(project, code)
    require_edit_noticed(lambda: wheel(lbuild, project), project / "state.txt")
    edit(project / "late.txt", OLD, NEW)
    expected: Reasons = (
        set()
        if how == "os._exit"
        else {("file-changed", "late.txt", "traced: read by build_wheel")}
    )
    assert reasons(status(lbuild, project)) == expected


# Outputs.


@pytest.mark.quick(every=2)
@pytest.mark.parametrize(
    ("condition", "state"),
    [
        ("True", OLD),
        ("not made.exists()", NEW),
        # Touched if it is missing, and taken away before the next build.
        ("not (Path('stamp').exists() or Path('stamp').touch())", OLD),
    ],
    ids=["whatever is there", "if it is missing", "if a stamp is missing"],
)
def test_what_the_hook_writes_into_the_tree(
    lbuild: Lbuild, copy_project: CopyProject, condition: str, state: str
) -> None:
    project = copy_project(NAME)
    write_files(project, {"template.txt": OLD})
    when_building(
        project,
        f"""\
        made = Path("src/demo/made.txt")
        if {condition}:
            made.write_bytes(Path("template.txt").read_bytes())
        """,
    )
    made = project / "src" / "demo" / "made.txt"
    first = wheel(lbuild, project)
    assert (first["action"], states_in_wheel(first), made.read_text()) == ("built", {OLD}, OLD)
    assert wheel(lbuild, project)["action"] == "reused"
    made.unlink()
    assert wheel(lbuild, project)["action"] == "reused"
    # Edited, it is no result any more, unless the build would write over it without a look.
    made.write_text(NEW)
    told = wheel(lbuild, project)
    assert states_in_wheel(told) == {state}
    (project / "stamp").unlink(missing_ok=True)
    assert wheel_content(Path(told["wheel"])) == wheel_content(fresh_build(project))
    assert wheel(lbuild, project)["action"] == "reused"


# Where a project is.


@pytest.mark.exhaustive
def test_clones_work_trees_and_moves_share(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME)
    write_files(project, {"../outside.txt": OLD})
    pack_state(
        project,
        """\
        import subprocess

        def state():
            subprocess.check_output(["git", "-C", os.getcwd(), "describe", "--always"])
            return Path(os.getcwd(), "data", "state.txt").read_bytes()
        """,
    )
    write_files(project, {"data/state.txt": OLD, ".gitignore": "/dist/\n"})
    commit(project)
    log = log_builds(project)
    commit(project)
    first = wheel(lbuild, project)

    clone, tree = tmp_path / "elsewhere" / "clone", tmp_path / "tree"
    git(tmp_path, "clone", "--quiet", str(project), str(clone))
    git(project, "worktree", "add", "--quiet", "--detach", str(tree))
    for place in (clone, tree):
        told = wheel(lbuild, place)
        assert (told["action"], told["sha256"]) == ("reused", first["sha256"])
        assert Path(told["wheel"]).parent == place / "dist"
    edit(clone / "data" / "state.txt", OLD, NEW)
    assert states_in_wheel(wheel(lbuild, clone)) == {NEW}
    assert wheel(lbuild, project)["action"] == "reused"
    git(project, "worktree", "remove", "--force", str(tree))

    moved = project.rename(tmp_path / "moved")
    assert wheel(lbuild, moved)["action"] == "reused"
    link = tmp_path / "link"
    link.symlink_to(moved)
    for place in (link, link / "src" / ".."):
        assert wheel(lbuild, place)["action"] == "reused"
    edit(link / "data" / "state.txt", OLD, NEW)
    told = wheel(lbuild, link)
    assert (told["action"], states_in_wheel(told)) == ("reused", {NEW})
    edit(moved / "data" / "state.txt", NEW, OTHER)
    assert reasons(status(lbuild, link)) == {
        ("file-changed", "data/state.txt", "traced: read by build_wheel")
    }
    assert log.lines == ["built"] * 2


def test_a_project_that_is_first_built_through_a_link(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME)
    write_files(project, {"state.txt": OLD})
    pack_expression(
        project, 'Path(os.environ.get("PWD") or ".", "state.txt").resolve().read_bytes()'
    )
    link = tmp_path / "link"
    link.symlink_to(project)
    environ = {"PWD": str(link)}
    require_edit_noticed(lambda: wheel(lbuild, ".", cwd=link, env=environ), project / "state.txt")
    assert wheel(lbuild, project, env=environ)["action"] == "reused"


# The same comes out.


@pytest.mark.exhaustive
@pytest.mark.parametrize("version", ["3.8", "3.11", "3.13"])
@pytest.mark.parametrize("fixture", [NAME, "setuptools-pyproject", "hatchling"])
def test_the_same_wheel_traced_and_untraced(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, version: str, fixture: str
) -> None:
    project = copy_project(fixture)
    python = pythons.make_environment(tmp_path / "env", version)
    install = [find_uv_bin(), "pip", "install", "--quiet", "--python", str(python), "build", "uv"]
    subprocess.run(install, check=True)
    copy = pristine_copy(project, tmp_path / "untraced" / project.name)
    command = [str(python), "-m", "build", "--wheel", "--installer", "uv", str(copy)]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    [untraced] = (copy / "dist").glob("*.whl")
    traced = Path(wheel(lbuild, "-p", python, project)["wheel"])
    assert traced.name == untraced.name
    assert wheel_content(traced) == wheel_content(untraced)
    write_files(project, {"tests/test_demo.py": ""})
    shutil.rmtree(project / "tests")
    assert wheel(lbuild, "-p", python, project)["action"] == "reused"
