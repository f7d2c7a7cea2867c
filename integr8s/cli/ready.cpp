// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <iostream>
#include <memory>
#include <thread>

#include "integr8s/cli/api_client.hpp"
#include "integr8s/cli/commands.hpp"
#include "integr8s/cli/report.hpp"

namespace integr8s::cli {
namespace {

int wait_until_ready(const quipu::CommandContext& context, std::chrono::seconds wait) {
    using Clock = std::chrono::steady_clock;
    const ApiClient client(context.http_address);
    const auto deadline = Clock::now() + wait;
    while (true) {
        const auto reasons = client.readiness();
        if (reasons && reasons->empty()) return to_int(ExitCode::done);
        if (Clock::now() >= deadline) {
            if (!reasons) return report(reasons.error());
            std::cerr << "integr8s at " << client.address() << " is not ready:\n" << *reasons;
            return to_int(ExitCode::failed);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
}

}  // namespace

quipu::CustomCommand ready_command() {
    const auto seconds = std::make_shared<std::int64_t>(0);
    return {.name = "ready",
            .summary = "Check whether a running integr8s accepts work",
            .examples =
                "  integr8s ready --wait 30 && integr8s submit hello.py\n"
                "\n"
                "Exit codes: 0 ready; 1 not ready, with the reasons; 3 integr8s is unreachable.",
            .run =
                [seconds](const auto& context) {
                    return wait_until_ready(context, std::chrono::seconds{*seconds});
                },
            .options =
                [seconds](auto command) {
                    command
                        .add("--wait", {*seconds, {.least = 0, .most = 86'400}},
                             "Wait up to this long for it to be ready (0)")
                        .placeholder("SECONDS");
                },
            .uses_store = false};
}

}  // namespace integr8s::cli
