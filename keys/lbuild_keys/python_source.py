"""The syntax tree of a Python source that somebody else has written."""

import ast
import threading
import warnings


def parse(source: str | bytes) -> ast.Module | None:
    """Parse a source without warnings; None if this version of Python cannot."""
    try:
        with _filtering, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about invalid escapes in a string, for example
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


_filtering = threading.Lock()
"""The filters for warnings are those of all threads."""
