// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include "quipu/event/reflect.hpp"

namespace quipu {

/// The result of fields().
template <std::size_t n>
struct Fields {
    std::array<std::string_view, n> names;
};

/// Declares which fields of an event the stores index, by their names in the JSON:
///
///     struct OrderPlaced {
///         static constexpr std::string_view event_type = "order_placed";
///         static constexpr auto indexed = quipu::fields("order_id", "customer");
///         std::string order_id;
///         std::string customer;
///     };
///
/// Naming something that is not a field of the struct, or a field that is a list, a map, an object
/// or Json, does not compile. Stores index by the field's name, regardless of the event type: one
/// declaration indexes every event that has a field of that name.
template <std::convertible_to<std::string_view>... Names>
[[nodiscard]] consteval Fields<sizeof...(Names)> fields(const Names&... names) {
    return {{std::string_view(names)...}};
}

namespace detail {

/// A field's name as a template argument, so that the compiler's message shows it.
template <std::size_t size>
struct FieldName {
    char text[size]{};  // an array of the language: compilers print it as text

    consteval explicit FieldName(std::string_view name) {
        for (std::size_t i = 0; i < size; ++i) text[i] = name[i];
    }
};

template <class T>
inline constexpr bool is_fields_v = false;
template <std::size_t n>
inline constexpr bool is_fields_v<Fields<n>> = true;

template <class T>
consteval bool is_single_value() {
    if constexpr (is_optional_v<T> || is_default_v<T> || is_nullable_v<T> || is_omittable_v<T>) {
        return is_single_value<typename T::value_type>();
    } else {
        return !is_vector_v<T> && !is_map_v<T> && !std::is_same_v<T, Json> &&
               !std::is_same_v<T, Extra> && (!is_plain_struct_v<T> || std::is_same_v<T, Time>);
    }
}

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif
/// Whether each field, in order, can be indexed.
template <class T>
consteval auto single_values() {
    return with_fields<count_fields<T>()>(Named<T>::never_defined.value, [](const auto&... field) {
        return std::array<bool, sizeof...(field)>{
            is_single_value<std::remove_cvref_t<decltype(field)>>()...};
    });
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

struct FieldCheck {
    bool found = false;
    bool single_value = false;
};

template <class T>
consteval FieldCheck check_field(std::string_view name) {
    if constexpr (count_fields<T>() == 0) {
        return {};
    } else {
        const std::string_view text = fields_text<T>(std::make_index_sequence<count_fields<T>()>{});
        std::size_t from = first_field(text);
        for (const bool single_value : single_values<T>()) {
            if (next_field_name(text, from) == name) return {true, single_value};
        }
        return {};
    }
}

template <class Struct, FieldName name>
struct IndexedField {
    static constexpr FieldCheck check = check_field<Struct>({name.text, sizeof name.text});
    static_assert(check.found,
                  "quipu: `indexed` names a field that this event does not have. Name fields as "
                  "they stand in the JSON");
    static_assert(
        !check.found || check.single_value,
        "quipu: `indexed` names a field that is not a single value. Index a text, number, "
        "boolean, enum or time, not a list, map, object or Json");
};

template <class Struct, std::size_t... i>
constexpr void check_indexed(std::index_sequence<i...>) {
    (static_cast<void>(sizeof(IndexedField<Struct, FieldName<Struct::indexed.names[i].size()>(
                                                       Struct::indexed.names[i])>)),
     ...);
}

/// What the struct declares; nothing where it declares nothing.
template <class Struct>
constexpr std::span<const std::string_view> indexed_fields() {
    if constexpr (requires { Struct::indexed; }) {
        constexpr bool well_declared = is_fields_v<std::remove_cvref_t<decltype(Struct::indexed)>>;
        static_assert(well_declared,
                      "quipu: declare `static constexpr auto indexed = quipu::fields(\"...\");`");
        if constexpr (well_declared) {
            check_indexed<Struct>(std::make_index_sequence<Struct::indexed.names.size()>{});
            return Struct::indexed.names;
        } else {
            return {};
        }
    } else {
        return {};
    }
}

}  // namespace detail
}  // namespace quipu
