"""Where lbuild does better with the same declarations: content decides, not time."""

from parity.scenario import (
    Edit,
    Scenario,
    append,
    better,
    both,
    commit,
    hard_link,
    init,
    link,
    make_folder,
    move,
    nothing,
    remove,
    run_git,
    touch,
    write,
)


def stale(
    name: str, keys: str, files: str, *edits: Edit, prepare: tuple[Edit, ...] = ()
) -> Scenario:
    """uv overlooks a change; ``files`` are names with spaces between."""
    return better(name, keys, files, *edits, prepare=prepare, uv="reused", lbuild="rebuilt")


def needless(
    name: str, keys: str, files: str, *edits: Edit, prepare: tuple[Edit, ...] = ()
) -> Scenario:
    """uv builds though nothing has changed; ``files`` are names with spaces between."""
    return better(name, keys, files, *edits, prepare=prepare, uv="rebuilt", lbuild="reused")


# Of several files, uv looks at the latest time stamp only: b.txt has it here.
B_IS_NEWEST = (touch("b.txt"),)

GONE = (
    stale(
        "a declared file goes",
        '["a.txt", "b.txt"]',
        "a.txt b.txt",
        remove("a.txt"),
        prepare=B_IS_NEWEST,
    ),
    stale(
        "a file goes that a glob matches",
        '["*.txt"]',
        "a.txt b.txt",
        remove("a.txt"),
        prepare=B_IS_NEWEST,
    ),
    stale(
        "a declared file is renamed",
        '["a.txt", "b.txt"]',
        "a.txt b.txt",
        move("a.txt", "c.txt"),
        prepare=B_IS_NEWEST,
    ),
    stale(
        "a declared file is moved away",
        '["**/*.txt"]',
        "s/a.txt b.txt",
        move("s/a.txt", "../a.txt"),
        prepare=B_IS_NEWEST,
    ),
)

OLDER = (
    stale(
        "a symbolic link is pointed at an older file",
        '["link", "b.txt"]',
        "one two b.txt",
        link("link", "two"),
        prepare=(link("link", "one"), write("two", "other\n"), *B_IS_NEWEST),
    ),
    stale(
        "an older file is moved in with its folder",
        '["**/*.txt"]',
        "../s/a.txt b.txt",
        move("../s", "s"),
        prepare=B_IS_NEWEST,
    ),
)

IN_TREE_BACKEND = (
    stale(
        "an in-tree backend is edited",
        '["a.txt"]',
        "a.txt",
        append("_backend/backend.py", "# edited\n"),
    ),
    stale(
        "a helper of an in-tree backend is edited",
        '["a.txt"]',
        "_backend/helper.py",
        write("_backend/helper.py", "# edited\n"),
        prepare=(
            append("_backend/backend.py", "import helper\n"),
            write("_backend/helper.py", "# first\n"),
        ),
    ),
)

SHA_256 = (init("--object-format=sha256"), commit("one"))

GIT = (
    stale(
        "a commit in a SHA-256 repository",
        "[{ git = true }]",
        "a.txt",
        commit("two"),
        prepare=SHA_256,
    ),
    stale(
        "a tag in a SHA-256 repository",
        "[{ git = { tags = true } }]",
        "a.txt",
        run_git("tag", "v2"),
        prepare=(*SHA_256, run_git("tag", "v1")),
    ),
    stale(
        "a commit on a branch that is a symbolic ref",
        "[{ git = true }]",
        "a.txt",
        commit("two"),
        prepare=(
            init(),
            commit("one"),
            run_git("symbolic-ref", "refs/heads/alias", "refs/heads/main"),
            run_git("symbolic-ref", "HEAD", "refs/heads/alias"),
        ),
    ),
)

CHARACTERS = (
    stale("? is a character", '["?.txt"]', "\xe9.txt", write("\xe9.txt")),
    stale("a class holds characters", '["[\xe9].txt"]', "\xe9.txt", write("\xe9.txt")),
    stale("a glob that starts with a hash", '["#*.txt"]', "#a.txt", write("#a.txt")),
)

EXCLUSIONS = (
    needless(
        "an excluded file",
        '["src/**/*.py", "!src/gen/**"]',
        "src/a.py src/gen/b.py",
        write("src/gen/b.py"),
    ),
    needless(
        "a new excluded file",
        '["src/**/*.py", "!src/gen/**"]',
        "src/a.py",
        write("src/gen/b.py"),
    ),
    needless("a file excluded by its name", '["*.txt", "!b.txt"]', "a.txt b.txt", write("b.txt")),
)

ALONE = (
    stale(
        "what src/*.py matches beside *.cfg",
        '["src/*.py", "*.cfg"]',
        "src/s/a.py a.cfg",
        write("src/s/a.py"),
    ),
)

CONTENT = (
    needless("touch", '["a.txt"]', "a.txt", touch("a.txt")),
    needless("the same bytes written again", '["a.txt"]', "a.txt", write("a.txt", "first\n")),
    needless(
        "a file replaced by an equal one",
        '["a.txt"]',
        "a.txt",
        both(write("b.txt", "first\n"), move("b.txt", "a.txt")),
    ),
    needless("a hard link is made", '["a.txt"]', "a.txt", hard_link("a.txt", "b.txt")),
    needless(
        "edited and reverted",
        '["a.txt"]',
        "a.txt",
        both(write("a.txt"), write("a.txt", "first\n")),
    ),
    needless(
        "another branch and back",
        '["a.txt"]',
        "a.txt",
        both(run_git("switch", "--quiet", "other"), run_git("switch", "--quiet", "main")),
        prepare=(
            init(),
            commit("one"),
            run_git("switch", "--quiet", "--create", "other"),
            write("a.txt"),
            commit("two"),
            run_git("switch", "--quiet", "main"),
        ),
    ),
    needless(
        "A, then B, then A again",
        '["a.txt"]',
        "a.txt",
        write("a.txt"),
        write("a.txt", "first\n"),
    ),
)

FOLDERS = (
    needless(
        "a folder is removed and made again",
        '[{ dir = "s" }]',
        "",
        both(remove("s"), make_folder("s")),
        prepare=(make_folder("s"),),
    ),
    Scenario(
        name="by default, src is removed and made again",
        table=None,
        prepare=(make_folder("src"),),
        edits=(both(remove("src"), make_folder("src")),),
        uv="rebuilt",
        lbuild="reused",
    ),
)

BUILT = (
    better(
        "a glob that matches what the build writes",
        '["**/*.txt"]',
        "a.txt",
        nothing,
        nothing,
        writes=("build/lib/b.txt",),
        uv="rebuilt",
        lbuild="reused",
    ),
    better(
        "a glob that matches the backend's bytecode",
        '["**/*"]',
        "a.txt",
        nothing,
        bytecode=True,
        uv="rebuilt",
        lbuild="reused",
    ),
)

SCENARIOS = (
    *GONE,
    *OLDER,
    *IN_TREE_BACKEND,
    *GIT,
    *CHARACTERS,
    *EXCLUSIONS,
    *ALONE,
    *CONTENT,
    *FOLDERS,
    *BUILT,
)
