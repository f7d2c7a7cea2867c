// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "quipu/event/time.hpp"
#include "quipu/store/record.hpp"

namespace quipu {

/// One partition of the topic of one event type. In Kafka the topic is named prefix + event type;
/// only the log knows the prefix.
struct LogPartition {
    std::string event_type;
    std::int32_t partition = -1;

    friend auto operator<=>(const LogPartition&, const LogPartition&) = default;
};

/// The place of one record in the log: its partition and its offset there.
struct LogPlace {
    LogPartition partition;
    std::int64_t offset = -1;

    friend auto operator<=>(const LogPlace&, const LogPlace&) = default;
};

/// A record of the log that owns its data: an encoded event with its key and headers.
struct LogRecord {
    LogPlace place;                  ///< produce() reads nothing of it but the event type
    std::optional<std::string> key;  ///< chooses the partition; empty for a record without a key
    RecordHeaders headers;
    std::string value;        ///< the event, as JSON
    bool null_value = false;  ///< the record has no value, which is not an empty one
    Time timestamp{};         ///< the log's timestamp of the record, with millisecond precision
};

/// A record that a consumer has received. Key and value are views into the buffer of the log's
/// client, and headers are parsed when they are first asked for, so nothing is copied needlessly.
///
/// A record keeps alive everything that the broker sent in the same response (at most
/// fetch.max.bytes, 50 MB) and, if its consumer has been closed, that consumer's client. Destroying
/// the last record of such a client also destroys the client, which can take ten seconds. Keep a
/// copy() rather than the record itself for long.
///
/// Not thread-safe: one thread at a time. A moved-from record may only be destroyed or assigned to.
class ReceivedRecord {
  public:
    /// Owns the bytes of a record. Implemented by each log.
    class Bytes {
      public:
        Bytes() = default;
        virtual ~Bytes() = default;
        Bytes(const Bytes&) = delete;
        Bytes& operator=(const Bytes&) = delete;
        /// The record's headers. Returns the same object on each call.
        [[nodiscard]] virtual const RecordHeaders& headers() = 0;
    };
    /// Everything but the headers. The views point into the bytes.
    struct View {
        std::shared_ptr<const LogPartition> partition;
        std::int64_t offset = -1;
        std::optional<std::string_view> key;
        std::string_view value;
        Time timestamp{};
    };

    ReceivedRecord(View view, std::unique_ptr<Bytes> bytes) noexcept
        : view_(std::move(view)), bytes_(std::move(bytes)) {}
    /// Wraps a record that owns its data, for logs that do not lend out buffers of their own.
    explicit ReceivedRecord(LogRecord record);

    // Views and references that these functions return are valid until the record is destroyed;
    // moving it keeps them valid.

    [[nodiscard]] const LogPartition& partition() const noexcept { return *view_.partition; }
    [[nodiscard]] std::int64_t offset() const noexcept { return view_.offset; }
    [[nodiscard]] LogPlace place() const { return {partition(), offset()}; }
    /// Empty for a record that was produced without a key.
    [[nodiscard]] std::optional<std::string_view> key() const noexcept { return view_.key; }
    /// A view whose data() is null for a record without a value, which is not an empty value.
    [[nodiscard]] std::string_view value() const noexcept { return view_.value; }
    /// A key without a value. On a compacted topic it deletes what the key stood for; it is no
    /// event.
    [[nodiscard]] bool is_tombstone() const noexcept {
        return view_.key && view_.value.data() == nullptr;
    }
    /// Parsed on the first call.
    [[nodiscard]] const RecordHeaders& headers() const { return bytes_->headers(); }
    /// The log's timestamp of the record, with millisecond precision.
    [[nodiscard]] Time timestamp() const noexcept { return view_.timestamp; }

    /// A copy that owns its data and keeps nothing else alive.
    [[nodiscard]] LogRecord copy() const;

  private:
    View view_;
    std::unique_ptr<Bytes> bytes_;
};

}  // namespace quipu
