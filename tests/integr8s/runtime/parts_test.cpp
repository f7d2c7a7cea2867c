// SPDX-License-Identifier: Apache-2.0
// Parts of the runtime that need no sandbox.
#include <gmock/gmock.h>

#include "integr8s/runtime/cgroup_layout.hpp"
#include "integr8s/runtime/languages.hpp"
#include "integr8s/runtime/pod_spec_check.hpp"
#include "integr8s/runtime/probe.hpp"
#include "integr8s/runtime/seccomp.hpp"

namespace integr8s::runtime {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

TEST(CgroupLayoutTexts, Version2) {
    const auto layout = parse_cgroup_layout(
        "25 30 0:23 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
        "0::/user.slice/user-1000.slice/session-1.scope\n");
    ASSERT_TRUE(layout.version2);
    EXPECT_EQ(layout.version2->directory,
              "/sys/fs/cgroup/user.slice/user-1000.slice/session-1.scope");
    EXPECT_EQ(layout.version2->mount, "/sys/fs/cgroup");
    EXPECT_THAT(layout.version1, IsEmpty());
}

TEST(CgroupLayoutTexts, Version1WithSharedHierarchy) {
    const auto layout = parse_cgroup_layout(
        "30 25 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "31 25 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
        "32 25 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
        "9:memory:/a/b\n3:cpu,cpuacct:/\n0::/x\n");
    ASSERT_THAT(layout.version1, SizeIs(2));
    EXPECT_EQ(layout.find_version1("memory")->directory, "/sys/fs/cgroup/memory/a/b");
    EXPECT_EQ(layout.find_version1("cpu")->directory, "/sys/fs/cgroup/cpu,cpuacct");
    EXPECT_EQ(layout.find_version1("pids"), nullptr);
    EXPECT_EQ(layout.version2->directory, "/sys/fs/cgroup/unified/x");
}

TEST(CgroupLayoutTexts, ContainerWithAPartOfTheHierarchy) {
    const auto layout = parse_cgroup_layout(
        "30 25 0:26 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
        "9:memory:/docker/abc/inner\n");
    EXPECT_EQ(layout.find_version1("memory")->directory, "/sys/fs/cgroup/memory/inner");
}

TEST(CgroupLayoutTexts, MalformedLinesAreIgnored) {
    for (const char* text : {"", "\n\n", " - ", "a b c - d", "1 2 3 4 5 6 - cgroup2", "::::"}) {
        const auto layout = parse_cgroup_layout(text, text);
        EXPECT_FALSE(layout.version2);
        EXPECT_THAT(layout.version1, IsEmpty());
    }
}

TEST(CgroupCounters, AreReadByName) {
    const std::string text = "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n";
    EXPECT_EQ(cgroup_counter(text, "oom_kill"), 3U);
    EXPECT_EQ(cgroup_counter(text, "oom"), 0U);
    EXPECT_EQ(cgroup_counter("", "oom_kill"), 0U);
    EXPECT_EQ(cgroup_counter("oom_kill x", "oom_kill"), 0U);
}

PodSpec good_spec() {
    PodSpec spec;
    spec.pod_name = "executor-1f";
    spec.filename = "script.py";
    spec.command = {"/usr/bin/python3", "script.py"};
    return spec;
}

struct BadSpec {
    const char* field;
    void (*spoil)(PodSpec&);
};

TEST(PodSpecCheck, ErrorsNameTheField) {
    ASSERT_TRUE(check_pod_spec(good_spec(), {}));
    for (const BadSpec& bad : {
             BadSpec{"pod_name", [](PodSpec& s) { s.pod_name = ""; }},
             BadSpec{"pod_name", [](PodSpec& s) { s.pod_name = "a/b"; }},
             BadSpec{"pod_name", [](PodSpec& s) { s.pod_name = ".."; }},
             BadSpec{"pod_name", [](PodSpec& s) { s.pod_name = std::string(254, 'a'); }},
             BadSpec{"filename", [](PodSpec& s) { s.filename = "../../etc/passwd"; }},
             BadSpec{"filename", [](PodSpec& s) { s.filename = ".tmp"; }},
             BadSpec{"filename", [](PodSpec& s) { s.filename = std::string{"a\0b", 3}; }},
             BadSpec{"filename", [](PodSpec& s) { s.filename = "--bind"; }},
             BadSpec{"command", [](PodSpec& s) { s.command = {}; }},
             BadSpec{"command", [](PodSpec& s) { s.command = {""}; }},
             BadSpec{"command", [](PodSpec& s) { s.command[1] = std::string{"a\0b", 3}; }},
             BadSpec{"command", [](PodSpec& s) { s.command.resize(65, "x"); }},
             BadSpec{"command", [](PodSpec& s) { s.command[1] = std::string(20'000, 'x'); }},
             BadSpec{"script", [](PodSpec& s) { s.script = std::string((1U << 20) + 1, 'x'); }},
             BadSpec{"timeout", [](PodSpec& s) { s.timeout = 0ms; }},
             BadSpec{"timeout", [](PodSpec& s) { s.timeout = 3601s; }},
             BadSpec{"memory_bytes", [](PodSpec& s) { s.limits.memory_bytes = 0; }},
             BadSpec{"processes", [](PodSpec& s) { s.limits.processes = 0; }},
             BadSpec{"cpu_seconds", [](PodSpec& s) { s.limits.cpu_seconds = 0; }},
             BadSpec{"cpu_millicores", [](PodSpec& s) { s.limits.cpu_millicores = 0; }},
             BadSpec{"output_bytes", [](PodSpec& s) { s.limits.output_bytes = ~0ULL; }},
             BadSpec{"scratch_bytes", [](PodSpec& s) { s.limits.scratch_bytes = 0; }},
             BadSpec{"file_bytes", [](PodSpec& s) { s.limits.file_bytes = 0; }},
             BadSpec{"open_files", [](PodSpec& s) { s.limits.open_files = 0; }},
         }) {
        PodSpec spec = good_spec();
        bad.spoil(spec);
        const auto checked = check_pod_spec(spec, {});
        ASSERT_FALSE(checked) << bad.field;
        EXPECT_EQ(checked.error().code, quipu::ErrorCode::invalid);
        EXPECT_THAT(checked.error().message, HasSubstr(bad.field));
    }
}

TEST(LanguageRegistry, FindsByNameAndVersion) {
    Languages among;
    among.available.push_back({"python", "3.11", "python:3.11-slim", "script.py", {"p"}, {}});
    among.missing.push_back({"node", "nodejs"});
    for (const char* version : {"", "3", "3.11"})
        EXPECT_TRUE(find_language(among, "python", version)) << version;
    for (const char* version : {"3.1", "3.12", "2", "3.11.2"})
        EXPECT_FALSE(find_language(among, "python", version)) << version;
    EXPECT_THAT(find_language(among, "python", "2").error().message, HasSubstr("3.11"));
    EXPECT_THAT(find_language(among, "node").error().message, HasSubstr("package nodejs"));
    EXPECT_EQ(find_language(among, "cobol").error().code, quipu::ErrorCode::not_found);
}

TEST(LanguageRegistry, InstalledLanguagesAreUsable) {
    const Languages& found = languages();
    EXPECT_EQ(found.available.size() + found.missing.size(), 4U);
    for (const Language& language : found.available) {
        EXPECT_THAT(language.command.front(), ::testing::StartsWith("/"));
        EXPECT_THAT(language.image, HasSubstr(":" + language.version));
        EXPECT_THAT(language.version, ::testing::MatchesRegex("[0-9]+(\\.[0-9]+)?"));
    }
}

TEST(SandboxAdvice, UnknownProblemsGetNoAdvice) {
    EXPECT_EQ(sandbox_advice("something else"), "");
    EXPECT_THAT(sandbox_advice("bwrap: setting up uid map: Permission denied"),
                HasSubstr("user namespaces"));
    EXPECT_THAT(sandbox_advice("bwrap: Unknown option --disable-userns"), HasSubstr("0.8"));
}

TEST(SeccompProgram, IsABpfProgram) {
    const auto program = seccomp_program();
    ASSERT_TRUE(program) << program.error().message;
    EXPECT_EQ(program->size() % 8, 0U);
    EXPECT_GT(program->size(), 800U);
}

}  // namespace
}  // namespace integr8s::runtime
