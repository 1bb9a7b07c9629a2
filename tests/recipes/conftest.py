"""The project that the pages of ``docs/how-to`` speak of."""

from pathlib import Path

import pytest

from support.projects import FIXTURES, pristine_copy, replace


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the name, the version and the extra that the pages speak of, and a test."""
    project = pristine_copy(FIXTURES / "in-tree-minimal", tmp_path / "project")
    replace(
        project / "backend/backend.py",
        "Version: {VERSION}\\n",
        "Version: {VERSION}\\nProvides-Extra: test\\nRequires-Dist: pytest; extra == 'test'\\n",
    )
    (project / "test_code.py").write_text(
        "import os\n\nfrom demo import core\n\n\ndef test_code(capsys):\n"
        "    with capsys.disabled():\n"
        "        print('tested:', core.__doc__)\n"
        "        print('seed:', os.environ.get('PYTHONHASHSEED'))\n"
    )
    return project
