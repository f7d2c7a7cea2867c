// SPDX-License-Identifier: Apache-2.0
#include "integr8s/runtime/probe.hpp"

#include <poll.h>

#include <algorithm>
#include <array>

namespace integr8s::runtime {
namespace {

using quipu::ErrorCode;

PodResult run_to_end(PodProcess& process) {
    while (!process.done()) {
        std::vector<pollfd> fds;
        process.add_descriptors(fds);
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(process.deadline() - Clock::now());
        ::poll(fds.data(), fds.size(), static_cast<int>(std::clamp<long>(left.count(), 0, 1000)));
        process.advance();
    }
    return process.take_result();
}

PodSpec trivial_pod() {
    PodSpec spec;
    spec.pod_name = "probe";
    spec.filename = "probe";
    spec.command = {"/bin/true"};
    spec.timeout = std::chrono::seconds{15};
    return spec;
}

}  // namespace

std::string sandbox_advice(const std::string& reason) {
    const auto has = [&](const char* part) { return reason.find(part) != std::string::npos; };
    if (has("user namespace") || has("uid map") || has("new namespace") ||
        has("Operation not permitted")) {
        return "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, "
               "user.max_user_namespaces above 0, on Ubuntu "
               "kernel.apparmor_restrict_unprivileged_userns=0); inside a container also start it "
               "with a security profile that allows them";
    }
    if (has("proc")) {
        return "a container that hides parts of /proc forbids a new one: start it with an unmasked "
               "/proc (for example --security-opt systempaths=unconfined)";
    }
    if (has("Unknown option")) return "install bubblewrap 0.8 or newer";
    return {};
}

quipu::Result<void> probe_sandbox(const Launcher& launcher) {
    auto process = launcher.launch(trivial_pod(), 0);
    if (!process) return std::unexpected(process.error());
    const PodResult result = run_to_end(**process);
    PodCgroup cgroup = (*process)->take_cgroup();
    for (int round = 0; round < 100 && !cgroup.remove(); ++round) ::poll(nullptr, 0, 10);
    if (result.outcome == PodOutcome::exited && result.exit_code == 0) return {};
    std::string message = "the sandbox does not work on this machine: ";
    message += result.reason.empty()
                   ? std::string{"/bin/true exited with "} + std::to_string(result.exit_code)
                   : result.reason;
    while (message.ends_with('\n')) message.pop_back();
    if (const std::string advice = sandbox_advice(result.reason); !advice.empty())
        message += "; " + advice;
    return quipu::fail(ErrorCode::unavailable, std::move(message));
}

}  // namespace integr8s::runtime
