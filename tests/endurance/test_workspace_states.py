"""A workspace in one state after another: each member is built in a state that it never had before.

The state of a member is its own files and what the wheels hold that it is built with. So it is
known without a build what has to be built, and what each wheel has to hold. Unlike in
``test_workspace_edits`` edits add up, builds fail, and commands are killed.
"""

import dataclasses
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.command import Lbuild
from support.minimal_project import running
from support.projects import wheel_metadata
from support.workspaces import (
    TABLES,
    UNPACKED,
    MadeWorkspace,
    built,
    failures,
    make_workspace,
    rows,
)

pytestmark = [pytest.mark.exhaustive, pytest.mark.own_environments]

NAMES = ("aa", "bb", "cc", "dd", "ee", "ff")
"""A member needs only those before it."""


@dataclass(slots=True)
class Model:
    """What the members are, and the states in which they were built.

    Attributes:
        built: states in which a member was built.
        perhaps: states in which one may have been built by a command that was killed.
    """

    made: MadeWorkspace
    chance: random.Random
    values: dict[str, str] = field(default_factory=lambda: dict.fromkeys(NAMES, "1"))
    notes: dict[str, str] = field(default_factory=lambda: dict.fromkeys(NAMES, "first"))
    needs: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in NAMES})
    runs_with: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in NAMES})
    built: set[Any] = field(default_factory=set)
    perhaps: set[Any] = field(default_factory=set)

    def edit(self) -> str:
        """Change something; tell what."""
        name = self.chance.choice(NAMES)
        before = NAMES[: NAMES.index(name)]
        kind = self.chance.choice(["value", "value", "notes", "needs", "runs with", "broken"])
        if kind == "value":
            self.values[name] = self.chance.choice("123")
            self.made.set_value(name, self.values[name])
        elif kind in ("notes", "broken"):
            self.notes[name] = "broken" if kind == "broken" else self.chance.choice("012")
            (self.made.member(name) / UNPACKED).write_text(f"{self.notes[name]}\n", "utf-8")
        else:
            relation = self.needs if kind == "needs" else self.runs_with
            relation[name] = sorted(self.chance.sample(before, min(len(before), 2)))
            self.made.relate(name, self.needs[name], self.runs_with[name])
        return f"{kind} of {name}"

    def wheel(self, name: str) -> Any:
        """What a member's wheel holds."""
        with_ = [(each, self.values[each]) for each in self.needs[name]]
        return name, self.values[name], tuple(self.runs_with[name]), tuple(with_)

    def environment(self, name: str) -> set[str]:
        """The members that are installed where a member is built."""
        found: set[str] = set()
        due = [*self.needs[name]]
        while due:
            one = due.pop()
            if one not in found:
                found.add(one)
                due += self.runs_with[one]
        return found - {name}

    def state(self, name: str) -> Any:
        """All that a member is built of."""
        installed = sorted(map(self.wheel, self.environment(name)))
        own = self.notes[name], tuple(self.needs[name])
        return self.wheel(name), own, tuple(installed)

    def fails(self, name: str) -> bool:
        """Whether a member cannot be built."""
        return self.notes[name] == "broken" or any(map(self.fails, self.environment(name)))


@pytest.mark.parametrize("table", TABLES)
def test_each_state_is_built_once(
    lbuild: Lbuild,
    tmp_path: Path,
    how_many: Callable[[int, int], int],
    chance: random.Random,
    table: str,
) -> None:
    lbuild = dataclasses.replace(lbuild, servers=None)
    made = make_workspace(tmp_path / "repository", dict.fromkeys(NAMES, ()), table)
    model = Model(made, chance)
    told = []
    for _ in range(how_many(8, 60)):
        told.append([model.edit() for _ in range(chance.randint(1, 3))])
        if chance.random() < 0.2:
            told.append(["killed"])
            kill(lbuild, made, chance.random() * 2)
            model.perhaps |= {model.state(name) for name in NAMES}
        check(lbuild, model, told)


def kill(lbuild: Lbuild, made: MadeWorkspace, seconds: float) -> None:
    """Let lbuild build all members, and kill it, with all that it has started."""
    with running(lbuild, "wheel", "--workspace", cwd=made.folder, new_group=True) as process:
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)


def check(lbuild: Lbuild, model: Model, told: list[list[str]]) -> None:
    """What is built is what was not built before, and all wheels are of the present."""
    jobs = model.chance.choice("12")
    fail = {name for name in NAMES if model.fails(name)}
    found = rows(lbuild, model.made.folder, "-j", jobs, returncode=1 if fail else 0)
    assert {*failures(found)} == fail, told
    due = {name for name in NAMES if name not in fail and model.state(name) not in model.built}
    sure = {name for name in due if model.state(name) not in model.perhaps}
    assert sure <= built(found) <= due, told
    model.built |= {model.state(name) for name in NAMES if name not in fail}
    for name in {*NAMES} - fail:
        value = model.made.source(name).read_text("utf-8")
        assert value == f"VALUE = {model.values[name]!r}\n", told
        expected = {each: model.values[each] for each in model.needs[name]}
        assert model.made.built_with(name) == expected, (name, told)
        required = wheel_metadata(model.made.wheel(name)).get_all("Requires-Dist", [])
        assert required == model.runs_with[name], (name, told)
