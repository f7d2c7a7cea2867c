// SPDX-License-Identifier: Apache-2.0
#include "wire.hpp"
#include "quipu/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "quipu/base/checksum.hpp"
#include "quipu/codec/any_event.hpp"
#include "quipu/delivery/relay.hpp"

namespace quipu::wire {

namespace {

constexpr std::string_view content_type = "content-type";
constexpr std::string_view event_id = "event_id";
constexpr std::string_view event_type = "event_type";
constexpr std::string_view aggregate_id = "aggregate_id";
constexpr std::string_view aggregate_sequence = "aggregate_sequence";
constexpr std::array own_headers{content_type, event_id,           event_type,
                                 aggregate_id, aggregate_sequence, origin_header};

// Kafka keys may be any bytes and as long as the broker lets them; a store's key is bounded.
constexpr std::size_t max_key = 1024;

std::uint32_t checksum(std::string_view type, std::string_view body) noexcept {
    return stores::crc32_of(stores::crc32_of(0, type), body);
}

std::string origin(const Record& record, std::string_view identity) {
    return std::string(identity) + '/' + std::to_string(record.position) + '/' +
           std::to_string(checksum(record.event_type, record.body));
}

template <class Number>
bool parse(std::string_view text, Number& number) noexcept {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    return problem == std::errc{} && end == text.data() + text.size();
}

struct Origin {
    std::string_view identity;
    std::int64_t position = 0;
    std::uint32_t checksum = 0;
};

std::optional<Origin> parse_origin(std::string_view text) noexcept {
    const std::size_t first = text.find('/');
    const std::size_t second = text.find('/', first == text.npos ? text.npos : first + 1);
    if (first == text.npos || second == text.npos) return std::nullopt;
    Origin out;
    out.identity = text.substr(0, first);
    const bool good = parse(text.substr(first + 1, second - first - 1), out.position) &&
                      parse(text.substr(second + 1), out.checksum) && out.position > 0;
    return good ? std::optional(out) : std::nullopt;
}

/// Those that are not the relay's own.
void add_foreign(RecordHeaders& to, const RecordHeaders& from) {
    for (const auto& [name, value] : from) {
        if (std::ranges::find(own_headers, name) == own_headers.end()) to.add(name, value);
    }
}

std::string place_text(const LogPlace& place) {
    return source_of(place.partition) + '/' + std::to_string(place.offset);
}

std::string bounded_key(std::string_view key) {
    return to_valid_utf8(key.substr(0, max_key));
}

}  // namespace

LogRecord to_log(const Record& record, std::string_view identity) {
    LogRecord out;
    out.place.partition.event_type = record.event_type;
    out.key = record.key;
    out.value = record.body;
    out.timestamp = record.timestamp;
    const std::string stamp = origin(record, identity);
    // With what own names, types and numbers take.
    const std::size_t bytes = record.headers.bytes().size() + stamp.size() +
                              record.event_id.size() + record.event_type.size() +
                              record.aggregate_id.size() + 128;
    out.headers.reserve(own_headers.size(), bytes);
    out.headers.add(content_type, "application/json");
    out.headers.add(event_id, record.event_id);
    out.headers.add(event_type, record.event_type);
    if (!record.aggregate_id.empty()) {
        out.headers.add(aggregate_id, record.aggregate_id);
        out.headers.add(aggregate_sequence, std::to_string(record.sequence));
    }
    add_foreign(out.headers, record.headers);
    out.headers.add(origin_header, stamp);
    return out;
}

std::optional<Record> from_own_log(const ReceivedRecord& record, std::string_view identity) {
    const RecordHeaders& headers = record.headers();
    const auto stamp = headers.find(origin_header);
    if (!stamp) return std::nullopt;
    const auto from = parse_origin(*stamp);
    const std::string& type = record.partition().event_type;
    if (!from || from->identity != identity || from->checksum != checksum(type, record.value())) {
        return std::nullopt;
    }
    Record out;
    out.position = from->position;
    out.event_type = type;
    if (const auto id = headers.find(event_id)) out.event_id = *id;
    if (const auto id = headers.find(aggregate_id)) out.aggregate_id = *id;
    if (const auto text = headers.find(aggregate_sequence)) {
        if (!parse(*text, out.sequence)) return std::nullopt;
    }
    out.key = record.key().value_or(out.event_id);
    out.timestamp = record.timestamp();
    add_foreign(out.headers, headers);
    out.body = record.value();
    return out;
}

Record ingest_by_place(const ReceivedRecord& record, const EventTypes& types, Time now) {
    Record out;
    out.event_id = "log:" + place_text(record.place());
    out.event_type = record.partition().event_type;
    out.key = record.key() ? bounded_key(*record.key()) : out.event_id;
    if (out.key.empty()) out.key = out.event_id;
    out.timestamp = record.timestamp();
    if (const EventInfo* info = types.find(out.event_type)) {
        out.expires_at = now + info->topic.ttl;
    }
    out.headers = record.headers();
    out.headers.add(ingested_header, place_text(record.place()));
    out.body = record.value();
    return out;
}

Ingested ingest(const ReceivedRecord& record, const EventTypes& types, Time now) {
    Ingested out{ingest_by_place(record, types, now), false};
    codec::AnyEvent event(types);
    const auto index = event.read(record.value());
    if (!index || types.all()[*index].event_type != out.record.event_type) return out;
    out.decoded = true;
    out.record.event_id = event.header.event_id;
    out.record.aggregate_id = event.header.aggregate_id.value_or(std::string{});
    out.record.timestamp = event.header.timestamp;
    if (!record.key() || record.key()->empty()) {
        out.record.key =
            out.record.aggregate_id.empty() ? out.record.event_id : out.record.aggregate_id;
    }
    return out;
}

std::string source_of(const LogPartition& partition) {
    return partition.event_type + '/' + std::to_string(partition.partition);
}

bool is_ingested(const Record& record) noexcept {
    return record.headers.find(ingested_header).has_value();
}

std::string source_of_ingested(const Record& record) {
    const std::string_view place = record.headers.find(ingested_header).value_or("");
    return std::string(place.substr(0, place.rfind('/')));
}

RecordHeaders callers_headers(RecordHeaders headers) {
    if (!headers.find(ingested_header) && !headers.find(origin_header)) return headers;
    RecordHeaders kept;
    for (const auto& [name, value] : headers) {
        if (name != ingested_header && name != origin_header) kept.add(name, value);
    }
    return kept;
}

}  // namespace quipu::wire
