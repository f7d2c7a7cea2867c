// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "quipu/codec/json.hpp"

namespace quipu::codec {

/// An event of whichever type a decoder finds, known by its table only.
class AnyEvent {
  public:
    explicit AnyEvent(const EventTypes& types) noexcept : types_(types) {}
    ~AnyEvent() { reset(nullptr); }
    AnyEvent(const AnyEvent&) = delete;
    AnyEvent& operator=(const AnyEvent&) = delete;

    /// Reads `json` into this; returns the index of its type. Types outside the catalogue are a
    /// fault.
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
