// SPDX-License-Identifier: Apache-2.0
#include "quipu/event/header.hpp"

#include "quipu/event/reflect.hpp"

namespace quipu {

namespace {

StructInfo make_header_info() {
    StructInfo info = struct_info<EventHeader>();
    info.fields.insert(info.fields.begin() + 1,
                       FieldInfo{"event_type", 0, Presence::required, nullptr, {}});
    for (FieldInfo& field : info.fields) {
        if (field.name == "event_id" || field.name == "timestamp") {
            field.presence = Presence::generated;
        } else if (field.name == "event_version") {
            field.presence = Presence::defaulted;
        }
    }
    render_keys(info);
    return info;
}

}  // namespace

const StructInfo& header_info() {
    static const StructInfo info = make_header_info();
    return info;
}

}  // namespace quipu
