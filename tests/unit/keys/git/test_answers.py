"""What git answered, asked again: of which commands, by which names, when the answer changes."""

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_keys.git import answers, questions, read_only
from lbuild_keys.model import State

SETUPTOOLS_SCM = [
    "--git-dir {top}/.git rev-parse --show-prefix",
    "--git-dir {top}/.git status --porcelain --untracked-files=no",
    "--git-dir {top}/.git rev-parse --abbrev-ref HEAD",
    "--git-dir {top}/.git symbolic-ref --short HEAD",
    "--git-dir {top}/.git -c log.showSignature=false log -n 1 HEAD --format=%cI",
    "--git-dir {top}/.git diff --name-only",
    "--git-dir {top}/.git rev-parse --verify --quiet HEAD",
    "--git-dir {top}/.git rev-list HEAD",
    "--git-dir {top}/.git submodule status",
    "--git-dir {top}/.git describe --dirty --tags --long --match '*[0-9]*'",
    "--git-dir {top}/.git describe --dirty --tags --long --abbrev=40 --match '*[0-9]*'",
    "rev-parse HEAD",
    "rev-parse --show-prefix",
    "archive --prefix {top}/ HEAD",
]
VCS_VERSIONING = [
    "--git-dir {top}/.git describe --exact-match --tags HEAD",
    "--git-dir {top}/.git rev-list --count --full-history v1..HEAD -- src",
    "--git-dir {top}/.git rev-list --count --first-parent HEAD -- src",
    "--git-dir {top}/.git status --porcelain --untracked-files=no -- src",
    "--git-dir {top}/.git tag --merged HEAD --list '*[0-9]*'",
    "--git-dir {top}/.git ls-files --error-unmatch pyproject.toml",
    "--git-dir {top}/.git ls-files -z -s -- . ':(exclude,attr:export-ignore)'",
    "--git-dir {top}/.git check-attr -z --stdin export-ignore",
]
POETRY_CORE = [
    "check-ignore .",
    "rev-parse --show-cdup",
    "config -l",
    "--git-dir {top}/.git --work-tree {top} ls-files --others -i --exclude-standard",
]
PDM_BACKEND = [
    "rev-parse --show-toplevel",
    "-c core.abbrev=auto describe --dirty --tags --long --match '*.*'",
    "rev-parse --abbrev-ref HEAD",
    "status --porcelain --untracked-files=no",
    "rev-parse --verify --quiet HEAD",
    "rev-list HEAD",
]
DUNAMAI = [
    "version",
    "status",
    "rev-parse --is-shallow-repository",
    "symbolic-ref --short HEAD",
    "-c log.showsignature=false log -n 1 --format=format:%h",
    "-c log.showsignature=false log -n 1 --pretty=format:%cI",
    "describe --always --dirty",
    "status --porcelain",
    "for-each-ref 'refs/tags/**' --format '%(refname)' --sort -creatordate",
    (
        "for-each-ref 'refs/tags/**' --merged HEAD --format '%(refname)@{{%(objectname)"
        "@{{%(creatordate:iso-strict)@{{%(*committerdate:iso-strict)@{{%(taggerdate:iso-strict)'"
    ),
    (
        "-c log.showsignature=false log --simplify-by-decoration --topo-order --decorate=full HEAD"
        " --format=%H%d --decorate-refs=refs/tags/"
    ),
    "rev-list --count HEAD",
    "rev-list --count refs/tags/v1..HEAD",
]
VERSIONEER = [
    "rev-parse --git-dir",
    "describe --tags --dirty --always --long --match 'v[[:digit:]]*'",
    "rev-parse HEAD",
    "rev-parse --abbrev-ref HEAD",
    "branch --contains",
    "rev-list HEAD --left-right",
    "show -s --format=%ci HEAD",
]
VERSIONINGIT = [
    "rev-parse --is-inside-work-tree",
    "ls-files --error-unmatch .",
    "describe --long --dirty --always --tags --match=v* --exclude=x",
    "symbolic-ref --short -q HEAD",
    "--no-pager show -s --format=%H%n%at%n%ct",
]
PBR = [
    "--version",
    "rev-parse --git-dir",
    "--git-dir=.git ls-files -z",
    "--git-dir=.git describe --always",
    "--git-dir=.git describe --exact-match",
    "--git-dir=.git log",
    "--git-dir=.git log -n1 --pretty=format:%h",
    "--git-dir=.git log --decorate=full --format=%h%x00%s%x00%d",
    "--git-dir=.git log --pretty=%B v1..HEAD",
]
SETUPTOOLS_GIT_VERSIONING = [
    "tag --sort=-creatordate",
    "tag --sort=-creatordate --merged",
    "rev-list -n 1 v1",
    "rev-list --count HEAD ^v1",
    "log -n 1 --pretty=format:%H -- pyproject.toml",
    "status --short",
    "branch -l --format '%(refname:short)'",
]
OTHERS = [
    "describe --long --always --first-parent",  # miniver
    "diff --quiet",
    "describe --dirty=+ --always",  # Meson: vcs_tag
    "rev-parse",  # Meson: wraps
    "submodule status .",
]
READING = [
    *SETUPTOOLS_SCM,
    *VCS_VERSIONING,
    *POETRY_CORE,
    *PDM_BACKEND,
    *DUNAMAI,
    *VERSIONEER,
    *VERSIONINGIT,
    *PBR,
    *SETUPTOOLS_GIT_VERSIONING,
    *OTHERS,
]

NOT_ASKED = [
    "",
    "commit",
    "add .",
    "fetch --unshallow",
    "fetch --unshallow --filter=blob:none",  # setuptools-scm
    "update-index -q --refresh",
    "submodule update --init .",
    "submodule",
    "submodule foreach ls",
    "branch new",
    "branch -D main",
    "branch --edit-description",
    "branch --format %(refname) new",
    "tag v2",
    "tag -d v1",
    "tag --sort=x v2",
    "config user.name Ada",
    "config --unset user.name",
    "config --file x -l",
    "config --edit",
    "config set a.b c",
    "symbolic-ref HEAD refs/heads/x",
    "symbolic-ref -d HEAD",
    "remote add origin x",
    "remote show origin",
    "remote update",
    "ls-remote origin",
    "cat-file --batch",
    "cat-file --textconv HEAD:a",
    "rev-list --stdin",
    "rev-list --since=yesterday HEAD",
    "rev-parse HEAD@{yesterday}",
    "rev-parse --since=yesterday",
    "log --format=%ar",
    "log --format=%cd",
    "log --format=%G?",
    "log --pretty=mine",
    "log --format=%cd --date=relative",
    "log --format=%cd --date=iso-local",
    "log --format=%H --output=x",
    "log --format=%H --show-signature",
    "for-each-ref --format=%(creatordate:relative)",
    "show HEAD",
    "show :/fix",
    "diff --output=x",
    "diff --outp=x",
    "diff --ext-diff",
    "diff -- --output=x",
    "diff-index --quiet HEAD",
    "describe --match -- --output=x",
    "archive -o x.tar HEAD",
    "archive --format=tgz HEAD",
    "archive --format tgz HEAD",
    "archive --remote=x HEAD",
    "archive HEAD^{tree}",
    "archive HEAD:src",
    "archive HEAD@{yesterday}",
    "ls-files --others --exclude-from=x -t",
    "-c alias.x=!ls x",
    "-c core.fsmonitor=x status",
    "-c core.pager=x status",
    "-c log.showSignature log -n 1 --format=%H",
    "-p log --format=%H",
    "--exec-path=/tmp status",
    "--config-env=a=b status",
    "unknown",
    "help",
]


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(["git", *command], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return os.fsdecode(done.stdout)


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def commit(folder: Path) -> None:
    run(folder, "add", "--all")
    run(folder, "commit", "--quiet", "--allow-empty", "--message=more")


def words(text: str, top: Path) -> list[str]:
    return shlex.split(text.format(top=top)) if "{" in text else shlex.split(text)


def name(text: str, root: Path, folder: Path | None = None) -> str:
    called = questions.input_name(words(text, root), str(folder or root), root)
    assert called is not None
    return called


def leave_out(path: str) -> bool:
    return path.startswith("dist/demo-") and path.endswith(".whl")


def ask(root: Path, text: str, folder: Path | None = None, **variables: str) -> State:
    return answers.observe_answer(
        root, name(text, root, folder), {**os.environ, **variables}, leave_out
    )


def all_states(root: Path) -> dict[str, State]:
    return {text: ask(root, text) for text in READING}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    run(root, "init", "--quiet", "--initial-branch=main")
    write(root / "pyproject.toml", "[project]\n")
    write(root / "src" / "demo.py", "one = 1\n")
    write(root / ".gitignore", "*.so\n")
    commit(root)
    run(root, "tag", "v1.0")
    run(root, "tag", "v1")
    return root


# Which commands


@pytest.mark.parametrize(
    ("program", "expected"),
    [("git", True), ("/usr/bin/git", True), (r"C:\Git\git.EXE", True), ("git-lfs", False)],
)
def test_git_is_known_by_its_name(program: str, expected: bool) -> None:
    assert read_only.is_git(program) is expected


@pytest.mark.parametrize("text", READING)
def test_what_backends_read_can_be_repeated(text: str) -> None:
    assert read_only.can_be_repeated(words(text, Path("/project")))


@pytest.mark.parametrize("text", NOT_ASKED)
def test_what_may_write_run_or_wait_cannot(text: str, project: Path) -> None:
    args = shlex.split(text)
    assert not read_only.can_be_repeated(args)
    assert questions.input_name(args, str(project), project) is None
    # Nor if it stands in a record.
    state = answers.observe_answer(project, shlex.join(["git", *args]), os.environ, leave_out)
    assert state.presence == "unreadable"


def test_a_null_character_is_not_given_to_git() -> None:
    assert not read_only.can_be_repeated(["rev-parse", "a\0b"])


# Names


def test_a_name_is_the_command_line_from_the_project(project: Path) -> None:
    assert name("describe --tags --match '*[0-9]*'", project) == (
        "git describe --tags --match '*[0-9]*'"
    )
    assert name("ls-files", project, project / "src") == "src: git ls-files"
    assert name("--git-dir={top}/.git ls-files", project) == (
        "git '--git-dir={project}/.git' ls-files"
    )


def test_a_name_from_a_project_within_a_repository(project: Path) -> None:
    inner = project / "src"
    called = questions.input_name(
        ["--git-dir", f"{project}/.git", "-C", str(project), "ls-files"], str(project), inner
    )
    assert called == (
        "'{project/..}': git --git-dir '{project/..}/.git' -C '{project/..}' ls-files"
    )
    assert answers.observe_answer(inner, called, os.environ, leave_out).known


ODD = st.text(st.characters(exclude_characters="\0"), max_size=12) | st.sampled_from(
    ["{project}", "{project/..}", r"\{project}", r"\U00000041", "a:", "--x={project}", "\udce9\n"]
)


@given(st.lists(ODD, max_size=4), st.lists(ODD, max_size=2))
def test_a_name_can_be_taken_apart_again(operands: Sequence[str], parts: Sequence[str]) -> None:
    root = Path(os.path.realpath(tempfile.gettempdir()), "no such project")
    args = ["--git-dir", f"{root}/.git", "rev-parse"]
    args += [word for word in operands if read_only.can_be_repeated(["rev-parse", word])]
    args += [str(root)]
    parts = [part.replace("/", "") for part in parts]
    folder = os.path.realpath(root.joinpath(*parts))
    called = questions.input_name(args, folder, root)
    assert called is not None
    assert called.isprintable()
    assert str(root) not in called
    place, written = questions.parse_input_name(called)
    assert questions.expand_paths(place, root) == folder
    assert [questions.expand_paths(word, root) for word in written] == args


@pytest.mark.parametrize(
    "damaged", ["", "rm -rf x", "git 'describe", "{project/../../../../../../../../..}: git status"]
)
def test_a_damaged_name_is_unreadable(damaged: str, project: Path) -> None:
    assert not answers.observe_answer(project, damaged, os.environ, leave_out).known


# Answers


def test_everything_that_backends_ask_has_an_answer_that_stays(project: Path) -> None:
    before = all_states(project)
    assert {state.presence for state in before.values()} == {"present"}
    index = (project / ".git" / "index").read_bytes()
    os.utime(project / "src" / "demo.py")
    assert all_states(project) == before
    assert (project / ".git" / "index").read_bytes() == index


@pytest.mark.exhaustive
def test_another_clone_of_the_commit_gives_the_same_answers(project: Path, tmp_path: Path) -> None:
    clone = tmp_path / "elsewhere" / "clone"
    run(project, "clone", "--quiet", str(project), str(clone))
    theirs = all_states(clone)
    ours = all_states(project)
    differing = {text for text in READING if ours[text] != theirs[text]}
    # The remote's name is an answer.
    remote = {"config -l", "status", next(text for text in PBR if "decorate" in text)}
    assert differing == remote


@pytest.mark.exhaustive
def test_what_lbuild_and_tools_leave_behind_changes_nothing(project: Path) -> None:
    listings = ["ls-files --others --exclude-standard", "ls-files --others --directory -z"]
    before = all_states(project), [ask(project, text) for text in listings]
    write(project / "dist" / "demo-1.0-py3-none-any.whl")
    write(project / "src" / "__pycache__" / "demo.pyc")
    write(project / "venv" / "pyvenv.cfg")
    write(project / "venv" / "lib" / "ignored.so")
    write(project / ".tox" / "x")
    assert (all_states(project), [ask(project, text) for text in listings]) == before
    write(project / "dist" / "other.txt")
    assert ask(project, "status --porcelain") != before[0]["status --porcelain"]
    assert [ask(project, text) != old for text, old in zip(listings, before[1], strict=True)] == [
        True,
        True,
    ]


def edit(project: Path) -> None:
    write(project / "src" / "demo.py", "two = 2\n")


def add(project: Path) -> None:
    write(project / "src" / "new.py")


def ignored(project: Path) -> None:
    write(project / "src" / "fast.so")


def ignore(project: Path) -> None:
    write(project / "src" / "new.py")
    write(project / ".gitignore", "*.so\nnew.py\n")


def exclude(project: Path) -> None:
    write(project / "src" / "new.py")
    write(project / ".git" / "info" / "exclude", "new.py\n")


def stage(project: Path) -> None:
    add(project)
    run(project, "add", "--all")


def tag(project: Path) -> None:
    run(project, "tag", "v2.0")


def branch(project: Path) -> None:
    run(project, "checkout", "--quiet", "-b", "other")


def ignore_all(project: Path) -> None:
    write(project / ".git" / "info" / "exclude", "/*\n")
    run(project, "rm", "-r", "-q", "--cached", ".")


def attributes(project: Path) -> None:
    write(project / ".git" / "info" / "attributes", "src export-ignore\n*.py export-ignore\n")


def attributes_in_tree(project: Path) -> None:
    write(project / "src" / ".gitattributes", "*.py export-ignore\n")


def setting(project: Path) -> None:
    run(project, "config", "user.name", "Grace")


def no_git(project: Path) -> None:
    shutil.rmtree(project / ".git")


IGNORED = POETRY_CORE[3]
DESCRIBE = SETUPTOOLS_SCM[9]
STATUS = SETUPTOOLS_SCM[1]
ARCHIVE = SETUPTOOLS_SCM[13]


@pytest.mark.parametrize(
    ("change", "changed", "unchanged"),
    [
        (edit, [DESCRIBE, STATUS, "status", "status --short", "diff --quiet"], [IGNORED, ARCHIVE]),
        (add, ["status --porcelain", "status", "status --short"], [DESCRIBE, STATUS, IGNORED]),
        (ignored, [IGNORED], [DESCRIBE, "status --porcelain", "ls-files"]),
        (ignore, [IGNORED, DESCRIBE, STATUS], ["ls-files"]),
        (exclude, [IGNORED], [DESCRIBE, "status --porcelain"]),
        (stage, ["ls-files", STATUS, VCS_VERSIONING[6]], ["rev-parse HEAD"]),
        (
            tag,
            ["describe --tags --match=v2*", "tag --sort=-creatordate", *DUNAMAI[8:10]],
            ["rev-parse HEAD", STATUS],
        ),
        (commit, [DESCRIBE, "rev-parse HEAD", "rev-list --count HEAD", ARCHIVE], [STATUS]),
        (branch, ["rev-parse --abbrev-ref HEAD", "branch --contains", "status"], [DESCRIBE]),
        (attributes, [ARCHIVE, *VCS_VERSIONING[6:8]], [DESCRIBE, "ls-files"]),
        (attributes_in_tree, [*VCS_VERSIONING[6:8]], [DESCRIBE, "ls-files", ARCHIVE]),
        (setting, ["config -l"], [DESCRIBE]),
        (no_git, [text for text in READING if text not in {"version", "--version"}], []),
    ],
)
def test_a_change_changes_what_git_answers(
    change: Callable[[Path], None],
    changed: Sequence[str],
    unchanged: Sequence[str],
    project: Path,
) -> None:
    before = {text: ask(project, text) for text in [*changed, *unchanged]}
    change(project)
    after = {text: ask(project, text) for text in before}
    assert {text for text in before if after[text] == before[text]} == set(unchanged) - set(changed)
    assert {state.presence for text, state in after.items()} == {"present"}


def test_the_words_are_the_answer_if_it_is_short_and_no_secret(project: Path) -> None:
    assert ask(project, "describe --tags --match v1.0").detail.startswith("v1.0, ")
    assert ask(project, "rev-parse --show-toplevel").detail.startswith("., ")
    assert ask(project, "describe --match x").detail.startswith(
        "exit 128: No names found, cannot describe anything, "
    )
    run(project, "remote", "add", "origin", "https://ada:secret@example.org/")
    for text in ("remote get-url origin", "config -l", "remote -v", "config remote.origin.url"):
        assert "secret" not in ask(project, text).detail
        assert ask(project, text).detail.startswith("exit 0, ")


def test_what_is_untracked_may_come_to_be_ignored(project: Path) -> None:
    write(project / "src" / "new.py")
    before = ask(project, "status --porcelain --ignored")
    write(project / ".git" / "info" / "exclude", "new.py\n")
    assert ask(project, "status --porcelain --ignored") != before


def test_no_repository_is_an_answer(tmp_path: Path) -> None:
    state = ask(tmp_path, "describe --tags")
    assert state.detail.startswith("exit 128: not a git repository, ")
    assert ask(tmp_path, "describe --tags") == state


def test_no_git_is_unreadable(project: Path) -> None:
    assert not ask(project, "describe --tags", PATH="").known


def test_a_failure_that_may_pass_is_unreadable(project: Path) -> None:
    write(project / ".git" / "config", "[core\n")
    assert not ask(project, "describe --tags").known


def test_a_missing_folder_is_unreadable(project: Path) -> None:
    write(project / "gone" / "x")
    called = name("ls-files", project, project / "gone")
    shutil.rmtree(project / "gone")
    assert not answers.observe_answer(project, called, os.environ, leave_out).known


def test_the_hooks_variables_count_with_and_without_those_of_git(
    project: Path, tmp_path: Path
) -> None:
    personal = write(tmp_path / "gitconfig", "[user]\n\tname = Ada\n")
    before = ask(project, "config -l", GIT_CONFIG_GLOBAL=str(personal))
    write(personal, "[user]\n\tname = Grace\n")
    after = ask(project, "config -l", GIT_CONFIG_GLOBAL=str(personal))
    assert after != before
    # setuptools-scm runs git without GIT_CONFIG_GLOBAL.
    home = write(tmp_path / "home" / ".gitconfig", "[user]\n\tname = Ada\n").parent
    variables = {"GIT_CONFIG_GLOBAL": str(personal), "HOME": str(home)}
    other = {**variables, "XDG_CONFIG_HOME": str(home)}
    assert ask(project, "config -l", **other) != after


def test_no_configured_program_runs(project: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    program = write(tmp_path / "program", f"#!/bin/sh\ntouch '{mark}'\n")
    program.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "diff.x.textconv", "core.pager", "gpg.program"):
        run(project, "config", key, str(program))
    run(project, "config", "log.showSignature", "true")
    write(project / ".git" / "info" / "attributes", "*.py diff=x\n")
    edit(project)
    for text in [*READING, "diff", "show --format=%H HEAD", "show HEAD:src/demo.py"]:
        assert ask(project, text).known, text
    assert not mark.exists()


def test_listings_of_untracked_files_with_odd_names(project: Path) -> None:
    text = "ls-files --others --exclude-standard"
    before = ask(project, text)
    write(project / "__pycache__" / 'caf\u00e9 "\n\\x')
    assert ask(project, text) == before
    write(project / 'caf\u00e9 "\n\\x')
    assert ask(project, text) != before


def test_listings_from_a_folder_and_from_above_the_project(project: Path) -> None:
    write(project / "src" / "dist" / "demo-1.whl")
    write(project / "src" / "dist" / "deep" / "__pycache__" / "x")
    inner = project / "src"
    for args in (["status", "--porcelain"], ["ls-files", "-o"], ["ls-files", "-o", "--directory"]):
        for folder in (project, inner, inner / "dist"):
            called = questions.input_name(args, str(folder), inner)
            assert called is not None
            before = answers.observe_answer(inner, called, os.environ, leave_out)
            assert before.known
            write(inner / "dist" / "demo-2.whl")
            assert answers.observe_answer(inner, called, os.environ, leave_out) == before
            (inner / "dist" / "demo-2.whl").unlink()
