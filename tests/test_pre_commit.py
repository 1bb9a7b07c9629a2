"""The hooks of .pre-commit-hooks.yaml, installed and run by the real pre-commit and by git commit.

pre-commit installs lbuild from a git repository, so the checkout's sources are committed to one
made for the session, and its environment is shared by all consumers.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from command import Lbuild
from projects import CopyProject, git, replace, sha256, wheel_content, wheel_metadata

CHECKOUT = Path(__file__).resolve().parent.parent

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
class Committed:
    """How ``git commit`` ended, with all that it and its hooks printed."""

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

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program in the repository, standard error in its standard output."""
        return subprocess.run(
            command,
            check=False,
            cwd=self.folder,
            encoding="utf-8",
            env=self.environment,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=300,
        )

    def commit(self, *arguments: str) -> Committed:
        """Run ``git commit``; by default, of all that is in the folder."""
        if not arguments:
            git(self.folder, "add", "--all")
        done = self.run("git", "commit", "--message=A commit", *arguments)
        return Committed(done.returncode, done.stdout)

    def head(self) -> str:
        """The commit that is checked out."""
        return git(self.folder, "rev-parse", "HEAD")


NewConsumer = Callable[..., Consumer]


@pytest.fixture(scope="session")
def hook_repository(tmp_path_factory: pytest.TempPathFactory) -> HookRepository:
    """The checkout's sources as a git repository of their own."""
    base = tmp_path_factory.mktemp("hooks")
    path = base / "lbuild"
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
    git(path, "tag", "v0.1.0")
    return HookRepository(path, "v0.1.0", base / "store")


@pytest.fixture
def new_consumer(
    lbuild: Lbuild, copy_project: CopyProject, hook_repository: HookRepository, tmp_path: Path
) -> NewConsumer:
    """Make a repository that pins a hook and has it installed; nothing is committed yet."""

    def make(hook: str, *arguments: str, settings: str = "") -> Consumer:
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
        (folder / ".pre-commit-config.yaml").write_text(configuration)
        git(folder, "init", "--quiet", "--initial-branch=main")
        consumer = Consumer(folder, counter, environment(lbuild, hook_repository))
        done = consumer.run(sys.executable, "-m", "pre_commit", "install", "--install-hooks")
        assert done.returncode == 0, done.stdout
        return consumer

    return make


def environment(lbuild: Lbuild, hook_repository: HookRepository) -> dict[str, str]:
    """The variables of a shell with the hooks' own store and the test's cache of lbuild."""
    variables = {
        name: value
        for name, value in lbuild.environment.items()
        if name != "SKIP" and not name.startswith("PRE_COMMIT")
    }
    return {**variables, "PRE_COMMIT_HOME": str(hook_repository.store)}


def break_backend(consumer: Consumer) -> None:
    """Let the backend raise."""
    with (consumer.folder / "backend" / "backend.py").open("a") as backend:
        backend.write(BROKEN)


def test_try_repo_offers_both_hooks(
    lbuild: Lbuild, copy_project: CopyProject, hook_repository: HookRepository
) -> None:
    project = copy_project("in-tree-backend-with-helper", tag="v1")
    [first] = lbuild("wheel", "--json", project).json
    replace(project / "requirements.txt", "tomli>=2", "rich")
    git(project, "add", "--all")
    consumer = Consumer(project, project / "none", environment(lbuild, hook_repository))

    done = consumer.run(
        *(sys.executable, "-m", "pre_commit", "try-repo", str(hook_repository.path)),
        *("--verbose", "--color=always"),
    )
    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    status, wheel = re.split(r"^lbuild wheel\.+", plain, flags=re.MULTILINE)
    assert done.returncode == 1, plain
    assert re.search(r"^lbuild status\.+Failed$", status, re.MULTILINE)
    assert "demo 0.1.0: a rebuild is due" in status
    assert re.search(r"^  changed +requirements\.txt ", status, re.MULTILINE)
    assert wheel.startswith("Passed\n")
    assert "demo 0.1.0: built in " in wheel
    assert "\x1b" not in plain  # Logs hold no frames of a spinner.
    assert sha256(Path(first["wheel"])) != first["sha256"]
    assert "rich" in wheel_metadata(Path(first["wheel"])).get_all("Requires-Dist", [])


def test_a_commit_builds_only_if_an_input_changed(new_consumer: NewConsumer) -> None:
    consumer = new_consumer("lbuild-wheel", settings=DECLARED)
    backend = consumer.folder / "backend" / "backend.py"
    working = backend.read_bytes()

    first = consumer.commit()
    assert first.returncode == 0, first.output
    assert consumer.builds == 1
    [wheel] = (consumer.folder / "dist").iterdir()
    delivered = sha256(wheel)
    assert git(consumer.folder, "status", "--porcelain") == ""

    (consumer.folder / "notes.txt").write_text("Edited.\n")
    edited = consumer.commit()
    assert edited.returncode == 0, edited.output
    assert "demo 0.1.0: reused" in edited.output
    assert consumer.builds == 1

    break_backend(consumer)
    before = consumer.head()
    broken = consumer.commit()
    assert broken.returncode != 0
    assert 'raise Exception("DEPRECATED")' in broken.output
    assert "error: demo: build_wheel of 'backend' failed" in broken.output
    assert consumer.head() == before

    backend.write_bytes(working)
    core = consumer.folder / "demo" / "core.py"
    core.write_text("ANSWER = 'mended'\n")
    mended = consumer.commit()
    assert mended.returncode == 0, mended.output
    assert consumer.builds == 2
    assert wheel_content(wheel)["demo/core.py"].data == core.read_bytes()
    assert sha256(wheel) != delivered


def test_a_commit_that_only_deletes_is_checked_too(new_consumer: NewConsumer) -> None:
    consumer = new_consumer("lbuild-wheel", settings=DECLARED)
    assert consumer.commit("--no-verify", "--allow-empty").returncode == 0
    git(consumer.folder, "add", "--all")
    assert consumer.commit("--no-verify").returncode == 0

    git(consumer.folder, "rm", "--quiet", "backend/dependencies.py")
    deleted = consumer.commit("--all")
    assert deleted.returncode != 0
    assert "No module named 'dependencies'" in deleted.output


def test_what_is_not_staged_is_not_built(new_consumer: NewConsumer) -> None:
    consumer = new_consumer("lbuild-wheel", settings=DECLARED)
    backend = consumer.folder / "backend" / "backend.py"
    working = backend.read_bytes()
    git(consumer.folder, "add", "--all")
    break_backend(consumer)
    broken = backend.read_bytes()

    staged = consumer.commit("--quiet")
    assert staged.returncode == 0, staged.output
    assert consumer.builds == 1
    assert backend.read_bytes() == broken

    git(consumer.folder, "add", "--all")
    backend.write_bytes(working)
    unstaged = consumer.commit("--quiet")
    assert unstaged.returncode != 0
    assert "DEPRECATED" in unstaged.output
    assert backend.read_bytes() == working


def test_a_build_in_the_shell_is_reused_by_the_commit(
    lbuild: Lbuild, new_consumer: NewConsumer
) -> None:
    # Everything counts here, what the backend may learn from git among it. Of these commands the
    # last two give their hooks a temporary index.
    consumer = new_consumer("lbuild-wheel", "--json")
    text = consumer.folder / "requirements.txt"
    git(consumer.folder, "add", "--all")
    assert consumer.commit("--no-verify").returncode == 0
    for number, arguments in enumerate([("--quiet",), ("--all",), ("requirements.txt",)], start=1):
        text.write_text(f"tomli>={number}\n")
        [built] = lbuild("wheel", "--json", consumer.folder).json
        assert (built["action"], consumer.builds) == ("built", number)

        if arguments == ("--quiet",):
            git(consumer.folder, "add", "--all")
        committed = consumer.commit(*arguments)
        assert committed.returncode == 0, committed.output
        assert f'"key": "{built["key"]}"' in committed.output
        assert '"action": "reused"' in committed.output
        assert consumer.builds == number


def test_status_fails_with_the_reasons_until_the_wheel_is_delivered(
    lbuild: Lbuild, new_consumer: NewConsumer
) -> None:
    consumer = new_consumer("lbuild-status", settings=DECLARED)
    core = consumer.folder / "demo" / "core.py"

    never_built = consumer.commit()
    assert never_built.returncode != 0
    assert "demo: a rebuild is due" in never_built.output
    assert consumer.builds == 0
    lbuild("wheel", consumer.folder)
    delivered = consumer.commit()
    assert delivered.returncode == 0, delivered.output
    assert "demo 0.1.0: up to date" in delivered.output

    first = core.read_text()
    core.write_text("ANSWER = 'edited'\n")
    outdated = consumer.commit()
    assert outdated.returncode != 0
    assert "demo 0.1.0: a rebuild is due" in outdated.output
    assert re.search(r"^  changed +demo/core\.py ", outdated.output, re.MULTILINE)
    assert consumer.builds == 1
    lbuild("wheel", consumer.folder)
    assert consumer.commit().returncode == 0

    # The wheel was built from what is staged, but another one was delivered since.
    core.write_text(first)
    git(consumer.folder, "add", "--all")
    core.write_text("ANSWER = 'edited'\n")
    lbuild("wheel", consumer.folder)
    other = consumer.commit("--quiet")
    assert other.returncode != 0
    assert "is another wheel" in other.output


def test_a_project_below_the_repository_is_built_where_every_file_counts(
    new_consumer: NewConsumer, copy_project: CopyProject
) -> None:
    consumer = new_consumer("lbuild-wheel", "packages/flit-core")
    project = copy_project("flit-core", folder="consumers/in-tree-backend-with-helper/packages")
    core = project / "src" / "demo" / "core.py"
    first = core.read_bytes()
    (project / "dist").mkdir()
    (consumer.folder / ".gitignore").write_text("dist/\n")

    built = consumer.commit()
    assert built.returncode == 0, built.output
    assert "built in" in built.output
    [wheel] = (project / "dist").iterdir()
    core.write_bytes(first + b"EDITED = True\n")
    edited = consumer.commit()
    assert edited.returncode == 0, edited.output
    assert "built in" in edited.output
    assert wheel_content(wheel)["demo/core.py"].data == core.read_bytes()

    core.write_bytes(first)
    (consumer.folder / "notes.txt").write_text("Beside the project.\n")
    undone = consumer.commit()
    assert undone.returncode == 0, undone.output
    assert ": reused" in undone.output
    assert wheel_content(wheel)["demo/core.py"].data == first
