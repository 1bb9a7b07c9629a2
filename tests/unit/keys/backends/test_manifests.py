"""Whether code in a build may use setuptools' list of the files of an sdist."""

import pytest

from lbuild_keys.backends import manifests

USING = {
    "the list": "self.get_finalized_command('egg_info').filelist.files",
    "the file": "open(os.path.join(base, 'SOURCES.txt'))",
    "a maker of the list": "from setuptools.command.egg_info import manifest_maker",
    "other packages": "self.distribution.packages.append('more')",
    "other folders": "dist.package_dir = {}",
    "data after all": "self.distribution.include_package_data = True",
    "all attributes": "import setuptools\nfor one in vars(command).values(): use(one)",
    "a computed name": "import setuptools\ngetattr(command, 'file' + part)\ngetattr(command, part)",
}
NOT_USING = {
    "no command": "setuptools.setup(packages=['demo'], include_package_data=True)",
    "a command": "from setuptools.command.build_ext import build_ext\nclass Ours(build_ext): pass",
    "any other attribute": "import sys, setuptools\ngetattr(sys, 'frozen', False)",
    "a module of the project": "vars(self)['x'] = getattr(self, name)",
}


@pytest.mark.parametrize("code", USING.values(), ids=USING)
def test_code_that_may_use_the_list(code: str) -> None:
    assert manifests.may_use(code)


@pytest.mark.parametrize("code", NOT_USING.values(), ids=NOT_USING)
def test_code_that_does_not(code: str) -> None:
    assert not manifests.may_use(code)


def test_packages_whose_code_is_known() -> None:
    assert manifests.are_known({"setuptools", "Cython", "81d243bd2c585b0f4821__mypyc"})
    assert not manifests.are_known({"setuptools", "pbr"})
    assert not manifests.are_known({"/home/ada/plugin/plugin.py"})
