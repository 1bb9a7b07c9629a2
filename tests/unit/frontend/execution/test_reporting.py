"""What is reported, as events for a callback."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lbuild_frontend.errors import LbuildError
from lbuild_frontend.execution.reporting import Events, ProjectReporter, RaisedByCallback
from lbuild_frontend.model.events import Event, Idle, Note, Progress, Warned


def test_what_is_reported_becomes_events() -> None:
    events: list[Event] = []
    reporter = ProjectReporter(Events(events.append), Path("/p"))
    reporter.progress("building")
    reporter.note("built")
    reporter.warn("It is odd.")
    reporter.rest()
    place = Path("/p")
    assert events == [
        Progress(place, "building"),
        Note(place, "built"),
        Warned(place, "It is odd."),
        Idle(place),
    ]
    assert [str(event) for event in events] == [
        "building",
        "built",
        "warning: It is odd.",
        "/p: idle",
    ]


def test_a_callback_is_called_by_one_thread_at_a_time() -> None:
    inside, most = 0, 0
    lock = threading.Lock()

    def take(_event: Event) -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.001)
        with lock:
            inside -= 1

    events = Events(take)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: events.give(Note(None, str(number))), range(40)))
    assert most == 1


@pytest.mark.parametrize("error", [LbuildError("wrong."), OSError("full"), ZeroDivisionError()])
def test_what_a_callback_raises_is_no_error_of_a_project(error: Exception) -> None:
    def take(_event: Event) -> None:
        raise error

    with pytest.raises((RaisedByCallback, ZeroDivisionError)) as caught:
        Events(take).give(Idle(None))
    assert getattr(caught.value, "error", caught.value) is error
