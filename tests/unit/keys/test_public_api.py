"""What ``lbuild_keys`` exports: all of it works, and importing it costs nothing."""

import subprocess
import sys
from typing import get_args

import pytest

import lbuild_keys


def test_importing_it_imports_nothing_else() -> None:
    code = "import sys; before = {*sys.modules}; import lbuild_keys; print({*sys.modules} - before)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "{'lbuild_keys'}\n"


@pytest.mark.parametrize("name", lbuild_keys.__all__)
def test_each_public_name_is_there_with_a_docstring(name: str) -> None:
    value = getattr(lbuild_keys, name)
    assert value is getattr(lbuild_keys, name)
    assert name in dir(lbuild_keys)
    if not name.isupper() and isinstance(value, type):
        assert value.__doc__


def test_all_kinds_of_reasons_are_public() -> None:
    names = {kind.__name__ for kind in get_args(lbuild_keys.Reason)}
    assert names <= {*lbuild_keys.__all__}
    others = {name for name in lbuild_keys.__all__ if name not in names}
    assert others == {
        *("Input", "Key", "Kind", "Observation", "Reason", "Snapshot", "Source", "State"),
        *("KeysError", "NoProjectError", "SettingsError"),
        *("compare", "key_of", "sentence", "snapshot", "to_json"),
    }


def test_no_other_name_is_there() -> None:
    with pytest.raises(AttributeError, match="'lbuild_keys' has no attribute 'describe'"):
        lbuild_keys.describe  # noqa: B018
    with pytest.raises(ImportError):
        exec("from lbuild_keys import no_such_name")  # noqa: S102
