"""Answers of ``get_requires_for_build_wheel`` are kept: never an old one, no needless call."""

import dataclasses
import os
import shutil
import signal
import subprocess
import textwrap
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lbuild_frontend.cache.entry import Entry, entry_from_bytes, snapshot_from_bytes
from lbuild_frontend.cache.folder import open_store
from lbuild_frontend.cache.store import StoredEntry
from support import environments as pythons
from support.backends import BACKENDS, Backend, backend_id
from support.command import Lbuild
from support.edits import (
    NEW,
    OLD,
    add_requirements,
    edit,
    pack_expression,
    states_in_wheel,
    write_files,
)
from support.exhaustive import one_in
from support.minimal_project import (
    CORE,
    NAME,
    configure,
    make_gate,
    running,
    status,
    wait_for_end,
    wheel,
)
from support.projects import CopyProject, git

pytestmark = pytest.mark.shared_environments

HOOK = "get_requires_for_build_wheel"
HELPER = "lbtest-helper"

# What is asked for is not there before, and shows in the wheel.
HELPED = '__import__("lbtest_helper").STATE'


def find_links(folder: Path) -> dict[str, str | None]:
    """Make two versions of a distribution, and the variable by which uv finds them."""
    folder.mkdir(exist_ok=True)
    for version in (OLD, NEW):
        info = f"lbtest_helper-{version}.dist-info"
        with zipfile.ZipFile(folder / f"lbtest_helper-{version}-py3-none-any.whl", "w") as archive:
            archive.writestr("lbtest_helper.py", f'STATE = b"{version}"\n')
            text = f"Metadata-Version: 2.1\nName: {HELPER}\nVersion: {version}\n"
            archive.writestr(f"{info}/METADATA", text)
            text = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            archive.writestr(f"{info}/WHEEL", text)
            archive.writestr(f"{info}/RECORD", "")
    return {"UV_FIND_LINKS": str(folder)}


@dataclass(frozen=True, slots=True)
class Asking:
    """A project whose backend asks for a version of the helper, and packs what that says.

    Attributes:
        environ: the variables to build it with.
    """

    lbuild: Lbuild
    project: Path
    environ: dict[str, str | None]

    def build(self, *options: str | Path, command: str = "wheel") -> tuple[dict[str, Any], bool]:
        """Build; return what lbuild reports, and whether the hook was called."""
        result = self.lbuild(command, "-v", "--json", *options, self.project, env=self.environ)
        [told] = result.json
        return told, "ASKED" in result.stderr

    def edit_another_file(self) -> None:
        """Edit what only ``build_wheel`` reads."""
        with (self.project / CORE).open("a") as file:
            file.write("# an edit\n")

    def entries(self) -> tuple[StoredEntry, ...]:
        """The kept answers."""
        return open_store(self.lbuild.cache).history("demo", HOOK).entries


def ask(project: Path, code: str) -> None:
    """Let the minimal project's backend ask for what ``state(settings)`` returns."""
    hook = f"""\


        def {HOOK}(settings=None):
            print("ASKED", flush=True)
            return ["{HELPER}==" + state(settings)]
        """
    with (project / "backend" / "backend.py").open("a", encoding="utf-8") as file:
        file.write(textwrap.dedent(hook) + "\n\n" + textwrap.dedent(code))


@pytest.fixture(scope="session")
def helpers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    """The versions of the helper, and how uv finds them; in one folder, so that environments of
    earlier tests serve.
    """
    return find_links(tmp_path_factory.mktemp("links"))


@pytest.fixture
def asking(
    lbuild: Lbuild, copy_project: CopyProject, helpers: dict[str, str | None]
) -> Callable[[str], Asking]:
    """Make a project that asks for what some code returns."""

    def make(code: str) -> Asking:
        project = copy_project(NAME)
        pack_expression(project, HELPED)
        ask(project, code)
        return Asking(lbuild, project, dict(helpers))

    return make


STEADY = f"""\
    def state(settings):
        return "{OLD}"
    """


# Needlessly.


def test_it_is_not_asked_after_an_edit_that_it_did_not_look_at(
    asking: Callable[[str], Asking],
) -> None:
    demo = asking(STEADY)
    first, asked = demo.build()
    assert (first["action"], asked, states_in_wheel(first)) == ("built", True, {OLD})
    for _ in range(2):
        demo.edit_another_file()
        again, asked = demo.build()
        assert (again["action"], asked, states_in_wheel(again)) == ("built", False, {OLD})
    assert len(demo.entries()) == 1


def test_metadata_and_wheel_ask_once(asking: Callable[[str], Asking]) -> None:
    demo = asking(STEADY)
    with (demo.project / "backend" / "backend.py").open("a", encoding="utf-8") as file:
        file.write(
            "\n\ndef prepare_metadata_for_build_wheel(folder, settings=None):\n"
            "    import lbtest_helper\n"
            "    info = Path(folder, 'demo-0.1.0.dist-info')\n"
            "    info.mkdir()\n"
            "    text = 'Metadata-Version: 2.1\\nName: demo\\nVersion: 0.1.0\\n'\n"
            "    (info / 'METADATA').write_text(text)\n"
            "    return info.name\n"
        )
    assert [demo.build(command="metadata")[1], demo.build()[1]] == [True, False]
    # The edit of a file that nothing but the metadata depends on.
    replacement = f'return "{OLD}"  # edited'
    edit(demo.project / "backend" / "backend.py", f'return "{OLD}"', replacement)
    assert [demo.build(command="metadata")[1], demo.build()[1]] == [True, False]


def test_status_asks_nothing(asking: Callable[[str], Asking]) -> None:
    demo = asking(STEADY)
    demo.build()
    demo.edit_another_file()
    result = demo.lbuild("status", "-v", demo.project, env=demo.environ)
    assert "ASKED" not in result.stderr
    assert len(demo.entries()) == 1


@pytest.mark.exhaustive
@pytest.mark.parametrize("backend", one_in(2, BACKENDS), ids=backend_id)
def test_a_wheel_has_the_same_inputs_whether_it_was_asked_or_not(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, backend: Backend
) -> None:
    project = copy_project(backend.fixture, tag=backend.tag)
    # The first edit makes a clean repository dirty, and git is asked of that.
    for number in range(2):
        wheel(lbuild, project)
        with (project / backend.module).open("a") as file:
            file.write(f"EDITED_{number} = True\n")
    before = tmp_path / "before"
    shutil.copytree(project, before, symlinks=True)
    shutil.copytree(lbuild.cache, tmp_path / "another cache", symlinks=True)
    another = dataclasses.replace(lbuild, cache=tmp_path / "another cache")
    [answers] = (another.cache / "entries-v1").glob(f"*/{HOOK}")
    shutil.rmtree(answers)

    kept = answers_of(lbuild)
    assert wheel(lbuild, project)["action"] == "built"
    assert answers_of(lbuild).keys() == kept.keys(), "it was asked"
    assert answers_of(lbuild) != kept, "no answer was used"
    shutil.rmtree(project)
    shutil.copytree(before, project, symlinks=True)
    assert wheel(another, project)["action"] == "built"
    assert len(answers_of(another)) == 1
    assert last_wheel(lbuild) == last_wheel(another)


def answers_of(lbuild: Lbuild) -> dict[str, int]:
    """The records of answers, each with the time at which it was last used."""
    records = (lbuild.cache / "entries-v1").glob(f"*/{HOOK}/*.json")
    return {path.name: path.stat().st_mtime_ns for path in records}


def last_wheel(lbuild: Lbuild) -> tuple[Entry, Mapping[Any, Any]]:
    """The last entry of a wheel, less what differs with the time, and its snapshot."""
    [folder] = (lbuild.cache / "entries-v1").glob("*/build_wheel")
    entry = entry_from_bytes(max(folder.iterdir()).read_bytes())
    content = open_store(lbuild.cache).blob(entry.snapshot)
    assert content is not None
    timeless = {"built_at": 0.0, "seconds": 0.0, "sha256": "", "content": "", "metadata": ""}
    return entry._replace(**timeless), snapshot_from_bytes(content)


# Never an old one.


@dataclass(frozen=True, slots=True)
class Case:
    """What an answer can depend on.

    Attributes:
        code: a function ``state``, whose answer differs after ``renew``.
        files: by their paths; the texts may hold ``OLD``.
    """

    id: str
    code: str
    renew: Callable[[Asking], object]
    files: Mapping[str, str] = dataclasses.field(default_factory=dict)
    options: tuple[str, ...] = ()


def a_commit(demo: Asking) -> None:
    git(demo.project, "commit", "--quiet", "--allow-empty", f"--message={NEW}")


CASES = (
    Case(
        "a file",
        "def state(settings):\n    return Path('state.txt').read_text()\n",
        lambda demo: edit(demo.project / "state.txt", OLD, NEW),
        {"state.txt": OLD},
    ),
    Case(
        "a file outside",
        "def state(settings):\n    return Path('../state.txt').read_text()\n",
        lambda demo: edit(demo.project.parent / "state.txt", OLD, NEW),
        {"../state.txt": OLD},
    ),
    Case(
        "an ignored file that is declared",
        "def state(settings):\n    return Path('state.txt').read_text()\n",
        lambda demo: edit(demo.project / "state.txt", OLD, NEW),
        {"state.txt": OLD, ".gitignore": "state.txt\n"},
    ),
    Case(
        "a folder",
        "def state(settings):\n    return max(os.listdir('states'))\n",
        lambda demo: write_files(demo.project, {f"states/{NEW}": ""}),
        {f"states/{OLD}": ""},
    ),
    Case(
        "an absent file",
        f"def state(settings):\n    return '{NEW}' if os.path.exists('flag') else '{OLD}'\n",
        lambda demo: write_files(demo.project, {"flag": ""}),
    ),
    Case(
        "a variable",
        f"def state(settings):\n    return os.environ.get('LBTEST_STATE', '{OLD}')\n",
        lambda demo: demo.environ.update(LBTEST_STATE=NEW),
    ),
    Case(
        "all variables",
        f"def state(settings):\n    return dict(os.environ).get('LBTEST_STATE', '{OLD}')\n",
        lambda demo: demo.environ.update(LBTEST_STATE=NEW),
    ),
    Case(
        "git",
        "def state(settings):\n"
        "    import subprocess\n"
        "    command = ['git', 'log', '-1', '--format=%s']\n"
        "    return subprocess.run(command, stdout=subprocess.PIPE).stdout.decode().strip()\n",
        a_commit,
    ),
    Case(
        "a module of the backend",
        "def state(settings):\n    import states\n    return states.STATE\n",
        lambda demo: edit(demo.project / "backend" / "states.py", OLD, NEW),
        {"backend/states.py": f"STATE = '{OLD}'\n"},
    ),
    Case(
        "a module that is imported out of sight",
        "def state(settings):\n    return __import__(''.join(['sta', 'tes'])).STATE\n",
        lambda demo: edit(demo.project / "backend" / "states.py", OLD, NEW),
        {"backend/states.py": f"STATE = '{OLD}'\n"},
    ),
    Case(
        "an opaque program",
        "def state(settings):\n"
        "    import subprocess\n"
        "    return subprocess.run(['cat', 'state.txt'], stdout=subprocess.PIPE).stdout.decode()\n",
        lambda demo: edit(demo.project / "state.txt", OLD, NEW),
        {"state.txt": OLD},
    ),
    Case(
        "what build-system.requires has brought",
        "def state(settings):\n"
        "    from importlib.metadata import distributions\n"
        "    names = [one.metadata['Name'] for one in distributions()]\n"
        f"    return '{NEW}' if 'packaging' in names else '{OLD}'\n",
        lambda demo: add_requirements(demo.project, "packaging"),
    ),
)


@pytest.mark.quick("a file", "what build-system.requires has brought")
@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_never_an_old_answer(asking: Callable[[str], Asking], case: Case) -> None:
    demo = asking(case.code)
    write_files(demo.project, case.files)
    git(demo.project, "init", "--quiet")
    git(demo.project, "commit", "--quiet", "--allow-empty", f"--message={OLD}")
    assert states_in_wheel(demo.build()[0]) == {OLD}
    # The answer is known from here on, if it can be, and its inputs are those of this wheel too.
    demo.edit_another_file()
    assert states_in_wheel(demo.build()[0]) == {OLD}
    case.renew(demo)
    renewed, asked = demo.build()
    assert (renewed["action"], asked, states_in_wheel(renewed)) == ("built", True, {NEW})
    demo.edit_another_file()
    assert states_in_wheel(demo.build()[0]) == {NEW}
    assert demo.build()[0]["action"] == "reused"


@pytest.mark.exhaustive
def test_what_only_a_declared_file_tells_of(asking: Callable[[str], Asking]) -> None:
    """The hook does not look at it, but its answer depends on something that no trace shows."""
    demo = asking(
        f"def state(settings):\n    return '{NEW}' if os.stat('unseen').st_mtime > 9 else '{OLD}'\n"
    )
    write_files(demo.project, {"unseen": "", "stamp": "1"})
    configure(demo.project, "[tool.uv]\ncache-keys = [{ file = 'stamp' }]")
    os.utime(demo.project / "unseen", (1, 1))
    demo.build()
    os.utime(demo.project / "unseen", (99, 99))
    demo.edit_another_file()
    told, asked = demo.build()
    assert (asked, states_in_wheel(told)) == (False, {OLD}), "something shows it"
    (demo.project / "stamp").write_text("2")
    told, asked = demo.build()
    assert (told["action"], asked, states_in_wheel(told)) == ("built", True, {NEW})


def test_config_settings(asking: Callable[[str], Asking]) -> None:
    demo = asking("def state(settings):\n    return settings['state']\n")
    for state, expected in ((OLD, True), (NEW, True), (OLD, False)):
        demo.edit_another_file()
        told, asked = demo.build("-C", f"state={state}")
        assert (asked, states_in_wheel(told)) == (expected, {state})


def test_another_interpreter(asking: Callable[[str], Asking], tmp_path: Path) -> None:
    demo = asking(STEADY)
    python = pythons.make_environment(tmp_path / "env", pythons.another_version())
    assert demo.build()[1]
    assert demo.build("--python", python)[1]
    demo.edit_another_file()
    assert not demo.build("--python", python)[1]


def test_other_distributions_without_isolation(
    asking: Callable[[str], Asking], tmp_path: Path
) -> None:
    demo = asking(
        "def state(settings):\n    import lbtest_helper\n    return lbtest_helper.STATE.decode()\n"
    )
    python = pythons.make_environment(tmp_path / "env")
    links = Path(str(demo.environ["UV_FIND_LINKS"]))

    def install(version: str) -> None:
        pythons.install(python, links / f"lbtest_helper-{version}-py3-none-any.whl")

    install(OLD)
    for expected in (True, False):
        told, asked = demo.build("-n", "--python", python)
        assert (asked, states_in_wheel(told)) == (expected, {OLD})
        demo.edit_another_file()
    install(NEW)
    told, asked = demo.build("-n", "--python", python)
    assert (asked, states_in_wheel(told)) == (True, {NEW})


@pytest.mark.quick("--refresh")
@pytest.mark.parametrize(
    "how",
    [
        "--refresh",
        "--refresh-package=demo",
        '[tool.uv]\nreinstall-package = ["demo"]',
        "[tool.lbuild]\nalways-rebuild = true",
    ],
)
def test_refresh_asks_anew(asking: Callable[[str], Asking], how: str) -> None:
    demo = asking(STEADY)
    demo.build()
    options = (how,) if how.startswith("-") else ()
    if not options:
        configure(demo.project, how)
        demo.build()
    assert demo.build(*options)[1]


@pytest.mark.quick("tree")
@pytest.mark.parametrize("inputs", ["tree", "declared"])
def test_other_modes_ask_each_time(asking: Callable[[str], Asking], inputs: str) -> None:
    demo = asking("def state(settings):\n    return Path('state.txt').read_text()\n")
    configure(demo.project, f'[tool.uv]\ncache-keys = ["{CORE}"]')
    write_files(demo.project, {"state.txt": OLD})
    demo.build()
    for state in (OLD, NEW):
        edit(demo.project / "state.txt", OLD, state)
        demo.edit_another_file()
        told, asked = demo.build("--inputs", inputs)
        assert (told["action"], asked, states_in_wheel(told)) == ("built", True, {state})
    assert len(demo.entries()) == 1


def test_a_newer_backend_is_asked(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    """A plugin that has come out meanwhile, which requires something else."""
    project = copy_project(NAME)
    add_requirements(project, HELPER)
    ask(project, "def state(settings):\n    return __import__('lbtest_helper').STATE.decode()\n")
    pack_expression(project, HELPED)
    demo = Asking(lbuild, project, find_links(tmp_path / "links"))
    newer = tmp_path / "links" / f"lbtest_helper-{NEW}-py3-none-any.whl"
    newer.rename(tmp_path / newer.name)
    told, asked = demo.build()
    assert (asked, states_in_wheel(told)) == (True, {OLD})
    demo.edit_another_file()
    assert not demo.build()[1]
    (tmp_path / newer.name).rename(newer)
    # A new release on an index would be no change of an input; what a folder has is one.
    assert status(lbuild, project, env=demo.environ)["verdict"] == "rebuild"
    told, asked = demo.build()
    assert (told["action"], asked, states_in_wheel(told)) == ("built", True, {NEW})


@pytest.mark.exhaustive
def test_a_build_requirement_on_this_machine(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    """It is edited, and its version is as before."""
    project, plugin = copy_project(NAME), copy_project(NAME, folder="plugin")
    for old, new in (('"demo", "0.1.0"', '"plugin", "0.1.0"'), ('"demo"', '"plugin"')):
        file = "backend/backend.py" if "0.1.0" in old else "pyproject.toml"
        edit(plugin / file, old, new)
    write_files(plugin, {"src/plugin.py": f"STATE = '{OLD}'\n"})
    add_requirements(project, f"plugin @ {plugin.as_uri()}")
    ask(project, "def state(settings):\n    return __import__('plugin').STATE\n")
    pack_expression(project, HELPED)
    demo = Asking(lbuild, project, find_links(tmp_path / "links"))
    for expected in (True, False):
        told, asked = demo.build()
        assert (asked, states_in_wheel(told)) == (expected, {OLD})
        demo.edit_another_file()
    edit(plugin / "src" / "plugin.py", OLD, NEW)
    told, asked = demo.build()
    assert (asked, states_in_wheel(told)) == (True, {NEW})


def test_another_folder_knows_the_answer(
    asking: Callable[[str], Asking], copy_project: CopyProject
) -> None:
    """If all that the hook used is the same there; its inputs count there as well."""
    demo = asking("def state(settings):\n    return Path('state.txt').read_text()\n")
    write_files(demo.project, {"state.txt": OLD})
    demo.build()
    clone = copy_project(NAME, folder="clone")
    shutil.copytree(demo.project, clone, dirs_exist_ok=True)
    other = dataclasses.replace(demo, project=clone)
    other.edit_another_file()
    told, asked = other.build()
    assert (told["action"], asked, states_in_wheel(told)) == ("built", False, {OLD})
    edit(clone / "state.txt", OLD, NEW)
    told, asked = other.build()
    assert (told["action"], asked, states_in_wheel(told)) == ("built", True, {NEW})
    told, asked = demo.build()
    assert (told["action"], states_in_wheel(told)) == ("reused", {OLD})


def test_what_contradicts_the_build_system_is_an_error(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    """As with pip and uv, which resolve all of it together."""
    project = copy_project(NAME)
    add_requirements(project, f"{HELPER}=={NEW}")
    ask(project, STEADY)
    pack_expression(project, HELPED)
    environ = find_links(tmp_path / "links")
    result = lbuild("wheel", project, returncode=1, env=environ)
    assert f"{HELPER}=={OLD}, {HELPER}=={NEW}" in result.stderr


def test_a_folder_that_is_cleared(asking: Callable[[str], Asking]) -> None:
    """What it makes for the wheel, where it is missing, is made again after ``git clean``."""
    demo = asking(
        "def state(settings):\n"
        "    if not os.path.exists('src/demo/generated.txt'):\n"
        "        Path('src/demo/generated.txt').write_text('generated')\n"
        f"    return '{OLD}'\n"
    )
    git(demo.project, "init", "--quiet")
    git(demo.project, "add", "--all")
    git(demo.project, "commit", "--quiet", "--message=All")
    for _ in range(3):
        demo.build()
        demo.edit_another_file()
    git(demo.project, "add", CORE)
    git(demo.project, "clean", "--quiet", "-xfd")
    told, asked = demo.build()
    assert (told["action"], asked) == ("built", True)
    with zipfile.ZipFile(told["wheel"]) as archive:
        assert archive.read("demo/generated.txt") == b"generated"


WRITING = {
    "in the project": "Path('made.txt').write_text('made')",
    "in the project, and removed": "Path('made.txt').write_text(''); os.unlink('made.txt')",
    "to what is ignored": "Path('src/demo/ignored.txt').write_text('made')",
    "outside": "Path('../made.txt').write_text('made')",
    "appended outside": "open('../made.txt', 'a').write('made')",
    "beside bytecode": "os.makedirs('__pycache__', exist_ok=True); "
    "Path('__pycache__', 'made.txt').write_text('made')",
    "a folder": "os.mkdir(f'../made {os.getpid()}')",
    "beside the backend's requirements": ("Path(sys.prefix, 'made.txt').write_text('made')"),
    "a temporary file that stays": "__import__('tempfile').mkstemp(suffix='.lbtest')",
}


@pytest.mark.exhaustive
@pytest.mark.own_environments  # one of the cases writes into its environment
@pytest.mark.parametrize("writing", WRITING.values(), ids=WRITING.keys())
def test_one_that_leaves_something_is_called_each_time(
    asking: Callable[[str], Asking], writing: str, tmp_path: Path
) -> None:
    demo = asking(f"def state(settings):\n    {writing}\n    return '{OLD}'\n")
    (tmp_path / "temporary").mkdir()
    demo.environ["TMPDIR"] = str(tmp_path / "temporary")
    configure(demo.project, '[tool.lbuild]\nignore = ["ignored.txt"]')
    for _ in range(3):
        assert demo.build()[1]
        demo.edit_another_file()
    assert demo.entries() == ()


def test_what_it_made_is_made_again_once_it_is_gone(asking: Callable[[str], Asking]) -> None:
    demo = asking(
        f"def state(settings):\n    os.makedirs('../made', exist_ok=True)\n    return '{OLD}'\n"
    )
    for expected in (True, True, False):
        assert demo.build()[1] is expected
        demo.edit_another_file()
    (demo.project.parent / "made").rmdir()
    assert demo.build()[1]
    assert (demo.project.parent / "made").is_dir()


def test_temporary_files_are_nobodys_business(asking: Callable[[str], Asking]) -> None:
    demo = asking(
        "def state(settings):\n"
        "    import tempfile\n"
        "    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as file:\n"
        "        Path(folder, 'more').write_text('more')\n"
        f"    return '{OLD}'\n"
    )
    assert demo.build()[1]
    demo.edit_another_file()
    assert not demo.build()[1]


def test_one_that_names_the_day(asking: Callable[[str], Asking]) -> None:
    """As of a version that names the day: it counts."""
    demo = asking(STEADY)
    hook = (
        f"\n\ndef {HOOK}(settings=None):\n"
        "    import datetime\n"
        "    print('ASKED', flush=True)\n"
        "    today = datetime.datetime.now(datetime.timezone.utc).strftime('%Y%m%d')\n"
        f"    return ['{HELPER}=={OLD}', f'{HELPER}<{{today}}']\n"
    )
    with (demo.project / "backend" / "backend.py").open("a", encoding="utf-8") as file:
        file.write(hook)
    demo.build()
    store = open_store(demo.lbuild.cache)
    [stored] = demo.entries()
    content = store.blob(stored.entry.snapshot)
    assert content is not None
    assert "date" in {thing.kind for thing in snapshot_from_bytes(content)}


# Damage, interruption, several at once.


def test_a_failure_is_not_kept(asking: Callable[[str], Asking]) -> None:
    demo = asking(
        "def state(settings):\n"
        "    print('ASKED', flush=True)\n"
        f"    return {{'1': '{OLD}', '2': ' no requirement'}}[os.environ['LBTEST_STATE']]\n"
    )
    for value in ("0", "2", "0"):
        demo.environ["LBTEST_STATE"] = value
        failed = demo.lbuild("wheel", demo.project, env=demo.environ, returncode=1)
        assert HOOK in failed.stderr
        assert demo.entries() == ()
    demo.environ["LBTEST_STATE"] = "1"
    assert states_in_wheel(demo.build()[0]) == {OLD}


def test_an_answer_that_no_wheel_came_of_is_not_kept(asking: Callable[[str], Asking]) -> None:
    demo = asking(STEADY)
    (demo.project / "src" / "demo" / "bad").symlink_to("nowhere")
    demo.lbuild("wheel", demo.project, env=demo.environ, returncode=1)
    assert demo.entries() == ()
    (demo.project / "src" / "demo" / "bad").unlink()
    told, asked = demo.build()
    assert (asked, states_in_wheel(told)) == (True, {OLD})


@pytest.mark.quick("garbled-record", "removed-snapshot")
@pytest.mark.parametrize("what", ["record", "answer", "snapshot"])
@pytest.mark.parametrize("damage", ["removed", "emptied", "garbled"])
def test_damage_is_answered_by_asking(
    asking: Callable[[str], Asking], what: str, damage: str
) -> None:
    demo = asking(STEADY)
    demo.build()
    store = open_store(demo.lbuild.cache)
    [stored] = demo.entries()
    path = {
        "record": stored.path,
        "answer": store.blob_path(stored.entry.sha256),
        "snapshot": store.blob_path(stored.entry.snapshot),
    }[what]
    match damage:
        case "removed":
            path.unlink()
        case "emptied":
            path.write_bytes(b"")
        case _:
            path.write_bytes(path.read_bytes()[::-1])
    for expected in (True, False):
        demo.edit_another_file()
        told, asked = demo.build()
        assert (told["action"], asked, states_in_wheel(told)) == ("built", expected, {OLD})
    assert not store.history("demo", HOOK).unusable


def test_an_edit_while_it_is_asked(asking: Callable[[str], Asking], tmp_path: Path) -> None:
    barrier = make_gate(tmp_path)
    waiting = textwrap.indent(barrier.code, " " * 4)
    code = f"def state(settings):\n    text = Path('state.txt').read_text()\n{waiting}"
    demo = asking(f"{code}\n    return text\n")
    write_files(demo.project, {"state.txt": OLD})
    environment = {name: value for name, value in demo.environ.items() if value is not None}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        with running(demo.lbuild, "wheel", demo.project) as process:
            barrier.await_backend()
            edit(demo.project / "state.txt", OLD, NEW)
            barrier.open.touch()
            assert "state.txt changed during the build" in wait_for_end(process).stderr
    assert demo.entries() == ()
    told, asked = demo.build()
    assert (told["action"], asked, states_in_wheel(told)) == ("built", True, {NEW})


def test_an_edit_after_the_answer_was_found(
    asking: Callable[[str], Asking], tmp_path: Path
) -> None:
    """What only the hook that was not called had looked at is edited during the build."""
    demo = asking("def state(settings):\n    return Path('state.txt').read_text()\n")
    barrier = make_gate(tmp_path)
    write_files(demo.project, {"state.txt": OLD, "src/gate.txt": ""})
    with (demo.project / "backend" / "backend.py").open("a", encoding="utf-8") as file:
        file.write(f"\n\nGATE = {barrier.code!r}\n_build = build_wheel\n")
        file.write(
            "def build_wheel(*arguments):\n"
            "    if Path('src/gate.txt').read_text():\n"
            "        exec(GATE)\n"
            "    return _build(*arguments)\n"
        )
    demo.build()
    write_files(demo.project, {"src/gate.txt": "closed"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_FIND_LINKS", str(demo.environ["UV_FIND_LINKS"]))
        with running(demo.lbuild, "wheel", "-v", demo.project) as process:
            barrier.await_backend()
            edit(demo.project / "state.txt", OLD, NEW)
            barrier.open.touch()
            ended = wait_for_end(process)
    assert "ASKED" not in ended.stderr
    assert "state.txt changed during the build" in ended.stderr
    told, asked = demo.build()
    assert (told["action"], asked, states_in_wheel(told)) == ("built", True, {NEW})


def test_two_at_once(asking: Callable[[str], Asking], copy_project: CopyProject) -> None:
    demo = asking(STEADY)
    clone = copy_project(NAME, folder="clone")
    shutil.copytree(demo.project, clone, dirs_exist_ok=True)
    demo.edit_another_file()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_FIND_LINKS", str(demo.environ["UV_FIND_LINKS"]))
        with (
            running(demo.lbuild, "wheel", demo.project) as one,
            running(demo.lbuild, "wheel", clone) as two,
        ):
            assert [wait_for_end(one).returncode, wait_for_end(two).returncode] == [0, 0]
    demo.edit_another_file()
    told, asked = demo.build()
    assert (asked, states_in_wheel(told)) == (False, {OLD})


@pytest.mark.exhaustive
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_one_that_is_interrupted(
    asking: Callable[[str], Asking], tmp_path: Path, number: signal.Signals
) -> None:
    barrier = make_gate(tmp_path)
    waiting = textwrap.indent(barrier.code, " " * 4)
    demo = asking(f"def state(settings):\n{waiting}\n    return '{OLD}'\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_FIND_LINKS", str(demo.environ["UV_FIND_LINKS"]))
        with running(demo.lbuild, "wheel", demo.project, new_group=True) as process:
            hook = barrier.await_backend()
            os.killpg(process.pid, number)
            wait_for_end(process)
    assert demo.entries() == ()
    barrier.open.touch()
    subprocess.run(["kill", str(hook)], check=False, capture_output=True)
    told, asked = demo.build()
    assert (told["action"], asked, states_in_wheel(told)) == ("built", True, {OLD})
