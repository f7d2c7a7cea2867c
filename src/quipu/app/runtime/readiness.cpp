// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/runtime/readiness.hpp"

#include <fmt/core.h>

namespace quipu {

namespace {

void check_group(const GroupStatus& group, std::chrono::milliseconds stuck_after,
                 std::vector<std::string>& because) {
    // What a log has and the store has not is no lag yet.
    const bool has_work = group.lag > 0 || group.in_flight > 0 || group.source_failing;
    if (!has_work || group.since_progress <= stuck_after) return;
    because.push_back(fmt::format(
        "group {} is stuck: {} events wait and none has been finished for {} s{}", group.group,
        group.lag, std::chrono::duration_cast<std::chrono::seconds>(group.since_progress).count(),
        group.problem.empty() ? "" : " (" + group.problem + ")"));
}

void describe_group(const GroupStatus& group, Time now, std::vector<std::string>& details) {
    if (group.held_keys > 0) {
        const auto age =
            std::chrono::duration_cast<std::chrono::seconds>(now - group.held_since.value_or(now));
        details.push_back(fmt::format(
            "group {} holds {} key{} behind dead letters, the oldest for {} s; requeue or discard "
            "the letters",
            group.group, group.held_keys, group.held_keys == 1 ? "" : "s", age.count()));
    }
    if (group.parked > 0) {
        details.push_back(fmt::format("group {} has {} parked event{}", group.group, group.parked,
                                      group.parked == 1 ? "" : "s"));
    }
    if (group.slow_handlers > 0) {
        details.push_back(
            fmt::format("group {} has {} handler{} running for longer than its handler_timeout",
                        group.group, group.slow_handlers, group.slow_handlers == 1 ? "" : "s"));
    }
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
        describe_group(group, facts.now, result.details);
    }
    if (facts.strict) {
        result.because.insert(result.because.end(), result.details.begin(), result.details.end());
    }
    for (const std::string& problem : facts.service_problems) result.because.push_back(problem);
    result.ready = result.because.empty();
    return result;
}

}  // namespace quipu
