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

/// One partition of one event type's topic. The topic's name on the wire is prefix + event type;
/// only the log knows the prefix.
struct LogPartition {
    std::string event_type;
    std::int32_t partition = -1;

    friend auto operator<=>(const LogPartition&, const LogPartition&) = default;
};

/// A place in the log.
struct LogPlace {
    LogPartition partition;
    std::int64_t offset = -1;

    friend auto operator<=>(const LogPlace&, const LogPlace&) = default;
};

/// What is to stand in the log: bytes with a key and headers, nothing decoded.
struct LogRecord {
    LogPlace place;                  ///< produce: only the event type is read
    std::optional<std::string> key;  ///< decides the partition; none: the producer gave none
    RecordHeaders headers;
    std::string value;
    Time timestamp{};  ///< of the log's record, in milliseconds
};

/// A record as a consumer of a log got it. Its bytes stay where the log's client has received them,
/// and headers are read when they are asked for: nothing is copied that nobody wants. It keeps
/// alive what it needs: everything that the broker sent in the same answer (fetch.max.bytes, 50 MB,
/// at most), and the client of a consumer that has ended. Take a copy of what is to be kept for
/// long. With the last record of such a client goes the client, which can take ten seconds. To be
/// used by one thread at a time, moved-from ones not at all.
class ReceivedRecord {
  public:
    /// What keeps a record's bytes.
    class Bytes {
      public:
        Bytes() = default;
        virtual ~Bytes() = default;
        Bytes(const Bytes&) = delete;
        Bytes& operator=(const Bytes&) = delete;
        /// The same object with each call.
        [[nodiscard]] virtual const RecordHeaders& headers() = 0;
    };
    /// What is known without a look at the headers; the views are into the bytes.
    struct View {
        std::shared_ptr<const LogPartition> partition;
        std::int64_t offset = -1;
        std::optional<std::string_view> key;
        std::string_view value;
        Time timestamp{};
    };

    ReceivedRecord(View view, std::unique_ptr<Bytes> bytes) noexcept
        : view_(std::move(view)), bytes_(std::move(bytes)) {}
    /// For logs that have whole records.
    explicit ReceivedRecord(LogRecord record);

    [[nodiscard]] const LogPartition& partition() const noexcept { return *view_.partition; }
    [[nodiscard]] std::int64_t offset() const noexcept { return view_.offset; }
    [[nodiscard]] LogPlace place() const { return {partition(), offset()}; }
    /// Views and references are valid as long as this record is, also after it was moved.
    [[nodiscard]] std::optional<std::string_view> key() const noexcept { return view_.key; }
    [[nodiscard]] std::string_view value() const noexcept { return view_.value; }
    [[nodiscard]] const RecordHeaders& headers() const { return bytes_->headers(); }
    [[nodiscard]] Time timestamp() const noexcept { return view_.timestamp; }

    /// All of it, in memory of its own.
    [[nodiscard]] LogRecord copy() const;

  private:
    View view_;
    std::unique_ptr<Bytes> bytes_;
};

}  // namespace quipu
