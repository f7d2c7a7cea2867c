// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace quipu {

// The type of a field determines whether it must be present on the wire:
//
//   T                    required: absent or null is a fault
//   std::optional<T>     nullable: absent reads as null, null is written
//   Default<T>           defaulted: absent reads as the field's initialiser; null is a fault
//   Nullable<T>          required, but may be null
//   Omittable<T>         may be absent, and is not written without a value; null is a fault

namespace detail {

/// The value of a Default of a type that cannot be a base class.
template <class T>
struct Box {
    T boxed{};
    constexpr Box() = default;
    constexpr Box(T initial) : boxed(std::move(initial)) {}         // NOLINT
    constexpr operator const T&() const noexcept { return boxed; }  // NOLINT
    constexpr operator T&() noexcept { return boxed; }              // NOLINT
};

template <class T>
using DefaultBase = std::conditional_t<std::is_class_v<T> && !std::is_final_v<T>, T, Box<T>>;

}  // namespace detail

/// A field with a default value: `quipu::Default<int> exit_code = 1;`. The initialiser is the value
/// of the field when it is absent from the JSON, and the default in the exported schema. Use it
/// like a T: it derives from T if T is a class, and converts to T otherwise.
template <class T>
struct Default : detail::DefaultBase<T> {
    using value_type = T;
    using detail::DefaultBase<T>::DefaultBase;
    constexpr Default() = default;
    constexpr Default(T initial)  // NOLINT(google-explicit-constructor)
        : detail::DefaultBase<T>(std::move(initial)) {}

    friend bool operator==(const Default& a, const Default& b)
        requires requires(const T& t) { t == t; }
    {
        return static_cast<const T&>(a) == static_cast<const T&>(b);
    }
    // A template, so that `count == 7` needs no conversion on either side and is not ambiguous.
    template <class U>
        requires(!std::is_same_v<U, Default>) && requires(const T& t, const U& u) { t == u; }
    friend bool operator==(const Default& a, const U& b) {
        return static_cast<const T&>(a) == b;
    }
};

/// A field that must be present, and may be null.
template <class T>
struct Nullable : std::optional<T> {
    using value_type = T;
    using std::optional<T>::optional;
    constexpr Nullable() = default;

    friend bool operator==(const Nullable& a, const Nullable& b)
        requires requires(const T& t) { t == t; }
    {
        return static_cast<const std::optional<T>&>(a) == static_cast<const std::optional<T>&>(b);
    }
    template <class U>
        requires(!std::is_same_v<U, Nullable>) && requires(const T& t, const U& u) { t == u; }
    friend bool operator==(const Nullable& a, const U& b) {
        return a.has_value() && *a == b;
    }
    friend bool operator==(const Nullable& a, std::nullopt_t) noexcept { return !a.has_value(); }
};

/// A field that may be absent; it is written only when it has a value.
template <class T>
struct Omittable : std::optional<T> {
    using value_type = T;
    using std::optional<T>::optional;
    constexpr Omittable() = default;

    friend bool operator==(const Omittable& a, const Omittable& b)
        requires requires(const T& t) { t == t; }
    {
        return static_cast<const std::optional<T>&>(a) == static_cast<const std::optional<T>&>(b);
    }
    template <class U>
        requires(!std::is_same_v<U, Omittable>) && requires(const T& t, const U& u) { t == u; }
    friend bool operator==(const Omittable& a, const U& b) {
        return a.has_value() && *a == b;
    }
    friend bool operator==(const Omittable& a, std::nullopt_t) noexcept { return !a.has_value(); }
};

/// Fields of a JSON object that the struct does not declare, in the order of the text: names, and
/// values as JSON text. A struct with a field of this type keeps them and writes them back. Other
/// structs drop them on decoding, although they remain in the stored record.
struct Extra {
    std::vector<std::pair<std::string, std::string>> fields;

    /// Adds or replaces a field. `json` must be one valid JSON value.
    void set(std::string name, std::string json);
    /// The JSON text of a field; null if there is none of that name.
    [[nodiscard]] const std::string* find(const std::string& name) const noexcept;

    friend bool operator==(const Extra&, const Extra&) = default;
};

/// A field that holds the name of an event type. Decoding accepts only event types of the catalogue
/// in use, so no enum has to repeat them.
struct EventTypeName : std::string {
    using std::string::string;
    EventTypeName() = default;
    EventTypeName(std::string name) : std::string(std::move(name)) {}  // NOLINT
};

/// A field that holds any JSON value, as its text.
struct Json {
    std::string text = "null";

    friend bool operator==(const Json&, const Json&) = default;
};

}  // namespace quipu
