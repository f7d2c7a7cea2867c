// SPDX-License-Identifier: Apache-2.0
// What a script sees of the machine, and that what it uses up is only its own.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <sstream>

#include "integr8s/runtime/files.hpp"
#include "integr8s/runtime/harness.hpp"

namespace integr8s::runtime {
namespace {

using testing::bash;
using testing::has_language;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::python;
using testing::script_of;
using ::testing::UnorderedElementsAre;
using namespace std::chrono_literals;

class PodContainment : public testing::SandboxTest {
  protected:
    /// The output of a script that ends well.
    std::string output(PodSpec spec) {
        const PodResult result = run(std::move(spec));
        EXPECT_EQ(result.outcome, PodOutcome::exited) << result.reason;
        EXPECT_EQ(result.exit_code, 0) << result.stderr_bytes;
        return result.stdout_bytes;
    }
};

std::vector<std::string> lines(const std::string& text) {
    std::istringstream in{text};
    std::vector<std::string> all;
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
}

TEST_F(PodContainment, EnvironmentOfTheHostIsNotInherited) {
    ::setenv("INTEGR8S_TEST_CANARY", "canary-value", 1);
    const std::string text =
        output(python("import os\nfor name in os.environ: print(name, os.environ[name])\n"));
    EXPECT_THAT(lines(text), UnorderedElementsAre("PATH /usr/local/bin:/usr/bin:/bin", "HOME /work",
                                                  "TMPDIR /tmp", "LANG C.UTF-8", "PWD /work"));
}

TEST_F(PodContainment, ProcShowsNothingOfTheHost) {
    ::setenv("INTEGR8S_TEST_CANARY", "canary-value", 1);
    const std::string text = output(bash("cat /proc/*/cmdline /proc/*/environ 2>/dev/null; true"));
    EXPECT_THAT(text, Not(HasSubstr("canary-value")));
    EXPECT_THAT(text, Not(HasSubstr("/home")));
}

TEST_F(PodContainment, NoDescriptorIsInherited) {
    // One that the program forgot to mark close-on-exec.
    const quipu::Descriptor leak{::dup(0)};
    const std::string text =
        output(python("import os\nprint(sorted(os.listdir('/proc/self/fd')))"));
    EXPECT_EQ(text, "['0', '1', '2', '3']\n") << "3 is the directory being listed";
}

TEST_F(PodContainment, UserHasNoPrivileges) {
    const std::string text = output(bash("id -u; id -g; id -G; hostname; cat /proc/self/status"));
    const auto all = lines(text);
    EXPECT_EQ(all[0], "1000");
    EXPECT_EQ(all[1], "1000");
    EXPECT_EQ(all[3], "pod");
    for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"})
        EXPECT_THAT(text, HasSubstr(std::string{set} + ":\t0000000000000000\n"));
    EXPECT_THAT(text, HasSubstr("NoNewPrivs:\t1\n"));
    EXPECT_THAT(text, HasSubstr("Seccomp:\t2\n"));
}

TEST_F(PodContainment, RootDirectoryHasOnlyWhatIsNeeded) {
    const auto all = lines(output(bash("ls -A /")));
    EXPECT_THAT(all, ::testing::IsSubsetOf({"bin", "dev", "etc", "lib", "lib32", "lib64", "libx32",
                                            "proc", "run", "sbin", "tmp", "usr", "work"}));
    EXPECT_THAT(lines(output(bash("ls -A /etc"))),
                ::testing::IsSubsetOf({"alternatives", "group", "hosts", "ld.so.cache", "passwd"}));
    EXPECT_THAT(lines(output(bash("ls -A /dev"))),
                UnorderedElementsAre("core", "fd", "full", "null", "ptmx", "pts", "random", "shm",
                                     "stderr", "stdin", "stdout", "tty", "urandom", "zero"));
}

TEST_F(PodContainment, ProcessesOfTheHostAreInvisible) {
    const auto all = lines(output(bash("cd /proc; ls -d [0-9]* | sort -n")));
    EXPECT_EQ(all.front(), "1");
    EXPECT_LE(all.size(), 5U);
}

TEST_F(PodContainment, SetuidProgramsGainNoPrivileges) {
    const std::string text = output(python(
        "import ctypes, os, subprocess\n"
        "found = [d + '/' + f for d in ('/usr/bin', '/usr/sbin') for f in os.listdir(d)\n"
        "         if os.path.exists(d + '/' + f) and os.stat(d + '/' + f).st_mode & 0o4000]\n"
        "flags = os.statvfs('/usr').f_flag\n"
        "print(bool(flags & os.ST_NOSUID), bool(flags & os.ST_RDONLY))\n"));
    EXPECT_EQ(text, "True True\n");
}

TEST_F(PodContainment, LoopbackOfTheHostIsUnreachable) {
    const quipu::Descriptor listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(listener.get(), 1), 0);
    ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
    const std::string port = std::to_string(ntohs(address.sin_port));
    const std::string text =
        output(python("import socket\n"
                      "s = socket.socket()\n"
                      "print(s.connect_ex(('127.0.0.1', " +
                      port +
                      ")) != 0)\n"
                      "print([name for _, name in socket.if_nameindex()])\n"));
    EXPECT_EQ(text, "True\n['lo']\n");
}

TEST_F(PodContainment, AbstractSocketsOfTheHostAreInvisible) {
    const std::string text = output(bash("cat /proc/net/unix | tail -n +2 | wc -l"));
    EXPECT_EQ(text, "0\n");
}

TEST_F(PodContainment, InitProcessCannotBeKilled) {
    EXPECT_EQ(output(bash("kill -9 1; kill -STOP 1; sleep 0.1; echo still here")), "still here\n");
}

TEST_F(PodContainment, KillingEverythingReachesOnlyThePod) {
    // The signal goes to every process of the pod but the first one and the sender.
    EXPECT_EQ(output(bash("sleep 1000 & kill -9 -1; wait 2>/dev/null; echo alone")), "alone\n");
}

TEST_F(PodContainment, ForkBombIsContained) {
    PodSpec spec = bash("bomb() { bomb | bomb & }; bomb; sleep 1000");
    spec.timeout = 1s;
    spec.limits.processes = 32;
    const PodResult result = run(spec);
    EXPECT_NE(result.outcome, PodOutcome::system_error) << result.reason;
    EXPECT_EQ(output(bash("echo next pod runs")), "next pod runs\n");
}

TEST_F(PodContainment, ProcessesAreLimited) {
    PodSpec spec = python(
        "import os, time\n"
        "count = 0\n"
        "try:\n"
        "    while count < 1000:\n"
        "        if os.fork() == 0: time.sleep(1000)\n"
        "        count += 1\n"
        "except OSError:\n"
        "    print(count)\n");
    spec.limits.processes = 20;
    EXPECT_EQ(output(spec), "19\n");
}

TEST_F(PodContainment, ThreadsCountAsProcesses) {
    PodSpec spec = python(
        "import threading\n"
        "stop = threading.Event()\n"
        "count = 0\n"
        "try:\n"
        "    while count < 1000:\n"
        "        threading.Thread(target=stop.wait, daemon=True).start()\n"
        "        count += 1\n"
        "except RuntimeError:\n"
        "    print(count)\n"
        "stop.set()\n");
    spec.limits.processes = 20;
    EXPECT_EQ(output(spec), "19\n");
}

TEST_F(PodContainment, DescriptorsAreLimited) {
    const std::string text =
        output(python("import os\n"
                      "held = []\n"
                      "try:\n"
                      "    while len(held) < 100000: held.append(os.open('/dev/null', 0))\n"
                      "except OSError as error:\n"
                      "    print(error.errno)\n"));
    EXPECT_EQ(text, "24\n");
}

TEST_F(PodContainment, DiskSpaceIsLimited) {
    PodSpec spec = bash(
        "for d in /work /tmp /dev/shm; do\n"
        "  head -c 5M /dev/zero > $d/file$RANDOM 2>/dev/null || echo full $d\n"
        "done");
    spec.limits.scratch_bytes = 4U << 20;
    EXPECT_EQ(output(spec), "full /work\nfull /tmp\nfull /dev/shm\n");
}

TEST_F(PodContainment, FileSizeIsLimited) {
    PodSpec spec = bash("head -c 3M /dev/zero > file; exit $?");
    spec.limits.file_bytes = 1U << 20;
    spec.limits.scratch_bytes = 16U << 20;
    EXPECT_NE(run(spec).exit_code, 0);
    spec = bash("exec head -c 3M /dev/zero > file");
    spec.limits.file_bytes = 1U << 20;
    const PodResult result = run(spec);
    EXPECT_EQ(result.outcome, PodOutcome::crashed);
    EXPECT_EQ(result.signal, SIGXFSZ);
    EXPECT_THAT(result.reason, HasSubstr("file size limit"));
}

TEST_F(PodContainment, NoCoreFileIsLeft) {
    EXPECT_EQ(output(bash("ulimit -c; bash -c 'kill -SEGV $$' 2>/dev/null; ls")), "0\nscript.sh\n");
}

TEST_F(PodContainment, PodsDoNotSeeEachOthersFiles) {
    EXPECT_EQ(output(bash("echo secret > /tmp/f; echo secret > /dev/shm/f; echo secret > f; ls")),
              "f\nscript.sh\n");
    EXPECT_EQ(output(bash("ls /tmp /dev/shm . | grep -c f$; true")), "0\n");
}

TEST_F(PodContainment, ForeignArchitectureCallsEndTheScript) {
#ifndef __x86_64__
    GTEST_SKIP() << "of one architecture only";
#else
    if (!has_language("cpp")) GTEST_SKIP() << "no g++";
    // unshare(CLONE_NEWUSER) by the 32-bit gate and by the x32 numbers.
    for (const char* call : {"\"int $0x80\" : \"=a\"(r) : \"a\"(310), \"b\"(0x10000000)",
                             "\"syscall\" : \"=a\"(r) : \"a\"(0x40000000 + 272), \"D\"(0x10000000)"
                             " : \"rcx\", \"r11\""}) {
        const PodResult result =
            run(script_of("cpp", std::string{"int main() { long r; asm volatile("} + call +
                                     "); return r < 0; }"));
        const bool killed = result.outcome == PodOutcome::crashed && result.signal == SIGSYS;
        const bool refused = result.outcome == PodOutcome::exited && result.exit_code == 1;
        EXPECT_TRUE(killed || refused) << to_string(result.outcome) << result.stderr_bytes;
    }
#endif
}

TEST_F(PodContainment, ReportCannotBeForged) {
    // A status record needs the descriptor of the pod's first process.
    const PodResult result = run(
        python("import os\n"
               "for fd in range(3, 256):\n"
               "    for path in ('/proc/self/fd/', '/proc/1/fd/', '/proc/%d/fd/' % os.getppid()):\n"
               "        try: os.write(os.open(path + str(fd), os.O_WRONLY), b'\\4' + b'\\0' * 39)\n"
               "        except OSError: pass\n"
               "    try: os.write(fd, b'\\4' + b'\\0' * 39)\n"
               "    except OSError: pass\n"
               "os._exit(77)\n"));
    EXPECT_EQ(result.outcome, PodOutcome::exited);
    EXPECT_EQ(result.exit_code, 77);
}

}  // namespace
}  // namespace integr8s::runtime
