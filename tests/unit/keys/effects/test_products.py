"""What a build made in a project, and what it may be that somebody else made."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lbuild_keys.config.settings import read_settings
from lbuild_keys.effects import footprint, products
from lbuild_keys.effects.footprint import Footprint
from lbuild_keys.observe.files import Digests
from lbuild_keys.snapshots.context import BuildContext, ProjectTree
from lbuild_keys.snapshots.observer import Observer
from lbuild_keys.tracing.trace import Spawned, Trace

if TYPE_CHECKING:
    from lbuild_keys.tracing.accesses import Access

MODULE = "demo/_c.cpython-311-x86_64-linux-gnu.so"


@pytest.fixture
def before(tmp_path: Path) -> Footprint:
    """A project with a folder and a file in it, before a hook."""
    root = tmp_path / "project"
    (root / "demo").mkdir(parents=True)
    (root / "demo/old.py").touch()
    project = ProjectTree(
        root=root,
        toml={},
        settings=read_settings({}),
        leave_out=lambda path: path.startswith("out"),
        out_dirs=frozenset(),
    )
    context = BuildContext(
        environ={},
        cwd=root,
        secret=b"",
        interpreter="",
        config_settings={},
        installed=None,
        extra_requires=(),
    )
    return footprint.take(Observer(project, context, Digests()))


def make(before: Footprint, *names: str) -> Path:
    root = before.observer.project.root
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def ran(root: Path, *words: str, folder: str = ".") -> Trace:
    return Trace(folders={}, spawned=(Spawned(("cc", *words), str(root / folder), None),))


def test_what_a_hook_wrote_where_nothing_was(before: Footprint) -> None:
    root = make(before, "demo/new.py", "demo/old.py", "demo/users.py", "out/left.out")
    accesses: list[tuple[Access, str]] = [
        ("written", f"{root}/demo/new.py"),
        ("written", f"{root}/demo/old.py"),
        ("written", f"{root}/demo/removed.py"),
        ("written", f"{root}/out/left.out"),
        ("read", f"{root}/demo/users.py"),
        ("written", f"{root}/../outside"),
    ]
    made = products.made(before, [Trace(folders={}, accesses=tuple(accesses))], opaque=False)
    assert made.all == {"demo/new.py"}


@pytest.mark.parametrize(
    ("words", "folder"),
    [
        (("-B", "work"), "."),
        (("-Bwork/deep",), "."),
        (("--dir=../work",), "demo"),
        ((), "work"),
        (("-o", "{root}/work/deep/a.o"), "."),
    ],
)
def test_a_new_folder_of_a_program(before: Footprint, words: tuple[str, ...], folder: str) -> None:
    root = make(before, "work/deep/a.o", "other/b.o", "demo/c.o")
    trace = ran(root, *(word.format(root=root) for word in words), folder=folder)
    assert products.made(before, [trace], opaque=True).by_programs == {
        "work",
        "work/deep",
        "work/deep/a.o",
    }
    assert products.made(before, [trace], opaque=False).all == set()


def test_what_only_build_tools_make(before: Footprint) -> None:
    root = make(before, "build/lib/a.o", MODULE, "demo/library.so", "docs/build/index.html")
    made = products.made(before, [ran(root, "build.py")], opaque=True)
    assert made.by_programs == {"build", "build/lib", "build/lib/a.o", MODULE}


def test_what_is_new_in_a_build_folder_of_the_user_s(before: Footprint) -> None:
    root = make(before, "build/lib/mine.py")
    later = footprint.take(Observer(before.observer.project, before.observer.context, Digests()))
    make(before, "build/lib/a.o", "build/temp/b.o")
    made = products.made(later, [ran(root)], opaque=True)
    assert made.all == {"build/lib/a.o", "build/temp", "build/temp/b.o"}


def test_a_folder_that_was_there_is_nobody_s(before: Footprint) -> None:
    root = make(before, "demo/a.o")
    assert products.made(before, [ran(root, "-C", "demo")], opaque=True).all == set()


def test_what_was_added_is_what_hooks_wrote_if_they_ran_nothing(before: Footprint) -> None:
    root = make(before, "demo/new.c", "demo/users.c", "demo/old.py", "out/left.c")
    names = ("new.c", "old.py", "../out/left.c", "../../elsewhere.c")
    written: tuple[tuple[Access, str], ...] = tuple(
        ("written", f"{root}/demo/{name}") for name in names
    )
    seen = Trace(folders={}, accesses=written)
    assert products.added(before, []) == []
    assert products.added(before, [seen]) == ["demo/new.c"]
    for unseen in (
        ran(root, "-c"),
        Trace(folders={}, problems=("it is incomplete",)),
        Trace(folders={}, libraries=("/lib/native.so",)),
    ):
        assert products.added(before, [seen, unseen]) == ["demo/new.c", "demo/users.c"]
