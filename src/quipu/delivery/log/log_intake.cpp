// SPDX-License-Identifier: Apache-2.0
#include "log_intake.hpp"

#include <utility>

#include "wire.hpp"

namespace quipu {

namespace {

// Some stores take a transaction of a few megabytes only. What is above this has to be taken in
// several, and a record that is larger alone.
constexpr std::size_t max_transaction_bytes = std::size_t{4} << 20;

/// A record that is to be stored before it can be handled.
struct Foreign {
    std::size_t index = 0;  // in the batch
    wire::Ingested ingested;
};

std::size_t bytes_of(const Record& record) {
    return record.body.size() + record.headers.bytes().size() + record.key.size();
}

class Intake {
  public:
    Intake(Store& store, const EventTypes& types, std::span<const ReceivedRecord> records, Time now)
        : store_(store), types_(types), records_(records), now_(now), arrivals_(records.size()) {}

    Result<std::vector<Arrival>> run() {
        for (std::size_t index = 0; index < records_.size(); ++index) {
            arrivals_[index].place = records_[index].place();
            if (!is_known(index)) foreign_.push_back({index, ingest(records_[index])});
        }
        for (auto rest = std::span(foreign_); !rest.empty();) {
            const std::size_t count = portion(rest);
            if (auto stored = store_portion(rest.first(count)); !stored) {
                return std::unexpected(std::move(stored.error()));
            }
            rest = rest.subspan(count);
        }
        return std::move(arrivals_);
    }

  private:
    wire::Ingested ingest(const ReceivedRecord& record) const {
        return wire::ingest(record, types_, now_);
    }

    /// Whether the record needs no place in the store, or has one.
    bool is_known(std::size_t index) {
        const ReceivedRecord& record = records_[index];
        if (record.is_tombstone()) {
            Record passed;
            passed.event_type = record.partition().event_type;
            passed.key = wire::stored_key(*record.key());
            arrivals_[index].record = std::make_shared<const Record>(std::move(passed));
            return true;
        }
        auto own = wire::from_own_log(record, store_.identity());
        if (!own) return false;
        // Asked for once: to know it, a store may have to follow all that other processes commit.
        // What the log has was committed before, so later records need no second look. What this
        // process does not see in its store yet is asked for by its id, as foreign records are.
        if (!last_) last_ = store_.last_position();
        if (own->position > *last_) return false;
        arrivals_[index].record = std::make_shared<const Record>(*std::move(own));
        return true;
    }

    /// How many of `rest` one transaction takes; at least one.
    static std::size_t portion(std::span<const Foreign> rest) {
        std::size_t count = 0;
        for (std::size_t bytes = 0; count < rest.size(); ++count) {
            bytes += bytes_of(rest[count].ingested.record);
            if (count > 0 && bytes > max_transaction_bytes) break;
        }
        return count;
    }

    Result<void> store_portion(std::span<Foreign> foreign) {
        auto done = commit(foreign);
        if (done) {
            for (std::size_t each = 0; each < foreign.size(); ++each) {
                place(foreign[each], done->appended[each]);
            }
            return {};
        }
        if (done.error().retryable()) return std::unexpected(std::move(done.error()));
        for (Foreign& one : foreign) {
            if (auto stored = store_alone(one); !stored) return stored;
        }
        return {};
    }

    /// Stores a record that could not be stored with the others: as the event that it is, else
    /// under an id made of its place, else by reference.
    Result<void> store_alone(Foreign& one) {
        const ReceivedRecord& from = records_[one.index];
        auto done = commit({&one, 1});
        if (!done && !done.error().retryable()) {
            const std::string refusal = one.ingested.refusal.empty()
                                            ? cannot_be_stored(from, done.error())
                                            : one.ingested.refusal;
            one.ingested = wire::ingest_by_place(from, types_, now_, refusal);
            done = commit({&one, 1});
            if (!done && !done.error().retryable()) {
                one.ingested = wire::ingest_by_reference(from, types_, now_,
                                                         cannot_be_stored(from, done.error()));
                done = commit({&one, 1});
            }
        }
        if (!done) return std::unexpected(std::move(done.error()));
        place(one, done->appended.front());
        return {};
    }

    static std::string cannot_be_stored(const ReceivedRecord& from, const Error& error) {
        return "the record at " + wire::source_of(from.partition()) + '/' +
               std::to_string(from.offset()) + " cannot be stored: " + error.message;
    }

    Result<Committed> commit(std::span<const Foreign> foreign) {
        Transaction transaction;
        for (const Foreign& each : foreign) {
            transaction.appends.push_back({each.ingested.record, std::nullopt});
        }
        return store_.commit(std::move(transaction));
    }

    void place(Foreign& one, const Appended& appended) {
        Record& record = one.ingested.record;
        record.position = appended.position;
        record.sequence = appended.sequence;
        arrivals_[one.index].refusal = std::move(one.ingested.refusal);
        arrivals_[one.index].record = std::make_shared<const Record>(std::move(record));
    }

    Store& store_;
    const EventTypes& types_;
    const std::span<const ReceivedRecord> records_;
    const Time now_;
    std::vector<Arrival> arrivals_;
    std::vector<Foreign> foreign_;
    std::optional<std::int64_t> last_;
};

}  // namespace

Result<std::vector<Arrival>> take_in(Store& store, const EventTypes& types,
                                     std::span<const ReceivedRecord> records, Time now) {
    return Intake(store, types, records, now).run();
}

}  // namespace quipu
