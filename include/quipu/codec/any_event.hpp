// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "quipu/codec/json.hpp"

namespace quipu::codec {

/// Holds an event of any type of a catalogue, for code that knows event types at run time only. Not
/// thread-safe.
class AnyEvent {
  public:
    explicit AnyEvent(const EventTypes& types) noexcept : types_(types) {}
    ~AnyEvent() { reset(nullptr); }
    AnyEvent(const AnyEvent&) = delete;
    AnyEvent& operator=(const AnyEvent&) = delete;

    /// Decodes `json` into this object, replacing what it held, and returns the index of the type
    /// in EventTypes::all(). A type outside the catalogue is a fault. `generate_absent` is that of
    /// DecodeOptions.
    [[nodiscard]] std::expected<std::size_t, Faults> read(std::string_view json,
                                                          bool generate_absent = true) {
        Unknown other;
        DecodeOptions options;
        options.allow_unknown_types = false;
        options.generate_absent = generate_absent;
        type_ = EventTypes::npos;
        return detail::decode_event(json, types_, &AnyEvent::make, this, other, options);
    }

    EventHeader header;
    Extra unknown;
    [[nodiscard]] const void* data() const noexcept { return object_; }
    /// The index of the type that the last text named; EventTypes::npos if it named none of the
    /// catalogue. Also known of an event that does not decode.
    [[nodiscard]] std::size_t type() const noexcept { return type_; }

  private:
    static EventTarget make(void* self, std::size_t index) {
        auto& event = *static_cast<AnyEvent*>(self);
        event.header = {};
        event.unknown = {};
        event.type_ = index;
        event.reset(event.types_.all()[index].payload);
        return {&event.header, event.object_, &event.unknown};
    }
    void reset(const StructInfo* next) {
        if (object_ != nullptr) info_->destroy(object_);
        info_ = next;
        object_ = next == nullptr ? nullptr : next->create();
    }

    const EventTypes& types_;
    const StructInfo* info_ = nullptr;
    void* object_ = nullptr;
    std::size_t type_ = EventTypes::npos;
};

}  // namespace quipu::codec
