"""Faults in what a project is given of its workspace: the wheels of others, and their states."""

from mutants.fault import Fault

_CLOSURE = "keys/lbuild_keys/workspaces/closure.py"
_TEST_CLOSURE = "unit/keys/workspaces/test_closure.py"
_ENVIRONMENTS = "frontend/lbuild_frontend/environments"
_TEST_WHEELS = "unit/frontend/environments/test_member_wheels.py"
_TEST_REPORTING = "unit/frontend/execution/test_reporting.py"
_TEST_GIVEN = "integration/workspaces/test_given_members.py"

FAULTS = (
    Fault(
        name="member-by-version",
        breaks="what was built with a member is reused after an edit of it",
        file=_CLOSURE,
        before='f"{wheel.version} (content {wheel.content_digest[:16]})"',
        after='f"{wheel.version} (content)"',
        found_by=(f"{_TEST_CLOSURE}::test_a_state_tells_the_content",),
    ),
    Fault(
        name="members-of-members-not-given",
        breaks="what a member requires at run time is taken from the index to build",
        file=_CLOSURE,
        before="                            pending.append(one)\n",
        after="",
        found_by=(f"{_TEST_CLOSURE}::test_members_are_found_as_a_plain_search_finds_them",),
    ),
    Fault(
        name="environment-with-an-old-member",
        breaks="a kept environment is used that has an earlier wheel of a member",
        file=f"{_ENVIRONMENTS}/member_wheels.py",
        before=" {wheel.file} {wheel.content_digest}",
        after=" {wheel.file}",
        found_by=(f"{_TEST_WHEELS}::test_an_environment_is_named_by_the_content_of_wheels",),
    ),
    Fault(
        name="member-that-was-asked-for-forgotten",
        breaks="a change of a member is missed that only the backend asked for",
        file="keys/lbuild_keys/decision/same_build.py",
        before="if members := observer.members_of(entry.extra_requires):",
        after="if members := observer.members_of(()):",
        found_by=(f"{_TEST_GIVEN}::test_what_a_backend_asks_for",),
    ),
    Fault(
        name="member-from-elsewhere",
        breaks="the settings of an installer can replace a member in a build environment",
        file=f"{_ENVIRONMENTS}/member_wheels.py",
        before="if found is None or Path(found) != path:",
        after="if found is not None and Path(found) != path:",
        found_by=(f"{_TEST_WHEELS}::test_what_an_installer_took_is_checked",),
    ),
    Fault(
        name="member-from-links",
        breaks="offline, a wheel from a folder of wheels replaces a member in a build environment",
        file=f"{_ENVIRONMENTS}/installing.py",
        before="local_archives.names_on_offer(self.how.places) - self.how.given",
        after="local_archives.names_on_offer(self.how.places)",
        found_by=(f"{_TEST_GIVEN}::test_settings_of_installers",),
    ),
    Fault(
        name="children-of-others-killed",
        breaks="Ctrl-C during a call of the API kills what its caller has started as well",
        file="frontend/lbuild_frontend/processes.py",
        before="first |= own & set(",
        after="first |= own | set(",
        found_by=(
            "unit/frontend/workspaces/test_run.py::test_an_interruption_ends_what_is_at_work",
        ),
    ),
    Fault(
        name="error-of-a-callback-swallowed",
        breaks="what a callback of the API raises is taken for an error of the project",
        file="frontend/lbuild_frontend/execution/reporting.py",
        before="raise RaisedByCallback(error) from error",
        after="raise",
        found_by=(f"{_TEST_REPORTING}::test_what_a_callback_raises_is_no_error_of_a_project",),
    ),
)
