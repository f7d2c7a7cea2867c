// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/follower.hpp"

#include <algorithm>
#include <chrono>
#include <exception>

namespace quipu::mongo {

using std::chrono::milliseconds;

Follower::Follower(Ledger& ledger, ServerStatus& status)
    : ledger_(ledger),
      status_(status),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Follower::run(const std::stop_token& stop) {
    constexpr milliseconds shortest{2};
    constexpr milliseconds longest{50};
    constexpr milliseconds after_failure{500};
    constexpr milliseconds orphan_check_interval{250};
    milliseconds pause = shortest;
    auto orphans_checked = std::chrono::steady_clock::now();
    for (;;) {
        {
            const MutexLock lock(mutex_);
            stopping_.wait_for(mutex_, stop, pause, [] { return false; });
        }
        if (stop.stop_requested()) {
            return;
        }
        try {
            bool behind = ledger_.refresh();
            const auto now = std::chrono::steady_clock::now();
            if (!behind && now - orphans_checked > orphan_check_interval) {
                orphans_checked = now;
                if (ledger_.has_unseen_commit()) {
                    behind = true;
                    const Ledger::Lock lock(ledger_.mutex());
                    ledger_.catch_up();
                }
            }
            pause = behind ? shortest : std::min(pause * 2, longest);
            status_.succeeded(false);
        } catch (const ServerError& error) {
            status_.failed(error);
            pause = after_failure;
        } catch (const std::exception&) {
            pause = after_failure;
        }
    }
}

}  // namespace quipu::mongo
