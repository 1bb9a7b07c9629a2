"""Bad input: one clear message that names the place and the remedy, and a cache as it was."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import unprivileged
from support.command import Lbuild, Result
from support.folder_content import content
from support.minimal_project import CORE, NAME, WHEEL, configure, when_building
from support.projects import FIXTURES, CopyProject, pristine_copy, replace

BOTH = ("wheel", "status")

CLEAR = re.compile(r"error: .+[.)\"'\]] [A-Z].+([.?]|run: .+)")
"""What is wrong and where, then a sentence on what to do, all in one line."""


@pytest.fixture(scope="module")
def filled_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that holds one good build of the minimal project."""
    folder = tmp_path_factory.mktemp("filled")
    project = pristine_copy(FIXTURES / NAME, folder / "project")
    Lbuild(cache=folder / "cache", home=folder)("wheel", project)
    return folder / "cache"


@pytest.fixture
def cache(lbuild: Lbuild, filled_cache: Path) -> Iterator[Path]:
    """The cache with one good build, which has to be the same after the test.

    An environment that was made for a build is kept, whatever comes of the build, and so is what a
    command line means, how much the cache holds, and what the failed build printed and left.
    """
    others = ("counts-v1", "environments-v1", "logs-v1", "products-v1", "replays-v1")
    shutil.copytree(filled_cache, lbuild.cache, ignore=shutil.ignore_patterns(*others))
    before = content(lbuild.cache)
    yield lbuild.cache
    for bucket in others:
        shutil.rmtree(lbuild.cache / bucket, ignore_errors=True)
    assert content(lbuild.cache) == before


@pytest.fixture
def project(copy_project: CopyProject) -> Path:
    """A copy of the minimal project, in which nothing is wrong yet."""
    return copy_project(NAME)


def the_error(result: Result) -> str:
    """The error that lbuild prints: one line, after what backend or installer printed."""
    assert result.stdout == ""
    *before, last = result.stderr.splitlines()
    assert last.startswith("error: "), result.stderr
    assert last not in before
    return last.removeprefix("error: ")


def refused(
    lbuild: Lbuild, command: str, *arguments: str | Path, env: dict[str, str | None] | None = None
) -> str:
    """Run a command that has to end with 2 and one line: what is wrong, and what to do."""
    result = lbuild(command, *arguments, returncode=2, env=env)
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert CLEAR.fullmatch(result.stderr.rstrip("\n")), result.stderr
    return the_error(result)


def refused_each(lbuild: Lbuild, command: str, projects: list[Path]) -> list[str]:
    """The same for many projects at once: one line for each."""
    result = lbuild(command, *projects, returncode=2)
    lines = result.stderr.splitlines()
    assert (result.stdout, len(lines)) == ("", len(projects)), result.stderr
    for line in lines:
        assert CLEAR.fullmatch(line), line
    return [line.removeprefix("error: ") for line in lines]


# Not a project -----------------------------------------------------------------------------------


def a_file(folder: Path) -> str:
    (folder / "file").touch()
    return "file"


def an_empty_folder(folder: Path) -> str:
    (folder / "empty").mkdir()
    return "empty"


def nothing(_: Path) -> str:
    return "missing"


def a_dangling_link(folder: Path) -> str:
    (folder / "link").symlink_to("missing")
    return "link"


def a_loop_of_links(folder: Path) -> str:
    (folder / "loop").symlink_to("loop")
    return "loop"


def a_pipe_in_place_of_the_file(folder: Path) -> str:
    (folder / "pipe").mkdir()
    os.mkfifo(folder / "pipe" / "pyproject.toml")
    return "pipe"


def a_file_without_an_end(folder: Path) -> str:
    (folder / "endless").mkdir()
    (folder / "endless" / "pyproject.toml").symlink_to("/dev/zero")
    return "endless"


def a_name_too_long(_: Path) -> str:
    return "x" * 300


def a_folder_in_place_of_the_file(folder: Path) -> str:
    (folder / "project" / "pyproject.toml").mkdir(parents=True)
    return "project"


NO_PROJECTS = (
    a_file,
    an_empty_folder,
    nothing,
    a_dangling_link,
    a_loop_of_links,
    a_name_too_long,
    a_folder_in_place_of_the_file,
    a_pipe_in_place_of_the_file,
    a_file_without_an_end,
)


@pytest.mark.parametrize("command", BOTH)
@pytest.mark.usefixtures("cache")
def test_not_a_project(lbuild: Lbuild, tmp_path: Path, command: str) -> None:
    places = [tmp_path / make(tmp_path) for make in NO_PROJECTS]
    for place, message in zip(places, refused_each(lbuild, command, places), strict=True):
        assert message.startswith(f"{place}")


@pytest.mark.usefixtures("cache")
def test_the_current_folder_is_no_project(lbuild: Lbuild) -> None:
    assert str(lbuild.home) in refused(lbuild, "wheel")


# Not TOML ----------------------------------------------------------------------------------------

NOT_TOML = {
    "an array that is not closed": (b"[project]\nname = [\n", "end of document"),
    "a key twice": (b'[project]\nname = "a"\nname = "b"\n', "line 3"),
    "words": (b"name = demo\n", "line 1"),
    "half a table": (b"[build-system\n", "line 1"),
    "Latin-1": ('[project]\nname = "x"\n# é\n'.encode("latin-1"), "line 3 is not UTF-8"),
    "UTF-16": ('[project]\nname = "x"\n'.encode("utf-16"), "UTF-8"),
    "a null character": (b'[project]\nname = "a\0b"\n', "line 2"),
    "arrays too deep": (b"x = " + b"[" * 100_000, "pyproject.toml"),
    "an integer too long": (b"x = " + b"9" * 5_000, "thousands of digits"),
    "tables too deep": (b"x" + b".x" * 100_000 + b" = 1", "pyproject.toml"),
}


@pytest.mark.parametrize("command", BOTH)
@pytest.mark.usefixtures("cache")
def test_not_toml(lbuild: Lbuild, copy_project: CopyProject, command: str) -> None:
    projects = [copy_project(NAME, folder=name) for name in NOT_TOML]
    for project, (text, _) in zip(projects, NOT_TOML.values(), strict=True):
        (project / "pyproject.toml").write_bytes(text)
    messages = refused_each(lbuild, command, projects)
    for project, (name, (_, where)), message in zip(
        projects, NOT_TOML.items(), messages, strict=True
    ):
        assert message.startswith(f"{project / 'pyproject.toml'}: "), name
        assert where in message, name


# Wrong settings ----------------------------------------------------------------------------------

LBUILD, UV, BUILD = "[tool.lbuild]\n", "[tool.uv]\n", "[build-system]\n"
GOOD = 'requires = []\nbuild-backend = "backend"\nbackend-path = ["backend"]\n'

ENTRIES = (
    # Each: the array, the key path after the setting's, and what else the message says.
    ('"a.txt"', "", "a string"),
    ("true", "", "a boolean"),
    ('{ file = "a.txt" }', "", "a table"),
    ("[1]", "[0]", "an integer"),
    ("[12:30:00]", "[0]", "a date or time"),
    ('["a.txt", ["b.txt"]]', "[1]", "an array"),
    ("[{}]", "[0]", "file, dir, git"),
    ('[{ file = "a", dir = "b" }]', "[0]", "file and dir"),
    ('[{ files = "a" }]', "[0].files", "Did you mean 'file'?"),
    ('[{ environment = "A" }]', "[0].environment", ""),
    ('[{ file = "a", if = "b" }]', "[0].if", "file, dir, git"),
    ('["a", { file = 1 }]', "[1].file", "an integer"),
    ('[{ file = ["a"] }]', "[0].file", "an array"),
    ("[{ dir = true }]", "[0].dir", "a boolean"),
    ("[{ env = 1 }]", "[0].env", "an integer"),
    ('[{ git = "commit" }]', "[0].git", "a string"),
    ("[{ git = [] }]", "[0].git", "an array"),
    ("[{ git = { branch = true } }]", "[0].git.branch", "commit, tags"),
    ("[{ git = { tag = true } }]", "[0].git.tag", "Did you mean 'tags'?"),
    ('[{ git = { commit = "yes" } }]', "[0].git.commit", "a string"),
    ("[{ git = { tags = 1 } }]", "[0].git.tags", "an integer"),
    ('["[ab"]', "[0]", "[ab"),
    ('[{ file = "{a,b" }]', "[0]", "{a,b"),
    ('["a", "*}"]', "[1]", "*}"),
    ('["[z-a]"]', "[0]", "z-a"),
    (r"['*\']", "[0]", "backslash"),
)

WRONG: dict[str, tuple[tuple[str, str, str], ...]] = {
    # Each: the text, the key path that the message names, and what else it says.
    "build-system and its requires": (
        ("build-system = 1", "build-system", "expected a table, not an integer"),
        ('build-system = "setuptools"', "build-system", "a string"),
        (f'{BUILD}requires = "setuptools"', "build-system.requires", "a string"),
        ("[[build-system]]\nrequires = []", "build-system", "an array"),
        (BUILD, "build-system", "requires"),
        (f'{BUILD}build-backend = "x"', "build-system", "requires"),
        (f"{BUILD}requires = true", "build-system.requires", "a boolean"),
        (f"{BUILD}requires = {{ x = 1 }}", "build-system.requires", "a table"),
        (f"{BUILD}requires = [1]", "build-system.requires[0]", "an integer"),
        (f'{BUILD}requires = ["flit_core", ["x"]]', "build-system.requires[1]", "an array"),
        (f'{BUILD}requires = [""]', "build-system.requires[0]", "requirement"),
        (f'{BUILD}requires = ["no good!!"]', "build-system.requires[0]", "no good!!"),
        (f'{BUILD}requires = ["a", "b >= "]', "build-system.requires[1]", "b >= "),
        (f'{BUILD}requires = ["a>1,<x"]', "build-system.requires[0]", "a>1,<x"),
        (f'{BUILD}requires = ["a; {"(" * 999}"]', "build-system.requires[0]", "parentheses"),
    ),
    "build-backend and backend-path": (
        (f"{BUILD}requires = []\nbuild-backend = 1", "build-system.build-backend", "an integer"),
        (f'{BUILD}requires = []\nbuild-backend = ["x"]', "build-system.build-backend", "an array"),
        (f'{BUILD}requires = []\nbuild-backend = ""', "build-system.build-backend", "module"),
        (f'{BUILD}requires = []\nbuild-backend = "a b"', "build-system.build-backend", "a b"),
        (f'{BUILD}requires = []\nbuild-backend = "a:"', "build-system.build-backend", "a:"),
        (f'{BUILD}requires = []\nbuild-backend = "a:b:c"', "build-system.build-backend", "a:b:c"),
        (f'{BUILD}requires = []\nbuild-backend = ".a"', "build-system.build-backend", ".a"),
        (f'{BUILD}requires = []\nbuild-backend = "a.py/b"', "build-system.build-backend", "a.py/b"),
        (f'{BUILD}requires = []\nbackend-path = "."', "build-system.backend-path", "a string"),
        (f"{BUILD}requires = []\nbackend-path = [1.5]", "build-system.backend-path[0]", "a float"),
        (f"{BUILD}requires = []\nbackend-path = 2024-02-29", "build-system.backend-path", "a date"),
    ),
    "unknown keys of build-system": (
        (f"{BUILD}{GOOD}require = []", "build-system.require", "Did you mean 'requires'?"),
        (f"{BUILD}{GOOD}backend_path = []", "build-system.backend_path", "'backend-path'"),
        (f'{BUILD}{GOOD}buildbackend = "x"', "build-system.buildbackend", "'build-backend'"),
        (
            f"{BUILD}{GOOD}colour = 1",
            "build-system.colour",
            "requires, build-backend, backend-path",
        ),
        (f"[build_system]\n{GOOD}", "build_system", "[build-system]"),
        (f'["build-\\nsystem"]\n{GOOD}', '"build-\\nsystem"', "[build-system]"),
        (
            f'{BUILD}{GOOD}"x\\nerror: y. Z." = 1',
            'build-system."x\\nerror: y. Z."',
            "Known settings: ",
        ),
    ),
    "tables": (
        ("tool = 1", "tool", "an integer"),
        ('tool = ["uv"]', "tool", "an array"),
        ("tool.uv = 1", "tool.uv", "an integer"),
        ("[[tool.uv]]", "tool.uv", "an array"),
        ('tool.lbuild = "tree"', "tool.lbuild", "a string"),
        ("[[tool.lbuild]]", "tool.lbuild", "an array"),
    ),
    "tool.lbuild": (
        (f"{LBUILD}inputs = 1", "tool.lbuild.inputs", "an integer"),
        (f'{LBUILD}inputs = ["tree"]', "tool.lbuild.inputs", "an array"),
        (f'{LBUILD}inputs = ""', "tool.lbuild.inputs", "tree"),
        (f'{LBUILD}inputs = "declard"', "tool.lbuild.inputs", "Did you mean 'declared'?"),
        (f'{LBUILD}inputs = "TREE"', "tool.lbuild.inputs", "tree"),
        (f'{LBUILD}inptus = "tree"', "tool.lbuild.inptus", "Did you mean 'inputs'?"),
        (f"{LBUILD}ignored = []", "tool.lbuild.ignored", "Did you mean 'ignore'?"),
        (f"{LBUILD}extra_inputs = []", "tool.lbuild.extra_inputs", "'extra-inputs'"),
        (f'{LBUILD}cachedir = "x"', "tool.lbuild.cachedir", "'cache-dir'"),
        (f'{LBUILD}colour = "x"', "tool.lbuild.colour", "extra-inputs, always-rebuild"),
        (f'{LBUILD}ignore = "docs"', "tool.lbuild.ignore", "a string"),
        (f"{LBUILD}ignore = true", "tool.lbuild.ignore", "a boolean"),
        (f'{LBUILD}ignore = ["docs", 1]', "tool.lbuild.ignore[1]", "an integer"),
        (f'{LBUILD}cache-dir = ["x"]', "tool.lbuild.cache-dir", "an array"),
        (f"{LBUILD}cache-dir = false", "tool.lbuild.cache-dir", "a boolean"),
        (f"{LBUILD}always-rebuild = 1", "tool.lbuild.always-rebuild", "an integer"),
        (f'{LBUILD}always-rebuild = "yes"', "tool.lbuild.always-rebuild", "a string"),
        (f"{LBUILD}always_rebuild = true", "tool.lbuild.always_rebuild", "'always-rebuild'"),
        (f"{LBUILD}cache-size = 0.5", "tool.lbuild.cache-size", "a float"),
        (f"{LBUILD}cache-size = -1", "tool.lbuild.cache-size", "-1 bytes"),
        (f'{LBUILD}cache-size = "5 apples"', "tool.lbuild.cache-size", "5 apples"),
        (f"{LBUILD}cache-size = 0x{'f' * 9_000}", "tool.lbuild.cache-size", "64 bits"),
        (f"{LBUILD}cache-generations = true", "tool.lbuild.cache-generations", "a boolean"),
        (f"{LBUILD}cache-generations = -1", "tool.lbuild.cache-generations", "-1"),
        (f'{LBUILD}cache-generations = "30"', "tool.lbuild.cache-generations", "a string"),
        (
            f"{LBUILD}environment-max-age = 0x{'f' * 9_000}",
            "tool.lbuild.environment-max-age",
            "64 bits",
        ),
    ),
    "tool.uv": (
        (f"{UV}reinstall-package = true", "tool.uv.reinstall-package", "a boolean"),
        (f'{UV}reinstall-package = "demo"', "tool.uv.reinstall-package", "a string"),
        (f"{UV}reinstall-package = [1]", "tool.uv.reinstall-package[0]", "an integer"),
    ),
}

WRONG |= {
    path: tuple(
        (f"{table}{name} = {value}", f"{path}{where}", what) for value, where, what in ENTRIES
    )
    for table, name, path in (
        (UV, "cache-keys", "tool.uv.cache-keys"),
        (LBUILD, "extra-inputs", "tool.lbuild.extra-inputs"),
    )
}

ALONE = (
    (f'{LBUILD}ignore = ["docs", "!"]', "tool.lbuild.ignore[1]", "'!'"),
    (f'{LBUILD}cache-dir = ""', "tool.lbuild.cache-dir", ""),
    (f'{LBUILD}cache-dir = "a\\u0000b"', "tool.lbuild.cache-dir", ""),
    (f'{LBUILD}cache-dir = "~nobody-of-this-name/x"', "tool.lbuild.cache-dir", ""),
)
"""The same, each in a run of its own: what goes wrong after the file was read."""


def write_wrong(project: Path, text: str) -> Path:
    """Write a pyproject.toml with a mistake, and with a good build-system beside it."""
    good = "" if "build" in text.split("]", maxsplit=1)[0] else f"{BUILD}{GOOD}"
    # A key without a table comes first.
    parts = (good, text) if text.startswith("[") else (text, good)
    (project / "pyproject.toml").write_text("\n".join(parts), "utf-8")
    return project / "pyproject.toml"


@pytest.mark.parametrize("command", BOTH)
@pytest.mark.parametrize("section", WRONG)
@pytest.mark.usefixtures("cache")
def test_wrong_settings(
    lbuild: Lbuild, copy_project: CopyProject, section: str, command: str
) -> None:
    cases = WRONG[section]
    projects = [copy_project(NAME, folder=f"case-{index}") for index in range(len(cases))]
    for project, (text, _, _) in zip(projects, cases, strict=True):
        write_wrong(project, text)
    messages = refused_each(lbuild, command, projects)
    for project, (text, where, what), message in zip(projects, cases, messages, strict=True):
        assert message.startswith(f"{project / 'pyproject.toml'}: {where}: "), text
        assert what in message, text


@pytest.mark.parametrize("command", BOTH)
@pytest.mark.parametrize(("text", "where", "what"), ALONE, ids=[text for text, _, _ in ALONE])
@pytest.mark.usefixtures("cache")
def test_wrong_settings_of_the_right_type(
    lbuild: Lbuild, project: Path, text: str, where: str, what: str, command: str
) -> None:
    file = write_wrong(project, text)
    message = refused(lbuild, command, project, env={"LBUILD_CACHE_DIR": None})
    assert message.startswith(f"{file}: {where}: ")
    assert what in message


# backend-path ------------------------------------------------------------------------------------

NO_BACKEND_PATHS = (
    "..",
    "../other",
    "backend/../..",
    "{absolute}",
    "link",
    "missing",
    "notes.txt",
    "a\\u0000b",
)


@pytest.mark.parametrize("command", BOTH)
@pytest.mark.usefixtures("cache")
def test_backend_path(lbuild: Lbuild, copy_project: CopyProject, command: str) -> None:
    projects = []
    for index, path in enumerate(NO_BACKEND_PATHS):
        project = copy_project(NAME, folder=f"case-{index}")
        (project.parent / "other").mkdir()
        (project / "link").symlink_to(project.parent / "other")
        wrong = path.format(absolute=(project / "backend").as_posix())
        replace(project / "pyproject.toml", '["backend"]', f'["backend", "{wrong}"]')
        projects.append(project)
    for project, message in zip(projects, refused_each(lbuild, command, projects), strict=True):
        assert message.startswith(f"{project / 'pyproject.toml'}: build-system.backend-path[1]: ")


# Backends ----------------------------------------------------------------------------------------


def write_backend(project: Path, text: str) -> None:
    (project / "backend" / "backend.py").write_text(text)


def failed(lbuild: Lbuild, project: Path) -> str:
    """Run ``wheel`` on a project whose backend fails; return the message."""
    result = lbuild("wheel", project, returncode=1)
    assert not (project / "dist").exists()
    return the_error(result)


NOT_IMPORTED = {
    "no such module": ("", "nowhere"),
    "no such object": ("x = 1\n", "backend:missing"),
    "a module that it lacks": ("import nowhere_at_all\n", "backend"),
    "no Python": ("def build_wheel(:\n", "backend"),
    "an error at import": ("raise RuntimeError('at import')\n", "backend"),
}


@pytest.mark.parametrize(("text", "backend"), NOT_IMPORTED.values(), ids=NOT_IMPORTED)
@pytest.mark.usefixtures("cache")
def test_a_backend_that_cannot_be_imported(
    lbuild: Lbuild, project: Path, text: str, backend: str
) -> None:
    write_backend(project, text)
    replace(project / "pyproject.toml", '= "backend"', f'= "{backend}"')
    message = failed(lbuild, project)
    assert backend in message
    assert "pyproject.toml" in message or "failed; see its output" in message


@pytest.mark.parametrize("text", ["", "build_wheel = None\n", "class build_wheel: pass\n"])
@pytest.mark.usefixtures("cache")
def test_a_backend_without_the_hook(lbuild: Lbuild, project: Path, text: str) -> None:
    write_backend(project, text)
    assert "build_wheel" in failed(lbuild, project)


@pytest.mark.usefixtures("cache")
def test_a_backend_that_raises(lbuild: Lbuild, project: Path) -> None:
    when_building(project, "print('some words')\nraise ValueError('no wheel today')")
    result = lbuild("wheel", project, returncode=1)
    assert "some words\n" in result.stderr
    assert "ValueError: no wheel today\n" in result.stderr
    assert "build_wheel" in the_error(result)
    loud = lbuild("wheel", "-v", project, returncode=1)
    assert loud.stderr.count("ValueError: no wheel today\n") == 1


@pytest.mark.usefixtures("cache")
def test_a_name_that_would_break_a_message(lbuild: Lbuild, project: Path) -> None:
    """What a backend makes of a wrong name is its business; lbuild calls the project otherwise."""
    replace(project / "pyproject.toml", '"demo"', '"a\\nerror: b. C."')
    when_building(project, "raise ValueError('no such name')")
    assert failed(lbuild, project).startswith(f"{NAME}: ")


@pytest.mark.quick(every=2)
@pytest.mark.parametrize(
    "code",
    [
        "sys.exit(0)",
        "sys.exit(3)",
        "os._exit(0)",
        "os._exit(3)",
        "os.kill(os.getpid(), 9)",
        "raise KeyboardInterrupt",
        "os.write(1, 'é'.encode('latin-1')); os.write(2, b'\\xff\\0'); os._exit(1)",
    ],
)
@pytest.mark.usefixtures("cache")
def test_a_backend_that_exits(lbuild: Lbuild, project: Path, code: str) -> None:
    when_building(project, code)
    assert "build_wheel" in failed(lbuild, project)


VALID = "Metadata-Version: 2.1\\nName: demo\\nVersion: 0.1.0\\n"
BUILD_WHEEL = """\
import os, pathlib, shutil, zipfile
METADATA = "demo-0.1.0.dist-info/METADATA"

def build_wheel(folder, settings=None, metadata=None):
    def make(name, members):
        with zipfile.ZipFile(pathlib.Path(folder, name), "w") as archive:
            for member, text in members:
                archive.writestr(member, text)
        return name
    {body}
"""

RETURNED = {
    "nothing": "pass",
    "a number": "return 3",
    "a list": "return ['demo-0.1.0-py3-none-any.whl']",
    "a table": "return {'wheel': 1}",
    "an empty name": "return ''",
    "a dot": "return '.'",
    "what JSON cannot hold": "return {1, 2}",
    "a path object": f"return pathlib.Path('{WHEEL}')",
    "a name without a file": f"return '{WHEEL}'",
    "a null character": "return 'demo\\0.whl'",
    "a name too long": "return 'd' * 300 + '-0.1.0-py3-none-any.whl'",
    "half a surrogate pair": "return 'demo\\udcff-0.1.0-py3-none-any.whl'",
    "a folder": f"os.mkdir(os.path.join(folder, '{WHEEL}')); return '{WHEEL}'",
    "no wheel's name": f"return make('demo.zip', [(METADATA, '{VALID}')])",
    "a bad name of a wheel": f"return make('demo-0.1.0.whl', [(METADATA, '{VALID}')])",
    "an absolute path out of the folder": (
        f"make('../{WHEEL}', [(METADATA, '{VALID}')])\n"
        f"    return os.path.join(os.path.dirname(folder), '{WHEEL}')"
    ),
    "a path out of the folder": (
        f"make('../{WHEEL}', [(METADATA, '{VALID}')]); return '../{WHEEL}'"
    ),
    "a path that comes back": (
        f"make('{WHEEL}', [(METADATA, '{VALID}')])\n"
        f"    return '../' + os.path.basename(folder) + '/{WHEEL}'"
    ),
    "a link out of the folder": (
        f"make('{WHEEL}', [(METADATA, '{VALID}')])\n"
        f"    os.rename(os.path.join(folder, '{WHEEL}'), 'outside.whl')\n"
        f"    os.symlink(os.path.abspath('outside.whl'), os.path.join(folder, '{WHEEL}'))\n"
        f"    return '{WHEEL}'"
    ),
    "another name than the file's": (
        f"make('{WHEEL}', [(METADATA, '{VALID}')]); return 'demo-0.2.0-py3-none-any.whl'"
    ),
    "an empty file": f"open(os.path.join(folder, '{WHEEL}'), 'w'); return '{WHEEL}'",
    "no zip file": f"open(os.path.join(folder, '{WHEEL}'), 'w').write('x'); return '{WHEEL}'",
    "half a zip file": (
        f"make('{WHEEL}', [(METADATA, '{VALID}')])\n"
        f"    os.truncate(os.path.join(folder, '{WHEEL}'), 60)\n"
        f"    return '{WHEEL}'"
    ),
    "a damaged member": (
        f"make('{WHEEL}', [(METADATA, '{VALID}')])\n"
        f"    file = pathlib.Path(folder, '{WHEEL}')\n"
        "    file.write_bytes(file.read_bytes().replace(b'Version: 0', b'Version: 1'))\n"
        f"    return '{WHEEL}'"
    ),
    "no metadata": f"return make('{WHEEL}', [('demo.py', '')])",
    "two of metadata": (
        f"return make('{WHEEL}', [(METADATA, '{VALID}'), ('x.dist-info/METADATA', '{VALID}')])"
    ),
    "metadata of nothing": f"return make('{WHEEL}', [(METADATA, '')])",
    "metadata that are no text": f"return make('{WHEEL}', [(METADATA, bytes(range(256)))])",
    "metadata of another name": (
        f"return make('{WHEEL}', [(METADATA, '{VALID}'.replace('demo', 'other'))])"
    ),
    "metadata of another version": (
        f"return make('{WHEEL}', [(METADATA, '{VALID}'.replace('0.1.0', '0.2.0'))])"
    ),
    "metadata without a version": (
        f"return make('{WHEEL}', [(METADATA, '{VALID}'.replace('0.1.0', 'new'))])"
    ),
}


@pytest.mark.quick(every=8)
@pytest.mark.parametrize("body", RETURNED.values(), ids=RETURNED)
@pytest.mark.usefixtures("cache")
def test_what_build_wheel_returns(lbuild: Lbuild, project: Path, body: str) -> None:
    write_backend(project, BUILD_WHEEL.replace("{body}", body))
    message = failed(lbuild, project)
    assert message.startswith("demo: ")
    assert "build_wheel" in message


def test_the_frame_of_those_backends_is_right(lbuild: Lbuild, project: Path) -> None:
    body = f"return make('{WHEEL}', [(METADATA, '{VALID}')])"
    write_backend(project, BUILD_WHEEL.replace("{body}", body))
    assert lbuild("wheel", project).stdout == f"{project / 'dist' / WHEEL}\n"


@pytest.mark.quick(every=5)
@pytest.mark.parametrize("options", [(), ("--no-isolation",)])
@pytest.mark.parametrize(
    "value",
    ["None", "'setuptools'", "[1]", "{'a': 1}", "['no good!!']", "['']", "['a;' + '(' * 999]"],
)
@pytest.mark.usefixtures("cache")
def test_what_get_requires_returns(
    lbuild: Lbuild, project: Path, value: str, options: tuple[str, ...]
) -> None:
    with (project / "backend" / "backend.py").open("a") as file:
        file.write(f"\n\ndef get_requires_for_build_wheel(settings=None):\n    return {value}\n")
    message = the_error(lbuild("wheel", *options, project, returncode=1))
    assert "get_requires_for_build_wheel" in message


OFFLINE = {"UV_OFFLINE": "1", "UV_NO_INDEX": "1", "PIP_NO_INDEX": "1", "UV_FIND_LINKS": None}


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "requires",
    [
        ["not-to-be-found-anywhere"],
        ["not-to-be-found>=2", "not-to-be-found<2"],
        ["gone @ file:///nowhere/gone-1.0-py3-none-any.whl"],
        ["gone[extra] @ file:///nowhere/at/all"],
    ],
)
@pytest.mark.usefixtures("cache")
def test_requirements_that_do_not_resolve(
    lbuild: Lbuild, project: Path, requires: list[str]
) -> None:
    replace(project / "pyproject.toml", "requires = []", f"requires = {requires}")
    result = lbuild("wheel", project, returncode=1, env=OFFLINE)
    message = the_error(result)
    assert "build-system.requires in pyproject.toml" in message
    assert all(text in message for text in requires)
    lbuild("status", project)


@pytest.mark.usefixtures("cache")
def test_a_password_in_the_index_is_not_told(lbuild: Lbuild, project: Path) -> None:
    replace(project / "pyproject.toml", "requires = []", 'requires = ["not-to-be-found"]')
    index = "http://ada:hunter2@127.0.0.1:9/simple"
    variables = {"UV_DEFAULT_INDEX": index, "UV_HTTP_RETRIES": "0", "PIP_INDEX_URL": index}
    for options in ((), ("-v",)):
        result = lbuild("wheel", *options, project, returncode=1, env=variables)
        assert "127.0.0.1" in result.stderr
        assert "hunter2" not in result.stderr


# Interpreters ------------------------------------------------------------------------------------

OLD = """\
{"implementation": "cpython", "version": [3, 7, 1], "identity": "CPython 3.7", "search_path": []}\
"""
NO_INTERPRETERS = {
    "fails": "exit 3",
    "says nothing": "exit 0",
    "says something else": "echo Hello",
    "says a number": "echo 3",
    "says an array": "echo [1]",
    "says an empty table": "echo {}",
    "says half of it": 'echo \'{"implementation": "cpython"}\'',
    "is too old": f"echo '{OLD}'",
    "is another implementation": f"echo '{OLD}' | sed 's/cpython/pypy/; s/7/11/'",
    "is killed": "kill -9 $$",
}


@pytest.mark.parametrize("script", NO_INTERPRETERS.values(), ids=NO_INTERPRETERS)
@pytest.mark.usefixtures("cache")
def test_no_interpreter(lbuild: Lbuild, project: Path, tmp_path: Path, script: str) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    assert str(python) in refused(lbuild, "wheel", "--python", python, project)


@pytest.mark.parametrize("what", ["missing", "a folder", "no program", "no format", "no name", ""])
@pytest.mark.usefixtures("cache")
def test_nothing_to_run(lbuild: Lbuild, project: Path, tmp_path: Path, what: str) -> None:
    place = tmp_path / "python"
    if what == "a folder":
        place.mkdir()
    elif what in ("no program", "no format"):
        place.write_bytes(b"\x7fELF")
        place.chmod(0o755 if what == "no format" else 0o644)
    named = what if what in ("no name", "") else str(place)
    for command in BOTH:
        assert named in refused(lbuild, command, "--python", named, project)


# Folders that cannot be written ------------------------------------------------------------------


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder in which nothing can be made."""
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(0o500)
    yield folder
    folder.chmod(0o700)


@pytest.mark.parametrize("below", ["", "a/b"])
@pytest.mark.usefixtures("cache")
def test_an_out_dir_that_may_not_be_written(
    lbuild: Lbuild, project: Path, closed: Path, below: str
) -> None:
    result = unprivileged.run(lbuild, "wheel", "-o", closed / below, project)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    message = the_error(result)
    assert str(closed / below) in message
    assert "--out-dir" in message


@pytest.mark.parametrize("what", ["a file", "below a file", "a dangling link"])
@pytest.mark.usefixtures("cache")
def test_an_out_dir_that_is_none(lbuild: Lbuild, project: Path, tmp_path: Path, what: str) -> None:
    place = tmp_path / "out"
    if what == "a dangling link":
        place.symlink_to("missing")
    else:
        place.touch()
    folder = place / "below" if what == "below a file" else place
    message = refused(lbuild, "wheel", "-o", folder, project)
    assert str(folder) in message
    assert "--out-dir" in message


def test_a_folder_in_the_place_of_the_wheel(lbuild: Lbuild, project: Path) -> None:
    (project / "dist" / WHEEL).mkdir(parents=True)
    assert str(project / "dist" / WHEEL) in refused(lbuild, "wheel", project)


@pytest.mark.quick("option-", "variable-a/b")
@pytest.mark.parametrize("below", ["", "a/b"])
@pytest.mark.parametrize("named_by", ["option", "variable", "setting"])
@pytest.mark.usefixtures("cache")
def test_a_cache_folder_that_may_not_be_written(
    lbuild: Lbuild, project: Path, closed: Path, below: str, named_by: str
) -> None:
    folder, options, variable = closed / below, [], None
    match named_by:
        case "option":
            options = ["--cache-dir", str(folder)]
        case "variable":
            variable = str(folder)
        case _:
            configure(project, f'[tool.lbuild]\ncache-dir = "{folder.as_posix()}"')
    result = unprivileged.run(lbuild, "wheel", *options, project, LBUILD_CACHE_DIR=variable)
    first, *others = result.stderr.splitlines()
    assert str(folder) in first
    if below:  # there is nothing to read, and nothing can be made
        assert result.returncode == 2
        assert others == []
        assert "--cache-dir" in the_error(result)
    else:
        assert result.returncode == 0
        assert first.startswith("warning: ")
        assert "--cache-mode read-only" in first
        assert [line.split(",")[0].split(" in ")[0] for line in others] == ["demo 0.1.0: built"]
    # To look needs no permission to write.
    looked = unprivileged.run(lbuild, "status", *options, project, LBUILD_CACHE_DIR=variable)
    assert (looked.returncode, looked.stderr) == (0, "")


@pytest.mark.parametrize("command", BOTH)
@pytest.mark.usefixtures("cache")
def test_a_cache_folder_that_may_not_be_read(
    lbuild: Lbuild, project: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "secret").mkdir(mode=0)
    result = unprivileged.run(lbuild, command, "--cache-dir", tmp_path / "secret", project)
    (tmp_path / "secret").chmod(0o700)
    assert result.returncode == 2
    assert str(tmp_path / "secret") in the_error(result)


@pytest.mark.parametrize("command", BOTH)
@pytest.mark.parametrize("what", ["a file", "below a file", "a dangling link"])
@pytest.mark.usefixtures("cache")
def test_a_cache_folder_that_is_none(
    lbuild: Lbuild, project: Path, tmp_path: Path, command: str, what: str
) -> None:
    place = tmp_path / "named"
    if what == "a dangling link" and command == "wheel":
        place.symlink_to("missing")
    else:
        place.touch()
    folder = place / "below" if what == "below a file" else place
    message = refused(lbuild, command, "--cache-dir", folder, project)
    assert str(folder) in message
    assert "--cache-dir" in message


@pytest.mark.parametrize("command", BOTH)
@pytest.mark.usefixtures("cache")
def test_a_cache_folder_of_somebody_else(
    lbuild: Lbuild, project: Path, tmp_path: Path, command: str
) -> None:
    if os.geteuid() == 0:
        folder = tmp_path / "theirs"
        folder.mkdir()
        os.chown(folder, 65534, 65534)
    else:
        folder = Path(tmp_path.anchor)  # The root of a file system is root's.
    before = sorted(folder.iterdir())
    message = refused(lbuild, command, "--cache-dir", folder, project)
    assert message.startswith(f"{folder}: ")
    assert "another user" in message
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("place", [".", "src", "src/.."])
def test_a_cache_folder_among_the_sources(lbuild: Lbuild, project: Path, place: str) -> None:
    """Refused, or used like any other: but never a reason to build, nor an end of reasons."""
    options = ("--cache-dir", place)
    first = lbuild("wheel", *options, cwd=project, returncode=None)
    if first.returncode == 2:
        assert "--cache-dir" in the_error(first)
        return
    assert "reused" in lbuild("wheel", *options, cwd=project).stderr
    replace(project / CORE, "42", "43")
    assert "built in" in lbuild("wheel", *options, cwd=project).stderr


# Nothing yet -------------------------------------------------------------------------------------


def test_a_failure_fills_no_cache(lbuild: Lbuild, project: Path) -> None:
    """Where there is none yet, a failure leaves no result there, and no out-dir."""
    configure(project, "[tool.lbuild]\ninputs = 1")
    lbuild("wheel", project, returncode=2)
    assert content(lbuild.cache) == {}
    replace(project / "pyproject.toml", "inputs = 1", "inputs = 'tree'")
    when_building(project, "raise ValueError('no wheel today')")
    lbuild("wheel", project, returncode=1)
    kept = {path.name for path in lbuild.cache.iterdir()}
    assert kept <= {"CACHEDIR.TAG", "README", "secret", "locks-v1", "environments-v1", "logs-v1"}
    assert not (project / "dist").exists()
    [error] = lbuild("wheel", "--json", project, returncode=1).json
    log = Path(error["error"]["log"])
    assert log.parent == lbuild.cache / "logs-v1"
    assert log.stat().st_mode & 0o077 == 0
    lbuild("cache", "verify")
    assert "no wheel today" in log.read_text()
