"""The kinds of entry that ``cache-keys`` can hold, and what counts without it."""

from parity.scenario import (
    Edit,
    Scenario,
    Verdict,
    append,
    both,
    commit,
    fifo,
    init,
    link,
    make_executable,
    make_folder,
    move,
    nothing,
    remove,
    run_git,
    same,
    write,
)

COMMENT = append("pyproject.toml", "# a comment\n")

FILES = (
    same("rebuilt", "a file as a string", '["a.txt"]', "a.txt", write("a.txt")),
    same("rebuilt", "a file as a table", '[{ file = "a.txt" }]', "a.txt", write("a.txt")),
    same("rebuilt", "a glob as a table", '[{ file = "*.txt" }]', "a.txt", write("a.txt")),
    same("reused", "no change at all", '["a.txt"]', "a.txt", nothing),
    same("reused", "a file that is not declared", '["a.txt"]', "a.txt b.txt", write("b.txt")),
    same("rebuilt", "the second of two files", '["a.txt", "b.txt"]', "a.txt b.txt", write("b.txt")),
    same("rebuilt", "a declared file appears", '["a.txt"]', "", write("a.txt")),
    same("rebuilt", "the only declared file goes", '["a.txt"]', "a.txt", remove("a.txt")),
    same("reused", "a declared file stays away", '["a.txt"]', "b.txt", write("b.txt")),
    same("rebuilt", "a file in a folder", '["s/a.txt"]', "s/a.txt", write("s/a.txt")),
    same("reused", "a file of that name elsewhere", '["a.txt"]', "s/a.txt", write("s/a.txt")),
    same("rebuilt", "a file given twice", '["a.txt", "a.txt"]', "a.txt", write("a.txt")),
    same("reused", "a file given twice, unchanged", '["a.txt", "a.txt"]', "a.txt", nothing),
    same(
        "rebuilt",
        "an entry of every kind",
        '["a.txt", { file = "b.txt" }, { dir = "s" }, { env = "PARITY" }, { git = false }]',
        "a.txt b.txt",
        write("b.txt"),
    ),
    same("reused", "an empty array and a new file", "[]", "a.txt", write("a.txt")),
    same("reused", "an empty array and pyproject.toml", "[]", "", COMMENT),
    same("rebuilt", "the executable bit", '["a.txt"]', "a.txt", make_executable("a.txt")),
    same("reused", "a folder where a file is declared", '["s"]', "s/a.txt", write("s/a.txt")),
    same("reused", "a folder appears where a file is declared", '["s"]', "", make_folder("s")),
    same("rebuilt", "a file above the project", '["../a.txt"]', "../a.txt", write("../a.txt")),
    same("rebuilt", "an absolute path", '["PARENT/a.txt"]', "../a.txt", write("../a.txt")),
    same("rebuilt", "a path with dots", '["./s/../a.txt"]', "a.txt s/b", write("a.txt")),
    same("reused", "a slash after a file", '["a.txt/"]', "a.txt", write("a.txt")),
    same("rebuilt", "a name with a comma", '["a,b"]', "a,b", write("a,b")),
    same("rebuilt", "a name with a closing brace", '["a}"]', "a}", write("a}")),
    same("rebuilt", "a name that begins with a hash", '["#a"]', "#a", write("#a")),
    same("rebuilt", "a hidden file", '[".env"]', ".env", write(".env")),
    same("rebuilt", "a non-ASCII name", '["\xe9.txt"]', "\xe9.txt", write("\xe9.txt")),
    same(
        "rebuilt",
        "the target of a symbolic link",
        '["link"]',
        "target",
        write("target"),
        prepare=(link("link", "target"),),
    ),
    same(
        "rebuilt",
        "a file below a link to a folder",
        '["link/a.txt"]',
        "../elsewhere/a.txt",
        write("../elsewhere/a.txt"),
        prepare=(link("link", "../elsewhere"),),
    ),
)


def by_default(verdict: Verdict, name: str, files: str, edit: Edit) -> Scenario:
    """A project that sets nothing; ``files`` are names with spaces between."""
    return Scenario(
        name=f"by default, {name}",
        table=None,
        files=dict.fromkeys(files.split(), "first\n"),
        edits=(edit,),
        uv=verdict,
        lbuild=verdict,
    )


DEFAULTS = (
    by_default("rebuilt", "pyproject.toml", "", COMMENT),
    by_default("rebuilt", "setup.py", "setup.py", write("setup.py")),
    by_default("rebuilt", "setup.cfg", "setup.cfg", write("setup.cfg")),
    by_default("rebuilt", "a new setup.py", "", write("setup.py")),
    by_default("rebuilt", "a new src", "", make_folder("src")),
    by_default("rebuilt", "src goes", "src/a.py", remove("src")),
    by_default("reused", "a module in src", "src/a.py", write("src/a.py")),
    by_default("reused", "a new module in a folder of src", "src/s/a.py", write("src/s/b.py")),
    by_default("reused", "a module beside", "a.py", write("a.py")),
    by_default("rebuilt", "a file src", "", write("src")),
)

DEFAULTS_GONE = (
    same("reused", "with cache-keys, not pyproject.toml", '["a.txt"]', "a.txt", COMMENT),
    same("reused", "with cache-keys, not setup.py", '["a.txt"]', "setup.py", write("setup.py")),
    same("reused", "with cache-keys, not src", '["a.txt"]', "", make_folder("src")),
    Scenario(
        name="another setting of uv leaves the defaults",
        table='reinstall-package = ["other"]',
        files={"setup.py": "first\n"},
        edits=(write("setup.py"),),
        uv="rebuilt",
        lbuild="rebuilt",
    ),
)

FOLDERS = (
    same("rebuilt", "a folder appears", '[{ dir = "s" }]', "", make_folder("s")),
    same("rebuilt", "a folder goes", '[{ dir = "s" }]', "s/a", remove("s")),
    same("rebuilt", "a folder is renamed", '[{ dir = "s" }]', "s/a", move("s", "t")),
    same("reused", "a file in a folder changes", '[{ dir = "s" }]', "s/a", write("s/a")),
    same("reused", "a file in a folder is new", '[{ dir = "s" }]', "s/a", write("s/b")),
    same("reused", "another folder appears", '[{ dir = "s" }]', "", make_folder("t")),
    same("reused", "no glob in dir", '[{ dir = "s*" }]', "", make_folder("s1")),
    same("rebuilt", "a file where a folder is declared", '[{ dir = "s" }]', "", write("s")),
    same("rebuilt", "a folder above the project", '[{ dir = "../s" }]', "", make_folder("../s")),
)


def environment(
    verdict: Verdict, name: str, before: str | None, after: str | None, variable: str = "PARITY"
) -> Scenario:
    """``{ env = "PARITY" }``, and ``variable`` before and after; None leaves it unset."""
    return Scenario(
        name=name,
        table='cache-keys = [{ env = "PARITY" }]',
        edits=(nothing,),
        environ={} if before is None else {variable: before},
        environ_after={} if after is None else {variable: after},
        uv=verdict,
        lbuild=verdict,
    )


VARIABLES = (
    environment("rebuilt", "a variable gets another value", "1", "2"),
    environment("rebuilt", "a variable is set", None, "1"),
    environment("rebuilt", "a variable is unset", "1", None),
    environment("rebuilt", "a variable is set to nothing", None, ""),
    environment("rebuilt", "an empty variable is unset", "", None),
    environment("reused", "a variable keeps its value", "1", "1"),
    environment("reused", "a variable stays unset", None, None),
    environment("reused", "another variable changes", "1", "2", variable="PARITY_OTHER"),
)

REPOSITORY = (init(), commit("one"))
COMMIT = "[{ git = true }]"
TAGS = "[{ git = { tags = true } }]"
BOTH = "[{ git = { commit = true, tags = true } }]"
TAG = run_git("tag", "v1")
ANNOTATED = run_git("tag", "--annotate", "--message=one", "v1")
AGAIN = run_git("tag", "--annotate", "--force", "--message=two", "v1")

GIT = (
    same("rebuilt", "a commit", COMMIT, "a.txt", commit("two"), prepare=REPOSITORY),
    same(
        "rebuilt",
        "a commit, asked for as a table",
        "[{ git = { commit = true } }]",
        "a.txt",
        commit("two"),
        prepare=REPOSITORY,
    ),
    same("reused", "an edit not committed", COMMIT, "a.txt", write("a.txt"), prepare=REPOSITORY),
    same("reused", "a tag where commits count", COMMIT, "a.txt", TAG, prepare=REPOSITORY),
    same(
        "rebuilt",
        "a commit in place of another",
        COMMIT,
        "a.txt",
        run_git("commit", "--quiet", "--amend", "--message=two"),
        prepare=REPOSITORY,
    ),
    same(
        "reused",
        "another branch with the same commit",
        COMMIT,
        "a.txt",
        run_git("switch", "--quiet", "--create", "other"),
        prepare=REPOSITORY,
    ),
    same(
        "reused",
        "the same commit, detached",
        COMMIT,
        "a.txt",
        run_git("switch", "--quiet", "--detach"),
        prepare=REPOSITORY,
    ),
    same(
        "rebuilt",
        "a commit on a detached HEAD",
        COMMIT,
        "a.txt",
        commit("two"),
        prepare=(*REPOSITORY, run_git("switch", "--quiet", "--detach")),
    ),
    same(
        "rebuilt",
        "a commit in the repository around",
        COMMIT,
        "a.txt",
        commit("two", folder=".."),
        prepare=(init(folder=".."), commit("one", folder="..")),
    ),
    same(
        "rebuilt",
        "a commit in a linked worktree",
        COMMIT,
        "../origin/a.txt",
        commit("two"),
        prepare=(
            init(folder="../origin"),
            commit("one", folder="../origin"),
            run_git("worktree", "add", "--quiet", "--detach", "../tree", folder="../origin"),
            move("../tree/.git", ".git"),
            run_git("worktree", "repair", "../dependency", folder="../origin"),
        ),
    ),
    same("rebuilt", "a first commit", COMMIT, "a.txt", commit("one"), prepare=(init(),)),
    same("rebuilt", "a repository appears", COMMIT, "a.txt", both(init(), commit("one"))),
    same("reused", "no repository", COMMIT, "a.txt", write("a.txt")),
    same("rebuilt", "a tag", TAGS, "a.txt", TAG, prepare=REPOSITORY),
    same("rebuilt", "an annotated tag", TAGS, "a.txt", ANNOTATED, prepare=REPOSITORY),
    same(
        "rebuilt",
        "an annotated tag made anew",
        TAGS,
        "a.txt",
        AGAIN,
        prepare=(*REPOSITORY, ANNOTATED),
    ),
    same(
        "rebuilt",
        "a tag moved",
        TAGS,
        "a.txt",
        run_git("tag", "--force", "v1"),
        prepare=(*REPOSITORY, TAG, commit("two")),
    ),
    same(
        "rebuilt",
        "a tag removed",
        TAGS,
        "a.txt",
        run_git("tag", "--delete", "v1"),
        prepare=(*REPOSITORY, TAG),
    ),
    same("reused", "a commit where tags count", TAGS, "a.txt", commit("two"), prepare=REPOSITORY),
    same("rebuilt", "a commit where both count", BOTH, "a.txt", commit("two"), prepare=REPOSITORY),
    same("rebuilt", "a tag where both count", BOTH, "a.txt", TAG, prepare=REPOSITORY),
    same("reused", "no git", "[{ git = false }]", "a.txt", commit("two"), prepare=REPOSITORY),
    same(
        "reused",
        "neither commits nor tags",
        "[{ git = { commit = false, tags = false } }]",
        "a.txt",
        both(commit("two"), TAG),
        prepare=REPOSITORY,
    ),
)

SPECIAL = (
    same("reused", "a pipe where a file is declared", '["p"]', "", nothing, prepare=(fifo("p"),)),
)

SCENARIOS = (*FILES, *DEFAULTS, *DEFAULTS_GONE, *FOLDERS, *VARIABLES, *GIT, *SPECIAL)
