"""What is done for one project."""

import os
import signal
from pathlib import Path

import pytest

from lbuild_frontend.builds import workflow
from lbuild_frontend.builds.assess import Assessment
from lbuild_frontend.builds.task import BuildTask
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.execution import one_project
from lbuild_frontend.model.request import Request
from lbuild_keys.observe.files import Digests
from support.minimal_project import CORE, NAME, WHEEL, configure, core_in_wheel
from support.projects import CopyProject
from support.recording_reporter import RecordingReporter


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    return Request(isolation=False, cache_dir=tmp_path / "cache")


def test_results_are_values_and_nothing_else_happens(
    request_: Request, copy_project: CopyProject, capfd: pytest.CaptureFixture[str]
) -> None:
    project, reporter = copy_project(NAME), RecordingReporter()
    process = (signal.getsignal(signal.SIGTERM), dict(os.environ), Path.cwd())
    called: list[str] = []

    def before_change() -> None:
        called.append("change")

    assert not one_project.status(project, request_, reporter).reuse
    built = one_project.build_wheel(project, request_, reporter, before_change=before_change)
    assert built.wheel == project / "dist" / WHEEL
    assert (built.outcome.built, built.outcome.cache) == (True, request_.cache_dir)
    assert called == ["change", "change"]  # a build and a delivery
    called.clear()
    again = one_project.build_wheel(project, request_, reporter, before_change=before_change)
    assert (again.outcome.built, again.outcome.sha256) == (False, built.outcome.sha256)
    metadata = one_project.metadata(project, request_, reporter, before_change=before_change)
    assert metadata.metadata.startswith(b"Metadata-Version: ")
    assert called == []
    assert one_project.status(project, request_, reporter).wheel == built.wheel
    (project / CORE).write_text("ANSWER = 43\n", "utf-8")
    [reason] = one_project.status(project, request_, reporter).reasons
    assert CORE in str(reason)
    assert process == (signal.getsignal(signal.SIGTERM), dict(os.environ), Path.cwd())
    assert capfd.readouterr() == ("", "")


def test_an_error_is_raised(request_: Request, tmp_path: Path) -> None:
    with pytest.raises(LbuildError, match=r"pyproject\.toml"):
        one_project.build_wheel(tmp_path, request_, RecordingReporter())


@pytest.fixture
def decisions(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each decision that is made finds something to reuse."""
    made: list[bool] = []

    def assess(task: BuildTask, digests: Digests) -> Assessment:
        found = genuine(task, digests)
        made.append(found.verdict.reuse is not None)
        return found

    genuine = workflow.assess
    monkeypatch.setattr(workflow, "assess", assess)
    return made


def test_a_decision_to_build_is_made_once(
    request_: Request, copy_project: CopyProject, decisions: list[bool]
) -> None:
    project, reporter = copy_project(NAME), RecordingReporter()
    assert one_project.build_wheel(project, request_, reporter).outcome.built
    assert decisions == [False]


@pytest.mark.parametrize(
    ("meanwhile", "found"),
    [("built", [False, False, True]), ("edited pyproject.toml", [False, False])],
)
def test_a_decision_is_made_again_if_it_may_no_longer_hold(
    request_: Request,
    copy_project: CopyProject,
    decisions: list[bool],
    meanwhile: str,
    found: list[bool],
) -> None:
    """Between it and the lock another process may build, or somebody edit pyproject.toml."""
    project, reporter = copy_project(NAME), RecordingReporter()

    def before_change() -> None:
        if meanwhile == "built":
            assert one_project.build_wheel(project, request_, reporter).outcome.built
        else:
            configure(project, "[tool.lbuild]\nalways-rebuild = true")

    outcome = one_project.build_wheel(
        project, request_, reporter, before_change=before_change
    ).outcome
    assert (outcome.built, decisions) == (meanwhile != "built", found)
    assert meanwhile == "built" or "always-rebuild" in str(outcome.reasons)


def test_an_edit_between_the_decision_and_the_build_never_gives_an_old_wheel(
    request_: Request, copy_project: CopyProject
) -> None:
    project, reporter = copy_project(NAME), RecordingReporter()
    core = project / CORE
    one_project.build_wheel(project, request_, reporter)
    core.write_text("ANSWER = 1\n", "utf-8")

    def edit() -> None:
        core.write_text("ANSWER = 2\n", "utf-8")

    edited = one_project.build_wheel(project, request_, reporter, before_change=edit)
    assert core_in_wheel(edited.wheel) == "ANSWER = 2\n"
    for text in ("ANSWER = 1\n", "ANSWER = 2\n"):
        core.write_text(text, "utf-8")
        wheel = one_project.build_wheel(project, request_, reporter).wheel
        assert core_in_wheel(wheel) == text
