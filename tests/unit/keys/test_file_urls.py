"""Which texts name something on this machine, and what they name."""

import pytest

from lbuild_keys.file_urls import local_path


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("wheels", "wheels"),
        ("./wheels", "./wheels"),
        ("/abs/wheels", "/abs/wheels"),
        ("file:///abs/wheels", "/abs/wheels"),
        ("file://localhost/abs/wheels", "/abs/wheels"),
        ("file:wheels#egg=x", "wheels"),
        ("FILE:///a%20b?x=1", "/a b"),
        ("https://example.org/simple", None),
        ("git+file:///repository", None),
        ("pypi://x", None),
    ],
)
def test_which_urls_are_local(url: str, path: str | None) -> None:
    assert local_path(url) == path
