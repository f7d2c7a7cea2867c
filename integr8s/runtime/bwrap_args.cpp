// SPDX-License-Identifier: Apache-2.0
#include "integr8s/runtime/bwrap_args.hpp"

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <string_view>

namespace integr8s::runtime {
namespace {

namespace fs = std::filesystem;

constexpr const char* init_path = "/run/pod-init";
constexpr const char* work = "/work";

class Arguments {
  public:
    void add(std::initializer_list<std::string_view> words) {
        for (const std::string_view word : words) words_.emplace_back(word);
    }
    std::vector<std::string> take() { return std::move(words_); }

  private:
    std::vector<std::string> words_;
};

void isolate(Arguments& to) {
    to.add({"--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts",
            "--unshare-cgroup", "--disable-userns", "--uid", "1000", "--gid", "1000", "--hostname",
            "pod", "--new-session", "--die-with-parent", "--as-pid-1", "--clearenv"});
    to.add({"--cap-drop", "ALL"});
}

/// On Debian /bin and others are links into /usr; elsewhere they are directories.
void system_directories(Arguments& to) {
    to.add({"--ro-bind", "/usr", "/usr"});
    for (const char* name : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
        std::error_code ignored;
        if (fs::is_symlink(name, ignored)) {
            to.add({"--symlink", fs::read_symlink(name, ignored).string(), name});
        } else if (fs::is_directory(name, ignored)) {
            to.add({"--ro-bind", name, name});
        }
    }
    for (const char* name : {"/etc/ld.so.cache", "/etc/alternatives"})
        to.add({"--ro-bind-try", name, name});
}

void file(Arguments& to, int descriptor, std::string_view mode, std::string_view path) {
    to.add({"--perms", mode, "--ro-bind-data", std::to_string(descriptor), path});
}

/// One file system of limited size contains everything that a script can write, except shared
/// memory.
void writable_places(Arguments& to, const PodSpec& spec) {
    const std::uint64_t shared_memory = std::min<std::uint64_t>(spec.limits.scratch_bytes, 8 << 20);
    to.add({"--proc", "/proc", "--dev", "/dev"});
    to.add({"--perms", "1777", "--size", std::to_string(shared_memory), "--tmpfs", "/dev/shm"});
    to.add(
        {"--perms", "0700", "--size", std::to_string(spec.limits.scratch_bytes), "--tmpfs", work});
    to.add({"--perms", "0700", "--dir", std::string(work) + "/.tmp", "--symlink", "work/.tmp",
            "/tmp"});
    to.add({"--remount-ro", "/dev", "--chdir", work});
}

}  // namespace

std::vector<std::pair<std::string, std::string>> script_environment(const std::string& home,
                                                                    const std::string& tmp) {
    return {{"PATH", "/usr/local/bin:/usr/bin:/bin"},
            {"HOME", home},
            {"TMPDIR", tmp},
            {"LANG", "C.UTF-8"}};
}

std::vector<std::string> bwrap_arguments(const PodSpec& spec) {
    Arguments to;
    to.add({"bwrap"});
    isolate(to);
    for (const auto& [name, value] : script_environment(work, "/tmp"))
        to.add({"--setenv", name, value});
    system_directories(to);
    writable_places(to, spec);
    using D = SandboxDescriptors;
    file(to, D::passwd, "0444", "/etc/passwd");
    file(to, D::group, "0444", "/etc/group");
    file(to, D::hosts, "0444", "/etc/hosts");
    file(to, D::init_image, "0555", init_path);
    file(to, D::script, "0555", std::string{work} + "/" + spec.filename);
    to.add({"--remount-ro", "/", "--seccomp", std::to_string(D::seccomp), "--", init_path});
    return to.take();
}

std::vector<std::string> init_arguments(const PodSpec& spec, bool memory_by_rlimit,
                                        bool processes_by_rlimit) {
    const ResourceLimits& limits = spec.limits;
    // One more than requested: the pod's first process runs as the same user.
    const std::uint64_t processes = processes_by_rlimit ? limits.processes + 1ULL : 0;
    std::vector<std::string> words{std::to_string(memory_by_rlimit ? limits.memory_bytes : 0),
                                   std::to_string(processes), std::to_string(limits.cpu_seconds),
                                   std::to_string(limits.file_bytes),
                                   std::to_string(limits.open_files)};
    words.insert(words.end(), spec.command.begin(), spec.command.end());
    return words;
}

}  // namespace integr8s::runtime
