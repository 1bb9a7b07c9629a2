"""Isolated environments in one cache, and what is installed in them."""

import os
import subprocess
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from lbuild_frontend.cache.folder import open_store, prepared
from lbuild_frontend.environments import isolated
from lbuild_frontend.environments.base import Environment, Environments
from lbuild_frontend.environments.interpreter import Interpreter, find
from support import interpreters
from support.recording_reporter import RecordingReporter
from support.wheels_and_index import make_wheel

INSTALLED = interpreters.installed()

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Opened:
    """Opens isolated environments in one cache, as builds do that follow each other."""

    cache: Path
    told: RecordingReporter = field(default_factory=RecordingReporter)

    def __call__(
        self, version: str | None = None, max_age: float = DAY
    ) -> AbstractContextManager[Environments]:
        interpreter = find(INSTALLED[version] if version else None)
        return self.of(interpreter, max_age)

    def of(
        self, interpreter: Interpreter, max_age: float = DAY
    ) -> AbstractContextManager[Environments]:
        cache = prepared(open_store(self.cache), RecordingReporter())
        return isolated.open_environments(
            cache=cache,
            interpreter=interpreter,
            cwd=Path.cwd(),
            max_age=max_age,
            label="demo",
            reporter=self.told,
        )

    def provide(self, *requirements: str, max_age: float = DAY) -> Environment:
        with self(max_age=max_age) as environments:
            return environments.provide(requirements)

    @property
    def folders(self) -> set[str]:
        return {path.name for path in (self.cache / "environments-v1").glob("env-*")}


def run(around: Environment, code: str) -> str:
    environ = {**os.environ, **around.extra_environ}
    command = [around.python_executable, "-c", code]
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def version(around: Environment) -> str:
    return run(around, "import plugin; print(plugin.version)")


def site(around: Environment) -> Path:
    return Path(run(around, "import plugin; print(plugin.__file__)")).parent


def a_place(folder: Path, name: str, *requires: str) -> str:
    """A requirement that names a wheel on this machine."""
    return f"{name} @ {make_wheel(folder, name, *requires).as_uri()}"
