#pragma once

#include <expected>
#include <string_view>

#include "quipu/codec/json.hpp"
#include "quipu/event/catalogue.hpp"

namespace quipu {

/// Frees an object that a StructInfo made.
struct MadeObject {
    const StructInfo* info = nullptr;
    void* object = nullptr;
    MadeObject() = default;
    MadeObject(const MadeObject&) = delete;
    MadeObject& operator=(const MadeObject&) = delete;
    ~MadeObject() { reset(nullptr); }
    void reset(const StructInfo* next) {
        if (object != nullptr) info->destroy(object);
        info = next;
        object = next == nullptr ? nullptr : next->create();
    }
};

/// An event of whichever type the decoder finds, for code that knows no struct.
struct ForeignEvent {
    const EventTypes* types = nullptr;
    EventHeader header;
    Extra unknown;
    MadeObject data;
};

/// Reads a foreign producer's JSON as an event of `types`; the index of its type, or every fault.
[[nodiscard]] std::expected<std::size_t, Faults> decode_foreign(ForeignEvent& event,
                                                                const EventTypes& types,
                                                                std::string_view json);

}  // namespace quipu
