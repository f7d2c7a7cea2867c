// SPDX-License-Identifier: Apache-2.0
#include "quipu/delivery/publisher.hpp"

#include <cassert>

#include "quipu/base/text.hpp"
#include "quipu/codec/any_event.hpp"
#include "quipu/delivery/log/wire.hpp"

namespace quipu {

namespace {

constexpr int max_reruns = 100;

/// Puts event_type and metadata in front of the fields of `json`. Of fields that stand twice the
/// last counts, so what the producer wrote itself wins.
std::string with_defaults(std::string_view json, std::string_view event_type,
                          const Producer& producer, const PublishOptions& options) {
    const std::size_t brace = json.find_first_not_of(" \t\r\n");
    if (brace == std::string_view::npos || json[brace] != '{') return std::string(json);
    std::string_view rest = json.substr(brace + 1);
    EventMetadata metadata{.service_name = producer.service_name,
                           .service_version = producer.service_version,
                           .user_id = {},
                           .environment = producer.environment};
    if (options.user_id) metadata.user_id.emplace(*options.user_id);
    std::string text = R"({"event_type":)";
    append_json_string(text, event_type);
    text += R"(,"metadata":)";
    if (!detail::encode_struct(text, struct_info<EventMetadata>(), &metadata)) text += "{}";
    const std::size_t next = rest.find_first_not_of(" \t\r\n");
    if (next == std::string_view::npos || rest[next] != '}') text += ',';
    text += rest;
    return text;
}

}  // namespace

std::expected<void, Faults> check_json(const EventTypes& types, const Producer& producer,
                                       std::string_view event_type, std::string_view json) {
    codec::AnyEvent event(types);
    auto decoded = event.read(with_defaults(json, event_type, producer, {}));
    if (!decoded) return std::unexpected(std::move(decoded.error()));
    return {};
}

RawPublisher::RawPublisher(Store& store, const EventTypes& types, Producer producer, World world)
    : store_(store), types_(types), producer_(std::move(producer)), world_(std::move(world)) {}

Result<void> RawPublisher::wait_published(std::int64_t position,
                                          std::chrono::milliseconds timeout) const {
    return log_wait_ ? log_wait_(position, timeout) : Result<void>{};
}

Result<Committed> RawPublisher::transact(const std::function<void(Effects&)>& work) {
    Result<Committed> done = fail(ErrorCode::conflict, "not tried");
    for (int run = 0; run < max_reruns; ++run) {
        Effects effects(store_, types_, producer_, world_.now());
        try {
            work(effects);
        } catch (const EffectError& error) {
            return std::unexpected(error.error());
        }
        Transaction transaction = effects.take();
        const bool can_change = !transaction.guards.empty();
        done = store_.commit(std::move(transaction));
        // Without documents there is nothing that a rerun would see differently.
        if (done || done.error().code != ErrorCode::conflict || !can_change) break;
    }
    return done;
}

Result<Published> RawPublisher::publish_json(std::string_view event_type, std::string_view json,
                                             const PublishOptions& options) {
    const std::size_t index = types_.index_of(event_type);
    if (index == EventTypes::npos) {
        return fail(ErrorCode::invalid,
                    "unknown event type '" + to_valid_utf8(event_type.substr(0, 100)) +
                        "'; did you mean '" + std::string(types_.nearest(event_type)) + "'?");
    }
    codec::AnyEvent event(types_);
    const auto decoded = event.read(with_defaults(json, event_type, producer_, options));
    if (!decoded) {
        return fail(ErrorCode::invalid, std::string(event_type) + ": " + decoded.error().summary());
    }
    if (*decoded != index) {
        return fail(ErrorCode::invalid, "the JSON says event_type '" +
                                            std::string(types_.all()[*decoded].event_type) +
                                            "', not '" + std::string(event_type) + "'");
    }
    return publish_decoded(types_.all()[index], event.header, event.data(), event.unknown, options);
}

Result<Published> RawPublisher::publish_decoded(const EventInfo& info, EventHeader header,
                                                const void* data, const Extra& unknown,
                                                const PublishOptions& options) {
    if (!options.event_id.empty()) header.event_id = options.event_id;
    if (options.aggregate_id) header.aggregate_id = options.aggregate_id;
    if (options.user_id) header.metadata.user_id.emplace(*options.user_id);
    if (auto checked = wire::check_event_id(header.event_id); !checked) {
        return std::unexpected(std::move(checked.error()));
    }
    Append append;
    Record& record = append.record;
    if (auto encoded = detail::encode_event(record.body, info.event_type, header, *info.payload,
                                            data, unknown);
        !encoded) {
        return std::unexpected(std::move(encoded.error()));
    }
    record.event_id = header.event_id;
    record.event_type = info.event_type;
    record.aggregate_id = header.aggregate_id.value_or(std::string{});
    record.key = record.aggregate_id.empty() ? record.event_id : record.aggregate_id;
    if (!options.key.empty()) record.key = options.key;
    record.timestamp = header.timestamp;
    record.expires_at = world_.now() + info.topic.ttl;
    record.headers = wire::callers_headers(options.headers);
    append.expected_sequence = options.expected_sequence;
    Transaction transaction;
    transaction.appends.push_back(std::move(append));
    auto done = store_.commit(std::move(transaction));
    if (!done) return std::unexpected(std::move(done.error()));
    assert(done->appended.size() == 1);
    const Appended& appended = done->appended.front();
    return Published{header.event_id, appended.position, appended.sequence, appended.duplicate};
}

}  // namespace quipu
