"""Commands in a process that runs more than one of them."""

import json
import subprocess
import sys

from support.command import Lbuild
from support.projects import CopyProject

THRICE = """
import json, os, signal, sys

hooks = []
add = sys.addaudithook
sys.addaudithook = lambda hook: (hooks.append(hook), add(hook))

def state():
    functions = [getattr(os, name) for name in ("lstat", "open", "stat", "readlink", "access")]
    supporting = [len(os.supports_dir_fd), len(os.supports_follow_symlinks)]
    types = [type(vars(os.environ)["_data"]).__name__, type(vars(os.environb)["_data"]).__name__]
    return [repr(functions), supporting, types, signal.getsignal(signal.SIGTERM).name]

from lbuild_frontend.commands import cache, projects
from lbuild_frontend.model.request import CacheRequest, Command, CommandLine

before, after, codes = state(), [], []
for verb in ("wheel", "wheel", "status"):
    line = CommandLine(Command(verb, (sys.argv[1],)), level=0, as_json=False)
    codes.append(projects.run(line))
    after.append(state())
codes.append(cache.show_dir(CacheRequest(cache_dir=None, level=0, as_json=False)))
after.append(state())
print(json.dumps([before, after, codes, len(hooks)]), file=sys.stderr)
"""


def test_nothing_of_a_command_stays_in_the_process(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project("hatchling")
    done = subprocess.run(
        [sys.executable, "-P", "-c", THRICE, str(project)],
        check=True,
        cwd=lbuild.home,
        env=lbuild.environment,
        capture_output=True,
        text=True,
    )
    *told, last = done.stderr.splitlines()
    before, after, codes, hooks = json.loads(last)
    assert codes == [0, 0, 0, 0]
    assert ["built" in told[0], "reused" in told[1]] == [True, True], told
    assert "up to date" in done.stdout
    assert after == [before] * 4
    assert hooks == 1, "audit hooks cannot be removed"
    [wheel] = (project / "dist").glob("*.whl")
    assert done.stdout.splitlines()[:2] == [str(wheel)] * 2


def test_a_later_command_of_a_process_is_recorded_as_the_first(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    """Of each, what was looked at: with the recorder of an earlier one, nothing would be kept."""
    project = copy_project("hatchling")
    lbuild("wheel", project)
    code = (
        "import sys; from lbuild_frontend.commands import projects;"
        "from lbuild_frontend.cli import app; sys.argv = ['lbuild', 'status', sys.argv[1]];"
        "[app.app(prog_name='lbuild', standalone_mode=False) for _ in range(2)]"
    )
    subprocess.run(
        [sys.executable, "-P", "-c", code, str(project)],
        check=True,
        cwd=lbuild.home,
        env=lbuild.environment,
        capture_output=True,
    )
    records = list((lbuild.cache / "replays-v1").iterdir())
    assert len(records) == 2  # that of wheel, and one of both
