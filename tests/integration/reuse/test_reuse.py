"""Never needless, never stale: which edits, copies and look-alikes get the cached wheel."""

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from support import unprivileged
from support.command import TRACED_AND_TREE, Lbuild
from support.folder_content import holds_bytes
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
from support.projects import CopyProject, git, replace, sha256, wheel_content

pytestmark = pytest.mark.shared_environments

EVERY_MODE = pytest.mark.parametrize("inputs", ["traced", "tree", "declared"])

LATER = 2_000_000_000 * 10**9
"""A time stamp of years to come, in nanoseconds."""


def touch(project: Path) -> None:
    """Set all time stamps anew."""
    for path in project.rglob("*"):
        os.utime(path, ns=(LATER, LATER))


def write_again(project: Path) -> None:
    """Give every file of the sources the bytes that it has, in place."""
    for path in (project / "src").rglob("*.py"):
        path.write_bytes(path.read_bytes())


def write_beside_and_rename(project: Path) -> None:
    """The same as editors do it, which gives every file another inode."""
    for path in (project / "src").rglob("*.py"):
        path.with_suffix(".new").write_bytes(path.read_bytes())
        path.with_suffix(".new").replace(path)


def edit_and_undo(project: Path) -> None:
    replace(project / CORE, "42", "43")
    replace(project / CORE, "43", "42")


def remove_and_make_again(project: Path) -> None:
    shutil.copytree(project / "src", project / "other")
    shutil.rmtree(project / "src")
    (project / "other").rename(project / "src")


def leave_caches(project: Path) -> None:
    """What tools leave behind in a project, which is no source."""
    for folder in ("src/demo/__pycache__", ".mypy_cache", ".venv", "node_modules/pad", "my-cache"):
        (project / folder).mkdir(parents=True)
        (project / folder / "left.py").touch()
    (project / ".venv" / "pyvenv.cfg").touch()
    tag = "Signature: 8a477f597d28d172789f06886806bc55\n"
    (project / "my-cache" / "CACHEDIR.TAG").write_text(tag)


EDITS = (
    touch,
    write_again,
    write_beside_and_rename,
    edit_and_undo,
    remove_and_make_again,
    leave_caches,
)


@pytest.mark.quick("traced", "tree")
@EVERY_MODE
def test_what_changes_nothing(lbuild: Lbuild, copy_project: CopyProject, inputs: str) -> None:
    project = copy_project(NAME)
    log = log_builds(project)
    first = wheel(lbuild, "--inputs", inputs, project)
    for edit in EDITS:
        edit(project)
        again = wheel(lbuild, "--inputs", inputs, project)
        assert (again["action"], again["key"]) == ("reused", first["key"]), edit.__name__
    assert log.lines == ["built"]


@pytest.mark.quick("traced")
@TRACED_AND_TREE
def test_another_branch_and_back(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME, tag="v1")
    git(project, "switch", "--quiet", "--create", "other")
    replace(project / CORE, "42", "43")
    git(project, "commit", "--quiet", "--all", "--message=43")
    for action in ("built", "reused"):
        for branch, answer in (("main", "42"), ("other", "43")):
            git(project, "switch", "--quiet", branch)
            told = wheel(lbuild, project)
            assert (told["action"], core_in_wheel(told["wheel"])) == (
                action,
                f"ANSWER = {answer}\n",
            )


@pytest.mark.quick("traced", "declared")
@EVERY_MODE
def test_a_copy_in_another_folder_reuses(
    lbuild: Lbuild, copy_project: CopyProject, inputs: str
) -> None:
    project = copy_project(NAME)
    log = log_builds(project)
    first = wheel(lbuild, "--inputs", inputs, project)
    clone = Path(shutil.copytree(project, project.with_name("another name")))
    shutil.rmtree(clone / "dist")
    told = wheel(lbuild, "--inputs", inputs, clone)
    assert (told["action"], told["key"]) == ("reused", first["key"])
    assert sha256(clone / "dist" / WHEEL) == first["sha256"]
    assert log.lines == ["built"]

    # From here on, each has changes of its own.
    replace(clone / "pyproject.toml", ">=3.8", ">=3.9")
    [reason] = status(lbuild, "--inputs", inputs, clone)["reasons"]
    assert (reason["kind"], reason["path"]) == ("file-changed", "pyproject.toml")
    assert wheel(lbuild, "--inputs", inputs, project)["action"] == "reused"


def test_what_comes_into_an_out_dir_that_was_not_there(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    """The first build saw no ``dist``: it listed only the folder that it is in now."""
    project = copy_project(NAME)
    see = "Path('src/demo/seen').write_text(' '.join(sorted(map(str, Path().glob('*/*.txt')))))"
    when_building(project, see)
    assert [wheel(lbuild, project)["action"] for _ in range(2)] == ["built", "reused"]
    (project / "dist" / "other-1.0-py3-none-any.whl").touch()
    assert wheel(lbuild, project)["action"] == "reused"
    added = project / "dist" / "added.txt"
    added.touch()
    assert [wheel(lbuild, project)["action"] for _ in range(2)] == ["built", "reused"]
    assert wheel_content(project / "dist" / WHEEL)["demo/seen"].data.endswith(b"dist/added.txt")
    added.unlink()
    assert wheel(lbuild, project)["action"] == "reused"


def test_the_folders_that_lbuild_makes_are_no_change(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    """Neither the out-dir nor the folder that the cache is in; what else is in there is one."""
    project = copy_project(NAME)
    configure(project, "[tool.lbuild]\ncache-dir = 'var/cache'\nextra-inputs = [{ dir = 'var' }]")
    see = "Path('src/demo/seen').write_text(' '.join(sorted(map(str, Path().glob('*/*.txt')))))"
    when_building(project, see)
    clone = Path(shutil.copytree(project, project.with_name("clone")))
    cache = {"LBUILD_CACHE_DIR": None}

    def action(*where: str | Path) -> str:
        return str(wheel(lbuild, *where, env=cache)["action"])

    assert [action(project) for _ in range(2)] == ["built", "reused"]
    shared = {"LBUILD_CACHE_DIR": str(project / "var" / "cache")}
    assert wheel(lbuild, clone, env=shared)["action"] == "reused"
    replace(project / CORE, "42", "43")
    replace(clone / CORE, "42", "43")
    assert action(project) == "built"
    shutil.rmtree(clone / "dist")
    assert wheel(lbuild, clone, env=shared)["action"] == "reused"

    for folder in ("dist", "var"):
        added = project / folder / "added.txt"
        added.touch()
        told = wheel(lbuild, project, env=cache)
        content = wheel_content(Path(told["wheel"]))["demo/seen"].data.decode()
        assert (told["action"], f"{folder}/added.txt" in content) == ("built", True)
        added.unlink()
        assert action(project) == "reused"


@pytest.mark.quick("traced")
@EVERY_MODE
def test_projects_of_one_name_never_get_each_others_wheel(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, inputs: str
) -> None:
    """Also if all that is declared is the same, and whatever their folders are called."""
    one = copy_project(NAME)
    two = Path(shutil.copytree(one, tmp_path / "more" / one.name))
    replace(two / CORE, "42", "43")
    for action in ("built", "reused"):
        for project, answer in ((one, "42"), (two, "43")):
            told = wheel(lbuild, "--inputs", inputs, project)
            assert (told["action"], core_in_wheel(told["wheel"])) == (
                action,
                f"ANSWER = {answer}\n",
            )
    # What nothing declares does not count in its own folder, but keeps others from the wheel.
    replace(two / CORE, "43", "44")
    three = Path(shutil.copytree(two, tmp_path / "three"))
    assert core_in_wheel(wheel(lbuild, "--inputs", inputs, three)["wheel"]) == "ANSWER = 44\n"


@pytest.mark.quick("tree")
@TRACED_AND_TREE
def test_projects_that_take_turns_in_one_folder(lbuild: Lbuild, copy_project: CopyProject) -> None:
    one, two = copy_project(NAME, folder="one"), copy_project(NAME, folder="two")
    replace(two / CORE, "42", "43")
    place = one.parent.parent / "place"
    for action in ("built", "reused"):
        for project, answer in ((one, "42"), (two, "43")):
            project.rename(place)
            told = wheel(lbuild, place)
            assert (told["action"], core_in_wheel(told["wheel"])) == (
                action,
                f"ANSWER = {answer}\n",
            )
            place.rename(project)


def test_declared_inputs_and_no_others(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    configure(
        project,
        """
        [tool.uv]
        cache-keys = [{ file = "src/**/*.txt" }]

        [tool.lbuild]
        inputs = "declared"
        extra-inputs = ["more.cfg", { dir = "there" }]
        """,
    )
    log = log_builds(project)
    lbuild("wheel", project)
    replace(project / CORE, "42", "43")
    (project / "src" / "demo" / "data").mkdir()
    (project / "setup.cfg").touch()
    assert wheel(lbuild, project)["action"] == "reused"
    for change in (
        (project / "src" / "demo" / "data" / "a.txt").touch,
        (project / "more.cfg").touch,
        (project / "there").mkdir,
        (project / "more.cfg").unlink,
    ):
        change()
        lbuild("wheel", project)
    assert log.lines == ["built"] * 5
    # The option comes before the setting.
    assert wheel(lbuild, "--inputs", "tree", project)["action"] == "built"


def test_extra_inputs_outside_the_project(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    (project.parent / "shared").mkdir()
    shared = project.parent / "shared" / "data.txt"
    shared.write_text("one\n")
    configure(project, '[tool.lbuild]\nextra-inputs = ["../shared/*.txt"]')
    for inputs in ("traced", "tree", "declared"):
        lbuild("wheel", "--inputs", inputs, project)
        shared.write_text(f"changed after {inputs}\n")
        [reason] = status(lbuild, "--inputs", inputs, project)["reasons"]
        assert (reason["kind"], reason["path"]) == ("file-changed", "../shared/data.txt")
        assert reason["source"] == "declared: tool.lbuild.extra-inputs[0]"


@TRACED_AND_TREE
def test_what_is_ignored(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    when_building(project, "sorted(Path().rglob('*'))")
    configure(project, '[tool.lbuild]\nignore = ["/docs/", "*.txt", "!keep.txt"]')
    lbuild("wheel", project)
    (project / "docs").mkdir()
    (project / "docs" / "index.md").touch()
    (project / "notes.txt").write_text("An edit.\n")
    assert status(lbuild, project)["verdict"] == "reuse"
    (project / "keep.txt").touch()
    (project / "src" / "docs").mkdir()
    reasons = status(lbuild, project)["reasons"]
    assert {reason["path"] for reason in reasons} == {"src/docs", "keep.txt"}


@TRACED_AND_TREE
def test_an_ignored_backend_still_counts(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    configure(project, '[tool.lbuild]\nignore = ["*"]')
    lbuild("wheel", project)
    replace(project / CORE, "42", "43")
    assert status(lbuild, project)["reasons"] == []
    log_builds(project)
    [reason] = status(lbuild, project)["reasons"]
    assert reason["kind"] == "backend-changed"


@pytest.mark.quick("traced")
@TRACED_AND_TREE
def test_names_of_all_kinds(lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path) -> None:
    project = copy_project(NAME).rename(tmp_path / "my projéct 你好")
    odd = [
        b"a space.py",
        "naïve 名.py".encode(),
        b"latin-1 \xe9.py",
        b"line\nbreak.py",
        b"-dash.py",
        b"star*[x].py",
    ]
    for name in odd:
        (project / os.fsdecode(name)).touch()
    when_building(project, "for path in filter(os.path.isfile, os.listdir()): open(path).close()")
    log = log_builds(project)
    built = lbuild("wheel", project)
    assert built.stdout == f"{project / 'dist' / WHEEL}\n"
    for name in odd:
        (project / os.fsdecode(name)).write_text("# edited\n")
    reasons = status(lbuild, project)["reasons"]
    assert {reason["kind"] for reason in reasons} == {"file-changed"}
    assert {os.fsencode(reason["path"]) for reason in reasons} == set(odd)
    assert os.fsencode(lbuild("status", project).stdout).count(b"latin-1 \xe9.py") == 1
    lbuild("wheel", "-v", project)
    assert wheel(lbuild, project)["action"] == "reused"
    assert log.lines == ["built"] * 2


def test_a_project_folder_that_is_not_utf_8(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME).rename(tmp_path / os.fsdecode(b"latin-1 \xe9"))
    for _ in range(2):
        told = lbuild("wheel", project)
        assert os.fsencode(told.stdout) == os.fsencode(project / "dist" / WHEEL) + b"\n"
    told_as_json = wheel(lbuild, project)
    assert told_as_json["action"] == "reused"
    assert os.fsencode(told_as_json["project"]) == os.fsencode(project)
    assert lbuild("status", project).stdout == "demo 0.1.0: up to date\n"


def test_a_link_to_the_project(lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path) -> None:
    project = copy_project(NAME)
    first = wheel(lbuild, project)
    link = tmp_path / "link"
    link.symlink_to(project)
    for folder in (link, link / "src" / ".."):
        told = wheel(lbuild, folder)
        assert (told["action"], told["key"]) == ("reused", first["key"])
    assert wheel(lbuild, cwd=link)["key"] == first["key"]
    replace(project / CORE, "42", "43")
    assert core_in_wheel(wheel(lbuild, link)["wheel"]) == "ANSWER = 43\n"


@pytest.mark.quick("tree")
@TRACED_AND_TREE
def test_links_in_the_tree(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    outside = project.parent / "outside"
    (outside / "below").mkdir(parents=True)
    (outside / "below" / "data.txt").write_text("one\n")
    package = project / "src" / "demo"
    for name in ("a", "b"):
        (package / f"{name}.py").write_text("SAME = True\n")
    (package / "alias.py").symlink_to("a.py")
    (package / "linked").symlink_to(outside, target_is_directory=True)
    (package / "loop").symlink_to(".", target_is_directory=True)
    # What the minimal backend would follow for ever.
    replace(
        project / "backend" / "backend.py",
        "folders.sort()",
        "folders[:] = sorted(set(folders) - {'loop'})",
    )
    data = "demo/linked/below/data.txt"
    first = wheel(lbuild, project)
    assert wheel_content(Path(first["wheel"]))[data].data == b"one\n"
    assert wheel(lbuild, project)["action"] == "reused"

    (outside / "below" / "data.txt").write_text("two\n")
    [reason] = status(lbuild, project)["reasons"]
    assert (reason["kind"], reason["path"]) == ("file-changed", f"src/{data}")
    second = wheel(lbuild, project)
    assert wheel_content(Path(second["wheel"]))[data].data == b"two\n"

    (package / "alias.py").unlink()
    (package / "alias.py").symlink_to("b.py")
    [reason] = status(lbuild, project)["reasons"]
    assert (reason["kind"], reason["path"]) == ("file-changed", "src/demo/alias.py")
    (package / "alias.py").unlink()
    (package / "alias.py").symlink_to("nowhere.py")
    [reason] = status(lbuild, project)["reasons"]
    assert (reason["kind"], reason["path"]) == ("file-changed", "src/demo/alias.py")


def test_a_link_in_place_of_dist(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    wheels = project.parent / "wheels"
    wheels.mkdir()
    (project / "dist").symlink_to(wheels)
    told = wheel(lbuild, project)
    assert told["wheel"] == str(project / "dist" / WHEEL)
    assert sha256(wheels / WHEEL) == told["sha256"]
    assert wheel(lbuild, project)["action"] == "reused"
    assert (project / "dist").is_symlink()


@TRACED_AND_TREE
def test_what_is_no_file(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """A pipe is looked at, but never read."""
    project = copy_project(NAME)
    when_building(project, "os.stat('pipe')")
    os.mkfifo(project / "pipe")
    lbuild("wheel", project)
    assert wheel(lbuild, project)["action"] == "reused"
    (project / "pipe").unlink()
    (project / "pipe").touch()
    [reason] = status(lbuild, project)["reasons"]
    assert (reason["kind"], reason["path"]) == ("file-changed", "pipe")


@pytest.mark.quick("data-tree", "notes.txt-traced")
@TRACED_AND_TREE
@pytest.mark.parametrize("what", ["notes.txt", "data"])
def test_what_cannot_be_read_counts_as_changed(
    lbuild: Lbuild, copy_project: CopyProject, what: str
) -> None:
    project = copy_project(NAME)
    (project / "data").mkdir()
    tolerant = """
        import contextlib
        with contextlib.suppress(OSError):
            open('notes.txt').close()
        with contextlib.suppress(OSError):
            os.listdir('data')
        """
    when_building(project, tolerant)
    lbuild("wheel", project)
    (project / what).chmod(0)
    try:
        for _ in range(2):
            result = unprivileged.run(lbuild, "wheel", project)
            assert result.returncode == 0, result.stderr
            assert "built in " in result.stderr
            assert what in result.stderr
        told = unprivileged.run(lbuild, "status", "--json", project).json
        [reason] = told[0]["reasons"]
        assert (told[0]["key"], reason["path"]) == (None, what)
        assert reason["new"].startswith("unreadable: ")
    finally:
        (project / what).chmod(0o755 if what == "data" else 0o644)
    assert wheel(lbuild, project)["action"] == "reused"


@pytest.mark.quick("tree")
@TRACED_AND_TREE
def test_what_an_edit_of_mode_and_folders_gives(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    first = wheel(lbuild, project)
    (project / CORE).chmod(0o755)
    second = wheel(lbuild, project)
    assert wheel_content(Path(second["wheel"]))["demo/core.py"].executable
    (project / "src" / "empty").mkdir()
    third = wheel(lbuild, project)
    assert "empty/" in wheel_content(Path(third["wheel"]))
    (project / "src" / "empty").rmdir()
    (project / CORE).chmod(0o644)
    last = wheel(lbuild, project)
    assert last["reasons"] == []
    assert (last["action"], last["sha256"]) == ("reused", first["sha256"])


@pytest.mark.exhaustive
def test_values_of_variables_are_kept_nowhere(lbuild: Lbuild, copy_project: CopyProject) -> None:
    secrets = {
        "TOKEN": "correct-horse-battery",
        "HATCH_INDEX_AUTH": "staple-of-mine",
        "CFLAGS": "-Dpassword=sesame-street",
    }
    project = copy_project(NAME)
    # The wheel itself may hold what the backend was told.
    replace(project / "backend" / "backend.py", '"config_settings": config_settings,', "")
    configure(project, '[tool.uv]\ncache-keys = ["pyproject.toml", { env = "TOKEN" }]')
    when_building(project, "dict(os.environ)")
    setting = "token=wednesday-afternoon"
    outputs = []
    for inputs in ("traced", "tree", "declared"):
        options = ("--inputs", inputs, "-C", setting, project)
        lbuild("wheel", "--inputs", inputs, project)
        for command in (("status", "-v"), ("status", "--json"), ("wheel", "-v")):
            result = lbuild(*command, *options, env=secrets)
            outputs.append(result.stdout + result.stderr)
        changed = {name: f"{value}!" for name, value in secrets.items()}
        outputs.append(lbuild("status", "--json", *options, env=changed).stdout)
    assert sum("TOKEN" in output for output in outputs) >= 3
    for value in (*secrets.values(), setting.partition("=")[2]):
        for spelling in (value, value.encode().hex(), plain_digest(value)):
            assert not any(spelling in output for output in outputs)
            assert holds_bytes(lbuild.cache, spelling.encode()) == []


def plain_digest(value: str) -> str:
    """What a guess at the value could be checked with, if the digest had no key."""
    return hashlib.sha256(value.encode()).hexdigest()[:32]


def test_digests_of_values_differ_between_caches(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME)
    when_building(project, "os.environ.get('CFLAGS')")
    seen = set()
    for name in ("one", "two"):
        options = ("--cache-dir", tmp_path / name, project)
        lbuild("wheel", *options)
        [reason] = status(lbuild, *options, env={"CFLAGS": "-O0"})["reasons"]
        seen.add(reason["new"])
    assert len(seen) == 2
