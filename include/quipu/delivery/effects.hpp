// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quipu/base/error.hpp"
#include "quipu/delivery/options.hpp"
#include "quipu/event/catalogue.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// How an event is published; every field may be left as it is.
struct PublishOptions {
    /// The aggregate; from a handler, that of the event it handles when not set.
    std::optional<std::string> aggregate_id = {};
    /// Partition key: events of one key are handled in order. When empty the aggregate id, else the
    /// key of the event that a handler handles, else the event id.
    std::string key = {};
    /// The event id; a new UUIDv7 when empty. Publishing an id again stores nothing.
    std::string event_id = {};
    /// Who it happens for; from a handler, the user of the event it handles when not set.
    std::optional<std::string> user_id = {};
    /// Fails unless the aggregate's last sequence is this; 0: it has no event yet.
    std::optional<std::int64_t> expected_sequence = {};
    RecordHeaders headers = {};
};

/// What publishing gives back: the event's id and its place.
struct Published {
    std::string event_id;
    std::int64_t position = 0;
    std::int64_t sequence = 0;
    bool duplicate = false;
};

/// Thrown by a handler to say that trying again can't help: the record becomes a dead letter at
/// once, with this text as its error.
class Reject : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Thrown inside a handler or unit of work when something it asked for can't be done: a text that
/// is not UTF-8, a document that can't be read. The message names the event and the field.
class EffectError : public std::runtime_error {
  public:
    explicit EffectError(Error error)
        : std::runtime_error(error.message), error_(std::move(error)) {}
    [[nodiscard]] const Error& error() const noexcept { return error_; }

  private:
    Error error_;
};

/// Collects what a handler publishes and which documents it reads and changes, as one transaction.
/// Documents that it reads are guarded: if another transaction changes one in between, this one is
/// not stored and the handler runs again. Not thread-safe; handlers use it through Publishes and
/// Documents.
class Effects {
  public:
    Effects(Store& store, const EventTypes& types, const Producer& producer, Time now);

    /// Sets what published events inherit: aggregate, user, causation header. Null for none.
    void set_cause(const Record* cause, const EventHeader* header);

    /// Throws EffectError when the event can't be encoded. Returns its id.
    std::string publish(std::string_view event_type, const StructInfo& info, const void* data,
                        const Extra& unknown, const PublishOptions& options);

    [[nodiscard]] std::optional<std::string> get(std::string_view collection, std::string_view key);
    void put(std::string_view collection, std::string_view key, std::string body);
    void erase(std::string_view collection, std::string_view key);
    /// Bodies with their keys, ordered by key, with own changes seen.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> scan(std::string_view collection,
                                                                        std::string_view prefix,
                                                                        std::size_t limit);
    [[nodiscard]] Time now() const noexcept { return now_; }
    void set_now(Time now) noexcept { now_ = now; }

    /// A point in this collection to which rollback() returns, dropping everything added since.
    struct Savepoint {
        std::size_t appends;
        std::size_t writes;
    };
    [[nodiscard]] Savepoint savepoint() const noexcept;
    void rollback(const Savepoint& savepoint);

    /// Gives out the transaction: appends, documents and guards. The collector is empty afterwards.
    [[nodiscard]] Transaction take();

  private:
    using Key = std::pair<std::string, std::string>;
    struct Write {
        Key key;
        std::optional<std::string> body;
    };

    [[nodiscard]] const Write* last_write(const Key& key) const noexcept;

    Store& store_;
    const EventTypes& types_;
    const Producer& producer_;
    Time now_;
    const Record* cause_ = nullptr;
    const EventHeader* cause_header_ = nullptr;
    std::vector<Append> appends_;
    std::vector<Write> writes_;              // in order; the last one of a key counts
    std::map<Key, std::int64_t> revisions_;  // as first read
};

}  // namespace quipu
