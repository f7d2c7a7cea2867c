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

/// The header with the id of the event whose handler has published an event.
inline constexpr std::string_view causation_header = "causation_id";

/// How an event is published. Every field has a usable default.
struct PublishOptions {
    /// The aggregate. Unset, a handler publishes for the aggregate of the event that it handles.
    std::optional<std::string> aggregate_id = {};
    /// Partition key: events with the same key are handled in order. Empty means the aggregate id;
    /// without one, the key of the event being handled; outside a handler, the event id.
    std::string key = {};
    /// The event id. Empty means a new UUIDv7. Publishing the same event under an id that is stored
    /// already stores nothing.
    std::string event_id = {};
    /// The user on whose behalf the event happens. Unset, a handler passes on the user of the event
    /// that it handles.
    std::optional<std::string> user_id = {};
    /// Optimistic concurrency: fails unless this is the aggregate's last sequence (0: no event
    /// yet).
    std::optional<std::int64_t> expected_sequence = {};
    RecordHeaders headers = {};
};

/// The result of publishing an event.
struct Published {
    std::string event_id;
    std::int64_t position = 0;  ///< in the store's log, counted from 1
    std::int64_t sequence = 0;  ///< within the aggregate, counted from 1
    bool duplicate = false;     ///< the event was stored before; nothing was stored now
};

/// Thrown by a handler for an event that can never be handled: the record becomes a dead letter at
/// once, without retries, with this text as its error.
class Reject : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Thrown within a handler or unit of work by an operation that cannot be done, such as publishing
/// text that is not UTF-8 or reading a damaged document. The message names the event and the field.
class EffectError : public std::runtime_error {
  public:
    explicit EffectError(Error error)
        : std::runtime_error(error.message), error_(std::move(error)) {}
    [[nodiscard]] const Error& error() const noexcept { return error_; }

  private:
    Error error_;
};

/// Collects the events that a handler publishes and the documents that it reads and changes, as one
/// transaction. If another transaction changes one of these documents before this one commits,
/// nothing is stored and the handler runs again. Not thread-safe. Handlers use it through Publishes
/// and Documents.
class Effects {
  public:
    Effects(Store& store, const EventTypes& types, const Producer& producer, Time now);

    /// Sets the event from which published events inherit aggregate, user and causation header;
    /// null for none. Both must outlive the publish() calls.
    void set_cause(const Record* cause, const EventHeader* header);

    /// Adds an event and returns its id. Throws EffectError if it cannot be encoded.
    std::string publish(std::string_view event_type, const StructInfo& info, const void* data,
                        const Extra& unknown, const PublishOptions& options);

    // Reads see the changes made before in this transaction. They throw EffectError if the store
    // cannot be read.

    [[nodiscard]] std::optional<std::string> get(std::string_view collection, std::string_view key);
    void put(std::string_view collection, std::string_view key, std::string body);
    void erase(std::string_view collection, std::string_view key);
    /// Keys with the given prefix and their bodies, ordered by key.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> scan(std::string_view collection,
                                                                        std::string_view prefix,
                                                                        std::size_t limit);
    /// The time that published events get.
    [[nodiscard]] Time now() const noexcept { return now_; }
    void set_now(Time now) noexcept { now_ = now; }

    /// A point in this collection to which rollback() returns, dropping everything added since.
    struct Savepoint {
        std::size_t appends;
        std::size_t writes;
    };
    [[nodiscard]] Savepoint savepoint() const noexcept;
    void rollback(const Savepoint& savepoint);

    /// Moves the transaction out: appends, document changes and the revisions that they depend on.
    /// This object is empty afterwards.
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
