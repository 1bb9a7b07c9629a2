"""Build environments: isolated ones of each interpreter, kept ones, and the interpreter's own."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lbuild_frontend.cache.folder import open_store, prepared
from lbuild_frontend.environments import installer
from lbuild_frontend.environments import isolated as isolated_environments
from lbuild_frontend.environments.base import Environment, Environments
from lbuild_frontend.environments.interpreter import Interpreter, find
from lbuild_frontend.environments.no_isolation import OwnEnvironment
from lbuild_frontend.errors import BuildFailed, LbuildError
from support import interpreters
from support.interpreters import EACH_INTERPRETER
from support.recording_reporter import RecordingReporter
from support.wheels_and_index import Index, make_wheel

INSTALLED = interpreters.installed()
VERSIONS = list(INSTALLED)

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
        return isolated_environments.opened(
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


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return Opened(tmp_path / "cache")


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


# Isolated


def test_no_temporary_environment_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: Opened
) -> None:
    """Which has nothing to do with the cache."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(LbuildError, match=f"build environment: {tmp_path}/gone/lbuild-env-.*: No"):
        opened.provide("plugin @ file:///home/ada/plugin")


@EACH_INTERPRETER
def test_an_isolated_environment_of_each_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: Opened, index: Index, version: str
) -> None:
    index.add("plugin")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "leaked.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "elsewhere"))
    with opened(version) as environments:
        around = environments.provide([])
        python = Path(around.python_executable)
        told = run(around, "import sys; print('%d.%d' % sys.version_info[:2], sys.prefix)")
        assert told.split()[0] == version
        assert python.is_relative_to(Path(told.split()[1]))
        assert run(around, "import shutil; print(shutil.which('python'))") == str(python)
        for name in ("plugin", "leaked", "hypothesis"):
            found = f"import importlib.util as u; print(u.find_spec({name!r}))"
            assert run(around, found) == "None", name
        around = environments.provide(["plugin"])
        assert run(around, "import plugin; print(plugin.name)") == "plugin"
        assert around.python_executable != str(python)
    made = opened.folders
    with opened(version) as environments:
        assert environments.provide(["plugin"]) == around
        assert environments.provide([]).python_executable == str(python)
    assert opened.folders == made
    assert len(made) == 2


@EACH_INTERPRETER
def test_markers_are_those_of_the_environment(opened: Opened, index: Index, version: str) -> None:
    index.add("plugin")
    index.add("other")
    with opened(version) as environments:
        around = environments.provide(
            [f"plugin ; python_version == '{version}'", f"other ; python_version != '{version}'"]
        )
        found = "import importlib.util as u; print([bool(u.find_spec(n)) for n in {}])"
        assert run(around, found.format(["plugin", "other"])) == "[True, False]"


@EACH_INTERPRETER
def test_requirements_that_cannot_be_installed(opened: Opened, index: Index, version: str) -> None:
    with opened(version) as environments, pytest.raises(BuildFailed) as caught:
        environments.provide(["plugin"])
    assert index.asked
    assert str(caught.value) == (
        "demo: the build requirements could not be installed: plugin. "
        "Check build-system.requires in pyproject.toml, and the network."
    )
    assert "plugin" in caught.value.output
    assert opened.folders == set()


def test_an_environment_that_cannot_be_made(tmp_path: Path, opened: Opened) -> None:
    gone = Interpreter(str(tmp_path / "gone"), "CPython", is_own=False)
    with (
        pytest.raises(LbuildError, match=r"^demo: no build environment could be made: "),
        opened.of(gone) as environments,
    ):
        environments.provide([])
    assert opened.folders == set()


@pytest.mark.quick(VERSIONS[0], VERSIONS[-1])
@EACH_INTERPRETER
def test_with_pip(
    opened: Opened, index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str
) -> None:
    index.add("plugin")
    monkeypatch.delenv("UV_DEFAULT_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", index.url)
    monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path / "pip-cache"))
    for _ in range(2):
        with opened(version) as environments:
            around = environments.provide(["plugin"])
            [installer] = site(around).glob("plugin-*.dist-info/INSTALLER")
            assert installer.read_text("utf-8").strip() == "pip"
    assert len(opened.folders) == 1


# Kept


def test_requirements_in_another_order_are_the_same(opened: Opened, index: Index) -> None:
    index.add("plugin")
    index.add("other")
    around = opened.provide("plugin", "other")
    asked = len(index.asked)
    assert opened.provide("other", "plugin", "other") == around
    assert len(index.asked) == asked
    assert opened.told.progress_lines == ["demo: preparing the build environment"]


def test_what_resolves_to_the_same_shares_one(opened: Opened, index: Index) -> None:
    index.add("plugin", "helper")
    index.add("helper")
    around = opened.provide("plugin")
    assert opened.provide("plugin>=1") == around
    assert opened.provide("plugin", "helper") == around
    assert opened.provide("plugin", max_age=0) == around
    assert len(opened.folders) == 1
    index.add("plugin", version="2.0")
    assert opened.provide("plugin<2") == around
    assert version(opened.provide("plugin>=2")) == "2.0"
    assert len(opened.folders) == 2


def test_another_file_of_the_same_version_is_another_environment(
    opened: Opened, index: Index
) -> None:
    index.add("plugin")
    around = opened.provide("plugin")
    index.add("plugin", "helper")
    index.add("helper")
    shutil.rmtree(os.environ["UV_CACHE_DIR"])
    assert opened.provide("plugin", max_age=0) != around


def test_resolved_anew_when_too_old(opened: Opened, index: Index) -> None:
    index.add("plugin")
    old = opened.provide("plugin")
    index.add("plugin", version="2.0")
    assert opened.provide("plugin") == old
    new = opened.provide("plugin", max_age=0)
    assert (version(old), version(new)) == ("1.0", "2.0")
    assert opened.provide("plugin") == new


def test_a_clock_that_was_set_back(opened: Opened, index: Index) -> None:
    index.add("plugin")
    opened.provide("plugin")
    index.add("plugin", version="2.0")
    [record] = (opened.cache / "environments-v1" / "requests").iterdir()
    rewrite(record, lambda fields: fields.update(resolved_at=time.time() + DAY))
    assert version(opened.provide("plugin")) == "2.0"


def rewrite(path: Path, change: Callable[[dict[str, object]], None]) -> None:
    from lbuild_frontend.cache.sealed import seal, unseal

    fields = unseal(path.read_bytes())
    change(fields)
    path.write_bytes(seal(fields))


def test_without_a_network_the_old_one_serves(opened: Opened, index: Index) -> None:
    index.add("plugin")
    old = opened.provide("plugin")
    [record] = (opened.cache / "environments-v1" / "requests").iterdir()
    rewrite(record, lambda fields: fields.update(resolved_at=time.time() - 3 * DAY))
    index.broken = True
    assert opened.provide("plugin") == old
    [note] = opened.told.notes
    assert note.startswith(
        "warning: demo: the build requirements could not be resolved anew, so that the environment "
        "of 3 days ago serves ("
    )
    assert len(opened.folders) == 1
    (site(old) / "plugin.py").write_text("name = version = 'edited'\n")
    with pytest.raises(BuildFailed):
        opened.provide("plugin")


@pytest.mark.parametrize(
    ("name", "value"),
    [("UV_OFFLINE", "1"), ("HTTPS_PROXY", "http://127.0.0.1:9"), ("UV_CACHE_DIR", "elsewhere")],
)
def test_variables_that_change_nothing_of_what_is_installed(
    opened: Opened, index: Index, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    index.add("plugin")
    around = opened.provide("plugin")
    index.broken = True
    monkeypatch.setenv(name, value)
    assert opened.provide("plugin") == around
    assert opened.told.notes == []


def edit(folder: Path) -> None:
    (folder / "plugin.py").write_text("name = version = 'edited'\n")


def edit_with_the_old_size(folder: Path) -> None:
    text = (folder / "plugin.py").read_text()
    (folder / "plugin.py").write_text(text.replace("1.0", "6.6"))


def add(folder: Path) -> None:
    (folder / "added.pth").write_text("import sys")


def add_a_folder(folder: Path) -> None:
    (folder / "added").mkdir()


def remove(folder: Path) -> None:
    (folder / "plugin.py").unlink()


def rename(folder: Path) -> None:
    (folder / "plugin.py").rename(folder / "renamed.py")


def put_a_link(folder: Path) -> None:
    (folder / "plugin.py").rename(folder.parent / "elsewhere.py")
    (folder / "plugin.py").symlink_to(folder.parent / "elsewhere.py")


def remove_half(folder: Path) -> None:
    shutil.rmtree(folder)


def remove_all(folder: Path) -> None:
    shutil.rmtree(folder.parents[4])


@pytest.mark.parametrize(
    "damage",
    [
        add,
        add_a_folder,
        edit,
        edit_with_the_old_size,
        put_a_link,
        remove,
        remove_all,
        remove_half,
        rename,
    ],
)
def test_what_is_not_as_it_was_is_not_used(
    opened: Opened, index: Index, damage: Callable[[Path], None]
) -> None:
    index.add("plugin")
    damaged = opened.provide("plugin")
    damage(site(damaged))
    around = opened.provide("plugin")
    assert around != damaged
    assert version(around) == "1.0"
    assert {path.name for path in site(around).iterdir()} - {"__pycache__"} == {
        *("_virtualenv.py", "_virtualenv.pth", "plugin.py", "plugin-1.0.dist-info")
    } & {path.name for path in site(around).iterdir()}
    assert opened.provide("plugin") == around


def test_bytecode_and_looking_change_nothing(opened: Opened, index: Index) -> None:
    index.add("plugin")
    around = opened.provide("plugin")
    assert version(around) == "1.0"
    assert (site(around) / "__pycache__").is_dir()
    assert opened.provide("plugin") == around


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def make_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def lead_out(path: Path) -> None:
    rewrite(path, lambda fields: fields.update(python="../../env/bin/python", environment="../x"))


def raise_the_schema(path: Path) -> None:
    rewrite(path, lambda fields: fields.update(schema=99))


def make_a_list(path: Path) -> None:
    from lbuild_frontend.cache.sealed import seal

    path.write_bytes(seal([1]))


def mistype(path: Path) -> None:
    rewrite(path, lambda fields: fields.update({n: [1] for n in fields if n != "schema"}))


@pytest.mark.parametrize("kind", ["records", "requests"])
@pytest.mark.parametrize(
    "damage",
    [
        Path.unlink,
        empty,
        lead_out,
        make_a_folder,
        make_a_list,
        mistype,
        raise_the_schema,
        truncate,
    ],
)
def test_damaged_records_count_as_none(
    opened: Opened, index: Index, kind: str, damage: Callable[[Path], None]
) -> None:
    index.add("plugin")
    opened.provide("plugin")
    [record] = (opened.cache / "environments-v1" / kind).iterdir()
    damage(record)
    around = opened.provide("plugin")
    assert version(around) == "1.0"
    assert opened.provide("plugin") == around


def test_a_cache_that_was_moved_has_no_environments(
    tmp_path: Path, opened: Opened, index: Index
) -> None:
    index.add("plugin")
    opened.provide("plugin")
    shutil.move(opened.cache, tmp_path / "moved")
    around = Opened(tmp_path / "moved").provide("plugin")
    scripts = list((tmp_path / "moved" / "environments-v1").glob("env-*/*/bin/plugin"))
    assert len(scripts) == 2
    beside = Path(around.python_executable).with_name("plugin")
    assert around.python_executable in beside.read_text("utf-8")


def test_no_value_of_a_variable_is_kept(
    opened: Opened, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add("plugin")
    with_password = index.url.replace("http://", "http://ada:hunter2@")
    monkeypatch.setenv("UV_DEFAULT_INDEX", with_password)
    opened.provide("plugin")
    for path in (opened.cache / "environments-v1").rglob("*"):
        assert not path.is_file() or b"hunter2" not in path.read_bytes(), path


# What steers the installer


def in_folder(file: str) -> Callable[[Path, pytest.MonkeyPatch], Path]:
    """A file at this place below the folder of the test, which the installer finds by itself."""
    return lambda folder, _: folder / file


def named_by(variable: str) -> Callable[[Path, pytest.MonkeyPatch], Path]:
    """A file that a variable names, relative to the current folder."""

    def place(folder: Path, patch: pytest.MonkeyPatch) -> Path:
        name = "constraints.txt" if variable.endswith("CONSTRAINT") else "settings.toml"
        patch.setenv(variable, name)
        path = folder / "here" / "below" / name
        path.touch()
        return path

    return place


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with the homes and the systems of nobody."""
    folder = tmp_path / "elsewhere"
    (folder / "here" / "below").mkdir(parents=True)
    monkeypatch.chdir(folder / "here" / "below")
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(folder / "system"))
    return folder


LOWEST = 'resolution = "lowest"\n'


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (in_folder("config/uv/uv.toml"), LOWEST),
        (in_folder("system/uv/uv.toml"), LOWEST),
        (in_folder("here/below/uv.toml"), LOWEST),
        (in_folder("here/uv.toml"), LOWEST),
        (in_folder("here/pyproject.toml"), f"[tool.uv]\n{LOWEST}"),
        (named_by("UV_CONFIG_FILE"), LOWEST),
        (named_by("UV_CONSTRAINT"), "plugin<2"),
    ],
)
def test_what_uv_reads_counts(
    opened: Opened,
    index: Index,
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: Callable[[Path, pytest.MonkeyPatch], Path],
    text: str,
) -> None:
    index.add("plugin")
    index.add("plugin", version="2.0")
    path = place(elsewhere, monkeypatch)
    assert version(opened.provide("plugin")) == "2.0"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert version(opened.provide("plugin")) == "1.0"


PRE = "[install]\npre = yes\n"


@pytest.mark.quick(every=2)
@pytest.mark.parametrize(
    ("place", "text"),
    [
        (in_folder("config/pip/pip.conf"), PRE),
        (in_folder("system/pip/pip.conf"), PRE),
        (in_folder("home/.pip/pip.conf"), PRE),
        (named_by("PIP_CONFIG_FILE"), PRE),
        (named_by("PIP_CONSTRAINT"), "plugin==2.0rc1"),
    ],
)
def test_what_pip_reads_counts(
    opened: Opened,
    index: Index,
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: Callable[[Path, pytest.MonkeyPatch], Path],
    text: str,
) -> None:
    index.add("plugin")
    index.add("plugin", version="2.0rc1")
    monkeypatch.delenv("UV_DEFAULT_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", index.url)
    path = place(elsewhere, monkeypatch)
    assert version(opened.provide("plugin")) == "1.0"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert version(opened.provide("plugin")) == "2.0rc1"


def test_the_files_that_pip_lists_are_those_that_count(elsewhere: Path) -> None:
    interpreter = find(None)
    debug = [sys.executable, "-m", "pip", "config", "debug"]
    told = subprocess.run(debug, check=True, capture_output=True, text=True).stdout
    listed = re.findall(r"^  (/.*), exists:", told, re.MULTILINE)
    assert len(listed) >= 4
    for name in listed:
        if Path(name).is_relative_to(elsewhere):
            before = installer.steering(None, interpreter, os.environ, Path.cwd())
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).touch()
            assert installer.steering(None, interpreter, os.environ, Path.cwd()) != before, name


def test_wheels_that_come_to_a_folder_count(
    tmp_path: Path, opened: Opened, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheel(tmp_path / "wheels", "plugin")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.delenv("UV_DEFAULT_INDEX")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    assert version(opened.provide("plugin")) == "1.0"
    make_wheel(tmp_path / "wheels", "plugin", version="2.0")
    assert version(opened.provide("plugin")) == "2.0"
    assert index.asked == []


def test_settings_that_do_not_steer_uv_do_not_count(
    opened: Opened, index: Index, elsewhere: Path
) -> None:
    index.add("plugin")
    around = opened.provide("plugin")
    index.broken = True
    for text in ("[project]\nname = 'uv'", "[tool.uv]\ncache-keys = []\n", "[tool]\nuv = 1"):
        (elsewhere / "here" / "pyproject.toml").write_text(text)
        assert opened.provide("plugin") == around
    assert opened.told.notes == []


def test_settings_of_uv_that_python_does_not_write_out(elsewhere: Path) -> None:
    """It refuses to, for very long integers; and it runs out of stack for deep arrays."""
    uv, interpreter = installer.uv({}), find(None)
    told = set()
    for value in ("0x" + "f" * 9_000, "9" * 9_000, "[" * 390 + "]" * 390, "[" * 9_000):
        (elsewhere / "here" / "pyproject.toml").write_text(f"[tool.uv]\nx = {value}\n")
        told.add(repr(installer.steering(uv, interpreter, os.environ, Path.cwd())))
    assert len(told) == 4


# From this machine


@EACH_INTERPRETER
def test_what_lies_on_this_machine_is_not_kept(
    tmp_path: Path, opened: Opened, index: Index, version: str
) -> None:
    requirement = a_place(tmp_path, "plugin")
    with opened(version) as environments:
        around = environments.provide([requirement])
        python = Path(around.python_executable)
        assert run(around, "import plugin; print(plugin.name)") == "plugin"
    assert index.asked == []
    assert not python.exists()
    assert opened.folders == set()


def test_what_a_constraint_takes_from_this_machine_is_not_kept(
    tmp_path: Path, opened: Opened, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "constraints.txt").write_text(a_place(tmp_path, "plugin") + "\n")
    monkeypatch.setenv("UV_CONSTRAINT", str(tmp_path / "constraints.txt"))
    with opened() as environments:
        around = environments.provide(["plugin"])
        assert version(around) == "1.0"
        assert not environments.has_changed(around)
        assert index.asked == []
    assert not Path(around.python_executable).exists()
    assert opened.folders == set()


@pytest.mark.parametrize(
    ("requirement", "kept"),
    [
        ("plugin", True),
        ("plugin[extra]>=1; python_version > '3'", True),
        ("plugin @ https://example.org/plugin-1.0-py3-none-any.whl", True),
        ("plugin @ git+https://ada@example.org/plugin@v1#subdirectory=x", True),
        ("plugin @ git+ssh://git@example.org/plugin", True),
        ("plugin @ file:///home/ada/plugin", False),
        ("plugin@file:///home/ada/plugin", False),
        ("plugin @ FILE:///home/ada/plugin", False),
        ("plugin @ git+file:///home/ada/plugin", False),
        ("plugin @ ${PLUGIN}", False),
        ("plugin @ https://${HOST}/plugin-1.0-py3-none-any.whl", False),
        ("plugin @ ./plugin", False),
    ],
)
def test_which_requirements_may_name_a_place(requirement: str, kept: bool) -> None:
    assert isolated_environments.may_be_local(requirement) is not kept


# Without isolation


def with_installed(folder: Path) -> Interpreter:
    """The interpreter of an environment that holds the wheels of this folder."""
    venv.create(folder / "env")
    [site] = (folder / "env").glob("lib/*/site-packages")
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)
    return find(str(folder / "env" / "bin" / "python"))


def test_without_isolation_nothing_is_installed(tmp_path: Path) -> None:
    make_wheel(tmp_path, "plugin", "helper>=0.5")
    make_wheel(tmp_path, "helper")
    interpreter = with_installed(tmp_path)
    before = sys.path[:]
    own = OwnEnvironment(interpreter, "demo")
    for requirements in (["plugin==1.0", "helper>5; python_version < '3'", "PLUGIN"], []):
        assert own.provide(requirements) == Environment(interpreter.executable, {}, "")
    assert sys.path == before


@pytest.mark.parametrize(
    ("requirements", "missing"),
    [
        (["plugin>=2"], "plugin>=2"),
        (["gone"], "gone"),
        (["gone", "plugin", "also-gone"], "also-gone, gone"),
        (["gone; python_version > '3'"], "gone"),
        (["plugin"], "plugin -> helper"),
        (["hypothesis"], "hypothesis"),
    ],
)
def test_without_isolation_what_is_missing_is_told(
    tmp_path: Path, requirements: list[str], missing: str
) -> None:
    make_wheel(tmp_path, "plugin", *(["helper"] if "->" in missing else []))
    interpreter = with_installed(tmp_path)
    with pytest.raises(LbuildError) as caught:
        OwnEnvironment(interpreter, "demo").provide(requirements)
    assert caught.value.exit_code == 2
    assert str(caught.value) == (
        "demo: without isolation these build requirements are missing in "
        f"{interpreter.executable}: {missing}. Install them there, or leave out --no-isolation."
    )


@EACH_INTERPRETER
def test_without_isolation_markers_are_those_of_the_interpreter(version: str) -> None:
    own = OwnEnvironment(find(INSTALLED[version]), "demo")
    own.provide([f"lbuild-has-no-such-requirement; python_version != '{version}'"])
    with pytest.raises(LbuildError, match="are missing in"):
        own.provide([f"lbuild-has-no-such-requirement; python_version == '{version}'"])
