// SPDX-License-Identifier: Apache-2.0
// What a hostile script tries, and what must come of it. INTEGR8S_ESCAPE_ROUNDS repeats each case.
#include <gmock/gmock.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "integr8s/runtime/harness.hpp"

namespace integr8s::runtime {
namespace {

using ::testing::MatchesRegex;
using testing::python;

int rounds() {
    const char* const text = std::getenv("INTEGR8S_ESCAPE_ROUNDS");
    return text == nullptr ? 1 : std::max(1, std::atoi(text));
}

/// An attempt in Python: `body` raises OSError where it is refused, or prints "contained" itself.
struct Attempt {
    const char* name;
    const char* body;
};

constexpr const char* prelude = R"(
import ctypes, errno, fcntl, glob, os, platform, signal, socket, struct, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def check(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), 'refused')
    return result
def attempt():
)";

constexpr const char* verdict = R"(
try:
    attempt()
    print('ESCAPED')
except OSError as error:
    print('contained', error.errno)
)";

std::string script_for(const Attempt& attempt) {
    std::string script = prelude;
    std::string_view body = attempt.body;
    while (!body.empty()) {
        const std::size_t end = body.find('\n');
        script.append("    ").append(body.substr(0, end)).append("\n");
        if (end == std::string_view::npos) break;
        body.remove_prefix(end + 1);
    }
    return script + verdict;
}

/// The errors that are a refusal; others would only show that the attempt was clumsy. EINVAL is
/// what an id without a mapping gives.
std::string refusals() {
    std::string all = std::to_string(EAI_AGAIN);
    for (const int error : {EPERM, ENOENT, ESRCH, ENXIO, EACCES, EBUSY, EXDEV, EROFS, ENOSYS,
                            EINVAL, EAFNOSUPPORT, ENETUNREACH})
        all.append("|").append(std::to_string(error));
    return all;
}

class PodEscape : public testing::SandboxTest {
  protected:
    /// Runs all attempts, as many at once as the runtime allows.
    void refuse(std::span<const Attempt> attempts) {
        if (!testing::has_language("python")) GTEST_SKIP() << "no python3";
        for (int round = 0; round < rounds(); ++round) {
            for (const Attempt& attempt : attempts) {
                PodSpec spec = python(script_for(attempt));
                spec.pod_name = std::to_string(round) + attempt.name;
                ASSERT_TRUE(runtime().start(spec));
            }
            for (const Attempt& attempt : attempts) expect_refused(round, attempt);
        }
    }

  private:
    void expect_refused(int round, const Attempt& attempt) {
        SCOPED_TRACE(attempt.name);
        const std::string name = std::to_string(round) + attempt.name;
        const auto status = harness().wait(name, PodPhase::finished);
        ASSERT_TRUE(status);
        const PodResult& result = *status->result;
        EXPECT_EQ(result.outcome, PodOutcome::exited) << result.reason;
        EXPECT_THAT(result.stdout_bytes, MatchesRegex("contained (" + refusals() + ")\n"));
        EXPECT_EQ(result.stderr_bytes, "");
        EXPECT_TRUE(runtime().remove(name));
    }
};

const std::array files{
    Attempt{"ReadShadow", "open('/etc/shadow').read()"},
    Attempt{"ListRoot", "os.listdir('/root')"},
    Attempt{"ListHome", "os.listdir('/home')"},
    Attempt{"ListVar", "os.listdir('/var')"},
    Attempt{"ListSys", "os.listdir('/sys')"},
    Attempt{"ListOpt", "os.listdir('/opt')"},
    Attempt{"ListMnt", "os.listdir('/mnt')"},
    Attempt{"WriteUsr", "open('/usr/x', 'w')"},
    Attempt{"WriteUsrBin", "open('/usr/bin/bash', 'r+')"},
    Attempt{"WriteEtc", "open('/etc/x', 'w')"},
    Attempt{"WritePasswd", "open('/etc/passwd', 'a')"},
    Attempt{"WriteRootDirectory", "open('/x', 'w')"},
    Attempt{"WriteDev", "open('/dev/x', 'w')"},
    Attempt{"WriteScript", "open(sys.argv[0], 'r+')"},
    Attempt{"ReplaceScript", "os.unlink(sys.argv[0])"},
    Attempt{"WriteInit", "open('/run/pod-init', 'r+')"},
    Attempt{"SymbolicLinkOut", "os.symlink('/etc/shadow', 'l'); open('l').read()"},
    Attempt{"DotDotOut", "open('../../../../../../etc/shadow').read()"},
    Attempt{"HardLinkOut", "os.link('/usr/bin/bash', 'b')"},
    Attempt{"RootThroughProc", "os.listdir('/proc/self/root/root')"},
    Attempt{"RootThroughInit", "os.listdir('/proc/1/root')"},
    Attempt{"WorkingDirectoryOfInit", "os.listdir('/proc/1/cwd/')"},
    Attempt{"DescriptorsOfInit", "os.listdir('/proc/1/fd')"},
    Attempt{"EnvironmentOfInit", "open('/proc/1/environ').read()"},
    Attempt{"MemoryOfInit", "open('/proc/1/mem', 'rb')"},
    Attempt{"BlockDevice", "os.mknod('d', 0o60600, os.makedev(8, 0))"},
    Attempt{"CharacterDevice", "os.mknod('d', 0o20600, os.makedev(1, 1))"},
    Attempt{"Memory", "open('/dev/mem', 'rb')"},
    Attempt{"KernelLog", "open('/dev/kmsg', 'rb')"},
    Attempt{"Kvm", "open('/dev/kvm', 'rb')"},
    Attempt{"Fuse", "open('/dev/fuse', 'rb')"},
    Attempt{"KernelCore", "open('/proc/kcore', 'rb').read(1)"},
    Attempt{"KernelMessages", "open('/proc/kmsg', 'rb').read(1)"},
    Attempt{"CorePattern", "os.write(os.open('/proc/sys/kernel/core_pattern', os.O_WRONLY), b'x')"},
    Attempt{"Hotplug", "os.write(os.open('/proc/sys/kernel/modprobe', os.O_WRONLY), b'x')"},
    Attempt{"Sysrq", "os.write(os.open('/proc/sysrq-trigger', os.O_WRONLY), b'?')"},
    Attempt{"ChangeOwner", "open('f', 'w'); os.chown('f', 65534, 65534)"},
    Attempt{"BecomeRoot", "os.setuid(0)"},
    Attempt{"BecomeRootGroup", "os.setgroups([0])"},
};

[[maybe_unused]] const std::array kernel{
    Attempt{"Mount", "check(libc.mount(b'none', b'/work', b'tmpfs', 0, None))"},
    Attempt{"RemountWritable", "check(libc.mount(None, b'/usr', None, 32 | 4096, None))"},
    Attempt{"BindMount", "check(libc.mount(b'/proc', b'/work', None, 4096, None))"},
    Attempt{"Unmount", "check(libc.umount2(b'/usr', 2))"},
    Attempt{"PivotRoot", "check(libc.syscall(155, b'/work', b'/work'))"},
    Attempt{"ChangeRoot", "os.chroot('/work')"},
    Attempt{"NewMountApi", "check(libc.syscall(430, b'tmpfs', 0))"},
    Attempt{"OpenTree", "check(libc.syscall(428, -100, b'/', 1))"},
    Attempt{"FileHandle", "check(libc.syscall(304, -100, b'', 0))"},
    Attempt{"UnshareUser", "check(libc.unshare(0x10000000))"},
    Attempt{"UnshareMounts", "check(libc.unshare(0x00020000))"},
    Attempt{"UnshareNet", "check(libc.unshare(0x40000000))"},
    Attempt{"UnsharePid", "check(libc.unshare(0x20000000))"},
    Attempt{"CloneUser", "check(libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0))"},
    Attempt{"CloneMounts", "check(libc.syscall(56, 0x00020000 | 17, 0, 0, 0, 0))"},
    Attempt{"Clone3", "check(libc.syscall(435, bytes(88), 88))"},
    Attempt{"JoinNamespace", "check(libc.setns(os.open('/proc/self/ns/net', 0), 0))"},
    Attempt{"TraceInit", "check(libc.ptrace(16, 1, 0, 0))"},
    Attempt{"SeizeInit", "check(libc.ptrace(0x4206, 1, 0, 0))"},
    Attempt{"TraceSelf", "check(libc.ptrace(0, 0, 0, 0))"},
    Attempt{"ReadProcessMemory", "check(libc.process_vm_readv(os.getpid(), 0, 0, 0, 0, 0))"},
    Attempt{"WriteProcessMemory", "check(libc.process_vm_writev(os.getpid(), 0, 0, 0, 0, 0))"},
    Attempt{"StealDescriptor", "check(libc.syscall(438, os.pidfd_open(1), 3, 0))"},
    Attempt{"Bpf", "check(libc.syscall(321, 0, bytes(64), 64))"},
    Attempt{"PerfEvent", "check(libc.syscall(298, bytes(128), 0, -1, -1, 0))"},
    Attempt{"Userfault", "check(libc.syscall(323, 1))"},
    Attempt{"IoUring", "check(libc.syscall(425, 8, bytes(120)))"},
    Attempt{"KeyctlSession", "check(libc.syscall(250, 0, -3, 1))"},
    Attempt{"AddKey", "check(libc.syscall(248, b'user', b'k', b'v', 1, -2))"},
    Attempt{"RequestKey", "check(libc.syscall(249, b'user', b'k', None, -2))"},
    Attempt{"LoadModule", "check(libc.syscall(175, b'', 0, b''))"},
    Attempt{"LoadKernel", "check(libc.syscall(246, 0, 0, 0, 0))"},
    Attempt{"Reboot", "check(libc.reboot(0x89abcdef))"},
    Attempt{"SetTime", "time.clock_settime(time.CLOCK_REALTIME, 0)"},
    Attempt{"SetHostName", "socket.sethostname('owned')"},
    Attempt{"Swap", "check(libc.swapon(b'/work', 0))"},
    Attempt{"Accounting", "check(libc.acct(b'/work' b'/a'))"},
    Attempt{"PortAccess", "check(libc.syscall(172, 3))"},
    Attempt{"Personality", "check(libc.personality(0x0040000))"},
    Attempt{"KernelLogCall", "check(libc.klogctl(3, ctypes.create_string_buffer(64), 64))"},
    Attempt{"Fanotify", "check(libc.fanotify_init(0, 0))"},
    Attempt{"LocalDescriptorTable", "check(libc.syscall(154, 0, bytes(64), 64))"},
    Attempt{"MovePages", "check(libc.syscall(279, 1, 0, 0, 0, 0, 0))"},
    Attempt{"TerminalInjection", "m, s = os.openpty(); fcntl.ioctl(s, 0x5412, b'x')"},
    Attempt{"TerminalInjectionHighBits",
            "m, s = os.openpty()\ncheck(libc.syscall(16, s, ctypes.c_ulong(0x100005412), b'x'))"},
    Attempt{"ControllingTerminal", "open('/dev/tty')"},
    Attempt{"HigherPriority", "os.nice(-5)"},
    Attempt{"RealTime", "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))"},
    Attempt{"LessLikelyMemoryVictim",
            "os.write(os.open('/proc/self/oom_score_adj', os.O_WRONLY), b'-1000')"},
    Attempt{"RaiseLimit",
            "import resource\n"
            "try:\n"
            "    resource.setrlimit(resource.RLIMIT_CPU, (999999, 999999))\n"
            "except ValueError:\n"
            "    raise OSError(1, 'refused')"},
    Attempt{"SignalHostProcess", "for pid in range(1000, 60000): os.kill(pid, 0)"},
};

const std::array network{
    Attempt{"ConnectOut", "socket.setdefaulttimeout(5); socket.create_connection(('1.1.1.1', 80))"},
    Attempt{"ConnectOut6",
            "s = socket.socket(socket.AF_INET6); s.connect(('2606:4700:4700::1111', 80))"},
    Attempt{"Datagram", "s = socket.socket(2, 2); s.sendto(b'x', ('8.8.8.8', 53))"},
    Attempt{"NameLookup", "socket.getaddrinfo('example.com', 80)"},
    Attempt{"MetadataService", "s = socket.socket(); s.connect(('169.254.169.254', 80))"},
    Attempt{"RawSocket", "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)"},
    Attempt{"PacketSocket", "socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3)"},
    Attempt{"CryptoSocket", "socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)"},
    Attempt{"HypervisorSocket", "socket.socket(40, socket.SOCK_STREAM)"},
    Attempt{"BluetoothSocket", "socket.socket(31, socket.SOCK_RAW, 1)"},
    Attempt{"UnknownFamily", "socket.socket(45, socket.SOCK_STREAM)"},
    Attempt{"LowPort", "socket.socket().bind(('127.0.0.1', 80))"},
    Attempt{"ContainerSocket", "s = socket.socket(1); s.connect('/var/run/docker.sock')"},
};

TEST_F(PodEscape, FilesAreOutOfReach) {
    refuse(files);
}

#ifdef __x86_64__
// Some of these name system calls by their number on this architecture.
TEST_F(PodEscape, KernelIsOutOfReach) {
    refuse(kernel);
}
#endif

TEST_F(PodEscape, NetworkIsOutOfReach) {
    refuse(network);
}

}  // namespace
}  // namespace integr8s::runtime
