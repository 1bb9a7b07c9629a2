"""What lbuild does for one project, as functions."""

import os
import signal
from pathlib import Path

import pytest

from lbuild_frontend import api
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.model.request import Request
from support.minimal_project import CORE, NAME, WHEEL
from support.projects import CopyProject
from support.recording_reporter import RecordingReporter


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    return Request(
        python=None,
        config_settings={},
        isolation=False,
        mode=None,
        cache_dir=tmp_path / "cache",
        verbose=False,
    )


def test_results_are_values_and_nothing_else_happens(
    request_: Request, copy_project: CopyProject, capfd: pytest.CaptureFixture[str]
) -> None:
    project, reporter = copy_project(NAME), RecordingReporter()
    process = (signal.getsignal(signal.SIGTERM), dict(os.environ), Path.cwd())
    called: list[str] = []

    def before_change() -> None:
        called.append("change")

    assert not api.status(project, request_, reporter).reuse
    built = api.build_wheel(project, request_, reporter, before_change=before_change)
    assert built.wheel == project / "dist" / WHEEL
    assert (built.outcome.built, built.outcome.cache) == (True, request_.cache_dir)
    assert called == ["change", "change"]  # a build and a delivery
    called.clear()
    again = api.build_wheel(project, request_, reporter, before_change=before_change)
    assert (again.outcome.built, again.outcome.sha256) == (False, built.outcome.sha256)
    metadata = api.metadata(project, request_, reporter, before_change=before_change)
    assert metadata.metadata.startswith(b"Metadata-Version: ")
    assert called == []
    assert api.status(project, request_, reporter).wheel == built.wheel
    (project / CORE).write_text("ANSWER = 43\n", "utf-8")
    [reason] = api.status(project, request_, reporter).reasons
    assert CORE in str(reason)
    assert process == (signal.getsignal(signal.SIGTERM), dict(os.environ), Path.cwd())
    assert capfd.readouterr() == ("", "")


def test_an_error_is_raised(request_: Request, tmp_path: Path) -> None:
    with pytest.raises(LbuildError, match=r"pyproject\.toml"):
        api.build_wheel(tmp_path, request_, RecordingReporter())
