"""Which git commands of build backends only read, and can be repeated.

Only the commands listed here are repeated: they read the repository, take nothing from standard
input (except ``check-attr``, where lbuild looks at the rules instead), do not depend on the time of
day, and print what they find. Every argument that begins with a dash has to be in the list, even if
it is the value of another option. So nothing else gets through, however git parses the command
line. The lists follow the sources of setuptools-scm 7 to 10, vcs-versioning,
hatch-vcs, poetry-core, pdm-backend, dunamai, versioneer, versioningit, pbr,
setuptools-git-versioning, miniver and Meson.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Command(NamedTuple):
    """A git command line: the options before the name of the command, the name, the rest."""

    before: tuple[str, ...]
    name: str
    rest: tuple[str, ...]

    @property
    def options(self) -> tuple[str, ...]:
        """The arguments that begin with a dash."""
        return tuple(word for word in self.rest if word.startswith("-"))

    @property
    def operands(self) -> tuple[str, ...]:
        """The other arguments: revisions, patterns, paths, and values that follow their option."""
        return tuple(word for word in self.rest if not word.startswith("-"))


def is_git(program: str) -> bool:
    """Whether a program is git by its name, which may be a path."""
    name = re.split(r"[/\\]", program)[-1].lower()
    return name in {"git", "git.exe"}


_GLOBAL = frozenset(
    {
        *("--no-pager", "--no-optional-locks", "--no-replace-objects", "--no-lazy-fetch"),
        *("--bare", "--literal-pathspecs", "--glob-pathspecs", "--noglob-pathspecs"),
        *("--icase-pathspecs", "--no-advice"),
    }
)
_GLOBAL_VALUED = ("-C", "-c", "--git-dir", "--work-tree")
_SETTING = re.compile(
    r"(log\.showsignature=(false|no|off|0)"
    r"|(core\.(abbrev|quotepath|filemode|longpaths|precomposeunicode)|color\.[a-z]+|diff\.renames"
    r"|safe\.directory|status\.(showuntrackedfiles|relativepaths)|advice\.[a-z]+)=.*)",
    re.IGNORECASE | re.DOTALL,
)
"""Settings for ``-c`` that run no program."""


def split_command_line(args: Sequence[str]) -> Command | None:
    """Split the arguments of git at the name of the command; None after an unknown option."""
    index = 0
    while index < len(args):
        word = args[index]
        option, equals, value = word.partition("=")
        if word in _GLOBAL:
            index += 1
        elif option in _GLOBAL_VALUED and (not equals or option.startswith("--")):
            if not equals:
                value = args[index + 1] if index + 1 < len(args) else ""
            if not value or (option == "-c" and not _SETTING.fullmatch(value)):
                return None
            index += 1 if equals else 2
        elif word == "--version" or not word.startswith("-"):
            name = "version" if word == "--version" else word
            return Command(tuple(args[:index]), name, tuple(args[index + 1 :]))
        else:
            return None
    return None


_Rule = Callable[[Command], bool]


class _Known(NamedTuple):
    """The options of a command (with a value: up to the ``=``), and a condition for the rest."""

    options: frozenset[str]
    valued: tuple[str, ...]
    rule: _Rule

    def allows(self, option: str) -> bool:
        if option in self.options or option.startswith(self.valued):
            return True
        return "-#" in self.options and re.fullmatch(r"-n?[0-9]+", option) is not None


def _known(options: str, rule: _Rule = lambda _: True) -> _Known:
    words = options.split()
    valued = tuple(word for word in words if word.endswith("="))
    return _Known(frozenset(words) - frozenset(valued) | {"--"}, valued, rule)


def _operands(least: int, most: int) -> _Rule:
    return lambda command: least <= len(command.operands) <= most


_LISTING = ("-l", "--list", "--contains", "--no-contains", "--merged", "--no-merged", "--points-at")


def _lists(command: Command) -> bool:
    """Without such an option, ``git branch NAME`` and ``git tag NAME`` create one."""
    return not command.operands or any(
        option.partition("=")[0] in _LISTING for option in command.options
    )


_STABLE_DATE = re.compile(
    r"--date=((iso|iso8601)(-strict)?|short|raw|unix|rfc|rfc2822|default|format:.*)", re.DOTALL
)
_DATED = re.compile(r"%[-+ ]?[ac]d")


def _formats(command: Command) -> list[str]:
    return [
        option.partition("=")[2]
        for option in command.options
        if option.startswith(("--format=", "--pretty="))
    ]


def _stable_format(command: Command) -> bool:
    """Whether the output is the same on another day: a date in it may be ``relative``."""
    dates = [option for option in command.options if option.startswith("--date=")]
    if not all(_STABLE_DATE.fullmatch(option) for option in dates):
        return False
    return all(
        (text in {"oneline", "raw"} or text.startswith(("format:", "tformat:")) or "%" in text)
        and (dates or not _DATED.search(text))
        for text in _formats(command)
    )


def _formatted(command: Command) -> bool:
    return _stable_format(command) and ("--oneline" in command.options or bool(_formats(command)))


def _shows_stably(command: Command) -> bool:
    blobs = all(re.fullmatch(r"[^:{]+:.+", word) for word in command.operands)
    return _formatted(command) or (bool(command.operands) and blobs and not _formats(command))


def _reads_config(command: Command) -> bool:
    actions = {"--get", "--get-all", "--get-regexp", "--get-urlmatch", "--list", "-l"}
    action = actions.intersection(command.options)
    operands = command.operands
    if action & {"--list", "-l"}:
        return not operands
    if action:
        return 1 <= len(operands) <= 2
    if operands[:1] == ("list",):
        return len(operands) == 1
    if operands[:1] == ("get",):  # before git 2.46 a key without a section, which is an error
        return len(operands) == 2
    return len(operands) == 1


_PLAIN_LISTING = frozenset(
    {"-o", "--others", "-i", "--ignored", "-c", "--cached", "-z", "--exclude-standard", "--"}
    | {"--directory", "--no-empty-directory"}
)


def lists_untracked(command: Command) -> bool:
    """Whether it is ``git ls-files`` for files that are not tracked."""
    return command.name == "ls-files" and not {"-o", "--others"}.isdisjoint(command.options)


def _lists_files(command: Command) -> bool:
    """Whether the rows are nothing but paths, where they hold untracked files."""
    return not lists_untracked(command) or set(command.options) <= _PLAIN_LISTING


def _archives(command: Command) -> bool:
    """Whether it is a commit, in a format of git itself: the archive of a tree holds the time."""
    others = {"--format", "--prefix"}
    plain = all(
        option in {"--format=tar", "--format=zip"}
        for option in command.options
        if option.startswith("--format=")
    )
    if "--format" in others.intersection(command.options):
        after = command.rest[command.rest.index("--format") + 1 :][:1]
        plain = plain and after in {("tar",), ("zip",)}
    return plain and not any(
        ":" in word or "^{" in word or "@{" in word for word in command.operands
    )


_REFS = "--format= --format --sort= --sort --contains= --contains --no-contains= --no-contains \
--merged= --merged --no-merged= --no-merged --points-at= --points-at -i --ignore-case --no-color \
--no-column -creatordate -committerdate -taggerdate -refname -version:refname -v:refname"
_WALK = "-# -n --max-count= --skip= --all --branches --branches= --tags --tags= --remotes \
--remotes= --glob= --exclude= --first-parent --full-history --merges --no-merges --min-parents= \
--max-parents= --left-right --left-only --right-only --cherry-pick --parents --children --boundary \
--reverse --topo-order --date-order --author-date-order --no-walk --not --ancestry-path \
--simplify-merges --simplify-by-decoration --oneline --pretty= --format= --date= --abbrev-commit \
--no-abbrev-commit --abbrev= --no-abbrev --no-show-signature --no-color"
_DIFF = (
    "--name-only --name-status --quiet --exit-code --stat --shortstat --numstat --summary --raw \
-s --no-patch -z --no-ext-diff --no-textconv --no-renames --ignore-submodules --ignore-submodules= \
--diff-filter= --no-color --relative --no-relative"
)
_DECORATE = "--decorate --decorate= --no-decorate --decorate-refs= --decorate-refs-exclude="

COMMANDS: Mapping[str, _Known] = {
    "archive": _known("--prefix --prefix= --format --format=", _archives),
    "branch": _known(
        f"{_REFS} -l --list -a --all -r --remotes -v -vv --verbose --show-current --abbrev= \
--no-abbrev",
        _lists,
    ),
    "cat-file": _known("-t -s -e -p", _operands(1, 2)),
    "check-attr": _known("-a --all --cached -z --stdin", _operands(1, 1000)),
    "check-ignore": _known(
        "-q --quiet -v --verbose -n --non-matching --no-index", _operands(1, 1000)
    ),
    "config": _known(
        "-l --list --get --get-all --get-regexp --get-urlmatch --local --global --system \
--worktree -z --null --name-only --show-origin --show-scope --includes --no-includes --bool --int \
--bool-or-int --path --type= --default=",
        _reads_config,
    ),
    "describe": _known(
        "--dirty --dirty= --broken --broken= --all --tags --contains --abbrev= --candidates= \
--exact-match --long --match --match= --exclude --exclude= --always --first-parent --no-abbrev"
    ),
    "diff": _known(f"{_DIFF} --cached --staged"),
    "for-each-ref": _known(f"{_REFS} --count= --exclude="),
    # Without a format it obeys log.date: at worst the output changes each day.
    "log": _known(f"{_WALK} {_DIFF} {_DECORATE} --follow", _stable_format),
    "ls-files": _known(
        "-z -c --cached -o --others -i --ignored -s --stage -d --deleted -m --modified -u \
--unmerged -t -v --exclude-standard --directory --no-empty-directory --error-unmatch --full-name \
--deduplicate --recurse-submodules --abbrev=",
        _lists_files,
    ),
    "ls-tree": _known(
        "-r -t -d -z -l --long --name-only --name-status --full-name --full-tree --abbrev= \
--format="
    ),
    "merge-base": _known("--is-ancestor -a --all --octopus --independent"),
    "name-rev": _known("--tags --name-only --refs= --exclude= --always --no-undefined"),
    "remote": _known(
        "-v --verbose --all --push",
        lambda command: not command.operands or command.operands[0] == "get-url",
    ),
    "rev-list": _known(f"{_WALK} --count --timestamp --no-commit-header", _stable_format),
    "rev-parse": _known(
        "--verify -q --quiet --short --short= --abbrev-ref --abbrev-ref= --symbolic \
--symbolic-full-name --all --branches --tags --remotes --revs-only --show-prefix --show-cdup \
--show-toplevel --show-superproject-working-tree --git-dir --absolute-git-dir --git-common-dir \
--git-path --path-format= --is-inside-work-tree --is-inside-git-dir --is-bare-repository \
--is-shallow-repository --show-object-format --show-object-format= --show-ref-format \
--end-of-options"
    ),
    "show": _known(f"{_WALK} {_DIFF} {_DECORATE}", _shows_stably),
    "show-ref": _known(
        "--head --heads --branches --tags -d --dereference -s --hash --hash= --abbrev --abbrev= \
--verify -q --quiet --exists"
    ),
    "status": _known(
        "-s --short -b --branch --porcelain --porcelain=v1 --porcelain=v2 --porcelain=1 \
--porcelain=2 --long -z -u -uno -uall -unormal --untracked-files --untracked-files= --ignored \
--ignored= --ignore-submodules --ignore-submodules= --no-renames --renames --ahead-behind \
--no-ahead-behind --no-column"
    ),
    "submodule": _known(
        "--cached --recursive -q --quiet",
        lambda command: command.operands[:1] == ("status",),
    ),
    "symbolic-ref": _known("--short -q --quiet --recurse --no-recurse", _operands(1, 1)),
    "tag": _known(f"{_REFS} -l --list -#", _lists),
    "version": _known("--build-options", _operands(0, 0)),
}

_UNSTABLE = re.compile(
    r"@\{(?!(?:upstream|u|push|-?[0-9]+)\}|%\()"  # HEAD@{yesterday}
    r"|%[-+ ]?(?:[ac][rh]|G|g)"  # ages; signatures, for which git runs gpg; times of the reflog
    r"|%\([^)]*\b(?:relative|human|local|signature)"
)


def can_be_repeated(args: Sequence[str]) -> bool:
    """Whether a git command line, without the program, is known to only read; see the module."""
    command = split_command_line(args)
    if command is None or command.name not in COMMANDS or any("\0" in word for word in args):
        return False
    known = COMMANDS[command.name]
    return (
        all(known.allows(option) for option in command.options)
        and known.rule(command)
        and not any(_UNSTABLE.search(word) for word in command.rest)
    )
