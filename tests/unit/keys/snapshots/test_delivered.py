"""Which files of an out-dir are no inputs."""

import pytest

from lbuild_keys.snapshots.delivered import is_delivered_distribution

WHEEL = "My_Demo-1.0-py3-none-any.whl"


@pytest.mark.parametrize("out_dirs", [{"dist"}, {"a/b", "dist"}, {""}, {"src/demo"}])
@pytest.mark.parametrize(
    "file", [WHEEL, "my_demo-0.9-cp311-abi3-linux_x86_64.whl", "my-demo-1.0.tar.gz"]
)
def test_archives_of_the_project_are_products(out_dirs: set[str], file: str) -> None:
    folder = max(out_dirs)
    path = f"{folder}/{file}" if folder else file
    assert is_delivered_distribution(path, out_dirs, {"other", "my-demo"})
    assert not is_delivered_distribution(f"deeper/{path}", out_dirs, {"my-demo"})
    assert not is_delivered_distribution(path, out_dirs, {"demo"})
    assert not is_delivered_distribution(path, out_dirs, ())


@pytest.mark.parametrize(
    "path",
    [
        "dist",
        "dist/demo.py",
        "dist/my_demo-1.0.txt",
        "dist/my_demo",
        "dist/my_demo.zip",
        "dist/my_demo-data.zip",
        "dist/my_demo-1.0.zip",
        "dist/my_demo.tar.gz",
        "dist/my_demo-data.tar.gz",
        "dist/my_demo-1.0.whl",
        "dist/my_demonstration-1.0-py3-none-any.whl",
        "dist/other-1.0-py3-none-any.whl",
        f"dist/sub/{WHEEL}",
        f"distribution/{WHEEL}",
        WHEEL,
    ],
)
def test_other_files_are_not(path: str) -> None:
    assert not is_delivered_distribution(path, {"dist"}, {"my-demo"})


def test_what_is_half_written_is_no_input() -> None:
    assert is_delivered_distribution("dist/.lbuild-0123.tmp", {"dist"}, {"my-demo"})
    assert not is_delivered_distribution(".lbuild-0123.tmp", {"dist"}, {"my-demo"})
