// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/json.hpp"

namespace quipu::detail {

namespace {

/// Remembers the decoder's target, so that the event can be encoded without knowing its C++ type.
struct Remembered {
    Emplace emplace = nullptr;
    void* any = nullptr;
    EventTarget target;

    static EventTarget make(void* self, std::size_t index) {
        auto& remembered = *static_cast<Remembered*>(self);
        remembered.target = remembered.emplace(remembered.any, index);
        return remembered.target;
    }
};

}  // namespace

std::expected<std::string, Faults> canonical_event(std::string_view bytes, const EventTypes& types,
                                                   Emplace emplace, void* any) {
    DecodeOptions options;
    options.keep_unknown = false;
    options.allow_unknown_types = false;
    Remembered remembered{emplace, any, {}};
    Unknown unknown;
    auto index = decode_event(bytes, types, &Remembered::make, &remembered, unknown, options);
    if (!index) return std::unexpected(std::move(index.error()));
    const EventInfo& info = types.all()[*index];
    std::string out;
    auto written = encode_event(out, info.event_type, *remembered.target.header, *info.payload,
                                remembered.target.data, *remembered.target.unknown);
    if (!written) {
        return std::unexpected(
            Faults{{Fault{"value_error", {}, std::move(written.error().message)}}});
    }
    return out;
}

}  // namespace quipu::detail
