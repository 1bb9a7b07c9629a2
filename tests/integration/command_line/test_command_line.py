"""What the command line promises: streams, exit codes, JSON, and what each option does."""

import hashlib
import json
import os
import re
import subprocess
import venv
from pathlib import Path

import pytest

from lbuild_frontend.cache.sealed import seal, unseal
from support.command import COMMAND, TRACED_AND_TREE, Lbuild
from support.folder_content import Node, content, inventory
from support.minimal_project import (
    CORE,
    NAME,
    WHEEL,
    configure,
    core_in_wheel,
    log_builds,
    status,
    wheel,
    when_building,
)
from support.projects import CopyProject, replace, sha256, wheel_content

EARLIER = 1_700_000_000 * 10**9
"""A time stamp of long ago, in nanoseconds."""


def asked(wheel: str) -> dict[str, object]:
    """What the backend was asked for, which the wheel of the minimal project holds."""
    [data] = [
        member.data
        for name, member in wheel_content(Path(wheel)).items()
        if name.endswith("asked.json")
    ]
    return dict(json.loads(data))


def test_standard_output_holds_only_the_paths(lbuild: Lbuild, copy_project: CopyProject) -> None:
    projects = [copy_project(NAME, folder=folder) for folder in ("one", "two")]
    replace(projects[1] / CORE, "42", "43")
    for project in projects:
        when_building(project, "print('a word on stdout')\nprint('another', file=sys.stderr)")
    paths = "".join(f"{project / 'dist' / WHEEL}\n" for project in projects)

    built = lbuild("wheel", *projects)
    assert built.stdout == paths
    assert [line.split(": built in ")[0] for line in built.stderr.splitlines()] == [
        "demo 0.1.0",
        "demo 0.1.0",
    ]
    reused = lbuild("wheel", *projects)
    assert reused.stdout == paths
    assert reused.stderr.count("demo 0.1.0: reused, nothing changed since ") == 2

    loud = lbuild("wheel", "-v", "--refresh", "--json", *projects)
    assert [one["wheel"] for one in loud.json] == paths.splitlines()
    assert loud.stderr.count("a word on stdout\n") == loud.stderr.count("another\n") == 2
    quiet = lbuild("wheel", "-q", "--refresh", projects[0])
    assert (quiet.stdout, quiet.stderr) == (paths.splitlines(keepends=True)[0], "")


def test_one_failure_among_several_projects(lbuild: Lbuild, copy_project: CopyProject) -> None:
    good, failing, wrong, last = (
        copy_project(NAME, folder=folder) for folder in ("good", "failing", "wrong", "last")
    )
    when_building(failing, "raise RuntimeError('no wheel today')")
    configure(wrong, "[tool.lbuild]\ninputs = 1")
    paths = f"{good / 'dist' / WHEEL}\n{last / 'dist' / WHEEL}\n"

    assert lbuild("wheel", good, failing, last, returncode=1).stdout == paths
    result = lbuild("wheel", good, failing, wrong, last, returncode=2)
    assert result.stdout == paths
    assert "no wheel today" in result.stderr
    assert f"{wrong / 'pyproject.toml'}: tool.lbuild.inputs" in result.stderr
    as_json = lbuild("wheel", "--json", good, wrong, last, returncode=2).json
    assert [one["project"] for one in as_json] == [str(good), str(wrong), str(last)]
    assert ["error" in one for one in as_json] == [False, True, False]


@pytest.mark.exhaustive
def test_pip_installs_what_lbuild_prints(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    venv.create(lbuild.home / "env", with_pip=True)
    python = lbuild.home / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    lbuild_wheel = " ".join([*COMMAND, "wheel", "."])
    script = f'"{python}" -m pip install "$({lbuild_wheel})"'
    subprocess.run(["sh", "-c", script], check=True, cwd=project, env=lbuild.environment)
    shown = subprocess.run(
        [python, "-c", "import demo.core; print(demo.core.ANSWER)"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert shown.stdout == "42\n"


def test_exit_codes_of_wheel(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    assert lbuild("wheel", project, returncode=0).stdout
    for wrong in ("--inputs=declard", "--no-such-option"):
        usage = lbuild("wheel", wrong, project, returncode=2)
        assert usage.stdout == ""
        assert wrong.partition("=")[0] in usage.stderr
    when_building(project, "raise RuntimeError('no wheel today')")
    failed = lbuild("wheel", project, returncode=1)
    assert failed.stdout == ""
    assert "no wheel today" in failed.stderr
    configure(project, "[tool.lbuild]\ninputs = 1")
    assert lbuild("wheel", project, returncode=2).stdout == ""


def test_exit_codes_of_status(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    lbuild("status", project, returncode=0)
    lbuild("status", "--exit-code", project, returncode=1)
    lbuild("wheel", project)
    lbuild("status", "--exit-code", project, returncode=0)
    (project / "dist" / WHEEL).write_bytes(b"another wheel")
    lbuild("status", "--exit-code", project, returncode=1)
    lbuild("wheel", project)
    (project / CORE).write_text("ANSWER = 43\n")
    lbuild("status", "--exit-code", project, returncode=1)
    configure(project, "[tool.lbuild]\ninputs = 1")
    lbuild("status", "--exit-code", project, returncode=2)
    lbuild("status", project, returncode=2)


def test_a_quiet_status_answers_by_its_exit_code(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    due = lbuild("status", "-q", project, returncode=1)
    lbuild("wheel", project)
    up_to_date = lbuild("status", "--quiet", project, returncode=0)
    assert (due.stdout, due.stderr, up_to_date.stdout, up_to_date.stderr) == ("", "", "", "")
    (project / CORE).write_text("ANSWER = 43\n")
    assert lbuild("status", "-q", "--json", project, returncode=0).json[0]["verdict"] == "rebuild"
    configure(project, "[tool.lbuild]\ninputs = 1")
    assert lbuild("status", "-q", project, returncode=2).stderr.startswith("error: ")


def test_status_knows_why_the_last_build_was(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """Also when the terminal that it was printed on is long gone."""
    project = copy_project(NAME)
    lbuild("wheel", project)
    (project / CORE).write_text("ANSWER = 43\n", "utf-8")
    lbuild("wheel", "-q", project)
    first, *_ = lbuild("status", "-v", project).stdout.splitlines()
    assert re.fullmatch(rf"demo 0.1.0: up to date; last built \d\d:\d\d: {CORE} changed", first)
    because = [row["because"] for row in lbuild("cache", "list", "--json").json]
    assert sorted(because) == [["first build here."], [f"{CORE} changed."]]
    assert "last built" not in lbuild("status", project).stdout


def test_an_entry_of_an_older_lbuild_does_not_know_why(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project(NAME)
    lbuild("wheel", project)
    [path] = (lbuild.cache / "entries-v1/demo/build_wheel").iterdir()
    fields = unseal(path.read_bytes())
    del fields["because"]
    path.write_bytes(seal(fields))
    told = lbuild("status", "-v", project).stdout
    assert told.startswith("demo 0.1.0: up to date\n")
    assert "last built" not in told
    assert status(lbuild, project)["last_build"]["because"] == []


def test_status_of_another_out_dir(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project, out = copy_project(NAME), tmp_path / "wheels"
    lbuild("wheel", "-o", out, project)
    assert lbuild("status", "--out-dir", out, project).stdout == "demo 0.1.0: up to date\n"
    assert status(lbuild, "-o", "wheels", project, cwd=tmp_path)["wheel"] == str(out / WHEEL)
    assert "to deliver the wheel" in lbuild("status", project).stdout
    (out / WHEEL).write_bytes(b"another wheel")
    lbuild("status", "-q", "-o", out, project, returncode=1)


def test_the_json_of_wheel(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    [built] = lbuild("wheel", "--json", project).json
    fields = [
        "project",
        "name",
        "version",
        "hook",
        "action",
        "wheel",
        "unchanged",
        "sha256",
        "same_as_earlier",
        "key",
        "reasons",
        "nearest",
        "seconds",
        "built_at",
        "cache",
        "warnings",
    ]
    assert list(built) == fields
    assert {name: built[name] for name in fields[:6]} == {
        "project": str(project),
        "name": "demo",
        "version": "0.1.0",
        "hook": "build_wheel",
        "action": "built",
        "wheel": str(project / "dist" / WHEEL),
    }
    assert built["sha256"] == sha256(project / "dist" / WHEEL)
    assert re.fullmatch("[0-9a-f]{64}", built["key"])
    assert [reason["kind"] for reason in built["reasons"]] == ["first-build"]
    assert built["seconds"] > 0

    [reused] = lbuild("wheel", "--json", project).json
    seconds = reused.pop("seconds")
    assert 0 < seconds < 60
    assert reused == {
        **{name: built[name] for name in fields if name != "seconds"},
        "action": "reused",
        "unchanged": True,
        "reasons": [],
    }


def test_the_json_of_status(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    [first] = lbuild("status", "--json", project).json
    assert list(first) == [
        "project",
        "name",
        "version",
        "verdict",
        "key",
        "wheel",
        "outdated",
        "out_dir",
        "reasons",
        "nearest",
        "inputs",
        "cache",
        "last_build",
    ]
    assert first["last_build"] is None
    assert (first["verdict"], first["wheel"]) == ("rebuild", None)
    assert [reason["kind"] for reason in first["reasons"]] == ["first-build"]

    built = wheel(lbuild, project)
    [told] = lbuild("status", "--json", project).json
    assert told == {
        **first,
        "version": "0.1.0",
        "last_build": {"built_at": built["built_at"], "because": ["first build here."]},
        "project": str(project),
        "name": "demo",
        "verdict": "reuse",
        "key": built["key"],
        "wheel": built["wheel"],
        "reasons": [],
        "inputs": told["inputs"],
    }
    # Before the build, nobody knew what the hook would use.
    # Two modules; src and src/demo, and where each of two hooks looked for modules: backend.
    used = {"file": 2, "listing": 4}
    for kind, count in used.items():
        assert told["inputs"][kind] == first["inputs"].get(kind, 0) + count
    assert told["inputs"]["backend"] == 1

    [tree] = lbuild("status", "--json", "--inputs", "tree", project).json
    # pyproject.toml, notes.txt, two modules; src, src/demo, backend; the backend's module.
    assert tree["inputs"]["file"] >= 4
    assert tree["inputs"]["directory"] == 3
    assert tree["inputs"]["backend"] == 1


@pytest.mark.quick(every=2)
@pytest.mark.parametrize(
    ("inputs", "added", "changed"),
    [
        ("traced", "in src/demo, listed by build_wheel", "read by build_wheel"),
        ("tree", "--inputs tree", "--inputs tree"),
    ],
)
def test_what_status_tells_people(
    lbuild: Lbuild, copy_project: CopyProject, inputs: str, added: str, changed: str
) -> None:
    project = copy_project(NAME, tag="v1")
    extra = 'extra-inputs = [{ env = "TOKEN" }]'
    configure(project, f'[tool.lbuild]\ninputs = "{inputs}"\n{extra}')
    lbuild("wheel", project)
    assert lbuild("status", cwd=project).stdout == "demo 0.1.0: up to date\n"

    replace(project / CORE, "42", "43")
    (project / "src" / "demo" / "extra.py").touch()
    result = lbuild("status", cwd=project, env={"TOKEN": "1"})
    assert result.stderr == ""
    first, *lines = result.stdout.splitlines()
    digests = f"{shortened('ANSWER = 42')} -> {shortened('ANSWER = 43')}"
    assert first == "demo 0.1.0: a rebuild is due"
    assert {re.sub(r"  +", " | ", line) for line in lines} == {
        " | env | TOKEN | tool.lbuild.extra-inputs[0] | unset -> set",
        f" | added | src/demo/extra.py | {added}",
        f" | changed | {CORE} | {changed} | {digests}",
    }


def shortened(line: str) -> str:
    """The first eight digits of the digest of a file that holds one line."""
    return hashlib.sha256(f"{line}\n".encode()).hexdigest()[:8]


def entries_and_all(cache: Path) -> dict[str, Node]:
    """The content of the cache, except the command lines that are known."""
    return {
        path: node
        for path, node in inventory(cache).items()
        if path.partition("/")[0] not in (".", "replays-v1")
    }


def test_status_calls_no_hook_and_writes_nothing(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME, tag="v1")
    log = log_builds(project)
    before = inventory(project)
    for output in ("-v", "--inputs=declared"):
        lbuild("status", output, project)
    assert not lbuild.cache.exists()
    assert inventory(project) == before

    lbuild("wheel", project)
    state = entries_and_all(lbuild.cache), inventory(project)
    lbuild("status", project)
    assert (entries_and_all(lbuild.cache), inventory(project)) == state
    replace(project / CORE, "42", "43")
    (project / "dist" / WHEEL).unlink()
    [record] = lbuild.cache.glob("entries-*/*/build_wheel/*.json")
    state = entries_and_all(lbuild.cache), inventory(project)
    for output in ("--json", "--inputs=declared"):
        lbuild("status", output, project)
    assert (entries_and_all(lbuild.cache), inventory(project)) == state
    record.write_bytes(b"damaged")
    state = entries_and_all(lbuild.cache), inventory(project)
    lbuild("status", project)
    assert (entries_and_all(lbuild.cache), inventory(project)) == state
    assert log.lines == ["built"]


def test_out_dir(lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path) -> None:
    project = copy_project(NAME)
    log = log_builds(project)
    elsewhere, here = tmp_path / "wheels" / "of today", tmp_path / "here"
    assert lbuild("wheel", "-o", elsewhere, project).stdout == f"{elsewhere / WHEEL}\n"
    assert not (project / "dist").exists()
    # A relative one is relative to where lbuild runs; the path printed is absolute.
    here.mkdir()
    assert (
        lbuild("wheel", "-o", "../out", project, cwd=here).stdout == f"{tmp_path / 'out' / WHEEL}\n"
    )
    assert lbuild("wheel", "-o", ".", project, cwd=here).stdout == f"{here / WHEEL}\n"
    assert lbuild("wheel", "..", cwd=project / "src").stdout == f"{project / 'dist' / WHEEL}\n"
    assert len({sha256(path) for path in tmp_path.rglob(WHEEL)}) == 1
    assert len(list(tmp_path.rglob(WHEEL))) == 4
    assert log.lines == ["built"]


def test_two_wheels_of_one_name(lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path) -> None:
    """Two states of a project: what was told of the first holds when the second is there."""
    one, other = (copy_project(NAME, folder=folder) for folder in ("one", "other"))
    out = tmp_path / "out"
    # What is the same may be told twice, but not of one project.
    line = f"{out / WHEEL}\n"
    assert lbuild("wheel", "-o", out, one, other).stdout == line * 2
    assert lbuild("wheel", "--refresh", "-o", out, one, one).stdout == line
    (other / CORE).write_text("ANSWER = 43\n")
    for _ in range(2):
        done = lbuild("wheel", "--json", "-o", out, one, other, returncode=2)
        told, refused = done.json
        assert (told["project"], refused["project"]) == (str(one), str(other))
        assert refused["error"]["kind"] == "request"
        assert told["sha256"] == sha256(out / WHEEL)
        assert f"this command has already written the wheel of {one} there" in done.stderr
        assert core_in_wheel(out / WHEEL) == "ANSWER = 42\n"
    assert core_in_wheel(wheel(lbuild, "-o", out, other)["wheel"]) == "ANSWER = 43\n"


@pytest.mark.quick(".-traced", "out-tree", "dist-traced")
@TRACED_AND_TREE
@pytest.mark.parametrize("folder", [".", "out", "dist"])
def test_a_wheel_delivered_into_the_project_is_no_input(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, folder: str
) -> None:
    project = copy_project(NAME)
    for action in ("built", "reused"):
        told = wheel(lbuild, "-o", folder, cwd=project)
        assert (told["action"], told["wheel"]) == (action, str(project / folder / WHEEL))
    assert status(lbuild, project)["reasons"] == []
    assert wheel(lbuild, "-o", tmp_path / "elsewhere", project)["reasons"] == []


@pytest.mark.quick("tree")
@TRACED_AND_TREE
def test_what_else_is_in_the_out_dir_is_an_input(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    for answer in ("42", "43"):
        (project / CORE).write_text(f"ANSWER = {answer}\n")
        told = wheel(lbuild, "-o", project / "src" / "demo", project)
        assert core_in_wheel(told["wheel"]) == f"ANSWER = {answer}\n"


def test_config_settings(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    plain = wheel(lbuild, project)
    assert asked(plain["wheel"])["config_settings"] in (None, {})
    options = (
        "-C",
        "flag",
        "-C",
        "one=1",
        "--config-setting",
        "many=a=b",
        "-C",
        "many=",
        "-Cmany=c",
    )
    told = wheel(lbuild, *options, project)
    assert asked(told["wheel"])["config_settings"] == {
        "flag": "",
        "one": "1",
        "many": ["a=b", "", "c"],
    }
    assert wheel(lbuild, *options, project)["action"] == "reused"
    swapped = (*options[4:6], *options[:4], *options[6:])
    assert wheel(lbuild, *swapped, project)["action"] == "reused"
    assert wheel(lbuild, *options[:-1], "-Cmany=d", project)["action"] == "built"
    again = wheel(lbuild, project)
    assert (again["action"], again["sha256"]) == ("reused", plain["sha256"])


def test_which_cache_folder(lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path) -> None:
    project = copy_project(NAME)
    named, elsewhere = tmp_path / "named", {"LBUILD_CACHE_DIR": None}
    default = Path(lbuild("cache", "dir", env=elsewhere).stdout.rstrip("\n"))
    assert default.is_relative_to(lbuild.home) or default.is_relative_to(tmp_path.parent)
    assert lbuild("cache", "dir").stdout == f"{lbuild.cache}\n"
    assert lbuild("cache", "dir", "--cache-dir", named).stdout == f"{named}\n"

    lbuild("wheel", project)
    assert (
        (lbuild.cache / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172789")
    )
    assert wheel(lbuild, "--cache-dir", named, project)["action"] == "built"
    assert wheel(lbuild, project, env={"LBUILD_CACHE_DIR": str(named)})["action"] == "reused"
    configure(project, '[tool.lbuild]\ncache-dir = ".cache/lbuild"')
    assert wheel(lbuild, project, env=elsewhere)["action"] == "built"
    assert (project / ".cache" / "lbuild" / "CACHEDIR.TAG").exists()
    assert wheel(lbuild, project, env=elsewhere)["action"] == "reused"
    assert wheel(lbuild, project)["action"] == "built"  # The variable comes before the setting.


def test_the_cache_is_private(lbuild: Lbuild, copy_project: CopyProject) -> None:
    lbuild("wheel", copy_project(NAME))
    open_to_others = [
        str(path)
        for path in (lbuild.cache, *lbuild.cache.rglob("*"))
        if path.stat().st_mode & 0o077
    ]
    # Where nobody else may enter, the permissions of the content do not matter.
    assert str(lbuild.cache) not in open_to_others, open_to_others


@pytest.mark.exhaustive
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_streams_that_cannot_be_written(
    lbuild: Lbuild, copy_project: CopyProject, stream: str
) -> None:
    """As on a full disk: an answer that is lost is an error, what goes on is not."""
    project = copy_project(NAME)
    runs = [["wheel", project], ["wheel", "--json", "--refresh", project], ["status", project]]
    runs += [["cache", "info"], ["cache", "list", "--json"], *[["wheel", project]] * 3]
    for words in runs:
        with Path("/dev/full").open("wb") as full:
            streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: full}
            done = subprocess.run(
                lbuild.command(*words),
                check=False,
                cwd=lbuild.home,
                env=lbuild.environment,
                **streams,
            )
        if stream == "stdout":
            last = b"error: cannot write to standard output (No space left on device).\n"
            assert (done.returncode, b"Traceback" in done.stderr) == (2, False), words
            assert done.stderr.endswith(last)
        else:
            assert done.returncode == 0, words
            assert done.stdout
    assert core_in_wheel(project / "dist" / WHEEL) == "ANSWER = 42\n"


def test_a_cache_whose_name_is_not_utf_8(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """Some versions of venv can make no environment there."""
    project = copy_project(NAME)
    env = {"LBUILD_CACHE_DIR": os.fsdecode(os.fsencode(lbuild.cache) + b"\xff")}
    result = lbuild("wheel", project, env=env, returncode=None)
    if result.returncode != 0:
        assert result.returncode == 2
        assert "its name is not UTF-8. Choose another cache with --cache-dir" in result.stderr


@pytest.mark.quick("<&- >&- 2>&-")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed(lbuild: Lbuild, copy_project: CopyProject, closed: str) -> None:
    """What would be written there is lost, and in no file that is opened meanwhile."""
    project = copy_project(NAME)
    for words in (["wheel", project], ["wheel", project], ["cache", "info"], ["cache", "verify"]):
        command = ["sh", "-c", f'exec "$@" {closed}', "sh", *lbuild.command(*words)]
        done = subprocess.run(command, capture_output=True, check=False, env=lbuild.environment)
        assert done.returncode == 0, done
        assert b"Traceback" not in done.stderr
    assert core_in_wheel(project / "dist" / WHEEL) == "ANSWER = 42\n"


@pytest.mark.parametrize("place", ["a file", "/proc/nowhere"])
def test_a_default_cache_that_cannot_be_used_costs_the_reuse_only(
    lbuild: Lbuild, copy_project: CopyProject, place: str
) -> None:
    """In ``/proc`` root cannot make a folder, though it may write there (Linux)."""
    project = copy_project(NAME)
    blocked = lbuild.home / place
    if place == "a file":
        blocked.touch()
    variables = {
        "LBUILD_CACHE_DIR": None,
        "XDG_CACHE_HOME": str(blocked),
        "LOCALAPPDATA": str(blocked),
        "HOME": str(blocked),
    }
    for _ in range(2):
        result = lbuild("wheel", project, env=variables)
        assert result.stdout == f"{project / 'dist' / WHEEL}\n"
        assert result.stderr.count("warning: ") == 1
        assert str(blocked) in result.stderr
        assert "built in " in result.stderr


def stamp_with_the_time(project: Path) -> None:
    """Let the backend write the time of the build into the wheel."""
    replace(
        project / "backend" / "backend.py",
        "zipfile.ZipInfo(name)",
        "zipfile.ZipInfo(name, time.gmtime(time.time() * 1000 % 2**30 + 2**29)[:6])",
    )
    replace(project / "backend" / "backend.py", "import sys\n", "import sys\nimport time\n")


def test_the_same_wheel_again_is_left_alone(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """A build that changes nothing but the time stamps in the wheel gives the same wheel."""
    project = copy_project(NAME)
    log = log_builds(project)
    when_building(project, "open('notes.txt').close()")
    # Time passes a thousand times faster, so that no two builds begin in one tick of the clock.
    stamp_with_the_time(project)
    first = wheel(lbuild, project)
    delivered = project / "dist" / WHEEL
    os.utime(delivered, ns=(EARLIER, EARLIER))
    before = inventory(project / "dist")

    (project / "notes.txt").write_text("Read, but the wheel does not hold this either.\n")
    result = lbuild("wheel", project)
    assert "built in " in result.stderr
    assert "the wheel is the same as before" in result.stderr
    assert inventory(project / "dist") == before
    assert log.lines == ["built"] * 2
    assert wheel(lbuild, project)["sha256"] == first["sha256"]

    replace(project / CORE, "42", "43")
    result = lbuild("wheel", project)
    assert "the same as before" not in result.stderr
    assert core_in_wheel(delivered) == "ANSWER = 43\n"
    assert delivered.stat().st_mtime_ns != EARLIER


def test_what_changes_in_the_out_dir_is_not_said_to_be_the_same(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    """The build equals an earlier one, of this folder and then of another, but ``dist`` changes."""
    one, two = (copy_project(NAME, folder=folder) for folder in ("one", "two"))
    for project in (one, two):
        when_building(project, "open('notes.txt').close()")
    wheel(lbuild, one)
    replace(one / CORE, "42", "43")
    wheel(lbuild, one)
    replace(one / CORE, "43", "42")
    (one / "notes.txt").write_text("Read, but the wheel does not hold this.\n")
    result = lbuild("wheel", one)
    assert result.stderr.rstrip().endswith("; identical to an earlier build")
    assert core_in_wheel(one / "dist" / WHEEL) == "ANSWER = 42\n"

    (two / "dist").mkdir()
    (two / "dist" / WHEEL).write_bytes(b"something else")
    (two / "notes.txt").write_text("Another one.\n")
    told = wheel(lbuild, two)
    assert (told["action"], told["unchanged"], told["same_as_earlier"]) == ("built", False, True)
    (two / "notes.txt").write_text("A third one.\n")
    told = wheel(lbuild, two)
    assert (told["action"], told["unchanged"], told["same_as_earlier"]) == ("built", True, True)


@pytest.mark.exhaustive
def test_of_equal_results_the_delivered_one_is_kept(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    """Two clones have wheels that differ in time stamps; each keeps its own."""
    one, two = (copy_project(NAME, folder=folder) for folder in ("one", "two"))
    for project in (one, two):
        when_building(project, "open('notes.txt').close()")
        stamp_with_the_time(project)
    first = wheel(lbuild, one)
    second = wheel(lbuild, "--refresh", two)
    assert first["sha256"] != second["sha256"]
    (one / "notes.txt").write_text("Read, but the wheel does not hold this.\n")
    told = wheel(lbuild, one)
    assert (told["action"], told["unchanged"], told["sha256"]) == ("built", True, first["sha256"])


def test_what_is_delivered_is_put_right(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    log = log_builds(project)
    told = wheel(lbuild, project)
    delivered = project / "dist" / WHEEL

    os.utime(delivered, ns=(EARLIER, EARLIER))
    before = inventory(project / "dist")
    assert wheel(lbuild, project)["action"] == "reused"
    assert inventory(project / "dist") == before

    delivered.unlink()
    (project / "dist").rmdir()
    assert wheel(lbuild, project)["action"] == "reused"
    assert sha256(delivered) == told["sha256"]
    for damage in (b"", b"damaged", delivered.read_bytes()[:-1] + b"!"):
        delivered.write_bytes(damage)
        assert "nothing to build, but" in lbuild("status", project).stdout
        assert wheel(lbuild, project)["action"] == "reused"
        assert sha256(delivered) == told["sha256"]
    assert content(project / "dist").keys() == {".", WHEEL}
    assert log.lines == ["built"]
