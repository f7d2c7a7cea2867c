// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "quipu/event/field.hpp"
#include "quipu/event/header.hpp"

namespace quipu {

/// A struct that declares which event it is:
///
///     struct UserGreeted {
///         static constexpr std::string_view event_type = "user_greeted";
///         std::string name;
///     };
template <class T>
concept EventStruct = requires {
    { T::event_type } -> std::convertible_to<std::string_view>;
};

/// An event as handlers receive it: the header, the struct, and the top-level fields that the
/// struct does not declare. `event->name` accesses the struct.
template <EventStruct T>
struct Event {
    EventHeader header;
    T data{};
    Extra unknown;

    [[nodiscard]] static constexpr std::string_view type() noexcept { return T::event_type; }
    const T* operator->() const noexcept { return &data; }
    T* operator->() noexcept { return &data; }
    const T& operator*() const noexcept { return data; }
};

/// An event whose type is not in the catalogue it was decoded with: its type and its JSON,
/// unchanged.
struct Unknown {
    std::string event_type;
    std::string raw;
};

}  // namespace quipu
