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
    /// in EventTypes::all(). A type outside the catalogue is a fault.
    [[nodiscard]] std::expected<std::size_t, Faults> read(std::string_view json) {
        Unknown other;
        DecodeOptions options;
        options.allow_unknown_types = false;
        return detail::decode_event(json, types_, &AnyEvent::make, this, other, options);
    }

    EventHeader header;
    Extra unknown;
    [[nodiscard]] const void* data() const noexcept { return object_; }

  private:
    static EventTarget make(void* self, std::size_t index) {
        auto& event = *static_cast<AnyEvent*>(self);
        event.header = {};
        event.unknown = {};
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
};

}  // namespace quipu::codec
