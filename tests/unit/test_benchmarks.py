"""The benchmarks: what is computed of the values, what the page says, and that commands are run.

How long anything takes is nothing that a test can know.
"""

import cProfile
import dataclasses
import pstats
import re
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.__main__ import GROUPS, PAGES, PICTURES, RESULTS, main
from benchmarks.bars import BARS, judge
from benchmarks.contestants import BARE_PYTHON, LBUILD, LBUILD_STATUS, UV_SYNC
from benchmarks.growth import exponent, growths
from benchmarks.measure import CommandFailed, Contestant, Group, measure, rounds_of
from benchmarks.plot import PALETTES, draw
from benchmarks.profiling import by_part, calls_by_name, imports_by_package, records_by_kind
from benchmarks.projects import c_extension, edit, hatchling_tree, hatchling_workspace
from benchmarks.report import (
    BEGIN,
    END,
    between_markers,
    markdown,
    measured_on,
    pages,
    slower,
    subject_of,
)
from benchmarks.results import GroupResult, Measured, Quantity, Results, load, save
from benchmarks.workshop import CHECKOUT
from benchmarks.workspace_groups import LBUILD_WORKSPACE, ONE_AT_ONCE, STAT_CALLS, TWO_AT_ONCE
from hypothesis import given
from hypothesis import strategies as st

from lbuild_keys.model import key_of

PROCESSOR = {"python": (0.1,), "lbuild": (0.1, 0.3), "status": (0.1,)}


def group_result(
    name: str = "hit", quantity: Quantity = "seconds", **values: tuple[float, ...]
) -> GroupResult:
    named = {"python": BARE_PYTHON, "lbuild": LBUILD, "status": LBUILD_STATUS}
    return GroupResult(
        name=name,
        title=f"The group {name}",
        baseline=BARE_PYTHON,
        quantity=quantity,
        measured=tuple(
            Measured(
                name=named[key],
                values=each,
                processor=() if quantity == "bytes" else PROCESSOR[key],
            )
            for key, each in values.items()
        ),
    )


def results(*groups: GroupResult) -> Results:
    versions = {"CPython": "3.11.7", "lbuild": "0.1.0"}
    return Results(
        date="2026-01-31", machine="Plan9 vax, 1 cores", versions=versions, groups=groups
    )


def contestant(code: str, name: str = "c", **more: object) -> Contestant:
    command = (sys.executable, "-c", code)
    return Contestant(name=name, command=command, environment={}, **more)  # type: ignore[arg-type]


def group_of(*contestants: Contestant, quantity: Quantity = "seconds", divisor: int = 1) -> Group:
    return Group(
        name="g",
        title="G",
        baseline=contestants[0].name,
        contestants=contestants,
        quantity=quantity,
        divisor=divisor,
    )


def silent(_text: str) -> None:
    """Progress that nobody watches."""


def test_a_ratio_is_that_of_medians() -> None:
    group = group_result(python=(0.010, 0.011, 0.9), lbuild=(0.022, 5.0, 0.021), status=(0.033,))
    assert group.ratio(LBUILD) == pytest.approx(2.0)
    assert group.ratio(LBUILD_STATUS, LBUILD) == pytest.approx(1.5)
    with pytest.raises(KeyError):
        group.ratio("make")


@given(st.lists(st.floats(1e-4, 1e3), min_size=1))
def test_the_median_lies_between_the_quartiles(values: list[float]) -> None:
    measured = Measured(name="m", values=tuple(values))
    lower, upper = measured.quartiles
    assert min(values) <= lower <= upper <= max(values)
    assert lower <= measured.median <= upper


@pytest.mark.parametrize(
    ("rounds", "divisor", "count"), [(21, 1, 21), (21, 4, 5), (21, 7, 3), (2, 7, 2), (1, 1, 1)]
)
def test_slow_groups_get_fewer_rounds(rounds: int, divisor: int, count: int) -> None:
    assert rounds_of(group_of(contestant("pass"), divisor=divisor), rounds) == count


def test_what_was_measured_is_held_against_the_bars() -> None:
    within = group_result("status", python=(0.01,), status=(0.02,))
    wasteful = group_result("hit", python=(0.01,), lbuild=(0.013,))
    beyond = group_result("memory-20", "bytes", python=(1000.0,), lbuild=(1301.0,))
    judged = judge(results(within, wasteful, beyond))
    assert [(each.bar.group, each.reached) for each in judged] == [
        ("hit", False),
        ("status", True),
        ("memory-20", False),
    ]


def test_what_is_subtracted_first() -> None:
    """The stat calls of a workspace are not held against it, nor the work against two at once."""
    hit = GroupResult(
        name="workspace-hit",
        title="H",
        baseline=BARE_PYTHON,
        quantity="seconds",
        measured=tuple(
            Measured(name=name, values=(value,), processor=(value / 2,))
            for name, value in (
                (BARE_PYTHON, 0.01),
                (LBUILD, 0.02),
                (LBUILD_WORKSPACE, 0.15),
                (STAT_CALLS, 0.07),
            )
        ),
    )
    first = GroupResult(
        name="workspace-first",
        title="F",
        baseline=ONE_AT_ONCE,
        quantity="seconds",
        measured=tuple(
            Measured(name=name, values=(value,), processor=(100.0,))
            for name, value in ((ONE_AT_ONCE, 100.0), (TWO_AT_ONCE, 60.0))
        ),
    )
    one, other = judge(results(hit, first))
    assert (one.ratio, one.processor) == (pytest.approx(4.5), pytest.approx(4.5))
    assert (other.ratio, other.processor) == (pytest.approx(0.6), pytest.approx(1.0))
    assert one.reached
    assert other.reached


def test_a_workspace_has_its_members(tmp_path: Path) -> None:
    workspace = hatchling_workspace(tmp_path / "repository", members=3, files=4)
    members = sorted(workspace.glob("packages/*/pyproject.toml"))
    assert [file.parent.name for file in members] == ["demo0", "demo1", "demo2"]
    assert "dependencies = ['demo1']" in members[2].read_text(encoding="utf-8")
    assert len([*members[2].parent.glob("src/demo2/*.py")]) == 4


def test_every_bar_has_its_group() -> None:
    assert {bar.group for bar in BARS} <= set(GROUPS)


def test_the_page_names_figures_versions_and_spread() -> None:
    text = markdown(
        results(
            group_result("hit", python=(0.010, 0.012, 0.014), lbuild=(2.5, 2.4, 2.6)),
            group_result("memory-20", "bytes", python=(2.0**23,), lbuild=(2.0**22,)),
        )
    )
    assert "Plan9 vax, 1 cores, with CPython 3.11.7, lbuild 0.1.0." in text
    assert "| hit, 20 files | `python -c pass` | 1.30 | 208 | 2.00 | **no** |" in text
    assert "| peak memory of a hit, 20 files | `python -c pass` | 1.30 | 0.50 |  | yes |" in text
    assert "| `lbuild wheel` | 2.50 s | 2.45–2.55 s | 208 | 200.0 ms | 2.00 |" in text  # noqa: RUF001
    assert "| `python -c pass` | 12.0 ms | 11.0–13.0 ms | 1.00 | 100.0 ms | 1.00 |" in text  # noqa: RUF001
    assert "| `lbuild wheel` | 4.0 MiB | 4.0–4.0 MiB | 0.50 |" in text  # noqa: RUF001
    columns = {line.count("|") for line in text.splitlines() if line.startswith("|")}
    assert columns == {5, 7}


def test_how_the_time_grows_is_fitted() -> None:
    sizes = (10, 100, 1_000, 10_000, 100_000)
    grown = [
        group_result(f"reuse-{files}", python=(0.02 + files**1.5 / 1e6,), lbuild=(0.02,))
        for files in sizes
    ]
    first, second = growths(results(*reversed(grown)))
    assert (first.operation, first.contestant) == ("reuse", BARE_PYTHON)
    assert [files for files, _ in first.wall] == list(sizes)
    assert exponent(first.wall) == pytest.approx(1.5, abs=0.01)
    assert exponent(second.wall) is None
    text = pages(results(*grown))["benchmarks-growth"]
    assert "| reuse: `python -c pass` |" in text
    assert "| 1.50 () |" in text


@given(st.floats(0.5, 2), st.floats(1e-7, 1e-3), st.floats(1e-3, 1))
def test_the_start_of_a_process_is_no_growth(power: float, factor: float, start: float) -> None:
    medians = tuple((files, start + factor * files**power) for files in (1, 1_000, 30_000, 900_000))
    assert exponent(medians) == pytest.approx(power, abs=0.02)


def test_own_time_goes_to_the_wing_that_called() -> None:
    profile = cProfile.Profile()
    profile.runcall(key_of, {})
    parts = by_part(pstats.Stats(profile))
    assert parts["lbuild_keys.model"] > 0
    assert not [part for part in parts if "hashlib" in part]


def test_records_and_system_calls_are_counted() -> None:
    assert records_by_kind(b"={}\0r/a\0r/b\0.1\0") == {"=": 1, "r": 2, ".": 1}
    summary = (
        "% time     seconds  usecs/call     calls    errors syscall\n"
        "------ ----------- ----------- --------- --------- ----------------\n"
        " 60.00    0.000600           1       600        12 newfstatat\n"
        " 40.00    0.000400           2       200           openat\n"
        "------ ----------- ----------- --------- --------- ----------------\n"
        "100.00    0.001000           1       800        12 total\n"
    )
    assert calls_by_name(summary) == {"newfstatat": 600, "openat": 200}


def test_only_what_is_between_the_markers_is_written() -> None:
    page = f"# By hand\n\n{BEGIN}\nold\n{END}\n\nThe end.\n"
    once = between_markers(page, "new")
    assert once == f"# By hand\n\n{BEGIN}\n\nnew\n\n{END}\n\nThe end.\n"
    assert between_markers(once, "new") == once
    for broken in ("", BEGIN, f"{END}{BEGIN}", f"{page}{page}"):
        with pytest.raises(ValueError, match="needs a line"):
            between_markers(broken, "new")


def test_the_pages_have_the_results_of_the_file() -> None:
    """Also where lbuild is slower: nobody writes these tables by hand."""
    kept = load(RESULTS)
    for name, text in pages(kept).items():
        assert measured_on(kept) in text
        page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
        assert between_markers(page, text) == page, f"run: python -m benchmarks --report {RESULTS}"
    written = "".join(pages(kept).values())
    assert all(group.title.partition(", ")[0] in written for group in kept.groups)
    shown = {
        name
        for page in PAGES.glob("benchmarks*.md")
        for name in re.findall(r"\(pictures/(.*)-light\.svg\)", page.read_text(encoding="utf-8"))
    }
    files = {f"{name}-{tone}.svg" for name in shown for tone in PALETTES}
    assert {path.name for path in PICTURES.glob("benchmarks-*")} == files


def test_every_group_is_on_one_page() -> None:
    assert {subject_of(group) for group in GROUPS} == {"small", "sizes", "real", "more"}
    with pytest.raises(ValueError, match="0 pages"):
        subject_of("other")


def test_where_lbuild_is_slower_is_found() -> None:
    group = group_result(python=(0.01,), lbuild=(0.02,))
    other = Measured(name=UV_SYNC, values=(0.019,))
    same = Measured(name=UV_SYNC, values=(0.01995,))
    faster, equal = (
        dataclasses.replace(group, measured=(*group.measured, one)) for one in (other, same)
    )
    assert slower(results(group, equal, faster)) == [(faster, LBUILD, UV_SYNC)]
    assert f"| `{UV_SYNC}` | 19.0 ms | 1.05 |" in pages(results(faster))["benchmarks"]


def test_results_survive_their_file(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    written = results(
        group_result("hit", python=(0.01234, 0.02), lbuild=(0.5,)),
        group_result("memory-20", "bytes", python=(8192.0,), lbuild=(4096.0,)),
    )
    save(written, file)
    assert load(file) == written
    file.write_text('{"layout": 0}', encoding="utf-8")
    with pytest.raises(ValueError, match="version"):
        load(file)


@pytest.mark.exhaustive  # importing matplotlib takes seconds
def test_the_picture_has_each_figure_as_text_and_its_own_background(tmp_path: Path) -> None:
    file = tmp_path / "picture.svg"
    drawn = results(
        group_result("hit", python=(0.01,), lbuild=(0.02,), status=(0.005,)),
        group_result("status", python=(0.01,), status=(1.5,)),
    )
    draw(drawn.groups, file, PALETTES["dark"])
    text = file.read_text(encoding="utf-8")
    for words in ("The group hit", LBUILD, "2.00   20.0 ms", "0.50   5.0 ms", "150   1.50 s"):
        assert words in text
    first = file.read_bytes()
    draw(drawn.groups, file, PALETTES["dark"])
    assert file.read_bytes() == first
    draw(drawn.groups, file, PALETTES["light"])
    backgrounds = [palette.background for palette in PALETTES.values()]
    assert re.findall(r"fill: (#\w{6})", file.read_text(encoding="utf-8"))[0] == backgrounds[0]
    assert re.findall(r"fill: (#\w{6})", text)[0] == backgrounds[1]


def test_imports_are_summed_by_package() -> None:
    printed = (
        "import time: self [us] | cumulative | imported package\n"
        "import time:       100 |        100 | zlib\n"
        "demo: something else\n"
        "import time:       900 |       1000 |   rich.text\n"
        "import time:      1100 |       2100 | rich\n"
    )
    lines = imports_by_package(printed, 1).splitlines()
    assert [line.split() for line in lines] == [
        ["2.1", "ms", "all", "3", "modules"],
        ["2.0", "ms", "rich", "(2)"],
    ]


@pytest.mark.parametrize("files", [10, 100, 101, 250])
def test_a_tree_has_as_many_modules_as_asked_for(tmp_path: Path, files: int) -> None:
    project = hatchling_tree(tmp_path / "demo", files, cache_keys=True)
    modules = list(project.rglob("*.py"))
    assert len(modules) == files
    for module in modules:
        compile(module.read_text(encoding="utf-8"), module, "exec")
    assert "**/*.py" in (project / "pyproject.toml").read_text(encoding="utf-8")


def test_an_edit_is_one_line_that_was_never_there(tmp_path: Path) -> None:
    project = c_extension(tmp_path / "demo")
    for name, remark in (("_answer.c", "// "), ("__init__.py", "# ")):
        file = project / "src" / "demo" / name
        before = file.read_text(encoding="utf-8")
        edit(file)
        edit(file)
        first, second = file.read_text(encoding="utf-8").removeprefix(before).splitlines()
        assert first.startswith(remark)
        assert second.startswith(remark)
        assert first != second


def test_contestants_take_turns_each_prepared_before_its_run(tmp_path: Path) -> None:
    journal = tmp_path / "journal"

    def write(text: str) -> None:
        with journal.open("a", encoding="utf-8") as file:
            file.write(text)

    def noting(name: str) -> Contestant:
        code = f"open({str(journal)!r}, 'a').write('{name} '); print('done')"
        return contestant(code, name, before=lambda: write("+"), expect="done")

    group = group_of(noting("a"), noting("b"), noting("c"))
    measured = measure(group, 4, tmp_path / "log", silent)
    assert [(each.name, len(each.values)) for each in measured] == [("a", 4), ("b", 4), ("c", 4)]
    assert all(value > 0 for each in measured for value in each.values)
    words = journal.read_text(encoding="utf-8").split()
    rounds = [words[at : at + 3] for at in range(0, len(words), 3)]
    assert [sorted(each) for each in rounds] == [["+a", "+b", "+c"]] * 5
    assert len({tuple(each) for each in rounds}) > 1


@pytest.mark.parametrize("quantity", ["seconds", "bytes"])
def test_a_command_that_does_something_else_ends_the_run(
    tmp_path: Path, quantity: Quantity
) -> None:
    failing = contestant("import sys; sys.exit('no compiler')")
    with pytest.raises(CommandFailed, match=r"(?s)exit code 1.*no compiler"):
        measure(group_of(failing, quantity=quantity), 1, tmp_path / "log", silent)
    other = contestant("print('built')", expect="reused")
    with pytest.raises(CommandFailed, match=r"(?s)does not print 'reused'.*built"):
        measure(group_of(other, quantity=quantity), 1, tmp_path / "log", silent)


@pytest.mark.exhaustive
def test_memory_is_that_of_the_command_and_not_of_who_measures_it(tmp_path: Path) -> None:
    held = bytearray(300 * 2**20)  # on Linux a process begins with the peak of the one before it
    small = contestant("pass", "small")
    large = contestant("len(bytearray(b'1') * (100 * 2**20))", "large")
    measured = measure(group_of(small, large, quantity="bytes"), 1, tmp_path / "log", silent)
    peaks = {each.name: each.values[0] / 2**20 for each in measured}
    assert 1 < peaks["small"] < 60
    assert 100 < peaks["large"] < 160
    assert held


@pytest.mark.exhaustive
def test_a_group_runs_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = [page.read_bytes() for page in PAGES.glob("benchmarks*")]
    file = tmp_path / "results.json"
    options = ["--only", "status", "--rounds", "1", "--json", str(file), "--scratch", str(tmp_path)]
    assert main(options) == 0
    printed = capsys.readouterr().out
    assert re.search(r"\| status with nothing to do, 20 files \|.*\| (yes|\*\*no\*\*) \|", printed)
    status = load(file).group("status")
    assert status is not None
    assert {each.name for each in status.measured} == {BARE_PYTHON, LBUILD, LBUILD_STATUS}
    assert [page.read_bytes() for page in PAGES.glob("benchmarks*")] == before
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_an_unknown_group_is_named_with_those_there_are() -> None:
    command = (sys.executable, "-m", "benchmarks", "--only", "hits")
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "first-pip" in done.stderr
