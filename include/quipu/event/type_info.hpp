// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace quipu {

// The run-time description of wire types. It is made once per C++ type by reflection
// (reflect.hpp); everything that reads or writes events walks it, so no codec is a template.

enum class Kind : std::uint8_t {
    boolean,
    integer,      ///< int8 … int64, uint8 … uint64
    number,       ///< double
    text,         ///< std::string
    time,         ///< quipu::Time
    enumeration,  ///< enum class with values 0, 1, 2, …
    event_type,   ///< quipu::EventTypeName
    structure,
    list,  ///< std::vector<T>
    map,   ///< std::map<std::string, T>
    json,  ///< quipu::Json
};

struct StructInfo;
struct TypeInfo;

/// The closed set of an enum's wire names; the index is the enumerator's value.
struct EnumInfo {
    std::string_view name;
    std::vector<std::string_view> values;
    std::size_t bytes = 0;  ///< size of the enum in memory

    [[nodiscard]] std::size_t read(const void* object) const noexcept;
    void write(void* object, std::size_t index) const noexcept;
};

struct ListOps {
    void (*clear)(void* list);
    void* (*append)(void* list);  ///< adds a default element and returns it
    std::size_t (*size)(const void* list);
    const void* (*at)(const void* list, std::size_t index);
};

struct MapOps {
    void (*clear)(void* map);
    void* (*insert)(void* map, std::string key);  ///< the element, default-made or existing
    std::size_t (*size)(const void* map);
    void (*each)(const void* map, void* context,
                 void (*visit)(void* context, const std::string& key, const void* value));
};

struct OptionalOps {
    void (*reset)(void* optional);
    void* (*emplace)(void* optional);
    const void* (*get)(const void* optional);  ///< null if empty
};

/// A type as it stands on the wire.
struct TypeInfo {
    Kind kind = Kind::text;
    std::uint8_t bytes = 0;                      ///< integer: size in memory
    bool is_signed = false;                      ///< integer
    const OptionalOps* optional = nullptr;       ///< set when the C++ type wraps the value
    const TypeInfo* element = nullptr;           ///< list, map
    const ListOps* list = nullptr;               ///< list
    const MapOps* map = nullptr;                 ///< map
    const EnumInfo* enumeration = nullptr;       ///< enumeration
    const StructInfo& (*structure)() = nullptr;  ///< structure
};

enum class Presence : std::uint8_t {
    required,           ///< T
    nullable,           ///< std::optional<T>: absent means null
    defaulted,          ///< Default<T>
    required_nullable,  ///< Nullable<T>
    omittable,          ///< Omittable<T>
    generated,          ///< filled in if absent: a new id, the current time
};

[[nodiscard]] constexpr bool must_be_present(Presence presence) noexcept {
    return presence == Presence::required || presence == Presence::required_nullable;
}
[[nodiscard]] constexpr bool takes_null(Presence presence) noexcept {
    return presence == Presence::nullable || presence == Presence::required_nullable;
}

struct FieldInfo {
    std::string_view name;  ///< on the wire
    std::size_t offset = 0;
    Presence presence = Presence::required;
    const TypeInfo* type = nullptr;
    /// `"name":` as in JSON text. At least 32 bytes are readable from its start, so that a codec
    /// may compare and copy blocks without checking the length. See render_keys().
    std::string_view key = {};

    [[nodiscard]] const void* in(const void* object) const noexcept {
        return static_cast<const char*>(object) + offset;
    }
    [[nodiscard]] void* in(void* object) const noexcept {
        return static_cast<char*>(object) + offset;
    }
};

struct StructInfo {
    static constexpr std::size_t no_extra = static_cast<std::size_t>(-1);

    std::string_view name;  ///< of the C++ type
    std::vector<FieldInfo> fields;
    std::size_t extra_offset = no_extra;  ///< offset of the Extra field, if there is one
    const void* defaults = nullptr;       ///< an object as `T{}` makes it
    void (*assign)(void* to, const void* from) = nullptr;  ///< copy assignment
    void* (*create)() = nullptr;                           ///< a new object as `T{}` makes it
    void (*destroy)(void* object) = nullptr;               ///< deletes an object of create()
    std::shared_ptr<const std::string> key_text;           ///< owns the text of the fields' keys
};

/// Sets the `key` of every field. Call it again after changing the fields.
void render_keys(StructInfo& info);

}  // namespace quipu
