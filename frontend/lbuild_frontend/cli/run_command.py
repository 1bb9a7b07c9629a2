"""The values of the options of a command on projects -> ``CommandLine``, and running it."""

from collections.abc import Mapping
from typing import Any, Literal

from lbuild_frontend.cli.install_options import settings_of
from lbuild_frontend.cli.options import level
from lbuild_frontend.cli.project_options import mode_of
from lbuild_frontend.cli.workspace_options import scope_of
from lbuild_frontend.model.request import Command, CommandLine, InstallRequest, Request, Verb
from lbuild_keys.pep508 import normalize_name


def run(verb: Verb, options: Mapping[str, Any]) -> int:
    """Run a command on projects; return its exit code.

    Args:
        verb: the command.
        options: the values of its options, by the names that its function gives them.
    """
    # Not for --version and --help, which need no more than the options.
    from lbuild_frontend.commands import projects as project_commands

    one = options.get("project")
    projects = tuple(options.get("projects") or ()) if one is None else (one,)
    quiet, as_json = options["quiet"], options["as_json"]
    line = CommandLine(
        command=Command(
            verb=verb,
            projects=projects,
            request=_request(verb, options),
            install=InstallRequest(**_those_in(options, InstallRequest)),
            scope=scope_of(options, projects),
        ),
        level=level(quiet, options["verbose"]),
        as_json=as_json,
        color=options["color"],
        exit_code=verb == "status" and (options["exit_code"] or (quiet and not as_json)),
    )
    return project_commands.run(line)


def run_graph(options: Mapping[str, Any]) -> int:
    """Run ``lbuild graph``; return its exit code.

    Args:
        options: see ``run``.
    """
    from lbuild_frontend.commands import graph  # as above

    projects = tuple(options["projects"] or ())
    scope = scope_of(options, projects)
    form: Literal["text", "json", "dot"] = "dot" if options["dot"] else "text"
    if options["as_json"]:
        form = "json"
    shown = level(options["quiet"], options["verbose"])
    return graph.run(projects, scope, form, shown, options["color"])


def _request(verb: Verb, options: Mapping[str, Any]) -> Request:
    settings = settings_of(options.get("config_setting"), options.get("config_json"))
    refreshed = options.get("refresh_package") or ()
    given = {
        **options,
        "editable": verb == "editable" or options.get("editable", False),
        "inputs": mode_of(options.get("inputs")),
    }
    return Request(
        **_those_in(given, Request),
        config_settings=settings,
        isolation=not options.get("no_isolation", False),
        build_constraints=tuple(options.get("build_constraint") or ()),
        refresh_packages=frozenset(map(normalize_name, refreshed)),
    )


def _those_in(options: Mapping[str, Any], kind: Any) -> dict[str, Any]:
    """Return the options that a tuple has fields of the same name for."""
    return {name: options[name] for name in kind._fields if name in options}
