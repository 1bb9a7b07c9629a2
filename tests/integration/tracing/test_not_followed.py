"""Where programs cannot be followed: the whole tree counts, and lbuild says why."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lbuild_frontend.linux import numbers
from support import checked_json, without_calls
from support.command import Lbuild
from support.edits import OLD, pack_state, states_in_wheel
from support.followed import supervise
from support.minimal_project import NAME
from support.projects import CopyProject

ARCHITECTURE = numbers.architecture()
NUMBERS = {} if ARCHITECTURE is None else ARCHITECTURE.numbers
SECCOMP = 0 if ARCHITECTURE is None else ARCHITECTURE.seccomp
READ, TRACE = NUMBERS.get("process_vm_readv", 0), NUMBERS.get("ptrace", 0)

pytestmark = [
    pytest.mark.skipif(ARCHITECTURE is None, reason="programs are followed on Linux"),
    pytest.mark.shared_environments,
]

STATE = f"""
    def state():
        import subprocess, sys
        {{before}}
        return subprocess.check_output(["sh", "-c", "echo {OLD}"])
"""
UNUSED = "README.md"


def refusing(error: int, *refused: int) -> list[str]:
    """The beginning of a command to which system calls are refused."""
    words = [str(error), ",".join(map(str, refused))]
    return [sys.executable, without_calls.__file__, *words]


@pytest.fixture
def project(copy_project: CopyProject) -> Path:
    project = copy_project(NAME)
    (project / UNUSED).write_text("first", "utf-8")
    pack_state(project, STATE.format(before=""))
    return project


def run(
    lbuild: Lbuild, prefix: list[str], *words: str | Path
) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [*prefix, *lbuild.command(*words)],
        cwd=lbuild.home,
        env=lbuild.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    return done


def built(lbuild: Lbuild, prefix: list[str], project: Path) -> tuple[dict[str, Any], list[str]]:
    """Build; return what lbuild reports, and the lines of ``-v`` about what was not traced."""
    done = run(lbuild, prefix, "wheel", "-v", "--json", project)
    [told] = checked_json.read(["wheel"], done.stdout)
    assert told["action"] == "built"
    assert states_in_wheel(told) == {OLD}
    return told, [line for line in done.stderr.splitlines() if "could not be traced" in line]


def reasons_after_an_edit(lbuild: Lbuild, prefix: list[str], project: Path) -> dict[str, str]:
    """Edit a file that the build does not use; return the reasons to build again."""
    (project / UNUSED).write_text("second", "utf-8")
    told_text = run(lbuild, prefix, "status", "--json", project).stdout
    [told] = checked_json.read(["status"], told_text)
    return {one["kind"]: one.get("name") or one.get("path") for one in told["reasons"]}


def check_fallback(lbuild: Lbuild, prefix: list[str], project: Path, why: str) -> None:
    _told, lines = built(lbuild, prefix, project)
    (line,) = lines
    assert why in line
    assert line.endswith(", so the whole tree counts")
    reasons = reasons_after_an_edit(lbuild, prefix, project)
    assert reasons["file-changed"] == UNUSED
    assert why in reasons["untraced"]
    shown = run(lbuild, prefix, "status", project)
    assert why in " ".join(shown.stdout.split())


def check_followed(lbuild: Lbuild, prefix: list[str], project: Path) -> None:
    _told, lines = built(lbuild, prefix, project)
    assert lines == []
    assert reasons_after_an_edit(lbuild, prefix, project) == {}


@pytest.mark.parametrize("error", [errno.EPERM, errno.ENOSYS, errno.EINVAL])
@pytest.mark.quick(str(errno.EPERM))
def test_seccomp_is_refused(lbuild: Lbuild, project: Path, error: int) -> None:
    why = f"programs could not be followed: seccomp: {os.strerror(error)}"
    check_fallback(lbuild, refusing(error, SECCOMP), project, why)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("error", "refused"),
    [(errno.EPERM, [READ, TRACE]), (errno.ENOSYS, [READ]), (errno.EPERM, [TRACE])],
)
def test_the_memory_of_programs_is_read_in_another_way(
    lbuild: Lbuild, project: Path, error: int, refused: list[int]
) -> None:
    check_followed(lbuild, refusing(error, *refused), project)


@pytest.mark.exhaustive
def test_another_supervisor_is_there(lbuild: Lbuild, project: Path, tmp_path: Path) -> None:
    prefix = supervise(tmp_path / "outer", [])
    why = "programs could not be followed: seccomp: Device or resource busy"
    check_fallback(lbuild, prefix, project, why)


@pytest.mark.exhaustive
def test_the_python_of_the_project_has_no_ctypes(lbuild: Lbuild, project: Path) -> None:
    pack_state(project, STATE.format(before="sys.modules['ctypes'] = None"))
    why = "programs could not be followed: this Python has no module ctypes"
    check_fallback(lbuild, [], project, why)


@pytest.mark.exhaustive
@pytest.mark.parametrize("opened", ["", "; pair = socket.socketpair(); more = socket.socketpair()"])
def test_the_hook_closes_all_descriptors(lbuild: Lbuild, project: Path, opened: str) -> None:
    before = f"import os, socket; os.closerange(3, 6){opened}"
    pack_state(project, STATE.format(before=before))
    why = "programs could not be followed: the hook closed the connection to lbuild"
    check_fallback(lbuild, [], project, why)


@pytest.mark.exhaustive
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
def test_in_a_namespace_of_users(lbuild: Lbuild, project: Path) -> None:
    if subprocess.run(["unshare", "-r", "true"], check=False).returncode:
        pytest.skip("no namespaces here")
    check_followed(lbuild, ["unshare", "-r"], project)


KILL = """
    import os, signal, time
    with open(f"/proc/{os.getppid()}/stat") as file:
        above = int(file.read().rpartition(")")[2].split()[1])
    with open(f"/proc/{above}/cmdline") as file:
        guarded = "process_tracing.guardian" in file.read()
    if guarded:
        os.kill(above, signal.SIGKILL)
        time.sleep(60)
"""


@pytest.mark.exhaustive
def test_the_guardian_was_killed(lbuild: Lbuild, project: Path) -> None:
    kill = KILL.strip().replace("\n", "\n    ")
    pack_state(project, STATE.format(before=kill))
    _told, (line,) = built(lbuild, [], project)
    assert "programs could not be followed: the process that follows them was killed" in line
