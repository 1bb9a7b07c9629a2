"""The hooks of .pre-commit-hooks.yaml, installed and run by the real pre-commit and by git commit.

pre-commit installs lbuild from a git repository, so the checkout's sources are committed to one
made for the session, and its environment is shared by all consumers. That takes seconds: in quick
tests the hooks run the lbuild that is tested, which pre-commit calls "language: system".
"""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from support.command import Lbuild
from support.projects import CopyProject, git, replace, wheel_content, wheel_metadata

PRE_COMMIT = (sys.executable, "-m", "pre_commit")

CHECKOUT = Path(__file__).resolve().parents[3]

SOURCES = (
    ".pre-commit-hooks.yaml",
    "LICENSE",
    "README.md",
    "frontend",
    "keys",
    "pyproject.toml",
)
"""What of the checkout is needed to install lbuild and to read its hooks."""

DECLARED = """
[tool.uv]
cache-keys = ["pyproject.toml", "demo/*.py", "requirements.txt"]

[tool.lbuild]
inputs = "declared"
"""

COUNTING = """

_build_wheel = build_wheel


def build_wheel(*arguments):
    with open({counter!r}, "a") as counter:
        counter.write("build_wheel\\n")
    return _build_wheel(*arguments)
"""

ASKING_GIT = """
import subprocess

subprocess.run(["git", "describe", "--always", "--dirty"])
"""

BROKEN = """

def build_wheel(*arguments):
    raise Exception("DEPRECATED")
"""

CONFIGURATION = """\
repos:
- repo: {path}
  rev: {rev}
  hooks:
  - id: {hook}
    verbose: true
    args: [{arguments}]
"""

IS_INSTALLED = "    language: system\n"
"""Ends a configuration whose hooks run the lbuild that is in PATH."""

INSTALLED = pytest.mark.parametrize(
    "installs",
    [False, pytest.param(True, marks=pytest.mark.endurance)],
    ids=["installed before", "installed"],
)


@dataclass(frozen=True, slots=True)
class HookRepository:
    """A git repository of lbuild, as consumers name it.

    Attributes:
        store: the folder that pre-commit keeps its clones and environments in.
    """

    path: Path
    rev: str
    store: Path


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended, with all that it and what it started printed."""

    returncode: int
    output: str


@dataclass(frozen=True, slots=True)
class Consumer:
    """A repository with one project, whose commits run a hook of lbuild's.

    Attributes:
        folder: repository and project.
        counter: where the project's backend leaves a line for each wheel that it builds.
        environment: for git and pre-commit.
    """

    folder: Path
    counter: Path
    environment: Mapping[str, str]

    @property
    def builds(self) -> int:
        """How often the backend has built the wheel."""
        return len(self.counter.read_text().splitlines()) if self.counter.exists() else 0

    def stage(self) -> None:
        """Stage all that is in the folder."""
        git(self.folder, "add", "--all")

    def commit(self, *arguments: str) -> Ended:
        """Run ``git commit``; without arguments, of what is staged."""
        return run(self.folder, self.environment, "git", "commit", "--message=More", *arguments)

    def commit_all(self, *arguments: str) -> Ended:
        """Stage all that is in the folder and run ``git commit``."""
        self.stage()
        return self.commit(*arguments)

    def head(self) -> str:
        """The commit that is checked out."""
        return git(self.folder, "rev-parse", "HEAD")


NewConsumer = Callable[..., Consumer]


def run(folder: Path, environment: Mapping[str, str], *command: str) -> Ended:
    """Run a program in a folder, as from a script."""
    done = subprocess.run(
        command,
        check=False,
        cwd=folder,
        encoding="utf-8",
        env=environment,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        timeout=300,
    )
    return Ended(done.returncode, done.stdout)


@pytest.fixture(scope="session")
def hook_repository(tmp_path_factory: pytest.TempPathFactory) -> HookRepository:
    """The checkout's sources as a git repository of their own, shared by the workers of xdist.

    Installing from it takes longer than all else here; pre-commit locks its store meanwhile.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    repository = HookRepository(shared / "lbuild", "v0.1.0", shared / "pre-commit")
    with FileLock(shared / "lbuild.lock"):
        if not repository.path.exists():
            commit_sources(repository.path, repository.rev)
    return repository


@pytest.fixture
def new_consumer(
    lbuild: Lbuild, copy_project: CopyProject, hook_repository: HookRepository, tmp_path: Path
) -> NewConsumer:
    """Make a repository that pins a hook and has it installed; nothing is committed yet."""

    def make(hook: str, *arguments: str, settings: str = "", installs: bool = True) -> Consumer:
        folder = copy_project("in-tree-backend-with-helper", folder="consumers")
        counter = tmp_path / "builds"
        with (folder / "backend" / "backend.py").open("a") as backend:
            backend.write(COUNTING.format(counter=str(counter)))
        with (folder / "pyproject.toml").open("a") as toml:
            toml.write(settings)
        (folder / "notes.txt").write_text("Nobody builds from this.\n")
        (folder / ".gitignore").write_text("/dist/\n")
        configuration = CONFIGURATION.format(
            path=hook_repository.path,
            rev=hook_repository.rev,
            hook=hook,
            arguments=", ".join(arguments),
        )
        configuration += "" if installs else IS_INSTALLED
        (folder / ".pre-commit-config.yaml").write_text(configuration)
        git(folder, "init", "--quiet", "--initial-branch=main")
        consumer = Consumer(folder, counter, environment(lbuild, hook_repository))
        installed = run(folder, consumer.environment, *PRE_COMMIT, "install", "--install-hooks")
        assert installed.returncode == 0, installed.output
        return consumer

    return make


def commit_sources(path: Path, tag: str) -> None:
    """Make a git repository of what is needed to install lbuild."""
    path.mkdir()
    for name in SOURCES:
        source = CHECKOUT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, path / name, ignore=ignored)
        else:
            shutil.copy(source, path / name)
    git(path, "init", "--quiet", "--initial-branch=main")
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "--message=lbuild")
    git(path, "tag", tag)


def environment(lbuild: Lbuild, hook_repository: HookRepository) -> dict[str, str]:
    """The variables of a shell with the hooks' own store and the test's cache of lbuild."""
    variables = {
        name: value
        for name, value in lbuild.environment.items()
        if name != "SKIP" and not name.startswith("PRE_COMMIT")
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), variables["PATH"]])
    return {**variables, "PATH": path, "PRE_COMMIT_HOME": str(hook_repository.store)}


def break_backend(consumer: Consumer) -> None:
    """Let the backend raise."""
    with (consumer.folder / "backend" / "backend.py").open("a") as backend:
        backend.write(BROKEN)


@pytest.mark.exhaustive
def test_try_repo_offers_both_hooks(
    lbuild: Lbuild, copy_project: CopyProject, hook_repository: HookRepository
) -> None:
    project = copy_project("in-tree-backend-with-helper", tag="v1")
    [first] = lbuild("wheel", "--json", project).json
    replace(project / "requirements.txt", "tomli>=2", "rich")
    git(project, "add", "requirements.txt")

    done = run(
        project,
        environment(lbuild, hook_repository),
        *(*PRE_COMMIT, "try-repo", "--verbose", "--color=always", str(hook_repository.path)),
    )
    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.output)
    status, wheel = re.split(r"^lbuild wheel\.+", plain, flags=re.MULTILINE)
    assert done.returncode == 1, plain
    assert re.search(r"^lbuild status\.+Failed$", status, re.MULTILINE)
    assert "demo 0.1.0: a rebuild is due" in status
    assert re.search(r"^  changed +requirements\.txt ", status, re.MULTILINE)
    assert wheel.startswith("Passed\n")
    assert "demo 0.1.0: built in " in wheel
    assert "\x1b" not in plain  # A log is no place for the frames of a spinner.
    delivered = wheel_metadata(Path(first["wheel"]))
    assert delivered.get_all("Requires-Dist") == ["packaging>=24", "rich"]


@pytest.mark.exhaustive
def test_a_commit_builds_only_if_an_input_changed(new_consumer: NewConsumer) -> None:
    consumer = new_consumer("lbuild-wheel", settings=DECLARED)
    backend = consumer.folder / "backend" / "backend.py"
    working = backend.read_bytes()

    first = consumer.commit_all()
    assert first.returncode == 0, first.output
    assert consumer.builds == 1
    [wheel] = (consumer.folder / "dist").iterdir()
    assert git(consumer.folder, "status", "--porcelain") == ""

    (consumer.folder / "notes.txt").write_text("Edited.\n")
    edited = consumer.commit_all()
    assert edited.returncode == 0, edited.output
    assert "demo 0.1.0: reused" in edited.output
    assert consumer.builds == 1

    break_backend(consumer)
    before = consumer.head()
    broken = consumer.commit_all()
    assert broken.returncode != 0
    assert 'raise Exception("DEPRECATED")' in broken.output
    assert "error: demo: build_wheel of 'backend' failed" in broken.output
    assert consumer.head() == before

    backend.write_bytes(working)
    core = consumer.folder / "demo" / "core.py"
    core.write_text("ANSWER = 'mended'\n")
    mended = consumer.commit_all()
    assert mended.returncode == 0, mended.output
    assert consumer.builds == 2
    assert wheel_content(wheel)["demo/core.py"].data == core.read_bytes()


@pytest.mark.exhaustive
def test_a_commit_that_only_deletes_is_checked_too(new_consumer: NewConsumer) -> None:
    consumer = new_consumer("lbuild-wheel", settings=DECLARED)
    assert consumer.commit_all("--no-verify").returncode == 0

    git(consumer.folder, "rm", "--quiet", "backend/dependencies.py")
    deleted = consumer.commit()
    assert deleted.returncode != 0
    assert "No module named 'dependencies'" in deleted.output


@pytest.mark.exhaustive
def test_what_is_not_staged_is_not_built(new_consumer: NewConsumer) -> None:
    consumer = new_consumer("lbuild-wheel", settings=DECLARED)
    backend = consumer.folder / "backend" / "backend.py"
    working = backend.read_bytes()
    consumer.stage()
    break_backend(consumer)
    broken = backend.read_bytes()

    only_working = consumer.commit()
    assert only_working.returncode == 0, only_working.output
    assert consumer.builds == 1
    assert backend.read_bytes() == broken

    consumer.stage()
    backend.write_bytes(working)
    only_broken = consumer.commit()
    assert only_broken.returncode != 0
    assert "DEPRECATED" in only_broken.output
    assert backend.read_bytes() == working


@pytest.mark.exhaustive
@pytest.mark.parametrize("inputs", ["traced", "tree"])
def test_a_build_in_the_shell_is_reused_by_the_commit(
    lbuild: Lbuild, new_consumer: NewConsumer, inputs: str
) -> None:
    # What the backend learns from git counts here, or all that it may learn. For its hook, git
    # names a temporary index with ``--all`` and with a path, and in a linked work tree its folder
    # too.
    main = new_consumer("lbuild-wheel", "--json", settings=f'\n[tool.lbuild]\ninputs = "{inputs}"')
    with (main.folder / "backend" / "backend.py").open("a") as backend:
        backend.write(ASKING_GIT)
    assert main.commit_all("--no-verify").returncode == 0
    linked = dataclasses.replace(main, folder=main.folder.with_name("linked"))
    git(main.folder, "worktree", "add", "--quiet", "-b", "linked", str(linked.folder))
    commits = [(main, "--all"), (main, "requirements.txt"), (linked, "--all")]
    for number, (consumer, argument) in enumerate(commits, start=1):
        (consumer.folder / "requirements.txt").write_text(f"tomli>={number}\n")
        [built] = lbuild("wheel", "--json", consumer.folder).json
        assert (built["action"], consumer.builds) == ("built", number)

        committed = consumer.commit(argument)
        assert committed.returncode == 0, committed.output
        assert f'"key": "{built["key"]}"' in committed.output, committed.output
        assert '"action": "reused"' in committed.output
        assert consumer.builds == number


@INSTALLED
def test_status_fails_with_the_reasons_until_the_wheel_is_delivered(
    lbuild: Lbuild, new_consumer: NewConsumer, installs: bool
) -> None:
    consumer = new_consumer("lbuild-status", settings=DECLARED, installs=installs)
    core = consumer.folder / "demo" / "core.py"

    never_built = consumer.commit_all()
    assert never_built.returncode != 0
    assert "demo: a rebuild is due" in never_built.output
    assert consumer.builds == 0
    lbuild("wheel", consumer.folder)
    delivered = consumer.commit_all()
    assert delivered.returncode == 0, delivered.output
    assert "demo 0.1.0: up to date" in delivered.output

    core.write_text("ANSWER = 'edited'\n")
    outdated = consumer.commit_all()
    assert outdated.returncode != 0
    assert "demo 0.1.0: a rebuild is due" in outdated.output
    assert re.search(r"^  changed +demo/core\.py ", outdated.output, re.MULTILINE)
    assert consumer.builds == 1
    lbuild("wheel", consumer.folder)
    assert consumer.commit_all().returncode == 0


@INSTALLED
def test_status_fails_if_the_delivered_wheel_has_what_is_not_staged(
    lbuild: Lbuild, new_consumer: NewConsumer, installs: bool
) -> None:
    consumer = new_consumer("lbuild-status", settings=DECLARED, installs=installs)
    consumer.stage()
    lbuild("wheel", consumer.folder)
    (consumer.folder / "demo" / "core.py").write_text("ANSWER = 'not staged'\n")
    lbuild("wheel", consumer.folder)

    other = consumer.commit()
    assert other.returncode != 0
    assert "demo-0.1.0-py3-none-any.whl is out of date" in other.output


@pytest.mark.exhaustive
def test_a_project_below_the_repository_where_every_file_counts(
    new_consumer: NewConsumer, copy_project: CopyProject
) -> None:
    consumer = new_consumer("lbuild-wheel", "--inputs=tree", "packages/flit-core")
    project = copy_project("flit-core", folder=f"consumers/{consumer.folder.name}/packages")
    (consumer.folder / ".gitignore").write_text("dist/\n")
    core = project / "src" / "demo" / "core.py"
    first = core.read_bytes()

    built = consumer.commit_all()
    assert built.returncode == 0, built.output
    assert ": built in" in built.output
    [wheel] = (project / "dist").iterdir()
    core.write_bytes(first + b"EDITED = True\n")
    edited = consumer.commit_all()
    assert edited.returncode == 0, edited.output
    assert ": built in" in edited.output
    assert wheel_content(wheel)["demo/core.py"].data == core.read_bytes()

    core.write_bytes(first)
    (consumer.folder / "notes.txt").write_text("Beside the project.\n")
    undone = consumer.commit_all()
    assert undone.returncode == 0, undone.output
    assert ": reused" in undone.output
    assert wheel_content(wheel)["demo/core.py"].data == first
    assert consumer.builds == 0
