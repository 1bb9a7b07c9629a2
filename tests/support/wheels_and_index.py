"""Wheels made by tests, and a package index on this machine that serves them."""

import base64
import contextlib
import hashlib
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def make_wheel(
    folder: Path, name: str, *requires: str, version: str = "1.0", code: str | None = None
) -> Path:
    """Make a wheel with one module and one script.

    Args:
        code: of the module; None for the wheel's name and version.
    """
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {text}" for text in requires]
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        code = f"name, version = {name!r}, {version!r}\n" if code is None else code
        archive.writestr(f"{name}.py", code)
        archive.writestr(f"{info}/METADATA", "\n".join(lines) + "\n")
        archive.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{name} = {name}:name\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        rows = [f"{member},{_digest(archive.read(member))},\n" for member in archive.namelist()]
        archive.writestr(f"{info}/RECORD", "".join([*rows, f"{info}/RECORD,,\n"]))
    return path


def _digest(content: bytes) -> str:
    encoded = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return f"sha256={encoded.rstrip(b'=').decode()}"


@dataclass(slots=True)
class Index:
    """A package index (PEP 503) of the wheels in a folder.

    Attributes:
        asked: the paths that were asked for.
        open: while it is not set, each request has to wait.
        broken: whether each answer is an error.
    """

    folder: Path
    url: str = ""
    asked: list[str] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)
    broken: bool = False

    def add(self, name: str, *requires: str, version: str = "1.0") -> None:
        """Publish a wheel."""
        make_wheel(self.folder, name, *requires, version=version)

    def answer(self, path: str) -> bytes | None:
        """Return the answer to a path; None if there is nothing."""
        self.asked.append(path)
        self.open.wait(60)
        if self.broken:
            return None
        wheel = self.folder / path.rpartition("/")[2]
        if wheel.suffix == ".whl":
            return wheel.read_bytes() if wheel.exists() else None
        wheels = sorted(self.folder.glob(f"{path.strip('/').rpartition('/')[2]}-*.whl"))
        if not wheels:
            return None
        links = (f'<a href="/files/{each.name}">{each.name}</a>' for each in wheels)
        return f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>".encode()


@contextlib.contextmanager
def serve_index(folder: Path) -> Iterator[Index]:
    """Serve an index as long as the context lasts."""
    folder.mkdir()
    index = Index(folder)
    index.open.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = index.answer(self.path)
            with contextlib.suppress(ConnectionError):
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Cache-Control", "no-store")
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(content or b"")

        do_HEAD = do_GET  # noqa: N815  the base class names it

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        index.url = f"http://127.0.0.1:{server.server_port}/simple"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield index
        finally:
            index.open.set()
            server.shutdown()
            thread.join()
