"""Tests of linux.calls and linux.numbers: each system call of Linux is decided."""

import os
import re
import sys
from pathlib import Path

import pytest

from lbuild_frontend.linux.calls import CALLS
from lbuild_frontend.linux.numbers import ARCHITECTURES

NUMBERS_OF_X86 = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
GENERIC_NUMBERS = Path("/usr/include/asm-generic/unistd.h")

SINCE_6_3 = {
    "cachestat": 451,
    "fchmodat2": 452,
    "map_shadow_stack": 453,
    "futex_wake": 454,
    "futex_wait": 455,
    "futex_requeue": 456,
    "statmount": 457,
    "listmount": 458,
    "lsm_get_self_attr": 459,
    "lsm_set_self_attr": 460,
    "lsm_list_modules": 461,
    "mseal": 462,
    "setxattrat": 463,
    "getxattrat": 464,
    "listxattrat": 465,
    "removexattrat": 466,
    "open_tree_attr": 467,
    "file_getattr": 468,
    "file_setattr": 469,
}
"""Those that the headers of this machine may not know, by their number on all architectures."""

BY_DESCRIPTOR = """
    read write pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2 close close_range
    dup dup2 dup3 lseek fstat fstatfs fcntl ioctl flock fsync fdatasync sync syncfs sync_file_range
    ftruncate
    fallocate fadvise64 readahead sendfile splice tee vmsplice copy_file_range fchdir fgetxattr
    flistxattr cachestat pipe pipe2 poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl
    epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd
    signalfd4 timerfd_create timerfd_settime timerfd_gettime userfaultfd memfd_create memfd_secret
    inotify_init inotify_init1 inotify_rm_watch fanotify_init
    io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents
"""
"""They use what is open already. How it was opened has been recorded, here or by the recorder."""

MEMORY_AND_THREADS = """
    mmap munmap mprotect mremap msync mincore madvise brk mlock mlock2 munlock mlockall munlockall
    remap_file_pages pkey_mprotect pkey_alloc pkey_free mbind set_mempolicy get_mempolicy
    set_mempolicy_home_node migrate_pages move_pages process_madvise process_mrelease
    map_shadow_stack mseal modify_ldt arch_prctl set_thread_area get_thread_area set_tid_address
    futex futex_waitv futex_wake futex_wait futex_requeue set_robust_list get_robust_list rseq
    membarrier clone clone3 fork vfork exit exit_group wait4 waitid kill tkill tgkill
    pidfd_open pidfd_send_signal kcmp prctl personality seccomp unshare
    landlock_create_ruleset landlock_add_rule landlock_restrict_self
    lsm_get_self_attr lsm_set_self_attr lsm_list_modules
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigqueueinfo
    rt_sigsuspend rt_tgsigqueueinfo sigaltstack pause restart_syscall uretprobe uprobe
    semget semop semctl semtimedop shmat shmctl shmdt msgsnd msgrcv msgctl
    mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr
"""
"""They change the process itself, or reach others that are followed as well. What a mount
namespace shows changes by a mount only; shared memory and queues are got by calls that are refused.
"""

FACTS = """
    getpid getppid gettid getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid
    setreuid setregid setresuid setresgid setgroups setfsuid setfsgid getpgid getpgrp setpgid getsid
    setsid getpriority setpriority ioprio_get ioprio_set getrlimit setrlimit prlimit64 getrusage
    times sched_yield sched_setparam sched_getparam sched_setscheduler sched_getscheduler
    sched_get_priority_max sched_get_priority_min sched_rr_get_interval sched_setaffinity
    sched_getaffinity sched_setattr sched_getattr getcpu capget capset umask getcwd uname sysinfo
    syslog sethostname setdomainname gettimeofday settimeofday time clock_gettime clock_settime
    clock_getres clock_nanosleep clock_adjtime adjtimex nanosleep alarm getitimer setitimer
    timer_create timer_settime timer_gettime timer_getoverrun timer_delete getrandom ustat sysfs
    perf_event_open iopl ioperm vhangup reboot delete_module
"""
"""They tell or change facts of the process or the machine; those are no files."""

SOCKETS = """
    socket socketpair listen accept accept4 getsockname getpeername getsockopt setsockopt shutdown
    recvfrom recvmsg recvmmsg
"""
"""With whom a program talks shows when it connects, sends to an address or binds one."""

GONE = """
    _sysctl create_module get_kernel_syms query_module nfsservctl getpmsg putpmsg afs_syscall
    tuxcall
    security vserver epoll_ctl_old
"""
"""No kernel has them that has user notification."""

HARMLESS = frozenset(
    name
    for names in (BY_DESCRIPTOR, MEMORY_AND_THREADS, FACTS, SOCKETS, GONE)
    for name in names.split()
)

OTHER_NAMES = {
    "fstatat": "newfstatat",
    "statfs64": "statfs",
    "truncate64": "truncate",
    "umount": "umount2",
    "fstatfs64": "fstatfs",
    "ftruncate64": "ftruncate",
    "fcntl64": "fcntl",
    "llseek": "lseek",
    "fadvise64_64": "fadvise64",
    "mmap2": "mmap",
    "sendfile64": "sendfile",
    "fstat64": "fstat",
    "fstatat64": "newfstatat",
    "sync_file_range2": "sync_file_range",
    "stat64": "stat",
    "lstat64": "lstat",
}
"""Names in the generic table, of which a 64-bit machine has one of two."""


def numbers_of_x86() -> dict[str, int]:
    text = NUMBERS_OF_X86.read_text("ascii")
    found = re.findall(r"^#define __NR_(\w+)\s+(\d+)\s*$", text, re.MULTILINE)
    return {**{name: int(number) for name, number in found}, **SINCE_6_3}


def generic_numbers() -> dict[str, int]:
    text = GENERIC_NUMBERS.read_text("ascii")
    found = re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)\s*$", text, re.MULTILINE)
    known = {OTHER_NAMES.get(name, name): int(number) for name, number in found}
    # They are for other machines: with 32 bits, or of one architecture.
    for name in [name for name in known if name.endswith("time64") or "time64_" in name]:
        del known[name]
    for name in ("arch_specific_syscall", "syscalls"):
        known.pop(name, None)
    return {**known, **SINCE_6_3}


needs_headers = pytest.mark.skipif(
    not NUMBERS_OF_X86.exists() or not GENERIC_NUMBERS.exists(), reason="no headers of Linux here"
)


@needs_headers
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_numbers_are_those_of_the_kernel(machine: str) -> None:
    known = numbers_of_x86() if machine == "x86_64" else generic_numbers()
    ours = ARCHITECTURES[machine].numbers
    assert {name: known.get(name) for name in ours} == ours


@needs_headers
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_each_call_of_the_kernel_is_decided(machine: str) -> None:
    known = numbers_of_x86() if machine == "x86_64" else generic_numbers()
    architecture = ARCHITECTURES[machine]
    # One that is newer than the table is parked by the filter, and gives a problem.
    old = {name for name, number in known.items() if number <= architecture.newest}
    assert old - architecture.numbers.keys() - HARMLESS == set()
    assert not HARMLESS & CALLS.keys()
    assert max(known.values()) <= architecture.newest, "the table can be extended"


def test_each_call_of_the_table_has_a_number_somewhere() -> None:
    assert CALLS.keys() == set().union(*(one.numbers for one in ARCHITECTURES.values()))


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_no_two_calls_have_one_number(machine: str) -> None:
    numbers = ARCHITECTURES[machine].numbers
    assert len(set(numbers.values())) == len(numbers)


@pytest.mark.skipif(sys.platform != "linux", reason="about Linux")
def test_the_number_of_the_newest_call_is_known() -> None:
    assert max(SINCE_6_3.values()) == ARCHITECTURES[os.uname().machine].newest
