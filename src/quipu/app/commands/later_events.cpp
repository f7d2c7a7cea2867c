// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/later_events.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace quipu {

namespace {

constexpr std::size_t page = 500;
constexpr std::size_t most_read = 100'000;

/// What a group has finished by handling it or by giving it up.
class Finished {
  public:
    explicit Finished(GroupPosition position) : position_(std::move(position)) {}

    [[nodiscard]] std::int64_t last() const {
        return position_.finished_above.empty() ? position_.position
                                                : position_.finished_above.back();
    }
    [[nodiscard]] bool contains(std::int64_t position) const {
        return position <= position_.position ||
               std::ranges::binary_search(position_.finished_above, position);
    }

  private:
    GroupPosition position_;
};

/// The event types of a group; empty for one that is none of the program's, and for the relay,
/// which publish whatever there is.
std::set<std::string, std::less<>> types_of(const AppDefinition& definition,
                                            const std::string& group) {
    std::set<std::string, std::less<>> types;
    for (const GroupBinding& binding : definition.groups) {
        if (binding.group != group) continue;
        for (const Subscription& subscription : binding.subscriptions) {
            types.emplace(subscription.event_type);
        }
    }
    return types;
}

/// Takes out the positions whose record is a dead letter that was not handled since.
Result<void> erase_letters(Store& store, const std::string& group,
                           std::vector<std::int64_t>& positions) {
    for (std::int64_t after = 0; !positions.empty();) {
        const auto letters = store.dead_letters(group, std::nullopt, after, page);
        if (!letters) return std::unexpected(letters.error());
        if (letters->empty()) break;
        after = letters->back().id;
        for (const DeadLetter& letter : *letters) {
            if (letter.status == DeadLetter::Status::resolved) continue;
            std::erase(positions, letter.record->position);
        }
    }
    return {};
}

Result<void> erase_parked(Store& store, const std::string& group,
                          std::vector<std::int64_t>& positions) {
    const auto parked = store.still_parked(group, positions);
    if (!parked) return std::unexpected(parked.error());
    std::erase_if(positions, [&](std::int64_t position) {
        return std::ranges::binary_search(*parked, position);
    });
    return {};
}

}  // namespace

Result<LaterEvents> later_events_handled(const AppDefinition& definition, Store& store,
                                         const DeadLetter& letter) {
    LaterEvents later;
    const std::string& key = letter.record->key;
    if (key.empty()) return later;
    const auto groups = store.groups();
    if (!groups) return std::unexpected(groups.error());
    const auto group = std::ranges::find(*groups, letter.group, &GroupPosition::group);
    if (group == groups->end()) return later;
    const Finished finished(*group);
    const auto types = types_of(definition, letter.group);
    std::vector<std::int64_t> positions;
    std::size_t read = 0;
    for (std::int64_t after = letter.record->position; after < finished.last();) {
        if (read >= most_read) {
            later.counted_all = false;
            break;
        }
        const auto records = store.read(after, page);
        if (!records) return std::unexpected(records.error());
        if (records->empty()) break;
        after = records->back()->position;
        read += records->size();
        for (const RecordPtr& record : *records) {
            const bool subscribed = types.empty() || types.contains(record->event_type);
            if (record->key == key && subscribed && finished.contains(record->position)) {
                positions.push_back(record->position);
            }
        }
    }
    for (const auto erase : {erase_parked, erase_letters}) {
        if (auto erased = erase(store, letter.group, positions); !erased) {
            return std::unexpected(std::move(erased.error()));
        }
    }
    later.handled = std::ssize(positions);
    return later;
}

}  // namespace quipu
