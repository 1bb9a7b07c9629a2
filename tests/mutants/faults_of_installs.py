"""Faults in what ``install`` does: the environment against the wheel, and what is left in it."""

from mutants.fault import Fault

_INSTALL = "integration/install/test_install.py"
_COMPARE = "unit/frontend/installs/test_compare.py"
_INSTALLS = "frontend/lbuild_frontend/installs"

FAULTS = (
    Fault(
        name="any-wheel-will-do",
        breaks="the environment keeps scripts of an older wheel, because their digest is not kept",
        file=f"{_INSTALLS}/compare.py",
        before="if found.sha256 != wanted.sha256:",
        after="if False:",
        found_by=(f"{_COMPARE}::test_origins",),
    ),
    Fault(
        name="record-is-believed",
        breaks="a RECORD that lost lines hides that files are gone",
        file=f"{_INSTALLS}/compare.py",
        before="if there is None or (digest and digest != there):",
        after="if False:",
        found_by=(f"{_COMPARE}::test_record_has_to_list_all",),
    ),
    Fault(
        name="content-is-believed",
        breaks="an edit in the environment is missed",
        file=f"{_INSTALLS}/compare.py",
        before="        if not fits and not _is_in(",
        after="        if False and not _is_in(",
        found_by=(f"{_COMPARE}::test_each_file_counts",),
    ),
    Fault(
        name="old-bytecode",
        breaks="Python runs the bytecode of the old module: same size, same second",
        file=f"{_INSTALLS}/replace.py",
        before="                    Path(path).unlink()\n        with",
        after="                    pass\n        with",
        found_by=(
            f"{_INSTALL}::test_a_module_that_is_gone_from_the_tree_is_gone_from_the_environment",
        ),
    ),
    Fault(
        name="mark-is-overlooked",
        breaks="what an installer that was killed has left stays in the environment",
        file=f"{_INSTALLS}/plan.py",
        before='        problem = "an earlier install of it was interrupted"',
        after="        pass",
        found_by=(f"{_INSTALL}::test_what_happens_to_the_environment_is_noticed_and_repaired",),
    ),
    Fault(
        name="outside-of-the-environment",
        breaks="a mark with other paths lets lbuild remove files that are not the environment's",
        file=f"{_INSTALLS}/replace.py",
        before=" if path.startswith(inside)}",
        after="}",
        found_by=(f"{_INSTALL}::test_what_happens_to_the_environment_is_noticed_and_repaired",),
    ),
    Fault(
        name="requirements-of-extras",
        breaks="what only an extra of an extra requires is not installed",
        file=f"{_INSTALLS}/plan.py",
        before="        wanted |= more\n",
        after="        wanted |= set()\n        more = set()\n",
        found_by=(
            f"{_INSTALL}::test_requirements_that_are_missing_are_installed_and_no_other_is_upgraded",
        ),
    ),
    Fault(
        name="second-project-of-a-name",
        breaks="the second of two projects with one name replaces the first without a word",
        file=f"{_INSTALLS}/install.py",
        before="if same and one.outcome.project != project.place:",
        after="if False:",
        found_by=(f"{_INSTALL}::test_two_projects_with_one_name",),
    ),
)
