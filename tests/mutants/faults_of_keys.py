"""Faults in the decisions: what counts as an input, and whether a past build can be reused."""

from mutants.fault import Fault

FAULTS = (
    # globs
    Fault(
        name="exclusion-before-selection",
        breaks="an edit of a file that a later pattern selects again is missed",
        file="keys/lbuild_keys/globs/expand.py",
        before="if not any(j > i and exclusion.matches(path) for j, exclusion in exclusions)",
        after="if not any(exclusion.matches(path) for _, exclusion in exclusions)",
        found_by=("unit/keys/globs/test_expand.py::test_exclusions",),
    ),
    Fault(
        name="closed-folder-is-empty",
        breaks="a folder that cannot be listed counts as one without matching files",
        file="keys/lbuild_keys/globs/expand.py",
        before='unreadable[directory.rstrip("/") or directory or "."] = '
        "error.strerror or str(error)",
        after="continue",
        found_by=(
            "unit/keys/globs/test_expand.py::test_a_directory_that_cannot_be_listed_is_told",
        ),
    ),
    # git
    Fault(
        name="failure-of-git-is-an-answer",
        breaks="a failure that passes is stored, and the wheel is reused when git answers again",
        file="keys/lbuild_keys/git/answers.py",
        before="if not lasting and (failed or code not in (0, 1)):",
        after="if not lasting and code < 0:",
        found_by=("unit/keys/git/test_answers.py::test_a_failure_that_may_pass_is_unreadable",),
    ),
    Fault(
        name="git-log-with-ages",
        breaks="git log of the form '3 days ago' is repeated: a rebuild each day without need",
        file="keys/lbuild_keys/git/read_only.py",
        before="and not any(_UNSTABLE.search(word) for word in command.rest)",
        after="and not any(_UNSTABLE.fullmatch(word) for word in command.rest)",
        found_by=("unit/keys/git/test_answers.py::test_what_may_write_run_or_wait_cannot",),
    ),
    Fault(
        name="git-of-another-repository",
        breaks="in a hook of git, the commit of another repository counts",
        file="keys/lbuild_keys/git/run.py",
        before="""\
        name: value for name, value in os.environ.copy().items() if name not in LOCAL_VARIABLES
""",
        after="""\
        name: value for name, value in os.environ.copy().items() if name != "GIT_INDEX_FILE"
""",
        found_by=("unit/keys/git/test_run.py::test_the_variables_of_another_repository",),
    ),
    Fault(
        name="no-day-of-a-changed-tree",
        breaks="a version with the day of an uncommitted change keeps yesterday's day",
        file="keys/lbuild_keys/git/working_tree.py",
        before="if checkout.changes or not checkout.born:",
        after="if not checkout.born:",
        found_by=("unit/keys/git/test_working_tree.py::test_an_edit_makes_it_modified",),
    ),
    # observe
    Fault(
        name="signature-trusted-at-once",
        breaks="an edit in the same step of the file system's clock is missed",
        file="keys/lbuild_keys/observe/files.py",
        before="return max(modified, changed) + GRANULARITY < taken_at",
        after="return max(modified, changed) < taken_at",
        found_by=("unit/keys/observe/test_files.py::test_what_changed_just_now_is_not_remembered",),
    ),
    Fault(
        name="signature-without-change-time",
        breaks="an edit after which the modification time was set back is missed",
        file="keys/lbuild_keys/observe/files.py",
        before="return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)",
        after="return (status.st_size, status.st_mtime_ns, status.st_mtime_ns, status.st_ino)",
        found_by=("unit/keys/observe/test_files.py::test_a_signature_is_what_stat_tells",),
    ),
    Fault(
        name="executable-for-the-owner-only",
        breaks="the wheel is reused after a script became executable for the group",
        file="keys/lbuild_keys/observe/files.py",
        before="_EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH",
        after="_EXECUTABLE = stat.S_IXUSR",
        found_by=("unit/keys/observe/test_files.py::test_the_executable_bit_counts",),
    ),
    Fault(
        name="build-folders-left-out",
        breaks="an edit of a source in a folder named build is missed",
        file="keys/lbuild_keys/observe/tree.py",
        before='"__pycache__", "node_modules"})',
        after='"__pycache__", "node_modules", "build"})',
        found_by=("unit/keys/observe/test_tree.py::test_what_git_ignores_counts",),
    ),
    Fault(
        name="make-flags-are-noise",
        breaks="the wheel is reused with other MAKEFLAGS, which a build script passes to make",
        file="keys/lbuild_keys/observe/env_policy.py",
        before='        "LOGNAME",\n',
        after='        "LOGNAME",\n        "MAKEFLAGS",\n',
        found_by=("unit/keys/observe/test_env_vars.py::test_what_is_no_noise_counts",),
    ),
    Fault(
        name="digest-without-secret",
        breaks="the value of a secret variable can be guessed by whoever reads the cache",
        file="keys/lbuild_keys/observe/env_vars.py",
        before="hmac.new(secret, text, hashlib.sha256)",
        after="hashlib.sha256(text)",
        found_by=("unit/keys/observe/test_env_vars.py::test_values_are_told_apart",),
    ),
    Fault(
        name="editable-install-by-its-record",
        breaks="without isolation, an edit of a build plugin that is installed editable is missed",
        file="keys/lbuild_keys/observe/distributions.py",
        before="places = [editable] if editable else []",
        after="places: list[Path] = []",
        found_by=("unit/keys/observe/test_distributions.py::test_an_editable_install",),
    ),
    # backends
    Fault(
        name="hatch-vcs-does-not-ask-git",
        breaks="with --inputs tree the version stays that of an older commit",
        file="keys/lbuild_keys/backends/known.py",
        before='without_git=frozenset({"hatchling"}),',
        after='without_git=frozenset({"hatchling", "hatch-vcs"}),',
        found_by=("unit/keys/backends/test_git_use.py::test_builds_that_may_ask",),
    ),
    Fault(
        name="backend-hides-no-standard-module",
        breaks="an edit of an in-tree module that hides one of the standard library is missed",
        file="keys/lbuild_keys/backends/in_tree.py",
        before="if stem in _STANDARD_LIBRARY:",
        after="if stem in sys.builtin_module_names:",
        found_by=(
            "unit/keys/backends/test_in_tree.py::test_the_standard_library_imports_what_hides_it",
        ),
    ),
    # config
    Fault(
        name="empty-cache-keys-are-defaults",
        breaks="with cache-keys = [] in pyproject.toml an edit of setup.py rebuilds without need",
        file="keys/lbuild_keys/config/setting.py",
        before="table.get(self.name, self.default)",
        after="table.get(self.name) or self.default",
        found_by=("unit/keys/config/test_cache_keys.py::test_cache_keys",),
    ),
    Fault(
        name="ignore-instead-of-own",
        breaks="with tool.lbuild.ignore, each delivered wheel is an input: it never stops building",
        file="keys/lbuild_keys/snapshots/context.py",
        before='self.leave_out(path.removesuffix("/")) or ignored.match_file(path)',
        after="ignored.match_file(path)",
        found_by=("unit/keys/snapshots/test_known_inputs.py::test_what_lbuild_puts_there",),
    ),
    # snapshots
    Fault(
        name="isolation-is-no-input",
        breaks="a wheel that was built without isolation is reused for one with isolation",
        file="keys/lbuild_keys/snapshots/known_inputs.py",
        before='"isolation": context.installed is None,',
        after="",
        found_by=(
            "unit/keys/snapshots/test_known_inputs.py::test_the_build_system_and_the_interpreter",
            "integration/environments/test_interpreters.py::test_isolation_matters",
        ),
    ),
    Fault(
        name="constraints-in-the-current-folder",
        breaks="an edit of the file that PIP_CONSTRAINT names in the current folder is missed",
        file="keys/lbuild_keys/snapshots/env_inputs.py",
        before="for start in (project.root, context.cwd)",
        after="for start in (project.root,)",
        found_by=("unit/keys/snapshots/test_known_inputs.py::test_files_that_a_variable_names",),
    ),
    # tracing
    Fault(
        name="written-although-read-before",
        breaks="a file that the hook reads and then rewrites is no input, and an edit is missed",
        file="keys/lbuild_keys/tracing/file_use.py",
        before='if step.access != "written" or resolved in self._read:',
        after='if step.access != "written":',
        found_by=("unit/keys/tracing/test_usage.py::test_what_is_read_first_is_an_input",),
    ),
    Fault(
        name="a-look-of-python-hides-a-read-of-native-code",
        breaks="what a native library reads after Python looked whether it is there is no input",
        file="keys/lbuild_keys/tracing/interleave.py",
        before="return (one.access, resolve(one.path)) not in by_python",
        after='return ("looked at", resolve(one.path)) not in by_python',
        found_by=(
            (
                "unit/keys/tracing/test_interleave.py"
                "::test_native_code_reads_what_python_only_looked_at"
            ),
        ),
    ),
    Fault(
        name="a-gap-in-the-trace-of-programs-is-clean",
        breaks="what could not be followed is taken for nothing",
        file="keys/lbuild_keys/tracing/interleave.py",
        before="and not trace.processes.problems",
        after="",
        found_by=(
            "unit/keys/tracing/test_file_use.py::test_a_gap_in_the_trace_makes_programs_opaque",
        ),
    ),
    Fault(
        name="path-of-programs",
        breaks="a program that another one finds by PATH is another one",
        file="keys/lbuild_keys/tracing/program_use.py",
        before="known[folder] = os.path.normpath(folder) in folders",
        after="known[folder] = False",
        found_by=(
            (
                "unit/keys/tracing/test_file_use.py"
                "::test_another_path_may_lead_a_program_to_another_one"
            ),
        ),
    ),
    Fault(
        name="scripts-are-compilers",
        breaks="a variable that a script by the name of a compiler obeys",
        file="keys/lbuild_keys/backends/real_programs.py",
        before='return path if head.startswith(b"#!") and re.search(_SCRIPT, head) else ""',
        after="return path",
        found_by=(
            (
                "unit/keys/tracing/test_program_variables.py"
                "::test_a_script_by_the_name_of_a_compiler_may_obey_any_variable"
            ),
        ),
    ),
    Fault(
        name="make-only-looks",
        breaks="an edit of a file whose time stamp make compares, and which it does not read",
        file="keys/lbuild_keys/tracing/file_use.py",
        before="return not programs.only_looks(known_as(processes.programs[step.program].path))",
        after="return False",
        found_by=(
            (
                "unit/keys/tracing/test_file_use.py"
                "::test_a_look_is_a_use_of_the_content_unless_it_is_by_a_compiler"
            ),
        ),
    ),
    Fault(
        name="what-programs-do-not-find-is-nothing",
        breaks="a header that appears earlier on the include path is not noticed",
        file="keys/lbuild_keys/tracing/file_use.py",
        before='access = "looked at"\n        looked =',
        after="return\n        looked =",
        found_by=(
            (
                "unit/keys/tracing/test_file_use.py"
                "::test_a_header_that_is_looked_for_and_absent_counts"
            ),
        ),
    ),
    Fault(
        name="a-log-of-programs-without-an-end",
        breaks="the supervisor was killed, and what it saw until then passes for everything",
        file="keys/lbuild_keys/tracing/process_trace.py",
        before='if not records or records[-1][:1] != b".":',
        after="if not records:",
        found_by=("unit/keys/tracing/test_process_trace.py::test_a_log_that_is_not_whole",),
    ),
    Fault(
        name="one-name-for-what-is-outside",
        breaks="another clone, with another folder beside it, gets the wheel of this one",
        file="keys/lbuild_keys/tracing/input_names.py",
        before="return (*far, relative) if shared else far",
        after="return far",
        found_by=(
            "unit/keys/tracing/test_usage.py::test_outside_of_the_repository_there_are_two_names",
        ),
    ),
    # effects
    Fault(
        name="edited-and-put-back",
        breaks="a wheel of a source that was edited and put back during the build is reused",
        file="keys/lbuild_keys/effects/classify.py",
        before="by_others = activity.touched - activity.written",
        after="by_others: frozenset[str] = frozenset()",
        found_by=(
            "unit/keys/effects/test_classify.py::test_what_was_edited_and_put_back_meanwhile_was_edited",
        ),
    ),
    Fault(
        name="output-that-was-edited",
        breaks="an edit of a file that an earlier build wrote is missed",
        file="keys/lbuild_keys/effects/classify.py",
        before="if written is None or (detail != written and (thing.name, detail) not in "
        "regenerated):",
        after="if written is None:",
        found_by=("unit/keys/effects/test_classify.py::test_an_output_that_was_edited_counts",),
    ),
    Fault(
        name="commit-during-the-build",
        breaks="a wheel with the version of the old commit is reused after a commit in its build",
        file="keys/lbuild_keys/effects/during_build.py",
        before="edited = _git_edited(before, observer, effects)",
        after="edited: tuple[str, ...] = ()",
        found_by=("unit/keys/effects/test_during_build.py::test_a_commit_during_a_build",),
    ),
    # decision
    Fault(
        name="unreadable-has-a-key",
        breaks="a wheel is reused although an input cannot be read",
        file="keys/lbuild_keys/model.py",
        before='if any(seen.state.presence == "unreadable" for seen in snapshot.values()):',
        after="if not snapshot:",
        found_by=("unit/keys/test_model.py::test_anything_unreadable_leaves_no_key",),
    ),
    Fault(
        name="compiler-without-the-tree",
        breaks="an edit of a header that only the compiler reads is missed",
        file="keys/lbuild_keys/decision/same_build.py",
        before='observer.observe_again(inputs, "tree" if entry.opaque else entry.mode), entry',
        after="observer.observe_again(inputs, entry.mode), entry",
        found_by=(
            "unit/keys/decision/test_verdict.py::test_where_a_program_is_opaque_the_whole_tree_counts",
        ),
    ),
    Fault(
        name="declared-without-a-known-tree",
        breaks="another clone gets a wheel, although nobody knows whether its sources are the same",
        file="keys/lbuild_keys/decision/same_build.py",
        before="return entry.tree is not None and entry.tree == key_of(tree)",
        after="return entry.tree is None or entry.tree == key_of(tree)",
        found_by=(
            "unit/keys/decision/test_verdict.py::test_another_folder_never_reuses_what_has_no_key_of_the_tree",
        ),
    ),
    Fault(
        name="strangers-among-outputs",
        breaks="a file that is put beside those that a build wrote is missed",
        file="keys/lbuild_keys/decision/same_build.py",
        before="present = {**states, **_strangers(entry, adopted, observer), **present}",
        after="present = {**states, **present}",
        found_by=(
            "unit/keys/decision/test_verdict.py::test_what_somebody_puts_into_a_folder_that_a_build_made_counts",
            "integration/reuse/test_attacks.py::test_a_file_beside_what_the_hook_makes_counts",
        ),
    ),
    Fault(
        name="absent-is-empty-in-json",
        breaks="a program that reads the JSON takes a file that is gone for one that is empty",
        file="keys/lbuild_keys/decision/describe.py",
        before='            return None\n        case "unreadable":',
        after='            return ""\n        case "unreadable":',
        found_by=("unit/keys/decision/test_reasons.py::test_the_json_of_every_reason",),
    ),
    # what people ran into
    Fault(
        name="same-bytes-by-anybody",
        breaks="a file that somebody edited and put back during a build counts as unchanged",
        file="keys/lbuild_keys/effects/classify.py",
        before="anew = known and on_disk and was == now",
        after="anew = on_disk and was == now",
        found_by=(
            "unit/keys/effects/test_classify.py::test_what_was_there_before_any_build_may_have_been_put_back",
        ),
    ),
    Fault(
        name="same-bytes-are-an-edit",
        breaks="a project whose build writes a file anew is never reused",
        file="keys/lbuild_keys/effects/classify.py",
        before="anew = known and on_disk and was == now",
        after="anew = False",
        found_by=(
            "unit/keys/effects/test_classify.py::test_what_programs_write_anew_with_the_same_bytes_was_not_edited",
        ),
    ),
    Fault(
        name="launchers-are-the-user",
        breaks="the seed that tox draws makes a rebuild due in each run",
        file="keys/lbuild_keys/observe/launchers.py",
        before="return value if rule is None else rule(value, environ)",
        after="return value",
        found_by=(
            "unit/keys/observe/test_launchers.py::test_a_launcher_changes_nothing_that_counts",
        ),
    ),
    Fault(
        name="no-seed-is-the-users",
        breaks="a wheel that was built with another PYTHONHASHSEED of the user is reused",
        file="keys/lbuild_keys/observe/launchers.py",
        before='drawn = "TOX_ENV_NAME" in environ and value.isdecimal()',
        after="drawn = value.isdecimal()",
        found_by=("unit/keys/observe/test_launchers.py::test_what_the_user_sets_counts",),
    ),
    Fault(
        name="local-wheel-by-its-name",
        breaks="a wheel is reused although the plugin in the find-links folder is another one",
        file="keys/lbuild_keys/installers/local_archives.py",
        before="            if offer.path is not None:\n                state =",
        after="            if offer.path is None:\n                state =",
        found_by=("unit/keys/installers/test_local_archives.py::test_a_folder_of_wheels",),
    ),
    Fault(
        name="home-by-its-path",
        breaks="a settings file in the home folder of another user is not looked for",
        file="keys/lbuild_keys/observe/places.py",
        before="if folder is not None and (mark != _HOME or home)",
        after="if folder is not None and mark != _HOME",
        found_by=("unit/keys/observe/test_places.py::test_the_deepest_place_counts",),
    ),
    Fault(
        name="egg-info-adds-nothing",
        breaks="data files that an egg-info names reach the next wheel unnoticed",
        file="keys/lbuild_keys/observe/egg_info.py",
        before="for one in named - own - {*sources}",
        after="for one in named - named",
        found_by=("unit/keys/observe/test_egg_info.py::test_one_that_names_something_else",),
    ),
    Fault(
        name="any-plugin-uses-known-tables",
        breaks="an edit of a table that a plugin reads is missed",
        file="keys/lbuild_keys/backends/toml_use.py",
        before="not TOML_TABLES.keys() >= {*names}:",
        after="not TOML_TABLES.keys() & {*names}:",
        found_by=(
            "unit/keys/backends/test_toml_use.py::test_all_tables_count_if_anything_is_unknown",
        ),
    ),
    Fault(
        name="order-in-a-table",
        breaks="a table with other values of the same names counts as unchanged",
        file="keys/lbuild_keys/observe/toml_tables.py",
        before='hashlib.sha256(repr(value).encode("utf-8")).hexdigest())',
        after="type(value).__name__)",
        found_by=("unit/keys/observe/test_toml_tables.py::test_an_edit_that_changes_a_value",),
    ),
    Fault(
        name="hook-knows-all-metadata",
        breaks="lbuild metadata lacks what a build hook of hatchling adds to the wheel",
        file="keys/lbuild_keys/backends/metadata_hook.py",
        before="""\
        or _requires_plugins(build_system, known)
""",
        after="",
        found_by=("unit/keys/backends/test_metadata_hook.py::test_what_runs_for_a_wheel_only",),
    ),
    Fault(
        name="nearest-build-of-anything",
        breaks="the build of another project explains why a wheel is due",
        file="keys/lbuild_keys/decision/nearest.py",
        before="if _is_alike(inputs, observer)",
        after="if inputs",
        found_by=(
            "unit/keys/decision/test_nearest.py::test_a_build_of_another_project_of_this_name_explains_nothing",
        ),
    ),
    Fault(
        name="only-folders-of-tools",
        breaks="the folder that CMake made in a build is in the next one, too",
        file="keys/lbuild_keys/effects/products.py",
        before='any(f"{name}/".startswith(f"{top}/") for name in named)',
        after="top in written",
        found_by=("unit/keys/effects/test_products.py::test_a_new_folder_of_a_program",),
    ),
    Fault(
        name="result-of-two-programs",
        breaks="a file that another program changed after the linker is kept as the linker's",
        file="keys/lbuild_keys/tracing/commands.py",
        before="if any(writers.get(path, same) - same for path in changed):",
        after="if not writers:",
        found_by=("unit/keys/tracing/test_commands.py::test_commands_of_which_not_all_is_known",),
    ),
)
