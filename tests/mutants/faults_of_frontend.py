"""Faults in what is done: recording hooks, the cache, environments, commands, replay."""

from mutants.fault import Fault

_IN_PROCESS = "frontend/lbuild_frontend/in_process"
_TEST_RECORDER = "unit/frontend/in_process/test_recorder.py"
_TEST_WAITING = "unit/frontend/in_process/test_waiting_records.py"

FAULTS = (
    # the recorder in the hook process
    Fault(
        name="renamed-into-place",
        breaks="what a hook writes and renames counts as an input: each build asks for another one",
        file=f"{_IN_PROCESS}/folders.py",
        before="""\
        if absolute is not None and exists(absolute):
            self._path("w", target, target_folder)
""",
        after="",
        found_by=(f"{_TEST_RECORDER}::test_each_access_is_recorded_as_what_it_is",),
    ),
    Fault(
        name="listdir-unseen",
        breaks="a file that comes into a folder that the hook lists is missed",
        file=f"{_IN_PROCESS}/recorder.py",
        before='            "os.listdir": self._listed,\n',
        after="",
        found_by=(f"{_TEST_RECORDER}::test_each_access_is_recorded_as_what_it_is",),
    ),
    Fault(
        name="stat-unseen",
        breaks="a file that the hook looks for, and that comes later, is missed",
        file=f"{_IN_PROCESS}/recorder.py",
        before='for name in ("access", "lstat", "readlink", "stat", "statvfs"):',
        after='for name in ("access", "lstat", "readlink", "statvfs"):',
        found_by=(f"{_TEST_RECORDER}::test_each_access_is_recorded_as_what_it_is",),
    ),
    Fault(
        name="environ-get-unseen",
        breaks="another value of a variable that the hook reads by posix.environ.get is missed",
        file=f"{_IN_PROCESS}/variables.py",
        before="""\
    def get(self, name: "Any", default: "Any" = None) -> "Any":
        self.recorder.attempt(self.recorder.read, name)
""",
        after="""\
    def get(self, name: "Any", default: "Any" = None) -> "Any":
""",
        found_by=(f"{_TEST_RECORDER}::test_each_access_is_recorded_as_what_it_is",),
    ),
    Fault(
        name="posix-spawn-unseen",
        breaks="what a program reads that the hook starts by posix_spawn is missed",
        file=f"{_IN_PROCESS}/recorder.py",
        before="""\
            "os.posix_spawn": lambda program, words, env: self._ran(
                program, words, None, env, True
            ),
""",
        after="",
        found_by=(f"{_TEST_RECORDER}::test_programs_that_are_started_are_recorded",),
    ),
    Fault(
        name="records-lost-in-silence",
        breaks="a trace that lacks records counts as complete, and an edit is missed",
        file=f"{_IN_PROCESS}/records.py",
        before="""\
        except Exception:
            self._give_up()
""",
        after="""\
        except Exception:
            pass
""",
        found_by=(f"{_TEST_RECORDER}::test_there_is_no_log_that_lacks_something",),
    ),
    Fault(
        name="records-wait-in-forks",
        breaks="what a forked child of the hook read is missed, and so is an edit of it",
        file=f"{_IN_PROCESS}/start.py",
        before="        os.register_at_fork(before=settle)\n",
        after="        pass\n",
        found_by=(
            f"{_TEST_WAITING}::test_of_a_forked_process_everything_is_known_however_it_ends",
        ),
    ),
    Fault(
        name="known-from-a-manifest",
        breaks="what a hook looks at after setuptools did for its list of files is missed",
        file=f"{_IN_PROCESS}/records.py",
        before="""\
            self._write("c", f"[{self._quoted(tag)}, {self._quoted(text)}, {manifest.commands}]")
        return False
""",
        after="""\
            self._write("c", f"[{self._quoted(tag)}, {self._quoted(text)}, {manifest.commands}]")
        return True
""",
        found_by=(
            "unit/frontend/in_process/test_repeats.py::test_what_is_dropped_makes_no_difference",
        ),
    ),
    Fault(
        name="a-list-that-has-ended",
        breaks="what a hook looks at after setuptools made its list of files is missed",
        file=f"{_IN_PROCESS}/manifest.py",
        before="            if frame is self._run:\n",
        after="            if self._run is not None:\n",
        found_by=(
            "unit/frontend/in_process/test_manifest.py::test_a_list_is_made_only_while_its_function_runs",
        ),
    ),
    Fault(
        name="paths-known-after-links",
        breaks="what a hook reads through a link that it made is missed",
        file=f"{_IN_PROCESS}/files.py",
        before="""\
            self._linking = True
            self._own = ()
            self.known = Known()
""",
        after="""\
            self._linking = True
""",
        found_by=(
            "unit/frontend/in_process/test_repeats.py::test_what_is_dropped_makes_no_difference",
        ),
    ),
    Fault(
        name="bytecode-trusted",
        breaks="old bytecode of an in-tree backend runs instead of its edited source",
        file=f"{_IN_PROCESS}/start.py",
        before="    _distrust_bytecode(os.getcwd())\n",
        after="",
        found_by=(f"{_TEST_RECORDER}::test_bytecode_of_the_project_is_neither_trusted_nor_left",),
    ),
    # builds
    Fault(
        name="edited-build-is-reused",
        breaks="a wheel is reused although a source was edited while it was built",
        file="frontend/lbuild_frontend/builds/record.py",
        before="key = key_of(effects.inputs) if usable else None",
        after="key = key_of(effects.inputs)",
        found_by=("integration/reasons/test_reasons.py::test_edited_during_build",),
    ),
    Fault(
        name="no-second-look",
        breaks="two commands at once build the same wheel twice",
        file="frontend/lbuild_frontend/builds/workflow.py",
        before="                found = assess(now, digests)\n",
        after="                pass\n",
        found_by=("integration/processes/test_processes.py::test_two_at_once_build_once",),
    ),
    Fault(
        name="any-delivered-wheel",
        breaks="a wheel of other sources stays in the out-dir, because it has the same name",
        file="frontend/lbuild_frontend/builds/deliver.py",
        before="return digest_of(path) == sha256",
        after="return digest_of(path) is not None",
        found_by=(
            "unit/frontend/builds/test_deliver.py::test_what_was_delivered",
            "integration/command_line/test_command_line.py::test_what_is_delivered_is_put_right",
        ),
    ),
    Fault(
        name="answer-of-an-older-backend",
        breaks="a newer backend is not asked for its requirements, so the build lacks one",
        file="frontend/lbuild_frontend/builds/get_requires.py",
        before="return self.environment == environment.identity",
        after="return bool(self.environment)",
        found_by=("integration/environments/test_requires.py::test_a_newer_backend",),
    ),
    # cache
    Fault(
        name="write-in-place",
        breaks="a file of the cache is half written when a process is killed, or read meanwhile",
        file="frontend/lbuild_frontend/disk/atomic.py",
        before="                temporary.replace(path)\n",
        after="                path.write_bytes(content)\n                temporary.unlink()\n",
        found_by=("unit/frontend/disk/test_atomic.py::test_a_writer_that_is_killed",),
    ),
    Fault(
        name="checksum-not-compared",
        breaks="a damaged record of the cache is taken for another one",
        file="frontend/lbuild_frontend/cache/sealed.py",
        before='if checksum != hashlib.sha256(text).hexdigest().encode("ascii"):',
        after='if len(checksum) != len(hashlib.sha256(text).hexdigest().encode("ascii")):',
        found_by=("unit/frontend/cache/test_entry.py::test_every_flipped_bit_is_noticed",),
    ),
    Fault(
        name="blob-not-verified",
        breaks="a damaged wheel is delivered from the cache",
        file="frontend/lbuild_frontend/cache/store.py",
        before="if hashlib.sha256(content).hexdigest() != sha256:",
        after="if not content:",
        found_by=("unit/frontend/cache/test_store.py::test_a_damaged_blob",),
    ),
    Fault(
        name="cache-of-a-group",
        breaks="a cache folder is used into which others of the group can put a wheel",
        file="frontend/lbuild_frontend/replay.py",
        before="status.st_mode & 0o022",
        after="status.st_mode & 0o002",
        found_by=("unit/frontend/cache/test_folder.py::test_a_folder_that_others_can_write",),
    ),
    # environments
    Fault(
        name="prereleases-do-not-matter",
        breaks="an environment with other versions is reused after UV_PRERELEASE was set",
        file="frontend/lbuild_frontend/environments/installer.py",
        before='"UV": "CACHE_DIR CONCURRENT_BUILDS',
        after='"UV": "CACHE_DIR PRERELEASE CONCURRENT_BUILDS',
        found_by=(
            "unit/frontend/environments/test_installer.py::test_variables_by_which_versions_are_chosen_count",
        ),
    ),
    Fault(
        name="edited-environment-is-used",
        breaks="a build runs with a backend that somebody edited in its kept environment",
        file="frontend/lbuild_frontend/environments/isolated.py",
        before="""\
        if not self._bucket.is_unchanged(record):
            return None
""",
        after="",
        found_by=(
            "unit/frontend/environments/test_isolated.py::test_what_is_not_as_it_was_is_not_used",
        ),
    ),
    Fault(
        name="local-requirement-is-kept",
        breaks="an environment with a local project is kept, and an edit of that project is missed",
        file="frontend/lbuild_frontend/environments/local_offers.py",
        before='return "@" in requirement and not _REMOTE.fullmatch(requirement)',
        after='return "file:" in requirement and not _REMOTE.fullmatch(requirement)',
        found_by=(
            "unit/frontend/environments/test_isolated.py::test_which_requirements_may_name_a_place",
        ),
    ),
    # hooks
    Fault(
        name="egg-info-in-the-project",
        breaks="setuptools takes data files from the list of an earlier build into the new wheel",
        file="frontend/lbuild_frontend/hooks/setuptools.py",
        before='        settings.append(("egg_info", "egg_base", egg_base))\n',
        after="",
        found_by=("unit/frontend/hooks/test_setuptools.py::test_setuptools_is_told_to_build",),
    ),
    Fault(
        name="hook-in-the-same-session",
        breaks="what a hook has started goes on after lbuild was interrupted",
        file="frontend/lbuild_frontend/hooks/process.py",
        before='else {"start_new_session": True}',
        after="else {}",
        found_by=("unit/frontend/hooks/test_process.py::test_it_is_stopped",),
    ),
    Fault(
        name="modes-in-a-wheel",
        breaks="a rebuild that makes a script executable delivers the earlier wheel",
        file="frontend/lbuild_frontend/hooks/check_wheel.py",
        before="{member.filename}\\0{mode:o}\\0{",
        after="{member.filename}\\0{mode >> 12:o}\\0{",
        found_by=("unit/frontend/hooks/test_check_wheel.py::test_names_and_modes_count",),
    ),
    # maintenance
    Fault(
        name="metadata-not-needed",
        breaks="cache prune removes metadata that an entry names",
        file="frontend/lbuild_frontend/maintenance/scan.py",
        before="return frozenset((one.entry.sha256, one.entry.metadata, one.entry.snapshot))",
        after="return frozenset((one.entry.sha256, one.entry.snapshot))",
        found_by=("unit/frontend/maintenance/test_scan.py::test_all_is_found_and_counted",),
    ),
    Fault(
        name="environment-in-use-removed",
        breaks="cache clean removes an environment in which a build is running",
        file="frontend/lbuild_frontend/maintenance/removal.py",
        before='if item.kind == "environment" and not _is_unlinked(bucket, item):',
        after='if item.kind == "environment" and not item.records:',
        found_by=("unit/frontend/maintenance/test_removal.py::test_an_environment_in_use",),
    ),
    # replay
    Fault(
        name="replay-of-an-older-lbuild",
        breaks="a command is replayed after lbuild itself was edited",
        file="frontend/lbuild_frontend/self_tracing/stat_layout.py",
        before='elif entry.name != "__pycache__" and entry.is_dir():',
        after='elif entry.name == "__pycache__" and entry.is_dir():',
        found_by=("integration/replay/test_replay.py::test_another_lbuild_takes_another_look",),
    ),
    Fault(
        name="replay-over-midnight",
        breaks="a command is replayed on the next day, with the times of the last one",
        file="frontend/lbuild_frontend/self_tracing/own_process.py",
        before="return min(local, (now // _DAY + 1) * _DAY)",
        after="return (now // _DAY + 1) * _DAY",
        found_by=("integration/replay/test_replay.py::test_a_day_ends_here_or_in_utc",),
    ),
    Fault(
        name="replay-of-unsettled-files",
        breaks="a command is replayed after an edit in the same step of the file system's clock",
        file="frontend/lbuild_frontend/self_tracing/stat_layout.py",
        before="return max(signature[1:3]) + GRANULARITY >= first",
        after="return max(signature[1:3]) >= first",
        found_by=("unit/frontend/self_tracing/test_stat_layout.py::test_nothing_is_kept",),
    ),
    Fault(
        name="replay-with-another-variable",
        breaks="a command is replayed although a variable that the decision read has changed",
        file="frontend/lbuild_frontend/self_tracing/stat_layout.py",
        before='variables = asked.variables.union(trace.variables, {"TZ"})',
        after='variables = asked.variables.union({"TZ"})',
        found_by=("integration/replay/test_replay.py::test_a_variable_that_is_read_is_read_again",),
    ),
    Fault(
        name="replay-of-half-the-files",
        breaks="a command is replayed although one of many thousand files has changed",
        file="frontend/lbuild_frontend/replay.py",
        before="same = same and status == 0",
        after="same = same and os.WIFEXITED(status)",
        found_by=("unit/frontend/test_replay.py::test_an_edit_of_any_of_many_files",),
    ),
    # commands and output
    Fault(
        name="messages-on-standard-output",
        breaks='pip install "$(lbuild wheel .)" gets the messages beside the path',
        file="frontend/lbuild_frontend/output/terminal.py",
        before="file=sys.stderr, flush=True)",
        after="flush=True)",
        found_by=(
            "integration/command_line/test_command_line.py::test_standard_output_holds_only_the_paths",
        ),
    ),
    Fault(
        name="old-wheel-is-no-reason",
        breaks="status --exit-code ends with 0 although the delivered wheel is of other sources",
        file="frontend/lbuild_frontend/commands/projects.py",
        before='return verdict == "rebuild" or outdated is not None or wrong',
        after='return verdict == "rebuild" or wrong',
        found_by=("integration/command_line/test_command_line.py::test_exit_codes_of_status",),
    ),
    Fault(
        name="exit-code-of-the-last-project",
        breaks="lbuild wheel ends with 0 although the first of two projects failed",
        file="frontend/lbuild_frontend/commands/account.py",
        before="self.code = max(self.code, error.exit_code)",
        after="self.code = min(self.code, error.exit_code)",
        found_by=(
            "integration/command_line/test_command_line.py::test_one_failure_among_several_projects",
        ),
    ),
    # what people ran into
    Fault(
        name="products-stay",
        breaks="the product of a source that was removed is in the next wheel",
        file="frontend/lbuild_frontend/builds/leftovers.py",
        before="""\
        if gone:
""",
        after="""\
        if gone and back:
""",
        found_by=(
            "integration/tracing/test_fresh_builds.py::test_the_product_of_a_removed_source_is_in_no_wheel",
        ),
    ),
    Fault(
        name="edited-product-is-removed",
        breaks="what the user edited after a build, with its time stamp kept, is taken away",
        file="frontend/lbuild_frontend/cache/products.py",
        before="return same and look(path, digests) == product",
        after="return same",
        found_by=("unit/frontend/cache/test_products.py::test_what_is_not_as_it_was_left",),
    ),
    Fault(
        name="failed-build-removes-products",
        breaks="a build that fails takes what the last one left, such as a compiled module",
        file="frontend/lbuild_frontend/builds/build.py",
        before="""\
        taken.put_back(left.all if left else (), reporter)
""",
        after="""\
        taken.remove(reporter)
""",
        found_by=(
            "integration/tracing/test_fresh_builds.py::test_a_build_that_fails_leaves_what_was_there",
        ),
    ),
    Fault(
        name="egg-info-not-used",
        breaks="the wheel of an unpacked sdist lacks data files that its SOURCES.txt names",
        file="frontend/lbuild_frontend/hooks/setuptools.py",
        before='egg_base = None if egg_infos else folder / "egg-info"',
        after='egg_base = folder / "egg-info"',
        found_by=("integration/tracing/test_egg_info.py::test_what_an_sdist_says_of_its_files",),
    ),
    Fault(
        name="own-wheel-is-untracked",
        breaks="a delivered wheel in dist makes the next version dirty",
        file="frontend/lbuild_frontend/hooks/call.py",
        before="self._environ = {**backend.environ, **hiding, **chosen.environ}",
        after="self._environ = {**backend.environ, **chosen.environ}",
        found_by=(
            "integration/tracing/test_own_wheel.py::test_an_own_wheel_makes_no_version_dirty",
        ),
    ),
    Fault(
        name="clock-not-compared",
        breaks="an edit right after a build is not noticed by a replayed answer",
        file="frontend/lbuild_frontend/self_tracing/fs_clock.py",
        before="""\
 and changed < clock.now
""",
        after="""\

""",
        found_by=(
            "unit/frontend/self_tracing/test_fs_clock.py::test_a_coarse_clock_that_has_not_gone_on_proves_nothing",
        ),
    ),
    Fault(
        name="clock-of-another-disk",
        breaks="an edit on a disk with a coarser clock is not noticed by a replayed answer",
        file="frontend/lbuild_frontend/self_tracing/fs_clock.py",
        before="status.st_dev == clock.device and changed < clock.now",
        after="changed < clock.now",
        found_by=(
            "unit/frontend/self_tracing/test_fs_clock.py::test_each_file_system_has_a_clock_of_its_own",
        ),
    ),
    Fault(
        name="read-only-cache-is-refused",
        breaks="a cache that cannot be written cannot be read either",
        file="frontend/lbuild_frontend/cache/folder.py",
        before="        if not cache.root.is_dir():\n            raise\n        problem",
        after="        raise\n        problem",
        found_by=("integration/cache/test_read_only.py::test_one_that_cannot_be_written",),
    ),
    Fault(
        name="closed-terminal-kills",
        breaks="when the terminal is closed, the compilers of a build run on",
        file="frontend/lbuild_frontend/commands/boundary.py",
        before="ending[signal.SIGHUP] = HungUp",
        after="pass",
        found_by=(
            "unit/frontend/commands/test_boundary.py::test_a_signal_interrupts_a_command_and_nothing_else",
        ),
    ),
    Fault(
        name="offer-changed-meanwhile",
        breaks="a plugin that was replaced while it was installed counts as the new one",
        file="frontend/lbuild_frontend/environments/local_offers.py",
        before="name: state if self._is_unmoved(name, state, layout) else _MEANWHILE",
        after="name: state",
        found_by=(
            "unit/frontend/environments/test_local_offers.py::test_what_changes_while_it_is_installed_is_unknown",
        ),
    ),
    Fault(
        name="settings-in-a-message",
        breaks="a password in the settings of one lbuild is printed by another one that waits",
        file="frontend/lbuild_frontend/cache/lock_holder.py",
        before="words = words[: next(secret, None)]",
        after="next(secret, None)",
        found_by=("unit/frontend/cache/test_lock_holder.py::test_what_may_be_secret_is_not_shown",),
    ),
    Fault(
        name="metadata-of-the-hook",
        breaks="lbuild metadata prints what the metadata hook gives, though the wheel has more",
        file="frontend/lbuild_frontend/builds/verbs.py",
        before="if metadata_hook.is_complete(",
        after="if True or metadata_hook.is_complete(",
        found_by=("integration/reuse/test_metadata.py::test_a_build_hook_of_hatchling",),
    ),
    Fault(
        name="headers-that-appear",
        breaks="an object file is restored, though a header appeared earlier in the search path",
        file="frontend/lbuild_frontend/in_process/commands.py",
        before="return not _exists(path)",
        after="return True",
        found_by=("unit/frontend/in_process/test_commands.py::test_what_has_changed_is_run",),
    ),
    Fault(
        name="memory-of-another-program",
        breaks="what a program looks at is read from the memory of the one that ran before it",
        file="frontend/lbuild_frontend/process_tracing/images.py",
        before="        self._process_of(thread).close_memory()\n",
        after="        self._process_of(thread)\n",
        found_by=("unit/frontend/process_tracing/test_process_tree.py::test_programs_of_vfork",),
    ),
    Fault(
        name="looked-at-before-the-link-changed",
        breaks="where a path leads is not seen, because it led elsewhere before",
        file="frontend/lbuild_frontend/process_tracing/plain_calls.py",
        before="image.links != self._ledger.links",
        after="False",
        found_by=(
            "unit/frontend/process_tracing/test_each_call.py::test_what_a_program_does_again_is_recorded_where_it_leads_elsewhere",
        ),
    ),
    Fault(
        name="source-edited-while-it-compiles",
        breaks="what a compiler made is kept as the result of a source that it did not read",
        file="frontend/lbuild_frontend/hooks/commands.py",
        before="not (is_older or is_as_named)",
        after="False",
        found_by=("unit/frontend/hooks/test_commands.py::test_what_has_changed_since_it_started",),
    ),
)
