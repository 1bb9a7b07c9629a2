"""The static name and version of a project in files older than ``[project]``."""

import pytest

from lbuild_keys.workspaces.older_files import Stated, read

CFG = "[metadata]\nname = In_Cfg\nversion = 1.0\n"
INFO = "Metadata-Version: 2.1\nName: in.info\nVersion: 3\n\nName: other\n"


@pytest.mark.parametrize(
    ("setup_cfg", "setup_py", "pkg_info", "expected"),
    [
        ("", "", "", Stated()),
        (CFG, "setup(name='in-py')", INFO, Stated("In_Cfg", "1.0")),
        ("[metadata]\nversion = attr: a.b\nname = x\n", "", "", Stated("x")),
        ("[metadata]\nversion: 2\nname = file: x\n", "", INFO, Stated("in.info", "2")),
        ("[metadata", "", "", Stated()),
        ("[other]\nname = x\n", "", "", Stated()),
        (
            "",
            "import setuptools\nsetuptools.setup(name='in-py', version='1')",
            INFO,
            Stated("in-py"),
        ),
        ("", "from setuptools import setup\nsetup(name='in-py')", "", Stated("in-py")),
        ("", "setup(name='in-py', data='\\d')", "", Stated("in-py")),  # which gives a warning
        ("", "setup(name=NAME)", "", Stated()),
        ("", "setup(name=1)", "", Stated()),
        ("", "setup(**config)", INFO, Stated("in.info")),
        ("", "setup(name='a') if x else setup(name='b')", "", Stated()),
        ("", "def other(name): ...\nother(name='a')", "", Stated()),
        ("", "print 'old'", INFO, Stated("in.info")),
        ("", "\0", "Metadata-Version: 1.0\n\nName: in-text\n", Stated()),
        ("", "(" * 10_000, "", Stated()),
    ],
)
def test_what_is_stated(setup_cfg: str, setup_py: str, pkg_info: str, expected: Stated) -> None:
    assert read(setup_cfg=setup_cfg, setup_py=setup_py, pkg_info=pkg_info) == expected
