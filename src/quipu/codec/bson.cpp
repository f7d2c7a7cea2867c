// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/bson.hpp"

#include "quipu/codec/any_event.hpp"
#include "quipu/codec/bson_encoder.hpp"
#include "quipu/event/header.hpp"

namespace quipu {

std::string event_document(const EventTypes& types, std::string_view json) {
    codec::AnyEvent event(types);
    const auto index = event.read(json);
    if (!index) return {};
    const EventInfo& info = types.all()[*index];
    std::string out;
    codec::BsonWriter writer(out);
    codec::BsonEncoder encoder(writer);
    encoder.event_type = info.event_type;
    encoder.fields(header_info(), &event.header);
    writer.begin_document("payload");
    encoder.fields(*info.payload, event.data());
    encoder.extra(event.unknown);
    writer.end();
    writer.end();
    return out;
}

}  // namespace quipu
