// SPDX-License-Identifier: Apache-2.0
#include "subscriptions.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "quipu/codec/json.hpp"

namespace quipu {

// Reflection needs types with linkage, so not the unnamed namespace.
namespace marks {

struct Subscriptions {
    std::vector<std::string> types = {};
};

}  // namespace marks

namespace {

constexpr std::string_view collection = "quipu.subscriptions";

/// How many events of the type lie up to a position.
Result<std::int64_t> count_up_to(Store& store, std::int64_t position, const std::string& type) {
    const auto all = store.count_beyond(0, {type});
    if (!all) return all;
    const auto beyond = store.count_beyond(position, {type});
    if (!beyond) return beyond;
    return std::max<std::int64_t>(0, *all - *beyond);
}

}  // namespace

Result<std::vector<NewSubscription>> note_subscriptions(Store& store, const GroupPosition& group,
                                                        std::vector<std::string> types) {
    std::ranges::sort(types);
    std::vector<NewSubscription> found;
    auto stored = store.document(collection, group.group);
    if (!stored) return std::unexpected(std::move(stored.error()));
    if (*stored) {
        const auto known = from_json<marks::Subscriptions>((*stored)->body);
        if (known && known->types == types) return found;
        for (const std::string& type : types) {
            if (!known || std::ranges::find(known->types, type) != known->types.end()) continue;
            const auto passed = count_up_to(store, group.position, type);
            if (!passed) return std::unexpected(passed.error());
            found.push_back({type, *passed});
        }
    }
    Transaction transaction;
    // A list of texts can always be encoded.
    transaction.documents.push_back({std::string(collection), group.group,
                                     to_json(marks::Subscriptions{std::move(types)}).value()});
    if (auto done = store.commit(std::move(transaction)); !done) {
        return std::unexpected(std::move(done.error()));
    }
    return found;
}

}  // namespace quipu
