"""The reference describes what is in the code: nothing is left out, and nothing is made up.

``docs/_extensions/reference.py`` checks the pages once more when they are built: each option,
setting, reason and error has to have its place on them.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from docs._extensions import command_line, facts, json_schema, packages

import lbuild_keys
from lbuild_frontend import api, errors
from lbuild_frontend.output.cache_rows import CacheDirRow
from lbuild_keys.decision import reasons
from lbuild_keys.model import KINDS

PAGES = packages.ROOT / "docs" / "reference"
TEXTS = {
    path.relative_to(PAGES).as_posix(): path.read_text("utf-8") for path in PAGES.rglob("*.md")
}
COMMANDS = command_line.commands()
OPTIONS = {
    name
    for command in COMMANDS.values()
    for group in command.groups.values()
    for option in group
    for name in option.names
}

OPTIONS_OF_OTHERS = frozenset(
    ("--all-packages", "--find-links", "--help", "--no-index", "--without-pip")
)


def of_directives(name: str) -> list[str]:
    """The arguments of a directive, on all pages."""
    return [
        argument
        for text in TEXTS.values()
        for argument in re.findall(rf"^```\{{{name}}} (.+)$", text, re.MULTILINE)
    ]


def test_each_command_is_described_on_its_page() -> None:
    described = [
        name for name in of_directives("lbuild-command") if name not in ("lbuild", "cache")
    ]
    assert sorted(described) == sorted(COMMANDS.keys() - {"", "cache"})
    for name in COMMANDS.keys() - {""}:
        assert f"`lbuild {name}`" in TEXTS[f"commands/{name.split()[0]}.md"]


def test_options_with_more_words_are_options() -> None:
    named = re.findall(r"^### `(-\S+)`$", TEXTS["commands/index.md"], re.MULTILINE)
    assert len(named) > 10
    assert set(named) <= OPTIONS


def test_options_that_the_pages_name_exist() -> None:
    named = {
        (page, option)
        for page, text in TEXTS.items()
        for option in re.findall(r"(?<![\w(#-])--[a-z][a-z-]*", text)
    }
    unknown = {one for one in named if one[1] not in OPTIONS | OPTIONS_OF_OTHERS}
    assert unknown == set()


def test_each_setting_is_described() -> None:
    assert of_directives("lbuild-settings") == [*facts.settings()]
    headings = re.findall(r"^### `([a-z-]+)`$", TEXTS["settings.md"], re.MULTILINE)
    assert headings == [one.name for one in facts.settings()["tool.lbuild"]]


def test_defaults_of_settings_are_valid_values() -> None:
    for table, settings in facts.settings().items():
        for setting in settings:
            assert setting.table == table
            assert setting.meaning.endswith(".")
            if not setting.otherwise:
                assert setting.of({}) == setting.read(setting.default, "default")


def test_each_kind_of_reasons_is_described_with_what_to_do() -> None:
    kinds = facts.reason_kinds()
    assert len(kinds) == len(get_args(reasons.Reason))
    described = re.findall(r"^```\{lbuild-reason} (.+)\n(.+\.)", TEXTS["reasons.md"], re.MULTILINE)
    assert sorted(kind for kind, _ in described) == sorted(kinds)


def test_labels_of_reasons() -> None:
    kinds = facts.reason_kinds()
    assert kinds["file-changed"].labels == ("changed", "unreadable")
    assert kinds["git-tree-changed"].labels == ("git", "date")
    assert all(kind.labels for kind in kinds.values())


def test_each_kind_of_inputs_is_described() -> None:
    table = TEXTS["commands/status.md"].split("## `--verbose`")[1]
    rows = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    assert sorted(kind for row in rows for kind in re.findall(r"`(.+?)`", row)) == sorted(KINDS)


def test_each_exit_code_is_described() -> None:
    codes = {kind.exit_code for kind in facts.error_kinds().values()}
    others = {0, errors.HungUp.exit_code, errors.BrokenPipe.exit_code}
    rows = re.findall(r"^\| (\d+) \|", TEXTS["exit-codes.md"], re.MULTILINE)
    assert {*map(int, rows)} == codes | others | {errors.Interrupted.exit_code}


def test_each_type_of_json_objects_is_described() -> None:
    rows = {kind.__name__ for kinds in json_schema.ROWS.values() for kind in kinds}
    described = set(of_directives("lbuild-json"))
    assert rows <= described
    assert CacheDirRow.__name__ in described


def names_of_python(pages: str) -> set[str]:
    """The names that pages describe: functions, classes, and aliases of types."""
    text = "\n".join(text for page, text in TEXTS.items() if re.fullmatch(pages, page))
    described = re.findall(r"^(?:\.\. auto\w+::|```\{lbuild-value}) (\w+)$", text, re.MULTILINE)
    assert len(described) == len(set(described))
    return {*described, *ALIASES.intersection(re.findall(r"`(\w+)`", text))}


ALIASES = frozenset(
    ("Callback", "DoneResult", "Event", "Key", "Kind", "Reason", "Result", "Snapshot")
)


def test_each_name_of_the_api_is_described() -> None:
    functions = {name for name in api.cache.__all__ if name.islower()}
    assert names_of_python(r"api.*") == {*api.__all__, *functions} - {"cache"}


def test_each_name_of_the_keys_is_described() -> None:
    kinds = {kind.__name__ for kind in get_args(reasons.Reason)}
    assert names_of_python(r"keys-api\.md") | kinds == {*lbuild_keys.__all__}


def test_each_variable_is_described_and_read() -> None:
    text = TEXTS["variables.md"]
    described = {
        name
        for row in re.findall(r"^\| (`.+?) \|", text, re.MULTILINE)
        for name in re.findall(r"`([A-Z_]+)`", row)
    }
    found = {name for path in sources() for name in variables(path)}
    assert len(found) > 30
    assert found - described == set()
    code = "\n".join(path.read_text("utf-8") for path in sources())
    read = set(re.findall(r'"([A-Z_]+)"', code))  # some without their beginning
    made_up = {
        name
        for name in described
        if not {name, name.partition("_")[2], name.rpartition("_")[2]} & read
    }
    assert made_up <= {"COLUMNS"}, "only Python reads them for lbuild"


def sources() -> Iterator[Path]:
    """The modules that run in the process of lbuild."""
    for folder in packages.PACKAGES.values():
        for path in folder.rglob("*.py"):
            if path.parent.name != "in_process":
                yield path


def variables(path: Path) -> Iterator[str]:
    """The names of the environment variables that a module reads."""
    text = path.read_text("utf-8")
    if not re.search("environ|envvar|LBUILD_", text):
        return
    tree = ast.parse(text)
    constants = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=place, slice=name, ctx=ast.Load()) if is_environ(place):
                pass
            case ast.Call(func=ast.Attribute(value=place, attr="get" | "pop"), args=[name, *_]) if (
                is_environ(place)
            ):
                pass
            case ast.keyword(arg="envvar", value=name):
                pass
            case ast.Constant(value=str(value)) if re.fullmatch("LBUILD_[A-Z_]+", value):
                name = node
            case _:
                continue
        value = constants.get(name.id) if isinstance(name, ast.Name) else name
        value = value.value if isinstance(value, ast.Constant) else value
        if isinstance(value, str) and value.isupper():
            yield value


def is_environ(node: ast.expr) -> bool:
    """Whether these are variables of the environment."""
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name == "environ"
