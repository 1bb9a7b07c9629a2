"""The first difference between an installed distribution and a wheel."""

import base64
import hashlib
import io
import os
import zipfile
from pathlib import Path

import pytest

from lbuild_frontend.installs import compare, distribution, origin, wheel_contents
from lbuild_frontend.installs.origin import Origin
from lbuild_frontend.installs.wheel_contents import WheelContents
from lbuild_keys.content import Content
from lbuild_keys.observe.files import Digests

INFO = "demo-1.0.dist-info"
FILES = {
    "demo/__init__.py": b"",
    "demo/data file.txt": b"data",
    "demo-1.0.data/scripts/run-demo": b"#!python\n",
    "demo-1.0.data/data/share/demo/a.txt": b"shared",
    "demo-1.0.data/purelib/more.py": b"more = 1\n",
    f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: Demo\nVersion: 1.0\n"
    b"Requires-Dist: six\nProvides-Extra: test\n",
    f"{INFO}/entry_points.txt": b"[console_scripts]\nDemo-Cmd = demo:main\n[other]\nx = y\n",
}
SCRIPTS = ("run-demo", "Demo-Cmd")


def digest(content: bytes) -> str:
    encoded = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return f"sha256={encoded.rstrip(b'=').decode()}"


@pytest.fixture
def wheel() -> WheelContents:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
        rows = [f"{name},{digest(content)}," for name, content in FILES.items()]
        archive.writestr(f"{INFO}/RECORD", "\n".join([*rows, f"{INFO}/RECORD,,"]))
    return wheel_contents.read(Content.of(file.getvalue()), "demo-1.0-py3-none-any.whl", "0" * 64)


WANTED = Origin("file:///demo.whl", "0" * 64, editable=False)


@pytest.fixture
def env(tmp_path: Path) -> Path:
    """An environment with that wheel, as an installer leaves it."""
    packages = tmp_path / "lib/site-packages"
    installed = {
        **{name: content for name, content in FILES.items() if ".data/" not in name},
        "more.py": FILES["demo-1.0.data/purelib/more.py"],
        "../../share/demo/a.txt": b"shared",
        **{f"../../bin/{name}": b"#!/env/bin/python\n" for name in SCRIPTS},
        f"{INFO}/INSTALLER": b"pip",
        "demo/__pycache__/__init__.cpython-311.pyc": b"bytecode",
    }
    for name, content in installed.items():
        path = packages / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "share/demo").mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o755 if "bin/" in name else 0o644)
    rows = [f"{name},{digest(content)}," for name, content in installed.items()]
    rows[-1] = rows[-1].split(",")[0] + ",,"
    (packages / INFO / "RECORD").write_text("\n".join([*rows, f"{INFO}/RECORD,,", ""]))
    (packages / INFO / "direct_url.json").write_bytes(b"{}")
    origin.write(packages / INFO, WANTED)
    return tmp_path


def difference(env: Path, wheel: WheelContents, wanted: Origin = WANTED) -> str | None:
    found = distribution.find([env / "lib/site-packages"], "DEMO")
    return compare.difference(found, wheel, wanted, env / "bin", Digests())


def test_what_the_wheel_has(wheel: WheelContents) -> None:
    assert (wheel.name, wheel.version) == ("Demo", "1.0")
    assert (wheel.requires, wheel.extras) == (("six",), ("test",))
    assert wheel.elsewhere == {"run-demo", "share/demo/a.txt", "Demo-Cmd"}
    assert "more.py" in wheel.files
    assert f"{INFO}/RECORD" not in wheel.files


def test_what_is_as_the_wheel_has_it(env: Path, wheel: WheelContents) -> None:
    assert difference(env, wheel) is None
    (env / "lib/site-packages/demo/__pycache__/__init__.cpython-311.pyc").unlink()
    assert difference(env, wheel) is None


@pytest.mark.parametrize("name", [*FILES, *SCRIPTS])
def test_each_file_counts(env: Path, wheel: WheelContents, name: str) -> None:
    end = name.rpartition("/")[2]
    [path] = [path for path in env.rglob(end) if path.is_file()]
    content = path.read_bytes()
    path.write_bytes(content + b"#")
    assert difference(env, wheel) in (f"{_shown(path, env)} was changed",)
    path.unlink()
    assert difference(env, wheel) == f"{_shown(path, env)} was removed"
    path.mkdir()
    assert difference(env, wheel) == f"{_shown(path, env)} is not a file that can be read"
    path.rmdir()
    path.write_bytes(content)
    if end == "Demo-Cmd":
        assert difference(env, wheel) == f"{_shown(path, env)} is not executable"


def _shown(path: Path, env: Path) -> str:
    return os.path.relpath(path, env / "lib/site-packages")


@pytest.mark.parametrize("name", [*FILES, *SCRIPTS])
def test_record_has_to_list_all(env: Path, wheel: WheelContents, name: str) -> None:
    record = env / "lib/site-packages" / INFO / "RECORD"
    end = name.rpartition("/")[2]
    rows = [row for row in record.read_text().splitlines() if f"{end}," not in row]
    record.write_text("\n".join(rows))
    assert "its RECORD does not list" in (difference(env, wheel) or "")


def test_a_wheel_with_other_content_under_the_same_digest_of_the_archive(
    env: Path, wheel: WheelContents
) -> None:
    other = wheel._replace(files={**wheel.files, "demo/__init__.py": digest(b"other")})
    assert difference(env, other) == "its RECORD does not list demo/__init__.py of the wheel"


@pytest.mark.parametrize("name", ["demo/__init__.py", "more.py"])
def test_a_wheel_without_digests(env: Path, wheel: WheelContents, name: str) -> None:
    wheel = wheel._replace(files={**wheel.files, name: ""})
    record = env / "lib/site-packages" / INFO / "RECORD"
    rows = record.read_text().splitlines()
    rows = [f"{name},," if row.startswith(name) else row for row in rows]
    record.write_text("\n".join(rows))
    assert difference(env, wheel) is None
    (env / "lib/site-packages" / name).write_bytes(b"changed = 1\n")
    assert difference(env, wheel) == f"{name} was changed"


def test_origins(env: Path, wheel: WheelContents) -> None:
    other = WANTED._replace(sha256="1" * 64)
    assert difference(env, wheel, other) == "it was installed from another wheel"
    editable = Origin("file:///demo", "0" * 64, editable=True)
    assert difference(env, wheel, editable) == "it is not an editable install"
    info = env / "lib/site-packages" / INFO
    origin.write(info, editable)
    assert origin.read(info) == editable
    assert difference(env, wheel, editable) is None
    assert difference(env, wheel) == "it is an editable install"
    elsewhere = editable._replace(url="file:///other/demo")
    assert difference(env, wheel, elsewhere) == "it is an editable install of file:///demo"
    (info / "direct_url.json").unlink()
    assert "not recorded" in (difference(env, wheel) or "")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"url": 1}', '{"url": "file:///a", "archive_info": 3}', "[" * 100_000]
)
def test_an_origin_that_cannot_be_read_is_no_origin(tmp_path: Path, text: str) -> None:
    (tmp_path / "direct_url.json").write_text(text)
    found = origin.read(tmp_path)
    assert found is None or found.sha256 is None


def test_a_digest_in_the_old_form(tmp_path: Path) -> None:
    text = '{"url": "file:///a", "archive_info": {"hash": "sha256=abc"}}'
    (tmp_path / "direct_url.json").write_text(text)
    assert origin.read(tmp_path) == Origin("file:///a", "abc", editable=False)


def test_a_name_with_hyphens(tmp_path: Path) -> None:
    for name in ("my-app-1.0", "my_app_more-1.0", "my-1.0", "my-app-more-2"):
        folder = tmp_path / f"{name}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Name: {name.rpartition('-')[0]}\n\nName: x\n")
    found = distribution.find([tmp_path, tmp_path / "missing"], "my.app")
    assert [one.info.name for one in found] == ["my-app-1.0.dist-info"]
    assert [one.info.name for one in distribution.find([tmp_path], "My")] == ["my-1.0.dist-info"]
    assert len(distribution.find([tmp_path], "my-app-more")) == 2
