"""The habits of this project, each in an environment of its own: ``nox -l`` lists them."""

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "types", "imports", "docs", "tests"]

CODE = ("keys", "frontend", "tests", "benchmarks", "docs", "noxfile.py")


@nox.session
def lint(session: nox.Session) -> None:
    """Check the style of the code."""
    session.install("ruff>=0.9")
    session.run("ruff", "check", *CODE)
    session.run("ruff", "format", "--check", *CODE)


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of both packages."""
    session.install("-e", ".[lint]")
    session.run("mypy")


@nox.session
def imports(session: nox.Session) -> None:
    """Check that imports go in one direction."""
    session.install("-e", ".[lint]")
    session.run("lint-imports")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a broken link is an error. ``nox -s docs -- serve`` shows it."""
    session.install(".[docs]", "mypy>=1.13", "types-docutils")
    pages = session.create_tmp()
    if session.posargs == ["serve"]:
        session.install("sphinx-autobuild")
        code = ("--watch", "keys", "--watch", "frontend")
        session.run("sphinx-autobuild", *code, "docs", pages)
        return
    session.run("mypy", "--strict", "docs/_extensions")
    session.run("sphinx-build", "-W", "--keep-going", "-q", "docs", pages)
    session.log(f"The pages are in {pages}/index.html")


@nox.session
def links(session: nox.Session) -> None:
    """Ask all servers that the documentation links to; this needs the network."""
    session.install(".[docs]")
    session.run("sphinx-build", "-q", "-b", "linkcheck", "docs", session.create_tmp())


@nox.session
def screens(session: nox.Session) -> None:
    """Take the pictures of terminals that the pages have; tmux has to be installed."""
    session.install(".", "uv")
    session.run("python", "docs/screens.py")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the quick tests."""
    session.install("-e", ".[test]")
    session.run("pytest", "-n", "auto", *session.posargs)


@nox.session
def quick(session: nox.Session) -> None:
    """Check what a change usually breaks: style, types, imports, and the quick tests."""
    session.install("-e", ".[test,lint]")
    session.run("ruff", "check", *CODE)
    session.run("ruff", "format", "--check", *CODE)
    session.run("mypy")
    session.run("lint-imports")
    session.run("pytest", "-n", "auto", *session.posargs)


@nox.session
def full(session: nox.Session) -> None:
    """Run the tests with all their cases, as before a release."""
    session.install("-e", ".[test]")
    session.run("pytest", "--full", "-n", "auto", *session.posargs)


@nox.session
def endurance(session: nox.Session) -> None:
    """Run the tests that take hours, and those that draw at random, with new draws."""
    session.install("-e", ".[test]")
    session.run("pytest", "--endurance", "-n", "2", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Time lbuild beside other frontends: ``nox -s bench -- --help``."""
    session.install(".[bench]")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def oracle(session: nox.Session) -> None:
    """Hold lbuild's verdicts on real projects against fresh builds."""
    session.install("-e", ".[test]")
    command = ("python", "-m", "oracle", *(session.posargs or ["run"]))
    session.run(*command, env={"PYTHONPATH": "tests"})


@nox.session
def mutants(session: nox.Session) -> None:
    """Put faults into the code one by one, and see which tests find them."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "mutants", *session.posargs, env={"PYTHONPATH": "tests"})
