// SPDX-License-Identifier: Apache-2.0
#include "integr8s/runtime/launcher.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "integr8s/runtime/bwrap_args.hpp"
#include "integr8s/runtime/init_image.hpp"
#include "integr8s/runtime/seccomp.hpp"

namespace integr8s::runtime {
namespace {

using quipu::ErrorCode;
using quipu::fail;
using quipu::Result;

constexpr std::string_view passwd_text =
    "pod:x:1000:1000:pod:/work:/bin/sh\n"
    "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n";
constexpr std::string_view group_text = "pod:x:1000:\nnogroup:x:65534:\n";
constexpr std::string_view hosts_text = "127.0.0.1 localhost pod\n::1 localhost\n";

Result<std::string> find_bwrap(const SandboxOptions& options) {
    if (options.unsafe_no_sandbox) return std::string{};
    if (!options.bwrap_path.empty()) {
        if (::access(options.bwrap_path.c_str(), X_OK) == 0) return options.bwrap_path;
        return fail(ErrorCode::unavailable,
                    "cannot run bubblewrap at " + options.bwrap_path + ": " + errno_text(errno));
    }
    for (const char* path : {"/usr/bin/bwrap", "/usr/local/bin/bwrap"})
        if (::access(path, X_OK) == 0) return std::string{path};
    return fail(ErrorCode::unavailable,
                "bubblewrap is not installed, scripts cannot be run safely; install the package "
                "bubblewrap");
}

/// Creates the pipes of a pod: keeps the pod's ends and returns those of the runtime.
struct PodEnds {
    PodPipes ours;
    quipu::Descriptor input;
    quipu::Descriptor status;
    quipu::Descriptor lifeline;
    quipu::Descriptor output;
    quipu::Descriptor errors;

    static Result<PodEnds> make() {
        auto status = make_pipe();
        auto lifeline = make_pipe();
        auto output = make_pipe();
        auto errors = make_pipe();
        for (const auto* pipe : {&status, &lifeline, &output, &errors})
            if (!*pipe) return std::unexpected(pipe->error());
        quipu::Descriptor input{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
        if (!input)
            return fail(ErrorCode::unavailable, "cannot open /dev/null: " + errno_text(errno));
        return PodEnds{{std::move(status->read), std::move(lifeline->write),
                        std::move(output->read), std::move(errors->read)},
                       std::move(input),
                       std::move(status->write),
                       std::move(lifeline->read),
                       std::move(output->write),
                       std::move(errors->write)};
    }

    [[nodiscard]] std::vector<std::pair<int, int>> descriptors() const {
        return {{input.get(), 0},
                {output.get(), 1},
                {errors.get(), 2},
                {status.get(), init::status_fd},
                {lifeline.get(), init::lifeline_fd}};
    }
};

quipu::Result<void> write_file(const std::string& path, std::string_view bytes) {
    const quipu::Descriptor fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0500)};
    while (fd && !bytes.empty()) {
        const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
        if (written <= 0) break;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (fd && bytes.empty()) return {};
    return fail(ErrorCode::unavailable, "cannot write " + path + ": " + errno_text(errno));
}

void append(std::vector<std::string>& to, std::vector<std::string> words) {
    for (std::string& word : words) to.push_back(std::move(word));
}

}  // namespace

Launcher::Launcher(const SandboxOptions& options, std::string bwrap, std::string seccomp,
                   CgroupParent cgroups)
    : options_(options),
      bwrap_(std::move(bwrap)),
      seccomp_(std::move(seccomp)),
      cgroups_(std::move(cgroups)) {}

Result<Launcher> Launcher::make(const SandboxOptions& options) {
    auto bwrap = find_bwrap(options);
    if (!bwrap) return std::unexpected(bwrap.error());
    auto program = seccomp_program();
    if (!program) return std::unexpected(program.error());
    return Launcher{options, std::move(*bwrap), std::move(*program),
                    options.use_cgroups ? CgroupParent::open(options.cgroup_parent)
                                        : CgroupParent::none("switched off by option")};
}

Result<std::unique_ptr<PodProcess>> Launcher::launch(const PodSpec& spec, std::size_t place) const {
    static std::atomic<std::uint64_t> next_number{0};
    auto ends = PodEnds::make();
    if (!ends) return std::unexpected(ends.error());
    auto cgroup = cgroups_.make(next_number++, spec.limits);
    if (!cgroup) return std::unexpected(cgroup.error());
    TempDirectory directory;
    SpawnPlan plan;
    plan.descriptors = ends->descriptors();
    plan.cgroup_procs = cgroup->procs();
    if (::geteuid() == 0 && options_.first_uid != 0 && !options_.unsafe_no_sandbox)
        plan.uid = options_.first_uid + static_cast<std::uint32_t>(place);

    auto child = [&]() -> Result<Child> {
        if (!options_.unsafe_no_sandbox) return spawn_sandboxed(spec, std::move(plan));
        auto made = TempDirectory::make();
        if (!made) return std::unexpected(made.error());
        directory = std::move(*made);
        return spawn_unsafe(spec, std::move(plan), directory.path());
    }();
    cgroup->close_procs();
    if (!child) {
        static_cast<void>(cgroup->remove());
        return std::unexpected(child.error());
    }
    return std::make_unique<PodProcess>(
        spec, PodProcess::Bounds{options_.setup_timeout, options_.flood_bytes}, std::move(*child),
        std::move(ends->ours), std::move(*cgroup), std::move(directory));
}

Result<Child> Launcher::spawn_sandboxed(const PodSpec& spec, SpawnPlan plan) const {
    std::vector<quipu::Descriptor> files;
    using D = SandboxDescriptors;
    for (const auto& [bytes, number] : {std::pair{pod_init_image(), D::init_image},
                                        {std::string_view{spec.script}, D::script},
                                        {passwd_text, D::passwd},
                                        {group_text, D::group},
                                        {hosts_text, D::hosts},
                                        {std::string_view{seccomp_}, D::seccomp}}) {
        auto file = memory_file(bytes);
        if (!file) return std::unexpected(file.error());
        plan.descriptors.emplace_back(file->get(), number);
        files.push_back(std::move(*file));
    }
    plan.program = bwrap_;
    plan.argv = bwrap_arguments(spec);
    append(plan.argv, init_arguments(spec, !cgroups_.has("memory"), true));
    return spawn(plan);
}

Result<Child> Launcher::spawn_unsafe(const PodSpec& spec, SpawnPlan plan,
                                     const std::string& directory) const {
    const std::string program = directory + "/.pod-init";
    for (const auto& [path, bytes] :
         {std::pair{program, pod_init_image()},
          {directory + "/" + spec.filename, std::string_view{spec.script}}}) {
        if (const auto written = write_file(path, bytes); !written)
            return std::unexpected(written.error());
    }
    plan.program = program;
    plan.directory = directory;
    plan.argv = {"pod-init"};
    // The user's other processes would count towards a limit on processes.
    append(plan.argv, init_arguments(spec, !cgroups_.has("memory"), false));
    for (const auto& [name, value] : script_environment(directory, directory))
        plan.environment.push_back(std::string(name).append("=").append(value));
    return spawn(plan);
}

std::string Launcher::describe() const {
    std::string text;
    if (options_.unsafe_no_sandbox) {
        text = "NO SANDBOX (unsafe_no_sandbox): scripts run with all rights of this program. ";
    } else {
        text = "sandbox: " + bwrap_ +
               ", namespaces user pid net ipc uts cgroup, no capability, system call filter. ";
        if (::geteuid() == 0 && options_.first_uid == 0)
            text += "Pods run with root's uid outside (first_uid is 0). ";
    }
    return text + cgroups_.describe();
}

}  // namespace integr8s::runtime
