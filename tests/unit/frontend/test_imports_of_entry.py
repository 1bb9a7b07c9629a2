"""What lbuild imports, and when: a command pays for nothing that it does not need."""

import importlib.util
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.command import Lbuild
from support.minimal_project import CORE, NAME, configure
from support.projects import CopyProject

# Runs a command as the entry point does; tells at the end what has been imported.
RUN = """
import json, sys
sys.argv = ["lbuild", *sys.argv[2:]]
from lbuild_frontend.__main__ import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
json.dump(sorted(sys.modules), open({told!r}, "w"))
"""


def imported(lbuild: Lbuild, folder: Path, *arguments: str | Path) -> set[str]:
    told = folder / "imported.json"
    subprocess.run(
        [sys.executable, "-P", "-c", RUN.format(told=str(told)), "lbuild", *map(str, arguments)],
        check=True,
        cwd=lbuild.home,
        env=lbuild.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    return set(json.loads(told.read_text("utf-8")))


def modules_after(code: str) -> set[str]:
    command = [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_the_entry_point_imports_nothing_of_its_own_accord() -> None:
    more = modules_after("import lbuild_frontend.__main__") - modules_after("")
    own = {name for name in more if name.partition(".")[0].startswith("lbuild")}
    assert own == {"lbuild_frontend", "lbuild_frontend.__main__"}
    assert more - own <= set(sys.builtin_module_names)


ONLY_TO_PARSE = {"lbuild_frontend.cli.app", "typer"}
ONLY_TO_BUILD = {
    "lbuild_frontend.model.artifact",
    "lbuild_keys.tracing.usage",
    "email",  # reads metadata of wheels
    "filelock",
    "dataclasses",  # filelock needs it, and inspect; the values of lbuild are named tuples
    "inspect",
    "lbuild_frontend.builds.build",
    "lbuild_frontend.hooks.call",
    "lbuild_frontend.output.progress",
    "lbuild_keys.installers.local_archives",  # what local places offer, if there are any
    "lbuild_keys.effects.during_build",
    "packaging.requirements",
    "pyproject_hooks",
    "subprocess",
    "tempfile",
    "zipfile",
}
ONLY_FOR_PROGRAMS = {
    "lbuild_frontend.cache.commands",
    "lbuild_frontend.hooks.commands",
    "lbuild_frontend.hooks.supervised",
    "lbuild_keys.tracing.commands",
}
ONLY_TO_REMOVE = {
    "lbuild_frontend.maintenance.inventory",
    "lbuild_frontend.maintenance.removal",
}
SELDOM = {
    "lbuild_keys.globs.matchers",  # globs in cache-keys
    "lbuild_keys.globs.wildcards",
    "build",  # makes environments
    "git",  # GitPython
    "importlib.metadata",
    "lbuild_frontend.cli.cache",
    "lbuild_frontend.cli.help",
    "lbuild_frontend.cli.mistakes",
    "lbuild_frontend.self_tracing.programs",  # a decision that asks git or an interpreter
    "lbuild_frontend.self_tracing.stat_layout",  # looks at what is to be replayed
    "lbuild_keys.backends.in_tree",  # in-tree backends
    "lbuild_keys.git.repository",
    "lbuild_keys.git.answers",
    "lbuild_keys.git.working_tree",
    "lbuild_keys.snapshots.of_folder",  # the API of keys
    "lbuild_frontend.output.cache_rows",  # for type checkers
    "pathspec",
    "platformdirs",
    "rich",
    "urllib.request",
}


@pytest.mark.parametrize(
    "name", sorted(ONLY_TO_PARSE | ONLY_TO_BUILD | ONLY_FOR_PROGRAMS | ONLY_TO_REMOVE | SELDOM)
)
def test_what_must_not_be_imported_is_there_to_be_imported(name: str) -> None:
    assert importlib.util.find_spec(name)


@pytest.mark.quick("wheel")
@pytest.mark.parametrize("command", ["status", "wheel"])
def test_a_replay_imports_what_the_interpreter_has_built_in(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, command: str
) -> None:
    project = copy_project("hatchling")
    lbuild("wheel", project)
    for _ in range(2):
        time.sleep(0.03)
        lbuild(command, project)
    more = imported(lbuild, tmp_path, command, project) - modules_after("import json")
    own = {name for name in more if name.partition(".")[0].startswith("lbuild")}
    assert own == {"lbuild_frontend", "lbuild_frontend.__main__", "lbuild_frontend.replay"}
    assert more - own <= set(sys.builtin_module_names)


@pytest.mark.quick("traced-wheel")
@pytest.mark.parametrize("command", ["status", "wheel"])
@pytest.mark.parametrize("inputs", ["traced", "declared"])
def test_a_known_command_that_has_nothing_to_do(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, command: str, inputs: str
) -> None:
    project = copy_project("hatchling")
    arguments = (command, "--inputs", inputs, project)
    lbuild("wheel", "--inputs", inputs, project)
    lbuild(*arguments)
    (project / "pyproject.toml").touch()
    found = imported(lbuild, tmp_path, *arguments)
    assert "lbuild_keys.decision.verdict" in found
    assert (
        found
        & (ONLY_TO_PARSE | ONLY_TO_BUILD | SELDOM - {"lbuild_frontend.self_tracing.stat_layout"})
        == set()
    )


def test_a_new_command_that_has_nothing_to_do_needs_its_own_options_only(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project("hatchling")
    lbuild("wheel", project)
    found = imported(lbuild, tmp_path, "wheel", "--inputs", "traced", project)
    assert found >= ONLY_TO_PARSE
    own = {name for name in ONLY_TO_BUILD | SELDOM if name.startswith("lbuild")}
    assert found & own == {"lbuild_frontend.self_tracing.stat_layout"}


def test_a_rebuild_by_a_known_command(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project("hatchling")
    lbuild("wheel", project)
    (project / CORE).write_text("ANSWER = 43\n", "utf-8")
    found = imported(lbuild, tmp_path, "wheel", project)
    assert {"lbuild_frontend.builds.build", "pyproject_hooks"} < found
    replayed = {"lbuild_frontend.self_tracing.stat_layout"}  # the next command will be
    assert found & (ONLY_TO_PARSE | SELDOM - replayed | {"email", "packaging"}) == set()
    assert found.isdisjoint(ONLY_FOR_PROGRAMS | ONLY_TO_REMOVE)


def test_git_is_imported_where_it_is_declared_and_there_is_a_repository(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME, tag="v1")
    status = ("status", "--inputs", "declared", project)
    assert "git" not in imported(lbuild, tmp_path, *status)
    configure(project, "[tool.uv]\ncache-keys = [{ git = true }]")
    assert "git" in imported(lbuild, tmp_path, *status)


def test_ignore_rules_are_read_only_where_there_are_some(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME)
    assert "pathspec" not in imported(lbuild, tmp_path, "status", project)
    configure(project, "[tool.lbuild]\nignore = ['*.md']")
    assert "pathspec" in imported(lbuild, tmp_path, "status", project)


def test_help_and_version_look_at_no_project(lbuild: Lbuild, tmp_path: Path) -> None:
    for option in ("--help", "--version"):
        assert "git" not in imported(lbuild, tmp_path, option)
