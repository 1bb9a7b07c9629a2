"""What programs that a hook runs do, and what then has to be noticed: no real compilers here.

In each case one thing decides what the wheel holds: ``OLD`` at first, then ``NEW``.
"""

import os
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.command import Lbuild
from support.edits import NEW, OLD, edit, pack_state, require_noticed
from support.minimal_project import NAME, wheel
from support.projects import CopyProject, git

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are followed on Linux")

SHELL = """
    def state():
        import os, subprocess
        return subprocess.check_output(["sh", "-ec", {script!r}])
"""


@dataclass
class World:
    """A project, a folder beside it, and the variables of the next build."""

    project: Path
    beside: Path
    env: dict[str, str] = field(default_factory=dict)

    def write(self, path: Path, text: str, mode: int = 0o644) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        path.chmod(mode)
        return path

    def tool(self, folder: str, value: str) -> Path:
        return self.write(self.beside / folder / "a-tool", f"#!/bin/sh\necho {value}\n", 0o755)

    def run(self, script: str) -> None:
        pack_state(self.project, SHELL.format(script=script))

    def code(self, code: str) -> None:
        body = textwrap.indent(textwrap.dedent(code).strip(), "    ")
        pack_state(self.project, f"def state():\n    import os, subprocess\n{body}\n")


Change = tuple[Callable[[], object], Callable[[], object]]


def by_path(world: World) -> Change:
    """A program of a program comes from another folder of PATH."""
    usual = f"{world.tool('old', OLD).parent}:{os.environ['PATH']}"
    other = f"{world.tool('new', NEW).parent}:{usual}"
    world.run("a-tool")
    world.env["PATH"] = usual
    return lambda: world.env.update(PATH=other), lambda: world.env.update(PATH=usual)


def by_absence_in_path(world: World) -> Change:
    """A program that a program looks for comes to be there by another PATH."""
    usual = f"{world.write(world.beside / 'none' / 'x', '').parent}:{os.environ['PATH']}"
    other = f"{world.tool('new', NEW).parent}:{usual}"
    world.run(f"command -v a-tool >/dev/null && a-tool || echo {OLD}")
    world.env["PATH"] = usual
    return lambda: world.env.update(PATH=other), lambda: world.env.update(PATH=usual)


def by_home(world: World) -> Change:
    """A program reads a file in the home folder."""
    homes = {value: world.beside / f"home-{value}" for value in (OLD, NEW)}
    for value, home in homes.items():
        world.write(home / ".a-rc", value)
    world.run("cat ~/.a-rc")

    def use(value: str) -> Callable[[], object]:
        return lambda: world.env.update(HOME=str(homes[value]))

    use(OLD)()
    return use(NEW), use(OLD)


def by_wrapper(world: World) -> Change:
    """A script by the name of a compiler obeys a variable."""
    world.write(world.project / "tools" / "gcc", "#!/bin/sh\necho $A_FLAG\n", 0o755)
    world.code("return subprocess.check_output(['./tools/gcc'])")
    world.env["A_FLAG"] = OLD
    return lambda: world.env.update(A_FLAG=NEW), lambda: world.env.update(A_FLAG=OLD)


def by_session_variable(world: World) -> Change:
    """A script in the project names a variable of CI."""
    world.write(world.project / "gen.sh", "#!/bin/sh\necho $CI_COMMIT_SHA\n", 0o755)
    world.run("./gen.sh")
    world.env["CI_COMMIT_SHA"] = OLD
    return (
        lambda: world.env.update(CI_COMMIT_SHA=NEW),
        lambda: world.env.update(CI_COMMIT_SHA=OLD),
    )


def by_script_of_stream(world: World) -> Change:
    """A shell gets what it runs from a pipe."""
    world.code("return subprocess.run(['sh'], input=b'echo $A_FLAG', stdout=-1).stdout")
    world.env["A_FLAG"] = OLD
    return lambda: world.env.update(A_FLAG=NEW), lambda: world.env.update(A_FLAG=OLD)


def by_generated_script(world: World) -> Change:
    """A script that is removed before the build ends obeyed a variable."""
    world.code(
        """
        with open("gen.sh", "w") as file:
            file.write("echo $A_FLAG")
        try:
            return subprocess.check_output(["sh", "gen.sh"])
        finally:
            os.unlink("gen.sh")
        """
    )
    world.env["A_FLAG"] = OLD
    return lambda: world.env.update(A_FLAG=NEW), lambda: world.env.update(A_FLAG=OLD)


def by_own_git(world: World) -> Change:
    """A program of the project has the name of git, and reads a file."""
    file = world.write(world.project / "state.txt", OLD)
    world.write(world.project / "tools" / "git", "#!/bin/sh\ncat state.txt\n", 0o755)
    world.code("return subprocess.check_output(['./tools/git', 'rev-parse', 'HEAD'])")
    return lambda: edit(file, OLD, NEW), lambda: edit(file, NEW, OLD)


def by_other_git(world: World) -> Change:
    """The hook has a PATH of its own, with another git: a script."""
    file = world.write(world.project / "tools" / "git", f"#!/bin/sh\necho {OLD}\n", 0o755)
    world.code(
        """
        path = os.path.abspath("tools") + ":" + os.environ["PATH"]
        return subprocess.check_output(["git", "rev-parse"], env={**os.environ, "PATH": path})
        """
    )
    return lambda: edit(file, OLD, NEW), lambda: edit(file, NEW, OLD)


def by_link(world: World) -> Change:
    """A program reads a file by a link that the hook makes and removes."""
    file = world.write(world.beside / "state.txt", OLD)
    world.code(
        f"""
        os.symlink({str(world.beside)!r}, "here")
        try:
            return subprocess.check_output(["cat", "here/state.txt"])
        finally:
            os.unlink("here")
        """
    )
    return lambda: edit(file, OLD, NEW), lambda: edit(file, NEW, OLD)


def by_moved_link(world: World) -> Change:
    """A program reads a file by a link of the project that the hook moves meanwhile."""
    file = world.write(world.beside / "state.txt", OLD)
    (world.project / "usual").symlink_to(world.beside)
    world.code(
        """
        os.rename("usual", "here")
        try:
            return subprocess.check_output(["cat", "here/state.txt"])
        finally:
            os.rename("here", "usual")
        """
    )
    return lambda: edit(file, OLD, NEW), lambda: edit(file, NEW, OLD)


def by_failed_write(world: World) -> Change:
    """A program fails to rename a folder over another one, and reads what is there."""
    file = world.write(world.project / "kept" / "state.txt", OLD)
    world.code(
        """
        code = '''
        import os
        os.mkdir("new")
        os.close(os.open("new/state.txt", os.O_CREAT))
        try:
            os.rename("new", "kept")
        except OSError:
            os.unlink("new/state.txt")
            os.rmdir("new")
        print(open("kept/state.txt").read())
        '''
        return subprocess.check_output(["python3", "-c", __import__("textwrap").dedent(code)])
        """
    )
    return lambda: edit(file, OLD, NEW), lambda: edit(file, NEW, OLD)


def by_package_beside_path(world: World) -> Change:
    """CMake finds a package below the folder that has another folder of PATH in it."""
    script = f"""
        cmake_minimum_required(VERSION 3.15)
        set(A_VALUE {OLD})
        find_package(APackage QUIET)
        message("value-${{A_VALUE}}-")
        """
    world.write(world.project / "script.cmake", textwrap.dedent(script))
    config = world.beside / "new" / "lib" / "cmake" / "APackage" / "APackageConfig.cmake"
    world.write(config, f"set(A_VALUE {NEW})\n")
    world.write(world.beside / "new" / "bin" / "x", "")
    world.code(
        """
        done = subprocess.run(["cmake", "-P", "script.cmake"], stderr=-1, check=True)
        return done.stderr
        """
    )
    usual = world.env["PATH"] = os.environ["PATH"]
    other = f"{world.beside / 'new' / 'bin'}:{usual}"
    return lambda: world.env.update(PATH=other), lambda: world.env.update(PATH=usual)


def by_name_in_own_temporary_folder(world: World) -> Change:
    """A program lists the folder for temporary files, which is in the project."""
    folder = world.write(world.project / "temporary" / OLD, "").parent
    world.run("ls temporary")
    world.env["TMPDIR"] = str(folder)
    old, new = folder / OLD, folder / NEW
    return lambda: old.rename(new), lambda: new.rename(old)


def by_tag_of_inner_repository(world: World) -> Change:
    """A program asks git for the tag of a repository in the project."""
    inner = world.write(world.project / "inner" / "x", "").parent
    git(inner, "init", "--quiet")
    git(inner, "add", "--all")
    git(inner, "commit", "--quiet", "--message=x")
    world.run(f"cd inner && git describe --tags --match {NEW} 2>/dev/null || echo {OLD}")
    return lambda: git(inner, "tag", NEW), (inner / ".git" / "refs" / "tags" / NEW).unlink


CASES = (
    *(by_path, by_absence_in_path, by_home, by_wrapper, by_session_variable, by_own_git),
    *(by_script_of_stream, by_generated_script, by_other_git, by_link, by_moved_link),
    *(by_failed_write, by_package_beside_path, by_name_in_own_temporary_folder),
    by_tag_of_inner_repository,
)


@pytest.mark.quick("by_path", "by_link")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_it_is_noticed(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, case: Callable[[World], Change]
) -> None:
    world = World(copy_project(NAME), tmp_path / "beside")
    renew, undo = case(world)

    def build() -> dict[str, Any]:
        return wheel(lbuild, world.project, env=dict(world.env))

    require_noticed(build, renew, undo)
