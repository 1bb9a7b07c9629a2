"""The table of hooks agrees with pyproject_hooks, with the cache, and with itself."""

import inspect
import re

import pyproject_hooks
import pytest

from lbuild_frontend.model import hook as hooks
from lbuild_frontend.model.hook import Hook

rows = pytest.mark.parametrize("hook", hooks.ALL.values(), ids=lambda hook: hook.name)


@rows
def test_a_hook_can_be_called(hook: Hook) -> None:
    method = getattr(pyproject_hooks.BuildBackendHookCaller, hook.name)
    arguments = set(inspect.signature(method).parameters)
    assert "config_settings" in arguments
    assert hook.directory is None or hook.directory in arguments


@rows
def test_a_hook_has_a_folder_in_the_cache(hook: Hook) -> None:
    assert re.fullmatch(hooks.NAME_PATTERN, hook.name)


@rows
def test_what_a_hook_requires_is_reported_by_another_one(hook: Hook) -> None:
    assert (hook.get_requires is None) == hook.name.startswith(hooks.REQUIRES_PREFIX)
    assert hook.get_requires is None or hook.get_requires.name in hooks.ALL


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("demo-0.1.0-py3-none-any.whl", {"build_wheel", "build_editable"}),
        ("demo-0.1.0.tar.gz", {"build_sdist"}),
        ("METADATA", {f"prepare_metadata_for_build_{one}" for one in ("wheel", "editable")}),
        ("REQUIRES", {f"get_requires_for_build_{one}" for one in ("wheel", "editable", "sdist")}),
    ],
)
def test_results_are_told_apart_by_their_file_names(file: str, names: set[str]) -> None:
    assert {name for name, row in hooks.ALL.items() if re.fullmatch(row.file, file)} == names


@pytest.mark.parametrize("file", ["../demo.whl", "a/b.whl", ".whl", "METADATA.txt", "", "a\0.whl"])
def test_what_is_no_name_of_a_result(file: str) -> None:
    assert not any(re.fullmatch(row.file, file) for row in hooks.ALL.values())
