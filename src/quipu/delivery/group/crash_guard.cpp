// SPDX-License-Identifier: Apache-2.0
#include "crash_guard.hpp"

#include <string_view>

#include "quipu/codec/json.hpp"

namespace quipu {

// Reflection needs types with linkage, so not the unnamed namespace.
namespace marks {

struct Deaths {
    std::int64_t position = 0;
    std::int64_t times = 0;
};

/// The mark of a source, as a document.
struct Mark {
    bool running = false;
    std::int64_t begun = 0;  ///< position of the record that is being handled alone; 0: none
    std::vector<Deaths> deaths = {};
};

}  // namespace marks

namespace {

constexpr std::string_view collection = "quipu.running";
constexpr std::size_t page = 1000;

}  // namespace

std::string CrashGuard::key_of(const std::string& source) const {
    return source.empty() ? group_ : group_ + '/' + source;
}

DocumentChange CrashGuard::change(const std::string& source, bool running,
                                  const Known& known) const {
    marks::Mark mark{.running = running, .begun = known.begun, .deaths = {}};
    for (const auto& [position, times] : known.deaths) {
        mark.deaths.push_back({position, static_cast<std::int64_t>(times)});
    }
    // Numbers and a flag can always be encoded.
    return {std::string(collection), key_of(source), to_json(mark).value()};
}

Result<bool> CrashGuard::enter(const std::set<std::string>& sources) {
    if (max_crashes_ == 0) return false;
    bool unclean = false;
    Transaction transaction;
    std::map<std::string, Known> entered;
    std::map<std::string, std::string> stored;  // bodies by key
    for (std::string after;;) {
        auto documents = store_.documents(collection, group_, after, page);
        if (!documents) return std::unexpected(std::move(documents.error()));
        for (Document& document : *documents) {
            after = document.key;
            stored[document.key] = std::move(document.body);
        }
        if (documents->size() < page) break;
    }
    for (const std::string& source : sources) {
        Known& known = entered[source];
        if (const auto found = stored.find(key_of(source)); found != stored.end()) {
            const auto mark = from_json<marks::Mark>(found->second);
            // A mark that cannot be read says nothing; it is written anew.
            if (mark && mark->running) {
                unclean = true;
                for (const marks::Deaths& death : mark->deaths) {
                    known.deaths[death.position] = static_cast<std::size_t>(death.times);
                }
                if (mark->begun != 0) ++known.deaths[mark->begun];
            }
        }
        transaction.documents.push_back(change(source, true, known));
    }
    if (auto done = store_.commit(std::move(transaction)); !done) {
        return std::unexpected(std::move(done.error()));
    }
    const MutexLock lock(mutex_);
    for (auto& [source, known] : entered) known_[source] = std::move(known);
    return unclean;
}

Result<void> CrashGuard::leave(const std::set<std::string>& sources) {
    if (max_crashes_ == 0) return {};
    Transaction transaction;
    {
        const MutexLock lock(mutex_);
        for (const std::string& source : sources) {
            if (known_.erase(source) == 0) continue;
            transaction.documents.push_back(change(source, false, {}));
        }
    }
    if (transaction.documents.empty()) return {};
    auto done = store_.commit(std::move(transaction));
    if (!done) return std::unexpected(std::move(done.error()));
    return {};
}

Result<std::optional<HandlerFailure>> CrashGuard::begin(const Task& task) {
    if (max_crashes_ == 0) return std::nullopt;
    Transaction transaction;
    {
        const MutexLock lock(mutex_);
        const auto found = known_.find(task.source);
        if (found == known_.end()) return std::nullopt;
        Known& known = found->second;
        const auto deaths = known.deaths.find(task.position());
        if (deaths != known.deaths.end() && deaths->second >= max_crashes_) {
            return HandlerFailure{HandlerFailure::Kind::crashed,
                                  "the process ended " + std::to_string(deaths->second) +
                                      " times while this record was being handled"};
        }
        known.begun = task.position();
        transaction.documents.push_back(change(task.source, true, known));
    }
    if (auto done = store_.commit(std::move(transaction)); !done) {
        return std::unexpected(std::move(done.error()));
    }
    return std::nullopt;
}

std::vector<DocumentChange> CrashGuard::end(const Task& task) {
    if (max_crashes_ == 0) return {};
    const MutexLock lock(mutex_);
    const auto found = known_.find(task.source);
    if (found == known_.end()) return {};
    Known& known = found->second;
    known.begun = 0;
    known.deaths.erase(task.position());
    return {change(task.source, true, known)};
}

}  // namespace quipu
