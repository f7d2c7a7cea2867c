// SPDX-License-Identifier: Apache-2.0
#include "wire.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "digest.hpp"
#include "quipu/base/checksum.hpp"
#include "quipu/base/text.hpp"
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

// Headers of a stored record that a reader of the log gives it. The names are part of the stored
// format.
constexpr std::string_view refused_header = "quipu-refused";
constexpr std::string_view reference_topic = "quipu-log-topic";
constexpr std::string_view reference_partition = "quipu-log-partition";
constexpr std::string_view reference_offset = "quipu-log-offset";
constexpr std::string_view reference_size = "quipu-log-size";
constexpr std::string_view reference_digest = "quipu-log-digest";
constexpr std::array readers_headers{ingested_header,     refused_header,   reference_topic,
                                     reference_partition, reference_offset, reference_size,
                                     reference_digest};

// A Kafka key may be any bytes, as long as the broker lets it be; a store's key is bounded.
constexpr std::size_t max_key = 4096;
constexpr std::size_t max_referenced_bytes = std::size_t{64} << 10;
constexpr std::size_t max_refusal_bytes = 2048;

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

bool is_set_by_readers(std::string_view name) {
    return std::ranges::find(readers_headers, name) != readers_headers.end();
}

/// Those that neither a relay nor a reader of the log sets.
void add_foreign(RecordHeaders& to, const RecordHeaders& from) {
    for (const auto& [name, value] : from) {
        const bool own = std::ranges::find(own_headers, name) != own_headers.end();
        if (!own && !is_set_by_readers(name)) to.add(name, value);
    }
}

std::string place_text(const LogPlace& place) {
    return source_of(place.partition) + '/' + std::to_string(place.offset);
}

/// Of the record as the log has it. It tells records apart that had the same place at different
/// times, because the topic was deleted and made anew.
std::string digest_of(const ReceivedRecord& record) {
    // The lengths keep two records apart whose key and value together have the same bytes.
    std::string bytes = std::to_string(record.timestamp().time_since_epoch().count()) + '/' +
                        (record.key() ? std::to_string(record.key()->size()) : "none") + '/';
    if (record.key()) bytes += *record.key();
    bytes += record.value();
    return wire::digest_of(bytes);
}

std::string id_by_place(const ReceivedRecord& record) {
    return std::string(reserved_id_prefix) + place_text(record.place()) + '/' + digest_of(record);
}

/// The record as no event, without headers.
Record bare(const ReceivedRecord& record, const EventTypes& types, Time now) {
    Record out;
    out.event_id = id_by_place(record);
    out.event_type = record.partition().event_type;
    // Without a key, nothing waits for it.
    const std::string_view key = record.key().value_or("");
    out.key = key.empty() ? out.event_id : stored_key(key);
    out.timestamp = record.timestamp();
    if (const EventInfo* info = types.find(out.event_type)) {
        out.expires_at = now + info->topic.ttl;
    }
    return out;
}

/// The record as no event, with its bytes.
Record whole(const ReceivedRecord& record, const EventTypes& types, Time now) {
    Record out = bare(record, types, now);
    for (const auto& [name, value] : record.headers()) {
        if (!is_set_by_readers(name)) out.headers.add(name, value);
    }
    out.headers.add(ingested_header, place_text(record.place()));
    out.body = record.value();
    return out;
}

Ingested refused(Record record, std::string refusal) {
    record.headers.add(refused_header, to_valid_utf8(refusal.substr(0, max_refusal_bytes)));
    return {std::move(record), std::move(refusal)};
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

Ingested ingest_by_place(const ReceivedRecord& record, const EventTypes& types, Time now,
                         std::string refusal) {
    return refused(whole(record, types, now), std::move(refusal));
}

Ingested ingest_by_reference(const ReceivedRecord& record, const EventTypes& types, Time now,
                             const std::string& refusal) {
    Record out = bare(record, types, now);
    const std::size_t size = record.value().size();
    out.headers.add(ingested_header, place_text(record.place()));
    out.headers.add(reference_topic, record.partition().event_type);
    out.headers.add(reference_partition, std::to_string(record.partition().partition));
    out.headers.add(reference_offset, std::to_string(record.offset()));
    out.headers.add(reference_size, std::to_string(size));
    out.headers.add(reference_digest, digest_of(record.value()));
    out.body = record.value().substr(0, max_referenced_bytes);
    std::string text = refusal + ". Stored are the first " + std::to_string(out.body.size()) +
                       " of the " + std::to_string(size) +
                       " bytes of its value; the whole record is in the log only, in partition " +
                       source_of(record.partition()) + " at offset " +
                       std::to_string(record.offset());
    return refused(std::move(out), std::move(text));
}

Ingested ingest(const ReceivedRecord& record, const EventTypes& types, Time now) {
    codec::AnyEvent event(types);
    // What is generated would differ with each reading.
    const auto index = event.read(record.value(), false);
    const std::string& topic = record.partition().event_type;
    if (event.type() != EventTypes::npos && types.all()[event.type()].event_type != topic) {
        const std::string type(types.all()[event.type()].event_type);
        return ingest_by_place(
            record, types, now,
            "the record at " + place_text(record.place()) + " is an event of type '" + type +
                "', which belongs in the topic of '" + type + "', not in that of '" + topic + "'");
    }
    if (index && event.header.event_id.starts_with(reserved_id_prefix)) {
        return ingest_by_place(record, types, now,
                               "the record at " + place_text(record.place()) +
                                   " has an event_id that begins with '" +
                                   std::string(reserved_id_prefix) +
                                   "'; such ids are reserved for records without an id");
    }
    Ingested out{whole(record, types, now), {}};
    if (!index) return out;
    if (!event.header.event_id.empty()) out.record.event_id = event.header.event_id;
    out.record.aggregate_id = event.header.aggregate_id.value_or(std::string{});
    if (event.header.timestamp != absent_timestamp) out.record.timestamp = event.header.timestamp;
    if (!record.key() || record.key()->empty()) {
        out.record.key =
            out.record.aggregate_id.empty() ? out.record.event_id : out.record.aggregate_id;
    }
    return out;
}

std::string_view refusal_of(const Record& record) noexcept {
    return record.headers.find(refused_header).value_or("");
}

std::string stored_key(std::string_view key) {
    // A digest takes the place of the last bytes also of a key of exactly the greatest length, so
    // that no short key can be what is made of a long one.
    if (key.size() < max_key) return std::string(key);
    std::string digest = '#' + wire::digest_of(key);
    return std::string(key.substr(0, max_key - digest.size())) + digest;
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

Result<void> check_event_id(std::string_view id) {
    if (!id.starts_with(reserved_id_prefix)) return {};
    return fail(ErrorCode::invalid, "event_id '" + to_valid_utf8(id.substr(0, 64)) +
                                        "': ids that begin with '" +
                                        std::string(reserved_id_prefix) +
                                        "' are reserved for records of a log without an id");
}

RecordHeaders callers_headers(RecordHeaders headers) {
    const auto is_ours = [](std::string_view name) {
        return name == origin_header || is_set_by_readers(name);
    };
    if (std::ranges::none_of(headers, [&](const auto& header) { return is_ours(header.first); })) {
        return headers;
    }
    RecordHeaders kept;
    for (const auto& [name, value] : headers) {
        if (!is_ours(name)) kept.add(name, value);
    }
    return kept;
}

}  // namespace quipu::wire
