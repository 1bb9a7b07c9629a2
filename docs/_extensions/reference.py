"""Provide the directives of the reference: commands, settings, reasons and errors, from the code.

- ``lbuild-commands``: a table of all commands
- ``lbuild-command NAME``: the use of a command, its options and examples
- ``lbuild-settings TABLE``: a table of the settings in a table of pyproject.toml
- ``lbuild-reason KIND``: what a kind of reasons means; its content says what to do
- ``lbuild-reasons``: a table of the labels of reasons
- ``lbuild-errors``: a table of all sorts of errors
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from lbuild_keys.config.setting import Setting

from . import command_line, facts, packages
from .generated import FromCode

_log = logging.getLogger(__name__)

_CODE = re.compile(
    r"(--[a-z][a-z-]*|tool\.[a-z]+(?:\.[a-z-]+)*|\b[A-Z]+_[A-Z_]+\b|\bPROJECT/dist\b|'[^' ]+'|"
    r"\.venv\b|\blbuild wheel\b)"
)
"""What is code in the texts of the help."""

_SHARED = ("--cache-dir", "--cache-mode", "--json", "--quiet", "--color", "--verbose")
"""The options that all commands of ``lbuild cache`` have."""


class Commands(FromCode):
    """List all commands."""

    def run(self) -> list[nodes.Node]:
        """Return a table, with a link to the page of each."""
        self.begin()
        rows = []
        for name, command in command_line.commands().items():
            if name and name != "cache":
                page, _, inner = name.partition(" ")
                anchor = f"#lbuild-cache-{inner}" if inner else ""
                cells = (f"[`lbuild {name}`]({page}.md{anchor})", command.summary)
                rows.append(("", cells))
        return self.table(("command", "what it does"), rows, 30, 70)


class Command(FromCode):
    """Describe a command: its use, its options by group, and examples."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {"options": directives.unchanged}  # noqa: RUF012  so docutils has it

    def run(self) -> list[nodes.Node]:
        """Return the description; sections for the groups, unless only some options are shown."""
        self.begin()
        name = self.arguments[0]
        command = command_line.commands()["" if name == "lbuild" else name]
        which = self.options.get("options", "all")
        if which == "shared":
            groups = command_line.commands()[f"{name} dir"].groups.values()
            by_name = {one.names[-1]: one for group in groups for one in group}
            return [self._options([by_name[option] for option in _SHARED], name)]
        found: list[nodes.Node] = [nodes.literal_block("", command.usage, language="text")]
        found += [
            nodes.paragraph("", "", *self._words(" ".join(part.split())))
            for part in command.text.split("\n\n")
            if which == "own" or name == "lbuild"
        ]
        if command.arguments:
            found.append(self._arguments(command))
        if command.examples:
            lines = "\n".join(f"{line}  # {text}" for line, text in command.examples)
            found.append(nodes.literal_block("", lines, language="sh"))
        for title, group in command.groups.items():
            if which == "own":
                rest = [one for one in group if one.names[-1] not in _SHARED]
                found += [self._options(rest)] if rest else []
            else:
                section = nodes.section("", nodes.title("", title))
                section["ids"].append(f"{name}-{title.lower().replace(' ', '-')}")
                section += self._options(group)
                found.append(section)
        return found

    def _arguments(self, command: command_line.CommandHelp) -> nodes.definition_list:
        found = nodes.definition_list()
        for label, text in command.arguments:
            words, _, default = text.partition(" [default: ")
            term = nodes.term("", "", nodes.literal(label, label))
            inside = nodes.definition("", nodes.paragraph("", "", *self._words(words)))
            if default:
                inside += nodes.paragraph("", "", *self._fact("Default", default.removesuffix("]")))
            found += nodes.definition_list_item("", term, inside)
        return found

    def _options(
        self, options: Iterable[command_line.Option], command: str = ""
    ) -> nodes.definition_list:
        found = nodes.definition_list(classes=["lbuild-options"])
        for one in options:
            anchor = f"{command}-{one.names[-1].strip('-')}" if command else one.anchor
            term = nodes.term()
            for at, name in enumerate(one.names):
                last = at == len(one.names) - 1
                label = f"{name} {one.value}".strip() if last else name
                term += nodes.reference("", "", nodes.literal(label, label), refid=anchor)
                term += nodes.Text("" if last else ", ")
            self.anchor(term, anchor)
            inside = nodes.definition("", nodes.paragraph("", "", *self._words(one.text)))
            facts = [("Default", one.default), ("Variable", one.variable)]
            parts = [part for label, text in facts if text for part in self._fact(label, text)]
            if one.names[-1] in _notes() and command_line.PAGES in self.env.docname:
                option = one.names[-1].strip("-")
                link, _ = self.parse_inline(f"[More on `--{option}`](index.md#--{option})")
                parts += link
            if parts:
                inside += nodes.paragraph("", "", *parts)
            found += nodes.definition_list_item("", term, inside)
        return found

    def _fact(self, label: str, text: str) -> list[nodes.Node]:
        return [nodes.Text(f"{label}: "), *self._words(text), nodes.Text(". ")]

    def _words(self, text: str) -> list[nodes.Node]:
        return [
            nodes.literal(part, part.strip("'")) if at % 2 else nodes.Text(part)
            for at, part in enumerate(_CODE.split(text))
            if part
        ]


def _notes() -> set[str]:
    """Return the options that the page on all commands says more about."""
    page = packages.ROOT / "docs" / "reference" / "commands" / "index.md"
    return set(re.findall(r"^#+ `(--[a-z-]+)", page.read_text("utf-8"), re.MULTILINE))


class Settings(FromCode):
    """List the settings in a table of pyproject.toml."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a table; the name of a setting leads to what the page says about it."""
        self.begin()
        table = self.arguments[0]
        page = Path(self.get_source_info()[0]).read_text("utf-8")
        headings = set(re.findall(r"^#+ `([a-z-]+)`$", page, re.MULTILINE))
        rows = []
        for one in facts.settings()[table]:
            name = f"`{one.name}`"
            if table == "tool.lbuild" and one.name in headings:
                name = f"[{name}](#{one.name})"
            rows.append((_place_of(one), (name, one.type, facts.default(one), one.meaning)))
        return self.table(("setting", "type", "default", "meaning"), rows, 20, 25, 20, 35)


def _place_of(setting: Setting[Any]) -> str:
    return f"{setting.table}-{setting.name}".replace(".", "-")


class Reasons(FromCode):
    """List the labels of reasons."""

    def run(self) -> list[nodes.Node]:
        """Return a table, with links to the kinds that have each label."""
        self.begin()
        by_label: dict[str, list[str]] = {}
        for tag, one in facts.reason_kinds().items():
            for label in one.labels:
                by_label.setdefault(label, []).append(f"[`{tag}`](#{tag})")
        rows = (("", (f"`{label}`", ", ".join(by_label[label]))) for label in sorted(by_label))
        return self.table(("in `lbuild status`", "kind"), rows, 30, 70)


class Reason(FromCode):
    """Describe a kind of reasons; the content of the directive says what to do."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the description."""
        self.begin()
        one = facts.reason_kinds()[self.arguments[0]]
        label = nodes.literal(one.tag, one.tag)
        term = nodes.term("", "", nodes.reference("", "", label, refid=one.tag))
        self.anchor(term, one.tag)
        text = one.meaning.replace("``", "`")
        to_do = "\n".join(self.content)
        content = self.markdown(f"{text}\n\n**What to do:** {to_do}")
        item = nodes.definition_list_item("", term, nodes.definition("", *content))
        return [nodes.definition_list("", item)]


class Errors(FromCode):
    """List all sorts of errors."""

    def run(self) -> list[nodes.Node]:
        """Return a table."""
        self.begin()
        rows = []
        for one in facts.error_kinds().values():
            classes = _codes(name for name, _, public in one.classes if public)
            text = " ".join(meaning for _, meaning, _ in one.classes).replace("``", "`")
            rows.append((one.kind, (f"`{one.kind}`", f"{one.exit_code}", text, classes)))
        return self.table(("kind", "exit code", "meaning", "class"), rows, 18, 12, 45, 25)


def _codes(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _check(_app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of what is in the code, and not on the pages; with ``-W`` that is an error."""
    places = {
        f"{page.removeprefix('reference/')}.md#{name}"
        for name, (page, _) in env.domains.standard_domain.anonlabels.items()
    }
    for missing in sorted({*anchors()} - places):
        _log.warning("docs/reference/%s is missing", missing, type="reference")


def anchors() -> Iterator[str]:
    """Yield the places on the pages that there are because of the code."""
    for name, command in command_line.commands().items():
        page = name.split()[0] if name else "index"
        for group in command.groups.values():
            for one in group:
                is_shared = page == "cache" and one.names[-1] in _SHARED
                place = f"cache-{one.names[-1].strip('-')}" if is_shared else one.anchor
                yield f"commands/{page}.md#{place}"
    for settings in facts.settings().values():
        for setting in settings:
            yield f"settings.md#{_place_of(setting)}"
    for kind in facts.reason_kinds():
        yield f"reasons.md#{kind}"
    for kind in facts.error_kinds():
        yield f"exit-codes.md#{kind}"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives."""
    app.connect("env-check-consistency", _check)
    app.add_directive("lbuild-commands", Commands)
    app.add_directive("lbuild-command", Command)
    app.add_directive("lbuild-settings", Settings)
    app.add_directive("lbuild-reasons", Reasons)
    app.add_directive("lbuild-reason", Reason)
    app.add_directive("lbuild-errors", Errors)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
