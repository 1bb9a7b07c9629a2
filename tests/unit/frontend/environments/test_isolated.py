"""Isolated build environments: kept, shared, checked, resolved again in time."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lbuild_frontend.environments import local_offers
from lbuild_frontend.errors import BuildFailed, LbuildError
from support.interpreters import EACH_INTERPRETER
from support.isolated_environments import DAY, Opened, a_place, run, site, version
from support.wheels_and_index import Index


def test_no_temporary_environment_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: Opened
) -> None:
    """Which has nothing to do with the cache."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(LbuildError, match=f"build environment: {tmp_path}/gone/lbuild-env-.*: No"):
        opened.provide("plugin @ file:///home/ada/plugin")


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
        "warning: demo: the build requirements could not be resolved again; the environment of "
        "3 days ago is used ("
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


@pytest.mark.quick(
    "lead_out-records", "make_a_list-requests", "raise_the_schema-records", "truncate-records"
)
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
    assert local_offers.may_be_local(requirement) is not kept
