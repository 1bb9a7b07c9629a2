"""Options, and fixtures for every test: a machine without settings, projects, the command."""

import itertools
import os
import random
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from support import fork_server
from support.command import Lbuild
from support.environments import share_environments
from support.exhaustive import draws, levels, wanted_levels
from support.fork_server import ForkServer
from support.projects import FIXTURES, CopyProject, git, pristine_copy
from support.wheels_and_index import Index, serve_index

# No test asserts a time.
_UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("new", _UNHURRIED, derandomize=False, max_examples=1000)
settings.register_profile("the same in each run", _UNHURRIED, derandomize=True, max_examples=50)

FOREIGN = ("GIT_", "HATCH_", "LBUILD_", "PDM_", "POETRY_", "SETUPTOOLS_SCM_")
"""How the names of variables begin that would change what git, a backend or lbuild does."""

FOREIGN_NAMES = (
    "CFLAGS",
    "COLUMNS",
    "DIST_EXTRA_CONFIG",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPYCACHEPREFIX",
    "SOURCE_DATE_EPOCH",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that say how much is run: see CONTRIBUTING.md."""
    parser.addoption("--full", action="store_true", help="run the exhaustive cases too")
    parser.addoption(
        "--only-exhaustive", action="store_true", help="run what is left out without --full"
    )
    parser.addoption(
        "--endurance", action="store_true", help="run what takes hours, or draws at random"
    )
    parser.addoption(
        "--seed", help="what tests draw at random depends on it; a new one with --endurance, else 0"
    )
    parser.addoption(
        "--cold", action="store_true", help="start a new Python for each command (takes longer)"
    )
    parser.addoption(
        "--update-examples",
        action="store_true",
        help="write the present outputs into the pages with console examples (tests/docs)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Choose what tests draw at random, see ``chance``: once, for all workers."""
    endurance: bool = config.getoption("endurance")
    settings.load_profile("new" if endurance else "the same in each run")
    if config.option.seed is None:
        seed = random.randrange(1_000_000) if endurance else 0  # noqa: S311  not for secrets
        config.option.seed = str(seed)


def pytest_report_header(config: pytest.Config) -> str:
    """Tell how the same is drawn again."""
    return f"drawn at random: --seed {config.option.seed}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Let ``-n auto`` start more workers than there are cores: tests often wait for a disk."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    return cores + max(1, cores // 2)


@pytest.hookimpl(tryfirst=True)  # before -k and -m: an option does not change which cases are quick
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave cases out, see ``support.exhaustive``; a case that is asked for by name runs."""
    if any("::" in argument for argument in config.args):
        return
    full, only_exhaustive, endurance, updates = (
        bool(config.getoption(name))
        for name in ("full", "only_exhaustive", "endurance", "update_examples")
    )
    wanted = wanted_levels(full or updates, only_exhaustive, endurance)
    kept: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item, level in zip(items, levels(items), strict=True):
        (kept if level in wanted or (draws(item) and "endurance" in wanted) else others).append(
            item
        )
    config.hook.pytest_deselected(items=others)
    items[:] = kept


@pytest.fixture
def how_many(pytestconfig: pytest.Config) -> Callable[[int, int], int]:
    """How often something is tried: ``how_many(few, many)``, the latter with ``--endurance``."""
    endurance: bool = pytestconfig.getoption("endurance")
    return lambda few, many: many if endurance else few


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Draws for this test: the same in each run, so that no run of CI depends on luck.

    ``--endurance`` draws anew in each run. That finds more; ``--seed`` draws the same again.
    """
    seed: str = request.config.option.seed
    return random.Random(f"{seed} {request.node.name}")  # noqa: S311  not for secrets


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Let SIGINT have its usual effect; the shell has what runs in the background ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def without_nohup() -> Iterator[None]:
    """Let SIGHUP have its usual effect, also in tests that nohup keeps alive."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture(scope="session", autouse=True)
def clean_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the whole session a home, a git identity, cache and temporary folders of its own.

    No test, and nothing that a test starts, can reach the cache or the settings of the person
    who runs it, or finds what a killed test of another worker left. What pip and uv download is
    shared by the workers of one session.
    """
    base = tmp_path_factory.getbasetemp()
    home = base / "home"
    home.mkdir()
    temporary = base / "temporary"
    temporary.mkdir()
    downloads = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            foreign = name.startswith(FOREIGN) and not name.startswith("GIT_SSL")
            if foreign or name in FOREIGN_NAMES:
                patch.delenv(name)
        for name in ("HOME", "USERPROFILE"):
            patch.setenv(name, str(home))
        for name in ("APPDATA", "LOCALAPPDATA", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            patch.setenv(name, str(home / name.lower()))
        for name in ("TEMP", "TMP", "TMPDIR"):
            patch.setenv(name, str(temporary))
        patch.setattr(tempfile, "tempdir", None)  # found once: anew
        patch.setenv("LBUILD_CACHE_DIR", str(home / "lbuild-cache"))
        patch.setenv("PIP_CACHE_DIR", str(downloads / "pip-cache"))
        patch.setenv("UV_CACHE_DIR", str(downloads / "uv-cache"))
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
        for who in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{who}_NAME", "Ada")
            patch.setenv(f"GIT_{who}_EMAIL", "ada@example.org")
            patch.setenv(f"GIT_{who}_DATE", "2024-02-29T12:00:00+00:00")
        yield


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Iterator[Iterator[ForkServer] | None]:
    """The processes that commands are forked from, in turns; None if each starts a new Python."""
    if pytestconfig.getoption("--cold") or not hasattr(os, "fork"):
        yield None
        return
    with fork_server.started() as one, fork_server.started() as other:
        yield itertools.cycle((one, other))


@pytest.fixture
def lbuild(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    servers: Iterator[ForkServer] | None,
) -> Lbuild:
    """The command line, with empty folders for this test: cache, home, and temporary files.

    A parameter, see ``TRACED_AND_TREE``, is the mode of its commands. In a module with the mark
    ``shared_environments`` the cache has the build environments that earlier tests have made,
    unless the test has the mark ``own_environments``.
    """
    home = tmp_path / "home"
    home.mkdir()
    # So that prune does not find what killed processes of earlier tests left.
    monkeypatch.setenv("TMPDIR", tempfile.mkdtemp())
    shared, own = map(request.node.get_closest_marker, ("shared_environments", "own_environments"))
    if shared and not own:
        share_environments(tmp_path / "cache", Path(os.environ["UV_CACHE_DIR"]).parent)
    mode: str | None = getattr(request, "param", None)
    return Lbuild(cache=tmp_path / "cache", home=home, inputs=mode, servers=servers)


@pytest.fixture
def copy_project(tmp_path: Path) -> CopyProject:
    """Copy a project of ``fixtures``, see ``CopyProject``."""

    def copy(name: str, *, folder: str = "projects", tag: str | None = None) -> Path:
        project = pristine_copy(FIXTURES / name, tmp_path / folder / name)
        if tag is not None:
            git(project, "init", "--quiet", "--initial-branch=main")
            git(project, "add", "--all")
            git(project, "commit", "--quiet", "--message=The first commit")
            git(project, "tag", tag)
        return project

    return copy


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """An index, the only one that uv installs from; with a uv cache for this test."""
    for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS", "UV_INDEX"):
        monkeypatch.delenv(name, raising=False)
    with serve_index(tmp_path / "index") as one:
        monkeypatch.setenv("UV_DEFAULT_INDEX", one.url)
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
        monkeypatch.setenv("UV_HTTP_RETRIES", "0")
        # Hard links otherwise: to edit a file of an environment would be to edit uv's cache.
        monkeypatch.setenv("UV_LINK_MODE", "copy")
        monkeypatch.setenv("NO_PROXY", "*")
        yield one
