"""Running the steps of a command, with steps that do nothing but what a test says."""

import os
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from lbuild_frontend.errors import BuildFailed, LbuildError, MembersNeeded, Skipped, Stopped
from lbuild_frontend.model.member_wheel import Members, MemberWheel
from lbuild_frontend.model.outcome import MemberOutcome, Outcome, ProjectOutcome, WheelOutcome
from lbuild_frontend.workspaces.run import Actions, Run
from lbuild_frontend.workspaces.schedule import Schedule, Step
from lbuild_keys.content import Content
from lbuild_keys.workspaces.members import Member, Workspace

NAMES = "abcd"
FOLDERS = {name: Path(f"/ws/{name}") for name in NAMES}
WORKSPACE = Workspace(
    Path("/ws/pyproject.toml"),
    "tool.uv.workspace",
    tuple(
        Member(
            folder,
            name,
            "1",
            (),
            (),
            {other: place for other, place in FOLDERS.items() if other != name},
        )
        for name, folder in FOLDERS.items()
    ),
)
Do = Callable[[str, Members], None]


def wheel(name: str) -> MemberWheel:
    return MemberWheel(
        *(FOLDERS[name], name, "1", f"{name}-1-py3-none-any.whl", name, ()),
        lambda: Content.of(name.encode()),
    )


def outcome(name: str) -> Outcome:
    return Outcome(
        *(FOLDERS[name], None, name, "1", "build_wheel", False, "", None, (), None),
        *(True, False, 0.0, 0.0, ()),
    )


class Trial:
    """A run with steps that are told what to do.

    Attributes:
        log: what happened: ``+NAME`` when a step begins, ``-NAME`` with what it came to.
    """

    def __init__(self, do: Do, *, changes: str = "", requested: str = NAMES) -> None:
        self.log: list[str] = []
        self.results: dict[str, ProjectOutcome | LbuildError] = {}
        self.changed = 0
        self._do, self._changes = do, changes
        self.schedule = Schedule(Step(FOLDERS[name], "wheel") for name in requested)

    def run(self, jobs: int = 1, *, fail_fast: bool = False) -> "Trial":
        actions = Actions(self._attempt, self._over, self._change)
        run = Run(WORKSPACE, self.schedule, actions, fail_fast=fail_fast)
        if jobs == 1:
            run.one_by_one()
        else:
            run.at_once(jobs)
        return self

    def _change(self) -> None:
        self.changed += 1

    def _attempt(
        self, step: Step, members: Members, before_change: Callable[[], None]
    ) -> ProjectOutcome | LbuildError:
        name = step.folder.name
        self.log.append(f"+{name}")
        if name in self._changes:
            before_change()
        try:
            self._do(name, members)
        except LbuildError as error:
            return error
        done = outcome(name)
        if step.verb == "needed":
            return MemberOutcome(done, wheel(name))
        return WheelOutcome(done, FOLDERS[name] / "dist", wheel(name))

    def _over(self, step: Step, result: ProjectOutcome | LbuildError) -> Iterable[Step]:
        self.results[step.folder.name] = result
        self.log.append(f"-{step.folder.name}")
        return ()


def need(members: Members, *names: str, is_certain: bool = True) -> None:
    """Do what a build does that needs wheels of members."""
    if missing := [FOLDERS[name] for name in names if FOLDERS[name] not in members.wheels]:
        raise MembersNeeded(missing, is_certain=is_certain)


def test_one_by_one() -> None:
    trial = Trial(lambda _name, _members: None).run()
    assert trial.log == ["+a", "-a", "+b", "-b", "+c", "-c", "+d", "-d"]


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_what_a_step_finds_out_to_need_comes_first(jobs: int) -> None:
    def do(name: str, members: Members) -> None:
        if name == "a":
            need(members, "c")
        if name == "c":
            need(members, "d")
            assert members.wheels[FOLDERS["d"]] is not None

    trial = Trial(do, requested="a", changes="d").run(jobs)
    assert trial.results.keys() == {"a", "c", "d"}
    assert [one for one in trial.log if one[0] == "-"] == ["-d", "-c", "-a"]
    assert isinstance(trial.results["d"], MemberOutcome)
    assert isinstance(trial.results["a"], WheelOutcome)


def test_members_that_need_each_other_are_an_error() -> None:
    def do(name: str, members: Members) -> None:
        need(members, {"a": "b", "b": "c", "c": "a"}.get(name, name if name == "x" else "d"))

    trial = Trial(lambda name, members: do(name, members) if name != "d" else None).run()
    error = trial.results["c"]
    assert isinstance(error, LbuildError)
    assert "c -> a -> b -> c" in str(error)
    assert isinstance(trial.results["a"], Skipped)
    assert not isinstance(trial.results["d"], LbuildError)


def test_what_only_a_record_says_does_not_make_a_cycle() -> None:
    """An earlier build of b needed a. Now a needs b, so b is not told what a is."""
    told: list[MemberWheel | None] = []

    def do(name: str, members: Members) -> None:
        if name == "a":
            need(members, "b")
        else:
            need(members, "a", is_certain=False)
            told.append(members.wheels[FOLDERS["a"]])

    trial = Trial(do, requested="ab").run()
    assert told == [None]
    assert not any(isinstance(one, LbuildError) for one in trial.results.values())


def test_a_need_counts_more_than_what_an_earlier_build_needed() -> None:
    """The same, found out in the other order: a waits for b already when b turns out to need a."""
    told: list[MemberWheel | None] = []

    def do(name: str, members: Members) -> None:
        if name == "a":
            need(members, "b", is_certain=False)
            told.append(members.wheels[FOLDERS["b"]])
        else:
            need(members, "a")

    trial = Trial(do, requested="ab").run()
    assert told == [None]
    assert not any(isinstance(one, LbuildError) for one in trial.results.values())


def test_what_failed_is_unknown_to_those_that_only_once_needed_it() -> None:
    def do(name: str, members: Members) -> None:
        if name == "a":
            message = "no."
            raise BuildFailed(message)
        need(members, "a", is_certain=False)
        assert members.wheels[FOLDERS["a"]] is None

    trial = Trial(do, requested="ab").run()
    assert isinstance(trial.results["b"], WheelOutcome)


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_failure_stops_only_what_depends_on_it(jobs: int) -> None:
    def do(name: str, members: Members) -> None:
        if name == "b":
            message = "no."
            raise BuildFailed(message)
        if name == "a":
            need(members, "b")
        if name == "d":
            need(members, "a")

    trial = Trial(do, changes="abcd").run(jobs)
    assert isinstance(trial.results["b"], BuildFailed)
    assert str(trial.results["a"]) == "skipped, because b failed"
    assert str(trial.results["d"]) == "skipped, because a was skipped"
    assert isinstance(trial.results["c"], WheelOutcome)


def test_fail_fast_begins_nothing_more() -> None:
    def do(name: str, _members: Members) -> None:
        if name == "b":
            message = "no."
            raise BuildFailed(message)

    trial = Trial(do).run(fail_fast=True)
    assert trial.log == ["+a", "-a", "+b", "-b", "-c", "-d"]
    assert str(trial.results["c"]) == "skipped, because b failed (--fail-fast)"


def test_nothing_happens_at_once_before_the_first_change() -> None:
    threads: set[str] = set()
    trial = Trial(lambda _name, _members: threads.add(threading.current_thread().name)).run(4)
    assert threads == {threading.main_thread().name}
    assert trial.changed == 0


def test_several_are_at_work_at_once() -> None:
    """Each of two waits for the other: it can only end if both have begun."""
    both = threading.Barrier(2, timeout=20)

    def do(name: str, _members: Members) -> None:
        if name in "bc":
            both.wait()

    trial = Trial(do, changes="bc").run(2)
    assert trial.changed == 1
    assert len(trial.results) == 4


def test_no_thread_finds_the_variables_of_python_half_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sysconfig, "_CONFIG_VARS", None)
    found: list[bool] = []

    def do(_name: str, _members: Members) -> None:
        found.append("EXE" in (vars(sysconfig)["_CONFIG_VARS"] or {}))

    Trial(do, changes="abcd").run(2)
    assert {*found} == {True}


def test_not_more_than_asked_for_are_at_work() -> None:
    now, most = [0], [0]
    lock = threading.Lock()

    def do(_name: str, _members: Members) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.02)
        with lock:
            now[0] -= 1

    Trial(do, changes=NAMES).run(2)
    assert most == [2]


def test_a_defect_in_a_thread_is_not_swallowed() -> None:
    def do(name: str, _members: Members) -> None:
        if name == "c":
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Trial(do, changes=NAMES).run(2)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interruption_ends_what_is_at_work() -> None:
    started = threading.Barrier(2, timeout=20)
    processes: list[subprocess.Popen[bytes]] = []

    def do(_name: str, _members: Members) -> None:
        command = [sys.executable, "-c", "import time; time.sleep(60)"]
        processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL))
        if started.wait() == 0:
            os.kill(os.getpid(), signal.SIGINT)
        processes[-1].wait()
        message = "its process was killed."
        raise BuildFailed(message)

    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as of_the_caller:
        trial = Trial(do, changes=NAMES).run(2)
        assert of_the_caller.poll() is None, "it was started by another thread"
        of_the_caller.communicate()
    assert all(process.wait(20) for process in processes)
    assert len(processes) == 2
    errors = [trial.results[name] for name in NAMES]
    assert all(isinstance(error, Stopped) and error.exit_code == 130 for error in errors)
