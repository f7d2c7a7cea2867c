#include "foreign_event.hpp"

namespace quipu {

namespace {

EventTarget make(void* self, std::size_t index) {
    auto& event = *static_cast<ForeignEvent*>(self);
    event.header = {};
    event.unknown = {};
    event.data.reset(event.types->all()[index].payload);
    return {&event.header, event.data.object, &event.unknown};
}

}  // namespace

std::expected<std::size_t, Faults> decode_foreign(ForeignEvent& event, const EventTypes& types,
                                                  std::string_view json) {
    event.types = &types;
    Unknown unknown;
    DecodeOptions options;
    options.allow_unknown_types = false;
    return detail::decode_event(json, types, &make, &event, unknown, options);
}

}  // namespace quipu
