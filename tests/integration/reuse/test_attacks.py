"""Ways in which a hook hid what it used, found by attack: none of them gives an old wheel."""

import pytest

from support.command import Lbuild
from support.edits import NEW, OLD, edit, pack_state, states_in_wheel, write_files
from support.minimal_project import NAME, wheel
from support.projects import CopyProject, git

pytestmark = pytest.mark.shared_environments

HIDING: dict[str, tuple[str, str]] = {
    "a folder made where one was": (
        "gen/more.txt",
        """\
        def state():
            os.makedirs("gen", exist_ok=True)
            return b"".join(sorted(Path("gen", name).read_bytes() for name in os.listdir("gen")))
        """,
    ),
    "a default that is written if nothing is there": (
        "gen/version.txt",
        f"""\
        def state():
            os.makedirs("gen", exist_ok=True)
            if not os.path.exists("gen/version.txt"):
                Path("gen/version.txt").write_text("{OLD}")
            return Path("gen/version.txt").read_bytes()
        """,
    ),
    "made exclusively, unless it is there": (
        "version.txt",
        f"""\
        def state():
            try:
                with open("version.txt", "x") as file:
                    file.write("{OLD}")
            except FileExistsError:
                pass
            return Path("version.txt").read_bytes()
        """,
    ),
    "a link made, unless it is there": (
        "../outside.txt",
        """\
        def state():
            try:
                os.symlink("../outside.txt", "link.txt")
            except FileExistsError:
                pass
            return Path("link.txt").read_bytes()
        """,
    ),
    "a link to a folder, made for a moment": (
        "../outside/file.txt",
        """\
        def state():
            os.symlink("../outside", "linked")
            text = Path("linked/file.txt").read_bytes()
            os.unlink("linked")
            return text
        """,
    ),
    "a rename that fails if it is not there": (
        "state.txt",
        """\
        def state():
            try:
                os.rename("none.txt", "state.txt")
            except FileNotFoundError:
                pass
            return Path("state.txt").read_bytes()
        """,
    ),
    "in a folder that it has open": (
        "gen/state.txt",
        """\
        def state():
            folder = os.open("gen", os.O_RDONLY)
            name = os.listdir(f"/dev/fd/{folder}")[0]
            return Path(f"/dev/fd/{folder}/{name}").read_bytes()
        """,
    ),
    "in the folder that the kernel tells": (
        "gen/state.txt",
        """\
        def state():
            here = "/proc/self/cwd" if os.path.exists("/proc/self/cwd") else "."
            return Path(here, "gen/state.txt").read_bytes()
        """,
    ),
    "touched by the hook": (
        "state.txt",
        """\
        def state():
            Path("state.txt").touch()
            return Path("state.txt").read_bytes()
        """,
    ),
}


@pytest.mark.quick(every=2)
@pytest.mark.parametrize("how", HIDING)
def test_what_a_hook_hides_counts(lbuild: Lbuild, copy_project: CopyProject, how: str) -> None:
    name, code = HIDING[how]
    project = copy_project(NAME)
    write_files(project, {name: OLD})
    pack_state(project, code)
    for _ in range(2):
        assert OLD in states_in_wheel(wheel(lbuild, project))
    assert wheel(lbuild, project)["action"] == "reused"
    edit(project / name, OLD, NEW)
    assert NEW in states_in_wheel(wheel(lbuild, project))


def test_a_file_beside_what_the_hook_makes_counts(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    """The folder was not there when the wheel was first built."""
    project = copy_project(NAME)
    pack_state(
        project,
        f"""\
        def state():
            os.makedirs("gen", exist_ok=True)
            Path("gen/made.txt").write_text("{OLD}")
            return b"".join(sorted(Path("gen", name).read_bytes() for name in os.listdir("gen")))
        """,
    )
    assert states_in_wheel(wheel(lbuild, project)) == {OLD}
    assert wheel(lbuild, project)["action"] == "reused"
    write_files(project, {"gen/more.txt": NEW})
    assert states_in_wheel(wheel(lbuild, project)) == {OLD, NEW}
    (project / "gen" / "more.txt").unlink()
    assert wheel(lbuild, project)["action"] == "reused"


OTHER_REPOSITORY: dict[str, str] = {
    "by a variable": """\
        def state():
            command = ["git", "show", "-s", "--format=%s"]
            environ = {**os.environ, "GIT_DIR": "vendor/.git"}
            import subprocess
            return subprocess.run(command, env=environ, capture_output=True).stdout
        """,
    "past git": """\
        def state():
            return Path("vendor/.git/message").read_bytes()
        """,
}


@pytest.mark.quick(every=2)
@pytest.mark.parametrize("how", OTHER_REPOSITORY)
def test_another_repository_counts(lbuild: Lbuild, copy_project: CopyProject, how: str) -> None:
    project = copy_project(NAME, tag="v1.0")
    vendor = project / "vendor"
    vendor.mkdir()
    git(vendor, "init", "--quiet", "--initial-branch=main")

    def commit(message: str) -> None:
        write_files(vendor, {"vendored.txt": message, ".git/message": message})
        git(vendor, "add", "vendored.txt")
        git(vendor, "commit", "--quiet", "--message", message)

    pack_state(project, OTHER_REPOSITORY[how])
    commit(OLD)
    assert OLD in states_in_wheel(wheel(lbuild, project))
    commit(NEW)
    assert NEW in states_in_wheel(wheel(lbuild, project))


BY_ITSELF: dict[str, str] = {
    "readline": """\
        def state():
            import readline
            readline.read_history_file("notes.txt")
            return readline.get_history_item(readline.get_current_history_length()).encode()
        """,
    "_xxsubinterpreters": """\
        def state():
            import _xxsubinterpreters
            there, here = os.pipe()
            code = f"import os; os.write({here}, open('notes.txt', 'rb').readline())"
            _xxsubinterpreters.run_string(_xxsubinterpreters.create(), code)
            return os.read(there, 100)
        """,
    "tkinter": """\
        def state():
            import tkinter
            return tkinter.Tcl().eval("read [open notes.txt]").encode()
        """,
}


@pytest.mark.quick(every=2)
@pytest.mark.parametrize("module", BY_ITSELF)
def test_what_the_standard_library_opens_unseen_counts(
    lbuild: Lbuild, copy_project: CopyProject, module: str
) -> None:
    pytest.importorskip(module)
    project = copy_project(NAME)
    write_files(project, {"notes.txt": f"{OLD}\n{OLD}\n"})
    pack_state(project, BY_ITSELF[module])
    assert states_in_wheel(wheel(lbuild, project)) == {OLD}
    write_files(project, {"notes.txt": f"{NEW}\n{NEW}\n"})
    assert states_in_wheel(wheel(lbuild, project)) == {NEW}
