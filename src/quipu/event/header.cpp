// SPDX-License-Identifier: Apache-2.0
#include "quipu/event/header.hpp"

#include "quipu/event/reflect.hpp"

namespace quipu {

namespace {

StructInfo make_header_info() {
    StructInfo info = struct_info<EventHeader>();
    info.members.insert(info.members.begin() + 1,
                        Member{"event_type", 0, Presence::required, nullptr, {}});
    for (Member& member : info.members) {
        if (member.name == "event_id" || member.name == "timestamp") {
            member.presence = Presence::generated;
        } else if (member.name == "event_version") {
            member.presence = Presence::defaulted;
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
