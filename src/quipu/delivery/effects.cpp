// SPDX-License-Identifier: Apache-2.0
#include "quipu/delivery/effects.hpp"

#include <algorithm>

#include "quipu/codec/json.hpp"
#include "quipu/delivery/log/wire.hpp"
#include "quipu/delivery/trace_context.hpp"
#include "quipu/event/id.hpp"

namespace quipu {

namespace {

/// What a published event carries over from the one that caused it.
RecordHeaders inherit_headers(const Record& cause, RecordHeaders headers) {
    if (!headers.find(causation_header)) headers.add(causation_header, cause.event_id);
    if (!headers.find(correlation_header)) {
        const auto story = cause.headers.find(correlation_header);
        headers.add(correlation_header, story && !story->empty() ? *story : cause.event_id);
    }
    inherit_trace(cause.headers, headers);
    return headers;
}

}  // namespace

Effects::Effects(Store& store, const EventTypes& types, const Producer& producer, Time now)
    : store_(store), types_(types), producer_(producer), now_(now) {}

void Effects::set_cause(const Record* cause, const EventHeader* header) {
    cause_ = cause;
    cause_header_ = header;
}

std::string Effects::publish(std::string_view event_type, const StructInfo& info, const void* data,
                             const Extra& unknown, const PublishOptions& options) {
    EventHeader header;
    header.event_id = options.event_id.empty() ? new_id() : options.event_id;
    if (auto checked = wire::check_event_id(header.event_id); !checked) {
        throw EffectError(std::move(checked.error()));
    }
    header.timestamp = now_;
    header.aggregate_id = options.aggregate_id;
    if (!header.aggregate_id && cause_ != nullptr && !cause_->aggregate_id.empty()) {
        header.aggregate_id = cause_->aggregate_id;
    }
    header.metadata.service_name = producer_.service_name;
    header.metadata.service_version = producer_.service_version;
    header.metadata.environment = producer_.environment;
    if (options.user_id) {
        header.metadata.user_id.emplace(*options.user_id);
    } else if (cause_header_ != nullptr) {
        header.metadata.user_id = cause_header_->metadata.user_id;
    }

    Append append;
    Record& record = append.record;
    if (auto encoded = detail::encode_event(record.body, event_type, header, info, data, unknown);
        !encoded) {
        throw EffectError(std::move(encoded.error()));
    }
    record.event_id = header.event_id;
    record.event_type = event_type;
    record.aggregate_id = header.aggregate_id.value_or(std::string{});
    record.key = options.key;
    if (record.key.empty()) record.key = record.aggregate_id;
    if (record.key.empty() && cause_ != nullptr) record.key = cause_->key;
    if (record.key.empty()) record.key = record.event_id;
    record.timestamp = now_;
    if (const EventInfo* known = types_.find(event_type)) {
        record.expires_at = now_ + known->topic.ttl;
    }
    record.headers = wire::callers_headers(options.headers);
    if (cause_ != nullptr) record.headers = inherit_headers(*cause_, std::move(record.headers));
    append.expected_sequence = options.expected_sequence;
    appends_.push_back(std::move(append));
    return header.event_id;
}

Effects::Savepoint Effects::savepoint() const noexcept {
    return {appends_.size(), writes_.size()};
}

void Effects::rollback(const Savepoint& savepoint) {
    appends_.resize(savepoint.appends);
    writes_.resize(savepoint.writes);
}

Transaction Effects::take() {
    Transaction transaction;
    transaction.appends = std::exchange(appends_, {});
    std::map<Key, std::optional<std::string>> last;
    for (Write& write : std::exchange(writes_, {})) {
        last[std::move(write.key)] = std::move(write.body);
    }
    for (auto& [key, body] : last) {
        transaction.documents.push_back({key.first, key.second, std::move(body)});
    }
    for (const auto& [key, revision] : std::exchange(revisions_, {})) {
        transaction.guards.push_back({key.first, key.second, revision});
    }
    return transaction;
}

const Effects::Write* Effects::last_write(const Key& key) const noexcept {
    const auto found = std::find_if(writes_.rbegin(), writes_.rend(),
                                    [&](const Write& write) { return write.key == key; });
    return found == writes_.rend() ? nullptr : &*found;
}

std::optional<std::string> Effects::get(std::string_view collection, std::string_view key) {
    const Key full{collection, key};
    if (const Write* write = last_write(full)) return write->body;
    auto document = store_.document(collection, key);
    if (!document) throw EffectError(std::move(document.error()));
    // The first reading counts: a change since then is what the guard has to find.
    revisions_.try_emplace(full, *document ? (*document)->revision : 0);
    if (!*document) return std::nullopt;
    return std::move((*document)->body);
}

void Effects::put(std::string_view collection, std::string_view key, std::string body) {
    writes_.push_back({{std::string(collection), std::string(key)}, std::move(body)});
}

void Effects::erase(std::string_view collection, std::string_view key) {
    writes_.push_back({{std::string(collection), std::string(key)}, std::nullopt});
}

std::vector<std::pair<std::string, std::string>> Effects::scan(std::string_view collection,
                                                               std::string_view prefix,
                                                               std::size_t limit) {
    // Own erasures hide stored documents, so as many more are read as could be hidden.
    auto stored = store_.documents(collection, prefix, {}, limit + writes_.size());
    if (!stored) throw EffectError(std::move(stored.error()));
    std::map<std::string, std::optional<std::string>> merged;
    for (Document& document : *stored) {
        revisions_.try_emplace({std::string(collection), document.key}, document.revision);
        merged.emplace(std::move(document.key), std::move(document.body));
    }
    for (const Write& write : writes_) {
        if (write.key.first == collection && write.key.second.starts_with(prefix)) {
            merged[write.key.second] = write.body;
        }
    }
    std::vector<std::pair<std::string, std::string>> found;
    for (auto& [key, body] : merged) {
        if (found.size() == limit) break;
        if (body) found.emplace_back(key, std::move(*body));
    }
    return found;
}

}  // namespace quipu
