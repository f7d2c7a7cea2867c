// SPDX-License-Identifier: Apache-2.0
#include "relay_lease.hpp"

#include <optional>
#include <utility>

#include "quipu/codec/json.hpp"
#include "quipu/event/id.hpp"

namespace quipu {

namespace {

constexpr std::string_view key = "lease";

struct LeaseDocument {
    static constexpr std::string_view collection = "quipu.relay";
    std::string owner;
    bool free = false;
    std::int64_t length_ms = 0;
};

}  // namespace

RelayLease::RelayLease(Store& store, std::chrono::milliseconds length)
    : store_(store), length_(length), owner_(new_id()) {}

std::string RelayLease::body(bool free) const {
    return to_json(LeaseDocument{.owner = owner_, .free = free, .length_ms = length_.count()})
        .value_or("{}");
}

Result<bool> RelayLease::try_take(Clock::time_point now) {
    auto document = store_.document(LeaseDocument::collection, key);
    if (!document) return std::unexpected(std::move(document.error()));
    bool free = true;
    std::int64_t revision = 0;
    if (*document) {
        revision = (*document)->revision;
        const auto lease = from_json<LeaseDocument>((*document)->body);
        free = !lease || lease->free || lease->owner == owner_;
        const std::chrono::milliseconds length{lease ? lease->length_ms : 0};
        if (revision != revision_) seen_ = now;
        if (!free && revision == revision_ && now - seen_ >= length) free = true;
    }
    revision_ = revision;
    if (!free) return false;
    Transaction transaction;
    guard(transaction, true);
    auto done = store_.commit(std::move(transaction));
    if (!done) {
        if (done.error().code == ErrorCode::conflict) return false;
        return std::unexpected(std::move(done.error()));
    }
    if (auto known = confirm(true, now); !known) return std::unexpected(std::move(known.error()));
    held_ = true;
    return true;
}

bool RelayLease::should_renew(Clock::time_point now) const {
    return held_ && now - renewed_ >= length_ / 3;
}

void RelayLease::guard(Transaction& transaction, bool renew) const {
    transaction.guards.push_back(
        {std::string(LeaseDocument::collection), std::string(key), revision_});
    if (renew) {
        transaction.documents.push_back(
            {std::string(LeaseDocument::collection), std::string(key), body(false)});
    }
}

Result<void> RelayLease::confirm(bool renewed, Clock::time_point now) {
    if (!renewed) return {};
    auto document = store_.document(LeaseDocument::collection, key);
    if (!document) return std::unexpected(std::move(document.error()));
    const auto lease =
        *document ? from_json<LeaseDocument>((*document)->body) : LeaseDocument{.owner = {}};
    if (!lease || lease->owner != owner_) {
        held_ = false;
        return fail(ErrorCode::conflict, "another relay has taken the lease");
    }
    revision_ = (*document)->revision;
    seen_ = renewed_ = now;
    return {};
}

void RelayLease::release() {
    if (!std::exchange(held_, false)) return;
    Transaction transaction;
    guard(transaction, false);
    transaction.documents.push_back(
        {std::string(LeaseDocument::collection), std::string(key), body(true)});
    // A lease that could not be freed runs out by itself.
    [[maybe_unused]] const auto freed = store_.commit(std::move(transaction));
}

}  // namespace quipu
