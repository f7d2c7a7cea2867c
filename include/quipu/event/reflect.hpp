// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "quipu/event/detail/bindings.hpp"
#include "quipu/event/detail/field_names.hpp"
#include "quipu/event/field.hpp"
#include "quipu/event/time.hpp"
#include "quipu/event/type_info.hpp"

namespace quipu {

/// The description of a plain aggregate, made on the first call and never destroyed. Thread-safe.
///
/// Field names are those of the C++ struct, without a trailing underscore (`stdout_` is "stdout" on
/// the wire). A struct has at most 40 fields, no base class, no reference and no C array.
template <class T>
const StructInfo& struct_info();

namespace detail {

template <class T>
inline constexpr bool is_optional_v = false;
template <class T>
inline constexpr bool is_optional_v<std::optional<T>> = true;
template <class T>
inline constexpr bool is_default_v = false;
template <class T>
inline constexpr bool is_default_v<Default<T>> = true;
template <class T>
inline constexpr bool is_nullable_v = false;
template <class T>
inline constexpr bool is_nullable_v<Nullable<T>> = true;
template <class T>
inline constexpr bool is_omittable_v = false;
template <class T>
inline constexpr bool is_omittable_v<Omittable<T>> = true;
template <class T>
inline constexpr bool is_vector_v = false;
template <class T>
inline constexpr bool is_vector_v<std::vector<T>> = true;
template <class T>
inline constexpr bool is_map_v = false;
template <class T>
inline constexpr bool is_map_v<std::map<std::string, T>> = true;

template <class T>
inline constexpr bool is_plain_struct_v = std::is_aggregate_v<T> && std::is_class_v<T> &&
                                          !std::is_same_v<T, Extra> && !std::is_same_v<T, Json>;

template <class T>
consteval bool has_wire_form() {
    if constexpr (is_optional_v<T> || is_default_v<T> || is_nullable_v<T> || is_omittable_v<T>) {
        return has_wire_form<typename T::value_type>();
    } else if constexpr (is_vector_v<T>) {
        return !std::is_same_v<T, std::vector<bool>> && has_wire_form<typename T::value_type>();
    } else if constexpr (is_map_v<T>) {
        return has_wire_form<typename T::mapped_type>();
    } else {
        return std::is_same_v<T, bool> ||
               (std::is_integral_v<T> && !std::is_same_v<T, char> && !std::is_same_v<T, wchar_t> &&
                !std::is_same_v<T, char8_t> && !std::is_same_v<T, char16_t> &&
                !std::is_same_v<T, char32_t>) ||
               std::is_same_v<T, double> || std::is_same_v<T, std::string> ||
               std::is_same_v<T, Time> || std::is_scoped_enum_v<T> ||
               std::is_same_v<T, EventTypeName> || std::is_same_v<T, Json> ||
               std::is_same_v<T, Extra> || is_plain_struct_v<T>;
    }
}

/// Converts to whatever a field is, in unevaluated code, to count the fields of an aggregate.
struct AnyInit {
    template <class T>
    operator T() const noexcept {  // NOLINT(google-explicit-constructor)
        std::unreachable();
    }
};

template <class T, std::size_t... I>
consteval bool takes_inits(std::index_sequence<I...>) {
    return requires { T{(static_cast<void>(I), AnyInit{})...}; };
}

template <class T, std::size_t low = 0, std::size_t high = max_fields + 1>
consteval std::size_t count_fields() {
    if constexpr (low + 1 == high) {
        return low;
    } else {
        constexpr std::size_t middle = (low + high) / 2;
        if constexpr (takes_inits<T>(std::make_index_sequence<middle>{})) {
            return count_fields<T, middle, high>();
        } else {
            return count_fields<T, low, middle>();
        }
    }
}

/// An object that is named but never made; the addresses of its fields carry their names.
template <class T>
struct Named {
    const T value;
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-internal"  // of a T in an anonymous namespace
#endif
    static const Named never_defined;
#if defined(__clang__)
#pragma clang diagnostic pop
#endif
};

struct FieldAddress {
    const void* address;
};

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif
template <class T>
consteval auto field_addresses() {
    return with_fields<count_fields<T>()>(Named<T>::never_defined.value, [](const auto&... field) {
        return std::array<FieldAddress, sizeof...(field)>{FieldAddress{&field}...};
    });
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

// Returns const char*: with a string_view GCC would append its alias to the text.
template <class T, FieldAddress... address>
constexpr const char* fields_text() {
    return __PRETTY_FUNCTION__;
}
template <class T, std::size_t... I>
constexpr const char* fields_text(std::index_sequence<I...>) {
    // Not through a variable: Clang would emit it, and with it the address of what is never
    // defined.
    return fields_text<T, field_addresses<T>()[I]...>();
}
template <class E, E... values>
const char* enumerators_text() {
    return __PRETTY_FUNCTION__;
}
template <class E, std::size_t... I>
const char* enumerators_text(std::index_sequence<I...>) {
    return enumerators_text<E, static_cast<E>(I)...>();
}
template <class T>
const char* type_text() {
    return __PRETTY_FUNCTION__;
}

// The parsers of those texts; the views last as long as the program.
std::vector<std::string_view> parse_fields(std::string_view text, std::size_t count);
std::vector<std::string_view> parse_enumerators(std::string_view text);
std::string_view parse_type(std::string_view text);

inline constexpr std::size_t max_enumerators = 64;

template <class E>
const EnumInfo& enum_info() {
    static const EnumInfo info{
        parse_type(type_text<E>()),
        parse_enumerators(enumerators_text<E>(std::make_index_sequence<max_enumerators>{})),
        sizeof(E)};
    return info;
}

template <class V>
inline constexpr ListOps list_ops{
    [](void* list) { static_cast<V*>(list)->clear(); },
    [](void* list) -> void* { return &static_cast<V*>(list)->emplace_back(); },
    [](const void* list) { return static_cast<const V*>(list)->size(); },
    [](const void* list, std::size_t index) -> const void* {
        return &(*static_cast<const V*>(list))[index];
    }};

template <class M>
inline constexpr MapOps map_ops{
    [](void* map) { static_cast<M*>(map)->clear(); },
    [](void* map, std::string key) -> void* { return &(*static_cast<M*>(map))[std::move(key)]; },
    [](const void* map) { return static_cast<const M*>(map)->size(); },
    [](const void* map, void* context, void (*visit)(void*, const std::string&, const void*)) {
        for (const auto& [key, value] : *static_cast<const M*>(map)) visit(context, key, &value);
    }};

template <class O>
inline constexpr OptionalOps optional_ops{
    [](void* optional) { static_cast<O*>(optional)->reset(); },
    [](void* optional) -> void* { return &static_cast<O*>(optional)->emplace(); },
    [](const void* optional) -> const void* {
        const auto* value = static_cast<const O*>(optional);
        return value->has_value() ? &**value : nullptr;
    }};

template <class T>
const TypeInfo& type_info();

template <class T>
TypeInfo make_type_info() {
    TypeInfo info;
    if constexpr (is_optional_v<T> || is_nullable_v<T> || is_omittable_v<T>) {
        info = type_info<typename T::value_type>();
        info.optional = &optional_ops<std::optional<typename T::value_type>>;
    } else if constexpr (is_default_v<T>) {
        static_assert(sizeof(T) == sizeof(typename T::value_type));
        info = type_info<typename T::value_type>();
    } else if constexpr (is_vector_v<T>) {
        info.kind = Kind::list;
        info.element = &type_info<typename T::value_type>();
        info.list = &list_ops<T>;
    } else if constexpr (is_map_v<T>) {
        info.kind = Kind::map;
        info.element = &type_info<typename T::mapped_type>();
        info.map = &map_ops<T>;
    } else if constexpr (std::is_same_v<T, bool>) {
        info.kind = Kind::boolean;
    } else if constexpr (std::is_integral_v<T>) {
        info.kind = Kind::integer;
        info.bytes = sizeof(T);
        info.is_signed = std::is_signed_v<T>;
    } else if constexpr (std::is_same_v<T, double>) {
        info.kind = Kind::number;
    } else if constexpr (std::is_same_v<T, std::string>) {
        info.kind = Kind::text;
    } else if constexpr (std::is_same_v<T, Time>) {
        info.kind = Kind::time;
    } else if constexpr (std::is_same_v<T, EventTypeName>) {
        info.kind = Kind::event_type;
    } else if constexpr (std::is_same_v<T, Json>) {
        info.kind = Kind::json;
    } else if constexpr (std::is_scoped_enum_v<T>) {
        info.kind = Kind::enumeration;
        info.enumeration = &enum_info<T>();
    } else {
        info.kind = Kind::structure;
        info.structure = &struct_info<T>;
    }
    return info;
}

template <class T>
const TypeInfo& type_info() {
    static const TypeInfo info = make_type_info<T>();
    return info;
}

template <class T>
consteval Presence presence_of() {
    if constexpr (is_default_v<T>) return Presence::defaulted;
    if constexpr (is_nullable_v<T>) return Presence::required_nullable;
    if constexpr (is_omittable_v<T>) return Presence::omittable;
    if constexpr (is_optional_v<T>) return Presence::nullable;
    return Presence::required;
}

/// One field as the compiler knows it, without its name.
struct FieldSource {
    const void* address = nullptr;  ///< in the struct's `defaults`
    Presence presence = Presence::required;
    const TypeInfo& (*type)() = nullptr;  ///< null: the field for unknown names
};

template <class FieldType>
FieldSource field_source(const FieldType& field) {
    static_assert(has_wire_form<FieldType>(),
                  "quipu: a field of this struct has a type without a wire form. Use bool, an "
                  "integer, double, std::string, quipu::Time, an enum class, a plain struct, "
                  "std::vector, std::map<std::string, T>, std::optional, quipu::Default, "
                  "quipu::Json or quipu::Extra");
    if constexpr (std::is_same_v<FieldType, Extra> || !has_wire_form<FieldType>()) {
        return {&field};
    } else {
        return {&field, presence_of<FieldType>(), &type_info<FieldType>};
    }
}

/// A struct as the compiler knows it: everything that struct_info() needs to know of the type, so
/// that the work is done outside of the template.
struct StructSource {
    const char* type_text;
    const char* fields_text;
    const void* defaults;
    void (*assign)(void* to, const void* from);
    void* (*create)();
    void (*destroy)(void* object);
    std::span<const FieldSource> fields;
};

StructInfo make_struct_info(const StructSource& source);

template <class T>
StructInfo make_struct_info() {
    static_assert(std::is_aggregate_v<T>,
                  "quipu: an event is a plain aggregate: no constructor, no private member, no "
                  "virtual function");
    constexpr std::size_t count = count_fields<T>();
    static_assert(count <= max_fields, "quipu: a struct on the wire has at most 40 fields");
    static const T& defaults = *new T{};
    std::array<FieldSource, count> fields;
    const char* names = "";
    if constexpr (count > 0) {
        names = fields_text<T>(std::make_index_sequence<count>{});
        fields = with_fields<count>(defaults, [](const auto&... field) {
            return std::array<FieldSource, count>{field_source(field)...};
        });
    }
    return make_struct_info({
        .type_text = type_text<T>(),
        .fields_text = names,
        .defaults = &defaults,
        .assign = [](void* to,
                     const void* from) { *static_cast<T*>(to) = *static_cast<const T*>(from); },
        .create = []() -> void* { return new T{}; },
        .destroy = [](void* object) { delete static_cast<T*>(object); },
        .fields = fields,
    });
}

}  // namespace detail

template <class T>
const StructInfo& struct_info() {
    static const StructInfo& info = *new StructInfo(detail::make_struct_info<T>());
    return info;
}

}  // namespace quipu
