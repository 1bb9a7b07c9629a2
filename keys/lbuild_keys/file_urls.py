"""``file:`` URLs and other texts that name something on this machine -> paths."""

import os
import re


def local_path(url: str) -> str | None:
    """Return the path in a ``file:`` URL or a path; None for any other URL."""
    scheme, colon, rest = url.partition(":")
    if not colon or len(scheme) == 1:  # a drive (Windows)
        return url
    if scheme.lower() != "file":
        # A path may have a colon in it; a URL that is not local has a host.
        return None if rest.startswith("//") or "+" in scheme else url
    path = rest.partition("#")[0].partition("?")[0]
    if path.startswith("//"):
        path = "/" + path[2:].partition("/")[2]
    if os.name == "nt":
        path = re.sub(r"^/+(?=[A-Za-z][:|])", "", path)
    if "%" in path:
        from urllib.parse import unquote

        path = unquote(path)
    return path
