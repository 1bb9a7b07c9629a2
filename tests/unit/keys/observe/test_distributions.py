"""States of build requirements: real environments, and hand-made ones for what is rare."""

import os
import subprocess
import sys
import textwrap
import venv
import zipfile
from pathlib import Path

import pytest

from lbuild_keys.model import State, present
from lbuild_keys.observe.distributions import observe_installed, observe_local_project
from lbuild_keys.observe.files import Digests

BACKEND = """
    import base64, hashlib, zipfile

    def build_wheel(folder, settings=None, metadata=None):
        name, info = "plugin-1.0-py3-none-any.whl", "plugin-1.0.dist-info"
        files = {
            "plugin.py": open("plugin.py").read(),
            f"{info}/METADATA": "Metadata-Version: 2.1\\nName: plugin\\nVersion: 1.0\\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\\nTag: py3-none-any\\n",
        }
        record = f"{info}/RECORD,,\\n"
        for path, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
            record += f"{path},sha256={digest.decode().rstrip('=')},{len(text)}\\n"
        with zipfile.ZipFile(f"{folder}/{name}", "w") as archive:
            for path, text in {**files, f"{info}/RECORD": record}.items():
                archive.writestr(path, text)
        return name

    build_editable = build_wheel
"""


def states(site: Path, project: Path | None = None) -> dict[str, State]:
    return observe_installed([str(site)], project or site.parent / "project", Digests())


def state(text: str, **environ: str) -> State | None:
    return observe_local_project(text, environ, Digests())


def pip(folder: Path, *arguments: str | Path) -> None:
    python = folder / "bin" / "python"
    command = [sys.executable, "-m", "uv", "pip", "install", "--no-index", f"--python={python}"]
    subprocess.run([*command, *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A project with a backend of its own."""
    folder = tmp_path / "plugin"
    folder.mkdir()
    (folder / "plugin.py").write_text("one = 1\n")
    (folder / "backend.py").write_text(textwrap.dedent(BACKEND))
    (folder / "pyproject.toml").write_text(
        "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
    )
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    folder = tmp_path / "env"
    venv.create(folder)
    return folder


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site-packages"
    folder.mkdir()
    return folder


def dist_info(site: Path, name: str, version: str = "1.0", **files: bytes | str) -> Path:
    """Put a distribution there; ``RECORD="..."`` makes that file."""
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    for file, content in {"METADATA": metadata, "RECORD": "", **files}.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / file.replace("__", ".")).write_bytes(data)
    return folder


# Installed in a real environment


def test_an_installed_wheel(plugin: Path, environment: Path) -> None:
    [site] = environment.glob("lib/*/site-packages")
    assert states(site) == {}
    pip(environment, plugin)
    before = states(site)
    assert before["plugin"].detail.startswith("1.0 (")
    assert states(site) == before

    (plugin / "plugin.py").write_text("two = 2\n")
    assert states(site) == before  # it was copied
    pip(environment, "--reinstall", plugin)
    assert states(site) != before

    (plugin / "plugin.py").write_text("one = 1\n")
    pip(environment, "--reinstall", plugin)
    assert states(site) == before


def test_an_editable_install(plugin: Path, environment: Path) -> None:
    [site] = environment.glob("lib/*/site-packages")
    pip(environment, "--editable", plugin)
    before = states(site)
    assert before["plugin"].presence == "present"
    (plugin / "plugin.py").write_text("two = 2\n")
    assert states(site) != before
    (plugin / "plugin.py").write_text("one = 1\n")
    assert states(site) == before
    (plugin / "new.py").touch()
    assert states(site) != before


def test_the_projects_own_development_install_does_not_count(
    plugin: Path, environment: Path
) -> None:
    [site] = environment.glob("lib/*/site-packages")
    pip(environment, "--editable", plugin)
    (plugin / "sub").mkdir()
    assert states(site, plugin) == states(site, plugin / "sub") == states(site, plugin.parent) == {}


# Installed, by hand


def test_version_and_record_count(site: Path) -> None:
    folder = dist_info(site, "demo", RECORD="demo.py,sha256=one,1\n")
    found = states(site)
    (folder / "RECORD").write_text("demo.py,sha256=two,1\n")
    assert states(site) != found
    (folder / "RECORD").write_text("demo.py,sha256=one,1\n")
    assert states(site) == found
    (folder / "METADATA").write_text("Name: demo\nVersion: 2.0\n")
    assert states(site)["demo"].detail.startswith("2.0 (")


def test_all_that_is_installed_counts(site: Path) -> None:
    for name in ("One_A", "two", "setuptools.scm"):
        dist_info(site, name)
    assert states(site).keys() == {"one-a", "two", "setuptools-scm"}


def test_the_first_on_the_path_counts(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        dist_info(tmp_path / str(number), "demo", f"{number}.0")
    path = [str(tmp_path / number) for number in ("missing", *"21")]
    found = observe_installed(path, tmp_path / "project", Digests())
    assert found["demo"].detail.startswith("2.0 (")


@pytest.mark.parametrize("module", ["demo.py", "demo/__init__.py"])
def test_without_a_record_the_content_counts(site: Path, module: str) -> None:
    (site / "demo.egg-info").mkdir()
    (site / "demo.egg-info" / "PKG-INFO").write_text("Name: demo\nVersion: 1.0\n")
    (site / "demo.egg-info" / "top_level.txt").write_text("demo\n")
    (site / module).parent.mkdir(exist_ok=True)
    (site / module).write_text("one = 1\n")
    before = states(site)
    assert before["demo"].detail.startswith("1.0 (")
    (site / module).write_text("two = 2\n")
    assert states(site) != before


ODD = {
    "record": {"RECORD": b"\xff\n"},
    "metadata": {"METADATA": b"Name: odd\nVersion: 1.0\nAuthor: Ren\xe9\n"},
    "no json": {"direct_url__json": "{"},
    "a list": {"direct_url__json": "[]"},
    "no text": {"direct_url__json": '{"url": 1, "dir_info": {"editable": true}}'},
    "no table": {"direct_url__json": '{"url": "file:///a", "dir_info": 1}'},
    "no url": {"direct_url__json": '{"url": "file://[a", "dir_info": {"editable": true}}'},
}


@pytest.mark.parametrize("files", ODD.values(), ids=ODD)
def test_metadata_that_is_no_good_is_a_state_too(site: Path, files: dict[str, bytes]) -> None:
    dist_info(site, "odd", **{"RECORD": "odd.py,,\n", **files})
    dist_info(site, "good", RECORD="good.py,,\n")
    found = states(site)
    assert found.pop("good").presence == "present"
    # The name of one whose METADATA cannot be decoded is not known either.
    assert found.keys() in ({"odd"}, {"unnamed"})
    assert {state.presence for state in found.values()} == {"unreadable"}


def direct(path: Path) -> str:
    return f'{{"url": "{path.as_uri()}", "dir_info": {{"editable": true}}}}'


def test_an_editable_project_that_cannot_be_read_is_unreadable(site: Path, tmp_path: Path) -> None:
    project = tmp_path / "plugin"
    project.mkdir()
    dist_info(site, "demo", direct_url__json=direct(project))
    assert states(site)["demo"].presence == "present"
    (project / ("d" * 250)).mkdir()
    inner = os.open(project / ("d" * 250), os.O_RDONLY)
    for _ in range(16):
        os.mkdir("d" * 250, dir_fd=inner)
        outer, inner = inner, os.open("d" * 250, os.O_RDONLY, dir_fd=inner)
        os.close(outer)
    os.close(inner)
    found = states(site)["demo"]
    assert found.presence == "unreadable"
    assert found.detail.endswith("File name too long")


def test_an_editable_project_that_is_gone_or_comes_back(site: Path, tmp_path: Path) -> None:
    project = tmp_path / "plugin"
    dist_info(site, "demo", direct_url__json=direct(project))
    gone = states(site)
    project.mkdir()
    (project / "a.py").touch()
    assert states(site) != gone


# Required by a place on this machine


def test_only_places_on_this_machine_have_a_state() -> None:
    for text in (
        "demo",
        "demo>=1",
        "demo[x] @ https://example.org/demo.whl",
        "demo @ git+file:///a",
    ):
        assert state(text) is None


def test_a_folder_counts_with_all_that_is_in_it(plugin: Path) -> None:
    text = f"plugin @ {plugin.as_uri()}"
    before = state(text)
    assert before is not None
    assert before.detail.startswith("folder ")
    for built in ("__pycache__/plugin.pyc", "dist/plugin-1.0.whl"):
        (plugin / built).parent.mkdir()
        (plugin / built).touch()
    assert state(text) == before
    (plugin / "plugin.py").rename(plugin / "renamed.py")
    assert state(text) != before


def test_what_the_folder_requires_from_a_place_counts_too(plugin: Path, tmp_path: Path) -> None:
    helper = tmp_path / "helper"
    helper.mkdir()
    text = f"plugin @ {plugin.as_uri()}"
    requires = f"[project]\ndependencies = ['helper @ {helper.as_uri()}']\n"
    (plugin / "pyproject.toml").write_text(requires)
    (helper / "pyproject.toml").write_text(f"# see {plugin.as_uri()}")
    before = state(text)
    (helper / "helper.py").touch()
    assert state(text) != before


def test_an_archive_counts_with_its_content(tmp_path: Path) -> None:
    path = tmp_path / "with space" / "demo-1.0-py3-none-any.whl"
    text = f"demo[x] @ {path.as_uri()}#egg=demo"
    missing = state(text)
    path.parent.mkdir()
    known = [missing]
    for name in ("demo.py", "more.py"):
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(name, "1")
        known.append(state(text))
    assert len(set(known)) == 3
    assert all(one is not None and one.known for one in known)


def test_a_variable_in_an_address_is_replaced(plugin: Path) -> None:
    text = "plugin @ file://${PLACE}/plugin"
    assert state(text, PLACE=str(plugin.parent)) == state(f"plugin @ {plugin.as_uri()}")
    assert state(text, PLACE="/elsewhere") != state(text, PLACE=str(plugin.parent))


@pytest.mark.parametrize("address", ["file:///a%00b", "file:///%FF", "file:"])
def test_an_address_that_is_none_is_no_traceback(address: str) -> None:
    found = state(f"demo @ {address}")
    assert found is None or found != present("")
