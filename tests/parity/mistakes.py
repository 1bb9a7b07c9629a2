"""Mistakes that both refuse, and one that both overlook."""

from parity.scenario import Scenario, append, nothing, write


def mistake(name: str, table: str) -> Scenario:
    """The lines of ``[tool.uv]`` are wrong, so that nothing is built."""
    return Scenario(name=name, table=table, edits=(nothing,), uv="error", lbuild="error")


SCENARIOS = (
    mistake("an unknown kind of entry", 'cache-keys = [{ files = "a.txt" }]'),
    mistake("an extra key in an entry", 'cache-keys = [{ file = "a.txt", if = "b" }]'),
    mistake("two kinds in one entry", 'cache-keys = [{ file = "a.txt", dir = "s" }]'),
    mistake("an empty entry", "cache-keys = [{}]"),
    mistake("a number as an entry", "cache-keys = [1]"),
    mistake("a boolean as an entry", "cache-keys = [true]"),
    mistake("an array as an entry", 'cache-keys = [["a.txt"]]'),
    mistake("a string in place of the array", 'cache-keys = "a.txt"'),
    mistake("a table in place of the array", 'cache-keys = { file = "a.txt" }'),
    mistake("a boolean in place of the array", "cache-keys = true"),
    mistake("a file that is no string", "cache-keys = [{ file = 1 }]"),
    mistake("files in place of a file", 'cache-keys = [{ file = ["a.txt"] }]'),
    mistake("a dir that is no string", "cache-keys = [{ dir = true }]"),
    mistake("an env that is no string", "cache-keys = [{ env = 1 }]"),
    mistake("a git that is a string", 'cache-keys = [{ git = "commit" }]'),
    mistake("a commit that is no boolean", 'cache-keys = [{ git = { commit = "yes" } }]'),
    mistake("an unknown key of git", "cache-keys = [{ git = { branch = true } }]"),
    mistake("an entry that is wrong after one that is right", 'cache-keys = ["a.txt", {}]'),
    mistake("a class that is not closed", 'cache-keys = ["[ab"]'),
    mistake("a brace that is not closed", 'cache-keys = ["{a,b"]'),
    mistake("a brace that closes nothing", 'cache-keys = ["*}"]'),
    mistake("a range that runs backwards", 'cache-keys = ["[z-a]"]'),
    mistake("a backslash at the end", r"cache-keys = ['*\']"),
    mistake("an array that is not closed", 'cache-keys = ["a.txt"'),
    mistake("a string that is not closed", 'cache-keys = ["a.txt]'),
    mistake("the setting twice", 'cache-keys = ["a.txt"]\ncache-keys = ["b.txt"]'),
    Scenario(
        name="an underscore in the setting's name: what it lists does not count",
        table='cache_keys = ["a.txt"]',
        files={"a.txt": "first\n"},
        edits=(write("a.txt"),),
        uv="reused",
        lbuild="reused",
    ),
    Scenario(
        name="an underscore in the setting's name: the defaults count",
        table='cache_keys = ["a.txt"]',
        files={"a.txt": "first\n"},
        edits=(append("pyproject.toml", "# a comment\n"),),
        uv="rebuilt",
        lbuild="rebuilt",
    ),
)
