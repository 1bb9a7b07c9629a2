"""Which build of another folder explains why none can be reused here."""

import dataclasses

import pytest

from lbuild_keys.decision.nearest import explained_by_nearest
from lbuild_keys.decision.past_builds import UnreadableRecordError
from lbuild_keys.decision.reasons import (
    EnvironmentChanged,
    FileAdded,
    FileChanged,
    FirstBuild,
    RecordUnreadable,
)
from lbuild_keys.decision.verdict import Verdict, decide
from lbuild_keys.model import Input, Mode, Snapshot
from support.fixed_observer import FixedObserver
from support.past_builds import HERE, Builds, PastBuild, files, publish
from support.strategies import seen


def explained(builds: Builds, now: Snapshot, mode: Mode = "tree") -> Verdict[PastBuild]:
    observer = FixedObserver(now)
    verdict = decide(builds, observer, mode, HERE)
    return explained_by_nearest(verdict, builds, observer, mode)


def with_variable(value: str, **states: str) -> Snapshot:
    return {**files(**states), Input("environment", "MY_VAR"): seen(value)}


def test_the_differences_to_the_nearest_build_are_the_reasons() -> None:
    builds: Builds = []
    near = publish(builds, with_variable("1", a_py="1", b_py="1"), folder="/ci/job1")
    publish(builds, with_variable("2", a_py="2", b_py="2"), folder="/ci/job2")
    found = explained(builds, with_variable("2", a_py="1", b_py="1"))
    assert found.nearest is not None
    assert found.nearest.entry == near
    assert [type(why) for why in found.reasons] == [EnvironmentChanged]
    assert found.last is None
    assert found.present == with_variable("2", a_py="1", b_py="1")


def test_variables_are_less_of_a_difference_than_files() -> None:
    builds: Builds = []
    others = {Input("environment", name): seen("1") for name in ("A", "B")}
    near = publish(builds, {**files(a_py="1"), **others}, folder="/ci/job1")
    publish(builds, files(a_py="1", b_py="1"), folder="/ci/job2")
    found = explained(builds, files(a_py="1"))
    assert found.nearest is not None
    assert found.nearest.entry == near


def test_of_equally_near_builds_the_last_used_is_named() -> None:
    builds: Builds = []
    for number in range(3):
        publish(builds, files(a_py=str(number), b_py="1"), folder=f"/ci/job{number}")
    found = explained(builds, files(a_py="9", b_py="1"))
    assert found.nearest is not None
    assert found.nearest.entry.folder == "/ci/job2"


@pytest.mark.parametrize(
    ("what", "changes"), [("mode", {"mode": "declared"}), ("edited while it ran", {"key": None})]
)
def test_what_tells_nothing(what: str, changes: dict[str, str]) -> None:
    del what
    builds: Builds = []
    publish(builds, files(a_py="1"), folder="/ci/job1", **changes)
    found = explained(builds, files(a_py="2"))
    assert (found.reasons, found.nearest) == ((FirstBuild(name="here"),), None)


def test_other_reasons_stay() -> None:
    builds: Builds = []
    publish(builds, files(a_py="1"))
    publish(builds, files(a_py="1", b_py="1"), folder="/ci/job1")
    found = explained(builds, files(a_py="1", b_py="2"))
    assert [type(why) for why in found.reasons] == [FileAdded]
    assert found.nearest is None
    builds.clear()
    publish(builds, files(a_py="1"), folder="/ci/job1")
    builds[0].snapshot = UnreadableRecordError("damaged")
    found = explained(builds, files(a_py="2"))
    assert [type(why) for why in found.reasons] == [RecordUnreadable]


def test_a_build_of_another_project_of_this_name_explains_nothing() -> None:
    """Many are called demo; and those whose name only the build knows share one folder."""
    builds: Builds = []
    publish(builds, files(setup_py="1", a_py="1", b_py="1"), folder="/other/project")
    now = files(setup_py="2", a_py="2", b_py="1")
    assert explained(builds, now).nearest is None
    near = files(setup_py="1", a_py="1", b_py="2")
    [why] = explained(builds, near).reasons
    assert isinstance(why, FileChanged)


def test_only_some_builds_are_compared() -> None:
    """A cache may have thousands of them; here each would cost as much as a decision."""
    builds: Builds = []
    publish(builds, files(a_py="1", b_py="1"), folder="/nearest")
    for number in range(100):
        states = {"a_py": f"{number}x", "b_py": "2", "c_py": "1", "d_py": "1"}
        publish(builds, files(**states), folder=f"/ci/job{number}")
    read: list[str] = []
    observer = FixedObserver(files(a_py="1", b_py="2x", c_py="1", d_py="1"))
    verdict = decide(builds, observer, "tree", HERE)

    @dataclasses.dataclass
    class Counted(PastBuild):
        def read_snapshot(self) -> Snapshot:
            read.append(self.name)
            return super().read_snapshot()

    counted = [Counted(**vars(one)) for one in builds]
    found = explained_by_nearest(verdict, counted, observer, "tree")
    assert found.nearest is not None
    assert len(read) < 10
