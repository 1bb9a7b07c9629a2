"""A process that is forked is as a new one, as far as lbuild or what it runs could tell."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import lbuild_frontend
import lbuild_keys
from support import fork_server
from support.command import Lbuild, Result, shows_own_traceback
from support.fork_server import PYTHON, ForkServer

# All that a process starts with; what it has imported is another matter.
TELL = """
import gc, json, locale, os, random, resource, signal, sys, tempfile, threading, time

def told(stream):
    return [stream.encoding, stream.errors, stream.line_buffering, stream.isatty()]

print(json.dumps({
    "arguments": sys.argv,
    "collection": [gc.isenabled(), gc.get_threshold()],
    "descriptors": [name for name in os.listdir("/dev/fd") if os.path.exists(f"/dev/fd/{name}")],
    "encodings": [locale.getlocale(), sys.getfilesystemencoding()],
    "executable": sys.executable,
    "environment": dict(os.environ),
    "flags": list(sys.flags),
    "folders": [os.getcwd(), tempfile.tempdir, tempfile.gettempdir()],
    "group": os.getpgrp(),
    "input": sys.stdin.read(),
    "limits": {
        name: resource.getrlimit(getattr(resource, name))
        for name in dir(resource)
        if name.startswith("RLIMIT_")
    },
    "mask": os.umask(0),
    "path": sys.path,
    "signals": [str(signal.getsignal(number)) for number in sorted(signal.valid_signals())],
    "streams": [told(stream) for stream in (sys.stdin, sys.stdout, sys.stderr)],
    "threads": threading.active_count(),
    "zone": [time.tzname, time.localtime(0)[:5]],
}))
print(ascii(os.environb.get(b"ODD")), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    with fork_server.started() as one:
        yield one


def both(server: ForkServer, folder: Path, code: str, **env: str) -> list[Result]:
    """What a script comes to in a new process, and in one that is forked."""
    script = folder / "script.py"
    script.write_text(code, "utf-8")
    command = [*PYTHON, str(script), "one", "tw\udcff"]
    environ = {**os.environ, **env}
    assert server.stands_for(command, environ)
    return [
        Lbuild(folder, folder, servers=servers).run(command, cwd=folder, env=environ)
        for servers in (None, iter([server]))
    ]


def test_it_is_as_a_new_process(server: ForkServer, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    zone = {"TZ": "Asia/Kathmandu", "TMPDIR": str(tmp_path / "temporary"), "ODD": "\udcff"}
    new, forked = both(server, tmp_path, TELL, **zone)
    assert (forked.returncode, new.returncode) == (0, 0), new.stderr + forked.stderr
    assert forked.json == new.json
    assert forked == new
    assert new.json["zone"][1] == [1970, 1, 1, 5, 30]
    assert new.json["folders"] == [str(tmp_path), None, str(tmp_path / "temporary")]


@pytest.mark.parametrize(
    "code",
    [
        "",
        "import sys; sys.exit(3)",
        "import sys; sys.exit('said')",
        "import os; os._exit(4)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import atexit; atexit.register(print, 'at the end'); print('before')",
        "import sys; sys.stdout.write('no line end')",
        "print('caf\\xe9\\r')",
        "import os; os.close(1); print('lost')",
    ],
)
def test_it_ends_as_a_new_process(server: ForkServer, tmp_path: Path, code: str) -> None:
    new, forked = both(server, tmp_path, code)
    assert forked.returncode == new.returncode
    assert forked.stdout == new.stdout
    assert bool(forked.stderr) == bool(new.stderr)


def test_an_error_is_shown(server: ForkServer, tmp_path: Path) -> None:
    new, forked = both(server, tmp_path, "raise ValueError('wrong')")
    assert (new.returncode, forked.returncode) == (1, 1)
    assert forked.stderr.splitlines()[-1] == new.stderr.splitlines()[-1] == "ValueError: wrong"


def test_what_children_do_reaches_neither_the_server_nor_the_next(
    server: ForkServer, tmp_path: Path
) -> None:
    change = """
import os, sys, lbuild_keys
os.environ["LEFT"] = "1"; os.chdir("/"); sys.path.append("left"); lbuild_keys.left = True
"""
    both(server, tmp_path, change)
    look = "import os, sys, lbuild_keys; print('LEFT' in os.environ, os.getcwd(), sys.path,"
    new, forked = both(server, tmp_path, f"{look} hasattr(lbuild_keys, 'left'))")
    assert forked == new


@pytest.mark.parametrize("value", ["", "1"])
def test_bytecode_is_written_unless_a_variable_says_no(
    server: ForkServer, tmp_path: Path, value: str
) -> None:
    code = (
        "import os, sys; sys.path.insert(0, ''); import one; print(os.path.exists('__pycache__'))"
    )
    (tmp_path / "one.py").touch()
    for result in both(server, tmp_path, code, PYTHONDONTWRITEBYTECODE=value):
        assert result.stdout == f"{not value}\n"
        shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)


def test_each_server_has_another_seed(server: ForkServer, tmp_path: Path) -> None:
    """So the order of sets differs between commands, as it does between new processes."""
    (tmp_path / "script.py").write_text("print(hash('one'))", "utf-8")
    command = [*PYTHON, str(tmp_path / "script.py")]
    with fork_server.started() as other:
        told = [
            one.run(command, cwd=tmp_path, env=os.environ, timeout=60).stdout
            for one in (server, other)
        ]
    assert told[0] != told[1]


@pytest.mark.parametrize(
    "name", ["PYTHONUTF8", "PYTHONPATH", "LC_ALL", "LANG", "FORCE_COLOR", "TERMINAL_WIDTH"]
)
def test_it_does_not_stand_for_a_process_that_would_start_otherwise(
    server: ForkServer, name: str
) -> None:
    command = [*PYTHON, "script.py"]
    assert server.stands_for(command, os.environ)
    assert not server.stands_for(command, {**os.environ, name: "another"})
    assert not server.stands_for([PYTHON[0], "script.py"], os.environ)


def test_a_command_that_takes_too_long(tmp_path: Path) -> None:
    """It ends with the server."""
    script = tmp_path / "script.py"
    script.write_text("import time; time.sleep(600)", "utf-8")
    with fork_server.started() as one, pytest.raises(TimeoutError):
        one.run([*PYTHON, str(script)], cwd=tmp_path, env=os.environ, timeout=0.2)


def test_all_modules_are_imported_before_the_fork(server: ForkServer, tmp_path: Path) -> None:
    forked = both(server, tmp_path, "import sys\nprint(*sorted(sys.modules))")[1]
    own = {name for name in forked.stdout.split() if name.startswith("lbuild_")}
    tops = [Path(folder) for one in (lbuild_frontend, lbuild_keys) for folder in one.__path__]
    modules = {
        ".".join(path.relative_to(top.parent).with_suffix("").parts).removesuffix(".__init__")
        for top in tops
        for path in top.rglob("*.py")
    }
    assert own == modules


@pytest.mark.parametrize("path", ["replay.py", "wing/module.py", "wing/deeper/module.py"])
def test_a_traceback_of_lbuild_is_recognised_in_any_folder(path: str) -> None:
    frame = f'Traceback (most recent call last):\n  File "/x/lbuild_frontend/{path}", line 3'
    assert shows_own_traceback(frame)
    assert not shows_own_traceback(frame.replace("lbuild_frontend", "backend"))
