// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "quipu/base/mutex.hpp"
#include "quipu/store/store.hpp"
#include "scheduler.hpp"

namespace quipu {

/// Finds the record that ends the process whenever it is handled. Nothing is committed before a
/// handler runs, so such an end leaves no trace of its own. Therefore a group leaves a mark while
/// it runs, which a clean stop takes back. After an unclean stop it handles the records that may
/// have been in flight one by one, and notes each one durably before its handler is called: a
/// record that is found noted at the next start has ended the process once more.
///
/// The marks are documents of the store, one for each partition of a log and one for a group that
/// reads the store, so that the next owner of a partition finds them. In normal operation it costs
/// one commit when a group starts and one when it stops. Thread-safe.
class CrashGuard {
  public:
    /// With `max_crashes` 0 it does nothing and finds nothing.
    CrashGuard(Store& store, std::string group, std::size_t max_crashes)
        : store_(store), group_(std::move(group)), max_crashes_(max_crashes) {}

    /// The group begins to handle what comes from these sources (empty: the store). True if the
    /// process that handled them before did not stop cleanly.
    [[nodiscard]] Result<bool> enter(const std::set<std::string>& sources) QUIPU_EXCLUDES(mutex_);
    /// It no longer does, and nothing of them is being handled.
    [[nodiscard]] Result<void> leave(const std::set<std::string>& sources) QUIPU_EXCLUDES(mutex_);

    /// Notes that a task is about to be handled, alone. The failure to give it instead of a call of
    /// its handler, if it has ended the process too often.
    [[nodiscard]] Result<std::optional<HandlerFailure>> begin(const Task& task)
        QUIPU_EXCLUDES(mutex_);
    /// The change that belongs in the transaction which ends the task.
    [[nodiscard]] std::vector<DocumentChange> end(const Task& task) QUIPU_EXCLUDES(mutex_);

  private:
    /// What is known of one source: which record was being handled alone, and how often the process
    /// has ended during which record.
    struct Known {
        std::int64_t begun = 0;
        std::map<std::int64_t, std::size_t> deaths;
    };
    [[nodiscard]] std::string key_of(const std::string& source) const;
    [[nodiscard]] DocumentChange change(const std::string& source, bool running,
                                        const Known& known) const;

    Store& store_;
    const std::string group_;
    const std::size_t max_crashes_;
    Mutex mutex_;
    std::map<std::string, Known> known_ QUIPU_GUARDED_BY(mutex_);  // by source
};

}  // namespace quipu
