"""What a step shows while it lasts."""

import threading

from lbuild_frontend.output.progress import Lines


def test_a_step_that_goes_on_is_reported_again_and_again() -> None:
    said: list[str] = []
    twice = threading.Event()

    def say(text: str) -> None:
        said.append(text)
        if len(said) == 2:
            twice.set()

    steps = Lines(say, 0.01)
    steps.begin("demo: building")
    assert twice.wait(60)
    steps.begin("demo: another step")
    steps.end()
    steps.end()
    assert said[:2] == ["demo: building (0 s so far)"] * 2


def test_a_short_step_is_not_reported() -> None:
    said: list[str] = []
    steps = Lines(said.append, 3600)
    steps.begin("demo: building")
    steps.end()
    assert said == []
