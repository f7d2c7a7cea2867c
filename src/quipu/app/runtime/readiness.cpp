// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/runtime/readiness.hpp"

#include <fmt/core.h>

namespace quipu {

namespace {

void check_group(const GroupStatus& group, std::chrono::milliseconds stuck_after,
                 std::vector<std::string>& because) {
    const bool has_work = group.lag > 0 || group.in_flight > 0;
    if (!has_work || group.since_progress <= stuck_after) return;
    because.push_back(fmt::format(
        "group {} is stuck: {} events wait and none has been finished for {} s{}", group.group,
        group.lag, std::chrono::duration_cast<std::chrono::seconds>(group.since_progress).count(),
        group.problem.empty() ? "" : " (" + group.problem + ")"));
}

void check_log(const LogHealth& log, std::vector<std::string>& because) {
    if (log.reachable && log.problem.empty()) return;
    because.push_back("the log does not answer: " +
                      (log.problem.empty() ? log.location : log.problem));
}

void check_relay(const RelayStatus& relay, std::chrono::milliseconds still,
                 std::chrono::milliseconds stuck_after, std::vector<std::string>& because) {
    if (!relay.problem.empty()) {
        because.push_back("the relay does not publish: " + relay.problem);
    } else if (relay.lag > 0 && still > stuck_after) {
        because.push_back(fmt::format(
            "the relay is stuck: {} events wait and none has been published for {} s", relay.lag,
            std::chrono::duration_cast<std::chrono::seconds>(still).count()));
    }
}

}  // namespace

Readiness assess(const ReadinessFacts& facts) {
    Readiness result;
    if (!facts.started) {
        result.because.push_back("the program is starting" +
                                 (facts.waits_for.empty() ? "" : ": " + facts.waits_for));
    }
    if (facts.stopping) result.because.emplace_back("the program is stopping");
    if (!facts.store) {
        result.because.push_back("the store does not answer: " + facts.store.error().message);
    } else if (!facts.store->writable) {
        result.because.push_back("the store accepts no writes: " + facts.store->problem);
    }
    // While the program starts, the reason why it waits already says this.
    if (facts.log && facts.waits_for.empty()) check_log(*facts.log, result.because);
    if (facts.relay) {
        check_relay(*facts.relay, facts.relay_still, facts.stuck_after, result.because);
    }
    for (const GroupStatus& group : facts.groups) {
        check_group(group, facts.stuck_after, result.because);
    }
    for (const std::string& problem : facts.service_problems) result.because.push_back(problem);
    result.ready = result.because.empty();
    return result;
}

}  // namespace quipu
