"""The faults that ``nox -s mutants`` puts into the code: each of them still is one."""

import ast
import re
from pathlib import Path

import pytest

from mutants.__main__ import FAULTS
from mutants.fault import Fault
from mutants.workshop import ROOT

EACH = pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])


def test_each_has_a_name_of_its_own() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


@EACH
def test_a_fault_changes_what_the_code_does(fault: Fault, tmp_path: Path) -> None:
    place = tmp_path / fault.file
    place.parent.mkdir(parents=True)
    before = (ROOT / fault.file).read_text("utf-8")
    place.write_text(before, "utf-8")
    assert fault.problem(tmp_path) is None
    fault.put_into(tmp_path)
    assert ast.dump(ast.parse(place.read_text("utf-8"))) != ast.dump(ast.parse(before))


@EACH
def test_the_tests_that_should_find_it_are_there(fault: Fault) -> None:
    assert fault.found_by
    for test in fault.found_by:
        path, _, name = test.partition("::")
        content = (ROOT / "tests" / path).read_text("utf-8")
        assert re.search(rf"^ *def {name}", content, re.MULTILINE), test


@pytest.mark.parametrize("content", ["", "text\ntext\n"])
def test_a_text_that_is_not_there_once(content: str, tmp_path: Path) -> None:
    fault = Fault(name="", breaks="", file="a.py", before="text", after="", found_by=())
    assert fault.problem(tmp_path) == "a.py does not exist"
    (tmp_path / "a.py").write_text(content, "utf-8")
    assert fault.problem(tmp_path) == f"a.py contains its text {content.count('text')} times"
    with pytest.raises(ValueError, match="times"):
        fault.put_into(tmp_path)
