// SPDX-License-Identifier: Apache-2.0
#include "quipu/delivery/handler.hpp"

#include <utility>

#include "quipu/codec/json.hpp"
#include "quipu/delivery/log/wire.hpp"

namespace quipu::detail {

namespace {

/// Remembers the header that the decoder fills in.
struct Target {
    Emplace emplace = nullptr;
    void* event = nullptr;
    EventHeader* header = nullptr;

    static EventTarget make(void* self, std::size_t index) {
        auto& target = *static_cast<Target*>(self);
        const EventTarget made = target.emplace(target.event, index);
        target.header = made.header;
        return made;
    }
};

}  // namespace

void decode_record(const Record& record, const EventTypes& types, Emplace emplace, void* event) {
    if (const std::string_view refusal = wire::refusal_of(record); !refusal.empty()) {
        throw Undecodable(std::string(refusal));
    }
    Unknown unknown;
    Target target{emplace, event, nullptr};
    auto read = decode_event(record.body, types, &Target::make, &target, unknown,
                             {.allow_unknown_types = false, .generate_absent = false});
    if (!read) throw Undecodable(std::move(read.error()));
    if (target.header->event_id.empty()) target.header->event_id = record.event_id;
    if (target.header->timestamp == absent_timestamp) target.header->timestamp = record.timestamp;
}

}  // namespace quipu::detail
