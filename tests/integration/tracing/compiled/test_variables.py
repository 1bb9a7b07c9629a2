"""Variables that programs obey: no tracer sees ``getenv``."""

import os
import shutil
import sys
import textwrap
from pathlib import Path

import pytest

from support.built_by_programs import (
    NEEDS_A_COMPILER,
    ProjectWithPrograms,
    project_with_programs,
    require_noticed,
)
from support.command import Lbuild

pytestmark = [pytest.mark.shared_environments, NEEDS_A_COMPILER]


def require_answer_counts(project: ProjectWithPrograms, *, only_if_set: bool = False) -> None:
    """Fail unless it is noticed that ANSWER has another value, or none."""

    def put_back() -> None:
        project.env["ANSWER"] = "42"

    edits = [(lambda: project.env.update(ANSWER="43"), put_back)]
    edits.append((lambda: project.env.pop("ANSWER"), put_back))
    require_noticed(project, *edits[only_if_set:])


SCRIPTS = {
    "value": "echo $ANSWER",
    "braces": 'echo "${ANSWER:-none}"',
    "arithmetic": "echo $((ANSWER + 1))",
    "eval": "name=ANSWER; eval echo \\$$name",
    "env": "env | grep ^ANSWER= || echo none",
    "printenv": "printenv ANSWER || echo none",
    "set": "set | grep ^ANSWER= || echo none",
    "export": "export | grep ANSWER= || echo none",
    "awk": "awk 'BEGIN { print ENVIRON[\"ANSWER\"] }'",
    "python": "python3 -c 'import os; print(os.environ.get(\"ANSWER\"))'",
    "read from a file": "echo 'echo $ANSWER' > $out/x; sh $out/x",
    "generated": "printf 'echo $%s\\n' ANSWER > $out/x; sh $out/x",
    "piped": "printf 'echo $%s\\n' ANSWER | sh",
    "sourced": "printf 'echo $%s\\n' ANSWER > $out/x; . $out/x",
    "here document": "sh <<END\necho \\$ANSWER\nEND",
    "split": "sh -c 'echo $ANS'WER",
    "two words": "a='echo $ANS' b=WER; sh -c \"$a$b\"",
    "unset": "echo ${ANSWER:+set $ANSWER}",
    "exported by name": "x=ANSWER; export $x; sh -c 'echo $ANSWER'",
    "comment": "echo ${\\\nANSWER}",
}
OF_BASH = {
    "indirect": "name=ANSWER; echo ${!name}",
    "prefix": "echo ${!ANS*} $ANSWER",
    "is it set": "[[ -v ANSWER ]]; echo $?",
    "is it set, by test": "test -v ANSWER; echo $?",
    "comparison": "[[ ANSWER -eq 42 ]] && echo equal",
    "double parentheses": "((ANSWER == 42)) && echo equal",
    "let": "let x=ANSWER+1; echo $x",
    "index": "list=({0..50}); echo ${list[ANSWER]}",
    "offset": "text=abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz; echo ${text:ANSWER:1}",
    "reference": "declare -n x=ANSWER; echo $x",
    "loop": "for ((i = ANSWER; i < 45; i++)); do echo $i; done",
    "integer": "declare -i x; x=ANSWER; echo $x",
    "transformed": "echo ${ANSWER@Q}",
    "a function's": "f() { local -n r=$1; echo $r; }; f ANSWER",
    "printed": "declare -p ANSWER || echo none",
}


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.endurance
def test_a_shell_script(lbuild: Lbuild, tmp_path: Path, name: str) -> None:
    _require_script_noticed(lbuild, tmp_path, "sh", SCRIPTS[name])


@pytest.mark.endurance
@pytest.mark.parametrize("name", OF_BASH)
def test_a_script_of_bash(lbuild: Lbuild, tmp_path: Path, name: str) -> None:
    if not shutil.which("bash"):
        pytest.skip("no bash")
    _require_script_noticed(lbuild, tmp_path, "bash", OF_BASH[name])


def _require_script_noticed(lbuild: Lbuild, tmp_path: Path, shell: str, line: str) -> None:
    text = f"out=$1\n{line}\ntrue\n"  # nothing but the shell itself is to run
    project = project_with_programs(
        lbuild,
        tmp_path,
        ["sh", "-c", f"{shell} tools/make.sh <out> > <out>/made"],
        files={},
        env={"ANSWER": "42"},
    )
    (project.folder / "tools").mkdir()
    (project.folder / "tools/make.sh").write_text(text)
    require_answer_counts(project, only_if_set="-v" in line)


HOOKS = {
    "on standard input": 'subprocess.run(["sh"], input=b"echo $ANS" + b"WER", **how)',
    "in a file that is gone": """
        script = out + ".sh"
        open(script, "w").write("echo $ANS" + "WER")
        subprocess.run(["sh", script], **how)
        os.unlink(script)
        """,
    "on the command line": 'subprocess.run(["sh", "-c", "echo $ANS" + "WER"], **how)',
    "by a pipe": """
        reading, writing = os.pipe()
        os.write(writing, b"echo $ANS" + b"WER")
        os.close(writing)
        subprocess.run(["sh", f"/dev/fd/{reading}"], pass_fds=[reading], **how)
        """,
    "by os.system": 'os.system("echo $ANS" + "WER >" + out)',
}


@pytest.mark.parametrize("way", HOOKS)
@pytest.mark.quick("on standard input")
@pytest.mark.endurance
def test_a_script_that_a_hook_makes(lbuild: Lbuild, tmp_path: Path, way: str) -> None:
    code = f"how = dict(stdout=open(out, 'w'), check=True)\n{textwrap.dedent(HOOKS[way])}"
    project = project_with_programs(lbuild, tmp_path, files={}, code=code, env={"ANSWER": "42"})
    require_answer_counts(project)


@pytest.mark.parametrize("program", ["gcc", "as", "make-it"])
@pytest.mark.endurance
def test_a_script_with_the_name_of_a_compiler(lbuild: Lbuild, tmp_path: Path, program: str) -> None:
    project = project_with_programs(
        lbuild,
        tmp_path,
        [f"tools/{program}", "-c", "native/n.c", "-o", "<out>/made"],
        files={
            f"tools/{program}": '#!/bin/sh\nexec gcc -DANSWER=${ANSWER:-0} "$@"\n',
            "native/n.c": "int answer = ANSWER;\n",
        },
        env={"ANSWER": "42"},
    )
    (project.folder / "tools" / program).chmod(0o755)
    require_answer_counts(project)


@pytest.mark.exhaustive
def test_a_variable_that_no_program_reads(lbuild: Lbuild, tmp_path: Path) -> None:
    project = project_with_programs(
        lbuild,
        tmp_path,
        ["gcc", "-c", "native/n.c", "-o", "<out>/made"],
        files={"native/n.c": "int answer = 42;\n"},
        env={"ANSWER": "42"},
    )
    first = project.build()
    project.env.update(ANSWER="43", CI="true", MAKEFLAGS="-j2", UV="x", NOX_CURRENT_SESSION="y")
    told = project.build()
    assert (told.action, told.sha256) == ("reused", first.sha256), told.reasons


@pytest.mark.parametrize("by", ["sh", "hook", "make", "env", "gcc"])
@pytest.mark.quick("sh")
@pytest.mark.endurance
def test_a_folder_that_comes_into_path(lbuild: Lbuild, tmp_path: Path, by: str) -> None:
    """No program looked there before."""
    folder = tmp_path / "outside"
    commands = {
        "sh": ["sh", "-c", "answer > <out>/made"],
        "hook": ["answer", "<out>/made"],
        "make": ["make", "-s", "OUT=<out>/made"],
        "env": ["env", "answer", "<out>/made"],
        "gcc": ["gcc", "-wrapper", "answer,<out>/made", "-c", "native/n.c", "-o", "/dev/null"],
    }
    files = {
        f"{folder}/{where}/answer": f'#!/bin/sh\nif [ "$1" ]; then exec > "$1"; fi\necho {number}\n'
        for where, number in (("first", 43), ("second", 42))
    }
    project = project_with_programs(
        lbuild,
        tmp_path,
        commands[by],
        files={**files, "Makefile": "all:\n\tanswer $(OUT)\n", "native/n.c": ""},
    )
    for where in ("first", "second"):
        (folder / where / "answer").chmod(0o755)
    path = os.environ["PATH"]
    before, after = f"{folder}/second:{path}", f"{folder}/first:{folder}/second:{path}"
    project.env["PATH"] = before
    require_noticed(
        project,
        (lambda: project.env.update(PATH=after), lambda: project.env.update(PATH=before)),
    )


@pytest.mark.exhaustive
def test_another_home_folder(lbuild: Lbuild, tmp_path: Path) -> None:
    one, other = tmp_path / "homes/one", tmp_path / "homes/other"
    project = project_with_programs(
        lbuild,
        tmp_path,
        ["sh", "-c", "cat ~/.answer > <out>/made"],
        files={f"{one}/.answer": "42\n", f"{other}/.answer": "43\n"},
        env={"HOME": str(one)},
    )
    require_noticed(
        project,
        (lambda: project.env.update(HOME=str(other)), lambda: project.env.update(HOME=str(one))),
    )


CMAKE = {
    "ENV": ('set(ANSWER "$ENV{ANSWER}")', {}),
    "DEFINED": ('if(DEFINED ENV{ANSWER})\nset(ANSWER "$ENV{ANSWER}x")\nendif()', {}),
    "computed": ('set(NAME ANSWER)\nset(ANSWER "$ENV{${NAME}}")', {}),
    "included": ("include(more.cmake)", {"more.cmake": 'set(ANSWER "$ENV{ANSWER}")'}),
    "evaluated": (
        """string(CONCAT CODE "set(ANSWER \\"$" "ENV" "{ANSWER}\\")")
        cmake_language(EVAL CODE "${CODE}")
        """,
        {},
    ),
    "a program": (
        'execute_process(COMMAND sh -c "echo $ANSWER" OUTPUT_VARIABLE ANSWER)',
        {},
    ),
    "its own -E": (
        """execute_process(COMMAND ${CMAKE_COMMAND} -E environment OUTPUT_VARIABLE ALL)
        string(REGEX MATCH "ANSWER=[0-9]*" ANSWER "${ALL}")
        """,
        {},
    ),
}


@pytest.mark.endurance
@pytest.mark.parametrize("way", CMAKE)
def test_cmake(lbuild: Lbuild, tmp_path: Path, way: str) -> None:
    if not shutil.which("cmake"):
        pytest.skip("no CMake")
    text, files = CMAKE[way]
    project = project_with_programs(
        lbuild,
        tmp_path,
        ["cmake", "-DOUT=<out>", "-P", "make.cmake"],
        files={"make.cmake": f'{text}\nfile(WRITE "${{OUT}}/made" "${{ANSWER}} made")', **files},
        env={"ANSWER": "42"},
    )
    require_answer_counts(project)


@pytest.mark.endurance
def test_a_python_of_the_project_is_asked_by_cmake(lbuild: Lbuild, tmp_path: Path) -> None:
    """Not a question about Python, but a program that is called so."""
    if not shutil.which("cmake"):
        pytest.skip("no CMake")
    project = project_with_programs(
        lbuild,
        tmp_path,
        ["cmake", "-DOUT=<out>", "-P", "make.cmake"],
        files={
            "make.cmake": 'execute_process(COMMAND tools/python3 -c "print(1)" OUTPUT_FILE '
            '"${OUT}/made")',
            "tools/python3": "#!/bin/sh\necho $ANSWER\n",
            "tools/sitecustomize.py": "",
        },
        env={"ANSWER": "42"},
    )
    (project.folder / "tools/python3").chmod(0o755)
    require_answer_counts(project)


@pytest.mark.endurance
@pytest.mark.parametrize(
    "code",
    [
        "import tool",
        "from tool import answer; print(answer)",
        "import importlib; print(importlib.import_module('tool').answer)",
        "import posix; print(posix.__dict__['env' + 'iron'][b'ANSWER'])",
    ],
)
def test_a_question_about_python_that_runs_a_module(
    lbuild: Lbuild, tmp_path: Path, code: str
) -> None:
    if not shutil.which("cmake"):
        pytest.skip("no CMake")
    project = project_with_programs(
        lbuild,
        tmp_path,
        ["cmake", "-DOUT=<out>", "-P", "make.cmake"],
        files={
            "make.cmake": f'execute_process(COMMAND {sys.executable} -c "{code}" OUTPUT_FILE '
            '"${OUT}/made")',
            "tool.py": "import os\nanswer = os.environ.get('ANSWER', '')\nprint('x' + answer)\n",
        },
        env={"ANSWER": "42"},
    )
    require_noticed(
        project,
        (lambda: project.env.update(ANSWER="43"), lambda: project.env.update(ANSWER="42")),
    )
