// SPDX-License-Identifier: Apache-2.0
#include "log_intake.hpp"

#include <utility>

#include "wire.hpp"

namespace quipu {

namespace {

/// A record that is to be stored before it can be handled.
struct Foreign {
    std::size_t index = 0;  // in the batch
    Record record;
};

Result<Committed> store_all(Store& store, const std::vector<Foreign>& foreign) {
    Transaction transaction;
    for (const Foreign& each : foreign) transaction.appends.push_back({each.record, std::nullopt});
    return store.commit(std::move(transaction));
}

void place_at(Arrival& arrival, Record record, const Appended& appended) {
    record.position = appended.position;
    record.sequence = appended.sequence;
    arrival.record = std::make_shared<const Record>(std::move(record));
}

/// Stores one that could not be stored with the others. What the store refuses under its own id is
/// stored under its place instead, to become a dead letter.
Result<void> store_one(Store& store, const EventTypes& types, const ReceivedRecord& from,
                       Foreign& one, Arrival& arrival, Time now) {
    auto done = store_all(store, {one});
    if (!done && !done.error().retryable()) {
        arrival.refusal = "the record at " + wire::source_of(from.partition()) + '/' +
                          std::to_string(from.offset()) +
                          " cannot be stored as its event: " + done.error().message;
        one.record = wire::ingest_by_place(from, types, now);
        done = store_all(store, {one});
    }
    if (!done) return std::unexpected(std::move(done.error()));
    place_at(arrival, std::move(one.record), done->appended.front());
    return {};
}

}  // namespace

Result<std::vector<Arrival>> take_in(Store& store, const EventTypes& types,
                                     std::span<const ReceivedRecord> records, Time now) {
    std::vector<Arrival> arrivals(records.size());
    std::vector<Foreign> foreign;
    // Asked for once: to know it, a store may have to follow all that other processes commit. What
    // the log has was committed before, so later records need no second look.
    std::optional<std::int64_t> last;
    for (std::size_t index = 0; index < records.size(); ++index) {
        arrivals[index].place = records[index].place();
        // What this process has not seen in its store yet is asked for by its id, as foreign ones
        // are.
        auto own = wire::from_own_log(records[index], store.identity());
        if (own && !last) last = store.last_position();
        if (own && own->position <= *last) {
            arrivals[index].record = std::make_shared<const Record>(*std::move(own));
        } else {
            foreign.push_back({index, wire::ingest(records[index], types, now).record});
        }
    }
    if (foreign.empty()) return arrivals;
    auto done = store_all(store, foreign);
    if (done) {
        for (std::size_t each = 0; each < foreign.size(); ++each) {
            place_at(arrivals[foreign[each].index], std::move(foreign[each].record),
                     done->appended[each]);
        }
        return arrivals;
    }
    if (done.error().retryable()) return std::unexpected(std::move(done.error()));
    for (Foreign& one : foreign) {
        if (auto stored =
                store_one(store, types, records[one.index], one, arrivals[one.index], now);
            !stored) {
            return std::unexpected(std::move(stored.error()));
        }
    }
    return arrivals;
}

}  // namespace quipu
