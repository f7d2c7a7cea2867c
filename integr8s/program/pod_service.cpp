// SPDX-License-Identifier: Apache-2.0
#include "integr8s/program/pod_service.hpp"

#include <array>
#include <cstddef>

#include "integr8s/program/metric_text.hpp"

namespace integr8s::program {
namespace {

std::string list_of(const std::vector<runtime::Language>& languages) {
    std::string text;
    for (const auto& language : languages) {
        text += (text.empty() ? "" : ", ") + language.name + " " + language.version;
    }
    return text.empty() ? "none" : text;
}

}  // namespace

PodService::PodService(DeferredRuntime& pods, runtime::Languages& languages, PodMonitor& monitor,
                       runtime::SandboxOptions options)
    : pods_(pods), languages_(languages), monitor_(monitor), options_(std::move(options)) {}

quipu::Result<void> PodService::prepare(quipu::Running& running) {
    languages_ = runtime::detect_languages();
    pods_.open(options_);
    if (options_.unsafe_no_sandbox) {
        running.log("warning", "scripts run WITHOUT a sandbox, with all rights of this program");
    }
    if (const std::string& problem = pods_.problem(); !problem.empty()) {
        running.log("error", problem);
    } else {
        running.log("info", "pods: " + pods_.describe());
    }
    running.log("info", "languages: " + list_of(languages_.available));
    return monitor_.start(quipu::Publisher<Events>(running.publisher()));
}

void PodService::stop() {
    monitor_.stop();
}

void PodService::metrics(std::string& out) {
    constexpr std::array phases{runtime::PodPhase::pending, runtime::PodPhase::scheduled,
                                runtime::PodPhase::running, runtime::PodPhase::finished};
    const auto pods = pods_.list();
    if (!pods) return;
    std::array<double, phases.size()> counts{};
    for (const auto& pod : *pods) ++counts.at(static_cast<std::size_t>(pod.phase));
    std::vector<std::pair<std::string, double>> samples;
    samples.reserve(phases.size());
    for (const auto phase : phases) {
        samples.emplace_back("phase=\"" + std::string(to_string(phase)) + "\"",
                             counts.at(static_cast<std::size_t>(phase)));
    }
    append_gauge(out, "integr8s_pods", "Pods in the runtime.", samples);
}

void PodService::describe(std::vector<std::pair<std::string, std::string>>& facts) {
    const runtime::Languages found = runtime::detect_languages();
    facts.emplace_back("languages", list_of(found.available));
    for (const auto& language : found.missing) {
        facts.emplace_back("language " + language.name,
                           "not installed; the Debian package is " + language.package);
    }
    DeferredRuntime probe;
    probe.open(options_);
    facts.emplace_back("sandbox", probe.describe());
}

}  // namespace integr8s::program
