"""States of build requirements: real environments, and hand-made ones for what is rare."""

import os
import subprocess
import sys
import textwrap
import venv
import zipfile
from pathlib import Path

import pytest

from lbuild_keys.files import Digests
from lbuild_keys.model import ABSENT, State
from lbuild_keys.requirement import installed, local

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


def states(site: Path, *requirements: str) -> dict[str, State]:
    return installed(requirements, [str(site)], Digests())


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
    assert states(site, "plugin") == {"plugin": ABSENT}
    pip(environment, plugin)
    before = states(site, "plugin>=0.5")
    assert before["plugin"].detail.startswith("1.0 (")
    assert states(site, "plugin>=0.5") == before

    (plugin / "plugin.py").write_text("two = 2\n")
    assert states(site, "plugin") == before  # it was copied
    pip(environment, "--reinstall", plugin)
    assert states(site, "plugin") != before

    (plugin / "plugin.py").write_text("one = 1\n")
    pip(environment, "--reinstall", plugin)
    assert states(site, "plugin") == before


def test_an_editable_install(plugin: Path, environment: Path) -> None:
    [site] = environment.glob("lib/*/site-packages")
    pip(environment, "--editable", plugin)
    before = states(site, "plugin")
    assert before["plugin"].presence == "present"
    (plugin / "plugin.py").write_text("two = 2\n")
    assert states(site, "plugin") != before
    (plugin / "plugin.py").write_text("one = 1\n")
    assert states(site, "plugin") == before
    (plugin / "new.py").touch()
    assert states(site, "plugin") != before


# Installed, by hand


def test_version_and_record_count(site: Path) -> None:
    folder = dist_info(site, "demo", RECORD="demo.py,sha256=one,1\n")
    found = states(site, "demo")
    (folder / "RECORD").write_text("demo.py,sha256=two,1\n")
    assert states(site, "demo") != found
    (folder / "RECORD").write_text("demo.py,sha256=one,1\n")
    assert states(site, "demo") == found
    (folder / "METADATA").write_text("Name: demo\nVersion: 2.0\n")
    assert states(site, "demo")["demo"].detail.startswith("2.0 (")


def test_all_that_the_requirements_reach(site: Path) -> None:
    requires = "Name: {}\nVersion: 1\nRequires-Dist: {}\n"
    dist_info(site, "One_A", METADATA=requires.format("One.A", "two; extra == 'x'"))
    dist_info(site, "two", METADATA=requires.format("two", "one-a>5\nRequires-Dist: gone"))
    dist_info(site, "three")
    assert states(site, "one.a").keys() == {"one-a", "two", "gone"}
    assert states(site, "ONE-a[x]")["gone"] == ABSENT


def test_what_is_no_requirement_in_metadata_is_passed_over(site: Path) -> None:
    metadata = "Name: one\nVersion: 1\nRequires-Dist: two (>=1.*)\nRequires-Dist: ??\n"
    dist_info(site, "one", METADATA=metadata)
    assert "one" in states(site, "one")


def test_plugins_of_backends_count_though_nothing_requires_them(site: Path) -> None:
    points = "[{}]\nx = plugin:hook\n".format
    dist_info(site, "scm", entry_points__txt=points("setuptools.finalize_distribution_options"))
    dist_info(site, "hooks", entry_points__txt=points("hatch"))
    dist_info(site, "scripts", entry_points__txt=points("console_scripts"))
    assert states(site, "other").keys() == {"other", "scm", "hooks"}


def test_the_first_on_the_path_counts(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        dist_info(tmp_path / str(number), "demo", f"{number}.0")
    path = [str(tmp_path / number) for number in "21"]
    assert installed(["demo"], path, Digests())["demo"].detail.startswith("2.0 (")


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
    dist_info(site, "odd", **files)
    dist_info(site, "good")
    found = states(site, "odd", "good")
    assert found["odd"] != ABSENT
    assert found["good"].presence == "present"


def direct(path: Path) -> str:
    return f'{{"url": "{path.as_uri()}", "dir_info": {{"editable": true}}}}'


def test_an_editable_project_that_cannot_be_read_is_unreadable(site: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    dist_info(site, "demo", direct_url__json=direct(project))
    assert states(site, "demo")["demo"].presence == "present"
    (project / ("d" * 250)).mkdir()
    inner = os.open(project / ("d" * 250), os.O_RDONLY)
    for _ in range(16):
        os.mkdir("d" * 250, dir_fd=inner)
        outer, inner = inner, os.open("d" * 250, os.O_RDONLY, dir_fd=inner)
        os.close(outer)
    os.close(inner)
    state = states(site, "demo")["demo"]
    assert state.presence == "unreadable"
    assert state.detail.endswith("File name too long")


def test_an_editable_project_that_is_gone_or_comes_back(site: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    dist_info(site, "demo", direct_url__json=direct(project))
    gone = states(site, "demo")
    project.mkdir()
    (project / "a.py").touch()
    assert states(site, "demo") != gone


# Required by a place on this machine


def test_only_places_on_this_machine_have_a_state() -> None:
    for text in (
        "demo",
        "demo>=1",
        "demo[x] @ https://example.org/demo.whl",
        "demo @ git+file:///a",
    ):
        assert local(text, Digests()) is None


def test_a_folder_counts_with_all_that_is_in_it(plugin: Path) -> None:
    text = f"plugin @ {plugin.as_uri()}"
    before = local(text, Digests())
    assert before is not None
    assert before.detail.startswith("folder ")
    (plugin / "__pycache__").mkdir()
    (plugin / "__pycache__" / "plugin.pyc").touch()
    assert local(text, Digests()) == before
    (plugin / "plugin.py").rename(plugin / "renamed.py")
    assert local(text, Digests()) != before


def test_an_archive_counts_with_its_content(tmp_path: Path) -> None:
    path = tmp_path / "with space" / "demo-1.0-py3-none-any.whl"
    text = f"demo[x] @ {path.as_uri()}#egg=demo"
    assert local(text, Digests()) == ABSENT
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("demo.py", "1")
    before = local(text, Digests())
    assert before is not None
    assert before.presence == "present"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.py", "1")
    assert local(text, Digests()) != before


def test_an_address_that_is_none_is_unreadable() -> None:
    state = local("demo @ file://[a", Digests())
    assert state is not None
    assert state.presence == "unreadable"
