"""Ways by which a program gets at a file that its path does not show, or that a trace may miss.

What cannot be followed has to be noticed all the same: then the whole tree counts.
"""

import os
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.built_by_programs import (
    NEEDS_A_COMPILER,
    ProjectWithPrograms,
    editing,
    project_with_programs,
    require_noticed,
)
from support.command import Lbuild

pytestmark = [pytest.mark.shared_environments, NEEDS_A_COMPILER]

FOLLOWED = {
    "link": "ln -s $PWD/data/answer.txt $out/x; cat $out/x",
    "link to a folder": "ln -s $PWD/data $out/d; cat $out/d/answer.txt",
    "link to a link": "ln -s $PWD/data $out/d; ln -s $out/d/answer.txt $out/x; cat $out/x",
    "link in the tree": "ln -s answer.txt data/x; cat data/x; rm data/x",
    "link that is moved": "ln -s $PWD/data/answer.txt $out/x; mv $out/x $out/y; cat $out/y",
    "folder of the parent": "cat /proc/$$/cwd/data/answer.txt",
    "root of the process": "cat /proc/self/root$PWD/data/answer.txt",
    "descriptor of a folder": "cat /dev/fd/3/answer.txt 3< data",
    "standard input of another": "sh -c 'cat /proc/$PPID/fd/3' 3< data/answer.txt",
    "up through a link": "ln -s $PWD/data/more $out/m; cat $out/m/../answer.txt",
    "a folder of its own": "(cd data; cat answer.txt)",
    "a pipe in the tree": "mkfifo data/p; cat data/answer.txt > data/p & cat data/p; rm data/p",
    "many": "for i in 1 2 3 4 5 6; do cat data/answer.txt > $out/$i & done; wait; cat $out/*",
    "exec": "exec cat data/answer.txt",
    "large arguments": "sh -c 'cat data/answer.txt' $(seq 20000)",
    "long path": "p=.; for i in $(seq 300); do p=$p/data/..; done; cat $p/data/answer.txt",
}
"""Lines of shell that read data/answer.txt; ``$out`` is a temporary folder."""

DOUBTFUL = {
    "hard link": "ln data/answer.txt $out/x && cat $out/x",
    "hard link in the tree": "ln data/answer.txt data/x; cat data/x; rm data/x",
    "renamed": "mv data/answer.txt data/x; cat data/x; mv data/x data/answer.txt",
    "folder renamed": "mv data moved; cat moved/answer.txt; mv moved data",
    "exchanged": "mv data/answer.txt $out/x; cat $out/x; cp $out/x data/answer.txt",
    "replaced": "cp data/answer.txt data/new; mv data/new data/answer.txt; cat data/answer.txt",
    "edited": "echo more > $out/x; sed -i s/x/y/ data/answer.txt; cat data/answer.txt",
    "namespace": "unshare -r -m sh -c 'mount --bind data data/more; cat data/more/answer.txt'",
    "left behind": "setsid sleep 1 > /dev/null 2>&1 < /dev/null & cat data/answer.txt",
}
"""The same, where it may be that the whole tree has to count."""

DATA = {"data/answer.txt": "42\n", "data/more/more.txt": "more\n"}


def shell(line: str) -> list[str]:
    script = f"set -e; out=$(mktemp -d); {{ {line}; }} > <out>/made; status=$?; exit $status"
    if not line.startswith("exec"):
        script = f"set -e; out=$(mktemp -d); {{ {line}; }} > <out>/made; rm -r $out"
    return ["sh", "-c", script]


@pytest.mark.parametrize("way", FOLLOWED)
@pytest.mark.endurance
def test_a_way_that_can_be_followed(lbuild: Lbuild, tmp_path: Path, way: str) -> None:
    project = project_with_programs(lbuild, tmp_path, shell(FOLLOWED[way]), files=DATA)
    require_noticed(project, editing(project.folder / "data/answer.txt"))


@pytest.mark.endurance
@pytest.mark.parametrize("way", DOUBTFUL)
def test_a_way_that_need_not_be_followed(lbuild: Lbuild, tmp_path: Path, way: str) -> None:
    project = project_with_programs(lbuild, tmp_path, shell(DOUBTFUL[way]), files=DATA)
    require_never_stale(project)


def require_never_stale(project: ProjectWithPrograms) -> None:
    """Fail if a wheel is not that of a fresh build; it may be built without need."""
    answer = project.folder / "data/answer.txt"
    project.build()
    project.build()
    for content in ("43\n", "44\n", "42\n", "43\n"):
        answer.write_text(content)
        project.build()
        project.build()


@pytest.mark.endurance
def test_names_that_are_no_text(lbuild: Lbuild, tmp_path: Path) -> None:
    name = os.fsdecode(b"line\nend \xff\xfe'")
    project = project_with_programs(
        lbuild, tmp_path, ["sh", "-c", "cat data/* > <out>/made"], files={f"data/{name}": "42\n"}
    )
    require_noticed(project, editing(project.folder / "data" / name))


HOOKS = {
    "forked": """
        pid = os.fork()
        if not pid:
            subprocess.run(["cp", "data/answer.txt", out], check=True)
            os._exit(0)
        os.waitpid(pid, 0)
        """,
    "forked after a program": """
        subprocess.run(["true"])
        pid = os.fork()
        if not pid:
            subprocess.run(["cp", "data/answer.txt", out], check=True)
            os._exit(0)
        os.waitpid(pid, 0)
        """,
    "a thread that was there before": """
        import threading
        go = threading.Event()
        def work():
            go.wait()
            subprocess.run(["cp", "data/answer.txt", out], check=True)
        thread = threading.Thread(target=work)
        thread.start()
        subprocess.run(["true"])
        go.set()
        thread.join()
        """,
    "eight threads": """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(
                lambda i: subprocess.run(["cp", "data/answer.txt", f"{out}{i}"], check=True),
                range(24)))
        os.rename(f"{out}7", out)
        """,
    "pool of forks": """
        import multiprocessing
        with multiprocessing.get_context("fork").Pool(2) as pool:
            pool.map(subprocess.call, [["true"], ["cp", "data/answer.txt", out]])
        """,
    "pool of forks, after a program": """
        import multiprocessing
        subprocess.run(["true"])
        with multiprocessing.get_context("fork").Pool(2) as pool:
            pool.map(subprocess.call, [["true"], ["cp", "data/answer.txt", out]])
        """,
    "system": 'os.system(f"cp data/answer.txt {out}")',
    "posix_spawn": """
        pid = os.posix_spawnp("cp", ["cp", "data/answer.txt", out], os.environ)
        os.waitpid(pid, 0)
        """,
    "popen": 'open(out, "w").write(os.popen("cat data/answer.txt").read())',
    "exec of a fork": """
        pid = os.fork()
        if not pid:
            os.execvp("cp", ["cp", "data/answer.txt", out])
        os.waitpid(pid, 0)
        """,
    "in C": """
        import ctypes
        ctypes.CDLL(None).system(f"cp data/answer.txt {out}".encode())
        """,
    "fopen in C": """
        import ctypes
        libc = ctypes.CDLL(None)
        libc.fopen.restype = ctypes.c_void_p
        file = ctypes.c_void_p(libc.fopen(b"data/answer.txt", b"r"))
        buffer = ctypes.create_string_buffer(100)
        libc.fgets(buffer, 100, file)
        open(out, "wb").write(buffer.value)
        """,
    "another folder": """
        os.chdir("data")
        subprocess.run(["cp", "answer.txt", out], check=True)
        os.chdir("..")
        """,
    "cwd": 'subprocess.run(["cp", "answer.txt", out], cwd="data", check=True)',
    "descriptor": 'subprocess.run(["tee", out], stdin=open("data/answer.txt"), stdout=-3)',
    "no environment": 'subprocess.run(["/bin/cp", "data/answer.txt", out], env={}, check=True)',
    "python without lbuild": """
        code = "import shutil, sys; shutil.copyfile('data/answer.txt', sys.argv[1])"
        subprocess.run([sys.executable, "-ISE", "-c", code, out], check=True)
        """,
}
"""How a hook can start a program that reads data/answer.txt."""


@pytest.mark.parametrize("how", HOOKS)
@pytest.mark.endurance
def test_a_program_started_by_a_hook(lbuild: Lbuild, tmp_path: Path, how: str) -> None:
    project = project_with_programs(lbuild, tmp_path, files=DATA, code=HOOKS[how])
    require_noticed(project, editing(project.folder / "data/answer.txt"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Path]:
    """A server that reads the file that it is asked for."""
    place = tmp_path / "server"

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(Path(self.rfile.readline().decode().strip()).read_bytes())

    with socketserver.ThreadingUnixStreamServer(os.fspath(place), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield place
        server.shutdown()


CLIENT = """
import os, socket, sys
with socket.socket(socket.AF_UNIX) as client:
    client.connect(sys.argv[1])
    client.sendall(os.path.abspath("data/answer.txt").encode() + b"\\n")
    print(client.makefile().read())
"""


@pytest.mark.exhaustive
def test_a_server_reads_for_a_program(lbuild: Lbuild, tmp_path: Path, server: Path) -> None:
    """As a compiler's cache does, or a daemon of a build tool: the whole tree counts."""
    project = project_with_programs(
        lbuild,
        tmp_path,
        ["sh", "-c", f"python3 tools/client.py {server} > <out>/made"],
        files={**DATA, "tools/client.py": CLIENT},
    )
    answer = project.folder / "data/answer.txt"
    assert project.build().action == "built"
    assert project.build().action == "reused"
    for content in ("43\n", "44\n"):
        answer.write_text(content)
        assert project.build().action == "built"


@pytest.mark.exhaustive
def test_a_header_in_the_folder_for_temporary_files(lbuild: Lbuild, tmp_path: Path) -> None:
    """Somebody put it there; no build makes it."""
    folder = Path(os.environ["TMPDIR"])
    project = project_with_programs(
        lbuild,
        tmp_path,
        ["gcc", "-I", folder, "-I", folder / "more", "-c", "native/n.c", "-o", "<out>/made"],
        files={
            "native/n.c": '#include "here.h"\n#include "there.h"\nint answer = ANSWER;\n',
            f"{folder}/here.h": "#define OTHER 42\n",
            f"{folder}/more/there.h": "#define ANSWER 42\n",
        },
    )
    edits = [editing(folder / "more/there.h")]
    require_noticed(project, *edits)
    (folder / "here.h").write_text("#define ANSWER 44\n#define OTHER 42\n")
    project.build()
