#include "quipu/app/readiness.hpp"

#include <fmt/core.h>

namespace quipu {

namespace {

void check_group(const GroupStatus& group, std::chrono::milliseconds stuck_after,
                 std::vector<std::string>& because) {
    const bool has_work = group.lag > 0 || group.in_flight > 0;
    if (!has_work || group.since_progress <= stuck_after) return;
    because.push_back(fmt::format(
        "group {} is stuck: {} events wait and none was finished for {} s{}", group.group,
        group.lag, std::chrono::duration_cast<std::chrono::seconds>(group.since_progress).count(),
        group.problem.empty() ? "" : " (" + group.problem + ")"));
}

}  // namespace

Readiness assess(const ReadinessFacts& facts) {
    Readiness result;
    if (!facts.started) result.because.emplace_back("the program is starting");
    if (facts.stopping) result.because.emplace_back("the program is stopping");
    if (!facts.store) {
        result.because.push_back("the store does not answer: " + facts.store.error().message);
    } else if (!facts.store->writable) {
        result.because.push_back("the store takes no writes: " + facts.store->problem);
    }
    for (const GroupStatus& group : facts.groups) {
        check_group(group, facts.stuck_after, result.because);
    }
    for (const std::string& problem : facts.service_problems) result.because.push_back(problem);
    result.ready = result.because.empty();
    return result;
}

}  // namespace quipu
