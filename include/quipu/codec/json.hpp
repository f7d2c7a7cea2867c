// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "quipu/base/error.hpp"
#include "quipu/codec/fault.hpp"
#include "quipu/event/catalogue.hpp"
#include "quipu/event/event.hpp"
#include "quipu/event/reflect.hpp"

namespace quipu {

struct DecodeOptions {
    /// Refuses what Pydantic's lax JSON mode converts: text and 5.0 to int, 1 to true, epoch
    /// numbers and dates alone to time, … Each is then a fault of the kind that Pydantic's strict
    /// mode gives. As there, an int is taken for a double, and ISO 8601 text for a time.
    bool strict = false;
    /// Keeps top-level fields that the struct does not declare in Event::unknown.
    bool keep_unknown = true;
    /// An event_type outside the catalogue gives Unknown; otherwise the fault union_tag_invalid.
    bool allow_unknown_types = true;
    std::size_t max_bytes = 1024 * 1024;  ///< longer texts are refused before parsing
    std::size_t max_depth = 64;           ///< of nested objects and lists, itself at most 500
    std::size_t max_faults = 100;         ///< reporting stops there; at least one is reported
};

namespace detail {

using Emplace = EventTarget (*)(void* any, std::size_t index);

/// Reads one event of any type of `types`. On success the target that `emplace(any, index)` made
/// is filled and that index returned; EventTypes::npos with `unknown` filled for another type.
[[nodiscard]] std::expected<std::size_t, Faults> decode_event(std::string_view bytes,
                                                              const EventTypes& types,
                                                              Emplace emplace, void* any,
                                                              Unknown& unknown,
                                                              const DecodeOptions& options);

[[nodiscard]] Result<void> encode_event(std::string& out, std::string_view event_type,
                                        const EventHeader& header, const StructInfo& info,
                                        const void* data, const Extra& unknown);

/// Reads as decode_event does, refusing unknown types and dropping unknown fields, and writes the
/// event back: the canonical form of `bytes`. `emplace` must keep to one place until it returns.
[[nodiscard]] std::expected<std::string, Faults> canonical_event(std::string_view bytes,
                                                                 const EventTypes& types,
                                                                 Emplace emplace, void* any);

[[nodiscard]] std::expected<void, Faults> decode_struct(std::string_view bytes,
                                                        const StructInfo& info, void* object,
                                                        const DecodeOptions& options);

[[nodiscard]] Result<void> encode_struct(std::string& out, const StructInfo& info,
                                         const void* object);

template <class T>
struct Single {
    static const EventTypes& types() {
        static constexpr EventSource source{
            T::event_type,         &struct_info<T>,      false, false, {},
            &DefaultPolicy::retry, &DefaultPolicy::topic};
        static const EventTypes one = make_event_types({&source, 1});
        return one;
    }
    static EventTarget emplace(void* any, std::size_t) {
        auto& event = *static_cast<Event<T>*>(any);
        return {&event.header, &event.data, &event.unknown};
    }
};

}  // namespace detail

/// Reads one event: finds its type wherever `event_type` stands in the object, decodes once, and
/// returns the union's alternative or every fault at once. Never throws for bad input; safe on
/// hostile input up to the limits; keeps no reference to `bytes`.
template <class CatalogueType>
[[nodiscard]] std::expected<typename CatalogueType::AnyEvent, Faults> decode(
    std::string_view bytes, const DecodeOptions& options = {}) {
    std::expected<typename CatalogueType::AnyEvent, Faults> any;
    Unknown unknown;
    auto index = detail::decode_event(bytes, CatalogueType::types(), &CatalogueType::emplace, &*any,
                                      unknown, options);
    if (!index) {
        any = std::unexpected(std::move(index.error()));
    } else if (*index == EventTypes::npos) {
        *any = std::move(unknown);
    }
    return any;
}

/// Reads one event whose type is known; another event_type in the text is a fault. It knows no
/// catalogue, so an EventTypeName field may be any legal topic name.
template <EventStruct T>
[[nodiscard]] std::expected<Event<T>, Faults> decode_as(std::string_view bytes,
                                                        DecodeOptions options = {}) {
    std::expected<Event<T>, Faults> event;
    Unknown unknown;
    options.allow_unknown_types = false;
    auto index = detail::decode_event(bytes, detail::Single<T>::types(),
                                      &detail::Single<T>::emplace, &*event, unknown, options);
    if (!index) event = std::unexpected(std::move(index.error()));
    return event;
}

/// Appends the event's JSON: flat, header first, then the struct's fields in declaration order,
/// then unknown ones; UTF-8, nulls present, times with `Z`. The bytes equal those that Pydantic
/// writes for the same model; NaN and the infinities become null, as there. Fails, with `out` as it
/// was, when a text is not UTF-8, an enum has no such enumerator, or Extra or Json hold no JSON. No
/// allocation when `out` has room.
template <EventStruct T>
[[nodiscard]] Result<void> encode(std::string& out, const Event<T>& event) {
    return detail::encode_event(out, T::event_type, event.header, struct_info<T>(), &event.data,
                                event.unknown);
}
template <EventStruct T>
[[nodiscard]] Result<std::string> encode(const Event<T>& event) {
    std::string out;
    if (auto done = encode(out, event); !done) return std::unexpected(std::move(done.error()));
    return out;
}

/// Reads a plain struct, such as a document or the body of a request, by the same rules. Fields
/// that it does not declare are kept if it has an Extra field, else dropped.
template <class T>
[[nodiscard]] std::expected<T, Faults> from_json(std::string_view bytes,
                                                 const DecodeOptions& options = {}) {
    T object{};
    auto done = detail::decode_struct(bytes, struct_info<T>(), &object, options);
    if (!done) return std::unexpected(std::move(done.error()));
    return object;
}

/// The JSON of a plain struct.
template <class T>
[[nodiscard]] Result<std::string> to_json(const T& object) {
    std::string out;
    auto done = detail::encode_struct(out, struct_info<T>(), &object);
    if (!done) return std::unexpected(std::move(done.error()));
    return out;
}

/// Appends `text` as a JSON string, escaped as Pydantic (serde_json) escapes; bytes that are not
/// UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace quipu
