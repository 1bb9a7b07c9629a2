"""What programs that are followed did with files: real folders, and traces written by hand."""

import os
from pathlib import Path
from typing import Any

import pytest

from lbuild_keys.model import Input
from lbuild_keys.tracing import usage
from lbuild_keys.tracing.accesses import Access
from lbuild_keys.tracing.input_names import HookLocation
from lbuild_keys.tracing.process_trace import ProcessTrace, Program, ProgramAccess
from lbuild_keys.tracing.trace import Spawned, Trace
from lbuild_keys.tracing.used import Usage

HOOK = "build_wheel"


class Place:
    """A project, and programs that a hook ran in it: 1 is gcc, 2 is make, 3 is git, 4 is Python."""

    def __init__(self, top: Path) -> None:
        self.root = Path(os.path.realpath(top)) / "demo"
        (self.root / "src").mkdir(parents=True)
        (self.root / "src" / "a.c").touch()
        (self.root / "src" / "a.h").touch()

    def used(
        self,
        *done: tuple[int, Access, str],
        absent: tuple[str, ...] = (),
        temporary: str = "",
        **more: Any,
    ) -> Usage:
        accesses = tuple(
            ProgramAccess(access, self.path(path), number, found=path not in absent)
            for number, access, path in done
        )
        folder = str(self.root)
        programs = {
            1: Program(1, 0, "/usr/bin/gcc", ("gcc",), folder),
            2: Program(2, 0, "/usr/bin/make", ("make",), folder),
            3: Program(3, 0, "/usr/bin/git", ("git", "describe"), folder),
            4: Program(4, 0, "/usr/bin/python3.11", ("python3", "build.py"), folder),
        }
        wanted = {number for number, *_ in done}
        trace = Trace(
            folders={},
            followed_from=more.pop("followed_from", 0),
            processes=ProcessTrace(
                {number: one for number, one in programs.items() if number in wanted},
                accesses,
                more.pop("missing", ()),
            ),
            spawned=more.pop("spawned", (Spawned(("gcc",), folder, "/usr/bin/gcc"),)),
            **more,
        )
        location = HookLocation(
            root=self.root,
            backend="tool",
            foreign=(),
            left_out=lambda _: False,
            programs="/usr/bin",
            temporary=temporary or os.path.realpath(self.root.parent / "tmp"),
        )
        return usage.usage_of(trace, HOOK, location)

    def path(self, name: str) -> str:
        return name if name.startswith("/") else f"{self.root}/{name}"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def on_disk(used: Usage) -> set[tuple[str, str]]:
    kinds = ("file", "path", "listing")
    return {(thing.kind, thing.name) for thing in used.inputs if thing.kind in kinds}


def test_what_a_program_reads_counts_and_nothing_else_does(place: Place) -> None:
    used = place.used((1, "read", "src/a.c"))
    assert (used.opaque, used.untraced, used.followed) == ((), (), ("build_wheel ran gcc",))
    assert on_disk(used) == {("file", "src/a.c")}
    assert used.inputs[Input("file", "src/a.c")].by == "read by gcc, run by build_wheel"


def test_a_gap_in_the_trace_makes_programs_opaque(place: Place) -> None:
    used = place.used((1, "read", "src/a.c"), missing=("a program called mount",))
    assert used.opaque == ("build_wheel ran gcc",)
    assert used.untraced == ("a program called mount",)
    assert used.inputs[Input("environment", "*")].by == "passed on by build_wheel"
    assert on_disk(used) == set()


def test_a_look_is_a_use_of_the_content_unless_it_is_by_a_compiler(place: Place) -> None:
    assert on_disk(place.used((1, "looked at", "src/a.h"))) == {("path", "src/a.h")}
    assert on_disk(place.used((2, "looked at", "src/a.h"))) == {("file", "src/a.h")}
    assert on_disk(place.used((2, "looked at", "src"))) == {("path", "src")}
    both = place.used((2, "looked at", "src/a.h"), (1, "read", "src/a.h"))
    assert both.inputs[Input("file", "src/a.h")].by == "read by gcc, run by build_wheel"


def test_a_header_that_is_looked_for_and_absent_counts(place: Place) -> None:
    used = place.used((1, "read", "include/deep/a.h"), absent=("include/deep/a.h",))
    # Nothing can be in there as long as the first of these folders is missing.
    assert on_disk(used) == {("path", "include")}
    used = place.used((1, "read", "src/b.h"), absent=("src/b.h",))
    assert on_disk(used) == {("path", "src/b.h")}


def test_what_programs_write_is_no_input(place: Place) -> None:
    (place.root / "out.o").touch()
    used = place.used(
        (1, "looked at", "build"),
        (1, "made", "build"),
        (1, "written", "out.o"),
        (2, "read", "out.o"),
        absent=("build", "out.o"),
    )
    assert ("file", "out.o") not in on_disk(used)
    assert {"out.o", "build"} <= used.written
    assert "out.o" in used.overwritten


def test_what_a_program_reads_before_it_is_written_is_an_input(place: Place) -> None:
    used = place.used((1, "read", "src/a.h"), (2, "written", "src/a.h"))
    assert ("file", "src/a.h") in on_disk(used)
    assert "src/a.h" not in used.overwritten


def test_the_names_in_the_folder_for_temporary_files_are_nothing(place: Place) -> None:
    temporary = place.root.resolve().parent / "tmp"
    temporary.mkdir()
    (temporary / "a.h").touch()
    assert on_disk(place.used((2, "listed", str(temporary)))) == set()
    found = place.used((2, "listed", str(temporary)), (2, "read", f"{temporary}/a.h"))
    assert ("file", "../tmp/a.h") in on_disk(found)


def test_temporary_files_of_programs_are_nothing(place: Place) -> None:
    folder = place.root.parent / "tmp"
    folder.mkdir()
    made = str(folder / "cc1.s")
    used = place.used(
        (1, "looked at", made), (1, "written", made), (2, "read", made), absent=(made,)
    )
    assert on_disk(used) == set()
    # What was there before is none of theirs.
    Path(made).touch()
    used = place.used((1, "read", made), (1, "written", made))
    assert any(name.endswith("/cc1.s") for _, name in on_disk(used))


def test_bytecode_counts_by_its_source(place: Place) -> None:
    bytecode = "src/__pycache__/a.cpython-311.pyc"
    (place.root / "src" / "a.py").touch()
    (place.root / bytecode).parent.mkdir()
    (place.root / bytecode).touch()
    done = ((4, "looked at", "src/a.py"), (4, "read", bytecode), (4, "made", "src/__pycache__"))
    used = place.used(*done, (4, "written", bytecode), (4, "written", f"{bytecode}.1234"))
    assert on_disk(used) == {("file", "src/a.py")}
    assert used.written == frozenset()
    assert ("file", bytecode) in on_disk(place.used((2, "read", bytecode)))


def test_what_git_looks_at_to_answer_a_question_of_the_hook_is_nothing(place: Place) -> None:
    spawned = (Spawned(("git", "describe"), str(place.root), None),)
    used = place.used((3, "read", "src/a.c"), spawned=spawned)
    assert on_disk(used) == set()
    assert any(thing.kind == "git-answer" for thing in used.inputs)
    assert used.followed == ()
    # A git that a program runs may ask anything.
    (place.root / ".git").mkdir()
    (place.root / ".git" / "HEAD").touch()
    used = place.used((3, "read", "src/a.c"), (3, "read", ".git/HEAD"))
    assert ("file", "src/a.c") in on_disk(used)
    assert Input("git-commit", ".") in used.inputs


def test_variables_of_programs(place: Place) -> None:
    names = {
        thing.name
        for thing in place.used((1, "read", "src/a.c")).inputs
        if thing.kind == "environment"
    }
    assert {"CPATH", "GCC_*", "LC_*"} <= names
    assert "*" not in names
    used = place.used((1, "read", "src/a.c"), (2, "read", "src/a.c"))
    assert used.inputs[Input("environment", "*")].by == "used by make, run by build_wheel"


def test_native_code_of_the_hook(place: Place) -> None:
    used = place.used((0, "read", "src/a.h"), libraries=("/x/site-packages/fast.so",), spawned=())
    assert used.followed == ("fast.so was loaded",)
    assert used.inputs[Input("file", "src/a.h")].by == "read by native code of build_wheel"


def test_another_path_may_lead_a_program_to_another_one(place: Place) -> None:
    used = place.used(
        *((2, "read", f"/usr/bin/{name}") for name in ("as", "no-such-tool-anywhere")),
        (2, "looked at", "/usr/bin/gcc"),
        (2, "read", "/usr/lib/x"),
        absent=("/usr/bin/no-such-tool-anywhere", "/usr/lib/x"),
    )
    names = {thing.name for thing in used.inputs if thing.kind == "executable"}
    assert {"as", "gcc", "no-such-tool-anywhere"} == names - {"/usr/bin/gcc"}


def test_git_of_the_project_is_a_program_as_others_are(place: Place) -> None:
    tool = place.root / "tools" / "git"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\ncat x\n", "utf-8")
    tool.chmod(0o755)
    spawned = (Spawned(("./tools/git", "describe"), str(place.root), None),)
    used = place.used((1, "read", "src/a.c"), spawned=spawned)
    assert not any(thing.kind == "git-answer" for thing in used.inputs)
    assert used.followed == ("build_wheel ran git",)


def test_what_is_added_to_a_temporary_file_leaves_what_was_there(place: Place) -> None:
    folder = place.root.parent / "tmp"
    folder.mkdir()
    (folder / "log").touch()
    used = place.used((1, "added to", str(folder / "log")), (2, "read", str(folder / "log")))
    assert any(name.endswith("/log") for _, name in on_disk(used))


def test_what_is_looked_for_in_a_folder_that_the_build_makes(place: Place) -> None:
    steps: tuple[tuple[int, Access, str], ...] = ((2, "made", "gen"), (1, "read", "gen/a.h"))
    used = place.used(*steps, absent=("gen/a.h", "gen"))
    assert ("path", "gen") in on_disk(used)  # it was removed again
    (place.root / "gen").mkdir()
    used = place.used(*steps, absent=("gen/a.h", "gen"))
    assert ("path", "gen/a.h") in on_disk(used)


def test_what_is_absent_in_folders_of_tools_counts_for_programs(place: Place) -> None:
    (place.root / "node_modules" / "m").mkdir(parents=True)
    name = "node_modules/m/package.json"
    assert on_disk(place.used((2, "read", name), absent=(name,))) == {("path", name)}


def test_temporary_files_in_the_project_are_as_others(place: Place) -> None:
    used = place.used(
        *((2, "looked at", "gen"), (2, "written", "gen"), (2, "read", "gen")),
        absent=("gen",),
        temporary=str(place.root),
    )
    assert ("path", "gen") in on_disk(used)
    assert "gen" in used.written


def test_path_of_a_command_that_did_not_run_again(place: Place) -> None:
    used = place.used(
        accesses=(("looked at", "/usr/bin/as"), ("read", str(place.root / "src/a.c"))),
        reused=(Spawned(("gcc", "-c", "a.c"), str(place.root), None),),
        spawned=(),
    )
    assert Input("executable", "as") in used.inputs
