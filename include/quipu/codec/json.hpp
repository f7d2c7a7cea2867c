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

/// The timestamp of an event that has none and was decoded without `generate_absent`.
inline constexpr Time absent_timestamp = Time::min();

struct DecodeOptions {
    /// Rejects the conversions of Pydantic's lax JSON mode: text or 5.0 to int, 1 to true, numbers
    /// and dates without a time to Time, and so on. Each is then a fault of the kind that Pydantic
    /// reports in strict mode. An int for a double and ISO 8601 text for a time remain valid.
    bool strict = false;
    /// Keeps top-level fields that the struct does not declare in Event::unknown; false drops them.
    bool keep_unknown = true;
    /// Decodes an event_type outside the catalogue as Unknown; false makes it the fault
    /// union_tag_invalid.
    bool allow_unknown_types = true;
    /// Gives an event without an event_id a new one, and an event without a timestamp the current
    /// time. False leaves the id empty and the timestamp at `absent_timestamp`, so that decoding
    /// the same bytes twice gives the same event.
    bool generate_absent = true;
    std::size_t max_bytes = 1024 * 1024;  ///< longer texts are rejected without parsing
    std::size_t max_depth = 64;           ///< of nested objects and lists; 500 at most
    std::size_t max_faults = 100;         ///< faults beyond it are not reported; at least 1
};

namespace detail {

using Emplace = EventTarget (*)(void* any, std::size_t index);

/// Decodes one event of any type of `types` into the target that `emplace(any, index)` returns, and
/// returns the index of its type. For a type outside `types` it fills `unknown` and returns
/// EventTypes::npos.
[[nodiscard]] std::expected<std::size_t, Faults> decode_event(std::string_view bytes,
                                                              const EventTypes& types,
                                                              Emplace emplace, void* any,
                                                              Unknown& unknown,
                                                              const DecodeOptions& options);

[[nodiscard]] Result<void> encode_event(std::string& out, std::string_view event_type,
                                        const EventHeader& header, const StructInfo& info,
                                        const void* data, const Extra& unknown);

/// The canonical form of `bytes`: decodes as decode_event() does, but rejects unknown types and
/// drops unknown fields, and encodes the event again. All calls of `emplace` must return targets in
/// the same place.
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

/// Decodes one event of a catalogue. Returns the alternative of the union that its event_type
/// names, or all faults at once. event_type may be anywhere in the object. Never throws for bad
/// input, is safe on hostile input within the limits, and keeps no reference to `bytes`.
/// Thread-safe.
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

/// Decodes one event of a known type; another event_type in the text is a fault. Without a
/// catalogue, an EventTypeName field accepts any legal topic name. Otherwise like decode().
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

/// Appends the event as one JSON object: the header, the struct's fields in order of declaration,
/// then unknown fields. Nulls are written and times end with `Z`. The bytes equal those that
/// Pydantic writes for the same model; NaN and the infinities become null, as there. Does not
/// allocate if `out` has enough capacity. Thread-safe for different `out`.
///
/// Error: invalid, with `out` unchanged, if a text is not UTF-8, an enum has a value without an
/// enumerator, or an Extra or Json does not hold JSON.
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

/// Decodes a plain struct, such as a document or the body of a request, by the same rules. Fields
/// that it does not declare are kept if it has an Extra field and dropped otherwise.
template <class T>
[[nodiscard]] std::expected<T, Faults> from_json(std::string_view bytes,
                                                 const DecodeOptions& options = {}) {
    T object{};
    auto done = detail::decode_struct(bytes, struct_info<T>(), &object, options);
    if (!done) return std::unexpected(std::move(done.error()));
    return object;
}

/// Encodes a plain struct by the same rules and with the same errors as encode().
template <class T>
[[nodiscard]] Result<std::string> to_json(const T& object) {
    std::string out;
    auto done = detail::encode_struct(out, struct_info<T>(), &object);
    if (!done) return std::unexpected(std::move(done.error()));
    return out;
}

/// Appends `text` as a JSON string in quotes, escaped as Pydantic (serde_json) does. Malformed
/// UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace quipu
