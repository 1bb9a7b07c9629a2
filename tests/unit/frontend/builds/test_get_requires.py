"""Answers as bytes: they come back as they were, and nothing else is taken for one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_frontend.builds import get_requires
from lbuild_frontend.builds.get_requires import RequiresAnswer
from lbuild_frontend.cache.sealed import RecordError
from lbuild_keys.tracing.used import Usage
from support.strategies import inputs, names, sources


@st.composite
def answers(draw: st.DrawFn) -> RequiresAnswer:
    return RequiresAnswer(
        requirements=tuple(draw(st.lists(names, max_size=3))),
        used=Usage(
            inputs=draw(st.dictionaries(inputs, sources, max_size=4)),
            imported=draw(st.frozensets(names, max_size=3)),
        ),
        environment=draw(st.text(max_size=4)),
    )


@given(answers())
def test_an_answer_comes_back(answer: RequiresAnswer) -> None:
    assert get_requires.from_bytes(get_requires.to_bytes(answer)) == answer


WHOLE = json.loads(
    get_requires.to_bytes(
        RequiresAnswer(requirements=("a",), used=Usage(inputs={}), environment="b")
    )
)


@pytest.mark.parametrize("field", WHOLE)
@pytest.mark.parametrize("value", [None, 1, {"a": 1}, [1], [["file"]]], ids=repr)
def test_a_field_of_another_type(field: str, value: object) -> None:
    with pytest.raises(RecordError):
        get_requires.from_bytes(json.dumps(WHOLE | {field: value}).encode())


@pytest.mark.parametrize("field", WHOLE)
def test_a_field_that_is_missing(field: str) -> None:
    less = {name: value for name, value in WHOLE.items() if name != field}
    with pytest.raises(RecordError):
        get_requires.from_bytes(json.dumps(less).encode())


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"\xff", b"{}"])
def test_what_is_no_answer(content: bytes) -> None:
    with pytest.raises(RecordError):
        get_requires.from_bytes(content)
