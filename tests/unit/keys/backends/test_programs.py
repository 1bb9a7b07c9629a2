"""Which programs are known: by name, if nothing speaks against it."""

from pathlib import Path

import pytest

from lbuild_keys.backends import programs

ELF = b"\x7fELF\2 and so on"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    (tmp_path / "project").mkdir()
    return tmp_path


def known(path: Path) -> bool:
    root = str(path.parents[1] / "project")
    assert programs.only_looks(str(path), root) == (
        programs.variables_of(str(path), root) is not None
    )
    return programs.only_looks(str(path), root)


@pytest.mark.parametrize(
    "name",
    ["gcc", "cc", "g++", "x86_64-linux-gnu-gcc-12", "cc1plus", "as", "ld.bfd", "clang-19", "ar"],
)
def test_compilers_and_linkers(folder: Path, name: str) -> None:
    path = folder / "bin" / name
    path.write_bytes(ELF)
    assert known(path)


@pytest.mark.parametrize("name", ["make", "sh", "gccgo-build", "my-gcc-wrapper", "cc1x", "python3"])
def test_others(folder: Path, name: str) -> None:
    path = folder / "bin" / name
    path.write_bytes(ELF)
    assert not known(path)


def test_a_script_is_no_compiler(folder: Path) -> None:
    path = folder / "bin/gcc"
    path.write_bytes(b'#!/bin/sh\nexec /usr/bin/gcc -DANSWER=$ANSWER "$@"\n')
    assert not known(path)
    path.write_bytes(b"exec gcc\n")  # a shell runs that, too
    assert not known(path)


def test_the_name_that_links_lead_to_counts(folder: Path) -> None:
    (folder / "bin/ccache").write_bytes(ELF)
    (folder / "bin/x86_64-linux-gnu-gcc-12").write_bytes(ELF)
    (folder / "bin/gcc").symlink_to("ccache")
    (folder / "bin/cc").symlink_to("gcc-12")
    (folder / "bin/gcc-12").symlink_to("x86_64-linux-gnu-gcc-12")
    assert not known(folder / "bin/gcc")
    assert known(folder / "bin/cc")


def test_a_program_of_the_project_is_not_known(folder: Path) -> None:
    path = folder / "project/as"
    path.write_bytes(ELF)
    (folder / "bin/as").symlink_to(path)
    root = str(folder / "project")
    assert programs.variables_of(str(path), root) is None
    assert programs.variables_of(str(folder / "bin/as"), root) is None


def test_a_program_that_is_gone_is_not_known(folder: Path) -> None:
    assert not known(folder / "bin/gcc")
