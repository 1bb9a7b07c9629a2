"""The fixtures with a real backend each, and what their tests have to know about them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backend:
    """A fixture with a real backend.

    Attributes:
        fixture: the folder in ``fixtures``.
        module: a Python module that goes into the wheel.
        tag: the tag of its first commit, if it has to be a git repository.
        writes: what the backend itself leaves in the tree on purpose.
    """

    fixture: str
    module: str = "src/demo/core.py"
    tag: str | None = None
    writes: frozenset[str] = frozenset()


BACKENDS = (
    Backend("flit-core"),
    Backend("hatch-vcs", tag="v0.1.0", writes=frozenset({"src/demo/_version.py"})),
    Backend("hatchling"),
    Backend("in-tree-backend", module="src/foo/core.py"),
    Backend("in-tree-backend-with-helper", module="demo/core.py"),
    Backend("no-build-system"),
    Backend(
        "pdm-backend",
        writes=frozenset(
            {
                ".pdm-build",
                ".pdm-build/.gitignore",
                ".pdm-build/demo-0.1.0.dist-info",
                ".pdm-build/demo-0.1.0.dist-info/METADATA",
                ".pdm-build/demo-0.1.0.dist-info/WHEEL",
                ".pdm-build/demo-0.1.0.dist-info/entry_points.txt",
            }
        ),
    ),
    Backend("poetry-core"),
    Backend("poetry-core", tag="v0.1.0"),
    Backend("setuptools-c-extension", module="src/demo/__init__.py"),
    Backend("setuptools-pyproject"),
    Backend("setuptools-scm", tag="v0.1.0"),
    Backend("setuptools-setup-cfg"),
    Backend("setuptools-setup-py", module="demo/core.py"),
    Backend("uv-build"),
)
SETUPTOOLS = [
    backend
    for backend in BACKENDS
    if backend.fixture.startswith("setuptools") or backend.fixture == "no-build-system"
]


def backend_id(backend: Backend) -> str:
    """The name of a test's case."""
    return backend.fixture if backend.tag is None else f"{backend.fixture}-in-git"
