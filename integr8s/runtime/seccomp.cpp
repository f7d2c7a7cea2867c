// SPDX-License-Identifier: Apache-2.0
#include "integr8s/runtime/seccomp.hpp"

#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "integr8s/runtime/files.hpp"

namespace integr8s::runtime {
namespace {

using quipu::ErrorCode;
using quipu::fail;

struct Release {
    void operator()(void* filter) const noexcept { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

/// System calls that fail with EPERM, by name. Names that the library does not know on this machine
/// are skipped, since the native architecture does not have these calls.
constexpr std::array refused{
    // another process's memory or control
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "kcmp",
    "pidfd_getfd",
    // mounts and roots
    "mount",
    "umount",
    "umount2",
    "pivot_root",
    "chroot",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "move_mount",
    "open_tree",
    "mount_setattr",
    "quotactl",
    "quotactl_fd",
    "swapon",
    "swapoff",
    // namespaces
    "unshare",
    "setns",
    // parts of the kernel with a history of vulnerabilities
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "keyctl",
    "add_key",
    "request_key",
    "fanotify_init",
    "name_to_handle_at",
    "open_by_handle_at",
    "lookup_dcookie",
    "modify_ldt",
    "vmsplice",
    // the machine
    "init_module",
    "finit_module",
    "delete_module",
    "create_module",
    "query_module",
    "get_kernel_syms",
    "kexec_load",
    "kexec_file_load",
    "reboot",
    "syslog",
    "acct",
    "vhangup",
    "iopl",
    "ioperm",
    "sethostname",
    "setdomainname",
    "settimeofday",
    "stime",
    "clock_settime",
    "clock_settime64",
    "clock_adjtime",
    "clock_adjtime64",
    "adjtimex",
    "nfsservctl",
    "uselib",
    "ustat",
    "sysfs",
    "_sysctl",
    "vm86",
    "vm86old",
    // memory placement
    "mbind",
    "set_mempolicy",
    "set_mempolicy_home_node",
    "migrate_pages",
    "move_pages",
};

constexpr std::array allowed_families{AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
constexpr int highest_family = 64;

/// The library's own macros for this are not C++.
scmp_arg_cmp masked(unsigned int argument, std::uint64_t mask, std::uint64_t value) {
    return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

int refuse_names(scmp_filter_ctx filter) {
    for (const char* name : refused) {
        const int number = ::seccomp_syscall_resolve_name(name);
        if (number == __NR_SCMP_ERROR) continue;
        const int failed = ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
        if (failed != 0) return failed;
    }
    return 0;
}

/// A filter cannot inspect the flags of clone3, which are in memory. Libraries fall back to clone.
int refuse_namespace_flags(scmp_filter_ctx filter) {
    constexpr std::array<std::uint64_t, 7> flags{CLONE_NEWNS,  CLONE_NEWCGROUP, CLONE_NEWUTS,
                                                 CLONE_NEWIPC, CLONE_NEWUSER,   CLONE_NEWPID,
                                                 CLONE_NEWNET};
    for (const std::uint64_t flag : flags) {
        const int failed = ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                              masked(0, flag, flag));
        if (failed != 0) return failed;
    }
    return ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

int refuse_terminal_injection(scmp_filter_ctx filter) {
    for (const std::uint64_t request :
         {std::uint64_t{TIOCSTI}, std::uint64_t{TIOCLINUX}, std::uint64_t{TIOCCONS}}) {
        const int failed = ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                                              masked(1, 0xffffffffU, request));
        if (failed != 0) return failed;
    }
    return 0;
}

int refuse_socket_families(scmp_filter_ctx filter) {
    for (const int call : {SCMP_SYS(socket), SCMP_SYS(socketpair)}) {
        for (int family = 0; family <= highest_family; ++family) {
            bool allowed = false;
            for (const int one : allowed_families) allowed = allowed || one == family;
            if (allowed) continue;
            const int failed =
                ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), call, 1,
                                   masked(0, 0xffffffffU, static_cast<std::uint64_t>(family)));
            if (failed != 0) return failed;
        }
    }
    return 0;
}

/// Rejects everything but reading the current personality.
int refuse_personality(scmp_filter_ctx filter) {
    constexpr std::uint64_t query = 0xffffffffU;
    return ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(personality), 1,
                              scmp_arg_cmp{0, SCMP_CMP_LT, query, 0});
}

quipu::Result<std::string> export_program(scmp_filter_ctx filter) {
    const quipu::Descriptor fd{::memfd_create("filter", MFD_CLOEXEC)};
    if (!fd || ::seccomp_export_bpf(filter, fd.get()) != 0)
        return fail(ErrorCode::unavailable, "cannot export the system call filter");
    ::lseek(fd.get(), 0, SEEK_SET);
    return read_rest(fd.get());
}

}  // namespace

quipu::Result<std::string> seccomp_program() {
    const Filter filter{::seccomp_init(SCMP_ACT_ALLOW)};
    if (!filter) return fail(ErrorCode::unavailable, "cannot make a system call filter");
    for (const auto step : {refuse_names, refuse_namespace_flags, refuse_terminal_injection,
                            refuse_socket_families, refuse_personality}) {
        if (const int failed = step(filter.get()); failed != 0) {
            return fail(ErrorCode::unavailable,
                        "cannot build the system call filter: " + errno_text(-failed));
        }
    }
    // One comparison tree instead of a long list: the filter runs at every system call.
    ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
    return export_program(filter.get());
}

}  // namespace integr8s::runtime
