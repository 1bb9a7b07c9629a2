"""Ctrl-C while a call is at work: all that the call has started ends, and nothing else does."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from client.conftest import MakeProject
from lbuild_frontend import api
from support.minimal_project import log_builds, make_gate, wait_for, when_building
from support.running import is_running

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

CALLER = """
import os, signal, subprocess, sys, threading, time
from pathlib import Path
from lbuild_frontend import api

def leave(*_):
    sys.exit(1)

handler = {handler}
signal.signal(signal.SIGINT, handler)
arrived, *projects = map(Path, sys.argv[1:])
others = [subprocess.Popen(["sleep", "60"])]

def interrupt():
    while not arrived.exists():
        time.sleep(0.01)
    others.append(subprocess.Popen(["sleep", "60"]))  # begun during the call
    others.append(subprocess.Popen(["sleep", "60"], start_new_session=True))
    os.kill(os.getpid(), signal.SIGINT)

thread = threading.Thread(target=interrupt)
thread.start()
try:
    {call}
except (KeyboardInterrupt, SystemExit) as error:
    told = [type(error).__name__]
else:
    told = ["it was not interrupted"]
thread.join()
told += [str(other.poll()) for other in others]
told.append(str(signal.getsignal(signal.SIGINT) is handler))
print(*told, flush=True)
for other in others:
    other.kill()
    other.wait()
"""

ONE = "api.build_wheel(projects[0])"
SEVERAL = "api.run(api.Command('wheel', tuple(map(str, projects)), scope=api.Scope(jobs=2)))"


@pytest.mark.quick("one")
@pytest.mark.parametrize(
    ("call", "handler", "raised"),
    [
        pytest.param(ONE, "signal.default_int_handler", "KeyboardInterrupt", id="one"),
        pytest.param(SEVERAL, "signal.default_int_handler", "KeyboardInterrupt", id="several"),
        pytest.param(ONE, "leave", "SystemExit", id="own handler"),
        pytest.param(SEVERAL, "leave", "SystemExit", id="own handler, several"),
    ],
)
def test_interrupted_in_a_hook(
    make_project: MakeProject, tmp_path: Path, call: str, handler: str, raised: str
) -> None:
    project, other = make_project("demo"), make_project("other")
    gate = make_gate(tmp_path)
    child = tmp_path / "child"
    starts = "import subprocess\nnumber = subprocess.Popen(['sleep', '60']).pid\n"
    tells = f"print(number, file=open({str(child)!r}, 'w'), flush=True)\n"
    when_building(project, starts + tells + gate.code)
    code = textwrap.dedent(CALLER).replace("{call}", call).replace("{handler}", handler)
    done = subprocess.run(
        [sys.executable, "-c", code, gate.arrived, project, other],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.stdout == f"{raised} None None None True\n", done.stderr
    assert done.stderr == ""
    for number in (gate.arrived.read_text(), child.read_text()):
        wait_for(lambda number=number: not is_running(int(number)), seconds=30)
    gate.open.touch()
    assert api.build_wheel(project).action == "built"


@pytest.mark.parametrize("at", [api.Progress, api.Changing])
def test_interrupted_in_the_callback(project: Path, at: type[api.Event]) -> None:
    builds = log_builds(project)

    def progress(event: api.Event) -> None:
        if isinstance(event, at):
            raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            api.build_wheel(project, progress=progress)
    assert builds.lines == []
    assert not (project / "dist").exists()
    assert api.build_wheel(project).action == "built"
