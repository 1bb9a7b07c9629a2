"""``--inputs declared`` does what uv does, and where it does better, it does that.

With ``--full`` one scenario in three is put through the real ``uv sync`` too, with ``--endurance``
all, so that this shows if uv begins to behave differently.
"""

from pathlib import Path

import pytest

from parity import entries, file_globs, improvements, mistakes
from parity.runners import decide, run_lbuild, run_uv
from parity.scenario import Scenario
from support.command import Lbuild
from support.exhaustive import one_in

pytestmark = pytest.mark.shared_environments

SECTIONS = {
    "entries": entries.SCENARIOS,
    "globs": file_globs.SCENARIOS,
    "mistakes": mistakes.SCENARIOS,
    "improvements": improvements.SCENARIOS,
}

CASES = [
    pytest.param(scenario, id=f"{section}: {scenario.name}")
    for section, scenarios in SECTIONS.items()
    for scenario in scenarios
]


NEEDS_A_BUILD = [case for case in CASES if case.values[0].writes or case.values[0].bytecode]
"""Here it counts what the backend leaves in the project's folder."""

ON_THE_COMMAND_LINE = [*CASES[::48], *NEEDS_A_BUILD]
"""All others are decided without a build each time, and on the command line in other tests."""


@pytest.mark.exhaustive  # finds what is new in uv, and nothing in lbuild
@pytest.mark.parametrize("scenario", one_in(3, CASES))
def test_uv(tmp_path: Path, scenario: Scenario) -> None:
    outcome = run_uv(scenario, tmp_path)
    assert outcome.verdict == scenario.uv, outcome.stderr


@pytest.mark.parametrize("scenario", [case for case in CASES if case not in NEEDS_A_BUILD])
def test_the_decision(tmp_path: Path, scenario: Scenario) -> None:
    outcome = decide(scenario, tmp_path)
    assert outcome.verdict == scenario.lbuild, outcome.stderr
    if outcome.verdict == "error":
        assert "pyproject.toml" in outcome.stderr


@pytest.mark.quick(*(str(case.id) for case in ON_THE_COMMAND_LINE))
@pytest.mark.parametrize("scenario", one_in(3, CASES))
def test_lbuild(tmp_path: Path, lbuild: Lbuild, scenario: Scenario) -> None:
    outcome = run_lbuild(scenario, tmp_path, lbuild)
    assert outcome.verdict == scenario.lbuild, outcome.stderr
    if outcome.verdict == "error":
        assert "pyproject.toml" in outcome.stderr


def test_the_tables_agree_but_for_the_improvements() -> None:
    for section, scenarios in SECTIONS.items():
        for scenario in scenarios:
            differs = scenario.uv != scenario.lbuild
            assert differs == (section == "improvements"), scenario.name
